//! What must hold at the end of every case, whatever it was about: the engine's promises, checked on what it did.

use std::collections::BTreeMap;

use mock_llm::Record;
use protocol::{Event, QueueView, RequestId, RequestStatus, RequestView};
use story::ChatMessage;

use crate::model::unmatched;
use crate::watch::Journal;

/// The queue is empty, and holds no more dead letters than the case means to leave.
pub(super) fn queue(queue: &QueueView, dead_letters: u64) -> Vec<String> {
    let numbers = [
        ("queued requests", queue.depth, 0),
        ("games ready to be claimed", queue.ready, 0),
        ("games in back-off", queue.delayed, 0),
        ("leases", queue.active, 0),
        ("dead letters", queue.dead_letters, dead_letters),
    ];
    let wrong = numbers.iter().filter(|(_, actual, expected)| actual != expected);
    wrong.map(|(what, actual, expected)| format!("{actual} {what} are left, and not {expected}")).collect()
}

/// Every call of the model was foreseen by the script.
pub(super) fn model(calls: &[Record]) -> Vec<String> {
    calls
        .iter()
        .filter_map(|call| unmatched(call).map(|miss| format!("model call {} is not in the script: {miss}", call.id)))
        .collect()
}

/// What the engine promises of a game's events: contiguous, one request at a time, in the order of arrival, one end each,
/// and the committed narration is the one that was shown. `tail`: story events queue in pure arrival order.
pub(super) fn events(journal: &Journal, tail: bool) -> Vec<String> {
    let mut wrong: Vec<String> = journal.faults().to_vec();
    let mut lives: BTreeMap<RequestId, Life> = BTreeMap::new();
    let mut order = Order::default();
    let mut version = None;
    for seen in journal.events() {
        let Some(event) = &seen.event else { continue };
        if let Event::StateUpdated(updated) = event {
            if version.is_some_and(|version| updated.version != version + 1) {
                wrong.push(format!("version {} follows version {}", updated.version, version.unwrap_or_default()));
            }
            version = Some(updated.version);
        }
        let Some(id) = seen.request() else { continue };
        let life = lives.entry(id).or_default();
        if let Some(fault) = life.take(event) {
            wrong.push(format!("event {}: request {id} {fault}", seen.id.offset));
        }
        wrong.extend(order.take(id, event, tail).map(|fault| format!("event {}: {fault}", seen.id.offset)));
    }
    wrong.extend(
        lives
            .iter()
            .filter(|(_, life)| life.stage != Stage::Ended)
            .map(|(id, _)| format!("request {id} has no last event")),
    );
    wrong
}

/// What the API says of a request agrees with its events.
pub(super) fn status(journal: &Journal, view: &RequestView) -> Option<String> {
    let id = view.request_id;
    let (status, committed) = match journal.terminal(id)? {
        Event::RequestCompleted(event) => (RequestStatus::Completed, Some(&event.result)),
        Event::RequestFailed(_) => (RequestStatus::Failed, None),
        _ => (RequestStatus::Cancelled, None),
    };
    if view.status != status {
        return Some(format!("request {id} is {status} by its events, and {} by its status", view.status));
    }
    (view.result.as_ref() != committed)
        .then(|| format!("request {id} has another result in its status than in its events"))
}

/// The history ends with every turn that was committed: its message and its narration, once each, in order.
pub(super) fn history(journal: &Journal, history: &[ChatMessage]) -> Option<String> {
    let mut messages = BTreeMap::new();
    let mut turns: Vec<&str> = Vec::new();
    for event in journal.events().iter().filter_map(|seen| seen.event.as_ref()) {
        match event {
            Event::RequestQueued(queued) => drop(messages.insert(queued.request_id, queued.user_message.as_str())),
            Event::RequestCompleted(completed) => {
                turns.extend(messages.get(&completed.request_id));
                turns.push(&completed.result.message);
            }
            _ => {}
        }
    }
    let kept: Vec<&str> = history.iter().map(|message| message.content.as_str()).collect();
    (!kept.ends_with(&turns)).then(|| format!("the history is {kept:?}, but the turns were {turns:?}"))
}

/// One request, from its arrival to its end.
#[derive(Debug, Default)]
struct Life {
    stage: Stage,
    attempt: u32,
    shown: String,
    shown_by: u32,
    /// Whether the shown text is whole.
    done: bool,
    committed: bool,
}

/// How far a request has come.
#[derive(Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Unknown,
    Queued,
    Ended,
}

