//! The faults that are injected into a case, at the injection points that a run without faults has shown.

use crate::run::{CallShape, Fault, FaultTarget, InjectionPoint};

/// Every fault: each target at each injection point.
#[must_use]
pub fn fault_plan(calls: &[CallShape], ends: usize, targets: &[FaultTarget], has_redis: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    for target in targets {
        for call in calls {
            // An answer in one piece has no middle.
            let pieces = 0..=call.pieces;
            faults.extend(
                pieces.map(|pieces| Fault { target: *target, point: InjectionPoint::Piece { call: call.id, pieces } }),
            );
            if has_redis && *target == FaultTarget::Worker && !call.prose {
                faults.push(Fault { target: *target, point: InjectionPoint::Unwritten { call: call.id } });
            }
        }
        faults.extend((1..=ends).map(|nth| Fault { target: *target, point: InjectionPoint::Ended { nth } }));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_an_injection_point_and_so_is_the_gap_between_answer_and_store() {
        let calls = [CallShape { id: 1, prose: true, pieces: 2 }, CallShape { id: 2, prose: false, pieces: 0 }];
        let said = |targets: &[FaultTarget], redis| {
            fault_plan(&calls, 1, targets, redis).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            said(&[FaultTarget::Worker], true),
            [
                "workers killed before model call 1 is answered",
                "workers killed after 1 pieces of model call 1",
                "workers killed after 2 pieces of model call 1",
                "workers killed before model call 2 is answered",
                "workers killed before the answer to model call 2 is stored",
                "workers killed after the end of request 1",
            ]
        );
        assert_eq!(said(&[FaultTarget::Stream], true).len(), 5);
    }
}
