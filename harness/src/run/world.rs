//! What one case plays in: its engine processes, its games with their journals, its model.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use client::{Client, ClientError};
use protocol::{CreateGame, EventId, GameId, GameView, QueueView, RequestId};
use serde_json::Value;

use super::RunContext;
use crate::case::{Case, DEFAULT_GAME, Game, ProcessAction};
use crate::fleet::{Fleet, engine_config};
use crate::model::{Model, summary};
use crate::report::{CaseLog, Failure, Source};
use crate::services::{Mode, ServiceError};
use crate::watch::{Pulse, Watch};

/// A game of the case.
#[derive(Debug)]
pub(super) struct GameRun {
    pub(super) game: Game,
    pub(super) id: GameId,
    pub(super) watch: Watch,
}

/// A request that the case has made or found, and the game that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestRun {
    pub(super) id: RequestId,
    pub(super) game: GameId,
}

/// What one case plays in. Dropping it ends its processes.
#[derive(Debug)]
pub(super) struct World {
    pub(super) case: Arc<Case>,
    pub(super) log: CaseLog,
    pub(super) pulse: Pulse,
    pub(super) model: Model,
    pub(super) http: reqwest::Client,
    pub(super) games: Vec<GameRun>,
    /// Dead letters that were there before the case.
    pub(super) dead_letters_before: u64,
    /// Whether the model's script stays where it is.
    lasting: bool,
    fleet: Option<Fleet>,
    api: Mutex<(Client, String)>,
    requests: Mutex<Requests>,
}

#[derive(Debug, Default)]
struct Requests {
    labels: BTreeMap<String, RequestRun>,
    made: Vec<RequestRun>,
    /// Story events that a step has followed.
    followed: BTreeSet<RequestId>,
}

impl World {
    /// Starts everything that the case needs, up to its games.
    pub(super) async fn start(context: &RunContext, case: Arc<Case>, log: CaseLog) -> Result<Self, Failure> {
        let services = &context.services;
        let made = super::place::make(&context.dir, &case.id);
        let (place, dir) = made.map_err(|error| Failure::new(format!("{}: {error}", context.dir.display())))?;
        let name = format!("{}-{place}", context.run_id);
        let shared = services.mode == Mode::External;
        let kept = context.programs.kept.is_some();
        let namespace = if shared { services.mock_url.clone() } else { format!("{}/t/{name}", services.mock_url) };
        let model = Model::new(context.http.clone(), namespace);
        model.load(&script(context, &case)?).await.map_err(|error| failed(&error))?;

        let pulse = Pulse::default();
        let (fleet, base_url) = if let Some(url) = &services.api_url {
            (None, url.clone())
        } else {
            let config = engine_config(services, &model, &context.content, &dir, &format!("{name}:"), &case.engine);
            let redis = services.redis_url.clone();
            let fleet = Fleet::new(&context.programs, dir, &config, redis, log.clone(), pulse.clone())
                .map_err(|error| failed(&error))?;
            let started = fleet.start_all(case.workers).await;
            let url = started.map_err(|error: ServiceError| failed(&error).evidence(Vec::new(), fleet.logs()))?;
            (Some(fleet), url)
        };
        let client = Client::new(&base_url).map_err(|error| failed(&error))?;
        let mut world = Self {
            case: Arc::clone(&case),
            log,
            pulse,
            model,
            http: context.http.clone(),
            games: Vec::new(),
            dead_letters_before: client.queue().await.map_err(|error| failed(&error))?.dead_letters,
            lasting: shared || kept,
            fleet,
            api: Mutex::new((client, base_url)),
            requests: Mutex::default(),
        };
        for game in &case.games {
            let begun = world.begin(game).await?;
            world.games.push(begun);
        }
        Ok(world)
    }

    async fn begin(&self, game: &Game) -> Result<GameRun, Failure> {
        let (client, base_url) = self.api();
        let create = CreateGame { scenario: game.scenario.clone(), pc: game.pc.clone(), ..CreateGame::default() };
        let view = client.create_game(&create).await;
        let id = view.map_err(|error| failed_to("create the game", &game.label, &error))?.id;
        self.log.note(Source::Http, format!("game `{}` is {id}", game.label));
        if !game.seed.is_empty() {
            let patched = client.patch_game(id, &game.seed, None).await;
            patched.map_err(|error| failed_to("seed the game", &game.label, &error))?;
        }
        let watch = Watch::start(self.http.clone(), id, base_url, self.log.clone(), self.pulse.clone());
        Ok(GameRun { game: game.clone(), id, watch })
    }

