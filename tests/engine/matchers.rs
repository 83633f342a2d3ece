//! Every matcher, both ways, and what is said when it does not hold.

use crate::lab::{BRIEF, Lab, PATIENT, css, parts, why};
use batchrun::browser::engine::Call;
use serde_json::{Value, json};

const PAGE: &str = "<body><style>#red{color:red} .none{display:none}</style>\
    <p id=p class='a b'>Hello\n  <b>World</b></p><p id=gone hidden>x</p><p id=vis style='visibility:hidden'>x</p>\
    <div id=zero></div><div id=clear style='opacity:0'>x</div><div class=none id=outer><i id=within>x</i></div>\
    <div style='display:contents' id=contents><b>x</b></div><div style='display:contents' id=contents0><b hidden>x</b></div>\
    <div style='height:0' id=flat><div style='height:5px'>x</div></div><div style='height:0;overflow:hidden' id=shut>x</div>\
    <select id=sel><option id=opt value=1>One</option><option value=2 selected>Two</option></select>\
    <select id=multi multiple><option selected>A</option><option>B</option><option selected>C</option></select>\
    <div class=none><select><option id=optgone>x</select></div><details><summary id=sum>s</summary><p id=folded>x</p></details>\
    <input id=in value='alice '><input id=ro readonly value=x><input id=dis disabled><input id=none><input id=pw type=password value=geheim>\
    <textarea id=ta>text</textarea><div id=ce contenteditable>rich</div><label id=lab>On <input id=cb type=checkbox checked></label>\
    <input id=off type=checkbox><div id=sw role=switch aria-checked=true>x</div><div id=mix role=checkbox aria-checked=mixed>x</div>\
    <button id=btn aria-disabled=true><i id=ini>x</i></button><span id=red data-x='1' href='/a'>12.5</span>\
    <ul><li class=item>one</li><li class=item>two</li><li class=item hidden>three</li></ul>\
    <div style='height:3000px'></div><p id=low>low</p>";

/// Asserts that matchers hold, or fail with this message, expected and actual.
async fn holds(lab: &mut Lab, table: &[(&str, Value)]) {
    for (selector, matchers) in table {
        let answer = lab.look(&css(selector), matchers.clone()).await;
        assert!(answer.ok, "{selector} {matchers}: {answer:?}");
    }
}

async fn fails(lab: &mut Lab, table: &[(&str, Value, &str)]) {
    for (selector, matchers, said) in table {
        let answer = lab.look(&css(selector), matchers.clone()).await;
        assert!(!answer.ok, "{selector} {matchers} must fail");
        let failure = answer.failure.expect("it failed");
        let (expected, actual) = (failure.expected.unwrap_or_default(), failure.actual.unwrap_or_default());
        assert_eq!(
            format!("{}: {} | {expected} | {actual}", failure.code, failure.message),
            *said,
            "{selector} {matchers}"
        );
    }
}

#[tokio::test]
async fn what_can_be_seen_is_visible() {
    let mut lab = Lab::of(PAGE).await;
    for visible in ["#p", "#clear", "#contents", "#flat", "#opt", "#sum", "#low"] {
        holds(&mut lab, &[(visible, json!({ "visible": true })), (visible, json!({ "hidden": false }))])
            .await;
        fails(&mut lab, &[(visible, json!({ "hidden": true }), "mismatch: is visible | hidden | visible")])
            .await;
        fails(&mut lab, &[(visible, json!({ "visible": false }), "mismatch: is visible | hidden | visible")])
            .await;
    }
    for (hidden, why) in [
        ("#gone", "is hidden (`display: none`)"),
        ("#vis", "is hidden (`visibility: hidden`)"),
        ("#zero", "is hidden (it has no size)"),
        ("#within", "is hidden by `<div id=\"outer\" class=\"none\">` (`display: none`)"),
        ("#contents0", "is hidden (it has no size)"),
        ("#shut", "is hidden (it has no size)"),
        (
            "#optgone",
            "is hidden with its select, which is hidden by `<div class=\"none\">` (`display: none`)",
        ),
        ("#folded", "is hidden (not rendered)"),
    ] {
        holds(&mut lab, &[(hidden, json!({ "hidden": true })), (hidden, json!({ "visible": false }))]).await;
        let said = format!("hidden: {why} | visible | hidden");
        fails(
            &mut lab,
            &[(hidden, json!({ "visible": true }), &said), (hidden, json!({ "hidden": false }), &said)],
        )
        .await;
    }
}

