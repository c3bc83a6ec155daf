//! The moves by which players take turns back and end narrations.

use std::num::NonZeroU64;
use std::time::Duration;

use protocol::{Attempt, ChatChunk, IfBusy};
use store::{Bucket, ChangeDone, Changed, Charge, Enqueued, GameChange, Limited, NewRequest, Rate};

use super::play::{Difference, Play, budget, same, sender, text};
use super::reference::Rewound;
use super::{GAMES, TAKEN_BACK};
use crate::fixture::{completion, message};
use crate::rewind::back_to_before;

impl Play {
    pub(super) async fn rewind(
        &mut self,
        game: usize,
        to: usize,
        if_busy: IfBusy,
        plays_on: bool,
    ) -> Result<(), Difference> {
        // Few games have turns, so another one that has some is taken in place of one without.
        let has_turns = |game: &usize| self.reference.games[*game].turns > 0;
        let Some(game) = (game..GAMES).chain(0..game).find(has_turns) else { return Ok(()) };
        let turns = self.reference.games[game].turns;
        let to = to as u64 % turns;
        let request = plays_on.then(|| {
            let budgets = vec![budget(game)];
            NewRequest { budgets, ..message(self.games[game], &format!("message {}", self.requests.len())) }
        });
        let change = back_to_before(&self.store, self.games[game], to + 1).await;
        let bucket = Bucket::from(format!("changes-by-{}", sender(game)));
        let rate = Rate { count: TAKEN_BACK, period: Duration::from_hours(1000), taken: 1 };
        let charges = vec![Charge { bucket, rate: Some(rate), unfinished: None }];
        let change = GameChange { if_busy, request: request.clone(), charges, ..change };
        let answer = self.store.change_game(&change).await.map_err(text)?;
        let said = request.as_ref().map(|request| request.message.as_str());
        let expected = self.reference.rewind(game, to, if_busy, said);
        self.note(format_args!(
            "game {game} goes back to turn {to} with {if_busy:?}, plays on: {plays_on}: {expected:?}"
        ));
        match (expected, answer.clone()) {
            (Rewound::Busy, answer) => return same("the answer", answer, Changed::Busy),
            (Rewound::QueueFull, answer) => return same("the answer", answer, Changed::QueueFull),
            (Rewound::RateLimited, answer) => {
                let is_limited = matches!(answer, Changed::Limited(Limited::Rate { charge: 0, .. }));
                return same(&format!("{answer:?} is the limit of a rate"), is_limited, true);
            }
            (Rewound::UsedUp, answer) => {
                let is_used_up = matches!(answer, Changed::Limited(Limited::Budget(_)));
                return same(&format!("{answer:?} is a budget that is used up"), is_used_up, true);
            }
            (Rewound::Done { offset, request: number }, Changed::Done(done)) => {
                let ChangeDone { version, turn, cursor, request: accepted } = done;
                same("version and turn", (version, turn), (self.reference.games[game].version, to))?;
                same("the cursor", cursor.offset, offset as u64)?;
                self.requests.extend(request);
                match (number, accepted) {
                    (Some(number), Some(accepted)) => self.accepted(number, &Enqueued::Accepted(accepted))?,
                    (number, accepted) => same("whether it plays on", accepted.is_some(), number.is_some())?,
                }
            }
            (_, answer) => return Err(format!("{answer:?}")),
        }
        self.last_change = Some((change, answer));
        Ok(())
    }

    /// Whatever has happened since: what was answered first is answered again, with the present status of the request.
    pub(super) async fn rewind_again(&mut self) -> Result<(), Difference> {
        let Some((change, first)) = self.last_change.clone() else { return Ok(()) };
        let again = self.store.change_game(&change).await.map_err(text)?;
        self.note(format_args!("the latest change is repeated: {again:?}"));
        let plain = |changed: Changed| match changed {
            Changed::Done(done) => {
                Some((done.version, done.turn, done.cursor, done.request.map(|accepted| accepted.id)))
            }
            _ => None,
        };
        same("the repeated answer", plain(again), plain(first))
    }

    pub(super) async fn stop(&mut self, pick: usize) -> Result<(), Difference> {
        let Some(number) = self.pick_request(pick) else { return Ok(()) };
        let (id, game_id) = (self.requests[number].id, self.requests[number].game);
        let attempt = Attempt(self.reference.requests[number].attempt);
        let end =
            ChatChunk { request_id: id, game_id, attempt, content: String::new(), done: true, chunks: NonZeroU64::MIN };
        let answer = self.store.stop(id, attempt, &completion("text"), &end).await.map_err(text)?;
        let expected = self.reference.stop(number);
        self.note(format_args!("the narration of request {number} is stopped: {expected:?}"));
        same("the answer", answer, expected)
    }
}
