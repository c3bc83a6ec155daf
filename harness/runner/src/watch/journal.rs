//! What has come over one stream, and everything that was wrong with it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use harness_case::profile::{End, Profile};
use protocol::{Event, EventParseError, RequestId};
use serde_json::Value;

use crate::expect::places::compare_places;

/// How the fault begins that a stream has said itself.
const RESET: &str = "the stream was reset";

/// One event as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// When, since the case began.
    pub at: Duration,
    /// Its id as it was written.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its data; null if that is no JSON.
    pub data: Value,
    /// The request that it belongs to.
    pub request: Option<String>,
    /// Its place among the game's events; 0 if it has none.
    pub offset: u64,
    /// The event, if it is one of the story engine's.
    pub event: Option<Event>,
}

impl Seen {
    /// The request of an event of the story engine.
    #[must_use]
    pub fn request_id(&self) -> Option<RequestId> {
        self.event.as_ref()?.request_id()
    }

    /// Whether it belongs to the request with this id.
    #[must_use]
    pub(crate) fn is_of(&self, request: &str) -> bool {
        self.request.as_deref() == Some(request)
    }
}

/// All events of a stream so far, and everything that was wrong with it.
#[derive(Debug, Clone)]
pub struct Journal {
    profile: Arc<Profile>,
    /// Shared, because who looks at them takes a copy of the journal as it is then.
    events: Vec<Arc<Seen>>,
    faults: Vec<String>,
    coverage: Coverage,
    /// The offset that comes next, where ids are contiguous; not known before the first event of a stream that is joined late.
    next: Option<u64>,
    /// Whether it was noted already that an id holds no offset.
    unreadable_id: bool,
}

/// What part of a game's events a stream brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// All of them, from the first.
    Whole,
    /// All of them from some event on.
    Late,
    /// Some of them, such as those of one request.
    Parts,
}

impl Default for Journal {
    /// The journal of one of the story engine's games, from its first event.
    fn default() -> Self {
        Self::new(Profile::story_engine(), Coverage::Whole)
    }
}

impl Journal {
    /// A journal without events.
    #[must_use]
    pub fn new(profile: Arc<Profile>, coverage: Coverage) -> Self {
        let next = profile.events.first.filter(|_| coverage == Coverage::Whole);
        Self { profile, events: Vec::new(), faults: Vec::new(), coverage, next, unreadable_id: false }
    }

    /// Every event, in the order in which they came.
    #[must_use]
    pub fn events(&self) -> &[Arc<Seen>] {
        &self.events
    }

    /// What was wrong: gaps, doubles, events that cannot be read.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The same without what the stream itself has said: that it was reset.
    pub(crate) fn hidden_faults(&self) -> impl Iterator<Item = &String> {
        self.faults.iter().filter(|fault| !fault.starts_with(RESET))
    }

    /// Notes something that was wrong.
    pub(super) fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    /// The id of the last event that had one.
    #[must_use]
    pub(crate) fn last_id(&self) -> Option<&str> {
        self.events.iter().rev().find_map(|seen| seen.id.as_deref())
    }

    /// The place among the game's events of the one with this id, where ids say so.
    pub(crate) fn offset_of(&self, id: &str) -> Option<u64> {
        self.profile.events.offset(id)
    }

    /// The place of the last event among the game's events; 0 if nothing has come.
    #[must_use]
    pub(crate) fn last_offset(&self) -> u64 {
        self.events.iter().rev().find(|seen| seen.id.is_some()).map_or(0, |seen| seen.offset)
    }

    /// The events of one request.
    pub fn of<'a>(&'a self, request: &'a str) -> impl Iterator<Item = &'a Seen> {
        self.events.iter().map(AsRef::as_ref).filter(move |seen: &&Seen| seen.is_of(request))
    }

    /// The event that ended a request, and how; none while it continues, as a dead letter does that is retried.
    #[must_use]
    pub fn end(&self, request: &str) -> Option<(End, &Seen)> {
        let last = self.events.iter().rev().find(|seen| seen.is_of(request))?;
        Some((self.profile.events.end(&last.name)?, last))
    }

    /// How many requests have ended.
    #[must_use]
    pub fn ends(&self) -> usize {
        self.events.iter().filter(|seen| self.profile.events.end(&seen.name).is_some()).count()
    }

    /// Whether a request has been queued whose end has not been shown, no matter who has sent it.
    pub(crate) fn has_unfinished(&self) -> bool {
        let Some(queued) = self.profile.events.unasked.as_ref().map(|unasked| &unasked.event) else { return false };
        let mut unfinished = BTreeSet::new();
        for seen in &self.events {
            let Some(request) = &seen.request else { continue };
            if seen.name == *queued {
                unfinished.insert(request);
            } else if self.profile.events.end(&seen.name).is_some() {
                unfinished.remove(request);
            }
        }
        !unfinished.is_empty()
    }

