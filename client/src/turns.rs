//! The turns of a game, and what goes back to one: undo, retry, edit, choose, branch, rename, stop.
//!
//! Each change takes a key of the caller's choice. Repeated under its key after a lost answer, it is made once.

use protocol::{
    BranchGame, ChooseAlternative, EditTurn, ExplainView, GameHead, GameId, GameRewritten, RenameGame, RequestId,
    RequestView, RetryTurn, StopRequest, Turns, UndoTurns, path,
};
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::json;
use crate::{Client, ClientError};

impl Client {
    /// A page of a game's turns, the latest first: `GET /v1/gamestate/{id}/turns`.
    pub async fn turns(&self, game: GameId, limit: Option<u32>, after: Option<&str>) -> Result<Turns, ClientError> {
        self.page(&path::with_id(path::TURNS, game), limit, after).await
    }

    /// Why a game is in its state after a turn, the last one when none is named: `GET /v1/gamestate/{id}/explain`. It shows what is
    /// hidden from players, so their keys may not call it.
    pub async fn explain(&self, game: GameId, turn: Option<u64>) -> Result<ExplainView, ClientError> {
        let turn = turn.map(|turn| turn.to_string());
        self.read(&path::with_id(path::EXPLAIN, game), &[("turn", turn.as_deref())]).await
    }

    /// Takes turns back.
    pub async fn undo(&self, game: GameId, undo: &UndoTurns, key: &str) -> Result<GameRewritten, ClientError> {
        self.post_once(&path::with_id(path::UNDO, game), undo, key).await
    }

    /// Has the player's last message narrated once more.
    pub async fn retry(&self, game: GameId, retry: &RetryTurn, key: &str) -> Result<GameRewritten, ClientError> {
        self.post_once(&path::with_id(path::RETRY, game), retry, key).await
    }

    /// Replaces a message and plays on from there, or replaces a narration and goes back to its turn.
    pub async fn edit(&self, game: GameId, edit: &EditTurn, key: &str) -> Result<GameRewritten, ClientError> {
        self.post_once(&path::with_id(path::EDIT, game), edit, key).await
    }

    /// Brings back an earlier narration of the player's last message.
    pub async fn choose(
        &self,
        game: GameId,
        choose: &ChooseAlternative,
        key: &str,
    ) -> Result<GameRewritten, ClientError> {
        self.post_once(&path::with_id(path::CHOOSE, game), choose, key).await
    }

    /// Begins a new game that goes on from a turn of this one.
    pub async fn branch(&self, game: GameId, branch: &BranchGame, key: &str) -> Result<GameHead, ClientError> {
        self.post_once(&path::with_id(path::BRANCH, game), branch, key).await
    }

    /// Gives a game a name.
    pub async fn rename(&self, game: GameId, rename: &RenameGame, key: &str) -> Result<GameHead, ClientError> {
        self.post_once(&path::with_id(path::RENAME, game), rename, key).await
    }

    /// Ends a narration: its text so far is kept, or the request is cancelled. Repeating it answers the same.
    pub async fn stop(&self, request: RequestId, stop: StopRequest) -> Result<RequestView, ClientError> {
        let (call, http) = self.build(Method::POST, &path::with_id(path::STOP, request));
        json(call, http.json(&stop), self.settings().request_timeout).await
    }

    async fn post_once<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync + ?Sized),
        key: &str,
    ) -> Result<T, ClientError> {
        let (call, request) = self.build(Method::POST, path);
        json(call, request.header("Idempotency-Key", key).json(body), self.settings().request_timeout).await
    }
}
