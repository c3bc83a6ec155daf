//! The case file as it is written: names and defaults. What it means is settled in [`super::parse`].

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::expect::{EventList, Expect};
use super::link::LinkStep;

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
    /// A table: one case for each row, by its name, with the variables that stand in it.
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
    /// How long the case may take in all, in seconds, before `HARNESS_TIME_FACTOR` stretches it.
    #[serde(default)]
    pub timeout_seconds: Option<f64>,
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
    /// What stands in place of each match.
    pub with: String,
}

/// A step: at most one thing to do, and what must hold for the step to be done.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StepFile {
    /// What the step is about.
    pub name: Option<String>,
    /// For readers.
    pub note: Option<String>,
    /// The label of the game that the step speaks to; the default one when left out.
    pub game: Option<String>,
    /// How long the step may take, in seconds, before `HARNESS_TIME_FACTOR` stretches it; 10 when left out.
    pub timeout_seconds: Option<f64>,

    /// A message to the game. `RESET_GAMESTATE` patches the seed again; `WAIT_FOR_STORY_EVENT` waits for the next story
    /// event to be narrated.
    pub user_prompt: Option<String>,
    /// Who says it, if not the player character.
    pub actor: Option<String>,
    /// `false`: go on as soon as the message is accepted.
    pub wait: Option<bool>,
    /// More members of the request that carries the message: `{"if_busy": "interrupt"}`.
    pub with: Map<String, Value>,
    /// More headers of that request: `{"Idempotency-Key": "k1"}`.
    pub headers: BTreeMap<String, String>,
    /// A label for the request that the step makes or finds.
    #[serde(rename = "as")]
    pub label: Option<String>,

    /// Steps that are done at the same time.
    pub parallel: Option<Vec<StepFile>>,
    /// Several who act at the same time, by name, each with steps of their own in order.
    pub actors: Option<BTreeMap<String, Vec<StepFile>>>,
    /// Wait for an event, or for a text in a narration.
    pub wait_for: Option<WaitFor>,
    /// Wait until a model call waits at a gate of the script, or open the gate.
    pub gate: Option<GateAction>,
    /// SIGKILL to a process: `worker[0]` or `api`, or another name of the profile.
    pub kill: Option<String>,
    /// SIGTERM to a process, which must then end well.
    pub terminate: Option<String>,
    /// SIGSTOP to a process: it stands still and knows nothing of it.
    pub stop: Option<String>,
    /// SIGCONT to a process that was stopped.
    #[serde(rename = "continue")]
    pub resume: Option<String>,
    /// Starts a process that was killed or has ended, or one more worker.
    pub start: Option<String>,
    /// SIGTERM to a process, which must then end well, and start it again.
    pub restart: Option<String>,
    /// How many workers there are from here on: more are started, or the last ones get SIGTERM.
    pub scale: Option<usize>,
    /// Something happens to Redis, or on the way to it.
    pub redis: Option<RedisAction>,
    /// Something happens to a link: to Redis, to the model, or of players to the API.
    pub link: Option<LinkStep>,
    /// Open one more event stream.
    pub listen: Option<Listen>,
    /// Close one of them.
    pub hang_up: Option<String>,
    /// Drop the case's own event stream of the game, or take it up again where it was dropped.
    pub events: Option<StreamAction>,
    /// Open a request's own event stream and read it to its end.
    pub stream: Option<RequestStream>,
    /// Any other HTTP request.
    pub http: Option<HttpStep>,
    /// What is kept when the step is done, under a name that stands for it in later steps: `{name}`.
    pub capture: BTreeMap<String, StepCapture>,

    /// What must hold.
    pub expect: Expect,
}

/// What to wait for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WaitFor {
    /// An event's name.
    pub event: Option<String>,
    /// The label of the request that it belongs to.
    pub request: Option<String>,
    /// The stream of `listen` on which it comes; the case's own when left out.
    pub listener: Option<String>,
    /// How many of them; 1 when left out.
    pub count: Option<usize>,
    /// Places in the event's data, as JSON pointers with what is expected there.
    #[serde(rename = "where")]
    #[schemars(schema_with = "crate::predicate::values")]
    pub matching: Map<String, Value>,
    /// Text that has been shown of a narration, whatever the pieces that it came in.
    pub narration: Option<String>,
}

/// What to do with a gate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateAction {
    /// Wait until a model call waits there.
    Wait(String),
    /// Open it, for good.
    Open(String),
}

/// What to do with the event stream by which the case follows a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StreamAction {
    /// Close it.
    Drop,
    /// Open it again with the id of the last event that came.
    Resume,
}

/// A request's own event stream, which the engine ends after the request's last event.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestStream {
    /// The label of the request.
    pub request: String,
    /// The events that it must bring.
    #[serde(default)]
    pub events: Option<EventList>,
}

