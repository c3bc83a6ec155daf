//! The atomic steps, and the way to call them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use protocol::Priority;
use redis::aio::MultiplexedConnection;
use redis::{Arg, Cmd, RedisError, RedisWrite, ToRedisArgs, Value};
use serde::Serialize;

use super::library;
use super::unexpected::unwritable;
use crate::{Lease, Order, StoreError, StoreOptions, StoredTurn};

/// One atomic step: a function of the [library](super::library).
#[derive(Debug)]
pub(super) struct Step {
    /// As metrics call it, and its function.
    pub(super) name: &'static str,
    /// Its file in `lua/`, which is the body of the function.
    pub(super) body: &'static str,
    pub(super) access: Access,
}

/// When the server runs a step.
#[derive(Debug, Clone, Copy)]
pub(super) enum Access {
    /// At any time, also if it takes no writes: it is a replica, or cannot write to its disk. A write in such a step fails.
    Reads,
    /// Also if it is full: most of these free memory, and all of them use little.
    Frees,
    /// Unless it is full. So a step need not expect that a write of its own is the first that is refused.
    Writes,
}

macro_rules! lua {
    ($file:literal) => {
        include_str!(concat!("lua/", $file, ".lua"))
    };
}
pub(super) use lua;

macro_rules! steps {
    ($($name:ident = $file:literal, $access:ident;)*) => {
        $(pub(super) static $name: Step = Step { name: $file, body: lua!($file), access: Access::$access };)*

        #[cfg(test)]
        pub(super) static ALL: &[&Step] = &[$(&$name),*, &CANCEL_STORY_EVENTS, &REPAIR_GAME, &REPAIR_REQUEST];
    };
}

steps! {
    OPEN = "open", Frees;
    CREATE_GAME = "create_game", Writes;
    STAGE = "stage", Writes;
    REMEMBERED = "remembered", Reads;
    CHANGE_GAME = "change_game", Writes;
    FIND_CHANGE = "find_change", Reads;
    RENAME_GAME = "rename_game", Writes;
    READ_GAME = "read_game", Reads;
    READ_TURNS = "read_turns", Reads;
    STOP = "stop", Writes;
    ACCESS = "access", Reads;
    ADD_SECRET = "add_secret", Writes;
    SECRETS = "secrets", Reads;
    DELETE_GAME = "delete_game", Frees;
    IDLE_GAMES = "idle_games", Reads;
    ENQUEUE = "enqueue", Writes;
    FIND_KEY = "find_key", Reads;
    CANCEL = "cancel", Writes;
    CLAIM = "claim", Writes;
    HEARTBEAT = "heartbeat", Frees;
    END_FORMER_LEASES = "end_former_leases", Frees;
    CHUNK = "chunk", Writes;
    CHECKPOINT = "checkpoint", Writes;
    COMMIT_AND_CLAIM = "commit_and_claim", Writes;
    RESERVE = "reserve", Writes;
    REQUEUE = "requeue", Writes;
    PAUSE = "pause", Writes;
    PROVIDER_FAULT = "provider_fault", Writes;
    PROVIDER_SUCCESS = "provider_success", Writes;
    PAUSE_QUEUE = "pause_queue", Writes;
    RESUME_QUEUE = "resume_queue", Frees;
    RECORD_AUDIT = "record_audit", Writes;
    FAIL = "fail", Writes;
    STORY_EVENTS = "story_events", Reads;
    RETRY_DEAD_LETTER = "retry_dead_letter", Writes;
    DELETE_DEAD_LETTER = "delete_dead_letter", Frees;
    INSPECT_GAME = "inspect_game", Reads;
    INSPECT_REQUEST = "inspect_request", Reads;
    FIGURES = "figures", Reads;
    LANE = "lane", Reads;
    READ_LOG = "read_log", Reads;
    BACKUP_DEAD = "backup_dead", Reads;
    BACKUP_GAME = "backup_game", Reads;
    BACKUP_REQUESTS = "backup_requests", Reads;
    RESTORE_NUMBERS = "restore_numbers", Writes;
    RESTORE_REQUESTS = "restore_requests", Writes;
    RESTORE_GAME = "restore_game", Writes;
    RESTORE_DEAD = "restore_dead", Writes;
}

// These do what another step does, and change something: that one can be used where nothing may be written.
pub(super) static CANCEL_STORY_EVENTS: Step =
    Step { name: "cancel_story_events", body: lua!("story_events"), access: Access::Writes };
pub(super) static REPAIR_GAME: Step = Step { name: "repair_game", body: lua!("inspect_game"), access: Access::Writes };
pub(super) static REPAIR_REQUEST: Step =
    Step { name: "repair_request", body: lua!("inspect_request"), access: Access::Writes };

