//! The scripts, each an atomic step, and how they are called.

use std::fmt::Display;
use std::sync::LazyLock;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Arg, Cmd, ErrorKind, FromRedisValue, RedisError, RedisWrite, ServerErrorKind, ToRedisArgs};
use serde::Serialize;

use super::codec::unwritable;
use crate::store::{StoreError, StoreOptions};

/// A script with what is common to all put before it. It is sent once per server and called by its hash.
pub(super) type Script = LazyLock<Step>;

/// One atomic step.
#[derive(Debug)]
pub(super) struct Step(redis::Script);

macro_rules! scripts {
    ($($name:ident = $($file:literal)+ $(=> $call:literal)?;)*) => {
        $(
            pub(super) static $name: Script = LazyLock::new(|| {
                let parts = [include_str!("lua/common.lua"), $(include_str!(concat!("lua/", $file)),)+ $($call)?];
                Step::new(&parts)
            });
        )*
    };
}

// A file is a script, or a function that the call after it runs: those can be parts of several scripts.
scripts! {
    OPEN = "open.lua";
    CREATE_GAME = "create_game.lua";
    REPLACE_GAME = "replace_game.lua";
    DELETE_GAME = "delete_game.lua";
    ENQUEUE = "enqueue.lua" => "return enqueue()";
    ENQUEUE_AND_INTERRUPT = "ends.lua" "enqueue.lua" => "return enqueue(withdraw)";
    FIND_KEY = "find_key.lua";
    CANCEL = "ends.lua" "cancel.lua";
    CLAIM = "ends.lua" "overdue.lua" "lease.lua" "claim.lua";
    HEARTBEAT = "heartbeat.lua";
    CHUNK = "chunk.lua";
    CHECKPOINT = "checkpoint.lua";
    TURN_OVER = "lease.lua" "commit.lua" "turn_over.lua" => "return turn_over()";
    TURN_OVER_AND_LOOK = "ends.lua" "overdue.lua" "lease.lua" "commit.lua" "turn_over.lua" => "return turn_over(look_after)";
    REQUEUE = "ends.lua" "requeue.lua";
    FAIL = "ends.lua" "fail.lua";
    STORY_EVENTS = "ends.lua" "story_events.lua";
    RETRY_LETTER = "ends.lua" "retry_letter.lua";
    DELETE_LETTER = "ends.lua" "delete_letter.lua";
    INSPECT_GAME = "ends.lua" "log.lua" "inspect_game.lua";
    INSPECT_REQUEST = "ends.lua" "inspect_request.lua";
    READ_LOG = "log.lua" "read_log.lua";
}

/// What every script is told before its own arguments; `lua/names.lua` names it.
#[derive(Debug, Clone)]
pub(super) struct Preamble {
    pub(super) prefix: String,
    kept: usize,
    status_ttl: u64,
    key_ttl: u64,
}

impl Preamble {
    pub(super) fn new(prefix: String, options: &StoreOptions) -> Self {
        Self {
            prefix,
            kept: options.events_kept,
            status_ttl: millis(options.status_ttl),
            key_ttl: millis(options.key_ttl),
        }
    }
}

/// The key that stands for all keys of a shard: they share its hash tag, so whoever keeps it keeps them all.
pub(super) fn routing_key(prefix: &str) -> String {
    format!("{prefix}requests")
}

/// A time as scripts take it.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Step {
    /// The names are outside of the function that does the work, whose own functions are then handed them. Beside them, each
    /// function would have the server search for every name that it uses, in every call.
    fn new(parts: &[&str]) -> Self {
        let names = include_str!("lua/names.lua");
        Self(redis::Script::new(&format!("{names}\nreturn (function()\n{}\nend)()", parts.join("\n"))))
    }

    /// Runs the step on a connection.
    pub(super) async fn invoke<T: FromRedisValue>(
        &self,
        preamble: &Preamble,
        call: &Call,
        connection: &mut MultiplexedConnection,
    ) -> Result<T, RedisError> {
        let Preamble { prefix, kept, status_ttl, key_ttl } = preamble;
        let head = Call::new()
            .arg(self.0.get_hash())
            .arg(1)
            .arg(routing_key(prefix))
            .arg(prefix)
            .arg(kept)
            .arg(status_ttl)
            .arg(key_ttl);
        let mut evaluate = redis::cmd("EVALSHA");
        head.write_to(&mut evaluate);
        call.write_to(&mut evaluate);
        match evaluate.query_async(connection).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.0.prepare_invoke().load_async(connection).await?;
                evaluate.query_async(connection).await
            }
            outcome => outcome,
        }
    }
}

/// The arguments of a call, in the order in which the script's head names them, from `ARGV[5]` on. They are written where
/// they will be sent from.
#[derive(Debug, Default, Clone)]
pub(super) struct Call(Cmd);

impl Call {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds an argument that Redis knows how to write.
    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.0.arg(argument);
        self
    }

    /// Adds the arguments of another call behind these.
    pub(super) fn then(mut self, other: &Self) -> Self {
        other.write_to(&mut self.0);
        self
    }

    /// Adds the arguments of another call behind how many they are.
    pub(super) fn part(self, other: &Self) -> Self {
        self.arg(other.0.args_iter().len()).then(other)
    }

    /// Adds an id, or anything else that is written as it is displayed.
    pub(super) fn id(mut self, id: impl Display) -> Self {
        self.0.write_arg_fmt(id);
        self
    }

    /// Adds what is kept as JSON.
    pub(super) fn json(mut self, value: &impl Serialize) -> Result<Self, StoreError> {
        serde_json::to_writer(self.0.writer_for_next_arg(), value).map_err(|error| unwritable(&error))?;
        Ok(self)
    }

    fn write_to(&self, command: &mut Cmd) {
        for argument in self.0.args_iter() {
            if let Arg::Simple(bytes) = argument {
                command.write_arg(bytes);
            }
        }
    }
}
