//! Keys, owners and capabilities: who may call, and whose a game is.

use std::time::Duration;

use protocol::{GameAccess, GameId, Priority, RequestId, Tenant, User};
use store::secret::{Secret, SecretKind};
use store::{
    Access, AddOutcome, GameContents, GamesOf, Holder, KeyGrants, ListedGame, NewCapability, NewKey, Owner,
    SharedStore, StoreOptions, Subject,
};

use crate::bench::Bench;
use crate::fixture::{claim_one, document, enqueue, finish, game_id, new_game, options, replace, state_updated, until};

fn tenant(name: &str) -> Tenant {
    name.parse().unwrap()
}

fn user(name: &str) -> User {
    name.parse().unwrap()
}

fn owner(of: &str, name: &str) -> Owner {
    Owner { tenant: tenant(of), user: Some(user(name)) }
}

fn secret(kind: SecretKind) -> Secret {
    Secret::generate(kind).unwrap()
}

fn new_key(secret: &Secret, expires_in: Option<Duration>) -> NewKey {
    let holder = Holder::Player { tenant: tenant("acme"), user: user("ada") };
    NewKey { hash: secret.hash(), grants: holder.into(), expires_in }
}

fn new_capability(secret: &Secret, access: GameAccess, expires_in: Option<Duration>) -> NewCapability {
    NewCapability { hash: secret.hash(), access, expires_in }
}

async fn game_of(store: &SharedStore, owner: Option<Owner>) -> GameId {
    let game = game_id();
    store.create_game(game, &GameContents { owner, ..GameContents::new(document(), Vec::new()) }).await.unwrap();
    game
}

fn ids(games: &[ListedGame]) -> Vec<GameId> {
    games.iter().map(ListedGame::id).collect()
}

async fn listed(store: &SharedStore, of: GamesOf) -> Vec<GameId> {
    ids(&store.games(&of, None, 10).await.unwrap())
}

pub(crate) async fn a_key_is_found_until_it_is_deleted(bench: Bench) {
    let store = bench.store().await;
    let secret = secret(SecretKind::Key);
    let id = secret.hash().id();
    assert_eq!(store.key(&id).await.unwrap(), None);

    let AddOutcome::Done(stored) = store.add_key(&new_key(&secret, None)).await.unwrap() else {
        panic!("it is not stored")
    };

    assert_eq!((&stored.hash, stored.expires_at), (&secret.hash(), None));
    assert_eq!(stored.grants, new_key(&secret, None).grants);
    assert_eq!(store.key(&id).await.unwrap().as_ref(), Some(&stored));
    assert_eq!(store.keys().await.unwrap(), [stored]);
    assert!(store.delete_key(&id).await.unwrap());
    assert_eq!(store.key(&id).await.unwrap(), None);
    assert!(!store.delete_key(&id).await.unwrap());
}

pub(crate) async fn a_key_keeps_the_highest_priority_of_its_holder(bench: Bench) {
    let store = bench.store().await;
    for max_priority in [None, Some(Priority::Low), Some(Priority::High)] {
        let secret = Secret::generate(SecretKind::Key).unwrap();
        let plain = new_key(&secret, None);
        let grants = KeyGrants::new(plain.grants.holder.clone(), max_priority).unwrap();
        store.add_key(&NewKey { grants, ..plain }).await.unwrap();
        let stored = store.key(&secret.hash().id()).await.unwrap().unwrap();
        assert_eq!(stored.grants.max_priority(), max_priority.unwrap_or(Priority::Normal));
    }
}

pub(crate) async fn storing_a_key_again_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let secret = secret(SecretKind::Key);
    let first = store.add_key(&new_key(&secret, Some(Duration::from_hours(1)))).await.unwrap();
    let before = bench.dump().await;

    assert_eq!(store.add_key(&new_key(&secret, Some(Duration::from_hours(1)))).await.unwrap(), first);

    assert!(bench.dump().await == before);
}

pub(crate) async fn a_key_that_has_expired_is_listed_and_not_found(bench: Bench) {
    let store = bench.store().await;
    let secret = secret(SecretKind::Key);
    store.add_key(&new_key(&secret, Some(Duration::from_millis(1)))).await.unwrap();

    until("the key expires", async || store.key(&secret.hash().id()).await.unwrap().is_none().then_some(())).await;

    assert_eq!(store.keys().await.unwrap().len(), 1);
}

pub(crate) async fn no_more_keys_are_stored_than_may_be(bench: Bench) {
    let store = bench.store_with(StoreOptions { max_keys: 1, ..options() }).await;
    let secret = secret(SecretKind::Key);
    let first = store.add_key(&new_key(&secret, None)).await.unwrap();

    let other = crate::access::secret(SecretKind::Key);
    assert_eq!(store.add_key(&new_key(&other, None)).await.unwrap(), AddOutcome::Full);
    assert_eq!(store.add_key(&new_key(&secret, None)).await.unwrap(), first);
}

