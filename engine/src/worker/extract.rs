//! The second call of a turn: what the narration changed. A player has read the narration by now, so nothing that goes wrong
//! here takes it back: an answer that cannot be read is asked for once more, and then the turn changes nothing.

use store::trace_parent::TraceParent;
use store::{Claim, Completion};
use story::{Author, Input, Parsed, Prompt, Rejection};

use super::Worker;
use super::error::TurnError;
use super::leases::HeldLease;
use super::persist::{persist, works};
use super::sent::Sent;
use crate::llm::{ErrorClass, Form, ModelError, Provider, Reason, Schema};
use crate::telemetry::model_call::{CallKind, ModelCall};

/// How much of an answer that cannot be read is shown to the model again.
const SHOWN_AGAIN: usize = 2000;

/// Asks what the narration changed, and keeps the answer, even one that cannot be read.
pub(super) async fn extract(
    worker: &Worker,
    claim: &Claim,
    held: &HeldLease,
    provider: &Provider,
    sent: &Sent,
    input: &Input,
    narration: &str,
) -> Result<Completion, TurnError> {
    let state = &claim.game.document.state;
    let prompt = story::extraction_prompt(&worker.library, state, input, narration).map_err(TurnError::unplayable)?;
    let schema = worker.schemas.of(&worker.library, state, input).map_err(TurnError::unplayable)?;
    let is_last = claim.lease.attempt.0 >= worker.settings.max_attempts;
    // A server that fails has perhaps failed over the form of the answer: not assumed of the first failure.
    let form = if claim.lease.attempt.0 > 1 || is_last { Form::Doubted } else { Form::Believed };
    let extracted = match ask(provider, sent, &prompt, &schema, form, claim.request.trace).await {
        Ok(extracted) => extracted,
        // Waiting helps, or another attempt may.
        Err(error) if error.class() == ErrorClass::Provider => return Err(TurnError::of(provider, error)),
        Err(error) if error.is_transient() && !is_last => return Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "what the narration changed cannot be found out; the turn is kept without effects");
            Completion::given_up(error.reason.of_a_delta())
        }
    };
    persist(held, || worker.store.checkpoint_delta(&claim.lease, &extracted)).await?;
    works(worker, claim, held, provider).await?;
    Ok(extracted)
}

/// Asks, and asks again with what is wrong with the answer.
async fn ask(
    provider: &Provider,
    sent: &Sent,
    prompt: &Prompt,
    schema: &Schema,
    form: Form,
    attempt: Option<TraceParent>,
) -> Result<Completion, ModelError> {
    let call = || ModelCall::begin(provider, CallKind::Extract, attempt);
    sent.extraction(provider, prompt);
    let (first, complaint) = match call().of(provider.extract(prompt, schema, form)).await {
        Ok(answer) => match story::parse_delta(&answer.text) {
            Ok(_) => return Ok(answer),
            Err(error) => (answer, error.to_string()),
        },
        Err(error) if matches!(error.reason, Reason::Empty | Reason::Unreadable) => {
            (Completion::default(), error.to_string())
        }
        Err(error) => return Err(error),
    };
    tracing::warn!(complaint, "the model's delta cannot be read; asking once more");
    let corrected = corrected(prompt, &first.text, &complaint);
    sent.extraction(provider, &corrected);
    let second = call().of(provider.extract(&corrected, schema, form)).await;
    let mut second = match second {
        Err(error) if matches!(error.reason, Reason::Empty | Reason::Unreadable) => Completion::default(),
        answer => answer?,
    };
    second.usage = second.usage + first.usage;
    if let Err(error) = story::parse_delta(&second.text) {
        tracing::warn!(%error, "the model's delta cannot be read; the turn is kept without effects");
    }
    Ok(second)
}

/// The prompt with the answer that cannot be read, and why it cannot.
fn corrected(prompt: &Prompt, answer: &str, complaint: &str) -> Prompt {
    let shown: String = answer.chars().take(SHOWN_AGAIN).collect();
    if shown.trim().is_empty() {
        return prompt.clone();
    }
    let request =
        format!("This cannot be read: {complaint}. Answer with the JSON object only, without any other text.");
    prompt.followed_by(shown, request)
}

/// Reads a delta that was kept; one that cannot be read, or that there is not, changes nothing, and is a rejection.
pub(super) fn read(extracted: &Completion) -> (Parsed, Option<Rejection>) {
    let why = match (&extracted.given_up, story::parse_delta(&extracted.text)) {
        (None, Ok(parsed)) => return (parsed, None),
        (None, Err(error)) => error.to_string(),
        (Some(why), _) => why.clone(),
    };
    let reason = format!("what the narration changed is not known: {why}");
    (Parsed::default(), Some(Rejection { author: Author::Model, effect: String::new(), reason }))
}
