//! What a long game is made of is laid ready in steps, and the step that stores the game takes it by its name. In one step, everybody else would wait while
//! megabytes are written. What no game takes is gone after a time.

use std::time::Duration;

use uuid::Uuid;

use super::StoreError;
use super::connection::Connection;
use super::script::{self, ScriptArgs, millis};
use super::unexpected::unexpected_reply;

/// How many bytes of lists a step writes.
pub(super) const PIECE: usize = 128 * 1024;
/// How long a list is kept that is laid ready and not taken.
const KEPT: Duration = Duration::from_mins(10);

/// Lays the messages and the records of a game ready; returns the name under which the next step finds them.
pub(super) async fn lay_ready(
    shard: &Connection,
    messages: &ScriptArgs,
    turns: &ScriptArgs,
) -> Result<String, StoreError> {
    let staged = Uuid::new_v4().simple().to_string();
    for (list, values) in [("history", messages), ("turns", turns)] {
        let mut at = 0;
        for piece in values.pieces(PIECE) {
            let call = ScriptArgs::new().arg(list).arg(&staged).arg(at).arg(millis(KEPT)).then(&piece);
            match shard.run::<String>(&script::STAGE, &call).await?.as_str() {
                "ok" => at += piece.count(),
                "gone" => return Err(gone()),
                other => return Err(unexpected_reply("stage", &other)),
            }
        }
    }
    Ok(staged)
}

/// The server has lost what was laid ready; nothing else has happened.
pub(super) fn gone() -> StoreError {
    StoreError::unreachable("it has lost the pieces of a long game before the game was stored")
}
