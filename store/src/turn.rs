//! The record of a turn as the store keeps it, and how a game is brought back to a turn: from the nearest whole state behind the
//! turn, by patches backwards. The cost is the distance, not the length of the game.

use json_patch::Patch;
use protocol::{GameId, TurnRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use story::GameState;

use super::{SentPrompts, Store, StoreError, TurnRange};

/// Every so many turns a record holds the whole state: no way back needs more patches than that.
pub const WHOLE_STATE_EVERY: u64 = 50;

/// A turn with what takes it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredTurn {
    /// The turn as clients see it.
    pub record: TurnRecord,
    /// What takes it back.
    pub undo: Undo,
    /// How many messages the history had before it. The store counts them when the turn is committed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub messages_before: u64,
    /// What models were sent for it, for operators. It comes on top of what a record may be large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<SentPrompts>,
}

/// How many turn records are read at a time.
const PAGE: usize = 100;

/// The records of a game up to a turn, as they leave the game: for an export, the archive, or a branch. What models were sent stays
/// behind, because others read these.
pub async fn turns_up_to(store: &dyn Store, id: GameId, last: u64) -> Result<Vec<StoredTurn>, StoreError> {
    let mut turns: Vec<StoredTurn> = Vec::new();
    loop {
        let from = turns.last().map_or(0, |turn| turn.record.turn + 1);
        let page = store.turns(id, TurnRange::From(from), PAGE).await?.turns;
        let is_last = page.len() < PAGE;
        let wanted = page.into_iter().filter(|turn| turn.record.turn <= last);
        turns.extend(wanted.map(|turn| StoredTurn { prompts: None, ..turn }));
        if is_last || turns.last().is_none_or(|turn| turn.record.turn >= last) {
            return Ok(turns);
        }
    }
}

/// What takes a turn back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// From the state after the turn to the state before it (RFC 6902).
    Patch(Patch),
    /// The state before the turn.
    State(Box<GameState>),
    /// Nothing: the record would have been larger than a record may be.
    TooLarge,
}

/// One try of a message, with the story events behind it: everything that choosing it again needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Try {
    /// Its turns: that of the message first.
    pub turns: Vec<StoredTurn>,
    /// The state after it.
    pub state: GameState,
}

/// A game cannot be brought back to a turn, because a record on the way does not hold how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record of turn {turn} does not hold what takes it back")]
pub struct NoWayBack {
    /// The turn that stays in the way.
    pub turn: u64,
}

impl StoredTurn {
    /// A record that is not larger than `most` bytes: what makes it larger is left out, the model's delta first.
    #[must_use]
    pub fn new(record: TurnRecord, before: &GameState, after: &GameState, most: usize) -> Self {
        let undo = if record.turn.is_multiple_of(WHOLE_STATE_EVERY) {
            Undo::State(Box::new(before.clone()))
        } else {
            undo_of(before, after)
        };
        Self { record, undo, messages_before: 0, prompts: None }.no_larger_than(most)
    }

    /// The same turn without what makes it larger than `most` bytes. The prompts have a limit of their own: a turn can be taken back
    /// whether they are kept or not.
    #[must_use]
    pub fn no_larger_than(mut self, most: usize) -> Self {
        let prompts = self.prompts.take();
        if size(&self) > most {
            self.record.proposed = None;
        }
        if size(&self) > most {
            self.undo = Undo::TooLarge;
        }
        Self { prompts, ..self }
    }

