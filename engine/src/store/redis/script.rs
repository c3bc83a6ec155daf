//! The scripts, each an atomic step, and how they are called.

use std::sync::LazyLock;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{FromRedisValue, RedisError, ToRedisArgs};

use crate::store::StoreOptions;

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
                Step(redis::Script::new(&parts.join("\n")))
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
    ENQUEUE = "enqueue.lua";
    FIND_KEY = "find_key.lua";
    CANCEL = "cancel.lua";
    CLAIM = "claim.lua" => "return claim(4, false, true)";
    HEARTBEAT = "heartbeat.lua";
    CHUNK = "chunk.lua";
    CHECKPOINT = "checkpoint.lua";
    COMMIT = "commit.lua" => "local done, ready = commit(4) if ready then wake() end return done";
    TURN_OVER = "claim.lua" "commit.lua" "turn_over.lua";
    REQUEUE = "requeue.lua";
    FAIL = "fail.lua";
    STORY_EVENTS = "story_events.lua";
    RETRY_LETTER = "retry_letter.lua";
    DELETE_LETTER = "delete_letter.lua";
    INSPECT_GAME = "inspect_game.lua";
    INSPECT_REQUEST = "inspect_request.lua";
    READ_LOG = "read_log.lua";
}

/// What every script is told before its own arguments; `lua/common.lua` names it.
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
    /// Runs the step on a connection.
    pub(super) async fn invoke<T: FromRedisValue>(
        &self,
        preamble: &Preamble,
        call: &Call,
        connection: &mut MultiplexedConnection,
    ) -> Result<T, RedisError> {
        let Preamble { prefix, kept, status_ttl, key_ttl } = preamble;
        let mut invocation = self.0.prepare_invoke();
        invocation.key(routing_key(prefix)).arg(prefix).arg(kept).arg(status_ttl).arg(key_ttl);
        for argument in &call.0 {
            invocation.arg(argument.as_slice());
        }
        invocation.invoke_async(connection).await
    }
}

/// The arguments of a call, in the order in which the script's head names them, from `ARGV[5]` on.
#[derive(Debug, Default)]
pub(super) struct Call(Vec<Vec<u8>>);

impl Call {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds an argument that Redis knows how to write.
    pub(super) fn arg(mut self, argument: impl ToRedisArgs) -> Self {
        self.0.extend(argument.to_redis_args());
        self
    }

    /// Adds the arguments of another call behind these.
    pub(super) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Adds an id, or anything else that is written as it is displayed.
    pub(super) fn id(self, id: impl std::fmt::Display) -> Self {
        self.arg(id.to_string())
    }
}
