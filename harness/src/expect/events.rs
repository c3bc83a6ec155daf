//! Expectations on the order of events.

use std::collections::BTreeMap;

use protocol::{Event, RequestId};
use serde_json::Value;

use super::{Mismatch, matches_places};
use crate::case::{EventList, EventPattern};
use crate::watch::Seen;

/// An event, or the pieces of one attempt's narration that followed each other, as if they had been one.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// The event's name.
    pub name: String,
    /// The request that it belongs to.
    pub request: Option<RequestId>,
    /// Its data; of pieces that were joined, the whole text and the last one's `done`.
    pub data: Value,
}

/// Joins pieces of narration that follow each other: where a model's answer is cut is nobody's promise.
#[must_use]
pub fn join_chunks(events: &[&Seen]) -> Vec<Joined> {
    let mut joined: Vec<Joined> = Vec::new();
    for seen in events {
        if let Some(Event::ChatChunk(chunk)) = &seen.event
            && let Some(last) = joined.last_mut().filter(|last| last.name == seen.name)
            && last.request == Some(chunk.request_id)
            && last.data["attempt"] == seen.data["attempt"]
        {
            let text = last.data["content"].as_str().unwrap_or_default().to_owned() + &chunk.content;
            last.data["content"] = text.into();
            last.data["done"] = chunk.done.into();
        } else {
            joined.push(Joined { name: seen.name.clone(), request: seen.request(), data: seen.data.clone() });
        }
    }
    joined
}

pub(super) fn check(list: &EventList, events: &[&Seen], labels: &BTreeMap<String, RequestId>) -> Option<Mismatch> {
    let events = join_chunks(events);
    let fits = |event: &Joined, pattern: &EventPattern| {
        let of_request = |label| labels.get(label).copied() == event.request && event.request.is_some();
        event.name == pattern.event
            && pattern.request.as_deref().is_none_or(of_request)
            && matches_places("", &pattern.matching, &event.data).is_empty()
    };
    let patterns = list.patterns();
    let met = match list {
        EventList::Exactly(_) => {
            let same = events.iter().zip(patterns).take_while(|(event, pattern)| fits(event, pattern)).count();
            if same == events.len() && same == patterns.len() {
                return None;
            }
            same
        }
        EventList::InOrder(_) => {
            let mut met = 0;
            for event in &events {
                if patterns.get(met).is_some_and(|pattern| fits(event, pattern)) {
                    met += 1;
                }
            }
            if met == patterns.len() {
                return None;
            }
            met
        }
    };
    let expected: Vec<String> = patterns.iter().map(describe).collect();
    let next = expected.get(met).map_or_else(|| "nothing more".to_owned(), Clone::clone);
    let actual: Vec<String> = events.iter().map(|event| event.name.clone()).collect();
    let kind = if matches!(list, EventList::Exactly(_)) { "exactly " } else { "" };
    Some(Mismatch::new(
        "expect.events",
        format!("{kind}[{}]", expected.join(", ")),
        format!("[{}]; not met: number {}, {next}", actual.join(", "), met + 1),
    ))
}

fn describe(pattern: &EventPattern) -> String {
    let request = pattern.request.as_ref().map(|label| format!(" of `{label}`")).unwrap_or_default();
    let places = pattern.matching.iter().map(|(pointer, value)| format!(" {pointer}={value}"));
    format!("{}{request}{}", pattern.event, places.collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use protocol::{Attempt, ChatChunk, GameId};
    use serde_json::json;

    use super::*;
    use crate::watch::Journal;

    fn journal(request: RequestId, pieces: &[(u32, &str)]) -> Journal {
        let mut journal = Journal::default();
        let cancelled = protocol::RequestCancelled {
            request_id: request,
            game_id: GameId::new(),
            status: protocol::RequestStatus::Cancelled,
        };
        for (n, (attempt, content)) in pieces.iter().enumerate() {
            let chunk = ChatChunk {
                request_id: request,
                game_id: GameId::new(),
                attempt: Attempt(*attempt),
                content: (*content).to_owned(),
                done: false,
            };
            let id = format!("1:{}", n + 1);
            journal.take(Duration::ZERO, "chat.chunk", &Event::from(chunk).data(), Some(&id));
        }
        let id = format!("1:{}", pieces.len() + 1);
        journal.take(Duration::ZERO, "request.cancelled", &Event::from(cancelled).data(), Some(&id));
        journal
    }

    fn wrong(list: Value, journal: &Journal, labels: &[(&str, RequestId)]) -> Option<String> {
        let list: EventList = serde_json::from_value(list).unwrap();
        let events: Vec<&Seen> = journal.events().iter().collect();
        let labels = labels.iter().map(|(label, id)| ((*label).to_owned(), *id)).collect();
        check(&list, &events, &labels).map(|mismatch| mismatch.actual)
    }

    #[test]
    fn pieces_of_one_attempt_count_as_one() {
        let journal = journal(RequestId::new(), &[(1, "a"), (1, "b"), (2, "c")]);
        let events: Vec<&Seen> = journal.events().iter().collect();
        let texts: Vec<_> = join_chunks(&events).iter().map(|event| event.data["content"].clone()).collect();
        assert_eq!(texts, [json!("ab"), json!("c"), Value::Null]);
    }

    #[test]
    fn a_plain_list_allows_others_between_and_exactly_does_not() {
        let journal = journal(RequestId::new(), &[(1, "a"), (2, "b")]);
        assert_eq!(wrong(json!(["chat.chunk", "request.cancelled"]), &journal, &[]), None);
        assert!(
            wrong(json!({"exactly": ["chat.chunk", "request.cancelled"]}), &journal, &[]).unwrap().contains("number 2")
        );
        assert_eq!(wrong(json!({"exactly": ["chat.chunk", "chat.chunk", "request.cancelled"]}), &journal, &[]), None);
    }

    #[test]
    fn order_label_and_data_count() {
        let (a, b) = (RequestId::new(), RequestId::new());
        let journal = journal(a, &[(1, "x")]);
        let labels = [("a", a), ("b", b)];
        assert!(wrong(json!(["request.cancelled", "chat.chunk"]), &journal, &labels).is_some());
        assert_eq!(
            wrong(json!([{"event": "chat.chunk", "request": "a", "where": {"/attempt": 1}}]), &journal, &labels),
            None
        );
        assert!(wrong(json!([{"event": "chat.chunk", "request": "b"}]), &journal, &labels).is_some());
        assert!(wrong(json!([{"event": "chat.chunk", "where": {"/attempt": 2}}]), &journal, &labels).is_some());
    }
}
