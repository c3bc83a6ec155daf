//! A step that does something to Redis, or on the way to it.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

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
    /// What was held goes on; all other faults on the way end too.
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

impl RedisAction {
    /// What happens, in a few words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Stop => "kill Redis".to_owned(),
            Self::Start => "start Redis".to_owned(),
            Self::Pause => "hold everything on its way to and from Redis".to_owned(),
            Self::Continue => "let everything through to Redis".to_owned(),
            Self::Cut => "reset every connection to Redis".to_owned(),
            Self::LoseAnswers => "lose the answers of Redis".to_owned(),
            Self::LatencyMs(ms) => format!("slow the way to Redis down by {ms} ms"),
            Self::Run(run) => format!("redis: {}", run.command.join(" ")),
        }
    }

    /// Whether the case needs a Redis of its own for it.
    #[must_use]
    pub(crate) const fn needs_own_server(&self) -> bool {
        matches!(self, Self::Stop | Self::Start)
    }
}
