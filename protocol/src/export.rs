//! `GET /v1/gamestate/{id}/export` and `POST /v1/gamestate/import`: a whole game as one JSON document.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use story::{ChatMessage, GameState};

use crate::schema::Time;
use crate::{BranchedFrom, GameId, TurnRecord};

/// The version of the document that this release writes. It reads this one and all before.
pub const EXPORT_VERSION: u32 = 1;

/// A game with everything that belongs to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GameExport {
    /// The version of this document: [`EXPORT_VERSION`].
    pub version: u32,
    /// The game.
    pub id: GameId,
    /// Its name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The provider that narrates.
    pub provider: String,
    /// When it was exported.
    #[schemars(with = "Time")]
    pub exported_at: Timestamp,
    /// The game that it was branched from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branched_from: Option<BranchedFrom>,
    /// The number of its last turn.
    pub last_turn: u64,
    /// Its state.
    pub state: GameState,
    /// Its messages, oldest first.
    pub chat_history: Vec<ChatMessage>,
    /// Its turn records, as many as are kept, oldest first.
    pub turns: Vec<ExportedTurn>,
}

/// A turn record with what takes the turn back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExportedTurn {
    /// The record.
    pub record: TurnRecord,
    /// What takes it back: `{"patch": […]}` (RFC 6902, from the state after it to the state before), `{"state": {…}}` (the state
    /// before it), or `"too_large"`.
    pub undo: Value,
    /// How many messages the history had before it.
    #[serde(default)]
    pub messages_before: u64,
}

/// A game that is brought along.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportGame {
    /// The document, as it was exported.
    pub game: GameExport,
    /// Whether it keeps its id.
    #[serde(default)]
    pub ids: ImportIds,
    /// Another provider to narrate it, where its own is not configured here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// Whether an imported game keeps its id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportIds {
    /// It gets a new one.
    #[default]
    New,
    /// It keeps its own, which must be free.
    Keep,
}

/// What a game is exported as: `?format=`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Everything, to be imported again.
    #[default]
    Json,
    /// The story, to be read.
    Markdown,
    /// The same, as a page.
    Html,
}

impl ExportFormat {
    /// Its name in the query.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }
}
