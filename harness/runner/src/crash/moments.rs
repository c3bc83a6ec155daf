//! The moments of a case at which something can be killed, as its rehearsal has shown them.

use crate::run::{Blow, CallShape, Moment, Victim};

/// Every blow that there is: each victim at each moment.
#[must_use]
pub fn moments(calls: &[CallShape], ends: usize, victims: &[Victim], has_redis: bool) -> Vec<Blow> {
    let mut blows = Vec::new();
    for victim in victims {
        for call in calls {
            // An answer in one piece has no middle.
            let pieces = 0..=call.pieces;
            blows
                .extend(pieces.map(|pieces| Blow { victim: *victim, moment: Moment::Piece { call: call.id, pieces } }));
            if has_redis && *victim == Victim::Worker && !call.prose {
                blows.push(Blow { victim: *victim, moment: Moment::Unwritten { call: call.id } });
            }
        }
        blows.extend((1..=ends).map(|nth| Blow { victim: *victim, moment: Moment::Ended { nth } }));
    }
    blows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_a_moment_and_so_is_what_is_between_answer_and_store() {
        let calls = [CallShape { id: 1, prose: true, pieces: 2 }, CallShape { id: 2, prose: false, pieces: 0 }];
        let said = |victims: &[Victim], redis| {
            moments(&calls, 1, victims, redis).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(
            said(&[Victim::Worker], true),
            [
                "workers killed before model call 1 is answered",
                "workers killed after 1 pieces of model call 1",
                "workers killed after 2 pieces of model call 1",
                "workers killed before model call 2 is answered",
                "workers killed before the answer to model call 2 is written down",
                "workers killed after the end of request 1",
            ]
        );
        assert_eq!(said(&[Victim::Stream], true).len(), 5);
    }
}
