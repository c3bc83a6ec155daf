//! The offline narrator: it tells any story without a language model. A small parser reads what the player writes, the world of the
//! prompt says what is here, the author's rules say what comes of a deed, and a story's [`Script`] adds prose.
//!
//! It is called like a model, with the texts of a prompt, and answers like one: a narration, or the delta of a narration. The delta is
//! read off the narration, so that what is told and what happens agree. Looking and asking never change anything.

mod deeds;
mod extract;
mod looking;
mod reading;
mod rehearsal;
mod talk;
mod telling;
#[cfg(test)]
mod tests;
mod turn;
mod world;

#[cfg(test)]
pub(crate) use self::tests::shipped;

use std::collections::BTreeMap;

use story::script::Script;
use story::{ChatMessage, Delta, Library};

pub use self::rehearsal::{Answer, Rehearsal, RehearsalError};
use self::telling::Telling;
use self::world::view::{View, block};

/// The beginning of the system text that asks for a summary.
const SUMMARY_OPENING: &str = "You keep the memory of an interactive story";

/// What a prompt has when the game is over.
const IS_OVER: &str = "The story is over.";

/// Whether the offline narrator knows the verb that `does` begins with.
#[must_use]
pub fn knows_deed(does: &str) -> bool {
    reading::sentence::clauses(does).first().is_some_and(|clause| clause.verb.is_some())
}

/// Tells stories without a model.
#[derive(Debug, Clone, Default)]
pub struct OfflineNarrator {
    library: Library,
    scripts: BTreeMap<String, Script>,
}

impl OfflineNarrator {
    /// A narrator of the stories in `library`. `scripts` are found by scenario id.
    #[must_use]
    pub fn new(library: Library, scripts: BTreeMap<String, Script>) -> Self {
        Self { library, scripts }
    }

    /// The answer to a prompt for a narration or a summary.
    #[must_use]
    pub fn narrate(&self, system: &str, messages: &[ChatMessage]) -> String {
        let last = messages.last().map_or("", |message| message.content.as_str());
        if system.starts_with(SUMMARY_OPENING) {
            return summary(last);
        }
        let mut view = View::of_prompt(&self.library, system, messages);
        let default = Script::default();
        let script = view.scenario.and_then(|(id, _)| self.scripts.get(id)).unwrap_or(&default);
        let described = script.things.iter().filter(|thing| thing.when.at.is_some() && view.fits(&thing.when));
        view.described = described.flat_map(|thing| &thing.names).map(String::as_str).collect();
        view.learn_names(script);
        view.learn_told(script);
        let narration = if let Some(event) = block(last, "story_event") {
            let more = script.endings.iter().find(|(part, _)| event.contains(part.as_str()));
            more.map_or_else(|| event.to_owned(), |(_, more)| format!("{event}\n\n{more}"))
        } else {
            let said = block(last, "player").unwrap_or_default();
            Telling::new(&view, script).tell(without_speaker(said))
        };
        let decided = block(last, "decided").map(deeds::fighting::decided).filter(|decided| !decided.is_empty());
        let narration = decided.map_or(narration.clone(), |decided| format!("{decided}\n\n{narration}"));
        if last.contains(IS_OVER) { format!("{narration}\n\nTHE END") } else { narration }
    }

    /// The answer to a prompt for a delta, as JSON of the form that [`delta_schema`](story::delta_schema) asks for.
    #[must_use]
    pub fn answer_for_delta(&self, system: &str, messages: &[ChatMessage]) -> String {
        in_schema_form(&self.extract(system, messages)).to_string()
    }

    /// The same as a delta.
    #[must_use]
    pub fn extract(&self, system: &str, messages: &[ChatMessage]) -> Delta {
        let last = messages.last().map_or("", |message| message.content.as_str());
        let view = View::of_extraction(&self.library, system, last);
        let (Some(_), Some(narration)) = (block(last, "player"), block(last, "narrator")) else {
            return Delta::default();
        };
        let default = Script::default();
        let script = view.scenario.and_then(|(id, _)| self.scripts.get(id)).unwrap_or(&default);
        extract::delta(&view, script, narration)
    }
}

/// A delta in the form that the extracting model is asked for: every field is there, and variables are a list.
fn in_schema_form(delta: &Delta) -> serde_json::Value {
    let events = delta.item_events.iter().map(|event| {
        let holder = |holder: &Option<story::HolderRef>| {
            holder.as_ref().map(|holder| serde_json::json!({ "type": holder.kind, "name": holder.name }))
        };
        serde_json::json!({
            "item": event.item, "action": event.action, "from": holder(&event.from), "to": holder(&event.to),
            "consumed": event.consumed
        })
    });
    let vars = delta.set_vars.iter().map(|(name, value)| serde_json::json!({ "name": name, "value": value }));
    let mut answer = serde_json::json!({
        "user_location": delta.user_location, "scene_change": null, "item_events": events.collect::<Vec<_>>(), "npc_events": [],
        "set_vars": vars.collect::<Vec<_>>(), "game_ended": false
    });
    if !delta.attacks.is_empty() {
        answer["attacks"] = serde_json::json!(delta.attacks);
    }
    answer
}

/// `I ring` of `Ada Finch: I ring`.
fn without_speaker(said: &str) -> &str {
    said.split_once(": ").filter(|(speaker, _)| speaker.len() < 50).map_or(said, |(_, said)| said).trim()
}

/// What the player did, as a list.
fn summary(text: &str) -> String {
    let deeds = text.lines().filter_map(|line| line.strip_prefix("[Player] ")).map(without_speaker);
    let deeds: Vec<_> = deeds.map(|deed| deed.chars().take(80).collect::<String>()).collect();
    format!(
        "What the player did, in order: {}",
        if deeds.is_empty() { "nothing yet.".to_owned() } else { deeds.join("; ") }
    )
}

/// The example of the README, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
