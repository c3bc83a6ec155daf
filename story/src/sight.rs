//! What the player sees of a game: where they are and what is around them. Never what is hidden: variables, conditions, what people
//! want, and rooms where the player has not been.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::content::Location;
use crate::prompt::DARK;
use crate::state::{Container, GameState, Reached};
use crate::world::{Fighter, Health, exits, health, inside_open, is_dark, location_key};

/// How many actions are suggested at most.
const SUGGESTIONS: usize = 12;

/// A game as its player sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sight {
    /// The scenario's file name.
    pub scenario: String,
    /// The player character's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pc: Option<String>,
    /// The key of the current scene; empty in a scenario without scenes.
    pub scene: String,
    /// Turns since the game began, as the story counts them.
    pub turn: u64,
    /// Whether the story is over.
    pub is_ended: bool,
    /// The ending that it came to, if the story names its endings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Reached>,
    /// The narrator's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrator: Option<String>,
    /// Where the player is; absent while the story has not said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The ways out, by direction.
    pub exits: Vec<Way>,
    /// The people here.
    pub people: Vec<Being>,
    /// The monsters here.
    pub creatures: Vec<Being>,
    /// The player's hit points, in a story with fights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hit_points: Option<HitPoints>,
    /// What lies here.
    pub things: Vec<String>,
    /// What the player carries.
    pub inventory: Vec<String>,
    /// The things here and with the player that hold others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<Vessel>,
    /// Sentences that the player could say, made from what is in sight.
    pub suggestions: Vec<String>,
    /// The places of this scene where the player has been, the present one first.
    #[serde(default)]
    pub map: Vec<Room>,
}

/// What a character can still bear.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HitPoints {
    /// Hit points now.
    pub hp: i64,
    /// Hit points when unhurt.
    pub max_hp: i64,
}

/// A place on the player's map.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Room {
    /// Its name.
    pub name: String,
    /// The ways out, by direction.
    pub exits: Vec<Way>,
}

/// A thing that holds others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Vessel {
    /// Its name.
    pub name: String,
    /// Whether it stands open.
    pub is_open: bool,
    /// What is in it, while it stands open.
    #[serde(default)]
    pub things: Vec<String>,
}

/// A place, from within.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// What it is like to be there.
    pub description: String,
}

/// A way out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Way {
    /// Direction or door.
    pub direction: String,
    /// Whether it can be taken now.
    pub is_open: bool,
    /// Why it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_because: Option<String>,
    /// The name of the place behind it, where the player has been there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<String>,
}

/// Somebody, or something that lives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Being {
    /// The name.
    pub name: String,
    /// What it is: `bartender`, `guard`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// How they are, in a story with fights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
}

/// What the player sees of a game.
#[must_use]
pub fn sight(state: &GameState) -> Sight {
    let here = state.current_location();
    let seen = here.filter(|_| !is_dark(state, &state.user_location));
    let mut sight = Sight {
        scenario: state.scenario.clone(),
        pc: state.pc.as_ref().map(|pc| pc.name.clone()),
        scene: state.scene_name.clone(),
        turn: state.turn_counter,
        is_ended: state.is_ended,
        ending: state.ending.clone(),
        narrator: state.narrator.as_ref().map(|narrator| narrator.name.clone()).filter(|name| !name.is_empty()),
        place: here.map(|place| Place { name: name_of(&state.user_location, place), description: self::here(state) }),
        exits: here.map(|here| ways(state, here)).unwrap_or_default(),
        people: state
            .npcs_here()
            .map(|(key, npc)| Being {
                name: or_key(&npc.name, key),
                kind: npc.kind.clone(),
                health: health(state, &Fighter::Npc(key.to_owned())),
            })
            .collect(),
        creatures: seen
            .into_iter()
            .flat_map(|here| &here.monsters)
            .map(|(key, monster)| Being {
                name: or_key(&monster.name, key),
                kind: String::new(),
                health: health(state, &Fighter::Monster(state.user_location.clone(), key.clone())),
            })
            .collect(),
        hit_points: state
            .conflict
            .and_then(|_| Fighter::Player.sheet(state).map(|sheet| HitPoints { hp: sheet.hp, max_hp: sheet.max_hp })),
        things: seen.map(|here| here.items.clone()).unwrap_or_default(),
        inventory: state.user_inventory.clone(),
        containers: containers(state, seen),
        suggestions: Vec::new(),
        map: map(state),
    };
    if !state.is_ended {
        sight.suggestions = suggestions(&sight);
    }
    sight
}

