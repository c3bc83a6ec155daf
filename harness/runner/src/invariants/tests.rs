//! Each kind of finding, from evidence made by hand: what breaks an invariant is found, and what keeps it is not.

use protocol::{GameId, QueueView, RequestCancelled, RequestId, RequestStatus};
use story::{ChatMessage, Role};

use super::testing::Story;
use super::*;

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
    story.publish(RequestCancelled { request_id: a, game_id: GameId::new(), status: RequestStatus::Cancelled });
    assert!(story.wrong()[1].contains("request.cancelled after its end"));
    story.queued(RequestId::new());
    assert!(story.wrong()[2].contains("no last event"));
    assert_eq!(story.kinds(), [FindingKind::AppliedTwice, FindingKind::AppliedTwice, FindingKind::Lost]);
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
    let left = QueueView {
        depth: 1,
        story_events: 0,
        ready: 0,
        delayed: 0,
        paused: 0,
        active: 0,
        dead_letters: 2,
        oldest_age_ms: 0,
        workers: 0,
    };
    let found: Vec<String> = queue(&left, 2).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["1 queued requests are left, and not 0"]);
}

#[test]
fn text_after_a_finished_narration_or_a_void_one_is_narrated_twice() {
    let a = RequestId::new();
    let mut story = Story::new();
    story.queued(a).processing(a, 1).chunk(a, 1, "A bell.").done(a, 1).processing(a, 2).chunk(a, 2, "A whale.");
    assert!(story.kinds().contains(&FindingKind::NarratedTwice), "{:?}", story.wrong());
    let mut story = Story::new();
    story.queued(a).processing(a, 1).done(a, 1).superseded(a, 1);
    assert!(story.kinds().contains(&FindingKind::NarratedTwice), "{:?}", story.wrong());
}

#[test]
fn an_attempt_that_was_handed_back_may_begin_again_under_its_number() {
    let a = RequestId::new();
    let mut story = Story::new();
    story.queued(a).processing(a, 1).chunk(a, 1, "The ").superseded(a, 1).processing(a, 1).chunk(a, 1, "A bell.");
    story.done(a, 1).updated(a, 2).completed(a, 1, "A bell.");
    assert_eq!(story.wrong(), [""; 0]);
}

#[test]
fn a_request_that_was_given_up_may_be_queued_again_and_no_other() {
    let a = RequestId::new();
    let mut story = Story::new();
    story.queued(a).processing(a, 1).done(a, 1).failed(a, 1).queued(a).done(a, 0).processing(a, 1).updated(a, 2);
    story.completed(a, 1, "");
    assert_eq!(story.wrong(), [""; 0]);
    story.queued(a);
    assert_eq!(story.kinds(), [FindingKind::Contradiction]);
}

#[test]
fn a_story_event_is_told_in_the_turn_of_another_one_and_of_no_other_request() {
    let (a, b, c) = (RequestId::new(), RequestId::new(), RequestId::new());
    let mut story = Story::new();
    story.follows(a, c, "It rains.").follows(b, c, "It thunders.").processing(a, 1).chunk(a, 1, "Rain.").done(a, 1);
    story.updated(a, 2).completed(a, 1, "Rain.").processing(b, 1).told(b, a, "");
    assert_eq!(story.wrong(), [""; 0]);
    let said = |role, content: &str| ChatMessage { role, content: content.to_owned(), is_story_event: false };
    let turn = [said(Role::User, "It rains.\n\nIt thunders."), said(Role::Assistant, "Rain.")];
    assert_eq!(history(&story.journal, &turn), None);
    assert!(history(&story.journal, &[said(Role::User, "It rains."), turn[1].clone()]).is_some());

    let mut story = Story::new();
    story.follows(b, c, "It thunders.").processing(b, 1).told(b, a, "");
    assert!(story.wrong()[0].contains("which is not completed"), "{:?}", story.wrong());

    let mut story = Story::new();
    story.follows(a, c, "It rains.").follows(b, c, "It thunders.").processing(a, 1).chunk(a, 1, "Rain.").done(a, 1);
    story.updated(a, 2).completed(a, 1, "Rain.").processing(b, 1).told(b, a, "Rain.");
    assert!(story.wrong()[0].contains("has a turn of its own"), "{:?}", story.wrong());
}

#[test]
fn a_story_event_that_is_cancelled_during_a_turn_may_be_told_in_it_or_not() {
    let (a, b, c, d) = (RequestId::new(), RequestId::new(), RequestId::new(), RequestId::new());
    let mut story = Story::new();
    story.follows(a, d, "It rains.").follows(b, d, "It thunders.").follows(c, d, "A gull cries.");
    story.processing(a, 1).cancelled(b).chunk(a, 1, "Rain.").done(a, 1).updated(a, 2).completed(a, 1, "Rain.");
    story.processing(c, 1).told(c, a, "");
    let said = |role, content: &str| ChatMessage { role, content: content.to_owned(), is_story_event: false };
    let found = |message: &str| {
        history(&story.journal, &[said(Role::User, message), said(Role::Assistant, "Rain.")])
            .map(|finding| finding.to_string())
    };
    for told in ["It rains.\n\nIt thunders.\n\nA gull cries.", "It rains.\n\nA gull cries."] {
        assert_eq!(found(told), None, "{told}");
    }
    for wrong in ["It rains.\n\nIt thunders.", "It rains.\n\nA gull cries.\n\nIt thunders.", "It rains."] {
        assert!(found(wrong).is_some(), "{wrong}");
    }
}
