//! `schema` and `docs`: what editors and people look things up in.

use crate::support::Project;

#[test]
fn there_is_a_schema_for_cases_and_one_for_settings() {
    for (of, property) in [("cases", "steps"), ("runner", "concurrency")] {
        let output = Project::new().run(["schema", of]);
        let schema: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!(
            (output.status, &schema["$schema"]),
            (Some(0), &"http://json-schema.org/draft-07/schema#".into())
        );
        assert!(
            output.stdout.contains(&format!("\"{property}\": {{")),
            "no `{property}` in the schema of {of}"
        );
    }
    assert_eq!(Project::new().run(["schema"]), Project::new().run(["schema", "cases"]));
}

#[test]
fn the_reference_can_be_read_at_a_terminal() {
    let project = Project::new();
    let whole = project.run(["docs"]);
    assert!(whole.status == Some(0) && whole.stdout.starts_with("# Case files\n"), "{whole}");
    assert!(["`expect_url`", "`placeholder", "${secret."].iter().all(|word| whole.stdout.contains(word)));
    insta::assert_snapshot!(project.run(["docs", "fill"]), @r###"
    exit 0
    --- stdout
    a step: Replaces the text of a control.
      fill = LOC
      value = text
          The text.
      force = true | false (optional)
          Acts on an attached element at once.
    "###);
    insta::assert_snapshot!(project.run(["docs", "clik"]), @r###"
    exit 2
    --- stderr
    error: case files know no word `clik`
    help: did you mean `click`?
    "###);
}
