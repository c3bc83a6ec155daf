//! Backups of Redis: what was kept comes back in another server, with another number of shards, and plays on.

use std::path::Path;
use std::sync::Arc;

use protocol::{GameAccess, GameId, PauseScope, RequestId, RequestStatus};
use store::redis::RedisStore;
use store::redis::backup::{BackupFile, CopyError, Summary, TierRedis, backup, restore};
use store::secret::{Secret, SecretKind};
use store::{
    AddOutcome, Charge, DeadLetterRetry, GameContents, GamesOf, Holder, LogRead, NewAuditEntry, NewCapability, NewKey,
    Owner, Paused, SharedStore, StoreError, Terms,
};
use tempfile::TempDir;

use crate::contents::begun;
use crate::fair::{fair, waiting};
use crate::fixture::{
    accept, claim, claim_one, document, enqueue, failure, finish, keyed, log, message, names, nonce, options, request,
    run_all,
};
use crate::redis_server::RedisServer;

/// How many dead letters a game has that has many: more than one step looks through.
const MANY: usize = 300;

async fn store_at(server: &RedisServer, prefix: &str, shards: usize) -> RedisStore {
    RedisStore::connect(&server.url(), prefix, shards, options()).await.unwrap()
}

async fn copied(server: &RedisServer, prefix: &str, shards: usize, to: &Path) -> Summary {
    backup(&[("default".to_owned(), store_at(server, prefix, shards).await)], to).await.unwrap()
}

fn into(server: &RedisServer, shards: usize) -> TierRedis {
    let (tier, prefix) = ("default".to_owned(), "other:".to_owned());
    TierRedis { tier, address: (&server.url()).into(), prefix, shards, options: options() }
}

async fn restored(file: &Path, server: &RedisServer, shards: usize) -> (SharedStore, Summary) {
    let summary = restore(&BackupFile::check(file).unwrap(), vec![into(server, shards)], &[]).await.unwrap();
    let store: SharedStore = Arc::new(store_at(server, "other:", shards).await);
    let found = store.inspect(false).await.unwrap().inconsistencies;
    assert!(found.is_empty(), "{found:?}");
    (store, summary)
}

async fn game_of(store: &SharedStore, owner: Option<Owner>) -> GameId {
    let game = GameId::new();
    let contents = GameContents { owner, name: Some("Moon".to_owned()), ..GameContents::new(document(), Vec::new()) };
    store.create_game(game, &contents).await.unwrap();
    game
}

async fn two() -> Option<(RedisServer, RedisServer, TempDir)> {
    Some((RedisServer::start(false).await?, RedisServer::start(false).await?, TempDir::new().unwrap()))
}

#[tokio::test]
async fn a_game_comes_back_with_all_that_is_kept_of_it() {
    let Some((one, other, directory)) = two().await else { return };
    let file = directory.path().join("copy");
    let store: SharedStore = Arc::new(store_at(&one, "", 2).await);
    let owner = Owner { tenant: "acme".parse().unwrap(), user: Some("ada".parse().unwrap()) };
    let game = game_of(&store, Some(owner.clone())).await;
    let secret = Secret::generate(SecretKind::Capability).unwrap();
    let capability = NewCapability { hash: secret.hash(), access: GameAccess::Read, expires_in: None };
    assert!(matches!(store.add_capability(game, &capability).await.unwrap(), AddOutcome::Done(_)));
    enqueue(&store, game, "look").await;
    finish(&store, &claim_one(&store).await, &[]).await;
    let before = store.game(game).await.unwrap().unwrap();
    let events = log(&store, game).await;

    copied(&one, "", 2, &file).await;
    let (store, summary) = restored(&file, &other, 1).await;
    assert_eq!(summary, Summary { games: 1, ..Summary::default() });
    assert_eq!(store.game(game).await.unwrap().unwrap(), before);
    assert_eq!(store.history(game, 10).await.unwrap().len(), 2);
    assert_eq!(store.turns(game, store::TurnRange::From(1), 10).await.unwrap().turns.len(), 1);
    assert_eq!(store.capabilities(game).await.unwrap().len(), 1);
    for of in
        [GamesOf::Everybody, GamesOf::Tenant(owner.tenant.clone()), GamesOf::User(owner.tenant, owner.user.unwrap())]
    {
        assert_eq!(store.games(&of, None, 10).await.unwrap().len(), 1, "{of:?}");
    }
    // A reader who knew all of it follows on, and one who knew half gets the rest.
    let LogRead::Events(rest) = store.read_log(game, Some(events[1].id), 100).await.unwrap() else { panic!("a reset") };
    assert_eq!(names(&rest), names(&events[2..]));
    let last = events.last().unwrap().id;
    assert_eq!(store.read_log(game, Some(last), 100).await.unwrap(), LogRead::Events(Vec::new()));
    enqueue(&store, game, "go on").await;
    let LogRead::Events(new) = store.read_log(game, Some(last), 100).await.unwrap() else { panic!("a reset") };
    assert_eq!((names(&new), new[0].id.offset), (vec!["request.queued"], last.offset + 1));
    assert_eq!(run_all(&store).await, ["go on"]);
}

