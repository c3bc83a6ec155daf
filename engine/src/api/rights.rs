//! The one layer that enforces the table of operations: it finds out who calls, compares with the operation's right, and
//! then with the game that the call is about.
//!
//! A game that a caller may not see is answered as one that does not exist, after the same step of the store.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts as _, RawPathParams, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use protocol::{GameAccess, GameId, Problem, ProblemType};
use serde::Deserialize;
use store::secret::SecretHash;
use store::{Access, Holder, SharedStore, Subject};

use super::account::OfGame;
use super::audit;
use super::body::timed_out;
use super::caller::{Auth, Caller, ticket};
use super::calls::{Calls, Counted};
use super::error::{ApiError, unauthorized};
use super::game_version::unknown_game;
use super::operation::{About, Answer, Operation, Right};
use super::requests::unknown_request;
use crate::retention::Archive;

/// What the layer of an operation needs.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) auth: Auth,
    pub(super) store: SharedStore,
    /// Where a game is looked for that the store does not have.
    pub(super) archive: Option<Archive>,
    pub(super) operation: &'static Operation,
    /// How large a game may be that is imported, in bytes.
    pub(super) import_max: usize,
    /// How often somebody may call; without it, as often as they like.
    pub(super) calls: Option<Arc<Calls>>,
}

/// A caller whose capability allows to read a game and not to play it; set by this layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct OnlyReads;

/// Lets a call through, with its [`Caller`], or answers why not.
pub(super) async fn enforce(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (request, counted) = match gate.admit_counted(request).await {
        Ok(admitted) => admitted,
        Err(error) => return error.into_response(),
    };
    let response = if audit::is_recorded(gate.operation, &request) {
        audit::run(&gate.store, gate.operation, request, next).await
    } else {
        next.run(request).await
    };
    if let Some(counted) = counted {
        counted.answered(&response);
    }
    response
}

impl Gate {
    /// The gate of an operation that only operators call, on a port of theirs.
    pub(super) fn uncounted(operation: &'static Operation, store: &SharedStore, auth: &Auth) -> Self {
        let store = SharedStore::clone(store);
        Self { auth: auth.clone(), store, archive: None, operation, import_max: 0, calls: None }
    }

    /// Admits a call and counts it, unless its caller has no calls left. It counts for its address also when it is refused: to find out who calls is a
    /// step of the store.
    async fn admit_counted(&self, request: Request) -> Result<(Request, Option<Counted>), ApiError> {
        let calls = self.calls.as_ref().filter(|_| self.operation.is_counted());
        let body_max = self.operation.body_max.bytes(self.import_max);
        let counted = calls.map(|calls| calls.begin(&request, body_max)).transpose()?;
        let request = self.admit(request).await?;
        let Some(mut counted) = counted else { return Ok((request, None)) };
        counted.for_caller(request.extensions())?;
        Ok((request, Some(counted)))
    }

    /// Finds out whose call it is, and whether they may make it.
    async fn admit(&self, mut request: Request) -> Result<Request, ApiError> {
        if !self.auth.asks() {
            if self.archive.is_some() && !matches!(self.operation.about, About::NoGame) {
                let (subject, whole) = self.subject(request).await?;
                request = whole;
                if let Some(subject) = subject {
                    self.access(subject, None).await?;
                }
            }
            request.extensions_mut().insert(Caller::Anyone);
            return Ok(request);
        }
        if self.operation.right == Right::Public {
            request.extensions_mut().insert(Caller::Nobody);
            return Ok(request);
        }
        let ticket = if matches!(self.operation.answer, Answer::Events) { ticket(request.uri()) } else { None };
        let caller = Caller::of(&self.auth, &self.store, request.headers(), ticket).await?;
        may_call(self.operation.right, &caller)?;
        let (subject, mut request) = self.subject(request).await?;
        if let Some(subject) = subject {
            let (about, only_reads) = self.check(&caller, subject, request.method()).await?;
            if let Some(about) = about {
                request.extensions_mut().insert(about);
            }
            if only_reads {
                request.extensions_mut().insert(OnlyReads);
            }
        }
        request.extensions_mut().insert(caller);
        Ok(request)
    }

    /// The game or request that the call is about. One that cannot be read is left to the handler, which refuses it.
    async fn subject(&self, request: Request) -> Result<(Option<Subject>, Request), ApiError> {
        let (mut parts, body) = request.into_parts();
        let (subject, body) = match self.operation.about {
            About::NoGame => (None, body),
            About::GameInBody => {
                let bytes = to_bytes(body, self.operation.body_max.bytes(0)).await.map_err(|error| unread(&error))?;
                (game_in(&bytes).map(Subject::Game), Body::from(bytes))
            }
            about => {
                let parameters = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
                let id = parameters.as_ref().and_then(|all| all.iter().find(|(name, _)| *name == "id"));
                let subject = match (id, about) {
                    (None, _) => None,
                    (Some((_, text)), About::Request) => text.parse().ok().map(Subject::Request),
                    (Some((_, text)), About::DeadLetter) => self.game_of_dead_letter(text).await?.map(Subject::Game),
                    (Some((_, text)), _) => text.parse().ok().map(Subject::Game),
                };
                (subject, body)
            }
        };
        Ok((subject, Request::from_parts(parts, body)))
    }

