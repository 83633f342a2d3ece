//! Whatever stands in a file, loading it ends, and what is wrong with it can be shown.

use crate::project::Project;
use proptest::prelude::*;

const GOOD: &str = r#"
name = "a"
tags = ["x"]
vars = { a = "${env.CI}", b = [1, 2.5, true] }
rows = [{ u = "alice" }, { u = "bob" }]
row_name = "${row.u}"
quarantine = { reason = "r", until = 2027-01-31 }
before = [{ goto = "/" }]
steps = [
  { fill = "label=User >> nth=1", value = "${row.u}", timeout = "5s" },
  { expect = "role=button[name='a'] >> has=(b)", text = { matches = '/a.b/i' }, count = ">=2", not = { class = ["c"] } },
  { if = { any = [{ visible = "a" }, { var = "a", is = 1 }] }, steps = [{ press = "Control+A" }], else = [{ fail = "f" }] },
  { each = "${b}", as = "i", steps = [{ log = "${i}" }] },
  { script = "return args[0]", args = [{ k = "v" }], as = "out" },
]
"#;

fn shows(text: &str) -> Result<(), TestCaseError> {
    let project = Project::new().file("testcases/a.toml", text).file("testcases/b.flow.toml", text);
    let loaded = project.load(&["testcases"]);
    prop_assert!(!loaded.cases.is_empty() || !loaded.diagnostics.is_empty(), "neither cases nor complaints");
    for diagnostic in &loaded.diagnostics {
        prop_assert!(!diagnostic.message.is_empty());
        for label in &diagnostic.labels {
            let place = label.source.text.get(label.span.start..label.span.end);
            prop_assert!(place.is_some(), "{:?} is no place: {}", label.span, diagnostic.message);
        }
    }
    let shown = project.shown(&loaded);
    prop_assert!(!shown.contains(|c: char| c.is_control() && c != '\n'));
    Ok(())
}

fn piece() -> impl Strategy<Value = String> {
    let words = GOOD
        .split_inclusive([' ', '=', ',', '"', '{', '}', '[', ']', '\n'])
        .map(str::to_owned)
        .collect::<Vec<_>>();
    prop_oneof![
        3 => proptest::sample::select(words),
        1 => any::<char>().prop_map(String::from),
        1 => proptest::sample::select(vec!["[[case]]\n", "use = \"b.flow.toml\"", "\"\"\"", "'''", "${", "\\u", "\r", "\u{feff}", "=", "#"]).prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_soup_of_words_is_read_or_refused(pieces in proptest::collection::vec(piece(), 0..60)) {
        shows(&pieces.concat())?;
    }

    #[test]
    fn any_damage_to_a_good_file_is_read_or_refused(at in 0..GOOD.len(), length in 0_usize..30, with in piece()) {
        let mut text = GOOD.to_owned();
        let (mut start, mut end) = (at, (at + length).min(GOOD.len()));
        while !text.is_char_boundary(start) { start -= 1; }
        while !text.is_char_boundary(end) { end += 1; }
        text.replace_range(start..end, &with);
        shows(&text)?;
    }
}
