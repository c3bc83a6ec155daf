//! A character as our content: somebody to meet, in a small story around them, or somebody to play.

use serde_json::{Value, json};

use super::Becomes;
use super::book::Book;
use super::parts::Card;

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) npc: Option<Value>,
    pub(super) pc: Option<Value>,
    /// A story of its own, without its lore.
    pub(super) scenario: Option<Value>,
    pub(super) lore: Book,
    /// What cannot be used, one sentence each.
    pub(super) unused: Vec<String>,
}

/// The first of `names` that can name a file, as an id.
pub(super) fn id(names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| {
        let id: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let words: Vec<&str> = id.split('_').filter(|word| !word.is_empty()).collect();
        (!words.is_empty()).then(|| words.join("_").chars().take(60).collect())
    })
}

/// The content that a card becomes; with a story around an NPC if there `is_alone`.
pub(super) fn card(card: Card, id: &str, becomes: Becomes, is_alone: bool) -> Content {
    let Card { name, called, description, personality, scenario, first_message, examples, book, mut unused } = card;
    let mut hints = Vec::new();
    if !examples.is_empty() {
        hints.push(format!(
            "This is how {called} speaks, as an example and not as a part of the story:\n{}",
            spoken(&examples)
        ));
    }
    let mut not_used = |field: &str, text: &str, reason: &str| {
        if !text.is_empty() {
            unused.push(format!("`{field}` is not used: {reason}"));
        }
    };
    let mut content = Content::default();
    match becomes {
        Becomes::Pc => {
            not_used("scenario", &scenario, "a player's character comes into any story");
            not_used("first_mes", &first_message, "a player's character comes into any story");
            content.pc = Some(without_empty(json!({
                "name": name, "description": description, "background": personality, "contingency_prompts": hints,
            })));
        }
        Becomes::Npc => {
            content.npc = Some(without_empty(json!({
                "name": name, "description": description, "disposition": personality, "contingency_prompts": hints,
            })));
            if is_alone {
                content.scenario = Some(story(&called, id, &scenario, &first_message));
            } else {
                not_used("scenario", &scenario, "the scenario that is named has a premise");
                not_used("first_mes", &first_message, "the scenario that is named has an opening");
            }
        }
    }
    Content { lore: book, unused, ..content }
}

/// A story of one place, in which the player meets the character and in the end takes leave.
fn story(name: &str, id: &str, scenario: &str, first_message: &str) -> Value {
    let story = if scenario.is_empty() { format!("The player meets {name}.") } else { scenario.to_owned() };
    let opening =
        if first_message.is_empty() { format!("{name} is here. What do you do?") } else { first_message.to_owned() };
    json!({
        "name": name,
        "story": story,
        "rating": "PG-13",
        "opening_scene": "meeting",
        "opening_location": "here",
        // A `%s` would be the place for the player character's opening.
        "opening_prompt": opening.replace("%s", "% s"),
        "vars": { "took_leave": "false" },
        "locations": { "here": { "name": "Here", "description": story } },
        "npcs": { id: { "template_id": id, "location": "here", "important": true } },
        "scenes": { "meeting": {
            "story": format!("The player and {name} are together."),
            "contingency_rules": [
                format!("When the player says farewell to {name} for good, set the variable \"took_leave\" to \"true\".")
            ],
            "conditionals": {
                "leave": { "when": { "vars": { "took_leave": "true" } }, "then": { "ending": "farewell" } }
            },
        } },
        "endings": { "farewell": { "name": "Farewell", "text": format!("{name} and the player part ways.") } },
    })
}

/// Example dialogue without its marks.
fn spoken(examples: &str) -> String {
    let lines =
        examples.lines().map(str::trim).filter(|line| !line.is_empty() && !line.eq_ignore_ascii_case("<start>"));
    lines.collect::<Vec<_>>().join("\n")
}

fn without_empty(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, value| !matches!(value, Value::String(text) if text.is_empty()) && value != &json!([]));
    }
    value
}
