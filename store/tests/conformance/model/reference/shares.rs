//! Fair order in the plainest words: a clock, and for each tenant when it may start next.

use std::cmp::Reverse;

use super::super::{HEAVY, TENANTS};
use super::{Head, Reference};

/// The order key of a game: when it starts, and how many starts were given before.
pub(super) type OrderKey = (u64, u64);

/// Times count quarters of a turn, so that half a turn of the tenant with twice the weight is a whole number.
#[derive(Debug, Default)]
pub(super) struct Shares {
    now: u64,
    given: u64,
    /// When each tenant's latest turn ends.
    ends: Vec<(&'static str, u64)>,
}

impl Shares {
    fn end_of(&self, tenant: &str) -> u64 {
        self.ends.iter().find(|(name, _)| *name == tenant).map_or(0, |(_, end)| *end)
    }

    fn set_end(&mut self, tenant: &'static str, end: u64) {
        self.ends.retain(|(name, _)| *name != tenant);
        self.ends.push((tenant, end));
    }
}

fn cost(tenant: &str) -> u64 {
    if tenant == HEAVY { 2 } else { 4 }
}

impl Reference {
    /// In which order a head is claimed.
    pub(super) fn order_key(&self, number: usize) -> OrderKey {
        let request = &self.requests[number];
        request.order_key.unwrap_or((request.arrival as u64, 0))
    }

    /// The head of a game gets its order key, if it has none yet and does not wait for the end of a back-off.
    pub(in crate::model) fn give_order_key(&mut self, game: usize) {
        let (Some(shares), Some(head)) = (&mut self.shares, self.games[game].lane.first()) else { return };
        let is_delayed = matches!(self.games[game].head, Head::Delayed | Head::DelayOver);
        if is_delayed || self.requests[*head].order_key.is_some() {
            return;
        }
        let tenant = TENANTS[game];
        let start = shares.now.max(shares.end_of(tenant));
        shares.set_end(tenant, start + cost(tenant));
        shares.given += 1;
        self.requests[*head].order_key = Some((start, shares.given));
    }

    /// The tenant of a head that is to be leased gives its turn to the first of its games that wait for the same provider: the head of
    /// the highest priority that arrived first, because an interleaving is over before anything has aged. Both exchange their places.
    pub(super) fn give_turn(&mut self, heads: &mut [usize], at: usize) {
        if self.shares.is_none() {
            return;
        }
        let game = |head: usize| self.requests[head].game;
        let of_same = |head: usize| {
            TENANTS[game(head)] == TENANTS[game(heads[at])]
                && self.provider_of(game(head)) == self.provider_of(game(heads[at]))
                && !self.is_halted(game(head))
        };
        let waiting = (at..heads.len()).filter(|other| of_same(heads[*other]));
        let first = waiting.min_by_key(|other| {
            let request = &self.requests[heads[*other]];
            (Reverse(request.priority), request.arrival)
        });
        if let Some(first) = first.filter(|first| *first != at) {
            let key = self.requests[heads[at]].order_key;
            self.requests[heads[at]].order_key = self.requests[heads[first]].order_key;
            self.requests[heads[first]].order_key = key;
            heads.swap(at, first);
        }
    }

    /// A request ends that was never leased.
    pub(super) fn give_back(&mut self, number: usize) {
        let request = &self.requests[number];
        let tenant = TENANTS[request.game];
        if let (Some(shares), Some((start, _)), false) = (&mut self.shares, request.order_key, request.was_leased)
            && shares.end_of(tenant) == start + cost(tenant)
        {
            shares.set_end(tenant, start);
        }
    }

    /// These leases were made.
    pub(super) fn begin(&mut self, leases: &[usize]) {
        for lease in leases {
            let request = &self.requests[self.leases[*lease].request];
            if let (Some(shares), Some((start, _))) = (&mut self.shares, request.order_key) {
                shares.now = shares.now.max(start + cost(TENANTS[request.game]) / 2);
            }
        }
    }
}
