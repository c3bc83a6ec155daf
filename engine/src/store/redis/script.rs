//! The scripts, each an atomic step, and how they are called.

use std::sync::LazyLock;

use redis::aio::MultiplexedConnection;
use redis::{FromRedisValue, RedisError, ToRedisArgs};

/// A script with what is common to all put before it. It is sent once per server and called by its hash.
pub(super) type Script = LazyLock<Step>;

/// One atomic step.
#[derive(Debug)]
pub(super) struct Step(redis::Script);

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident = $file:literal;)*) => {
        $(
            $(#[$doc])*
            pub(super) static $name: Script = LazyLock::new(|| {
                Step(redis::Script::new(concat!(include_str!("lua/common.lua"), "\n", include_str!(concat!("lua/", $file)))))
            });
        )*
    };
}

scripts! {
    OPEN = "open.lua";
    CREATE_GAME = "create_game.lua";
    REPLACE_GAME = "replace_game.lua";
    DELETE_GAME = "delete_game.lua";
    ENQUEUE = "enqueue.lua";
    CLAIM = "claim.lua";
    HEARTBEAT = "heartbeat.lua";
    CHUNK = "chunk.lua";
    CHECKPOINT = "checkpoint.lua";
    COMMIT = "commit.lua";
    REQUEUE = "requeue.lua";
    FAIL = "fail.lua";
    READ_LOG = "read_log.lua";
}

impl Step {
    /// Runs the step on a connection. `ARGV[1]` is the prefix; the call's arguments follow.
    pub(super) async fn invoke<T: FromRedisValue>(
        &self,
        prefix: &str,
        call: &Call,
        connection: &mut MultiplexedConnection,
    ) -> Result<T, RedisError> {
        let mut invocation = self.0.prepare_invoke();
        invocation.key(format!("{prefix}requests")).arg(prefix);
        for argument in &call.0 {
            invocation.arg(argument.as_slice());
        }
        invocation.invoke_async(connection).await
    }
}

/// The arguments of a call, in the order in which the script's head names them, from `ARGV[2]` on.
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

    /// Adds an id, or anything else that is written as it is displayed.
    pub(super) fn id(self, id: impl std::fmt::Display) -> Self {
        self.arg(id.to_string())
    }
}
