//! Every operation of the API. Router and `OpenAPI` document are built from this list.
//!
//! A new endpoint is a line here, its handler, and its types in `protocol`.

use axum::routing::on;
use protocol::ProblemType::{
    BudgetUsedUp, GameBusy, GameEnded, GameExists, KeyReused, LaneFull, NotFound, QueueFull, RateLimited,
    RequestFinished, ShuttingDown, TooManyKeys, TooManyPauses, TooManyStreams, TooManyUnfinished, TurnNotKept,
    Unauthorized, UnknownContent, UnknownDeadLetter, UnknownGame, UnknownKey, UnknownProvider, UnknownRequest,
    UnknownWorker, VersionConflict,
};
use protocol::{
    AuditPage, BranchGame, Capabilities, CapabilityCreated, CatalogueEntry, ChatAccepted, ChatRequest,
    ChooseAlternative, CreateCapability, CreateGame, CreateKey, DeadLetter, DeadLetters, EditTurn, ExplainView,
    GameExport, GameList, GameRewritten, GameView, Health, ImportGame, KeyCreated, Keys, LaneView, Lanes, OpenSession,
    Overview, Pause, PauseScope, Pauses, PcEntry, PlayerView, ProblemInfo, PromptView, ProviderView, Providers,
    QueueView, QueuedRequests, Readiness, RenameGame, RequestTimeline, RequestView, Resumed, RetryTurn, ScenarioEntry,
    StopRequest, StoryEventsView, Ticket, TriggerStoryEvent, Turns, UndoTurns, Workers, path,
};
use schemars::SchemaGenerator;
use serde_json::{Value, json};
use story::{Monster, Narrator, Npc, Pc, Scenario, StatePatch};

use super::operation::Right::{Operator, Owner, Player, Public, Service, Viewer};
use super::operation::Verb::{Delete, Get, Patch, Post};
use super::operation::{Answer, Handler, Operation, Parameter, schema_of};
use super::{
    audit, branch, capabilities, catalogue, chat, dead_letters, events, explain, export, games, health, import, keys,
    overview, pauses, prompt, queue, requests, rewind, session, turns,
};

/// A handler that needs the whole API.
macro_rules! api {
    ($handler:path) => {
        Handler::Api(|via| on(via, $handler))
    };
}

/// A handler that needs nothing but the store.
macro_rules! store {
    ($handler:path) => {
        Handler::Store(|via| on(via, $handler))
    };
}

/// The largest body of a chat message, in bytes. Its message is limited further.
const CHAT_BODY_MAX: usize = 64 * 1024;

const LIMIT: Parameter = Parameter::query("limit", "How many to answer with.", count);
const ACTS_FOR: Parameter = Parameter::header(
    "X-User",
    "With the key of a service: the user for whom it acts, 1 to 128 printable characters. Anybody else's is not read.",
    || json!({"type": "string"}),
);
const AFTER: Parameter = Parameter::query("after", "`next` of the page before.", text);
const TENANT: Parameter = Parameter::query(
    "tenant",
    "For operators: only the games of this tenant.",
    || json!({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}),
);
const USER: Parameter = Parameter::query(
    "user",
    "For operators: only those of this user of the tenant that is named.",
    || json!({"type": "string", "pattern": "^[!-~]{1,128}$"}),
);
const IF_MATCH: Parameter = Parameter::header(
    "If-Match",
    "The `ETag` of the game that is to change.",
    || json!({"type": "string", "pattern": "^(\\*|(W/)?\"?[0-9]+\"?)$"}),
);
const KEY: Parameter = Parameter::header(
    "Idempotency-Key",
    "The same key and message are accepted once, however often they are sent.",
    || json!({"type": "string", "minLength": 1, "maxLength": 255}),
);
const TRACEPARENT: Parameter = Parameter::header(
    "traceparent",
    "The span of the caller (W3C Trace Context) that the message and its turn belong to. One that is not valid is ignored.",
    text,
);
const TICKET: Parameter =
    Parameter::query("ticket", "A ticket or a capability, for readers that cannot set a header.", text);