fn containers(state: &GameState, seen: Option<&Location>) -> Vec<Vessel> {
    let at_hand: Vec<&String> = seen.into_iter().flat_map(|here| &here.items).chain(&state.user_inventory).collect();
    let inside = inside_open(state, at_hand.iter().copied());
    let all = at_hand.into_iter().chain(inside.into_iter().map(|(_, item)| item));
    let vessel = |(name, container): (&String, &Container)| Vessel {
        name: name.clone(),
        is_open: !container.closed,
        things: if container.closed { Vec::new() } else { container.contains.clone() },
    };
    all.filter_map(|item| state.containers.get_key_value(item)).map(vessel).collect()
}

fn map(state: &GameState) -> Vec<Room> {
    let is_known = |key: &String| *key == state.user_location || state.visited_locations.contains(key);
    let mut known: Vec<_> = state.locations.iter().filter(|(key, _)| is_known(key)).collect();
    known.sort_by_key(|(key, _)| **key != state.user_location);
    known.into_iter().map(|(key, place)| Room { name: name_of(key, place), exits: ways(state, place) }).collect()
}

/// What the player reads of the place where they are: its description, as it is now.
#[must_use]
pub fn here(state: &GameState) -> String {
    if is_dark(state, &state.user_location) {
        return DARK.to_owned();
    }
    state.current_location().map(|here| here.description.read(state)).unwrap_or_default()
}

fn ways(state: &GameState, here: &Location) -> Vec<Way> {
    let way = |exit: crate::world::Exit<'_>| {
        let key = exit.leads_to.and_then(|key| location_key(&state.locations, key));
        let is_open = exit.blocked.is_none() && key.is_some();
        // An exit to a place that the scene does not have is none.
        (is_open || exit.blocked.is_some()).then(|| Way {
            direction: exit.direction.to_owned(),
            is_open,
            closed_because: exit.blocked.map(str::to_owned),
            leads_to: key
                .filter(|key| is_open && state.visited_locations.contains(*key))
                .and_then(|key| Some(name_of(key, state.locations.get(key)?))),
        })
    };
    exits(here).into_iter().filter_map(way).collect()
}

fn suggestions(sight: &Sight) -> Vec<String> {
    let ways = sight.exits.iter().filter(|way| way.is_open).map(|way| format!("I go {}.", way.direction));
    let people = sight.people.iter().map(|being| format!("I talk to {}.", being.name));
    let creatures = sight.creatures.iter().map(|being| format!("I look at {}.", being.name));
    let fights = sight.creatures.iter().filter(|being| being.health.is_some());
    let fights = fights.map(|being| format!("I attack {}.", being.name));
    let shut = sight.containers.iter().filter(|vessel| !vessel.is_open);
    let shut = shut.map(|vessel| format!("I open the {}.", vessel.name));
    let inside =
        sight.containers.iter().flat_map(|vessel| vessel.things.iter().map(move |thing| (thing, &vessel.name)));
    let inside = inside.map(|(thing, vessel)| format!("I take the {thing} out of the {vessel}."));
    let open = sight.containers.iter().filter(|vessel| vessel.is_open);
    let close = open.map(|vessel| format!("I close the {}.", vessel.name));
    let things = sight.things.iter().map(|thing| format!("I take the {thing}."));
    let carried = sight.inventory.iter().map(|thing| format!("I use the {thing}."));
    let look = std::iter::once("I look around.".to_owned());
    look.chain(ways)
        .chain(people)
        .chain(shut)
        .chain(inside)
        .chain(things)
        .chain(creatures)
        .chain(fights)
        .chain(carried)
        .chain(close)
        .take(SUGGESTIONS)
        .collect()
}

fn name_of(key: &str, location: &Location) -> String {
    or_key(&location.name, key)
}

