//! Why an attempt failed, as each of its two readers gets to know it.

use protocol::{Problem, ProblemType};

/// Why an attempt failed. Events and a request's status hold what players may read; the record of the attempt, and so a dead
/// letter, holds the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Without a vendor's words, an address or an account.
    pub for_players: Problem,
    /// In full, with the vendor's words.
    pub for_operators: Problem,
}

impl From<Problem> for Failure {
    /// A problem that everybody may read as it is.
    fn from(problem: Problem) -> Self {
        Self { for_players: problem.clone(), for_operators: problem }
    }
}

/// The failure of a request that cannot be claimed because it or its game cannot be read.
pub(super) fn unreadable(what: &str, reason: &str) -> Failure {
    let full = format!("the store holds something unreadable under {what}: {reason}");
    Failure {
        for_players: Problem::new(ProblemType::Internal, "what is stored of the game cannot be read"),
        for_operators: Problem::new(ProblemType::Internal, full),
    }
}
