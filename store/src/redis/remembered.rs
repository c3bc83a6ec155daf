//! What is kept beside a game in Redis: `game-tries:{id}` (JSON), `game-changes:{id}` (list), and the records of its requests that have ended.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use protocol::{GameId, IdError, RequestId};

use super::connection::Connection;
use super::step::{self, StepArgs};
use super::unexpected::{from_json, unexpected_reply};
use crate::{EndedRequest, Remembered, RememberedChange, StoreError};

/// How many requests a step looks for: it must not hold up others.
const AT_ONCE: usize = 200;

/// A request as `remembered.lua` returns it: its id, how long it is kept (ms), and its fields.
type Ended = (String, u64, BTreeMap<String, String>);

/// Reads what is kept beside a game.
pub(super) async fn read(shard: &Connection, id: GameId, requests: &[RequestId]) -> Result<Remembered, StoreError> {
    let mut all = Remembered::default();
    // Without requests there are still changes and tries.
    for some in requests.chunks(AT_ONCE).chain(requests.is_empty().then_some(&[][..])) {
        let call = some.iter().fold(StepArgs::new().id(id), StepArgs::id);
        let (tries, changes, ended): (Option<String>, Vec<String>, Vec<Ended>) =
            shard.run(&step::REMEMBERED, &call).await?;
        all.tries = tries.map_or(Ok(Vec::new()), |text| from_json(shard.key("game-tries", id), &text))?;
        all.changes = changes.iter().map(|text| change(text)).collect::<Result<_, _>>()?;
        let now = Timestamp::now();
        for (id, kept_for, fields) in ended {
            let id = id.parse().map_err(|error: IdError| unexpected_reply("a request", &error))?;
            all.requests.push(EndedRequest { id, expires_at: now + Duration::from_millis(kept_for), fields });
        }
    }
    Ok(all)
}

/// Adds the changes and the requests as `create_game.lua` takes them.
pub(super) fn write(mut call: StepArgs, remembered: &Remembered) -> StepArgs {
    for RememberedChange { key, fingerprint, version, turn, cursor, request } in &remembered.changes {
        let request = request.map_or_else(String::new, |request| request.to_string());
        call = call.id(format_args!("{key}\n{fingerprint}\n{version}\n{turn}\n{cursor}\n{request}"));
    }
    let now = Timestamp::now();
    for EndedRequest { id, expires_at, fields } in &remembered.requests {
        // One whose time is over is forgotten at once.
        let kept_for = expires_at.duration_since(now).as_millis().max(1);
        call = call.id(id).id(kept_for).arg(fields.len());
        for (name, value) in fields {
            call = call.arg(name).arg(value);
        }
    }
    call
}

/// Reads a change as `changes.lua` keeps it.
fn change(text: &str) -> Result<RememberedChange, StoreError> {
    let read = || {
        let mut lines = text.splitn(6, '\n');
        let mut line = || lines.next();
        Some(RememberedChange {
            key: line()?.to_owned(),
            fingerprint: line()?.to_owned(),
            version: line()?.parse().ok()?,
            turn: line()?.parse().ok()?,
            cursor: line()?.parse().ok()?,
            request: match line()? {
                "" => None,
                request => Some(request.parse().ok()?),
            },
        })
    };
    read().ok_or_else(|| unexpected_reply("a remembered change", &text))
}
