//! The intermediate form of an answer: what the model says, cut into pieces, before any vendor's encoding.

mod chunk;
mod compose;
mod draw;
mod schema;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quirk::ReasoningForm;

pub(crate) use self::chunk::{Pieces, tokens};
pub(crate) use self::compose::{compose, echo, fits, say};
pub(crate) use self::draw::{Draws, mix};

/// Why the model stops.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Finish {
    /// It has said everything, or calls a tool.
    #[default]
    Stop,
    /// It ran into the token limit.
    Length,
    /// The vendor's content filter cut in.
    Filter,
}

/// Token counts, as every vendor reports them under names of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Usage {
    /// Tokens of the request.
    pub(crate) input_tokens: u64,
    /// Tokens of the answer.
    pub(crate) output_tokens: u64,
}

/// One answer, ready to be encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Vendors make their ids from it; the same seed and calls give the same ids.
    pub(crate) token: u64,
    /// The number of the call in its namespace, which replaces the clock.
    pub(crate) ordinal: u64,
    pub(crate) model: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) finish: Finish,
    pub(crate) usage: Usage,
    /// The tool call answers a caller that forced it.
    pub(crate) forced: bool,
    /// Why the model declines.
    pub(crate) refusal: Option<String>,
}

/// A part of an answer, cut into the pieces that a stream sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// What the model thinks before it answers.
    Thought {
        pieces: Pieces,
        form: ReasoningForm,
    },
    Text(Pieces),
    Tool {
        name: String,
        /// The arguments' JSON text in pieces.
        pieces: Pieces,
    },
}

impl Block {
    /// The text, or the JSON text of the arguments, in pieces.
    pub(crate) fn pieces(&self) -> &Pieces {
        match self {
            Self::Thought { pieces, .. } | Self::Text(pieces) | Self::Tool { pieces, .. } => pieces,
        }
    }
}

impl Answer {
    /// How many pieces it has.
    pub(crate) fn pieces(&self) -> usize {
        self.blocks.iter().map(|block| block.pieces().len()).sum()
    }

    /// All text, joined.
    pub(crate) fn text(&self) -> String {
        let pieces = self.blocks.iter().filter_map(|block| match block {
            Block::Text(pieces) => Some(pieces.whole()),
            Block::Tool { .. } | Block::Thought { .. } => None,
        });
        pieces.collect()
    }

    /// What the model thinks, and how that is written.
    pub(crate) fn thought(&self) -> Option<(&Pieces, ReasoningForm)> {
        self.blocks.iter().find_map(|block| match block {
            Block::Thought { pieces, form } => Some((pieces, *form)),
            Block::Text(_) | Block::Tool { .. } => None,
        })
    }

    /// The tool calls: index among the calls, name, JSON text of the arguments.
    pub(crate) fn tools(&self) -> impl Iterator<Item = (usize, &str, &str)> {
        let tools = self.blocks.iter().filter_map(|block| match block {
            Block::Text(_) | Block::Thought { .. } => None,
            Block::Tool { name, pieces } => Some((name.as_str(), pieces.whole())),
        });
        tools.enumerate().map(|(index, (name, arguments))| (index, name, arguments))
    }

    pub(crate) fn has_tools(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block, Block::Tool { .. }))
    }

    /// `prefix` and 24 characters that depend on this answer and `salt` only.
    pub(crate) fn id(&self, prefix: &str, salt: u64) -> String {
        let high = mix(self.token ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        format!("{prefix}{high:016x}{:08x}", mix(high) >> 32)
    }
}
