//! Pages whose texts are meant for whoever shows them: a terminal, a CI system, a parser of XML.

use crate::running::{Record, Running};
use crate::site::Site;
use crate::support::Project;
use batchrun::outcome::Verdict;

/// A text that sets a terminal's title, clears it, speaks to three CI systems, turns the writing round and ends XML.
const HOSTILE: &str = "a\\u001b]0;pwned\\u0007\\u009b2J\\n::error::pwned\\n##vso[task.complete]\\n##teamcity[x]\
    \\u202e]]><b a='1'>&amp;\\u0000\\uffff";

#[test]
fn f82_f83_f84_hostile_texts_of_a_page_harm_neither_report_nor_terminal_nor_ci_system() {
    let site = Site::start();
    site.page(
        "/hostile",
        &format!(
            "<pre id=text></pre><button>Go</button><script>const it = \"{HOSTILE}\"; document.title = it; \
             document.querySelector('#text').textContent = it; document.querySelector('#text').className = it; \
             document.querySelector('button').onclick = () => alert(it); console.error(it)</script>"
        ),
    );
    let goto = format!("{{ goto = '{}' }}", site.url("/hostile"));
    let cases = [
        ("text", "{ expect = '#text', text = 'x', timeout = '100ms' }"),
        ("title", "{ expect_title = 'x', timeout = '100ms' }"),
        ("class", "{ expect = '#text', class = 'x', timeout = '100ms' }"),
        ("missing", "{ click = 'text=pwned >> b', timeout = '100ms' }"),
        ("alert", "{ click = 'button' }, { expect = '#none', timeout = '1s' }"),
        ("throws", "{ script = 'throw new Error(it)', as = 'x' }"),
        ("told", "{ save = '#text', as = 'x' }, { log = '${x}' }, { fail = '${x}' }"),
    ];
    let project = cases.iter().fold(Project::new(), |project, (name, steps)| {
        project.file(&format!("testcases/{name}.toml"), &format!("steps = [ {goto}, {steps} ]\n"))
    });
    let arguments = [
        "-vv",
        "--color",
        "never",
        "--log",
        "run.log",
        "--report",
        "junit=junit.xml",
        "--report",
        "json=report.json",
    ];
    let ended = Running::start(&project, &arguments).wait_clean();
    ended.exits(1);
    let record = Record::last(&project);
    assert!(record.cases.values().all(|it| it.verdict == Some(Verdict::Failed)), "{ended}");
    // It was really there, with what makes it dangerous.
    let raw =
        record.cases.values().filter(|it| it.message.contains('\u{1b}') && it.message.contains("pwned"));
    assert!(raw.count() >= 2, "{:?}", record.cases);
    assert!(ended.stderr.contains("pwned"), "{ended}");

    let is_harmless = |what: &str, text: &str| {
        let is_bad = |c: &char| (c.is_control() && *c != '\n' && *c != '\t') || *c == '\u{202e}';
        assert_eq!(text.chars().find(is_bad), None, "{what}: {text}");
    };
    is_harmless("stderr", &ended.stderr);
    for line in ended.stderr.lines() {
        assert!(!line.trim_start().starts_with("::"), "{line}");
        assert!(!line.contains("##vso[") && !line.contains("##teamcity["), "{line}");
    }
    let read = |name: &str| std::fs::read_to_string(project.root().join(name)).unwrap();
    let log = read("run.log");
    is_harmless("the log", &log);
    let xml = read("junit.xml");
    assert!(xml.contains("pwned"));
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (7, 7, 0));
    let cannot_be_held =
        |c: char| c < ' ' && !matches!(c, '\t' | '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    assert_eq!(xml.find(cannot_be_held), None, "{xml}");
    let json: serde_json::Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!(json["counts"]["failed"], 7);
}
