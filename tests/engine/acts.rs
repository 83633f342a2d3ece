//! What the engine does with an element that is ready, and the press guard.

use crate::lab::{BRIEF, CLICK, Lab, PATIENT, act, css, read, why};
use batchrun::browser::engine::{Call, Envelope, Need, Reading, Then};
use serde_json::{Value, json};

const WRITE: &[Need] = &[Need::Visible, Need::Enabled, Need::Editable];

/// Fills as a step does: what the engine leaves to the driver is inserted as one text.
async fn fill(lab: &mut Lab, selector: &str, value: &str) -> Envelope {
    let answer = lab.act(&css(selector), WRITE, Then::Fill { value: value.into() }).await;
    if answer.value == "insert" {
        lab.insert(value).await;
    }
    answer
}

const LOGGING: &str = "<script>window.log = []; for (const type of ['focus','beforeinput','input','change'])\
    addEventListener(type, e => log.push(e.type + (e.isTrusted ? '' : '!')), true);\
    window.logged = () => log.splice(0).join(' ')</script>";

#[tokio::test]
async fn fill_replaces_what_is_there() {
    let mut lab = Lab::of(&format!(
        "<body>{LOGGING}<input id=text value=old><textarea id=area>old</textarea><input id=num type=number value=1>\
         <input id=mail type=email value=a@b><div id=ce contenteditable>old <b>rich</b></div><label id=lab>L <input id=in value=old></label>\
         <div contenteditable><p id=para>old</p><p>stays</p></div>"
    ))
    .await;
    for (selector, value, read_back) in [
        ("#text", "new one", "text.value"),
        ("#area", "two\nlines", "area.value"),
        ("#num", "12.5", "num.value"),
        ("#mail", "c@d", "mail.value"),
        ("#ce", "plain", "ce.innerText"),
        ("#lab", "by label", "document.getElementById('in').value"),
        ("#para", "part", "para.innerText"),
    ] {
        assert_eq!(fill(&mut lab, selector, value).await.value, "insert", "{selector}");
        assert_eq!(lab.script(read_back).await, value, "{selector}");
        let events = lab.script("logged()").await;
        assert!(events.as_str().unwrap().contains("focus beforeinput input"), "{selector}: {events}");
        assert!(!events.as_str().unwrap().contains('!'), "{selector}: all trusted: {events}");
        assert_eq!(fill(&mut lab, selector, "").await.value, "set", "{selector}");
        assert_eq!(lab.script(&format!("{read_back}.trim()")).await, "", "{selector}");
        assert_eq!(
            lab.script("logged()").await,
            "beforeinput! input",
            "{selector}: emptied with a trusted input"
        );
    }
    assert_eq!(lab.script("para.nextSibling.innerText").await, "stays");
}

#[tokio::test]
async fn fill_sets_what_cannot_be_typed() {
    let mut lab = Lab::of(&format!("<body>{LOGGING}<input id=in>")).await;
    for (kind, good, bad, example) in [
        ("date", "2027-01-31", "31.01.2027", "a value such as 2027-01-31"),
        ("time", "13:45", "1 pm", "a value such as 13:45"),
        ("month", "2027-01", "January", "a value such as 2027-01"),
        ("week", "2027-W05", "5", "a value such as 2027-W05"),
        ("datetime-local", "2027-01-31T13:45", "now", "a value such as 2027-01-31T13:45"),
        ("color", "#ff8800", "orange", "a value such as #ff8800"),
        ("range", "42", "4711", "a number from 0 to 100 in steps of 1"),
    ] {
        lab.script(&format!("document.body.innerHTML = '<input id=in type={kind}>'; logged()")).await;
        assert_eq!(fill(&mut lab, "#in", good).await.value, "set", "{kind}");
        assert_eq!(lab.script("document.getElementById('in').value").await, good);
        assert_eq!(lab.script("logged()").await, "focus input! change!", "{kind}");
        let answer = fill(&mut lab, "#in", bad).await;
        let said = format!("is an input of type `{kind}`, which cannot hold `{bad}`: it takes {example}");
        assert_eq!(why(&answer), ("unsuitable", said.as_str()));
        assert_eq!(lab.script("document.getElementById('in').value").await, good, "{kind} is left as it was");
    }
}

#[tokio::test]
async fn fill_refuses_what_holds_no_text() {
    let mut lab = Lab::of(
        "<body><input id=c type=checkbox><select id=s></select><input id=n type=number><p id=p>x</p>",
    )
    .await;
    for (selector, said) in [
        ("#c", "is an input of type `checkbox`, which is not filled: use `check` or `uncheck`"),
        ("#s", "is a select, which is not filled: use `select`"),
        ("#n", "is an input of type `number`, which cannot hold `ten`"),
        ("#p", "is `<p id=\"p\">`, which is not filled: an input, textarea or contenteditable is needed"),
    ] {
        let answer = lab.ask(&act(&css(selector), &[], Then::Fill { value: "ten".into() }, BRIEF)).await;
        assert_eq!(why(&answer), ("unsuitable", said));
    }
    // A placeholder of the wrong kind may still turn into the right one.
    let wait = act(&css("#p"), WRITE, Then::Fill { value: "x".into() }, PATIENT);
    assert!(lab.meanwhile(&wait, "p.outerHTML = '<input id=p>'").await.ok);
}

