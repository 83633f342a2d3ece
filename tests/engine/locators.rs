//! Every form of locator.

use crate::lab::{Lab, css, read, why};
use batchrun::browser::engine::Reading;
use serde_json::{Value, json};

/// Asserts the ids that each query finds.
async fn finds(lab: &mut Lab, table: &[(Value, &[&str])]) {
    for (query, ids) in table {
        assert_eq!(lab.ids(query).await, *ids, "{query}");
    }
}

#[tokio::test]
async fn css_id_name_and_xpath_find_what_they_say() {
    let mut lab = Lab::of(
        "<body><ul id=list><li id=a class=x>A</li><li id=b>B</li></ul><form id=f><input id=parentNode name=parentNode>\
         <input id='with.dot' name='user[name]'></form><div id=outer><ul id=list2><li id=c class=x>C</li></ul></div>",
    )
    .await;
    finds(
        &mut lab,
        &[
            (json!({ "by": "css", "value": "li" }), &["a", "b", "c"]),
            (json!({ "by": "css", "value": "#nothing" }), &[]),
            (json!([{ "by": "css", "value": "#outer" }, { "by": "css", "value": "li" }]), &["c"]),
            (json!([{ "by": "css", "value": "ul" }, { "by": "css", "value": ".x" }]), &["a", "c"]),
            (json!({ "by": "id", "value": "with.dot" }), &["with.dot"]),
            (json!({ "by": "name", "value": "user[name]" }), &["with.dot"]),
            (json!({ "by": "xpath", "value": "//li[2]" }), &["b"]),
            (json!({ "by": "xpath", "value": "(//li)[3]" }), &["c"]),
            (json!([{ "by": "css", "value": "#outer" }, { "by": "xpath", "value": "//li" }]), &["c"]),
            (json!([{ "by": "css", "value": "#list" }, { "by": "xpath", "value": "li[1]" }]), &["a"]),
            (json!([{ "by": "css", "value": "#outer" }, { "by": "xpath", "value": "(//li)[1]" }]), &["c"]),
            (json!([{ "by": "css", "value": "#parentNode" }, { "by": "parent" }]), &["f"]),
            (json!([{ "by": "css", "value": "li" }, { "by": "parent" }]), &["list", "list2"]),
            (json!([{ "by": "css", "value": "li" }, { "by": "nth", "index": 1 }]), &["b"]),
            (json!([{ "by": "css", "value": "li" }, { "by": "nth", "index": -1 }]), &["c"]),
            (json!([{ "by": "css", "value": "li" }, { "by": "nth", "index": -4 }]), &[]),
            (json!([{ "by": "css", "value": "li" }, { "by": "nth", "index": 3 }]), &[]),
            (json!([{ "by": "css", "value": "ul" }, { "by": "has", "query": [{ "by": "css", "value": "#c" }] }]), &["list2"]),
            (json!([{ "by": "css", "value": "ul" }, { "by": "has_text", "text": { "contains": "b" } }]), &["list"]),
            (json!([{ "by": "css", "value": "li" }, { "by": "has_text", "text": { "exact": "A" } }]), &["a"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_empty_query_is_the_root_and_visible_filters() {
    let mut lab = Lab::of(
        "<html id=root><body><p id=p>1</p><p id=q hidden>2</p><p id=r style='visibility:hidden'>3</p>\
         <p id=s style='opacity:0'>4</p><select><option id=o>x</select><div style='display:contents' id=t>5</div>",
    )
    .await;
    finds(
        &mut lab,
        &[
            (json!([]), &["root"]),
            (json!([{ "by": "css", "value": "p" }, { "by": "visible" }]), &["p", "s"]),
            (json!([{ "by": "css", "value": "option, #t" }, { "by": "visible" }]), &["o", "t"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn text_finds_the_smallest_elements() {
    let mut lab = Lab::of(
        "<body><div id=box><p id=p>Please\n   sign&nbsp;in <b id=b>now</b></p></div><button id=btn><i>\u{e001}</i>Sign in</button>\
         <input id=val type=submit value='Sign in here'><input id=typed value='Sign in typed'><script>'sign in'</script>\
         <style>.sign-in{}</style><title>Sign in</title><textarea>Sign in</textarea><p id=br>one<br>two</p>\
         <div id=blocks><div>three</div><div>four</div></div><p id=hid hidden>Secret</p>\
         <button id=mixed>Save<span hidden> as draft</span></button><select><option id=de>Germany</select>\
         <p id=split>fr<b>ag</b>ments</p><input id=plain type=reset>",
    )
    .await;
    let contains = |text: &str| json!({ "by": "text", "text": { "contains": text } });
    let exact = |text: &str| json!({ "by": "text", "text": { "exact": text } });
    let matching =
        |pattern: &str, flags: &str| json!({ "by": "text", "text": { "pattern": pattern, "flags": flags } });
    finds(
        &mut lab,
        &[
            (contains("SIGN  in"), &["p", "btn", "val"]),
            (contains("now"), &["b"]),
            (contains("sign in now"), &["p"]),
            (exact("Sign in"), &["btn"]),
            (exact("sign in"), &[]),
            (matching("^sign\\s?in", "i"), &["btn", "val"]),
            (matching("^sign in$", ""), &[]),
            (contains("one two"), &["br"]),
            (exact("three four"), &["blocks"]),
            (contains("secret"), &["hid"]),
            (exact("Save"), &["mixed"]),
            (exact("Germany"), &["de"]),
            (contains("fragments"), &["split"]),
            (exact("Reset"), &["plain"]),
            (json!([{ "by": "css", "value": "#box" }, contains("sign")]), &["p"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn controls_are_found_by_their_labels_and_attributes() {
    let mut lab = Lab::of(
        "<body><label>User <input id=wrapped></label><label for=for>Password *</label><input id=for type=password>\
         <input id=aria aria-label='Search the site'><span id=l1>Billing</span><span id=l2>address</span>\
         <input id=refs aria-labelledby='l1 l2'><label>Country <select id=country><option>User land</select></label>\
         <div id=group role=group aria-label='User group'></div><input id=ph placeholder='Your name'>\
         <img id=alt alt='The logo'><a id=link title='Go home' href=x>Home page</a><a id=link2 href=y>Home</a>\
         <i id=t data-testid='save-it'></i><i id=t2 data-qa=save></i>",
    )
    .await;
    let label = |text: Value| json!({ "by": "label", "text": text });
    finds(
        &mut lab,
        &[
            (label(json!({ "contains": "user" })), &["wrapped"]),
            (label(json!({ "exact": "User" })), &["wrapped"]),
            (label(json!({ "contains": "Password" })), &["for"]),
            (label(json!({ "exact": "Password" })), &[]),
            (label(json!({ "pattern": "^pass", "flags": "i" })), &["for"]),
            (label(json!({ "contains": "search" })), &["aria"]),
            (label(json!({ "exact": "Billing address" })), &["refs"]),
            (label(json!({ "exact": "Country" })), &["country"]),
            (json!({ "by": "placeholder", "text": { "contains": "name" } }), &["ph"]),
            (json!({ "by": "alt", "text": { "exact": "The logo" } }), &["alt"]),
            (json!({ "by": "title", "text": { "contains": "home" } }), &["link"]),
            (json!({ "by": "link", "text": { "exact": "Home" } }), &["link2"]),
            (json!({ "by": "partial_link", "text": { "contains": "Home" } }), &["link", "link2"]),
            (json!({ "by": "partial_link", "text": { "contains": "home" } }), &[]),
            (json!({ "by": "testid", "attribute": "data-testid", "text": { "exact": "save-it" } }), &["t"]),
            (json!({ "by": "testid", "attribute": "data-qa", "text": { "exact": "save" } }), &["t2"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn open_shadow_roots_are_pierced_in_document_order() {
    let mut lab = Lab::of(
        "<body><p id=first class=x>One</p><x-card id=card><span id=slotted>Slotted</span></x-card><p id=last class=x>Last</p>\
         <script>customElements.define('x-card', class extends HTMLElement { connectedCallback() {\
         this.attachShadow({mode:'open'}).innerHTML = '<p id=inner class=x>Inner</p><button id=btn><slot></slot> now</button>\
         <label>Name <input id=in></label><x-leaf id=leaf></x-leaf>'; } });\
         customElements.define('x-leaf', class extends HTMLElement { connectedCallback() {\
         this.attachShadow({mode:'open'}).innerHTML = '<p id=deep class=x>Deep</p>'; } })</script>",
    )
    .await;
    finds(
        &mut lab,
        &[
            (json!({ "by": "css", "value": ".x" }), &["first", "inner", "deep", "last"]),
            (json!([{ "by": "css", "value": "#card" }, { "by": "css", "value": ".x" }]), &["inner", "deep"]),
            (json!([{ "by": "css", "value": "x-card, x-leaf" }, { "by": "css", "value": ".x" }]), &["inner", "deep"]),
            (json!({ "by": "text", "text": { "contains": "deep" } }), &["deep"]),
            (json!({ "by": "text", "text": { "exact": "Slotted now" } }), &["btn"]),
            (json!({ "by": "text", "text": { "contains": "slotted" } }), &["slotted"]),
            (json!({ "by": "role", "role": "button", "name": { "exact": "Slotted now" } }), &["btn"]),
            (json!({ "by": "label", "text": { "exact": "Name" } }), &["in"]),
            (json!({ "by": "id", "value": "deep" }), &["deep"]),
            (json!([{ "by": "id", "value": "deep" }, { "by": "parent" }]), &["leaf"]),
            (json!({ "by": "xpath", "value": "//*[@id='deep']" }), &[]),
            (json!([{ "by": "css", "value": "x-card" }, { "by": "has", "query": [{ "by": "id", "value": "deep" }] }]), &["card"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_can_never_be_found_is_told_at_once() {
    let mut lab = Lab::of("<body><p id=p>x</p>").await;
    for (query, message) in [
        (css("p["), "`p[` is not a valid CSS selector"),
        (
            json!({ "by": "xpath", "value": "//p[" }),
            "`//p[` is not an XPath that finds elements (SyntaxError)",
        ),
        (json!({ "by": "xpath", "value": "//p/text()" }), "`//p/text()` finds `#text`, not an element"),
        (json!({ "by": "aura" }), "no kind of locator is called `aura`"),
    ] {
        let call = lab.check(&query, json!({ "visible": true })).await;
        assert_eq!(why(&call), ("invalid", message));
    }
    let pattern = json!({ "by": "text", "text": { "pattern": "(", "flags": "" } });
    let answer = lab.ask(&read(&pattern, Reading::Count)).await;
    assert!(why(&answer).1.starts_with("the pattern `/(/` is invalid"), "{answer:?}");
}
