//! From what was played to the text of a case.

use std::collections::BTreeMap;

use harness_case::DEFAULT_GAME;
use protocol::{Event, RequestId, RequestType};
use serde_json::{Map, Value, json};
use story::Change;

use super::Said;
use crate::watch::Journal;

/// How many characters of a story event's prompt a step names.
const PROMPT_SHOWN: usize = 60;

/// A game that was played.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// What it was begun with: the body of its `POST /v1/gamestate`.
    pub with: Value,
    /// Its events.
    pub journal: Journal,
}

/// The case in which the same is said again, and the same must come of it. Nothing if no game was played.
#[must_use]
pub fn case(name: &str, games: &[Recorded], said: &BTreeMap<String, Said>, model: Option<&str>) -> Option<Value> {
    let played: Vec<&Recorded> = games.iter().filter(|game| !steps(game, None, said).is_empty()).collect();
    let first = played.first()?;
    let text = |game: &Recorded, key: &str| game.with.get(key).cloned().filter(|value| !value.is_null());
    let mut case = Map::new();
    case.insert("name".to_owned(), json!(name));
    for key in ["scenario", "pc", "seed"] {
        case.extend(text(first, key).map(|value| (key.to_owned(), value)));
    }
    let others: Map<String, Value> = played
        .iter()
        .enumerate()
        .skip(1)
        .map(|(number, game)| {
            let keys =
                ["scenario", "pc", "seed"].into_iter().filter_map(|key| Some((key.to_owned(), text(game, key)?)));
            (label(number), Value::Object(keys.collect()))
        })
        .collect();
    if !others.is_empty() {
        case.insert("games".to_owned(), Value::Object(others));
    }
    case.extend(model.map(|model| ("model".to_owned(), json!(model))));
    let mut all = Vec::new();
    for (number, game) in played.iter().enumerate() {
        let of_game = (number > 0).then(|| label(number));
        all.extend(steps(game, of_game.as_deref(), said));
    }
    case.insert("steps".to_owned(), Value::Array(all));
    Some(Value::Object(case))
}

fn label(number: usize) -> String {
    if number == 0 { DEFAULT_GAME.to_owned() } else { format!("game{}", number + 1) }
}

/// One step for each completed turn, in their order.
fn steps(game: &Recorded, label: Option<&str>, said: &BTreeMap<String, Said>) -> Vec<Value> {
    let mut asked: BTreeMap<RequestId, Map<String, Value>> = BTreeMap::new();
    let mut steps = Vec::new();
    for event in game.journal.events().iter().filter_map(|seen| seen.event.as_ref()) {
        match event {
            Event::RequestQueued(queued) => {
                let mut step = Map::new();
                step.extend(label.map(|label| ("game".to_owned(), json!(label))));
                if queued.kind == RequestType::StoryEvent {
                    let shown: String = queued.user_message.chars().take(PROMPT_SHOWN).collect();
                    step.insert("user_prompt".to_owned(), json!("WAIT_FOR_STORY_EVENT"));
                    step.insert("expect".to_owned(), json!({ "story_event_contains": [shown.trim_end()] }));
                } else {
                    // A message that did not come through the proxy is known only nearly.
                    let whole = Said { message: queued.user_message.clone(), actor: None };
                    let said = said.get(&queued.request_id.to_string()).unwrap_or(&whole);
                    step.insert("user_prompt".to_owned(), json!(said.message));
                    step.extend(said.actor.as_ref().map(|actor| ("actor".to_owned(), json!(actor))));
                }
                asked.insert(queued.request_id, step);
            }
            Event::StateUpdated(updated) => {
                let Some(step) = updated.request_id.and_then(|id| asked.get_mut(&id)) else { continue };
                let expect = step.entry("expect").or_insert_with(|| json!({}));
                expect["location"] = json!(updated.location);
                expect["turn_counter"] = json!(updated.turn);
                for change in &updated.changes {
                    demand(expect, change);
                }
            }
            Event::RequestCompleted(completed) => steps.extend(asked.remove(&completed.request_id).map(Value::Object)),
            Event::RequestFailed(failed) => {
                if let Some(mut step) = asked.remove(&failed.request_id) {
                    step.insert("expect".to_owned(), json!({ "status": "failed" }));
                    steps.push(Value::Object(step));
                }
            }
            _ => {}
        }
    }
    steps
}

