//! `when`: the conditions under which a conditional fires or a hint is shown, and how they are judged against a game.
//!
//! All keys of a `when` must hold together. Judging is three-valued: a condition that makes no sense (no key at all, or an unknown one)
//! is neither true nor false, and stays so under `not`, so that a misspelt condition never fires by being negated.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use thiserror::Error;

use crate::state::GameState;
use crate::world::{hp_of, is_defeated};

/// A condition on a game. Empty, it never holds.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema)]
#[schemars(default, deny_unknown_fields)]
pub struct When {
    /// Each variable has exactly this value; a variable that does not exist has none.
    pub vars: BTreeMap<String, String>,
    /// Each variable, read as a number, compares so: `{"gold": ">= 5"}`. Operators: `<`, `<=`, `=`, `!=`, `>=`, `>`.
    #[schemars(with = "BTreeMap<String, String>", extend("additionalProperties" = Comparison::schema()))]
    pub vars_compare: BTreeMap<String, Comparison>,
    /// Exactly this many turns since the scene began.
    pub scene_turn_counter: Option<u64>,
    /// Exactly this many turns since the game began.
    pub turn_counter: Option<u64>,
    /// At least this many turns since the scene began.
    pub min_scene_turns: Option<u64>,
    /// At least this many turns since the game began.
    pub min_turns: Option<u64>,
    /// The player is at the location with this key.
    pub location: Option<String>,
    /// The player holds all of these.
    pub inventory: Vec<String>,
    /// Each NPC, by key, is at the location with this key.
    pub npc_locations: BTreeMap<String, String>,
    /// Each item lies at the location with this key.
    pub item_locations: BTreeMap<String, String>,
    /// Each item is in the container of this name.
    pub items_in: BTreeMap<String, String>,
    /// All of these containers stand open.
    pub open: Vec<String>,
    /// All of these containers are locked.
    pub locked: Vec<String>,
    /// The hit points of each, by `player`, an NPC's key or a monster's id, compare so: `{"player": "<= 3"}`.
    #[schemars(with = "BTreeMap<String, String>", extend("additionalProperties" = Comparison::schema()))]
    pub hp: BTreeMap<String, Comparison>,
    /// All of these are defeated: `player`, NPCs by key, monsters by id.
    pub defeated: Vec<String>,
    /// At least one of these holds.
    pub any: Vec<When>,
    /// This does not hold.
    pub not: Option<Box<When>>,
    /// Unknown keys. With one, the condition is never true.
    #[schemars(skip)]
    pub unknown: BTreeMap<String, Value>,
}

impl When {
    /// Whether the condition is true of `state`.
    #[must_use]
    pub fn holds(&self, state: &GameState) -> bool {
        self.judge(state) == Some(true)
    }

    /// Whether no condition is given at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// True, false, or `None` where the condition makes no sense.
    fn judge(&self, state: &GameState) -> Option<bool> {
        if self.is_empty() || !self.unknown.is_empty() {
            return None;
        }
        let plain = self.plain_conditions_hold(state);
        let any = if self.any.is_empty() { Some(true) } else { judge_any(&self.any, state) };
        let not = self.not.as_ref().map_or(Some(true), |inner| inner.judge(state).map(|held| !held));
        match (plain, any, not) {
            (true, Some(true), Some(true)) => Some(true),
            (false, ..) | (_, Some(false), _) | (_, _, Some(false)) => Some(false),
            _ => None,
        }
    }

    fn plain_conditions_hold(&self, state: &GameState) -> bool {
        let var = |name: &str| state.vars.get(name);
        self.vars.iter().all(|(name, value)| var(name) == Some(value))
            && self.vars_compare.iter().all(|(name, comparison)| var(name).is_some_and(|value| comparison.holds(value)))
            && self.scene_turn_counter.is_none_or(|turn| state.scene_turn_counter == turn)
            && self.turn_counter.is_none_or(|turn| state.turn_counter == turn)
            && self.min_scene_turns.is_none_or(|turn| state.scene_turn_counter >= turn)
            && self.min_turns.is_none_or(|turn| state.turn_counter >= turn)
            && self.location.as_ref().is_none_or(|key| state.user_location == *key)
            && self.inventory.iter().all(|item| state.user_inventory.contains(item))
            && self.npc_locations.iter().all(|(npc, key)| state.npcs.get(npc).is_some_and(|npc| npc.location == *key))
            && self.item_locations.iter().all(|(item, key)| lies_at(state, item, key))
            && self.items_in.iter().all(|(item, container)| is_in(state, item, container))
            && self.open.iter().all(|name| state.containers.get(name).is_some_and(|container| !container.closed))
            && self.locked.iter().all(|name| state.containers.get(name).is_some_and(|container| container.locked))
            && self.hp.iter().all(|(who, comparison)| hp_of(state, who).is_some_and(|hp| comparison.holds_of(hp)))
            && self.defeated.iter().all(|who| is_defeated(state, who))
    }
}

