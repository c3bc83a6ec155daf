//! A server that drains under a thousand streams: each goes on at another server, and misses nothing.

use client::{Client, Item, Settings, Since};
use futures::StreamExt as _;
use futures::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::fixture::{Server, TIMEOUT, append, new_game, state_updated, store};

const READERS: usize = 1000;
const EVENTS: u64 = 60;

/// Passes connections on to whichever server is there at the time.
async fn balancer(mut server: watch::Receiver<std::net::SocketAddr>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let server = *server.borrow_and_update();
            tokio::spawn(async move {
                if let Ok(mut server) = tokio::net::TcpStream::connect(server).await {
                    // The side that hangs up first ends it.
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_readers_of_a_server_that_drains_miss_nothing() {
    let store = store();
    let (first, second) = (Server::start(&store).await, Server::start(&store).await);
    let (server, servers) = watch::channel(first.address);
    let address = balancer(servers).await;
    let game = new_game(&store).await;
    let start = store.game(game).await.unwrap().unwrap().cursor;

    let (progress, mut progressed) = watch::channel(vec![0_u64; READERS]);
    let settings = Settings { request_timeout: TIMEOUT, ..Settings::default() };
    let client = Client::with_settings(&format!("http://{address}"), settings).unwrap();
    let readers = (0..READERS).map(|reader| {
        let (client, progress) = (client.clone(), progress.clone());
        tokio::spawn(async move {
            let mut events = client.game_events(game, Since::After(start));
            let (mut seen, mut connections) = (0, 0);
            while seen < EVENTS {
                match events.next().await.unwrap() {
                    Item::Connected { .. } => connections += 1,
                    Item::Event { id: Some(id), .. } => {
                        assert_eq!(id.offset, seen + 1);
                        seen = id.offset;
                        progress.send_modify(|progress| progress[reader] = seen);
                    }
                    Item::Disconnected { .. } => {}
                    other => panic!("{other:?}"),
                }
            }
            connections
        })
    });
    let readers: Vec<_> = readers.collect();
    for version in 1..=EVENTS {
        append(&store, game, version, &state_updated(game, version + 1)).await;
        if version == EVENTS / 2 {
            // Everybody has come, and is in the middle.
            progressed.wait_for(|progress| progress.iter().all(|seen| *seen > 0)).await.unwrap();
            server.send_replace(second.address);
            first.drain.cancel();
        }
    }

    tokio::time::timeout(TIMEOUT, first.ended).await.expect("the first server ends").unwrap();
    let connections = tokio::time::timeout(TIMEOUT * 3, join_all(readers)).await.expect("every reader gets to the end");
    assert!(connections.into_iter().all(|connections| connections.unwrap() >= 2), "somebody had not come to the first");
}

#[tokio::test]
async fn a_connection_that_was_made_before_the_drain_still_has_its_first_request_answered() {
    let store = store();
    let server = Server::start(&store).await;
    let mut connection = tokio::net::TcpStream::connect(server.address).await.unwrap();
    server.drain.cancel();
    // The listener is gone once nobody can connect; what was accepted is served.
    while tokio::net::TcpStream::connect(server.address).await.is_ok() {}
    connection.write_all(b"GET /v1/scenarios HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    tokio::time::timeout(TIMEOUT, server.ended).await.expect("the server ends").unwrap();
}
