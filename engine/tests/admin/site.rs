//! An engine with a dead letter, and keys if a test wants some.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use protocol::{GameId, Problem, ProblemType, RequestId, RequestType, TurnRecord};
use store::embedded::{EmbeddedStore, Synchronous};
use store::{
    DeadLetterQueue, GameContents, GameDocument, Games, NewRequest, Queue, SentPrompt, SentPrompts, StoreOptions,
    StoredTurn, Terms, Undo, WorkerId,
};
use story::ChatMessage;
use tempfile::TempDir;

/// A running engine. Dropping it ends the process.
pub(crate) struct Site {
    /// The keys by role.
    pub(crate) keys: BTreeMap<String, String>,
    base: String,
    engine: Child,
    _directory: TempDir,
}

impl Site {
    /// An engine with a game whose request has failed for good. With roles it asks for keys, and there is one of each.
    pub(crate) async fn start(roles: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let store = EmbeddedStore::open(directory.path(), Synchronous::Normal, StoreOptions::default()).unwrap();
        let game = GameId::new();
        let document = GameDocument { provider: "offline".to_owned(), turns: Some(1), ..GameDocument::default() };
        let id = RequestId::in_game(game);
        let turns = vec![turn_with_prompts(id)];
        store.create_game(game, &GameContents { turns, ..GameContents::new(document, Vec::new()) }).await.unwrap();
        let request = NewRequest {
            id,
            game,
            kind: RequestType::Chat,
            message: "I sing to the moon.".to_owned(),
            actor: None,
            user_message: "I sing to the moon.".to_owned(),
            priority: protocol::Priority::default(),
            caused_by: None,
            alternatives: Vec::new(),
            trace: None,
            budgets: Vec::new(),
        };
        store.enqueue(&request, &Terms::default()).await.unwrap();
        let claim = store.claim(&WorkerId::fixed("ada"), 1, 1).await.unwrap().claims.remove(0);
        let problem = Problem::new(ProblemType::ModelFailed, "the model hung up");
        store.fail(&claim.lease, &problem.into()).await.unwrap();
        assert_eq!(store.dead_letters(None, 1).await.unwrap().dead_letters.len(), 1);
        drop(store);

        let engine = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_engine"));
            command.arg("--data-dir").arg(directory.path()).env("STORY_ENGINE_AUTH__MODE", "keys");
            command
        };
        let made = |role: &str| {
            let more: &[&str] = if role == "player" { &["--tenant", "acme", "--user", "ada"] } else { &[] };
            let output = engine().args(["keys", "create", "--role", role]).args(more).output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        };
        let keys: BTreeMap<String, String> = roles.iter().map(|role| ((*role).to_owned(), made(role))).collect();
        let mut running = engine();
        if roles.is_empty() {
            running.env("STORY_ENGINE_AUTH__MODE", "local");
        }
        let mut running = running
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(running.stdout.take().unwrap()).lines().map(Result::unwrap);
        // Players are named first, then operators.
        let urls: Vec<String> = lines
            .by_ref()
            .filter_map(|line| Some(line.split_once("http://")?.1.split(' ').next()?.to_owned()))
            .filter(|url| !url.contains('/'))
            .take(2)
            .collect();
        // The engine must not stop at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { keys, base: format!("http://{}", urls[1]), engine: running, _directory: directory }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// A turn of which it is kept what the narrator was sent.
fn turn_with_prompts(request_id: RequestId) -> StoredTurn {
    let prompt = SentPrompt {
        provider: "offline".to_owned(),
        model: "offline".to_owned(),
        system: "You narrate.".to_owned(),
        messages: vec![ChatMessage::user("What does the moon sing?")],
        left_out: 3,
    };
    StoredTurn {
        record: TurnRecord { turn: 1, request_id, ..TurnRecord::default() },
        undo: Undo::TooLarge,
        messages_before: 0,
        prompts: Some(SentPrompts { narration: Some(prompt), extraction: None }),
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.engine.kill();
        let _ = self.engine.wait();
    }
}
