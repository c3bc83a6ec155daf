//! The prompt for a summary of what no longer fits into the narrator's window, so that long stories are remembered and not cut.

use super::Prompt;
use super::quote::quoted;
use super::text::{SUMMARY, written_in};
use super::world::block;
use crate::content::Language;
use crate::message::{ChatMessage, Role};

/// What a model gets to write down `turns`, which go on from what `previous` tells. The answer replaces `previous`.
#[must_use]
pub fn summary_prompt(previous: Option<&str>, turns: &[ChatMessage], language: Option<&Language>) -> Prompt {
    let mut parts = Vec::new();
    if let Some(previous) = previous.map(str::trim).filter(|previous| !previous.is_empty()) {
        parts.push(block("story_so_far", &quoted(previous)));
    }
    let since: Vec<_> = turns.iter().filter(|turn| turn.role != Role::System).map(line).collect();
    parts.push(block("since_then", &since.join("\n\n")));
    parts.push("Write the story so far, with what has happened since then.".to_owned());
    let language = language.map(|language| format!(" {}", written_in(language))).unwrap_or_default();
    Prompt::new(format!("{SUMMARY}{language}"), [], parts.join("\n"))
}

fn line(turn: &ChatMessage) -> String {
    let speaker = match (turn.role, turn.is_story_event) {
        (Role::User, false) => "Player",
        (Role::User, true) => "Event",
        (Role::Assistant | Role::System, _) => "Narrator",
    };
    format!("[{speaker}] {}", quoted(&turn.content))
}
