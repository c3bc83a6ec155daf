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
    /// How many connections are open.
    pub(super) open: u64,
    /// Counts how often every connection was reset.
    pub(super) cuts: u64,
    /// Counts how often connections were left without an end: those that were opened before the latest time carry nothing.
    pub(super) half_opened: u64,
    /// How many connections the link has broken since the last repair, by being cut or left half-open; `None` if it was neither.
    pub(super) broken: Option<u64>,
    /// How many pieces have met a fault that lasts, since the last repair.
    pub(super) pieces: u64,
    /// How often that has been repaired: those that carried nothing are reset.
    pub(super) repaired: u64,
}

impl LinkFaults {
    /// No faults any more, on the same link.
    pub fn repair(&mut self) {
        let LinkFaults { open, cuts, half_opened, repaired, .. } = *self;
        *self = Self { open, cuts, half_opened, repaired: repaired + 1, ..Self::default() };
    }

    /// Responses are dropped from here on.
    pub fn drop_responses(&mut self) {
        (self.drop_responses, self.dropped) = (true, 0);
    }

    /// Resets every connection.
    pub fn cut(&mut self) {
        self.cuts += 1;
        self.breaks_what_is_open();
    }

    /// Whether something keeps pieces from coming through as they are.
    pub(super) fn lasts(&self) -> bool {
        let Self { paused, black_hole, latency, jitter, bytes_per_second, slice, .. } = *self;
        paused || black_hole || latency + jitter > Duration::ZERO || bytes_per_second.is_some() || slice.is_some()
    }

    /// What the faults since the last repair have met.
    pub(super) fn effect(&self) -> Effect {
        let nothing = if self.drop_responses && self.dropped == 0 {
            "no answer was lost".to_owned()
        } else if let Some(left) = self.cut_after {
            format!("nothing was cut: it would have carried {left} bytes more")
        } else if self.broken == Some(0) {
            "no connection was open".to_owned()
        } else if self.lasts() && self.pieces == 0 {
            "nothing was sent meanwhile".to_owned()
        } else if self.drop_responses || self.broken.is_some() || self.lasts() {
            return Effect::Met;
        } else {
            return Effect::NoFault;
        };
        Effect::Unmet(nothing)
    }

    fn breaks_what_is_open(&mut self) {
        self.broken = Some(self.broken.unwrap_or(0) + self.open);
    }

    /// Leaves the connections that are open now without an end.
    pub fn half_open(&mut self) {
        self.half_opened += 1;
        self.breaks_what_is_open();
    }

    /// Whether a connection of this age carries nothing.
    pub(super) const fn swallows(&self, born: u64) -> bool {
        self.black_hole || born < self.half_opened
    }
}

/// What the faults of a link have met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The link has no fault, or one that is over.
    NoFault,
    /// A fault has done something.
    Met,
    /// A fault has done nothing, so nothing was tested: why.
    Unmet(String),
}
