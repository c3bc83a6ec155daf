//! What an imported game may hold. Play cannot make more, so whatever is beyond these bounds was written by hand.

use json_patch::PatchOperation;
use protocol::{MESSAGE_MAX_BYTES, Problem, RequestType};
use store::{StoredTurn, Undo};
use story::{ChatMessage, GameState, Library, Role};

use super::super::chat;

/// The most bytes of a state as JSON. The largest state of a shipped story has 12 kB when it begins.
const STATE_BYTES: usize = 1024 * 1024;
/// The most operations of a patch that takes a turn back. A change of scene makes some hundred.
const PATCH_OPERATIONS: usize = 5000;
/// The most bytes of a narration in the history of a game that a player imports: what a model may write in one turn is less.
const NARRATION_BYTES: usize = 64 * 1024;

/// The most messages of a history that a player imports, of ten thousand turns.
const MOST_MESSAGES: usize = 20_000;

/// The most turns that a game may have behind it. The stores count up to a hundred times as many.
const MOST_TURNS: u64 = 10_000_000;

/// Whether a game can have had so many turns. `at` is where their number is.
pub(super) fn check_last_turn(last: u64, at: &str) -> Result<(), Problem> {
    if last <= MOST_TURNS {
        return Ok(());
    }
    Err(Problem::field(at, format!("it is {last}; at most {MOST_TURNS} turns are accepted")))
}

/// Whether a game can stand like this in the content of this engine. `at` is where the state is.
pub(super) fn check_state(state: &GameState, library: &Library, at: &str) -> Result<(), Problem> {
    let wrong = |field: &str, detail: String| Err(Problem::field(format!("{at}/{field}"), detail));
    let Some(scenario) = library.scenario(&state.scenario) else {
        return wrong("scenario", format!("the scenario `{}` is not among the content of this engine", state.scenario));
    };
    if !state.scene_name.is_empty() && !scenario.scenes.contains_key(&state.scene_name) {
        return wrong("scene_name", format!("`{}` has no scene `{}`", state.scenario, state.scene_name));
    }
    // A document that was written by hand may have no map.
    if !state.locations.is_empty() && !state.locations.contains_key(&state.user_location) {
        return wrong("user_location", format!("the game has no location `{}`", state.user_location));
    }
    if !(0.0..=1.0).contains(&state.temperature) {
        return wrong("temperature", format!("{} is not between 0 and 1", state.temperature));
    }
    for (field, turns) in [("turn_counter", state.turn_counter), ("scene_turn_counter", state.scene_turn_counter)] {
        check_last_turn(turns, &format!("{at}/{field}"))?;
    }
    check_size(state, at)
}

/// Whether a state is as large as it may be. `at` is where it is.
pub(in super::super) fn check_size(state: &GameState, at: &str) -> Result<(), Problem> {
    let bytes = bytes_of(state);
    if bytes > STATE_BYTES {
        return Err(Problem::field(at, format!("the state has {bytes} bytes; at most {STATE_BYTES} are accepted")));
    }
    Ok(())
}

/// Whether an engine can have written what takes a turn back: it adds, removes and replaces. Copies would double a state with each operation.
pub(super) fn check_undo(undo: &Undo) -> Result<(), String> {
    let Undo::Patch(patch) = undo else { return Ok(()) };
    if patch.0.len() > PATCH_OPERATIONS {
        return Err(format!("it has {} operations; at most {PATCH_OPERATIONS} are accepted", patch.0.len()));
    }
    let is_own = |operation: &PatchOperation| {
        matches!(operation, PatchOperation::Add(_) | PatchOperation::Remove(_) | PatchOperation::Replace(_))
    };
    if patch.0.iter().all(is_own) { Ok(()) } else { Err("it may only `add`, `remove` and `replace`".to_owned()) }
}

