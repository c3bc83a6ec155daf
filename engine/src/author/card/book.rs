//! A lorebook: that of a card (`character_book`), one of its own (`lorebook_v3`), or the world info of `SillyTavern`.

use miette::miette;
use serde_json::{Map, Value};
use story::Lore;

use super::field::text;
use super::words;

/// The most entries of a book.
const ENTRIES_MAX: usize = 5_000;
/// The longest text of an entry, in bytes.
const TEXT_MAX: usize = 16 * 1024;
/// A budget of tokens that a prompt can be expected to have room for.
const BUDGET_MAX: u64 = 8_192;

/// What a lorebook holds, as far as it can be used.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Book {
    pub(super) lore: Vec<Lore>,
    /// Texts that the narrator always has.
    pub(super) always: Vec<String>,
    /// How many tokens a prompt may hold of it.
    pub(super) budget: Option<u32>,
    /// What cannot be used, one sentence each.
    pub(super) unused: Vec<String>,
}

/// What an entry may ask for that lore does not have, and when it does.
const IGNORED: &[(&str, &str)] = &[
    ("case_sensitive", "upper and lower case do not matter"),
    ("caseSensitive", "upper and lower case do not matter"),
    ("useProbability", "lore is not left to chance"),
    ("sticky", "lore is there while the story speaks of it"),
    ("cooldown", "lore is there while the story speaks of it"),
    ("delay", "lore is there while the story speaks of it"),
    ("group", "entries stand for themselves"),
];

/// Reads a book whose `{{char}}` is `character`.
pub(super) fn parse(data: &Map<String, Value>, character: &str) -> miette::Result<Book> {
    let entries: Vec<&Map<String, Value>> = match data.get("entries") {
        Some(Value::Array(entries)) => entries.iter().filter_map(Value::as_object).collect(),
        // SillyTavern numbers them.
        Some(Value::Object(entries)) => entries.values().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    };
    if entries.len() > ENTRIES_MAX {
        return Err(miette!("the lorebook has {} entries; {ENTRIES_MAX} are the most that are read", entries.len()));
    }
    let mut book = Book::default();
    if let Some(budget) = data.get("token_budget").and_then(Value::as_u64).filter(|budget| *budget > 0) {
        book.budget = u32::try_from(budget.min(BUDGET_MAX)).ok();
    }
    if is_on(data.get("recursive_scanning")) {
        book.unused.push("entries do not bring each other up: keys are looked for in the story only".to_owned());
    }
    for (at, entry) in entries.into_iter().enumerate() {
        let name = [text(entry, "comment"), text(entry, "name")].into_iter().find(|name| !name.trim().is_empty());
        let name =
            name.map_or_else(|| format!("entry {}", at + 1), |name| format!("entry {} ({})", at + 1, name.trim()));
        book.read(entry, &name, character);
    }
    Ok(book)
}

impl Book {
    fn read(&mut self, entry: &Map<String, Value>, name: &str, character: &str) {
        let content = text(entry, "content");
        let (decorators, content) = undecorated(&content);
        let content = words::plain(&content, character);
        let has_regex = is_on(entry.get("use_regex"));
        let (keys, patterns): (Vec<String>, Vec<String>) =
            keys(entry, "keys", "key", character).into_iter().partition(|key| !has_regex && !is_regex(key));
        let is_constant = is_on(entry.get("constant"));
        let left_out = if is_on(entry.get("disable")) || entry.get("enabled") == Some(&Value::Bool(false)) {
            Some("it is switched off")
        } else if content.is_empty() {
            Some("it has no text")
        } else if content.len() > TEXT_MAX {
            Some("its text is longer than 16 kB")
        } else if keys.is_empty() && !is_constant {
            Some(if patterns.is_empty() { "it has no keys" } else { "its keys are regular expressions" })
        } else {
            None
        };
        if let Some(reason) = left_out {
            self.unused.push(format!("{name} is left out: {reason}"));
            return;
        }
        let mut say = |what: String| self.unused.push(format!("{name}: {what}"));
        if !patterns.is_empty() && !is_constant {
            say(format!("without its keys that are regular expressions: {}", patterns.join(", ")));
        }
        let is_selective = entry.get("selective") != Some(&Value::Bool(false));
        let others = keys_of(entry, "secondary_keys", "keysecondary");
        if is_selective && !others.is_empty() && !is_constant {
            say(format!("its first keys are enough to bring it up, without {}", others.join(", ")));
        }
        for decorator in decorators {
            say(format!("`{decorator}` is not used"));
        }
        for (field, reason) in IGNORED {
            let is_set = match entry.get(*field) {
                // SillyTavern sets it for every entry, mostly with a probability of 100.
                Some(Value::Bool(true)) if *field == "useProbability" => {
                    entry.get("probability").and_then(Value::as_u64).is_some_and(|percent| percent < 100)
                }
                value => is_on(value),
            };
            if is_set {
                say(format!("`{field}` is not used: {reason}"));
            }
        }
        if is_constant {
            self.always.push(content);
        } else {
            self.lore.push(Lore { keys, text: content, priority: priority(entry), when: None });
        }
    }
}

/// What is left out first where not all fits: as both formats say, by `priority`, else by the order of insertion.
fn priority(entry: &Map<String, Value>) -> i64 {
    // A number with a fraction counts as none: no field needs one here.
    let number = |field: &str| entry.get(field).and_then(Value::as_i64);
    number("priority").or_else(|| number("insertion_order")).or_else(|| number("order")).unwrap_or_default()
}

fn keys(entry: &Map<String, Value>, field: &str, other: &str, character: &str) -> Vec<String> {
    let keys = keys_of(entry, field, other).into_iter().map(|key| words::plain(&key, character));
    keys.filter(|key| !key.is_empty()).collect()
}

/// Keys under either name, as a list or as one text with commas.
fn keys_of(entry: &Map<String, Value>, field: &str, other: &str) -> Vec<String> {
    let keys: Vec<String> = match entry.get(field).or_else(|| entry.get(other)) {
        Some(Value::Array(keys)) => keys.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(keys)) => keys.split(',').map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    keys.into_iter().map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()).collect()
}

/// `SillyTavern` takes a key between slashes as a regular expression.
fn is_regex(key: &str) -> bool {
    key.len() > 2 && key.starts_with('/') && key[1..].contains('/')
}

/// The lines at the beginning that say what a program does with the entry, and the text behind them.
fn undecorated(content: &str) -> (Vec<&str>, String) {
    let is_decorator = |line: &&str| line.trim_start().starts_with("@@");
    let decorators: Vec<&str> = content.lines().take_while(is_decorator).map(str::trim).collect();
    let text: Vec<&str> = content.lines().skip(decorators.len()).collect();
    (decorators, text.join("\n"))
}

fn is_on(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(on)) => *on,
        Some(Value::Number(number)) => number.as_f64().is_some_and(|number| number != 0.0),
        Some(Value::String(text)) => !text.trim().is_empty(),
        _ => false,
    }
}
