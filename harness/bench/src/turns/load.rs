//! The load: as much as can be done by so many at a time, or at a fixed rate.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::{Instant, sleep_until, timeout_at};

use super::board::Board;
use super::subject::{Subject, failed, listen};
use super::{GRACE, Options, WARM_UP};
use crate::open::Posted;
use crate::pace::Arrivals;
use crate::wire::{Answer, Connection};
use crate::{BenchError, Lag, open, process};

/// Posts at the same time in an open loop: more would be charged to the server, fewer too.
const CONNECTIONS: usize = 128;

/// What a load has brought.
#[derive(Debug)]
pub(super) struct Load {
    pub(super) board: Arc<Board>,
    /// How well the moments of an open loop were kept.
    pub(super) lag: Option<Lag>,
    /// Processor time within the window, in seconds, by the process's name.
    pub(super) cpu: std::collections::BTreeMap<String, f64>,
}

/// Puts a subject under load until everything that it has accepted is done, or too late.
pub(super) async fn run<S: Subject>(options: &Options, subject: &Arc<S>) -> Result<Load, BenchError> {
    let start = Instant::now();
    let window = super::board::Window { start: start + WARM_UP, end: start + WARM_UP + options.length };
    let board = Arc::new(Board::new(window));
    let listeners = listen(subject, &board).await?;
    let cpu = async {
        sleep_until(window.start).await;
        let before = process::cpu_by_name();
        sleep_until(window.end).await;
        process::cpu_between(&before, &process::cpu_by_name())
    };
    let load = async {
        match options.rate {
            Some(rate) => {
                open_loop(Arrivals::new(start, rate, WARM_UP + options.length), subject, &board).await.map(Some)
            }
            None => closed_loop(options.at_a_time, subject, &board).await.map(|()| None),
        }
    };
    let (lag, cpu) = tokio::join!(load, cpu);
    let lag = lag.map_err(|error| failed::<S>("take messages", &error))?;
    // What has not ended by then is lost, and the board says so.
    let _ = timeout_at(Instant::now() + harness_runner::stretched(GRACE), board.all_done()).await;
    drop(listeners);
    Ok(Load { board, lag, cpu })
}

/// So many at a time: each sends a message, waits until it has ended, and sends the next, until the window closes.
async fn closed_loop<S: Subject>(at_a_time: usize, subject: &Arc<S>, board: &Arc<Board>) -> io::Result<()> {
    let next = AtomicU64::new(0);
    let end = board.window().end;
    let player = async || {
        let mut connection = Connection::open(subject.address()).await?;
        while Instant::now() < end {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let from = Instant::now();
            let answer = connection.send(&subject.message(number)).await?;
            let Some(ended) = note(&**subject, board, number, from, &answer) else { return Ok(()) };
            // A task that waits for something that was lost gives up with all others.
            let _ = timeout_at(end + harness_runner::stretched(GRACE), ended).await;
        }
        Ok(())
    };
    futures::future::try_join_all((0..at_a_time).map(|_| player())).await.map(drop)
}

/// Each message at its moment.
async fn open_loop<S: Subject>(arrivals: Arrivals, subject: &Arc<S>, board: &Arc<Board>) -> io::Result<Lag> {
    let answered = {
        let (subject, board) = (Arc::clone(subject), Arc::clone(board));
        move |posted: Posted| drop(note(&*subject, &board, posted.number, posted.due, &posted.answer))
    };
    open::run(&arrivals, subject.address(), CONNECTIONS, |number| subject.message(number), answered).await
}

/// Notes what a message was answered; `None` if it was not accepted.
fn note<S: Subject>(
    subject: &S,
    board: &Board,
    number: u64,
    from: Instant,
    answer: &Answer,
) -> Option<tokio::sync::oneshot::Receiver<()>> {
    let id = if matches!(answer.status, 200 | 202) { subject.accepted(number, from, &answer.body) } else { None };
    if id.is_none() {
        board.refused(answer.text());
    }
    Some(board.accepted(id?, from, Instant::now()))
}