/// A name, or its key in words where there is none.
fn or_key(name: &str, key: &str) -> String {
    if name.trim().is_empty() { key.replace('_', " ") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state() -> GameState {
        serde_json::from_value(json!({
            "scenario": "ferry.json", "scene_name": "crossing", "user_location": "landing", "turn_counter": 3,
            "visited_locations": ["landing", "hut"], "user_inventory": ["token"], "vars": { "murderer": "odile" },
            "npcs": {
                "odile": { "name": "Odile", "type": "ferrywoman", "description": "Wants to be found out.", "location": "landing" },
                "cat": { "name": "Cat", "location": "cellar" }
            },
            "locations": {
                "landing": {
                    "name": "Foggy Landing", "description": "Fog.", "items": ["lantern"],
                    "exits": { "east": "hut", "south": "cellar", "up": "nowhere" },
                    "blocked_exits": { "north": "Under water." }
                },
                "hut": { "name": "Ferry Hut", "description": "A stove.", "items": ["stove key"] },
                "cellar": { "name": "Secret Cellar", "description": "Bones." }
            }
        }))
        .unwrap()
    }

    #[test]
    fn the_player_sees_what_is_here() {
        let sight = sight(&state());
        assert_eq!(sight.place.as_ref().map(|place| place.name.as_str()), Some("Foggy Landing"));
        let ways: Vec<_> = sight
            .exits
            .iter()
            .map(|way| (way.direction.as_str(), way.is_open, way.leads_to.as_deref(), way.closed_because.as_deref()))
            .collect();
        assert_eq!(
            ways,
            [
                ("east", true, Some("Ferry Hut"), None),
                ("north", false, None, Some("Under water.")),
                ("south", true, None, None),
            ]
        );
        assert_eq!(sight.people, [Being { name: "Odile".to_owned(), kind: "ferrywoman".to_owned(), health: None }]);
        assert_eq!((sight.things, sight.inventory), (vec!["lantern".to_owned()], vec!["token".to_owned()]));
        assert!(sight.suggestions.contains(&"I go east.".to_owned()));
    }

    #[test]
    fn the_map_has_the_places_where_the_player_has_been_the_present_one_first() {
        let map = sight(&state()).map;
        assert_eq!(map.iter().map(|room| room.name.as_str()).collect::<Vec<_>>(), ["Foggy Landing", "Ferry Hut"]);
        assert_eq!(map[0].exits[0].leads_to.as_deref(), Some("Ferry Hut"));
        assert_eq!(map[0].exits[2].leads_to, None, "the cellar has not been seen");
    }

    #[test]
    fn nothing_that_is_hidden_or_elsewhere_is_in_it() {
        let text = serde_json::to_string(&sight(&state())).unwrap();
        for hidden in ["murderer", "found out", "Cat", "Secret", "Bones", "stove"] {
            assert!(!text.contains(hidden), "`{hidden}` is in {text}");
        }
    }

    #[test]
    fn how_somebody_is_shows_only_in_a_story_with_fights() {
        let mut state = state();
        state.pc = serde_json::from_value(json!({ "name": "Ada", "hp": 4, "max_hp": 9 })).unwrap();
        let monsters = json!({ "crab": { "name": "Crab", "hp": 2, "max_hp": 4 }, "shell": { "name": "Shell" } });
        state.locations.get_mut("landing").unwrap().monsters = serde_json::from_value(monsters).unwrap();
        let text = serde_json::to_string(&sight(&state)).unwrap();
        assert!(!text.contains("health") && !text.contains("hit_points") && !text.contains("attack"), "{text}");
        state.conflict = Some(crate::Conflict::default());
        let sight = sight(&state);
        assert_eq!(sight.hit_points, Some(HitPoints { hp: 4, max_hp: 9 }));
        assert_eq!(
            sight.creatures.iter().map(|being| being.health).collect::<Vec<_>>(),
            [Some(Health::BadlyHurt), None]
        );
        assert_eq!(sight.people[0].health, None, "Odile does not fight");
        assert!(sight.suggestions.contains(&"I attack Crab.".to_owned()));
    }

    #[test]
    fn a_story_that_is_over_suggests_nothing() {
        assert!(sight(&GameState { is_ended: true, ..state() }).suggestions.is_empty());
    }
}