/// The arguments with which every step begins; `lua/names.lua` names them.
#[derive(Debug, Clone)]
pub(super) struct Preamble {
    pub(super) prefix: String,
    events_kept: usize,
    status_ttl: u64,
    key_ttl: u64,
    events_ttl: u64,
    /// What a turn costs each tenant, and how much later each priority counts as arrived (JSON), in fair order.
    fair: Option<String>,
}

impl Preamble {
    pub(super) fn new(prefix: String, options: &StoreOptions) -> Self {
        Self {
            prefix,
            events_kept: options.events_kept,
            status_ttl: millis(options.status_ttl),
            key_ttl: millis(options.key_ttl),
            events_ttl: millis(options.events_ttl),
            fair: fair_terms(&options.order),
        }
    }
}

fn fair_terms(order: &Order) -> Option<String> {
    let Order::Fair(shares, ageing) = order else { return None };
    let allowances: BTreeMap<&str, i64> =
        Priority::ALL.into_iter().map(|priority| (priority.as_str(), ageing.allowance(priority))).collect();
    Some(serde_json::json!({ "costs": shares.costs(), "allowances": allowances }).to_string())
}

/// The key that routes a step to its shard: all keys of a shard share its hash tag, so one server has them all.
pub(super) fn routing_key(prefix: &str) -> String {
    format!("{prefix}requests")
}

/// A turn record behind the number of messages before it.
pub(super) fn turn_text(turn: &StoredTurn) -> Result<String, StoreError> {
    let record = serde_json::to_string(turn).map_err(|error| unwritable(&error))?;
    Ok(format!("{}\n{record}", turn.messages_before))
}

/// A duration in ms, as steps expect it.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Step {
    /// Runs the step on a connection.
    pub(super) async fn invoke(
        &self,
        preamble: &Preamble,
        arguments: &StepArgs,
        connection: &mut MultiplexedConnection,
    ) -> Result<Value, RedisError> {
        let Preamble { prefix, events_kept, status_ttl, key_ttl, events_ttl, fair } = preamble;
        let head = StepArgs::new()
            .id(library::function(self))
            .arg(if fair.is_some() { 3 } else { 1 })
            .arg(routing_key(prefix));
        let head = if fair.is_some() {
            head.arg(format!("{prefix}requests:clock")).arg(format!("{prefix}requests:finishes"))
        } else {
            head
        };
        let head = head.arg(prefix).arg(events_kept).arg(status_ttl).arg(key_ttl);
        let mut call = redis::cmd("FCALL");
        head.write_to(&mut call);
        arguments.write_to(&mut call);
        if let Some(fair) = fair {
            call.arg(fair);
        }
        call.arg(events_ttl);
        match call.query_async(connection).await {
            Err(error) if library::is_missing(&error) => {
                // As large as it is rare: boxed, so that every call does not carry it along.
                Box::pin(library::load(connection)).await?;
                call.query_async(connection).await
            }
            outcome => outcome,
        }
    }
}

/// The arguments of a step behind its [`Preamble`], in the order in which the head of its file names them. They are written
/// into the buffer from which they will be sent.
#[derive(Debug, Default, Clone)]
pub(super) struct StepArgs(Cmd);

impl StepArgs {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// The arguments with which every fenced step begins: game, request, token.
    pub(super) fn of_lease(lease: &Lease) -> Self {
        Self::new().id(lease.game).id(lease.request).arg(lease.token.as_str())
    }

    /// Adds an argument of a type that the Redis client can write.
    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.0.arg(argument);
        self
    }

    /// Adds other arguments behind these.
    pub(super) fn then(mut self, other: &Self) -> Self {
        other.write_to(&mut self.0);
        self
    }

    /// Adds other arguments behind their number.
    pub(super) fn counted(self, other: &Self) -> Self {
        self.arg(other.0.args_iter().len()).then(other)
    }

    /// Adds an id, or anything else in its displayed form.
    pub(super) fn id(mut self, id: impl Display) -> Self {
        self.0.write_arg_fmt(id);
        self
    }

    /// Adds a value as JSON.
    pub(super) fn json(mut self, value: &impl Serialize) -> Result<Self, StoreError> {
        serde_json::to_writer(self.0.writer_for_next_arg(), value).map_err(|error| unwritable(&error))?;
        Ok(self)
    }

    /// Adds a turn record behind the number of messages before it, as `commit.lua` keeps it.
    pub(super) fn turn(self, turn: &StoredTurn) -> Result<Self, StoreError> {
        Ok(self.arg(turn_text(turn)?))
    }

    fn write_to(&self, command: &mut Cmd) {
        for argument in self.0.args_iter() {
            if let Arg::Simple(bytes) = argument {
                command.write_arg(bytes);
            }
        }
    }
}
