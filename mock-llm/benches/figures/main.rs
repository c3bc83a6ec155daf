//! What mock-llm costs: `cargo bench -p mock-llm`. Start, memory, calls, streams and pace, each as a user would see
//! it: the real binary, on loopback, with `wrk` on the same machine.
//!
//! Other load on the machine changes every number here, so calls and streams are measured in turn with a peer: axum
//! alone, sending bytes that were rendered in advance. What counts is the ratio; nothing that answers can be faster.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench fails by panicking, and prints what it finds")]

mod pace;
mod peer;
mod wrk;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use wrk::{Load, Run};

/// How often the load of one kind is repeated, in turn with the peer.
const ROUNDS: usize = 3;

/// How often the start is repeated.
const STARTS: usize = 21;

/// After how many calls the memory is looked at.
const MANY: u64 = 1_000_000;

/// 40 words.
const REPLY: &str = "You stand in the old hall and listen to the wind. The door to the north is open a crack, and \
    somebody has left a lantern burning on the floor beside it. What do you want to do now, dear traveller?";

fn main() {
    if std::env::args().any(|argument| argument == "--peer") {
        return peer::serve(REPLY);
    }
    let directory = tempfile::tempdir().unwrap();
    let script = write(directory.path(), "script.json", &format!(r#"{{"entries": [{{"reply": {REPLY:?}}}]}}"#));
    let large = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/models/obedient.json");

    starts("a small script", &script);
    starts("a script with patterns", &large);
    let paced =
        format!(r#"{{"pace": {{"first_token_ms": 200, "between_ms": 10}}, "entries": [{{"reply": {REPLY:?}}}]}}"#);
    let paced = Server::mock(&write(directory.path(), "paced.json", &paced));
    for streams in [64, 512] {
        pace::measure(&paced.address, streams);
    }
    drop(paced);
    if !wrk::is_installed() {
        println!("calls and streams need `wrk` on PATH (Debian: apt-get install wrk)");
        return;
    }
    loads(directory.path(), &script);
}

fn loads(directory: &Path, script: &Path) {
    let (mock, peer) = (Server::mock(script), Server::peer());
    println!("memory at rest: {:.1} MiB", mock.memory_mib());
    let mut calls = 0;
    for load in [Load::Calls, Load::Streams] {
        let mut runs: Vec<(Run, Run)> = Vec::new();
        for _ in 0..ROUNDS {
            let mine = wrk::run(directory, load, &mock, Duration::from_secs(5));
            calls += mine.calls;
            runs.push((mine, wrk::run(directory, load, &peer, Duration::from_secs(5))));
        }
        runs.sort_by(|a, b| a.0.per_second.total_cmp(&b.0.per_second));
        let (mine, peer) = &runs[ROUNDS / 2];
        println!("{load}: mock-llm  {mine}");
        println!("{load}: axum only {peer}");
        println!(
            "{load}: ratio to axum only: {:.2} by clock, {:.2} by processor time",
            mine.per_second / peer.per_second,
            peer.cpu_us / mine.cpu_us
        );
    }
    while calls < MANY {
        calls += wrk::run(directory, Load::Calls, &mock, Duration::from_secs(5)).calls;
    }
    println!("memory after {calls} calls: {:.1} MiB", mock.memory_mib());
}

fn starts(what: &str, script: &Path) {
    let mut times: Vec<_> = (0..STARTS)
        .map(|_| {
            let started = Instant::now();
            let server = Server::mock(script);
            let took = started.elapsed();
            drop(server);
            took
        })
        .collect();
    times.sort();
    let [median, slowest] = [times[STARTS / 2], times[STARTS - 1]].map(|time| time.as_secs_f64() * 1000.0);
    println!("start with {what}: median {median:.1} ms, slowest {slowest:.1} ms");
}

fn write(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
    path
}

/// A server in a process of its own.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn mock(script: &Path) -> Self {
        Self::start(
            Command::new(env!("CARGO_BIN_EXE_mock-llm")).args(["--listen", "127.0.0.1:0", "--script"]).arg(script),
        )
    }

    fn peer() -> Self {
        Self::start(Command::new(std::env::current_exe().unwrap()).arg("--peer"))
    }

    /// Both print where they listen as the last word of their first line.
    fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit("://").next().unwrap().to_owned();
        Self { process, address }
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.process.id())).unwrap()
    }

    fn memory_mib(&self) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        kib / 1024.0
    }

    /// Processor time so far, in microseconds: user and system, in ticks of 10 ms.
    fn cpu_us(&self) -> f64 {
        let stat = self.proc("stat");
        let ticks = stat.rsplit(") ").next().unwrap().split(' ').skip(11).take(2);
        ticks.map(|ticks| ticks.parse::<f64>().unwrap() * 10_000.0).sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
