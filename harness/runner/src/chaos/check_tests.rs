//! Evidence of every crime, made by hand: the checker must find each, and nothing where there is none.

use std::time::Duration;

use jiff::Timestamp;
use mock_llm::Kind;
use protocol::{Attempt, Problem, ProblemType, QueueView, RequestFailed, RequestId, RequestStatus, RequestType};
use serde_json::json;
use story::ChatMessage;

use super::check::check;
use super::evidence::{Evidence, GameEvidence, Kept};
use super::ledger::Call;
use super::plan::Message;
use super::players::{Outcome, Post};
use super::readers::Read;
use super::subject::{Subject, bell_text, turn_text};
use crate::invariants::FindingKind::{self, *};
use crate::invariants::testing::Story;
use crate::watch::Journal;

/// One game without faults, until a test adds one.
pub(super) struct Scene {
    pub(super) story: Story,
    history: Vec<ChatMessage>,
    posts: Vec<Post>,
    calls: Vec<Call>,
    version: u64,
}

impl Scene {
    pub(super) fn new() -> Self {
        let (history, posts, calls) = (vec![ChatMessage::assistant("You wake.")], Vec::new(), Vec::new());
        Self { story: Story::new(), history, posts, calls, version: 1 }
    }

    /// A message is sent and accepted.
    pub(super) fn post(&mut self, turn: usize, bell: Option<usize>) -> RequestId {
        let request = RequestId::new();
        self.posted(turn, bell, Outcome::Accepted(request));
        self.story.says(request, &turn_text(0, turn, bell));
        request
    }

    fn posted(&mut self, turn: usize, bell: Option<usize>, outcome: Outcome) {
        let message = Message { due: Duration::ZERO, game: 0, turn, bell };
        let sent = Duration::from_secs(turn as u64);
        let settled = sent + Duration::from_millis(1);
        self.posts.push(Post { message, sent, settled, outcome, repeats: 0 });
    }

    fn call(&mut self, subject: Subject, kind: Kind, text: &str) {
        let (text, at) = (text.to_owned(), Timestamp::UNIX_EPOCH);
        let summary = "call 1 for text".to_owned();
        self.calls.push(Call { at, kind, subject: Some(subject), text, miss: None, summary });
    }

    /// A request runs and is committed, in one attempt.
    pub(super) fn run(&mut self, request: RequestId, subject: Subject, said: &str) {
        let text = format!("{subject:?} is told.");
        self.story.processing(request, 1).chunk(request, 1, &text).done(request, 1);
        self.call(subject, Kind::Text, &text);
        self.call(subject, Kind::Json, "{}");
        self.commit(request, 1, said, &text);
    }

    fn commit(&mut self, request: RequestId, attempt: u32, said: &str, text: &str) {
        self.version += 1;
        self.story.updated(request, self.version).completed(request, attempt, text);
        self.history.push(ChatMessage::user(said));
        self.history.push(ChatMessage::assistant(text));
    }

    fn turn(&mut self, turn: usize) -> RequestId {
        let request = self.post(turn, None);
        self.run(request, Subject::Turn { game: 0, turn }, &turn_text(0, turn, None));
        request
    }

    pub(super) fn evidence(&self) -> Evidence {
        let live = self.story.journal.clone();
        let kept = Some(Kept { log: live.clone(), history: self.history.clone(), last_turn: self.version - 1 });
        let game = GameEvidence { id: self.story.game, live, kept };
        let (posts, calls) = (self.posts.clone(), self.calls.clone());
        Evidence { games: vec![game], posts, calls, queue: Some(queue(0)), ..Evidence::default() }
    }

    fn kinds(&self) -> Vec<FindingKind> {
        kinds(&self.evidence())
    }
}

