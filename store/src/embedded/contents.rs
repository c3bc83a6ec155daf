//! Versions of content in SQLite, and documents that are stored as what differs from one.

use std::sync::Arc;

use protocol::GameId;

use super::StoreError;
use super::rows::{self, GAME};
use super::step::Step;
use super::values::corrupt;
use crate::content::{ContentId, ContentVersion, Packed, pack};
use crate::{Game, GameDocument};

/// A document as a game is stored.
pub(super) fn packed(document: &GameDocument) -> Result<Packed, StoreError> {
    pack(document).map_err(|error| unwritable(&error))
}

/// The same for a game that comes to the store.
pub(super) fn packed_new(step: &Step<'_>, document: &GameDocument) -> Result<Packed, StoreError> {
    step.contents.pack_new(document).map_err(|error| unwritable(&error))
}

fn unwritable(error: &serde_json::Error) -> StoreError {
    corrupt("a value to be written", error)
}

/// Keeps the version of content that a document names. It comes before the document, which counts for it by a trigger.
pub(super) fn keep(step: &Step<'_>, document: &Packed) -> Result<(), StoreError> {
    let Some(version) = &document.content else { return Ok(()) };
    let sql = "INSERT INTO contents (id, text) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    step.execute(sql, (version.id.to_string(), &version.text)).map(drop)
}

/// A version of content, if it is kept.
fn version(step: &Step<'_>, id: ContentId) -> Result<Option<Arc<ContentVersion>>, StoreError> {
    if let Some(known) = step.contents.find(id) {
        return Ok(Some(known));
    }
    let text = step.first("SELECT text FROM contents WHERE id = ?1", [id.to_string()], |row| row.get(0))?;
    text.map(|text| step.contents.read(id, text)).transpose()
}

/// A game in its present state.
pub(super) fn game(step: &Step<'_>, id: GameId) -> Result<Option<Game>, StoreError> {
    let sql = format!("{GAME} WHERE id = ?1");
    Ok(step.all(&sql, [id.to_string()], |row| rows::game(row, |named| version(step, named)))?.pop())
}
