//! What each form of the table in the case format becomes, and what is refused.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Default)]
struct Names(BTreeMap<String, Value>);

impl Lookup for Names {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }
}

fn names(pairs: &[(&str, Value)]) -> Names {
    Names(pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn parse(text: &str) -> Result<Locator, LocatorError> {
    Locator::parse(Template::parse(text, Span::default()).unwrap())
}

fn filled(text: &str, scope: &Names) -> Filled {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}")).fill(scope, "data-testid").unwrap()
}

fn query(text: &str) -> Value {
    let filled = filled(text, &Names::default());
    assert!(filled.frames.is_empty());
    filled.query.into()
}

fn with(text: &str, name: &str, value: Value) -> Value {
    filled(text, &names(&[(name, value)])).query.into()
}

fn error(text: &str) -> String {
    let error = parse(text).unwrap_err();
    assert!(error.at.end <= text.len() && error.at.start <= error.at.end, "{text}: {error:?}");
    error.help.map_or(error.message.clone(), |help| format!("{} ({help})", error.message))
}

#[test]
fn every_form_of_the_table() {
    let rows = [
        ("#msg", json!([{"by": "css", "value": "#msg"}])),
        ("css=ul > li", json!([{"by": "css", "value": "ul > li"}])),
        ("input[name='a >> b']", json!([{"by": "css", "value": "input[name='a >> b']"}])),
        (r"a\>\>b", json!([{"by": "css", "value": r"a\>\>b"}])),
        ("text=Sign in", json!([{"by": "text", "text": {"contains": "Sign in"}}])),
        ("text=Don't panic", json!([{"by": "text", "text": {"contains": "Don't panic"}}])),
        ("text=\"Sign >> in\"", json!([{"by": "text", "text": {"exact": "Sign >> in"}}])),
        (r"text='it\'s'", json!([{"by": "text", "text": {"exact": "it's"}}])),
        (r"text=/sign\s?in/i", json!([{"by": "text", "text": {"pattern": r"sign\s?in", "flags": "i"}}])),
        (
            "text=/a >> b[/]/ >> a",
            json!([{"by": "text", "text": {"pattern": "a >> b[/]", "flags": ""}}, {"by": "css", "value": "a"}]),
        ),
        ("role=button", json!([{"by": "role", "role": "button"}])),
        ("role=*[name=Save]", json!([{"by": "role", "role": "*", "name": {"contains": "Save"}}])),
        (
            "role=heading[name='A ] >> b'][level=2]",
            json!([{"by": "role", "role": "heading", "name": {"exact": "A ] >> b"}, "level": 2}]),
        ),
        (
            "role=checkbox[checked=mixed][disabled] [expanded=false]",
            json!([{"by": "role", "role": "checkbox", "checked": "mixed", "disabled": true, "expanded": false}]),
        ),
        ("label=User", json!([{"by": "label", "text": {"contains": "User"}}])),
        ("placeholder=/q/", json!([{"by": "placeholder", "text": {"pattern": "q", "flags": ""}}])),
        ("alt='Logo'", json!([{"by": "alt", "text": {"exact": "Logo"}}])),
        ("title=Help", json!([{"by": "title", "text": {"contains": "Help"}}])),
        ("testid=save", json!([{"by": "testid", "attribute": "data-testid", "text": {"exact": "save"}}])),
        ("xpath=//a[2]", json!([{"by": "xpath", "value": "//a[2]"}])),
        ("//a[.='x >> y']", json!([{"by": "xpath", "value": "//a[.='x >> y']"}])),
        ("(//a)[2]", json!([{"by": "xpath", "value": "(//a)[2]"}])),
        ("id=main", json!([{"by": "id", "value": "main"}])),
        ("name=q", json!([{"by": "name", "value": "q"}])),
        ("link=Next page", json!([{"by": "link", "text": {"exact": "Next page"}}])),
        ("partial_link=Next", json!([{"by": "partial_link", "text": {"contains": "Next"}}])),
        ("ul >> li", json!([{"by": "css", "value": "ul"}, {"by": "css", "value": "li"}])),
        (
            "ul >> //li >> (//b)[1]",
            json!([{"by": "css", "value": "ul"}, {"by": "xpath", "value": ".//li"}, {"by": "xpath", "value": "(.//b)[1]"}]),
        ),
        ("#a >> ..", json!([{"by": "css", "value": "#a"}, {"by": "parent"}])),
        ("li >> nth=2", json!([{"by": "css", "value": "li"}, {"by": "nth", "index": 2}])),
        ("li>>nth=-1", json!([{"by": "css", "value": "li"}, {"by": "nth", "index": -1}])),
        ("li >> visible", json!([{"by": "css", "value": "li"}, {"by": "visible"}])),
        (
            "li >> has=(text=Total (net) >> nth=0)",
            json!([{"by": "css", "value": "li"}, {"by": "has", "query": [{"by": "text", "text": {"contains": "Total (net)"}}, {"by": "nth", "index": 0}]}]),
        ),
        (
            "li >> has=(//b)",
            json!([{"by": "css", "value": "li"}, {"by": "has", "query": [{"by": "xpath", "value": ".//b"}]}]),
        ),
        (
            "li >> has=b:not(.x)",
            json!([{"by": "css", "value": "li"}, {"by": "has", "query": [{"by": "css", "value": "b:not(.x)"}]}]),
        ),
        (
            "li >> has_text=/^a/",
            json!([{"by": "css", "value": "li"}, {"by": "has_text", "text": {"pattern": "^a", "flags": ""}}]),
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(query(text), expected, "{text}");
    }
}

#[test]
fn frames_are_split_off() {
    let filled = filled(".pay >> frame=iframe#pay >> frame=(iframe >> nth=1) >> //b >> i", &Names::default());
    let frames = json!([
        [{"by": "css", "value": ".pay"}, {"by": "css", "value": "iframe#pay"}],
        [{"by": "css", "value": "iframe"}, {"by": "nth", "index": 1}],
    ]);
    assert_eq!(json!(filled.frames), frames);
    assert_eq!(json!(filled.query), json!([{"by": "xpath", "value": "//b"}, {"by": "css", "value": "i"}]));
    let only = super::tests::filled("frame=iframe", &Names::default());
    assert_eq!((only.frames.len(), only.query.len()), (1, 0));
}

#[test]
fn a_variable_as_a_whole_part_is_a_locator() {
    assert_eq!(with("${row} >> nth=1", "row", json!("ul >> li")), query("ul >> li >> nth=1"));
    assert_eq!(with("ul >> ${x}", "x", json!("//a")), query("ul >> //a"));
    assert_eq!(
        with("${x}", "x", json!("text=costs ${y}")),
        json!([{"by": "text", "text": {"contains": "costs ${y}"}}])
    );
    let scope = names(&[("x", json!("a >>"))]);
    let error = parse("${x}").unwrap().fill(&scope, "").unwrap_err().message;
    assert_eq!(error, "`a >>` is not a locator: nothing follows `>>`");
    let framed = filled("${f} >> b", &names(&[("f", json!("frame=iframe"))]));
    assert_eq!((framed.frames.len(), framed.query.len()), (1, 1));
}

#[test]
fn a_variable_within_a_part_is_a_text() {
    let value = |text, value| with(text, "x", value)[0]["value"].as_str().unwrap().to_owned();
    assert_eq!(value("#row-${x}", json!("a.b c")), r"#row-a\.b\ c");
    assert_eq!(value("#${x}", json!("1a")), r"#\31 a");
    assert_eq!(value("#${x}-b", json!("-1")), r"#-\31 -b");
    assert_eq!(value("li:nth-child(${x})", json!(3)), "li:nth-child(3)");
    assert_eq!(value("a[href=${x}]", json!("/a?b=\"c\"")), r#"a[href="/a?b=\"c\""]"#);
    assert_eq!(value("a[href='${x}']", json!("it's\n")), r"a[href='it\'s\a ']");
    assert_eq!(value("//a[.='${x}']", json!("plain")), "//a[.='plain']");
    assert_eq!(value("//a[.='a ${x}']", json!("it's")), "//a[.=\"a it's\"]");
    assert_eq!(value("//a[.='${x}']", json!("'\"'")), "//a[.=concat('', \"'\", '\"', \"'\", '')]");
    assert_eq!(value("//a[${x}]", json!(2)), "//a[2]");
    assert_eq!(value("//a[.=${x}]", json!("b")), "//a[.='b']");
    assert_eq!(value("id=${x}!", json!("a b")), "a b!");
    assert_eq!(
        with("text=Hi ${x}", "x", json!("\"Bob\" >> a"))[0]["text"],
        json!({"contains": "Hi \"Bob\" >> a"})
    );
    assert_eq!(with("text='${x}'", "x", json!("a'b"))[0]["text"], json!({"exact": "a'b"}));
    assert_eq!(
        with("text=/^${x}$/", "x", json!("1.5"))[0]["text"],
        json!({"pattern": r"^1\.5$", "flags": ""})
    );
    assert_eq!(with("role=link[name='${x}']", "x", json!("a]"))[0]["name"], json!({"exact": "a]"}));
    assert_eq!(with("li >> nth=${x}", "x", json!(4))[1]["index"], json!(4));
}

#[test]
fn mistakes_are_told_with_what_to_write() {
    let rows = [
        ("", "the locator is empty"),
        ("a >>", "nothing follows `>>`"),
        (">> a", "nothing stands before `>>`"),
        ("txt=Save", "unknown kind of locator `txt=` (did you mean `text=`?)"),
        ("Role=button", "unknown kind of locator `Role=` (did you mean `role=`?)"),
        ("text=", "`text=` needs a text"),
        ("text=\"Save", "the quote \" is not closed"),
        ("text='a' b", "`b` stands after the text, expected `>>`"),
        ("text=/ month", "the pattern's second `/` is missing (quote a text that begins with `/`)"),
        ("text=/(/", "unbalanced parenthesis"),
        ("text=/a/g", "the flag `g` is not one of `i`, `m`, `s`, `u`, `v`"),
        ("role=buton", "unknown role `buton` (did you mean `button`?)"),
        (
            "role=button Save",
            "`Save` stands after the role, expected `>>` (write `role=button[name='…']` for its name)",
        ),
        ("role=button[nme='a']", "a role has no `nme` (did you mean `name`?)"),
        ("role=button[name='a'", "`[` is not closed"),
        ("role=heading[level=h2]", "`level` is a number from 1, found `h2`"),
        ("role=tab[selected=mixed]", "`selected` is `true` or `false`, found `mixed`"),
        ("a[href='x'", "`[` is not closed"),
        ("a[href='x]", "the quote ' is not closed"),
        ("a)", "`)` closes nothing"),
        ("li:has-text('a')", "CSS has no `:has-text` (write `>> has_text=…`)"),
        ("li:visible", "CSS has no `:visible` (write `>> visible`)"),
        ("nth=1", "nothing stands before `nth=1` (it goes after what it narrows down: `LOCATOR >> nth=1`)"),
        ("a >> nth=first", "`nth=` needs a whole number, found `first`"),
        ("a >> has=(b", "`(` is not closed"),
        ("a >> has=(frame=b >> c)", "a frame cannot stand within `has=`"),
        ("frame=", "`frame=` needs a locator"),
    ];
    for (text, expected) in rows {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn join_is_what_the_arrows_mean() {
    let none = Names::default();
    let parts = ["ul", "frame=#f >> b", "//a >> frame=(i >> nth=0)", "text=x", "frame=#g"];
    for outer in parts {
        for inner in parts {
            let joined = filled(outer, &none).join(&filled(inner, &none));
            assert_eq!(joined, filled(&format!("{outer} >> {inner}"), &none), "{outer} {inner}");
        }
    }
    assert_eq!(filled("ul", &none).nth(3), filled("ul >> nth=3", &none));
    assert_eq!(Filled::default().join(&filled("//a", &none)), filled("//a", &none));
}

/// Text that is likely to break something.
fn hostile() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            any::<char>(),
            proptest::sample::select(vec![
                '"', '\'', '\\', '>', '[', ']', '(', ')', '/', ' ', '$', '{', '}', '=', '\n', '1', '-'
            ]),
        ],
        0..12,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

/// Reads back what a CSS string or identifier means (CSS Syntax 3, section 4.3.7).
fn css_unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        let mut digits = String::new();
        while digits.len() < 6 && chars.peek().is_some_and(char::is_ascii_hexdigit) {
            digits.extend(chars.next());
        }
        if digits.is_empty() {
            plain.extend(chars.next());
        } else {
            plain.extend(char::from_u32(u32::from_str_radix(&digits, 16).unwrap()));
            chars.next_if(|c| c.is_whitespace());
        }
    }
    plain
}

/// Reads back what an `XPath` literal or `concat(…)` of them means.
fn xpath_meaning(text: &str) -> String {
    let mut meaning = String::new();
    let mut quote = None;
    for c in text.strip_prefix("concat").unwrap_or(text).chars() {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => meaning.push(c),
            None if c == '"' || c == '\'' => quote = Some(c),
            None => assert!("(), ".contains(c), "{text}"),
        }
    }
    assert_eq!(quote, None, "{text}");
    meaning
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_text_parses_or_is_refused_in_place(text in hostile()) {
        for prefix in ["", "text=", "role=", "css=", "xpath=", "a >> has=(", "frame=", "id=", "li >> nth="] {
            let text = format!("{prefix}{text}");
            if let Ok(template) = Template::parse(&text, Span::default())
                && let Err(error) = Locator::parse(template)
            {
                prop_assert!(text.get(error.at.clone()).is_some() , "{text:?} {error:?}");
            }
        }
    }

    #[test]
    fn a_filled_variable_means_itself(value in hostile()) {
        let scope = names(&[("x", json!(value))]);
        let css = |text: &str| filled(text, &scope).query[0]["value"].as_str().unwrap().to_owned();
        let expected = value.replace('\0', "\u{fffd}");
        for quote in ['"', '\''] {
            let written = css(&format!("a[b={quote}${{x}}{quote}]"));
            let inner = &written[5..written.len() - 2];
            prop_assert_eq!(css_unescaped(inner), expected.clone());
            let escaped_quote = ['\\', quote].iter().collect::<String>();
            prop_assert!(!inner.replace(r"\\", "").replace(&escaped_quote, "").contains(quote));
            prop_assert!(!inner.contains('\n'));
            let xpath = css(&format!("//a[.={quote}${{x}}{quote}]"));
            prop_assert_eq!(xpath_meaning(&xpath[6..xpath.len() - 1]), value.clone());
        }
        let unquoted = css("a[b=${x}]");
        prop_assert_eq!(css_unescaped(&unquoted[5..unquoted.len() - 2]), expected.clone());
        prop_assert_eq!(css_unescaped(&css("#${x}")[1..]), expected);
        let predicate = css("//a[${x}]");
        prop_assert_eq!(xpath_meaning(&predicate[4..predicate.len() - 1]), value.clone());
        let texts = filled("text=${x}! >> text='${x}' >> id=a${x} >> link=\"${x}\"", &scope).query;
        prop_assert_eq!(&texts[0]["text"]["contains"], &json!(format!("{value}!")));
        prop_assert_eq!(&texts[1]["text"]["exact"], &json!(value));
        prop_assert_eq!(&texts[2]["value"], &json!(format!("a{value}")));
        prop_assert_eq!(&texts[3]["text"]["exact"], &json!(value));
        let pattern = &filled("text=/${x}/", &scope).query[0]["text"];
        prop_assert!(crate::case::pattern::matches(pattern, &value));
    }

    #[test]
    fn a_filled_locator_can_be_written_and_read_again(value in hostile()) {
        let scope = names(&[("x", json!(value))]);
        for text in [
            "#a-${x} >> nth=-1", "frame=(iframe[b='${x}'] >> nth=0) >> //b[.='${x}']", "text='${x}' >> ..",
            "role=button[name='${x}'][checked=mixed][level=2]", "id=a${x}b", "link='${x}' >> visible",
            "li >> has=(a >> has_text='${x}')", "partial_link='${x}' >> testid='${x}'", "text=/a${x}/i", "frame=#f",
        ] {
            let before = filled(text, &scope);
            let written = before.as_locator();
            let after = Locator::parse_literal(&written).map_err(|e| TestCaseError::fail(format!("{written:?}: {e:?}")))?;
            let after = after.fill(&Empty, "data-testid").unwrap();
            prop_assert_eq!(&before.frames, &after.frames, "{}", &written);
            prop_assert_eq!(&before.query, &after.query, "{}", &written);
        }
        // A substring may come back as the pattern that finds the same.
        let before = filled("text=a${x}", &scope);
        let after = Locator::parse_literal(&before.as_locator()).unwrap().fill(&Empty, "").unwrap();
        if before.query != after.query {
            let text = ["a", value.as_str()].concat();
            prop_assert!(crate::case::pattern::matches(&after.query[0]["text"], &text));
        }
    }
}