/// Has a step demand a change that its turn made.
fn demand(expect: &mut Value, change: &Change) {
    match change {
        Change::SceneChanged { to, .. } => expect["scene_name"] = json!(to),
        Change::VarSet { name, to, .. } => expect["vars"][name] = json!(to),
        Change::NpcMoved { npc, to, .. } => expect["npc_locations"][npc] = json!(to),
        Change::GameEnded { .. } => expect["is_ended"] = json!(true),
        // Said by the location, or not worth a demand of its own.
        Change::PlayerMoved { .. }
        | Change::ItemMoved { .. }
        | Change::ItemOpened { .. }
        | Change::ItemClosed { .. }
        | Change::NpcFollowing { .. }
        | Change::MonsterSpawned { .. }
        | Change::MonsterDespawned { .. }
        | Change::Attacked { .. }
        | Change::HitPoints { .. }
        | Change::Defeated { .. }
        | Change::ConditionalFired { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use protocol::GameId;

    use super::*;

    fn journal(request: &str, kind: &str, message: &str) -> Journal {
        let game = GameId::new();
        let mut journal = Journal::default();
        let events = [
            (
                "request.queued",
                json!({"request_id": request, "game_id": game, "type": kind, "status": "queued",
                                      "user_message": message}),
            ),
            (
                "game.state_updated",
                json!({"request_id": request, "game_id": game, "version": 2, "turn": 1,
                "location": "deck", "scene": "crossing", "is_ended": false, "changes": [
                    {"type": "var_set", "name": "bell_rung", "from": null, "to": "true"},
                    {"type": "player_moved", "from": "landing", "to": "deck"}]}),
            ),
            (
                "request.completed",
                json!({"request_id": request, "game_id": game, "type": kind, "status": "completed",
                "attempt": 1, "result": {"message": "A note.", "turn": 1, "version": 2, "duration_ms": 3,
                                         "usage": {"prompt_tokens": 1, "completion_tokens": 1}, "rejections": []}}),
            ),
        ];
        for (number, (name, data)) in events.iter().enumerate() {
            journal.take(Duration::ZERO, name, &data.to_string(), Some(&format!("1:{}", number + 1)));
        }
        journal
    }

    #[test]
    fn what_was_said_becomes_a_step_that_demands_what_came_of_it() {
        let id = RequestId::new().to_string();
        let said = BTreeMap::from([(id.clone(), Said { message: "I ring.".to_owned(), actor: None })]);
        let game =
            Recorded { with: json!({"scenario": "ferry", "pc": null}), journal: journal(&id, "chat", "Ada: I ring.") };
        assert_eq!(game.journal.faults(), Vec::<String>::new());
        assert_eq!(
            case("Played", &[game], &said, None).unwrap(),
            json!({"name": "Played", "scenario": "ferry", "steps": [
                {"user_prompt": "I ring.",
                 "expect": {"location": "deck", "turn_counter": 1, "vars": {"bell_rung": "true"}}}]})
        );
    }

    #[test]
    fn a_game_that_nobody_has_played_makes_no_case() {
        let idle = Recorded { with: json!({"scenario": "ferry"}), journal: Journal::default() };
        assert_eq!(case("Played", &[idle], &BTreeMap::new(), None), None);
    }

    #[test]
    fn a_story_event_is_waited_for() {
        let game =
            Recorded { with: json!({}), journal: journal(&RequestId::new().to_string(), "story_event", "A bell.") };
        let case = case("Played", &[game], &BTreeMap::new(), None).unwrap();
        assert_eq!(case["steps"][0]["user_prompt"], "WAIT_FOR_STORY_EVENT");
        assert_eq!(case["steps"][0]["expect"]["story_event_contains"], json!(["A bell."]));
    }
}
