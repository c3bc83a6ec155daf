//! One operation of the API: where it is served, who may call it, what it takes and answers, and its handler.
//!
//! Router and `OpenAPI` document are built from the same values ([`super::operations`]), so neither can have what the
//! other lacks.

use axum::routing::{MethodFilter, MethodRouter};
use protocol::{ProblemType, path};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;
use store::SharedStore;

use super::Api;

/// An HTTP method that some operation uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    Get,
    Post,
    Patch,
    Delete,
}

impl Verb {
    /// As an `OpenAPI` document writes it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    pub(super) const fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}

/// The largest body that most operations take: a patched history may be long.
const BODY_MAX: BodyMax = BodyMax::Bytes(4 * 1024 * 1024);

/// The largest body that an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyMax {
    Bytes(usize),
    /// What an operator has set for games that are imported.
    Imported,
}

impl BodyMax {
    /// In bytes, where an imported game may have `imported`.
    pub(super) const fn bytes(self, imported: usize) -> usize {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Imported => imported,
        }
    }
}

/// Who may call an operation. The document shows it as `x-right`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// Everybody.
    Public,
    /// Somebody who plays or reads the game that the call is about: its owner, or the holder of a capability.
    Player,
    /// The owner of the game that the call is about, or somebody who may own games where it is about none.
    Owner,
    /// An application that acts for its users.
    Service,
    /// Somebody who watches the deployment.
    Viewer,
    /// Somebody who may change what waits and what failed.
    Operator,
}

impl Right {
    /// Whether it is a right of operators, whose operations have a port of their own.
    pub(super) const fn is_of_operators(self) -> bool {
        matches!(self, Self::Viewer | Self::Operator)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Player => "player",
            Self::Owner => "owner",
            Self::Service => "service",
            Self::Viewer => "viewer",
            Self::Operator => "operator",
        }
    }
}

/// Which game a call is about, so that its owner can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// None.
    NoGame,
    /// The one that `{id}` in the path names.
    Game,
    /// That of the request which `{id}` in the path names.
    Request,
    /// That of the dead letter which `{id}` in the path names.
    DeadLetter,
    /// The one that the body names.
    GameInBody,
}

impl About {
    /// What a path is about. An operation that is about a game and does not say which one does not compile: nobody could
    /// know its owner.
    const fn of(path: &str, right: Right) -> Self {
        let of_players = matches!(right, Right::Player | Right::Owner | Right::Service);
        if begins(path, "/v1/chat") {
            Self::GameInBody
        } else if begins(path, "/v1/dead-letters/{id}/retry") {
            Self::DeadLetter
        } else if !of_players {
            Self::NoGame
        } else if begins(path, "/v1/requests/{id}") || begins(path, "/v1/events/requests/{id}") {
            Self::Request
        } else if begins(path, "/v1/gamestate/{id}") || begins(path, "/v1/events/games/{id}") {
            Self::Game
        } else {
            assert!(!matches!(right, Right::Player), "an operation for the players of a game names none in its path");
            assert!(!has_parameter(path), "the path of this operation does not say which game it is about");
            Self::NoGame
        }
    }
}

