//! The findings of `engine fsck`: stored data that breaks a rule of the store.

use protocol::{GameId, RequestId};

use super::StoreError;

/// The result of an inspection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Games that were inspected.
    pub games: u64,
    /// Unfinished requests that were inspected.
    pub requests: u64,
    /// The rules that are broken.
    pub inconsistencies: Vec<Inconsistency>,
}

impl Inspection {
    /// How many of the findings no repair sets right.
    #[must_use]
    pub fn beyond_repair(&self) -> usize {
        self.inconsistencies.iter().filter(|found| matches!(found.remedy, Remedy::ByHand(_))).count()
    }
}

/// Stored data that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inconsistency {
    /// The game, where one is concerned.
    pub game: Option<GameId>,
    /// The request, where one is concerned.
    pub request: Option<RequestId>,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: Remedy,
}

/// What to do about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// What repairs it, or has repaired it.
    Repair(String),
    /// What an operator can do: the store does not have what a repair would need.
    ByHand(String),
}

/// What an operator can do about a game of which something is lost.
pub(super) const LOST: &str = "restore the game from a backup, or delete it";

impl Inconsistency {
    /// Something of a game is lost.
    pub(super) fn lost(game: GameId, what: String) -> Self {
        Self { game: Some(game), request: None, what, remedy: Remedy::ByHand(LOST.to_owned()) }
    }

    /// A part of a game that its reader refuses. Any other failure is one of the inspection.
    pub(super) fn unreadable(game: GameId, part: &str, error: StoreError) -> Result<Self, StoreError> {
        let StoreError::Corrupt { what, reason } = error else { return Err(error) };
        Ok(Self::lost(game, format!("{part} cannot be read: {what}: {reason}")))
    }

    /// A log of which something cannot be read; those who follow the game lose nothing that is not in the game.
    pub(super) fn of_log(self) -> Self {
        Self { remedy: Remedy::Repair("begin a new log, so that readers are reset".to_owned()), ..self }
    }

    /// A key or a row whose name should be an id, and is none.
    pub(super) fn no_id(name: &str, place: &str) -> Self {
        let remedy = Remedy::ByHand("find out who has written it, and delete it".to_owned());
        Self { game: None, request: None, what: format!("`{name}` is no id, and is {place}"), remedy }
    }
}

/// The entries of a part of a game that cannot be read: the first one, and how many there are. A game may have any number of them.
#[derive(Debug, Default)]
pub(super) struct UnreadableEntries {
    count: u64,
    first: Option<(u64, String)>,
}

impl UnreadableEntries {
    /// Notes an entry by its number, if its reader has refused it.
    pub(super) fn note<T>(&mut self, number: u64, read: Result<T, StoreError>) -> Result<(), StoreError> {
        match read {
            Ok(_) => Ok(()),
            Err(StoreError::Corrupt { reason, .. }) => {
                self.count += 1;
                self.first.get_or_insert((number, reason));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The finding, if there is one. `name` takes the number of an entry.
    pub(super) fn finding(self, game: GameId, name: impl FnOnce(u64) -> String) -> Option<Inconsistency> {
        let (number, reason) = self.first?;
        let others = if self.count == 1 { String::new() } else { format!(", and {} others", self.count - 1) };
        Some(Inconsistency::lost(game, format!("{} cannot be read{others}: {reason}", name(number))))
    }
}
