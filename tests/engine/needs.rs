//! What must hold of an element before it is acted on, on pages that make it hard.

use crate::lab::{BRIEF, CLICK, Lab, PATIENT, act, css, why};
use batchrun::browser::engine::{Call, Envelope, Need, Then};
use serde_json::json;

fn seen(envelope: &Envelope) -> Vec<&str> {
    envelope.seen.iter().map(|it| it.what.as_str()).collect()
}

/// Waits for what a click needs while a script changes the page.
async fn while_waiting(lab: &mut Lab, script: &str) -> Envelope {
    lab.meanwhile(&act(&css("#b"), CLICK, Then::Nothing, PATIENT), script).await
}

#[tokio::test]
async fn an_element_that_is_not_ready_yet_is_waited_for() {
    let mut lab = Lab::of("<body>").await;
    for (before, script, said) in [
        ("", "document.body.innerHTML = '<button id=b>x</button>'", "is not there"),
        ("<button id=b hidden>x</button>", "b.hidden = false", "is hidden (`display: none`)"),
        (
            "<div style='visibility:hidden'><button id=b>x</button></div>",
            "b.parentNode.style = ''",
            "is hidden (`visibility: hidden`)",
        ),
        ("<button id=b disabled>x</button>", "b.disabled = false", "is disabled"),
        (
            "<fieldset disabled><button id=b>x</button></fieldset>",
            "b.parentNode.disabled = false",
            "is disabled by `<fieldset>`",
        ),
        (
            "<div style='position:fixed;inset:0' class=veil></div><button id=b>x</button>",
            "document.querySelector('.veil').remove()",
            "is covered by `<div class=\"veil\">`",
        ),
        (
            "<button id=b style='pointer-events:none'>x</button>",
            "b.style = ''",
            "lets the pointer through (`pointer-events: none`)",
        ),
        (
            "<button id=b>x</button><button id=b class=old>x</button>",
            "document.querySelector('.old').remove()",
            "matches 2 elements",
        ),
    ] {
        lab.show(&format!("<body>{before}")).await;
        let answer = while_waiting(&mut lab, script).await;
        assert!(answer.ok, "{before}: {answer:?}");
        assert_eq!(seen(&answer), [said], "{before}");
        assert_eq!(answer.element.unwrap().description, "<button id=\"b\">");
    }
}

#[tokio::test]
async fn what_never_gets_ready_says_why() {
    let mut lab = Lab::of(
        "<body><button id=gone hidden>x</button><button id=dis disabled>x</button><div style='position:relative'>\
         <button id=under>x</button><div class=veil style='position:absolute;inset:0'></div></div><p>a</p><p>b</p>\
         <div style='overflow:hidden;width:50px;height:20px;position:relative'><button id=cut style='position:absolute;left:200px'>x</button></div>\
         <button id=off style='position:absolute;left:-500px;top:-500px'>x</button><div id=text>x</div><input id=ro readonly>",
    )
    .await;
    let needs: &[(&str, &[Need], &str, &str)] = &[
        ("#nix", CLICK, "missing", "is not there"),
        ("#gone", CLICK, "hidden", "is hidden (`display: none`)"),
        ("#dis", CLICK, "disabled", "is disabled"),
        ("#under", CLICK, "covered", "is covered by `<div class=\"veil\">`"),
        ("p", CLICK, "ambiguous", "matches 2 elements"),
        ("#off", CLICK, "outside", "lies outside of the viewport"),
        ("#ro", &[Need::Editable], "readonly", "is readonly"),
        (
            "#text",
            &[Need::Editable],
            "unsuitable",
            "is `<div id=\"text\">`, which cannot be written to: an input, textarea or contenteditable is needed",
        ),
    ];
    for (selector, needs, code, message) in needs {
        let answer = lab.ask(&act(&css(selector), needs, Then::Nothing, BRIEF)).await;
        assert_eq!(why(&answer), (*code, *message), "{selector}");
        assert_eq!(seen(&answer), [*message], "{selector}");
    }
    // Hidden overflow can be scrolled by scripts, as a person cannot; what is cut off for good is told.
    let forced = lab.ask(&act(&css("#gone"), &[], Then::Nothing, 0)).await;
    assert!(forced.ok, "attached is enough without needs");
    let part = json!([{ "by": "css", "value": "p" }, { "by": "css", "value": "b" }]);
    let answer = lab.ask(&act(&part, &[], Then::Nothing, 0)).await;
    assert_eq!(why(&answer).1, "is not there (part 2 of 2 of the locator finds nothing)");
}

