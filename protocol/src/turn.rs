//! `/v1/gamestate/{id}/turns` and what goes back to a turn: undo, retry, edit, choose, branch, rename, stop.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use story::{Change, Rejection};

use crate::schema::Time;
use crate::{ChatAccepted, EventId, GameId, IfBusy, RequestId, RequestType, Usage};

/// The longest name of a game, in bytes of UTF-8.
pub const GAME_NAME_MAX_BYTES: usize = 200;
/// The longest narration that a player may put in place of the model's, in bytes of UTF-8.
pub const NARRATION_MAX_BYTES: usize = 16 * 1024;

/// The record of one committed turn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TurnRecord {
    /// Its number in the game: 1 for the first, then without a gap. A turn that was taken back gives its number to the next one.
    pub turn: u64,
    /// The request that it was.
    pub request_id: RequestId,
    /// Whether it was a player's message or a story event.
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// When it was committed.
    #[schemars(with = "Time")]
    pub committed_at: Timestamp,
    /// The player's message, or the story event's prompt. Where several story events were told in one turn, the prompts of all,
    /// in paragraphs of their own.
    pub message: String,
    /// Who spoke, when it was not the player character.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The message in the form in which the history shows it.
    pub user_message: String,
    /// The requests of the story events that were told together with this one, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_told: Vec<RequestId>,
    /// The narration.
    pub narration: String,
    /// Earlier tries of the same message, the oldest first. Until the next message, each of them can be chosen again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    /// The delta as the model wrote it; text where that is not JSON. Absent where there was none, or where the record would be too
    /// large with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Value>,
    /// What was applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What the rules refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejections: Vec<Rejection>,
    /// Tokens of its calls.
    #[serde(default)]
    pub usage: Usage,
    /// Who narrated.
    pub model: TurnModel,
    /// What its last attempt took; absent in records of an earlier release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<TurnTiming>,
    /// The game's version before and after it.
    pub version: TurnVersions,
    /// Whether the narration was cut, because the model had no token left or the player stopped it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
    /// Whether the player has replaced the narration by another text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
}

/// The model of a turn.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurnModel {
    /// The configured provider.
    pub provider: String,
    /// The model's name at the provider.
    pub model: String,
    /// The seed that it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
}

/// What the last attempt of a turn took. What it found done, by an attempt before it, is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurnTiming {
    /// How long the request had waited for its latest claim.
    pub waited_ms: u64,
    /// From the claim to the first text of the narration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    /// From the claim to the whole narration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrated_ms: Option<u64>,
    /// From the claim to the delta.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extracted_ms: Option<u64>,
    /// From the claim to the commit.
    pub took_ms: u64,
}

/// The versions of a game around a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TurnVersions {
    /// That it started from.
    pub before: u64,
    /// That it made.
    pub after: u64,
}

/// An earlier try of a turn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    /// The narration.
    pub narration: String,
    /// Tokens of its calls.
    #[serde(default)]
    pub usage: Usage,
    /// Who narrated.
    pub model: TurnModel,
}

/// `GET /v1/gamestate/{id}/turns`: turns, the latest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Turns {
    /// One page.
    pub turns: Vec<TurnRecord>,
    /// Pass as `?after=` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /v1/gamestate/{id}/undo`: takes turns back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoTurns {
    /// The last turn that stays, 0 for none; when left out, the player's last message goes with the story events behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_turn: Option<u64>,
    /// What to do when the game has unfinished requests. `enqueue` waits until it has none, and acts on the game as it then is; what is
    /// still unfinished after eight seconds refuses it with 409 and `Retry-After`, and a repeat under the same `Idempotency-Key` waits
    /// again. `reject` refuses at once. `interrupt` cancels all of them in the same step, story events as well.
    #[serde(default)]
    pub if_busy: IfBusy,
}

/// `POST /v1/gamestate/{id}/retry`: another narration for the player's last message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryTurn {
    /// As in [`UndoTurns`].
    #[serde(default)]
    pub if_busy: IfBusy,
}

/// `POST /v1/gamestate/{id}/edit`: replaces a message, and plays on from there; or replaces a narration, and
/// goes back to its turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditTurn {
    /// The turn.
    pub turn: u64,
    /// What the player says instead: the turn and all behind it are taken back, and this is narrated. Not with `narration`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = crate::MESSAGE_MAX_BYTES))]
    pub message: Option<String>,
    /// What the history and prompts show instead of the narration of the turn. The game goes back to the state that the turn left; later
    /// turns go. Not with `message`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = NARRATION_MAX_BYTES))]
    pub narration: Option<String>,
    /// As in [`UndoTurns`].
    #[serde(default)]
    pub if_busy: IfBusy,
}

/// `POST /v1/gamestate/{id}/choose`: brings back an earlier try of the player's last message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChooseAlternative {
    /// The turn of the message.
    pub turn: u64,
    /// Which of its `alternatives`, from 0. The present one takes its place at the end of the list.
    pub alternative: usize,
    /// As in [`UndoTurns`].
    #[serde(default)]
    pub if_busy: IfBusy,
}

/// `POST /v1/gamestate/{id}/branch`: a new game that goes on from a turn of this one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchGame {
    /// The last turn that it shares, 0 for none; the present one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = GAME_NAME_MAX_BYTES))]
    pub name: Option<String>,
}

/// `POST /v1/gamestate/{id}/rename`: gives a game a name, or takes it away. A busy game can be renamed, too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameGame {
    /// The name, on one line; none when null or left out.
    #[serde(default)]
    #[schemars(length(min = 1, max = GAME_NAME_MAX_BYTES))]
    pub name: Option<String>,
}

/// `POST /v1/requests/{id}/stop`: ends a running narration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopRequest {
    /// Whether the text so far stays: up to its last whole sentence, it is the narration of the turn. Otherwise the request is
    /// cancelled, and so it is where there is no text yet.
    #[serde(default = "kept")]
    pub keep: bool,
}

const fn kept() -> bool {
    true
}

/// The answer to undo, retry, edit and choose: the state of the game now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GameRewritten {
    /// The game.
    pub game_id: GameId,
    /// Its version.
    pub version: u64,
    /// Its last turn, 0 if there is none.
    pub turn: u64,
    /// The id before the events of the change: join the game's stream here to see them.
    pub cursor: EventId,
    /// The request that plays on from here, for retry and for an edited message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<ChatAccepted>,
}

/// Why a game is no longer where its readers saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RewindCause {
    /// Turns were taken back.
    Undo,
    /// The last message is narrated once more.
    Retry,
    /// A message or a narration was replaced.
    Edit,
    /// An earlier try was chosen again.
    Choose,
}
