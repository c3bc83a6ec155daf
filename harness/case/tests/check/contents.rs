//! The content that a case brings along.

use harness_case::check_contents;

use super::{directory, read, said};

const CASE: &str = r#"{"name": "x", "scenario": "hall", "content": "../world",
    "steps": [{"user_prompt": "a", "expect": {"turn_counter": 1}}]}"#;

const HALL: &str = r#"{
    "name": "The Hall", "story": "A hall.", "rating": "G", "opening_scene": "in", "opening_location": "hall",
    "opening_prompt": "You stand in a hall.",
    "locations": {"hall": {"name": "Hall", "description": "Bare.",
        "exits": {"north": "nowhere"}}},
    "scenes": {"in": {"story": "Look.", "conditionals": {"end": {
        "when": {"min_turns": 3}, "then": {"game_ended": true}}}}}
}"#;

/// What is found in the content `../world` of the case, errors and warnings, with the pointer and without the help.
fn found(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let dir = directory(&[("a.json", CASE), ("b.json", CASE)]);
    for (name, text) in files {
        let path = dir.path().join("world").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let cases = read(&[dir.path().join("cases")]);
    assert_eq!((cases.errors.len(), cases.cases.len()), (0, 2), "{:?}", cases.errors);
    let (errors, warnings) = check_contents(&cases.cases);
    let world = format!("{}/", dir.path().canonicalize().unwrap().join("world").display());
    let short = |text: String| text.replace(&world, "").split(" (").next().unwrap_or_default().to_owned();
    let errors = errors.iter().map(|error| short(said(error, dir.path()))).collect();
    (errors, warnings.iter().map(|warning| short(said(warning, dir.path()))).collect())
}

#[test]
fn what_is_wrong_with_content_is_found_once_where_it_is_written() {
    let (errors, warnings) = found(&[("scenarios/hall.json", &HALL.replace(r#""G""#, r#""12""#))]);
    assert_eq!(errors, ["scenarios/hall.json:5:28: no scene has a location `nowhere`"]);
    assert!(
        warnings.iter().any(|said| said.starts_with("scenarios/hall.json:2:55: `12` is not a rating")),
        "{warnings:?}"
    );
}

#[test]
fn content_that_cannot_be_read_as_json_is_found_at_the_mistake() {
    let (errors, _) = found(&[("scenarios/hall.json", "{\n  \"name\": }")]);
    assert!(errors.len() == 1 && errors[0].starts_with("scenarios/hall.json:2:"), "{errors:?}");
}

#[test]
fn content_without_a_scenario_and_a_script_that_nothing_reads_are_found() {
    let (errors, _) = found(&[("pcs/a.json", "{}")]);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].starts_with("there is no scenario in "), "{errors:?}");
    let sound = HALL.replace("nowhere", "hall");
    let (_, warnings) = found(&[("scenarios/hall.json", &sound), ("offline/hal.json", "{}")]);
    assert!(
        warnings.iter().any(|said| said.starts_with("offline/hal.json:1:1: there is no scenario `hal`")),
        "{warnings:?}"
    );
}

#[test]
fn what_is_wrong_on_purpose_is_passed_over_as_long_as_it_is_wrong() {
    let list = r#"["scenarios/hall.json#/locations/hall/exits/north"]"#;
    let (errors, _) = found(&[("scenarios/hall.json", HALL), ("expected-findings.json", list)]);
    assert_eq!(errors, Vec::<String>::new());
    let sound = HALL.replace("nowhere", "hall");
    let (errors, _) = found(&[("scenarios/hall.json", &sound), ("expected-findings.json", list)]);
    assert_eq!(
        errors,
        ["expected-findings.json:1:2: nothing is found at `scenarios/hall.json#/locations/hall/exits/north`"]
    );
    for (wrong, what) in [("{}", "1:1: this is no list"), ("[3]", "1:2: a finding is named"), ("[", "1:")] {
        let (errors, _) = found(&[("scenarios/hall.json", HALL), ("expected-findings.json", wrong)]);
        let start = format!("expected-findings.json:{what}");
        assert!(errors.iter().any(|error| error.starts_with(&start)), "{wrong}: {errors:?}");
    }
}
