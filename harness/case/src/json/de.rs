//! From [`Node`]s to types: serde over the tree, with every error at the key or value that caused it.

use std::cell::Cell;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, Unexpected,
    VariantAccess,
};
use serde::forward_to_deserialize_any;

use super::{JsonError, Kind, Member, Node, nearest};

/// Reads a type from a node. An unknown key is an error at that key, with the nearest known one as a hint.
pub(crate) fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, JsonError> {
    T::deserialize(node)
}

impl de::Error for JsonError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), help: None, span: None }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self { message: format!("unknown key `{field}`"), help: Some(hint(field, expected)), span: None }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self { message: format!("`{variant}` is not known here"), help: Some(hint(variant, expected)), span: None }
    }

    fn missing_field(field: &'static str) -> Self {
        Self { message: super::all::missing(field), help: None, span: None }
    }

    fn duplicate_field(field: &'static str) -> Self {
        let message = format!("this is `{field}`, which is given already under its other name");
        Self { message, help: Some("keep one of the two".to_owned()), span: None }
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let wanted = wanted.to_string();
        let wanted = plain(&wanted);
        let help = how_to_write(&found, wanted);
        Self { help, ..Self::custom(format!("expected {wanted}, found {}", in_json(found))) }
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_type(found, wanted)
    }
}

/// What a Rust type is called by a person who writes JSON. Serde names types (`u64`, `a sequence`); an author of cases
/// does not know them.
fn plain(wanted: &str) -> &str {
    match wanted {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" | "u64" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" | "bool" => "`true` or `false`",
        "a string" | "a borrowed string" | "str" => "a text",
        "a sequence" => "a list",
        "a map" => "an object",
        wanted if wanted.starts_with("struct ") => "an object",
        wanted => wanted,
    }
}

/// Numbers above this are not written out as they are.
const WRITTEN_OUT_MAX: f64 = 1e15;

/// How a value of another type is written so that it is one of the wanted type, where that is clear.
fn how_to_write(found: &Unexpected<'_>, wanted: &str) -> Option<String> {
    let in_a_list = |item: &dyn std::fmt::Display| Some(format!("put it in a list: `[{item}]`"));
    let is_number = wanted.starts_with("a whole number") || wanted == "a number";
    match found {
        Unexpected::Str(text) if wanted.starts_with("a list") => in_a_list(&format_args!("{text:?}")),
        Unexpected::Map if wanted.starts_with("a list") => in_a_list(&"{…}"),
        Unexpected::Unsigned(number) if wanted.starts_with("a list") => in_a_list(number),
        Unexpected::Str(text) if is_number && text.parse::<f64>().is_ok_and(f64::is_finite) => {
            Some("leave off the quotes".to_owned())
        }
        Unexpected::Str("true" | "false") if wanted == "`true` or `false`" => Some("leave off the quotes".to_owned()),
        Unexpected::Bool(_) | Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_)
            if wanted == "a text" =>
        {
            Some("put it in double quotes".to_owned())
        }
        Unexpected::Float(number)
            if wanted.starts_with("a whole number") && number.fract() == 0.0 && number.abs() < WRITTEN_OUT_MAX =>
        {
            Some(format!("a whole number has no decimal point: `{number}`"))
        }
        _ => None,
    }
}

/// What was found, in JSON's own words.
fn in_json(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(value) => format!("the number `{value}`"),
        Unexpected::Signed(value) => format!("the number `{value}`"),
        Unexpected::Float(value) => format!("the number `{value:?}`"),
        Unexpected::Char(value) => format!("the text `{value}`"),
        Unexpected::Str(value) => format!("the text `{value}`"),
        Unexpected::Unit | Unexpected::Option => "`null`".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "an object".to_owned(),
        other => other.to_string(),
    }
}

fn hint(written: &str, names: &[&str]) -> String {
    match nearest(written, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known here: {}", names.join(", ")),
    }
}

/// Gives an error a place unless it has a narrower one already.
fn place<T>(result: Result<T, JsonError>, span: &super::Span) -> Result<T, JsonError> {
    result.map_err(|mut error| {
        error.span.get_or_insert_with(|| span.clone());
        error
    })
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = JsonError;

    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let result = match &self.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (_, _, value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
            },
            Kind::String(value) => visitor.visit_borrowed_str(value),
            Kind::Array(items) => visitor.visit_seq(Items(items.iter())),
            Kind::Object(members) => {
                let unread = Cell::new(None);
                let result = visitor.visit_map(Members { rest: members.iter(), value: None, unread: &unread });
                match unread.get() {
                    // A key that is refused before its value is read: it is there under another name, too.
                    Some(member) => place(result, &member.key_span),
                    None => result,
                }
            }
        };
        place(result, &self.span)
    }

    fn deserialize_option<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        let result = if self.kind == Kind::Null { visitor.visit_none() } else { visitor.visit_some(self) };
        place(result, &self.span)
    }

    fn deserialize_newtype_struct<V: de::Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        place(visitor.visit_newtype_struct(self), &self.span)
    }

    fn deserialize_enum<V: de::Visitor<'de>>(
        self,
        _name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        let result = match &self.kind {
            Kind::String(name) => visitor.visit_enum(name.as_str().into_deserializer()),
            Kind::Object(members) => match members.as_slice() {
                [member] => visitor.visit_enum(Variant(member)),
                _ => {
                    Err(de::Error::custom(format!("expected an object with exactly one key of: {}", names.join(", "))))
                }
            },
            _ => Err(de::Error::custom(format!("expected one of {}, found {}", names.join(", "), self.describe()))),
        };
        place(result, &self.span)
    }

    // A derived struct also reads a list, its items as the fields in their order: `"expect": []` would expect nothing, and
    // `"expect": ["one"]` would be about the request `one`. Nobody who writes JSON means that.
    fn deserialize_struct<V: de::Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.object(visitor)
    }

    fn deserialize_map<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.object(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier ignored_any
    }
}

