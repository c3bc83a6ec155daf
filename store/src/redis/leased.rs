//! Reads the replies of the scripts that lease. The head of `claim` in `lua/lease.lua` describes their form.

use std::sync::Arc;
use std::time::Duration;

use protocol::{Attempt, GameId};
use redis::{FromRedisValue, Value};

use super::StoreError;
use super::codec::{Fields, companion};
use super::unexpected::{from_json, unexpected_reply};
use crate::content::{ContentId, ContentVersion};
use crate::{Claim, ClaimedProvider, Companion, Lease, LeaseToken};

/// The fields of a request's status in a claim, in their order.
const STATUS: [&str; 9] = [
    "attempt",
    "type",
    "user_message",
    "request",
    "idempotency_key",
    "narration",
    "delta",
    "enqueued_at",
    "started_at",
];

/// The value instead of a time where the worker is drained.
const DRAINED: i64 = -2;

/// The fields of a game in a claim, in their order.
const GAME: [&str; 2] = ["version", "document"];

/// A reply that is read from its beginning to its end.
#[derive(Debug)]
pub(super) struct Reply(std::vec::IntoIter<Value>);

/// One claim of a reply, unparsed: if it cannot be read, the others still can.
#[derive(Debug)]
pub(super) struct Leased {
    game: Value,
    token: Value,
    request: Value,
    provider: Value,
    is_probe: Value,
    status: Vec<Value>,
    state: Vec<Value>,
    history: Vec<Value>,
    /// Id and request of each.
    companions: Vec<Value>,
}

impl Reply {
    /// Starts to read. Returns also how long until a lease or a back-off ends, if that is known, and whether the worker is drained.
    pub(super) fn begin(values: Vec<Value>) -> Result<(Self, Option<Duration>, bool), StoreError> {
        let mut reply = Self(values.into_iter());
        let due: i64 = read(reply.next()?)?;
        Ok((reply, u64::try_from(due).ok().map(Duration::from_millis), due == DRAINED))
    }

    /// The next value as text.
    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        read(self.next()?)
    }

    /// The claims that come next.
    pub(super) fn claims(&mut self) -> Result<Vec<Leased>, StoreError> {
        let count: usize = read(self.next()?)?;
        (0..count).map(|_| self.claim()).collect()
    }

    fn claim(&mut self) -> Result<Leased, StoreError> {
        let (game, token, request) = (self.next()?, self.next()?, self.next()?);
        let (provider, is_probe) = (self.next()?, self.next()?);
        let (status, state) = (self.some(STATUS.len()), self.some(GAME.len()));
        let messages = read(self.next()?)?;
        let history = self.some(messages);
        let companions: usize = read(self.next()?)?;
        let companions = self.some(2 * companions);
        Ok(Leased { game, token, request, provider, is_probe, status, state, history, companions })
    }

    fn some(&mut self, count: usize) -> Vec<Value> {
        self.0.by_ref().take(count).collect()
    }

    fn next(&mut self) -> Result<Value, StoreError> {
        self.0.next().ok_or_else(|| unexpected_reply("a claim", &"its end"))
    }
}

impl Leased {
    /// The game, and the version of content that it names, if it names one.
    pub(super) fn content(&self) -> Option<(GameId, ContentId)> {
        let (Value::BulkString(game), Value::BulkString(document)) = (&self.game, self.state.get(1)?) else {
            return None;
        };
        let id = ContentId::named_by(std::str::from_utf8(document).ok()?)?;
        Some((std::str::from_utf8(game).ok()?.parse().ok()?, id))
    }

    /// The lease, and the whole claim if that can be read.
    /// `content` is what came of looking for the version of content that its game names: one that cannot be read concerns this claim and no other.
    pub(super) fn read(
        self,
        content: Result<Option<Arc<ContentVersion>>, StoreError>,
    ) -> Result<(Lease, Result<Claim, StoreError>), StoreError> {
        let (game, request): (String, String) = (read(self.game)?, read(self.request)?);
        let wrong = |error: protocol::IdError| unexpected_reply("a claim", &error);
        let status = fields(format!("request {request}"), &STATUS, self.status)?;
        let lease = Lease {
            game: game.parse().map_err(wrong)?,
            request: request.parse().map_err(wrong)?,
            attempt: Attempt(status.need("attempt")?),
            token: LeaseToken::new(read(self.token)?),
            idempotency_key: status.text("idempotency_key").map(str::to_owned),
        };
        let is_probe = read::<String>(self.is_probe)? == "1";
        let provider = ClaimedProvider { name: read(self.provider)?, is_probe };
        let claim =
            content.and_then(|content| claim(lease.clone(), &status, self.state, content, self.history, provider));
        let claim = claim.map(|claim| Claim { companions: companions(&self.companions), ..claim });
        Ok((lease, claim))
    }
}

/// The companions up to the first one that cannot be read: that one is a dead letter once it is the head, and takes nobody along.
fn companions(values: &[Value]) -> Vec<Companion> {
    let text = |value: &Value| read::<String>(value.clone()).ok();
    values.chunks_exact(2).map_while(|pair| companion(&text(&pair[0])?, &text(&pair[1])?)).collect()
}

fn claim(
    lease: Lease,
    status: &Fields,
    state: Vec<Value>,
    content: Option<Arc<ContentVersion>>,
    history: Vec<Value>,
    provider: ClaimedProvider,
) -> Result<Claim, StoreError> {
    let game = lease.game;
    let state = fields(format!("game {game}"), &GAME, state)?;
    let message = |value| from_json(format_args!("history of {game}"), &read::<String>(value)?);
    Ok(Claim {
        lease,
        request: status.leased_request()?,
        game: state.leased_game(content)?,
        companions: Vec::new(),
        history: history.into_iter().map(message).collect::<Result<_, _>>()?,
        provider,
    })
}

fn fields(what: String, names: &[&'static str], values: Vec<Value>) -> Result<Fields, StoreError> {
    let values: Vec<Option<String>> = values.into_iter().map(read).collect::<Result<_, _>>()?;
    Ok(Fields::named(what, names, values.into_iter()))
}

fn read<T: FromRedisValue>(value: Value) -> Result<T, StoreError> {
    redis::from_redis_value(value).map_err(|error| unexpected_reply("a claim", &error))
}