const fn begins(text: &str, with: &str) -> bool {
    let (text, with) = (text.as_bytes(), with.as_bytes());
    let mut at = 0;
    while at < with.len() {
        if at >= text.len() || text[at] != with[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether something of somebody's is named.
const fn has_parameter(path: &str) -> bool {
    let (path, mut at) = (path.as_bytes(), 0);
    while at < path.len() {
        if path[at] == b'{' && !is_name(path, at) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether `{name}` stands here: it names content, which is nobody's.
const fn is_name(path: &[u8], at: usize) -> bool {
    let name = b"{name}";
    let mut n = 0;
    while n < name.len() {
        if at + n >= path.len() || path[at + n] != name[n] {
            return false;
        }
        n += 1;
    }
    true
}

/// Writes a type's schema, or a reference to it.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Value;

/// What an operation answers when it does not refuse.
pub(super) enum Answer {
    /// JSON, with this status.
    Json(u16, SchemaOf),
    /// 204.
    Nothing,
    /// An event stream.
    Events,
    /// Text in Prometheus' format.
    Text,
    /// A game as JSON, or its story as text.
    Export(SchemaOf),
    /// The same JSON whether the store works or not, with 200 or 503.
    Health(SchemaOf),
}

/// A query parameter or a header.
pub(super) struct Parameter {
    pub(super) location: &'static str,
    pub(super) name: &'static str,
    pub(super) means: &'static str,
    pub(super) schema: fn() -> Value,
}

impl Parameter {
    pub(super) const fn query(name: &'static str, means: &'static str, schema: fn() -> Value) -> Self {
        Self { location: "query", name, means, schema }
    }

    pub(super) const fn header(name: &'static str, means: &'static str, schema: fn() -> Value) -> Self {
        Self { location: "header", name, means, schema }
    }
}

/// The function that serves an operation, as a route for a method.
pub(super) enum Handler {
    /// It needs the whole API.
    Api(fn(MethodFilter) -> MethodRouter<Api>),
    /// It needs nothing but the store, so that the command line can serve it to itself.
    Store(fn(MethodFilter) -> MethodRouter<SharedStore>),
    /// The description of all operations. It is made from their table, so the table cannot name its function.
    Description,
}

/// An operation.
pub(super) struct Operation {
    pub(super) verb: Verb,
    /// Its parameters are `{id}`, a UUID, `{key}`, the id of a key, and `{name}`, a text.
    pub(super) path: &'static str,
    /// What generated clients call it.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) right: Right,
    pub(super) about: About,
    pub(super) handler: Handler,
    pub(super) parameters: &'static [Parameter],
    pub(super) body: Option<SchemaOf>,
    /// Whether the body may be left out.
    pub(super) is_body_optional: bool,
    /// The largest body.
    pub(super) body_max: BodyMax,
    pub(super) answer: Answer,
    /// How it may refuse, besides what every operation with a body, an id or a store has in common.
    pub(super) refusals: &'static [ProblemType],
}

impl Operation {
    /// An operation that takes no body and answers 204.
    pub(super) const fn new(verb: Verb, path: &'static str, right: Right, id: &'static str, handler: Handler) -> Self {
        let (parameters, refusals): (&[Parameter], &[ProblemType]) = (&[], &[]);
        let (summary, body, answer) = ("", None, Answer::Nothing);
        let about = About::of(path, right);
        let (body_max, is_body_optional) = (BODY_MAX, false);
        Self {
            verb,
            path,
            id,
            summary,
            right,
            about,
            handler,
            parameters,
            body,
            is_body_optional,
            body_max,
            answer,
            refusals,
        }
    }

    /// Whether its calls count against limits. What asks whether the process is healthy is answered however many ask.
    pub(super) fn is_counted(&self) -> bool {
        !self.right.is_of_operators() && ![path::HEALTH, path::READY].contains(&self.path)
    }

    /// What it does, in one line.
    pub(super) const fn does(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// The query parameters and headers that it reads.
    pub(super) const fn reads(self, parameters: &'static [Parameter]) -> Self {
        Self { parameters, ..self }
    }

    /// The JSON body that it takes.
    pub(super) const fn takes<T: JsonSchema>(self) -> Self {
        self.takes_as(schema_of::<T>)
    }

    /// The JSON body that it takes, where that is not one type.
    pub(super) const fn takes_as(self, body: SchemaOf) -> Self {
        Self { body: Some(body), ..self }
    }

    /// The JSON body that it takes, or none, which is `{}`.
    pub(super) const fn may_take<T: JsonSchema>(self) -> Self {
        Self { is_body_optional: true, ..self.takes::<T>() }
    }

    /// It takes no body that is larger than this, in bytes.
    pub(super) const fn at_most(self, body_max: usize) -> Self {
        Self { body_max: BodyMax::Bytes(body_max), ..self }
    }

    /// It takes a body as large as a game that is imported may be.
    pub(super) const fn at_most_imported(self) -> Self {
        Self { body_max: BodyMax::Imported, ..self }
    }

    /// It answers 200 with this JSON.
    pub(super) const fn answers<T: JsonSchema>(self) -> Self {
        self.answers_as(Answer::Json(200, schema_of::<T>))
    }

    /// It answers 201 with this JSON.
    pub(super) const fn creates<T: JsonSchema>(self) -> Self {
        self.answers_as(Answer::Json(201, schema_of::<T>))
    }

    pub(super) const fn answers_as(self, answer: Answer) -> Self {
        Self { answer, ..self }
    }

    pub(super) const fn refuses(self, refusals: &'static [ProblemType]) -> Self {
        Self { refusals, ..self }
    }
}

/// The schema of a type, by reference where it has a name.
pub(super) fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}
