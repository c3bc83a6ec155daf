//! The format of cases: what a JSON file says must happen, read, checked and ready to be run.
//!
//! [`json`] keeps the place of every value, so that an error points at the very key that is wrong. `expand` puts in what a
//! file does not write out, [`predicate`] is what is expected of a value, [`profile`] holds what must be known of the service
//! under test, and [`explain`] puts a case into words. Nothing here starts a process or sends a request.

mod checks;
mod compat;
mod contents;
mod discover;
mod error;
mod expand;
mod expect;
pub mod explain;
mod file;
mod id;
pub mod json;
mod labels;
mod link;
mod lookup;
mod misplaced;
mod names;
mod numbers;
mod parse;
pub mod placeholder;
mod places;
pub mod predicate;
pub mod profile;
mod redis;
mod regexes;
mod repairs;
mod schema;
mod scripts;
mod sources;
mod step;
mod target;
mod texts;
mod vacuous;

pub use contents::check_contents;
pub use discover::{Discovered, discover, files_named};
pub use error::{CaseError, CaseWarning, DiscoverError, WarningAbout};
pub use expand::Given;
pub use expect::{CallCounts, CallKind, EventList, EventPattern, Expect, PromptPattern, QueueExpect, StreamExpect};
pub use file::{
    Capture, CaseFile, EventCapture, Filter, GateAction, HttpExpect, HttpStep, Listen, RequestStream, Requirement,
    Snapshots, StepCapture, StreamAction, WaitFor,
};
pub use link::{LinkAction, LinkFault, LinkStep, LinkTo};
pub use parse::{Content, Parsed, Reading, Sequence, parse};
pub use redis::{RedisAction, RedisCommand};
pub use schema::schema;
pub use step::{Action, Chat, Step};
pub use target::{ClockAction, FreezeAction, ProcessAction, Target, Verb};

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

/// The label of the game that a step speaks to unless it names another.
pub const DEFAULT_GAME: &str = "game";

/// One case: it gets its own games, key prefix, model script and processes.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The path of its file below the directory `cases`, without `.json`; with `[ROW]` behind it for a row of a table.
    pub id: String,
    /// Its row's name, if it is one of a table.
    pub row: Option<String>,
    /// What it is about.
    pub name: String,
    /// Where it was read.
    pub path: PathBuf,
    /// Words to select cases by.
    pub tags: Vec<String>,
    /// Whether, and how often, it is run, and what counts as its success.
    pub terms: Terms,
    /// Games to create, the default one first.
    pub games: Vec<Game>,
    /// Worker processes.
    pub workers: usize,
    /// Content in place of that of the run.
    pub content: Option<PathBuf>,
    /// Laid over the configuration that the harness gives the engine.
    pub engine: Map<String, Value>,
    /// Headers of everything that the case asks.
    pub headers: BTreeMap<String, String>,
    /// What the model answers; without it, the engine's offline narrator narrates.
    pub model: Option<ModelScript>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What is compared with snapshots at the end.
    pub snapshot: Snapshots,
    /// What it cannot do without.
    pub requires: Vec<Requirement>,
    /// Dead letters that the case leaves on purpose.
    pub dead_letters: u64,
    /// Seeds of schedules under which it has failed once.
    pub schedules: Vec<u64>,
    /// Whether it was written for the Go engine, whose cases a real model plays.
    pub of_go_engine: bool,
}

/// On what terms a case is run.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// Whether cases without this mark are left out.
    pub only: bool,
    /// Why it is not run.
    pub skip: Option<String>,
    /// The failure that is expected of it.
    pub expected_failure: Option<ExpectedFailure>,
    /// How long it may take.
    pub limit: Option<Duration>,
    /// Cases with a higher one start first.
    pub priority: i64,
    /// How often it is tried again when it fails.
    pub retries: usize,
    /// How often it is played.
    pub runs: usize,
    /// Which part of the runs must pass.
    pub pass_rate: f64,
}

/// The failure that is expected of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedFailure {
    /// Why it fails for now.
    pub reason: String,
    /// A text that the failure contains; any failure will do without one.
    pub text: Option<String>,
}

