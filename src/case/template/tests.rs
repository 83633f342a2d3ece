//! What people see of templates.

use super::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

struct Names(BTreeMap<&'static str, Value>);

impl Lookup for Names {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }
}

fn names(pairs: &[(&'static str, Value)]) -> Names {
    Names(pairs.iter().cloned().collect())
}

fn parse(text: &str) -> Template {
    Template::parse(text, Span::default()).unwrap()
}

#[test]
fn variables_are_put_in_and_a_doubled_dollar_is_text() {
    let scope = names(&[("user", json!("alice")), ("n", json!(3)), ("row.first name", json!(true))]);
    let filled = |text| parse(text).fill(&scope).unwrap();
    assert_eq!(filled("Hello ${user}!"), "Hello alice!");
    assert_eq!(filled("${n}x${row.first name}"), "3xtrue");
    assert_eq!(filled("$${user} costs $5 ${user}"), "${user} costs $5 alice");
    assert_eq!(filled("no variables"), "no variables");
    assert_eq!(filled(""), "");
}

#[test]
fn what_is_not_a_variable_is_told_with_its_place() {
    let error = |text| Template::parse(text, Span::default()).unwrap_err();
    assert_eq!(error("a ${b").message, "`${` is not closed");
    assert_eq!(error("a ${b").at, 2..5);
    assert_eq!(error("x${a + 1}").message, "`${a + 1}` is not a variable");
    for text in ["${}", "${.a}", "${a.}", "${a b}", "${ a }", "${a..b}"] {
        assert!(error(text).message.ends_with("is not a variable"), "{text}");
    }
}

#[test]
fn an_exact_variable_keeps_its_json_type() {
    let scope = names(&[("n", json!(3)), ("list", json!(["a"])), ("none", Value::Null)]);
    let value = ValueTemplate::Table(vec![
        ("a".into(), ValueTemplate::Text(parse("${n}"))),
        (
            "b".into(),
            ValueTemplate::List(vec![ValueTemplate::Text(parse("${list}")), ValueTemplate::Plain(json!(1))]),
        ),
        ("c".into(), ValueTemplate::Text(parse("n=${n}"))),
    ]);
    assert_eq!(value.fill(&scope).unwrap(), json!({"a": 3, "b": [["a"], 1], "c": "n=3"}));
    let error = |text| parse(text).fill(&scope).unwrap_err().message;
    assert_eq!(error("${list}"), "`${list}` is a list, expected text");
    assert_eq!(error("x${none}"), "`${none}` is null, expected text");
    assert_eq!(error("${missing}"), "`${missing}` is not set");
    assert_eq!(parse("${list} ${none} ${missing}").show(&scope), r#"["a"] null ${missing}"#);
}

#[test]
fn typed_arguments_convert_text_and_nothing_else() {
    let scope =
        names(&[("t", json!("1500ms")), ("n", json!("12")), ("bad", json!("soon")), ("bare", json!(5))]);
    let duration = |text| Arg::<Duration>::Variable(parse(text)).fill(&scope).map_err(|e| e.message);
    assert_eq!(duration("${t}").unwrap(), Duration::from_millis(1500));
    assert_eq!(duration("${n}s").unwrap(), Duration::from_secs(12));
    assert_eq!(
        duration("${bad}").unwrap_err(),
        "`${bad}` is the text `soon`, expected a duration such as `500ms`"
    );
    assert_eq!(
        duration("${bare}").unwrap_err(),
        "`${bare}` is the number `5`, expected a duration such as `500ms`"
    );
    assert_eq!(Arg::<u32>::Variable(parse("${n}")).fill(&scope).unwrap(), 12);
    assert_eq!(Arg::Known(4_u32).fill(&scope).unwrap(), 4);
}

#[test]
fn dots_reach_into_tables_and_lists() {
    let scope = names(&[
        ("order", json!({"id": 7, "lines": [{"name": "tea"}]})),
        ("row.user", json!("alice")),
        ("row", json!({"user": "not this"})),
    ]);
    assert_eq!(look_up(&scope, "order.id"), Some(json!(7)));
    assert_eq!(look_up(&scope, "order.lines.0.name"), Some(json!("tea")));
    assert_eq!(look_up(&scope, "row.user"), Some(json!("alice")));
    assert_eq!(look_up(&scope, "order.lines.1"), None);
    assert_eq!(look_up(&scope, "order.id.more"), None);
    assert_eq!(look_up(&scope, "nothing"), None);
}
