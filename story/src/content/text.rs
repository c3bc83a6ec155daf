//! Texts that vary: a description that knows what has happened. In a file it is a string, or a list of parts that are read one after the
//! other where they hold. What is read depends on the game alone, so the same game reads the same.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::random::Random;
use crate::state::GameState;
use crate::when::When;

/// A text of an author, which may vary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Text {
    parts: Vec<Part>,
}

/// A part of a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Part {
    /// While this holds; without it, always.
    pub when: Option<When>,
    /// Only on the player's first visit to the place where they are.
    pub once: bool,
    /// What is read: the only one, or one after the other in an order that the game's seed gives.
    pub texts: Vec<String>,
    /// What is read instead while the part does not hold.
    pub otherwise: Option<Text>,
}

impl Text {
    /// What is read of it in `state`.
    #[must_use]
    pub fn read(&self, state: &GameState) -> String {
        self.read_where(&|part| Some(part.holds(state)), &|texts| shuffled(texts, state))
    }

    /// What is certainly read of it when only some conditions can be judged: `judge` says whether a part holds, or that it does not know.
    pub fn read_where<'t>(
        &'t self,
        judge: &dyn Fn(&Part) -> Option<bool>,
        choose: &dyn Fn(&'t [String]) -> Option<&'t String>,
    ) -> String {
        let parts = self.parts.iter().filter_map(|part| match judge(part) {
            Some(true) => choose(&part.texts).map(|text| text.trim().to_owned()),
            Some(false) => part.otherwise.as_ref().map(|text| text.read_where(judge, choose)),
            None => None,
        });
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Whether nothing is ever read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all().all(|text| text.trim().is_empty())
    }

    /// Everything that may be read, in the order of the file.
    fn all(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.parts.iter().flat_map(|part| {
            let otherwise = part.otherwise.iter().flat_map(Text::all);
            part.texts.iter().map(String::as_str).chain(otherwise)
        }))
    }

    /// Shows `visit` every condition of the text.
    pub(crate) fn visit_conditions(&self, visit: &mut dyn FnMut(&When)) {
        for part in &self.parts {
            part.when.iter().for_each(&mut *visit);
            part.otherwise.iter().for_each(|text| text.visit_conditions(visit));
        }
    }

    /// Its parts.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

impl Part {
    fn holds(&self, state: &GameState) -> bool {
        (!self.once || state.is_first_visit()) && self.when.as_ref().is_none_or(|when| when.holds(state))
    }

    fn is_plain(&self) -> bool {
        self.when.is_none() && !self.once && self.otherwise.is_none() && self.texts.len() == 1
    }
}

/// The one of `texts` that is due: one a turn, each once before any comes again, never the same twice in a row.
fn shuffled<'t>(texts: &'t [String], state: &GameState) -> Option<&'t String> {
    let count = u64::try_from(texts.len()).ok().filter(|count| *count > 0)?;
    let (round, place) = (state.turn_counter / count, usize::try_from(state.turn_counter % count).ok()?);
    // Two shuffles of one game do not go in step.
    let own = Random::own_seed(state.seed, texts.iter().flat_map(|text| text.bytes()));
    let order = |round: u64| Random::new(own.wrapping_add(round)).order(texts.len());
    // Two alternate; with more, a round that would begin with the last of the round before begins with its second.
    let mut now = order(if count == 2 { 0 } else { round });
    if count > 2 && round > 0 && order(round - 1).last() == now.first() {
        now.swap(0, 1);
    }
    texts.get(*now.get(place)?)
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        let parts = if text.is_empty() { Vec::new() } else { vec![Part { texts: vec![text], ..Part::default() }] };
        Self { parts }
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.parts.as_slice() {
            [] => serializer.serialize_str(""),
            [only] if only.is_plain() => serializer.serialize_str(&only.texts[0]),
            parts => {
                let mut list = serializer.serialize_seq(Some(parts.len()))?;
                parts.iter().try_for_each(|part| list.serialize_element(part))?;
                list.end()
            }
        }
    }
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_plain() {
            return serializer.serialize_str(&self.texts[0]);
        }
        let mut map = serializer.serialize_map(None)?;
        if let Some(when) = &self.when {
            map.serialize_entry("when", when)?;
        }
        if self.once {
            map.serialize_entry("once", &true)?;
        }
        match self.texts.as_slice() {
            [only] => map.serialize_entry("text", only)?,
            several => map.serialize_entry("shuffle", several)?,
        }
        if let Some(otherwise) = &self.otherwise {
            map.serialize_entry("else", otherwise)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text: a string, or a list of strings and of objects with `text` or `shuffle`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Text, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = list.next_element()? {
            parts.push(part);
        }
        Ok(Text { parts })
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of a text: a string, or an object with `text` or `shuffle` and, if it does not always hold, `when` or `once`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Part, E> {
        Ok(Part { texts: vec![text.to_owned()], ..Part::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Part, A::Error> {
        const KEYS: &[&str] = &["text", "shuffle", "when", "once", "else"];
        let mut part = Part::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "text" => part.texts = vec![map.next_value()?],
                "shuffle" => part.texts = map.next_value()?,
                "when" => part.when = map.next_value()?,
                "once" => part.once = map.next_value()?,
                "else" => part.otherwise = map.next_value()?,
                other => return Err(de::Error::unknown_field(other, KEYS)),
            }
        }
        if part.texts.is_empty() {
            return Err(de::Error::missing_field("text"));
        }
        Ok(part)
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text: a string, or a list of parts, of which those that hold are read one after the other.",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": generator.subschema_for::<Part>() }
            ]
        })
    }
}