/// A game that a case plays.
#[derive(Debug, Clone, PartialEq)]
pub struct Game {
    /// What the case's steps call it.
    pub label: String,
    /// The scenario's id.
    pub scenario: String,
    /// The player character's id, if not the scenario's own.
    pub pc: Option<String>,
    /// What chance begins with, if it is not drawn.
    pub chance: Option<u32>,
    /// Whether it is gone at the end.
    pub gone: bool,
    /// Sent as a patch right after the game is created, and again by `RESET_GAMESTATE`.
    pub seed: Map<String, Value>,
}

/// A script for the model, as text and with the file that its errors name.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelScript {
    /// The script.
    pub text: String,
    /// Its file.
    pub path: PathBuf,
    /// The gates at which its replies wait.
    pub gates: Vec<String>,
    /// The lines on which its entries begin.
    pub lines: Vec<usize>,
}

impl ModelScript {
    /// Where an entry is, for a message; `None` if it is not known.
    #[must_use]
    pub fn place_of(&self, entry: usize) -> Option<String> {
        Some(format!("{}:{}", self.path.display(), self.lines.get(entry)?))
    }
}

impl Case {
    /// Every step, those inside `parallel` included.
    pub fn all_steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().flat_map(Step::with_children)
    }

    /// Whether the engine asks callers for keys, and so keeps its queue from the players' port.
    #[must_use]
    pub fn needs_keys(&self) -> bool {
        self.engine.get("auth").and_then(|auth| auth.get("mode")) == Some(&Value::from("keys"))
    }

    /// Whether a step may replace what was said so far.
    #[must_use]
    pub fn rewrites_history(&self) -> bool {
        self.all_steps().any(|step| match &step.action {
            Action::Reset => true,
            Action::Http(http) => http.method.eq_ignore_ascii_case("patch"),
            _ => false,
        })
    }

    /// Whether a step asks where the service serves its operators.
    #[must_use]
    pub fn asks_as_operator(&self) -> bool {
        self.all_steps().any(|step| matches!(&step.action, Action::Http(http) if http.operators))
    }

    /// Whether a step starts, stops or kills a process.
    #[must_use]
    pub fn acts_on_processes(&self) -> bool {
        self.all_steps().any(|step| {
            matches!(step.action, Action::Process(_) | Action::Scale(_) | Action::Clock(_) | Action::Freeze(_))
        })
    }

    /// Whether a step sets the clock of a process.
    #[must_use]
    pub fn sets_clocks(&self) -> bool {
        self.all_steps().any(|step| matches!(step.action, Action::Clock(_)))
    }

    /// Whether a step needs a model that can be controlled: one that waits at gates and whose calls can be counted.
    #[must_use]
    pub fn steers_the_model(&self) -> bool {
        self.all_steps().any(|step| {
            let expect = &step.expect;
            matches!(step.action, Action::Gate(_)) || expect.model_calls.is_some() || !expect.prompts.is_empty()
        })
    }

    /// Whether a step does something to Redis, or to the way to it.
    #[must_use]
    pub fn acts_on_redis(&self) -> bool {
        self.disturbs(LinkTo::Redis)
    }

    /// Whether a step disturbs such a link.
    #[must_use]
    pub fn disturbs(&self, to: LinkTo) -> bool {
        self.all_steps().any(|step| match &step.action {
            Action::Redis(_) => to == LinkTo::Redis,
            Action::Link(link) => link.to == to,
            _ => false,
        })
    }

    /// The processes whose own link to Redis a step disturbs.
    #[must_use]
    pub fn parted(&self) -> Vec<Target> {
        let parted = self.all_steps().filter_map(|step| match &step.action {
            Action::Link(link) => link.of.clone(),
            _ => None,
        });
        parted.collect()
    }

    /// Whether a step stops Redis, so that the case needs one of its own.
    #[must_use]
    pub fn stops_redis(&self) -> bool {
        self.all_steps().any(|step| matches!(&step.action, Action::Redis(action) if action.needs_own_server()))
    }
}