    /// The same turn, taken back from another state than the one it made: a patch of the game belongs to the turn before it.
    #[must_use]
    pub fn ending_in(self, before: &GameState, after: &GameState, most: usize) -> Self {
        let undo = if matches!(self.undo, Undo::State(_)) { self.undo } else { undo_of(before, after) };
        Self { undo, ..self }.no_larger_than(most)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn size(stored: &StoredTurn) -> usize {
    /// Counts what is written, and keeps nothing of it.
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, stored).map_or(usize::MAX, |()| count.0)
}

/// Only what differs is made JSON and compared: with the whole states that was a tenth of a worker's instructions for a turn.
fn undo_of(before: &GameState, after: &GameState) -> Undo {
    let [before, after] = story::apart(before, after);
    Undo::Patch(json_patch::diff(&value(&after), &value(&before)))
}

fn value(state: &GameState) -> Value {
    // A state is plain data with string keys: there is nothing in it that JSON cannot say.
    serde_json::to_value(state).unwrap_or_default()
}

/// The state before the first of `turns`. They follow each other without a gap, and are either all that the game has from there
/// on, so that they end in `present`, or hold a whole state.
pub fn state_before(turns: &[StoredTurn], present: &GameState) -> Result<GameState, NoWayBack> {
    let whole = turns.iter().position(|turn| matches!(turn.undo, Undo::State(_)));
    let (mut state, behind) = match whole.map(|at| (at, &turns[at].undo)) {
        Some((at, Undo::State(state))) => (value(state), &turns[..at]),
        _ => (value(present), turns),
    };
    for turn in behind.iter().rev() {
        let lost = NoWayBack { turn: turn.record.turn };
        let Undo::Patch(patch) = &turn.undo else { return Err(lost) };
        json_patch::patch(&mut state, patch).map_err(|_| lost)?;
    }
    let first = turns.first().map_or(0, |turn| turn.record.turn);
    serde_json::from_value(state).map_err(|_| NoWayBack { turn: first })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SentPrompt;

    fn record(turn: u64) -> TurnRecord {
        TurnRecord { turn, proposed: Some(Value::from("x".repeat(1000))), ..TurnRecord::default() }
    }

    /// The states of a game, and the records between each two of them.
    fn game(turns: u64) -> (Vec<GameState>, Vec<StoredTurn>) {
        let state = |turn: u64| {
            let mut state = GameState { turn_counter: turn, ..GameState::default() };
            state.user_inventory = (0..turn % 7).map(|n| format!("thing {n}")).collect();
            state.vars.insert(format!("var {}", turn % 3), turn.to_string());
            state
        };
        let states: Vec<GameState> = (0..=turns).map(state).collect();
        let stored = (1..).zip(states.windows(2)).map(|(n, pair)| StoredTurn::new(record(n), &pair[0], &pair[1], 9000));
        let stored = stored.collect();
        (states, stored)
    }

    #[test]
    fn a_turn_is_taken_back_whatever_it_has_changed() {
        let full = |text: &str| -> GameState { serde_json::from_str(&text.replace('\'', "\"")).unwrap() };
        let states = [
            full("{}"),
            full(
                "{'npcs':{'bo':{'name':'Bo','location':'quay'},'al':{'name':'Al'}},'closed_items':{'box':{'contains':['pin']},'bag':{}}}",
            ),
            full(
                "{'npcs':{'bo':{'name':'Bo','location':'mill'},'al':{'name':'Al'}},'closed_items':{'bag':{}},'vars':{'a':'1'}}",
            ),
            full(
                "{'npcs':{'al':{'name':'Al'}},'narrator':{'name':'N'},'pc':{'name':'P'},'locations':{'quay':{'items':['rope']}},'memory':{'summary':'So.'}}",
            ),
            full(
                "{'narrator':{'name':'N'},'pc':{'name':'Q'},'locations':{'quay':{'items':[]},'mill':{}},'contingency_prompts':[{'prompt':'x'}]}",
            ),
        ];
        for before in &states {
            for after in &states {
                let turn = StoredTurn::new(record(1), before, after, 9000);
                assert_eq!(&state_before(&[turn], after).unwrap(), before);
            }
        }
    }

    #[test]
    fn a_game_comes_back_to_each_of_its_turns() {
        let (states, turns) = game(120);
        for kept in 0..120 {
            assert_eq!(state_before(&turns[kept..], &states[120]).unwrap(), states[kept], "after turn {kept}");
        }
    }

    #[test]
    fn no_more_patches_are_needed_than_to_the_next_whole_state() {
        let (states, turns) = game(120);
        let next = usize::try_from(WHOLE_STATE_EVERY).unwrap();
        assert_eq!(state_before(&turns[..next], &GameState::default()).unwrap(), states[0]);
    }

    #[test]
    fn a_record_that_is_too_large_loses_the_delta_and_then_the_way_back() {
        let before = GameState { user_inventory: vec!["y".repeat(2000)], ..GameState::default() };
        let after = GameState::default();
        let without = StoredTurn::new(record(1), &before, &after, 3000);
        assert!(without.record.proposed.is_none() && without.undo != Undo::TooLarge);
        let blind = StoredTurn::new(record(1), &before, &after, 1000);
        assert_eq!(state_before(&[blind], &after), Err(NoWayBack { turn: 1 }));
    }

    #[test]
    fn prompts_that_are_kept_take_nothing_from_a_record() {
        let (states, turns) = game(1);
        let sent = SentPrompt {
            provider: String::new(),
            model: String::new(),
            system: "s".repeat(20_000),
            messages: Vec::new(),
            left_out: 0,
        };
        let prompts = Some(SentPrompts { narration: Some(sent), extraction: None });
        let turn = StoredTurn { prompts: prompts.clone(), ..turns[0].clone() }.no_larger_than(9000);
        assert_eq!(turn, StoredTurn { prompts, ..turns[0].clone() });
        assert_eq!(state_before(&[turn], &states[1]).unwrap(), states[0]);
    }

    #[test]
    fn a_patch_of_the_game_is_taken_back_with_the_turn_before_it() {
        let (states, turns) = game(1);
        let patched = GameState { is_ended: true, ..states[1].clone() };
        let turn = turns[0].clone().ending_in(&states[0], &patched, 9000);
        assert_eq!(state_before(&[turn], &patched).unwrap(), states[0]);
    }
}
