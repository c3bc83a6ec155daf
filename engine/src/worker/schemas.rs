//! The schemas of deltas, kept for the games that are played: they change only when names come into a world or leave it, and rendering one
//! takes longer than all the rest of asking for a delta.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use story::{GameState, Input, Library, PromptError};

use crate::llm::Schema;

/// So many are kept, of some 10 kB each; then all are forgotten, which is simpler than to know which was used last, and rare.
const MOST: usize = 256;

/// Schemas by what they depend on, for one library.
#[derive(Debug, Default)]
pub(super) struct Schemas(Mutex<HashMap<String, Arc<Schema>>>);

impl Schemas {
    /// The schema of a delta for a turn of this game.
    pub(super) fn of(&self, library: &Library, state: &GameState, input: &Input) -> Result<Arc<Schema>, PromptError> {
        let key = story::delta_schema_key(state, input);
        if let Some(schema) = self.lock().get(&key) {
            return Ok(Arc::clone(schema));
        }
        let schema = Arc::new(Schema::new(&story::delta_schema(library, state, input)?));
        let mut kept = self.lock();
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(key, Arc::clone(&schema));
        Ok(schema)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Schema>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
