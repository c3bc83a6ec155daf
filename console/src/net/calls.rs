//! The calls behind the commands, each with the timing that a player would have.

use std::path::PathBuf;
use std::time::Duration;

use client::{Client, ClientError, Item, Since};
use futures::StreamExt as _;
use futures::future::try_join_all;
use protocol::{
    ChatRequest, CreateGame, ExportFormat, GameId, GameSummary, IfBusy, PlayerView, Priority, ProblemType, RequestId,
    RequestView, StopRequest,
};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, sleep, timeout};

use super::watch::SILENCE;
use crate::app::{Menu, NetMessage, Opened};

/// How many games the first screen searches, and how many it asks for at once.
const GAMES: usize = 500;
const PAGE: u32 = 100;

/// How long an engine that is not there is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    /// Between two tries.
    pub(crate) pause: Duration,
    /// How long the event stream may be silent while something is awaited.
    pub(crate) silence: Duration,
    /// From the first try to send a message to the last.
    pub(crate) sending: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { pause: Duration::from_secs(1), silence: SILENCE, sending: Duration::from_secs(30) }
    }
}

/// What there is to play.
pub(super) async fn menu(client: &Client) -> Result<Menu, String> {
    let lists =
        tokio::try_join!(games(client), client.scenarios(), client.pcs(), client.narrators(), client.providers());
    let (games, scenarios, pcs, narrators, providers) = lists.map_err(|error| error.to_string())?;
    Ok(Menu { games, scenarios, pcs, narrators, providers: providers.providers, default_provider: providers.default })
}

/// The latest games, page by page.
async fn games(client: &Client) -> Result<Vec<GameSummary>, ClientError> {
    let mut games = Vec::new();
    let mut after = None;
    loop {
        let page = client.games(Some(PAGE), after.as_deref()).await?;
        games.extend(page.games);
        after = page.next;
        if after.is_none() || games.len() >= GAMES {
            return Ok(games);
        }
    }
}

/// Begins a game and opens it.
pub(super) async fn create(client: &Client, create: CreateGame) -> Result<Box<Opened>, String> {
    let game = client.begin_game(&create).await.map_err(|error| error.to_string())?;
    open(client, game.id, None).await
}

/// Opens a game; with a pause between tries, as soon as there is an engine that answers.
pub(super) async fn open(client: &Client, game: GameId, pause: Option<Duration>) -> Result<Box<Opened>, String> {
    loop {
        match read(client, game).await {
            Ok((game, unfinished)) => {
                let scenario = scenario_name(client, &game).await;
                return Ok(Box::new(Opened { game, scenario, unfinished }));
            }
            Err(error) => match pause {
                Some(pause) if error.is_transient() => sleep(pause).await,
                _ => return Err(error.to_string()),
            },
        }
    }
}

/// A game and its unfinished requests at one moment: between the two reads of the game no turn has ended. What happens
/// after the first read comes as events.
async fn read(client: &Client, id: GameId) -> Result<(PlayerView, Vec<RequestView>), ClientError> {
    let mut game = client.player_view(id).await?;
    loop {
        let requests = unfinished(client, id).await?;
        let unfinished = try_join_all(requests.into_iter().map(|request| client.request(request))).await?;
        let now = client.player_view(id).await?;
        if now.version == game.version {
            return Ok((game, unfinished.into_iter().filter(|request| !request.status.is_terminal()).collect()));
        }
        game = now;
    }
}

/// The unfinished requests of a game, in order. Where keys are needed, a player may not look at the queue; then the first event of a
/// stream says them, unless a proxy holds it back.
pub(crate) async fn unfinished(client: &Client, game: GameId) -> Result<Vec<RequestId>, ClientError> {
    let refused = match client.lane(game).await {
        Ok(lane) => return Ok(lane.requests),
        Err(error) => error,
    };
    if !matches!(refused.problem_type(), Some(ProblemType::NotFound | ProblemType::Forbidden)) {
        return Err(refused);
    }
    let mut events = client.game_events(game, Since::Now);
    let snapshot = async {
        while let Some(item) = events.next().await {
            match item {
                Item::Snapshot(snapshot) => return snapshot.unfinished.iter().map(|one| one.request_id).collect(),
                Item::Failed(_) => break,
                _ => {}
            }
        }
        Vec::new()
    };
    Ok(timeout(SILENCE, snapshot).await.unwrap_or_default())
}

