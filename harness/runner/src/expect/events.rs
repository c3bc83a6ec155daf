//! Expectations on the order of events.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use harness_case::profile::TextEvents;
use harness_case::{EventList, EventPattern};
use harness_events::Mismatch;
use serde_json::Value;

use super::{Observed, compare_places};
use crate::watch::Seen;

/// How much of an id a message shows, in characters.
const SHORT_ID: usize = 6;

/// The longest value that a message shows of an event, in characters.
const VALUE_MAX: usize = 60;

/// An event, or the pieces of one attempt's narration that followed each other, as if they had been one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Joined {
    /// The event's name.
    pub name: String,
    /// The request that it belongs to.
    pub request: Option<String>,
    /// Its data; of pieces that were joined, the whole text and the last one's `done`.
    pub data: Value,
}

/// Joins pieces of a text that follow each other: where a model's answer is cut is not promised, nor how many pieces an event
/// joins already. What else they say is what the last of them says.
#[must_use]
pub(crate) fn join_chunks(events: &[&Seen], text: Option<&TextEvents>) -> Vec<Joined> {
    let mut joined: Vec<Joined> = Vec::new();
    for seen in events {
        let continued = text.filter(|text| text.event == seen.name).and_then(|text| {
            let attempt = |data: &Value| text.attempt.as_ref().and_then(|at| data.pointer(at)).cloned();
            let last = joined.last_mut().filter(|last| last.name == seen.name && last.request == seen.request)?;
            (attempt(&last.data) == attempt(&seen.data)).then_some((text, last))
        });
        if let Some((text, last)) = continued {
            let piece = |data: &Value| data.pointer(&text.at).and_then(Value::as_str).unwrap_or_default().to_owned();
            let whole = piece(&last.data) + &piece(&seen.data);
            last.data = seen.data.clone();
            if let Some(place) = last.data.pointer_mut(&text.at) {
                *place = whole.into();
            }
        } else {
            joined.push(Joined { name: seen.name.clone(), request: seen.request.clone(), data: seen.data.clone() });
        }
    }
    let count = text.and_then(|text| Some((&text.event, text.joins.as_deref()?.rsplit_once('/')?)));
    if let Some((name, (parent, member))) = count {
        for event in joined.iter_mut().filter(|event| event.name == *name) {
            if let Some(Value::Object(members)) = event.data.pointer_mut(parent) {
                members.shift_remove(member);
            }
        }
    }
    joined
}

pub(super) fn check(list: &EventList, seen: &Observed<'_>) -> Option<Mismatch> {
    let events = join_chunks(&seen.events, seen.text);
    let fits = |event: &Joined, pattern: &EventPattern| fits(event, pattern, &seen.labels);
    // What did not fit, said in words, and whether more events could still make it right.
    let (not_met, hopeless) = match list {
        EventList::Exactly(patterns) => {
            let same = events.iter().zip(patterns).take_while(|(event, pattern)| fits(event, pattern)).count();
            if same == events.len() && same == patterns.len() {
                return None;
            }
            let next = patterns.get(same).map_or_else(|| "nothing more".to_owned(), describe);
            // The last event may be a piece of text that has not come as a whole.
            let settled = same + 1 < events.len() || same == patterns.len();
            (format!("number {}, {next}", same + 1), settled)
        }
        EventList::InOrder(patterns) => (first_missing(patterns, &events, &fits)?, false),
        EventList::Interleaved(lists) => {
            let mut lists = lists.iter().enumerate();
            let (list, missing) = lists.find_map(|(n, list)| Some((n, first_missing(list, &events, &fits)?)))?;
            (format!("list {}: {missing}", list + 1), false)
        }
        EventList::AnyOrder(patterns) => {
            let mut free: Vec<&Joined> = events.iter().collect();
            let missing = patterns.iter().find(|pattern| {
                let found = free.iter().position(|event| fits(event, pattern));
                found.map(|found| free.remove(found)).is_none()
            });
            (describe(missing?), false)
        }
        EventList::None(patterns) => {
            let found = events.iter().find(|event| patterns.iter().any(|pattern| fits(event, pattern)));
            match found {
                Some(event) => (format!("{} is there", event.name), true),
                None if seen.quiet => return None,
                None => ("something may still happen".to_owned(), false),
            }
        }
    };
    let attempt_at = seen.text.and_then(|text| text.attempt.as_deref());
    let actual: Vec<String> = events.iter().map(|event| shown(event, list, &seen.labels, attempt_at)).collect();
    let actual = format!("[{}]; not met: {not_met}", actual.join(", "));
    Some(Mismatch::new("expect.events", in_words(list), actual).hopeless(hopeless))
}

