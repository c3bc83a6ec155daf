//! Finding a location, an NPC or a scene by what people and models call it: its key, whatever the case, or its display name.

use std::collections::BTreeMap;

use super::names::meant;
use crate::content::{Location, Npc, Scene};

/// The key of the location that is called `name`.
pub(crate) fn location_key<'a>(locations: &'a BTreeMap<String, Location>, name: &str) -> Option<&'a str> {
    by_key_or_name(locations, name, |location| &location.name)
}

/// The key of the NPC that is called `name`.
pub(crate) fn npc_key<'a>(npcs: &'a BTreeMap<String, Npc>, name: &str) -> Option<&'a str> {
    by_key_or_name(npcs, name, |npc| &npc.name)
}

/// The key of the location that `name` means: what [`location_key`] finds, else the only location whose key or name it is a part of.
pub(crate) fn location_meant<'a>(locations: &'a BTreeMap<String, Location>, name: &str) -> Option<&'a str> {
    location_key(locations, name).or_else(|| in_part(locations, name, |location| &location.name))
}

/// The key of the NPC that `name` means: what [`npc_key`] finds, else the only NPC whose key or name it is a part of.
pub(crate) fn npc_meant<'a>(npcs: &'a BTreeMap<String, Npc>, name: &str) -> Option<&'a str> {
    npc_key(npcs, name).or_else(|| in_part(npcs, name, |npc| &npc.name))
}

/// The key of the scene that is called `name`; scenes have no other name.
pub(crate) fn scene_key<'a>(scenes: &'a BTreeMap<String, Scene>, name: &str) -> Option<&'a str> {
    by_key_or_name(scenes, name, |_| "")
}

fn by_key_or_name<'a, T>(map: &'a BTreeMap<String, T>, name: &str, display: impl Fn(&T) -> &str) -> Option<&'a str> {
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    if let Some((key, _)) = map.get_key_value(name) {
        return Some(key);
    }
    let folded = name.to_lowercase();
    map.keys()
        .find(|key| key.to_lowercase() == folded)
        .or_else(|| map.iter().find(|(_, value)| display(value).trim().to_lowercase() == folded).map(|(key, _)| key))
        .map(String::as_str)
}

fn in_part<'a, T>(map: &'a BTreeMap<String, T>, name: &str, display: impl Fn(&T) -> &str) -> Option<&'a str> {
    let names = map.iter().flat_map(|(key, value)| [(key.as_str(), key.as_str()), (key.as_str(), display(value))]);
    meant(name, names).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_by_key_or_display_name_in_any_case() {
        let locations = BTreeMap::from([(
            "lamp_room".to_owned(),
            Location { name: "The Lamp Room".into(), ..Location::default() },
        )]);
        for name in ["lamp_room", " Lamp_Room ", "the lamp room"] {
            assert_eq!(location_key(&locations, name), Some("lamp_room"), "{name}");
        }
        for name in ["", "lamp", "cellar"] {
            assert_eq!(location_key(&locations, name), None, "{name}");
        }
        for name in ["lamp", "the lamp room", "a lamp-room"] {
            assert_eq!(location_meant(&locations, name), Some("lamp_room"), "{name}");
        }
        assert_eq!(location_meant(&locations, "cellar"), None);
    }
}
