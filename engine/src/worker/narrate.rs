//! The first call of a turn: a narration, filtered and published as it is written and kept when it is whole.

use std::time::Duration;

use store::{Claim, Companion, Completion};
use story::{Input, Prose};

use super::Worker;
use super::chunks::Chunks;
use super::companions::to_tell;
use super::error::TurnError;
use super::leases::HeldLease;
use super::persist::{persist, works};
use super::sent::Sent;
use super::timing::Timing;
use crate::fitted::narration_prompt;
use crate::llm::{Finish, ModelError, Narration, Provider, Reason};
use crate::telemetry::model_call::{CallKind, ModelCall};

/// How often a prompt is shortened because the server refuses it.
const SHORTENED: usize = 8;

/// How long the end of a response is waited for whose story is over: the token counts come last.
const LAST_FRAMES: Duration = Duration::from_millis(500);

/// Narrates the request, and its companions with it.
pub(super) async fn narrate(
    worker: &Worker,
    claim: &Claim,
    held: &HeldLease,
    provider: &Provider,
    timing: &Timing,
    sent: &Sent,
) -> Result<Completion, TurnError> {
    let companions = to_tell(worker, claim);
    match tell(worker, claim, companions, held, provider, timing, sent).await {
        Err(TurnError::Model(error)) if !companions.is_empty() && !error.is_transient() => {
            Err(TurnError::Together(error))
        }
        told => told,
    }
}

/// Streams a narration to the game's followers, and keeps it. What is published is what is committed: what the filter passes.
async fn tell(
    worker: &Worker,
    claim: &Claim,
    companions: &[Companion],
    held: &HeldLease,
    provider: &Provider,
    timing: &Timing,
    sent: &Sent,
) -> Result<Completion, TurnError> {
    let state = &claim.game.document.state;
    let input = claim.request.input(companions);
    let prose = if provider.thinks_first() { Prose::after_thoughts(state, &input) } else { Prose::new(state, &input) };
    let mut prose = prose.careful_after(provider.may_break_off_after());
    tracing::Span::current().record("model", provider.model());
    let mut call = ModelCall::begin(provider, CallKind::Narrate, claim.request.trace);
    let (mut narration, first) =
        begin(worker, claim, provider, &input, sent).await.inspect_err(|error| call.failed(error.name()))?;
    call.first_token();
    timing.first_token();
    works(worker, claim, held, provider).await?;
    let mut chunks = Chunks::new(&worker.settings.moments);
    let mut text = String::new();
    prose.push(&first);
    loop {
        if prose.is_void() {
            text.clear();
            provider.remember_that_it_thinks_first();
            if !chunks.withdraw() {
                tracing::warn!(
                    "the model thinks without an opening tag, and its thoughts were published: narrating once more"
                );
                return Err(TurnError::Released);
            }
        }
        publish(&mut prose, &mut chunks, &mut text);
        if prose.is_over() {
            read_last_frames(&mut narration).await;
            break;
        }
        tokio::select! {
            biased;
            () = chunks.due() => {
                let (number, text) = chunks.take();
                persist(held, || worker.store.publish_chunk(&claim.lease, number, &text)).await?;
                if let Some(when) = chunks.rests_until() {
                    narration.rest_until(when).await;
                }
            }
            piece = narration.next() => match piece.map_err(|error| {
                call.failed(error.reason.name());
                TurnError::of(provider, error)
            })? {
                Some(piece) => {
                    call.text();
                    prose.push(&piece);
                }
                None => break,
            },
        }
    }
    let was_over = prose.is_over();
    let (mut narrated, finish) = narration.finish();
    call.succeeded(narrated.usage);
    drop(call);
    prose.finish(finish != Finish::Length);
    publish(&mut prose, &mut chunks, &mut text);
    match &finish {
        Finish::Stop => {}
        _ if was_over => {}
        Finish::Length => {
            narrated.cut_short = true;
            text.truncate(story::cut_to_sentence(&text).len());
            tracing::warn!("the model had no token left: the narration is cut after its last whole sentence");
        }
        other => tracing::warn!(finish = ?other, "the narration ended for an unknown reason"),
    }
    text.truncate(text.trim_end().len());
    if text.is_empty() {
        return Err(nothing_to_tell(&finish).into());
    }
    narrated.text = text;
    // Whether one that was cut has come to the companions is not known. They are told by themselves then: hearing of something twice is better
    // than never. The same holds where a player stops it.
    if !narrated.cut_short {
        narrated.also_told = companions.to_vec();
    }
    let (number, text) = chunks.take();
    persist(held, || worker.store.checkpoint_narration(&claim.lease, number, &text, &narrated)).await?;
    timing.narrated();
    Ok(narrated)
}

/// Passes on what the filter lets through.
fn publish(prose: &mut Prose, chunks: &mut Chunks, text: &mut String) {
    let passed = prose.take();
    chunks.push(&passed);
    text.push_str(&passed);
}

/// The model goes on although the story is over. Only how many tokens it has used is still of interest, and only if it comes soon.
async fn read_last_frames(narration: &mut Narration<'_>) {
    let rest = async { while let Ok(Some(_)) = narration.next().await {} };
    if tokio::time::timeout(LAST_FRAMES, rest).await.is_err() {
        tracing::debug!("the model wrote on after the end of its narration; the call is ended");
    }
}

/// Everything that the model wrote was thoughts, control tokens or an echo of the prompt.
fn nothing_to_tell(finish: &Finish) -> ModelError {
    match finish {
        Finish::Length => ModelError::new(
            Reason::OnlyThinking,
            "thinking used up max_tokens before a word of the story was written; raise max_tokens, or set thinking = false",
        ),
        _ => ModelError::new(Reason::Empty, "the model wrote nothing that belongs to the story"),
    }
}

/// Calls the model until it takes the prompt, with less history each time, and returns with its first text.
async fn begin<'a>(
    worker: &Worker,
    claim: &Claim,
    provider: &'a Provider,
    input: &Input,
    sent: &Sent,
) -> Result<(Narration<'a>, String), TurnError> {
    let state = &claim.game.document.state;
    let stops = story::stop_sequences(state, input);
    for _ in 0..SHORTENED {
        let prompt = prompt(worker, claim, provider, input)?;
        sent.narration(provider, &prompt);
        match first(provider, &prompt, state.temperature, &stops).await {
            Err(error) if error.reason == Reason::TooLong && error.may_fit_shorter => {}
            answer => return answer.map_err(|error| TurnError::of(provider, error)),
        }
    }
    let prompt = prompt(worker, claim, provider, input)?;
    sent.narration(provider, &prompt);
    first(provider, &prompt, state.temperature, &stops).await.map_err(|error| TurnError::of(provider, error))
}

async fn first<'a>(
    provider: &'a Provider,
    prompt: &story::Prompt,
    temperature: f64,
    stops: &[String],
) -> Result<(Narration<'a>, String), ModelError> {
    let mut narration = provider.narrate(prompt, temperature, stops).await?;
    let text = narration.next().await?.unwrap_or_default();
    Ok((narration, text))
}

/// The prompt with as much of the history as the model's window takes.
fn prompt(worker: &Worker, claim: &Claim, provider: &Provider, input: &Input) -> Result<story::Prompt, TurnError> {
    let state = &claim.game.document.state;
    narration_prompt(&worker.library, state, &claim.history, input, provider).map_err(TurnError::unplayable)
}