#[tokio::test]
async fn a_moving_element_is_acted_on_where_it_comes_to_rest() {
    let some_frames =
        "(async () => { for (let n = 0; n < 6; n++) await new Promise(requestAnimationFrame); REST })()";
    let mut lab = Lab::of(
        "<body><style>@keyframes go{to{transform:translateX(300px)}} #b{animation:go 200ms linear infinite alternate;\
         position:absolute;left:8px}</style><button id=b>x</button>",
    )
    .await;
    let by_style = while_waiting(&mut lab, &some_frames.replace("REST", "b.style.animation = 'none'")).await;
    assert_eq!(seen(&by_style), ["is moving"]);
    assert!((by_style.element.unwrap().rect.unwrap().0 - 8.0).abs() < 0.01);

    let moving = "<body><button id=b style='position:absolute;left:0;top:0'>x</button><script>{ let x = 0; const go = () => {\
         b.style.left = window.rest ? '150px' : `${x = (x + 7) % 100}px`; requestAnimationFrame(go) }; go() }</script>";
    lab.show(moving).await;
    let by_script = while_waiting(&mut lab, &some_frames.replace("REST", "window.rest = true")).await;
    assert_eq!(seen(&by_script), ["is moving"]);
    assert!((by_script.element.unwrap().rect.unwrap().0 - 150.0).abs() < 0.01);

    lab.show(moving).await;
    let never = lab.ask(&act(&css("#b"), CLICK, Then::Nothing, 200)).await;
    assert_eq!(why(&never), ("moving", "is moving"));
}

#[tokio::test]
async fn a_resting_element_is_stable_also_when_it_is_looked_at_once() {
    let mut lab = Lab::of("<body><button id=b>x</button>").await;
    let once = lab.ask(&act(&css("#b"), CLICK, Then::Nothing, 0)).await;
    assert!(once.ok && once.seen.is_empty(), "{once:?}");
}

#[tokio::test]
async fn an_element_that_is_rebuilt_all_the_time_is_ready_all_the_same() {
    let mut lab = Lab::of("<body><div id=host></div>").await;
    lab.script("setInterval(() => { host.innerHTML = '<button id=b onclick=\"window.clicked = true\">x</button>' }, 40)").await;
    let mut hits = 0;
    while hits < 10 {
        let answer = lab.act(&css("#b"), CLICK, Then::Guard).await;
        let element = answer.element.unwrap();
        lab.press(element.point.unwrap()).await;
        let pressed = lab.ask(&Call::Landed { token: element.token }).await;
        // Rebuilt between press and release there is no click: whoever acts presses again.
        if pressed.value != "torn" {
            assert_eq!(pressed.value, "hit", "what the locator finds when the press comes is as good");
            hits += 1;
        }
    }
    assert_eq!(lab.script("window.clicked").await, true);
}

