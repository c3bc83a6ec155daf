//! Errors over HTTP: `application/problem+json` (RFC 9457), each with a stable `type`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What went wrong, for a program and for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{title}: {detail}")]
pub struct Problem {
    /// A stable reference that names the kind of problem; a path that the engine explains.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem as a short text.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time, and what to do.
    pub detail: String,
    /// For 422: which fields, each with what is wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What lies behind it, the nearest cause first.
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    pub causes: Box<[String]>,
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldError {
    /// Where, as a JSON pointer into the body (RFC 6901).
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

macro_rules! problem_types {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $status:literal, $title:literal;)*) => {
        /// The kinds of problem that the engine answers with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemType { $($(#[$doc])* $name,)* }

        impl ProblemType {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The last segment of the `type`.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The kind as a short text.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

problem_types! {
    /// The body is not JSON.
    MalformedJson = "malformed-json", 400, "The body is not JSON";
    /// The body is JSON, but not what is asked for; `errors` names the fields.
    InvalidRequest = "invalid-request", 422, "The request is not valid";
    /// The path or query is not valid.
    InvalidPath = "invalid-path", 400, "The path or query is not valid";
    /// Nothing is served at this path.
    NotFound = "not-found", 404, "Nothing is here";
    /// The path does not take this method.
    MethodNotAllowed = "method-not-allowed", 405, "The path does not take this method";
    /// The call brings no key that is valid.
    Unauthorized = "unauthorized", 401, "A valid key is needed";
    /// The key is valid, and its role may not do this.
    Forbidden = "forbidden", 403, "The key may not do this";
    /// No such key.
    UnknownKey = "unknown-key", 404, "No such key";
    /// As many keys are stored as may be, or a game has as many capabilities as it may have.
    TooManyKeys = "too-many-keys", 409, "There are as many keys as may be";
    /// A limit of messages or games in a time is reached.
    RateLimited = "rate-limited", 429, "The limit for this time is reached";
    /// What the user, the tenant or the address may use of tokens in a day, or what it may cost in a month, is used up.
    BudgetUsedUp = "budget-used-up", 429, "The budget is used up";
    /// The user, the tenant or the address has as many unfinished requests as it may have.
    TooManyUnfinished = "too-many-unfinished", 429, "Too many requests are unfinished";
    /// No such game.
    UnknownGame = "unknown-game", 404, "No such game";
    /// No such request, or its status has expired.
    UnknownRequest = "unknown-request", 404, "No such request";
    /// No such dead letter: the request has not failed for good, or was retried or deleted.
    UnknownDeadLetter = "unknown-dead-letter", 404, "No such dead letter";
    /// No such scenario, player character, narrator, monster or NPC.
    UnknownContent = "unknown-content", 404, "No such content";
    /// The story of this game is over.
    GameEnded = "game-ended", 409, "The story is over";
    /// The game has unfinished requests, and the call asks not to wait.
    GameBusy = "game-busy", 409, "The game is busy";
    /// There is a game with this id already.
    GameExists = "game-exists", 409, "There is such a game already";
    /// The game has no such turn, or cannot be brought back to it.
    TurnNotKept = "turn-not-kept", 409, "The game cannot go to this turn";
    /// The request has ended, and what it did cannot be taken back.
    RequestFinished = "request-finished", 409, "The request has ended";
    /// The game has changed since the version that the call names.
    VersionConflict = "version-conflict", 412, "The game has changed";
    /// The body did not come in time.
    BodyTimeout = "body-timeout", 408, "The body did not come in time";
    /// The body is larger than what is accepted.
    TooLarge = "too-large", 413, "The body is too large";
    /// The body is not declared as JSON.
    UnsupportedMediaType = "unsupported-media-type", 415, "The body is not declared as JSON";
    /// A header is not valid.
    InvalidHeader = "invalid-header", 400, "A header is not valid";
    /// The idempotency key was used for another message.
    KeyReused = "idempotency-key-reused", 422, "The idempotency key belongs to another message";
    /// The game has as many unfinished requests as it may have.
    LaneFull = "lane-full", 429, "The game's lane is full";
    /// As many requests are queued as may be.
    QueueFull = "queue-full", 429, "The queue is full";
    /// As many things are paused as may be.
    TooManyPauses = "too-many-pauses", 409, "There are as many pauses as may be";
    /// No provider of that name is configured, and no game uses it.
    UnknownProvider = "unknown-provider", 404, "No such provider";
    /// No such worker lives.
    UnknownWorker = "unknown-worker", 404, "No such worker";
    /// The server does not answer to the name that was asked for.
    ForbiddenHost = "forbidden-host", 421, "The server does not answer to this name";
    /// Pages of this origin may not change anything here.
    ForbiddenOrigin = "forbidden-origin", 403, "Pages of this origin may not change anything";
    /// The identity provider's keys cannot be read, so nobody can say whether a token is valid.
    IdentityUnavailable = "identity-unavailable", 503, "The identity provider cannot be reached";
    /// The store cannot be reached.
    StoreUnavailable = "store-unavailable", 503, "The store cannot be reached";
    /// The store has no space left, in memory or on disk.
    StoreFull = "store-full", 503, "The store is full";
    /// The store takes no writes: it is a replica, or cannot write to its disk.
    StoreReadOnly = "store-read-only", 503, "The store takes no writes";
    /// As many event streams are open as the server, or one client, may have.
    TooManyStreams = "too-many-streams", 503, "Too many event streams are open";
    /// Other games are being imported, by the same caller or by many.
    ImportsBusy = "imports-busy", 503, "Other games are being imported";
    /// As many bytes of answers are on their way to the client as may be.
    AnswersUnread = "answers-unread", 503, "Answers have not been read";
    /// The server is draining.
    ShuttingDown = "shutting-down", 503, "The server is shutting down";
    /// The model failed, and attempts are used up or cannot help.
    ModelFailed = "model-failed", 502, "The language model failed";
    /// The content and the game no longer fit together.
    ContentMismatch = "content-mismatch", 500, "The game does not fit the loaded content";
    /// The worker died or stalled more often than a request is attempted.
    AttemptsExhausted = "attempts-exhausted", 500, "Every attempt was lost";
    /// A defect in the engine.
    Internal = "internal", 500, "The engine has a defect";
}

impl Problem {
    /// A problem of a kind, with what is wrong this time.
    #[must_use]
    pub fn new(kind: ProblemType, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{}", kind.slug()),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: detail.into(),
            errors: Vec::new(),
            causes: Box::default(),
        }
    }

    /// The same problem with what lies behind it.
    #[must_use]
    pub fn because(mut self, causes: impl IntoIterator<Item = String>) -> Self {
        self.causes = causes.into_iter().collect();
        self
    }

    /// A problem with one field of the body.
    #[must_use]
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let (pointer, detail) = (pointer.into(), detail.into());
        // The empty pointer is the whole document.
        let place = if pointer.is_empty() { "the body".to_owned() } else { format!("`{pointer}`") };
        let mut problem = Self::new(ProblemType::InvalidRequest, format!("{place}: {detail}"));
        problem.errors.push(FieldError { pointer, detail });
        problem
    }

    /// The kind, when it is one of ours.
    #[must_use]
    pub fn problem_type(&self) -> Option<ProblemType> {
        let slug = self.kind.strip_prefix("/problems/")?;
        ProblemType::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_of_the_whole_body_names_the_body() {
        assert_eq!(Problem::field("", "it is an array").detail, "the body: it is an array");
        assert_eq!(Problem::field("/turn", "it is no number").detail, "`/turn`: it is no number");
    }

    #[test]
    fn a_problem_keeps_its_kind_over_the_wire() {
        for kind in ProblemType::ALL {
            let text = serde_json::to_string(&Problem::new(*kind, "why")).unwrap();
            let problem: Problem = serde_json::from_str(&text).unwrap();
            assert_eq!(problem.problem_type(), Some(*kind));
        }
    }
}
