//! What a model would be sent for a game's next turn: the same prompt and the same body as a worker would send, with what this process
//! knows of the provider. Nothing is sent, and nothing is changed. Or what was sent for an earlier turn, where that is kept.

use protocol::{GameId, Problem, ProblemType, PromptPart, PromptPurpose, PromptView, RequestType};
use serde_json::Value;
use store::{SentPrompt, SharedStore, StoreError, TurnRange};
use story::{ChatMessage, Input, Library, Prompt};

use crate::fitted::narration_prompt;
use crate::llm::{Models, Provider, Schema, about_tokens};

/// What is shown for a message that nobody has sent yet.
const NO_MESSAGE: &str = "(the player's message)";
/// What is shown for a narration that nobody has written yet.
const NO_NARRATION: &str = "(the narration)";

/// What is to be shown.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// The player's message; without one, the first that waits in the game, or a placeholder.
    pub message: Option<String>,
    /// The turn whose prompt is shown as it was sent; without one, the next turn.
    pub turn: Option<u64>,
    /// Which call of the turn.
    pub purpose: PromptPurpose,
    /// How many messages of history a worker reads.
    pub history: usize,
    /// How many story events a turn tells at most.
    pub story_event_batch: usize,
}

/// There is nothing to show.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The store does not say.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The game is not there, or cannot be played.
    #[error("{0}")]
    Problem(Problem),
}

/// The next call for a game, or one of an earlier turn.
pub async fn preview(
    store: &SharedStore,
    library: &Library,
    models: &Models,
    id: GameId,
    asked: &Preview,
) -> Result<PromptView, PreviewError> {
    let unknown = || Problem::new(ProblemType::UnknownGame, format!("there is no game {id}"));
    let unplayable = |why: String| PreviewError::Problem(Problem::new(ProblemType::UnknownContent, why));
    let (game, history) =
        store.game_with_history(id, asked.history).await?.ok_or_else(|| PreviewError::Problem(unknown()))?;
    if let Some(turn) = asked.turn {
        let sent = sent(store, id, turn, asked.purpose).await?;
        return Ok(view_of_sent(id, turn, asked.purpose, models, sent));
    }
    let input = match &asked.message {
        Some(message) => Input::Player { message: message.clone(), actor: None },
        None => waiting(store, id, asked.story_event_batch).await?,
    };
    let name = &game.document.provider;
    let missing = || unplayable(format!("the game's provider `{name}` is not configured"));
    let state = &game.document.state;
    match asked.purpose {
        PromptPurpose::Narrate => {
            let provider = models.get(name).ok_or_else(missing)?;
            let prompt = narration_prompt(library, state, &history, &input, provider)
                .map_err(|error| unplayable(error.to_string()))?;
            let stops = story::stop_sequences(state, &input);
            let request = provider.narration_body(&prompt, state.temperature, &stops);
            Ok(view(id, asked.purpose, provider, &prompt, request.map_err(|error| unplayable(error.to_string()))?))
        }
        PromptPurpose::Extract => {
            let provider = models.backend_of(name).ok_or_else(missing)?;
            let prompt = story::extraction_prompt(library, state, &input, NO_NARRATION)
                .map_err(|error| unplayable(error.to_string()))?;
            let schema = story::delta_schema(library, state, &input).map_err(|error| unplayable(error.to_string()))?;
            let request = provider.extraction_body(&prompt, &Schema::new(&schema));
            Ok(view(id, asked.purpose, provider, &prompt, request.map_err(|error| unplayable(error.to_string()))?))
        }
    }
}

/// What the next turn answers: the first request that waits, if one does, with its companions.
async fn waiting(store: &SharedStore, id: GameId, batch: usize) -> Result<Input, StoreError> {
    let nothing = || Input::Player { message: NO_MESSAGE.to_owned(), actor: None };
    let lane = store.lane(id).await?;
    let Some(first) = lane.requests.first() else { return Ok(nothing()) };
    let Some(request) = store.request(*first).await? else { return Ok(nothing()) };
    if request.kind == RequestType::Chat {
        return Ok(Input::Player { message: request.message, actor: request.actor });
    }
    let mut also = Vec::new();
    for companion in lane.requests.iter().take(batch).skip(1) {
        match store.request(*companion).await? {
            Some(next) if next.kind == RequestType::StoryEvent && next.checkpoints.narration.is_none() => {
                also.push(next.message);
            }
            _ => break,
        }
    }
    Ok(Input::StoryEvent { prompt: request.message, also })
}

