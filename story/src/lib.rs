//! The domain of story-engine, pure: content as authors write it, the state of a game, what a turn may change, what a model reads,
//! and what is wrong with content. No IO, no clock, no randomness: the same arguments give the same answer, always.
//!
//! A turn, as the engine runs it:
//! 1. [`narration_prompt`] is what the narrator model gets; its answer is the narration.
//! 2. [`extraction_prompt`] and [`delta_schema`] are what the extracting model gets; [`parse_delta`] reads its answer.
//! 3. [`apply`] checks the delta against the world, lets the scene's conditionals cascade, and gives the next state.

mod apply;
mod check;
mod content;
mod delta;
mod delta_schema;
mod explain;
pub mod explore;
mod imported;
mod memory;
mod message;
mod new_game;
mod parse;
mod patch;
mod prompt;
mod prose;
mod random;
pub mod rule;
pub mod script;
mod serde_util;
mod sight;
mod state;
pub mod suggest;
#[cfg(test)]
mod testing;
mod when;
mod when_explain;
mod world;

pub use apply::{Applied, ApplyError, Author, Change, Holder, Refusal, Rejection, StoryEvent, apply, refusals};
pub use check::{Finding, Severity, check, check_script, check_sources};
pub use content::{
    Chance, ChanceError, Conditional, Conflict, ContentError, ContentErrors, ContentKind, ContingencyPrompt, Dice,
    DiceError, Ending, Item, Language, LanguageError, Latch, Library, Lit, Location, Lore, Monster, Narrator, Npc, Pc,
    Placed, Roll, Scenario, Scene, ScoreLine, Source, Stats, Text, TextPart, Travel, normalize_id, normalize_var,
};
pub use delta::{
    Attack, Delta, HolderKind, HolderRef, ItemAction, ItemEvent, MonsterAction, MonsterEvent, NpcEvent, SceneChange,
};
pub use delta_schema::{delta_schema, delta_schema_key};
pub use explain::{ConditionalExplained, ExitExplained, Explained, Standing, explain};
pub use imported::{keep_own_events, keep_what_has_happened};
pub use memory::Memory;
pub use message::{ChatMessage, Role};
pub use new_game::{NewGame, NewGameError, new_game};
pub use parse::{DeltaParseError, Parsed, parse_delta};
pub use patch::{PatchError, StatePatch, patch};
/// Sentences of a prompt by which a reader of it knows what stands so.
pub mod phrases {
    pub use crate::prompt::{BEGIN, CLOSED, DARK, EMPTY, HIDDEN, HIDDEN_EMPTY, IN_IT, LOCKED};
}
pub use prompt::{
    HistoryLimits, Input, PROMPT_ROLES, Prompt, PromptError, ToSummarize, extraction_prompt, leaving, may_leave,
    narration_prompt, read_summary, summary_prompt, user_text,
};
pub use prose::{Prose, cut_to_sentence, ends_with_sentence, stop_sequences};
pub use sight::{Being, HitPoints, Place, Sight, Vessel, Way, here, sight};
pub use state::{Container, DEFAULT_TEMPERATURE, GameState, Reached, Rules, apart};
pub use when::{Comparison, ComparisonError, When};
pub use when_explain::Part;
pub use world::{Fit, Health, PLAYER, fit, make_npc, matching, meant, words};

/// The example of the README, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