impl Node {
    /// Reads an object, and nothing else, as a struct or a map.
    fn object<'de, V: de::Visitor<'de>>(&'de self, visitor: V) -> Result<V::Value, JsonError> {
        match &self.kind {
            Kind::Object(_) => self.deserialize_any(visitor),
            _ => Err(JsonError::at(self.span.clone(), format!("expected an object, found {}", self.describe()))),
        }
    }
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, JsonError> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }
}

struct Members<'de, 'a> {
    rest: std::slice::Iter<'de, Member>,
    value: Option<&'de Node>,
    /// The member whose key was read and whose value was not.
    unread: &'a Cell<Option<&'de Member>>,
}

impl<'de> de::MapAccess<'de> for Members<'de, '_> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, JsonError> {
        self.unread.set(None);
        let Some(member) = self.rest.next() else { return Ok(None) };
        self.value = Some(&member.value);
        self.unread.set(Some(member));
        let key: StrDeserializer<'de, JsonError> = member.key.as_str().into_deserializer();
        place(seed.deserialize(key).map(Some), &member.key_span)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonError> {
        self.unread.set(None);
        let value =
            self.value.take().ok_or_else(|| <JsonError as de::Error>::custom("a value was read before its key"))?;
        place(seed.deserialize(value), &value.span)
    }
}

struct Variant<'de>(&'de Member);

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = JsonError;
    type Variant = &'de Node;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, &'de Node), JsonError> {
        let key: StrDeserializer<'de, JsonError> = self.0.key.as_str().into_deserializer();
        Ok((place(seed.deserialize(key), &self.0.key_span)?, &self.0.value))
    }
}

impl<'de> VariantAccess<'de> for &'de Node {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        Err(JsonError::at(self.span.clone(), "this name takes no value: write it as a plain string"))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, JsonError> {
        place(seed.deserialize(self), &self.span)
    }

    fn tuple_variant<V: de::Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: de::Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.object(visitor)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::json::parse;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        list: Vec<Inner>,
        #[serde(default)]
        mode: Option<Mode>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        count: u32,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        Fast,
        Named(String),
        Shaped { count: u32 },
    }

    fn read(text: &str) -> Result<Outer, JsonError> {
        from_node(&parse(text).unwrap())
    }

    #[test]
    fn a_type_is_read_with_its_enums_in_both_forms() {
        assert_eq!(read(r#"{"list": [{"count": 2}], "mode": "fast"}"#).unwrap().mode, Some(Mode::Fast));
        let named = read(r#"{"list": [], "mode": {"named": "x"}}"#).unwrap();
        assert_eq!(named.mode, Some(Mode::Named("x".to_owned())));
    }

    #[test]
    fn an_unknown_key_is_pointed_at_and_its_neighbour_suggested() {
        let text = r#"{"list": [{"count": 1}, {"cuont": 2}]}"#;
        let error = read(text).unwrap_err();
        assert_eq!(&text[error.span.clone().unwrap()], "\"cuont\"");
        assert_eq!(error.help.as_deref(), Some("did you mean `count`?"));
    }

    #[test]
    fn a_wrong_value_is_pointed_at() {
        let text = r#"{"list": [{"count": "many"}]}"#;
        let error = read(text).unwrap_err();
        assert_eq!(&text[error.span.clone().unwrap()], "\"many\"");
        assert_eq!(error.message, "expected a whole number from 0, found the text `many`");
    }

    #[test]
    fn a_list_is_never_read_as_an_object() {
        for (text, place) in [
            (r#"{"list": [[3]]}"#, "[3]"),
            (r#"{"list": [[]]}"#, "[]"),
            ("[[]]", "[[]]"),
            (r#"{"list": [], "mode": {"shaped": [3]}}"#, "[3]"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(&text[error.span.clone().unwrap()], place, "{text}");
            assert!(error.message.starts_with("expected an object, found"), "{error}");
        }
    }

    #[test]
    fn no_message_uses_the_words_of_rust() {
        for text in [
            r#"{"list": {}}"#,
            r#"{"list": 1}"#,
            r#"{"list": [{"count": -1}]}"#,
            r#"{"list": [{"count": 1.5}]}"#,
            r#"{"list": [{"count": 4294967296}]}"#,
            r#"{"list": [{"count": null}]}"#,
            r#"{"list": "x"}"#,
            r#"{"list": [], "mode": {"named": 3}}"#,
            "3",
        ] {
            let message = read(text).unwrap_err().message;
            for word in ["u32", "sequence", "map", "struct", "integer", "floating", "unit", "string", "invalid"] {
                assert!(!message.contains(word), "{text}: {message}");
            }
        }
    }

    #[test]
    fn a_key_that_is_there_under_two_names_is_pointed_at() {
        #[derive(Debug, Deserialize)]
        struct Renamed {
            #[serde(alias = "old")]
            _new: u32,
        }
        let text = r#"{"_new": 1, "old": 2}"#;
        let error = from_node::<Renamed>(&parse(text).unwrap()).unwrap_err();
        assert_eq!(&text[error.span.clone().unwrap()], "\"old\"");
        assert!(error.message.contains("this is `_new`"), "{error}");
    }

    #[test]
    fn a_missing_key_is_pointed_at_by_its_object() {
        let text = r#"{"list": [{}]}"#;
        let error = read(text).unwrap_err();
        assert_eq!(&text[error.span.clone().unwrap()], "{}");
        assert_eq!(error.message, "the key `count` is missing");
    }
}
