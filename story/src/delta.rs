//! A delta: what one turn changes. The model extracts one from its narration, and a conditional's `then` is one. `apply` decides which of
//! its effects take place.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::content::Dice;
use crate::serde_util::is_false;

/// Changes to a game. Absent fields change nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Delta {
    /// Where the player is now: a location's key or name, or, from a model, the label of an exit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_location: Option<String>,
    /// The scene that begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene_change: Option<SceneChange>,
    /// What happened to items, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub item_events: Vec<ItemEvent>,
    /// Attacks in a fight, in order. Whether they hit, the rules decide.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attacks: Vec<Attack>,
    /// What happened to NPCs, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub npc_events: Vec<NpcEvent>,
    /// Monsters that come and go. Conditionals only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub monster_events: Vec<MonsterEvent>,
    /// New values of variables.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub set_vars: BTreeMap<String, String>,
    /// Amounts to add to variables that are numbers, after `set_vars`; negative ones subtract.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub add_vars: BTreeMap<String, f64>,
    /// New hit points, by `player`, an NPC's key or a monster's id: from 0 to the highest that they can have. Conditionals only.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub set_hp: BTreeMap<String, i64>,
    /// Hit points to add, after `set_hp`; negative ones hurt. Conditionals only.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub add_hp: BTreeMap<String, i64>,
    /// Whether the game is over; `false` never revives one.
    #[serde(skip_serializing_if = "is_false")]
    pub game_ended: bool,
    /// The key of the ending with which the game is over; it need not say `game_ended` as well. Conditionals only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<String>,
    /// A story event: the narrator describes this on a turn of its own. Conditionals only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

impl Delta {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A change of scene.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SceneChange {
    /// The scene's key.
    pub to: String,
    /// Why, for people who read it later.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// What happened to an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ItemEvent {
    /// The item's name.
    pub item: String,
    /// What was done with it.
    pub action: ItemAction,
    /// Who or what had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<HolderRef>,
    /// Who or what has it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<HolderRef>,
    /// For `use`: whether it is gone afterwards.
    #[serde(default, skip_serializing_if = "is_false")]
    pub consumed: bool,
}

/// What can be done with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ItemAction {
    /// The player gets it.
    Acquire,
    /// One who has it hands it over; without `from`, the player.
    Give,
    /// The player puts it down.
    Drop,
    /// It changes place without the player.
    Move,
    /// It is used, and if `consumed`, used up.
    Use,
    /// It is opened, and unlocked if need be.
    Open,
    /// It is closed.
    Close,
    /// It is closed and locked.
    Lock,
}

/// A holder of items as a delta names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct HolderRef {
    /// What holds it.
    #[serde(rename = "type")]
    pub kind: HolderKind,
    /// The key or name of the NPC or location, or the name of the item; a location without a name is the one where the player is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The kinds of holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the whole meaning")]
pub enum HolderKind {
    Player,
    Npc,
    Location,
    /// A container.
    Item,
}

/// Somebody strikes at somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Attack {
    /// Who strikes: `player`, or the key, id or name of a person or a monster.
    pub attacker: String,
    /// Who is struck at, named in the same way.
    pub target: String,
    /// The item that they strike with; without one, hands, teeth or claws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
}

/// What happened to an NPC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NpcEvent {
    /// The NPC's key or name.
    pub npc_id: String,
    /// Where it went: a location's key or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_location: Option<String>,
    /// Whom it follows from now on: `pc`, an NPC's key or name, or nobody (`""`). Conditionals only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_following: Option<String>,
}

/// A monster that comes or goes. What a spawn says of the monster goes over the template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MonsterEvent {
    /// Whether it comes or goes.
    pub action: MonsterAction,
    /// The id of this one monster.
    pub instance_id: String,
    /// The monster template that it is made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Where it appears: a location's key or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Instead of the template's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Instead of the template's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Instead of the template's armour class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ac: Option<i64>,
    /// Instead of the template's hit points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hp: Option<i64>,
    /// Instead of the template's highest hit points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_hp: Option<i64>,
    /// Over the template's attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, i64>,
    /// Over the template's combat modifiers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub combat_modifiers: BTreeMap<String, i64>,
    /// Instead of the template's damage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = Dice::FORMAT))]
    pub damage: Option<Dice>,
    /// Instead of the template's items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// Whether what it carries stays behind, if the template does not say so already.
    #[serde(default, skip_serializing_if = "is_false")]
    pub drop_items_on_defeat: bool,
}

/// Coming and going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MonsterAction {
    /// It appears, unhurt; one with the same id is replaced.
    Spawn,
    /// It is gone, and leaves what it carries if it drops items.
    Despawn,
}
