//! The texts of a step that a run fills: where a `{name}` is a placeholder, and one that stands for nothing is a mistake.
//!
//! Bodies are left out, because braces may mean themselves there, and so are regular expressions, which a run does not fill.

use crate::json::{Kind, Node, Span};

/// Keys whose text, or list of texts, is filled.
const FILLED: [&str; 12] = [
    "location",
    "user_location",
    "scene_name",
    "inventory",
    "user_inventory",
    "story_event_exact",
    "response_contains",
    "response_not_contains",
    "story_event_contains",
    "story_event_not_contains",
    "body_contains",
    "body_not_contains",
];

/// Keys below which every value is filled, whatever its depth.
const VALUES: [&str; 7] = ["npc_locations", "state", "vars", "json", "headers", "where", "command"];

/// Calls `visit` for every text of a step that is filled, with its place.
pub(super) fn each(step: &Node, visit: &mut impl FnMut(&str, &Span)) {
    for member in step.members() {
        match member.key.as_str() {
            "user_prompt" | "headers" => values(&member.value, visit),
            "parallel" => member.value.items().iter().for_each(|step| each(step, visit)),
            "actors" => {
                let steps = member.value.members().iter().flat_map(|actor| actor.value.items());
                steps.for_each(|step| each(step, visit));
            }
            "http" | "listen" => {
                for part in member.value.members() {
                    match part.key.as_str() {
                        "path" | "after" | "headers" => values(&part.value, visit),
                        "expect" => expectations(&part.value, visit),
                        _ => {}
                    }
                }
            }
            "redis" => {
                let command = member.value.get("run").and_then(|run| run.get("command"));
                if let Some(command) = command {
                    values(command, visit);
                }
            }
            "expect" | "wait_for" | "stream" => expectations(&member.value, visit),
            "capture" => {
                let events = member.value.members().iter().filter_map(|capture| capture.value.get("event"));
                events.for_each(|event| expectations(event, visit));
            }
            _ => {}
        }
    }
}

fn expectations(expect: &Node, visit: &mut impl FnMut(&str, &Span)) {
    for member in expect.members() {
        let key = member.key.as_str();
        if FILLED.contains(&key) || VALUES.contains(&key) || key == "narration" {
            values(&member.value, visit);
        } else if key == "prompts" {
            for prompt in member.value.items() {
                ["contains", "not_contains"]
                    .iter()
                    .filter_map(|key| prompt.get(key))
                    .for_each(|list| values(list, visit));
            }
        } else if key == "events" {
            patterns(&member.value, visit);
        }
    }
}

/// Event patterns, in whatever lists they are.
fn patterns(node: &Node, visit: &mut impl FnMut(&str, &Span)) {
    node.items().iter().for_each(|item| patterns(item, visit));
    for member in node.members() {
        match member.key.as_str() {
            "where" => values(&member.value, visit),
            _ => patterns(&member.value, visit),
        }
    }
}

fn values(node: &Node, visit: &mut impl FnMut(&str, &Span)) {
    match &node.kind {
        Kind::String(text) => visit(text, &node.span),
        Kind::Array(items) => items.iter().for_each(|item| values(item, visit)),
        // A regular expression and a schema have braces of their own.
        Kind::Object(members) => members
            .iter()
            .filter(|member| !matches!(member.key.as_str(), "$regex" | "$schema" | "$eq"))
            .for_each(|member| values(&member.value, visit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    fn found(step: &str) -> Vec<String> {
        let mut found = Vec::new();
        each(&parse(step).unwrap(), &mut |text, _| found.push(text.to_owned()));
        found
    }

    #[test]
    fn every_text_that_a_run_fills_is_visited() {
        let step = r#"{"user_prompt": "a", "headers": {"k": "b"}, "expect": {
            "response_contains": ["c"], "vars": {"v": {"$ne": "d"}}, "events": {"exactly": [{"event": "x", "where": {"/p": "e"}}]},
            "prompts": [{"not_contains": ["f"]}]}}"#;
        assert_eq!(found(step), ["a", "b", "c", "d", "e", "f"]);
        assert_eq!(found(r#"{"redis": {"run": {"command": ["DEL", "g"]}}}"#), ["DEL", "g"]);
        assert_eq!(found(r#"{"parallel": [{"actors": {"ada": [{"user_prompt": "h"}]}}]}"#), ["h"]);
    }

    #[test]
    fn bodies_and_regular_expressions_are_not_visited() {
        let step = r#"{"http": {"method": "POST", "path": "/p", "body": {"a": "x"}, "raw_body": "y",
            "expect": {"body_regex": "z", "json": {"/a": {"$regex": "z"}}}}, "expect": {"response_regex": "z"}}"#;
        assert_eq!(found(step), ["/p"]);
    }
}
