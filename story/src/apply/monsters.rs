//! Monsters come and go, by the author's word only.

use super::change::{Author, Change, Holder};
use super::reason::Reason;
use super::turn::Turn;
use crate::content::{ContentKind, Monster};
use crate::delta::{MonsterAction, MonsterEvent};
use crate::world::exists;

impl Turn<'_> {
    pub(super) fn monster_event(&mut self, author: &Author, event: &MonsterEvent) -> Result<(), Reason> {
        match (author, event.action) {
            (Author::Model, _) => Err(Reason::ConditionalsOnly("monster_events")),
            (Author::Conditional(_), MonsterAction::Spawn) => self.spawn(event),
            (Author::Conditional(_), MonsterAction::Despawn) => self.despawn(&event.instance_id),
        }
    }

    fn spawn(&mut self, event: &MonsterEvent) -> Result<(), Reason> {
        let id = event.instance_id.trim();
        if id.is_empty() {
            return Err(Reason::IncompleteSpawn("an `instance_id`"));
        }
        let location =
            self.known_location(event.location.as_deref().ok_or(Reason::IncompleteSpawn("a `location`"))?)?;
        let template = match event.template.as_deref().filter(|name| !name.trim().is_empty()) {
            None if event.name.is_none() => return Err(Reason::IncompleteSpawn("a `template` or a `name`")),
            None => None,
            Some(name) => Some(self.library.monster(name).ok_or_else(|| Reason::UnknownTemplate {
                name: name.to_owned(),
                suggestion: self.library.nearest(ContentKind::Monster, name).map(str::to_owned),
            })?),
        };
        let monster = overrides(event).instance(id, &location, template);
        for place in self.state.locations.values_mut() {
            place.monsters.remove(id);
        }
        if let Some(place) = self.state.locations.get_mut(&location) {
            place.monsters.insert(id.to_owned(), monster);
        }
        self.state.defeated.remove(id);
        self.changes.push(Change::MonsterSpawned { monster: id.to_owned(), location });
        Ok(())
    }

    fn despawn(&mut self, id: &str) -> Result<(), Reason> {
        let id = id.trim();
        let found =
            self.state.locations.iter_mut().find_map(|(key, place)| Some((key.clone(), place.monsters.remove(id)?)));
        let (location, monster) = found.ok_or_else(|| Reason::UnknownMonster(id.to_owned()))?;
        self.changes.push(Change::MonsterDespawned { monster: id.to_owned(), location: location.clone() });
        if monster.drop_items_on_defeat {
            for item in monster.items {
                self.leave_behind(&location, item);
            }
        }
        Ok(())
    }

    /// Puts down what a monster carried, unless the world has such a thing already: items are one of a kind.
    pub(super) fn leave_behind(&mut self, location: &str, item: String) {
        if exists(&self.state, &item) {
            return;
        }
        if let Some(place) = self.state.locations.get_mut(location) {
            place.items.push(item.clone());
            self.changes.push(Change::ItemMoved { item, from: None, to: Some(Holder::Location(location.to_owned())) });
        }
    }
}

/// What a spawn says of the monster itself.
fn overrides(event: &MonsterEvent) -> Monster {
    Monster {
        name: event.name.clone().unwrap_or_default(),
        description: event.description.clone().unwrap_or_default().into(),
        ac: event.ac.unwrap_or_default(),
        hp: event.hp.unwrap_or_default(),
        max_hp: event.max_hp.unwrap_or_default(),
        attributes: event.attributes.clone(),
        combat_modifiers: event.combat_modifiers.clone(),
        damage: event.damage,
        items: event.items.clone(),
        drop_items_on_defeat: event.drop_items_on_defeat,
        ..Monster::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::apply::testing::{conditional, model};
    use crate::testing::new_state;

    fn spawn(id: &str, location: &str) -> serde_json::Value {
        json!({ "monster_events": [{ "action": "spawn", "instance_id": id, "template": "eel", "location": location, "hp": 2 }] })
    }

    fn despawn(id: &str) -> serde_json::Value {
        json!({ "monster_events": [{ "action": "despawn", "instance_id": id }] })
    }

    #[test]
    fn a_monster_is_made_from_its_template_and_what_the_spawn_says() {
        let eel = &conditional(&new_state(), spawn("eel_5", "Jetty")).state.locations["jetty"].monsters["eel_5"];
        assert_eq!((eel.name.as_str(), eel.hp, eel.max_hp, eel.location.as_str()), ("Eel", 2, 6, "jetty"));
    }

    #[test]
    fn there_is_only_one_monster_of_an_id() {
        let state = conditional(&new_state(), spawn("eel_1", "jetty")).state;
        assert!(state.locations["cave"].monsters.is_empty());
        assert!(state.locations["jetty"].monsters.contains_key("eel_1"));
    }

    #[test]
    fn a_monster_that_goes_leaves_what_it_carried_but_no_second_one() {
        let gone = conditional(&new_state(), despawn("eel_1")).state;
        assert!(gone.locations["cave"].monsters.is_empty());
        assert_eq!(gone.locations["cave"].items, ["eelskin"]);

        let again = conditional(&gone, spawn("eel_5", "jetty")).state;
        let gone_again = conditional(&again, despawn("eel_5")).state;
        assert_eq!(gone_again.locations["jetty"].items, ["oar"]);
    }

    #[test]
    fn a_model_commands_no_monsters() {
        let applied = model(&new_state(), spawn("eel_5", "jetty"));
        assert!(applied.state.locations["jetty"].monsters.is_empty());
        assert_eq!(applied.rejections.len(), 1);
    }

    #[test]
    fn a_monster_without_template_place_or_existence_is_rejected() {
        for (delta, reason) in [
            (
                json!({ "monster_events": [{ "action": "spawn", "instance_id": "x", "template": "eal", "location": "jetty" }] }),
                "did you mean `eel`?",
            ),
            (
                json!({ "monster_events": [{ "action": "spawn", "instance_id": "x", "template": "eel" }] }),
                "needs a `location` to appear",
            ),
            (
                json!({ "monster_events": [{ "action": "spawn", "instance_id": "x", "location": "jetty" }] }),
                "needs a `template` or a `name` to appear",
            ),
            (despawn("ghost"), "no monster `ghost` in the world"),
        ] {
            let applied = conditional(&new_state(), delta);
            assert!(applied.rejections[0].reason.ends_with(reason), "{:?}", applied.rejections);
        }
    }
}
