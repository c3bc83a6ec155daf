//! Numbers of processes: what a step names must be there by then.

use super::link::LinkAction;
use super::step::{Action, Step};
use super::target::{ClockAction, FreezeAction, ProcessAction, Verb};
use crate::json::{JsonError, Node};

/// Every process that a step names is there: those that the case begins with, and those that a step before it or in the same group
/// starts.
pub(super) fn check(workers: usize, steps: &[Step], nodes: &[Node]) -> Vec<JsonError> {
    let mut there = workers;
    let mut found = Vec::new();
    for (step, node) in steps.iter().zip(nodes) {
        for part in step.with_children() {
            there = match &part.action {
                Action::Scale(workers) => there.max(*workers),
                // One more may be started, not the one after that.
                Action::Process(ProcessAction { verb: Verb::Start, target }) if target.number == Some(there) => {
                    there + 1
                }
                _ => there,
            };
        }
        for (part, written) in step.with_nodes(node) {
            let (target, place) = match &part.action {
                Action::Process(ProcessAction { verb, target }) => (target, written.get(&verb.to_string())),
                Action::Link(LinkAction { of: Some(target), .. }) => (target, at(written, "link")),
                Action::Freeze(FreezeAction { target, .. }) => (target, at(written, "freeze")),
                Action::Clock(ClockAction { target, .. }) => (target, at(written, "clock")),
                _ => continue,
            };
            if target.number.is_some_and(|number| number >= there) {
                let place = place.unwrap_or(written).span.clone();
                let error = JsonError::at(place, format!("there is no `{target}` at this step"));
                let last = there.saturating_sub(1);
                found.push(
                    error.help(format!("the last one is `{}[{last}]`: give the case more `workers`", target.name)),
                );
            }
        }
    }
    found
}

/// The process that a step of this kind names.
fn at<'a>(step: &'a Node, key: &str) -> Option<&'a Node> {
    step.get(key)?.get("of")
}
