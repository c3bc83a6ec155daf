//! Every kind of event that a log can hold has, on every backend, exactly the form that its type in `protocol` gives it.

use std::collections::BTreeSet;
use std::time::Duration;

use protocol::{Event, EventName, GameRewound, RewindCause};
use schemars::SchemaGenerator;
use serde_json::{Value, json};
use store::GameChange;

use crate::bench::Bench;
use crate::fixture::{
    a_change, claim, claim_one, completion, document, enqueue, failure, fault, finish, log, new_game, replace,
    state_updated, until,
};

/// Events of a stream that no log holds: the API makes them for one reader.
const OF_STREAMS: [EventName; 2] = [EventName::StreamSnapshot, EventName::StreamReset];

pub(crate) async fn every_event_that_is_written_has_the_form_of_its_type(bench: Bench) {
    let store = bench.store().await;
    let game = new_game(&store).await;
    replace(&store, game, 1, &document(), None, &state_updated(game)).await;
    let rewound = GameRewound {
        request_id: None,
        game_id: game,
        cause: RewindCause::Undo,
        version: 3,
        turn: 0,
        location: String::new(),
        scene: String::new(),
        is_ended: false,
    };
    let change = GameChange { event: rewound.into(), ..a_change(game, 2, &document()) };
    store.change_game(&change).await.unwrap();
    store.rename_game(game, Some("The \"moon\"")).await.unwrap();
    // A chunk that is void, a retry, a commit with a story event, a cancelled request, a dead letter that is retried, a pause.
    enqueue(&store, game, "say \"no\"\n\u{1}€").await;
    let first = claim_one(&store).await;
    store.publish_chunk(&first.lease, 1, "A \"door\"\n").await.unwrap();
    store.retry(&first.lease, Duration::ZERO, &failure()).await.unwrap();
    let second = until("the back-off is over", async || claim(&store, 1).await.pop()).await;
    finish(&store, &second, &["the wind \"turns\""]).await;
    store.cancel(claim_one(&store).await.lease.request).await.unwrap();
    let failed = enqueue(&store, game, "knock").await;
    let third = claim_one(&store).await;
    store.checkpoint_narration(&third.lease, 1, "Nobody.", &completion("Nobody \"is\" here.")).await.unwrap();
    store.fail(&third.lease, &failure()).await.unwrap();
    store.retry_dead_letter(failed).await.unwrap();
    store.pause(&claim_one(&store).await.lease, &fault("offline")).await.unwrap();

    let mut generator = SchemaGenerator::default();
    Event::declare(&mut generator);
    let definitions = generator.take_definitions(true);
    let mut seen = BTreeSet::new();
    for entry in log(&store, game).await {
        let event = Event::parse(&entry.name, &entry.data).unwrap();
        assert_eq!(entry.data, event.data(), "what the store writes is what `protocol` writes");
        // The type of a payload has the name of the event's variant.
        let schema = json!({ "$ref": format!("#/$defs/{:?}", event.name()), "$defs": definitions });
        let data: Value = serde_json::from_str(&entry.data).unwrap();
        if let Err(error) = jsonschema::validate(&schema, &data) {
            panic!("{}: {error}\n{}", entry.name, entry.data);
        }
        seen.insert(entry.name.clone());
    }
    let expected = EventName::ALL.iter().filter(|name| !OF_STREAMS.contains(name)).map(|name| name.as_str().to_owned());
    assert_eq!(seen, expected.collect(), "the test writes every kind of event");
}
