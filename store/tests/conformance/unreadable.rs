//! `engine fsck` names each game of which something cannot be read, says what that is, and looks at the others all the same.

use protocol::GameId;
use store::{GameContents, GameDocument, GamesOf, Inconsistency, ListedGame, Owner, SharedStore};
use story::ChatMessage;

use crate::bench::{self, Bench};
use crate::fixture::{enqueue, game_id, run_all};

/// Two games of acme with a history and two turns; only the first one is damaged.
struct Scene {
    bench: Bench,
    store: SharedStore,
    game: GameId,
    other: GameId,
}

async fn scene(bench: Bench) -> Scene {
    let store = bench.store().await;
    let [game, other] = [played(&store).await, played(&store).await];
    assert_eq!(store.inspect(false).await.unwrap().inconsistencies, []);
    Scene { bench, store, game, other }
}

async fn played(store: &SharedStore) -> GameId {
    let game = game_id();
    let owner = Owner { tenant: "acme".parse().unwrap(), user: Some("ada".parse().unwrap()) };
    let document = GameDocument { provider: "offline".to_owned(), ..GameDocument::default() };
    let contents = GameContents::new(document, vec![ChatMessage::user("Hello.")]);
    store.create_game(game, &GameContents { owner: Some(owner), ..contents }).await.unwrap();
    for text in ["one", "two"] {
        enqueue(store, game, text).await;
        run_all(store).await;
    }
    game
}

impl Scene {
    async fn damage(&self, command: &[&str]) {
        let (mut connection, prefix) = self.bench.owner_of(self.game).await;
        let key = format!("{prefix}{}", command[1].replace("GAME", &self.game.to_string()));
        redis::cmd(command[0]).arg(key).arg(&command[2..]).query_async::<()>(&mut connection).await.unwrap();
    }

    /// The findings, which looking and repairing find alike: nothing of this can be repaired.
    async fn stays(&self, words: &[&str]) {
        let found = self.found(false).await;
        assert!(words.iter().all(|words| found.iter().any(|it| it.what.contains(words))), "{words:?}: {found:?}");
        assert!(found.iter().all(|it| it.game == Some(self.game)), "{found:?}");
        assert_eq!(found.len(), words.len(), "{found:?}");
        assert_eq!((self.found(true).await, self.found(false).await), (found.clone(), found));
    }

    async fn found(&self, repair: bool) -> Vec<Inconsistency> {
        let inspection = self.store.inspect(repair).await.unwrap();
        assert_eq!(inspection.games, 2);
        inspection.inconsistencies
    }
}

/// Damages a game in Redis and looks for a finding with each of the words.
async fn redis_damage(command: &[&str], words: &[&str]) {
    bench::on_redis(async |bench| {
        let scene = scene(bench).await;
        scene.damage(command).await;
        scene.stays(words).await;
    })
    .await;
}

/// The same in SQLite, where `GAME` is the id of the game, and `NUMBER` the first of its keys.
async fn embedded_damage(statement: &str, words: &[&str]) {
    bench::on_embedded(async |bench| {
        let scene = scene(bench).await;
        let number = format!("(SELECT number << 30 FROM games WHERE id = '{}')", scene.game);
        scene.bench.execute(&statement.replace("NUMBER", &number).replace("GAME", &scene.game.to_string()));
        scene.stays(words).await;
    })
    .await;
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_found() {
    redis_damage(&["HSET", "gamestate:GAME", "document", "{\"prov"], &["its document cannot be read"]).await;
    redis_damage(&["HSET", "gamestate:GAME", "version", "many"], &["its document cannot be read"]).await;
    let sql = "UPDATE documents SET document = '{\"prov' WHERE game_id = 'GAME'";
    embedded_damage(sql, &["its document cannot be read"]).await;
    embedded_damage("UPDATE documents SET document = x'ff' WHERE game_id = 'GAME'", &["its document cannot be read"])
        .await;
    embedded_damage("DELETE FROM documents WHERE game_id = 'GAME'", &["its document is gone"]).await;
}

/// Every list that has the games, read game by game.
async fn is_listed_as_unreadable(scene: &Scene) {
    let owner = scene.store.game(scene.other).await.unwrap().unwrap().owner.unwrap();
    for of in [
        GamesOf::Everybody,
        GamesOf::Tenant(owner.tenant.clone()),
        GamesOf::User(owner.tenant.clone(), owner.user.clone().unwrap()),
    ] {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = scene.store.games(&of, after, 1).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.cursor());
            listed.extend(page);
        }
        let [ListedGame::Readable(other), ListedGame::Unreadable(game)] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!((other.id, game.id, game.owner.as_ref()), (scene.other, scene.game, Some(&owner)));
        assert!(game.reason.contains("document") && game.updated_at <= other.updated_at, "{game:?}");
    }
}

