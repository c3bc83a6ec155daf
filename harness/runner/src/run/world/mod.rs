//! What one case plays in: its processes, its games with their journals, its model, its way to Redis.

mod actions;
mod hindrances;
mod names;
mod rest;
mod setup;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use harness_case::profile::{Call, Profile, Vars};
use harness_case::{Case, DEFAULT_GAME, Game, LinkAction};
use harness_events::{CaseLog, Events, Failure, RunEventKind, Source};
use serde_json::{Value, json};

use super::RunContext;
use super::branch::Branches;
use super::errors::failed;
use super::links::Links;
use super::manner::Manner;
use super::redis::{CaseRedis, Need};
use super::schedule::Scheduler;
use super::settings;
use crate::call::{self, CallError};
use crate::fleet::{Fleet, Surroundings, clock};
use crate::model::{Model, entry};
use crate::services::{Control, External, Mode, Programs, ServiceError};
use crate::watch::{Feed, Pulse, Watch};
use names::Known;
use setup::{caller, engine_settings};

/// A game of the case.
#[derive(Debug)]
pub(super) struct GameRun {
    pub(super) game: Game,
    pub(super) id: String,
    /// Its events, if the service has any.
    pub(super) watch: Option<Watch>,
}

/// A request that the case has made or found, and the game that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestRun {
    pub(super) id: String,
    pub(super) game: String,
}

/// What one case plays in. Dropping it ends its processes.
#[derive(Debug)]
pub(super) struct World {
    pub(super) case: Arc<Case>,
    pub(super) profile: Arc<Profile>,
    pub(super) log: CaseLog,
    /// Where its processes work and log.
    pub(super) dir: PathBuf,
    pub(super) pulse: Pulse,
    pub(super) model: Model,
    pub(super) http: reqwest::Client,
    pub(super) games: Vec<GameRun>,
    pub(super) branches: Branches,
    /// Draws which branch continues first, in a scheduled case.
    pub(super) scheduler: Option<Scheduler>,
    /// Dead letters that were there before the case.
    pub(super) dead_letters_before: u64,
    /// HTTP answers that are compared with snapshots at the end, by name.
    pub(super) answers: Mutex<Vec<(String, Value)>>,
    /// Held, shared, by each request of a step until it is answered.
    pub(super) asking: tokio::sync::RwLock<()>,
    /// Whether the model's script stays where it is.
    lasting: bool,
    /// How the case is played.
    manner: Manner,
    /// Whether a step has the model hold calls now.
    pub(super) holds_calls: AtomicBool,
    /// What steps have done to links and not repaired.
    disturbances: Mutex<Vec<LinkAction>>,
    /// Whether the case keeps its service from Redis now.
    disturbed: AtomicBool,
    /// The states that turns left, by request, as far as a step has read them.
    pub(super) turn_states: Mutex<BTreeMap<String, Value>>,
    /// Whether the model is not the case's own: others call it too, or it is a real one.
    shares_model: bool,
    prefix: String,
    programs: Programs,
    fleet: Option<Fleet>,
    redis: Option<CaseRedis>,
    links: Links,
    /// What is known of services that are not ours.
    external: External,
    base_url: Mutex<String>,
    known: Mutex<Known>,
    events: Events,
    waiting: Mutex<String>,
}

