//! A job queue as it is usually built, with apalis and nothing else: `POST /jobs` pushes a job that does nothing,
//! workers run it, `GET /done` reports it. `harness bench turns --against apalis` compares it with story-engine.
//!
//! What apalis promises by default is left as it is: jobs are leased, results are kept. Where its defaults would only make
//! it slow they are changed, so that it is measured at its best: its Redis backend wakes nobody when there is work (it is
//! asked again at its heartbeat, every 30 s), so here every push wakes all workers; and workers are in the same process.

mod wake;

use std::collections::HashMap;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use apalis::prelude::*;
use apalis_redis::{Config, RedisStorage};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, oneshot, watch};

use wake::WakeOnPush;

/// How many jobs a slow reader of `/done` may be behind.
const BEHIND: usize = 1 << 16;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Job {
    number: u64,
    /// What a player would have said: both sides carry as much.
    message: String,
}

/// Reports every job that was run.
#[derive(Clone)]
struct Completions {
    done: broadcast::Sender<u64>,
    waiting: Arc<Mutex<HashMap<u64, oneshot::Sender<()>>>>,
}

impl Completions {
    fn publish(&self, number: u64) {
        // Nobody may be listening.
        let _ = self.done.send(number);
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        if let Some(waiting) = waiting {
            let _ = waiting.send(());
        }
    }
}

#[derive(Clone)]
struct Jobs {
    storage: RedisStorage<Job>,
    next: Arc<AtomicU64>,
    wake: Arc<watch::Sender<u64>>,
    completions: Completions,
}

impl Jobs {
    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    async fn push(&self, number: u64, message: String) -> Result<(), String> {
        // A clone has an empty buffer of its own, and shares the connection.
        let mut storage = self.storage.clone();
        storage.push(Job { number, message }).await.map_err(|error| error.to_string())?;
        self.wake.send_modify(|pushes| *pushes += 1);
        Ok(())
    }

    /// Pushes a job and waits until it was run.
    async fn run_one(&self, message: String) -> Result<(), String> {
        let number = self.number();
        let (done, waits) = oneshot::channel();
        self.completions.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(number, done);
        self.push(number, message).await?;
        waits.await.map_err(|error| error.to_string())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [redis, workers, batch] = arguments.as_slice() else {
        return Err("usage: apalis-peer REDIS_URL WORKERS JOBS_PER_FETCH".into());
    };
    let (workers, batch): (usize, usize) = (workers.parse()?, batch.parse()?);
    let config = Config::default().queue("apalis-peer").batch_size(batch);
    let storage = RedisStorage::new(apalis_redis::connect(redis.as_str()).await?).with_config(config.clone());
    let completions = Completions { done: broadcast::channel(BEHIND).0, waiting: Arc::default() };
    let (wake, pushes) = watch::channel(0);
    for number in 0..workers {
        let storage = RedisStorage::new(apalis_redis::connect(redis.as_str()).await?).with_config(config.clone());
        // A name that is still known from an earlier run would be refused.
        let worker = WorkerBuilder::new(format!("worker-{number}-of-{}", std::process::id()))
            .backend(PollWith::new(storage, WakeOnPush::new(pushes.clone())))
            .data(completions.clone())
            .build(nothing);
        tokio::spawn(async move {
            let ended = worker.run().await;
            // Without its workers there is nothing to measure; the program that started this sees that it is gone.
            eprintln!("worker-{number} has ended: {ended:?}");
            std::process::exit(1);
        });
    }
    let jobs = Jobs { storage, next: Arc::default(), wake: Arc::new(wake), completions };
    let routes = Router::new()
        .route("/jobs", post(accept))
        .route("/done", get(done))
        .route("/in-process", post(in_process))
        .with_state(jobs);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("apalis-peer listening on http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            eprintln!("TCP_NODELAY: {error}");
        }
    });
    axum::serve(listener, routes).await?;
    Ok(())
}

/// The job.
async fn nothing(job: Job, completions: Data<Completions>) -> Result<(), BoxDynError> {
    completions.publish(job.number);
    Ok(())
}

/// `POST /jobs`: the body is the message, the response the job's number.
async fn accept(State(jobs): State<Jobs>, message: Bytes) -> Result<String, (StatusCode, String)> {
    let number = jobs.number();
    let message = String::from_utf8_lossy(&message).into_owned();
    jobs.push(number, message).await.map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, error))?;
    Ok(format!("{{\"job\":{number}}}"))
}

/// `GET /done`: an event for every job that was run, for as long as it is listened to.
async fn done(State(jobs): State<Jobs>) -> impl IntoResponse {
    let done = jobs.completions.done.subscribe();
    let frames = futures::stream::unfold(done, |mut done| async {
        // A reader that is too far behind has lost jobs: its stream ends, which it sees.
        let number = done.recv().await.ok()?;
        let frame = format!("event: done\ndata: {{\"job\":{number}}}\n\n");
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(frame)), done))
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(frames))
}

#[derive(Deserialize)]
struct InProcess {
    jobs: u64,
    at_a_time: u64,
}

/// `POST /in-process?jobs=N&at_a_time=C`: C pushers push a job and wait for it, one after the other, without HTTP; responds with
/// the seconds that all jobs took.
async fn in_process(
    State(jobs): State<Jobs>,
    Query(InProcess { jobs: count, at_a_time }): Query<InProcess>,
) -> Result<String, (StatusCode, String)> {
    let start = Instant::now();
    let left = Arc::new(AtomicU64::new(count));
    let pushers = (0..at_a_time.max(1)).map(|_| {
        let (jobs, left) = (jobs.clone(), Arc::clone(&left));
        tokio::spawn(async move {
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                jobs.run_one("I look around, and then once more.".to_owned()).await?;
            }
            Ok::<_, String>(())
        })
    });
    let failed = |error: String| (StatusCode::SERVICE_UNAVAILABLE, error);
    for pushed in futures::future::join_all(pushers).await {
        pushed.map_err(|error| failed(error.to_string()))?.map_err(failed)?;
    }
    Ok(format!("{{\"seconds\":{}}}", start.elapsed().as_secs_f64()))
}