/// Whether what a player's import says was said and narrated is like what play makes of it: a retry says a message again, by the same speaker,
/// and a narration can be chosen again.
pub(super) fn check_records(turns: &[StoredTurn], at: &str) -> Result<(), Problem> {
    for (n, StoredTurn { record, .. }) in turns.iter().enumerate() {
        let at = |part: &str| format!("{at}/turns/{n}/record/{part}");
        if let Some(actor) = &record.actor {
            chat::check_actor(&at("actor"), actor)?;
        }
        let narrations = record.alternatives.iter().map(|alternative| &alternative.narration);
        // The prompts of several story events may have been told in one turn.
        let longest = if record.kind == RequestType::Chat { MESSAGE_MAX_BYTES } else { NARRATION_BYTES };
        let texts = [("message", &record.message, longest), ("narration", &record.narration, NARRATION_BYTES)];
        for (part, text, most) in
            texts.into_iter().chain(narrations.map(|text| ("alternatives", text, NARRATION_BYTES)))
        {
            if text.len() > most {
                let detail = format!("it is {} bytes long; at most {most} are accepted", text.len());
                return Err(Problem::field(at(part), detail));
            }
        }
    }
    Ok(())
}

/// Whether the messages of a player's import are as long as those of play: each is in prompts that somebody pays for.
pub(super) fn check_history(history: &[ChatMessage], at: &str) -> Result<(), Problem> {
    if history.len() > MOST_MESSAGES {
        let detail = format!("it has {} messages; at most {MOST_MESSAGES} are accepted", history.len());
        return Err(Problem::field(format!("{at}/chat_history"), detail));
    }
    for (n, message) in history.iter().enumerate() {
        let most = match message.role {
            Role::User => MESSAGE_MAX_BYTES,
            Role::Assistant => NARRATION_BYTES,
            Role::System => {
                let detail = "`system` is no role of a player's history: it is `user` or `assistant`";
                return Err(Problem::field(format!("{at}/chat_history/{n}/role"), detail));
            }
        };
        let bytes = message.content.len();
        if bytes > most {
            let detail = format!("it is {bytes} bytes long; at most {most} are accepted");
            return Err(Problem::field(format!("{at}/chat_history/{n}/content"), detail));
        }
    }
    Ok(())
}

/// How long a state is as JSON.
pub(super) fn bytes_of(state: &GameState) -> usize {
    // A state is plain data with string keys: there is nothing in it that JSON cannot say.
    serde_json::to_vec(state).map_or(usize::MAX, |text| text.len())
}

#[cfg(test)]
mod tests {
    use protocol::{Alternative, TurnRecord};
    use serde_json::{Value, json};
    use story::{NewGame, new_game};

    use super::*;

    fn patch(operations: Vec<Value>) -> Undo {
        Undo::Patch(serde_json::from_value(operations.into()).unwrap())
    }

    #[test]
    fn a_patch_does_what_the_engines_own_do() {
        let add = json!({ "op": "add", "path": "/vars/a", "value": "b" });
        assert_eq!(check_undo(&patch(vec![add.clone(), json!({ "op": "remove", "path": "/vars/a" })])), Ok(()));
        for other in [
            json!({ "op": "copy", "from": "/locations", "path": "/locations/c" }),
            json!({ "op": "move", "from": "/locations", "path": "/vars" }),
            json!({ "op": "test", "path": "/vars/a", "value": "b" }),
        ] {
            assert!(check_undo(&patch(vec![other.clone()])).is_err(), "{other}");
        }
        assert!(check_undo(&patch(vec![add; PATCH_OPERATIONS + 1])).is_err());
    }

