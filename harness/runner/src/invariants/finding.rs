//! What is wrong, with the promise that it breaks, so that findings can be counted as well as read.

use std::fmt;

use protocol::RequestId;

/// A promise of the engine that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Which promise.
    pub kind: FindingKind,
    /// The request that it was broken to, where there is one.
    pub request: Option<RequestId>,
    /// What happened, in one sentence.
    pub what: String,
}

impl Finding {
    /// A finding that belongs to no request.
    pub(crate) fn new(kind: FindingKind, what: impl Into<String>) -> Self {
        Self { kind, request: None, what: what.into() }
    }

    /// A finding that belongs to a request.
    pub(crate) fn of(request: RequestId, kind: FindingKind, what: impl Into<String>) -> Self {
        Self { kind, request: Some(request), what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Which promise was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum FindingKind {
    /// A request was accepted and has no end, or a turn's effect is missing.
    Lost,
    /// A request has changed its game more than once.
    AppliedTwice,
    /// Requests of a game ran or took effect in another order than that of their arrival.
    OutOfOrder,
    /// A model call that had finished was made again.
    NarratedTwice,
    /// A request was given up for which every model call could succeed.
    DeadLettered,
    /// Text of a dead attempt was shown, or not declared void.
    UndeclaredVoid,
    /// The event log has a gap or a double, or is another one when it is read again.
    BrokenLog,
    /// Two things that the engine says of one matter differ.
    Contradiction,
    /// Something is queued or leased though everything has ended.
    LeftOver,
    /// The model was called for something that no request needs.
    Unforeseen,
    /// A process ended, or did not end, as it should.
    Process,
    /// Something could not be looked at, so nothing can be said of it.
    Unobserved,
}

impl FindingKind {
    /// Every kind, the gravest first.
    pub(crate) const ALL: [Self; 12] = [
        Self::Lost,
        Self::AppliedTwice,
        Self::OutOfOrder,
        Self::NarratedTwice,
        Self::DeadLettered,
        Self::UndeclaredVoid,
        Self::BrokenLog,
        Self::Contradiction,
        Self::LeftOver,
        Self::Unforeseen,
        Self::Process,
        Self::Unobserved,
    ];

    /// What a table calls it.
    #[must_use]
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::AppliedTwice => "applied twice",
            Self::OutOfOrder => "out of order",
            Self::NarratedTwice => "narrated twice",
            Self::DeadLettered => "given up",
            Self::UndeclaredVoid => "void text not declared",
            Self::BrokenLog => "broken event logs",
            Self::Contradiction => "contradictions",
            Self::LeftOver => "left over",
            Self::Unforeseen => "unforeseen model calls",
            Self::Process => "processes out of hand",
            Self::Unobserved => "not observed",
        }
    }
}
