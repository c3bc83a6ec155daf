//! What one case plays in: its processes, its games with their journals, its model, its way to Redis.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::RunContext;
use super::blow;
use super::branch::Branches;
use super::manner::Manner;
use super::redis::{CaseRedis, Need};
use super::schedule::Scheduler;
use crate::case::{Case, DEFAULT_GAME, EventList, Expect, Game, ProcessAction, RedisAction, Target};
use crate::expect::substitute_text;
use crate::fleet::{Fleet, Surroundings, overlaid};
use crate::model::{Model, entry};
use crate::profile::{Call, CallError, Profile, Vars};
use crate::report::{CaseLog, Events, Failure, RunEventKind, Source};
use crate::services::{Mode, Programs, ServiceError};
use crate::watch::{Feed, Pulse, Watch};

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
    /// Who says which branch goes on first, if anybody does.
    pub(super) scheduler: Option<Scheduler>,
    /// Dead letters that were there before the case.
    pub(super) dead_letters_before: u64,
    /// HTTP answers that are compared with snapshots at the end, by name.
    pub(super) answers: Mutex<Vec<(String, Value)>>,
    /// Whether the model's script stays where it is.
    lasting: bool,
    prefix: String,
    programs: Programs,
    fleet: Option<Fleet>,
    redis: Option<CaseRedis>,
    base_url: Mutex<String>,
    known: Mutex<Known>,
    events: Events,
    waiting: Mutex<String>,
}