impl JsonSchema for Part {
    fn schema_name() -> Cow<'static, str> {
        "TextPart".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let properties = json_schema!({
            "text": { "type": "string", "description": "What is read." },
            "shuffle": {
                "type": "array", "items": { "type": "string" }, "minItems": 1,
                "description": "One of these a turn, in an order that the game's seed gives; none comes again before all have come."
            },
            "when": generator.subschema_for::<When>(),
            "once": { "type": "boolean", "description": "Only on the player's first visit to the place where they are." },
            "else": generator.subschema_for::<Text>()
        });
        json_schema!({
            "description": "A part of a text, read while it holds.",
            "anyOf": [
                { "type": "string" },
                { "type": "object", "properties": properties, "required": ["text"], "additionalProperties": false },
                { "type": "object", "properties": properties, "required": ["shuffle"], "additionalProperties": false }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn text(json: serde_json::Value) -> Text {
        serde_json::from_value(json).unwrap()
    }

    fn state(turn: u64) -> GameState {
        GameState { turn_counter: turn, seed: 7, user_location: "attic".into(), ..GameState::default() }
    }

    #[test]
    fn a_plain_string_stays_one() {
        for json in [serde_json::json!("Hat boxes."), serde_json::json!("")] {
            let text = text(json.clone());
            assert_eq!(serde_json::to_value(&text).unwrap(), json);
            assert_eq!(text.read(&state(0)), json.as_str().unwrap());
        }
    }

    #[test]
    fn parts_that_hold_are_read_in_order_and_the_others_have_an_else() {
        let json = serde_json::json!([
            "Hat boxes.",
            { "when": { "vars": { "moths": "gone" } }, "text": "It is quiet.", "else": "Something chews." },
            { "once": true, "text": "You have not been here before." }
        ]);
        let text = text(json.clone());
        assert_eq!(serde_json::to_value(&text).unwrap(), json);
        let mut state = state(0);
        assert_eq!(text.read(&state), "Hat boxes. Something chews. You have not been here before.");
        state.vars.insert("moths".into(), "gone".into());
        state.returned_to.insert("attic".into());
        assert_eq!(text.read(&state), "Hat boxes. It is quiet.");
    }

    #[test]
    fn a_shuffle_reads_each_once_before_any_again_and_none_twice_in_a_row() {
        let text = text(serde_json::json!([{ "shuffle": ["a", "b", "c", "d"] }]));
        let read: Vec<String> = (0..400).map(|turn| text.read(&state(turn))).collect();
        assert!(read.windows(2).all(|pair| pair[0] != pair[1]));
        for round in read.chunks(4) {
            assert_eq!(round.iter().collect::<BTreeSet<_>>().len(), 4, "{round:?}");
        }
        assert!(read.chunks(4).collect::<BTreeSet<_>>().len() > 4, "the order changes");
        let other: Vec<String> = (0..400).map(|turn| text.read(&GameState { seed: 8, ..state(turn) })).collect();
        assert_ne!(read, other, "another game, another order");
    }

    #[test]
    fn a_part_without_text_is_explained() {
        let error = |json| serde_json::from_value::<Text>(json).unwrap_err().to_string();
        assert!(error(serde_json::json!([{ "once": true }])).contains("missing field `text`"));
        assert!(error(serde_json::json!([{ "text": "a", "wen": {} }])).contains("unknown field `wen`"));
        assert!(error(serde_json::json!(3)).contains("a string, or a list of strings"));
    }
}
