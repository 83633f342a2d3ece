//! Past batches as pages: what the API answers, who may ask, and the pages in a real browser, by batchrun's own cases.

use crate::client::Address;
use crate::dashboard::watch;
use crate::scripted_driver::ScriptedDriver;
use crate::support::Project;
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

/// A server over the record of a project, which does not outlive a test that fails.
struct Served {
    child: Child,
    address: Address,
    url: String,
}

impl Served {
    fn start(project: &Project) -> Self {
        let mut command = project.command(["serve"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        Self { child, address: Address::of(&url), url }
    }

    fn json(&self, path: &str) -> Value {
        let (status, body) = self.address.ask("GET", path, "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_record_is_answered_to_whoever_has_the_token() {
    let driver = ScriptedDriver::start();
    let project = crate::project(&driver, 3);
    project.run(["-c", "3"]);
    let served = Served::start(&project);
    let batches = served.json("/api/batches");
    let id = batches["batches"][0]["id"].as_str().unwrap();
    let snapshot = served.json(&format!("/api/batches/{id}"));
    assert_eq!((&snapshot["event"], &snapshot["status"]), (&"snapshot".into(), &"finished".into()));
    assert_eq!(snapshot["cases"].as_array().unwrap().len(), 3);
    let case = served.json("/api/batches/last/cases/2");
    assert_eq!(case["attempts"][0]["verdict"], "passed", "{case}");
    assert_eq!(served.json("/api/cases")["cases"].as_array().unwrap().len(), 3);
    let runs = served.json("/api/cases/runs?id=testcases%2Fc001");
    assert_eq!((&runs["runs"][0]["job"], &runs["runs"][0]["verdict"]), (&1.into(), &"passed".into()));
    assert_eq!(served.json("/api/compare?before=last&after=last")["before"], id);
    // Nothing is steered here, and what is not there is said to be not there.
    for (method, path, wanted) in [
        ("POST", "/api/cancel", 404),
        ("POST", "/api/batches", 405),
        ("GET", "/api/batches?last=many", 400),
        ("GET", "/api/batches/last/cases/x", 400),
        ("GET", "/api/compare", 400),
        ("GET", "/api/batches/nothing", 404),
        ("GET", "/api/batches/last/cases/9", 404),
        ("GET", "/api/batches/last/cases/0/evidence/0", 404),
        ("GET", "/api/compare?before=last&after=nothing", 404),
    ] {
        let (status, body) = served.address.ask(method, path, "{}");
        assert_eq!(status, wanted, "{method} {path}: {body}");
        assert!(serde_json::from_str::<Value>(&body).unwrap()["error"].is_string(), "{body}");
    }
    let Address { host, token } = &served.address;
    let bare = |path: &str, host: &str| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    assert_eq!(served.address.raw(&bare("/api/batches", host)).0, 401);
    assert_eq!(served.address.raw(&bare("/", host)).0, 200);
    assert_eq!(served.address.raw(&bare("/", "evil.test")).0, 403);
    let other = format!(
        "GET /api/batches HTTP/1.1\r\nHost: {host}\r\nOrigin: http://127.0.0.1:1\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    assert_eq!(served.address.raw(&other).0, 403);
}

#[test]
fn f80_a_database_from_elsewhere_does_not_lead_out_of_its_folder() {
    let driver = ScriptedDriver::start();
    let project = crate::project(&driver, 1);
    project.run(["-c", "1"]);
    std::fs::write(project.root().join("private.txt"), "nobody's business").unwrap();
    let database = rusqlite::Connection::open(project.root().join(".batchrun/batchrun.db")).unwrap();
    let absolute = project.root().join("private.txt").display().to_string();
    let link = |name: &str, to: &str| {
        std::os::unix::fs::symlink(project.root().join(to), project.root().join(".batchrun").join(name))
            .unwrap();
    };
    link("link.txt", "private.txt");
    link("folder", "");
    let sly =
        ["../private.txt", absolute.as_str(), "evidence/../../private.txt", "link.txt", "folder/private.txt"];
    for path in sly {
        database.execute("DELETE FROM evidence", []).unwrap();
        let sql =
            "INSERT INTO evidence (attempt_id, kind, path, bytes) SELECT id, 'console', ?1, 17 FROM attempt";
        database.execute(sql, [path]).unwrap();
        let served = Served::start(&project);
        let (status, body) = served.address.ask("GET", "/api/batches/last/cases/0/evidence/0", "");
        assert!(status == 404 && !body.contains("business"), "{path}: {status} {body}");
    }
}

#[test]
fn past_batches_are_looked_at_in_a_browser() {
    let case = |text: &str| {
        format!(
            "steps = [ {{ goto = \"/\" }}, {{ expect = \"h1\", text = \"{text}\", timeout = \"100ms\" }} ]\n"
        )
    };
    let project = Project::new()
        .file("runner.toml", "[server]\ndir = \"site\"\n")
        .file("site/index.html", "<!doctype html><title>Shop</title><h1>Hello</h1>")
        .file("testcases/a-holds.toml", &case("Hello"))
        .file("testcases/b-breaks.toml", &case("Hello"));
    assert_eq!(project.run(["-c", "2"]).status, Some(0));
    let project = project.file("testcases/b-breaks.toml", &case("Bye"));
    assert_eq!(project.run(["-c", "2"]).status, Some(1));
    let served = Served::start(&project);
    watch("archive.toml", &format!("overview={}", served.url));
}

#[test]
fn other_machines_see_it_only_where_that_is_meant() {
    let driver = ScriptedDriver::start();
    let project = crate::project(&driver, 1);
    let early = project.run(["serve"]);
    assert!(early.status == Some(2) && early.stderr.contains("nothing has run yet"), "{early}");
    project.run(["-c", "1"]);
    let refused = project.run(["serve", "0.0.0.0"]);
    assert!(refused.status == Some(2) && refused.stderr.contains("--allow-remote"), "{refused}");
}