/// How what brings a game back to a turn may refuse.
const REWIND: &[protocol::ProblemType] = &[
    UnknownGame,
    GameBusy,
    VersionConflict,
    KeyReused,
    QueueFull,
    TurnNotKept,
    RateLimited,
    BudgetUsedUp,
    TooManyUnfinished,
];
const MESSAGE: Parameter = Parameter::query(
    "message",
    "What the player says; else what waits first in the game, or a placeholder.",
    || json!({"type": "string"}),
);
const SENT_FOR: Parameter = Parameter::query(
    "turn",
    "An earlier turn, whose prompt is shown as it was sent, if `turns.keep_prompts` was on; the next one when left out.",
    count,
);
const PURPOSE: Parameter = Parameter::query(
    "purpose",
    "Which call of the turn; the narration when left out.",
    || json!({"type": "string", "enum": ["narrate", "extract"]}),
);
const CURSOR: &[Parameter] = &[
    TICKET,
    Parameter::header("Last-Event-ID", "The event to go on after.", text),
    Parameter::query(
        "last_event_id",
        "The same, for readers that cannot set a header; `0` for all that is kept.",
        text,
    ),
];

const BEFORE: Parameter = Parameter::query("after", "`next` of the page before.", count);
const VIEW: Parameter = Parameter::query(
    "view",
    "`player` for what the player sees of the game, and nothing that is hidden from them; `full` for everything, with the key of a \
     service or an operator. Left out, it is `player` for a player's key and a capability, and else `full`.",
    || json!({"type": "string", "enum": ["player", "full"]}),
);
const TURN: Parameter = Parameter::query("turn", "The turn, 0 for the beginning; the last one when left out.", count);
const FORMAT: Parameter = Parameter::query(
    "format",
    "`json` for everything, to be imported again; `markdown` or `html` for the story, to be read.",
    || json!({"type": "string", "enum": ["json", "markdown", "html"]}),
);

fn game_or_view(generator: &mut SchemaGenerator) -> Value {
    json!({"anyOf": [schema_of::<GameView>(generator), schema_of::<PlayerView>(generator)]})
}

