//! `engine queue pause`, `resume` and `cancel`.

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use protocol::{GameId, Pause, PauseScope, QueuedRequest, QueuedRequests, Resumed, Tenant, path};
use serde::Serialize;

use super::source::{OperateError, Source};
use super::{duration, print};
use crate::config::Config;
use crate::{out, outln};

/// What can be done with the queue.
#[derive(Debug, Clone, Subcommand)]
pub enum QueueCommand {
    /// Claim nothing until it is resumed: messages are accepted and wait, what runs goes on to its end
    Pause(Scope),
    /// End such a pause
    Resume(Scope),
    /// Cancel requests that wait: those for which all conditions hold. One that begins meanwhile is cancelled as well
    Cancel(Waiting),
}

/// Which of the requests that wait.
#[derive(Debug, Clone, Args)]
pub struct Waiting {
    /// All of them
    #[arg(long, required_unless_present_any = ["game", "provider", "tenant", "older_than"])]
    all: bool,
    /// Only those of this game
    #[arg(long, value_name = "ID")]
    game: Option<GameId>,
    /// Only those of games of this provider
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Only those of games of this tenant
    #[arg(long, value_name = "NAME")]
    tenant: Option<Tenant>,
    /// Only those that have waited longer than this: `90m`, `2h 30m`
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    older_than: Option<SignedDuration>,
    /// Only say which
    #[arg(long)]
    dry_run: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Waiting {
    fn holds(&self, request: &QueuedRequest, now: Timestamp) -> bool {
        self.game.is_none_or(|game| request.game_id == game)
            && self.provider.as_ref().is_none_or(|name| request.provider == *name)
            && self.tenant.as_ref().is_none_or(|tenant| request.tenant.as_ref() == Some(tenant))
            && self.older_than.is_none_or(|age| now.duration_since(request.enqueued_at) > age)
    }
}

/// A request that was cancelled, or would be.
#[derive(Debug, Serialize)]
struct Outcome<'a> {
    #[serde(flatten)]
    request: &'a QueuedRequest,
    cancelled: bool,
}

/// Cancels requests that wait, or says which. All are found first: to cancel moves the others.
async fn cancel(source: &Source, waiting: &Waiting) -> Result<(), OperateError> {
    let (now, mut found, mut after) = (Timestamp::now(), Vec::new(), String::new());
    loop {
        let page: QueuedRequests = source.get(&format!("{}?limit=500{after}", path::QUEUED)).await?;
        found.extend(page.requests.into_iter().filter(|request| waiting.holds(request, now)));
        let Some(next) = page.next else { break };
        after = format!("&after={next}");
    }
    let mut count = 0;
    for request in &found {
        let id = request.request_id;
        if !waiting.dry_run {
            match source.act(&path::with_id(path::CANCEL_QUEUED, id)).await {
                // It has ended meanwhile.
                Err(OperateError::Refused(_)) => continue,
                done => done?,
            }
        }
        let cancelled = !waiting.dry_run;
        count += 1;
        let words = if cancelled { "is cancelled" } else { "would be cancelled" };
        let text = || format!("{id} of game {} {words}\n", request.game_id);
        out!("{}", if waiting.json { print::json(&Outcome { request, cancelled }) } else { text() });
    }
    if !waiting.json {
        outln!(
            "{count} of the requests that wait {}",
            if waiting.dry_run { "would be cancelled" } else { "are cancelled" }
        );
    }
    Ok(())
}

/// Everything, or a part of it.
#[derive(Debug, Clone, Args)]
pub struct Scope {
    /// Only the games of this provider
    #[arg(long, value_name = "NAME", conflicts_with_all = ["game", "tenant"])]
    provider: Option<String>,
    /// Only the games of this tenant, also of those that it makes later
    #[arg(long, value_name = "NAME", conflicts_with = "game")]
    tenant: Option<Tenant>,
    /// Only this game
    #[arg(long, value_name = "ID")]
    game: Option<GameId>,
    /// The answer as JSON
    #[arg(long)]
    json: bool,
}

impl Scope {
    fn what(&self) -> PauseScope {
        match (&self.provider, &self.tenant, self.game) {
            (Some(provider), ..) => PauseScope::Provider { provider: provider.clone() },
            (None, Some(tenant), _) => PauseScope::Tenant { tenant: tenant.clone() },
            (None, None, Some(game_id)) => PauseScope::Game { game_id },
            (None, None, None) => PauseScope::All {},
        }
    }
}

/// Pauses, resumes or cancels.
pub async fn change_queue(config: &Config, command: QueueCommand) -> Result<(), OperateError> {
    let source = Source::open(config).await?;
    match command {
        QueueCommand::Pause(scope) => pause(&source, &scope.what(), scope.json).await?,
        QueueCommand::Cancel(waiting) => cancel(&source, &waiting).await?,
        QueueCommand::Resume(scope) => resume(&source, &scope.what(), scope.json).await?,
    }
    Ok(())
}

/// Pauses, and says so.
pub(super) async fn pause(source: &Source, what: &PauseScope, json: bool) -> Result<(), OperateError> {
    let pause: Pause = source.send(path::PAUSE, what).await?;
    let text = || format!("{} is {}\n", print::scope(what), print::paused(&pause, Timestamp::now()));
    out!("{}", if json { print::json(&pause) } else { text() });
    Ok(())
}

/// Resumes, and says what was paused.
pub(super) async fn resume(source: &Source, what: &PauseScope, json: bool) -> Result<(), OperateError> {
    let resumed: Resumed = source.send(path::RESUME, what).await?;
    let text = || match &resumed.pause {
        Some(pause) => format!("{} goes on; it was {}\n", print::scope(what), print::paused(pause, Timestamp::now())),
        None => format!("{} was not paused\n", print::scope(what)),
    };
    out!("{}", if json { print::json(&resumed) } else { text() });
    Ok(())
}
