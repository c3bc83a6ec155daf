//! What an attempt does: its steps under a lease, and its end.

use protocol::{AttemptOutcome, RequestStatus};
use store::StoryEventPlacement;

use super::super::moves::Step;
use super::super::{BUDGET, USED};
use super::{Head, Lease, Reference, Reservation, provider};

impl Reference {
    /// Takes a step of an attempt; answers whether it was allowed to, or had been taken by the same lease before.
    pub(in crate::model) fn step(&mut self, lease: usize, step: Step, chunk: u64) -> bool {
        let number = self.leases[lease].request;
        let ending = match step {
            Step::Commit { .. } | Step::CommitAndClaim { .. } => Some("commit"),
            Step::Retry => Some("retry"),
            Step::Fail => Some("fail"),
            Step::Release => Some("release"),
            Step::Postpone => Some("postpone"),
            Step::Pause { .. } => Some("pause"),
            _ => None,
        };
        if !self.holds(lease) {
            return ending.is_some_and(|ending| self.requests[number].ended == Some((lease, ending)));
        }
        if let Step::Pause { game } = step {
            // While the lease still holds: it may be the probe.
            self.fault(game, Some(lease));
        }
        if let Some(ending) = ending {
            self.requests[number].ended = Some((lease, ending));
            self.games[self.requests[number].game].head = Head::Free;
        }
        match step {
            Step::Chunk | Step::ChunkAgain => self.show(number, chunk),
            Step::SaveNarration => {
                self.show(number, chunk);
                let told = self.told(lease);
                (self.requests[number].narration, self.requests[number].also_told) = (true, told);
            }
            Step::Reserve { tokens } => self.reserve(number, lease, tokens),
            Step::SaveDelta => self.requests[number].delta = true,
            Step::Commit { story_events } | Step::CommitAndClaim { story_events } => {
                let told = self.told(lease);
                self.commit(number, &told, story_events);
                self.give_order_key(self.requests[number].game);
            }
            Step::Retry => {
                self.end_attempt(number);
                self.requests[number].attempts.push(AttemptOutcome::Retried);
                (self.requests[number].error, self.requests[number].order_key) = (true, None);
                self.games[self.requests[number].game].head = Head::Delayed;
                self.append(number, "request.retrying");
            }
            Step::Release => {
                self.end_attempt(number);
                self.requests[number].attempts.push(AttemptOutcome::Released);
                self.requests[number].attempt -= 1;
            }
            Step::Postpone => {
                self.end_attempt(number);
                self.requests[number].attempt -= 1;
                self.games[self.requests[number].game].head = Head::Delayed;
            }
            Step::Pause { game: faulty } => {
                self.end_attempt(number);
                self.requests[number].attempt -= 1;
                if !self.requests[number].narration {
                    self.settle(number, 0);
                }
                let game = self.requests[number].game;
                let waits_for = Some(provider(faulty)).filter(|faulty| *faulty != provider(game));
                self.games[game].waits_for = waits_for.filter(|_| !self.halted_games[game]);
                self.append(number, "request.waiting");
            }
            Step::Fail => {
                self.void_unsaved_text(number);
                self.requests[number].attempts.push(AttemptOutcome::Failed);
                self.dead_letter(number);
                self.give_order_key(self.requests[number].game);
            }
        }
        true
    }

    /// What another attempt of the request has reserved stays used; what this one has is replaced.
    fn reserve(&mut self, number: usize, lease: usize, tokens: u64) {
        let sender = provider(self.requests[number].game);
        if self.reserves(number) != Reservation::Done {
            return;
        }
        let before = self.requests[number].reserved.filter(|(holder, _)| *holder == lease);
        self.used[sender] = self.used[sender] - before.map_or(0, |(_, tokens)| tokens) + tokens;
        self.requests[number].reserved = Some((lease, tokens));
    }

    /// Whether an attempt at a request may reserve something. A turn that has begun goes on.
    pub(in crate::model) fn reserves(&self, number: usize) -> Reservation {
        let sender = provider(self.requests[number].game);
        let before = self.requests[number].reserved;
        if before.is_some() || self.used[sender] < BUDGET {
            Reservation::Done
        } else if self.settled(sender) < BUDGET {
            Reservation::Wait
        } else {
            Reservation::UsedUp
        }
    }

    /// What a request has reserved becomes what it has used.
    fn settle(&mut self, number: usize, used: u64) {
        if let Some((_, tokens)) = self.requests[number].reserved.take() {
            let of_sender = &mut self.used[provider(self.requests[number].game)];
            *of_sender = *of_sender - tokens + used;
        }
    }

    pub(super) fn show(&mut self, number: usize, chunk: u64) {
        if chunk > self.requests[number].chunks {
            self.requests[number].chunks = chunk;
            self.append(number, "chat.chunk");
        }
    }

    /// The companions that the attempt under a lease completes: those that are told already, or else those that it was given.
    fn told(&self, lease: usize) -> Vec<usize> {
        let Lease { request, companions, .. } = &self.leases[lease];
        let request = &self.requests[*request];
        if request.narration { request.also_told.clone() } else { companions.clone() }
    }

    fn complete_companion(&mut self, number: usize) {
        let request = &mut self.requests[number];
        if request.status != RequestStatus::Queued || request.narration {
            return;
        }
        (request.status, request.attempt, request.error) = (RequestStatus::Completed, 1, false);
        request.reserved = None;
        self.games[request.game].lane.retain(|waiting| *waiting != number);
        self.append(number, "request.processing");
        self.append(number, "request.completed");
    }

    pub(super) fn commit(&mut self, number: usize, told: &[usize], story_events: usize) {
        self.settle(number, USED);
        let request = &mut self.requests[number];
        request.status = RequestStatus::Completed;
        (request.narration, request.delta, request.error) = (false, false, false);
        let (parent, game) = (request.clone(), &mut self.games[request.game]);
        game.version += 1;
        game.turns += 1;
        game.history.extend([parent.message.clone(), format!("So: {}", parent.message)]);
        game.lane.remove(0);
        self.append(number, "game.state_updated");
        self.append(number, "request.completed");
        for companion in told {
            self.complete_companion(*companion);
        }
        for n in 0..story_events {
            let (position, arrival) = match self.placement {
                StoryEventPlacement::Tail => (self.games[parent.game].lane.len(), None),
                StoryEventPlacement::Next => (n, Some(parent.arrival)),
            };
            self.admit(parent.game, position, arrival, parent.priority, format!("story event {n} of {number}"));
        }
    }

    pub(super) fn end_attempt(&mut self, number: usize) {
        self.void_unsaved_text(number);
        self.requests[number].status = RequestStatus::Queued;
    }

    pub(super) fn void_unsaved_text(&mut self, number: usize) {
        if self.requests[number].chunks > 0 && !self.requests[number].narration {
            self.append(number, "attempt.superseded");
        }
        self.requests[number].chunks = 0;
    }

    pub(super) fn dead_letter(&mut self, number: usize) {
        let request = &mut self.requests[number];
        request.status = RequestStatus::Failed;
        (request.error, request.retried, request.reserved) = (true, false, None);
        self.games[request.game].lane.remove(0);
        self.letters.push(number);
        self.append(number, "request.failed");
    }

    pub(super) fn append(&mut self, number: usize, event: &'static str) {
        self.games[self.requests[number].game].log.push((event, Some(number)));
    }
}
