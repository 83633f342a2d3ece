//! Secrets: put into pages, addresses, messages and consoles, and then looked for in everything that is written.

use crate::running::{Record, Running, database};
use crate::scripted_driver::{Fault, ScriptedDriver};
use crate::site::Site;
use crate::support::Project;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use batchrun::outcome::Verdict;
use std::path::Path;

/// Everything that an encoding may have its own opinion about.
const SECRET: &str = "Zw\"ö'lf\\ <Bären>/+&7€";

/// Shows the `x` of its address in every form, and writes it to its console.
const PAGE: &str = "<p id=plain></p><p id=forms></p><input id=box><script>
    const it = decodeURIComponent(location.search.slice(3)), pack = text =>
        btoa(String.fromCharCode(...new TextEncoder().encode(text)));
    const json = JSON.stringify({it});
    plain.textContent = plain.title = document.title = it;
    box.title = '-'.repeat(32) + it;
    forms.textContent = [encodeURIComponent(it), encodeURI(it), pack(it), pack('user:' + it), json, location.href].join(' ');
    console.log(it, pack(it), json, location.href);
    console.error(new Error(it));
    </script>";

/// The text as it may stand anywhere.
fn forms() -> Vec<(&'static str, String)> {
    let mut url = url::Url::parse("http://site.test/").unwrap();
    url.set_query(Some(SECRET));
    let query = url.query().unwrap().to_owned();
    let component: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let json = serde_json::Value::from(SECRET).to_string();
    let ascii: String = json
        .chars()
        .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) })
        .collect();
    let html = SECRET.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // What stands between neighbours in a longer text: some of the middle of each alignment.
    let middle = |before: &str| {
        let encoded = STANDARD.encode(format!("{before}{SECRET}!!!"));
        encoded[8..encoded.len() - 8].to_owned()
    };
    vec![
        ("plain", SECRET.to_owned()),
        ("query", query.clone()),
        ("query, small", query.to_lowercase()),
        ("form", component.clone()),
        ("component", component.replace('+', "%20")),
        ("json", json[1..json.len() - 1].to_owned()),
        ("json, ascii", ascii[1..ascii.len() - 1].to_owned()),
        ("base64", STANDARD.encode(SECRET)),
        ("base64, url", URL_SAFE.encode(SECRET)),
        ("base64 in a text", middle("")),
        ("base64 in a text", middle("a")),
        ("base64 in a text", middle("ab")),
        ("html", html.clone()),
        ("html attribute", html.replace('"', "&quot;").replace("&lt;", "<").replace("&gt;", ">")),
        ("html attribute", html.replace('"', "&quot;")),
        ("xml", html.replace('"', "&quot;").replace('\'', "&apos;")),
        ("its beginning", SECRET.chars().take(6).collect()),
    ]
}

/// Fails when any form of the secret is in the bytes.
#[track_caller]
fn is_clean(what: &str, bytes: &[u8]) {
    for (form, text) in forms() {
        let found = bytes.windows(text.len()).position(|it| it == text.as_bytes());
        if let Some(at) = found {
            let around = &bytes[at.saturating_sub(120)..(at + text.len() + 40).min(bytes.len())];
            panic!("{what} has it ({form}): {}", String::from_utf8_lossy(around));
        }
    }
}

fn files_in(folder: &Path, each: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { files_in(&path, each) } else { each(&path) }
    }
}

/// Every text in the database.
fn texts(path: &Path) -> String {
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let mut all = String::new();
    for name in names {
        let mut rows = connection.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                if let Ok(text) = row.get::<_, String>(column) {
                    all.push_str(&text);
                    all.push('\n');
                }
            }
        }
    }
    all
}