pub(super) fn kinds(evidence: &Evidence) -> Vec<FindingKind> {
    let mut kinds: Vec<_> = check(evidence).iter().map(|finding| finding.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

fn queue(active: u64) -> QueueView {
    QueueView {
        depth: 0,
        story_events: 0,
        ready: 0,
        delayed: 0,
        paused: 0,
        active,
        dead_letters: 0,
        oldest_age_ms: 0,
        workers: 0,
    }
}

pub(super) const TURN_1: Subject = Subject::Turn { game: 0, turn: 1 };
pub(super) const BELL_1: Subject = Subject::Bell { game: 0, bell: 1 };

#[test]
fn where_every_promise_was_kept_nothing_is_found() {
    let mut scene = Scene::new();
    scene.turn(1);
    // Attempt 1 dies in the middle of its narration, attempt 2 after its own: attempt 3 continues from there.
    let request = scene.post(2, Some(1));
    let subject = Subject::Turn { game: 0, turn: 2 };
    scene.story.processing(request, 1).chunk(request, 1, "The ").superseded(request, 1);
    scene.story.processing(request, 2).chunk(request, 2, "A rope.").done(request, 2).processing(request, 3);
    for text in ["The rope.", "A rope."] {
        scene.call(subject, Kind::Text, text);
        scene.call(subject, Kind::Json, "{}");
    }
    scene.commit(request, 3, &turn_text(0, 2, Some(1)), "A rope.");
    let answer = request.child(0);
    scene.story.follows(answer, request, &bell_text(1));
    scene.run(answer, BELL_1, &bell_text(1));
    scene.posted(3, None, Outcome::Unknown);
    scene.posted(4, None, Outcome::Refused);
    assert_eq!(check(&scene.evidence()), []);
}

#[test]
fn a_message_that_was_accepted_and_never_heard_of_is_lost() {
    let mut scene = Scene::new();
    scene.posted(1, None, Outcome::Accepted(RequestId::new()));
    assert_eq!(scene.kinds(), [Lost]);
}

#[test]
fn a_request_without_an_end_is_lost() {
    let mut scene = Scene::new();
    scene.post(1, None);
    assert_eq!(scene.kinds(), [Lost]);
}

#[test]
fn a_completed_turn_that_is_missing_from_the_history_is_lost() {
    let mut scene = Scene::new();
    scene.turn(1);
    scene.turn(2);
    scene.history.drain(1..3);
    assert_eq!(scene.kinds(), [Lost]);
}

#[test]
fn a_bell_that_nobody_answers_is_lost_and_one_that_is_answered_twice_is_applied_twice() {
    let mut scene = Scene::new();
    let request = scene.post(1, Some(1));
    scene.run(request, TURN_1, &turn_text(0, 1, Some(1)));
    assert_eq!(scene.kinds(), [Lost]);
    for answer in [request.child(0), request.child(1)] {
        scene.story.follows(answer, request, &bell_text(1));
        scene.story.processing(answer, 1).chunk(answer, 1, "Dong.").done(answer, 1);
        scene.call(BELL_1, Kind::Text, "Dong.");
        scene.commit(answer, 1, &bell_text(1), "Dong.");
    }
    assert!(scene.kinds().contains(&AppliedTwice));
}

#[test]
fn a_turn_that_stands_twice_in_the_history_is_applied_twice() {
    let mut scene = Scene::new();
    scene.turn(1);
    scene.history.extend_from_within(1..);
    assert_eq!(scene.kinds(), [AppliedTwice]);
}

#[test]
fn a_message_that_is_queued_twice_is_applied_twice() {
    let mut scene = Scene::new();
    scene.posted(1, None, Outcome::Unknown);
    for _ in 0..2 {
        let request = RequestId::new();
        scene.story.says(request, &turn_text(0, 1, None));
        scene.run(request, TURN_1, &turn_text(0, 1, None));
    }
    let found = check(&scene.evidence());
    assert!(found.iter().any(|finding| finding.kind == AppliedTwice && finding.what.contains("was sent once")));
}

#[test]
fn a_history_in_another_order_than_that_of_arrival_is_out_of_order() {
    let mut scene = Scene::new();
    scene.turn(1);
    scene.turn(2);
    scene.history[1..].rotate_left(2);
    assert_eq!(scene.kinds(), [OutOfOrder]);
}

#[test]
fn a_message_that_stands_behind_one_that_was_sent_after_its_answer_is_out_of_order() {
    let mut scene = Scene::new();
    scene.turn(2);
    scene.turn(1);
    assert_eq!(scene.kinds(), [OutOfOrder]);
}

#[test]
fn a_narration_that_is_asked_for_again_after_it_had_finished_is_narrated_twice() {
    let mut scene = Scene::new();
    let request = scene.post(1, None);
    scene.story.processing(request, 1).chunk(request, 1, "A rope.").done(request, 1).processing(request, 2);
    scene.call(TURN_1, Kind::Text, "A rope.");
    scene.call(TURN_1, Kind::Text, "Another rope.");
    scene.commit(request, 2, &turn_text(0, 1, None), "A rope.");
    assert_eq!(scene.kinds(), [NarratedTwice]);
}

#[test]
fn more_calls_for_a_delta_than_attempts_are_narrated_twice() {
    let mut scene = Scene::new();
    scene.turn(1);
    scene.call(TURN_1, Kind::Json, "{}");
    assert_eq!(scene.kinds(), [NarratedTwice]);
}

#[test]
fn a_request_that_failed_is_given_up() {
    let mut scene = Scene::new();
    let request_id = scene.post(1, None);
    let (kind, status, attempt) = (RequestType::Chat, RequestStatus::Failed, Attempt(1));
    let error = Problem::new(ProblemType::AttemptsExhausted, "no more");
    let game_id = scene.story.game;
    scene.story.processing(request_id, 1);
    scene.story.publish(RequestFailed { request_id, game_id, kind, status, attempt, error });
    assert_eq!(scene.kinds(), [DeadLettered]);
}

#[test]
fn text_of_a_dead_attempt_that_is_not_declared_void_is_found() {
    let mut scene = Scene::new();
    let request = scene.post(1, None);
    scene.story.processing(request, 1).chunk(request, 1, "The ").processing(request, 2).chunk(request, 2, "A rope.");
    assert!(scene.kinds().contains(&UndeclaredVoid));
}

#[test]
fn a_log_that_is_another_one_when_it_is_read_again_is_broken() {
    let mut scene = Scene::new();
    scene.turn(1);
    let mut evidence = scene.evidence();
    let history = scene.history.clone();
    scene.turn(2);
    evidence.games[0].kept = Some(Kept { log: scene.story.journal.clone(), history, last_turn: 0 });
    assert_eq!(kinds(&evidence), [BrokenLog]);
}

#[test]
fn a_log_that_joins_the_chunks_of_a_turn_is_the_same_log() {
    let mut scene = Scene::new();
    let request = scene.post(1, None);
    scene.story.processing(request, 1).chunk(request, 1, "The ").chunk(request, 1, "gho").superseded(request, 1);
    scene.run(request, TURN_1, &turn_text(0, 1, None));
    let mut evidence = scene.evidence();
    // As a reader gets it who comes later: the void text is gone, and each run of chunks is one event.
    let kept = |text: &str| {
        let mut log = Journal::default();
        for seen in evidence.games[0].live.events() {
            let mut data = seen.data.clone();
            match seen.id.as_deref() {
                Some("1:3" | "1:7") => continue,
                Some("1:4") => (data["chunks"], data["content"]) = (json!(2), json!("")),
                Some("1:8") => (data["chunks"], data["content"]) = (json!(2), json!(text)),
                _ => {}
            }
            log.take(Duration::ZERO, &seen.name, &data.to_string(), seen.id.as_deref());
        }
        assert_eq!(log.faults(), Vec::<String>::new());
        log
    };
    let (same, other) = (kept("Turn { game: 0, turn: 1 } is told."), kept("Another."));
    evidence.games[0].kept = Some(Kept { log: same, history: scene.history.clone(), last_turn: 0 });
    assert_eq!(check(&evidence), []);
    evidence.games[0].kept = Some(Kept { log: other, history: scene.history.clone(), last_turn: 0 });
    assert!(kinds(&evidence).contains(&BrokenLog));
}

#[test]
fn a_gap_in_the_live_stream_is_a_broken_log() {
    let mut evidence = Scene::new().evidence();
    evidence.games[0].live.take(Duration::ZERO, "request.cancelled", "{}", Some("1:3"));
    assert!(kinds(&evidence).contains(&BrokenLog));
}

#[test]
fn a_status_that_differs_from_the_events_is_a_contradiction() {
    let mut scene = Scene::new();
    let request = scene.turn(1);
    let mut evidence = scene.evidence();
    let view = json!({
        "request_id": request, "type": "chat", "game_id": scene.story.game, "status": "processing", "attempt": 1,
        "message": "", "enqueued_at": "2026-01-01T00:00:00Z",
        "links": { "status": "", "events": "", "game_events": "", "game": "" },
    });
    evidence.statuses.insert(request, serde_json::from_value(view).unwrap());
    assert_eq!(kinds(&evidence), [Contradiction]);
}

#[test]
fn a_narration_that_the_model_wrote_for_another_request_is_a_contradiction() {
    let mut scene = Scene::new();
    scene.turn(1);
    "Something else.".clone_into(&mut scene.calls[0].text);
    assert_eq!(scene.kinds(), [Contradiction]);
}

#[test]
fn a_request_that_nobody_has_sent_or_that_was_refused_is_a_contradiction() {
    let mut scene = Scene::new();
    scene.turn(1);
    scene.posts[0].outcome = Outcome::Refused;
    assert_eq!(scene.kinds(), [Contradiction]);
    scene.posts.clear();
    assert_eq!(scene.kinds(), [Contradiction]);
}

#[test]
fn a_lease_that_is_left_over_is_found() {
    let evidence = Evidence { queue: Some(queue(1)), ..Scene::new().evidence() };
    assert_eq!(kinds(&evidence), [LeftOver]);
}

#[test]
fn model_calls_for_nothing_are_unforeseen() {
    let mut scene = Scene::new();
    scene.call(TURN_1, Kind::Text, "");
    assert_eq!(scene.kinds(), [Unforeseen]);
    scene.calls[0].subject = None;
    assert_eq!(scene.kinds(), [Unforeseen]);
    scene.calls[0].miss = Some("nothing matches".to_owned());
    assert_eq!(scene.kinds(), [Unforeseen]);
}

#[test]
fn trouble_with_processes_and_what_could_not_be_read_are_findings() {
    let evidence = Evidence { troubles: vec!["api ended by itself".to_owned()], ..Scene::new().evidence() };
    assert_eq!(kinds(&evidence), [Process]);
    let evidence = Evidence { unread: vec!["game 7".to_owned()], ..Scene::new().evidence() };
    assert_eq!(kinds(&evidence), [Unobserved]);
}

#[test]
fn an_answer_with_the_turn_of_one_version_and_the_history_of_another_is_found() {
    let mut scene = Scene::new();
    scene.turn(1);
    scene.turn(2);
    let read = |last_turn: u64, messages| Read { game: 0, version: last_turn + 1, last_turn, messages };
    let of = |reads: &[Read]| Evidence { reads: reads.to_vec(), ..scene.evidence() };
    assert_eq!(kinds(&of(&[read(0, 1), read(1, 3), read(2, 5)])), []);
    assert_eq!(kinds(&of(&[read(1, 5)])), [Contradiction]);
    assert_eq!(kinds(&of(&[read(2, 3)])), [Contradiction]);
}
