//! `/v1/queue/pause` and `/v1/queue/resume`: what operators pause, and what is paused.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::IdError;
use crate::schema::Time;
use crate::{GameId, Tenant};

/// `POST /v1/queue/pause` and `POST /v1/queue/resume`: what is not claimed while it is paused. Messages are accepted, and wait.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "scope", rename_all = "snake_case", deny_unknown_fields)]
pub enum PauseScope {
    /// Everything.
    // With braces, so that `{"scope": "all", "game_id": …}` is refused and does not pause everything.
    All {},
    /// Games whose next request waits for this provider. It serves no other provider's games either.
    Provider {
        /// Its name in the configuration.
        provider: String,
    },
    /// Games of this tenant.
    Tenant {
        /// Its name; it need not have games yet.
        tenant: Tenant,
    },
    /// One game.
    Game {
        /// The game.
        game_id: GameId,
    },
    /// A worker: it takes no new work, and finishes what runs. It is drained then, and can be stopped.
    Worker {
        /// Its name, as `GET /v1/workers` shows it.
        worker: String,
    },
}

/// As stores and logs write it: `all`, `provider:NAME`, `tenant:NAME`, `game:ID`, `worker:NAME`.
impl fmt::Display for PauseScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All {} => f.write_str("all"),
            Self::Provider { provider } => write!(f, "provider:{provider}"),
            Self::Tenant { tenant } => write!(f, "tenant:{tenant}"),
            Self::Game { game_id } => write!(f, "game:{game_id}"),
            Self::Worker { worker } => write!(f, "worker:{worker}"),
        }
    }
}

impl FromStr for PauseScope {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.split_once(':') {
            Some(("provider", name)) => Ok(Self::Provider { provider: name.to_owned() }),
            Some(("tenant", name)) => Ok(Self::Tenant { tenant: name.parse()? }),
            Some(("worker", name)) => Ok(Self::Worker { worker: name.to_owned() }),
            Some(("game", id)) => Ok(Self::Game { game_id: id.parse()? }),
            None if text == "all" => Ok(Self::All {}),
            _ => Err(IdError::new(
                text,
                "what is paused (`all`, `provider:NAME`, `tenant:NAME`, `game:ID` or `worker:NAME`)",
            )),
        }
    }
}

/// Something that an operator has paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pause {
    /// What.
    pub what: PauseScope,
    /// Who did.
    pub by: String,
    /// Since when.
    #[schemars(with = "Time")]
    pub since: Timestamp,
}

/// `GET /v1/queue/pauses`: everything that is paused, the oldest pause first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pauses {
    /// The pauses.
    pub pauses: Vec<Pause>,
}

/// `POST /v1/queue/resume`: what was paused until now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resumed {
    /// The pause that has ended; absent if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_back_from_its_text_and_from_its_json() {
        let game_id = GameId::new();
        for scope in [
            PauseScope::All {},
            PauseScope::Provider { provider: "a:b".to_owned() },
            PauseScope::Tenant { tenant: "acme".parse().unwrap() },
            PauseScope::Game { game_id },
            PauseScope::Worker { worker: "worker-1".to_owned() },
        ] {
            assert_eq!(scope.to_string().parse::<PauseScope>().unwrap(), scope);
            let json = serde_json::to_string(&scope).unwrap();
            assert_eq!(serde_json::from_str::<PauseScope>(&json).unwrap(), scope);
        }
        assert!("game:1".parse::<PauseScope>().is_err());
        assert!("tenant:a b".parse::<PauseScope>().is_err());
    }

    #[test]
    fn a_scope_that_says_more_than_its_kind_is_refused() {
        let json = format!(r#"{{"scope": "all", "game_id": "{}"}}"#, GameId::new());
        assert!(serde_json::from_str::<PauseScope>(&json).is_err());
    }
}
