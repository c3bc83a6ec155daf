//! The people of a story: NPCs, monsters, player characters, narrators, and how an NPC or a monster is made from its
//! template. Where they are during a game is in the game state.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::chance::Dice;
use super::contingency::ContingencyPrompt;
use super::text::Text;
use crate::serde_util::{is_false, is_zero};

/// A non-player character, both as written in a file and as it lives in a game.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Npc {
    /// The file in `npcs/` that this NPC is made from; its own fields go over the template's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template_id: String,
    /// The name that people call it by.
    pub name: String,
    /// What it is: `bartender`, `guard`.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// How it feels about the player.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub disposition: String,
    /// What it looks like and wants.
    #[serde(skip_serializing_if = "Text::is_empty")]
    pub description: Text,
    /// Whether the narrator knows where it is even when it is elsewhere.
    #[serde(skip_serializing_if = "is_false")]
    pub important: bool,
    /// The key of the location where it is.
    pub location: String,
    /// Whom it follows: nobody (empty), `pc`, or an NPC's key or name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub following: String,
    /// What it carries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// Armour class.
    #[serde(skip_serializing_if = "is_zero")]
    pub ac: i64,
    /// Hit points now.
    #[serde(skip_serializing_if = "is_zero")]
    pub hp: i64,
    /// Hit points when unhurt.
    #[serde(skip_serializing_if = "is_zero")]
    pub max_hp: i64,
    /// Scores by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, i64>,
    /// Attack bonuses by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub combat_modifiers: BTreeMap<String, i64>,
    /// In fights: how many hit points a hit costs that is made without a weapon, as dice like `1d6`. A person fights only with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = Dice::FORMAT))]
    pub damage: Option<Dice>,
    /// Kept for files that carry it: who is defeated in a fight drops everything.
    #[serde(skip_serializing_if = "is_false")]
    pub drop_items_on_defeat: bool,
    /// Hints for the narrator while it is where the player is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contingency_prompts: Vec<ContingencyPrompt>,
}

impl Npc {
    /// This NPC made from `template`: what it says itself wins, per key in maps, whole in lists; flags can only be turned on.
    #[must_use]
    pub fn made_from(&self, template: &Npc) -> Npc {
        Npc {
            template_id: self.template_id.clone(),
            name: text(&self.name, &template.name),
            kind: text(&self.kind, &template.kind),
            disposition: text(&self.disposition, &template.disposition),
            description: varying(&self.description, &template.description),
            important: self.important || template.important,
            location: text(&self.location, &template.location),
            following: text(&self.following, &template.following),
            items: list(&self.items, &template.items),
            ac: number(self.ac, template.ac),
            hp: number(self.hp, template.hp),
            max_hp: number(self.max_hp, template.max_hp),
            attributes: merged(&self.attributes, &template.attributes),
            combat_modifiers: merged(&self.combat_modifiers, &template.combat_modifiers),
            damage: self.damage.or(template.damage),
            drop_items_on_defeat: self.drop_items_on_defeat || template.drop_items_on_defeat,
            contingency_prompts: list(&self.contingency_prompts, &template.contingency_prompts),
        }
        .healthy()
    }

    /// An NPC that has hit points but was not said to be hurt starts unhurt.
    pub(crate) fn healthy(mut self) -> Npc {
        if self.hp == 0 {
            self.hp = self.max_hp;
        }
        self
    }
}

/// A monster: a template in `monsters/`, or an instance of one in a location.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Monster {
    /// The instance's own id, or the template's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The file in `monsters/` that an instance is made from.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub template_id: String,
    /// The name that the narrator uses.
    pub name: String,
    /// What it looks like.
    #[serde(skip_serializing_if = "Text::is_empty")]
    pub description: Text,
    /// The key of the location where an instance is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
    /// Armour class.
    pub ac: i64,
    /// Hit points now.
    pub hp: i64,
    /// Hit points when unhurt.
    pub max_hp: i64,
    /// Scores by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, i64>,
    /// Attack bonuses by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub combat_modifiers: BTreeMap<String, i64>,
    /// In fights: how many hit points a hit costs that is made without a weapon, as dice like `1d6`. Default: `1d4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = Dice::FORMAT))]
    pub damage: Option<Dice>,
    /// What it carries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
    /// Whether what it carries stays in the room when a conditional takes it away. Who is defeated in a fight drops everything.
    #[serde(skip_serializing_if = "is_false")]
    pub drop_items_on_defeat: bool,
}

