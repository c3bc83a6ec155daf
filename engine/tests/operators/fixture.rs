//! A store with something to look at, and the command line of the engine.

use std::path::Path;
use std::process::{Command, Output};

use protocol::{GameId, Problem, ProblemType, RequestId, RequestType};
use store::embedded::{EmbeddedStore, Synchronous};
use store::{
    Enqueued, GameContents, GameDocument, Games, NewRequest, Queue, SharedStore, StoreOptions, Terms, WorkerId,
};
use tempfile::TempDir;

/// A directory with a store in which one request was given up and one waits behind it.
pub(crate) async fn scene() -> (TempDir, GameId, RequestId, RequestId) {
    let directory = TempDir::new().unwrap();
    let store = EmbeddedStore::open(directory.path(), Synchronous::Normal, StoreOptions::default()).unwrap();
    let game = GameId::new();
    let document = GameDocument { provider: "none".to_owned(), ..GameDocument::default() };
    store.create_game(game, &GameContents::new(document, Vec::new())).await.unwrap();
    let mut ids = Vec::new();
    for text in ["I sing to the moon.", "I listen."] {
        let request = NewRequest {
            id: RequestId::in_game(game),
            game,
            kind: RequestType::Chat,
            message: text.to_owned(),
            actor: None,
            user_message: text.to_owned(),
            priority: protocol::Priority::default(),
            caused_by: None,
            alternatives: Vec::new(),
            trace: None,
            budgets: Vec::new(),
        };
        let answer = store.enqueue(&request, &Terms::default()).await.unwrap();
        assert!(matches!(answer, Enqueued::Accepted(_)));
        ids.push(request.id);
    }
    let claim = store.claim(&WorkerId::fixed("ada"), 1, 1).await.unwrap().claims.remove(0);
    let problem = Problem::new(ProblemType::ModelFailed, "the model hung up").because(["connection reset".to_owned()]);
    store.fail(&claim.lease, &problem.into()).await.unwrap();
    (directory, game, ids[0], ids[1])
}

/// A message to the game that fails for good.
pub(crate) async fn dead_letter(store: &SharedStore, game: GameId) -> RequestId {
    let id = RequestId::in_game(game);
    let request = NewRequest {
        id,
        game,
        kind: RequestType::Chat,
        message: "I listen.".to_owned(),
        actor: None,
        user_message: "I listen.".to_owned(),
        priority: protocol::Priority::default(),
        caused_by: None,
        alternatives: Vec::new(),
        trace: None,
        budgets: Vec::new(),
    };
    assert!(matches!(store.enqueue(&request, &Terms::default()).await.unwrap(), Enqueued::Accepted(_)));
    let claim = store.claim(&WorkerId::fixed("ada"), 77, 1).await.unwrap().claims.remove(0);
    assert_eq!(claim.lease.request, id);
    store.fail(&claim.lease, &Problem::new(ProblemType::ModelFailed, "the model hung up").into()).await.unwrap();
    id
}

pub(crate) fn engine(directory: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_engine"))
        .args(words)
        .arg("--data-dir")
        .arg(directory)
        // Where nothing listens.
        .args(["--listen", "127.0.0.1:1"])
        .output()
        .unwrap()
}

/// What a command prints that ends well.
pub(crate) fn printed(directory: &Path, words: &[&str]) -> String {
    let output = engine(directory, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command complains of that does not.
pub(crate) fn complaint(directory: &Path, words: &[&str]) -> String {
    let output = engine(directory, words);
    assert_eq!(output.status.code(), Some(1), "{words:?}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}
