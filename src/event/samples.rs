//! What stories tell: a batch of everything, plausible failures and what is kept of them. Builds no streams of its own.

use super::story::{BATCH, Story};
use super::{Evidence, Failure, Level};
use crate::outcome::{BatchStatus, ExitCode, FailureKind, Verdict};
use crate::source::Location;

impl Story {
    /// A small batch in which everything that can happen to a case happens.
    pub(crate) fn mixed() -> Self {
        let mut story = Self::new(9, 3);
        let mut ids =
            ["login[alice]", "cart::remove an item", "search", "pay", "old", "slow", "later", "beta", "home"]
                .map(|id| format!("testcases/{id}"))
                .into_iter();
        let mut queue = |story: &mut Self| story.queue(&ids.next().unwrap());
        let [login, cart, search, pay, old, slow, later] = std::array::from_fn(|_| queue(&mut story));
        let beta = story.queue_with("testcases/beta", |case| case.quarantined = true);
        let home = story.queue_with("testcases/home", |case| case.name = "The <home> page".into());
        story.start(login, 1);
        story.start(cart, 2);
        story.start(search, 3);
        story.step(login, "goto \"/login\"", 204);
        story.wait(1000).pass(login);
        story.start(home, 1);
        story.step(cart, "click \"text=Remove\"", 87);
        story.enter(cart, 0, "expect \"#count\"");
        story.wait(2600).fail(cart, failure(FailureKind::Assertion));
        story.retry(search, failure(FailureKind::Timeout));
        story.wait(1229).start(search, 3);
        story.pass(search);
        story.message(
            Level::Warning,
            "`/dev/shm` has only 64 MiB\nthe switch `--disable-dev-shm-usage` is used",
        );
        story.start(pay, 2);
        story.wait(40).fail(pay, failure(FailureKind::BrowserCrash));
        story.end(old, Verdict::Skipped);
        story.start(beta, 2);
        story.wait(310).fail(beta, failure(FailureKind::Script));
        story.pass(home);
        story.start(slow, 1);
        story.wait(2000).interrupt(slow);
        story.end(later, Verdict::NotRun);
        story.finish(BatchStatus::Interrupted, ExitCode::Failed);
        story
    }
}

/// What is kept of an attempt that failed.
pub(crate) fn evidence(attempt: u32) -> Vec<Evidence> {
    vec![
        Evidence {
            kind: "screenshot".to_owned(),
            position: Some(2),
            path: Some(format!("evidence/{BATCH}/1-{attempt}-failure.png")),
            bytes: 20_480,
            note: None,
        },
        Evidence {
            kind: "source".to_owned(),
            position: None,
            path: None,
            bytes: 0,
            note: Some("skipped: too large (70 MiB)".into()),
        },
    ]
}

/// A failure of a kind, with all that it may hold.
pub(crate) fn failure(kind: FailureKind) -> Failure {
    if kind.is_infrastructure() {
        let bare = Failure::new(kind, "the browser exited with signal 11");
        return Failure { hints: vec!["see the driver's log".into()], ..bare };
    }
    Failure {
        location: Some(Location { file: "testcases/cart.toml".to_owned(), line: 14, column: 3 }),
        step: Some("expect \"#count\"".into()),
        position: Some(2),
        expected: Some("0 items".into()),
        actual: Some("1 item".into()),
        seen: vec!["0.0s is hidden".into(), "0.4s has the text \"1 item\"".into()],
        hints: vec!["the text changed once while waiting: is something else still running?".into()],
        excerpt: Some("  { expect = \"#count\", text = \"0 items\" },".into()),
        ..Failure::new(kind, "`#count` does not have the text it should")
    }
}
