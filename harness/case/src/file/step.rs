//! A step as it is written: its keys, and the forms of what they hold. Those of `http`, `link` and `redis` have files of their own.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::http::HttpStep;
use crate::expect::{EventList, Expect};
use crate::link::LinkStep;
use crate::redis::RedisAction;

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
    /// SIGSTOP to a process, and SIGCONT after a time: the step lasts that long.
    pub freeze: Option<FreezeStep>,
    /// Starts a process that was killed or has ended, or one more worker.
    pub start: Option<String>,
    /// SIGTERM to a process, which must then end well, and start it again.
    pub restart: Option<String>,
    /// How many workers there are from here on: more are started, or the last ones get SIGTERM.
    pub scale: Option<usize>,
    /// Sets a process' clock, while it runs.
    pub clock: Option<ClockStep>,
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

/// A process' clock: the time of day. How long something takes, the process still measures rightly, as after a correction of the
/// system's clock.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockStep {
    /// The process: `worker[0]` or `api`.
    pub of: String,
    /// How far its clock is ahead of the true time from here on, in seconds; below 0, behind; 0 sets it right. At most ten years.
    pub ahead_seconds: i64,
}

/// A process stands still for a time, and then goes on by itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeStep {
    /// The process: `worker[0]` or `api`.
    pub of: String,
    /// For how many milliseconds: at least 1, at most 60000, and less than the step's time limit.
    #[schemars(range(min = 1, max = 60_000))]
    pub for_ms: u64,
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