impl World {
    /// Starts everything that the case needs, up to its games.
    pub(super) async fn start(
        context: &RunContext,
        case: Arc<Case>,
        manner: Manner,
        log: CaseLog,
        events: Events,
    ) -> Result<Self, Failure> {
        let services = &context.services;
        let (profile, http) = caller(context, &case)?;
        let made = super::case_dir::create(&context.dir, &case.id);
        let (place, dir) = made.map_err(|error| Failure::new(format!("{}: {error}", context.dir.display())))?;
        let name = format!("{}-{place}", context.run_id);
        let shared = services.mode == Mode::External;
        let namespace = if shared { services.mock_url.clone() } else { format!("{}/t/{name}", services.mock_url) };
        let model = Model::new(context.http.clone(), namespace);
        if let (Some(script), None) = (&case.model, &context.real_model) {
            model.load(&script.text).await.map_err(|error| failed(&error))?;
        }
        let pulse = Pulse::default();
        let prefix = format!("{name}:");
        let mut links = Links::default();
        let model_url = links.open_to_model(&case, model.url(), context.seed).await?;
        let called = Model::new(context.http.clone(), model_url);
        let redis =
            CaseRedis::start(services, &context.programs, (Need::of(&case, manner), case.parted()), &dir, context.seed)
                .await?;
        let redis_url = redis.as_ref().map(|redis| redis.url(None));
        let moved = services.external.control.as_ref().and_then(Control::moved);
        let away = moved
            .or_else(|| services.api_url.clone())
            .or_else(|| profile.url.clone().filter(|_| profile.processes.is_empty()));
        let (fleet, base_url) = if let Some(url) = away {
            (None, url)
        } else {
            let around = Surroundings {
                services,
                redis_url: redis_url.as_deref(),
                model: &called,
                wire: context.wire,
                content: case.content.as_deref().unwrap_or(&context.content),
                dir: &dir,
                prefix: &prefix,
            };
            let engine = engine_settings(context, &case);
            let fleet = Fleet::new(&profile, &context.programs, &around, &engine, log.clone(), pulse.clone())
                .map_err(|error| failed(&error))?
                .with_own_redis(redis.as_ref().map(CaseRedis::parted).unwrap_or_default())
                .with_clocks(if case.sets_clocks() { clock::library() } else { None });
            let started = fleet.start_all(case.workers).await;
            let url = started.map_err(|error: ServiceError| {
                let config = dir.join(profile.config.as_ref().map_or("", |config| config.file.as_str()));
                settings::blame(&case, &config, failed(&error)).evidence(Vec::new(), fleet.logs())
            })?;
            (Some(fleet), url)
        };
        links.open_to_api(&case, &base_url, context.seed).await?;
        let mut world = Self {
            case: Arc::clone(&case),
            profile,
            log,
            dir: dir.clone(),
            pulse,
            model,
            http,
            games: Vec::new(),
            branches: Branches::default(),
            scheduler: Scheduler::of(manner),
            dead_letters_before: 0,
            answers: Mutex::default(),
            asking: tokio::sync::RwLock::default(),
            lasting: shared || context.programs.kept.is_some(),
            manner,
            holds_calls: AtomicBool::new(false),
            disturbances: Mutex::default(),
            disturbed: AtomicBool::new(false),
            turn_states: Mutex::default(),
            shares_model: shared || context.real_model.is_some(),
            prefix,
            programs: context.programs.clone(),
            fleet,
            redis,
            links,
            external: services.external.clone(),
            base_url: Mutex::new(base_url),
            known: Mutex::default(),
            events,
            waiting: Mutex::default(),
        };
        if world.external.control.is_some() && world.case.acts_on_processes() {
            // The case before may have left fewer, and dead ones.
            world.scale(case.workers).await?;
        }
        if let Some(queue) = &world.profile.queue {
            let queue = world.get(&Call::get(&queue.path)).await.map_err(|error| failed(&error))?;
            world.dead_letters_before = queue.get("dead_letters").and_then(Value::as_u64).unwrap_or(0);
        }
        match manner {
            Manner::Plain | Manner::Rehearsed => {}
            Manner::Scheduled(_) => world.hold(&mock_llm::Holds { every: true, ..Default::default() }).await?,
            Manner::Faulted(fault) => world.hold(&fault.holds()).await?,
        }
        for game in &case.games {
            let begun = world.begin(game, &name).await?;
            world.games.push(begun);
        }
        Ok(world)
    }

    /// Whether a step may have the model hold calls: nothing else does in this manner, and the model is the case's own.
    pub(super) fn may_hold_calls(&self) -> bool {
        self.manner == Manner::Plain && !self.shares_model && self.profile.is_story_engine()
    }

    /// Whether messages go out under an idempotency key and are sent until they are answered: a fault may cut a response.
    pub(super) fn repeats_messages(&self) -> bool {
        matches!(self.manner, Manner::Faulted(_)) && self.profile.is_story_engine()
    }

    pub(super) async fn hold(&self, holds: &mock_llm::Holds) -> Result<(), Failure> {
        self.model.hold(holds).await.map_err(|error| failed(&error))
    }

    /// Holds no call any more, and lets the held ones continue.
    pub(super) async fn release(&self) -> Result<(), Failure> {
        self.hold(&mock_llm::Holds::default()).await?;
        for gate in self.model.gates().await.map_err(|error| failed(&error))?.keys() {
            if gate.starts_with("call-") {
                self.model.open_gate(gate).await.map_err(|error| failed(&error))?;
            }
        }
        Ok(())
    }

