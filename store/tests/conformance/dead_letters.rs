//! Dead letters: everything that helps to understand why, and to try again.

use protocol::AttemptOutcome::{Failed, Lost, Released, Retried};
use protocol::{DeadLetter, Priority, RequestId, RequestStatus};
use store::{DeadLetterRetry, GameContents, GameWrite, NewRequest, Owner, Terms};

use crate::bench::Bench;
use crate::fixture::{
    ATTEMPTS, accept, claim, claim_one, completion, document, enqueue, failure, finish, game_id, log, message, names,
    new_game, parse, problem, request, requests, run_all,
};

pub(crate) async fn a_dead_letter_holds_the_whole_record(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    enqueue(&store, game, "before").await;
    finish(&store, &claim_one(&store).await, &[]).await;
    let id = enqueue(&store, game, "look").await;
    let handed_back = claim_one(&store).await;
    store.checkpoint_narration(&handed_back.lease, 1, "A door.", &completion("A door.")).await.unwrap();
    store.release(&handed_back.lease).await.unwrap();
    store.retry(&claim_one(&store).await.lease, std::time::Duration::ZERO, &failure()).await.unwrap();
    bench.end_backoff(game).await;
    claim_one(&store).await;
    bench.expire_lease(game).await;
    store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();

    let letter = store.dead_letter(id).await.unwrap().unwrap();

    assert_eq!((letter.request_id, letter.game_id, letter.message.as_str()), (id, game, "look"));
    assert_eq!(
        (letter.error, letter.state_version, letter.narration.as_deref()),
        (failure().for_operators, 2, Some("A door."))
    );
    assert!(letter.enqueued_at <= letter.failed_at);
    assert!(letter.attempts.iter().filter_map(|it| it.error.as_ref()).all(|error| *error == failure().for_operators));
    assert_eq!(request(&store, id).await.error, Some(problem()), "its status is for players");
    let attempts: Vec<_> =
        letter.attempts.iter().map(|it| (it.attempt.0, it.outcome, it.error.is_some(), it.worker.as_str())).collect();
    let expected =
        [(1, Released, false, "ada"), (1, Retried, true, "ada"), (2, Lost, false, "ada"), (3, Failed, true, "ada")];
    assert_eq!(attempts, expected);
    assert!(letter.attempts.iter().all(|attempt| attempt.started_at <= attempt.ended_at));
    assert_eq!(store.dead_letter(RequestId::in_game(game)).await.unwrap(), None);
}

pub(crate) async fn dead_letters_are_listed_in_pages_with_the_latest_first(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let mut expected = Vec::new();
    for n in 0..5 {
        expected.insert(0, enqueue(&store, game, &format!("message {n}")).await);
        store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
    }

    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = store.dead_letters(after, 2).await.unwrap();
        assert!(page.dead_letters.len() <= 2);
        found.extend(page.dead_letters.iter().map(|letter| letter.request_id));
        let Some(next) = page.next else { break };
        after = Some(next.parse().unwrap());
    }

    assert_eq!(found, expected);
}

pub(crate) async fn a_dead_letter_names_the_provider_of_its_game_and_whose_it_is_also_when_it_is_gone(bench: Bench) {
    let store = bench.store().await;
    let (game, priority) = (game_id(), Priority::High);
    let owner = Some(Owner { tenant: "gold".parse().unwrap(), user: Some("ada".parse().unwrap()) });
    let contents = GameContents { owner, ..GameContents::new(document(), Vec::new()) };
    store.create_game(game, &contents).await.unwrap();
    let id = accept(&store, &NewRequest { priority, ..message(game, "look") }, &Terms::default()).await.id;
    store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
    let names = |letter: &DeadLetter| {
        let (tenant, user) = (letter.tenant.as_ref(), letter.user.as_ref());
        (letter.provider.clone(), tenant.map(ToString::to_string), user.map(ToString::to_string))
    };

    let of = |provider: Option<&str>| (provider.map(str::to_owned), Some("gold".to_owned()), Some("ada".to_owned()));
    let known = of(Some("offline"));
    assert_eq!(request(&store, id).await.priority, priority, "what else is kept in its place stays");
    assert_eq!(names(&store.dead_letters(None, 9).await.unwrap().dead_letters[0]), known);
    assert_eq!(names(&store.dead_letter(id).await.unwrap().unwrap()), known);
    let versions = async || {
        let letter = store.dead_letter(id).await.unwrap().unwrap();
        (letter.state_version, letter.game_version)
    };
    assert_eq!(versions().await, (1, Some(1)));
    enqueue(&store, game, "go on").await;
    run_all(&store).await;
    let version = store.game(game).await.unwrap().unwrap().version;
    assert!(version > 1);
    assert_eq!(versions().await, (1, Some(version)), "it was played since");

    assert!(matches!(store.delete_game(game, None).await.unwrap(), GameWrite::Done));
    assert_eq!(names(&store.dead_letter(id).await.unwrap().unwrap()), of(None), "its game is gone");
    assert_eq!(versions().await, (1, None));
}