/// An HTTP request and its answer.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpStep {
    /// The method.
    pub method: String,
    /// The path with its query. `{game}` stands for the default game's id, `{label}` for that of a labelled game or
    /// request, `{label.last}` for the id of a request's latest event; so also in headers and in the body's strings.
    pub path: String,
    /// Headers to send.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A JSON body.
    #[serde(default)]
    pub body: Option<Value>,
    /// A body that is sent as it is, in place of `body`.
    #[serde(default)]
    pub raw_body: Option<String>,
    /// Make the request again until the answer is as expected.
    #[serde(default)]
    pub eventually: bool,
    /// What the answer must be.
    #[serde(default)]
    pub expect: HttpExpect,
    /// Parts of the answer to remember, by the name under which later steps use them: `{name}`.
    #[serde(default)]
    pub capture: BTreeMap<String, Capture>,
    /// Compare the answer with the snapshot of this name.
    #[serde(default)]
    pub snapshot: Option<String>,
}

/// What a step keeps for later steps.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepCapture {
    /// A place in the game, as a JSON pointer.
    State(String),
    /// A place in the step's request as the service shows it, as a JSON pointer.
    Request(String),
    /// The first group of a regular expression, or all of its first match, in the narration of the step's request.
    Response(String),
    /// A place in the latest such event.
    Event(EventCapture),
}

impl fmt::Display for StepCapture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State(pointer) => write!(f, "a value at {pointer} of the game"),
            Self::Request(pointer) => write!(f, "a value at {pointer} of the request"),
            Self::Response(regex) => write!(f, "a match of {regex} in the narration"),
            Self::Event(EventCapture { event, at, .. }) => write!(f, "a value at {at} of a {event}"),
        }
    }
}

/// A place in an event.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventCapture {
    /// The event's name.
    pub event: String,
    /// The label of the request that it belongs to; the step's own, if it has one, when left out.
    #[serde(default)]
    pub request: Option<String>,
    /// What else must be so in its data.
    #[serde(default, rename = "where")]
    #[schemars(schema_with = "crate::predicate::values")]
    pub matching: Map<String, Value>,
    /// The place, as a JSON pointer.
    pub at: String,
}

/// A part of an HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Capture {
    /// A place in the JSON body, as a JSON pointer.
    Json(String),
    /// A header.
    Header(String),
    /// The first group of a regular expression, or all of its first match, in the body.
    Regex(String),
}

impl fmt::Display for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(pointer) => write!(f, "a value at {pointer}"),
            Self::Header(name) => write!(f, "a header {name}"),
            Self::Regex(regex) => write!(f, "a match of {regex}"),
        }
    }
}

/// What happens to Redis, or on the way to it. The engine of a case with such a step reaches Redis through the harness.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedisAction {
    /// SIGKILL. The case has a Redis of its own, which keeps all that it has answered for.
    Stop,
    /// Start it again on its data.
    Start,
    /// Nothing comes through, in neither direction, and no connection breaks.
    Pause,
    /// What stood still goes on; all other faults on the way end too.
    Continue,
    /// Every connection is reset.
    Cut,
    /// Commands arrive, their answers do not: the connection is reset in place of each answer, until `continue`.
    LoseAnswers,
    /// Everything takes so many milliseconds longer, in each direction.
    LatencyMs(u64),
    /// A command that the harness itself gives to Redis.
    Run(RedisCommand),
}

/// A command to Redis.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedisCommand {
    /// The command and its arguments; `{prefix}` stands for the prefix of the case's keys.
    pub command: Vec<String>,
    /// What the answer must be: a number, a text, null, or a list of them.
    #[serde(default)]
    pub answer: Option<Value>,
}

/// One more event stream, besides the one by which the case itself follows each game.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// What later steps call it. A name that has been used goes on where that stream was hung up.
    #[serde(rename = "as")]
    pub label: String,
    /// A request whose own stream is opened, by its label; a game's stream when left out.
    #[serde(default)]
    pub request: Option<String>,
    /// Any other stream, by its path; placeholders as in `http`.
    #[serde(default)]
    pub path: Option<String>,
    /// The id to go on after: `Last-Event-ID`; placeholders as in `http`. The stream begins with the first event when left out.
    #[serde(default)]
    pub after: Option<String>,
    /// More headers to send.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// What an HTTP answer must be.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HttpExpect {
    /// The status code; any of the 200s when left out.
    pub status: Option<u16>,
    /// Headers with what is expected of them; null if one must not be there.
    #[schemars(schema_with = "crate::predicate::values")]
    pub headers: Map<String, Value>,
    /// Places in the JSON body, as JSON pointers with what is expected there. `{label}` is replaced in strings.
    #[schemars(schema_with = "crate::predicate::values")]
    pub json: Map<String, Value>,
    /// Texts that the body contains.
    pub body_contains: Vec<String>,
    /// Texts that the body does not contain.
    pub body_not_contains: Vec<String>,
    /// A regular expression that the body matches.
    pub body_regex: Option<String>,
}
