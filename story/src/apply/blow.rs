//! A blow, and what the dice say of it.

use crate::content::{Dice, source};
use crate::state::GameState;
use crate::world::Fighter;

/// An attack that the rules allow, ready for the dice.
#[derive(Debug)]
pub(super) struct Blow {
    /// What tells it from the other attacks of its turn.
    pub(super) id: String,
    pub(super) attacker_name: String,
    pub(super) target: Fighter,
    pub(super) target_name: String,
    pub(super) bonus: i64,
    pub(super) armour: i64,
    pub(super) damage: Dice,
    /// What the target has left.
    pub(super) hp: i64,
}

/// What the dice said of a blow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Struck {
    pub(super) hits: bool,
    /// The die with the bonus; absent where a search decided.
    pub(super) shown: Option<i64>,
    /// What the target has left.
    pub(super) left: i64,
}

impl Blow {
    /// Throws the dice. A 20 always hits, a 1 never does, and a hit costs at least one hit point.
    pub(super) fn thrown(&self, state: &GameState) -> Struck {
        let mut random = source("attack", &self.id, state);
        let die = i64::from(Dice::TWENTY.thrown(&mut random));
        let shown = die + self.bonus;
        let hits = die == 20 || (die != 1 && shown >= self.armour);
        let cost = if hits { i64::from(self.damage.thrown(&mut random)).max(1) } else { 0 };
        Struck { hits, shown: Some(shown), left: self.hp.saturating_sub(cost).max(0) }
    }
}
