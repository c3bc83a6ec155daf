//! Starting a game: what a player may choose, what the scenario chooses otherwise, and the first message.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::content::{ContentKind, Language, Library, Narrator, Pc, Scenario, normalize_id};
use crate::message::ChatMessage;
use crate::state::{DEFAULT_TEMPERATURE, GameState, Rules};
use crate::suggest::{did_you_mean, nearest};
use crate::world::{begin_scene, fill_containers, follow, lay_out, location_key};

/// What a player chooses when they start a game. What is absent, the scenario or the engine chooses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NewGame {
    /// The scenario's id, in any spelling.
    pub scenario: String,
    /// The player character's id; default: the scenario's, else `classic`.
    pub pc: Option<String>,
    /// The narrator's id; default: the scenario's.
    pub narrator: Option<String>,
    /// Default: strict.
    pub rules: Option<Rules>,
    /// 0 to 1; default: [`crate::DEFAULT_TEMPERATURE`].
    pub temperature: Option<f64>,
    /// The language in which the story is told; default: the scenario's.
    pub language: Option<Language>,
    /// What chance begins with; default: 0.
    pub seed: Option<u32>,
}

/// Why a game cannot be started.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NewGameError {
    /// No such scenario.
    #[error("there is no scenario `{id}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownScenario {
        /// The id that was asked for.
        id: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// No such player character.
    #[error("there is no PC `{id}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownPc {
        /// The id that was asked for.
        id: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// No such narrator.
    #[error("there is no narrator `{id}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownNarrator {
        /// The id that was asked for.
        id: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// The scenario opens with a scene that it does not have.
    #[error("scenario `{scenario}` opens with scene `{scene}`, which it does not have{}", did_you_mean(.suggestion.as_deref()))]
    UnknownOpeningScene {
        /// The scenario.
        scenario: String,
        /// The scene that it names.
        scene: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// A temperature that no model takes.
    #[error("temperature {0} is not between 0 and 1")]
    Temperature(f64),
}

impl NewGameError {
    /// The field of [`NewGame`] that is wrong.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::UnknownScenario { .. } | Self::UnknownOpeningScene { .. } => "scenario",
            Self::UnknownPc { .. } => "pc",
            Self::UnknownNarrator { .. } => "narrator",
            Self::Temperature(_) => "temperature",
        }
    }
}

/// The player character of a game where neither player nor scenario names one.
const FALLBACK_PC: &str = "classic";

/// Where a scenario's opening leaves room for the character's.
const PC_PLACEHOLDER: &str = "%s";

/// Starts a game: its state, and the messages that open its history.
///
/// What the player asks for must exist. What only the scenario names may be missing: without its narrator the game has
/// none, without its PC it uses `classic`, and without that one it has no PC.
pub fn new_game(library: &Library, new: &NewGame) -> Result<(GameState, Vec<ChatMessage>), NewGameError> {
    let scenario = library.scenario(&new.scenario).ok_or_else(|| NewGameError::UnknownScenario {
        id: new.scenario.clone(),
        suggestion: library.nearest(ContentKind::Scenario, &new.scenario).map(str::to_owned),
    })?;
    let temperature = new.temperature.unwrap_or(DEFAULT_TEMPERATURE);
    if !(0.0..=1.0).contains(&temperature) {
        return Err(NewGameError::Temperature(temperature));
    }
    let narrator = narrator(library, new, scenario)?;
    let pc = pc(library, new, scenario)?;

    let mut state = GameState {
        scenario: format!("{}.json", normalize_id(&new.scenario)),
        rules: new.rules.unwrap_or_default(),
        temperature,
        language: new.language.clone().or_else(|| scenario.language.clone()),
        narrator: narrator.cloned(),
        pc: pc.map(|pc| Pc { inventory: Vec::new(), ..ready(scenario, pc) }),
        conflict: scenario.conflict,
        seed: new.seed.unwrap_or_default(),
        user_location: opening_location(scenario),
        user_inventory: opening_inventory(scenario, pc),
        ..GameState::default()
    };
    lay_out(library, scenario, &mut state);
    if !scenario.opening_scene.is_empty() {
        let (key, scene) = scenario.scenes.get_key_value(&scenario.opening_scene).ok_or_else(|| {
            NewGameError::UnknownOpeningScene {
                scenario: scenario.name.clone(),
                scene: scenario.opening_scene.clone(),
                suggestion: nearest(&scenario.opening_scene, scenario.scenes.keys().map(String::as_str))
                    .map(str::to_owned),
            }
        })?;
        begin_scene(library, scenario, key, scene, &mut state);
    }
    fill_containers(scenario, &mut state);
    follow(&mut state);
    state.visited_locations.insert(state.user_location.clone());
    Ok((state, opening_message(scenario, pc).into_iter().collect()))
}

fn narrator<'a>(
    library: &'a Library,
    new: &NewGame,
    scenario: &Scenario,
) -> Result<Option<&'a Narrator>, NewGameError> {
    let Some(id) = asked(new.narrator.as_deref()) else { return Ok(library.narrator(&scenario.narrator_id)) };
    library.narrator(id).map(Some).ok_or_else(|| NewGameError::UnknownNarrator {
        id: id.to_owned(),
        suggestion: library.nearest(ContentKind::Narrator, id).map(str::to_owned),
    })
}

