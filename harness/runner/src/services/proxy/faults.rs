//! The faults of a link.

use std::time::Duration;

/// The faults of a link. The default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkFaults {
    /// Bytes are held back in both directions; no connection breaks, and nothing is lost.
    pub paused: bool,
    /// Bytes are swallowed in both directions. A connection that has lost some is reset once this is over.
    pub black_hole: bool,
    /// Responses are dropped, and the connection is reset in place of each.
    pub drop_responses: bool,
    /// How many responses were dropped since it began to.
    pub(super) dropped: u64,
    /// Extra latency of each piece in each direction.
    pub latency: Duration,
    /// The most that is drawn on top of it, for each piece.
    pub jitter: Duration,
    /// The most bytes a second in each direction.
    pub bytes_per_second: Option<u64>,
    /// The longest piece; pieces are a millisecond apart.
    pub slice: Option<usize>,
    /// How many more bytes of responses the link carries before the connection with the last of them is reset.
    pub cut_after: Option<u64>,
    /// Counts how often every connection was reset.
    pub(super) cuts: u64,
    /// Counts how often connections were left without an end: those that were opened before the latest time carry nothing.
    pub(super) half_opened: u64,
    /// How often that has been repaired: those that carried nothing are reset.
    pub(super) repaired: u64,
}

impl LinkFaults {
    /// No faults any more, on the same link.
    pub fn repair(&mut self) {
        let LinkFaults { cuts, half_opened, repaired, .. } = *self;
        *self = Self { cuts, half_opened, repaired: repaired + 1, ..Self::default() };
    }

    /// Responses are dropped from here on.
    pub fn drop_responses(&mut self) {
        (self.drop_responses, self.dropped) = (true, 0);
    }

    /// What a fault was to do and has not done yet, if that can be said: it has tested nothing so far.
    #[must_use]
    pub(super) fn unmet(&self) -> Option<String> {
        if self.drop_responses && self.dropped == 0 {
            return Some("no answer was lost".to_owned());
        }
        let left = self.cut_after?;
        Some(format!("nothing was cut: it would have carried {left} bytes more"))
    }

    /// Leaves the connections that are open now without an end.
    pub fn half_open(&mut self) {
        self.half_opened += 1;
    }

    /// Whether a connection of this age carries nothing.
    pub(super) const fn swallows(&self, born: u64) -> bool {
        self.black_hole || born < self.half_opened
    }
}
