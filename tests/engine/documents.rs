//! The document itself: its identity, loading, URL and title.

use crate::lab::{BRIEF, Lab, PATIENT, css, why};
use batchrun::browser::engine::{Call, Ready};
use serde_json::{Value, json};

fn document(ready: Option<Ready>, url: Option<Value>, title: Option<Value>, wait_ms: u64) -> Call {
    Call::Document { ready, url, title, wait_ms }
}

#[tokio::test]
async fn each_document_has_an_identity_of_its_own() {
    let mut lab = Lab::of("<body>").await;
    let first = lab.check(&css("body"), json!({ "attached": true })).await.document;
    let again = lab.check(&css("body"), json!({ "attached": true })).await.document;
    lab.show("<body>").await;
    let other = lab.check(&css("body"), json!({ "attached": true })).await.document;
    assert_eq!(first, again);
    assert!(first != other && first.len() > 8);
}

#[tokio::test]
async fn url_and_title_are_waited_for() {
    let mut lab = Lab::of("<title> The\n title </title><body>").await;
    let title = lab.ask(&document(None, None, Some(json!({ "is": "The title" })), 0)).await;
    assert!(title.ok);
    assert_eq!(title.value["title"], "The title");
    assert_eq!(title.value["ready_state"], "complete");
    let wrong = lab.ask(&document(None, None, Some(json!({ "contains": "x" })), BRIEF)).await;
    let failure = wrong.failure.unwrap();
    assert_eq!(failure.message, "the title is `The title`");
    assert_eq!(
        (failure.expected.unwrap(), failure.actual.unwrap()),
        ("containing `x`".into(), "The title".into())
    );

    lab.script("setTimeout(() => history.pushState(0, '', '/next?a=1#part'), 80); 0").await;
    let ends =
        |end: &str| json!({ "matches": { "pattern": format!("{}$", end.replace('?', "\\?")), "flags": "" } });
    let next = lab.ask(&document(None, Some(ends("/next?a=1")), None, PATIENT)).await;
    assert!(next.ok && next.value["url"].as_str().unwrap().ends_with("/next?a=1#part"));
    assert!(lab.ask(&document(None, Some(ends("#part")), None, 0)).await.ok);
    let not = json!({ "not": ends("#part") });
    assert!(!lab.ask(&document(None, Some(not), None, 0)).await.ok, "neither form may be the forbidden one");
}

#[tokio::test]
async fn loading_is_waited_for_as_far_as_is_asked() {
    let mut lab = Lab::of("<body>").await;
    // An image that never comes keeps the load event away.
    let port = lab.port();
    let stuck = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging =
        format!("<body><p id=p>x</p><img src='http://127.0.0.1:{}/'>", stuck.local_addr().unwrap().port());
    assert_ne!(stuck.local_addr().unwrap().port(), port);
    lab.open(&hanging).await;
    let dom = lab.ask(&document(Some(Ready::Dom), None, None, PATIENT)).await;
    assert!(dom.ok);
    let load = lab.ask(&document(Some(Ready::Load), None, None, BRIEF)).await;
    assert_eq!(why(&load), ("mismatch", "is loading (`interactive`)"));
    assert_eq!(load.value["ready_state"], "interactive");
    drop(stuck);
    assert!(lab.ask(&document(Some(Ready::Load), None, None, PATIENT)).await.ok);
}

#[tokio::test]
async fn idle_is_500_ms_without_a_new_resource() {
    let mut lab = Lab::of("<body>").await;
    lab.serve("/x", "x");
    lab.open("<body><script>let n = 0; const t = setInterval(() => { if (++n > 4) clearInterval(t); fetch('/x?' + n) }, 100)</script>").await;
    let idle = lab.ask(&document(Some(Ready::Idle), None, None, PATIENT)).await;
    assert!(idle.ok);
    assert!(idle.seen.iter().any(|it| it.what == "is still loading resources"), "{:?}", idle.seen);
    let quiet = lab.script("performance.now() - Math.max(...performance.getEntriesByType('resource').map(e => e.responseEnd))").await;
    assert!(quiet.as_f64().unwrap() >= 500.0, "{quiet}");
}
