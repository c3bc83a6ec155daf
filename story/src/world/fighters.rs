//! Who fights: the player, a monster with hit points, a person with hit points and `damage`. Nobody does in a scenario without `conflict`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lookup::npc_meant;
use super::names::meant;
use crate::content::{Dice, Monster, Npc, Pc, adds_of};
use crate::state::GameState;

/// What deltas and conditions call the player character.
pub const PLAYER: &str = "player";

/// How somebody is who may be hurt, as anybody can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// All hit points are left.
    Unhurt,
    /// More than half of them.
    Hurt,
    /// Half of them or less.
    BadlyHurt,
    /// None.
    Defeated,
}

impl Health {
    /// What these words mean.
    #[must_use]
    pub fn in_words(words: &str) -> Option<Self> {
        [Self::Unhurt, Self::Hurt, Self::BadlyHurt, Self::Defeated].into_iter().find(|health| health.words() == words)
    }

    /// How somebody with `hp` of `max_hp` hit points is.
    #[must_use]
    pub fn of(hp: i64, max_hp: i64) -> Self {
        match hp {
            ..=0 => Self::Defeated,
            hp if hp >= max_hp => Self::Unhurt,
            hp if hp > max_hp / 2 => Self::Hurt,
            _ => Self::BadlyHurt,
        }
    }

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unhurt => "unhurt",
            Self::Hurt => "hurt",
            Self::BadlyHurt => "badly hurt",
            Self::Defeated => "defeated",
        }
    }
}

/// Somebody who may fight, by where they are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fighter {
    Player,
    /// By key.
    Npc(String),
    /// By location and id.
    Monster(String, String),
}

/// What the rules need to know of a fighter.
pub(crate) struct Sheet<'a> {
    pub(crate) hp: i64,
    pub(crate) max_hp: i64,
    pub(crate) ac: i64,
    pub(crate) modifiers: &'a BTreeMap<String, i64>,
    pub(crate) damage: Option<Dice>,
    pub(crate) items: &'a [String],
    scores: Scores<'a>,
}

enum Scores<'a> {
    Pc(&'a Pc),
    Attributes(&'a BTreeMap<String, i64>),
}

impl Sheet<'_> {
    /// What the fighter adds by a score or a skill of this name.
    pub(crate) fn adds(&self, name: &str) -> i64 {
        let adds = match self.scores {
            Scores::Pc(pc) => pc.adds(name),
            Scores::Attributes(attributes) => adds_of(attributes, name),
        };
        adds.map_or(0, i64::from)
    }
}

impl Fighter {
    /// As conditions and changes call them.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Player => PLAYER,
            Self::Npc(key) | Self::Monster(_, key) => key,
        }
    }

    /// As prose calls them.
    pub(crate) fn name(&self, state: &GameState) -> String {
        let own = match self {
            Self::Player => return "the player".to_owned(),
            Self::Npc(key) => state.npcs.get(key).map(|npc| npc.name.trim()),
            Self::Monster(place, id) => {
                state.locations.get(place).and_then(|place| place.monsters.get(id)).map(|monster| monster.name.trim())
            }
        };
        own.filter(|name| !name.is_empty()).unwrap_or(self.key()).to_owned()
    }

    /// The key of the location where they are.
    pub(crate) fn place<'a>(&'a self, state: &'a GameState) -> &'a str {
        match self {
            Self::Player => &state.user_location,
            Self::Npc(key) => state.npcs.get(key).map_or("", |npc| npc.location.as_str()),
            Self::Monster(place, _) => place,
        }
    }

    /// `None` for somebody who does not fight.
    pub(crate) fn sheet<'a>(&self, state: &'a GameState) -> Option<Sheet<'a>> {
        match self {
            Self::Player => {
                let pc = state.pc.as_ref().filter(|pc| pc.max_hp > 0)?;
                Some(Sheet {
                    hp: pc.hp,
                    max_hp: pc.max_hp,
                    ac: pc.ac,
                    modifiers: &pc.combat_modifiers,
                    damage: pc.damage,
                    items: &state.user_inventory,
                    scores: Scores::Pc(pc),
                })
            }
            Self::Npc(key) => {
                let npc = state.npcs.get(key).filter(|npc| fights(npc))?;
                Some(Sheet {
                    hp: npc.hp,
                    max_hp: npc.max_hp,
                    ac: npc.ac,
                    modifiers: &npc.combat_modifiers,
                    damage: npc.damage,
                    items: &npc.items,
                    scores: Scores::Attributes(&npc.attributes),
                })
            }
            Self::Monster(place, id) => {
                let monster = state.locations.get(place)?.monsters.get(id).filter(|monster| is_dangerous(monster))?;
                Some(Sheet {
                    hp: monster.hp,
                    max_hp: monster.max_hp,
                    ac: monster.ac,
                    modifiers: &monster.combat_modifiers,
                    damage: monster.damage,
                    items: &monster.items,
                    scores: Scores::Attributes(&monster.attributes),
                })
            }
        }
    }

    /// Where their hit points are kept.
    pub(crate) fn hp_mut<'a>(&self, state: &'a mut GameState) -> Option<&'a mut i64> {
        match self {
            Self::Player => state.pc.as_mut().map(|pc| &mut pc.hp),
            Self::Npc(key) => state.npcs.get_mut(key).map(|npc| &mut npc.hp),
            Self::Monster(place, id) => {
                state.locations.get_mut(place)?.monsters.get_mut(id).map(|monster| &mut monster.hp)
            }
        }
    }
}