/// How many games hold each version of content that is kept, in all shards.
async fn held(server: &RedisServer) -> Vec<u64> {
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*content:*").query_async(&mut connection).await.unwrap();
    let mut held = Vec::new();
    for key in keys {
        held.push(redis::cmd("HGET").arg(key).arg("games").query_async(&mut connection).await.unwrap());
    }
    held.sort_unstable();
    held
}

#[tokio::test]
async fn games_that_share_their_content_share_it_again_and_it_goes_with_the_last_of_them() {
    let Some((one, other, directory)) = two().await else { return };
    let file = directory.path().join("copy");
    let store: SharedStore = Arc::new(store_at(&one, "", 2).await);
    let mut games = Vec::new();
    for (scenario, seed) in [("ferry_crossing", 1), ("ferry_crossing", 2), ("pawned_moon", 3)] {
        let (game, document) = (GameId::new(), begun(scenario, seed));
        store.create_game(game, &GameContents::new(document.clone(), Vec::new())).await.unwrap();
        games.push((game, document));
    }

    copied(&one, "", 2, &file).await;
    let (store, summary) = restored(&file, &other, 1).await;
    assert_eq!(summary.games, 3);
    assert_eq!(held(&other).await, [1, 2]);
    for (game, document) in &games {
        assert_eq!(store.game(*game).await.unwrap().unwrap().document, *document);
    }
    enqueue(&store, games[0].0, "look").await;
    assert_eq!(run_all(&store).await, ["look"]);
    for (game, _) in &games {
        store.delete_game(*game, None).await.unwrap();
    }
    assert!(held(&other).await.is_empty());
}

