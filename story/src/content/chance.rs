//! Chance in conditionals: how likely something is, and dice. What is drawn depends on the game's seed, the turn and the conditional's id
//! alone, so a turn that is judged twice, retried or replayed draws the same. A generator in the state was the alternative: its place
//! would then depend on how many conditionals were tried, and each edit of a story would change every game.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::random::Random;
use crate::state::GameState;

/// What a draw is a fraction of; a chance below one in this many never holds.
const DRAWS: u32 = 1_000_000;

/// How likely something is, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Chance(f64);

/// A number that is no chance.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("{0} is no chance: write a number from 0 to 1, like 0.3")]
pub struct ChanceError(f64);

impl TryFrom<f64> for Chance {
    type Error = ChanceError;

    fn try_from(chance: f64) -> Result<Self, Self::Error> {
        if (0.0..=1.0).contains(&chance) { Ok(Self(chance)) } else { Err(ChanceError(chance)) }
    }
}

impl From<Chance> for f64 {
    fn from(chance: Chance) -> Self {
        chance.0
    }
}

impl Chance {
    /// What is drawn for the conditional `id` in the turn of `state`: from 0 to below 1.
    pub(crate) fn drawn(id: &str, state: &GameState) -> f64 {
        let below = usize::try_from(DRAWS).unwrap_or(usize::MAX);
        let drawn = u32::try_from(source("chance", id, state).below(below)).unwrap_or(0);
        f64::from(drawn) / f64::from(DRAWS)
    }

    /// Whether it holds when this is drawn.
    pub(crate) fn holds(self, drawn: f64) -> bool {
        drawn < self.0
    }

    /// What can come of it.
    pub(crate) fn odds(self) -> Odds {
        Odds::of(self.0 > 0.0, self.0 < 1.0)
    }
}

impl fmt::Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What can come of a chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Odds {
    Never,
    Open,
    Always,
}

impl Odds {
    fn of(may_hold: bool, may_fail: bool) -> Self {
        match (may_hold, may_fail) {
            (false, _) => Self::Never,
            (true, true) => Self::Open,
            (true, false) => Self::Always,
        }
    }

    /// What can come of both together.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Always, Self::Always) => Self::Always,
            _ => Self::Open,
        }
    }
}

/// Dice that are thrown together, and a number that is added: `2d6+3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Dice {
    count: u8,
    sides: u16,
    modifier: i16,
}

/// Dice that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no dice: write 1 to 20 dice of 2 to 1000 sides and, if you like, a modifier from -1000 to 1000, like `1d20+2`"
)]
pub struct DiceError(String);

impl TryFrom<String> for Dice {
    type Error = DiceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        read_dice(&text).ok_or(DiceError(text))
    }
}

fn read_dice(text: &str) -> Option<Dice> {
    let text: String = text.to_lowercase().split_whitespace().collect();
    let (count, rest) = text.split_once('d')?;
    let at = rest.find(['+', '-']).unwrap_or(rest.len());
    let (sides, modifier) = rest.split_at(at);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let count = if count.is_empty() { "1" } else { count };
    let unsigned = modifier.get(1..).unwrap_or_default();
    if ![count, sides].into_iter().all(is_number) || !(modifier.is_empty() || is_number(unsigned)) {
        return None;
    }
    let modifier = if modifier.is_empty() { 0 } else { modifier.parse().ok()? };
    let dice = Dice { count: count.parse().ok()?, sides: sides.parse().ok()?, modifier };
    let fits =
        (1..=20).contains(&dice.count) && (2..=1000).contains(&dice.sides) && (-1000..=1000).contains(&dice.modifier);
    fits.then_some(dice)
}

impl From<Dice> for String {
    fn from(dice: Dice) -> Self {
        dice.to_string()
    }
}

impl fmt::Display for Dice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d{}", self.count, self.sides)?;
        if self.modifier == 0 { Ok(()) } else { write!(f, "{:+}", self.modifier) }
    }
}

impl Dice {
    /// What the schema calls their form.
    pub(crate) const FORMAT: &str = "dice";

    /// One die of 20 sides.
    pub(crate) const TWENTY: Self = Self { count: 1, sides: 20, modifier: 0 };

    /// What somebody does with bare hands, teeth or claws.
    pub(crate) const UNARMED: Self = Self { count: 1, sides: 4, modifier: 0 };

    /// What they show when `random` throws them.
    pub(crate) fn thrown(self, random: &mut Random) -> i32 {
        let mut die = || i32::try_from(random.below(usize::from(self.sides))).unwrap_or(0) + 1;
        let thrown: i32 = (0..self.count).map(|_| die()).sum();
        thrown + i32::from(self.modifier)
    }

    /// The least and the most that they can show.
    pub(crate) fn range(self) -> (i32, i32) {
        let (count, modifier) = (i32::from(self.count), i32::from(self.modifier));
        (count + modifier, count * i32::from(self.sides) + modifier)
    }
}

/// A throw that must come to a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Roll {
    /// What is thrown: `1d20+2` is one die of 20 sides, and 2 more. 1 to 20 dice of 2 to 1000 sides; from -1000 to 1000 more.
    #[schemars(with = "String", extend("format" = Dice::FORMAT))]
    pub dice: Dice,
    /// It holds when the dice show this or more.
    pub at_least: i32,
    /// What the player's character adds, if they have it: one of the six scores, or a skill of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add: Option<String>,
}

impl Roll {
    /// What the dice of the conditional `id` show in the turn of `state`, with what the character adds.
    pub(crate) fn shown(&self, id: &str, state: &GameState) -> i32 {
        self.dice.thrown(&mut source("roll", id, state)) + self.added(state).unwrap_or(0)
    }

