//! What a prompt shows of the history, and when the rest is summarised. History leaves in large blocks: between two of them each prompt
//! begins as the one before it, and a provider's prompt cache has most of it.

use super::quote::quoted;
use crate::message::{ChatMessage, Role};
use crate::prose::{Prose, cut_to_sentence, last_sentence_end};
use crate::state::GameState;

/// A summary is not worth a call for fewer messages.
const FEWEST_LEAVING: usize = 4;

/// Where prompts show fewer messages than this at most, there is no summary.
const SHORTEST_HISTORY: usize = 16;

/// A summary that fails is tried again in a turn whose number is a multiple of this, and not in the next one.
const EVERY: u64 = 3;

/// The messages of so many turns.
const MESSAGES_BETWEEN: usize = 6;

/// The longest summary that is kept, in bytes.
const LONGEST_SUMMARY: usize = 6000;

/// The room for history is counted in steps of so many bytes.
const ROOM_STEP: usize = 2048;

/// How much history prompts show at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryLimits {
    /// In messages.
    pub messages: usize,
    /// In bytes.
    pub bytes: usize,
}

impl HistoryLimits {
    /// The world of the next turn may be described in a few words more.
    fn room(self) -> usize {
        self.bytes - (self.bytes / 16).min(ROOM_STEP / 2)
    }
}

/// The next turn is taken to be as long as the longest of the last ones.
fn longest_turn(open: &[ChatMessage]) -> usize {
    let latest = &open[open.len().saturating_sub(MESSAGES_BETWEEN)..];
    latest.chunks(2).map(|turn| turn.iter().map(size).sum()).max().unwrap_or_default()
}

/// Whether some of the `open` messages may leave after a turn of at most `turn_bytes`, so that a summary of them is paid for.
#[must_use]
pub fn may_leave(open: &[ChatMessage], turn_bytes: usize, limits: HistoryLimits) -> bool {
    let bytes: usize = open.iter().map(size).sum();
    let turn = turn_bytes.max(longest_turn(open));
    limits.messages >= SHORTEST_HISTORY
        && !(bytes.saturating_add(turn.saturating_mul(2)) <= limits.room() && open.len() + 6 <= limits.messages)
}

/// How many of the `open` messages, of which the last ones are those of this `turn`, are summarised now. 0 while the next turn still fits
/// the limits; then so many that a third of them is left, up to a message of the user.
///
/// They leave before a prompt would have to leave them out: then the summary arrives in the turn in which they leave, and the prompts
/// change at their beginning only once. If they are over the limits already, the last try has failed.
#[must_use]
pub fn leaving(open: &[ChatMessage], turn: u64, limits: HistoryLimits) -> usize {
    if limits.messages < SHORTEST_HISTORY {
        return 0;
    }
    let room = limits.room();
    let bytes: usize = open.iter().map(size).sum();
    let next = longest_turn(open);
    let is_over = bytes > room || open.len() + 2 > limits.messages;
    let fits = bytes + next <= room && open.len() + 4 <= limits.messages;
    if fits || is_over && !turn.is_multiple_of(EVERY) {
        return 0;
    }
    let mut kept = 0;
    let mut from = open.len();
    for (index, message) in open.iter().enumerate().rev() {
        kept += size(message);
        if kept > limits.bytes / 3 || open.len() - index > limits.messages / 3 {
            break;
        }
        from = index;
    }
    let from = from + open[from..].iter().take_while(|message| message.role != Role::User).count();
    // The last turn is always shown.
    let from = from.min(open.len().saturating_sub(2));
    if from < FEWEST_LEAVING { 0 } else { from }
}

/// The end of `history` that fits `room` bytes. When it does not fit, half of the room is left free, so that the next prompts begin
/// alike, but not at the cost of the last turn; and the first message is the user's.
pub(super) fn shown(history: &[ChatMessage], room: usize) -> &[ChatMessage] {
    if history.iter().map(size).sum::<usize>() <= room {
        return history;
    }
    // Large rooms are counted in steps, so that a world that is described in a few words more moves nothing.
    let steps = if room > 2 * ROOM_STEP { room / ROOM_STEP * ROOM_STEP } else { room };
    let (mut from, mut bytes) = (0, 0);
    for (index, message) in history.iter().enumerate() {
        bytes += size(message);
        if bytes > steps {
            while bytes > steps / 2 && from <= index {
                bytes -= size(&history[from]);
                from += 1;
            }
        }
    }
    from += history[from..].iter().take_while(|message| message.role != Role::User).count();
    let shown = if from == history.len() { last_turn(history) } else { &history[from..] };
    if shown.iter().map(size).sum::<usize>() <= room { shown } else { &[] }
}

/// The last message of the user and what follows it.
fn last_turn(history: &[ChatMessage]) -> &[ChatMessage] {
    let from = history.iter().rposition(|message| message.role == Role::User).unwrap_or_default();
    &history[from..]
}

/// What the last turn takes of a prompt, in bytes.
pub(super) fn last_turn_bytes(history: &[ChatMessage]) -> usize {
    last_turn(history).iter().map(size).sum()
}

/// The beginning of a text that is at most so many bytes long: whole sentences, or nothing.
pub(super) fn beginning(text: &str, bytes: usize) -> &str {
    let end = text.floor_char_boundary(bytes);
    if end == text.len() { text } else { &text[..last_sentence_end(&text[..end])] }
}

