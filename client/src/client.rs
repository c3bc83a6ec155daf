//! The engine's HTTP API, one method an endpoint.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use protocol::{
    CatalogueEntry, ChatAccepted, ChatRequest, CreateGame, ExportFormat, GameHead, GameId, GameList, GameView,
    LaneView, PcEntry, PlayerView, Providers, QueueView, RequestId, RequestView, ScenarioEntry, path,
};
use reqwest::{Method, RequestBuilder, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::{answer, json};
use crate::{ClientError, Events, HttpCall, Since};

/// How long things may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// To connect.
    pub connect_timeout: Duration,
    /// From a request to the end of its answer, or to the head of a stream.
    pub request_timeout: Duration,
    /// How long a stream may be silent. Must be above the engine's `sse.keepalive_seconds`.
    pub idle_timeout: Duration,
    /// The wait before a stream's first reconnect, until the engine names another one with `retry:`.
    pub reconnect_min: Duration,
    /// The longest wait between two reconnects.
    pub reconnect_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            reconnect_min: Duration::from_millis(250),
            reconnect_max: Duration::from_secs(10),
        }
    }
}

/// An engine, by its base URL. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    settings: Settings,
    key: Option<Key>,
}

/// What is sent as `Authorization: Bearer …`. It is not shown.
#[derive(Clone)]
struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Client {
    /// A client of the engine at `base_url`, such as `http://127.0.0.1:8080`. Connects to nothing yet.
    pub fn new(base_url: &str) -> Result<Self, ClientError> {
        Self::with_settings(base_url, Settings::default())
    }

    /// The same with other time limits.
    pub fn with_settings(base_url: &str, settings: Settings) -> Result<Self, ClientError> {
        let invalid = |reason: String| ClientError::BaseUrl { url: base_url.to_owned(), reason };
        let base = Url::parse(base_url).map_err(|error| invalid(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(invalid("neither http nor https".to_owned()));
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("story-engine-client/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.connect_timeout);
        if is_loopback(&base) {
            // A proxy from the environment has another loopback than we have.
            builder = builder.no_proxy();
        }
        Ok(Self { http: builder.build().map_err(ClientError::Setup)?, base, settings, key: None })
    }

    /// The same client with a key, or with the capability of a game: each call and each stream sends it.
    #[must_use]
    pub fn with_key(self, key: &str) -> Self {
        Self { key: Some(Key(key.trim().to_owned())), ..self }
    }

    /// The engine's base URL.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.base.as_str()
    }

    /// Sends a message to a game: `POST /v1/chat`.
    ///
    /// After a [`ClientError::TimedOut`] or [`ClientError::Transport`] the message may have been accepted all the same;
    /// [`Client::chat_once`] can be repeated then.
    pub async fn chat(&self, message: &ChatRequest) -> Result<ChatAccepted, ClientError> {
        self.post(path::CHAT, message).await
    }

    /// Sends a message under a key of the caller's choice: however often it is sent under that key, it is accepted once.
    pub async fn chat_once(&self, message: &ChatRequest, key: &str) -> Result<ChatAccepted, ClientError> {
        let (call, request) = self.build(Method::POST, path::CHAT);
        json(call, request.header("Idempotency-Key", key).json(message), self.settings.request_timeout).await
    }

    /// The status of a request: `GET /v1/requests/{id}`.
    pub async fn request(&self, request: RequestId) -> Result<RequestView, ClientError> {
        self.get(&path::with_id(path::REQUEST, request)).await
    }

    /// Cancels a request that waits or runs: `DELETE /v1/requests/{id}`. Repeating it answers the same.
    pub async fn cancel(&self, request: RequestId) -> Result<RequestView, ClientError> {
        let (call, http) = self.build(Method::DELETE, &path::with_id(path::REQUEST, request));
        json(call, http, self.settings.request_timeout).await
    }

    /// Begins a game: `POST /v1/gamestate`.
    pub async fn create_game(&self, game: &CreateGame) -> Result<GameView, ClientError> {
        self.post(path::GAMES, game).await
    }

    /// Begins a game, whatever the key that the client has may see of it: `POST /v1/gamestate`.
    pub async fn begin_game(&self, game: &CreateGame) -> Result<GameHead, ClientError> {
        self.post(path::GAMES, game).await
    }

    /// A game as its player sees it: `GET /v1/gamestate/{id}?view=player`.
    pub async fn player_view(&self, game: GameId) -> Result<PlayerView, ClientError> {
        self.read(&path::with_id(path::GAME, game), &[("view", Some("player"))]).await
    }

    /// A game as a document to be imported again, or its story as a text: `GET /v1/gamestate/{id}/export`.
    pub async fn export(&self, game: GameId, format: ExportFormat) -> Result<Vec<u8>, ClientError> {
        let mut url = self.url(&path::with_id(path::EXPORT, game));
        url.query_pairs_mut().append_pair("format", format.name());
        let (call, request) = self.build_url(Method::GET, url);
        answer(call, request, self.settings.request_timeout).await
    }

    /// The models that narrate: `GET /v1/providers`.
    pub async fn providers(&self) -> Result<Providers, ClientError> {
        self.get(path::PROVIDERS).await
    }

    /// A game's state and history: `GET /v1/gamestate/{id}`.
    pub async fn game(&self, game: GameId) -> Result<GameView, ClientError> {
        self.get(&path::with_id(path::GAME, game)).await
    }

    /// A page of games, the latest changed first: `GET /v1/gamestate`. `after` is the `next` of the page before.
    pub async fn games(&self, limit: Option<u32>, after: Option<&str>) -> Result<GameList, ClientError> {
        self.page(path::GAMES, limit, after).await
    }

    /// Changes a game's state: `PATCH /v1/gamestate/{id}`. With `if_match` only if the game is still of this version.
    pub async fn patch_game(
        &self,
        game: GameId,
        patch: &(impl Serialize + Sync + ?Sized),
        if_match: Option<u64>,
    ) -> Result<GameView, ClientError> {
        let (call, mut request) = self.build(Method::PATCH, &path::with_id(path::GAME, game));
        if let Some(version) = if_match {
            request = request.header("If-Match", format!("\"{version}\""));
        }
        json(call, request.json(patch), self.settings.request_timeout).await
    }

    /// Deletes a game: `DELETE /v1/gamestate/{id}`.
    pub async fn delete_game(&self, game: GameId) -> Result<(), ClientError> {
        let (call, request) = self.build(Method::DELETE, &path::with_id(path::GAME, game));
        answer(call, request, self.settings.request_timeout).await.map(drop)
    }

    /// The scenarios that can be played: `GET /v1/scenarios`.
    pub async fn scenarios(&self) -> Result<Vec<ScenarioEntry>, ClientError> {
        self.get(path::SCENARIOS).await
    }

    /// The player characters: `GET /v1/pcs`.
    pub async fn pcs(&self) -> Result<Vec<PcEntry>, ClientError> {
        self.get(path::PCS).await
    }

    /// The narrators: `GET /v1/narrators`.
    pub async fn narrators(&self) -> Result<Vec<CatalogueEntry>, ClientError> {
        self.get(path::NARRATORS).await
    }

    /// The queue at this moment: `GET /v1/queue`.
    pub async fn queue(&self) -> Result<QueueView, ClientError> {
        self.get(path::QUEUE).await
    }

    /// A game's unfinished requests: `GET /v1/queue/games/{id}`.
    pub async fn lane(&self, game: GameId) -> Result<LaneView, ClientError> {
        self.get(&path::with_id(path::LANE, game)).await
    }

    /// Whether the engine is there: `GET /health`.
    pub async fn health(&self) -> Result<(), ClientError> {
        let (call, request) = self.build(Method::GET, path::HEALTH);
        answer(call, request, self.settings.request_timeout).await.map(drop)
    }

    /// Whether the engine can take and work off messages: `GET /ready`.
    pub async fn ready(&self) -> Result<(), ClientError> {
        let (call, request) = self.build(Method::GET, path::READY);
        answer(call, request, self.settings.request_timeout).await.map(drop)
    }

    /// The events of a game, for as long as they are listened to: `GET /v1/events/games/{id}`.
    ///
    /// With [`Since::Now`] they begin with an [`Item::Snapshot`](crate::Item::Snapshot) of what is under way.
    #[must_use]
    pub fn game_events(&self, game: GameId, since: impl Into<Since>) -> Events {
        Events::of_game(self.clone(), game, since.into())
    }

    /// The events of a request, from its first to its last: `GET /v1/events/requests/{id}`.
    #[must_use]
    pub fn request_events(&self, request: RequestId) -> Events {
        Events::of_request(self.clone(), request)
    }

    pub(crate) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A request to a path under the base URL, which may itself have a path.
    pub(crate) fn build(&self, method: Method, path: &str) -> (HttpCall, RequestBuilder) {
        self.build_url(method, self.url(path))
    }

    fn build_url(&self, method: Method, url: Url) -> (HttpCall, RequestBuilder) {
        let call = HttpCall { method: method.clone(), url: url.to_string() };
        let request = self.http.request(method, url);
        (call, if let Some(Key(key)) = &self.key { request.bearer_auth(key) } else { request })
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url.set_query(None);
        url
    }

    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        path: &str,
        limit: Option<u32>,
        after: Option<&str>,
    ) -> Result<T, ClientError> {
        let limit = limit.map(|limit| limit.to_string());
        self.read(path, &[("limit", limit.as_deref()), ("after", after)]).await
    }

    /// A call that reads, with those parameters of its query that have a value.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, Option<&str>)],
    ) -> Result<T, ClientError> {
        let mut call = self.url(path);
        for (name, value) in query.iter().filter_map(|(name, value)| Some((name, (*value)?))) {
            call.query_pairs_mut().append_pair(name, value);
        }
        let (call, request) = self.build_url(Method::GET, call);
        json(call, request, self.settings.request_timeout).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let (call, request) = self.build(Method::GET, path);
        json(call, request, self.settings.request_timeout).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync + ?Sized),
    ) -> Result<T, ClientError> {
        let (call, request) = self.build(Method::POST, path);
        json(call, request.json(body), self.settings.request_timeout).await
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_may_have_a_path() {
        for base in ["http://host/engine", "http://host/engine/", "http://host/engine?x=1"] {
            let client = Client::new(base).unwrap();
            assert_eq!(client.url("/v1/chat").as_str(), "http://host/engine/v1/chat");
        }
    }

    #[test]
    fn what_is_not_a_base_url_is_refused_by_name() {
        for base in ["", "localhost:8080", "ftp://host", "/v1"] {
            let error = Client::new(base).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{base}` is not the URL of an engine")), "{error}");
        }
    }

    #[test]
    fn only_loopback_goes_past_the_proxy() {
        let is = |url| is_loopback(&Url::parse(url).unwrap());
        assert!(is("http://localhost:1") && is("http://127.0.0.9") && is("http://[::1]:8080"));
        assert!(!is("http://10.0.0.1") && !is("http://localhost.example.org"));
    }
}
