//! Two stores as one, both in memory.

use std::sync::Arc;
use std::time::Duration;

use protocol::{GameId, PauseScope, RequestId, RequestType};

use super::{TierStore, TieredStore};
use crate::embedded::EmbeddedStore;
use crate::{
    Enqueued, GameContents, GameDocument, Games as _, GamesOf, Keys as _, ListedGame, NewRequest, Owner, Paused,
    Pauses as _, Queue as _, QueuedCursor, SharedStore, Store as _, StoreError, StoreOptions, Subject, Terms,
    Watch as _,
};

fn memory() -> SharedStore {
    Arc::new(EmbeddedStore::in_memory(StoreOptions::default()).unwrap())
}

/// The default store, that of acme's tier, and both as one.
fn two() -> (SharedStore, SharedStore, TieredStore) {
    let (default, gold) = (memory(), memory());
    let tiers = vec![(TierStore::reached("gold", Arc::clone(&gold)), vec!["acme".parse().unwrap()])];
    let all = TieredStore::new(TierStore::reached("default", Arc::clone(&default)), tiers);
    (default, gold, all)
}

fn contents(tenant: &str) -> GameContents {
    let owner = Owner { tenant: tenant.parse().unwrap(), user: Some("ada".parse().unwrap()) };
    let document = GameDocument { provider: "offline".to_owned(), ..GameDocument::default() };
    GameContents { owner: Some(owner), ..GameContents::new(document, Vec::new()) }
}

async fn create(all: &TieredStore, tenant: &str) -> GameId {
    let id = GameId::new();
    all.create_game(id, &contents(tenant)).await.unwrap();
    id
}

async fn say(all: &TieredStore, game: GameId) -> RequestId {
    let request = NewRequest {
        id: RequestId::in_game(game),
        game,
        kind: RequestType::Chat,
        message: "look".to_owned(),
        actor: None,
        user_message: "look".to_owned(),
        caused_by: None,
        alternatives: Vec::new(),
        trace: None,
        budgets: Vec::new(),
        priority: protocol::Priority::default(),
    };
    assert!(matches!(all.enqueue(&request, &Terms::default()).await.unwrap(), Enqueued::Accepted(_)));
    request.id
}

/// Returns when a game is no longer of the present millisecond of the store.
async fn a_millisecond_passes(all: &TieredStore, since: GameId) {
    let has_passed =
        async || all.idle_games(Duration::from_millis(1), None, 100).await.unwrap().iter().any(|game| game.id == since);
    while !has_passed().await {
        tokio::task::yield_now().await;
    }
}

/// The same stores for a process that has found nothing yet.
fn fresh(default: &SharedStore, gold: &SharedStore) -> TieredStore {
    let tiers = vec![(TierStore::reached("gold", Arc::clone(gold)), vec!["acme".parse().unwrap()])];
    TieredStore::new(TierStore::reached("default", Arc::clone(default)), tiers)
}

#[tokio::test]
async fn a_game_is_made_in_its_tiers_store_and_found_wherever_it_is() {
    let (default, gold, all) = two();
    let (of_acme, of_globex) = (create(&all, "acme").await, create(&all, "globex").await);
    assert!(gold.game(of_acme).await.unwrap().is_some() && default.game(of_acme).await.unwrap().is_none());
    assert!(default.game(of_globex).await.unwrap().is_some() && gold.game(of_globex).await.unwrap().is_none());
    let request = say(&all, of_acme).await;
    assert_eq!(gold.lane(of_acme).await.unwrap().requests, [request]);

    let late = fresh(&default, &gold);
    assert_eq!(late.request(request).await.unwrap().unwrap().game, of_acme);
    assert!(late.game(of_globex).await.unwrap().is_some());
    assert_eq!(late.access(Subject::Game(of_acme), None).await.unwrap().unwrap().game, of_acme);
    assert_eq!(late.game(GameId::new()).await.unwrap(), None);
}

#[tokio::test]
async fn a_game_that_has_moved_is_found_again() {
    let (default, gold, all) = two();
    let id = create(&all, "acme").await;
    all.game(id).await.unwrap().unwrap();
    gold.delete_game(id, None).await.unwrap();
    assert_eq!(all.access(Subject::Game(id), None).await.unwrap(), None);
    default.create_game(id, &contents("acme")).await.unwrap();
    assert!(all.access(Subject::Game(id), None).await.unwrap().is_some());
    let request = say(&all, id).await;
    assert!(default.request(request).await.unwrap().is_some());
}

