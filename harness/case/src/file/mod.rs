//! The case file as it is written: names and defaults. What it means is settled in [`super::parse`].

mod http;
mod step;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use self::http::{Capture, HttpExpect, HttpStep};
pub(crate) use self::step::{ClockStep, FreezeStep, StepFile};
pub use self::step::{EventCapture, GateAction, Listen, RequestStream, StepCapture, StreamAction, WaitFor};

/// A case: steps against a running story engine, and what must come of them. Or a sequence: the names of other cases.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// For editors: the schema of this file, as `harness schema` prints it.
    #[serde(rename = "$schema", default)]
    pub schema: Option<String>,
    /// What the case is about.
    pub name: String,
    /// For readers.
    #[serde(default, alias = "description")]
    pub note: Option<String>,
    /// Words to select cases by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Values for `${NAME}` anywhere in the file; `--var NAME=VALUE` replaces them. Null: it must be given.
    #[serde(default)]
    pub variables: Map<String, Value>,
    /// A table: one case for each row, by its name, with its variables.
    #[serde(default)]
    pub rows: BTreeMap<String, Map<String, Value>>,
    /// Parts that are written once and used with `{"$use": "NAME"}`. Those of `fragments.json`, next to the case or in a
    /// directory above it, can be used too.
    #[serde(default)]
    pub fragments: Map<String, Value>,
    /// For the author, while they work on it: where a case says `true`, only such cases are run. Refused in CI.
    #[serde(default)]
    pub only: bool,
    /// Why the case is not run for now.
    #[serde(default)]
    pub skip: Option<String>,
    /// Why the case fails for now. As soon as it passes, it is red.
    #[serde(default)]
    pub expected_failure: Option<String>,
    /// A text in the failure that is expected. Another failure is red.
    #[serde(default)]
    pub fails_with: Option<String>,
    /// How long the case may take in all, in seconds, before `HARNESS_TIME_FACTOR` stretches it.
    #[serde(default)]
    pub timeout_seconds: Option<f64>,
    /// Cases with a higher one start first, from -100 to 100: one that takes long is then not the last that runs.
    #[serde(default)]
    pub priority: i64,
    /// How often the case is tried again when it fails. If it passes then, it is reported as flaky.
    #[serde(default)]
    pub retries: usize,
    /// How often the case is played, each time in a world of its own.
    #[serde(default = "one")]
    pub runs: usize,
    /// Which part of its runs must pass, from 0 to 1; all when left out.
    #[serde(default)]
    pub pass_rate: Option<f64>,
    /// The scenario's id, with or without `.json`.
    #[serde(default)]
    pub scenario: Option<String>,
    /// The player character's id; the scenario's own when left out.
    #[serde(default)]
    pub pc: Option<String>,
    /// What chance begins with, so that dice fall in each run as they did in the first; drawn anew for each run when left out.
    #[serde(default)]
    pub seed: Option<u32>,
    /// What the game is patched with before the first step, in the names of the game state.
    #[serde(default)]
    pub seed_game_state: Map<String, Value>,
    /// More games besides the default one, by the label that steps use in `game`.
    #[serde(default)]
    pub games: BTreeMap<String, GameFile>,
    /// How many worker processes there are; `worker[0]` is the first.
    #[serde(default = "one")]
    pub workers: usize,
    /// A directory with content in place of the shipped one, relative to this file.
    #[serde(default)]
    pub content: Option<String>,
    /// Laid over the engine's configuration: `{"worker": {"game_lock_ttl_seconds": 1}}`.
    #[serde(default)]
    pub engine: Map<String, Value>,
    /// Headers of everything that the case asks, such as `{"Authorization": "Bearer se_…"}`; a step's own come in their place.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What the model answers: a script for mock-llm, or the path of one, relative to this file.
    #[serde(default)]
    pub model: Option<Value>,
    /// What is done, in order.
    #[serde(default)]
    pub steps: Vec<StepFile>,
    /// A sequence instead of steps: case files, relative to this one. Each runs with a game of its own.
    #[serde(default)]
    pub cases: Vec<String>,
    /// What is compared with the files in `snapshots/` at the end.
    #[serde(default)]
    pub snapshot: Snapshots,
    /// What it cannot do without. Where that is not there, the case is skipped.
    #[serde(default)]
    pub requires: Vec<Requirement>,
    /// Dead letters that the case leaves on purpose.
    #[serde(default)]
    pub dead_letters: u64,
    /// Seeds of schedules under which the case has failed once: each is played again in every run.
    #[serde(default)]
    pub schedules: Vec<u64>,
}

const fn one() -> usize {
    1
}

/// What a case cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// A Redis.
    Redis,
    /// Narrations that stream: `--no-stream` is not for it.
    Streaming,
    /// A service that nobody else uses: an external one is not for it.
    Alone,
}

/// A game besides the default one. What is left out is as in the default one.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GameFile {
    /// The scenario's id.
    pub scenario: Option<String>,
    /// The player character's id.
    pub pc: Option<String>,
    /// What chance begins with.
    pub seed: Option<u32>,
    /// What the game is patched with before the first step.
    pub seed_game_state: Option<Map<String, Value>>,
    /// A step deletes it: at the end it is not looked at.
    pub gone: bool,
}

/// Which snapshots a case keeps.
#[expect(clippy::struct_excessive_bools, reason = "it is the form in the file, where each is named")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Snapshots {
    /// Every game's events.
    pub events: bool,
    /// Every game's state.
    pub state: bool,
    /// What was said in every game.
    pub history: bool,
    /// What the engine sent to the model.
    pub prompts: bool,
    /// What differs from run to run besides ids, times and durations, and what is written in its place.
    pub filters: Vec<Filter>,
}

/// A part of a snapshot that is not to be compared.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// A regular expression.
    pub regex: String,
    /// What replaces each match.
    pub with: String,
}
