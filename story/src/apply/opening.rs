//! Opening a closed item: what is in it then lies where the item is. A model needs the key for a locked one; a conditional needs none.

use super::change::{Author, Change, Holder};
use super::reason::Reason;
use super::turn::Turn;
use crate::world::{closed, is_dark_with, lay_open, matching};

impl Turn<'_> {
    /// Opens `wanted`, if it is closed. What is open already, or was never closed, stays as it is.
    pub(super) fn open_item(&mut self, author: &Author, wanted: &str) -> Result<(), Reason> {
        let candidates = match author {
            Author::Model => self.holders_around(),
            Author::Conditional(_) => self.all_holders(),
        };
        let Some((item, holder)) = self.find(wanted, &candidates)? else {
            return Err(Reason::NotHere { item: wanted.trim().to_owned() });
        };
        if *author == Author::Model
            && let Some(reason) = self.in_the_dark(&item, &holder)
        {
            return Err(reason);
        }
        let Some(found) = closed(&self.state, &item) else { return Ok(()) };
        if found.locked && *author == Author::Model {
            let held = |key: &String| matching(&self.state.user_inventory, key).is_some();
            if !found.key.as_ref().is_some_and(held) {
                return Err(Reason::Locked { item, key: found.key.clone() });
            }
        }
        let inside = found.contains.clone();
        if let Some(opened) = self.state.closed_items.get_mut(&item) {
            opened.closed = false;
        }
        let has_come = |turn: &Self, item: &String| turn.items_of(&holder).is_some_and(|items| items.contains(item));
        let before: Vec<bool> = inside.iter().map(|item| has_come(self, item)).collect();
        lay_open(&mut self.state);
        let come = inside.iter().zip(before).filter(|(item, was_there)| !was_there && has_come(self, item));
        let come: Vec<Change> = come
            .map(|(item, _)| Change::ItemMoved { item: item.clone(), from: None, to: Some(holder.clone()) })
            .collect();
        self.changes.extend(come);
        Ok(())
    }

    /// Why the player cannot lay a hand on `item`: it is in a place where nothing can be seen.
    pub(super) fn in_the_dark(&self, item: &str, holder: &Holder) -> Option<Reason> {
        let Holder::Location(place) = holder else { return None };
        let has_player = self.places_in_reach().contains(&place.as_str());
        is_dark_with(&self.state, place, has_player)
            .then(|| Reason::Dark { item: item.to_owned(), place: place.clone() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::content::{ContentKind, Library, Source};
    use crate::new_game::{NewGame, new_game};
    use crate::prompt::Input;
    use crate::state::GameState;
    use crate::{Applied, apply};

    fn library() -> Library {
        let text = json!({
            "name": "Attic", "story": "An attic.", "opening_location": "attic", "vars": { "candle_lit": "false" },
            "opening_inventory": ["candle"],
            "locations": {
                "attic": { "name": "Attic", "description": "Beams.", "exits": { "down": "cellar" }, "items": ["tea chest", "hat box", "brass key"] },
                "cellar": { "name": "Cellar", "description": "Shelves.", "exits": { "up": "attic" }, "dark": true, "items": ["jar"] }
            },
            "items": {
                "tea chest": { "contains": ["letter"], "locked": true, "key": "brass key" },
                "hat box": { "contains": ["bonnet"], "closed": true },
                "candle": { "lit": { "vars": { "candle_lit": "true" } } }
            },
            "contingency_rules": ["When the player lights the candle, set the variable \"candle_lit\" to \"true\"."],
            "conditionals": { "found": { "when": { "inventory": ["letter"] }, "then": { "game_ended": true } } }
        });
        let source = Source {
            kind: ContentKind::Scenario,
            id: "attic".into(),
            path: "attic.json".into(),
            text: text.to_string(),
        };
        Library::load([source]).unwrap()
    }

    fn start() -> GameState {
        new_game(&library(), &NewGame { scenario: "attic".into(), ..NewGame::default() }).unwrap().0
    }

    fn play(state: &GameState, delta: Value) -> Applied {
        let input = Input::Player { message: "I do.".into(), actor: None };
        apply(&library(), state, &serde_json::from_value(delta).unwrap(), &input).unwrap()
    }

    fn item(action: &str, item: &str) -> Value {
        json!({ "item": item, "action": action })
    }

    fn reasons(applied: &Applied) -> Vec<&str> {
        applied.rejections.iter().map(|rejection| rejection.reason.as_str()).collect()
    }

    #[test]
    fn nothing_is_taken_from_a_closed_item_until_it_is_opened() {
        let early = play(&start(), json!({ "item_events": [item("acquire", "bonnet")] }));
        assert_eq!(reasons(&early), ["`bonnet` is not within the player's reach"]);
        let opened = play(&start(), json!({ "item_events": [item("open", "hat box"), item("acquire", "bonnet")] }));
        assert_eq!(reasons(&opened), Vec::<&str>::new());
        assert!(opened.state.user_inventory.contains(&"bonnet".to_owned()));
        assert!(!opened.state.locations["attic"].items.contains(&"bonnet".to_owned()));
    }

    #[test]
    fn a_locked_item_opens_with_its_key_only() {
        let locked = play(&start(), json!({ "item_events": [item("open", "tea chest"), item("acquire", "letter")] }));
        assert_eq!(reasons(&locked)[0], "`tea chest` is locked, and the player does not hold `brass key`");
        assert!(!locked.state.is_ended);
        let with_key =
            json!({ "item_events": [item("acquire", "brass key"), item("open", "chest"), item("acquire", "letter")] });
        let opened = play(&start(), with_key);
        assert_eq!(reasons(&opened), Vec::<&str>::new());
        assert!(opened.state.is_ended);
    }

    #[test]
    fn what_is_opened_in_the_hand_is_in_the_hand() {
        let events = json!({ "item_events": [item("acquire", "hat box"), item("open", "hat box")] });
        let opened = play(&start(), events).state;
        assert_eq!(opened.user_inventory, ["candle", "hat box", "bonnet"]);
    }

    #[test]
    fn nothing_is_taken_in_the_dark_until_there_is_light() {
        let below = play(&start(), json!({ "user_location": "cellar" })).state;
        let dark = play(&below, json!({ "item_events": [item("acquire", "jar")] }));
        assert_eq!(reasons(&dark), ["it is dark in `cellar`, so nobody finds `jar` there"]);
        let lit =
            play(&below, json!({ "set_vars": { "candle_lit": "true" }, "item_events": [item("acquire", "jar")] }));
        assert_eq!(reasons(&lit), Vec::<&str>::new());
    }

    #[test]
    fn prompts_and_the_players_view_show_what_is_closed_and_nothing_of_what_is_in_it_or_in_the_dark() {
        let input = Input::Player { message: "I look.".into(), actor: None };
        let prompt =
            |state: &GameState| crate::prompt::narration_prompt(&library(), state, &[], &input, usize::MAX).unwrap();
        let asked =
            |state: &GameState| crate::prompt::extraction_prompt(&library(), state, &input, "You look.").unwrap();
        let attic = format!("{:?}{:?}{:?}", prompt(&start()), asked(&start()), crate::sight(&start()));
        assert!(attic.contains("- hat box: It is closed") && attic.contains("- tea chest: It is locked"), "{attic}");
        assert!(attic.contains("I open the hat box."), "{attic}");
        for inside in ["letter", "bonnet"] {
            assert!(!attic.contains(inside), "{inside} in {attic}");
        }
        let below = play(&start(), json!({ "user_location": "cellar" })).state;
        let cellar = format!("{:?}{:?}{:?}", prompt(&below), asked(&below), crate::sight(&below));
        assert!(
            cellar.contains("It is dark here") && !cellar.contains("jar") && !cellar.contains("Shelves"),
            "{cellar}"
        );
    }

    #[test]
    fn a_model_can_say_that_something_was_opened_only_while_something_is_closed() {
        let actions = |state: &GameState| {
            let input = Input::Player { message: String::new(), actor: None };
            crate::delta_schema(&library(), state, &input)
                .unwrap()
                .pointer("/properties/item_events/items/properties/action/enum")
                .unwrap()
                .to_string()
        };
        assert!(actions(&start()).contains("open"));
        let mut open = start();
        open.closed_items.clear();
        assert!(!actions(&open).contains("open"));
    }

    #[test]
    fn the_search_for_dead_ends_opens_and_unlocks() {
        let found = crate::explore::explore(&library(), "attic", 5_000).unwrap();
        assert!(found.is_complete && found.dead_end.is_none() && !found.endings.is_empty(), "{found:?}");
    }

    #[test]
    fn the_search_for_dead_ends_lights_what_is_needed_to_find_a_key_in_the_dark() {
        let mut library = library();
        library.rewrite_scenario("attic", |scenario| {
            scenario.locations.get_mut("attic").unwrap().items.retain(|item| item != "brass key");
            scenario.locations.get_mut("cellar").unwrap().items.push("brass key".to_owned());
        });
        let found = crate::explore::explore(&library, "attic", 5_000).unwrap();
        assert!(found.is_complete && found.dead_end.is_none() && !found.endings.is_empty(), "{found:?}");
        library.rewrite_scenario("attic", |scenario| scenario.items.get_mut("candle").unwrap().lit = None);
        let found = crate::explore::explore(&library, "attic", 5_000).unwrap();
        assert!(found.dead_end.is_some() && found.endings.is_empty(), "without light there is no way: {found:?}");
    }
}
