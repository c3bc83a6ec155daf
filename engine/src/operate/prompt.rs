//! `engine prompt`: what a model would be sent for a game's next turn, or was sent for an earlier one.

use std::fmt::Write;
use std::sync::Arc;

use protocol::{GameId, PromptPurpose, PromptView, path};
use store::embedded::OpenError;

use super::OperateError;
use super::source::Source;
use crate::config::Config;
use crate::content;
use crate::llm::Models;
use crate::preview::{Preview, PreviewError, preview};
use crate::serve::{self, ServeError};
use crate::{out, outln};

/// Prints the next call of a game, or one of an earlier turn; with `json`, the body as it would be sent.
pub async fn prompt(
    config: &Config,
    game: GameId,
    message: Option<String>,
    turn: Option<u64>,
    purpose: PromptPurpose,
    json: bool,
) -> Result<(), OperateError> {
    let view = match serve::open_existing(config).await {
        Ok(store) => {
            let library = Arc::new(content::load(config.content.as_deref()).map_err(ServeError::from)?);
            let models = Models::start(config).await.map_err(ServeError::from)?;
            models.discover().await;
            let asked = Preview {
                message,
                turn,
                purpose,
                history: config.chat_history_limit,
                story_event_batch: config.queue.story_event_batch,
            };
            preview(&store, &library, &models, game, &asked).await.map_err(|error| match error {
                PreviewError::Store(error) => OperateError::Step(error),
                PreviewError::Problem(problem) => OperateError::Refused(problem),
            })?
        }
        Err(ServeError::Embedded(OpenError::InUse { .. })) => {
            Source::open(config).await?.get(&address(game, message.as_deref(), turn, purpose)).await?
        }
        Err(error) => return Err(error.into()),
    };
    if json {
        outln!("{}", serde_json::to_string_pretty(&view.request).unwrap_or_default());
    } else {
        out!("{}", text(&view));
    }
    Ok(())
}

fn address(game: GameId, message: Option<&str>, turn: Option<u64>, purpose: PromptPurpose) -> String {
    let path = path::with_id(path::GAME_PROMPT, game);
    let purpose = (purpose == PromptPurpose::Extract).then_some(("purpose", "extract"));
    let turn = turn.map(|turn| turn.to_string());
    let turn = turn.as_deref().map(|turn| ("turn", turn));
    let asked = message.map(|message| ("message", message)).into_iter().chain(turn).chain(purpose);
    // Only its query is of interest.
    let encoded = url::Url::parse_with_params("http://localhost/", asked).ok();
    match encoded.as_ref().and_then(url::Url::query) {
        Some(query) => format!("{path}?{query}"),
        None => path,
    }
}

fn text(view: &PromptView) -> String {
    let window = match view.context_tokens {
        Some(tokens) => format!("of {tokens}"),
        None => "of a window that is not known".to_owned(),
    };
    let parts: Vec<_> = view.parts.iter().map(|part| format!("{} {}", part.name, part.tokens)).collect();
    let mut text =
        format!("{} at {}: about {} tokens {window}\n  {}\n", view.model, view.provider, view.tokens, parts.join(", "));
    // Writing to a string cannot fail.
    let _ = write!(text, "\n=== system\n{}\n", view.system);
    if view.left_out > 0 {
        let _ = write!(text, "\n=== {} messages that are not kept\n", view.left_out);
    }
    for message in &view.messages {
        let role = if message.role == story::Role::Assistant { "assistant" } else { "user" };
        let _ = write!(text, "\n=== {role}\n{}\n", message.content);
    }
    if view.request.is_null() {
        return text;
    }
    let mut rest = view.request.clone();
    if let Some(fields) = rest.as_object_mut() {
        for shown in ["messages", "system", "contents", "systemInstruction"] {
            fields.remove(shown);
        }
    }
    let _ = write!(text, "\n=== and with it\n{rest}\n");
    text
}