impl Life {
    fn take(&mut self, event: &Event) -> Option<String> {
        if self.stage == Stage::Ended {
            return Some(format!("has {} after its end", event.name()));
        }
        match event {
            Event::RequestQueued(_) if self.stage == Stage::Queued => {
                return Some("is queued a second time".to_owned());
            }
            Event::RequestQueued(_) => self.stage = Stage::Queued,
            _ if self.stage == Stage::Unknown => return Some(format!("has {} before it was queued", event.name())),
            Event::RequestProcessing(event) => {
                if event.attempt.0 <= self.attempt {
                    return Some(format!("begins attempt {} after attempt {}", event.attempt, self.attempt));
                }
                self.attempt = event.attempt.0;
            }
            Event::ChatChunk(chunk) => {
                if chunk.attempt.0 != self.attempt {
                    return Some(format!("shows text of attempt {} during attempt {}", chunk.attempt, self.attempt));
                }
                if self.shown_by != chunk.attempt.0 && !self.shown.is_empty() {
                    return Some(format!("narrates anew, and what attempt {} has shown is not void", self.shown_by));
                }
                self.shown_by = chunk.attempt.0;
                self.shown.push_str(&chunk.content);
                self.done = chunk.done;
            }
            Event::StateUpdated(_) if self.committed => return Some("changes the game a second time".to_owned()),
            Event::StateUpdated(_) => self.committed = true,
            Event::RequestCompleted(event) => {
                self.stage = Stage::Ended;
                if event.attempt.0 != self.attempt {
                    return Some(format!("is completed by attempt {} during attempt {}", event.attempt, self.attempt));
                }
                if !self.committed {
                    return Some("is completed without game.state_updated".to_owned());
                }
                if !self.done {
                    return Some("is completed before its narration is done".to_owned());
                }
                if event.result.message.trim() != self.shown.trim() {
                    return Some(format!("commits \"{}\", but has shown \"{}\"", event.result.message, self.shown));
                }
            }
            Event::RequestFailed(_) | Event::RequestCancelled(_) => self.stage = Stage::Ended,
            Event::AttemptSuperseded(event) if event.attempt.0 == self.shown_by => {
                self.shown.clear();
                self.done = false;
            }
            Event::AttemptSuperseded(_) | Event::RequestRetrying(_) | Event::StreamReset(_) => {}
        }
        None
    }
}

/// The game's lane: who waits, and who is in processing.
#[derive(Debug, Default)]
struct Order {
    lane: Vec<RequestId>,
}

