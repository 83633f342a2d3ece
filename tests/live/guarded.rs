//! Who may look and steer: rows 71 to 77, 80 and 89 of the faults.

use crate::client::PATIENCE;
use crate::scripted_driver::ScriptedDriver;
use crate::{Run, asynchronous, project};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

/// A request by its parts.
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    host: &'a str,
    origin: Option<&'a str>,
    token: Option<&'a str>,
    kind: Option<&'a str>,
}

impl Asked<'_> {
    fn text(&self) -> String {
        let header =
            |name: &str, value: Option<&str>| value.map(|it| format!("{name}: {it}\r\n")).unwrap_or_default();
        let token = self.token.map(|token| format!("Bearer {token}"));
        format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\n{}{}{}Content-Length: 2\r\n\r\n{{}}",
            self.method,
            self.path,
            self.host,
            header("Origin", self.origin),
            header("Authorization", token.as_deref()),
            header("Content-Type", self.kind),
        )
    }
}

#[test]
fn f71_f74_only_the_page_itself_with_the_token_is_answered() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver, 2);
    let run = Run::live(&project, &[]);
    let address = &run.address;
    let port = address.host.split_once(':').unwrap().1;
    let own = format!("http://{}", address.host);
    let (localhost, foreign) = (format!("localhost:{port}"), "http://127.0.0.1:1".to_owned());
    let (other_port, secure) = (format!("127.0.0.1:1{port}"), format!("https://{}", address.host));
    let subdomain = format!("http://{}.evil.test", address.host);
    let hosts = [address.host.as_str(), "evil.test", &other_port, "127.0.0.1", "", "localhost"];
    let origins = [
        None,
        Some(own.as_str()),
        Some(foreign.as_str()),
        Some("null"),
        Some(&secure),
        Some(&subdomain),
        Some(""),
    ];
    let wrong = "0".repeat(address.token.len());
    let tokens = [Some(address.token.as_str()), None, Some(wrong.as_str()), Some("")];
    let kinds =
        [Some("application/json"), None, Some("text/plain"), Some("application/x-www-form-urlencoded")];
    for (host_at, host) in hosts.into_iter().enumerate() {
        for (origin_at, origin) in origins.into_iter().enumerate() {
            for (token_at, token) in tokens.into_iter().enumerate() {
                for (kind_at, kind) in kinds.into_iter().enumerate() {
                    for method in ["POST", "GET", "PUT", "OPTIONS"] {
                        let asked = Asked { method, path: "/api/pause", host, origin, token, kind };
                        let is_fine = host_at == 0
                            && origin_at < 2
                            && token_at == 0
                            && kind_at == 0
                            && method == "POST";
                        let (status, body) = address.raw(&asked.text());
                        assert_eq!(
                            (200..300).contains(&status),
                            is_fine,
                            "{status} {body}\n{}",
                            asked.text()
                        );
                    }
                }
            }
        }
    }
    let look = Asked { method: "GET", path: "/", host: &localhost, origin: None, token: None, kind: None };
    assert_eq!(address.raw(&look.text()).0, 200, "the page has nothing secret in it");
    assert_eq!(address.raw(&Asked { host: "evil.test", ..look }.text()).0, 403);
    for path in ["/api/batch", "/api/cases/0", "/api/cases/0/evidence/0"] {
        let ask = Asked { method: "GET", path, host: &address.host, origin: None, token: None, kind: None };
        assert_eq!(address.raw(&ask.text()).0, 401, "{path}");
    }
    address.ask("POST", "/api/resume", "{}");
    driver.release();
    run.ends(0);
}

#[test]
fn f73_a_socket_wants_the_token_and_no_foreign_page() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver, 1);
    let run = Run::live(&project, &[]);
    let address = &run.address;
    let upgrade = |more: &str| {
        format!(
            "GET /api/events HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{more}\r\n",
            address.host
        )
    };
    assert_eq!(address.raw(&upgrade("Origin: http://127.0.0.1:1\r\n")).0, 403);
    assert_eq!(address.raw(&upgrade("Authorization: Bearer wrong\r\n")).0, 401);
    asynchronous(async {
        for said in [r#"{"token":"wrong"}"#, "{}", "hello"] {
            let mut client = address.open(None).await;
            client.say(said).await;
            assert_eq!(client.next().await, Err(1008), "{said}");
        }
        let mut client = address.connect(None).await;
        assert_eq!(client.next().await.unwrap()["event"], "snapshot");
    });
    driver.release();
    run.ends(0);
}

#[test]
fn f76_f77_slow_and_many_clients_cost_the_run_nothing() {
    let driver = ScriptedDriver::start();
    let project = project(&driver, 60);
    driver.hold();
    let run = Run::live(&project, &["-c", "4"]);
    let address = run.address.clone();
    let connect = || TcpStream::connect(&address.host).unwrap();
    // Heads that never end.
    let mut slow: Vec<TcpStream> = (0..40).map(|_| connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    }
    // Sockets that are never read.
    let deaf: Vec<TcpStream> = (0..16)
        .map(|_| {
            let mut stream = connect();
            let (host, token) = (&address.host, &address.token);
            write!(
                stream,
                "GET /api/events HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
                 Authorization: Bearer {token}\r\n\r\n"
            )
            .unwrap();
            let mut first = [0; 12];
            stream.read_exact(&mut first).unwrap();
            assert_eq!(&first, b"HTTP/1.1 101");
            stream
        })
        .collect();
    let refused = address.raw(&format!(
        "GET /api/events HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        address.host
    ));
    assert_eq!(refused.0, 503, "the seventeenth socket: {}", refused.1);
    // 56 are open; of ten more, some find no room and are closed at once.
    let more: Vec<TcpStream> = (0..10).map(|_| connect()).collect();
    let closed = more.iter().any(|stream| {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        matches!((&*stream).read(&mut [0; 1]), Ok(0) | Err(_))
    });
    assert!(closed);
    driver.release();
    run.ends(0);
    drop((slow, deaf, more));
}

