//! Which lore a prompt tells: that of which the latest messages speak, as far as the scenario's budget goes. The same story always
//! brings up the same lore.

use super::input::{Input, user_text};
use crate::content::{Lore, Scenario};
use crate::message::ChatMessage;
use crate::state::GameState;
use crate::world::words;

/// How many messages before the player's are read for keys: the last two turns.
const MESSAGES: usize = 4;

/// The texts to tell, those with the highest priority first, and of the same priority in the order of the file.
pub(super) fn lore<'a>(
    scenario: &'a Scenario,
    state: &GameState,
    history: &[ChatMessage],
    input: &Input,
) -> Vec<&'a str> {
    if scenario.lore.is_empty() {
        return Vec::new();
    }
    let said = match input {
        Input::Player { message, .. } => message.clone(),
        Input::StoryEvent { .. } => user_text(state, input),
    };
    let latest = history.iter().rev().take(MESSAGES).map(|message| message.content.as_str());
    let texts: Vec<Text> = std::iter::once(said.as_str()).chain(latest).map(Text::new).collect();
    let is_spoken_of = |lore: &Lore| lore.keys.iter().any(|key| texts.iter().any(|text| text.names(key)));
    let holds = |lore: &Lore| lore.when.as_ref().is_none_or(|when| when.holds(state));
    let mut found: Vec<&Lore> = scenario.lore.iter().filter(|lore| holds(lore) && is_spoken_of(lore)).collect();
    found.sort_by_key(|lore| std::cmp::Reverse(lore.priority));
    let mut left = usize::try_from(scenario.lore_budget).unwrap_or(usize::MAX);
    // One that does not fit makes room for a shorter one behind it.
    let fits = |lore: &&Lore| left.checked_sub(lore.tokens()).map(|rest| left = rest).is_some();
    found.into_iter().filter(fits).map(|lore| lore.text.trim()).collect()
}

/// A text that is searched for keys.
struct Text {
    words: Vec<String>,
    lower: String,
}

impl Text {
    fn new(text: &str) -> Self {
        Self { words: words(text), lower: text.to_lowercase() }
    }

    fn names(&self, key: &str) -> bool {
        let wanted = words(key);
        if wanted.is_empty() {
            return false;
        }
        self.words.windows(wanted.len()).any(|found| found == wanted)
            || (key.chars().any(is_written_without_spaces) && self.lower.contains(&key.trim().to_lowercase()))
    }
}

/// Whether words of this script are written together, or carry their particles: Thai to Khmer, Chinese, Japanese and Korean.
const fn is_written_without_spaces(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1780}'..='\u{17FF}' | '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}'
        | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{library, new_state};

    fn chosen(entries: serde_json::Value, budget: u32, history: &[&str], message: &str) -> Vec<String> {
        let mut library = library();
        library.rewrite_scenario("lighthouse", |scenario| {
            scenario.lore = serde_json::from_value(entries).unwrap();
            scenario.lore_budget = budget;
        });
        let history: Vec<_> = history.iter().map(|text| ChatMessage::assistant(*text)).collect();
        let input = Input::Player { message: message.into(), actor: None };
        let scenario = library.scenario("lighthouse").unwrap();
        lore(scenario, &new_state(), &history, &input).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn lore_is_told_while_a_key_stands_in_what_was_said_last() {
        let entries = || {
            json!([
                { "keys": ["the drowned bell", "bell"], "text": "The bell rings before a death." },
                { "keys": ["灯台"], "text": "The lighthouse is older than the town." },
                { "keys": ["gull"], "text": "Never.", "when": { "vars": { "lamp_lit": "true" } } }
            ])
        };
        assert_eq!(chosen(entries(), 400, &[], "What of the Drowned Bells?"), ["The bell rings before a death."]);
        assert_eq!(chosen(entries(), 400, &["A bell."], "I wait."), ["The bell rings before a death."]);
        assert_eq!(chosen(entries(), 400, &[], "灯台へ行く"), ["The lighthouse is older than the town."]);
        assert!(chosen(entries(), 400, &[], "A gull on a belltower.").is_empty());
        let long_ago = ["A bell.", "1", "2", "3", "4"];
        assert!(chosen(entries(), 400, &long_ago, "I wait.").is_empty());
    }

    #[test]
    fn the_budget_takes_the_highest_priority_and_then_what_still_fits() {
        let entries = json!([
            { "keys": ["sea"], "text": "Low, short." },
            { "keys": ["sea"], "text": "x".repeat(80), "priority": 1 },
            { "keys": ["sea"], "text": "High.", "priority": 2 }
        ]);
        assert_eq!(chosen(entries.clone(), 400, &[], "The sea!").len(), 3);
        assert_eq!(chosen(entries.clone(), 10, &[], "The sea!"), ["High.", "Low, short."]);
        assert!(chosen(entries, 0, &[], "The sea!").is_empty());
    }
}
