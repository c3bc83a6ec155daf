//! Story events that one turn has told: they stood directly behind each other, and were no more than the engine may tell in one.

use protocol::RequestId;

use super::observed::ObservedRequest;
use crate::invariants::{Finding, FindingKind};

/// What is wrong with the turns of a game that tell several story events. The requests are in the order in which they arrived.
pub(super) fn check(observed: &[ObservedRequest<'_>], most: usize) -> Vec<Finding> {
    let mut found = Vec::new();
    // The story event before this one that had a turn, and how many that turn has told so far.
    let mut turn: Option<(RequestId, usize)> = None;
    for event in observed {
        let Some(head) = event.told_with() else {
            turn = (event.is_completed() && event.caused_by.is_some()).then_some((event.request, 1));
            continue;
        };
        let request = event.request;
        match &mut turn {
            Some((of, told)) if *of == head && event.caused_by.is_some() => {
                *told += 1;
                if *told > most {
                    let what =
                        format!("request {request} is number {told} in the turn of {head}, which tells {most} at most");
                    found.push(Finding::of(request, FindingKind::Contradiction, what));
                }
            }
            _ => {
                let what =
                    format!("request {request} is told in the turn of {head}, and does not stand directly behind it");
                found.push(Finding::of(request, FindingKind::OutOfOrder, what));
            }
        }
    }
    found
}