fn pc<'a>(library: &'a Library, new: &NewGame, scenario: &Scenario) -> Result<Option<&'a Pc>, NewGameError> {
    let Some(id) = asked(new.pc.as_deref()) else {
        return Ok(library.pc(&scenario.default_pc).or_else(|| library.pc(FALLBACK_PC)));
    };
    library.pc(id).map(Some).ok_or_else(|| NewGameError::UnknownPc {
        id: id.to_owned(),
        suggestion: library.nearest(ContentKind::Pc, id).map(str::to_owned),
    })
}

/// The character as the game begins. Where there are fights, one who was not said to be hurt is unhurt.
fn ready(scenario: &Scenario, pc: &Pc) -> Pc {
    let hp = if scenario.conflict.is_some() && pc.hp <= 0 { pc.max_hp } else { pc.hp };
    Pc { hp, ..pc.clone() }
}

/// An id that was really asked for: an empty one was not.
fn asked(id: Option<&str>) -> Option<&str> {
    id.filter(|id| !id.trim().is_empty())
}

/// The key of the opening location, which a scenario may also call by its name.
fn opening_location(scenario: &Scenario) -> String {
    location_key(&scenario.locations, &scenario.opening_location).unwrap_or(&scenario.opening_location).to_owned()
}

/// What the scenario gives everybody, then what the character brings, each thing once.
fn opening_inventory(scenario: &Scenario, pc: Option<&Pc>) -> Vec<String> {
    let mut inventory: Vec<String> = Vec::new();
    for item in scenario.opening_inventory.iter().chain(pc.iter().flat_map(|pc| &pc.inventory)) {
        if !inventory.contains(item) {
            inventory.push(item.clone());
        }
    }
    inventory
}

fn opening_message(scenario: &Scenario, pc: Option<&Pc>) -> Option<ChatMessage> {
    let introduction = pc.map_or("", |pc| pc.opening_prompt.trim());
    let opening = scenario.opening_prompt.replace(PC_PLACEHOLDER, introduction);
    let opening = opening.trim();
    (!opening.is_empty()).then(|| ChatMessage::assistant(opening))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::library;

    fn asking(change: impl FnOnce(&mut NewGame)) -> NewGame {
        let mut new = NewGame { scenario: "Lighthouse.json".into(), ..NewGame::default() };
        change(&mut new);
        new
    }

    #[test]
    fn a_game_starts_where_its_scenario_opens() {
        let (state, messages) = new_game(&library(), &asking(|_| {})).unwrap();
        assert_eq!(state.scenario, "lighthouse.json");
        assert_eq!((state.scene_name.as_str(), state.user_location.as_str()), ("storm", "jetty"));
        assert_eq!(state.rules, Rules::Strict);
        assert!((state.temperature - DEFAULT_TEMPERATURE).abs() < f64::EPSILON);
        assert_eq!(state.vars["beacon_answered"], "false", "variables of the scene are there besides the scenario's");
        assert_eq!(state.vars["oil"], "3");
        assert_eq!(state.narrator.unwrap().id, "dry");
        assert_eq!(
            messages,
            [ChatMessage::assistant(
                "You are Ada Finch, keeper of the Drowned Light.\n\nThe horn has stopped. What do you do?"
            )]
        );
    }

    #[test]
    fn the_inventory_is_the_scenarios_and_the_characters_each_thing_once_in_order() {
        let (state, _) = new_game(&library(), &asking(|_| {})).unwrap();
        assert_eq!(state.user_inventory, ["lantern", "whistle"]);
        assert!(state.pc.unwrap().inventory.is_empty());
    }

    #[test]
    fn monsters_stand_ready_from_the_first_turn() {
        let (state, _) = new_game(&library(), &asking(|_| {})).unwrap();
        assert_eq!(state.locations["cave"].monsters["eel_1"].name, "Eel");
    }

    #[test]
    fn a_temperature_of_zero_can_be_asked_for_and_one_above_one_cannot() {
        let (state, _) = new_game(&library(), &asking(|new| new.temperature = Some(0.0))).unwrap();
        assert!(state.temperature.abs() < f64::EPSILON);
        for temperature in [1.1, -0.1, f64::NAN] {
            assert!(new_game(&library(), &asking(|new| new.temperature = Some(temperature))).is_err());
        }
    }

    #[test]
    fn what_does_not_exist_is_named_with_what_might_have_been_meant() {
        let cases = [
            (asking(|new| new.scenario = "lighthuose".into()), "scenario", "`lighthuose`; did you mean `lighthouse`?"),
            (asking(|new| new.pc = Some("kepper".into())), "pc", "`kepper`; did you mean `keeper`?"),
            (asking(|new| new.narrator = Some("wry".into())), "narrator", "`wry`; did you mean `dry`?"),
        ];
        for (new, field, message) in cases {
            let error = new_game(&library(), &new).unwrap_err();
            assert_eq!(error.field(), field);
            assert!(error.to_string().ends_with(message), "{error}");
        }
    }
}
