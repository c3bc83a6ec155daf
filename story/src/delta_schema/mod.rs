//! The shape of the answer that the extracting model is asked for: small, closed, and made for the scene that is played.

mod names;

use serde_json::{Map, Value, json};

use self::names::{Names, text};
use crate::content::Library;
use crate::prompt::{Input, PromptError, script};
use crate::state::GameState;

/// The most entries of each list in a delta: a model that repeats itself is stopped.
const MOST_EVENTS: u32 = 16;
/// The most characters of a variable's value.
const LONGEST_VALUE: u32 = 200;
/// The most characters of the reason for a change of scene.
const LONGEST_REASON: u32 = 120;

/// The JSON schema of what a model may send as a delta for a turn of this game.
///
/// It keeps to the rules of the strictest providers: every property is required, nothing else is allowed, and what may be absent is
/// nullable; variables are therefore a list of `{name, value}`. Names are enumerated where the world knows them all, so that no answer
/// can misspell one. The names are those of the whole world and of the scenes that may begin, not only what is within reach: a model
/// that could not say what the narrator told would say something else, while an effect out of reach is rejected and set straight in
/// the next turn. That also keeps the schema the same from turn to turn, and vendors prepare each new one. An item's name is open
/// where a new item may come into the world: in relaxed mode, and where rules may make one. Limits are in `maxItems` and
/// `maxLength` only, so that a caller can take them out for a vendor that refuses them.
/// Attacks are in it only while somebody in the world can be fought, and containers only where there are some.
/// Monsters, following and story events are not in it: they belong to conditionals.
pub fn delta_schema(library: &Library, state: &GameState, input: &Input) -> Result<Value, PromptError> {
    let (scenario, _) = script(library, state)?;
    Ok(schema(&Names::of(library, scenario, state, input)))
}

/// All of a game and its turn that [`delta_schema`] depends on, as one text: the same text means the same schema, as long as the
/// library is the same. It is cheap, and changes only when names come or go, so that a schema can be kept for it.
#[must_use]
pub fn delta_schema_key(state: &GameState, input: &Input) -> String {
    names::key(state, input)
}

fn schema(names: &Names) -> Value {
    let holder = nullable(object([("type", names.holder_kinds()), ("name", nullable(names.holders()))]));
    let scene_change = match names.scenes() {
        None => json!({ "type": "null" }),
        Some(scenes) => nullable(object([("to", scenes), ("reason", text(LONGEST_REASON))])),
    };
    let item_event = object([
        ("item", names.items()),
        ("action", names.actions()),
        ("from", holder.clone()),
        ("to", holder),
        ("consumed", json!({ "type": ["boolean", "null"] })),
    ]);
    let npc_event = object([("npc_id", names.npcs()), ("set_location", nullable(names.locations()))]);
    let var = object([("name", names.vars()), ("value", text(LONGEST_VALUE))]);
    let attacks = names.fighters().map(|fighters| {
        let attack = object([("attacker", fighters.clone()), ("target", fighters), ("item", nullable(names.items()))]);
        ("attacks", list(attack))
    });
    let properties = [
        ("user_location", nullable(names.locations())),
        ("scene_change", scene_change),
        ("item_events", list(item_event)),
        ("npc_events", list(npc_event)),
        ("set_vars", list(var)),
        ("game_ended", json!({ "type": "boolean" })),
    ];
    object(properties.into_iter().chain(attacks))
}

/// An object that has these properties, all of them and no others.
fn object<'n>(properties: impl IntoIterator<Item = (&'n str, Value)>) -> Value {
    let properties: Vec<_> = properties.into_iter().collect();
    let required: Vec<_> = properties.iter().map(|(name, _)| Value::from(*name)).collect();
    let properties: Map<_, _> = properties.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
    // What `json!` puts in, it copies by serializing it: too dear for what is nested so deeply.
    fields([
        ("type", "object".into()),
        ("properties", properties.into()),
        ("required", required.into()),
        ("additionalProperties", false.into()),
    ])
}

fn list(item: Value) -> Value {
    fields([("type", "array".into()), ("items", item), ("maxItems", MOST_EVENTS.into())])
}