fn lies_at(state: &GameState, item: &str, key: &str) -> bool {
    state.locations.get(key).is_some_and(|place| place.items.iter().any(|lying| lying == item))
}

pub(crate) fn is_in(state: &GameState, item: &str, container: &str) -> bool {
    state.containers.get(container).is_some_and(|container| container.contains.iter().any(|inside| inside == item))
}

fn judge_any(alternatives: &[When], state: &GameState) -> Option<bool> {
    let verdicts: Vec<_> = alternatives.iter().map(|alternative| alternative.judge(state)).collect();
    if verdicts.contains(&Some(true)) {
        Some(true)
    } else if verdicts.contains(&None) {
        None
    } else {
        Some(false)
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        macro_rules! entry {
            ($field:ident unless $absent:ident) => {
                if !self.$field.$absent() {
                    map.serialize_entry(stringify!($field), &self.$field)?;
                }
            };
        }
        entry!(vars unless is_empty);
        entry!(vars_compare unless is_empty);
        entry!(scene_turn_counter unless is_none);
        entry!(turn_counter unless is_none);
        entry!(min_scene_turns unless is_none);
        entry!(min_turns unless is_none);
        entry!(location unless is_none);
        entry!(inventory unless is_empty);
        entry!(npc_locations unless is_empty);
        entry!(item_locations unless is_empty);
        entry!(items_in unless is_empty);
        entry!(open unless is_empty);
        entry!(locked unless is_empty);
        entry!(hp unless is_empty);
        entry!(defeated unless is_empty);
        entry!(any unless is_empty);
        entry!(not unless is_none);
        for (key, value) in &self.unknown {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(WhenVisitor)
    }
}

struct WhenVisitor;

impl<'de> Visitor<'de> for WhenVisitor {
    type Value = When;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a condition: an object with keys such as `vars`, `location` or `min_turns`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<When, A::Error> {
        let mut when = When::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "vars" => when.vars = map.next_value()?,
                "vars_compare" => when.vars_compare = map.next_value()?,
                "scene_turn_counter" => when.scene_turn_counter = map.next_value()?,
                "turn_counter" => when.turn_counter = map.next_value()?,
                "min_scene_turns" => when.min_scene_turns = map.next_value()?,
                "min_turns" => when.min_turns = map.next_value()?,
                "location" => when.location = map.next_value()?,
                "inventory" => when.inventory = map.next_value()?,
                "npc_locations" => when.npc_locations = map.next_value()?,
                "item_locations" => when.item_locations = map.next_value()?,
                "items_in" => when.items_in = map.next_value()?,
                "open" => when.open = map.next_value()?,
                "locked" => when.locked = map.next_value()?,
                "hp" => when.hp = map.next_value()?,
                "defeated" => when.defeated = map.next_value()?,
                "any" => when.any = map.next_value()?,
                "not" => when.not = map.next_value()?,
                _ => drop(when.unknown.insert(key, map.next_value()?)),
            }
        }
        Ok(when)
    }
}

/// A comparison of a variable with a number, written `">= 5"`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Comparison {
    operator: Operator,
    number: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

impl Operator {
    /// With the longer sign first where one begins another.
    const SIGNS: [(&'static str, Self); 6] = [
        ("<=", Self::LessOrEqual),
        (">=", Self::GreaterOrEqual),
        ("!=", Self::NotEqual),
        ("<", Self::Less),
        (">", Self::Greater),
        ("=", Self::Equal),
    ];
}

/// A comparison that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a comparison: write an operator (<, <=, =, !=, >=, >) and a number, like `>= 5`")]
pub struct ComparisonError(String);

impl Comparison {
    /// The name of its form in schemas.
    pub(crate) const FORMAT: &'static str = "comparison";

    fn schema() -> Value {
        serde_json::json!({ "type": "string", "format": Self::FORMAT })
    }

    /// Whether `value` is a number and compares so. What is not a number compares with nothing, not even by `!=`.
    #[must_use]
    pub fn holds(self, value: &str) -> bool {
        value.trim().parse::<f64>().is_ok_and(|value| self.holds_for(value))
    }

    /// The same for hit points.
    pub(crate) fn holds_of(self, hp: i64) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "hit points are small")]
        let hp = hp as f64;
        self.holds_for(hp)
    }

    /// The whole numbers at which its outcome changes.
    pub(crate) fn edges(self) -> [i64; 3] {
        #[expect(clippy::cast_possible_truncation, reason = "a number out of range becomes the nearest one")]
        let edge = self.number.floor() as i64;
        [edge.saturating_sub(1), edge, edge.saturating_add(1)]
    }

    fn holds_for(self, value: f64) -> bool {
        let Some(order) = value.partial_cmp(&self.number) else { return false };
        match self.operator {
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::GreaterOrEqual => order.is_ge(),
            Operator::Greater => order.is_gt(),
        }
    }
}