#[test]
fn f77_a_head_that_does_not_end_is_given_up() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver, 1);
    let run = Run::live(&project, &[]);
    let mut stream = TcpStream::connect(&run.address.host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let began = Instant::now();
    stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(began.elapsed() < PATIENCE, "the server has closed it");
    driver.release();
    run.ends(0);
}

#[test]
fn f80_evidence_is_numbered_and_never_named() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver, 1);
    let run = Run::live(&project, &[]);
    for path in [
        "/api/cases/0/evidence/..%2f..%2frunner.toml",
        "/api/cases/0/evidence/../../batchrun.db",
        "/api/cases/0/evidence/0",
        "/api/cases/7",
        "/../Cargo.toml",
        "/api/cases/0/evidence/18446744073709551616",
    ] {
        let (status, body) = run.address.ask("GET", path, "");
        assert!(status == 400 || status == 404, "{path}: {status} {body}");
    }
    driver.release();
    run.ends(0);
}

/// Stands in for the desktop's opener: writes down how it was called, and what the file lets whom do.
const OPENER: &str = "#!/bin/sh\n\
    { echo \"$@\"; stat -c '%a %F' \"$1\"; cat \"$1\"; } > \"$OPENED.part\" && mv \"$OPENED.part\" \"$OPENED\"\n";

#[test]
fn f89_what_lies_in_the_shared_temporary_folder_is_its_owners_only() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver, 1).file("bin/xdg-open", OPENER);
    let program = project.root().join("bin/xdg-open");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let (temporary, opened) = (project.root().join("tmp"), project.root().join("opened"));
    std::fs::create_dir(&temporary).unwrap();
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let project = project
        .variable("PATH", &path)
        .variable("TMPDIR", temporary.to_str().unwrap())
        .variable("OPENED", opened.to_str().unwrap());
    let run = Run::live(&project, &["--open"]);
    driver.wait_for("POST execute/async", 1);
    let began = Instant::now();
    while !opened.exists() {
        assert!(began.elapsed() < PATIENCE, "`xdg-open` was not run");
        std::thread::yield_now();
    }
    let opened = std::fs::read_to_string(opened).unwrap();
    let (arguments, rest) = opened.split_once('\n').unwrap();
    assert!(arguments.starts_with(temporary.to_str().unwrap()), "{arguments}");
    assert!(!arguments.contains(&run.address.token), "every user of the machine sees arguments: {arguments}");
    assert!(rest.starts_with("600 regular file\n") && rest.contains(&run.address.token), "{rest}");
    let mut kinds = Vec::new();
    for entry in std::fs::read_dir(&temporary).unwrap() {
        let about = entry.unwrap().metadata().unwrap();
        assert_eq!(about.permissions().mode() & 0o077, 0);
        kinds.push(about.is_dir());
    }
    kinds.sort_unstable();
    assert_eq!(kinds, [false, true], "the file that leads to the page, and the folder of the run");
    driver.release();
    run.ends(0);
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "nothing is left");
}

#[test]
fn f75_the_readme_says_what_pages_under_test_can_reach() {
    let readme = include_str!("../../README.md");
    let (_, security) = readme.split_once("\n## Security\n").unwrap();
    assert!(security.contains("It can send requests to any port of the machine, the\n  driver's included."));
    assert!(security.contains("**Pages that you do not trust belong in a container**"));
}

#[test]
fn another_machine_is_let_in_only_where_that_is_said() {
    let driver = ScriptedDriver::start();
    let project = project(&driver, 1);
    insta::assert_snapshot!(project.run(["--live=0.0.0.0:0"]), @r#"
    exit 2
    --- stderr
    error: `--live=0.0.0.0:0` would let other machines see and steer this run: add `--live-allow-remote` if that is meant
    "#);
    insta::assert_snapshot!(project.run(["--live=nowhere"]), @r#"
    exit 2
    --- stderr
    error: invalid value 'nowhere' for '--live[=<ADDR>]': expected a port, an IP address, or both as in `127.0.0.1:8080`

    For more information, try '--help'.
    "#);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = project.run([format!("--live={port}").as_str()]);
    insta::assert_snapshot!(output.to_string().replace(&port, "[PORT]"), @r#"
    exit 2
    --- stderr
    error: pages cannot be served at 127.0.0.1:[PORT]: Address already in use (os error 98)
    "#);
    assert!(!project.root().join(".batchrun/batchrun.db").exists(), "nothing has begun");
}

#[test]
fn where_it_is_served_is_told_also_to_who_wants_to_hear_little() {
    let driver = ScriptedDriver::start();
    driver.hold();
    let project = project(&driver, 1);
    let run = Run::live(&project, &["-q"]);
    assert_eq!(run.address.ask("GET", "/api/batch", "").0, 200);
    driver.release();
    assert_eq!(run.ends(0), "", "and no more");
}