    /// What has been shown of a request's text, by the latest attempt that showed anything.
    #[must_use]
    pub fn narration(&self, request: &str) -> String {
        let Some(text) = &self.profile.events.text else { return String::new() };
        let pieces: Vec<(u64, &str)> = self
            .of(request)
            .filter(|seen| seen.name == text.event)
            .map(|seen| {
                let attempt = text.attempt.as_ref().and_then(|at| seen.data.pointer(at)).and_then(Value::as_u64);
                (attempt.unwrap_or(0), seen.data.pointer(&text.at).and_then(Value::as_str).unwrap_or_default())
            })
            .collect();
        let latest = pieces.iter().map(|(attempt, _)| *attempt).max();
        pieces.iter().filter(|(attempt, _)| Some(*attempt) == latest).map(|(_, piece)| *piece).collect()
    }

    /// Requests that no client has sent (story events), with their texts, in the order in which they appeared.
    pub fn unasked(&self) -> impl Iterator<Item = (&str, &str)> {
        let unasked = self.profile.events.unasked.as_ref();
        self.events.iter().filter_map(move |seen| {
            let unasked = unasked.filter(|unasked| {
                unasked.event == seen.name && compare_places("", &unasked.matching, &seen.data).is_empty()
            })?;
            let text = seen.data.pointer(&unasked.text).and_then(Value::as_str).unwrap_or_default();
            Some((seen.request.as_deref()?, text))
        })
    }