#[tokio::test]
async fn lists_of_both_stores_are_merged_page_by_page() {
    let (_, _, all) = two();
    let mut expected = Vec::new();
    for tenant in ["acme", "globex", "acme", "acme", "globex"] {
        expected.insert(0, create(&all, tenant).await);
        a_millisecond_passes(&all, expected[0]).await;
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = all.games(&GamesOf::Everybody, after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor());
        listed.extend(page.iter().map(ListedGame::id));
    }
    assert_eq!(listed, expected);
    let of_globex = all.games(&GamesOf::Tenant("globex".parse().unwrap()), None, 10).await.unwrap();
    assert_eq!(of_globex.len(), 2);

    let mut waiting = Vec::new();
    for game in &expected {
        waiting.push(say(&all, *game).await);
    }
    let (mut queued, mut after) = (Vec::new(), None);
    loop {
        let page = all.queued(after, 2).await.unwrap();
        queued.extend(page.requests.iter().map(|request| request.request_id));
        let Some(next) = page.next else { break };
        after = Some(next.parse::<QueuedCursor>().unwrap());
    }
    waiting.sort();
    queued.sort();
    assert_eq!(queued, waiting);
    assert_eq!(all.queue().await.unwrap().depth, 5);
    assert_eq!(all.lanes(3).await.unwrap().lanes.len(), 3);
    assert!(all.lanes(3).await.unwrap().more);
}

#[tokio::test]
async fn a_store_that_is_away_fails_its_own_games_and_readiness_names_it() {
    let default = memory();
    let gold = TierStore::away("gold", "nobody listens");
    let tiers = vec![(gold.clone(), vec!["acme".parse().unwrap()])];
    let all = TieredStore::new(TierStore::reached("default", Arc::clone(&default)), tiers);
    let of_globex = create(&all, "globex").await;
    let is_away = |error: StoreError| assert!(error.to_string().contains("the tier `gold`: nobody listens"), "{error}");

    is_away(all.create_game(GameId::new(), &contents("acme")).await.unwrap_err());
    is_away(all.game(GameId::new()).await.unwrap_err());
    is_away(all.games(&GamesOf::Everybody, None, 5).await.unwrap_err());
    is_away(all.games(&GamesOf::Tenant("acme".parse().unwrap()), None, 5).await.unwrap_err());
    is_away(all.pause_queue(&PauseScope::All {}, "ada").await.unwrap_err());
    assert_eq!(all.games(&GamesOf::Tenant("globex".parse().unwrap()), None, 5).await.unwrap().len(), 1);
    say(&all, of_globex).await;
    assert_eq!(all.queue().await.unwrap().depth, 1);
    assert_eq!(all.unfinished(&["tenant:acme".into()]).await.unwrap(), [0]);
    let probed = all.probe_writes().await;
    assert_eq!((probed.len(), probed.iter().filter(|result| result.is_ok()).count()), (2, 1));
    assert_eq!(all.tiers_without_writes(), ["gold"]);

    gold.set_reached(memory());
    create(&all, "acme").await;
    assert!(all.probe_writes().await.iter().all(Result::is_ok) && all.tiers_without_writes().is_empty());
}

#[tokio::test]
async fn a_pause_holds_in_both_stores_and_is_listed_once() {
    let (default, gold, all) = two();
    create(&all, "acme").await;
    for scope in [PauseScope::All {}, PauseScope::Tenant { tenant: "acme".parse().unwrap() }] {
        assert!(matches!(all.pause_queue(&scope, "ada").await.unwrap(), Paused::Done(_)));
    }
    assert_eq!((default.pauses().await.unwrap().len(), gold.pauses().await.unwrap().len()), (2, 2));
    assert_eq!(all.pauses().await.unwrap().len(), 2);
    // Only the store of acme has a game with this provider.
    let offline = PauseScope::Provider { provider: "offline".to_owned() };
    assert!(matches!(all.pause_queue(&offline, "ada").await.unwrap(), Paused::Done(_)));
    let unknown = all.pause_queue(&PauseScope::Provider { provider: "none".to_owned() }, "ada").await.unwrap();
    assert_eq!(unknown, Paused::UnknownProvider { known: vec!["offline".to_owned()] });
    assert!(all.resume_queue(&PauseScope::All {}).await.unwrap().is_some());
    assert_eq!(all.pauses().await.unwrap().len(), 2);
}
