//! The prompt for a summary of what no longer fits into the narrator's window, so that long stories are remembered and not cut.

use super::Prompt;
use super::headings::{Tag, block};
use super::memory::beginning;
use super::quote::quoted;
use super::text::{SUMMARY, written_in};
use crate::content::Language;
use crate::message::{ChatMessage, Role};

/// What the model is asked for at the end.
const REQUEST: &str = "Write the story so far, with what has happened since then.";

/// No message is cut to fewer bytes than this.
const SHORTEST_MESSAGE: usize = 200;

/// What is around a message, in bytes.
const LABEL: usize = 24;

/// A prompt for a summary, and how much of the history it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSummarize {
    /// What a model gets.
    pub prompt: Prompt,
    /// How many of the messages are in it: the first ones.
    pub messages: usize,
}

/// What a model gets to write down `messages`, which go on from what `previous` tells. The answer replaces `previous`.
///
/// The prompt is about as long as `budget` at most, in bytes: it holds the first messages that fit, the rest is for later. At least one
/// turn is in it; a message that is too long for that is cut.
#[must_use]
pub fn summary_prompt(
    previous: Option<&str>,
    messages: &[ChatMessage],
    language: Option<&Language>,
    budget: usize,
) -> ToSummarize {
    let language = language.map(|language| format!(" {}", written_in(language))).unwrap_or_default();
    let system = format!("{SUMMARY}{language}");
    let room = budget.saturating_sub(system.len() + REQUEST.len() + 2 * block(Tag::StorySoFar, "").len());
    let previous = previous.map(|previous| beginning(previous.trim(), room / 2)).unwrap_or_default();
    let room = room.saturating_sub(previous.len());
    let longest = (room / 2).saturating_sub(LABEL).max(SHORTEST_MESSAGE);

    let mut since = Vec::new();
    let (mut bytes, mut covered) = (0, 0);
    for (index, message) in messages.iter().enumerate() {
        let line = (message.role != Role::System).then(|| line(message, longest));
        bytes += line.as_ref().map_or(0, |line| line.len() + 2);
        // A turn stays together.
        if message.role == Role::User {
            covered = index;
        }
        if bytes > room && covered > 0 {
            break;
        }
        since.extend(line);
        if index + 1 == messages.len() {
            covered = messages.len();
        }
    }
    since.truncate(messages[..covered].iter().filter(|message| message.role != Role::System).count());

    let mut parts = Vec::new();
    if !previous.is_empty() {
        parts.push(block(Tag::StorySoFar, &quoted(previous)));
    }
    parts.push(block(Tag::SinceThen, &since.join("\n\n")));
    parts.push(REQUEST.to_owned());
    ToSummarize { prompt: Prompt::new(system, [], parts.join("\n")), messages: covered }
}

/// A message as it is in the prompt, cut where it is longer than `longest` bytes.
fn line(turn: &ChatMessage, longest: usize) -> String {
    let speaker = match (turn.role, turn.is_story_event) {
        (Role::User, false) => "Player",
        (Role::User, true) => "Event",
        (Role::Assistant | Role::System, _) => "Narrator",
    };
    let text = turn.content.trim();
    let shown = match beginning(text, longest) {
        "" => &text[..text.floor_char_boundary(longest)],
        shown => shown,
    };
    let end = if shown.len() < text.len() { " …" } else { "" };
    format!("[{speaker}] {}{end}", quoted(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(turns: usize, bytes: usize) -> Vec<ChatMessage> {
        let turn = |n: usize| {
            [ChatMessage::user(format!("I do {n}.")), ChatMessage::assistant("You wait. ".repeat(bytes / 10))]
        };
        std::iter::once(ChatMessage::assistant("Opening.")).chain((0..turns).flat_map(turn)).collect()
    }

    #[test]
    fn what_does_not_fit_is_summarised_later() {
        let messages = story(20, 600);
        assert_eq!(summary_prompt(None, &messages, None, usize::MAX).messages, messages.len());
        let mut rest = messages.as_slice();
        let mut calls = 0;
        while !rest.is_empty() {
            let made = summary_prompt(Some(&"Ada woke. ".repeat(100)), rest, None, 5000);
            assert!(made.prompt.bytes() <= 5000, "{}", made.prompt.bytes());
            assert!(made.messages > 0);
            rest = &rest[made.messages..];
            assert!(rest.first().is_none_or(|message| message.role == Role::User), "a turn stays together");
            calls += 1;
        }
        assert!((4..10).contains(&calls), "{calls}");
    }

    #[test]
    fn a_message_that_is_too_long_is_cut() {
        let messages = [ChatMessage::user("I read."), ChatMessage::assistant("A long page. ".repeat(1000))];
        let made = summary_prompt(None, &messages, None, 4000);
        assert_eq!(made.messages, 2);
        assert!(made.prompt.bytes() <= 4000, "{}", made.prompt.bytes());
        let sent = &made.prompt.messages()[0].content;
        assert!(sent.contains("[Player] I read.") && sent.contains("A long page. …"), "{sent}");
        let one_word = [ChatMessage::assistant("ä".repeat(9000))];
        assert!(summary_prompt(None, &one_word, None, 4000).prompt.bytes() <= 4000);
    }
}