    /// The engine's API as it can be reached at this moment, and its base URL.
    pub(super) fn api(&self) -> (Client, String) {
        self.api.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The game that a step speaks to. That it exists was checked when the case was read.
    pub(super) fn game(&self, label: Option<&str>) -> &GameRun {
        let label = label.unwrap_or(DEFAULT_GAME);
        self.games.iter().find(|run| run.game.label == label).unwrap_or(&self.games[0])
    }

    /// The game with this id.
    pub(super) fn game_of(&self, request: RequestRun) -> &GameRun {
        self.games.iter().find(|run| run.id == request.game).unwrap_or(&self.games[0])
    }

    /// Remembers a request, under a label if it has one.
    pub(super) fn remember(&self, request: RequestRun, label: Option<&str>) {
        let mut requests = self.requests();
        if !requests.made.contains(&request) {
            requests.made.push(request);
        }
        if let Some(label) = label {
            requests.labels.insert(label.to_owned(), request);
        }
    }

    /// The request under a label.
    pub(super) fn labelled(&self, label: &str) -> Option<RequestRun> {
        self.requests().labels.get(label).copied()
    }

    /// All labels with their requests.
    pub(super) fn labels(&self) -> BTreeMap<String, RequestId> {
        self.requests().labels.iter().map(|(label, request)| (label.clone(), request.id)).collect()
    }

    /// Every request that a step has made.
    pub(super) fn requests_made(&self) -> Vec<RequestRun> {
        self.requests().made.clone()
    }

    /// Takes the next story event of a game that no step has followed yet.
    pub(super) fn next_story_event(&self, game: &GameRun) -> Option<RequestRun> {
        let journal = game.watch.journal();
        let mut requests = self.requests();
        let id = journal.story_events().map(|(id, _)| id).find(|id| !requests.followed.contains(id))?;
        requests.followed.insert(id);
        Some(RequestRun { id, game: game.id })
    }

    /// The id that stands behind `{name}` in a path, header or body: a game's or a labelled request's; with `.last` behind a
    /// request's label, that of its latest event.
    pub(super) fn id_of(&self, name: &str) -> Option<String> {
        if let Some(request) = name.strip_suffix(".last").and_then(|label| self.labelled(label)) {
            let journal = self.game_of(request).watch.journal();
            return journal.of(request.id).last().map(|seen| seen.id.to_string());
        }
        let game = self.games.iter().find(|run| run.game.label == name).map(|run| run.id.to_string());
        game.or_else(|| self.labelled(name).map(|request| request.id.to_string()))
    }

    /// Does something to a process, and follows the API to its new address.
    pub(super) async fn act(&self, action: ProcessAction) -> Result<(), Failure> {
        let fleet = self.fleet.as_ref().ok_or_else(|| Failure::new("the processes are not ours"))?;
        if let Some(base_url) = fleet.act(action).await.map_err(Failure::new)? {
            let client = Client::new(&base_url).map_err(|error| failed(&error))?;
            *self.api.lock().unwrap_or_else(PoisonError::into_inner) = (client, base_url.clone());
            for game in &self.games {
                game.watch.moved(&base_url);
            }
        }
        Ok(())
    }

    /// A process that has ended though nobody asked it to.
    pub(super) fn unexpected_end(&self) -> Option<String> {
        self.fleet.as_ref().and_then(Fleet::unexpected_end)
    }

    /// Whether nothing waits, nothing runs, and every event has come. An engine that is away is not quiet.
    pub(super) async fn quiet(&self) -> bool {
        let (client, _) = self.api();
        if !client.queue().await.is_ok_and(|queue| is_empty(&queue)) {
            return false;
        }
        for run in &self.games {
            let Ok(view) = client.game(run.id).await else { return false };
            if !caught_up(run, &view) {
                return false;
            }
        }
        true
    }

    /// Ends the processes and forgets the model's namespace. What did not end well comes back.
    pub(super) async fn stop(&self) -> Vec<String> {
        let wrong = match &self.fleet {
            Some(fleet) => fleet.stop().await,
            None => Vec::new(),
        };
        self.forget().await;
        wrong
    }

    /// Has the model forget this case, and with it let go of calls that wait at its gates.
    pub(super) async fn forget(&self) {
        if !self.lasting {
            self.model.forget().await;
        }
    }

    /// Completes a failure with all that happened.
    pub(super) async fn explain(&self, failure: Failure) -> Failure {
        for call in self.model.calls().await.unwrap_or_default() {
            self.log.note_at(call.at, Source::Model, summary(&call));
        }
        let names = self.names();
        let mut timeline = self.log.entries();
        for entry in &mut timeline {
            for (id, name) in &names {
                entry.text = entry.text.replace(id, name);
            }
        }
        failure.evidence(timeline, self.fleet.as_ref().map(Fleet::logs).unwrap_or_default())
    }

    /// What ids are called in this case, for people.
    fn names(&self) -> Vec<(String, String)> {
        let games = self.games.iter().map(|run| (run.id.to_string(), format!("[{}]", run.game.label)));
        let labels = self.labels().into_iter().map(|(label, id)| (id.to_string(), format!("[{label}]")));
        games.chain(labels).collect()
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nothing is queued, delayed or under a lease.
pub(super) const fn is_empty(queue: &QueueView) -> bool {
    queue.depth + queue.ready + queue.delayed + queue.active == 0
}

/// Whether every event that the engine knows of has come.
fn caught_up(run: &GameRun, view: &GameView) -> bool {
    let seen = run.watch.journal().last_id();
    seen.map_or(0, |id| id.offset) >= view.cursor.offset || seen == Some(EventId { ..view.cursor })
}

/// A failure in the words of an error.
pub(super) fn failed(error: &impl ToString) -> Failure {
    Failure::new(error.to_string())
}

fn failed_to(what: &str, label: &str, error: &ClientError) -> Failure {
    Failure::new(format!("cannot {what} `{label}`: {error}"))
}

/// The case's script, or the shipped one without its pauses.
fn script(context: &RunContext, case: &Case) -> Result<String, Failure> {
    if let Some(script) = &case.model {
        return Ok(script.text.clone());
    }
    let path = context
        .offline_script
        .as_deref()
        .ok_or_else(|| Failure::new("the case has no `model`, and there is no offline script"))?;
    without_pauses(path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

fn without_pauses(path: &Path) -> std::io::Result<String> {
    let mut script: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    if let Value::Object(members) = &mut script {
        members.insert("speed".to_owned(), 0.into());
    }
    Ok(script.to_string())
}
