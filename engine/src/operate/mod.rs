//! The commands of an operator: `engine queue`, `engine dead-letters`, `engine keys`, `engine tenants`, `engine fsck`, `engine models`, `engine prompt`.
//!
//! They speak the operators' part of the HTTP API, so that the command line and a dashboard see the same: over HTTP where
//! the store belongs to a running engine, and otherwise to the same handlers in this process, on the store itself. How it is
//! printed is in [`print`].

mod audit;
mod backup;
mod dead_letters;
mod duration;
mod game_file;
mod games;
mod keys;
mod listing;
mod migrate;
mod models;
mod pause;
mod print;
mod prompt;
mod source;
mod tenants;
mod workers;

use std::time::Duration;

use jiff::Timestamp;
use protocol::{GameId, LaneView, Lanes, Pause, Pauses, ProviderView, QueueView, StoryEventsView, path};
use serde::Serialize;
use store::NewAuditEntry;
use store::embedded::OpenError;

use self::source::Source;
use crate::api::Actor;
use crate::config::Config;
use crate::serve::{self, ServeError};

pub use self::audit::{AuditQuery, audit};
pub use self::backup::{backup, restore, restore_game};
pub use self::dead_letters::{DeadLetterCommand, dead_letters};
pub use self::games::{GameCommand, games};
pub use self::keys::{KeyCommand, NoRandomness, keys};
pub use self::migrate::migrate;
pub use self::models::{check_models, list_models};
pub use self::pause::{QueueCommand, change_queue};
pub use self::prompt::prompt;
pub use self::source::OperateError;
pub use self::tenants::{TenantCommand, tenants};
pub use self::workers::{WorkerCommand, workers};
use crate::{errln, out};

/// How many lanes are shown.
const LANES: usize = 50;

/// How often `--watch` looks again.
const WATCH: Duration = Duration::from_secs(2);

/// What `engine queue` shows.
#[derive(Debug, Serialize)]
struct QueueReport {
    queue: QueueView,
    pauses: Vec<Pause>,
    providers: Vec<ProviderView>,
    lanes: Lanes,
}

/// What `engine queue GAME` shows.
#[derive(Debug, Serialize)]
struct LaneReport {
    lane: LaneView,
    story_events: StoryEventsView,
}

/// Prints what `look` finds; with `watch` again and again until the command is stopped, also while the store is away.
async fn show(
    watch: bool,
    json: bool,
    look: impl AsyncFn() -> Result<String, OperateError>,
) -> Result<(), OperateError> {
    let mut text = look().await?;
    if !watch {
        out!("{text}");
        return Ok(());
    }
    loop {
        // Lines of JSON are for a program, which sees no screen.
        if !json {
            out::clear();
        }
        out!("{text}");
        if out::is_closed() {
            return Ok(());
        }
        tokio::time::sleep(WATCH).await;
        match look().await {
            Ok(found) => text = found,
            Err(error) if json => errln!("{error}"),
            Err(error) => text = format!("{error}; looking again\n"),
        }
    }
}

/// Prints the queue, or one game's lane.
pub async fn queue(config: &Config, game: Option<GameId>, json: bool, watch: bool) -> Result<(), OperateError> {
    let source = Source::open(config).await?;
    show(watch, json, async || queue_as_text(&source, game, json).await).await
}

async fn queue_as_text(source: &Source, game: Option<GameId>, json: bool) -> Result<String, OperateError> {
    if let Some(game) = game {
        let lane = source.get(&path::with_id(path::LANE, game)).await?;
        let story_events = source.get(&path::with_id(path::STORY_EVENTS, game)).await?;
        let report = LaneReport { lane, story_events };
        return Ok(if json {
            print::json(&report)
        } else {
            print::lane(&report.lane, &report.story_events, Timestamp::now())
        });
    }
    let report = QueueReport {
        queue: source.get(path::QUEUE).await?,
        pauses: source.get::<Pauses>(path::PAUSES).await?.pauses,
        providers: source.get(path::QUEUE_PROVIDERS).await?,
        lanes: source.get(&format!("{}?limit={LANES}", path::LANES)).await?,
    };
    Ok(if json { print::json(&report) } else { print::queue(&report, Timestamp::now()) })
}

/// Looks for contradictions in the store, and repairs them if asked to. Returns whether the store is consistent now.
pub async fn fsck(config: &Config, repair: bool) -> Result<bool, OperateError> {
    let store = match serve::open_existing(config).await {
        Err(ServeError::Embedded(OpenError::InUse { .. })) => return Err(OperateError::MustStop),
        store => store?,
    };
    let inspection = store.inspect(repair).await?;
    let (found, left) = (inspection.inconsistencies.len(), inspection.beyond_repair());
    if repair {
        let entry = NewAuditEntry {
            nonce: rand::random(),
            by: Actor::local_command().0,
            action: "repairStore".to_owned(),
            subject: format!("{} of {found} contradictions", found - left),
            outcome: "done".to_owned(),
        };
        store.record_audit(&entry).await?;
    }
    out!("{}", print::inspection(&inspection, repair));
    Ok(if repair { left == 0 } else { found == 0 })
}