pub(crate) async fn a_game_is_listed_for_its_owner_alone(bench: Bench) {
    let store = bench.store().await;
    let adas = game_of(&store, Some(owner("acme", "ada"))).await;
    let bobs = game_of(&store, Some(owner("acme", "bob"))).await;
    let theirs = game_of(&store, Some(owner("other", "ada"))).await;
    let acmes = game_of(&store, Some(Owner { tenant: tenant("acme"), user: None })).await;
    let nobodys = new_game(&store).await;

    assert_eq!(listed(&store, GamesOf::User(tenant("acme"), user("ada"))).await, [adas]);
    assert_eq!(listed(&store, GamesOf::User(tenant("other"), user("ada"))).await, [theirs]);
    assert_eq!(listed(&store, GamesOf::User(tenant("other"), user("bob"))).await, []);
    let mut of_acme = listed(&store, GamesOf::Tenant(tenant("acme"))).await;
    of_acme.sort();
    assert_eq!(of_acme, [adas, bobs, acmes]);
    let everybodys = listed(&store, GamesOf::Everybody).await;
    assert!(everybodys.len() == 5 && everybodys.contains(&nobodys), "{everybodys:?}");
}

pub(crate) async fn a_turn_moves_a_game_to_the_front_of_its_owners_list(bench: Bench) {
    let store = bench.store().await;
    let of = GamesOf::User(tenant("acme"), user("ada"));
    let first = game_of(&store, Some(owner("acme", "ada"))).await;
    let second = game_of(&store, Some(owner("acme", "ada"))).await;
    let made = store.game(second).await.unwrap().unwrap().updated_at;

    // The clock counts in milliseconds: the first game is played until that shows.
    while store.game(first).await.unwrap().unwrap().updated_at <= made {
        enqueue(&store, first, "look").await;
        finish(&store, &claim_one(&store).await, &[]).await;
    }
    let page = store.games(&of, None, 1).await.unwrap();
    assert_eq!(ids(&page), [first]);
    assert_eq!(ids(&store.games(&of, Some(page[0].cursor()), 10).await.unwrap()), [second]);
    assert_eq!(listed(&store, GamesOf::Tenant(tenant("acme"))).await, [first, second]);
    assert_eq!(page[0].readable().unwrap().owner, Some(owner("acme", "ada")));

    // A patch does the same.
    let changed = page[0].cursor().updated_at;
    let mut version = 1;
    while store.game(second).await.unwrap().unwrap().updated_at <= changed {
        replace(&store, second, version, &document(), None, &state_updated(second)).await;
        version += 1;
    }
    assert_eq!(listed(&store, of).await, [second, first]);
}

pub(crate) async fn a_deleted_game_leaves_no_list_and_no_capability_behind(bench: Bench) {
    let store = bench.store().await;
    let kept = game_of(&store, Some(owner("acme", "ada"))).await;
    let before = bench.dump().await;
    let game = game_of(&store, Some(owner("acme", "ada"))).await;
    let secret = secret(SecretKind::Capability);
    store.add_capability(game, &new_capability(&secret, GameAccess::Play, None)).await.unwrap();

    store.delete_game(game, None).await.unwrap();

    assert!(bench.dump().await == before);
    assert_eq!(store.access(Subject::Game(game), Some(&secret.hash())).await.unwrap(), None);
    assert_eq!(listed(&store, GamesOf::Tenant(tenant("acme"))).await, [kept]);
}

pub(crate) async fn a_game_and_its_requests_know_their_owner(bench: Bench) {
    let store = bench.store().await;
    let (adas, nobodys) = (game_of(&store, Some(owner("acme", "ada"))).await, new_game(&store).await);
    let request = enqueue(&store, adas, "look").await;
    let access = |game, owner| Some(Access { game, owner, capability: None });

    assert_eq!(store.access(Subject::Game(adas), None).await.unwrap(), access(adas, Some(owner("acme", "ada"))));
    assert_eq!(store.access(Subject::Request(request), None).await.unwrap(), access(adas, Some(owner("acme", "ada"))));
    assert_eq!(store.access(Subject::Game(nobodys), None).await.unwrap(), access(nobodys, None));
    assert_eq!(store.access(Subject::Game(game_id()), None).await.unwrap(), None);
    assert_eq!(store.access(Subject::Request(RequestId::in_game(adas)), None).await.unwrap(), None);
}