/// What was sent for a turn.
async fn sent(store: &SharedStore, id: GameId, turn: u64, purpose: PromptPurpose) -> Result<SentPrompt, PreviewError> {
    let refused = |detail: String| PreviewError::Problem(Problem::new(ProblemType::TurnNotKept, detail));
    let page = store.turns(id, TurnRange::From(turn), 1).await?;
    let stored = page.turns.into_iter().next().filter(|stored| stored.record.turn == turn);
    let stored = stored.ok_or_else(|| refused(format!("no record is kept of turn {turn}")))?;
    let prompts = stored.prompts.unwrap_or_default();
    let (prompt, call) = match purpose {
        PromptPurpose::Narrate => (prompts.narration, "narration"),
        PromptPurpose::Extract => (prompts.extraction, "delta"),
    };
    prompt.ok_or_else(|| {
        refused(format!(
            "the prompt of the {call} of turn {turn} is not kept: `turns.keep_prompts` was off when it was played, an earlier attempt              had sent it, or it was larger than `turns.prompts_max_bytes`"
        ))
    })
}

fn view_of_sent(game_id: GameId, turn: u64, purpose: PromptPurpose, models: &Models, sent: SentPrompt) -> PromptView {
    // What is known of a model counts as long as the provider has that one.
    let provider = models.get(&sent.provider).filter(|provider| provider.model_of(purpose).0 == sent.model);
    let tokens = |bytes| provider.map_or_else(|| about_tokens(bytes), |provider| provider.tokens_of(purpose, bytes));
    let bytes = sent.system.len() + sent.messages.iter().map(|message| message.content.len()).sum::<usize>();
    PromptView {
        game_id,
        turn: Some(turn),
        purpose,
        context_tokens: provider.and_then(|provider| provider.model_of(purpose).1),
        tokens: tokens(bytes),
        parts: named(parts(&sent.system, &sent.messages), tokens),
        provider: sent.provider,
        model: sent.model,
        system: sent.system,
        messages: sent.messages,
        left_out: sent.left_out as u64,
        request: Value::Null,
    }
}

fn named(parts: Vec<(String, usize)>, tokens: impl Fn(usize) -> u32) -> Vec<PromptPart> {
    let part = |(name, bytes)| PromptPart { name, bytes: bytes as u64, tokens: tokens(bytes) };
    parts.into_iter().map(part).collect()
}

fn view(game_id: GameId, purpose: PromptPurpose, provider: &Provider, prompt: &Prompt, request: Value) -> PromptView {
    let (model, context_tokens) = provider.model_of(purpose);
    let tokens = |bytes: usize| provider.tokens_of(purpose, bytes);
    PromptView {
        game_id,
        turn: None,
        purpose,
        provider: provider.name().to_owned(),
        model: model.to_owned(),
        context_tokens,
        tokens: tokens(prompt.bytes()),
        parts: named(parts(prompt.system(), prompt.messages()), tokens),
        system: prompt.system().to_owned(),
        messages: prompt.messages().to_vec(),
        left_out: 0,
        request,
    }
}

/// The parts of a prompt with their lengths: the system text, the history, and the blocks of the last message by their tags.
fn parts(system: &str, messages: &[ChatMessage]) -> Vec<(String, usize)> {
    let (last, history) = match messages.split_last() {
        Some((last, history)) => (last.content.as_str(), history),
        None => ("", &[][..]),
    };
    let mut parts = vec![("system".to_owned(), system.len())];
    let bytes: usize = history.iter().map(|message| message.content.len()).sum();
    if bytes > 0 {
        parts.push(("history".to_owned(), bytes));
    }
    let (mut rest, mut plain) = (last, 0);
    while let Some((before, tag, block, after)) = first_block(rest) {
        plain += before.len();
        parts.push((tag.to_owned(), block));
        rest = after;
    }
    plain += rest.len();
    if plain > 0 {
        parts.push(("other".to_owned(), plain));
    }
    parts
}

/// The text before the first block, its tag, how long it is, and the text after it.
fn first_block(text: &str) -> Option<(&str, &str, usize, &str)> {
    let begin = text.find('<')?;
    let (tag, inside) = text[begin + 1..].split_once(">\n")?;
    let end = format!("</{tag}>");
    let length = inside.find(&end)? + end.len() + tag.len() + 3;
    Some((&text[..begin], tag, length, &text[begin + length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_prompt_are_named_by_their_tags_and_add_up_to_it() {
        let last = "<world_state>\n<a>1</a>\nHere.\n</world_state>\n\nBear in mind.\n\n<player>\nI wait.\n</player>";
        let history = [ChatMessage::assistant("It is dark.")];
        let prompt = Prompt::new("You narrate.".to_owned(), history, last.to_owned());
        let parts = parts(prompt.system(), prompt.messages());
        let names: Vec<_> = parts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["system", "history", "world_state", "player", "other"]);
        assert_eq!(parts.iter().map(|(_, bytes)| bytes).sum::<usize>(), prompt.bytes());
    }
}
