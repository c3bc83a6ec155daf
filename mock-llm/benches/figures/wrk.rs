//! Load by `wrk`: one thread, 32 connections, as the peers of mock-llm are measured.

use std::{fmt, fs, path::Path, process::Command, time::Duration};

use crate::Server;

/// What is called.
#[derive(Clone, Copy)]
pub(crate) enum Load {
    /// Answers in one piece.
    Calls,
    /// Answers in 40 pieces.
    Streams,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Calls => "calls",
            Self::Streams => "streams",
        })
    }
}

/// What came of one run.
pub(crate) struct Run {
    pub(crate) calls: u64,
    pub(crate) per_second: f64,
    /// Processor time that the server took for one call.
    pub(crate) cpu_us: f64,
    p50: String,
    p99: String,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, cpu_us, p50, p99, .. } = self;
        write!(f, "{per_second:>7.0} per second, p50 {p50}, p99 {p99}, {cpu_us:.1} µs of processor time each")
    }
}

pub(crate) fn is_installed() -> bool {
    Command::new("wrk").arg("-v").output().is_ok()
}

pub(crate) fn run(directory: &Path, load: Load, server: &Server, duration: Duration) -> Run {
    let stream = matches!(load, Load::Streams);
    let script = directory.join("load.lua");
    let body = format!(
        r#"{{"model":"m","stream":{stream},"messages":[{{"role":"system","content":"You narrate."}},{{"role":"user","content":"look around"}}]}}"#
    );
    let lua = format!(
        "wrk.method = 'POST'\nwrk.headers['content-type'] = 'application/json'\nwrk.headers['authorization'] = 'Bearer sk-test'\nwrk.body = '{body}'\n"
    );
    fs::write(&script, lua).unwrap();
    let before = server.cpu_us();
    let output = Command::new("wrk")
        .args(["-t1", "-c32", "--latency", &format!("-d{}s", duration.as_secs()), "-s"])
        .arg(&script)
        .arg(format!("http://{}/v1/chat/completions", server.address))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("Non-2xx") && !text.contains("Socket errors"), "{text}");
    let word_after = |label: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(label)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    let calls = text.lines().find(|line| line.contains(" requests in ")).unwrap();
    let calls: u64 = calls.split_whitespace().next().unwrap().parse().unwrap();
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand calls")]
    let cpu_us = (server.cpu_us() - before) / calls as f64;
    let per_second = word_after("Requests/sec:").parse().unwrap();
    Run { calls, per_second, cpu_us, p50: word_after("50%"), p99: word_after("99%") }
}