/// Whether a person fights.
pub(crate) fn fights(npc: &Npc) -> bool {
    npc.damage.is_some() && npc.max_hp > 0
}

/// Whether a monster fights.
pub(crate) fn is_dangerous(monster: &Monster) -> bool {
    monster.max_hp > 0
}

/// Everybody in the world who can be fought, people first, the defeated too.
fn others(state: &GameState) -> impl Iterator<Item = Fighter> {
    let people = state.npcs.iter().filter(|(_, npc)| fights(npc)).map(|(key, _)| Fighter::Npc(key.clone()));
    let monsters = state.locations.iter().flat_map(|(place, location)| {
        let dangerous = location.monsters.iter().filter(|(_, monster)| is_dangerous(monster));
        dangerous.map(|(id, _)| Fighter::Monster(place.clone(), id.clone()))
    });
    people.chain(monsters)
}

/// The opponents in the whole world: everybody but the player who fights and is not defeated. None in a scenario without `conflict`.
pub(crate) fn opponents(state: &GameState) -> impl Iterator<Item = Fighter> {
    let stands = |fighter: &Fighter| fighter.sheet(state).is_some_and(|sheet| sheet.hp > 0);
    others(state).filter(move |fighter| state.conflict.is_some() && stands(fighter))
}

/// Those of them who are where the player is.
pub(crate) fn opponents_here(state: &GameState) -> impl Iterator<Item = Fighter> {
    opponents(state).filter(|fighter| fighter.place(state) == state.user_location)
}

/// How `fighter` is, in a scenario with `conflict`.
pub(crate) fn health(state: &GameState, fighter: &Fighter) -> Option<Health> {
    state.conflict?;
    fighter.sheet(state).map(|sheet| Health::of(sheet.hp, sheet.max_hp))
}

/// The one who is called `key` in conditions.
pub(crate) fn fighter_of_key(state: &GameState, key: &str) -> Option<Fighter> {
    if key == PLAYER {
        return Some(Fighter::Player);
    }
    if state.npcs.contains_key(key) {
        return Some(Fighter::Npc(key.to_owned()));
    }
    let place = state.locations.iter().find(|(_, place)| place.monsters.contains_key(key));
    place.map(|(place, _)| Fighter::Monster(place.clone(), key.to_owned()))
}

/// The one whom a model means by `name`: by key or id, by name, or by a part of it that fits no other. Those at one of `places` come
/// before others, and those who stand before the defeated: there may be an eel in each pool.
pub(crate) fn fighter_meant(state: &GameState, name: &str, places: &[&str]) -> Option<Fighter> {
    let name = name.trim();
    let pc = state.pc.as_ref().map_or("", |pc| pc.name.trim());
    if [PLAYER, "pc", "you", "the player"].into_iter().chain([pc]).any(|own| own.eq_ignore_ascii_case(name)) {
        return (!name.is_empty()).then_some(Fighter::Player);
    }
    if let Some(fighter) = fighter_of_key(state, name) {
        return Some(fighter);
    }
    let all: Vec<Fighter> = others(state).collect();
    let is_near = |fighter: &&Fighter| places.contains(&fighter.place(state));
    let named = |fighters: Vec<&Fighter>| {
        let names: Vec<String> = fighters.iter().map(|fighter| fighter.name(state)).collect();
        let names = names.iter().map(String::as_str).enumerate();
        meant(name, names).ok().flatten().and_then(|index| fighters.get(index).map(|found| (*found).clone()))
    };
    let person = || npc_meant(&state.npcs, name).map(|key| Fighter::Npc(key.to_owned()));
    named(all.iter().filter(is_near).collect()).or_else(|| named(all.iter().collect())).or_else(person)
}

/// The hit points of the one whom conditions call `key`; 0 of a monster that was defeated, and is gone. None in a scenario without
/// `conflict`.
pub(crate) fn hp_of(state: &GameState, key: &str) -> Option<i64> {
    state.conflict?;
    let hp = match fighter_of_key(state, key) {
        Some(Fighter::Player) => state.pc.as_ref().filter(|pc| pc.max_hp > 0).map(|pc| pc.hp),
        Some(Fighter::Npc(key)) => state.npcs.get(&key).filter(|npc| npc.max_hp > 0).map(|npc| npc.hp),
        Some(fighter) => fighter.sheet(state).map(|sheet| sheet.hp),
        None => None,
    };
    hp.or_else(|| state.defeated.contains(key).then_some(0))
}

/// Whether the one whom conditions call `key` is defeated.
pub(crate) fn is_defeated(state: &GameState, key: &str) -> bool {
    if key == PLAYER { hp_of(state, key).is_some_and(|hp| hp <= 0) } else { state.defeated.contains(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_is_told_by_what_is_left_and_half_is_bad() {
        let of = [6, 9, 5, 4, 3, 1, 0, -2].map(|hp| Health::of(hp, 6).words());
        assert_eq!(of, ["unhurt", "unhurt", "hurt", "hurt", "badly hurt", "badly hurt", "defeated", "defeated"]);
        assert_eq!(Health::of(1, 1).words(), "unhurt");
        assert_eq!(Health::of(1, 2).words(), "badly hurt");
    }
}
