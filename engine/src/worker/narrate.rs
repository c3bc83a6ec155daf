//! The first call of a turn: a narration, published as it is written and kept when it is whole.

use story::Input;

use super::Worker;
use super::chunks::Chunks;
use super::leases::HeldLease;
use super::turn::{TurnError, persist};
use crate::llm::{Finish, ModelError, Narration, Provider, Reason};
use crate::store::{Claim, Completion};

/// How many messages leave a prompt that is too long at a time. Prompts that follow each other then begin alike for some
/// turns, and a provider's cache has most of them.
const BLOCK: usize = 4;
/// How often a prompt is shortened because the server refuses it.
const SHORTENED: usize = 8;

/// Streams a narration to the game's followers, and keeps it.
pub(super) async fn narrate(
    worker: &Worker,
    claim: &Claim,
    held: &HeldLease,
    provider: &Provider,
    input: &Input,
) -> Result<Completion, TurnError> {
    let (mut narration, first) = begin(worker, claim, provider, input).await?;
    let mut chunks = Chunks::new(worker.settings.chunk);
    chunks.push(&first);
    loop {
        tokio::select! {
            biased;
            () = chunks.due() => {
                let (number, text) = chunks.take();
                persist(held, || worker.store.publish_chunk(&claim.lease, number, &text)).await?;
            }
            piece = narration.next() => match piece? {
                Some(text) => chunks.push(&text),
                None => break,
            },
        }
    }
    let (mut narrated, finish) = narration.finish();
    match finish {
        Finish::Stop => {}
        Finish::Length => {
            narrated.cut_short = true;
            narrated.text.truncate(sentences(&narrated.text));
            tracing::warn!("the model had no token left: the narration is cut after its last whole sentence");
        }
        other => tracing::warn!(finish = ?other, "the narration ended for an unknown reason"),
    }
    let (number, text) = chunks.take();
    persist(held, || worker.store.checkpoint_narration(&claim.lease, number, &text, &narrated)).await?;
    Ok(narrated)
}

/// Calls the model until it takes the prompt, with less history each time, and returns with its first text.
async fn begin<'a>(
    worker: &Worker,
    claim: &Claim,
    provider: &'a Provider,
    input: &Input,
) -> Result<(Narration<'a>, String), TurnError> {
    let state = &claim.game.document.state;
    for _ in 0..SHORTENED {
        let prompt = prompt(worker, claim, provider, input)?;
        match first(provider, &prompt, state.temperature).await {
            Err(error) if error.reason == Reason::TooLong && error.may_fit_shorter => {}
            answer => return Ok(answer?),
        }
    }
    let prompt = prompt(worker, claim, provider, input)?;
    Ok(first(provider, &prompt, state.temperature).await?)
}

async fn first<'a>(
    provider: &'a Provider,
    prompt: &story::Prompt,
    temperature: f64,
) -> Result<(Narration<'a>, String), ModelError> {
    let mut narration = provider.narrate(prompt, temperature).await?;
    let text = narration.next().await?.unwrap_or_default();
    Ok((narration, text))
}

/// The prompt with as much of the history as the model's window takes.
fn prompt(worker: &Worker, claim: &Claim, provider: &Provider, input: &Input) -> Result<story::Prompt, TurnError> {
    let state = &claim.game.document.state;
    let mut history = &claim.history[..];
    loop {
        let prompt =
            story::narration_prompt(&worker.library, state, history, None, input).map_err(TurnError::unplayable)?;
        let spoken: usize = prompt.messages.iter().map(|message| message.content.len()).sum();
        let bytes = spoken + prompt.system.iter().map(String::len).sum::<usize>();
        let fits = provider.prompt_bytes(prompt.messages.len() + 1).is_none_or(|limit| bytes <= limit);
        if fits || history.is_empty() {
            return Ok(prompt);
        }
        history = &history[BLOCK.min(history.len())..];
    }
}

/// The length of the text up to the end of its last whole sentence; all of it when it has none.
fn sentences(text: &str) -> usize {
    let ends = text.char_indices().filter(|(_, c)| matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？'));
    let closed = ends.map(|(at, c)| {
        let rest = &text[at + c.len_utf8()..];
        let closing: usize = rest
            .chars()
            .take_while(|c| matches!(c, '.' | '!' | '?' | '"' | '\'' | '”' | '’' | '»' | ')' | '*' | '_'))
            .map(char::len_utf8)
            .sum();
        (at + c.len_utf8() + closing, rest[closing..].chars().next())
    });
    // A point inside a number or an abbreviation ends nothing.
    let mut whole = closed.filter(|(_, next)| next.is_none_or(char::is_whitespace)).map(|(end, _)| end);
    whole.next_back().unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_after_its_last_whole_sentence() {
        for (text, expected) in [
            ("You wait. Then you see a", "You wait."),
            ("“Who?” she asks. “I would", "“Who?” she asks."),
            ("She says \"No.\" And th", "She says \"No.\""),
            ("It costs 3.50 and then", "It costs 3.50 and then"),
            ("You walk north and then you see a", "You walk north and then you see a"),
            ("Really?! Ye", "Really?!"),
            ("Done.", "Done."),
            ("待つ。そして", "待つ。そして"),
        ] {
            assert_eq!(&text[..sentences(text)], expected);
        }
    }
}
