//! A game that a worker plays on an embedded store, and what the test sees of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine::config::Config;
use engine::llm::Models;
use engine::preview::{Preview, PreviewError, preview};
use engine::watchdog::Watchdog;
use engine::worker::Worker;
use protocol::{GameId, PromptView, QueueView, RequestId, RequestStatus, RequestType};
use store::embedded::EmbeddedStore;
use store::{Budget, GameContents, GameDocument, LogRead, NewRequest, Request, SharedStore, Terms};
use story::{Library, NewGame};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How long a turn may take here.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// A game, and the worker that plays it.
pub(crate) struct Game {
    store: SharedStore,
    id: GameId,
    library: Arc<Library>,
    models: Arc<Models>,
    _worker: AbortOnDropHandle<()>,
}

/// Who pays for the turns.
const PAYER: &str = "tester";

impl Game {
    /// A game of the provider `mock`, which must be configured.
    pub(crate) async fn start(mut config: Config) -> Self {
        config.worker.retry_delay_seconds = 0.05;
        config.worker.probe_delay_seconds = 0.05;
        config.worker.max_retries = 2;
        config.default_provider = Some("mock".to_owned());
        let store: SharedStore = Arc::new(EmbeddedStore::in_memory(config.store_options()).unwrap());
        let library = Arc::new(engine::content::load(None).unwrap());
        let new = NewGame { scenario: "pawned_moon".to_owned(), ..NewGame::default() };
        let (state, history) = story::new_game(&library, &new).unwrap();
        let id = GameId::new();
        let document = GameDocument { provider: "mock".to_owned(), state, ..GameDocument::default() };
        store.create_game(id, &GameContents::new(document, history)).await.unwrap();
        let models = Arc::new(Models::start(&config).await.unwrap());
        let (content, called) = (Arc::clone(&library), Arc::clone(&models));
        let worker = Worker::new(Arc::clone(&store), content, called, &config, &Watchdog::default());
        let worker = AbortOnDropHandle::new(tokio::spawn(worker.run(CancellationToken::new())));
        Self { store, id, library, models, _worker: worker }
    }

    /// Says something, and returns with the request once it has ended.
    pub(crate) async fn say(&self, message: &str) -> Request {
        let id = self.send(message).await;
        self.ended(id).await
    }

    pub(crate) async fn send(&self, message: &str) -> RequestId {
        let id = RequestId::in_game(self.id);
        let request = NewRequest {
            id,
            game: self.id,
            kind: RequestType::Chat,
            message: message.to_owned(),
            actor: None,
            user_message: message.to_owned(),
            priority: protocol::Priority::default(),
            caused_by: None,
            alternatives: Vec::new(),
            trace: None,
            // More than any test uses: every turn takes the way of those that are paid.
            budgets: vec![Budget { bucket: PAYER.into(), tokens_a_day: Some(1_000_000_000), cost_a_month: None }],
        };
        self.store.enqueue(&request, &Terms::default()).await.unwrap();
        id
    }

    pub(crate) async fn ended(&self, id: RequestId) -> Request {
        let ended = async {
            let mut events = self.store.subscribe(self.id).await.unwrap();
            loop {
                let request = self.store.request(id).await.unwrap().unwrap();
                if request.status.is_terminal() {
                    return request;
                }
                events.next().await;
            }
        };
        tokio::time::timeout(TIMEOUT, ended).await.unwrap()
    }

    /// What a model would be sent next.
    pub(crate) async fn preview(&self, asked: &Preview) -> PromptView {
        self.try_preview(asked).await.unwrap()
    }

    pub(crate) async fn try_preview(&self, asked: &Preview) -> Result<PromptView, PreviewError> {
        preview(&self.store, &self.library, &self.models, self.id, asked).await
    }

    /// How many tokens the turns have used.
    pub(crate) async fn used(&self) -> u64 {
        self.store.used(&[PAYER.into()]).await.unwrap()[0].tokens
    }

    /// The provider that the game names.
    pub(crate) async fn provider(&self) -> String {
        self.store.game(self.id).await.unwrap().unwrap().document.provider
    }

    pub(crate) async fn queue(&self) -> QueueView {
        self.store.queue().await.unwrap()
    }

    /// What a player has read of each request at its end, without what was declared void on the way.
    pub(crate) async fn shown(&self) -> Vec<String> {
        let log = match self.store.read_log(self.id, None, 100_000).await.unwrap() {
            LogRead::Events(events) => events,
            LogRead::Reset { reason, .. } => panic!("{reason}"),
        };
        let mut shown: BTreeMap<Option<RequestId>, String> = BTreeMap::new();
        for event in log {
            let text = shown.entry(event.request).or_default();
            match event.name.as_str() {
                "chat.chunk" => {
                    let data: serde_json::Value = serde_json::from_str(&event.data).unwrap();
                    text.push_str(data["content"].as_str().unwrap());
                }
                "attempt.superseded" => text.clear(),
                _ => {}
            }
        }
        // Space at its end is shown by nobody, and not committed.
        shown.into_values().map(|text| text.trim_end().to_owned()).filter(|text| !text.is_empty()).collect()
    }
}

/// The narration of a turn that was committed.
pub(crate) fn message(request: &Request) -> &str {
    assert_eq!(request.status, RequestStatus::Completed, "{:?}", request.error);
    &request.result.as_ref().unwrap().message
}
