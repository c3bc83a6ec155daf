//! What an item is beyond its name. An item that no entry describes is its name, and can be carried.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chance::Dice;
use super::light::Lit;
use super::text::Text;
use crate::serde_util::is_false;

/// An item as its author describes it.
#[expect(clippy::struct_excessive_bools, reason = "it is the form in the file, where each is named")]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Item {
    /// What it looks like, and what is known of it.
    #[serde(skip_serializing_if = "Text::is_empty")]
    pub description: Text,
    /// Whether it stays where it is: nobody can take it, give it or put it elsewhere, unless a conditional does.
    #[serde(skip_serializing_if = "is_false")]
    pub fixed: bool,
    /// Whether things can be put into it, also if it is open and empty at the beginning. What `contains`, `closed` or `locked` is said of can.
    #[serde(skip_serializing_if = "is_false")]
    pub container: bool,
    /// What is in it at the beginning. While it is open, that can be seen and taken out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
    /// Whether it is closed at the beginning: what is in it can be neither seen nor taken until somebody opens it.
    #[serde(skip_serializing_if = "is_false")]
    pub closed: bool,
    /// Whether it is closed and locked at the beginning.
    #[serde(skip_serializing_if = "is_false")]
    pub locked: bool,
    /// The item that locks and unlocks it; without one, only a conditional does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether it gives light in dark places: `true`, or the condition on which it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lit: Option<Lit>,
    /// In fights: how many hit points a hit with it costs, as dice like `1d6`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = Dice::FORMAT))]
    pub damage: Option<Dice>,
    /// In fights: what who strikes with it adds, a score or a skill. Default: `strength`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add: Option<String>,
    /// In fights: how many hit points the player gets back who uses it up, as dice like `1d8`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = Dice::FORMAT))]
    pub heals: Option<Dice>,
}

impl Item {
    /// Whether it can hold other items.
    pub(crate) fn is_container(&self) -> bool {
        self.container || self.closed || self.locked || !self.contains.is_empty()
    }
}
