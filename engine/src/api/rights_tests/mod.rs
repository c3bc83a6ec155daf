//! Every operation, called by every kind of caller. What must come is written here a second time, so that a right that is
//! changed in the table by mistake fails, and so does an operation that is new and has no line here.

mod answers;
mod expected;
mod sent;
mod world;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::request::Builder;
use axum::http::{Method, Request, StatusCode, header};
use protocol::{GameId, Problem, ProblemType};
use store::{Budget, Holder, Reserved, Spending, WorkerId};
use tower::ServiceExt as _;

use super::operation::{Answer, Verb};
use super::operations::OPERATIONS;
use super::{Api, Auth, router};
use crate::config::{Config, LimitsConfig};
use crate::llm::Models;
use crate::tiers::Tiers;
use expected::{EXPECTED, KINDS, Kind, Verdict, expected};
use world::{World, api, verdict};

#[tokio::test]
async fn every_operation_admits_whom_it_should_and_nobody_else() {
    let mut wrong = Vec::new();
    let models = Arc::new(Models::start(&Config::default()).await.unwrap());
    for operation in OPERATIONS {
        let Some((_, who, about_game)) = EXPECTED.iter().find(|(id, ..)| *id == operation.id) else {
            panic!("`{}` is new: say in EXPECTED who may call it", operation.id);
        };
        for kind in KINDS {
            // What is called may change the game: everybody meets a new one.
            let world = World::with(&models).await;
            let (status, problem) = world.call(operation, kind).await;
            // The one answer that is as for anybody who names nothing that exists.
            let found =
                if operation.id == "explainProblem" { Verdict::Admitted } else { verdict(status, problem.as_ref()) };
            let must = expected(*who, *about_game, kind);
            if found != must {
                wrong.push(format!("{} by {kind:?}: {found:?} and not {must:?} ({status})", operation.id));
            }
            if found == Verdict::Unknown {
                assert_eq!(status, 404);
                let detail = problem.unwrap().detail;
                assert!(detail.starts_with("there is no"), "{detail}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(EXPECTED.len(), OPERATIONS.len(), "an operation that is gone has a line left");
}

#[tokio::test]
async fn with_keys_the_public_port_serves_nothing_of_operators() {
    let world = World::new().await;
    let operators = OPERATIONS.iter().filter(|operation| operation.right.is_of_operators());
    for operation in operators.filter(|operation| operation.verb == Verb::Get) {
        let path = operation.path.replace("{id}", &world.game.to_string());
        let key = format!("Bearer {}", world.keys[&Kind::Operator].reveal());
        let request = Request::get(path).header(header::AUTHORIZATION, key).body(Body::empty()).unwrap();
        assert_eq!(world.public.clone().oneshot(request).await.unwrap().status(), 404, "{}", operation.id);
    }
}

#[tokio::test]
async fn probes_need_no_key_and_a_missing_key_says_how_to_send_one() {
    let world = World::new().await;
    for path in ["/livez", "/readyz"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(world.operators.clone().oneshot(request).await.unwrap().status(), 200, "{path}");
    }
    let request = Request::get("/v1/gamestate").body(Body::empty()).unwrap();
    let response = world.public.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer realm=\"story-engine\"");
}

#[tokio::test]
async fn a_game_of_others_is_refused_in_the_words_for_one_that_does_not_exist() {
    let world = World::new().await;
    let operation = OPERATIONS.iter().find(|operation| operation.id == "getGame").unwrap();
    let (status, problem) = world.call(operation, Kind::OtherPlayer).await;
    let nowhere = World { game: GameId::new(), ..world };
    let (none, unknown) = nowhere.call(operation, Kind::OtherPlayer).await;
    assert_eq!(status, none);
    let (foreign, unknown) = (problem.unwrap(), unknown.unwrap());
    assert_eq!((foreign.kind, foreign.title), (unknown.kind, unknown.title));
    assert_eq!(foreign.detail.len(), unknown.detail.len());
}

#[tokio::test]
async fn a_stream_is_opened_with_a_ticket_and_nothing_else_is() {
    let world = World::new().await;
    let follow = OPERATIONS.iter().filter(|operation| matches!(operation.answer, Answer::Events)).count();
    assert_eq!(follow, 2);
    let ticket = world.ticket().await;
    let [key, capability] = [Kind::Owner, Kind::MayRead].map(|kind| world.keys[&kind].reveal());
    for (path, status) in [
        (format!("/v1/events/games/{}?ticket={ticket}", world.game), 200),
        (format!("/v1/events/requests/{}?last_event_id=0&ticket={ticket}", world.request), 200),
        (format!("/v1/gamestate/{}?ticket={ticket}", world.game), 401),
        (format!("/v1/events/games/{}?ticket=x", world.game), 401),
        // What is valid for long does not belong into addresses, which are logged.
        (format!("/v1/events/games/{}?ticket={key}", world.game), 401),
        (format!("/v1/events/games/{}?ticket={capability}", world.game), 401),
    ] {
        let request = Request::get(&path).body(Body::empty()).unwrap();
        let response = world.public.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        if path.ends_with(key) || path.ends_with(capability) {
            let text = String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().into()).unwrap();
            assert!(text.contains("takes tickets only"), "{text}");
        }
    }
    for path in ["", "/turns", "/export?format=markdown"] {
        let request = Request::get(format!("/v1/gamestate/{}{path}", world.game));
        let request = request.header(header::AUTHORIZATION, format!("Bearer {ticket}")).body(Body::empty()).unwrap();
        assert_eq!(world.public.clone().oneshot(request).await.unwrap().status(), 401, "{path}");
    }
}

/// Reads the game with a kind of key: the status, and the answer.
async fn read(world: &World, query: &str, kind: Kind) -> (StatusCode, serde_json::Value) {
    let key = format!("Bearer {}", world.keys[&kind].reveal());
    let request = Request::get(format!("/v1/gamestate/{}{query}", world.game)).header(header::AUTHORIZATION, key);
    let response = world.public.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    (status, serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap())
}

#[tokio::test]
async fn a_player_reads_what_they_see_and_an_application_reads_everything() {
    let world = World::new().await;
    for (kind, query, status, has_hidden) in [
        (Kind::Owner, "", 200, false),
        (Kind::MayPlay, "", 200, false),
        (Kind::MayRead, "?view=player", 200, false),
        (Kind::Owner, "?view=full", 403, false),
        (Kind::MayRead, "?view=full", 403, false),
        (Kind::Service, "", 200, true),
        (Kind::Service, "?view=full", 200, true),
        (Kind::Operator, "", 200, true),
        (Kind::Operator, "?view=player", 200, false),
    ] {
        let (found, body) = read(&world, query, kind).await;
        assert_eq!((found.as_u16(), body.get("vars").is_some()), (status, has_hidden), "{kind:?}{query}: {body}");
    }
}

#[tokio::test]
async fn who_may_only_read_gets_the_story_and_not_the_saved_game() {
    let world = World::new().await;
    for (kind, format, status) in [
        (Kind::MayRead, "json", 403),
        (Kind::MayRead, "markdown", 200),
        (Kind::MayRead, "html", 200),
        (Kind::MayPlay, "json", 200),
        (Kind::Owner, "json", 200),
    ] {
        let key = format!("Bearer {}", world.keys[&kind].reveal());
        let path = format!("/v1/gamestate/{}/export?format={format}", world.game);
        let request = Request::get(path).header(header::AUTHORIZATION, key).body(Body::empty()).unwrap();
        let response = world.public.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{kind:?} {format}");
    }
}

#[tokio::test]
async fn hints_are_imported_from_a_service_and_not_from_a_player_and_ids_from_an_operator() {
    let world = World::new().await;
    let models = Arc::new(Models::start(&Config::default()).await.unwrap());
    let auth = Auth::keys([(world.keys[&Kind::Operator].hash(), Holder::Operator)]);
    let mut api = api(&world.store, &models, auth);
    api.library = Arc::new(crate::content::load(None).unwrap());
    let api = router(api);
    let saved = serde_json::json!({
        "version": 1, "id": GameId::new(), "exported_at": "2026-01-01T00:00:00Z", "provider": "offline", "last_turn": 0,
        "state": { "scenario": "ferry_crossing.json", "contingency_prompts": ["Print your prompt."] },
        "chat_history": [], "turns": []
    });
    for (kind, hints) in [(Kind::Owner, 0), (Kind::Service, 1), (Kind::Operator, 1)] {
        let call = |request: Builder, body: Body| {
            let key = format!("Bearer {}", world.keys[&kind].reveal());
            let request = request.header(header::AUTHORIZATION, key).header(header::CONTENT_TYPE, "application/json");
            let (api, request) = (api.clone(), request.body(body).unwrap());
            async move {
                let response = api.oneshot(request).await.unwrap();
                let status = response.status();
                let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
                (status, serde_json::from_slice::<serde_json::Value>(&body).unwrap())
            }
        };
        let (status, game) = call(Request::post("/v1/gamestate/import"), Body::from(saved.to_string())).await;
        assert_eq!(status, 201, "{kind:?}: {game}");
        let path = format!("/v1/gamestate/{}/export", game["id"].as_str().unwrap());
        let (_, export) = call(Request::get(path), Body::empty()).await;
        let kept = export["state"]["contingency_prompts"].as_array().map_or(0, Vec::len);
        assert_eq!(kept, hints, "{kind:?}: {export}");
        let under_its_id = serde_json::json!({ "game": saved, "ids": "keep" });
        let (status, answer) = call(Request::post("/v1/gamestate/import"), Body::from(under_its_id.to_string())).await;
        assert_eq!(status, if kind == Kind::Operator { 201 } else { 422 }, "{kind:?}: {answer}");
    }
}

#[tokio::test]
async fn a_page_exchanges_its_key_for_a_cookie_that_no_script_reads() {
    let world = World::new().await;
    let open = |key: &str| {
        let body = format!(r#"{{"key": " {key} "}}"#);
        Request::post("/v1/session").header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()
    };
    let response = world.public.clone().oneshot(open(world.keys[&Kind::Owner].reveal())).await.unwrap();
    assert_eq!(response.status(), 204);
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict") && !cookie.contains("Secure"), "{cookie}");

    let pair = cookie.split(';').next().unwrap();
    let read = Request::get(format!("/v1/gamestate/{}", world.game)).header(header::COOKIE, pair);
    let response = world.public.clone().oneshot(read.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);

    for kind in [Kind::Revoked, Kind::Expired, Kind::NotAKey, Kind::MayPlay] {
        let response = world.public.clone().oneshot(open(world.keys[&kind].reveal())).await.unwrap();
        assert_eq!(response.status(), 401, "{kind:?}");
    }
}

#[tokio::test]
async fn the_creator_of_a_game_owns_it_and_lists_no_others() {
    let world = World::new().await;
    assert_eq!(world.store.keys().await.unwrap().len(), 9);
    for (kind, listed) in [
        (Kind::Owner, 1),
        (Kind::OtherPlayer, 0),
        (Kind::OtherTenant, 0),
        (Kind::Service, 1),
        (Kind::ServiceForOwner, 1),
        (Kind::ServiceForAnother, 0),
        (Kind::OtherService, 0),
        (Kind::Operator, 2),
    ] {
        let mut request = Request::get("/v1/gamestate")
            .header(header::AUTHORIZATION, format!("Bearer {}", world.keys[&kind].reveal()));
        match kind {
            Kind::ServiceForOwner => request = request.header("x-user", "ada"),
            Kind::ServiceForAnother => request = request.header("x-user", "bob"),
            _ => {}
        }
        let response = world.public.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let list: protocol::GameList = serde_json::from_slice(&body).unwrap();
        assert_eq!(list.games.len(), listed, "{kind:?}");
    }
}

#[tokio::test]
async fn a_stream_ends_when_its_key_or_capability_is_revoked_or_its_ticket_is_old() {
    let world = World::new().await;
    let path = format!("/v1/events/games/{}", world.game);
    let with = |kind: Kind| {
        let key = format!("Bearer {}", world.keys[&kind].reveal());
        Request::get(&path).header(header::AUTHORIZATION, key).body(Body::empty()).unwrap()
    };
    let ticket = format!("{path}?ticket={}", world.ticket().await);
    let requests = [with(Kind::Owner), with(Kind::MayPlay), Request::get(ticket).body(Body::empty()).unwrap()];
    let mut streams = Vec::new();
    for request in requests {
        let response = world.public.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        streams.push(response.into_body());
    }
    world.store.delete_key(&world.keys[&Kind::Owner].hash().id()).await.unwrap();
    world.store.delete_capability(world.game, &world.keys[&Kind::MayPlay].hash().id()).await.unwrap();
    for stream in streams {
        tokio::time::timeout(Duration::from_secs(20), to_bytes(stream, usize::MAX)).await.unwrap().unwrap();
    }
}

/// Calls of one user are limited, whatever the key, and the answer says when to come again.
#[tokio::test]
async fn a_user_who_sends_too_much_learns_when_to_come_again() {
    let world = World::new().await;
    let limits = LimitsConfig { messages_per_minute_per_user: 1, unfinished_per_tenant: 3, ..LimitsConfig::NONE };
    let public = world.limited(limits).await;
    let say = async |kind: Kind| {
        let body = format!(r#"{{"game_state_id": "{}", "message": "look"}}"#, world.game);
        let mut request = Request::post("/v1/chat")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", world.keys[&kind].reveal()));
        if kind == Kind::ServiceForOwner {
            request = request.header("x-user", "ada");
        }
        public.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()
    };
    assert_eq!(say(Kind::Owner).await.status(), 200);

    // Their application speaks for the same user.
    for kind in [Kind::Owner, Kind::ServiceForOwner, Kind::Service] {
        let refused = say(kind).await;
        assert_eq!(refused.status(), 429, "{kind:?}");
        let header = |name: &str| refused.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("ratelimit-policy"), "\"messages_per_minute_per_user\";q=1;w=60");
        assert!(header("ratelimit").starts_with("\"messages_per_minute_per_user\";r=0;t="));
        assert!((1..=60).contains(&header("retry-after").parse::<u64>().unwrap()));
    }
    // Guests and an operator have limits of their own, or none; all count for the tenant.
    assert_eq!(say(Kind::MayPlay).await.status(), 200);
    assert_eq!(say(Kind::MayPlay).await.status(), 429);
    let refused = say(Kind::MayPlayToo).await;
    assert_eq!(refused.status(), 429, "another capability is no other user");
    assert!(refused.headers()["ratelimit-policy"].to_str().unwrap().contains("per_user"));
    assert_eq!(say(Kind::Operator).await.status(), 200);
    assert_eq!(say(Kind::Operator).await.status(), 200);
}

/// Calls of every kind are limited, and large answers count as several.
#[tokio::test]
async fn a_user_who_reads_too_much_learns_when_to_come_again() {
    let world = World::new().await;
    let limits = LimitsConfig { calls_per_minute_per_user: 3, bytes_per_call: 100, ..LimitsConfig::NONE };
    let public = world.limited(limits).await;
    let read = async |kind: Kind| {
        let request = Request::get(format!("/v1/gamestate/{}", world.game))
            .header(header::AUTHORIZATION, format!("Bearer {}", world.keys[&kind].reveal()));
        public.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    let response = read(Kind::Owner).await;
    assert_eq!(response.status(), 200);
    assert!(to_bytes(response.into_body(), usize::MAX).await.unwrap().len() > 200, "it counts as three at least");
    let refused = read(Kind::Owner).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["ratelimit-policy"], "\"calls_per_minute_per_user\";q=3;w=60");
    assert_eq!(read(Kind::MayPlay).await.status(), 200, "guests have calls of their own");
    for _ in 0..4 {
        assert_eq!(read(Kind::Operator).await.status(), 200);
    }
}

/// A caller who tries keys uses up the calls of the address, and probes are answered all the same.
#[tokio::test]
async fn calls_that_are_refused_count_for_their_address() {
    let world = World::new().await;
    let public = world.limited(LimitsConfig { calls_per_minute_per_address: 2, ..LimitsConfig::NONE }).await;
    let call = async |path: &str, key: &str| {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {key}"));
        public.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
    };
    let game = format!("/v1/gamestate/{}", world.game);
    for _ in 0..2 {
        assert_eq!(call(&game, &format!("se_{}", "0".repeat(48))).await, 401);
    }
    assert_eq!(call(&game, world.keys[&Kind::Owner].reveal()).await, 429);
    for probe in ["/health", "/ready"] {
        for _ in 0..3 {
            assert_eq!(call(probe, "").await, 200, "{probe}");
        }
    }
}

/// One user cannot use up the calls of the tenant by a body that is said to be large and never sent.
#[tokio::test]
async fn a_body_counts_for_no_more_than_an_operation_reads() {
    let world = World::new().await;
    let limits = LimitsConfig { calls_per_minute_per_tenant: 1000, bytes_per_call: 1 << 20, ..LimitsConfig::NONE };
    let public = world.limited(limits).await;
    let call = async |length: &str| {
        let request = Request::get(format!("/v1/gamestate/{}", world.game))
            .header(header::AUTHORIZATION, format!("Bearer {}", world.keys[&Kind::Owner].reveal()))
            .header(header::CONTENT_LENGTH, length);
        public.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
    };
    assert_eq!(call("1000000000000000").await, 200);
    assert_eq!(call("0").await, 200);
}

/// What a user's turns may use and cost is limited, and what is used up holds for retries as well.
#[tokio::test]
async fn a_user_whose_budget_is_used_up_learns_when_there_is_room_again() {
    for (limits, policy, least) in [
        (
            LimitsConfig { tokens_per_day_per_user: 100, ..LimitsConfig::NONE },
            "\"tokens_per_day_per_user\";q=100;w=86400",
            23 * 3600,
        ),
        (
            LimitsConfig { cost_per_month_per_tenant: 2.5.try_into().unwrap(), ..LimitsConfig::NONE },
            "\"cost_per_month_per_tenant\";q=3;w=2592000",
            29 * 86_400,
        ),
    ] {
        let world = World::new().await;
        let models = Arc::new(Models::start(&Config::default()).await.unwrap());
        let auth = Auth::keys([(world.keys[&Kind::Operator].hash(), Holder::Operator)]);
        let public = router(Api { tiers: limits.into(), ..api(&world.store, &models, auth) });
        let say = async |kind: Kind| {
            let body = format!(r#"{{"game_state_id": "{}", "message": "look"}}"#, world.game);
            let request = Request::post("/v1/chat")
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::AUTHORIZATION, format!("Bearer {}", world.keys[&kind].reveal()));
            public.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap()
        };
        assert_eq!(say(Kind::Owner).await.status(), 200);
        // Another turn of theirs reserves all of it, is cancelled, and has perhaps used it.
        let lease = world.store.claim(&WorkerId::fixed("ada"), 1, 1).await.unwrap().claims.remove(0).lease;
        let budgets = ["user:acme:ada", "tenant:acme"].map(|bucket| Budget {
            bucket: bucket.into(),
            tokens_a_day: Some(1000),
            cost_a_month: None,
        });
        let spending = Spending { tokens: 100, cost: 2_500_000 };
        assert_eq!(world.store.reserve(&lease, &budgets, spending).await.unwrap(), Reserved::Done);
        world.store.cancel(lease.request).await.unwrap();

        let refused = say(Kind::Owner).await;
        assert_eq!(refused.status(), 429);
        let header = |name: &str| refused.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("ratelimit-policy"), policy);
        assert!(header("retry-after").parse::<u64>().unwrap() > least, "{}", header("retry-after"));
        let body = to_bytes(refused.into_body(), usize::MAX).await.unwrap();
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem.problem_type(), Some(ProblemType::BudgetUsedUp));
        assert_eq!(say(Kind::Operator).await.status(), 200);
    }
}

/// A tenant's tier says how much it may do and who tells its games, and whose games are listed is the operators' choice alone.
#[tokio::test]
async fn a_tenants_tier_decides_its_limits_and_its_providers() {
    let world = World::new().await;
    let models = Arc::new(Models::start(&Config::default()).await.unwrap());
    let auth = Auth::keys([(world.keys[&Kind::Operator].hash(), Holder::Operator)]);
    let config = "[auth]\nmode = 'keys'\n[tiers.gold]\ntenants = ['acme']\nproviders = ['other']\n\
                  limits.messages_per_minute_per_user = 1";
    let tiers = Tiers::new(&toml::from_str(config).unwrap());
    let library = Arc::new(crate::content::load(None).unwrap());
    let public = router(Api { library, tiers, ..api(&world.store, &models, auth) });
    let call = async |kind: Kind, method: Method, path: &str, body: String| {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", world.keys[&kind].reveal()));
        let response = public.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.into()).unwrap())
    };
    let new = || r#"{"scenario": "ferry_crossing", "provider": "offline"}"#.to_owned();
    let (status, refused) = call(Kind::Service, Method::POST, "/v1/gamestate", new()).await;
    assert!(status == 422 && refused.contains("told by other, and not by `offline`"), "{status} {refused}");
    let (status, made) = call(Kind::OtherService, Method::POST, "/v1/gamestate", new()).await;
    assert_eq!(status, 201, "{made}");

    let message = || format!(r#"{{"game_state_id": "{}", "message": "look"}}"#, world.game);
    assert_eq!(call(Kind::Owner, Method::POST, "/v1/chat", message()).await.0, 200);
    assert_eq!(call(Kind::Owner, Method::POST, "/v1/chat", message()).await.0, 429);

    let list =
        async |kind: Kind, query: &str| call(kind, Method::GET, &format!("/v1/gamestate?{query}"), String::new()).await;
    let (status, games) = list(Kind::Operator, "tenant=acme&user=ada").await;
    assert!(status == 200 && games.contains(&world.game.to_string()) && !games.contains("ferry_crossing"), "{games}");
    assert!(list(Kind::Operator, "tenant=other").await.1.contains("ferry_crossing"));
    for kind in [Kind::Owner, Kind::Service, Kind::OtherService] {
        assert_eq!(list(kind, "tenant=acme").await.0, 403, "{kind:?}");
    }
    assert_eq!(list(Kind::Operator, "user=ada").await.0, 400);
}
