//! Case files of the Go engine: names that its runner did not know, and therefore passed over without a word.
//!
//! Where it is clear what such a key was meant to be it is read so, with a warning that names the right key. Where it
//! is not clear, it stays, and is an unknown key.

use std::path::Path;

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

/// Whether this is a case of the Go engine: it seeds the state, names its scenario with `.json`, and has no key that only
/// this runner knows. Such a case is taken as its own runner took it, where this one would refuse.
pub(crate) fn is_go_case(case: &Node) -> bool {
    let go_keys = ["name", "scenario", "seed_game_state", "steps"];
    let go_step = |step: &Node| {
        let known = |member: &Member| {
            matches!(member.key.as_str(), "name" | "user_prompt" | "expect")
                || EXPECTATIONS.iter().any(|(name, _)| *name == member.key)
        };
        step.members().iter().all(known)
    };
    text_of(case, "scenario").is_some_and(|scenario| Path::new(&scenario).extension().is_some_and(|end| end == "json"))
        && case.get("seed_game_state").is_some()
        && case.members().iter().all(|member| go_keys.contains(&member.key.as_str()))
        && case.get("steps").map_or(&[][..], Node::items).iter().all(go_step)
}

/// Rewrites the old names of a case in place, and says where they are and what would be right.
pub(super) fn modernise(case: &mut Node) -> Vec<JsonError> {
    let mut old = Vec::new();
    let scenario = text_of(case, "scenario");
    if let Some(seed) = member_mut(case, "seed_game_state") {
        modernise_seed(seed, scenario.as_deref(), &mut old);
    }
    for (_, game) in member_mut(case, "games").map(members_mut).into_iter().flatten() {
        let scenario = text_of(game, "scenario").or_else(|| scenario.clone());
        if let Some(seed) = member_mut(game, "seed_game_state") {
            modernise_seed(seed, scenario.as_deref(), &mut old);
        }
    }
    modernise_steps(case, "steps", &mut old);
    old.sort_by_key(|old| old.span.as_ref().map(|span| span.start));
    old
}

fn modernise_seed(seed: &mut Node, scenario: Option<&str>, old: &mut Vec<JsonError>) {
    let Kind::Object(members) = &mut seed.kind else { return };
    members.retain(|member| {
        let repeated =
            member.key == "scenario" && matches!(&member.value.kind, Kind::String(s) if Some(s.as_str()) == scenario);
        if repeated {
            old.push(
                JsonError::at(member.key_span.clone(), "a seed does not choose the scenario")
                    .help("the case's own `scenario` does; leave this one out"),
            );
        }
        !repeated
    });
    for (name, right) in SEED_FIELDS {
        rename(members, name, right, "the game state", old);
    }
}

fn modernise_steps(owner: &mut Node, key: &str, old: &mut Vec<JsonError>) {
    if let Some(steps) = member_mut(owner, key) {
        modernise_list(steps, old);
    }
}

fn modernise_list(steps: &mut Node, old: &mut Vec<JsonError>) {
    let Kind::Array(steps) = &mut steps.kind else { return };
    for step in steps {
        modernise_step(step, old);
        modernise_steps(step, "parallel", old);
        if let Some(actors) = member_mut(step, "actors") {
            for (_, steps) in members_mut(actors) {
                modernise_list(steps, old);
            }
        }
    }
}

fn modernise_step(step: &mut Node, old: &mut Vec<JsonError>) {
    let span = step.span.clone();
    if let Some(Node { kind: Kind::Object(expect), .. }) = member_mut(step, "expect") {
        for (name, right) in EXPECTATIONS.iter().filter(|(name, right)| name != right) {
            rename(expect, name, right, "`expect`", old);
        }
    }
    let Kind::Object(members) = &mut step.kind else { return };
    let mut moved: Vec<Member> = Vec::new();
    let expected: Vec<String> = members
        .iter()
        .find(|member| member.key == "expect")
        .map(|member| member.value.members().iter().map(|inner| inner.key.clone()).collect())
        .unwrap_or_default();
    for (name, right) in EXPECTATIONS {
        if expected.iter().any(|key| key == right) || moved.iter().any(|member| member.key == *right) {
            continue;
        }
        if let Some(index) = members.iter().position(|member| member.key == *name) {
            let mut member = members.remove(index);
            (*right).clone_into(&mut member.key);
            let what = format!("`{name}` is next to `expect`, where it has no effect");
            let error = JsonError::at(member.key_span.clone(), what);
            old.push(error.help(format!("read as `expect.{right}`; write it there")));
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

/// Renames a member unless one with the right name is there too: then it stays, and is an unknown key.
fn rename(members: &mut [Member], name: &str, right: &str, owner: &str, old: &mut Vec<JsonError>) {
    if members.iter().any(|member| member.key == right) {
        return;
    }
    if let Some(member) = members.iter_mut().find(|member| member.key == name) {
        right.clone_into(&mut member.key);
        let error = JsonError::at(member.key_span.clone(), format!("{owner} has no `{name}`"));
        old.push(error.help(format!("read as `{right}`; write it so")));
    }
}

fn members_mut(node: &mut Node) -> impl Iterator<Item = (&str, &mut Node)> {
    let members = match &mut node.kind {
        Kind::Object(members) => members.as_mut_slice(),
        _ => &mut [],
    };
    members.iter_mut().map(|member| (member.key.as_str(), &mut member.value))
}

fn member_mut<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    members_mut(node).find(|(name, _)| *name == key).map(|(_, value)| value)
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
        let helps: Vec<_> = warnings.iter().filter_map(|old| old.help.as_deref()).collect();
        assert!(helps.contains(&"read as `user_location`; write it so"), "{helps:?}");
    }

    #[test]
    fn names_of_the_game_state_are_read_in_expect_too_wherever_it_stands() {
        let mut case = parse(
            r#"{"games": {"b": {"seed_game_state": {"scene": "dusk"}}},
                "steps": [{"parallel": [{"expect": {"user_location": "pier", "user_inventory": []}}, {"game_ended": true}]}]}"#,
        )
        .unwrap();
        assert_eq!(modernise(&mut case).len(), 4);
        assert_eq!(
            case.to_value(),
            json!({"games": {"b": {"seed_game_state": {"scene_name": "dusk"}}},
                   "steps": [{"parallel": [{"expect": {"location": "pier", "inventory": []}},
                                           {"expect": {"is_ended": true}}]}]})
        );
    }

    #[test]
    fn two_names_for_one_thing_are_not_read_as_one() {
        let mut case =
            parse(r#"{"steps": [{"expect": {"location": "a", "user_location": "b"}}, {"location": "a", "user_location": "b"}]}"#)
                .unwrap();
        assert_eq!(modernise(&mut case).len(), 1);
        let steps = case.get("steps").unwrap().items();
        assert!(steps[0].get("expect").unwrap().get("user_location").is_some());
        assert!(steps[1].get("user_location").is_some());
    }

    #[test]
    fn a_key_that_contradicts_another_is_left_to_be_an_error() {
        let mut case = parse(r#"{"steps": [{"vars": {"a": "1"}, "expect": {"vars": {"a": "2"}}}]}"#).unwrap();
        assert!(modernise(&mut case).is_empty());
        assert!(case.get("steps").unwrap().items()[0].get("vars").is_some());
    }
}
