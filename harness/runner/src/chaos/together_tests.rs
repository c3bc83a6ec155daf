//! Evidence of turns that tell several story events, made by hand.

use protocol::RequestId;

use super::check::check;
use super::check_tests::{BELL_1, Scene, TURN_1, kinds};
use super::evidence::Evidence;
use super::subject::{Subject, bell_text, turn_text};
use crate::invariants::FindingKind::{self, *};

/// A turn rings a bell with three answers, of which one turn tells these many and another one the rest.
fn bell_with_three_answers(together: usize) -> Scene {
    let mut scene = Scene::new();
    let request = scene.post(1, Some(1));
    scene.run(request, TURN_1, &turn_text(0, 1, Some(1)));
    let answers: Vec<(usize, RequestId)> = (1..=3).map(|bell| (bell, request.child(bell))).collect();
    for (bell, answer) in &answers {
        scene.story.follows(*answer, request, &bell_text(*bell));
    }
    for told in [&answers[..together], &answers[together..]] {
        let [(bell, head), others @ ..] = told else { continue };
        let said: Vec<String> = told.iter().map(|(bell, _)| bell_text(*bell)).collect();
        scene.run(*head, Subject::Bell { game: 0, bell: *bell }, &said.join("\n\n"));
        for (_, other) in others {
            scene.story.processing(*other, 1).told(*other, *head, "");
        }
    }
    scene
}

fn in_batches(scene: &Scene, story_event_batch: usize) -> Vec<FindingKind> {
    kinds(&Evidence { story_event_batch, ..scene.evidence() })
}

#[test]
fn story_events_that_one_turn_tells_are_no_finding() {
    assert_eq!(in_batches(&bell_with_three_answers(2), 2), []);
    assert_eq!(in_batches(&bell_with_three_answers(1), 2), [], "the second turn tells two");
}

#[test]
fn a_turn_that_tells_more_story_events_than_it_may_is_a_contradiction() {
    assert_eq!(in_batches(&bell_with_three_answers(3), 2), [Contradiction]);
}

#[test]
fn one_of_several_story_events_that_is_missing_is_lost() {
    // Of a bell that sets off four, three came.
    assert_eq!(in_batches(&bell_with_three_answers(3), 3), [Lost]);
}

#[test]
fn a_story_event_that_is_told_with_one_that_is_not_before_it_is_out_of_order() {
    let mut scene = Scene::new();
    let request = scene.post(1, Some(1));
    scene.run(request, TURN_1, &turn_text(0, 1, Some(1)));
    let [first, second, third] = [1, 2, 3].map(|bell| request.child(bell));
    for (bell, answer) in [(1, first), (2, second), (3, third)] {
        scene.story.follows(answer, request, &bell_text(bell));
    }
    scene.run(first, BELL_1, &bell_text(1));
    scene.run(second, Subject::Bell { game: 0, bell: 2 }, &bell_text(2));
    scene.story.processing(third, 1).told(third, first, "");
    let found = check(&Evidence { story_event_batch: 2, ..scene.evidence() });
    assert!(found.iter().any(|finding| finding.what.contains("does not stand directly behind it")), "{found:?}");
}

#[test]
fn story_events_of_a_bell_in_another_order_are_out_of_order() {
    let mut scene = Scene::new();
    let request = scene.post(1, Some(1));
    scene.run(request, TURN_1, &turn_text(0, 1, Some(1)));
    for bell in [2, 1, 3] {
        scene.story.follows(request.child(bell), request, &bell_text(bell));
    }
    for bell in [2, 1, 3] {
        scene.run(request.child(bell), Subject::Bell { game: 0, bell }, &bell_text(bell));
    }
    assert_eq!(in_batches(&scene, 2), [OutOfOrder]);
}