#[tokio::test]
async fn a_store_that_lacks_the_content_of_a_game_is_not_copied_and_the_game_is_named() {
    let Some((one, _other, directory)) = two().await else { return };
    let file = directory.path().join("copy");
    let store: SharedStore = Arc::new(store_at(&one, "", 1).await);
    let game = GameId::new();
    store.create_game(game, &GameContents::new(begun("ferry_crossing", 1), Vec::new())).await.unwrap();
    let client = redis::Client::open(one.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("content:*").query_async(&mut connection).await.unwrap();
    redis::cmd("DEL").arg(keys).query_async::<()>(&mut connection).await.unwrap();

    let error = backup(&[("default".to_owned(), store_at(&one, "", 1).await)], &file).await.unwrap_err().to_string();
    assert!(error.contains(&game.to_string()) && error.contains("engine fsck"), "{error}");
    assert!(!file.exists());
}

#[tokio::test]
async fn a_shard_keeps_no_content_that_its_games_do_not_have() {
    let Some((one, other, directory)) = two().await else { return };
    let file = directory.path().join("copy");
    let store: SharedStore = Arc::new(store_at(&one, "", 1).await);
    store.create_game(GameId::new(), &GameContents::new(begun("ferry_crossing", 1), Vec::new())).await.unwrap();
    copied(&one, "", 1, &file).await;
    restored(&file, &other, 3).await;
    assert_eq!(held(&other).await, [1], "two of the shards have no game");
}

#[tokio::test]
async fn what_waited_or_ran_is_queued_at_its_place_and_no_attempt_is_counted() {
    let Some((one, other, directory)) = two().await else { return };
    let file = directory.path().join("copy");
    let store: SharedStore = Arc::new(store_at(&one, "", 3).await);
    let (first, second) = (game_of(&store, None).await, game_of(&store, None).await);
    let charges = vec![Charge { bucket: "user:ada".into(), rate: None, unfinished: Some(2) }];
    let running =
        accept(&store, &message(first, "one"), &Terms { charges: charges.clone(), ..keyed("k", "one") }).await;
    accept(&store, &message(second, "two"), &Terms { charges: charges.clone(), ..Terms::default() }).await;
    let behind = enqueue(&store, first, "three").await;
    let ended = enqueue(&store, second, "never").await;
    store.cancel(ended).await.unwrap();
    let lease = claim_one_of(&store, running.id).await;
    store.publish_chunk(&lease, 1, "You see").await.unwrap();
    let seen = log(&store, first).await.last().unwrap().id;

    let summary = copied(&one, "", 3, &file).await;
    assert_eq!((summary.games, summary.requests), (2, 3));
    let (store, _) = restored(&file, &other, 1).await;
    for (id, status) in
        [(running.id, RequestStatus::Queued), (behind, RequestStatus::Queued), (ended, RequestStatus::Cancelled)]
    {
        assert_eq!(request(&store, id).await.status, status);
    }
    // Its text is void, and an event says so to its reader.
    let LogRead::Events(new) = store.read_log(first, Some(seen), 100).await.unwrap() else { panic!("a reset") };
    assert_eq!(names(&new), ["attempt.superseded"]);
    let again = accept(&store, &message(first, "one"), &keyed("k", "one")).await;
    assert_eq!(again.id, running.id, "the key that it came under is kept");
    let full = store.enqueue(&message(second, "four"), &Terms { charges, ..Terms::default() }).await.unwrap();
    assert!(matches!(full, store::Enqueued::Limited(_)), "{full:?}");

    let claims = claim(&store, 2).await;
    let of_first = claims.iter().find(|claim| claim.lease.game == first).unwrap();
    assert_eq!((of_first.lease.request, of_first.lease.attempt.0), (running.id, 1));
    for claim in &claims {
        finish(&store, claim, &[]).await;
    }
    assert_eq!(run_all(&store).await, ["three"]);
}

/// Claims everything, and gives all back but the lease of one.
async fn claim_one_of(store: &SharedStore, id: RequestId) -> store::Lease {
    let mut kept = None;
    for claim in claim(store, 9).await {
        if claim.lease.request == id { kept = Some(claim.lease) } else { store.release(&claim.lease).await.unwrap() }
    }
    kept.unwrap()
}

#[tokio::test]
async fn dead_letters_keys_pauses_and_the_audit_log_come_back_in_their_order() {
    let Some((one, other, directory)) = two().await else { return };
    let file = directory.path().join("copy");
    let store: SharedStore = Arc::new(store_at(&one, "", 3).await);
    let mut games = Vec::new();
    for number in 0..6 {
        let game = game_of(&store, None).await;
        enqueue(&store, game, &format!("dead {number}")).await;
        store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
        games.push(game);
    }
    let paused = PauseScope::Game { game_id: games[0] };
    for scope in [paused.clone(), PauseScope::Tenant { tenant: "acme".parse().unwrap() }] {
        assert!(matches!(store.pause_queue(&scope, "ada").await.unwrap(), Paused::Done(_)));
    }
    // What is left of a game that is gone.
    store.delete_game(games[5], None).await.unwrap();
    let secret = Secret::generate(SecretKind::Key).unwrap();
    let grants = Holder::Player { tenant: "acme".parse().unwrap(), user: "ada".parse().unwrap() }.into();
    store.add_key(&NewKey { hash: secret.hash(), grants, expires_in: None }).await.unwrap();
    let entry = |subject: &str| NewAuditEntry {
        nonce: nonce(),
        by: "ada".to_owned(),
        action: "pauseQueue".to_owned(),
        subject: subject.to_owned(),
        outcome: "done".to_owned(),
    };
    store.record_audit(&entry("one")).await.unwrap();
    let (letters, all_pauses) = (store.dead_letters(None, 9).await.unwrap(), store.pauses().await.unwrap());
    let figures = store.figures().await.unwrap().failed;

    let summary = copied(&one, "", 3, &file).await;
    assert_eq!((summary.games, summary.dead_letters), (5, 6));
    let (store, made) = restored(&file, &other, 2).await;
    assert_eq!(made, summary);
    assert_eq!(store.dead_letters(None, 9).await.unwrap(), letters);
    assert_eq!(store.pauses().await.unwrap(), all_pauses);
    assert_eq!(store.figures().await.unwrap().failed, figures);
    assert!(store.key(&secret.hash().id()).await.unwrap().is_some());
    assert_eq!(store.audit(None, 9).await.unwrap().entries[0].subject, "one");

    for letter in &letters.dead_letters {
        let retried = store.retry_dead_letter(letter.request_id).await.unwrap();
        let is_left = letter.game_id == games[5];
        assert!(matches!((retried, is_left), (DeadLetterRetry::Queued(_), false) | (DeadLetterRetry::NoGame, true)));
    }
    assert_eq!(run_all(&store).await.len(), 4, "all but the one of the paused game");
    store.resume_queue(&paused).await.unwrap();
    assert_eq!(run_all(&store).await, ["dead 0"]);
    assert!(store.inspect(false).await.unwrap().inconsistencies.is_empty());
}

#[tokio::test]
async fn a_store_that_is_there_is_not_restored_over_and_half_a_store_is_served_by_nobody() {
    let Some((one, other, directory)) = two().await else { return };
    let file = directory.path().join("copy");
    let store: SharedStore = Arc::new(store_at(&one, "", 1).await);
    let game = game_of(&store, None).await;
    copied(&one, "", 1, &file).await;
    let copy = BackupFile::check(&file).unwrap();
    let (_, first) = restored(&file, &other, 1).await;
    let again = restore(&copy, vec![into(&other, 1)], &[]).await;
    assert!(matches!(again, Err(CopyError::NotEmpty { .. })), "{again:?}");
    let tiers = restore(&copy, vec![], &[]).await;
    assert!(matches!(tiers, Err(CopyError::Tiers { .. })), "{tiers:?}");

    // Engines that have gone on after the store was emptied have made games that belong to no deployment.
    let mut connection = other.connect().await;
    let _: () = redis::cmd("DEL").arg("other:deployment").query_async(&mut connection).await.unwrap();
    let mixed = restore(&copy, vec![into(&other, 1)], &[]).await;
    assert!(matches!(mixed, Err(CopyError::NotEmpty { .. })), "{mixed:?}");
    // As a restore leaves it that dies in the middle, under the id of its backup.
    for (field, value) in [("layout", "4"), ("shards", "1")] {
        let mut set = redis::cmd("HSET");
        let _: () = set.arg("other:deployment").arg(field).arg(value).query_async(&mut connection).await.unwrap();
    }
    let id: String = {
        let text = std::fs::read(&file).unwrap();
        let mut plain = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&text[..]), &mut plain).unwrap();
        String::from_utf8(plain[b"story-engine backup 1\n".len() + 9..][..36].to_vec()).unwrap()
    };
    let _: () =
        redis::cmd("HSET").arg("other:deployment").arg("restoring").arg(id).query_async(&mut connection).await.unwrap();
    let refused = RedisStore::connect(&other.url(), "other:", 1, options()).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Mismatch { reason } if reason.contains("engine restore")), "{refused}");
    let _: () = redis::cmd("DEL").arg(format!("other:gamestate:{game}")).query_async(&mut connection).await.unwrap();
    let (_, second) = restored(&file, &other, 1).await;
    assert_eq!(second, first);
}

