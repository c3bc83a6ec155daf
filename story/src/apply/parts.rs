//! What the rule behind a rejection asks for, part by part. A rule looks at its parts in this order and stops at the first that does not
//! hold, so all before that one hold.

use super::reason::{Reason, list};
use crate::when_explain::Part;

impl Reason {
    /// The parts of the rule that were looked at.
    pub(super) fn parts(&self) -> Vec<Part> {
        let (met, unmet) = (|text: String| Part::met(text), |text: String| Part::unmet(text));
        match self {
            Self::UnknownScene { name, .. } => vec![unmet(format!("the scenario has a scene `{name}`"))],
            Self::UnknownEnding { name, .. } => vec![unmet(format!("the scenario has an ending `{name}`"))],
            Self::UnknownLocation { name, .. } => vec![unmet(format!("the world has a location `{name}`"))],
            Self::UnknownNpc { name, .. } => vec![unmet(format!("the world has an NPC `{name}`"))],
            Self::UndeclaredVar { name, .. } => vec![unmet(format!("a scene declares the variable `{name}`"))],
            Self::UnknownTemplate { name, .. } => vec![unmet(format!("there is a monster template `{name}`"))],
            Self::UnknownMonster(id) => vec![unmet(format!("there is a monster `{id}` in the world"))],
            Self::Blocked { direction, reason } => vec![
                met(format!("`{direction}` is a way out of where the player was")),
                unmet(format!("the way `{direction}` is open; it is blocked: {reason}")),
            ],
            Self::NoWay { here, to, open } => vec![
                met(format!("the world has a location `{to}`")),
                unmet(format!("an open exit of `{here}` leads to `{to}`; open exits: {}", list(open))),
            ],
            Self::NotThere { item, holder } => vec![unmet(format!("{holder} has `{item}`"))],
            Self::Ambiguous { name, candidates } => {
                vec![unmet(format!("`{name}` means one thing; it may mean {}", list(candidates)))]
            }
            Self::PartOfMaking { failed } => {
                vec![unmet(format!("all parts of what is made can be used up; `{failed}` cannot"))]
            }
            Self::NotANumber { name, value } => vec![
                met(format!("a scene declares the variable `{name}`")),
                unmet(format!("`{name}` is a number; it is `{value}`")),
            ],
            Self::Locked { item, key } => vec![
                met(format!("`{item}` is within the player's reach")),
                unmet(key.as_ref().map_or_else(
                    || format!("`{item}` is not locked, or a conditional opens it"),
                    |key| format!("the player holds `{key}`, which opens `{item}`"),
                )),
            ],
            Self::Closed { container } => {
                vec![met(format!("`{container}` holds others")), unmet(format!("`{container}` is open"))]
            }
            Self::NoKeyToLock { item, key } => vec![
                met(format!("`{item}` is within the player's reach")),
                unmet(key.as_ref().map_or_else(
                    || format!("a key fits `{item}`, or a conditional locks it"),
                    |key| format!("the player holds `{key}`, which locks `{item}`"),
                )),
            ],
            Self::NoContainer { name, .. } => vec![unmet(format!("an item that holds others is called `{name}`"))],
            Self::InItself { item } => vec![unmet(format!("`{item}` is put into another item"))],
            Self::UnnamedContainer { item } => {
                vec![unmet(format!("the item is named that `{item}` is put into or taken from"))]
            }
            Self::Dark { item, place } => {
                vec![met(format!("`{item}` is in `{place}`")), unmet(format!("something gives light in `{place}`"))]
            }
            Self::NotHere { item } => vec![unmet(format!("`{item}` is within the player's reach"))],
            Self::OutOfReach { holder } => {
                vec![met(format!("{holder} has it")), unmet(format!("{holder} is within the player's reach"))]
            }
            Self::Fixed { item } => {
                vec![met(format!("`{item}` is within the player's reach")), unmet(format!("`{item}` is not fixed"))]
            }
            Self::AlreadyHeld { item } => vec![unmet(format!("the player does not have `{item}` yet"))],
            Self::NoRecipient { item } => {
                vec![met(format!("`{item}` is where it is taken from")), unmet("a `to` says who gets it".to_owned())]
            }
            Self::UnnamedNpc { item } => vec![unmet(format!("the NPC who holds `{item}` is named"))],
            Self::ConditionalsOnly(effect) => vec![unmet(format!("a conditional sends `{effect}`; a model cannot"))],
            Self::NoConflict => vec![unmet("the scenario has a `conflict`".to_owned())],
            Self::UnknownFighter { name, .. } => vec![unmet(format!("somebody who fights is called `{name}`"))],
            Self::NoFighter { who } => {
                vec![unmet(format!("`{who}` has hit points and, as a person, `damage` or, as the player, a character"))]
            }
            Self::Defeated { who } => vec![unmet(format!("`{who}` has hit points left"))],
            Self::StruckAlready { who } => {
                vec![met(format!("`{who}` fights")), unmet(format!("`{who}` has not attacked in this turn"))]
            }
            Self::OwnTarget { who } => vec![met(format!("`{who}` fights")), unmet("the target is another".to_owned())],
            Self::Apart { attacker, target } => vec![
                met(format!("`{attacker}` and `{target}` fight")),
                unmet("both are where the player is, or was when the turn began".to_owned()),
            ],
            Self::IncompleteSpawn(missing) => vec![unmet(format!("the monster has {missing}"))],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{library, new_state};

    fn parts(delta: serde_json::Value) -> Vec<(bool, String)> {
        let (library, state) = (library(), new_state());
        let delta = serde_json::from_value(delta).unwrap();
        let input = crate::Input::Player { message: "I do.".into(), actor: None };
        let refusals = crate::refusals(&library, &state, &delta, &input).unwrap();
        let applied = crate::apply(&library, &state, &delta, &input).unwrap();
        let rejections: Vec<_> = refusals.iter().map(|refusal| (&refusal.effect, &refusal.reason)).collect();
        assert_eq!(rejections, applied.rejections.iter().map(|one| (&one.effect, &one.reason)).collect::<Vec<_>>());
        refusals.into_iter().flat_map(|refusal| refusal.parts).map(|part| (part.holds, part.text)).collect()
    }

    #[test]
    fn a_rejected_move_says_that_the_place_exists_and_that_no_exit_leads_there() {
        let met = (true, "the world has a location `gallery`".to_owned());
        let unmet = (false, "an open exit of `jetty` leads to `gallery`; open exits: up -> lamp_room".to_owned());
        assert_eq!(parts(json!({ "user_location": "gallery" })), [met, unmet]);
    }

    #[test]
    fn a_rejected_item_says_who_does_not_have_it() {
        let event = json!({ "item": "anchor", "action": "drop" });
        assert_eq!(parts(json!({ "item_events": [event] })), [(false, "the player has `anchor`".to_owned())]);
    }

    #[test]
    fn a_rejected_attack_says_who_cannot_be_struck_and_what_else_holds() {
        let library = crate::Library::load(crate::testing::weir_sources()).unwrap();
        let new = crate::NewGame { scenario: "eel_weir".into(), ..crate::NewGame::default() };
        let state = crate::new_game(&library, &new).unwrap().0;
        let attack = json!({ "attacks": [{ "attacker": "player", "target": "eel" }] });
        let input = crate::Input::Player { message: "I strike.".into(), actor: None };
        let refusals = crate::refusals(&library, &state, &serde_json::from_value(attack).unwrap(), &input).unwrap();
        assert_eq!(refusals[0].effect, "/attacks/0");
        let parts: Vec<_> = refusals[0].parts.iter().map(|part| (part.holds, part.text.as_str())).collect();
        let apart = "both are where the player is, or was when the turn began";
        assert_eq!(parts, [(true, "`player` and `eel` fight"), (false, apart)]);
    }
}