#[tokio::test]
async fn focus_puts_the_caret_at_the_end_and_blur_takes_it_away() {
    let mut lab = Lab::of(
        "<body><input id=text value=abc><input id=mail type=email value=a@b><input id=num type=number value=12>\
         <textarea id=area>a\nb</textarea><div id=ce contenteditable>a<b>b</b></div><p id=p>x</p>",
    )
    .await;
    for (selector, value, expected) in [
        ("#text", "text.value", "abc7"),
        ("#mail", "mail.value", "a@b7"),
        ("#num", "num.value", "127"),
        ("#area", "area.value", "a\nb7"),
        ("#ce", "ce.innerText", "ab7"),
    ] {
        assert!(lab.act(&css(selector), &[], Then::Focus).await.ok);
        lab.insert("7").await;
        assert_eq!(lab.script(value).await, expected);
        assert!(lab.look(&css(selector), json!({ "focused": true })).await.ok);
        assert!(lab.act(&css(selector), &[], Then::Blur).await.ok);
        assert!(lab.look(&css(selector), json!({ "focused": false })).await.ok, "{selector}");
    }
    let plain = lab.ask(&act(&css("#p"), &[], Then::Focus, BRIEF)).await;
    assert_eq!(why(&plain), ("unsuitable", "is `<p id=\"p\">`, which does not take the focus"));
}

#[tokio::test]
async fn select_chooses_options_and_waits_for_them() {
    let mut lab = Lab::of(&format!(
        "<body>{LOGGING}<select id=s><option value=1>One</option><option value=2> Two  words </option><option disabled>Three</option></select>\
         <select id=m multiple><option selected>A</option><option>B</option><option>C</option></select><p id=p>x</p>"
    ))
    .await;
    let choose = |choices: Value| Then::Select { choose: choices.as_array().unwrap().clone() };
    for (selector, choices, value, events) in [
        ("#s", json!([{ "label": "Two words" }]), json!(["Two words"]), "focus input! change!"),
        ("#s", json!([{ "value": "1" }]), json!(["One"]), "input! change!"),
        ("#s", json!([{ "index": 0 }]), json!(["One"]), ""),
        ("#m", json!([{ "label": "B" }, { "index": 2 }]), json!(["B", "C"]), "focus input! change!"),
    ] {
        assert_eq!(lab.act(&css(selector), CLICK, choose(choices)).await.value, value);
        assert!(lab.look(&css(selector), json!({ "selected": value })).await.ok);
        assert_eq!(lab.script("logged()").await, events);
    }
    for (selector, choices, said) in [
        (
            "#s",
            json!([{ "label": "two" }]),
            ("missing", "has no option with the label `two`; there is `One`, `Two words`, `Three`"),
        ),
        (
            "#s",
            json!([{ "value": "9" }]),
            ("missing", "has no option with the value `9`; there is `1`, `2`, `Three`"),
        ),
        ("#s", json!([{ "label": "Three" }]), ("disabled", "has the option `Three`, but it is disabled")),
        (
            "#s",
            json!([{ "index": 0 }, { "index": 1 }]),
            ("unsuitable", "is a select that takes one option, not 2"),
        ),
        (
            "#p",
            json!([{ "index": 0 }]),
            ("unsuitable", "is `<p id=\"p\">`, not a select: click it, then the option"),
        ),
    ] {
        let answer = lab.ask(&act(&css(selector), &[], choose(choices), BRIEF)).await;
        assert_eq!(why(&answer), said);
    }
    let wait =
        act(&css("#s"), &[Need::Visible, Need::Enabled], choose(json!([{ "label": "Late" }])), PATIENT);
    let late = lab.meanwhile(&wait, "s.add(new Option('Late', 'l'))").await;
    assert_eq!(late.value, json!(["Late"]));
    assert_eq!(late.seen.len(), 1);
}

#[tokio::test]
async fn scroll_goes_where_it_is_told() {
    let mut lab = Lab::of(
        "<body><style>html{scroll-behavior:smooth}</style><div id=box style='height:100px;width:100px;overflow:auto'>\
         <div style='height:500px;width:500px'></div></div><div style='height:3000px'></div><p id=low>low</p>",
    )
    .await;
    let scroll = |to: Value| Then::Scroll { to };
    lab.act(&css("#box"), &[], scroll(json!([30, 40]))).await;
    assert_eq!(lab.script("[box.scrollLeft, box.scrollTop]").await, json!([30, 40]));
    lab.act(&css("#box"), &[], scroll(json!("bottom"))).await;
    assert_eq!(lab.script("box.scrollTop + box.clientHeight").await, 500);
    lab.act(&css("#box"), &[], scroll(json!("top"))).await;
    assert_eq!(lab.script("box.scrollTop").await, 0);
    let low = lab.act(&css("#low"), &[], scroll(json!("view"))).await;
    assert!((0.0..600.0).contains(&low.element.unwrap().point.unwrap().1));
    lab.act(&json!([]), &[], scroll(json!("top"))).await;
    assert_eq!(lab.script("scrollY").await, 0);
}

