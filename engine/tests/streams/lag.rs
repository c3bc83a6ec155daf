//! What lies between an event's commit and the streams that take it is measured.

use metrics_prometheus::Recorder;
use prometheus::{Registry, TextEncoder};

use crate::fixture::{Server, append, new_game, state_updated, store};

#[tokio::test]
async fn the_lag_of_an_event_is_measured_for_each_open_stream_and_not_for_what_comes_from_the_log() {
    // Streams run on the thread of this test.
    let registry = Registry::new();
    let recorder = Recorder::builder().with_registry(&registry).build();
    let measured = || TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    let _recorded = metrics::set_default_local_recorder(&recorder);
    let store = store();
    let server = Server::start(&store).await;
    let game = new_game(&store).await;
    append(&store, game, 1, &state_updated(game, 2)).await;

    let mut listeners = [server.listen(game, "?last_event_id=0").await, server.listen(game, "").await];
    for listener in &mut listeners {
        listener.event().await.unwrap();
    }
    assert!(!measured().contains("event_lag"), "{}", measured());
    append(&store, game, 2, &state_updated(game, 3)).await;
    for listener in &mut listeners {
        listener.event().await.unwrap();
    }

    let measured = measured();
    assert!(measured.contains("story_engine_event_lag_seconds_count 2"), "{measured}");
    let sum = measured.lines().find_map(|line| line.strip_prefix("story_engine_event_lag_seconds_sum "));
    assert!((0.0..20.0).contains(&sum.unwrap().parse::<f64>().unwrap()), "{measured}");
}
