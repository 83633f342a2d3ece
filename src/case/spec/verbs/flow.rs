//! Verbs that say which steps run, how often, and under which names.

use super::{AS, Kind, STEPS, form, optional};
use crate::case::model::{Action, Flow};
use crate::case::parse::given::{Arguments, Problem};
use crate::case::spec::Form;
use crate::case::suggest;
use crate::case::template::ValueTemplate;
use std::sync::Arc;

pub(super) const VERBS: &[Form<Action>] = &[
    form(
        "use",
        Kind::Flow,
        "Runs the steps of a flow, in a scope of its own.",
        &[optional("with", Kind::Map(&Kind::Value), "Its parameters.")],
        use_flow,
    ),
    form("group", Kind::Text, "Steps under a name.", &[STEPS], |arguments| {
        Ok(Action::Group(arguments.need("steps")?))
    }),
    form(
        "if",
        Kind::Condition,
        "Steps that run only where a condition holds.",
        &[STEPS, optional("else", Kind::Steps, "Steps that run where it does not.")],
        |arguments| {
            Ok(Action::If {
                condition: arguments.need("if")?,
                steps: arguments.need("steps")?,
                otherwise: arguments.take("else").unwrap_or_default(),
            })
        },
    ),
    form("repeat", Kind::WholeOrVariable, "Steps that run so many times.", &[STEPS], |arguments| {
        Ok(Action::Repeat { times: arguments.need("repeat")?, steps: arguments.need("steps")? })
    }),
    form(
        "each",
        Kind::ValuesOrVariable,
        "Steps that run once for each item of a list.",
        &[AS, STEPS],
        |arguments| {
            Ok(Action::Each {
                items: arguments.need("each")?,
                name: arguments.need("as")?,
                steps: arguments.need("steps")?,
            })
        },
    ),
    form(
        "each_match",
        Kind::Locator,
        "Steps that run once for each match; the variable holds a locator for it. Matches are counted once, at the start.",
        &[AS, STEPS],
        |arguments| {
            Ok(Action::EachMatch {
                target: arguments.need("each_match")?,
                name: arguments.need("as")?,
                steps: arguments.need("steps")?,
            })
        },
    ),
    form(
        "while",
        Kind::Condition,
        "Steps that run as long as a condition holds.",
        &[
            STEPS,
            optional("limit", Kind::Whole(1, 1_000_000), "The most rounds (default 100); reaching it fails."),
        ],
        |arguments| {
            let limit =
                arguments.take::<i64>("limit").and_then(|limit| u32::try_from(limit).ok()).unwrap_or(100);
            Ok(Action::While { condition: arguments.need("while")?, limit, steps: arguments.need("steps")? })
        },
    ),
    form(
        "retry",
        Kind::Whole(1, 100),
        "Steps that are tried so many times more when they fail.",
        &[STEPS],
        |arguments| {
            let tries: i64 = arguments.need("retry")?;
            Ok(Action::Retry { tries: u32::try_from(tries).unwrap_or(1), steps: arguments.need("steps")? })
        },
    ),
    form("fail", Kind::Text, "Fails the case with this message.", &[], |arguments| {
        Ok(Action::Fail(arguments.need("fail")?))
    }),
    form("skip", Kind::Text, "Ends the case as skipped, for this reason.", &[], |arguments| {
        Ok(Action::Skip(arguments.need("skip")?))
    }),
];

/// Checks the parameters against what the flow says it takes.
fn use_flow(arguments: &mut Arguments) -> Result<Action, Problem> {
    let flow: Arc<Flow> = arguments.need("use")?;
    let given = arguments.has("with");
    let with: Vec<(String, ValueTemplate)> = arguments.take("with").unwrap_or_default();
    let known =
        || flow.params.iter().map(String::as_str).chain(flow.defaults.iter().map(|(name, _)| name.as_str()));
    if let Some((name, _)) = with.iter().find(|(name, _)| !known().any(|known| known == name)) {
        let help = match suggest::one_of(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known().next().is_none() => "it takes none".to_owned(),
            None => format!("it takes {}", suggest::list(known())),
        };
        return Err(Problem::new(format!("the flow has no parameter `{name}`")).at("with").help(help));
    }
    let missing: Vec<&str> = flow
        .params
        .iter()
        .map(String::as_str)
        .filter(|param| !with.iter().any(|(name, _)| name == param))
        .collect();
    if missing.is_empty() {
        return Ok(Action::Use { flow, with });
    }
    let example = missing.iter().map(|name| format!("{name} = …")).collect::<Vec<_>>().join(", ");
    let problem = Problem::new(format!("the flow needs {}", suggest::list(missing)));
    Err(if given { problem.at("with") } else { problem.help(format!("add `with = {{ {example} }}`")) })
}
