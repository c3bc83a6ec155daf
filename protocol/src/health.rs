//! `/health`, `/ready` and `/problems/{name}`: how a process is, and what its problems mean.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::QueueView;

/// `GET /health`: the process works; how what it depends on is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// The worst of the components.
    pub status: HealthStatus,
    /// Always `story-engine`.
    pub service: String,
    /// Each component.
    pub components: Components,
}

/// Whether everything works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// Everything works.
    Healthy,
    /// A component does not work.
    Degraded,
}

/// What a process depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Components {
    /// The store.
    pub storage: ComponentStatus,
}

/// Whether a component works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComponentStatus {
    /// It works.
    Healthy,
    /// It does not.
    Unhealthy,
}

/// `GET /ready`: traffic should come here. An instance that is not ready answers a problem instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Readiness {
    /// How far it is ready.
    pub status: ReadyStatus,
    /// The queue at this moment; absent while a part of the store is away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueView>,
    /// What does not work, when it is degraded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// How far an instance is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadyStatus {
    /// It takes messages of every game.
    Ready,
    /// It takes messages, but not of all games, or a part that it needs does not work: `reasons` say which.
    Degraded,
}

/// `GET /problems/{name}`: what a kind of problem means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProblemInfo {
    /// The `type` of its problem documents: a path to here.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it means.
    pub title: String,
    /// The HTTP status that it comes with.
    pub status: u16,
}

/// `GET /livez`: whether the process itself works, whatever it depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Liveness {
    /// Whether every loop of the process makes progress.
    pub alive: bool,
    /// The loops that do not, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stuck: Vec<String>,
}
