//! An open loop of posts: each is sent at its moment, over whichever connection is free.

use std::io;
use std::net::SocketAddr;

use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::pace::{Alarm, Arrivals};
use super::wire::{Answer, Connection};
use super::{Latency, Summary};

/// A post that was answered.
#[derive(Debug)]
pub(super) struct Posted {
    /// Which one, from 0.
    pub(super) number: u64,
    /// When it was to be sent.
    pub(super) due: Instant,
    /// When it was.
    pub(super) sent: Instant,
    /// What came back.
    pub(super) answer: Answer,
}

/// How well the harness itself kept the moments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lag {
    /// How late posts were sent that found a free connection: the harness's own doing.
    pub own: Summary,
    /// How many found none: the server, or the number of connections, held them up. They are charged for it.
    pub no_free_connection: u64,
}

/// Sends posts over so many connections that are kept alive; returns when all are answered.
pub(super) async fn run(
    arrivals: &Arrivals,
    address: SocketAddr,
    connections: usize,
    request: impl Fn(u64) -> Vec<u8>,
    answered: impl Fn(Posted) + Clone + Send + 'static,
) -> io::Result<Lag> {
    let (give_back, mut idle) = mpsc::unbounded_channel();
    for _ in 0..connections {
        // The receiver lives as long as this function.
        let _ = give_back.send(Connection::open(address).await);
    }
    let alarm = Alarm::new()?;
    let (mut own, mut no_free_connection) = (Latency::default(), 0);
    for number in 0..arrivals.count() {
        let (due, request) = (arrivals.due(number), request(number));
        let late = alarm.until(due).await?;
        let mut connection = if let Ok(connection) = idle.try_recv() {
            if let Some(late) = late {
                own.record(late);
            }
            connection?
        } else {
            no_free_connection += 1;
            // The sender lives as long as this function.
            idle.recv().await.ok_or(io::ErrorKind::BrokenPipe)??
        };
        let (give_back, answered) = (give_back.clone(), answered.clone());
        tokio::spawn(async move {
            let sent = Instant::now();
            let outcome = connection.send(&request).await;
            let _ = give_back.send(outcome.map(|answer| {
                answered(Posted { number, due, sent, answer });
                connection
            }));
        });
    }
    for _ in 0..connections {
        idle.recv().await.ok_or(io::ErrorKind::BrokenPipe)??;
    }
    Ok(Lag { own: own.summary(), no_free_connection })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_server_that_stalls_is_charged_for_all_that_waited() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (open_up, gate) = tokio::sync::oneshot::channel::<()>();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut gate = Some(gate);
            let mut buffer = vec![0; 1024];
            while socket.read(&mut buffer).await.unwrap() > 0 {
                if let Some(gate) = gate.take() {
                    gate.await.unwrap();
                }
                socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            }
        });
        // All three are due before the gate opens, and there is one connection.
        let arrivals = Arrivals::new(Instant::now(), 1000.0, Duration::from_millis(3));
        let waits = Arc::new(Mutex::new(Vec::new()));
        let answered = {
            let waits = Arc::clone(&waits);
            move |posted: Posted| waits.lock().unwrap().push((posted.number, posted.due.elapsed()))
        };
        let stalled = Duration::from_millis(30);
        let load = run(&arrivals, address, 1, |_| super::super::wire::post("/", "", ""), answered);
        let release = async {
            tokio::time::sleep(stalled).await;
            open_up.send(()).unwrap();
        };
        let (lag, ()) = tokio::join!(load, release);
        assert_eq!(lag.unwrap().no_free_connection, 2);
        let waits = waits.lock().unwrap();
        assert_eq!(waits.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [0, 1, 2]);
        assert!(waits.iter().all(|(_, waited)| *waited > stalled.mul_f64(0.8)), "{waits:?}");
    }
}
