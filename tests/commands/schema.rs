//! `schema`: what editors check files with.

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
