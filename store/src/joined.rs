//! Chunks that follow each other in a log, joined to one entry.
//!
//! ```text
//!  live:     5 "You see"   6 " a"   7 " door."              each is an event
//!  another event follows:
//!  kept:     7 "You see a door." chunks 3, pieces 7, 2, 6   one entry, with the id of the last
//!  read:     after 4 ► 7 "You see a door." chunks 3         the whole text
//!            after 5 ► 7 " a door." chunks 2                the rest of it
//! ```
//!
//! Both stores join in the step that appends the other event (`lua/common.lua`, `embedded/events.rs`), and read here. Text that is void
//! with the other event is not kept: the entry then says only how many chunks there were.
//!
//! A piece is measured as JSON writes it, so joining and cutting never decode a text.

use std::num::NonZeroU64;

use protocol::{Attempt, EventId, EventName, GameId, RequestId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::LogEvent;

/// A `chat.chunk` as a log keeps it: its payload, and the lengths of the pieces that it joins; none if their text is void.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredChunk<T> {
    pub(super) request_id: RequestId,
    pub(super) game_id: GameId,
    pub(super) attempt: Attempt,
    pub(super) content: T,
    pub(super) done: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) chunks: Option<NonZeroU64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pieces: Option<Vec<usize>>,
}

/// A joined entry cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum JoinedError {
    /// It is no chunk.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The lengths of its pieces are not those of its text.
    #[error("its pieces are not those of its text")]
    Pieces,
}

/// Whether the text of a request's chunks is void after an event of the same request.
pub(super) const fn ends_void(event: EventName) -> bool {
    matches!(event, EventName::AttemptSuperseded | EventName::RequestFailed | EventName::RequestCancelled)
}

/// The names of these events.
pub(super) fn endings_void() -> impl Iterator<Item = EventName> {
    EventName::ALL.iter().copied().filter(|name| ends_void(*name))
}

/// What a reader after `after` gets of an entry; nothing if they have all of it.
pub(super) fn rest(entry: LogEvent, after: Option<EventId>) -> Result<Option<LogEvent>, JoinedError> {
    let seen = after.filter(|after| after.epoch == entry.id.epoch).map_or(0, |after| after.offset);
    if seen >= entry.id.offset {
        return Ok(None);
    }
    if !is_joined(&entry) {
        return Ok(Some(entry));
    }
    let chunk: StoredChunk<&RawValue> = serde_json::from_str(&entry.data)?;
    let first = first_offset(entry.id, &chunk);
    cut(&entry, &chunk, usize::try_from((seen + 1).saturating_sub(first)).unwrap_or(usize::MAX), None).map(Some)
}

/// The first offset that an entry has.
pub(super) fn first(entry: &LogEvent) -> Result<u64, JoinedError> {
    if !is_joined(entry) {
        return Ok(entry.id.offset);
    }
    Ok(first_offset(entry.id, &serde_json::from_str::<StoredChunk<&RawValue>>(&entry.data)?))
}

/// The chunks behind `after` that an entry joins, each as the event that it was.
pub(super) fn pieces(entry: &LogEvent, after: Option<EventId>) -> Result<Vec<LogEvent>, JoinedError> {
    let chunk: StoredChunk<&RawValue> = serde_json::from_str(&entry.data)?;
    let first = first_offset(entry.id, &chunk);
    let seen = after.filter(|after| after.epoch == entry.id.epoch).map_or(0, |after| after.offset);
    (0..)
        .zip(first..=entry.id.offset)
        .filter(|(_, offset)| *offset > seen)
        .map(|(number, offset)| {
            let event = cut(entry, &chunk, number, Some(number + 1))?;
            Ok(LogEvent::new(EventId { offset, ..entry.id }, event.request, event.name, event.data))
        })
        .collect()
}

/// The data of an entry that joins chunks, the last of which ends with `done`.
pub(super) fn join(chunks: &[&str], is_void: bool) -> Result<String, JoinedError> {
    let mut text = String::from("\"");
    let mut pieces = Vec::with_capacity(chunks.len());
    let mut last = None;
    for data in chunks {
        let chunk: StoredChunk<&RawValue> = serde_json::from_str(data)?;
        let piece = inner(chunk.content);
        text.push_str(if is_void { "" } else { piece });
        pieces.push(piece.len());
        last = Some(chunk);
    }
    text.push('"');
    let last = last.ok_or(JoinedError::Pieces)?;
    let content = RawValue::from_string(text)?;
    let chunks = NonZeroU64::new(pieces.len() as u64).filter(|chunks| chunks.get() > 1);
    let pieces = Some(pieces).filter(|_| !is_void && chunks.is_some());
    let StoredChunk { request_id, game_id, attempt, done, .. } = last;
    Ok(serde_json::to_string(&StoredChunk { request_id, game_id, attempt, content: &*content, done, chunks, pieces })?)
}

