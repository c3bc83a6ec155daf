//! Server-Sent Events as bytes: the only place where an event becomes part of a stream.
//!
//! Comments and `retry` end with one line feed, not with a blank line. The standard allows both, but several clients
//! (httpx-sse among them) dispatch an empty message at every blank line once they have seen an `id` or a `retry`.

use std::time::Duration;

use bytes::Bytes;
use protocol::{Event, EventId};
use store::LogEvent;

use super::hidden;

/// What a stream that has nothing to say sends, so that proxies keep it open and the peer's death is noticed.
pub(super) const KEEPALIVE: Bytes = Bytes::from_static(b": keepalive\n");

/// An event of the log. It is rendered once per process, for all readers.
pub(super) fn of_log(event: &LogEvent) -> Bytes {
    event.rendered(|event| render(Some(event.id), &event.name, &event.data))
}

/// The same for a player, without what is hidden from them.
pub(super) fn of_log_for_player(event: &LogEvent) -> Bytes {
    match hidden::logged(&event.name, &event.data) {
        Some(seen) => event.rendered_in_part(|event| of(Some(event.id), &seen)),
        None => of_log(event),
    }
}

/// An event that is not in the log. Without an id, a reader that is cut off after it resumes before it.
pub(super) fn of(id: Option<EventId>, event: &Event) -> Bytes {
    render(id, event.name().as_str(), &event.data())
}

/// What every stream begins with, so that proxies forward its head at once.
pub(super) fn opening(retry: Duration) -> Bytes {
    Bytes::from(format!("retry: {}\n: connected\n", retry.as_millis()))
}

/// What a stream ends with when the server drains: another wait for each client, so that they do not all connect to
/// another server in the same instant.
pub(super) fn closing(retry: Duration) -> Bytes {
    let retry = retry.mul_f64(rand::random_range(0.5..1.5));
    Bytes::from(format!("retry: {}\n: draining\n", retry.as_millis()))
}

/// `name` and `data` are one line each: the store writes no others.
fn render(id: Option<EventId>, name: &str, data: &str) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    Bytes::from(format!("{id}event: {name}\ndata: {data}\n\n"))
}
