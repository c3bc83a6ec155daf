//! Making one thing of others. What a rule of the author makes may be made; a making and what it uses up take effect together or not
//! at all.

use super::change::Author;
use super::luck::Luck;
use super::reason::Reason;
use super::turn::Turn;
use crate::content::Scenario;
use crate::delta::{ItemAction, ItemEvent};
use crate::state::GameState;
use crate::world::{fit, make_npc, words};

impl Turn<'_> {
    /// Applies `events` in order and returns the outcome of each. If a model makes something new, its makings and consumptions are one
    /// effect: when one of them is rejected, so are the others.
    pub(super) fn item_events(
        &mut self,
        author: &Author,
        events: &[ItemEvent],
        luck: &Luck,
    ) -> Vec<Result<(), Reason>> {
        let is_part: Vec<bool> = events.iter().map(|event| consumes(event) || makes(&self.state, event)).collect();
        let is_making = *author == Author::Model && events.iter().any(|event| makes(&self.state, event));
        let before = is_making.then(|| (self.state.clone(), self.changes.len()));
        let outcomes: Vec<_> = events.iter().map(|event| self.item_event(author, event, luck)).collect();

        let failed = outcomes.iter().zip(&is_part).position(|(outcome, is_part)| *is_part && outcome.is_err());
        let (Some((state, changes)), Some(failed)) = (before, failed) else { return outcomes };
        self.state = state;
        self.changes.truncate(changes);
        let failed = &events[failed].item;
        let repeat = |((event, outcome), is_part): ((&ItemEvent, Result<(), Reason>), &bool)| {
            if !is_part {
                return self.item_event(author, event, luck);
            }
            outcome.and_then(|()| Err(Reason::PartOfMaking { failed: failed.trim().to_owned() }))
        };
        events.iter().zip(outcomes).zip(&is_part).map(repeat).collect()
    }

    /// The name of the new item `wanted`, if a rule that holds now names it and no part of the scenario provides it.
    pub(super) fn makeable(&self, wanted: &str) -> Option<String> {
        let words = words(wanted);
        let scene = self.scenario.scenes.get(&self.state.scene_name);
        let rules =
            self.scenario.contingency_rules.iter().chain(scene.iter().flat_map(|scene| &scene.contingency_rules));
        let is_named = rules.into_iter().any(|rule| names(rule, &words));
        (!words.is_empty() && is_named && !is_known(&self.state, wanted) && !self.is_provided(wanted))
            .then(|| without_article(wanted).to_owned())
    }

    /// Whether the item is one that the author placed somewhere, or that a conditional hands out.
    fn is_provided(&self, wanted: &str) -> bool {
        let scenario = self.scenario;
        let is_wanted = |item: &String| fit(wanted, item).is_some();
        scenario.opening_inventory.iter().any(is_wanted)
            || scenario.items.values().any(|item| item.contains.iter().any(is_wanted))
            || all_locations(scenario).any(|location| {
                let monsters = location
                    .monsters
                    .iter()
                    .map(|(id, monster)| monster.instance(id, "", self.library.monster(&monster.template_id)).items);
                location.items.iter().any(is_wanted) || monsters.flatten().any(|item| is_wanted(&item))
            })
            || all_npcs(scenario).any(|npc| make_npc(self.library, npc).items.iter().any(is_wanted))
            || scenario.conditionals().any(|conditional| {
                let hands_out = |event: &ItemEvent| event.action != ItemAction::Use && is_wanted(&event.item);
                conditional.then.item_events.iter().any(hands_out)
            })
    }
}

fn all_locations(scenario: &Scenario) -> impl Iterator<Item = &crate::Location> {
    scenario.locations.values().chain(scenario.scenes.values().flat_map(|scene| scene.locations.values()))
}

fn all_npcs(scenario: &Scenario) -> impl Iterator<Item = &crate::Npc> {
    scenario.npcs.values().chain(scenario.scenes.values().flat_map(|scene| scene.npcs.values()))
}

fn consumes(event: &ItemEvent) -> bool {
    event.action == ItemAction::Use && event.consumed
}

/// Whether the event gives the player an item that is nowhere in the world yet.
fn makes(state: &GameState, event: &ItemEvent) -> bool {
    event.action == ItemAction::Acquire && !is_known(state, &event.item)
}

/// Whether `wanted` fits any item of the world, in whole or in part.
fn is_known(state: &GameState, wanted: &str) -> bool {
    let with_npcs = state.npcs.values().flat_map(|npc| &npc.items);
    let lying = state.locations.values().flat_map(|location| &location.items);
    let inside = state.containers.values().flat_map(|item| &item.contains);
    state.user_inventory.iter().chain(with_npcs).chain(lying).chain(inside).any(|item| fit(wanted, item).is_some())
}

/// Whether `words` are in `rule` one after the other.
fn names(rule: &str, words: &[String]) -> bool {
    crate::world::words(rule).windows(words.len().max(1)).any(|window| window == words)
}

fn without_article(name: &str) -> &str {
    let name = name.trim();
    let (first, rest) = name.split_once(' ').unwrap_or(("", name));
    if ["the", "a", "an", "some"].contains(&first.to_lowercase().as_str()) { rest.trim() } else { name }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::content::Library;
    use crate::state::GameState;
    use crate::testing::new_state;
    use crate::{Applied, Input};

    fn library() -> Library {
        let mut library = crate::testing::library();
        library.rewrite_scenario("lighthouse", |scenario| {
            scenario.contingency_rules.push("Joining the whistle and the lantern makes a `hand torch`.".into());
            scenario.contingency_rules.push("Whoever asks the eel gets no eelskin.".into());
        });
        library
    }

    fn make(state: &GameState, made: &str, of: &[&str]) -> Applied {
        let parts = of.iter().map(|item| json!({ "item": item, "action": "use", "consumed": true }));
        let events: Vec<Value> = std::iter::once(json!({ "item": made, "action": "acquire" })).chain(parts).collect();
        let delta = serde_json::from_value(json!({ "item_events": events })).unwrap();
        crate::apply(&library(), state, &delta, &Input::Player { message: "I join them.".into(), actor: None }).unwrap()
    }

    #[test]
    fn what_a_rule_makes_is_made_and_its_parts_are_used_up() {
        let applied = make(&new_state(), "a hand torch", &["whistle", "the lantern"]);
        assert_eq!(applied.rejections, []);
        assert_eq!(applied.state.user_inventory, ["hand torch"]);
    }

    #[test]
    fn nothing_is_used_up_when_a_part_is_missing_or_the_thing_cannot_be_made() {
        for (made, parts) in [("hand torch", ["whistle", "battery"]), ("crown", ["whistle", "lantern"])] {
            let applied = make(&new_state(), made, &parts);
            assert_eq!(applied.state.user_inventory, new_state().user_inventory, "{made}");
            assert_eq!(applied.rejections.len(), 3);
            assert!(applied.rejections.iter().any(|rejection| rejection.reason.contains("all its parts")));
            assert!(applied.changes.is_empty());
        }
    }

    #[test]
    fn what_the_author_placed_somewhere_is_not_made_by_naming_it() {
        for item in ["eelskin", "buoy"] {
            assert_eq!(make(&new_state(), item, &[]).rejections.len(), 1, "{item}");
        }
    }
}
