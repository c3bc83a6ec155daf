//! What is expected of a value: the value itself, or words that it must fulfil, at any depth.
//!
//! `{"$gt": 3}`, `{"$format": "uuid"}`, `{"worker": {"$regex": "."}}`: an object whose keys begin with `$` is read as words,
//! any other value is expected as it is. Words without `$` could not be distinguished from members that are expected.

mod fits;
mod keywords;
mod schema;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use jsonschema::Validator;
use regex::Regex;
use serde_json::{Value, json};

pub use fits::{Misfit, Place, compare, places};
pub(crate) use schema::values;

use crate::json::{JsonError, Kind, Member, Node, nearest};
use crate::regexes::matches_everything;

/// What is expected of a value.
#[derive(Debug, Clone)]
pub enum Expected {
    /// This value.
    Value(Value),
    /// A list of as many items, each as expected.
    List(Vec<Self>),
    /// An object with these members and no others, each as expected.
    Object(Vec<(String, Self)>),
    /// A value of which all these words are true.
    Words(Vec<Word>),
}

/// A word, as it is written, and what it means.
#[derive(Debug, Clone)]
pub struct Word {
    /// As it is written: `{"$gt": 3}`.
    written: (&'static str, Value),
    means: Meaning,
}

#[derive(Debug, Clone)]
enum Meaning {
    Equal(Value),
    NotEqual(Box<Expected>),
    Above(Value),
    AtLeast(Value),
    Below(Value),
    AtMost(Value),
    In(Vec<Expected>),
    Exists(bool),
    Type(JsonType),
    Regex(Regex),
    Count(Box<Expected>),
    Includes(Box<Expected>),
    Unordered(Vec<Expected>),
    /// `$format` and `$schema`. Shared, because a validator is large and expectations are copied.
    Schema(Arc<Validator>),
}

/// A JSON type, by its name in JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JsonType {
    Null,
    Boolean,
    Number,
    Integer,
    String,
    Array,
    Object,
}

/// Every word, with what its operand is.
const WORDS: [(&str, &str); 15] = [
    ("$eq", "this value; nothing in it is read as words"),
    ("$ne", "something is there, and it is another value than this, or does not fulfil these words"),
    ("$gt", "above this number; of two texts, the one that comes later"),
    ("$gte", "this number or above"),
    ("$lt", "below this number"),
    ("$lte", "this number or below"),
    ("$in", "one of the items of this list"),
    ("$exists", "true: something is there, be it null; false: nothing is"),
    ("$type", "a null, boolean, number, integer, string, array or object"),
    ("$format", "a text in a format of JSON Schema: uuid, date-time, uri, email, …"),
    ("$regex", "a text that matches"),
    ("$count", "items of a list, members of an object, characters of a text: so many, or words on the number"),
    ("$includes", "an object with at least these members, a list with at least these items, in any order"),
    ("$unordered", "a list of exactly these items, in any order"),
    ("$schema", "a value that is valid by this JSON Schema"),
];

impl Expected {
    /// Reads what is expected.
    ///
    /// # Errors
    /// A word that there is not, or that is given what it cannot take, at its place.
    pub(crate) fn read(node: &Node) -> Result<Self, JsonError> {
        match &node.kind {
            Kind::Object(members) if members.iter().any(|member| member.key.starts_with('$')) => {
                members.iter().map(word).collect::<Result<_, _>>().map(Self::Words)
            }
            Kind::Object(members) => {
                let read = |member: &Member| Ok((member.key.clone(), Self::read(&member.value)?));
                let members: Vec<_> = members.iter().map(read).collect::<Result<_, JsonError>>()?;
                let plain = members.iter().all(|(_, member)| matches!(member, Self::Value(_)));
                Ok(if plain { Self::Value(node.to_value()) } else { Self::Object(members) })
            }
            Kind::Array(items) => {
                let items: Vec<_> = items.iter().map(Self::read).collect::<Result<_, _>>()?;
                let plain = items.iter().all(|item| matches!(item, Self::Value(_)));
                Ok(if plain { Self::Value(node.to_value()) } else { Self::List(items) })
            }
            _ => Ok(Self::Value(node.to_value())),
        }
    }

    /// What is expected by a value that was read before, its placeholders filled.
    ///
    /// # Errors
    /// The value of a placeholder makes it invalid.
    pub fn of(value: &Value) -> Result<Self, String> {
        Self::read(&Node::from(value)).map_err(|error| error.message)
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(","))
            }
            Self::Object(members) => {
                let members: Vec<String> =
                    members.iter().map(|(key, member)| format!("{}:{member}", Value::from(key.as_str()))).collect();
                write!(f, "{{{}}}", members.join(","))
            }
            Self::Words(words) => {
                let words: Vec<String> = words.iter().map(ToString::to_string).collect();
                f.write_str(&words.join(" "))
            }
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, operand) = &self.written;
        write!(f, "{name} {operand}")
    }
}