    /// What the character of `state` adds; `None` if nothing is asked for, or they have none of it.
    fn added(&self, state: &GameState) -> Option<i32> {
        state.pc.as_ref()?.adds(self.add.as_deref()?)
    }

    /// Whether it holds when the dice show this.
    pub(crate) fn holds(&self, shown: i32) -> bool {
        shown >= self.at_least
    }

    /// What can come of it in `state`; without one, for any character.
    pub(crate) fn odds(&self, state: Option<&GameState>) -> Odds {
        let added = match (&self.add, state) {
            (None, _) => 0,
            (Some(_), None) => return Odds::Open,
            (Some(_), Some(state)) => self.added(state).unwrap_or(0),
        };
        let (least, most) = self.dice.range();
        Odds::of(most + added >= self.at_least, least + added < self.at_least)
    }

    /// What is asked for, as an author reads it.
    pub(crate) fn asks(&self, state: &GameState) -> String {
        let Roll { dice, at_least, add } = self;
        match (add, self.added(state)) {
            (None, _) => format!("{dice} is at least {at_least}"),
            (Some(name), Some(added)) => format!("{dice} with `{name}` ({added:+}) is at least {at_least}"),
            (Some(name), None) => format!("{dice} with `{name}` (the character has none) is at least {at_least}"),
        }
    }
}

/// Where the chance of one conditional, or of one attack, comes from in one turn; `kind` keeps its chance and its dice from going in step.
pub(crate) fn source(kind: &str, id: &str, state: &GameState) -> Random {
    let own = Random::own_seed(state.seed, kind.bytes().chain([b':']).chain(id.bytes()));
    Random::new(own.wrapping_add(state.turn_counter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(turn: u64) -> GameState {
        GameState { seed: 7, turn_counter: turn, ..GameState::default() }
    }

    fn dice(text: &str) -> Result<Dice, DiceError> {
        Dice::try_from(text.to_owned())
    }

    #[test]
    fn dice_are_read_in_their_bounds_and_written_back() {
        for (text, written) in [
            ("1d20+2", "1d20+2"),
            ("d6", "1d6"),
            (" 2D6 - 1 ", "2d6-1"),
            ("20d1000-1000", "20d1000-1000"),
            ("1d2+0", "1d2"),
        ] {
            assert_eq!(dice(text).unwrap().to_string(), written, "{text}");
        }
        for text in [
            "", "d", "20", "0d6", "21d6", "1d1", "1d1001", "1d6+1001", "1d6-1001", "1d6+", "1d6+-2", "-1d6", "+1d6",
            "1dé", "1d6+2+2",
        ] {
            assert!(dice(text).is_err(), "{text}");
        }
        assert!(dice("1d1").unwrap_err().to_string().contains("like `1d20+2`"));
    }

    #[test]
    fn the_same_turn_draws_the_same_and_another_turn_id_or_seed_another() {
        let roll = Roll { dice: dice("1d1000").unwrap(), at_least: 1, add: None };
        let series = |id: &str, seed| {
            let state = |turn| GameState { seed, ..state(turn) };
            (1..20).map(|turn| (roll.shown(id, &state(turn)), Chance::drawn(id, &state(turn)))).collect::<Vec<_>>()
        };
        assert_eq!(series("gull", 7), series("gull", 7));
        assert_ne!(series("gull", 7), series("gull", 8));
        assert_ne!(series("gull", 7), series("tern", 7));
        let mut shown: Vec<_> = series("gull", 7).into_iter().map(|(shown, _)| shown).collect();
        shown.dedup();
        assert!(shown.len() > 15, "{shown:?}");
    }

    #[test]
    fn a_chance_holds_about_as_often_as_it_says() {
        let chance = Chance::try_from(0.3).unwrap();
        let held = (0..10_000).filter(|turn| chance.holds(Chance::drawn("gull", &state(*turn)))).count();
        assert!((2_850..3_150).contains(&held), "{held}");
        assert!([-0.1, 1.1, f64::NAN].into_iter().all(|wrong| Chance::try_from(wrong).is_err()));
    }

    #[test]
    fn dice_show_every_number_of_their_range_and_no_other() {
        let roll = Roll { dice: dice("2d4-1").unwrap(), at_least: 3, add: None };
        let shown: std::collections::BTreeSet<_> = (0..500).map(|turn| roll.shown("gull", &state(turn))).collect();
        assert_eq!(shown, (1..=7).collect());
        assert_eq!(roll.dice.range(), (1, 7));
        assert_eq!(
            [1, 2, 7, 8].map(|at_least| Roll { at_least, ..roll.clone() }.odds(None)),
            [Odds::Always, Odds::Open, Odds::Open, Odds::Never]
        );
    }

    #[test]
    fn what_the_character_adds_counts_and_is_said() {
        let roll = |add: &str| Roll { dice: dice("1d6").unwrap(), at_least: 9, add: Some(add.to_owned()) };
        let pc = serde_json::json!({ "stats": { "strength": 18 }, "attributes": { "diving": 8 } });
        let state = GameState { pc: serde_json::from_value(pc).unwrap(), ..state(3) };
        let shown = |add: &str| roll(add).shown("gull", &state);
        assert_eq!((shown("strength"), shown("diving")), (shown("knots") + 4, shown("knots") + 8));
        let odds = ["strength", "diving", "knots"].map(|add| roll(add).odds(Some(&state)));
        assert_eq!(odds, [Odds::Open, Odds::Always, Odds::Never]);
        assert_eq!(roll("knots").odds(None), Odds::Open, "some character may have it");
        assert_eq!(roll("strength").asks(&state), "1d6 with `strength` (+4) is at least 9");
        assert_eq!(roll("knots").asks(&state), "1d6 with `knots` (the character has none) is at least 9");
    }
}
