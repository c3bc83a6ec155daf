//! How games are leased: what a claim takes, and what comes of leases that nobody renews.

use protocol::{AttemptOutcome, RequestStatus};

use super::{Circuit, Head, Lease, Reference};
use crate::fixture::ATTEMPTS;
use crate::model::GAMES;

impl Reference {
    /// The process of a worker is replaced: nobody renews its leases any more. Answers how many there were.
    pub(in crate::model) fn restart(&mut self, worker: usize) -> usize {
        let leases = &self.leases;
        let left: Vec<_> = self
            .games
            .iter_mut()
            .filter(|game| matches!(game.head, Head::Leased(lease) if leases[lease].worker == worker))
            .collect();
        left.into_iter().map(|game| game.head = Head::Abandoned).count()
    }

    /// Leases free games, those first whose heads arrived first; in fair order, those that start first, or the first ones of their tenants
    /// in their place. Answers the leases' numbers.
    pub(in crate::model) fn claim(&mut self, worker: usize, max: usize) -> Vec<usize> {
        let in_state = |reference: &Self, head: Head| -> Vec<usize> {
            (0..GAMES).filter(|game| reference.games[*game].head == head).collect()
        };
        for game in in_state(self, Head::Abandoned) {
            self.recover(game);
        }
        for game in in_state(self, Head::DelayOver) {
            self.games[game].head = Head::Free;
            self.give_order_key(game);
        }
        let free = self.games.iter().filter(|game| game.head == Head::Free);
        let mut heads: Vec<usize> = free.filter_map(|game| game.lane.first().copied()).collect();
        heads.sort_by_key(|request| self.order_key(*request));
        let mut leases = Vec::new();
        for at in 0..heads.len() {
            let request = heads[at];
            let provider = self.provider_of(self.requests[request].game);
            let is_probe = self.circuits[provider] != Circuit::Closed;
            let is_halted = self.is_halted(self.requests[request].game);
            if leases.len() < max && !is_halted && (!is_probe || self.may_probe(provider)) {
                self.give_turn(&mut heads, at);
                let lease = self.lease(worker, heads[at], provider, is_probe);
                if is_probe {
                    self.circuits[provider] = Circuit::HalfOpen(lease);
                }
                leases.push(lease);
            }
        }
        self.begin(&leases);
        leases
    }

    fn lease(&mut self, worker: usize, number: usize, provider: usize, is_probe: bool) -> usize {
        let lease = self.leases.len();
        let companions = self.companions(number);
        let request = &mut self.requests[number];
        request.status = RequestStatus::Processing;
        request.attempt += 1;
        request.chunks = 0;
        request.was_leased = true;
        self.leases.push(Lease { worker, request: number, attempt: request.attempt, provider, is_probe, companions });
        let game = &mut self.games[request.game];
        (game.head, game.waits_for) = (Head::Leased(lease), None);
        self.append(number, "request.processing");
        lease
    }

    /// The story events that may be told in the turn of a head: those directly behind it that nobody has read yet,
    /// unless an attempt of the head has failed.
    fn companions(&self, head: usize) -> Vec<usize> {
        let unread = |number: &usize| {
            let request = &self.requests[*number];
            request.is_story_event && !request.narration
        };
        if self.requests[head].error {
            return Vec::new();
        }
        let lane = self.games[self.requests[head].game].lane.iter().copied();
        lane.take(self.batch).take_while(unread).skip(1).collect()
    }

    fn recover(&mut self, game: usize) {
        let head = self.games[game].lane[0];
        self.games[game].head = Head::Free;
        self.void_unsaved_text(head);
        self.requests[head].attempts.push(AttemptOutcome::Lost);
        if self.requests[head].attempt >= ATTEMPTS {
            self.dead_letter(head);
            self.give_order_key(game);
        } else {
            self.requests[head].status = RequestStatus::Queued;
        }
    }
}
