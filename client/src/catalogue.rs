//! What the catalogues list: the few fields by which a person picks a scenario or a character.

use serde::Deserialize;

/// A player character, narrator, monster or NPC in its list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CatalogueEntry {
    /// The id by which other calls name it.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// A sentence or two about it.
    #[serde(default)]
    pub description: Option<String>,
}

/// A scenario in its list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ScenarioEntry {
    /// The id by which other calls name it.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// What the story is about.
    #[serde(default, alias = "story")]
    pub description: Option<String>,
    /// For whom it is fit, such as `PG`.
    #[serde(default)]
    pub rating: Option<String>,
    /// The player character that it is written for, by id.
    #[serde(default)]
    pub default_pc: Option<String>,
}
