//! The peer: `ci/peers/apalis`, jobs that do nothing on the same Redis. It is a program of its own that `ci/peers/build` makes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use client::Frame;
use harness_runner::services::{Launch, Process};
use serde_json::Value;
use tokio::time::Instant;

use super::Options;
use super::subject::{MessageEvent, Subject};
use crate::wire::post;
use crate::{BenchEnvironment, BenchError};

const NAME: &str = "apalis";
const ADVICE: &str =
    "`ci/peers/build --release apalis` makes it (without --release for a debug build), or say where it is with --peer";
/// How many jobs a worker fetches at a time. With its default, 10, each costs more processor time; with 100, no less.
const BATCH: usize = 32;
/// How long the jobs that are pushed in-process may take, besides the time that as many took over HTTP.
const SLACK: Duration = Duration::from_mins(1);

/// The running peer.
pub(super) struct Peer {
    process: Process,
    address: SocketAddr,
}

fn failed(what: &'static str, reason: impl std::fmt::Display) -> BenchError {
    BenchError::Server { server: NAME, what, reason: reason.to_string() }
}

/// Where the program is: as named, or where it is built for a harness that is built in the same way.
pub(super) fn program(named: Option<&Path>) -> Result<PathBuf, BenchError> {
    let path = named.map_or_else(
        || {
            let exe = std::env::current_exe().unwrap_or_default();
            let build = if cfg!(debug_assertions) { "debug" } else { "release" };
            exe.parent().unwrap_or(Path::new(".")).join("../peers").join(build).join("apalis-peer")
        },
        Path::to_owned,
    );
    if path.is_file() { Ok(path) } else { Err(BenchError::NoPeer { what: path.display().to_string(), advice: ADVICE }) }
}

impl Peer {
    /// Starts it with as many workers as the engine has.
    pub(super) async fn start(
        options: &Options,
        program: &Path,
        env: &BenchEnvironment<'_>,
    ) -> Result<Self, BenchError> {
        let redis = env.services.redis_url.clone();
        let redis = redis.ok_or_else(|| failed("be started", "it keeps its jobs in Redis, and there is none"))?;
        let args = vec![redis, options.workers.to_string(), BATCH.to_string()];
        let launch = Launch::new("apalis-peer", program, args, env.dir, "listening on");
        let (process, line) = Process::start(launch, env.programs).await?;
        let address = line.rsplit("http://").next().and_then(|address| address.trim().parse().ok());
        let address = address.ok_or_else(|| failed("say where it listens", format!("it says `{line}`")))?;
        Ok(Self { process, address })
    }

    /// Pushes so many jobs without HTTP, so many at a time, and waits for each; answers jobs per second.
    pub(super) async fn in_process(
        &self,
        jobs: u64,
        options: &Options,
        http: &reqwest::Client,
    ) -> Result<f64, BenchError> {
        let url = format!("http://{}/in-process?jobs={jobs}&at_a_time={}", self.address, options.at_a_time);
        let limit = harness_runner::stretched(options.length * 10 + SLACK);
        let answer = http.post(url).timeout(limit).send().await.and_then(reqwest::Response::error_for_status);
        let answer = answer.map_err(|error| failed("run jobs", harness_runner::http::innermost(&error)))?;
        let text = answer.text().await.map_err(|error| failed("run jobs", error))?;
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        let seconds = answer["seconds"].as_f64().ok_or_else(|| failed("say how long jobs took", &text))?;
        #[expect(clippy::cast_precision_loss, reason = "counts of jobs are far below 2^53")]
        Ok(jobs as f64 / seconds)
    }

    /// Ends it, and waits for its end.
    pub(super) async fn stop(self) {
        self.process.kill();
        self.process.ended().await;
    }
}

/// The peer as the load speaks to it.
pub(super) struct Jobs(pub(super) SocketAddr);

impl Peer {
    pub(super) const fn jobs(&self) -> Jobs {
        Jobs(self.address)
    }
}

impl Subject for Jobs {
    const NAME: &'static str = NAME;

    fn address(&self) -> SocketAddr {
        self.0
    }

    fn message(&self, number: u64) -> Vec<u8> {
        post("/jobs", "", &format!("I look around, and then once more, for {number}."))
    }

    fn accepted(&self, _: u64, _: Instant, body: &[u8]) -> Option<u128> {
        job(std::str::from_utf8(body).ok()?)
    }

    fn streams(&self) -> Vec<String> {
        vec!["/done".to_owned()]
    }

    fn take(&self, _: usize, frame: &Frame) -> Option<MessageEvent> {
        let Frame::Event { data, .. } = frame else { return None };
        job(data).map(MessageEvent::End)
    }
}

/// The number in `{"job":N}`.
fn job(text: &str) -> Option<u128> {
    text.strip_prefix("{\"job\":")?.strip_suffix('}')?.parse().ok()
}
