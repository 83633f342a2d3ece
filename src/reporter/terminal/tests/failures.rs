//! The block of a failure, word for word.

use super::*;

/// The block of one failure.
fn block(change: impl FnOnce(&mut crate::event::Failure), kind: FailureKind) -> String {
    let mut story = Story::new(1, 1);
    let job = story.queue("testcases/cart::it's broken");
    story.start(job, 1);
    let mut failure = failure(kind);
    change(&mut failure);
    story.wait(10).fail(job, failure);
    let text = printed(settings(Shape::Nothing), &story, &closing());
    text.split("    Database").next().unwrap().to_owned()
}

#[test]
fn a_failed_assertion_in_full() {
    insta::assert_snapshot!(block(|_| (), FailureKind::Assertion), @r###"

    FAIL testcases/cart::it's broken
    assertion: `#count` does not have the text it should
      --> testcases/cart.toml:14:3, step 2: expect "#count"
       |
    14 |   { expect = "#count", text = "0 items" },
       |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       = expected: 0 items
       = actual:   1 item
       = seen:     0.0s is hidden
       =           0.4s has the text "1 item"
       = hint:     the text changed once while waiting: is something else still running?
       = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-1-failure.png
       = evidence: source: skipped: too large (70 MiB)
       = rerun:    batchrun 'testcases/cart::it'\''s broken'
          Report junit out/junit.xml
             Log .batchrun/log/20270102-030405-7k2m9qxd.log
    "###);
}

#[test]
fn broken_infrastructure_in_full() {
    insta::assert_snapshot!(block(|_| (), FailureKind::BrowserCrash), @r###"

    ERROR testcases/cart::it's broken (says nothing about the product)
    browser_crash: the browser exited with signal 11
      = hint:     see the driver's log
      = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-1-failure.png
      = evidence: source: skipped: too large (70 MiB)
      = rerun:    batchrun 'testcases/cart::it'\''s broken'
          Report junit out/junit.xml
             Log .batchrun/log/20270102-030405-7k2m9qxd.log
    "###);
}

#[test]
fn a_failure_with_long_texts_in_full() {
    let change = |failure: &mut crate::event::Failure| {
        failure.excerpt = Some("{ fill = \"label=购物\",\n  value = \"\"\"\nx\"\"\" },".into());
        failure.location.as_mut().unwrap().line = 9;
        failure.location.as_mut().unwrap().column = 1;
        failure.expected = None;
        failure.actual = Some((1..40).map(|i| format!("line {i}")).collect::<Vec<_>>().join("\n").into());
        failure.further = vec!["cart.toml:20:3: soft".into(), "cart.toml:30:3: after".into()];
        failure.hints.clear();
    };
    insta::assert_snapshot!(block(change, FailureKind::Step), @r###"

    FAIL testcases/cart::it's broken
    step: `#count` does not have the text it should
      --> testcases/cart.toml:9:1, step 2: expect "#count"
       |
     9 | { fill = "label=购物",
       | ^^^^^^^^^^^^^^^^^^^^^^
    10 |   value = """
    11 | x""" },
       = actual:   line 1
       =           line 2
       =           line 3
       =           line 4
       =           line 5
       =           line 6
       =           line 7
       =           line 8
       =           line 9
       =           line 10
       =           line 11
       =           line 12
       =           … (302 characters in all)
       = seen:     0.0s is hidden
       =           0.4s has the text "1 item"
       = also:     cart.toml:20:3: soft
       =           cart.toml:30:3: after
       = evidence: screenshot .batchrun/evidence/20270102-030405-7k2m9qxd/1-1-failure.png
       = evidence: source: skipped: too large (70 MiB)
       = rerun:    batchrun 'testcases/cart::it'\''s broken'
          Report junit out/junit.xml
             Log .batchrun/log/20270102-030405-7k2m9qxd.log
    "###);
}

#[test]
fn f83_f84_hostile_texts_reach_neither_terminal_nor_ci_system() {
    let hostile = "\x1b]0;pwned\x07\n::error::x ##vso[task.complete]\u{202e}";
    let change = |failure: &mut crate::event::Failure| {
        failure.message = hostile.into();
        failure.expected = Some(hostile.into());
        failure.actual = Some(hostile.into());
        failure.seen = vec![hostile.into()];
        failure.hints = vec![hostile.into()];
        failure.excerpt = Some(hostile.into());
        failure.step = Some(hostile.into());
        failure.further = vec![hostile.into()];
        failure.location.as_mut().unwrap().file = hostile.to_owned();
    };
    let mut text = block(change, FailureKind::Assertion);
    let mut story = Story::new(1, 1);
    let job = story.queue_with(&format!("a/{hostile}"), |case| case.name = hostile.into());
    story.start(job, 1);
    story.enter(job, 0, hostile);
    story.message(Level::Warning, hostile);
    story.wait(61_000).message(Level::Info, "a minute later");
    story.fail(job, failure(FailureKind::Assertion));
    text.push_str(&printed(settings(Shape::Lines), &story, &closing()));
    assert!(text.contains("pwned"));
    assert!(!text.contains(['\x1b', '\x07', '\u{202e}']), "{text}");
    assert!(
        !text.contains("##vso[") && !text.lines().any(|line| line.trim_start().starts_with("::")),
        "{text}"
    );
}
