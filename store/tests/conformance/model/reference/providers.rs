//! What keeps ready games from being claimed: providers without calls, and what operators have paused.

use super::{Circuit, Head, Reference, provider, tenant};
use crate::model::moves::What;

impl Reference {
    /// The provider that a game's lane waits for.
    pub(super) fn provider_of(&self, game: usize) -> usize {
        self.games[game].waits_for.unwrap_or(provider(game))
    }

    pub(super) fn may_probe(&self, provider: usize) -> bool {
        match self.circuits[provider] {
            Circuit::Closed => false,
            Circuit::Open { is_due } => is_due,
            Circuit::HalfOpen(lease) => !self.holds(lease),
        }
    }

    /// Whether a game is ready, and its provider gets no calls or an operator has paused it.
    pub(in crate::model) fn is_paused(&self, game: usize) -> bool {
        let is_open = self.circuits[self.provider_of(game)] != Circuit::Closed;
        self.games[game].head == Head::Free && (is_open || self.is_halted(game))
    }

    /// Whether an operator has paused what a game waits for.
    pub(in crate::model) fn is_halted(&self, game: usize) -> bool {
        self.everything_halted
            || self.halted_providers[self.provider_of(game)]
            || self.halted_tenants[tenant(game)]
            || self.halted_games[game]
    }

    /// Whether an operator has paused some tenant. A store counts a ready game of it as paused from when a claim has met it.
    pub(in crate::model) fn halts_tenants(&self) -> bool {
        self.halted_tenants.contains(&true)
    }

    /// An operator pauses or resumes; answers whether it was paused.
    pub(in crate::model) fn halt(&mut self, what: What, on: bool) -> bool {
        match what {
            What::Everything => std::mem::replace(&mut self.everything_halted, on),
            What::ProviderOf(game) => std::mem::replace(&mut self.halted_providers[provider(game)], on),
            What::TenantOf(game) => std::mem::replace(&mut self.halted_tenants[tenant(game)], on),
            What::Game(game) => {
                if on && !self.halted_games[game] {
                    self.games[game].waits_for = None;
                }
                std::mem::replace(&mut self.halted_games[game], on)
            }
        }
    }

    /// A game's provider has a fault, which `lease` has met.
    pub(in crate::model) fn fault(&mut self, game: usize, lease: Option<usize>) {
        let open = Circuit::Open { is_due: false };
        match self.circuit_of(game) {
            Circuit::Closed => self.circuits[provider(game)] = open,
            Circuit::HalfOpen(probe) if Some(probe) == lease || !self.holds(probe) => {
                self.circuits[provider(game)] = open;
            }
            Circuit::Open { .. } | Circuit::HalfOpen(_) => {}
        }
    }

    /// The state of a game's own provider.
    pub(in crate::model) fn circuit_of(&self, game: usize) -> Circuit {
        self.circuits[provider(game)]
    }

    /// The wait of a game's provider for its next probe is over.
    pub(in crate::model) fn end_probe_wait(&mut self, game: usize) {
        if let Circuit::Open { is_due } = &mut self.circuits[provider(game)] {
            *is_due = true;
        }
    }

    /// A game's provider works.
    pub(in crate::model) fn success(&mut self, game: usize) {
        self.circuits[provider(game)] = Circuit::Closed;
    }
}