pub(crate) async fn a_dead_letter_that_is_retried_runs_again_with_its_id_and_its_checkpoints(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    let failed = claim_one(&store).await;
    store.checkpoint_narration(&failed.lease, 1, "A door.", &completion("A door.")).await.unwrap();
    store.fail(&failed.lease, &failure()).await.unwrap();
    let waiting = enqueue(&store, game, "later").await;

    let DeadLetterRetry::Queued(accepted) = store.retry_dead_letter(id).await.unwrap() else {
        panic!("it is not retried")
    };

    assert_eq!((accepted.id, accepted.status, accepted.position), (id, RequestStatus::Queued, 1));
    assert_eq!(store.queue().await.unwrap().dead_letters, 0);
    assert_eq!(requests(&claim(&store, 9).await), [waiting], "it is behind what waits by now");
    let running = store.lane(game).await.unwrap();
    assert_eq!(running.requests, [waiting, id]);
    // A reader from its new cursor sees nothing of its earlier end.
    let log = log(&store, game).await;
    // What it has narrated is shown as a whole, for no attempt will narrate again.
    assert_eq!(names(&log)[5..], ["request.queued", "chat.chunk", "request.processing"]);
    let protocol::Event::ChatChunk(whole) = parse(&log[6]) else { panic!("{:?}", log[6]) };
    assert_eq!((whole.content.as_str(), whole.attempt.0, whole.done), ("A door.", 0, true));
    assert_eq!(accepted.cursor, log[4].id);
    // A reader from before it failed goes on from `first_cursor`.
    let retried = request(&store, id).await;
    assert_eq!((retried.first_cursor.offset, retried.cursor), (0, accepted.cursor));
}

pub(crate) async fn a_dead_letter_that_is_retried_has_all_its_attempts_again(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    for _ in 0..ATTEMPTS {
        claim_one(&store).await;
        bench.expire_lease(game).await;
    }
    assert!(claim(&store, 1).await.is_empty());
    assert_eq!(request(&store, id).await.status, RequestStatus::Failed);

    store.retry_dead_letter(id).await.unwrap();

    for attempt in 1..=ATTEMPTS {
        assert_eq!(claim_one(&store).await.lease.attempt.0, attempt);
        bench.expire_lease(game).await;
    }
    assert!(claim(&store, 1).await.is_empty());
    let letter = store.dead_letter(id).await.unwrap().unwrap();
    assert_eq!(letter.attempts.len(), 2 * ATTEMPTS as usize, "the record goes on");
}

pub(crate) async fn retrying_a_dead_letter_again_changes_nothing(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
    let first = store.retry_dead_letter(id).await.unwrap();
    let before = bench.dump().await;

    assert_eq!(store.retry_dead_letter(id).await.unwrap(), first);

    assert!(bench.dump().await == before);
    assert_eq!(run_all(&store).await, ["look"]);
    assert!(
        matches!(store.retry_dead_letter(id).await.unwrap(), DeadLetterRetry::Queued(it) if it.status == RequestStatus::Completed)
    );
}

pub(crate) async fn what_is_no_dead_letter_is_not_retried(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    let before = bench.dump().await;

    assert_eq!(store.retry_dead_letter(id).await.unwrap(), DeadLetterRetry::Unknown);
    assert_eq!(store.retry_dead_letter(RequestId::in_game(game)).await.unwrap(), DeadLetterRetry::Unknown);
    assert!(!store.delete_dead_letter(id).await.unwrap());

    assert!(bench.dump().await == before);
}

pub(crate) async fn the_dead_letter_of_a_deleted_game_can_only_be_deleted(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
    store.delete_game(game, None).await.unwrap();

    assert_eq!(store.retry_dead_letter(id).await.unwrap(), DeadLetterRetry::NoGame);
    assert!(store.delete_dead_letter(id).await.unwrap());
    assert_eq!(store.dead_letter(id).await.unwrap(), None);
    assert_eq!(store.queue().await.unwrap().dead_letters, 0);
}

pub(crate) async fn a_dead_letter_that_was_deleted_is_not_retried_even_if_an_earlier_one_was(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    let id = enqueue(&store, game, "look").await;
    store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();
    store.retry_dead_letter(id).await.unwrap();
    store.fail(&claim_one(&store).await.lease, &failure()).await.unwrap();

    assert!(store.delete_dead_letter(id).await.unwrap());

    assert_eq!(store.retry_dead_letter(id).await.unwrap(), DeadLetterRetry::Unknown);
}
