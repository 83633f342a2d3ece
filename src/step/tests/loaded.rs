//! Case files as people write them, from the file to the page.

use super::twin::{Play, Twin};
use super::{Bench, shown};
use crate::case::model::Case;
use crate::case::{LoadOptions, SettingNames, load};
use std::sync::Arc;

/// The cases of these files; the first one's are returned.
fn loaded(files: &[(&str, &str)]) -> Vec<Arc<Case>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let options = LoadOptions {
        root: folder.path().to_owned(),
        directory: folder.path().to_owned(),
        names: SettingNames { secrets: ["PASSWORD".to_owned()].into(), ..SettingNames::default() },
        allowed_schemes: Vec::new(),
    };
    let loaded = load(&[files[0].0.into()], &options);
    assert_eq!(loaded.diagnostics.iter().map(|it| &it.message).collect::<Vec<_>>(), [""; 0]);
    loaded.cases
}

#[tokio::test(start_paused = true)]
async fn the_example_of_the_format_runs() {
    let cases = loaded(&[(
        "login.toml",
        r##"
name = "Sign in with a valid account"
tags = ["smoke", "auth"]
steps = [
  { goto = "/login" },
  { fill = "label=User", value = "alice" },
  { fill = "label=Password", value = "${secret.PASSWORD}" },
  { click = "role=button[name='Sign in']" },
  { expect = "#msg", text = "Welcome alice" },
]
"##,
    )]);
    let mut bench = Bench::new(Twin::default());
    bench.context.secrets.insert("PASSWORD".to_owned(), "hunter22".to_owned());
    let ended = bench.run(&cases[0]).await;
    assert_eq!(ended.failure, None);
    insta::assert_snapshot!(bench.twin.asked.join("\n"), @r#"
    navigate http://shop.test/login
    document "load"
    act label={"contains":"User"} visible enabled editable → fill "alice"
    insert "alice"
    act label={"contains":"Password"} visible enabled editable → fill "hunter22"
    insert "hunter22"
    act role= visible stable enabled hit → {"do":"guard"}
    press Left × 1 [] on e1
    landed e1
    check css=#msg {"visible":true,"text":{"is":"Welcome alice"}}
    "#);
}

const SHOP: &str = r##"
vars = { user = "bob", greeting = "Hello ${user}" }
rows = [{ user = "alice", item = "Tea" }]
after = [{ log = "bye ${user}" }]
steps = [
  { use = "login.flow.toml", with = { user = "${user}" } },
  { group = "Fill the cart", steps = [
    { repeat = 2, steps = [{ click = "text=${row.item}" }] },
    { dialog = "accept", message = { contains = "sure" }, steps = [{ click = "#clear" }] },
  ] },
  { save = "#total", as = "total" },
  { if = { var = "total", is = "text" }, steps = [{ log = "${greeting}: ${total}, ${id}" }] },
  { within = "#cart", steps = [
    { each_match = "li", as = "row_", steps = [{ expect = "${row_} >> .price", contains = "€" }] },
  ] },
]
"##;

const LOGIN: &str = r#"
params = ["user"]
returns = ["id"]
steps = [
  { fill = "label=User", value = "${user}" },
  { script = "return 7", as = "id" },
]
"#;

#[tokio::test(start_paused = true)]
async fn a_file_with_everything_in_it_reads_well_when_it_fails() {
    let cases = loaded(&[("shop.toml", SHOP), ("login.flow.toml", LOGIN)]);
    let twin = Twin::default()
        .at("script", Play::value(7.into()))
        .at("press", Play::default())
        .at("press", Play::default())
        .at("press", Play::prompt("confirm", "Are you sure?"))
        .at("check", Play::default())
        .at("check", Play::mismatch("the text is `3 $`", "containing `€`", "3 $"));
    let mut bench = Bench::new(twin);
    bench.row = cases[0].rows.first().cloned();
    let failure = bench.run(&cases[0]).await.failure.unwrap();
    insta::assert_snapshot!(shown(&failure), @r#"
    assertion: `#cart >> css=li >> nth=1 >> .price`: the text is `3 $`, waited 10s
    at shop.toml:14:48, step 16: expect css=li >> nth=1 >> .price
    expected: containing `€`
    actual: 3 $
        { each_match = "li", as = "row_", steps = [{ expect = "${row_} >> .price", contains = "€" }] },
    "#);
    insta::assert_snapshot!(bench.watched.steps.join("\n"), @r#"
    1 use login.flow.toml
      2 fill label=User
      2 passed
      3 script return 7
      3 passed
    1 passed
    4 Fill the cart
      5 repeat 2
        6 click text=Tea
        6 passed
        7 click text=Tea
        7 passed
      5 passed
      8 dialog accept
        9 click #clear
        9 passed
      8 passed
    4 passed
    10 save #total
    10 passed
    11 if { var = "total", is = "text" }
      12 log Hello alice: text, 7
      12 passed
    11 passed
    13 within #cart
      14 each_match li
        15 expect css=li >> nth=0 >> .price
        15 passed
        16 expect css=li >> nth=1 >> .price
        16 failed: `#cart >> css=li >> nth=1 >> .price`: the text is `3 $`, waited 10s
      14 failed
    13 failed
    17 log bye alice
    17 passed
    "#);
    assert_eq!(bench.watched.logged, ["Hello alice: text, 7", "bye alice"]);
}
