//! What snapshots look like: lines that a person can review, the same in every mode.

use std::fmt::Write as _;

use harness_case::profile::TextEvents;
use mock_llm::{Kind, Record};
use serde_json::Value;

use super::Aliases;
use crate::expect::join_chunks;
use crate::watch::{Journal, Seen};

/// Every game's events, one a line: name and data. Offsets are left out, because how often a narration is cut is not
/// promised; that they are contiguous is checked elsewhere.
#[must_use]
pub fn events(games: &[(String, Journal)], text_events: Option<&TextEvents>, aliases: &mut Aliases) -> String {
    let mut text = String::new();
    for (label, journal) in games {
        heading(&mut text, label, games.len());
        let seen: Vec<&Seen> = journal.events().iter().map(AsRef::as_ref).collect();
        for event in join_chunks(&seen, text_events) {
            // Writing to a String cannot fail, here and below.
            let _ = writeln!(text, "{} {}", event.name, aliases.redact(&event.data));
        }
    }
    text
}

/// Every game's state.
#[must_use]
pub fn state(games: &[(String, Value)], aliases: &mut Aliases) -> String {
    let mut text = String::new();
    for (label, game) in games {
        heading(&mut text, label, games.len());
        let mut game = game.clone();
        if let Value::Object(members) = &mut game {
            members.remove("chat_history");
            if let Some(Value::String(id)) = members.get("id") {
                let name = aliases.name(id, "game");
                members.insert("id".to_owned(), name.into());
            }
        }
        let game = aliases.redact(&game);
        let _ = writeln!(text, "{}", serde_json::to_string_pretty(&game).unwrap_or_default());
    }
    text
}

/// What was said in every game.
#[must_use]
pub fn history(games: &[(String, Value)], aliases: &mut Aliases) -> String {
    let mut text = String::new();
    for (label, game) in games {
        heading(&mut text, label, games.len());
        for message in game["chat_history"].as_array().into_iter().flatten() {
            let message = aliases.redact(message);
            let event = if message["is_story_event"] == Value::Bool(true) { " (story event)" } else { "" };
            let _ = writeln!(text, "{}{event}:", message["role"].as_str().unwrap_or("?"));
            indent(&mut text, message["content"].as_str().unwrap_or_default());
        }
    }
    text
}

/// What the engine sent to the model, call by call, the same whichever vendor's wire format it came in.
#[must_use]
pub fn prompts(calls: &[Record], aliases: &mut Aliases) -> String {
    let mut text = String::new();
    for (n, call) in calls.iter().enumerate() {
        let kind = if call.kind == Kind::Json { "json" } else { "text" };
        let _ = writeln!(text, "call {}: {kind}, model {}", n + 1, call.model);
        let mut speaker = None;
        for message in &call.messages {
            // Some formats carry what one says in several messages, others in one.
            if speaker.replace(message.role) == Some(message.role) {
                text.push('\n');
            } else {
                let role = serde_json::to_value(message.role).unwrap_or_default();
                let _ = writeln!(text, "{}:", role.as_str().unwrap_or("?"));
            }
            indent(&mut text, &aliases.text(&message.text));
        }
        text.push('\n');
    }
    text
}

/// An HTTP answer.
#[must_use]
pub fn answer(body: &Value, aliases: &mut Aliases) -> String {
    match body {
        Value::String(text) => text.clone(),
        body => serde_json::to_string_pretty(&aliases.redact(body)).unwrap_or_default(),
    }
}

fn heading(text: &mut String, label: &str, of: usize) {
    if of > 1 {
        let _ = writeln!(text, "{}== {label}", if text.is_empty() { "" } else { "\n" });
    }
}

fn indent(text: &mut String, content: &str) {
    for line in content.lines() {
        let _ = writeln!(text, "{}", format!("  {line}").trim_end());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_history_reads_like_a_play() {
        let game = json!({"id": "g", "chat_history": [
            {"role": "user", "content": "Ada: I wait.\n\nLong."},
            {"role": "user", "content": "A bell.", "is_story_event": true}]});
        let text = history(&[("game".to_owned(), game)], &mut Aliases::default());
        assert_eq!(text, "user:\n  Ada: I wait.\n\n  Long.\nuser (story event):\n  A bell.\n");
    }

    #[test]
    fn a_state_has_no_history_and_no_id_in_it() {
        let game = json!({"id": "0190", "turn_counter": 1, "chat_history": [], "updated_at": "now"});
        let text = state(&[("game".to_owned(), game)], &mut Aliases::default());
        assert_eq!(text, "{\n  \"id\": \"[game#1]\",\n  \"turn_counter\": 1,\n  \"updated_at\": \"[time]\"\n}\n");
    }
}
