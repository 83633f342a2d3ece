//! Steps that lead to another page: the next step is about that one, and what led there is done once. A sign-in that takes
//! its time, posts, sets a cookie and redirects, as applications do.

use crate::support::Project;
use crate::{Load, SLOTS};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often each name signed in.
type Book = Arc<Mutex<HashMap<String, u32>>>;

/// Ways to sign in. `NAME` is somebody's who has not yet.
const WAYS: &[(&str, &str)] = &[
    ("by the button", "{ fill = '#name', value = 'NAME' }, { click = 'text=Sign in' }"),
    ("by the key", "{ fill = '#name', value = 'NAME' }, { press = 'Enter', on = '#name' }"),
    ("by typing", "{ type = '#name', value = \"NAME\\n\" }"),
    ("by a script", "{ fill = '#name', value = 'NAME' }, { script = 'document.forms[0].requestSubmit()' }"),
    ("by choosing", "{ fill = '#name', value = 'NAME' }, { select = '#role', value = 'admin' }"),
    ("by checking", "{ fill = '#name', value = 'NAME' }, { check = '#now' }"),
    ("by the text itself", "{ fill = '#code', value = 'NAME' }"),
    ("by a link", "{ click = 'text=As NAME' }"),
];

/// What comes next. Without the cookie the private page tells nobody's name.
const THEN: &[(&str, &str)] = &[("goto", "{ goto = '/private' }"), ("click", "{ click = 'text=Private' }")];

const RUNS: usize = 4;

fn serve() -> (String, Book) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let book = Book::default();
    let shared = Arc::clone(&book);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let book = Arc::clone(&shared);
            // A browser that goes away in the middle is nobody's trouble here.
            std::thread::spawn(move || drop(answer(stream, &book)));
        }
    });
    (url, book)
}

fn answer(stream: TcpStream, book: &Book) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length, mut who) = (String::new(), 0, String::from("nobody"));
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        let (name, value) = line.trim().split_once(": ").unwrap_or_default();
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap_or_default(),
            "cookie" => value.trim_start_matches("who=").clone_into(&mut who),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let path = first.split(' ').nth(1).unwrap_or_default();
    let link = path.strip_prefix("/as/").map(|name| format!("name={name}"));
    let signing_in = if first.starts_with("POST") { Some(body) } else { link };
    let mut stream = reader.into_inner();
    if let Some(form) = signing_in {
        // The page that sent this stays as it is meanwhile.
        std::thread::sleep(Duration::from_millis(60));
        let name = form.trim_start_matches("name=").split('&').next().unwrap_or_default();
        *book.lock().unwrap().entry(name.to_owned()).or_default() += 1;
        return write!(
            stream,
            "HTTP/1.1 303 See Other\r\nSet-Cookie: who={name}; Path=/\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
    let body = match path.split_once('?') {
        Some(("/sign-in", name)) => format!(
            "<form method=post action=/sign-in><input id=name name=name><select id=role onchange=form.submit()><option>user<option>admin\
             </select><input type=checkbox id=now onchange=form.submit()><button>Sign in</button></form><form method=post action=/sign-in>\
             <input id=code name=name oninput=form.submit()></form><a href=/as/{name}>As {name}</a>"
        ),
        _ => format!("<p id=who>{who}</p><a href=/private>Private</a>"),
    };
    let body = format!("<!doctype html><title>{path}</title><h1>{path}</h1>{body}");
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leads_to_another_page_is_done_once_and_waited_for() {
    let (url, book) = serve();
    let (mut cases, mut count) = (String::new(), 0);
    for run in 1..=RUNS {
        for (way, steps) in WAYS {
            for (then, next) in THEN {
                count += 1;
                let name = format!("n{count}");
                let steps = steps.replace("NAME", &name);
                writeln!(
                    cases,
                    "[[case]]\nname = '{way}, then {then} {run}'\nsteps = [{{ goto = '/sign-in?{name}' }}, {steps}, {next}, \
                     {{ expect_url = {{ contains = '/private' }} }}, {{ expect = '#who', text = '{name}' }}]"
                )
                .unwrap();
            }
        }
    }
    let project = Project::new().file("cases.toml", &cases);
    let _load = Load::begin();
    let run = ["cases.toml", "-c", SLOTS, "--base-url", &url, "--progress", "lines"];
    let ended = tokio::task::block_in_place(|| project.run(run));
    assert_eq!(ended.status, Some(0), "{ended}");
    let book = book.lock().unwrap();
    let more: Vec<_> = book.iter().filter(|(_, times)| **times != 1).collect();
    assert_eq!((book.len(), more), (count, Vec::new()));
}