#[tokio::test]
async fn presence_and_number() {
    let mut lab = Lab::of(PAGE).await;
    holds(
        &mut lab,
        &[
            ("#nix", json!({ "hidden": true })),
            ("#nix", json!({ "detached": true })),
            ("#nix", json!({ "attached": false })),
            ("#nix", json!({ "count": { "op": "==", "n": 0 } })),
            ("#nix", json!({ "texts": [] })),
            ("#gone", json!({ "attached": true })),
            ("#gone", json!({ "detached": false })),
            (".item", json!({ "detached": false })),
            (".item", json!({ "hidden": false })),
            (".item", json!({ "count": { "op": ">=", "n": 3 } })),
            (".item", json!({ "count": { "op": "!=", "n": 2 }, "class": ["item"] })),
            (".item", json!({ "texts": ["one", " two", "three"] })),
            (".item", json!({ "text": { "is": "two" }, "any": true })),
        ],
    )
    .await;
    fails(
        &mut lab,
        &[
            ("#nix", json!({ "visible": true }), "missing: is not there |  | "),
            ("#nix", json!({ "attached": true }), "missing: is not there |  | "),
            ("#nix", json!({ "not": { "text": { "is": "x" } } }), "missing: is not there |  | "),
            ("#p", json!({ "detached": true }), "mismatch: is there | absent | present"),
            (".item", json!({ "count": { "op": "==", "n": 2 } }), "mismatch: has 3 matches | 2 | 3"),
            (".item", json!({ "count": { "op": "<", "n": 3 } }), "mismatch: has 3 matches | < 3 | 3"),
            (".item", json!({ "hidden": true }), "mismatch: is visible in 2 of 3 matches | hidden | visible"),
            (
                ".item",
                json!({ "texts": ["one", "two"] }),
                "mismatch: has the texts [\"one\",\"two\",\"three\"] | [\"one\",\"two\"] | [\"one\",\"two\",\"three\"]",
            ),
            (".item", json!({ "visible": true, "texts": ["one", "two", "three"] }), "hidden: is hidden (`display: none`) | visible | hidden"),
            (".item", json!({ "visible": true }), "ambiguous: matches 3 elements |  | "),
            ("#p", json!({ "shiny": true }), "invalid: no matcher is called `shiny` |  | "),
        ],
    )
    .await;
}

#[tokio::test]
async fn texts_and_values() {
    let mut lab = Lab::of(PAGE).await;
    holds(
        &mut lab,
        &[
            ("#p", json!({ "text": { "is": "Hello  World" } })),
            ("#p", json!({ "contains": "lo Wo" })),
            ("#p", json!({ "matches": { "pattern": "^hello", "flags": "i" } })),
            ("#p", json!({ "text": { "one_of": ["x", "Hello World"] } })),
            ("#p", json!({ "text": { "not": { "contains": "hello" } } })),
            ("#p", json!({ "not": { "text": { "is": "Hello" }, "contains": "hello", "hidden": true } })),
            ("#red", json!({ "text": { "min": 12.5, "max": 13 } })),
            ("#red", json!({ "text": { "not": { "min": 13 } } })),
            ("#gone", json!({ "text": { "is": "x" } })),
            ("#in", json!({ "value": { "is": "alice " } })),
            ("#ta", json!({ "value": { "contains": "ex" } })),
            ("#sel", json!({ "value": { "is": "2" } })),
            ("#lab", json!({ "value": { "is": "on" } })),
            ("#sel", json!({ "selected": "Two" })),
            ("#multi", json!({ "selected": ["A", "C"] })),
        ],
    )
    .await;
}