impl Order {
    fn take(&mut self, id: RequestId, event: &Event, tail: bool) -> Option<String> {
        match event {
            Event::RequestQueued(_) => self.lane.push(id),
            Event::RequestProcessing(_) if tail && self.lane.first() != Some(&id) => {
                return Some(format!("request {id} is processed before requests that came earlier"));
            }
            _ if event.is_terminal() => self.lane.retain(|waiting| *waiting != id),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use protocol::{
        Attempt, AttemptSuperseded, ChatChunk, GameId, RequestCancelled, RequestCompleted, RequestProcessing,
        RequestQueued, RequestType, StateUpdated, TurnResult, Usage,
    };

    use story::Role;

    use super::*;

    struct Story {
        journal: Journal,
        game: GameId,
        offset: u64,
    }

    impl Story {
        fn new() -> Self {
            Self { journal: Journal::default(), game: GameId::new(), offset: 0 }
        }

        fn tell(&mut self, event: impl Into<Event>) -> &mut Self {
            let event = event.into();
            self.offset += 1;
            self.journal.take(Duration::ZERO, event.name(), &event.data(), Some(&format!("1:{}", self.offset)));
            self
        }

        fn queued(&mut self, request_id: RequestId) -> &mut Self {
            let (game_id, user_message) = (self.game, "Ada: hm".to_owned());
            let (kind, status) = (RequestType::Chat, RequestStatus::Queued);
            self.tell(RequestQueued { request_id, game_id, kind, status, user_message, caused_by: None })
        }

        fn processing(&mut self, request_id: RequestId, attempt: u32) -> &mut Self {
            let (game_id, user_message) = (self.game, "Ada: hm".to_owned());
            let (kind, status) = (RequestType::Chat, RequestStatus::Processing);
            self.tell(RequestProcessing { request_id, game_id, kind, status, attempt: Attempt(attempt), user_message })
        }

        fn chunk(&mut self, request_id: RequestId, attempt: u32, content: &str) -> &mut Self {
            let (game_id, content) = (self.game, content.to_owned());
            self.tell(ChatChunk { request_id, game_id, attempt: Attempt(attempt), content, done: false })
        }

        fn superseded(&mut self, request_id: RequestId, attempt: u32) -> &mut Self {
            let game_id = self.game;
            self.tell(AttemptSuperseded { request_id, game_id, attempt: Attempt(attempt) })
        }

        fn done(&mut self, request_id: RequestId, attempt: u32) -> &mut Self {
            let (game_id, content) = (self.game, String::new());
            self.tell(ChatChunk { request_id, game_id, attempt: Attempt(attempt), content, done: true })
        }

        fn updated(&mut self, request_id: RequestId, version: u64) -> &mut Self {
            let game_id = self.game;
            self.tell(StateUpdated {
                request_id: Some(request_id),
                game_id,
                version,
                turn: version,
                location: String::new(),
                scene: String::new(),
                is_ended: false,
                changes: Vec::new(),
            })
        }

        fn completed(&mut self, request_id: RequestId, attempt: u32, message: &str) -> &mut Self {
            let game_id = self.game;
            let result = TurnResult {
                message: message.to_owned(),
                turn: 1,
                version: 1,
                duration_ms: 1,
                rejections: Vec::new(),
                usage: Usage::default(),
            };
            let (kind, status) = (RequestType::Chat, RequestStatus::Completed);
            self.tell(RequestCompleted { request_id, game_id, kind, status, attempt: Attempt(attempt), result })
        }

        fn wrong(&self) -> Vec<String> {
            events(&self.journal, true)
        }
    }

    #[test]
    fn turns_one_after_the_other_are_right_and_so_is_a_second_attempt() {
        let (a, b) = (RequestId::new(), RequestId::new());
        let mut story = Story::new();
        story.queued(a).processing(a, 1).chunk(a, 1, "The ").queued(b);
        story
            .superseded(a, 1)
            .processing(a, 2)
            .chunk(a, 2, "A ")
            .chunk(a, 2, "bell.")
            .done(a, 2)
            .updated(a, 2)
            .completed(a, 2, "A bell.");
        story.processing(b, 1).chunk(b, 1, "Hm.").done(b, 1).updated(b, 3).completed(b, 1, "Hm.");
        assert_eq!(story.wrong(), [""; 0]);
    }

    #[test]
    fn a_request_that_overtakes_another_is_found() {
        let (a, b) = (RequestId::new(), RequestId::new());
        let mut story = Story::new();
        story.queued(a).queued(b).processing(b, 1).updated(b, 2).completed(b, 1, "");
        story.processing(a, 1).updated(a, 3).completed(a, 1, "");
        assert!(story.wrong()[0].contains("before requests that came earlier"), "{:?}", story.wrong());
    }

    #[test]
    fn two_at_a_time_are_found() {
        let (a, b) = (RequestId::new(), RequestId::new());
        let mut story = Story::new();
        story.queued(a).queued(b).processing(a, 1).processing(b, 1);
        assert!(story.wrong()[0].contains("before requests that came earlier"), "{:?}", story.wrong());
    }

    #[test]
    fn a_second_commit_a_second_end_and_a_lost_end_are_found() {
        let a = RequestId::new();
        let mut story = Story::new();
        story.queued(a).processing(a, 1).updated(a, 2).updated(a, 3).done(a, 1).completed(a, 1, "");
        assert!(story.wrong()[0].contains("changes the game a second time"));
        story.tell(RequestCancelled { request_id: a, game_id: GameId::new(), status: RequestStatus::Cancelled });
        assert!(story.wrong()[1].contains("request.cancelled after its end"));
        story.queued(RequestId::new());
        assert!(story.wrong()[2].contains("no last event"));
    }

    #[test]
    fn a_narration_that_was_not_shown_so_is_found() {
        let a = RequestId::new();
        let mut story = Story::new();
        story.queued(a).processing(a, 1).chunk(a, 1, "A bell.").done(a, 1).updated(a, 2).completed(a, 1, "A whale.");
        assert!(story.wrong()[0].contains("commits \"A whale.\", but has shown \"A bell.\""));
    }

    #[test]
    fn text_of_a_dead_attempt_and_a_skipped_version_are_found() {
        let a = RequestId::new();
        let mut story = Story::new();
        story.queued(a).processing(a, 1).processing(a, 2).chunk(a, 1, "late").updated(a, 2).updated(a, 4);
        assert!(story.wrong()[0].contains("attempt 1 during attempt 2"), "{:?}", story.wrong());
        assert!(story.wrong().iter().any(|fault| fault.contains("version 4 follows version 2")));
    }

    #[test]
    fn a_turn_that_is_missing_from_the_history_or_twice_in_it_is_found() {
        let a = RequestId::new();
        let mut story = Story::new();
        story.queued(a).processing(a, 1).chunk(a, 1, "Hm.").updated(a, 2).completed(a, 1, "Hm.");
        let said = |role, content: &str| ChatMessage { role, content: content.to_owned(), is_story_event: false };
        let turn = [said(Role::User, "Ada: hm"), said(Role::Assistant, "Hm.")];
        let opening = [said(Role::Assistant, "You wake.")];
        assert_eq!(history(&story.journal, &[&opening[..], &turn].concat()), None);
        assert!(history(&story.journal, &opening).is_some());
        assert!(history(&story.journal, &[&turn[..], &turn[..1]].concat()).is_some());
    }

    #[test]
    fn a_narration_that_begins_anew_without_a_word_is_found() {
        let a = RequestId::new();
        let mut story = Story::new();
        story.queued(a).processing(a, 1).chunk(a, 1, "The ").processing(a, 2).chunk(a, 2, "A ");
        assert!(story.wrong()[0].contains("what attempt 1 has shown is not void"), "{:?}", story.wrong());
    }

    #[test]
    fn what_is_left_in_the_queue_is_named() {
        let left = QueueView { depth: 1, ready: 0, delayed: 0, active: 0, dead_letters: 2, oldest_age_ms: 0 };
        assert_eq!(queue(&left, 2), ["1 queued requests are left, and not 0"]);
    }
}
