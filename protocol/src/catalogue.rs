//! The catalogues: what can be played, and which models narrate.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A scenario in its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioEntry {
    /// The id by which other calls name it.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// What the story is about.
    #[serde(default)]
    pub story: String,
    /// For whom it is fit, such as `PG`.
    #[serde(default)]
    pub rating: String,
    /// The player character that it is written for, by id; empty when it has none.
    #[serde(default)]
    pub default_pc: String,
    /// The narrator that it is written for, by id; empty when it has none.
    #[serde(default)]
    pub narrator_id: String,
    /// How many places it has, over all of its scenes.
    #[serde(default)]
    pub places: usize,
    /// How many endings it names.
    #[serde(default)]
    pub endings: usize,
}

/// A player character in its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PcEntry {
    /// The id by which other calls name it.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// What it does for a living.
    #[serde(default)]
    pub class: String,
    /// How experienced it is.
    #[serde(default)]
    pub level: i64,
    /// What it is.
    #[serde(default)]
    pub race: String,
    /// How the narration speaks of it.
    #[serde(default)]
    pub pronouns: String,
    /// A sentence or two about it.
    #[serde(default)]
    pub description: String,
}

/// A narrator, a monster or an NPC in its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CatalogueEntry {
    /// The id by which other calls name it.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// A sentence or two about it.
    #[serde(default)]
    pub description: String,
}

/// `GET /v1/providers`: the models that are configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Providers {
    /// The name of the one that narrates games which name none.
    pub default: String,
    /// All of them, by name.
    pub providers: Vec<ProviderInfo>,
}

/// What clients may know of a configured model; never a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProviderInfo {
    /// Its name in the configuration.
    pub name: String,
    /// What players see.
    pub display_name: String,
    /// The wire format that it speaks, such as `openai`.
    pub vendor: String,
    /// The model that narrates.
    pub model: String,
}