/// Whether the entry joins chunks. In a text the quotes of this member would be escaped.
fn is_joined(entry: &LogEvent) -> bool {
    entry.name == EventName::ChatChunk.as_str() && entry.data.contains(r#""chunks":"#)
}

fn first_offset<T>(last: EventId, chunk: &StoredChunk<T>) -> u64 {
    (last.offset + 1).saturating_sub(chunk.chunks.map_or(1, NonZeroU64::get))
}

/// An entry's text from one of its pieces on, to its end or to another.
fn cut(
    entry: &LogEvent,
    chunk: &StoredChunk<&RawValue>,
    from: usize,
    to: Option<usize>,
) -> Result<LogEvent, JoinedError> {
    let joined = usize::try_from(chunk.chunks.map_or(1, NonZeroU64::get)).unwrap_or(usize::MAX);
    let to = to.unwrap_or(joined);
    let text = match &chunk.pieces {
        Some(pieces) => {
            let whole = pieces.len() == joined && pieces.iter().sum::<usize>() == inner(chunk.content).len();
            let before = pieces.get(..from).filter(|_| whole).ok_or(JoinedError::Pieces)?;
            let start = before.iter().sum::<usize>();
            let of = pieces.get(from..to).ok_or(JoinedError::Pieces)?;
            inner(chunk.content).get(start..start + of.iter().sum::<usize>()).ok_or(JoinedError::Pieces)?
        }
        None => inner(chunk.content),
    };
    let content = RawValue::from_string(format!("\"{text}\"")).map_err(|_| JoinedError::Pieces)?;
    let &StoredChunk { request_id, game_id, attempt, done, .. } = chunk;
    let chunks = NonZeroU64::new((to - from) as u64).filter(|chunks| chunks.get() > 1);
    let done = done && to == joined;
    let data = serde_json::to_string(&StoredChunk {
        request_id,
        game_id,
        attempt,
        content: &*content,
        done,
        chunks,
        pieces: None,
    })?;
    Ok(LogEvent::new(entry.id, entry.request, entry.name.clone(), data))
}

/// A JSON string without its quotes.
fn inner(text: &RawValue) -> &str {
    let text = text.get();
    text.get(1..text.len() - 1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use protocol::{ChatChunk, Event};

    use super::*;

    const WRITTEN: [&str; 4] = ["\"You\n", "", "see\u{1} ", "a d\u{f6}\u{f6}r.\\"];

    fn chunk(content: &str, done: bool) -> Event {
        let (request_id, game_id, attempt) = (RequestId::default(), GameId::default(), Attempt(2));
        ChatChunk { request_id, game_id, attempt, content: content.to_owned(), done, chunks: NonZeroU64::MIN }.into()
    }

    /// The entry that joins what was published as the events 5 to 8.
    fn joined(is_void: bool) -> LogEvent {
        let written = WRITTEN.iter().enumerate().map(|(n, content)| chunk(content, n == 3).data()).collect::<Vec<_>>();
        let written = written.iter().map(String::as_str).collect::<Vec<_>>();
        let data = join(&written, is_void).unwrap();
        LogEvent::new(at(8), Some(RequestId::default()), "chat.chunk".to_owned(), data)
    }

    fn at(offset: u64) -> EventId {
        EventId { epoch: 1, offset }
    }

    fn read(event: &LogEvent) -> (u64, String, bool, u64) {
        let Ok(Event::ChatChunk(chunk)) = Event::parse(&event.name, &event.data) else { panic!("{event:?}") };
        assert_eq!(event.data, Event::from(chunk.clone()).data(), "what is read is what `protocol` writes");
        (event.id.offset, chunk.content, chunk.done, chunk.chunks.get())
    }

    #[test]
    fn a_reader_in_the_middle_gets_the_rest_once() {
        for seen in 0..8 {
            let after = Some(at(seen)).filter(|after| after.offset > 0);
            let event = rest(joined(false), after).unwrap().unwrap();
            let missing = usize::try_from(seen.saturating_sub(4)).unwrap();
            assert_eq!(read(&event), (8, WRITTEN[missing..].concat(), true, 4 - missing as u64), "after {seen}");
        }
        assert_eq!(rest(joined(false), Some(at(8))).unwrap(), None);
        let other = EventId { epoch: 2, offset: 6 };
        assert_eq!(
            read(&rest(joined(false), Some(other)).unwrap().unwrap()).3,
            4,
            "an id of another epoch is not in it"
        );
    }

    #[test]
    fn the_pieces_are_the_events_that_were_published() {
        let pieces = pieces(&joined(false), Some(at(5))).unwrap();
        let expected = (6..).zip(&WRITTEN[1..]).map(|(offset, text)| (offset, (*text).to_owned(), offset == 8, 1));
        assert_eq!(pieces.iter().map(read).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }

    #[test]
    fn void_text_is_not_kept_and_its_ids_are() {
        let entry = joined(true);
        assert!(!entry.data.contains("You") && !entry.data.contains("pieces"), "{}", entry.data);
        assert_eq!(read(&rest(entry.clone(), Some(at(3))).unwrap().unwrap()), (8, String::new(), true, 4));
        assert_eq!(read(&rest(entry, Some(at(6))).unwrap().unwrap()), (8, String::new(), true, 2));
    }

    #[test]
    fn a_chunk_alone_stays_as_it_is_and_so_does_any_other_event() {
        let alone = chunk("It says \"chunks\":2.", true).data();
        assert_eq!(join(&[&alone], false).unwrap(), alone);
        let entry = LogEvent::new(at(3), None, "chat.chunk".to_owned(), alone);
        assert_eq!(rest(entry.clone(), Some(at(2))).unwrap(), Some(entry.clone()));
        assert_eq!(rest(entry, Some(at(3))).unwrap(), None);
        let other = LogEvent::new(at(4), None, "game.later".to_owned(), r#"{"chunks":2}"#.to_owned());
        assert_eq!(rest(other.clone(), Some(at(3))).unwrap(), Some(other));
    }

    #[test]
    fn pieces_that_do_not_fit_their_text_are_an_error_and_no_panic() {
        let (start, _) =
            joined(false).data.split_once("\"pieces\":").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        for pieces in ["[1]", "[1,2,3,400]", "[-1]", "[1,2,3,4,5]"] {
            let entry = LogEvent::new(at(8), None, "chat.chunk".to_owned(), format!("{start}\"pieces\":{pieces}}}"));
            assert!(rest(entry, Some(at(6))).is_err(), "{pieces}");
        }
    }
}
