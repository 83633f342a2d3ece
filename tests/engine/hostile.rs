//! Pages that are in the engine's way, and what it says about several matches.

use crate::lab::{BRIEF, CLICK, Lab, World, act, css, why};
use batchrun::browser::engine::{Call, Need, Then};
use serde_json::json;

/// Replaces what an engine could need; each replacement would break whoever uses it.
const CLOBBER: &str = "<script>for (const name of ['Map', 'Set', 'WeakMap', 'Promise', 'RegExp', 'MutationObserver'])\
    window[name] = function () { throw new Error('clobbered') };\
    for (const type of [Document, Element, DocumentFragment])\
    for (const name of ['querySelector', 'querySelectorAll', 'getElementById', 'matches', 'closest', 'getAttribute', 'getBoundingClientRect'])\
    if (name in type.prototype) type.prototype[name] = () => { throw new Error('clobbered') };\
    document.querySelectorAll = null; document.elementFromPoint = null;\
    window.requestAnimationFrame = () => 0;</script>";

#[tokio::test]
async fn replaced_built_ins_break_nothing_in_either_world() {
    let page = format!(
        "<body>{CLOBBER}<form><input name=parentNode><input name=nodeType><input name=getAttribute><button id=b>Sign in</button></form>"
    );
    for world in [World::Isolated, World::Main] {
        let mut lab = Lab::of(&page).await;
        for query in [
            css("#b"),
            json!({ "by": "text", "text": { "exact": "Sign in" } }),
            json!({ "by": "text", "text": { "pattern": "^sign", "flags": "i" } }),
            json!({ "by": "role", "role": "button", "name": { "contains": "sign" } }),
            json!({ "by": "xpath", "value": "//button" }),
            json!([{ "by": "css", "value": "form" }, { "by": "css", "value": "button" }, { "by": "visible" }]),
        ] {
            let answer = lab.ask_in(world, &act(&query, CLICK, Then::Nothing, 0)).await;
            assert!(answer.ok, "{query}: {answer:?}");
            assert_eq!(answer.element.unwrap().description, "<button id=\"b\">");
        }
        // Waiting works, too.
        lab.script("setTimeout(() => { b.outerHTML = '<i id=late>x</i>' }, 50); 0").await;
        assert!(lab.ask_in(world, &act(&css("#late"), CLICK, Then::Nothing, 10_000)).await.ok);
        assert_eq!(lab.script("document.getElementsByTagName('iframe').length").await, 0, "no trace is left");
    }
}

#[tokio::test]
async fn a_control_may_be_called_like_any_property() {
    let names = [
        "id",
        "attributes",
        "children",
        "parentNode",
        "nodeType",
        "tagName",
        "style",
        "shadowRoot",
        "localName",
        "firstChild",
    ];
    let inputs: String = names.map(|name| format!("<input name={name} hidden>")).concat();
    let mut lab =
        Lab::of(&format!("<body><form id=f aria-label=Form>{inputs}<label>User <input id=u></label></form>"))
            .await;
    for query in [
        json!({ "by": "label", "text": { "exact": "User" } }),
        json!({ "by": "role", "role": "textbox", "name": { "exact": "User" } }),
        json!([{ "by": "role", "role": "form" }, { "by": "css", "value": "label input" }]),
    ] {
        assert!(lab.act(&query, &[Need::Visible, Need::Editable], Then::Nothing).await.ok, "{query}");
    }
    assert_eq!(
        lab.act(&css("#f"), CLICK, Then::Nothing).await.element.unwrap().description,
        "<form id=\"f\" aria-label=\"Form\">"
    );
}

#[tokio::test]
async fn several_matches_come_with_a_locator_for_each_that_finds_only_it() {
    let mut lab = Lab::of(
        "<body><button>Save</button><button>Save as</button><button id=same>Same</button><button>Same</button>\
         <button data-testid=t>Same</button><button aria-label='Close it'>×</button><button name=n>×</button>\
         <button>Say \"hi\" ${x}</button><div><button>×</button></div><x-a></x-a><script>\
         customElements.define('x-a', class extends HTMLElement { connectedCallback() {\
         this.attachShadow({mode:'open'}).innerHTML = '<button>×</button>'; } })</script>",
    )
    .await;
    let answer = lab.ask(&act(&css("button"), CLICK, Then::Nothing, BRIEF)).await;
    assert_eq!(why(&answer), ("ambiguous", "matches 10 elements"));
    let failure = answer.failure.unwrap();
    assert_eq!(failure.matches, 10);
    let said: Vec<_> =
        failure.candidates.iter().map(|it| format!("{} by {}", it.description, it.locator)).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    <button>Save</button> by text='Save'
    <button>Save as</button> by text='Save as'
    <button id="same">Same</button> by #same
    <button>Same</button> by button:nth-of-type(4)
    <button data-testid="t">Same</button> by [data-testid='t']
    <button aria-label="Close it">×</button> by role=button[name='Close it']
    <button name="n">×</button> by button[name='n']
    <button>Say "hi" ${x}</button> by text='Say "hi" $${x}'
    <button>×</button> by div > button
    <button>×</button> by x-a >> button
    "#);
}

#[tokio::test]
async fn an_unknown_call_and_an_engine_that_stumbles_answer_all_the_same() {
    let mut lab = Lab::of("<body>").await;
    let answer = lab
        .ask(&Call::Check { query: vec![json!({})], matchers: json!({ "visible": true }), wait_ms: 0 })
        .await;
    assert_eq!(why(&answer), ("invalid", "no kind of locator is called `undefined`"));
    let answer = lab
        .ask(&Call::Check { query: vec![json!(null)], matchers: json!({ "visible": true }), wait_ms: 0 })
        .await;
    let (code, message) = why(&answer);
    assert_eq!(code, "invalid");
    assert!(message.starts_with("the engine failed: TypeError"), "{message}");
    assert!(answer.document.len() > 8);
}

#[tokio::test]
async fn long_texts_are_cut() {
    let mut lab = Lab::of(&format!("<body><p id=p>{}</p>", "long ".repeat(1000))).await;
    let answer = lab.look(&css("#p"), json!({ "text": { "is": "y".repeat(500) } })).await;
    let failure = answer.failure.unwrap();
    for text in [failure.expected.unwrap(), failure.actual.unwrap()] {
        assert_eq!(text.chars().count(), 200);
        assert!(text.ends_with('…'));
    }
    assert!(failure.message.chars().count() < 110);
}
