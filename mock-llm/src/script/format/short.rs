//! Values that may be written short (a string, a list) or in full (an object). serde's `untagged` would do it, but
//! answers every mistake with "did not match any variant"; a visitor keeps the real message and place.

use std::{fmt, marker::PhantomData};

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor, value};

/// A value that can also be written in a short form.
pub(super) trait Short: Sized {
    /// The object that is its full form.
    type Full: for<'de> Deserialize<'de>;
    /// What may be here, for "expected …".
    const EXPECTING: &'static str;

    fn from_full(full: Self::Full) -> Self;

    fn from_text(text: &str) -> Result<Self, String> {
        Err(format!("invalid type: string \"{text}\", expected {}", Self::EXPECTING))
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Self, A::Error> {
        drop(list);
        Err(A::Error::custom(format!("invalid type: list, expected {}", Self::EXPECTING)))
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>, T: Short>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(ShortVisitor(PhantomData))
}

struct ShortVisitor<T>(PhantomData<T>);

impl<'de, T: Short> Visitor<'de> for ShortVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTING)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::from_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::Full::deserialize(value::MapAccessDeserializer::new(map)).map(T::from_full)
    }
}

/// One text or a list of texts.
#[derive(Debug, Clone)]
pub(in crate::script) struct Texts(pub(in crate::script) Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextsVisitor;

        impl<'de> Visitor<'de> for TextsVisitor {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of strings")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Texts, E> {
                Ok(Texts(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Texts, A::Error> {
                Vec::deserialize(value::SeqAccessDeserializer::new(list)).map(Texts)
            }
        }

        deserializer.deserialize_any(TextsVisitor)
    }
}

/// Implements `Deserialize` through [`Short`], and `JsonSchema` as a choice between the short form's schema and the
/// full one's.
macro_rules! short_form {
    ($name:ident, $short_schema:expr) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::script::format::short::deserialize(deserializer)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let short_schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema = $short_schema;
                let short = short_schema(generator);
                let full = generator.subschema_for::<<$name as $crate::script::format::short::Short>::Full>();
                schemars::json_schema!({ "anyOf": [short, full] })
            }
        }
    };
}

pub(super) use short_form;

impl schemars::JsonSchema for Texts {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Texts".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
    }
}
