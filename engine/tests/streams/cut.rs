//! A connection that breaks anywhere: after every byte of an answer, a client goes on as if nothing had happened.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use client::{Client, Item, Settings, Since};
use futures::StreamExt as _;
use futures::future::join_all;
use protocol::Event;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};

use crate::fixture::{Server, TIMEOUT, claim, finish, new_game, say, store};

const LANES: usize = 8;

/// Passes connections on to a server, but breaks the next one off after so many bytes of its answer.
struct Cutter {
    address: SocketAddr,
    after: Arc<AtomicUsize>,
}

impl Cutter {
    async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let after = Arc::new(AtomicUsize::new(usize::MAX));
        let next = Arc::clone(&after);
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let after = next.swap(usize::MAX, Ordering::Relaxed);
                let mut server = TcpStream::connect(server).await.unwrap();
                tokio::spawn(async move {
                    let (mut asked, mut ask) = client.split();
                    let (answer, mut question) = server.split();
                    let mut answer = answer.take(after as u64);
                    let answered = async {
                        // The side that hangs up first ends it.
                        let _ = copy(&mut answer, &mut ask).await;
                        let _ = ask.shutdown().await;
                    };
                    tokio::select! {
                        () = answered => {}
                        _ = copy(&mut asked, &mut question) => {}
                    }
                });
            }
        });
        Self { address, after }
    }
}

fn client(address: SocketAddr) -> Client {
    let settings = Settings {
        reconnect_min: Duration::from_millis(1),
        reconnect_max: Duration::from_millis(2),
        ..Settings::default()
    };
    Client::with_settings(&format!("http://{address}"), settings).unwrap()
}

/// What a client sees of a game up to the end of its last request.
async fn seen_events(client: &Client, game: protocol::GameId, last: protocol::RequestId) -> Vec<Event> {
    let mut events = client.game_events(game, Since::Beginning);
    let mut seen = Vec::new();
    let read = async {
        while let Some(item) = events.next().await {
            match item {
                Item::Event { event, .. } => {
                    let is_last = event.is_terminal() && event.request_id() == Some(last);
                    seen.push(event);
                    if is_last {
                        return;
                    }
                }
                Item::Connected { .. } | Item::Disconnected { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(TIMEOUT, read).await.unwrap();
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn however_a_stream_is_cut_a_client_gets_everything_once() {
    let store = store();
    let server = &Server::start(&store).await;
    let game = new_game(&store).await;
    let request = say(&store, game, "Grüße, 世界 🌍").await;
    let turn = claim(&store).await;
    store.publish_chunk(&turn.lease, 1, "Du siehst eine Tür,").await.unwrap();
    finish(&store, &turn, 1, " 世界.", "Du siehst eine Tür, 世界.").await;

    let whole = seen_events(&client(server.address), game, request).await;
    assert_eq!(whole.len(), 5, "the two chunks are one by now");
    let length: usize =
        whole.iter().map(|event| event.name().as_str().len() + event.data().len() + 60).sum::<usize>() + 400;
    // Several at a time, each with a connection of its own to break.
    let lanes = (0..LANES).map(|lane| {
        let whole = &whole;
        async move {
            let cutter = Cutter::start(server.address).await;
            let client = client(cutter.address);
            for after in (lane..length).step_by(LANES) {
                cutter.after.store(after, Ordering::Relaxed);
                assert_eq!(&seen_events(&client, game, request).await, whole, "cut after byte {after}");
            }
        }
    });
    join_all(lanes).await;
}