#[tokio::test]
async fn elements_are_scrolled_into_view_and_past_sticky_parts() {
    let mut lab = Lab::of("<body>").await;
    for page in [
        "<div style='height:3000px'></div><button id=b>x</button><div style='height:3000px'></div>",
        "<div style='height:200px;overflow:auto'><div style='height:900px'></div><button id=b>x</button><div style='height:900px'></div></div>",
        "<div style='width:200px;overflow:auto;white-space:nowrap'><i style='display:inline-block;width:2000px'></i><button id=b>x</button></div>",
        "<style>html{scroll-behavior:smooth}</style><div style='height:3000px'></div><button id=b>x</button>",
        // Covers the middle of the viewport: only an edge is free.
        "<div style='position:fixed;left:0;right:0;top:0;height:400px;background:red'></div><div style='height:2000px'></div>\
         <button id=b>x</button><div style='height:2000px'></div>",
        "<div style='position:fixed;left:0;right:0;top:200px;bottom:0;background:red'></div><div style='height:2000px'></div>\
         <button id=b>x</button><div style='height:2000px'></div>",
        "<div style='position:sticky;top:0;height:100px;background:red'></div><a id=b href=x>x</a><div style='height:3000px'></div>\
         <script>scrollTo(0, 60)</script>",
    ] {
        lab.show(&format!("<body>{page}")).await;
        let answer = lab.act(&css("#b"), CLICK, Then::Nothing).await;
        let (x, y) = answer.element.unwrap().point.unwrap();
        let hit = lab.script(&format!("document.elementFromPoint({x}, {y}).id")).await;
        assert_eq!(hit, "b", "{page}");
    }
}

#[tokio::test]
async fn the_point_is_in_the_element_also_where_its_middle_is_not() {
    let mut lab = Lab::of(
        "<body><p style='width:200px;font:20px monospace'>xxxxxxxxx <a id=link href=x>aaaaa bbb</a> ccccc</p>\
         <label id=lab>On <input id=cb type=checkbox style='opacity:0'></label><style>#for{position:absolute;inset:0}</style>\
         <div style='position:relative;width:50px;height:50px'><input id=in type=radio><label id=for for=in></label></div>\
         <div id=wide style='height:2500px'></div>",
    )
    .await;
    for selector in ["#link", "#lab", "#in", "#for", "#cb"] {
        let answer = lab.ask(&act(&css(selector), CLICK, Then::Nothing, 0)).await;
        assert!(answer.ok, "{selector}: {answer:?}");
    }
    let at = Call::Act {
        query: vec![json!({ "by": "css", "value": "#wide" })],
        needs: CLICK.to_vec(),
        at: Some((5.0, 2400.0)),
        then: Then::Nothing,
        wait_ms: 0,
    };
    let element = lab.ask(&at).await.element.unwrap();
    let (point, rect) = (element.point.unwrap(), element.rect.unwrap());
    assert!(
        (point.1 - rect.1 - 2400.0).abs() < 0.01 && (0.0..600.0).contains(&point.1),
        "{point:?} of {rect:?}"
    );
}

#[tokio::test]
async fn shadow_roots_and_display_contents_are_hit() {
    let mut lab = Lab::of(
        "<body><x-a id=a><span id=light>light</span></x-a><div id=c style='display:contents'><button>inside</button></div>\
         <script>customElements.define('x-a', class extends HTMLElement { connectedCallback() {\
         this.attachShadow({mode:'open'}).innerHTML = '<button id=outer><slot></slot></button><x-b></x-b>'; } });\
         customElements.define('x-b', class extends HTMLElement { connectedCallback() {\
         this.attachShadow({mode:'open'}).innerHTML = '<button id=deep>deep</button>'; } })</script>",
    )
    .await;
    for selector in ["#outer", "#deep", "#light", "#a", "#c", "x-b"] {
        let answer = lab.ask(&act(&css(selector), CLICK, Then::Nothing, 0)).await;
        assert!(answer.ok, "{selector}: {answer:?}");
    }
}

#[tokio::test]
async fn a_new_act_ends_one_that_is_still_waiting() {
    let mut lab = Lab::of("<body><input id=in disabled><button id=b>x</button>").await;
    let fill = Then::Fill { value: "late".into() };
    let first = lab.begin(&act(&css("#in"), &[Need::Enabled], fill, 10_000)).await;
    let second = lab.begin(&act(&css("#b"), CLICK, Then::Nothing, 10_000)).await;
    let superseded = lab.envelope(first).await;
    assert_eq!(why(&superseded), ("invalid", "was superseded by another act"));
    assert!(lab.envelope(second).await.ok);
}