    async fn begin(&self, game: &Game, name: &str) -> Result<GameRun, Failure> {
        let id = match &self.profile.begin {
            None => format!("{name}-{}", game.label),
            Some(begin) => {
                let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
                let vars = vars([
                    ("scenario", text(&game.scenario)),
                    ("pc", json!(game.pc)),
                    ("chance", json!(game.chance)),
                    ("label", json!(game.label)),
                ]);
                let made = call::create(&begin.call(), &self.http, &self.base_url(), &vars, &begin.id).await;
                made.map_err(|error| failed_to("create the game", &game.label, &error))?.0
            }
        };
        self.log.note(Source::Http, format!("game `{}` is {id}", game.label));
        self.log.name(id.clone(), format!("[{}]", game.label));
        if !game.seed.is_empty() {
            let seeded = self.seed(game, &id).await;
            seeded.map_err(|error| failed_to("seed the game", &game.label, &error))?;
        }
        let watch = Feed::of_game(&self.profile, &id).map(|feed| self.follow(feed));
        Ok(GameRun { game: game.clone(), id, watch })
    }

    /// Opens a stream.
    pub(super) fn follow(&self, feed: Feed) -> Watch {
        let (log, pulse) = (self.log.clone(), self.pulse.clone());
        Watch::start(self.http.clone(), &self.profile, feed, self.players_url(), log, pulse)
    }

    /// Brings a game into the state of its seed.
    pub(super) async fn seed(&self, game: &Game, id: &str) -> Result<(), CallError> {
        let Some(seed) = &self.profile.seed else { return Ok(()) };
        let vars = vars([("game", json!(id)), ("seed", Value::Object(game.seed.clone()))]);
        call::send(seed, &self.http, &self.base_url(), &vars).await.map(drop)
    }

    /// Makes a request and reads its answer.
    pub(super) async fn get(&self, call: &Call) -> Result<Value, CallError> {
        call::send(call, &self.http, &self.base_url(), &Vars::new()).await
    }

    /// The state of a game, as the service shows it.
    pub(super) async fn state(&self, game: &GameRun) -> Result<Value, CallError> {
        let Some(state) = &self.profile.state else { return Ok(Value::Null) };
        let vars = vars([("game", json!(game.id))]);
        call::send(&Call::get(&state.path), &self.http, &self.base_url(), &vars).await
    }

    /// A request, as the service shows it.
    pub(super) async fn request_view(&self, request: &RequestRun) -> Result<Value, CallError> {
        let Some(view) = &self.profile.request else { return Ok(Value::Null) };
        let vars = vars([("game", json!(request.game)), ("request", json!(request.id))]);
        call::send(&Call::get(&view.path), &self.http, &self.base_url(), &vars).await
    }

    /// Where the service can be reached at this moment.
    pub(super) fn base_url(&self) -> String {
        self.base_url.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where players reach the service: over the link that the case disturbs, if it disturbs that one.
    pub(super) fn players_url(&self) -> String {
        self.links.for_players(&self.base_url())
    }

    /// Where operators reach the service, as far as a process of the case says so, or who runs the service.
    pub(super) async fn operators_url(&self) -> Option<String> {
        match &self.fleet {
            Some(fleet) => fleet.operators_url().await,
            None => self.external.operators.clone(),
        }
    }

    /// The game that a step speaks to. That it exists was checked when the case was read.
    pub(super) fn game(&self, label: Option<&str>) -> &GameRun {
        let label = label.unwrap_or(DEFAULT_GAME);
        self.games.iter().find(|run| run.game.label == label).unwrap_or(&self.games[0])
    }

    /// The game that a request belongs to.
    pub(super) fn game_of(&self, request: &RequestRun) -> &GameRun {
        self.games.iter().find(|run| run.id == request.game).unwrap_or(&self.games[0])
    }

    /// A process that ended by itself.
    pub(super) fn unexpected_end(&self) -> Option<String> {
        self.fleet.as_ref().and_then(Fleet::unexpected_end)
    }

    /// Ends the processes and forgets the model's namespace. What did not end well comes back.
    pub(super) async fn stop(&self) -> Vec<String> {
        let wrong = match &self.fleet {
            Some(fleet) => {
                let tell = |process: &str| {
                    let what = format!("{process} to end after SIGTERM");
                    self.events.send(RunEventKind::Waiting { case: self.case.id.clone(), what });
                };
                fleet.stop_each(tell).await
            }
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
        self.note_calls().await;
        failure.evidence(self.log.entries(), self.fleet.as_ref().map(Fleet::logs).unwrap_or_default())
    }

    /// Notes every call of the model so far.
    pub(super) async fn note_calls(&self) {
        let calls = self.model.calls().await.unwrap_or_default();
        self.log.renew(Source::Model, calls.iter().map(|call| entry(call, &self.log)).collect());
    }
}

/// Placeholders with their values.
pub(super) fn vars<const N: usize>(vars: [(&str, Value); N]) -> Vars {
    vars.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn failed_to(what: &str, label: &str, error: &CallError) -> Failure {
    Failure::new(format!("cannot {what} `{label}`: {error}"))
}