#[tokio::test]
async fn texts_and_values_that_differ_are_told() {
    let mut lab = Lab::of(PAGE).await;
    fails(
        &mut lab,
        &[
            (
                "#p",
                json!({ "text": { "is": "Hello" } }),
                "mismatch: the text is `Hello World` | Hello | Hello World",
            ),
            (
                "#p",
                json!({ "text": { "is": "hello world" } }),
                "mismatch: the text is `Hello World` | hello world | Hello World",
            ),
            (
                "#p",
                json!({ "contains": "x" }),
                "mismatch: the text is `Hello World` | containing `x` | Hello World",
            ),
            (
                "#p",
                json!({ "matches": { "pattern": "^W", "flags": "" } }),
                "mismatch: the text is `Hello World` | matching `/^W/` | Hello World",
            ),
            (
                "#p",
                json!({ "text": { "one_of": ["x", "y"] } }),
                "mismatch: the text is `Hello World` | one of `x`, `y` | Hello World",
            ),
            (
                "#p",
                json!({ "text": { "min": 1 } }),
                "mismatch: the text is `Hello World` | at least 1 | Hello World",
            ),
            (
                "#p",
                json!({ "not": { "contains": "Hello" } }),
                "mismatch: the text is `Hello World` | not containing `Hello` | Hello World",
            ),
            (
                "#p",
                json!({ "not": { "class": ["a"] } }),
                "mismatch: is what it must not be: class | not class | class",
            ),
            (
                "#in",
                json!({ "text": { "is": "alice" } }),
                "mismatch: the text is empty (its value is `alice `: use `value`) | alice | ",
            ),
            (
                "#in",
                json!({ "value": { "is": "alice" } }),
                "mismatch: the value is `alice ` | alice | alice ",
            ),
            (
                "#p",
                json!({ "value": { "is": "x" } }),
                "unsuitable: is `<p id=\"p\" class=\"a b\">`, which has no value | x | no value",
            ),
            ("#sel", json!({ "selected": "One" }), "mismatch: has `Two` selected | One | Two"),
            (
                "#p",
                json!({ "selected": "One" }),
                "unsuitable: is `<p id=\"p\" class=\"a b\">`, not a select | One | no select",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn states_attributes_and_styles() {
    let mut lab = Lab::of(PAGE).await;
    lab.script("document.getElementById('ta').focus()").await;
    let yes = [
        ("checked", vec!["#cb", "#lab", "#sw"], vec!["#off"]),
        ("enabled", vec!["#in", "#p", "#ro"], vec!["#dis", "#btn", "#ini"]),
        ("disabled", vec!["#dis", "#btn"], vec!["#in"]),
        ("editable", vec!["#in", "#ta", "#ce"], vec!["#ro", "#dis", "#p"]),
        ("focused", vec!["#ta"], vec!["#in"]),
        ("empty", vec!["#none", "#zero"], vec!["#in", "#p", "#sel"]),
        ("in_viewport", vec!["#p"], vec!["#low", "#gone"]),
    ];
    for (matcher, those, others) in yes {
        for (selectors, is) in [(those, true), (others, false)] {
            for selector in selectors {
                holds(&mut lab, &[(selector, json!({ matcher: is }))]).await;
                let opposite = lab.look(&css(selector), json!({ matcher: !is })).await;
                assert!(!opposite.ok && opposite.failure.unwrap().actual.is_some(), "{selector} {matcher}");
            }
        }
    }
    holds(
        &mut lab,
        &[
            ("#p", json!({ "class": ["b", "a"] })),
            ("#red", json!({ "attribute": { "data-x": { "is": "1" }, "href": true, "nope": false } })),
            ("#red", json!({ "css": { "color": { "is": "rgb(255, 0, 0)" } } })),
        ],
    )
    .await;
    fails(
        &mut lab,
        &[
            ("#p", json!({ "class": ["a", "c"] }), "mismatch: has no class `c` | a c | a b"),
            (
                "#red",
                json!({ "attribute": { "nope": true } }),
                "mismatch: has no attribute `nope` | `nope` present | `nope` absent",
            ),
            (
                "#red",
                json!({ "attribute": { "nope": { "is": "x" } } }),
                "mismatch: has no attribute `nope` | x | no `nope`",
            ),
            (
                "#red",
                json!({ "attribute": { "href": { "is": "/b" } } }),
                "mismatch: `href` is `/a` | /b | /a",
            ),
            (
                "#red",
                json!({ "css": { "color": { "is": "red" } } }),
                "mismatch: `color` is `rgb(255, 0, 0)` | red | rgb(255, 0, 0)",
            ),
            ("#mix", json!({ "checked": true }), "mismatch: is half checked | checked | half checked"),
            ("#ro", json!({ "editable": true }), "readonly: is readonly | editable | not editable"),
            (
                "#ini",
                json!({ "enabled": true }),
                "disabled: is disabled (`aria-disabled`) by `<button id=\"btn\">` | enabled | disabled",
            ),
            ("#pw", json!({ "empty": true }), "mismatch: is not empty | empty | not empty"),
        ],
    )
    .await;
}

#[tokio::test]
async fn matchers_are_waited_for_and_all_hold_at_the_same_moment() {
    let mut lab = Lab::of("<body><p id=p>0</p><input id=in>").await;
    let wait = |id: &str, matchers: Value| Call::Check { query: parts(&css(id)), matchers, wait_ms: PATIENT };
    let call = wait("#p", json!({ "text": { "is": "done" }, "class": ["ok"] }));
    let both = lab.meanwhile(&call, "p.textContent = 'done'; p.className = 'ok'").await;
    assert!(both.ok);
    assert_eq!(both.seen.iter().map(|it| it.what.as_str()).collect::<Vec<_>>(), ["the text is `0`"]);
    // A value is no change of the tree: the timer sees it.
    let call = wait("#in", json!({ "value": { "is": "x" } }));
    let value = lab.meanwhile(&call, "document.getElementById('in').value = 'x'").await;
    assert!(value.ok && value.seen.len() == 1);
    // Now the one, now the other, never both.
    lab.script("setInterval(() => { p.textContent = p.className; p.className = p.className === 'a' ? 'b' : 'a' }, 5)").await;
    let never = Call::Check {
        query: parts(&css("#p")),
        matchers: json!({ "text": { "is": "a" }, "class": ["a"] }),
        wait_ms: BRIEF,
    };
    let answer = lab.ask(&never).await;
    assert_eq!(why(&answer).0, "mismatch");
}
