//! The Redis of a case that disturbs it: a link through the harness, and a server of its own if the case stops
//! Redis.

use std::collections::BTreeMap;
use std::path::Path;

use harness_case::{Case, LinkAction, LinkFault, LinkTo, RedisAction, RedisCommand, Target};
use harness_events::{CaseLog, Failure, Source};
use serde_json::Value;

use super::errors::failed;
use super::links;
use super::manner::{Fault, FaultTarget, InjectionPoint, Manner};
use crate::redis_client;
use crate::services::{Durability, Programs, Proxy, RedisServer, Services, Upstream};

/// The Redis of one case.
#[derive(Debug)]
pub(super) struct CaseRedis {
    /// Where it really is.
    url: String,
    /// The link of all processes, and those of processes that a step parts from the others.
    proxies: BTreeMap<Option<Target>, Proxy>,
    /// Its own server.
    server: Option<RedisServer>,
}

/// What a case needs of Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// No more than others.
    Nothing,
    /// A link that can be disturbed.
    Way,
    /// A server of its own, and such a link.
    Server,
}

impl Need {
    /// What a case needs that is played in this manner.
    pub(super) fn of(case: &Case, manner: Manner) -> Self {
        let (way, server) = match manner {
            Manner::Faulted(Fault { target: FaultTarget::Redis, .. }) => (true, true),
            Manner::Faulted(Fault { point: InjectionPoint::Unwritten { .. }, .. }) => (true, false),
            _ => (false, false),
        };
        if server || case.stops_redis() {
            Self::Server
        } else if way || case.acts_on_redis() {
            Self::Way
        } else {
            Self::Nothing
        }
    }
}

impl CaseRedis {
    /// What the case needs; `None` if it needs nothing, or there is no Redis.
    pub(super) async fn start(
        services: &Services,
        programs: &Programs,
        (need, parted): (Need, Vec<Target>),
        dir: &Path,
        seed: u64,
    ) -> Result<Option<Self>, Failure> {
        let Some(shared) = services.redis_url.as_ref().filter(|_| need != Need::Nothing) else { return Ok(None) };
        let server = if need == Need::Server {
            let server = RedisServer::start(programs, dir, Durability::Always).await;
            Some(server.map_err(|error| failed(&error))?)
        } else {
            None
        };
        let url = server.as_ref().map_or_else(|| shared.clone(), RedisServer::url);
        let upstream =
            Upstream::of(&url).ok_or_else(|| Failure::new(format!("the harness cannot connect to {url}")))?;
        let mut proxies = BTreeMap::new();
        for target in std::iter::once(None).chain(parted.into_iter().map(Some)) {
            let proxy = Proxy::start(upstream.clone(), seed).await.map_err(|error| failed(&error))?;
            proxies.insert(target, proxy);
        }
        Ok(Some(Self { url, proxies, server }))
    }

    /// Where a process finds it; `None`: those that no step parts from the others.
    pub(super) fn url(&self, target: Option<&Target>) -> String {
        let proxy = self.proxies.get(&target.cloned());
        proxy.map_or_else(|| self.url.clone(), |proxy| format!("redis://{}", proxy.address()))
    }

    /// Where processes find it that have a link of their own.
    pub(super) fn parted(&self) -> BTreeMap<Target, String> {
        self.proxies.keys().flatten().map(|target| (target.clone(), self.url(Some(target)))).collect()
    }

    /// Disturbs or repairs the link of one process, or those of all.
    pub(super) fn disturb(&self, action: &LinkAction) -> Result<(), Failure> {
        let meant = self.proxies.iter().filter(|(target, _)| action.of.is_none() || **target == action.of);
        let meant = meant.map(|(_, proxy)| proxy);
        if action.fault == LinkFault::Repair {
            return links::repair(LinkTo::Redis, meant);
        }
        meant.for_each(|proxy| links::disturb(proxy, action.fault));
        Ok(())
    }

    /// Does this to the links of all processes.
    fn all(&self, fault: LinkFault) {
        self.proxies.values().for_each(|proxy| links::disturb(proxy, fault));
    }

    /// Does what a step says.
    pub(super) async fn act(
        &self,
        action: &RedisAction,
        filled: impl Fn(&str) -> String,
        programs: &Programs,
        log: &CaseLog,
    ) -> Result<(), Failure> {
        let entry = log.now(Source::Process, action.describe()).lane("redis");
        log.push(entry.detail(serde_json::json!({ "verb": verb(action) })));
        match action {
            RedisAction::Stop => {
                if let Some(server) = &self.server {
                    server.kill().await;
                }
                self.proxies.values().for_each(Proxy::reset);
            }
            RedisAction::Start => {
                if let Some(server) = &self.server {
                    server.restart(programs).await.map_err(|error| failed(&error))?;
                }
            }
            RedisAction::Pause => self.all(LinkFault::Hold),
            RedisAction::Continue => return links::repair(LinkTo::Redis, self.proxies.values()),
            RedisAction::Cut => self.all(LinkFault::Cut),
            RedisAction::LoseAnswers => self.all(LinkFault::LoseAnswers),
            RedisAction::LatencyMs(ms) => self.all(LinkFault::LatencyMs(*ms)),
            RedisAction::Run(command) => return self.run(command, filled, log).await,
        }
        Ok(())
    }

    /// Sends Redis a command directly, past the faults of the link.
    async fn run(&self, run: &RedisCommand, filled: impl Fn(&str) -> String, log: &CaseLog) -> Result<(), Failure> {
        let words: Vec<String> = run.command.iter().map(|word| filled(word)).collect();
        let answer: Result<redis::Value, redis::RedisError> = async {
            let mut connection = redis_client::connect(&self.url).await?;
            let mut command = redis::Cmd::new();
            for word in &words {
                command.arg(word);
            }
            command.query_async(&mut connection).await
        }
        .await;
        let line = words.join(" ");
        let answer = json(answer.map_err(|error| Failure::new(format!("redis: {line}: {error}")))?);
        log.push(log.now(Source::Process, format!("redis: {line} → {answer}")).lane("redis"));
        match &run.answer {
            Some(expected) if *expected != answer => {
                Err(Failure::new(format!("redis: {line} answers {answer}, and not {expected}")))
            }
            _ => Ok(()),
        }
    }
}

/// The process verb that corresponds to the action. Reports draw pauses from it.
const fn verb(action: &RedisAction) -> &'static str {
    match action {
        RedisAction::Stop | RedisAction::Pause | RedisAction::LoseAnswers => "stop",
        RedisAction::Start | RedisAction::Continue => "continue",
        RedisAction::Cut | RedisAction::LatencyMs(_) | RedisAction::Run(_) => "disturb",
    }
}

/// An answer of Redis as JSON.
fn json(value: redis::Value) -> Value {
    match value {
        redis::Value::Nil => Value::Null,
        redis::Value::Int(number) => number.into(),
        redis::Value::BulkString(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        redis::Value::SimpleString(text) => text.into(),
        redis::Value::Okay => "OK".into(),
        redis::Value::Array(items) | redis::Value::Set(items) => items.into_iter().map(json).collect(),
        redis::Value::Double(number) => number.into(),
        redis::Value::Boolean(value) => value.into(),
        other => format!("{other:?}").into(),
    }
}