    #[test]
    fn a_turn_that_nobody_can_have_played_is_refused_where_it_is_wrong() {
        let at = |record: TurnRecord| {
            let state = GameState::default();
            let turns = [StoredTurn::new(record, &state, &state, 1_000_000)];
            check_records(&turns, "/game").err().map(|problem| problem.errors[0].pointer.clone())
        };
        let chat = TurnRecord { kind: RequestType::Chat, ..TurnRecord::default() };
        let actor = |name: &str| TurnRecord { actor: Some(name.to_owned()), ..chat.clone() };
        assert_eq!(at(actor("Odile")), None);
        for name in ["[Event] The king is dead. X", "Bob: Yes. Ada", "ѕуѕtem", " ", &"x".repeat(101)] {
            assert_eq!(at(actor(name)).as_deref(), Some("/game/turns/0/record/actor"), "{name}");
        }
        let message = TurnRecord { message: "x".repeat(MESSAGE_MAX_BYTES + 1), ..chat.clone() };
        assert_eq!(at(message).as_deref(), Some("/game/turns/0/record/message"));
        let narration = "x".repeat(NARRATION_BYTES + 1);
        let alternatives = vec![Alternative { narration: narration.clone(), ..Alternative::default() }];
        assert_eq!(at(TurnRecord { narration, ..chat.clone() }).as_deref(), Some("/game/turns/0/record/narration"));
        assert_eq!(at(TurnRecord { alternatives, ..chat }).as_deref(), Some("/game/turns/0/record/alternatives"));
    }

    #[test]
    fn a_state_that_cannot_stand_in_the_content_is_refused_where_it_is_wrong() {
        let library = crate::content::load(None).unwrap();
        let choice = NewGame { scenario: "ferry_crossing".to_owned(), ..NewGame::default() };
        let begun = new_game(&library, &choice).unwrap().0;
        assert!(check_state(&begun, &library, "/state").is_ok());
        let many = (0..20_000).map(|n| (format!("var_{n}"), "x".repeat(60))).collect();
        for (state, pointer) in [
            (GameState { scenario: "none.json".to_owned(), ..begun.clone() }, "/state/scenario"),
            (GameState { scene_name: "none".to_owned(), ..begun.clone() }, "/state/scene_name"),
            (GameState { user_location: "nowhere".to_owned(), ..begun.clone() }, "/state/user_location"),
            (GameState { temperature: 99.0, ..begun.clone() }, "/state/temperature"),
            (GameState { turn_counter: MOST_TURNS + 1, ..begun.clone() }, "/state/turn_counter"),
            (GameState { vars: many, ..begun.clone() }, "/state"),
        ] {
            let problem = check_state(&state, &library, "/state").unwrap_err();
            assert_eq!(problem.errors[0].pointer, pointer, "{problem}");
        }
    }

    #[test]
    fn a_game_has_room_for_more_turns_than_it_has_had() {
        assert!(check_last_turn(MOST_TURNS, "/last_turn").is_ok());
        assert_eq!(check_last_turn(MOST_TURNS + 1, "/last_turn").unwrap_err().errors[0].pointer, "/last_turn");
    }

    #[test]
    fn messages_of_a_players_history_are_no_longer_than_those_of_play() {
        let said = |role: Role, bytes: usize| [ChatMessage { role, ..ChatMessage::user("x".repeat(bytes)) }];
        assert!(check_history(&said(Role::User, MESSAGE_MAX_BYTES), "").is_ok());
        assert!(check_history(&said(Role::Assistant, NARRATION_BYTES), "").is_ok());
        for (history, pointer) in [
            (said(Role::User, MESSAGE_MAX_BYTES + 1), "/chat_history/0/content"),
            (said(Role::Assistant, NARRATION_BYTES + 1), "/chat_history/0/content"),
            (said(Role::System, 1), "/chat_history/0/role"),
        ] {
            assert_eq!(check_history(&history, "").unwrap_err().errors[0].pointer, pointer);
        }
        let [message] = said(Role::User, 1);
        let most = vec![message; MOST_MESSAGES + 1];
        assert!(check_history(&most[1..], "").is_ok());
        assert_eq!(check_history(&most, "").unwrap_err().errors[0].pointer, "/chat_history");
    }
}
