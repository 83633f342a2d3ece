//! What is tested: a small web server whose pages hold until a test says so, never answer, hang or prompt. It counts
//! who came, so that a test knows what a page is doing.

use std::collections::{HashMap, HashSet};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A running site. Its threads end with the process.
pub(crate) struct Site {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    book: Mutex<Book>,
    changed: Condvar,
}

#[derive(Default)]
struct Book {
    arrivals: HashMap<String, usize>,
    open: HashSet<String>,
    heads: Vec<String>,
    pages: HashMap<String, String>,
}

impl Site {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // A browser that goes away in the middle is nobody's trouble here.
                std::thread::spawn(move || drop(answer(stream, &state)));
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Serves a document there.
    pub(crate) fn page(&self, path: &str, body: &str) {
        let body = format!("<!doctype html><meta charset=utf-8><title>{path}</title><h1>Page</h1>{body}");
        self.state.book.lock().unwrap().pages.insert(path.to_owned(), body);
    }

    /// Lets everybody through who is at `/gate/NAME` now or comes later.
    pub(crate) fn open(&self, name: &str) {
        self.state.book.lock().unwrap().open.insert(name.to_owned());
        self.state.changed.notify_all();
    }

    /// How often a path was asked for, `/gate/NAME` by its name.
    pub(crate) fn arrivals(&self, name: &str) -> usize {
        self.state.book.lock().unwrap().arrivals.get(name).copied().unwrap_or_default()
    }

    /// The heads of all requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.state.book.lock().unwrap().heads.clone()
    }

    /// Waits until a path was asked for so often.
    #[track_caller]
    pub(crate) fn wait_for(&self, name: &str, count: usize) {
        let book = self.state.book.lock().unwrap();
        let enough = |book: &mut Book| book.arrivals.get(name).copied().unwrap_or_default() < count;
        let (book, _) = self.state.changed.wait_timeout_while(book, Duration::from_secs(90), enough).unwrap();
        assert!(
            book.arrivals.get(name).is_some_and(|it| *it >= count),
            "`{name}` was asked for {:?}",
            book.arrivals
        );
    }

    /// A case that is in the middle of a command of its page while its gate is closed.
    pub(crate) fn held_case(&self, name: &str, keys: &str) -> String {
        let url = self.url("/");
        format!(
            "{keys}\nsteps = [\n  {{ goto = '{url}' }},\n  \
             {{ script = \"return fetch('/gate/{name}').then(it => it.text())\", as = 'got' }},\n  \
             {{ expect = 'h1', text = 'Page' }},\n]\n"
        )
    }
}

fn answer(mut stream: TcpStream, state: &State) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or("/").split('?').next().unwrap_or("/").to_owned();
    let name = path.strip_prefix("/gate/").unwrap_or(&path).to_owned();
    let mut book = state.book.lock().unwrap();
    *book.arrivals.entry(name.clone()).or_default() += 1;
    book.heads.push(head);
    state.changed.notify_all();
    let body = if path.starts_with("/gate/") {
        drop(state.changed.wait_while(book, |book| !book.open.contains(&name)).unwrap());
        "open".to_owned()
    } else if path == "/silent" {
        drop(state.changed.wait_while(book, |_| true).unwrap());
        String::new()
    } else {
        let page = book.pages.get(&path).cloned();
        drop(book);
        page.unwrap_or_else(|| "<!doctype html><title>Page</title><h1>Page</h1>".to_owned())
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes())
}
