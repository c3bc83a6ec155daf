//! Content as authors write it: scenarios, characters, narrators, monsters, NPCs, and the library that holds them. Nothing here changes
//! during a game; a game's own copy of the world is the game state.

mod ability;
mod actor;
mod chance;
mod conditional;
mod conflict;
mod contingency;
mod ending;
mod id;
mod item;
mod language;
mod library;
mod light;
mod lore;
mod scenario;
mod text;
mod variables;

pub(crate) use ability::{MOST, SCORES, adds_of};
pub use actor::{Monster, Narrator, Npc, Pc, Stats};
pub use chance::{Chance, ChanceError, Dice, DiceError, Roll};
pub(crate) use chance::{Odds, source};
pub use conditional::{Conditional, Latch, Placed};
pub use conflict::Conflict;
pub use contingency::ContingencyPrompt;
pub use ending::{Ending, ScoreLine};
pub(crate) use id::is_snake_case;
pub use id::{normalize_id, normalize_var};
pub use item::Item;
pub use language::{Language, LanguageError};
pub use library::{ContentError, ContentErrors, ContentKind, Library, Source};
pub use light::Lit;
pub use lore::Lore;
pub use scenario::{Location, Scenario, Scene, Travel};
pub use text::{Part as TextPart, Text};