    /// Takes an event as it came. Also used by tests to make journals.
    pub fn take(&mut self, at: Duration, name: &str, data: &str, id: Option<&str>) {
        let event = if self.profile.is_story_engine() { self.typed(name, data) } else { None };
        let data: Value = serde_json::from_str(data).unwrap_or(Value::Null);
        let offset = self.place(name, &data, id);
        if self.profile.events.broken.iter().any(|known| known == name) {
            let reason = data.get("reason").and_then(Value::as_str).unwrap_or_default();
            self.faults.push(format!("{RESET}: {reason}"));
        }
        let request = self.profile.events.request.as_ref().and_then(|at| match data.pointer(at)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        });
        let id = id.map(str::to_owned);
        self.events.push(Arc::new(Seen { at, id, name: name.to_owned(), data, request, offset, event }));
    }

    /// The place of an event among the game's events, 0 if it has none; notes what is wrong with it. One that joins pieces begins
    /// with the place of the first.
    fn place(&mut self, name: &str, data: &Value, id: Option<&str>) -> u64 {
        let reading = &self.profile.events;
        let Some(contiguous) = &reading.contiguous else { return 0 };
        if reading.without_id.iter().any(|known| known == name) {
            return 0;
        }
        let Some(offset) = id.and_then(|id| reading.offset(id)) else {
            // Every further event would say the same.
            if !std::mem::replace(&mut self.unreadable_id, true) {
                let id = id.map_or_else(|| "without an id".to_owned(), |id| format!("with the id `{id}`"));
                self.faults.push(format!("{name} came {id}, in which `contiguous = '{contiguous}'` finds no offset"));
            }
            return 0;
        };
        let text = reading.text.as_ref().filter(|text| text.event == name);
        let joined = text.and_then(|text| data.pointer(text.joins.as_deref()?)?.as_u64()).unwrap_or(1);
        let first = (offset + 1).saturating_sub(joined);
        match self.next {
            // The stream says itself that it goes on elsewhere.
            _ if reading.broken.iter().any(|known| known == name) => {}
            Some(next) if first < next => self.faults.push(format!("event {first} ({name}) came again")),
            Some(next) if first > next && self.coverage != Coverage::Parts => {
                let before = next.checked_sub(1).filter(|_| self.events.iter().any(|seen| seen.id.is_some()));
                let after =
                    before.map_or_else(|| "at the beginning".to_owned(), |before| format!("after event {before}"));
                self.faults.push(format!("{after} came event {first} ({name})"));
            }
            _ => {}
        }
        self.next = Some(offset + 1);
        offset
    }

    fn typed(&mut self, name: &str, data: &str) -> Option<Event> {
        match Event::parse(name, data) {
            Ok(event) => Some(event),
            Err(EventParseError::Unknown(_)) => None,
            Err(error) => {
                self.faults.push(error.to_string());
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use protocol::{Attempt, GameId};

    use super::*;

    fn chunk(request: RequestId, attempt: u32, content: &str) -> String {
        let chunk = protocol::ChatChunk {
            request_id: request,
            game_id: GameId::new(),
            attempt: Attempt(attempt),
            content: content.to_owned(),
            done: false,
            chunks: NonZeroU64::MIN,
        };
        Event::from(chunk).data()
    }

    fn take(journal: &mut Journal, id: &str, data: &str) {
        journal.take(Duration::ZERO, "chat.chunk", data, Some(id));
    }

    #[test]
    fn a_request_that_nobody_of_the_case_has_sent_is_unfinished_until_its_end_is_shown() {
        let mut journal = Journal::default();
        let data = format!("{{\"request_id\":\"{}\"}}", RequestId::new());
        for (offset, name, is_unfinished) in
            [(1, "request.queued", true), (2, "game.renamed", true), (3, "request.failed", false)]
        {
            journal.take(Duration::ZERO, name, &data, Some(&format!("9:{offset}")));
            assert_eq!(journal.has_unfinished(), is_unfinished, "{name}");
        }
        journal.take(Duration::ZERO, "request.queued", &data, Some("9:4"));
        assert!(journal.has_unfinished(), "a dead letter that is retried");
    }

    #[test]
    fn a_gap_and_a_double_are_faults() {
        let request = RequestId::new();
        let mut journal = Journal::default();
        for offset in [1, 2, 2, 4, 5] {
            take(&mut journal, &format!("9:{offset}"), &chunk(request, 1, "x"));
        }
        assert_eq!(journal.faults(), ["event 2 (chat.chunk) came again", "after event 2 came event 4 (chat.chunk)"]);
    }

    #[test]
    fn a_stream_that_is_joined_late_begins_anywhere_and_then_leaves_nothing_out() {
        let mut journal = Journal::new(Profile::story_engine(), Coverage::Late);
        for offset in [7, 8, 10] {
            take(&mut journal, &format!("9:{offset}"), &chunk(RequestId::new(), 1, "x"));
        }
        assert_eq!(journal.faults(), ["after event 8 came event 10 (chat.chunk)"]);
    }

    #[test]
    fn chunks_that_are_joined_leave_no_gap_and_must_not_come_again() {
        let faults = |offset: u64| {
            let mut journal = Journal::default();
            take(&mut journal, "9:1", &chunk(RequestId::new(), 1, "x"));
            let joined = chunk(RequestId::new(), 1, "xyz").replace("false}", "false,\"chunks\":3}");
            take(&mut journal, &format!("9:{offset}"), &joined);
            take(&mut journal, &format!("9:{}", offset + 1), &chunk(RequestId::new(), 1, "x"));
            journal.faults().to_vec()
        };
        assert_eq!(faults(4), Vec::<String>::new());
        assert_eq!(faults(5), ["after event 1 came event 3 (chat.chunk)"]);
        assert_eq!(faults(3), ["event 1 (chat.chunk) came again"]);
    }

    #[test]
    fn events_without_an_id_or_with_broken_data_are_faults() {
        let mut journal = Journal::default();
        journal.take(Duration::ZERO, "chat.chunk", "{}", None);
        journal.take(Duration::ZERO, "chat.chunk", "{}", Some("1:1"));
        assert_eq!(journal.faults().len(), 3, "{:?}", journal.faults());
        assert_eq!(journal.events().len(), 2, "what a step waits for has come all the same");
    }

    #[test]
    fn a_service_with_ids_of_another_form_has_gaps_and_doubles_too() {
        let mut profile = (*Profile::story_engine()).clone();
        profile.name = "other".to_owned();
        profile.events.contiguous = Some(regex::Regex::new("^e-(?<offset>[0-9]+)$").unwrap());
        profile.events.first = Some(0);
        let profile = Arc::new(profile);
        let faults = |ids: &[&str]| {
            let mut journal = Journal::new(Arc::clone(&profile), Coverage::Whole);
            for id in ids {
                journal.take(Duration::ZERO, "word", "{}", Some(id));
            }
            journal.faults().to_vec()
        };
        assert_eq!(faults(&["e-0", "e-1", "e-2"]), Vec::<String>::new());
        assert_eq!(faults(&["e-1"]), ["at the beginning came event 1 (word)"]);
        assert_eq!(faults(&["e-0", "e-0", "e-3"]), ["event 0 (word) came again", "after event 0 came event 3 (word)"]);
        let unreadable = faults(&["7", "8"]);
        assert_eq!(unreadable.len(), 1, "{unreadable:?}");
        assert!(unreadable[0].contains("the id `7`") && unreadable[0].contains("^e-"), "{unreadable:?}");
    }

    #[test]
    fn the_narration_is_that_of_the_latest_attempt() {
        let request = RequestId::new();
        let mut journal = Journal::default();
        take(&mut journal, "1:1", &chunk(request, 1, "The old "));
        take(&mut journal, "1:2", &chunk(request, 2, "The "));
        take(&mut journal, "1:3", &chunk(RequestId::new(), 1, "elsewhere"));
        take(&mut journal, "1:4", &chunk(request, 2, "bell."));
        assert_eq!(journal.narration(&request.to_string()), "The bell.");
    }
}