#[tokio::test]
async fn a_game_that_cannot_be_read_takes_nothing_but_itself_from_a_list() {
    bench::on_redis(async |bench| {
        let scene = scene(bench).await;
        scene.damage(&["HSET", "gamestate:GAME", "document", "{\"prov"]).await;
        is_listed_as_unreadable(&scene).await;
        scene.damage(&["HSET", "gamestate:GAME", "tenant", "not a tenant"]).await;
        let listed = scene.store.games(&GamesOf::Everybody, None, 9).await.unwrap();
        let [_, ListedGame::Unreadable(game)] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!(game.owner, None, "that cannot be read either");
    })
    .await;
    bench::on_embedded(async |bench| {
        let scene = scene(bench).await;
        let sql = format!("UPDATE documents SET document = '{{\"prov' WHERE game_id = '{}'", scene.game);
        scene.bench.execute(&sql);
        is_listed_as_unreadable(&scene).await;
    })
    .await;
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_found() {
    let words = &["message 2 of its history cannot be read"];
    redis_damage(&["LSET", "game-history:GAME", "1", "not json"], words).await;
    embedded_damage("UPDATE history SET message = 'not json' WHERE id = NUMBER + 2", words).await;
}

#[tokio::test]
async fn a_turn_record_that_cannot_be_read_is_found() {
    redis_damage(&["LSET", "game-turns:GAME", "0", "xx"], &["turn record 1 cannot be read"]).await;
    embedded_damage("UPDATE turns SET record = 'xx' WHERE id = NUMBER + 1", &["turn record 1 cannot be read"]).await;
}

#[tokio::test]
async fn what_is_kept_beside_a_game_and_cannot_be_read_is_found() {
    redis_damage(&["SET", "game-tries:GAME", "xx"], &["what is kept beside it cannot be read"]).await;
    redis_damage(&["RPUSH", "game-changes:GAME", "xx"], &["what is kept beside it cannot be read"]).await;
    redis_damage(&["HSET", "game-capabilities:GAME", "xx", "xx"], &["its capabilities cannot be read"]).await;
    let sql = "INSERT INTO tries (game_id, tries) VALUES ('GAME', 'xx')";
    embedded_damage(sql, &["what is kept beside it cannot be read"]).await;
    let sql = "INSERT INTO capabilities (game_id, id, hash, grants, created_at) VALUES ('GAME', 'xx', 'xx', 'xx', 1)";
    embedded_damage(sql, &["its capabilities cannot be read"]).await;
}

#[tokio::test]
async fn a_history_that_is_shorter_than_the_turn_records_say_is_found() {
    let words = &["its history has 0 messages, and had "];
    redis_damage(&["DEL", "game-history:GAME"], words).await;
    embedded_damage("DELETE FROM history WHERE id BETWEEN NUMBER AND NUMBER + 99", words).await;
    embedded_damage("DELETE FROM history WHERE id = NUMBER + 2", &["its history has a gap"]).await;
}

#[tokio::test]
async fn a_part_that_is_of_another_type_is_found_and_the_inspection_goes_on() {
    for (key, words) in [
        ("gamestate", "its gamestate is of the type string, and not hash"),
        ("game-history", "its game-history is of the type string, and not list"),
        ("game-events", "its game-events is of the type string, and not stream"),
    ] {
        redis_damage(&["SET", &format!("{key}:GAME"), "a string"], &[words]).await;
    }
    let column = "UPDATE games SET version = 'many' WHERE id = 'GAME'";
    embedded_damage(column, &["its document cannot be read"]).await;
}

#[tokio::test]
async fn a_key_that_names_no_game_is_found_and_the_inspection_goes_on() {
    bench::on_redis(async |bench| {
        let scene = scene(bench).await;
        let (mut connection, prefix) = scene.bench.owner_of(scene.game).await;
        let key = format!("{prefix}gamestate:nonsense");
        redis::cmd("HSET").arg(key).arg(&["a", "b"]).query_async::<()>(&mut connection).await.unwrap();
        let found = scene.store.inspect(true).await.unwrap().inconsistencies;
        assert!(found.len() == 1 && found[0].what.contains("`nonsense`"), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_found() {
    bench::on_redis(async |bench| {
        let scene = scene(bench).await;
        let request = enqueue(&scene.store, scene.other, "three").await;
        let (mut connection, prefix) = scene.bench.owner_of(scene.other).await;
        let key = format!("{prefix}chat-request-status:{request}");
        redis::cmd("HSET").arg(&key).arg(&["request", "xx"]).query_async::<()>(&mut connection).await.unwrap();
        let found = scene.store.inspect(true).await.unwrap().inconsistencies;
        assert!(found.len() == 1 && found[0].what.contains("it cannot be read"), "{found:?}");
        assert_eq!(found[0].request, Some(request));
        redis::cmd("SET").arg(&key).arg("xx").query_async::<()>(&mut connection).await.unwrap();
        let found = scene.store.inspect(true).await.unwrap().inconsistencies;
        let of_game = |game: GameId| found.iter().any(|it| it.game == Some(game) && it.what.contains("inspected"));
        assert!(of_game(scene.other) && !of_game(scene.game), "{found:?}");
        assert!(found.iter().any(|it| it.request == Some(request)), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn lists_of_owners_that_differ_from_the_game_are_found_and_repaired() {
    bench::on_redis(async |bench| {
        for command in [
            &["HSET", "gamestate:GAME", "tenant", "globex"][..],
            &["HDEL", "gamestate:GAME", "user"],
            &["DEL", "games:of:acme"],
            &["DEL", "games"],
            &["ZADD", "games:of:globex", "1", "GAME"],
        ] {
            let scene = scene(Bench::redis(bench.server(), &format!("{}:", command.join("")))).await;
            let command: Vec<String> =
                command.iter().map(|word| word.replace("GAME", &scene.game.to_string())).collect();
            scene.damage(&command.iter().map(String::as_str).collect::<Vec<_>>()).await;
            let owner = scene.store.game(scene.game).await.unwrap().unwrap().owner;
            let found = scene.found(true).await;
            assert!(
                !found.is_empty() && found.iter().all(|it| it.what.contains("the list of ")),
                "{command:?}: {found:?}"
            );
            assert_eq!(scene.found(false).await, [], "{command:?}");
            assert_eq!(scene.store.game(scene.game).await.unwrap().unwrap().owner, owner);
            let owner = owner.unwrap();
            let of = GamesOf::Tenant(owner.tenant);
            let listed = scene.store.games(&of, None, 9).await.unwrap();
            assert!(listed.iter().any(|game| game.id() == scene.game), "{command:?}");
        }
    })
    .await;
    bench::on_embedded(async |bench| {
        let scene = scene(bench).await;
        for sql in [
            format!("UPDATE owners SET changed_at = 7 WHERE game_id = '{}'", scene.game),
            "INSERT INTO owners (game_id, tenant, changed_at) VALUES ('gone', 'acme', 7)".to_owned(),
        ] {
            scene.bench.execute(&sql);
            let found = scene.found(true).await;
            assert!(found.len() == 1 && found[0].what.contains("the list of "), "{found:?}");
            assert_eq!(scene.found(false).await, []);
        }
    })
    .await;
}

#[tokio::test]
async fn a_log_with_an_event_that_cannot_be_read_is_found_and_begins_anew() {
    let words = "of its log cannot be read";
    bench::on_redis(async |bench| {
        let scene = scene(bench).await;
        let cursor = scene.store.game(scene.game).await.unwrap().unwrap().cursor;
        let id = format!("{}-{}", cursor.epoch, cursor.offset + 1);
        scene
            .damage(&["XADD", &format!("game-events:{}", scene.game), &id, "request", "xx", "game.renamed", "{}"])
            .await;
        let found = scene.found(true).await;
        assert!(found.iter().any(|it| it.game == Some(scene.game) && it.what.contains(words)), "{found:?}");
        assert_eq!(scene.found(false).await, []);
        enqueue(&scene.store, scene.game, "three").await;
        assert_eq!(run_all(&scene.store).await, ["three"]);
        assert_eq!(scene.found(false).await, []);
    })
    .await;
    bench::on_embedded(async |bench| {
        let scene = scene(bench).await;
        scene.bench.execute("UPDATE events SET request = 'xx' WHERE id & 3 = 1");
        let found = scene.found(true).await;
        assert!(found.len() == 2 && found.iter().all(|it| it.what.contains(words)), "{found:?}");
        assert_eq!(scene.found(false).await, []);
        enqueue(&scene.store, scene.game, "three").await;
        assert_eq!(run_all(&scene.store).await, ["three"]);
        assert_eq!(scene.found(false).await, []);
    })
    .await;
}
