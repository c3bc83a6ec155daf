//! What a card of any version says, read tolerantly: in the wild, texts are null, numbers are texts, and fields are missing.

use miette::miette;
use serde_json::{Map, Value};

use super::book::{self, Book};
use super::field::text;
use super::words;

/// The longest name, in characters.
const NAME_MAX: usize = 100;
/// The longest text of a field, in bytes.
const TEXT_MAX: usize = 64 * 1024;

/// What a file holds.
pub(super) enum Imported {
    Card(Box<Card>),
    Book(Book),
}

/// A character.
#[derive(Debug, Default)]
pub(super) struct Card {
    pub(super) name: String,
    /// What replaces `{{char}}`: the nickname, or else the name.
    pub(super) called: String,
    pub(super) description: String,
    pub(super) personality: String,
    pub(super) scenario: String,
    pub(super) first_message: String,
    pub(super) examples: String,
    pub(super) book: Book,
    /// What cannot be used, one sentence each.
    pub(super) unused: Vec<String>,
}

/// Fields of a card that have no place here, with the reason.
const UNUSED: &[(&str, &str)] = &[
    ("system_prompt", "a narrator's prompts are the narrator's"),
    ("post_history_instructions", "a narrator's rules are the narrator's"),
    ("alternate_greetings", "a story has one opening"),
    ("group_only_greetings", "a story has one opening"),
    ("creator_notes", "it is meant for people"),
    ("creator_notes_multilingual", "it is meant for people"),
    ("assets", "there are no pictures"),
    ("extensions", "they belong to another program"),
];

/// Reads a card or a lorebook.
pub(super) fn parse(value: &Value) -> miette::Result<Imported> {
    let Some(top) = value.as_object() else {
        return Err(miette!("it is JSON, but no object"));
    };
    let spec = top.get("spec").and_then(Value::as_str).unwrap_or_default();
    let data = top.get("data").and_then(Value::as_object);
    match (spec, data) {
        ("lorebook_v3", Some(data)) => Ok(Imported::Book(book::parse(data, "")?)),
        (_, Some(data)) if data.contains_key("name") => card(data).map(|card| Imported::Card(Box::new(card))),
        // A lorebook of SillyTavern's own. A card of version 1 has no entries.
        _ if top.contains_key("entries") => Ok(Imported::Book(book::parse(top, "")?)),
        _ if top.contains_key("name") => card(top).map(|card| Imported::Card(Box::new(card))),
        _ => Err(miette!(
            help = "a card has a `name`, at its top or in `data`; a lorebook has `entries`",
            "it is JSON, but neither a card nor a lorebook"
        )),
    }
}

fn card(data: &Map<String, Value>) -> miette::Result<Card> {
    let named = |field| {
        let name = words::plain(&text(data, field), "");
        name.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(NAME_MAX).collect::<String>()
    };
    let name = named("name");
    if name.is_empty() {
        return Err(miette!("the character has no name"));
    }
    let nickname = named("nickname");
    let called = if nickname.is_empty() { name.clone() } else { nickname };
    let mut unused = Vec::new();
    let mut field = |field: &str| {
        let plain = words::plain(&text(data, field), &called);
        if plain.len() > TEXT_MAX {
            unused.push(format!("`{field}` is longer than {} kB and is left out", TEXT_MAX / 1024));
            return String::new();
        }
        for placeholder in words::unknown_placeholders(&plain) {
            unused.push(format!("`{placeholder}` in `{field}` stays as it is: it means nothing here"));
        }
        plain
    };
    let mut card = Card {
        description: field("description"),
        personality: field("personality"),
        scenario: field("scenario"),
        first_message: field("first_mes"),
        examples: field("mes_example"),
        ..Card::default()
    };
    for (field, reason) in UNUSED {
        if data.get(*field).is_some_and(|value| !is_empty(value)) {
            unused.push(format!("`{field}` is not used: {reason}"));
        }
    }
    if let Some(data) = data.get("character_book").and_then(Value::as_object) {
        card.book = book::parse(data, &called)?;
    }
    Ok(Card { name, called, unused, ..card })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.iter().all(is_empty),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
