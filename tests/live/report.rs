//! The HTML report in a real browser: served, by batchrun's own cases, and from disk. Its texts would like to be a part of
//! the page.

use crate::asynchronous;
use crate::cdp::{Browser, Page};
use crate::support::Project;
use serde_json::{Value, json};
use std::path::Path;

const SLY: &str =
    "</script><script>window.injected = 1</script><img src=x onerror='window.injected = 1'><!--<script>";

/// A batch of three cases, of which one failed, with its report as a folder and as one file.
fn reported() -> Project {
    let case = |text: &str| {
        format!(
            "steps = [ {{ goto = \"/\" }}, {{ expect = \"h1\", text = \"{text}\", timeout = \"100ms\" }} ]\n"
        )
    };
    let project = Project::new()
        .file("runner.toml", "[server]\ndir = \"site\"\n[evidence]\ntrace = \"on-failure\"\n")
        .file(
            "site/index.html",
            &format!(
                "<!doctype html><title>&lt;/script>&lt;b></title><h1>Hello</h1><script>console.warn({})</script>",
                json!(SLY).to_string().replace("</", "<\\/").replace("<!--", "<\\!--").replace("<s", "<\\s")
            ),
        )
        .file("testcases/a-holds.toml", &case("Hello"))
        .file("testcases/b-breaks.toml", &format!("name = \"{SLY}\"\ntags = [\"<b>\"]\n{}", case(SLY)))
        .file("testcases/c-holds.toml", &case("Hello"));
    let ran = project.run(["-c", "2", "--report", "html=report", "--report", "html=one.html"]);
    assert_eq!(ran.status, Some(1), "{ran}");
    assert!(ran.stderr.contains("Report html report/index.html\n"), "{ran}");
    project
}

/// What lies in the folder of a report, without what is random in it.
fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            let short = name.split_once('-').map_or(&*name, |(short, _)| short).to_owned();
            names.extend(self::names(&entry.path()).iter().map(|name| format!("{short}-/{name}")));
        } else {
            names.push(name);
        }
    }
    names.sort();
    names
}

#[test]
fn a_report_is_read_in_a_browser() {
    let project = reported();
    let folder = project.root().join("report");
    let is_film = |name: &String| name.starts_with("evidence-/1-3-");
    let pictures = || names(&folder).into_iter().partition::<Vec<_>, _>(is_film);
    let (film, others) = pictures();
    assert_eq!(others, ["evidence-/1-1.png", "index.html"]);
    assert!(!film.is_empty());
    // From the record it is made anew, and takes the place of the one before.
    let before = std::fs::read_to_string(folder.join("index.html")).unwrap();
    let again = project.run(["report", "--report", "html=report"]);
    assert_eq!(again.status, Some(0), "{again}");
    assert_eq!(pictures(), (film, others));
    let after = std::fs::read_to_string(folder.join("index.html")).unwrap();
    assert!(before != after && after.ends_with("</html>\n"), "its picture has another place");
    let whole = project.run(["report", "--report", "html=whole", "--single-file"]);
    assert_eq!(whole.status, Some(0), "{whole}");
    assert_eq!(names(&project.root().join("whole")), ["index.html"]);
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("testcases/_dashboard/report.toml");
    let reader = Project::new()
        .file("runner.toml", &format!("[server]\ndir = \"{}\"\n", project.root().display()))
        .file("testcases/case.toml", &std::fs::read_to_string(cases).unwrap());
    for page in ["/report/index.html", "/whole/index.html", "/one.html"] {
        let ran =
            reader.run(["--var", &format!("report={page}"), "--step-timeout", "60s", "--timeout", "5m"]);
        assert_eq!(ran.status, Some(0), "{ran}");
    }
}

#[test]
fn a_folder_of_somebody_else_is_refused_before_anything_runs() {
    let project = Project::new()
        .file("runner.toml", "[[endpoint]]\nurl = \"http://127.0.0.1:9/\"\ncapacity = 1\n")
        .file("testcases/a.toml", "steps = [{ goto = \"http://127.0.0.1:9/\" }]\n");
    let refused = project.run(["--report", "html=testcases"]);
    let why = "error: cannot write `testcases`: the folder holds `a.toml` and no report: name an empty or a new one, or a file `….html`\n";
    assert_eq!((refused.status, &*refused.stderr), (Some(2), why));
    assert!(project.run(["show"]).stderr.contains("nothing has run yet"));
    assert_eq!(
        std::fs::read_dir(project.root().join(".batchrun/log")).unwrap().count(),
        0,
        "nor is there a log"
    );
}

/// What a script comes to in a page.
async fn evaluate(page: &mut Page, script: &str) -> Value {
    let asked = json!({ "expression": script, "awaitPromise": true, "returnByValue": true });
    let answer = page.send("Runtime.evaluate", asked).await;
    assert!(answer.get("exceptionDetails").is_none(), "{script}: {answer}");
    answer["result"]["value"].clone()
}

/// Opens a report, and its failure; answers what the browser made of both.
async fn opened(browser: &Browser, path: &Path) -> Value {
    const SEEN: &str = "new Promise((done) => {
        const violations = [];
        document.addEventListener('securitypolicyviolation', (it) => violations.push(it.violatedDirective));
        const look = () => {
            const picture = document.querySelector('img.shot');
            if (element('first').hidden) return requestAnimationFrame(look);
            if (!element('detail').open) element('first-case').click();
            for (const part of document.querySelectorAll('#detail details')) part.open = true;
            if (!picture || !picture.complete || !document.querySelector('.scene img')) return requestAnimationFrame(look);
            const asked = performance.getEntriesByType('resource').map((it) => it.name.split(':')[0]);
            done({
                headline: element('headline').textContent, why: element('first-why').textContent,
                width: picture.naturalWidth, injected: window.injected || 0, violations,
                asked: [...new Set(asked)].filter((it) => it !== 'data' && it !== 'file'),
                heading: document.querySelector('#detail h3').textContent, bold: document.querySelectorAll('b').length,
                console: [...document.querySelectorAll('#detail pre')].some((it) => it.textContent.includes('onerror=')),
                images: [...document.images].filter((it) => !it.closest('.trace')).length, wide: document.documentElement.scrollWidth > innerWidth,
            });
        };
        look();
    })";
    let mut page = browser.page().await;
    page.send("Page.enable", json!({})).await;
    page.send("Page.navigate", json!({ "url": format!("file://{}", path.display()) })).await;
    // The script stands at the page's end: it runs once there is one.
    while evaluate(&mut page, "typeof source !== 'undefined' && document.readyState === 'complete'").await
        != true
    {}
    evaluate(&mut page, SEEN).await
}

#[test]
fn f81_a_report_opens_from_disk_and_hostile_texts_stay_texts() {
    let project = reported();
    let browser = Browser::start();
    asynchronous(async {
        for path in ["report/index.html", "one.html"] {
            let seen = opened(&browser, &project.root().join(path)).await;
            let heading = seen["heading"].as_str().unwrap();
            assert!(heading.starts_with("assertion: ") && heading.contains("Hello"), "{seen}");
            assert_eq!(seen["headline"], "1 failed", "{path}: {seen}");
            assert_eq!(
                (&seen["injected"], &seen["bold"], &seen["images"]),
                (&json!(0), &json!(0), &json!(1)),
                "{seen}"
            );
            assert_eq!((&seen["violations"], &seen["asked"]), (&json!([]), &json!([])), "{path}: {seen}");
            assert!(seen["width"].as_u64().unwrap() > 0 && seen["console"] == true, "{path}: {seen}");
            assert_eq!(seen["wide"], false, "{path}: {seen}");
        }
    });
}
