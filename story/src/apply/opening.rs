//! Opening, closing and locking containers, and what can be reached in them. A model needs the key for a lock; a conditional needs none.

use super::change::{Author, Change, Holder};
use super::reason::Reason;
use super::turn::Turn;
use crate::delta::ItemAction;
use crate::state::Container;
use crate::world::{is_dark_with, is_within, matching, open_containers};

impl Turn<'_> {
    /// Opens, closes or locks `wanted`. What is so already, and what holds nothing, stays as it is.
    pub(super) fn open_or_close(&mut self, author: &Author, action: ItemAction, wanted: &str) -> Result<(), Reason> {
        let candidates = match author {
            Author::Model => self.holders_around(),
            Author::Conditional(_) => self.all_holders(),
        };
        let Some((item, holder)) = self.find(wanted, &candidates)? else {
            return Err(Reason::NotHere { item: wanted.trim().to_owned() });
        };
        let is_model = *author == Author::Model;
        if is_model && let Some(reason) = self.in_the_dark(&item, &holder) {
            return Err(reason);
        }
        let Some(found) = self.state.containers.get(&item) else { return Ok(()) };
        let lacks_key = is_model && !self.holds_key_of(found);
        let key = found.key.clone();
        let (was_closed, was_locked) = (found.closed, found.locked);
        match action {
            ItemAction::Open if was_locked && lacks_key => return Err(Reason::Locked { item, key }),
            ItemAction::Lock if !was_locked && lacks_key => return Err(Reason::NoKeyToLock { item, key }),
            _ => {}
        }
        let (closed, locked) = match action {
            ItemAction::Open => (false, false),
            ItemAction::Lock => (true, true),
            _ => (true, was_locked),
        };
        if (closed, locked) == (was_closed, was_locked) {
            return Ok(());
        }
        if let Some(container) = self.state.containers.get_mut(&item) {
            (container.closed, container.locked) = (closed, locked);
        }
        self.changes.push(if closed { Change::ItemClosed { item, locked } } else { Change::ItemOpened { item } });
        Ok(())
    }

    fn holds_key_of(&self, container: &Container) -> bool {
        container.key.as_ref().is_some_and(|key| matching(&self.state.user_inventory, key).is_some())
    }

    /// Why the player cannot lay a hand on `item`: it is in a place where nothing can be seen.
    pub(super) fn in_the_dark(&self, item: &str, holder: &Holder) -> Option<Reason> {
        let Holder::Location(place) = self.outermost(holder).ok()? else { return None };
        let has_player = self.places_in_reach().contains(&place.as_str());
        is_dark_with(&self.state, &place, has_player)
            .then(|| Reason::Dark { item: item.to_owned(), place: place.clone() })
    }

    /// `holders` and, behind them, the containers that stand open among what they have.
    pub(super) fn with_open_containers(&self, holders: Vec<Holder>) -> Vec<Holder> {
        let items = holders.iter().filter_map(|holder| self.items_of(holder)).flatten();
        let open: Vec<Holder> =
            open_containers(&self.state, items).into_iter().map(|(name, _)| Holder::Item(name.clone())).collect();
        holders.into_iter().chain(open).collect()
    }

    /// Who or which place has the container that `holder` is, at any depth, if all on the way stand open. Others have themselves.
    pub(super) fn outermost(&self, holder: &Holder) -> Result<Holder, Reason> {
        let mut holder = holder.clone();
        for _ in 0..=self.state.containers.len() {
            let Holder::Item(name) = &holder else { return Ok(holder) };
            if self.state.containers.get(name).is_none_or(|container| container.closed) {
                return Err(Reason::Closed { container: name.clone() });
            }
            let has = |holder: &Holder| self.items_of(holder).is_some_and(|items| items.contains(name));
            let Some(outer) = self.all_holders().into_iter().find(has) else { break };
            holder = outer;
        }
        Err(Reason::OutOfReach { holder: super::items::describe(&holder) })
    }

    /// Whether `item` may be put into `holder`: a container that stands open within the player's reach, and not itself.
    pub(super) fn may_be_put_into(&self, author: &Author, item: &str, holder: &Holder) -> Result<(), Reason> {
        let Holder::Item(container) = holder else { return Ok(()) };
        if is_within(&self.state, container, item) {
            return Err(Reason::InItself { item: item.to_owned() });
        }
        if *author != Author::Model {
            return Ok(());
        }
        let outer = self.outermost(holder)?;
        if !self.is_within_reach(&outer) {
            return Err(Reason::OutOfReach { holder: super::items::describe(holder) });
        }
        self.in_the_dark(container, &outer).map_or(Ok(()), Err)
    }

    /// What was in a container that is gone lies where the container was.
    pub(super) fn empty_out(&mut self, container: &str, holder: &Holder) {
        let Some(gone) = self.state.containers.remove(container) else { return };
        for item in gone.contains {
            self.transfer(item, None, Some(holder.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::content::{ContentKind, Library, Scene, Source};
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
                "tea chest": { "contains": ["letter"], "locked": true, "key": "brass key", "fixed": true },
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
    fn what_is_in_an_open_container_stays_in_it_until_it_is_taken_out() {
        let events = json!({ "item_events": [item("acquire", "hat box"), item("open", "hat box")] });
        let opened = play(&start(), events).state;
        assert_eq!(opened.user_inventory, ["candle", "hat box"]);
        assert_eq!(opened.containers["hat box"].contains, ["bonnet"]);
        let from = json!({ "item": "bonnet", "action": "acquire", "from": { "type": "item", "name": "hat box" } });
        let taken = play(&opened, json!({ "item_events": [from] }));
        assert_eq!(reasons(&taken), Vec::<&str>::new());
        assert_eq!(taken.state.user_inventory, ["candle", "hat box", "bonnet"]);
        assert!(taken.state.containers["hat box"].contains.is_empty());
    }

    fn put(thing: &str, container: &str) -> Value {
        json!({ "item": thing, "action": "move", "to": { "type": "item", "name": container } })
    }

    #[test]
    fn a_thing_is_put_into_an_open_container_and_goes_where_it_goes() {
        let closed = play(&start(), json!({ "item_events": [put("candle", "hat box")] }));
        assert_eq!(reasons(&closed), ["`hat box` is closed; it must be opened first"]);
        let events =
            [item("open", "hat box"), put("candle", "the box"), item("close", "hat box"), item("acquire", "hat box")];
        let put_away = play(&start(), json!({ "item_events": events }));
        assert_eq!(reasons(&put_away), Vec::<&str>::new());
        assert_eq!(put_away.state.user_inventory, ["hat box"]);
        assert_eq!(put_away.state.containers["hat box"].contains, ["bonnet", "candle"]);
        let refused = play(&put_away.state, json!({ "item_events": [item("acquire", "candle")] }));
        assert_eq!(reasons(&refused), ["`candle` is not within the player's reach"]);
        let below =
            play(&put_away.state, json!({ "user_location": "cellar", "item_events": [item("open", "hat box")] }));
        let taken = play(&below.state, json!({ "item_events": [item("acquire", "candle")] }));
        assert_eq!((reasons(&taken), taken.state.user_location.as_str()), (Vec::new(), "cellar"));
    }

    #[test]
    fn a_container_is_locked_with_its_key_only_and_is_then_locked_again() {
        let with_key = [item("acquire", "brass key"), item("open", "chest"), item("acquire", "letter")];
        let mut state = play(&start(), json!({ "item_events": with_key })).state;
        state.is_ended = false;
        let locked = play(&state, json!({ "item_events": [put("letter", "tea chest"), item("lock", "tea chest")] }));
        assert_eq!(reasons(&locked), Vec::<&str>::new());
        assert!(locked.state.containers["tea chest"].locked);
        let kinds: Vec<_> =
            locked.changes.iter().map(|change| serde_json::to_value(change).unwrap()["type"].clone()).collect();
        assert!(kinds.contains(&json!("item_closed")), "{kinds:?}");
        let away =
            play(&locked.state, json!({ "item_events": [item("drop", "brass key"), item("open", "tea chest")] }));
        assert_eq!(reasons(&away), ["`tea chest` is locked, and the player does not hold `brass key`"]);
        let keyless = play(&start(), json!({ "item_events": [item("lock", "hat box")] }));
        assert_eq!(reasons(&keyless), ["`hat box` cannot be locked: no key fits it"]);
    }

    #[test]
    fn nothing_is_put_into_itself_or_into_what_holds_nothing() {
        let events = json!({ "item_events": [item("open", "hat box"), item("acquire", "hat box"), put("hat box", "hat box"), put("candle", "brass key")] });
        assert_eq!(
            reasons(&play(&start(), events)),
            ["`hat box` cannot be put into itself", "no item that holds others is called `brass key`"]
        );
    }

    #[test]
    fn what_is_in_a_container_that_is_used_up_lies_where_it_was() {
        let used = json!({ "item": "hat box", "action": "use", "consumed": true });
        let gone = play(&start(), json!({ "item_events": [used] })).state;
        assert!(
            gone.locations["attic"].items.contains(&"bonnet".to_owned()) && !gone.containers.contains_key("hat box")
        );
    }

    #[test]
    fn a_condition_can_ask_what_is_in_a_container_and_whether_it_is_open_or_locked() {
        let holds = |state: &GameState, when: Value| serde_json::from_value::<crate::When>(when).unwrap().holds(state);
        let state = start();
        assert!(holds(&state, json!({ "items_in": { "letter": "tea chest" }, "locked": ["tea chest"] })));
        assert!(
            !holds(&state, json!({ "open": ["hat box"] })) && holds(&state, json!({ "not": { "open": ["hat box"] } }))
        );
        let opened = play(&state, json!({ "item_events": [item("open", "hat box"), put("candle", "hat box")] })).state;
        assert!(holds(&opened, json!({ "open": ["hat box"], "items_in": { "candle": "hat box" } })));
        assert!(!holds(&opened, json!({ "inventory": ["candle"] })));
    }

    #[test]
    fn what_is_in_a_container_is_not_lost_when_a_scene_defines_a_place_again() {
        let mut library = library();
        library.rewrite_scenario("attic", |scenario| {
            let attic = scenario.locations["attic"].clone();
            let scene = crate::content::Scene { locations: [("attic".to_owned(), attic)].into(), ..Default::default() };
            scenario.scenes = [("day".to_owned(), Scene::default()), ("night".to_owned(), scene)].into();
            scenario.opening_scene = "day".into();
        });
        let state = new_game(&library, &NewGame { scenario: "attic".into(), ..NewGame::default() }).unwrap().0;
        let events = [item("open", "hat box"), put("brass key", "hat box")];
        let delta = |delta: Value| serde_json::from_value(delta).unwrap();
        let input = Input::story_event("");
        let state = apply(&library, &state, &delta(json!({ "item_events": events })), &input).unwrap().state;
        let night =
            apply(&library, &state, &delta(json!({ "scene_change": { "to": "night" } })), &input).unwrap().state;
        assert_eq!(night.scene_name, "night");
        assert!(!night.locations["attic"].items.contains(&"brass key".to_owned()));
        assert_eq!(night.containers["hat box"].contains, ["bonnet", "brass key"]);
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
    fn a_narrator_is_told_of_what_can_be_opened_and_the_player_sees_only_what_is_open() {
        let input = Input::Player { message: "I look.".into(), actor: None };
        let prompt =
            |state: &GameState| crate::prompt::narration_prompt(&library(), state, &[], &input, usize::MAX).unwrap();
        let asked =
            |state: &GameState| crate::prompt::extraction_prompt(&library(), state, &input, "You look.").unwrap();
        let all = |state: &GameState| format!("{:?}{:?}{:?}", prompt(state), asked(state), crate::sight(state));
        let mut keyless = start();
        keyless.locations.get_mut("attic").unwrap().items.retain(|item| item != "brass key");
        let attic = all(&keyless);
        assert!(attic.contains("- hat box: It is closed") && attic.contains("It is locked: what is in it"), "{attic}");
        assert!(
            attic.contains("I open the hat box.") && attic.contains("not before, the player finds in it: bonnet"),
            "{attic}"
        );
        assert!(!attic.contains("letter"), "what cannot be opened is not told to anybody: {attic}");
        let sight = format!("{:?}", crate::sight(&start()));
        assert!(!sight.contains("letter") && !sight.contains("bonnet"), "{sight}");
        let open = play(&start(), json!({ "item_events": [item("open", "hat box")] })).state;
        let attic = all(&open);
        assert!(
            attic.contains("- hat box: It is open. In it: bonnet.")
                && attic.contains("I take the bonnet out of the hat box."),
            "{attic}"
        );
        assert!(attic.contains("I close the hat box."), "{attic}");
        let below = play(&start(), json!({ "user_location": "cellar" })).state;
        let cellar = format!("{:?}{:?}{:?}", prompt(&below), asked(&below), crate::sight(&below));
        assert!(
            cellar.contains("It is dark here") && !cellar.contains("jar") && !cellar.contains("Shelves"),
            "{cellar}"
        );
    }

    #[test]
    fn a_model_can_say_that_something_was_opened_or_closed_only_where_something_holds_others() {
        let actions = |state: &GameState| {
            let input = Input::Player { message: String::new(), actor: None };
            crate::delta_schema(&library(), state, &input)
                .unwrap()
                .pointer("/properties/item_events/items/properties/action/enum")
                .unwrap()
                .to_string()
        };
        assert!(actions(&start()).contains("open") && actions(&start()).contains("lock"));
        let mut plain = start();
        plain.containers.clear();
        assert!(!actions(&plain).contains("open") && !actions(&plain).contains("lock"));
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
