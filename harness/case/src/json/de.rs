//! From [`Node`]s to types: serde over the tree, with every error at the key or value that caused it.

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess};
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
        Self { message: format!("the key `{field}` is missing"), help: None, span: None }
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
            Kind::Object(members) => visitor.visit_map(Members { rest: members.iter(), value: None }),
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

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = JsonError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, JsonError> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }
}

struct Members<'de> {
    rest: std::slice::Iter<'de, Member>,
    value: Option<&'de Node>,
}

impl<'de> de::MapAccess<'de> for Members<'de> {
    type Error = JsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, JsonError> {
        let Some(member) = self.rest.next() else { return Ok(None) };
        self.value = Some(&member.value);
        let key: StrDeserializer<'de, JsonError> = member.key.as_str().into_deserializer();
        place(seed.deserialize(key).map(Some), &member.key_span)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, JsonError> {
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
        self.deserialize_any(visitor)
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
        assert!(error.message.contains("u32"), "{error}");
    }

    #[test]
    fn a_missing_key_is_pointed_at_by_its_object() {
        let text = r#"{"list": [{}]}"#;
        let error = read(text).unwrap_err();
        assert_eq!(&text[error.span.clone().unwrap()], "{}");
        assert_eq!(error.message, "the key `count` is missing");
    }
}