    async fn game_of_dead_letter(&self, id: &str) -> Result<Option<GameId>, ApiError> {
        let Ok(id) = id.parse() else { return Ok(None) };
        Ok(self.store.dead_letter(id).await?.map(|letter| letter.game_id))
    }

    /// Who may use what a call is about. A game that has left the store comes back here, before anybody looks for it: its owner and
    /// its capabilities come with it.
    async fn access(&self, subject: Subject, shown: Option<&SecretHash>) -> Result<Option<Access>, ApiError> {
        let access = self.store.access(subject, shown).await?;
        let (None, Some(archive), Subject::Game(game)) = (&access, &self.archive, subject) else { return Ok(access) };
        if archive.restore(&self.store, game).await? {
            return Ok(self.store.access(subject, shown).await?);
        }
        Ok(None)
    }

    /// The game that a call is about, and whether the caller may only read it.
    async fn check(
        &self,
        caller: &Caller,
        subject: Subject,
        method: &Method,
    ) -> Result<(Option<OfGame>, bool), ApiError> {
        let shown = caller.shows();
        let access = self.access(subject, shown).await?;
        let is_operator = matches!(caller, Caller::Holder { holder: Holder::Operator, .. });
        match access {
            Some(access) if sees(caller, &access) => {
                let only_reads = access.capability == Some(GameAccess::Read) && shown.is_some();
                if only_reads && !matches!(*method, Method::GET | Method::HEAD) {
                    let detail = "this capability allows to read the game and not to play it";
                    return Err(Problem::new(ProblemType::Forbidden, detail).into());
                }
                Ok((Some(OfGame { game: access.game, owner: access.owner }), only_reads))
            }
            // The handler says that there is none.
            None if is_operator => Ok((None, false)),
            _ => Err(match subject {
                Subject::Game(game) => unknown_game(game),
                Subject::Request(request) => unknown_request(request),
            }
            .into()),
        }
    }
}

/// Whether somebody may call operations of a right at all, whatever game it is about.
fn may_call(right: Right, caller: &Caller) -> Result<(), Problem> {
    let holder = match caller {
        Caller::Anyone => return Ok(()),
        Caller::Nobody => return Err(unauthorized("a key is needed")),
        Caller::Capability(_) | Caller::Ticket(_) if matches!(right, Right::Public | Right::Player) => return Ok(()),
        Caller::Capability(_) | Caller::Ticket(_) => {
            return Err(Problem::new(ProblemType::Forbidden, "a capability is for reading or playing its game only"));
        }
        Caller::Holder { holder, .. } => holder,
    };
    let may = match right {
        Right::Public => true,
        Right::Player | Right::Owner => !matches!(holder, Holder::Viewer),
        Right::Service => matches!(holder, Holder::Service { .. } | Holder::Operator),
        Right::Viewer => matches!(holder, Holder::Viewer | Holder::Operator),
        Right::Operator => matches!(holder, Holder::Operator),
    };
    if may {
        return Ok(());
    }
    let detail = format!("this needs the right `{}`, and the key has the role `{}`", right.name(), holder.role());
    Err(Problem::new(ProblemType::Forbidden, detail))
}

/// Whether a game exists for somebody.
fn sees(caller: &Caller, access: &Access) -> bool {
    match caller {
        Caller::Anyone | Caller::Holder { holder: Holder::Operator, .. } => true,
        Caller::Nobody | Caller::Holder { holder: Holder::Viewer, .. } => false,
        Caller::Capability(_) | Caller::Ticket(_) => access.capability.is_some(),
        Caller::Holder { holder: Holder::Player { tenant, user }, .. } => {
            access.owner.as_ref().is_some_and(|owner| owner.tenant == *tenant && owner.user.as_ref() == Some(user))
        }
        Caller::Holder { holder: Holder::Service { tenant }, acts_for, .. } => {
            access.owner.as_ref().is_some_and(|owner| {
                owner.tenant == *tenant && acts_for.as_ref().is_none_or(|user| owner.user.as_ref() == Some(user))
            })
        }
    }
}

/// The game that a message names.
fn game_in(body: &Bytes) -> Option<GameId> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(alias = "gamestate_id")]
        game_state_id: GameId,
    }
    // What this cannot read, the handler cannot read either: it looks for the same field.
    serde_json::from_slice::<Named>(body).ok().map(|named| named.game_state_id)
}

fn unread(error: &axum::Error) -> Problem {
    let too_large = || Problem::new(ProblemType::TooLarge, "the body is larger than this path accepts, or broke off");
    timed_out(error).unwrap_or_else(too_large)
}