pub(crate) async fn a_capability_is_for_its_game_alone(bench: Bench) {
    let store = bench.store().await;
    let (game, other) = (game_of(&store, Some(owner("acme", "ada"))).await, new_game(&store).await);
    let request = enqueue(&store, game, "look").await;
    let [read, play] = [secret(SecretKind::Capability), secret(SecretKind::Capability)];
    let new = new_capability(&read, GameAccess::Read, None);
    let first = store.add_capability(game, &new).await.unwrap();
    store.add_capability(game, &new_capability(&play, GameAccess::Play, None)).await.unwrap();
    assert_eq!(store.add_capability(game, &new).await.unwrap(), first);
    assert_eq!(store.add_capability(game_id(), &new).await.unwrap(), AddOutcome::UnknownGame);

    let allowed =
        async |subject, shown: &Secret| store.access(subject, Some(&shown.hash())).await.unwrap().unwrap().capability;
    assert_eq!(allowed(Subject::Game(game), &read).await, Some(GameAccess::Read));
    assert_eq!(allowed(Subject::Request(request), &play).await, Some(GameAccess::Play));
    assert_eq!(allowed(Subject::Game(other), &play).await, None);
    assert_eq!(store.capabilities(game).await.unwrap().len(), 2);

    assert!(store.delete_capability(game, &play.hash().id()).await.unwrap());
    assert_eq!(allowed(Subject::Game(game), &play).await, None);
    assert!(!store.delete_capability(game, &play.hash().id()).await.unwrap());
    assert_eq!(store.capabilities(game).await.unwrap().len(), 1);
}

pub(crate) async fn a_capability_that_has_expired_allows_nothing_and_makes_room(bench: Bench) {
    let store = bench.store_with(StoreOptions { max_capabilities: 1, ..options() }).await;
    let game = new_game(&store).await;
    let (short, long) = (secret(SecretKind::Capability), secret(SecretKind::Capability));
    let new = new_capability(&short, GameAccess::Play, Some(Duration::from_millis(1)));
    store.add_capability(game, &new).await.unwrap();

    until("the capability expires", async || {
        let access = store.access(Subject::Game(game), Some(&short.hash())).await.unwrap().unwrap();
        access.capability.is_none().then_some(())
    })
    .await;

    assert_eq!(store.capabilities(game).await.unwrap(), []);
    let added = store.add_capability(game, &new_capability(&long, GameAccess::Play, None)).await.unwrap();
    assert!(matches!(added, AddOutcome::Done(_)), "{added:?}");
}

pub(crate) async fn the_capabilities_of_a_game_are_limited(bench: Bench) {
    let store = bench.store_with(StoreOptions { max_capabilities: 1, ..options() }).await;
    let (game, other) = (new_game(&store).await, new_game(&store).await);
    let add = async |game| {
        let new = new_capability(&secret(SecretKind::Capability), GameAccess::Read, None);
        store.add_capability(game, &new).await.unwrap()
    };
    assert!(matches!(add(game).await, AddOutcome::Done(_)));
    assert_eq!(add(game).await, AddOutcome::Full);
    assert!(matches!(add(other).await, AddOutcome::Done(_)));
}

pub(crate) async fn tickets_of_a_game_end_the_oldest_and_leave_its_capabilities_room(bench: Bench) {
    let lifetime = Duration::from_mins(1);
    let limits = StoreOptions { max_capabilities: 1, max_tickets: 2, ticket_lifetime: lifetime, ..options() };
    let store = bench.store_with(limits).await;
    let game = new_game(&store).await;
    let add = async |access, expires_in| {
        let secret = secret(SecretKind::Ticket);
        let added = store.add_capability(game, &new_capability(&secret, access, expires_in)).await.unwrap();
        (secret, added)
    };
    let opens = async |secret: &Secret| {
        let access = store.access(Subject::Game(game), Some(&secret.hash())).await.unwrap().unwrap();
        access.capability.is_some()
    };
    let ticket = async || {
        let (secret, added) = add(GameAccess::Read, Some(lifetime)).await;
        let AddOutcome::Done(stored) = added else { panic!("{added:?}") };
        // The clock counts in milliseconds: the next one is to be newer.
        let made = stored.created_at.as_millisecond();
        until("the next moment", async || (jiff::Timestamp::now().as_millisecond() > made).then_some(())).await;
        secret
    };
    let [first, second] = [ticket().await, ticket().await];
    let (shared, added) = add(GameAccess::Play, None).await;
    assert!(matches!(added, AddOutcome::Done(_)), "tickets take no room: {added:?}");
    assert_eq!(add(GameAccess::Play, None).await.1, AddOutcome::Full);
    assert!(opens(&first).await && opens(&second).await && opens(&shared).await);

    let third = ticket().await;

    assert!(!opens(&first).await, "the oldest ends");
    assert!(opens(&second).await && opens(&third).await && opens(&shared).await);
    assert_eq!(add(GameAccess::Play, Some(Duration::from_hours(1))).await.1, AddOutcome::Full);
}
