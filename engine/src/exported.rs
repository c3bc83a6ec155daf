//! A game as the document that is exported, wherever it was kept: in the store or in the archive.

use jiff::Timestamp;
use protocol::{EXPORT_VERSION, ExportedTurn, GameExport, GameId};
use store::{GameDocument, StoredTurn};
use story::ChatMessage;

/// The document of a game, as of now. An error is a turn that cannot be written as JSON.
pub(crate) fn game(
    id: GameId,
    name: Option<String>,
    document: GameDocument,
    chat_history: Vec<ChatMessage>,
    turns: Vec<StoredTurn>,
) -> Result<GameExport, serde_json::Error> {
    Ok(GameExport {
        version: EXPORT_VERSION,
        id,
        name,
        exported_at: Timestamp::now(),
        last_turn: document.last_turn(),
        provider: document.provider,
        branched_from: document.branched_from,
        state: document.state,
        chat_history,
        turns: turns.into_iter().map(turn).collect::<Result<_, _>>()?,
    })
}

fn turn(turn: StoredTurn) -> Result<ExportedTurn, serde_json::Error> {
    let undo = serde_json::to_value(&turn.undo)?;
    Ok(ExportedTurn { record: turn.record, undo, messages_before: turn.messages_before })
}
