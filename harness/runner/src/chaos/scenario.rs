//! What is played: a scenario with bells, each of which sets off a story event or several, and a model that tells every request in
//! words of its own.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::subject::bell_text;
use super::{ChaosError, Options, plan};

/// The scenario's id.
pub(super) const SCENARIO: &str = "belfry";

/// The player character's id: the one that a scenario gets if it names none.
const PC: &str = "classic";

/// Writes the content that the engine serves; answers where it is.
pub(super) fn write_content(dir: &Path, bells: usize, story_event_batch: usize) -> Result<PathBuf, ChaosError> {
    let content = dir.join("content");
    write(&content.join("scenarios"), SCENARIO, &scenario(bells, story_event_batch))?;
    write(&content.join("pcs"), PC, &player_character())?;
    Ok(content)
}

fn write(folder: &Path, id: &str, value: &Value) -> Result<(), ChaosError> {
    let path = folder.join(format!("{id}.json"));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, format!("{value:#}")));
    written.map_err(|source| ChaosError::File { path, source })
}

fn scenario(bells: usize, story_event_batch: usize) -> Value {
    let answers =
        (1..=bells).flat_map(|bell| plan::answers_of(bell, story_event_batch).map(move |answer| (bell, answer)));
    let conditionals: Map<String, Value> = answers
        .map(|(bell, answer)| {
            let when = json!({ "vars": { "rung": bell.to_string() } });
            // Conditionals fire in the order of their keys.
            (format!("answer_{answer:06}"), json!({ "when": when, "then": { "prompt": bell_text(answer) } }))
        })
        .collect();
    json!({
        "name": "The Belfry",
        "story": "A ringer stands in a belfry and pulls one rope after the other.",
        "rating": "G",
        "opening_scene": "ringing",
        "opening_location": "loft",
        "opening_prompt": "You stand among the ropes.",
        "default_pc": PC,
        "vars": { "rung": "0" },
        "locations": { "loft": { "name": "Loft", "description": "Ropes hang from a dark ceiling." } },
        "scenes": { "ringing": { "story": "Ring, and listen.", "conditionals": conditionals } },
    })
}

fn player_character() -> Value {
    json!({
        "name": "Pim",
        "pronouns": "they/them",
        "description": "A ringer with strong arms.",
        "opening_prompt": "You are Pim.",
    })
}

/// The model's script. A narration names its request and the number of the call, so that no two are alike and a mixture of
/// two would show; it comes in pieces, so that there is a middle in which things can break.
pub(super) fn script() -> String {
    let delta = |set_vars: Value| {
        json!({
            "user_location": null, "scene_change": null, "item_events": [], "npc_events": [],
            "set_vars": set_vars, "game_ended": false,
        })
    };
    let script = json!({
        "entries": [
            {
                "name": "a bell answers",
                "match": { "kind": "text" },
                "capture": [
                    { "from": "user", "regex": "<story_event>\\nBell (?<bell>\\d+) answers" },
                    { "from": "all", "regex": "game (?<game>\\d+)" },
                ],
                "reply": {
                    "text": "In game {{game}} the bell with the number {{bell}} is heard, told by call {{call}}, once, and then it is still."
                }
            },
            {
                "name": "a turn",
                "match": { "kind": "text" },
                "capture": [{ "from": "user", "regex": "turn (?<turn>\\d+) of game (?<game>\\d+)" }],
                "reply": {
                    "text": "The rope swings for turn {{turn}} of game {{game}}, told by call {{call}}, and dust falls through the light, slowly."
                }
            },
            {
                "name": "a bell is rung",
                "match": { "kind": "json" },
                "capture": [{ "from": "user", "regex": "<player>[^<]*ring bell (?<bell>\\d+)" }],
                "reply": { "json": delta(json!([{ "name": "rung", "value": "{{bell}}" }])) }
            },
            { "name": "nothing changes", "match": { "kind": "json" }, "reply": { "json": delta(json!([])) } },
        ],
        "pace": { "first_token_ms": 20, "between_ms": 6 },
    });
    script.to_string()
}

/// What is laid over the engine's configuration: short leases, attempts without end, and a log that forgets nothing.
pub(super) fn engine(options: &Options, has_redis: bool) -> Map<String, Value> {
    let slots = if has_redis { 5 } else { 5 * options.workers };
    let config = json!({
        "worker": {
            "concurrent_workers": slots,
            "game_lock_ttl_seconds": options.lease.as_secs_f64(),
            "max_retries": 1000,
            "retry_delay_seconds": 0.2,
            // Shorter than a turn, so that turns are handed back.
            "shutdown_timeout_seconds": 0.05,
        },
        "queue": {
            "events_kept": 1_000_000, "status_ttl_seconds": 86_400, "story_event_batch": options.story_event_batch,
        },
        "chat_history_limit": 4,
        "sse": { "chunk_ms": 10 },
    });
    match config {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use mock_llm::Script;

    use super::*;

    #[test]
    fn the_script_is_one() {
        Script::parse(&script(), "script").unwrap();
    }

    #[test]
    fn the_scenario_has_a_story_event_for_each_bell() {
        let one = scenario(3, 1);
        let conditionals = one["scenes"]["ringing"]["conditionals"].as_object().unwrap();
        assert_eq!(conditionals.len(), 3);
        assert_eq!(conditionals["answer_000002"]["then"]["prompt"], bell_text(2));
        let several = scenario(3, 2);
        let conditionals = several["scenes"]["ringing"]["conditionals"].as_object().unwrap();
        assert_eq!(conditionals.len(), 9);
        assert_eq!(conditionals["answer_000004"]["when"]["vars"]["rung"], "2");
    }
}
