//! The scripts, each an atomic step, and the way to call them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use protocol::Priority;
use redis::aio::MultiplexedConnection;
use redis::{Arg, Cmd, ErrorKind, RedisError, RedisWrite, ServerErrorKind, ToRedisArgs, Value};
use serde::Serialize;

use super::event_text;
use super::unexpected::unwritable;
use crate::{Lease, Order, StoreError, StoreOptions, StoredTurn};

/// A script. It is sent once per server and called by its hash.
pub(super) type Script = LazyLock<Step>;

/// One atomic step.
#[derive(Debug)]
pub(super) struct Step {
    /// As metrics call it.
    name: Arc<str>,
    script: redis::Script,
}

macro_rules! lua {
    ($file:literal) => {
        include_str!(concat!("lua/", $file, ".lua"))
    };
}

macro_rules! scripts {
    ($($name:ident = [$($part:expr),+];)*) => {
        $(pub(super) static $name: Script = LazyLock::new(|| Step::new(stringify!($name), &[$(String::from($part)),+]));)*
    };
}

// A file is a script, or it holds functions: those can be parts of several scripts, and a call may follow them.
scripts! {
    OPEN = [lua!("open")];
    CREATE_GAME = [lua!("owners"), lua!("charge"), lua!("content"), lua!("put"), lua!("create_game")];
    STAGE = [lua!("stage")];
    REMEMBERED = [lua!("remembered")];
    CHANGE_GAME =
        [endings(), lua!("log"), lua!("owners"), enqueueing(), lua!("changes"), lua!("content"), lua!("change_game")];
    FIND_CHANGE = [lua!("changes"), lua!("find_change")];
    RENAME_GAME = [lua!("rename_game")];
    READ_GAME = [lua!("read_game")];
    READ_TURNS = [lua!("read_turns")];
    STOP = [endings(), lua!("tail"), lua!("stop")];
    ACCESS = [lua!("access")];
    ADD_SECRET = [lua!("add_secret")];
    SECRETS = [lua!("secrets")];
    DELETE_GAME = [lua!("content"), lua!("drop_game"), lua!("delete_game")];
    IDLE_GAMES = [lua!("idle_games")];
    ENQUEUE = [enqueueing(), lua!("enqueue"), "return enqueue()"];
    ENQUEUE_AND_INTERRUPT = [endings(), enqueueing(), lua!("enqueue"), "return enqueue(cancel)"];
    FIND_KEY = [lua!("keys"), lua!("find_key")];
    CANCEL = [endings(), lua!("cancel")];
    CLAIM = [lua!("terms"), lua!("providers"), lua!("tenants"), endings(), lua!("recover"), leases(), lua!("claim")];
    HEARTBEAT = [lua!("heartbeat")];
    END_FORMER_LEASES = [lua!("end_former_leases")];
    CHUNK = [lua!("tail"), lua!("chunk")];
    CHECKPOINT = [lua!("checkpoint")];
    COMMIT_AND_CLAIM =
        [lua!("terms"), lua!("providers"), lua!("tenants"), leases(), lua!("owners"), lua!("content"), lua!("commit"), lua!("commit_and_claim"), "return commit_and_claim()"];
    COMMIT_CLAIM_AND_RECOVER = [
        lua!("terms"), lua!("providers"), lua!("tenants"), endings(), lua!("recover"), leases(), lua!("owners"), lua!("content"), lua!("commit"), lua!("commit_and_claim"),
        "return commit_and_claim(recover_expired)"
    ];
    RESERVE = [lua!("budget"), lua!("reserve")];
    REQUEUE = [endings(), lua!("requeue")];
    PAUSE = [NO_POLICIES, lua!("providers"), lua!("faults"), endings(), event_text::of_waits(), lua!("pause")];
    PROVIDER_FAULT = [NO_POLICIES, lua!("providers"), lua!("faults"), lua!("provider_fault")];
    PROVIDER_SUCCESS = [NO_POLICIES, lua!("providers"), lua!("provider_success")];
    PAUSE_QUEUE = [lua!("pause_queue")];
    RESUME_QUEUE = [NO_POLICIES, lua!("providers"), lua!("tenants"), lua!("resume_queue")];
    RECORD_AUDIT = [lua!("record_audit")];
    FAIL = [endings(), lua!("fail")];
    STORY_EVENTS = [endings(), lua!("story_events")];
    RETRY_DEAD_LETTER = [endings(), event_text::of_dead_letter_retries(), lua!("tail"), lua!("retry_dead_letter")];
    DELETE_DEAD_LETTER = [endings(), lua!("delete_dead_letter")];
    INSPECT_GAME = [endings(), lua!("log"), lua!("inspect_game")];
    INSPECT_REQUEST = [endings(), lua!("inspect_request")];
    FIGURES = [lua!("figures")];
    LANE = [lua!("lane")];
    READ_LOG = [lua!("log"), lua!("read_log")];
    BACKUP_DEAD = [endings(), lua!("letters"), lua!("backup_dead")];
    BACKUP_GAME = [endings(), lua!("letters"), lua!("content"), lua!("backup_game")];
    BACKUP_REQUESTS = [lua!("backup_requests")];
    RESTORE_NUMBERS = [lua!("restore_numbers")];
    RESTORE_REQUESTS = [lua!("put"), lua!("restore_requests")];
    RESTORE_GAME =
        [endings(), lua!("put"), lua!("content"), lua!("drop_game"), lua!("dead_again"), lua!("restore_game")];
    RESTORE_DEAD = [endings(), lua!("dead_again"), lua!("restore_dead")];
}