#[tokio::test]
async fn readings() {
    let mut lab = Lab::of(
        "<body><p id=p>a <b>b</b></p><p hidden>c</p><input id=in value=v data-x=1><div id=sw role=switch>s</div><input id=cb type=checkbox checked>",
    )
    .await;
    lab.script("cb.indeterminate = true").await;
    let readings = [
        ("#p", Reading::Text, json!("a b")),
        ("p", Reading::Texts, json!(["a b", "c"])),
        ("p", Reading::Count, json!(2)),
        ("#nix", Reading::Count, json!(0)),
        ("#in", Reading::Value, json!("v")),
        ("#in", Reading::Attribute("data-x".into()), json!("1")),
        ("#in", Reading::Attribute("nope".into()), Value::Null),
        ("#sw", Reading::Checked, json!(false)),
        ("#cb", Reading::Checked, json!("mixed")),
    ];
    for (selector, take, value) in readings {
        let answer = lab.ask(&read(&css(selector), take)).await;
        assert!(answer.ok && answer.value == value, "{selector}: {answer:?}");
    }
    let answer = lab.ask(&read(&css("#p"), Reading::Checked)).await;
    assert_eq!(why(&answer), ("unsuitable", "is `<p id=\"p\">`, which cannot be checked"));
}

const GUARDED: &str = "<body><style>*{margin:0} button{position:absolute;left:0;width:100px;height:40px}</style>\
    <button id=b style='top:0'><i><b>text</b></i></button><button id=other style='top:100px'>other</button>\
    <script>window.log = []; for (const type of ['pointerdown','mousedown','mouseup','click','dblclick'])\
    document.addEventListener(type, e => log.push(e.type))</script>";

async fn arm(lab: &mut Lab) -> (String, (f64, f64)) {
    let element = lab.act(&css("#b"), CLICK, Then::Guard).await.element.expect("it is there");
    (element.token, element.point.expect("it has a box"))
}

#[tokio::test]
async fn a_press_that_hits_passes_and_one_that_would_miss_is_swallowed() {
    let mut lab = Lab::of(GUARDED).await;
    let (token, point) = arm(&mut lab).await;
    assert_eq!(lab.ask(&Call::Landed { token: token.clone() }).await.value, "none");

    arm(&mut lab).await;
    lab.press(point).await;
    assert_eq!(lab.ask(&Call::Landed { token: token.clone() }).await.value, "hit");
    assert_eq!(lab.script("log.splice(0).join(' ')").await, "pointerdown mousedown mouseup click");

    arm(&mut lab).await;
    lab.script("other.style.top = 0; other.click(); log.splice(0).join(' ')").await;
    lab.press(point).await;
    let missed = lab.ask(&Call::Landed { token: token.clone() }).await;
    assert_eq!(missed.value, json!({ "missed": "<button id=\"other\">" }));
    assert_eq!(lab.script("log.splice(0).join(' ')").await, "", "nothing of the press reaches the page");
    assert_eq!(lab.script("document.activeElement.id").await, "b", "nor does it move the focus");

    lab.press(point).await;
    assert_eq!(
        lab.script("log.splice(0).join(' ')").await,
        "pointerdown mousedown mouseup click",
        "one press is guarded"
    );
    assert_eq!(lab.ask(&Call::Landed { token }).await.value, "none", "told once");
}

#[tokio::test]
async fn presses_inside_shadow_roots_and_on_labels_hit() {
    let mut lab = Lab::of(
        "<body><x-a id=b>slotted</x-a><script>customElements.define('x-a', class extends HTMLElement { connectedCallback() {\
         this.attachShadow({mode:'open'}).innerHTML = '<button><slot></slot></button>'; } })</script>",
    )
    .await;
    let (token, point) = arm(&mut lab).await;
    lab.press(point).await;
    assert_eq!(lab.ask(&Call::Landed { token }).await.value, "hit");
    lab.show("<body><div style='position:relative'><input id=b type=checkbox><label for=b style='position:absolute;inset:0'></label></div>").await;
    let (token, point) = arm(&mut lab).await;
    lab.press(point).await;
    assert_eq!(lab.ask(&Call::Landed { token }).await.value, "hit");
    assert!(lab.look(&css("#b"), json!({ "checked": true })).await.ok);
}

#[tokio::test]
async fn each_reason_is_kept_once_with_its_time_and_twenty_at_most() {
    let mut lab = Lab::of("<body><p id=p>0</p>").await;
    lab.script("{ let n = 0; setInterval(() => { p.textContent = ++n }, 5) }").await;
    let call = Call::Check {
        query: vec![json!({ "by": "id", "value": "p" })],
        matchers: json!({ "text": { "is": "x" } }),
        wait_ms: 900,
    };
    let answer = lab.ask(&call).await;
    assert_eq!(answer.seen.len(), 20);
    assert!(
        answer.seen.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms && pair[0].what != pair[1].what)
    );
}
