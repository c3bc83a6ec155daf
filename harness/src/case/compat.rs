//! Case files of the Go engine: names that its runner did not know, and therefore passed over without a word.
//!
//! Where it is clear what such a key was meant to be it is read so, with a warning that names the right key. Where it
//! is not clear, it stays, and is an unknown key.

use crate::json::{JsonError, Kind, Member, Node};

/// Expectations that were also written at the level of the step, where they had no effect; with their right names.
const EXPECTATIONS: &[(&str, &str)] = &[
    ("expect_in_narrative", "response_contains"),
    ("expect_not_in_narrative", "response_not_contains"),
    ("response_contains", "response_contains"),
    ("response_not_contains", "response_not_contains"),
    ("response_regex", "response_regex"),
    ("response_min_length", "response_min_length"),
    ("response_max_length", "response_max_length"),
    ("story_event_contains", "story_event_contains"),
    ("story_event_not_contains", "story_event_not_contains"),
    ("story_event_exact", "story_event_exact"),
    ("vars", "vars"),
    ("npc_locations", "npc_locations"),
    ("location", "location"),
    ("user_location", "location"),
    ("scene_name", "scene_name"),
    ("inventory", "inventory"),
    ("user_inventory", "inventory"),
    ("turn_counter", "turn_counter"),
    ("scene_turn_counter", "scene_turn_counter"),
    ("is_ended", "is_ended"),
    ("game_ended", "is_ended"),
];

/// Names in seeds that are not fields of the game state, with the fields that they were meant to be.
const SEED_FIELDS: &[(&str, &str)] = &[
    ("location", "user_location"),
    ("scene", "scene_name"),
    ("inventory", "user_inventory"),
    ("world_locations", "locations"),
];

/// Rewrites the old keys of a case file in place, and returns a warning for each.
pub(super) fn modernise(case: &mut Node) -> Vec<JsonError> {
    let mut warnings = Vec::new();
    let scenario = text_of(case, "scenario");
    if let Some(seed) = member_mut(case, "seed_game_state") {
        modernise_seed(seed, scenario.as_deref(), &mut warnings);
    }
    if let Some(Node { kind: Kind::Array(steps), .. }) = member_mut(case, "steps") {
        for step in steps {
            modernise_step(step, &mut warnings);
        }
    }
    warnings
}

fn modernise_seed(seed: &mut Node, scenario: Option<&str>, warnings: &mut Vec<JsonError>) {
    let Kind::Object(members) = &mut seed.kind else { return };
    members.retain(|member| {
        let repeated =
            member.key == "scenario" && matches!(&member.value.kind, Kind::String(s) if Some(s.as_str()) == scenario);
        if repeated {
            warnings.push(
                JsonError::at(member.key_span.clone(), "a seed does not choose the scenario")
                    .help("the case's own `scenario` does; leave this one out"),
            );
        }
        !repeated
    });
    for (old, new) in SEED_FIELDS {
        if members.iter().any(|member| member.key == *new) {
            continue;
        }
        if let Some(member) = members.iter_mut().find(|member| member.key == *old) {
            (*new).clone_into(&mut member.key);
            warnings.push(renamed(member, old, new));
        }
    }
}

fn modernise_step(step: &mut Node, warnings: &mut Vec<JsonError>) {
    let span = step.span.clone();
    let Kind::Object(members) = &mut step.kind else { return };
    let mut moved = Vec::new();
    let expected: Vec<String> = members
        .iter()
        .find(|member| member.key == "expect")
        .map(|member| member.value.members().iter().map(|inner| inner.key.clone()).collect())
        .unwrap_or_default();
    for (old, new) in EXPECTATIONS {
        if expected.iter().any(|key| key == new) {
            continue;
        }
        if let Some(index) = members.iter().position(|member| member.key == *old) {
            let mut member = members.remove(index);
            (*new).clone_into(&mut member.key);
            warnings.push(
                JsonError::at(
                    member.key_span.clone(),
                    format!("`{old}` stands beside `expect`, where it says nothing"),
                )
                .help(format!("read as `expect.{new}`; write it there")),
            );
            moved.push(member);
        }
    }
    if moved.is_empty() {
        return;
    }
    if let Some(Kind::Object(expect)) = members.iter_mut().find(|m| m.key == "expect").map(|m| &mut m.value.kind) {
        expect.extend(moved);
    } else {
        let value = Node { span: span.clone(), kind: Kind::Object(moved) };
        members.push(Member { key: "expect".to_owned(), key_span: span, value });
    }
}

fn renamed(member: &Member, old: &str, new: &str) -> JsonError {
    JsonError::at(member.key_span.clone(), format!("the game state has no `{old}`"))
        .help(format!("read as `{new}`; write it so"))
}

fn member_mut<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    match &mut node.kind {
        Kind::Object(members) => members.iter_mut().find(|member| member.key == key).map(|member| &mut member.value),
        _ => None,
    }
}

fn text_of(node: &Node, key: &str) -> Option<String> {
    match &node.get(key)?.kind {
        Kind::String(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::json::parse;

    #[test]
    fn misplaced_expectations_move_to_where_they_count() {
        let mut case = parse(
            r#"{"steps": [{"user_prompt": "x", "expect_in_narrative": ["sea"], "vars": {"a": "b"},
                           "expect": {"turn_counter": 1}}, {"game_ended": true}]}"#,
        )
        .unwrap();
        let warnings = modernise(&mut case);
        assert_eq!(
            case.to_value(),
            json!({"steps": [
                {"user_prompt": "x", "expect": {"turn_counter": 1, "response_contains": ["sea"], "vars": {"a": "b"}}},
                {"expect": {"is_ended": true}}]})
        );
        assert_eq!(warnings.len(), 3);
    }

    #[test]
    fn old_seed_names_are_read_as_what_they_were_meant_to_be() {
        let mut case = parse(
            r#"{"scenario": "s.json", "seed_game_state": {"location": "pier", "scene": "dusk", "scenario": "s.json"}}"#,
        )
        .unwrap();
        let warnings = modernise(&mut case);
        let seed = case.get("seed_game_state").unwrap().to_value();
        assert_eq!(seed, json!({"user_location": "pier", "scene_name": "dusk"}));
        assert_eq!(warnings.len(), 3);
        assert!(warnings.iter().any(|w| w.help.as_deref() == Some("read as `user_location`; write it so")));
    }

    #[test]
    fn a_key_that_contradicts_another_is_left_to_be_an_error() {
        let mut case = parse(r#"{"steps": [{"vars": {"a": "1"}, "expect": {"vars": {"a": "2"}}}]}"#).unwrap();
        assert!(modernise(&mut case).is_empty());
        assert!(case.get("steps").unwrap().items()[0].get("vars").is_some());
    }
}
