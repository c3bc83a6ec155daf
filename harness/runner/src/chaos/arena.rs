//! Where it is played: the engine's processes, the games, and somebody who listens to each of them all the time.

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
use super::schedule::{Disaster, Victim};
use super::{ChaosError, Options, Place, stage};
use crate::fleet::{Fleet, Surroundings};
use crate::invariants::{self, Finding, FindingKind};
use crate::model::{Model, Wire};
use crate::watch::{Feed, Journal, Pulse, Watch};

/// How long everything may take to come to rest, before patience is applied.
const REST_LIMIT: Duration = Duration::from_mins(1);

/// How often it is looked at whether all is at rest.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long a process may take to come up while its store is away, before patience is applied.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A game, and everything that has been heard of it.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) id: GameId,
    pub(super) watch: Watch,
}

/// Processes, games and their listeners. Dropping it ends the processes.
#[derive(Debug)]
pub(super) struct Arena<'a> {
    pub(super) place: Place<'a>,
    pub(super) model: Model,
    pub(super) log: CaseLog,
    pub(super) seats: Vec<Seat>,
    fleet: Fleet,
    /// The engine's API; `None` while it is known to be away.
    api: watch::Sender<Option<Client>>,
}

/// Follows a game from its first event.
fn follow(place: &Place<'_>, game: GameId, url: String, log: CaseLog, pulse: Pulse) -> Watch {
    let profile = Profile::story_engine();
    let feed = Feed::of_game(&profile, &game.to_string());
    let feed = feed.unwrap_or_else(|| unreachable!("the profile of the story engine says how a game is followed"));
    Watch::start(place.http.clone(), &profile, feed, url, log, pulse)
}

impl<'a> Arena<'a> {
    /// Starts everything, up to the games.
    pub(super) async fn open(options: &Options, place: Place<'a>, load: &[Message]) -> Result<Self, ChaosError> {
        let (services, log, pulse) = (place.services, CaseLog::default(), Pulse::default());
        let content = stage::write_content(place.dir, plan::bells(load))?;
        let model = Model::new(place.http.clone(), format!("{}/t/chaos", services.mock_url));
        model.load(&stage::script()).await?;
        let over = stage::engine(options, services.redis_url.is_some());
        let profile = Profile::story_engine();
        let around = Surroundings {
            services,
            redis_url: None,
            model: &model,
            wire: Wire::default(),
            content: &content,
            dir: place.dir,
            prefix: "chaos:",
        };
        let fleet = Fleet::new(&profile, place.programs, &around, &over, log.clone(), pulse.clone())?;
        let url = fleet.start_all(options.workers).await?;
        let client = Client::new(&url).map_err(|source| ChaosError::Engine { what: "use the API", source })?;
        let create = CreateGame { scenario: stage::SCENARIO.to_owned(), ..CreateGame::default() };
        let mut seats = Vec::new();
        for _ in 0..options.games {
            let view = client.create_game(&create).await;
            let id = view.map_err(|source| ChaosError::Engine { what: "create a game", source })?.id;
            let watch = follow(&place, id, url.clone(), log.clone(), pulse.clone());
            seats.push(Seat { id, watch });
        }
        Ok(Self { place, model, log, seats, fleet, api: watch::channel(Some(client)).0 })
    }

    pub(super) fn has_redis(&self) -> bool {
        self.place.services.redis_url.is_some()
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

    /// Breaks something, and mends it again.
    pub(super) async fn strike(&self, victim: Victim, disaster: Disaster) -> Result<(), String> {
        let Some(target) = victim.target() else { return self.kill_redis(disaster).await };
        let struck = match disaster {
            Disaster::Kill(down) => {
                let killed = self.act(Verb::Kill, &target).await;
                tokio::time::sleep(down).await;
                killed
            }
            Disaster::Freeze(length) => match self.act(Verb::Stop, &target).await {
                Ok(()) => {
                    tokio::time::sleep(length).await;
                    return self.act(Verb::Continue, &target).await;
                }
                died => died,
            },
            Disaster::Restart => self.act(Verb::Terminate, &target).await,
        };
        // Also one that had died by itself, so that the show goes on; that it had is a finding.
        self.start(&target).await.and(struck)
    }

    async fn kill_redis(&self, disaster: Disaster) -> Result<(), String> {
        let Disaster::Kill(down) = disaster else { return Ok(()) };
        self.log.note(Source::Process, "kill redis");
        let restarted = self.place.services.restart_redis(self.place.programs, down).await;
        self.log.note(Source::Process, "redis is up");
        restarted.map_err(|error| error.to_string())
    }

    async fn act(&self, verb: Verb, target: &Target) -> Result<(), String> {
        self.fleet.act(&ProcessAction { verb, target: target.clone() }).await?;
        if target.number.is_none() && matches!(verb, Verb::Kill | Verb::Terminate) {
            self.api.send_replace(None);
            for seat in &self.seats {
                seat.watch.pause();
            }
        }
        Ok(())
    }

    /// Starts a process, again and again while it cannot come up because its store is away.
    async fn start(&self, target: &Target) -> Result<(), String> {
        let deadline = Instant::now() + crate::patience(START_LIMIT);
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
            for seat in &self.seats {
                seat.watch.resume(&url);
            }
            self.api.send_replace(Some(client));
        }
        Ok(())
    }

    /// Waits until nothing is queued, nothing runs, and every event has come; or until it has waited long enough. What is
    /// not at rest then, the checker finds.
    pub(super) async fn rest(&self) {
        let deadline = Instant::now() + crate::patience(REST_LIMIT);
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
        for seat in &self.seats {
            let Ok(view) = client.game(seat.id).await else { return false };
            if seat.watch.journal().last_offset() < view.cursor.offset {
                return false;
            }
        }
        true
    }

    /// Reads a game's event log anew, from its first event to the one that came last on the live stream.
    pub(super) async fn read_again(&self, seat: &Seat, limit: Duration) -> Journal {
        let last = seat.watch.journal().last_offset();
        let client = self.api().await;
        let pulse = Pulse::default();
        let url = client.base_url().trim_end_matches('/').to_owned();
        // What comes was noted already when it came for the first time.
        let watch = follow(&self.place, seat.id, url, CaseLog::default(), pulse.clone());
        let mut heard = pulse.listen();
        let read = async {
            while watch.journal().last_offset() < last {
                // The sender lives as long as `pulse`.
                let _ = heard.changed().await;
            }
        };
        // What has not come by then is missing, and the checker says so.
        let _ = tokio::time::timeout(crate::patience(limit), read).await;
        watch.journal().clone()
    }

    /// What it looks like in a run that does not come to its end.
    pub(super) fn stuck(&self, after: Duration) -> Failure {
        let died = self.fleet.unexpected_end().map(|end| format!("; {end}")).unwrap_or_default();
        let what = format!("the run had not come to its end after {} s{died}", after.as_secs());
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
        self.seats.iter().enumerate().map(|(number, seat)| (seat.id, number)).collect()
    }
}
