//! What models were sent is for operators: nobody else reads it, whatever they call.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, header};
use protocol::{GameAccess, GameId, RequestId, TurnRecord};
use store::secret::{Secret, SecretKind};
use store::{GameContents, GameDocument, NewCapability, Owner, SentPrompt, SentPrompts, StoredTurn, Terms, TurnRange};
use story::{ChatMessage, GameState};
use tower::ServiceExt as _;

use super::super::operation::{Answer, Verb};
use super::super::operations::OPERATIONS;
use super::expected::Kind;
use super::world::{World, message, tenant};

/// What is in the prompts, and nowhere else.
const MARK: &str = "the butler did it";

fn prompt() -> SentPrompt {
    SentPrompt {
        provider: "offline".to_owned(),
        model: "offline".to_owned(),
        system: MARK.to_owned(),
        messages: vec![ChatMessage::user(MARK)],
        left_out: 0,
    }
}

/// A world whose game has a turn of which the prompts are kept.
async fn world() -> World {
    let mut world = World::new().await;
    let owner = Some(Owner { tenant: tenant("acme"), user: Some("ada".parse().unwrap()) });
    let (game, state) = (GameId::new(), GameState::default());
    let request_id = RequestId::in_game(game);
    let record = TurnRecord { turn: 1, request_id, ..TurnRecord::default() };
    let prompts = Some(SentPrompts { narration: Some(prompt()), extraction: Some(prompt()) });
    let turns = vec![StoredTurn { prompts, ..StoredTurn::new(record, &state, &state, 10_000) }];
    let document = GameDocument { provider: "offline".to_owned(), turns: Some(1), ..GameDocument::default() };
    let contents = GameContents { turns, owner, ..GameContents::new(document, Vec::new()) };
    world.store.create_game(game, &contents).await.unwrap();
    world.store.enqueue(&message(game, request_id), &Terms::default()).await.unwrap();
    for (kind, access) in [(Kind::MayRead, GameAccess::Read), (Kind::MayPlay, GameAccess::Play)] {
        let secret = Secret::generate(SecretKind::Capability).unwrap();
        let capability = NewCapability { hash: secret.hash(), access, expires_in: None };
        world.store.add_capability(game, &capability).await.unwrap();
        world.keys.insert(kind, secret);
    }
    World { game, request: request_id, ..world }
}

impl World {
    /// What somebody is answered on either port, whether the call is refused or not.
    async fn reads(&self, kind: Kind, method: Method, path: &str) -> String {
        let path = path.replace("{id}", &self.game.to_string());
        let mut answers = String::new();
        for port in [&self.public, &self.operators] {
            let request = Request::builder().method(method.clone()).uri(&path);
            let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.keys[&kind].reveal()));
            let response = port.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            answers.push_str(str::from_utf8(&body).unwrap());
        }
        answers
    }
}

#[tokio::test]
async fn nobody_but_an_operator_reads_what_models_were_sent() {
    let world = world().await;
    let of_game =
        ["?turn=1", "?turn=1&purpose=extract", "?format=markdown", "?format=html", "?view=full", "?limit=100"];
    let gets = OPERATIONS.iter().filter(|operation| operation.verb == Verb::Get);
    let mut paths = Vec::new();
    for operation in gets.filter(|operation| !matches!(operation.answer, Answer::Events)) {
        let of_request = operation.path.contains("/requests/");
        let path =
            if of_request { operation.path.replace("{id}", &world.request.to_string()) } else { operation.path.into() };
        paths.extend(of_game.iter().map(|query| format!("{path}{query}")));
        paths.push(path);
    }
    for kind in
        [Kind::Owner, Kind::OtherPlayer, Kind::Service, Kind::OtherService, Kind::Viewer, Kind::MayRead, Kind::MayPlay]
    {
        for path in &paths {
            let answer = world.reads(kind, Method::GET, path).await;
            assert!(!answer.contains(MARK), "{kind:?} {path}: {answer}");
        }
    }
    let with_mark = async |path: &str| world.reads(Kind::Operator, Method::GET, path).await.contains(MARK);
    for purpose in ["narrate", "extract"] {
        assert!(with_mark(&format!("/v1/gamestate/{{id}}/prompt?turn=1&purpose={purpose}")).await, "{purpose}");
    }
    let timeline = world.reads(Kind::Operator, Method::GET, &format!("/v1/queue/requests/{}", world.request)).await;
    assert!(timeline.contains(r#""turn":1"#) && !timeline.contains(MARK), "{timeline}");
    // What an operator takes away may be read by others.
    for path in ["/v1/gamestate/{id}/export", "/v1/gamestate/{id}/turns"] {
        assert!(!with_mark(path).await, "{path}");
    }
    let both = world.reads(Kind::Operator, Method::GET, "/v1/gamestate/{id}/prompt?turn=1&message=x").await;
    assert!(both.contains("leave `message` or `turn` out"), "{both}");
}

#[tokio::test]
async fn a_branch_takes_no_prompts_along() {
    let world = world().await;
    let made = world.reads(Kind::Owner, Method::POST, "/v1/gamestate/{id}/branch").await;
    let made: protocol::GameId = made.split('"').find_map(|part| part.parse().ok()).unwrap_or_else(|| panic!("{made}"));
    assert_ne!(made, world.game);
    let turns = world.store.turns(made, TurnRange::From(0), 10).await.unwrap().turns;
    assert!(turns.len() == 1 && turns[0].prompts.is_none(), "{turns:?}");
    assert!(world.store.turns(world.game, TurnRange::From(0), 10).await.unwrap().turns[0].prompts.is_some());
}