/// What the case has learned so far.
#[derive(Debug, Default)]
struct Known {
    labels: BTreeMap<String, RequestRun>,
    made: Vec<RequestRun>,
    /// Requests that nobody has sent and that a step has followed.
    followed: BTreeSet<String>,
    captures: BTreeMap<String, Value>,
    listeners: BTreeMap<String, Watch>,
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
        let profile = Arc::clone(&context.profile);
        let made = super::place::make(&context.dir, &case.id);
        let (place, dir) = made.map_err(|error| Failure::new(format!("{}: {error}", context.dir.display())))?;
        let name = format!("{}-{place}", context.run_id);
        let shared = services.mode == Mode::External;
        let namespace = if shared { services.mock_url.clone() } else { format!("{}/t/{name}", services.mock_url) };
        let model = Model::new(context.http.clone(), namespace);
        if let Some(script) = script(context, &case)? {
            model.load(&script).await.map_err(|error| failed(&error))?;
        }
        let pulse = Pulse::default();
        let prefix = format!("{name}:");
        let redis = CaseRedis::start(services, &context.programs, Need::of(&case, manner), &dir).await?;
        let redis_url = redis.as_ref().map(CaseRedis::url);
        let away = services.api_url.clone().or_else(|| profile.url.clone().filter(|_| profile.processes.is_empty()));
        let (fleet, base_url) = if let Some(url) = away {
            (None, url)
        } else {
            let around = Surroundings {
                services,
                redis_url: redis_url.as_deref(),
                model: &model,
                wire: context.wire,
                content: case.content.as_deref().unwrap_or(&context.content),
                dir: &dir,
                prefix: &prefix,
            };
            let whole = json!({ "providers": { "mock": { "stream": false } } });
            let streams = context.stream || !profile.is_story_engine();
            let engine = if streams { case.engine.clone() } else { overlaid(&case.engine, whole) };
            let fleet = Fleet::new(&profile, &context.programs, &around, &engine, log.clone(), pulse.clone())
                .map_err(|error| failed(&error))?;
            let started = fleet.start_all(case.workers).await;
            let url = started.map_err(|error: ServiceError| failed(&error).evidence(Vec::new(), fleet.logs()))?;
            (Some(fleet), url)
        };
        let mut world = Self {
            case: Arc::clone(&case),
            profile,
            log,
            dir: dir.clone(),
            pulse,
            model,
            http: context.http.clone(),
            games: Vec::new(),
            branches: Branches::default(),
            scheduler: Scheduler::of(manner),
            dead_letters_before: 0,
            answers: Mutex::default(),
            lasting: shared || context.programs.kept.is_some(),
            prefix,
            programs: context.programs.clone(),
            fleet,
            redis,
            base_url: Mutex::new(base_url),
            known: Mutex::default(),
            events,
            waiting: Mutex::default(),
        };
        if let Some(queue) = &world.profile.queue {
            let queue = world.get(&Call::get(&queue.path)).await.map_err(|error| failed(&error))?;
            world.dead_letters_before = queue.get("dead_letters").and_then(Value::as_u64).unwrap_or(0);
        }
        match manner {
            Manner::Plain | Manner::Rehearsed => {}
            Manner::Scheduled(_) => world.hold(&mock_llm::Holds { every: true, ..Default::default() }).await?,
            Manner::Struck(blow) => world.hold(&blow::holds(blow)).await?,
        }
        for game in &case.games {
            let begun = world.begin(game, &name).await?;
            world.games.push(begun);
        }
        Ok(world)
    }

    async fn hold(&self, holds: &mock_llm::Holds) -> Result<(), Failure> {
        self.model.hold(holds).await.map_err(|error| failed(&error))
    }

    /// Holds no call any more, and lets those go on that are held.
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
                let vars =
                    vars([("scenario", text(&game.scenario)), ("pc", json!(game.pc)), ("label", json!(game.label))]);
                let made = begin.call().make(&self.http, &self.base_url(), &vars, &begin.id).await;
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
        Watch::start(self.http.clone(), &self.profile, feed, self.base_url(), log, pulse)
    }

    /// Brings a game into the state of its seed.
    pub(super) async fn seed(&self, game: &Game, id: &str) -> Result<(), CallError> {
        let Some(seed) = &self.profile.seed else { return Ok(()) };
        let vars = vars([("game", json!(id)), ("seed", Value::Object(game.seed.clone()))]);
        seed.send(&self.http, &self.base_url(), &vars).await.map(drop)
    }

    /// Makes a request and reads its answer.
    pub(super) async fn get(&self, call: &Call) -> Result<Value, CallError> {
        Ok(call.send(&self.http, &self.base_url(), &Vars::new()).await?.json())
    }

    /// The state of a game, as the service shows it.
    pub(super) async fn state(&self, game: &GameRun) -> Result<Value, CallError> {
        let Some(state) = &self.profile.state else { return Ok(Value::Null) };
        let vars = vars([("game", json!(game.id))]);
        Ok(Call::get(&state.path).send(&self.http, &self.base_url(), &vars).await?.json())
    }

    /// A request, as the service shows it.
    pub(super) async fn request_view(&self, request: &RequestRun) -> Result<Value, CallError> {
        let Some(view) = &self.profile.request else { return Ok(Value::Null) };
        let vars = vars([("game", json!(request.game)), ("request", json!(request.id))]);
        Ok(Call::get(&view.path).send(&self.http, &self.base_url(), &vars).await?.json())
    }

    /// Where the service can be reached at this moment.
    pub(super) fn base_url(&self) -> String {
        self.base_url.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

    /// Remembers a request, under a label if it has one.
    pub(super) fn remember(&self, request: &RequestRun, label: Option<&str>) {
        let mut known = self.known();
        if !known.made.contains(request) {
            known.made.push(request.clone());
        }
        if let Some(label) = label {
            self.log.name(request.id.clone(), format!("[{label}]"));
            known.labels.insert(label.to_owned(), request.clone());
        }
    }

    /// The request under a label.
    pub(super) fn labelled(&self, label: &str) -> Option<RequestRun> {
        self.known().labels.get(label).cloned()
    }

    /// All labels with the ids of their requests.
    pub(super) fn labels(&self) -> BTreeMap<String, String> {
        self.known().labels.iter().map(|(label, request)| (label.clone(), request.id.clone())).collect()
    }

    /// Every request that a step has made.
    pub(super) fn requests_made(&self) -> Vec<RequestRun> {
        self.known().made.clone()
    }

    /// Takes the next request of a game that nobody has sent and no step has followed yet.
    pub(super) fn next_unasked(&self, game: &GameRun) -> Option<RequestRun> {
        let journal = game.watch.as_ref()?.journal();
        let mut known = self.known();
        let id = journal.unasked().map(|(id, _)| id).find(|id| !known.followed.contains(*id))?.to_owned();
        known.followed.insert(id.clone());
        Some(RequestRun { id, game: game.id.clone() })
    }

    /// Remembers a part of an answer.
    pub(super) fn capture(&self, name: &str, value: Value) {
        self.known().captures.insert(name.to_owned(), value);
    }

    /// What stands behind `{name}` in a path, header or body: a captured text, the id of a game or of a labelled request;
    /// with `.last` behind a request's or a game's label, the id of its latest event.
    pub(super) fn value_of(&self, name: &str) -> Option<String> {
        if name == "prefix" {
            return Some(self.prefix.clone());
        }
        if let Some(label) = name.strip_suffix(".last") {
            if let Some(request) = self.labelled(label) {
                let journal = self.game_of(&request).watch.as_ref()?.journal();
                return journal.of(&request.id).last().and_then(|seen| seen.id.clone());
            }
            let game = self.games.iter().find(|run| run.game.label == label)?;
            return game.watch.as_ref()?.journal().last_id().map(str::to_owned);
        }
        let captured = self.known().captures.get(name).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let game = || self.games.iter().find(|run| run.game.label == name).map(|run| run.id.clone());
        captured.or_else(game).or_else(|| self.labelled(name).map(|request| request.id))
    }

    /// A text with its placeholders filled.
    pub(super) fn filled(&self, text: &str) -> String {
        substitute_text(text, &|name: &str| self.value_of(name))
    }

    /// A document with its placeholders filled. A text that is nothing but a captured name becomes what was captured, be it
    /// a number.
    pub(super) fn fill(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                let name = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
                let captured = name.and_then(|name| self.known().captures.get(name).cloned());
                *value = captured.unwrap_or_else(|| self.filled(text).into());
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.fill(member)),
            _ => {}
        }
    }

    /// The same expectations with their placeholders filled, as far as they stand for something by now.
    pub(super) fn filled_expect(&self, expect: &Expect) -> Expect {
        let mut expect = expect.clone();
        let named = [&mut expect.location, &mut expect.scene_name, &mut expect.story_event_exact].into_iter().flatten();
        let listed = expect.inventory.iter_mut().flatten();
        let values = expect.vars.values_mut().chain(expect.npc_locations.values_mut());
        let texts = [
            &mut expect.response_contains,
            &mut expect.response_not_contains,
            &mut expect.story_event_contains,
            &mut expect.story_event_not_contains,
        ];
        let texts = texts.into_iter().flatten();
        for text in named.chain(listed).chain(values).chain(texts) {
            *text = self.filled(text);
        }
        self.fill_places(&mut expect.state);
        let lists = expect.events.iter_mut().flat_map(EventList::patterns_mut);
        lists.for_each(|pattern| self.fill_places(&mut pattern.matching));
        expect
    }

    /// Fills the placeholders in the values of places.
    pub(super) fn fill_places(&self, places: &mut Map<String, Value>) {
        places.values_mut().for_each(|value| self.fill(value));
    }

    /// Looks at the stream of `listen` under a label.
    pub(super) fn with_listener<T>(&self, label: &str, look: impl FnOnce(&Watch) -> T) -> Option<T> {
        self.known().listeners.get(label).map(look)
    }

    /// Keeps a stream under a label.
    pub(super) fn keep_listener(&self, label: &str, watch: Watch) {
        self.known().listeners.insert(label.to_owned(), watch);
    }

    /// Does something to a process, and follows the service to its new address.
    pub(super) async fn act(&self, action: &ProcessAction) -> Result<(), Failure> {
        if let Some(base_url) = self.fleet()?.act(action).await.map_err(Failure::new)? {
            base_url.clone_into(&mut self.base_url.lock().unwrap_or_else(PoisonError::into_inner));
            for watch in self.games.iter().filter_map(|game| game.watch.as_ref()) {
                watch.moved(&base_url);
            }
            for watch in self.known().listeners.values() {
                watch.moved(&base_url);
            }
        }
        Ok(())
    }

    /// Has so many workers from here on.
    pub(super) async fn scale(&self, workers: usize) -> Result<(), Failure> {
        self.fleet()?.scale(workers).await.map_err(Failure::new)
    }

    /// Of targets that are the same process here, one.
    pub(super) fn distinct(&self, targets: Vec<Target>) -> Vec<Target> {
        self.fleet.as_ref().map_or_else(Vec::new, |fleet| fleet.distinct(targets))
    }

    /// How many requests have ended, in all games.
    pub(super) fn ends(&self) -> usize {
        self.games.iter().filter_map(|game| game.watch.as_ref()).map(|watch| watch.journal().ends()).sum()
    }

    fn fleet(&self) -> Result<&Fleet, Failure> {
        self.fleet.as_ref().ok_or_else(|| Failure::new("the processes are not ours"))
    }

    /// Does something to Redis, or to the way there.
    pub(super) async fn act_on_redis(&self, action: &RedisAction) -> Result<(), Failure> {
        let redis = self.redis.as_ref().ok_or_else(|| Failure::new("there is no Redis"))?;
        redis.act(action, |text| self.filled(text), &self.programs, &self.log).await
    }

    /// Lets everything through to Redis again.
    pub(super) async fn mend_redis(&self) -> Result<(), Failure> {
        if self.redis.is_some() { self.act_on_redis(&RedisAction::Continue).await } else { Ok(()) }
    }

    /// A process that has ended though nobody asked it to.
    pub(super) fn unexpected_end(&self) -> Option<String> {
        self.fleet.as_ref().and_then(Fleet::unexpected_end)
    }

    /// Why nothing can happen any more unless the case does something, if that is so.
    pub(super) async fn idle(&self) -> Option<&'static str> {
        if self.quiet().await {
            return Some("nothing happens any more");
        }
        // What is in the log already may still be on its way here.
        let nobody_works = self.fleet.as_ref().is_some_and(Fleet::nobody_works);
        (nobody_works && self.caught_up().await).then_some("no worker is running")
    }

    /// Whether nothing waits, nothing runs, and every event has come. A service that is away is not quiet.
    pub(super) async fn quiet(&self) -> bool {
        if let Some(queue) = &self.profile.queue {
            let Ok(view) = self.get(&Call::get(&queue.path)).await else { return false };
            if !queue.idle.iter().all(|pointer| view.pointer(pointer).and_then(Value::as_u64) == Some(0)) {
                return false;
            }
        } else {
            // Without a queue to look at, a request is over when its last event has come.
            let open = |request: &RequestRun| {
                let watch = self.game_of(request).watch.as_ref();
                watch.is_some_and(|watch| watch.journal().end(&request.id).is_none())
            };
            if self.requests_made().iter().any(open) {
                return false;
            }
        }
        self.caught_up().await
    }

    /// Whether every event has come that there is.
    async fn caught_up(&self) -> bool {
        for run in &self.games {
            let (Some(cursor), Some(watch)) =
                (self.profile.state.as_ref().and_then(|state| state.cursor.as_ref()), run.watch.as_ref())
            else {
                continue;
            };
            let view = match self.state(run).await {
                Ok(view) => view,
                Err(CallError::Refused { status: 404, .. }) if run.game.gone => continue,
                Err(_) => return false,
            };
            let told = view.pointer(cursor).and_then(Value::as_str).unwrap_or_default();
            let journal = watch.journal();
            let offset = told.rsplit(':').next().and_then(|offset| offset.parse::<u64>().ok()).unwrap_or(0);
            if journal.last_offset() < offset && journal.last_id() != Some(told) {
                return false;
            }
        }
        let known = self.known();
        let of_game = |id: &str| self.games.iter().find(|run| run.id == id)?.watch.as_ref();
        known.listeners.values().all(|watch| watch.is_settled(of_game))
    }

    /// Tells what the case waits for, if that is something new.
    pub(super) fn waits_for(&self, failure: &Failure) {
        let what = failure.brief();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if *waiting != what {
            waiting.clone_from(&what);
            self.events.send(RunEventKind::Waiting { case: self.case.id.clone(), what });
        }
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
        self.note_calls().await;
        failure.evidence(self.log.entries(), self.fleet.as_ref().map(Fleet::logs).unwrap_or_default())
    }

    /// Notes every call of the model so far.
    pub(super) async fn note_calls(&self) {
        let calls = self.model.calls().await.unwrap_or_default();
        self.log.renew(Source::Model, calls.iter().map(|call| entry(call, &self.log)).collect());
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Placeholders with what they stand for.
pub(super) fn vars<const N: usize>(vars: [(&str, Value); N]) -> Vars {
    vars.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A failure in the words of an error.
pub(super) fn failed(error: &impl ToString) -> Failure {
    Failure::new(error.to_string())
}

fn failed_to(what: &str, label: &str, error: &CallError) -> Failure {
    Failure::new(format!("cannot {what} `{label}`: {error}"))
}

/// The case's script, or the shipped one without its pauses. Another service may do without a model.
fn script(context: &RunContext, case: &Case) -> Result<Option<String>, Failure> {
    if let Some(script) = &case.model {
        return Ok(Some(script.text.clone()));
    }
    if !context.profile.is_story_engine() {
        return Ok(None);
    }
    let path = context
        .offline_script
        .as_deref()
        .ok_or_else(|| Failure::new("the case has no `model`, and there is no offline script"))?;
    without_pauses(path).map(Some).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

fn without_pauses(path: &Path) -> std::io::Result<String> {
    let mut script: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    if let Value::Object(members) = &mut script {
        members.insert("speed".to_owned(), 0.into());
    }
    Ok(script.to_string())
}