#[tokio::test]
async fn very_many_dead_letters_come_back_each_once_and_a_retried_one_waits() {
    let Some((one, other, directory)) = two().await else { return };
    let file = directory.path().join("copy");
    let store: SharedStore = Arc::new(store_at(&one, "", 1).await);
    let game = game_of(&store, None).await;
    for number in 0..MANY {
        enqueue(&store, game, &number.to_string()).await;
        store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
    }
    let letters = store.dead_letters(None, MANY).await.unwrap().dead_letters;
    let retried = letters[0].request_id;
    assert!(matches!(store.retry_dead_letter(retried).await.unwrap(), DeadLetterRetry::Queued(_)));

    let summary = copied(&one, "", 1, &file).await;
    assert_eq!((summary.requests, summary.dead_letters), (1, MANY as u64 - 1));
    let (store, _) = restored(&file, &other, 1).await;
    assert_eq!(store.dead_letters(None, MANY).await.unwrap().dead_letters, letters[1..]);
    assert_eq!(request(&store, retried).await.status, RequestStatus::Queued);
    assert_eq!(run_all(&store).await, [(MANY - 1).to_string()]);
}

#[tokio::test]
async fn dead_letters_of_one_millisecond_are_each_listed_once_and_come_back_in_their_order() {
    let Some((one, other, directory)) = two().await else { return };
    let file = directory.path().join("copy");
    let store: SharedStore = Arc::new(store_at(&one, "", 3).await);
    for number in 0..30 {
        let game = game_of(&store, None).await;
        enqueue(&store, game, &number.to_string()).await;
    }
    let claims = claim(&store, 30).await;
    let what = failure();
    futures::future::try_join_all(claims.iter().map(|claim| store.fail(&claim.lease, &what))).await.unwrap();
    let letters = store.dead_letters(None, 30).await.unwrap().dead_letters;
    let is_one_of_several = letters.windows(2).any(|two| two[0].failed_at == two[1].failed_at);
    assert!(letters.len() == 30 && is_one_of_several, "no two of them failed in the same millisecond");

    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = store.dead_letters(after, 1).await.unwrap();
        listed.extend(page.dead_letters);
        let Some(next) = page.next else { break };
        after = Some(next.parse().unwrap());
    }
    assert_eq!(listed, letters);
    copied(&one, "", 3, &file).await;
    let (store, _) = restored(&file, &other, 2).await;
    assert_eq!(store.dead_letters(None, 30).await.unwrap().dead_letters, letters);
}

