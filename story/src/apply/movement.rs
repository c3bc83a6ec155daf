//! Where the player goes. In strict mode a model moves them one step through an open exit or, if the scenario's `travel` is `known`,
//! along open exits through visited locations; in relaxed mode, and by a conditional, to any location that exists.

use super::change::{Author, Change};
use super::reason::Reason;
use super::turn::Turn;
use crate::content::Travel;
use crate::state::{GameState, Rules};
use crate::suggest::nearest;
use crate::world::{Exit, exits, location_key, location_meant, open_exits, path};

impl Turn<'_> {
    /// Moves the player to the place that is called `target`: by key, by display name, or, for a model, by the label of an exit.
    pub(super) fn move_player(&mut self, author: &Author, target: &str) -> Result<(), Reason> {
        if target.trim().is_empty() {
            return Ok(());
        }
        let steps = match author {
            Author::Conditional(_) => vec![self.known_location(target)?],
            Author::Model => self.way_to(target)?,
        };
        for to in steps {
            let has_moved = to != self.state.user_location;
            if has_moved {
                let from = std::mem::replace(&mut self.state.user_location, to.clone());
                self.changes.push(Change::PlayerMoved { from, to: to.clone() });
            }
            if has_moved && !self.state.visited_locations.insert(to.clone()) {
                self.state.returned_to.insert(to);
            }
        }
        Ok(())
    }

    /// The locations on the player's way to `target`, in order.
    fn way_to(&self, target: &str) -> Result<Vec<String>, Reason> {
        match self.reachable_location(target) {
            Ok(key) => Ok(vec![key]),
            Err(reason) if self.scenario.travel == Travel::Known => {
                let key = self.known_location(target);
                key.ok().and_then(|key| path(&self.state, &key)).ok_or(reason)
            }
            Err(reason) => Err(reason),
        }
    }

    /// The key of any location of the world, also by a part of its name that fits no other.
    pub(super) fn known_location(&self, name: &str) -> Result<String, Reason> {
        let locations = &self.state.locations;
        location_meant(locations, name).map(str::to_owned).ok_or_else(|| {
            let names = locations.iter().flat_map(|(key, location)| [key.as_str(), &location.name]);
            Reason::UnknownLocation {
                name: name.trim().to_owned(),
                suggestion: nearest(name, names).map(str::to_owned),
            }
        })
    }

    fn reachable_location(&self, target: &str) -> Result<String, Reason> {
        let strict = self.rules == Rules::Strict && self.state.current_location().is_some();
        let ways = self.ways(target);
        if let Some(key) = ways.iter().find(|(exit, _)| exit.blocked.is_none()).and_then(|(_, key)| key.clone()) {
            return Ok(key);
        }
        let blocked = ways.iter().find_map(|(exit, _)| Some((exit.direction, exit.blocked?)));
        match (self.known_location(target), blocked) {
            (Ok(key), _) if !strict || key == self.state.user_location => Ok(key),
            (_, Some((direction, reason))) => {
                Err(Reason::Blocked { direction: direction.to_owned(), reason: reason.to_owned() })
            }
            (Err(unknown), None) => Err(unknown),
            (Ok(key), None) => Err(Reason::NoWay {
                here: self.state.user_location.clone(),
                to: key,
                open: open_exits(&self.state)
                    .iter()
                    .map(|(direction, key, _)| format!("{direction} -> {key}"))
                    .collect(),
            }),
        }
    }

    /// The exits that `target` may mean, by the place that they lead to or by their label, with the key of that place. They are those of
    /// the player's location as it was when the turn began and, if the turn has begun a scene, as it is in that.
    fn ways(&self, target: &str) -> Vec<(Exit<'_>, Option<String>)> {
        let here = |state: &'_ GameState| state.locations.contains_key(&self.state.user_location);
        let key = location_meant(&self.state.locations, target);
        let label = target.trim().to_lowercase();
        [self.before, &self.state]
            .into_iter()
            .filter(|state| here(state))
            .flat_map(|state| exits(&state.locations[&self.state.user_location]))
            .map(|exit| (exit, exit.leads_to.and_then(|to| location_key(&self.state.locations, to)).map(str::to_owned)))
            .filter(|(exit, to)| (key.is_some() && key == to.as_deref()) || exit.direction.to_lowercase() == label)
            .filter(|(exit, to)| exit.blocked.is_some() || to.is_some())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::apply::testing::{conditional, model, story_event};
    use crate::patch::StatePatch;
    use crate::testing::{new_state, patched};

    fn goes(state: &GameState, target: &str) -> Result<String, String> {
        let applied = model(state, json!({ "user_location": target }));
        match applied.rejections.as_slice() {
            [] => Ok(applied.state.user_location),
            [rejection] => {
                assert_eq!(rejection.effect, "/user_location");
                assert_eq!(applied.state.user_location, state.user_location);
                Err(rejection.reason.clone())
            }
            more => panic!("{more:?}"),
        }
    }

    #[test]
    fn the_player_takes_an_open_exit_by_key_name_or_label() {
        for target in ["lamp_room", "LAMP_ROOM ", "lamp room", "up", "Up"] {
            assert_eq!(goes(&new_state(), target), Ok("lamp_room".into()), "{target}");
        }
        assert_eq!(goes(&new_state(), "jetty"), Ok("jetty".into()), "staying is no move");
        assert_eq!(goes(&new_state(), ""), Ok("jetty".into()));
    }

    #[test]
    fn a_blocked_exit_cannot_be_taken() {
        for target in ["causeway", "north", "Causeway"] {
            assert_eq!(
                goes(&new_state(), target),
                Err("the way `north` is blocked: The causeway is under water.".into())
            );
        }
    }

    #[test]
    fn two_steps_at_once_are_one_too_many() {
        let reason = goes(&new_state(), "gallery").unwrap_err();
        assert_eq!(reason, "no open exit of `jetty` leads to `gallery`; open exits: up -> lamp_room");
    }

    #[test]
    fn a_scenario_with_travel_lets_a_turn_lead_through_visited_places() {
        let mut library = crate::testing::library();
        library.rewrite_scenario("lighthouse", |scenario| scenario.travel = Travel::Known);
        let travel = |state: &GameState, target: &str| {
            let delta = serde_json::from_value(json!({ "user_location": target })).unwrap();
            let input = crate::Input::Player { message: "I go.".into(), actor: None };
            crate::apply(&library, state, &delta, &input).unwrap()
        };
        let unvisited = travel(&new_state(), "gallery");
        assert_eq!(
            unvisited.rejections[0].reason,
            "no open exit of `jetty` leads to `gallery`; open exits: up -> lamp_room"
        );
        let visited = travel(&travel(&new_state(), "lamp_room").state, "jetty").state;
        let step = |from: &str, to: &str| Change::PlayerMoved { from: from.into(), to: to.into() };
        let applied = travel(&visited, "gallery");
        assert_eq!(applied.changes, [step("jetty", "lamp_room"), step("lamp_room", "gallery")]);
        assert!(travel(&visited, "causeway").rejections[0].reason.contains("blocked"));
    }

    #[test]
    fn a_place_is_found_by_a_part_of_its_name() {
        assert_eq!(goes(&new_state(), "the lamp"), Ok("lamp_room".into()));
    }

    #[test]
    fn an_unknown_place_is_rejected_with_a_suggestion() {
        let reason = goes(&new_state(), "lamproom").unwrap_err();
        assert!(reason.contains("no location `lamproom`; did you mean `lamp_room`?"), "{reason}");
        assert!(goes(&new_state(), "reef").is_err(), "the reef is not in this scene, though the boat would lead there");
    }

    #[test]
    fn in_relaxed_mode_any_known_place_will_do() {
        let state = patched(&StatePatch { rules: Some(Rules::Relaxed), ..StatePatch::default() });
        assert_eq!(goes(&state, "gallery"), Ok("gallery".into()));
        assert_eq!(goes(&state, "causeway"), Ok("causeway".into()), "blocked exits are soft");
        assert!(goes(&state, "moon").is_err());
    }

    #[test]
    fn what_the_author_causes_may_carry_the_player_anywhere() {
        assert_eq!(conditional(&new_state(), json!({ "user_location": "Sea Cave" })).state.user_location, "cave");
        assert_eq!(story_event(&new_state(), json!({ "user_location": "cave" })).state.user_location, "cave");
    }

    #[test]
    fn an_exit_that_the_new_scene_opens_or_has_closed_can_be_taken_in_the_same_turn() {
        let applied = model(&new_state(), json!({ "scene_change": { "to": "rescue" }, "user_location": "causeway" }));
        assert_eq!(applied.state.user_location, "causeway");
    }

    #[test]
    fn a_player_who_stands_nowhere_is_brought_back_by_any_known_place() {
        let mut state = new_state();
        state.user_location = "washed away".into();
        assert_eq!(goes(&state, "jetty"), Ok("jetty".into()));
    }

    #[test]
    fn just_entered_is_true_on_the_turn_after_a_move_only() {
        let arrived = model(&new_state(), json!({ "user_location": "lamp_room" })).state;
        assert!(arrived.just_entered);
        assert!(!model(&arrived, json!({})).state.just_entered);
    }
}