async fn scenario_name(client: &Client, game: &PlayerView) -> String {
    let id = game.sight.scenario.as_str();
    // A name is not worth a failure.
    let scenarios = client.scenarios().await.unwrap_or_default();
    Menu { scenarios, ..Menu::default() }.scenario_name(id)
}

/// Sends a message. It goes under one key, which makes it safe to repeat after a lost answer: the engine accepts it once.
pub(super) async fn send(client: &Client, local: u64, game: GameId, message: String, timing: Timing) -> NetMessage {
    let chat = ChatRequest {
        game_state_id: game,
        message,
        actor: None,
        if_busy: IfBusy::Enqueue,
        priority: Priority::Normal,
        stream: None,
    };
    let key = RequestId::new().to_string();
    let until = Instant::now() + timing.sending;
    loop {
        match client.chat_once(&chat, &key).await {
            Ok(accepted) => return NetMessage::Accepted { local, request: accepted.request_id },
            Err(error) if error.is_transient() && Instant::now() < until => {
                sleep(timing.pause).await;
            }
            Err(error) => return NetMessage::NotSent { local, reason: error.to_string() },
        }
    }
}

/// Writes a game to a file, and never over one.
pub(super) async fn export(client: &Client, game: GameId, format: ExportFormat, file: PathBuf) -> NetMessage {
    let text = match client.export(game, format).await {
        Ok(text) => text,
        Err(error) => return NetMessage::Refused(format!("It could not be exported: {error}")),
    };
    let write = async {
        let mut to = tokio::fs::OpenOptions::new().write(true).create_new(true).open(&file).await?;
        to.write_all(&text).await?;
        to.flush().await
    };
    match write.await {
        Ok(()) => NetMessage::Exported { game, file },
        Err(error) => NetMessage::Refused(format!("{} could not be written: {error}", file.display())),
    }
}

/// Asks why a game is in its state.
pub(super) async fn explain(client: &Client, game: GameId, turn: Option<u64>) -> NetMessage {
    match client.explain(game, turn).await {
        Ok(view) => NetMessage::Explained(Box::new(view)),
        Err(error) if error.problem_type() == Some(ProblemType::Forbidden) => {
            NetMessage::Refused("This shows what is hidden from players; your key is a player's.".to_owned())
        }
        Err(error) => NetMessage::Refused(error.to_string()),
    }
}

/// Cancels a request. What has ended in the meantime is shown as it has ended, and is no trouble.
pub(super) async fn cancel(client: &Client, request: RequestId) -> Option<NetMessage> {
    match client.cancel(request).await {
        Ok(_) => None,
        Err(error) if error.problem_type() == Some(ProblemType::RequestFinished) => None,
        Err(error) => Some(NetMessage::Refused(format!("It could not be stopped: {error}"))),
    }
}

/// Ends a narration and keeps its text so far.
pub(super) async fn stop(client: &Client, request: RequestId) -> Option<NetMessage> {
    match client.stop(request, StopRequest { keep: true }).await {
        Ok(_) => None,
        Err(error) if error.problem_type() == Some(ProblemType::RequestFinished) => None,
        Err(error) => Some(NetMessage::Refused(format!("It could not be stopped: {error}"))),
    }
}

/// Whether there is an engine, and the game if one is named: asked before the screen is taken over.
pub(crate) async fn check(client: &Client, game: Option<GameId>) -> Result<(), ClientError> {
    match game {
        Some(game) => client.player_view(game).await.map(drop),
        None => client.health().await,
    }
}
