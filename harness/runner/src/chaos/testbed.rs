//! The environment of a run: the engine's processes, the games, and an event stream that follows each of them.

use std::collections::BTreeMap;
use std::time::Duration;

use client::Client;
use harness_case::profile::Profile;
use harness_case::{ProcessAction, Target, Verb};
use harness_events::{CaseLog, Failure, Source};
use protocol::{CreateGame, GameId, QueueView, RequestId};
use tokio::sync::watch;
use tokio::time::Instant;

use super::plan::{self, Message};
use super::schedule::{ChaosTarget, Fault};
use super::{ChaosContext, ChaosError, Options, scenario};
use crate::fleet::{Fleet, Surroundings};
use crate::invariants::{self, Finding, FindingKind};
use crate::model::{Model, Wire};
use crate::watch::{Feed, Journal, Pulse, Watch};

/// How long everything may take to come to rest, before `HARNESS_TIME_FACTOR` stretches it.
const REST_LIMIT: Duration = Duration::from_mins(1);

/// How often the run checks whether the engine is at rest.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long a process may take to come up while its store is away, before `HARNESS_TIME_FACTOR` stretches it.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A game, and every event of it so far.
#[derive(Debug)]
pub(super) struct FollowedGame {
    pub(super) id: GameId,
    pub(super) watch: Watch,
}

/// Processes, games and their listeners. Dropping it ends the processes.
#[derive(Debug)]
pub(super) struct Testbed<'a> {
    pub(super) context: ChaosContext<'a>,
    pub(super) model: Model,
    pub(super) log: CaseLog,
    pub(super) games: Vec<FollowedGame>,
    /// Tells of every event of every game.
    pub(super) pulse: Pulse,
    fleet: Fleet,
    /// The engine's API; `None` while it is known to be away.
    api: watch::Sender<Option<Client>>,
}

/// Follows a game from its first event.
fn follow(context: &ChaosContext<'_>, game: GameId, url: String, log: CaseLog, pulse: Pulse) -> Watch {
    let profile = Profile::story_engine();
    let feed = Feed::of_game(&profile, &game.to_string());
    let feed = feed.unwrap_or_else(|| unreachable!("the profile of the story engine says how a game is followed"));
    Watch::start(context.http.clone(), &profile, feed, url, log, pulse)
}

impl<'a> Testbed<'a> {
    /// Starts everything, up to the games.
    pub(super) async fn open(
        options: &Options,
        context: ChaosContext<'a>,
        load: &[Message],
    ) -> Result<Self, ChaosError> {
        let (services, log, pulse) = (context.services, CaseLog::default(), Pulse::default());
        let scenario_dir = scenario::write_content(context.dir, plan::bells(load), options.story_event_batch)?;
        let model = Model::new(context.http.clone(), format!("{}/t/chaos", services.mock_url));
        model.load(&scenario::script()).await?;
        let over = scenario::engine(options, services.redis_url.is_some());
        let profile = Profile::story_engine();
        let around = Surroundings {
            services,
            redis_url: None,
            model: &model,
            wire: Wire::default(),
            content: &scenario_dir,
            dir: context.dir,
            prefix: "chaos:",
        };
        let fleet = Fleet::new(&profile, context.programs, &around, &over, log.clone(), pulse.clone())?;
        let url = fleet.start_all(options.workers).await?;
        let client = Client::new(&url).map_err(|source| ChaosError::Engine { what: "use the API", source })?;
        let create = CreateGame { scenario: scenario::SCENARIO.to_owned(), ..CreateGame::default() };
        let mut games = Vec::new();
        for _ in 0..options.games {
            let view = client.create_game(&create).await;
            let id = view.map_err(|source| ChaosError::Engine { what: "create a game", source })?.id;
            let watch = follow(&context, id, url.clone(), log.clone(), pulse.clone());
            games.push(FollowedGame { id, watch });
        }
        Ok(Self { context, model, log, games, pulse, fleet, api: watch::channel(Some(client)).0 })
    }

    pub(super) fn has_redis(&self) -> bool {
        self.context.services.redis_url.is_some()
    }

    /// The engine's API, as soon as it is there.
    pub(super) async fn api(&self) -> Client {
        let mut api = self.api.subscribe();
        loop {
            if let Some(client) = api.borrow_and_update().clone() {
                return client;
            }
            // The sender lives as long as `self`.
            let _ = api.changed().await;
        }
    }

