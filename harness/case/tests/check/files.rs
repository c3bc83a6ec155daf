//! Files in a directory of cases that are no cases.

use super::{directory, read, said};

const CASE: &str =
    r#"{"name": "x", "scenario": "ferry_crossing", "steps": [{"user_prompt": "a", "expect": {"turn_counter": 1}}]}"#;

/// The errors and the warnings on these files.
fn messages(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let dir = directory(files);
    let found = read(&[dir.path().join("cases")]);
    let errors = found.errors.iter().map(|error| said(error, dir.path())).collect();
    (errors, found.warnings.iter().map(|warning| said(warning, dir.path())).collect())
}

#[test]
fn a_model_script_among_cases_is_called_one() {
    let help = "(a case names it from where it is itself, `\"model\": \"../models/bell.json\"`; next to the case its name ends in `.model.jsonc`)";
    let said = format!("bell.json:1:1: this is a model script: keep it outside the directory of cases {help}");
    for script in [
        r#"{"entries": [{"match": {"kind": "text"}, "reply": "So be it."}]}"#,
        r#"{"seed": 7, "entries": []}"#,
        r#"["You stand in the hall.", {"json": {"user_location": "hall"}}]"#,
    ] {
        assert_eq!(messages(&[("a.json", CASE), ("bell.json", script)]).0, [said.as_str()], "{script}");
    }
    let list = messages(&[("a.json", "[3]")]).0;
    assert!(list.len() == 1 && list[0].starts_with("1:1: expected an object, found a list"), "{list:?}");
}

#[test]
fn a_broken_file_of_fragments_is_an_error_also_while_no_case_uses_it() {
    let (errors, _) = messages(&[("a.json", CASE), ("deep/fragments.json", "{,}")]);
    assert_eq!(errors, ["deep/fragments.json:1:2: expected a key in double quotes, found `,`"]);
    let (errors, _) = messages(&[("a.json", CASE), ("fragments.json", "[1]")]);
    assert!(errors.len() == 1 && errors[0].starts_with("fragments.json:1:1: a file of fragments"), "{errors:?}");
    let dir = directory(&[("a.json", CASE)]);
    std::fs::write(dir.path().join("cases/fragments.json"), b"{\"a\": \"caf\xe9\"}").unwrap();
    let errors = read(&[dir.path().join("cases")]).errors;
    assert!(errors.len() == 1 && errors[0].to_string().ends_with("this file is not UTF-8"), "{errors:?}");
}

#[test]
fn a_file_whose_name_is_nearly_that_of_a_case_gets_a_warning() {
    let files = [("a.json", CASE), ("b.jsonc", CASE), ("c.JSON", CASE), ("a.model.jsonc", "[]"), ("d.txt", "")];
    let (errors, warnings) = messages(&files);
    assert_eq!(errors, Vec::<String>::new());
    let said = "1:1: this file is passed over: the name of a case ends in `.json` (rename it if it is a case; comments are allowed in `.json` too)";
    assert_eq!(warnings, [format!("b.jsonc:{said}"), format!("c.JSON:{said}")]);
}
