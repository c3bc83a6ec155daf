//! Keys that stand twice in one object: a reader takes the last and says nothing, so half of what the author wrote is lost.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::report::{Report, at, nth};

/// Reports the keys of `text` that stand twice. What is no JSON is reported elsewhere.
pub(super) fn check(text: &str, report: &mut Report) {
    let mut json = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    // An error ends the walk; the form of the file is judged by another check.
    let _ = Place { pointer: String::new(), report }.deserialize(&mut json);
}

/// A value at a place of the file.
struct Place<'r> {
    pointer: String,
    report: &'r mut Report,
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            let pointer = at(&self.pointer, &key);
            if !seen.insert(key.clone()) {
                self.report
                    .error(&pointer, format!("`{key}` stands twice here, and only the last one counts"))
                    .help("take one of them out, or put them together");
            }
            map.next_value_seed(Place { pointer, report: &mut *self.report })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut index = 0;
        while list.next_element_seed(Place { pointer: nth(&self.pointer, index), report: &mut *self.report })?.is_some()
        {
            index += 1;
        }
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