/// For scripts that change a provider's state and choose none.
const NO_POLICIES: &str = "local POLICIES = ''";

fn enqueueing() -> String {
    let parts = [
        "local POLICIES = ARGV[13]\n",
        lua!("providers"),
        lua!("keys"),
        lua!("charge"),
        lua!("budget"),
        &event_text::of_waits(),
        lua!("accept"),
    ];
    parts.concat()
}

fn endings() -> String {
    event_text::of_endings() + lua!("ends")
}

fn leases() -> String {
    event_text::of_leases() + lua!("lease")
}

/// The arguments with which every script call begins; `lua/names.lua` names them.
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

/// The key that routes a script to its shard: all keys of a shard share its hash tag, so one server has them all.
pub(super) fn routing_key(prefix: &str) -> String {
    format!("{prefix}requests")
}

/// A turn record behind the number of messages before it.
pub(super) fn turn_text(turn: &StoredTurn) -> Result<String, StoreError> {
    let record = serde_json::to_string(turn).map_err(|error| unwritable(&error))?;
    Ok(format!("{}\n{record}", turn.messages_before))
}

/// A duration in ms, as scripts expect it.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Step {
    /// The script is a function behind the names, and receives them as upvalues. As globals of one chunk, each of its functions
    /// would have the server look up every name that it uses, in every call.
    fn new(name: &str, parts: &[String]) -> Self {
        let (names, chunks, common) = (lua!("names"), event_text::of_chunks(), lua!("common"));
        let (priority, fair) = (lua!("priority"), lua!("fair"));
        let script = redis::Script::new(&format!(
            "{names}\nreturn (function()\n{chunks}{common}\n{priority}\n{fair}\n{}\nend)()",
            parts.join("\n")
        ));
        Self { name: name.to_lowercase().into(), script }
    }

    /// As metrics call it.
    pub(super) fn name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Runs the step on a connection.
    pub(super) async fn invoke(
        &self,
        preamble: &Preamble,
        arguments: &ScriptArgs,
        connection: &mut MultiplexedConnection,
    ) -> Result<Value, RedisError> {
        let Preamble { prefix, events_kept, status_ttl, key_ttl, events_ttl, fair } = preamble;
        let head = ScriptArgs::new()
            .arg(self.script.get_hash())
            .arg(if fair.is_some() { 3 } else { 1 })
            .arg(routing_key(prefix));
        let head = if fair.is_some() {
            head.arg(format!("{prefix}requests:clock")).arg(format!("{prefix}requests:finishes"))
        } else {
            head
        };
        let head = head.arg(prefix).arg(events_kept).arg(status_ttl).arg(key_ttl);
        let mut evaluate = redis::cmd("EVALSHA");
        head.write_to(&mut evaluate);
        arguments.write_to(&mut evaluate);
        if let Some(fair) = fair {
            evaluate.arg(fair);
        }
        evaluate.arg(events_ttl);
        match evaluate.query_async(connection).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                // As large as it is rare: boxed, so that every call does not carry it along.
                Box::pin(self.script.prepare_invoke().load_async(connection)).await?;
                evaluate.query_async(connection).await
            }
            outcome => outcome,
        }
    }
}

/// The arguments of a script behind its [`Preamble`], in the order in which the head of its file names them. They are written
/// into the buffer from which they will be sent.
#[derive(Debug, Default, Clone)]
pub(super) struct ScriptArgs(Cmd);

impl ScriptArgs {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// The arguments with which every fenced script begins: game, request, token.
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
