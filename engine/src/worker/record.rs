//! The record of a turn, which its commit keeps.

use jiff::Timestamp;
use protocol::{TurnModel, TurnRecord, TurnResult, TurnTiming, TurnVersions};
use serde_json::Value;
use store::{Claim, Companion, Completion, SentPrompts, StoredTurn};
use story::{Change, GameState};

use super::companions::with_companions;

/// What a turn made of the model's delta.
pub(super) struct Made<'a> {
    pub(super) model: TurnModel,
    /// The companions that the narration tells.
    pub(super) also_told: &'a [Companion],
    /// The delta as the model wrote it.
    pub(super) extracted: &'a Completion,
    pub(super) changes: &'a [Change],
    pub(super) result: &'a TurnResult,
    /// The state after the turn.
    pub(super) state: &'a GameState,
    pub(super) timing: TurnTiming,
    pub(super) prompts: Option<SentPrompts>,
}

/// The record of a turn, at most `most` bytes long besides its prompts.
pub(super) fn record(claim: &Claim, made: Made<'_>, most: usize) -> StoredTurn {
    let Claim { lease, request, game, .. } = claim;
    let Made { model, also_told, extracted, changes, result, state, timing, prompts } = made;
    let record = TurnRecord {
        turn: game.document.last_turn().saturating_add(1),
        request_id: lease.request,
        kind: request.kind,
        committed_at: Timestamp::now(),
        message: with_companions(&request.message, also_told),
        actor: request.actor.clone(),
        user_message: with_companions(&request.user_message, also_told),
        also_told: also_told.iter().map(|companion| companion.request_id).collect(),
        narration: result.message.clone(),
        alternatives: request.alternatives.clone(),
        proposed: proposed(&extracted.text),
        changes: changes.to_vec(),
        rejections: result.rejections.clone(),
        usage: result.usage,
        model,
        timing: Some(timing),
        version: TurnVersions { before: game.version, after: result.version },
        cut_short: result.cut_short,
        edited: false,
    };
    StoredTurn { prompts, ..StoredTurn::new(record, &game.document.state, state, most) }
}

/// JSON as JSON, so that a reader need not unpack it, and anything else as text. Without members that say nothing: most turns change little,
/// and what a model writes for that is a tenth of a record.
fn proposed(text: &str) -> Option<Value> {
    let text = text.trim();
    let mut proposed = (!text.is_empty()).then(|| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)))?;
    if let Value::Object(members) = &mut proposed {
        members.retain(|_, value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Array(values) => !values.is_empty(),
            Value::Object(members) => !members.is_empty(),
            _ => true,
        });
    }
    Some(proposed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_model_proposes_is_kept_without_what_says_nothing() {
        let nothing = r#"{"user_location":null,"item_events":[],"set_vars":{},"game_ended":false}"#;
        assert_eq!(proposed(nothing), Some(json!({})));
        let something = r#"{"user_location":"quay","item_events":[{"item":"rope","to":null}],"game_ended":true}"#;
        assert_eq!(proposed(something).unwrap(), serde_json::from_str::<Value>(something).unwrap());
        assert_eq!(proposed("The rope is cut."), Some(json!("The rope is cut.")));
        assert_eq!(proposed(" "), None);
    }
}