impl TryFrom<String> for Comparison {
    type Error = ComparisonError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let trimmed = text.trim();
        let parsed = Operator::SIGNS.iter().find_map(|(sign, operator)| {
            let number = trimmed.strip_prefix(sign)?.trim().parse::<f64>().ok()?;
            number.is_finite().then_some(Self { operator: *operator, number })
        });
        parsed.ok_or(ComparisonError(text))
    }
}

impl From<Comparison> for String {
    fn from(comparison: Comparison) -> Self {
        let sign =
            Operator::SIGNS.iter().find(|(_, operator)| *operator == comparison.operator).map_or("", |(sign, _)| sign);
        format!("{sign} {}", comparison.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Npc;

    fn state() -> GameState {
        GameState {
            user_location: "jetty".into(),
            user_inventory: vec!["lantern".into(), "rope".into()],
            turn_counter: 7,
            scene_turn_counter: 2,
            vars: BTreeMap::from([("lamp_lit".into(), "false".into()), ("gold".into(), "12".into())]),
            npcs: BTreeMap::from([("gull".into(), Npc { location: "jetty".into(), ..Npc::default() })]),
            ..GameState::default()
        }
    }

    fn holds(json: &str) -> bool {
        serde_json::from_str::<When>(json).unwrap().holds(&state())
    }

    #[test]
    fn every_key_must_hold() {
        assert!(holds(r#"{"vars":{"lamp_lit":"false"},"location":"jetty","min_turns":7,"min_scene_turns":1}"#));
        assert!(!holds(r#"{"vars":{"lamp_lit":"false"},"location":"attic"}"#));
        assert!(holds(r#"{"turn_counter":7,"scene_turn_counter":2}"#));
        assert!(!holds(r#"{"turn_counter":6}"#));
    }

    #[test]
    fn a_missing_variable_has_no_value() {
        assert!(!holds(r#"{"vars":{"storm":""}}"#));
        assert!(!holds(r#"{"vars":{"storm":"false"}}"#));
    }

    #[test]
    fn an_empty_condition_never_holds_not_even_negated() {
        for json in
            ["{}", r#"{"vars":{}}"#, r#"{"not":{}}"#, r#"{"any":[]}"#, r#"{"any":[{}]}"#, r#"{"not":{"any":[{}]}}"#]
        {
            assert!(!holds(json), "{json}");
        }
    }

    #[test]
    fn an_unknown_key_makes_a_condition_impossible_and_survives_storing() {
        let json = r#"{"location":"jetty","location_type":"pier"}"#;
        let when: When = serde_json::from_str(json).unwrap();
        assert!(!when.holds(&state()));
        assert_eq!(serde_json::to_string(&when).unwrap(), json);
        assert!(!holds(r#"{"not":{"location_type":"pier"}}"#));
    }

    #[test]
    fn any_needs_one_and_not_turns_round() {
        assert!(holds(r#"{"any":[{"location":"attic"},{"location":"jetty"}]}"#));
        assert!(holds(r#"{"any":[{"typo":1},{"location":"jetty"}]}"#));
        assert!(!holds(r#"{"any":[{"location":"attic"}]}"#));
        assert!(holds(r#"{"not":{"location":"attic"}}"#));
        assert!(!holds(r#"{"not":{"location":"jetty"}}"#));
    }

    #[test]
    fn inventory_and_npc_places_can_be_asked_for() {
        assert!(holds(r#"{"inventory":["rope","lantern"]}"#));
        assert!(!holds(r#"{"inventory":["rope","oar"]}"#));
        assert!(holds(r#"{"npc_locations":{"gull":"jetty"}}"#));
        assert!(!holds(r#"{"npc_locations":{"nobody":"jetty"}}"#));
    }

    #[test]
    fn where_an_item_lies_can_be_asked_for() {
        let mut state = state();
        let jetty = crate::content::Location { items: vec!["oar".into()], ..Default::default() };
        state.locations.insert("jetty".into(), jetty);
        let holds = |json: &str| serde_json::from_str::<When>(json).unwrap().holds(&state);
        assert!(holds(r#"{"item_locations":{"oar":"jetty"}}"#));
        assert!(!holds(r#"{"item_locations":{"oar":"attic"}}"#));
        assert!(holds(r#"{"not":{"item_locations":{"rope":"jetty"}}}"#), "the player holds it");
    }

    #[test]
    fn variables_are_compared_as_numbers() {
        for (comparison, expected) in
            [(">= 12", true), ("> 12", false), ("<100", true), ("= 12.0", true), ("!= 12", false), ("<= 9", false)]
        {
            assert_eq!(holds(&format!(r#"{{"vars_compare":{{"gold":"{comparison}"}}}}"#)), expected, "{comparison}");
        }
        assert!(!holds(r#"{"vars_compare":{"lamp_lit":"!= 3"}}"#), "what is not a number compares with nothing");
    }

    #[test]
    fn a_comparison_that_cannot_be_read_says_how_to_write_one() {
        let error = serde_json::from_str::<When>(r#"{"vars_compare":{"gold":"about 5"}}"#).unwrap_err().to_string();
        assert!(error.contains("like `>= 5`"), "{error}");
    }
}