fn import_or_export(generator: &mut SchemaGenerator) -> Value {
    json!({"anyOf": [schema_of::<GameExport>(generator), schema_of::<ImportGame>(generator)]})
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn text() -> Value {
    json!({"type": "string", "minLength": 1})
}

/// Every operation, in the order in which the document shows them.
pub(super) static OPERATIONS: &[Operation] = &[
    Operation::new(Post, path::CHAT, Player, "chat", api!(chat::post))
        .does("Say or do something in a game")
        .reads(&[KEY, TRACEPARENT])
        .takes::<ChatRequest>()
        .at_most(CHAT_BODY_MAX)
        .answers::<ChatAccepted>()
        .refuses(&[
            UnknownGame,
            GameEnded,
            GameBusy,
            KeyReused,
            LaneFull,
            QueueFull,
            RateLimited,
            BudgetUsedUp,
            TooManyUnfinished,
        ]),
    Operation::new(Get, path::REQUEST, Player, "getRequest", api!(requests::get))
        .does("Where a request stands")
        .answers::<RequestView>()
        .refuses(&[UnknownRequest]),
    Operation::new(Delete, path::REQUEST, Player, "cancelRequest", api!(requests::cancel))
        .does("Cancel a request")
        .answers::<RequestView>()
        .refuses(&[UnknownRequest, RequestFinished]),
    Operation::new(Post, path::STOP, Player, "stopRequest", api!(requests::stop))
        .does("End a running narration")
        .may_take::<StopRequest>()
        .answers::<RequestView>()
        .refuses(&[UnknownRequest, RequestFinished, GameBusy]),
    Operation::new(Get, path::GAME_EVENTS, Player, "followGame", api!(events::game))
        .does("Follow a game")
        .reads(CURSOR)
        .answers_as(Answer::Events)
        .refuses(&[UnknownGame, TooManyStreams]),
    Operation::new(Get, path::REQUEST_EVENTS, Player, "followRequest", api!(events::request))
        .does("Follow a request to its last event")
        .reads(CURSOR)
        .answers_as(Answer::Events)
        .refuses(&[UnknownRequest, TooManyStreams]),
    Operation::new(Post, path::GAMES, Owner, "createGame", api!(games::create))
        .does("Create a game")
        .reads(&[ACTS_FOR])
        .takes::<CreateGame>()
        .answers_as(Answer::Json(201, game_or_view))
        .refuses(&[RateLimited]),
    Operation::new(Get, path::GAMES, Owner, "listGames", api!(games::list))
        .does("The caller's games, the latest changed first")
        .reads(&[LIMIT, AFTER, ACTS_FOR, TENANT, USER])
        .answers::<GameList>(),
    Operation::new(Get, path::GAME, Player, "getGame", api!(games::get))
        .does("A game with its history, or what its player sees of it")
        .reads(&[VIEW])
        .answers_as(Answer::Json(200, game_or_view))
        .refuses(&[UnknownGame]),
    Operation::new(Patch, path::GAME, Service, "patchGame", api!(games::patch))
        .does("Change an idle game")
        .reads(&[IF_MATCH])
        .takes::<StatePatch>()
        .answers::<GameView>()
        .refuses(&[UnknownGame, GameBusy, VersionConflict, RateLimited]),
    Operation::new(Delete, path::GAME, Owner, "deleteGame", api!(games::delete))
        .does("Delete an idle game")
        .refuses(&[GameBusy]),
    Operation::new(Post, path::CAPABILITIES, Owner, "createCapability", api!(capabilities::create))
        .does("Let others read or play a game")
        .takes::<CreateCapability>()
        .creates::<CapabilityCreated>()
        .refuses(&[UnknownGame, TooManyKeys]),
    Operation::new(Get, path::CAPABILITIES, Owner, "listCapabilities", api!(capabilities::list))
        .does("The capabilities of a game")
        .answers::<Capabilities>(),
    Operation::new(Delete, path::CAPABILITY, Owner, "revokeCapability", api!(capabilities::revoke))
        .does("Revoke a capability of a game")
        .refuses(&[UnknownKey]),
    Operation::new(Post, path::TICKET, Owner, "createTicket", api!(capabilities::ticket))
        .does("A ticket to open an event stream of a game with `?ticket=`")
        .answers::<Ticket>()
        .refuses(&[UnknownGame, TooManyKeys]),
    Operation::new(Post, path::SESSION, Public, "openSession", api!(session::open))
        .does("Exchange a key for a cookie, for a page in a browser")
        .takes::<OpenSession>()
        .at_most(CHAT_BODY_MAX)
        .refuses(&[Unauthorized]),
    Operation::new(Delete, path::SESSION, Public, "closeSession", api!(session::close)).does("Remove the cookie"),
    Operation::new(Get, path::TURNS, Player, "listTurns", api!(turns::list))
        .does("The turns of a game, the latest first")
        .reads(&[LIMIT, BEFORE])
        .answers::<Turns>()
        .refuses(&[UnknownGame]),
    Operation::new(Post, path::UNDO, Player, "undoTurns", api!(rewind::undo))
        .does("Take turns back")
        .reads(&[KEY, IF_MATCH])
        .may_take::<UndoTurns>()
        .answers::<GameRewritten>()
        .refuses(REWIND),
    Operation::new(Post, path::RETRY, Player, "retryTurn", api!(rewind::retry))
        .does("Tell the last message once more")
        .reads(&[KEY, IF_MATCH])
        .may_take::<RetryTurn>()
        .answers::<GameRewritten>()
        .refuses(REWIND),
    Operation::new(Post, path::EDIT, Player, "editTurn", api!(rewind::edit))
        .does("Replace a message and play on from there, or replace a narration and go back to its turn")
        .reads(&[KEY, IF_MATCH])
        .takes::<EditTurn>()
        .answers::<GameRewritten>()
        .refuses(REWIND),
    Operation::new(Post, path::CHOOSE, Player, "chooseAlternative", api!(rewind::choose))
        .does("Bring back an earlier try of the last message")
        .reads(&[KEY, IF_MATCH])
        .takes::<ChooseAlternative>()
        .answers::<GameRewritten>()
        .refuses(REWIND),
    Operation::new(Post, path::BRANCH, Owner, "branchGame", api!(branch::post))
        .does("A new game that goes on from a turn of this one")
        .reads(&[KEY])
        .may_take::<BranchGame>()
        .answers_as(Answer::Json(201, game_or_view))
        .refuses(&[UnknownGame, GameBusy, KeyReused, TurnNotKept]),
    Operation::new(Post, path::RENAME, Owner, "renameGame", api!(games::rename))
        .does("Give a game a name, or take it away")
        .may_take::<RenameGame>()
        .answers_as(Answer::Json(200, game_or_view))
        .refuses(&[UnknownGame]),
    Operation::new(Get, path::EXPORT, Player, "exportGame", api!(export::get))
        .does("A game as one document, or its story as a text")
        .reads(&[FORMAT])
        .answers_as(Answer::Export(schema_of::<GameExport>))
        .refuses(&[UnknownGame, GameBusy]),
    Operation::new(Post, path::IMPORT, Owner, "importGame", api!(import::post))
        .does("Make a document a game again")
        .reads(&[KEY, ACTS_FOR])
        .takes_as(import_or_export)
        .at_most_imported()
        .answers_as(Answer::Json(201, game_or_view))
        .refuses(&[GameExists, KeyReused]),
    Operation::new(Get, path::EXPLAIN, Service, "explainGame", api!(explain::get))
        .does("Why conditionals fire or wait, exits are open or closed, and effects of a turn were refused")
        .reads(&[TURN])
        .answers::<ExplainView>()
        .refuses(&[UnknownGame, UnknownContent, TurnNotKept, GameBusy]),
    Operation::new(Get, path::GAME_PROMPT, Operator, "getPrompt", api!(prompt::get))
        .does("What a model would be sent next, or was sent for an earlier turn")
        .reads(&[MESSAGE, SENT_FOR, PURPOSE])
        .answers::<PromptView>()
        .refuses(&[UnknownGame, UnknownContent, TurnNotKept]),
    Operation::new(Get, path::SCENARIOS, Public, "listScenarios", api!(catalogue::scenarios))
        .does("Scenarios to choose from")
        .answers::<Vec<ScenarioEntry>>(),
    Operation::new(Get, path::PCS, Public, "listPcs", api!(catalogue::pcs))
        .does("Player characters to choose from")
        .answers::<Vec<PcEntry>>(),
    Operation::new(Get, path::NARRATORS, Public, "listNarrators", api!(catalogue::narrators))
        .does("Narrators to choose from")
        .answers::<Vec<CatalogueEntry>>(),
    Operation::new(Get, "/v1/monsters", Public, "listMonsters", api!(catalogue::monsters))
        .does("Monster templates")
        .answers::<Vec<CatalogueEntry>>(),
    Operation::new(Get, "/v1/npcs", Public, "listNpcs", api!(catalogue::npcs))
        .does("NPC templates")
        .answers::<Vec<CatalogueEntry>>(),
    // Whole files say what a player is to find out.
    Operation::new(Get, "/v1/scenarios/{name}", Service, "getScenario", api!(catalogue::scenario))
        .does("A scenario")
        .answers::<Scenario>()
        .refuses(&[UnknownContent]),
    Operation::new(Get, "/v1/pcs/{name}", Service, "getPc", api!(catalogue::pc))
        .does("A player character")
        .answers::<Pc>()
        .refuses(&[UnknownContent]),
    Operation::new(Get, "/v1/narrators/{name}", Service, "getNarrator", api!(catalogue::narrator))
        .does("A narrator")
        .answers::<Narrator>()
        .refuses(&[UnknownContent]),
    Operation::new(Get, "/v1/monsters/{name}", Service, "getMonster", api!(catalogue::monster))
        .does("A monster template")
        .answers::<Monster>()
        .refuses(&[UnknownContent]),
    Operation::new(Get, "/v1/npcs/{name}", Service, "getNpc", api!(catalogue::npc))
        .does("An NPC template")
        .answers::<Npc>()
        .refuses(&[UnknownContent]),
    Operation::new(Get, path::PROVIDERS, Public, "listProviders", api!(catalogue::providers))
        .does("Models that are configured")
        .answers::<Providers>(),
    Operation::new(Get, "/problems/{name}", Public, "explainProblem", api!(health::problem))
        .does("What a kind of problem means")
        .answers::<ProblemInfo>()
        .refuses(&[NotFound]),
    Operation::new(Get, path::HEALTH, Public, "health", api!(health::health))
        .does("Whether the process lives, and how its store is")
        .answers_as(Answer::Health(schema_of::<Health>)),
    Operation::new(Get, path::READY, Public, "ready", api!(health::ready))
        .does("Whether traffic should come here")
        .answers::<Readiness>()
        .refuses(&[ShuttingDown]),
    Operation::new(Get, "/metrics", Viewer, "metrics", api!(health::metrics))
        .does("Metrics, in Prometheus' format")
        .answers_as(Answer::Text),
    Operation::new(Get, "/openapi.json", Public, "describe", Handler::Description)
        .does("This document")
        .answers_as(Answer::Json(200, |_| json!({"type": "object"}))),
    Operation::new(Get, path::QUEUE, Viewer, "getQueue", store!(queue::queue))
        .does("Depth and age of the queue")
        .answers::<QueueView>(),
    Operation::new(Get, path::LANES, Viewer, "listLanes", store!(queue::lanes))
        .does("Lanes that are not empty")
        .reads(&[LIMIT])
        .answers::<Lanes>(),
    Operation::new(Get, path::QUEUE_PROVIDERS, Viewer, "listProviderStates", store!(queue::providers))
        .does("Which providers get calls, and why the others do not")
        .answers::<Vec<ProviderView>>(),
    Operation::new(Get, path::OVERVIEW, Viewer, "getOverview", api!(overview::get))
        .does("The deployment at this moment")
        .answers::<Overview>(),
    Operation::new(Get, path::TIMELINE, Viewer, "getTimeline", store!(overview::timeline))
        .does("A request from its acceptance to its end")
        .answers::<RequestTimeline>()
        .refuses(&[UnknownRequest]),
    Operation::new(Get, path::PAUSES, Viewer, "listPauses", store!(pauses::list))
        .does("What operators have paused")
        .answers::<Pauses>(),
    Operation::new(Post, path::PAUSE, Operator, "pauseQueue", store!(pauses::pause))
        .does("Claim nothing (of everything, a provider, a tenant or a game, or by a worker) until it is resumed")
        .takes::<PauseScope>()
        .answers::<Pause>()
        .refuses(&[UnknownGame, UnknownProvider, UnknownWorker, TooManyPauses]),
    Operation::new(Post, path::RESUME, Operator, "resumeQueue", store!(pauses::resume))
        .does("End such a pause")
        .takes::<PauseScope>()
        .answers::<Resumed>(),
    Operation::new(Get, path::WORKERS, Viewer, "listWorkers", store!(queue::workers))
        .does("The workers that live, and their turns")
        .answers::<Workers>(),
    Operation::new(Get, path::QUEUED, Viewer, "listQueued", store!(queue::queued))
        .does("The requests that wait, in their order")
        .reads(&[LIMIT, AFTER])
        .answers::<QueuedRequests>(),
    Operation::new(Post, path::CANCEL_QUEUED, Operator, "cancelQueued", store!(queue::cancel))
        .does("Cancel a request that waits or runs")
        .refuses(&[UnknownRequest, RequestFinished]),
    Operation::new(Get, path::LANE, Viewer, "getLane", store!(queue::lane))
        .does("A game's lane")
        .answers::<LaneView>()
        .refuses(&[UnknownGame]),
    Operation::new(Get, path::STORY_EVENTS, Viewer, "listStoryEvents", store!(queue::story_events))
        .does("Story events that wait in a game")
        .reads(&[LIMIT])
        .answers::<StoryEventsView>()
        .refuses(&[UnknownGame]),
    Operation::new(Post, path::STORY_EVENTS, Operator, "triggerStoryEvent", store!(queue::trigger))
        .does("Trigger a story event")
        .takes::<TriggerStoryEvent>()
        .answers::<ChatAccepted>()
        .refuses(&[UnknownGame, GameEnded, LaneFull, QueueFull]),
    Operation::new(Delete, path::STORY_EVENTS, Operator, "clearStoryEvents", store!(queue::clear_story_events))
        .does("Cancel the story events that wait in a game")
        .refuses(&[UnknownGame]),
    Operation::new(Get, path::AUDIT, Viewer, "listAudit", store!(audit::list))
        .does("What operators have changed, the latest first")
        .reads(&[LIMIT, AFTER])
        .answers::<AuditPage>(),
    Operation::new(Get, path::DEAD_LETTERS, Viewer, "listDeadLetters", store!(dead_letters::list))
        .does("Requests that failed for good")
        .reads(&[LIMIT, AFTER])
        .answers::<DeadLetters>(),
    Operation::new(Get, path::DEAD_LETTER, Viewer, "getDeadLetter", store!(dead_letters::get))
        .does("A dead letter")
        .answers::<DeadLetter>()
        .refuses(&[UnknownDeadLetter]),
    Operation::new(Delete, path::DEAD_LETTER, Operator, "deleteDeadLetter", store!(dead_letters::delete))
        .does("Delete a dead letter")
        .refuses(&[UnknownDeadLetter]),
    Operation::new(Post, path::RETRY_DEAD_LETTER, Operator, "retryDeadLetter", store!(dead_letters::retry))
        .does("Queue a dead letter's request again")
        .answers::<ChatAccepted>()
        .refuses(&[UnknownDeadLetter, UnknownGame]),
    Operation::new(Get, path::KEYS, Operator, "listKeys", store!(keys::list))
        .does("Keys that are stored, without their texts")
        .answers::<Keys>(),
    Operation::new(Post, path::KEYS, Operator, "createKey", store!(keys::create))
        .does("Make a key")
        .takes::<CreateKey>()
        .creates::<KeyCreated>()
        .refuses(&[TooManyKeys]),
    Operation::new(Delete, path::KEY, Operator, "revokeKey", store!(keys::revoke))
        .does("Revoke a key")
        .refuses(&[UnknownKey]),
];