#[test]
fn f78_a_secret_is_in_nothing_that_is_written() {
    let site = Site::start();
    site.page("/echo", PAGE);
    let goto = format!("{{ goto = \"{}?x=${{secret.TOKEN}}\" }}", site.url("/echo"));
    let secret = "${secret.TOKEN}";
    let cases = [
        ("text", format!("{goto}, {{ expect = '#plain', text = 'other', timeout = '100ms' }}")),
        ("wanted", format!("{goto}, {{ expect = 'h1', text = '{secret}', timeout = '100ms' }}")),
        ("forms", format!("{goto}, {{ expect = '#forms', text = 'other', timeout = '100ms' }}")),
        ("title", format!("{goto}, {{ expect_title = 'other', timeout = '100ms' }}")),
        ("url", format!("{goto}, {{ expect_url = 'http://other.test/', timeout = '100ms' }}")),
        ("locator", format!("{goto}, {{ click = \"text='{secret}' >> nth=5\", timeout = '100ms' }}")),
        // What it finds is described, and the description is cut in the middle of the secret.
        ("cut", format!("{goto}, {{ click = '#box >> nth=5', timeout = '100ms' }}")),
        (
            "throws",
            format!(
                "{goto}, {{ script = 'throw new Error(args[0] + location.href)', args = ['{secret}'], as = 'x' }}"
            ),
        ),
        ("alert", format!("{goto}, {{ script = 'alert(args[0])', args = ['{secret}'], as = 'x' }}")),
        ("refused", format!("{{ goto = 'http://127.0.0.1:1/?x={secret}' }}")),
        (
            "value",
            format!(
                "{goto}, {{ fill = '#box', value = '{secret}' }}, {{ expect = '#box', value = 'other', timeout = '100ms' }}"
            ),
        ),
        (
            "told",
            format!(
                "{goto}, {{ save = '#plain', as = 't' }}, {{ log = 'it is ${{t}}' }}, {{ fail = 'got ${{t}}' }}"
            ),
        ),
    ];
    let project = cases.iter().fold(
        Project::new()
            .file("runner.toml", "vars = { given = \"\" }\n[secrets]\nenv = [\"TOKEN\"]\n")
            .variable("TOKEN", SECRET),
        |project, (name, steps)| {
            project.file(&format!("testcases/{name}.toml"), &format!("steps = [ {steps} ]\n"))
        },
    );
    let given = format!("given={SECRET}");
    let arguments = [
        "-vv",
        "--log",
        "run.log",
        "--var",
        &given,
        "--report",
        "junit=junit.xml",
        "--report",
        "json=report.json",
        "--report",
        "jsonl=events.jsonl",
    ];
    let ended = Running::start(&project, &arguments).wait_clean();
    ended.exits(1);

    // It was really there: the site got it, and every case failed over it.
    let path = forms()[1].1.replace('\'', "%27");
    assert!(site.heads().iter().any(|head| head.contains(&path)), "{:?}", site.heads());
    let record = Record::last(&project);
    assert!(record.cases.values().all(|it| it.verdict == Some(Verdict::Failed)), "{:?}", record.cases);
    for name in ["text", "wanted", "forms", "cut", "title", "throws", "alert", "refused", "value", "told"] {
        let case = record.case(name);
        assert!(ended.stderr.contains("***"), "{ended}");
        assert!(!case.message.is_empty(), "{name}");
    }

    is_clean("stdout", ended.stdout.as_bytes());
    is_clean("stderr", ended.stderr.as_bytes());
    is_clean("the database", texts(&database(&project)).as_bytes());
    let mut seen = Vec::new();
    files_in(&project.root(), &mut |path| {
        let bytes = std::fs::read(path).unwrap();
        is_clean(&path.display().to_string(), &bytes);
        if bytes.windows(3).any(|it| it == b"***") {
            seen.push(path.extension().unwrap_or_default().to_string_lossy().into_owned());
        }
    });
    // Logs (two), reports, evidence of both kinds, and the database itself.
    for kind in ["log", "json", "jsonl", "xml", "html", "db"] {
        assert!(seen.iter().any(|it| it == kind), "masked in no `{kind}`: {seen:?}");
    }
}

/// Nothing that a run of this project writes has the secret, but the log of a server, which is the server's own.
#[track_caller]
fn is_clean_but_tells(project: &Project, told: &str) {
    let arguments = ["--report", "json=report.json", "--report", "jsonl=events.jsonl"];
    let ended = Running::start(project, &arguments).wait_clean();
    ended.exits(3).says(&[told, "***"]);
    is_clean("stdout", ended.stdout.as_bytes());
    is_clean("stderr", ended.stderr.as_bytes());
    is_clean("the database", texts(&database(project)).as_bytes());
    files_in(&project.root(), &mut |path| {
        if !path.display().to_string().ends_with(".server-1.log") {
            is_clean(&path.display().to_string(), &std::fs::read(path).unwrap());
        }
    });
}

#[test]
fn f78_what_servers_and_endpoints_say_is_masked_too() {
    let case = "steps = [ { goto = \"http://127.0.0.1:9/\" } ]\n";
    let project = |settings: &str| {
        Project::new()
            .file("runner.toml", &format!("infra_retries = 0\n[secrets]\nenv = [\"TOKEN\"]\n{settings}"))
            .file("testcases/c1.toml", case)
            .variable("TOKEN", SECRET)
    };
    let says = r#"["sh", "-c", "echo 'no database:'; printenv TOKEN; exit 7"]"#;
    let server = format!("[server]\ncommand = {says}\nurl = \"http://127.0.0.1:9/\"\n");
    is_clean_but_tells(&project(&server), "no database:");
    let driver = ScriptedDriver::start();
    driver.fault("POST session", Fault::Answer(500, "text/plain", format!("no user {SECRET}").into_bytes()));
    let endpoint = format!("[[endpoint]]\nurl = \"{}\"\ncapacity = 1\n", driver.url());
    is_clean_but_tells(&project(&endpoint), "no user");
}
