//! Language models: what a turn asks of them, through genai. Which vendor answers is configuration.

mod call;
mod error;
#[cfg(feature = "offline")]
mod offline;
mod provider;

pub use call::Narration;
pub use error::ModelError;
pub use provider::{Models, ModelsError, Provider, ProviderInfo};