/// An event with what a pattern may speak of: its request, its attempt, and the values at the places that patterns of its name
/// name.
fn shown(event: &Joined, list: &EventList, labels: &BTreeMap<String, String>, attempt_at: Option<&str>) -> String {
    let mut text = event.name.clone();
    if let Some(id) = &event.request {
        let label = labels.iter().find(|(_, known)| *known == id).map(|(label, _)| label);
        // Without a label, the end of an id tells two requests apart: ids that were made together begin alike.
        let short = || format!("…{}", id.chars().skip(id.chars().count().saturating_sub(SHORT_ID)).collect::<String>());
        text += &label.map_or_else(|| format!(" of {}", short()), |label| format!(" of `{label}`"));
    }
    let named =
        list.patterns().filter(|pattern| pattern.event == event.name).flat_map(|pattern| pattern.matching.keys());
    let places: BTreeSet<&str> = named.map(String::as_str).chain(attempt_at).collect();
    for place in places {
        if let Some(value) = event.data.pointer(place) {
            let value: String = value.to_string().chars().take(VALUE_MAX).collect();
            // Writing to a String cannot fail.
            let _ = write!(text, " {place}={value}");
        }
    }
    text
}

fn fits(event: &Joined, pattern: &EventPattern, labels: &BTreeMap<String, String>) -> bool {
    let of_request = |label| labels.get(label) == event.request.as_ref() && event.request.is_some();
    event.name == pattern.event
        && pattern.request.as_deref().is_none_or(of_request)
        && compare_places("", &pattern.matching, &event.data).is_empty()
}

/// The first pattern of a list that no event after those of the patterns before it fits.
fn first_missing(
    patterns: &[EventPattern],
    events: &[Joined],
    fits: &impl Fn(&Joined, &EventPattern) -> bool,
) -> Option<String> {
    let mut met = 0;
    for event in events {
        if patterns.get(met).is_some_and(|pattern| fits(event, pattern)) {
            met += 1;
        }
    }
    patterns.get(met).map(|pattern| format!("number {}, {}", met + 1, describe(pattern)))
}

/// An expectation on events, for a message.
fn in_words(list: &EventList) -> String {
    let joined = |patterns: &[EventPattern]| patterns.iter().map(describe).collect::<Vec<_>>().join(", ");
    match list {
        EventList::InOrder(patterns) => format!("[{}]", joined(patterns)),
        EventList::Exactly(patterns) => format!("exactly [{}]", joined(patterns)),
        EventList::AnyOrder(patterns) => format!("in any order [{}]", joined(patterns)),
        EventList::Interleaved(lists) => {
            let lists: Vec<String> = lists.iter().map(|list| format!("[{}]", joined(list))).collect();
            format!("interleaved {}", lists.join(", "))
        }
        EventList::None(patterns) => format!("none of [{}]", joined(patterns)),
    }
}