/// What a message takes of a prompt, in bytes: its text, and what a template puts round it.
fn size(message: &ChatMessage) -> usize {
    message.content.len() + 16
}

/// A summary as a model wrote it, if it is one: prose, without thoughts and control tokens, and no longer than a prompt should carry.
#[must_use]
pub fn read_summary(state: &GameState, written: &str) -> Option<String> {
    let input = super::Input::story_event(String::new());
    let mut prose = Prose::new(state, &input);
    prose.push(written);
    prose.finish(true);
    let text = prose.take();
    let text = quoted(&text);
    let text = match text.char_indices().map(|(at, c)| at + c.len_utf8()).find(|end| *end > LONGEST_SUMMARY) {
        Some(end) => cut_to_sentence(&text[..end]),
        None => &text,
    };
    // A server that was asked for a delta before may answer with one.
    let is_prose = !text.is_empty() && !text.starts_with(['{', '[', '`']);
    is_prose.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::new_state;

    const LIMITS: HistoryLimits = HistoryLimits { messages: 60, bytes: 20_000 };

    fn turns(count: usize, bytes: usize) -> Vec<ChatMessage> {
        let turn = |n: usize| [ChatMessage::user(format!("{n}")), ChatMessage::assistant("x".repeat(bytes))];
        std::iter::once(ChatMessage::assistant("Opening.")).chain((0..count).flat_map(turn)).collect()
    }

    #[test]
    fn a_short_history_stays_and_of_a_long_one_a_third_is_left() {
        assert_eq!(leaving(&turns(10, 100), 3, LIMITS), 0);
        let open = turns(30, 100);
        let left = leaving(&open, 3, LIMITS);
        assert!((40..=44).contains(&left), "{left}");
        assert_eq!(open[left].role, Role::User);
        let open = turns(10, 1800);
        let left = leaving(&open, 3, LIMITS);
        assert!((14..=18).contains(&left), "{left}");
        assert_eq!(leaving(&open, 3, HistoryLimits { messages: 4, ..LIMITS }), 0, "too short a window");
    }

    #[test]
    fn what_leaves_is_never_the_last_turn() {
        let open = [turns(6, 100), vec![ChatMessage::user("x"), ChatMessage::assistant("y".repeat(30_000))]].concat();
        assert_eq!(leaving(&open, 3, LIMITS), open.len() - 2);
    }

    #[test]
    fn a_summary_that_fails_is_tried_again_but_not_in_every_turn() {
        for open in [turns(40, 10), turns(20, 1100)] {
            assert_eq!((1..=9).filter(|turn| leaving(&open, *turn, LIMITS) > 0).collect::<Vec<_>>(), [3, 6, 9]);
        }
    }

    #[test]
    fn messages_leave_before_the_prompt_would_leave_them_out() {
        for limits in [LIMITS, HistoryLimits { bytes: 3000, ..LIMITS }, HistoryLimits { messages: 20, ..LIMITS }] {
            let mut open = turns(0, 0);
            for turn in 1..60 {
                open.extend([ChatMessage::user("I go."), ChatMessage::assistant("x".repeat(500))]);
                assert!(open.len() <= limits.messages, "turn {turn}");
                assert_eq!(shown(&open, limits.bytes).len(), open.len(), "turn {turn}, {limits:?}");
                open.drain(..leaving(&open, turn, limits));
            }
        }
    }

    #[test]
    fn nothing_leaves_that_was_not_foreseen() {
        for limits in [LIMITS, HistoryLimits { bytes: 3000, ..LIMITS }, HistoryLimits { messages: 20, ..LIMITS }] {
            let (mut open, mut unforeseen, mut foreseen) = (turns(0, 0), 0, 0);
            for turn in 1..60 {
                let narrated = if turn % 7 == 0 { 900 } else { 300 };
                let may = may_leave(&open, 5 + 900, limits);
                open.extend([ChatMessage::user("I go."), ChatMessage::assistant("x".repeat(narrated))]);
                let left = leaving(&open, turn, limits);
                assert!(may || left == 0, "turn {turn}, {limits:?}");
                foreseen += u32::from(may);
                unforeseen += u32::from(!may);
                open.drain(..left);
            }
            assert!(foreseen > 0 && unforeseen > 0, "{limits:?}: {foreseen}, {unforeseen}");
        }
    }

    #[test]
    fn history_leaves_a_prompt_in_blocks() {
        let history = turns(60, 300);
        let starts: Vec<_> = (1..60)
            .map(|turn| {
                let history = &history[..=2 * turn];
                history.len() - shown(history, 8192).len()
            })
            .collect();
        let moves = starts.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((2..=5).contains(&moves), "{starts:?}");
        assert!(shown(&history, 100).is_empty());
        assert_eq!(shown(&history, 1_000_000).len(), history.len());
    }

    #[test]
    fn only_prose_is_a_summary() {
        let read = |text: &str| read_summary(&new_state(), text);
        assert_eq!(read("<think>hm</think>Ada woke.<|im_end|>").as_deref(), Some("Ada woke."));
        assert_eq!(read("{\"user_location\": null}"), None);
        assert_eq!(read("  "), None);
        assert!(read(&"Ada woke. ".repeat(5000)).unwrap().len() <= LONGEST_SUMMARY);
    }
}