fn word(member: &Member) -> Result<Word, JsonError> {
    let Member { key, key_span, value } = member;
    let Some((name, _)) = WORDS.iter().find(|(name, _)| name == key) else {
        let what = match key.strip_prefix('$') {
            Some(_) => format!("`{key}` is not a word that the harness knows"),
            None => format!("`{key}` is next to words, which begin with `$`: this is either words or a value"),
        };
        let error = JsonError::at(key_span.clone(), what);
        let names = WORDS.map(|(name, _)| name);
        return Err(error.help(match nearest(key, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here: {}", names.join(", ")),
        }));
    };
    let refuse =
        |wanted: &str| JsonError::at(value.span.clone(), format!("`{name}` takes {wanted}, not {}", value.describe()));
    let holds_always = || JsonError::at(value.span.clone(), format!("this `{name}` holds whatever is there"));
    let list = || match &value.kind {
        Kind::Array(items) => items.iter().map(Expected::read).collect::<Result<Vec<_>, _>>(),
        _ => Err(refuse("a list")),
    };
    let text = || match &value.kind {
        Kind::String(text) => Ok(text.as_str()),
        _ => Err(refuse("a text")),
    };
    // A placeholder becomes a number when the case runs, so a text is taken too.
    let bound = || match &value.kind {
        Kind::Number(_) | Kind::String(_) => Ok(value.to_value()),
        _ => Err(refuse("a number or a text")),
    };
    let means = match *name {
        "$eq" => Meaning::Equal(value.to_value()),
        "$ne" => Meaning::NotEqual(Box::new(Expected::read(value)?)),
        "$gt" => Meaning::Above(bound()?),
        "$gte" => Meaning::AtLeast(bound()?),
        "$lt" => Meaning::Below(bound()?),
        "$lte" => Meaning::AtMost(bound()?),
        "$in" if value.items().is_empty() => return Err(refuse("a list with something in it")),
        "$in" => Meaning::In(list()?),
        "$exists" => match value.kind {
            Kind::Bool(exists) => Meaning::Exists(exists),
            _ => return Err(refuse("`true` or `false`")),
        },
        "$type" => Meaning::Type(JsonType::read(text()?).ok_or_else(|| {
            JsonError::at(value.span.clone(), "JSON has no such type")
                .help("null, boolean, number, integer, string, array or object")
        })?),
        "$format" => Meaning::Schema(format(text()?, value)?),
        "$regex" if matches!(&value.kind, Kind::String(text) if matches_everything(text)) => return Err(holds_always()),
        "$regex" => {
            Meaning::Regex(Regex::new(text()?).map_err(|error| JsonError::at(value.span.clone(), error.to_string()))?)
        }
        "$count" if every_size(value) => return Err(holds_always()),
        "$count" => Meaning::Count(Box::new(Expected::read(value)?)),
        "$includes" => match &value.kind {
            Kind::Array(items) if items.is_empty() => return Err(holds_always()),
            Kind::Object(members) if members.is_empty() => return Err(holds_always()),
            Kind::Array(_) | Kind::Object(_) => Meaning::Includes(Box::new(Expected::read(value)?)),
            _ => return Err(refuse("a list or an object")),
        },
        "$unordered" => Meaning::Unordered(list()?),
        _ if keywords::asks_for_nothing(value) => return Err(holds_always()),
        _ => {
            keywords::check(value)?;
            Meaning::Schema(validator(&value.to_value(), value)?)
        }
    };
    Ok(Word { written: (name, value.to_value()), means })
}

/// Whether every size is as these words say: no list has fewer than no items.
fn every_size(words: &Node) -> bool {
    let number = |word: &Member| match &word.value.kind {
        Kind::Number(number) => number.as_f64(),
        _ => None,
    };
    let always = |word: &Member| match word.key.as_str() {
        "$gte" => number(word).is_some_and(|least| least <= 0.0),
        "$gt" => number(word).is_some_and(|below| below < 0.0),
        _ => false,
    };
    !words.members().is_empty() && words.members().iter().all(always)
}

/// The formats of JSON Schema 2020-12 that are checked. A validator passes over a format that it does not know.
const FORMATS: [&str; 17] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "iri",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uuid",
];

fn format(name: &str, at: &Node) -> Result<Arc<Validator>, JsonError> {
    keywords::check_format(at)?;
    validator(&json!({"type": "string", "format": name}), at)
}

fn validator(schema: &Value, at: &Node) -> Result<Arc<Validator>, JsonError> {
    let validator = jsonschema::options().should_validate_formats(true).build(schema);
    let invalid = |error: jsonschema::ValidationError<'_>| {
        JsonError::at(at.span.clone(), format!("this is not a JSON Schema: {error}"))
    };
    validator.map(Arc::new).map_err(invalid)
}

impl JsonType {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "number" => Self::Number,
            "integer" => Self::Integer,
            "string" => Self::String,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }
}

/// Every place of a map from places to values of which it cannot be read what is expected there.
pub(crate) fn check(places: &Node) -> impl Iterator<Item = JsonError> {
    places.members().iter().filter_map(|place| Expected::read(&place.value).err())
}

/// What is expected at a place, for people: `/a = 1`, `/b $gt 3`.
pub(crate) fn in_words(place: &str, value: &Value) -> String {
    match Expected::of(value) {
        Ok(expected @ Expected::Words(_)) => format!("{place} {expected}"),
        Ok(expected) => format!("{place} = {expected}"),
        Err(_) => format!("{place} = {value}"),
    }
}
