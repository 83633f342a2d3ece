//! `use`: a flow's steps in a scope of their own.

use super::Interpreter;
use super::problem::Problem;
use super::scope::Variables;
use super::walk::Trouble;
use crate::case::model::Flow;
use crate::case::template::ValueTemplate;
use crate::deadline::Deadline;

impl Interpreter<'_> {
    pub(super) async fn use_flow(
        &mut self,
        flow: &Flow,
        with: &[(String, ValueTemplate)],
        deadline: Deadline,
    ) -> Result<(), Trouble> {
        let mut parameters = Variables::new();
        for (name, value) in with {
            parameters.insert(name.clone(), self.value(value)?);
        }
        if let Some(missing) = flow.params.iter().find(|name| !parameters.contains_key(*name)) {
            let what = format!("the flow `{}` needs the parameter `{missing}`", flow.source.path);
            return Err(Problem::step(what).hint(format!("add it: `with = {{ {missing} = … }}`")).into());
        }
        self.scope.enter_flow(parameters);
        let entered = self.fill_defaults(flow, with);
        let walked = match entered {
            Ok(()) => self.steps(&flow.steps, deadline).await.map_err(Trouble::from),
            Err(trouble) => Err(trouble),
        };
        if let Err(trouble) = walked {
            self.scope.drop_flow();
            return Err(trouble);
        }
        self.scope.leave_flow(&flow.returns).map_err(|name| {
            let what = format!("the flow `{}` returns `{name}`, but did not set it", flow.source.path);
            Trouble::from(
                Problem::step(what).hint("a step with `as` or `set` may have been passed over by its `if`"),
            )
        })
    }

    /// Fills in the defaults of parameters that were not given; they may use those that were.
    fn fill_defaults(&mut self, flow: &Flow, with: &[(String, ValueTemplate)]) -> Result<(), Trouble> {
        for (name, default) in &flow.defaults {
            if with.iter().all(|(given, _)| given != name) {
                let value = self.value(default)?;
                self.scope.give(name, value);
            }
        }
        Ok(())
    }
}