#[tokio::test]
async fn a_queue_in_fair_order_is_fair_where_it_comes_back() {
    let Some((one, other, directory)) = two().await else { return };
    let file = directory.path().join("copy");
    let first = RedisStore::connect(&one.url(), "", 1, fair(&[])).await.unwrap();
    let store: SharedStore = Arc::new(first);
    for number in 0..6 {
        waiting(&store, "flood", &number.to_string()).await;
    }
    waiting(&store, "late", "one").await;
    // It runs when the copy is made, and so it has its turn once more.
    assert_eq!(claim_one_at_a_time(&store).await, "flood 0");

    let first = RedisStore::connect(&one.url(), "", 1, fair(&[])).await.unwrap();
    backup(&[("default".to_owned(), first)], &file).await.unwrap();
    let target = TierRedis { options: fair(&[]), ..into(&other, 1) };
    restore(&BackupFile::check(&file).unwrap(), vec![target], &[]).await.unwrap();
    let store: SharedStore = Arc::new(RedisStore::connect(&other.url(), "other:", 1, fair(&[])).await.unwrap());
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
    let mut played = run_all(&store).await;
    let late = played.iter().position(|text| text == "late one").unwrap();
    assert!(late < 2, "{played:?}");
    played.remove(late);
    assert_eq!(played, (0..6).map(|number| format!("flood {number}")).collect::<Vec<_>>());
}

async fn claim_one_at_a_time(store: &SharedStore) -> String {
    claim(store, 1).await.remove(0).request.message.clone()
}
