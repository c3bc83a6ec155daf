//! The two purposes of a call.

/// Which of a turn's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A narration.
    Narrate,
    /// A delta.
    Extract,
}
