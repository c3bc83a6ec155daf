//! Changes of a game whose turns are under way, and bodies that may be left out.

use std::time::Duration;

use reqwest::Response;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::fixture::{Server, TIMEOUT, claim, finish, new_game, say, store};

/// How long a call that must wait is watched.
const A_MOMENT: Duration = Duration::from_millis(200);

async fn read(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn a_change_waits_for_all_that_is_unfinished_and_acts_on_the_game_as_it_then_is() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    say(&store, game, "one").await;
    say(&store, game, "two").await;
    let first = claim(&store).await;
    // There is no turn yet that could be changed.
    let change =
        server.post(&format!("/v1/gamestate/{game}/edit")).json(&json!({ "turn": 2, "narration": "Otherwise." }));
    let mut answer = tokio::spawn(change.send());
    assert!(timeout(A_MOMENT, &mut answer).await.is_err(), "it does not wait for the turn that runs");
    finish(&store, &first, 0, "One.", "One.").await;
    assert!(timeout(A_MOMENT, &mut answer).await.is_err(), "it does not wait for the message behind it");
    finish(&store, &claim(&store).await, 0, "Two.", "Two.").await;
    let (status, rewritten) = read(timeout(TIMEOUT, answer).await.unwrap().unwrap().unwrap()).await;
    assert_eq!((status, &rewritten["turn"]), (200, &json!(2)), "{rewritten}");
}

#[tokio::test]
async fn a_change_waits_for_no_longer_than_a_client_waits_for_an_answer() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    say(&store, game, "one").await;
    let undo = server.post(&format!("/v1/gamestate/{game}/undo")).timeout(Duration::from_secs(10));
    let refused = undo.send().await.unwrap();
    assert_eq!(refused.headers()["retry-after"], "1");
    let (status, problem) = read(refused).await;
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/game-busy")));
}

#[tokio::test]
async fn a_change_that_asks_not_to_wait_is_refused_at_once() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    say(&store, game, "one").await;
    say(&store, game, "two").await;
    finish(&store, &claim(&store).await, 0, "One.", "One.").await;
    let change = json!({ "turn": 1, "narration": "Otherwise.", "if_busy": "reject" });
    let change = server.post(&format!("/v1/gamestate/{game}/edit")).json(&change).send();
    let (status, problem) = read(timeout(Duration::from_secs(5), change).await.unwrap().unwrap()).await;
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/game-busy")));
}

#[tokio::test]
async fn a_body_of_optional_members_may_be_left_out() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let (status, problem) = read(server.post(&format!("/v1/gamestate/{game}/retry")).send().await.unwrap()).await;
    assert_eq!((status, &problem["type"]), (409, &json!("/problems/turn-not-kept")));
    let request = say(&store, game, "one").await;
    let (status, stopped) = read(server.post(&format!("/v1/requests/{request}/stop")).send().await.unwrap()).await;
    assert_eq!((status, &stopped["status"]), (200, &json!("cancelled")));
    let (status, problem) = read(server.post("/v1/chat").send().await.unwrap()).await;
    assert_eq!((status, &problem["detail"]), (422, &json!("the body: missing field `game_state_id`")));
    let text = server.post(&format!("/v1/gamestate/{game}/undo")).body("{}");
    assert_eq!(text.send().await.unwrap().status(), 415);
}

#[tokio::test]
async fn a_saved_game_is_imported_as_it_was_exported_or_as_a_member() {
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    let saved: Value = server.get(&format!("/v1/gamestate/{game}/export")).send().await.unwrap().json().await.unwrap();
    // Both are read to their end: it is the content that this engine lacks.
    for (body, pointer) in [(saved.clone(), "/state/scenario"), (json!({ "game": saved }), "/game/state/scenario")] {
        let (status, problem) = read(server.post("/v1/gamestate/import").json(&body).send().await.unwrap()).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(pointer)), "{problem}");
    }
    for body in [json!({}), json!({ "name": "a recipe" })] {
        let (status, problem) = read(server.post("/v1/gamestate/import").json(&body).send().await.unwrap()).await;
        assert_eq!(status, 422);
        assert!(problem["detail"].as_str().unwrap().starts_with("the body: it is no saved game"), "{problem}");
    }
}
