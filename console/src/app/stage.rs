//! How far a turn of the story has come.

/// How far a turn has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    /// On its way to the engine.
    Sending,
    /// It did not get there.
    NotSent(String),
    Queued,
    /// A worker has it, and nothing is narrated yet.
    Thinking,
    Narrating,
    /// The narration is whole; what it did to the world is being worked out.
    Settling,
    /// An attempt failed, another one follows.
    Retrying(String),
    Done,
    /// The console's own answer to a command; no turn of the story.
    Answer,
    Failed(String),
    Cancelled,
}

impl Stage {
    /// Whether something is happening that the player waits for.
    pub(crate) const fn is_running(&self) -> bool {
        matches!(self, Self::Sending | Self::Thinking | Self::Narrating | Self::Settling | Self::Retrying(_))
    }

    /// Whether nothing more happens to the turn, but for an operator who has it tried again.
    pub(super) const fn has_ended(&self) -> bool {
        matches!(self, Self::Done | Self::Failed(_) | Self::Cancelled)
    }

    /// Whether it did not happen, and its message can be sent again.
    pub(crate) const fn has_failed(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::Failed(_) | Self::Cancelled)
    }

    /// Whether its end is still to come.
    pub(crate) const fn is_unfinished(&self) -> bool {
        self.is_running() || matches!(self, Self::Queued)
    }

    pub(super) const fn is_waiting(&self) -> bool {
        matches!(self, Self::Sending | Self::Queued)
    }
}
