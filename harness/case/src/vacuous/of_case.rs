//! What a case asserts as a whole: its snapshots, its schedules, and whether any of its steps expects something.

use crate::json::{JsonError, Kind, Node};

/// The parts of a game that a snapshot can keep.
const KEPT: [&str; 4] = ["events", "state", "history", "prompts"];

/// The keys of a step that hold an expectation, or wait for something that must come.
const EXPECTING: [&str; 5] = ["expect", "capture", "http", "wait_for", "stream"];

/// The members of a case that ask for nothing.
pub(super) fn find(case: &Node) -> Vec<JsonError> {
    let snapshot = case.get("snapshot").filter(|snapshot| matches!(snapshot.kind, Kind::Object(_)) && !keeps(snapshot));
    let nothing_kept = snapshot.map(|snapshot| {
        JsonError::at(snapshot.span.clone(), "this snapshot keeps nothing, so nothing is compared")
            .help(format!("leave it out, or say `true` to one of: {}", KEPT.join(", ")))
    });
    let schedules =
        case.get("schedules").filter(|schedules| matches!(&schedules.kind, Kind::Array(all) if all.is_empty()));
    let none_played = schedules.map(|schedules| {
        JsonError::at(schedules.span.clone(), "`schedules` is empty, so none is played")
            .help("leave it out, or give it the seeds of schedules")
    });
    nothing_kept.into_iter().chain(none_played).collect()
}

fn keeps(snapshot: &Node) -> bool {
    KEPT.iter().filter_map(|part| snapshot.get(part)).any(|part| part.kind != Kind::Bool(false))
}

/// That a case expects nothing of what it does, if so.
pub(crate) fn expects_nothing(case: &Node, steps: &[Node]) -> Option<JsonError> {
    if case.get("snapshot").is_some_and(keeps) || steps.iter().any(expects) {
        return None;
    }
    let first = steps.first()?;
    Some(
        JsonError::at(first.span.clone(), "no step of this case expects anything")
            .help("it passes whatever is narrated: say what must hold, under `expect`"),
    )
}

fn expects(step: &Node) -> bool {
    let waits = step.get("gate").is_some_and(|gate| gate.get("wait").is_some());
    let children = step.get("parallel").into_iter().flat_map(Node::items);
    let actors = step.get("actors").into_iter().flat_map(Node::members).flat_map(|actor| actor.value.items());
    waits || EXPECTING.iter().any(|key| step.get(key).is_some()) || children.chain(actors).any(expects)
}