impl Monster {
    /// The instance `id` at `location`, made from `template` where there is one; what this definition says itself wins.
    #[must_use]
    pub fn instance(&self, id: &str, location: &str, template: Option<&Monster>) -> Monster {
        let blank = Monster::default();
        let template = template.unwrap_or(&blank);
        let mut monster = Monster {
            id: id.to_owned(),
            template_id: text(&self.template_id, &template.id),
            name: text(&self.name, &template.name),
            description: varying(&self.description, &template.description),
            location: location.to_owned(),
            ac: number(self.ac, template.ac),
            hp: number(self.hp, template.hp),
            max_hp: number(self.max_hp, template.max_hp),
            attributes: merged(&self.attributes, &template.attributes),
            combat_modifiers: merged(&self.combat_modifiers, &template.combat_modifiers),
            damage: self.damage.or(template.damage),
            items: list(&self.items, &template.items),
            drop_items_on_defeat: self.drop_items_on_defeat || template.drop_items_on_defeat,
        };
        if monster.hp == 0 {
            monster.hp = monster.max_hp;
        }
        monster
    }
}

/// The six scores of a player character.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
#[expect(missing_docs, reason = "the names are the whole meaning")]
pub struct Stats {
    pub strength: i64,
    pub dexterity: i64,
    pub constitution: i64,
    pub intelligence: i64,
    pub wisdom: i64,
    pub charisma: i64,
}

/// A player character.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Pc {
    /// The file's name; what the file itself says here is overwritten.
    pub id: String,
    /// The name that the player's lines are prefixed with.
    pub name: String,
    /// Profession: `rogue`, `keeper`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// Experience, where that means something.
    #[serde(skip_serializing_if = "is_zero")]
    pub level: i64,
    /// People or species.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub race: String,
    /// `she/her`, `he/him`, `they/them`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pronouns: String,
    /// What others see.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What happened before the story.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub background: String,
    /// Goes where a scenario's opening has `%s`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub opening_prompt: String,
    /// Hints for the narrator.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contingency_prompts: Vec<ContingencyPrompt>,
    /// The six scores.
    pub stats: Stats,
    /// Hit points now.
    pub hp: i64,
    /// Hit points when unhurt.
    pub max_hp: i64,
    /// Armour class.
    pub ac: i64,
    /// Bonuses by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub combat_modifiers: BTreeMap<String, i64>,
    /// In fights: how many hit points a hit costs that is made without a weapon, as dice like `1d6`. Default: `1d4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = Dice::FORMAT))]
    pub damage: Option<Dice>,
    /// Skills by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, i64>,
    /// What the character brings along. Empty in a game: there the state's `user_inventory` is the only inventory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inventory: Vec<String>,
}

/// The voice that tells the story.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Narrator {
    /// The file's name; what the file itself says here is overwritten.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// For the person who chooses; models never see it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How this narrator writes: one bullet of style each.
    pub prompts: Vec<String>,
    /// What this narrator must keep to, repeated to the model on every turn.
    pub rules: Vec<String>,
}

fn varying(own: &Text, template: &Text) -> Text {
    if own.is_empty() { template.clone() } else { own.clone() }
}

fn text(own: &str, template: &str) -> String {
    if own.is_empty() { template } else { own }.to_owned()
}

fn number(own: i64, template: i64) -> i64 {
    if own == 0 { template } else { own }
}

fn list<T: Clone>(own: &[T], template: &[T]) -> Vec<T> {
    if own.is_empty() { template } else { own }.to_vec()
}

fn merged(own: &BTreeMap<String, i64>, template: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    template.iter().chain(own).map(|(name, value)| (name.clone(), *value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npc(json: serde_json::Value) -> Npc {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_an_npc_says_itself_goes_over_its_template() {
        let template = npc(serde_json::json!({
            "name": "Keeper", "type": "keeper", "disposition": "calm", "items": ["keys"], "max_hp": 9,
            "attributes": { "wisdom": 12, "strength": 8 }
        }));
        let made = npc(serde_json::json!({
            "template_id": "keeper", "location": "jetty", "disposition": "furious", "attributes": { "wisdom": 15 }
        }))
        .made_from(&template);

        assert_eq!((made.name.as_str(), made.disposition.as_str()), ("Keeper", "furious"));
        assert_eq!((made.hp, made.max_hp), (9, 9), "an unhurt NPC starts with all its hit points");
        assert_eq!(made.items, ["keys"]);
        assert_eq!(made.attributes, BTreeMap::from([("strength".to_owned(), 8), ("wisdom".to_owned(), 15)]));
    }

    #[test]
    fn a_monster_instance_replaces_its_templates_items_whole() {
        let template = Monster {
            id: "eel".into(),
            name: "Eel".into(),
            items: vec!["eelskin".into()],
            max_hp: 6,
            ..Monster::default()
        };
        let own = Monster { items: vec!["ring".into()], hp: 2, ..Monster::default() };
        let instance = own.instance("eel_1", "jetty", Some(&template));
        assert_eq!(instance.items, ["ring"]);
        assert_eq!((instance.hp, instance.max_hp), (2, 6));
        assert_eq!((instance.id.as_str(), instance.template_id.as_str()), ("eel_1", "eel"));
    }
}
