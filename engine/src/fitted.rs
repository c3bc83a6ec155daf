//! The narrator's prompt with as much of the history as the model's window takes.

use story::{ChatMessage, GameState, Input, Library, Prompt, PromptError};

use crate::llm::Provider;

/// The system's message, one that may begin the history, and the last one.
const AROUND_HISTORY: usize = 3;
/// The messages of a turn.
const ONE_TURN: usize = 2;

/// The narrator's prompt. In a small window half is kept for the answer; but if then not even the last turn is shown, the answer is given
/// less: a narrator that does not see its last narration contradicts it.
pub(crate) fn narration_prompt(
    library: &Library,
    state: &GameState,
    history: &[ChatMessage],
    input: &Input,
    provider: &Provider,
) -> Result<Prompt, PromptError> {
    let write = |budget: usize| story::narration_prompt(library, state, history, input, budget);
    let prompt = write(provider.prompt_bytes(history.len() + AROUND_HISTORY))?;
    if prompt.messages().len() > 1 || history.is_empty() {
        return Ok(prompt);
    }
    write(provider.most_prompt_bytes(ONE_TURN + AROUND_HISTORY))
}
