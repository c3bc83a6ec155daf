//! Work on whole games. A long one takes tens of milliseconds, for which no other call is to wait.

use tokio::task::spawn_blocking;

use super::error::{ApiError, internal};

/// From how many messages on a game is long: to begin on another thread costs less than to write so many.
const LONG: usize = 256;

/// Does the work on a game of so many messages, on another thread if the game is long.
pub(super) async fn on_game<T: Send + 'static>(
    messages: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    if messages < LONG {
        return Ok(work());
    }
    Ok(spawn_blocking(work).await.map_err(|error| internal(&error))?)
}
