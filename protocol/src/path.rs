//! The paths that more than one crate writes: the engine serves them, the client calls them, and answers link to them.
//!
//! A path with `{id}` in it is a template: [`with_id`] fills it in.

use std::fmt::Display;

/// A message to a game.
pub const CHAT: &str = "/v1/chat";
/// A request.
pub const REQUEST: &str = "/v1/requests/{id}";
/// The events of a game.
pub const GAME_EVENTS: &str = "/v1/events/games/{id}";
/// The events of a request.
pub const REQUEST_EVENTS: &str = "/v1/events/requests/{id}";
/// All games.
pub const GAMES: &str = "/v1/gamestate";
/// A game.
pub const GAME: &str = "/v1/gamestate/{id}";
/// The capabilities of a game.
pub const CAPABILITIES: &str = "/v1/gamestate/{id}/capabilities";
/// A capability of a game.
pub const CAPABILITY: &str = "/v1/gamestate/{id}/capabilities/{key}";
/// Where a ticket for an event stream of a game is made.
pub const TICKET: &str = "/v1/gamestate/{id}/ticket";
/// Where a page exchanges a key for a cookie.
pub const SESSION: &str = "/v1/session";
/// The keys.
pub const KEYS: &str = "/v1/keys";
/// A key.
pub const KEY: &str = "/v1/keys/{key}";
/// The turns of a game.
pub const TURNS: &str = "/v1/gamestate/{id}/turns";
/// Where turns are taken back.
pub const UNDO: &str = "/v1/gamestate/{id}/undo";
/// Where the last message is narrated once more.
pub const RETRY: &str = "/v1/gamestate/{id}/retry";
/// Where a message or a narration is replaced.
pub const EDIT: &str = "/v1/gamestate/{id}/edit";
/// Where an earlier try is chosen again.
pub const CHOOSE: &str = "/v1/gamestate/{id}/choose";
/// Where a new game goes on from a turn.
pub const BRANCH: &str = "/v1/gamestate/{id}/branch";
/// Where a game gets a name.
pub const RENAME: &str = "/v1/gamestate/{id}/rename";
/// A game as one document.
pub const EXPORT: &str = "/v1/gamestate/{id}/export";
/// Where such a document becomes a game.
pub const IMPORT: &str = "/v1/gamestate/import";
/// Where a narration is ended.
pub const STOP: &str = "/v1/requests/{id}/stop";
/// What a model would be sent next.
pub const GAME_PROMPT: &str = "/v1/gamestate/{id}/prompt";
/// Why a game stands as it does.
pub const EXPLAIN: &str = "/v1/gamestate/{id}/explain";
/// The scenarios.
pub const SCENARIOS: &str = "/v1/scenarios";
/// The player characters.
pub const PCS: &str = "/v1/pcs";
/// The narrators.
pub const NARRATORS: &str = "/v1/narrators";
/// The models.
pub const PROVIDERS: &str = "/v1/providers";
/// The queue.
pub const QUEUE: &str = "/v1/queue";
/// The lanes that are not empty.
pub const LANES: &str = "/v1/queue/games";
/// The state of the providers, for operators.
pub const QUEUE_PROVIDERS: &str = "/v1/queue/providers";
/// What operators have paused.
pub const PAUSES: &str = "/v1/queue/pauses";
/// Where operators pause.
pub const PAUSE: &str = "/v1/queue/pause";
/// Where they resume.
pub const RESUME: &str = "/v1/queue/resume";
/// The workers.
pub const WORKERS: &str = "/v1/workers";
/// The requests that wait.
pub const QUEUED: &str = "/v1/queue/requests";
/// Where operators cancel a request.
pub const CANCEL_QUEUED: &str = "/v1/queue/requests/{id}/cancel";
/// A game's lane.
pub const LANE: &str = "/v1/queue/games/{id}";
/// The story events that wait in a game's lane.
pub const STORY_EVENTS: &str = "/v1/queue/games/{id}/story-events";
/// A deployment at one moment.
pub const OVERVIEW: &str = "/v1/overview";
/// A request from its acceptance to its end.
pub const TIMELINE: &str = "/v1/queue/requests/{id}";
/// What operators have changed.
pub const AUDIT: &str = "/v1/audit";
/// All dead letters.
pub const DEAD_LETTERS: &str = "/v1/dead-letters";
/// A dead letter.
pub const DEAD_LETTER: &str = "/v1/dead-letters/{id}";
/// Where a dead letter is queued again.
pub const RETRY_DEAD_LETTER: &str = "/v1/dead-letters/{id}/retry";
/// How a process is.
pub const HEALTH: &str = "/health";
/// Whether traffic should come here.
pub const READY: &str = "/ready";

/// A template with its id.
#[must_use]
pub fn with_id(template: &str, id: impl Display) -> String {
    template.replace("{id}", &id.to_string())
}