fn describe(pattern: &EventPattern) -> String {
    let request = pattern.request.as_ref().map(|label| format!(" of `{label}`")).unwrap_or_default();
    let places = pattern.matching.iter().map(|(pointer, value)| format!(" {pointer}={value}"));
    format!("{}{request}{}", pattern.event, places.collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;
    use std::time::Duration;

    use harness_case::profile::Profile;
    use protocol::{Attempt, ChatChunk, Event, GameId, RequestId};
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
                chunks: NonZeroU64::MIN,
            };
            let id = format!("1:{}", n + 1);
            journal.take(Duration::ZERO, "chat.chunk", &Event::from(chunk).data(), Some(&id));
        }
        let id = format!("1:{}", pieces.len() + 1);
        journal.take(Duration::ZERO, "request.cancelled", &Event::from(cancelled).data(), Some(&id));
        journal
    }

    fn mismatch(list: Value, journal: &Journal, labels: &[(&str, RequestId)], quiet: bool) -> Option<Mismatch> {
        let list: EventList = serde_json::from_value(list).unwrap();
        let events: Vec<&Seen> = journal.events().iter().map(AsRef::as_ref).collect();
        let labels = labels.iter().map(|(label, id)| ((*label).to_owned(), id.to_string())).collect();
        let profile = Profile::story_engine();
        check(&list, &Observed { events, labels, quiet, text: profile.events.text.as_ref(), ..Observed::default() })
    }

    fn wrong(list: Value, journal: &Journal, labels: &[(&str, RequestId)]) -> Option<String> {
        mismatch(list, journal, labels, false).map(|mismatch| mismatch.actual)
    }

    #[test]
    fn any_order_counts_and_lists_may_be_interleaved() {
        let (a, b) = (RequestId::new(), RequestId::new());
        let mut journal = journal(a, &[(1, "x")]);
        let late = protocol::RequestCancelled {
            request_id: b,
            game_id: GameId::new(),
            status: protocol::RequestStatus::Cancelled,
        };
        journal.take(Duration::ZERO, "request.cancelled", &Event::from(late).data(), Some("1:3"));
        let labels = [("a", a), ("b", b)];
        let of = |event: &str, request: &str| json!({"event": event, "request": request});
        let both = json!({"any_order": [of("request.cancelled", "b"), of("request.cancelled", "a"), "chat.chunk"]});
        assert_eq!(wrong(both, &journal, &labels), None);
        let twice = json!({"any_order": [of("request.cancelled", "b"), of("request.cancelled", "b")]});
        assert!(wrong(twice, &journal, &labels).is_some());
        let lists = |first: Value, second: Value| json!({"interleaved": [first, second]});
        let a_in_order = json!([of("chat.chunk", "a"), of("request.cancelled", "a")]);
        assert_eq!(wrong(lists(a_in_order, json!([of("request.cancelled", "b")])), &journal, &labels), None);
        let a_reversed = json!([of("request.cancelled", "a"), of("chat.chunk", "a")]);
        let found = wrong(lists(json!(["chat.chunk"]), a_reversed), &journal, &labels).unwrap();
        assert!(found.contains("list 2: number 2"), "{found}");
    }

    #[test]
    fn absence_is_known_only_when_nothing_happens_any_more() {
        let journal = journal(RequestId::new(), &[(1, "x")]);
        let none = || json!({"none": ["request.failed"]});
        assert!(!mismatch(none(), &journal, &[], false).unwrap().hopeless);
        assert_eq!(mismatch(none(), &journal, &[], true), None);
        assert!(mismatch(json!({"none": ["chat.chunk"]}), &journal, &[], false).unwrap().hopeless);
    }

    #[test]
    fn a_mismatch_shows_request_attempt_and_the_values_that_are_expected() {
        let (a, b) = (RequestId::new(), RequestId::new());
        let journal = journal(a, &[(1, "x"), (2, "y")]);
        let found =
            wrong(json!([{"event": "chat.chunk", "where": {"/content": "z"}}]), &journal, &[("first", a)]).unwrap();
        assert!(
            found.contains(r#"chat.chunk of `first` /attempt=1 /content="x", chat.chunk of `first` /attempt=2"#),
            "{found}"
        );
        let found = wrong(json!(["request.failed"]), &journal, &[("other", b)]).unwrap();
        let id = a.to_string();
        assert!(found.contains(&format!("request.cancelled of …{}", &id[id.len() - 6..])), "{found}");
    }

    #[test]
    fn what_has_come_too_much_is_known_at_once() {
        let journal = journal(RequestId::new(), &[(1, "a"), (2, "b")]);
        let hopeless = |list: Value| mismatch(list, &journal, &[], false).unwrap().hopeless;
        assert!(hopeless(json!({"exactly": ["chat.chunk"]})));
        assert!(hopeless(json!({"exactly": ["chat.chunk", "request.cancelled", "request.cancelled"]})));
        assert!(!hopeless(json!({"exactly": ["chat.chunk", "chat.chunk", "request.cancelled", "chat.chunk"]})));
        assert!(!hopeless(json!(["request.failed"])));
    }

    #[test]
    fn pieces_of_one_attempt_count_as_one() {
        let journal = journal(RequestId::new(), &[(1, "a"), (1, "b"), (2, "c")]);
        let events: Vec<&Seen> = journal.events().iter().map(AsRef::as_ref).collect();
        let texts: Vec<_> = join_chunks(&events, Profile::story_engine().events.text.as_ref())
            .iter()
            .map(|event| event.data["content"].clone())
            .collect();
        assert_eq!(texts, [json!("ab"), json!("c"), Value::Null]);
    }

    #[test]
    fn how_many_pieces_an_event_joins_is_not_shown() {
        let mut journal = Journal::default();
        journal.take(Duration::ZERO, "chat.chunk", r#"{"content":"abc","chunks":3}"#, Some("1:3"));
        let events: Vec<&Seen> = journal.events().iter().map(AsRef::as_ref).collect();
        let joined = join_chunks(&events, Profile::story_engine().events.text.as_ref());
        assert_eq!(joined[0].data, json!({"content": "abc"}));
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