fn nullable(schema: Value) -> Value {
    fields([("anyOf", vec![schema, json!({ "type": "null" })].into())])
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Value {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::names::LONGEST_NAME;
    use super::*;
    use crate::state::Rules;
    use crate::testing::{library, new_state};

    fn player() -> Input {
        Input::Player { message: "I look.".into(), actor: None }
    }

    fn of(state: &GameState, input: &Input) -> Value {
        delta_schema(&library(), state, input).unwrap()
    }

    /// Every object in the schema, wherever it is.
    fn objects(schema: &Value, found: &mut Vec<Value>) {
        match schema {
            Value::Object(map) => {
                if map.get("type") == Some(&json!("object")) {
                    found.push(schema.clone());
                }
                map.values().for_each(|value| objects(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| objects(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_object_requires_all_it_has_and_allows_nothing_else() {
        let mut found = Vec::new();
        objects(&of(&new_state(), &player()), &mut found);
        assert_eq!(found.len(), 7);
        let mut fighting = new_state();
        fighting.conflict = Some(crate::Conflict::default());
        objects(&of(&fighting, &player()), &mut found);
        assert_eq!(found.len(), 15, "an attack is one more");
        for object in found {
            let mut names: Vec<_> = object["properties"].as_object().unwrap().keys().cloned().collect();
            let mut required: Vec<String> = serde_json::from_value(object["required"].clone()).unwrap();
            names.sort();
            required.sort();
            assert_eq!(required, names);
            assert_eq!(object["additionalProperties"], json!(false));
        }
    }

    #[test]
    fn a_model_is_not_offered_what_belongs_to_conditionals() {
        let text = of(&new_state(), &player()).to_string();
        for word in ["monster_events", "set_following", "prompt"] {
            assert!(!text.contains(word), "{word}");
        }
    }

    #[test]
    fn games_of_one_key_have_one_schema_and_others_another() {
        let state = new_state();
        let key = |state: &GameState| delta_schema_key(state, &player());
        let mut later = state.clone();
        (later.turn_counter, later.is_ended) = (7, true);
        later.vars.values_mut().for_each(|value| value.push('x'));
        assert_eq!((key(&later), of(&later, &player())), (key(&state), of(&state, &player())));
        let changes: [fn(&mut GameState); 6] = [
            |state| state.user_inventory.push("bell".into()),
            |state| drop(state.npcs.pop_first()),
            |state| drop(state.locations.pop_first()),
            |state| drop(state.vars.insert("tide".into(), String::new())),
            |state| state.scene_name = "rescue".into(),
            |state| state.rules = Rules::Relaxed,
        ];
        for change in changes {
            let mut other = state.clone();
            change(&mut other);
            assert_ne!(key(&other), key(&state));
        }
        let event = Input::story_event(String::new());
        assert_ne!(delta_schema_key(&state, &event), key(&state));
    }

    #[test]
    fn names_are_those_of_the_world_and_of_the_scenes_that_may_begin() {
        let schema = of(&new_state(), &player());
        let of = |pointer: &str| schema.pointer(pointer).unwrap_or_else(|| panic!("{pointer} in {schema}")).clone();
        let places = of("/properties/user_location/anyOf/0/enum");
        for place in ["jetty", "lamp_room", "gallery", "reef"] {
            assert!(places.as_array().unwrap().contains(&json!(place)), "{place} in {places}");
        }
        assert_eq!(of("/properties/scene_change/anyOf/0/properties/to/enum"), json!(["rescue", "storm"]));
        let people = of("/properties/npc_events/items/properties/npc_id/enum");
        for person in ["gull", "inspector", "pilot"] {
            assert!(people.as_array().unwrap().contains(&json!(person)), "{person} in {people}");
        }
        let vars = of("/properties/set_vars/items/properties/name/enum");
        for var in ["lamp_lit", "oil", "beacon_answered", "ship_seen"] {
            assert!(vars.as_array().unwrap().contains(&json!(var)), "{var} in {vars}");
        }
    }

    #[test]
    fn an_item_is_one_of_the_world_unless_a_new_one_may_come_into_it() {
        let item = |library: &Library, state: &GameState, input: &Input| {
            delta_schema(library, state, input).unwrap()["properties"]["item_events"]["items"]["properties"]["item"]
                .clone()
        };
        let mut plain = library();
        plain.rewrite_scenario("lighthouse", |scenario| {
            scenario.contingency_rules.clear();
            scenario.scenes.values_mut().for_each(|scene| scene.contingency_rules.clear());
        });
        let closed = item(&plain, &new_state(), &player());
        for name in ["lantern", "oar", "net", "oil can"] {
            assert!(closed["enum"].as_array().unwrap().contains(&json!(name)), "{name} in {closed}");
        }
        let relaxed = GameState { rules: Rules::Relaxed, ..new_state() };
        let event = Input::story_event("A wave.");
        for open in [
            item(&library(), &new_state(), &player()),
            item(&plain, &relaxed, &player()),
            item(&plain, &new_state(), &event),
        ] {
            assert_eq!(open["anyOf"][0]["enum"], closed["enum"]);
            assert_eq!(open["anyOf"][1], json!({ "type": "string", "maxLength": LONGEST_NAME }));
        }
    }

    #[test]
    fn what_changes_hands_does_not_change_the_schema() {
        let mut later = new_state();
        let oar = later.locations.get_mut("jetty").unwrap().items.pop().unwrap();
        later.user_inventory.push(oar);
        later.turn_counter = 9;
        assert_eq!(of(&new_state(), &player()), of(&later, &player()));
    }

    #[test]
    fn names_of_a_large_world_are_not_enumerated() {
        let mut state = new_state();
        for n in 0..200 {
            state.user_inventory.push(format!("pebble {n}"));
        }
        state.user_inventory.push("a \"quoted\" thing".into());
        let item = &of(&state, &player())["properties"]["item_events"]["items"]["properties"]["item"];
        assert_eq!(*item, json!({ "type": "string", "maxLength": LONGEST_NAME }));
    }
}
