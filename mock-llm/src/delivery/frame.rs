//! A part of a delivery that is sent in one write.

use bytes::Bytes;

/// Bytes that are sent together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) bytes: Bytes,
    /// How many pieces of the answer it carries.
    pub(crate) pieces: usize,
    /// Tokens of the pieces that it carries.
    pub(crate) tokens: usize,
    /// It is a further part of the frame before it.
    pub(crate) continues: bool,
}

impl Frame {
    pub(super) fn piece(bytes: Bytes, tokens: usize) -> Self {
        Self { bytes, pieces: 1, tokens, continues: false }
    }

    pub(super) fn silent(bytes: Bytes) -> Self {
        Self { bytes, ..Self::default() }
    }
}