    /// Injects a fault, and repairs it.
    pub(super) async fn inject(&self, target: ChaosTarget, fault: Fault) -> Result<(), String> {
        let Some(target) = target.target() else { return self.kill_redis(fault).await };
        let outcome = match fault {
            Fault::Kill(down) => {
                let killed = self.act(Verb::Kill, &target).await;
                tokio::time::sleep(down).await;
                killed
            }
            Fault::Freeze(length) => match self.act(Verb::Stop, &target).await {
                Ok(()) => {
                    tokio::time::sleep(length).await;
                    return self.act(Verb::Continue, &target).await;
                }
                died => died,
            },
            Fault::Restart => self.act(Verb::Terminate, &target).await,
        };
        // A process that had ended by itself is started too, so that the run continues. That it ended is a finding.
        self.start(&target).await.and(outcome)
    }

    async fn kill_redis(&self, fault: Fault) -> Result<(), String> {
        let Fault::Kill(down) = fault else { return Ok(()) };
        self.log.note(Source::Process, "kill redis");
        let restarted = self.context.services.restart_redis(self.context.programs, down).await;
        self.log.note(Source::Process, "redis is up");
        restarted.map_err(|error| error.to_string())
    }

    async fn act(&self, verb: Verb, target: &Target) -> Result<(), String> {
        self.fleet.act(&ProcessAction { verb, target: target.clone() }).await?;
        if target.number.is_none() && matches!(verb, Verb::Kill | Verb::Terminate) {
            self.api.send_replace(None);
            for game in &self.games {
                game.watch.pause();
            }
        }
        Ok(())
    }

    /// Starts a process; repeats this while it cannot come up because its store is away.
    async fn start(&self, target: &Target) -> Result<(), String> {
        let deadline = Instant::now() + crate::stretched(START_LIMIT);
        let action = ProcessAction { verb: Verb::Start, target: target.clone() };
        let url = loop {
            match self.fleet.act(&action).await {
                Ok(url) => break url,
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => tokio::time::sleep(LOOK_AGAIN).await,
            }
        };
        if let Some(url) = url {
            let client = Client::new(&url).map_err(|error| error.to_string())?;
            for game in &self.games {
                game.watch.resume(&url);
            }
            self.api.send_replace(Some(client));
        }
        Ok(())
    }

    /// Waits until nothing is queued, nothing runs, and every event has come; or until it has waited long enough. What is
    /// not at rest then, the checker finds.
    pub(super) async fn rest(&self) {
        let deadline = Instant::now() + crate::stretched(REST_LIMIT);
        while Instant::now() < deadline && !self.at_rest().await {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        // A call whose worker was frozen may still be in flight.
        let _ = tokio::time::timeout_at(deadline, self.model.idle()).await;
    }

    async fn at_rest(&self) -> bool {
        let client = self.api().await;
        // Dead letters stay where they are.
        let at_rest = |queue: QueueView| invariants::queue(&queue, queue.dead_letters).is_empty();
        if !client.queue().await.is_ok_and(at_rest) {
            return false;
        }
        for game in &self.games {
            let Ok(view) = client.game(game.id).await else { return false };
            if game.watch.journal().last_offset() < view.cursor.offset {
                return false;
            }
        }
        true
    }

    /// Reads a game's event log again, from its first event to the one that came last on the live stream.
    pub(super) async fn read_again(&self, game: &FollowedGame, limit: Duration) -> Journal {
        let last = game.watch.journal().last_offset();
        let client = self.api().await;
        let pulse = Pulse::default();
        let url = client.base_url().trim_end_matches('/').to_owned();
        // These events are in the log already, from their first arrival.
        let watch = follow(&self.context, game.id, url, CaseLog::default(), pulse.clone());
        let mut changes = pulse.listen();
        let read = async {
            while watch.journal().last_offset() < last {
                // The sender lives as long as `pulse`.
                let _ = changes.changed().await;
            }
        };
        // Events that are missing then are reported by the checker.
        let _ = tokio::time::timeout(crate::stretched(limit), read).await;
        watch.journal().clone()
    }

    /// The failure of a run that does not end.
    pub(super) fn stuck(&self, after: Duration) -> Failure {
        let died = self.fleet.unexpected_end().map(|end| format!("; {end}")).unwrap_or_default();
        let what = format!("the run had not ended after {} s{died}", after.as_secs());
        Failure::new(what).evidence(Vec::new(), self.fleet.logs())
    }

    /// What the processes have logged about a request.
    pub(super) fn logs_of(&self, request: RequestId) -> Vec<(String, Vec<String>)> {
        self.fleet.logged(&request.to_string())
    }

    /// Ends all processes in good order; what did not end well is a finding.
    pub(super) async fn stop(&self) -> Vec<Finding> {
        let died = self.fleet.unexpected_end();
        let badly = self.fleet.stop().await;
        died.into_iter().chain(badly).map(|what| Finding::new(FindingKind::Process, what)).collect()
    }

    /// The numbers of the games, by id.
    pub(super) fn numbers(&self) -> BTreeMap<GameId, usize> {
        self.games.iter().enumerate().map(|(number, game)| (game.id, number)).collect()
    }
}
