//! ARIA roles and accessible names.

use crate::lab::{Lab, css};
use serde_json::{Value, json};

async fn finds(lab: &mut Lab, table: &[(Value, &[&str])]) {
    for (query, ids) in table {
        let mut query = query.clone();
        query["by"] = json!("role");
        assert_eq!(lab.ids(&query).await, *ids, "{query}");
    }
}

#[tokio::test]
async fn roles_come_from_tags_and_from_the_role_attribute() {
    let mut lab = Lab::of(
        "<body><header id=banner></header><nav id=nav></nav><main id=main><article><header id=inner></header></article>\
         <section id=plain></section><section id=region aria-label=R></section></main><footer id=foot></footer>\
         <a id=link href=x>l</a><a id=anchor>l</a><button id=button>b</button><details><summary id=sum>s</summary></details>\
         <input id=text><input id=pass type=password><input id=num type=number><input id=range type=range>\
         <input id=search type=search><input id=check type=checkbox><input id=radio type=radio><input id=list list=dl>\
         <datalist id=dl></datalist><textarea id=area></textarea><select id=combo></select><select id=many multiple></select>\
         <h3 id=h3>h</h3><div id=h7 role=heading aria-level=7>h</div><ul id=ul><li id=li>x</li></ul>\
         <ul role=presentation><li id=bare>x</li></ul><img id=img alt=x><img id=deco alt=''><img id=noalt>\
         <div id=fake role='nonsense button'>f</div><button id=not role=none>n</button><div id=image role=image></div>\
         <table id=table><tr id=row><th id=rowh>h</th><td id=cell>c</td></tr></table><p id=p>x</p><hr id=hr>\
         <form id=form></form><form id=named aria-label=F></form><dialog id=dialog open>d</dialog>\
         <div id=hidden role=button style='display:none'></div><div aria-hidden=true><button id=aria>x</button></div>\
         <button id=vis style='visibility:hidden'>x</button>",
    )
    .await;
    let role = |role: &str| json!({ "role": role });
    finds(
        &mut lab,
        &[
            (role("banner"), &["banner"]),
            (role("navigation"), &["nav"]),
            (role("contentinfo"), &["foot"]),
            (role("region"), &["region"]),
            (role("link"), &["link"]),
            (role("button"), &["button", "sum", "fake", "not"]),
            (role("textbox"), &["text", "pass", "area"]),
            (role("spinbutton"), &["num"]),
            (role("slider"), &["range"]),
            (role("searchbox"), &["search"]),
            (role("checkbox"), &["check"]),
            (role("combobox"), &["list", "combo"]),
            (role("listbox"), &["many"]),
            (role("heading"), &["h3", "h7"]),
            (json!({ "role": "heading", "level": 3 }), &["h3"]),
            (json!({ "role": "heading", "level": 7 }), &["h7"]),
            (role("listitem"), &["li"]),
            (role("img"), &["img", "noalt", "image"]),
            (role("image"), &["img", "noalt", "image"]),
            (role("rowheader"), &["rowh"]),
            (role("cell"), &["cell"]),
            (role("separator"), &["hr"]),
            (role("form"), &["named"]),
            (role("dialog"), &["dialog"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn names_are_computed_as_accname_says() {
    // Each control's id is its expected name with underscores for spaces.
    let mut lab = Lab::of(
        "<body><style>#Star_here::before{content:'Star '}#Alt::after{content:'*' / 'Alt'}</style>\
         <button id=Plain> Plain </button><button id=Over aria-label=Over>Under</button>\
         <span id=one>One</span><span id=two hidden>Two <i>too</i></span><button id=One_Two_too aria-labelledby='one two'>x</button>\
         <button id=Self_One aria-label=Self aria-labelledby='Self_One one'>x</button>\
         <button id=Image><img alt=Image></button><button id=Parts_of_it>Parts<b> of</b> <div>it</div></button>\
         <button id=Shown>Shown<i hidden> not</i><i aria-hidden=true> this</i></button>\
         <button id=Star_here>here</button><button id=Alt></button><button id=Tip title=Tip></button>\
         <button id=Icon><svg><title>Icon</title></svg></button>\
         <input id=Go type=submit value=Go><input id=Submit type=submit><input id=Pic type=image alt=Pic>\
         <label for=By_label>By label</label><input id=By_label><label>Around <input id=Around type=checkbox></label>\
         <label><input id=Flash_3_times type=checkbox> Flash <input value=3 size=2> times</label>\
         <input id=Hold placeholder=Hold><input id=Title title=Title placeholder=Not>\
         <fieldset id=Legend><legend>Legend</legend></fieldset><table id=Caption><caption>Caption</caption><tr><td></table>\
         <figure id=Fig><figcaption>Fig</figcaption></figure><a id=A_link href=x>A <span>link</span></a>\
         <h2 id=Head>Head\u{e123}</h2><div role=checkbox id=Custom>Custom</div><select><option id=Label label=Label>x</select>\
         <div role=button id=Deep><div><div>Deep</div></div></div>",
    )
    .await;
    let ids = lab
        .script("[...document.querySelectorAll('[id]')].map(e => e.id).filter(id => /^[A-Z]/.test(id))")
        .await;
    for id in ids.as_array().unwrap() {
        let id = id.as_str().unwrap();
        let query = json!({ "by": "role", "role": "*", "name": { "exact": id.replace('_', " ") } });
        let mut found = lab.ids(&query).await;
        found.retain(|found| found != "?");
        assert_eq!(found, [id]);
    }
    for (role, id) in [("paragraph", "generic"), ("generic", "x")] {
        let named = json!({ "by": "role", "role": role, "name": { "contains": id } });
        assert!(lab.ids(&named).await.is_empty(), "{role} is never named");
    }
}

#[tokio::test]
async fn states_narrow_roles() {
    let mut lab = Lab::of(
        "<body><input id=on type=checkbox checked><input id=off type=checkbox><div id=mix role=checkbox aria-checked=mixed>x</div>\
         <button id=up aria-pressed=false>x</button><button id=down aria-pressed=true aria-expanded=false disabled>x</button>\
         <div role=tab id=tab1 aria-selected=true>x</div><div role=tab id=tab2 aria-expanded=true>x</div>\
         <fieldset disabled><legend><button id=legend>x</button></legend><button id=dead>x</button></fieldset>",
    )
    .await;
    finds(
        &mut lab,
        &[
            (json!({ "role": "checkbox", "checked": true }), &["on"]),
            (json!({ "role": "checkbox", "checked": false }), &["off"]),
            (json!({ "role": "checkbox", "checked": "mixed" }), &["mix"]),
            (json!({ "role": "button", "pressed": true }), &["down"]),
            (json!({ "role": "button", "expanded": false }), &["down"]),
            (json!({ "role": "tab", "selected": true }), &["tab1"]),
            (json!({ "role": "tab", "selected": false }), &["tab2"]),
            (json!({ "role": "button", "disabled": true }), &["down", "dead"]),
            (json!({ "role": "button", "disabled": false }), &["up", "legend"]),
        ],
    )
    .await;
    let both = lab.check(&css("#dead"), json!({ "disabled": true, "not": { "enabled": true } })).await;
    assert!(both.ok, "{both:?}");
}
