//! The third call of a turn, in one of many: history that leaves the prompts is summarised, so that what happened early is still known
//! late. It is kept with the delta, so that it is paid for once. A summary that fails changes nothing: the messages stay open, and a
//! later turn tries again.

use std::time::Duration;

use protocol::PromptPurpose;
use store::{Claim, Completion, Spending, Summarized};
use story::{ChatMessage, GameState, HistoryLimits, ToSummarize};

use super::Worker;
use super::error::TurnError;
use super::leases::HeldLease;
use super::persist::persist;
use crate::llm::{ModelError, Provider};
use crate::telemetry::model_call::{CallKind, ModelCall};

/// The player has read the turn; its commit waits no longer than this for a summary.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// How often a prompt is shortened because the server refuses it.
const SHORTENED: usize = 4;

/// Fewer messages than this never leave.
const FEWEST: usize = 6;

/// Tokens of prose have four or five bytes; those of rare words fewer, those of long ones more.
const BYTES_OF_A_TOKEN: usize = 6;

/// More history than this is not shown, however large the window is: every byte of it is paid for in every turn.
const MOST_HISTORY: usize = 48_000;

/// Adds the summary of what leaves after this turn to what was extracted, if anything leaves.
pub(super) async fn summarize(
    worker: &Worker,
    claim: &Claim,
    held: &HeldLease,
    provider: &Provider,
    backend: &Provider,
    turn: &[ChatMessage],
    mut extracted: Completion,
) -> Result<Completion, TurnError> {
    let state = &claim.game.document.state;
    if extracted.summary.is_some() || state.is_ended {
        return Ok(extracted);
    }
    let open: Vec<_> = state.memory.open(&claim.history).iter().chain(turn).cloned().collect();
    // How much fits is found out by writing a prompt: not while a few messages surely do.
    if open.len() < FEWEST {
        return Ok(extracted);
    }
    let leaving = story::leaving(&open, state.turn_counter, limits(worker, claim, provider, open.len()));
    if leaving == 0 {
        return Ok(extracted);
    }
    match tokio::time::timeout(LONGEST_WAIT, write(claim, backend, &open[..leaving])).await {
        Ok(Ok((answer, covered))) => {
            extracted.usage = extracted.usage + answer.usage;
            let Some(text) = story::read_summary(state, &answer.text) else {
                tracing::warn!("the model's summary is none; the history stays as it is for now");
                return Ok(extracted);
            };
            tracing::info!(messages = covered, "history is summarised");
            extracted.summary = Some(Summarized { messages: covered, text });
            persist(held, || worker.store.checkpoint_delta(&claim.lease, &extracted)).await?;
        }
        Ok(Err(error)) => tracing::warn!(%error, "the history cannot be summarised; a later turn tries again"),
        Err(_) => tracing::warn!("the summary of the history takes too long; a later turn tries again"),
    }
    Ok(extracted)
}

/// The most that a summary behind this turn may use; nothing if there will be none.
pub(super) fn most(worker: &Worker, claim: &Claim, provider: &Provider, backend: &Provider) -> Spending {
    let GameState { memory, language, .. } = &claim.game.document.state;
    let open = memory.open(&claim.history);
    let narrated = usize::try_from(provider.longest_answer(PromptPurpose::Narrate)).unwrap_or(usize::MAX);
    let turn = claim.request.message.len().saturating_add(narrated.saturating_mul(BYTES_OF_A_TOKEN));
    if open.len() + 2 < FEWEST || !story::may_leave(open, turn, limits(worker, claim, provider, open.len() + 2)) {
        return Spending::default();
    }
    // The turn itself never leaves.
    let budget = backend.summary_bytes();
    let ToSummarize { prompt, .. } = story::summary_prompt(Some(&memory.summary), open, language.as_ref(), budget);
    backend.most(PromptPurpose::Extract, &prompt, 0)
}

/// Asks for a summary of as many of the first messages as the model takes; a later turn goes on with the rest.
async fn write(claim: &Claim, backend: &Provider, leaving: &[ChatMessage]) -> Result<(Completion, usize), ModelError> {
    let GameState { memory, language, .. } = &claim.game.document.state;
    let mut tries = 0;
    loop {
        let budget = backend.summary_bytes();
        let ToSummarize { prompt, messages } =
            story::summary_prompt(Some(&memory.summary), leaving, language.as_ref(), budget);
        let call = ModelCall::begin(backend, CallKind::Summarize, claim.request.trace);
        match call.of(backend.write(&prompt)).await {
            Err(error) if error.may_fit_shorter && tries < SHORTENED => tries += 1,
            answer => return answer.map(|answer| (answer, messages)),
        }
    }
}

/// How much history fits this game's prompts.
fn limits(worker: &Worker, claim: &Claim, provider: &Provider, messages: usize) -> HistoryLimits {
    let input = claim.request.input(&[]);
    let rest = story::narration_prompt(&worker.library, &claim.game.document.state, &[], &input, 0);
    let left = provider.prompt_bytes(messages + 2).saturating_sub(rest.map_or(0, |prompt| prompt.bytes()));
    HistoryLimits { messages: worker.settings.history, bytes: left.min(MOST_HISTORY) }
}
