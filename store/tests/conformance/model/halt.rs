//! The moves by which operators pause and resume.

use protocol::PauseScope;
use store::Paused;

use super::moves::What;
use super::play::{Difference, Play, same, text};
use super::{PROVIDERS, TENANTS};

impl Play {
    pub(super) async fn halt(&mut self, what: What) -> Result<(), Difference> {
        self.note(format_args!("an operator pauses {what:?}"));
        let answer = self.store.pause_queue(&self.scope(what), "ada").await.map_err(text)?;
        self.reference.halt(what, true);
        same("whether it is paused", matches!(answer, Paused::Done(_)), true)
    }

    pub(super) async fn resume(&mut self, what: What) -> Result<(), Difference> {
        self.note(format_args!("an operator resumes {what:?}"));
        let answer = self.store.resume_queue(&self.scope(what)).await.map_err(text)?;
        same("whether it was paused", answer.is_some(), self.reference.halt(what, false))
    }

    fn scope(&self, what: What) -> PauseScope {
        match what {
            What::Everything => PauseScope::All {},
            What::ProviderOf(game) => PauseScope::Provider { provider: PROVIDERS[game].to_owned() },
            What::TenantOf(game) => PauseScope::Tenant { tenant: TENANTS[game].parse().unwrap() },
            What::Game(game) => PauseScope::Game { game_id: self.games[game] },
        }
    }
}
