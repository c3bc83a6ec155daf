//! `harness bench` from outside, with numbers so small that they say nothing: that it measures, finds nothing wrong, and that
//! its report is one.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const HARNESS: &str = env!("CARGO_BIN_EXE_harness");

/// Why nothing can be measured here.
fn missing(programs: &[&str]) -> Option<String> {
    let beside = |program: &&&str| !Path::new(HARNESS).with_file_name(program).is_file();
    let program = programs.iter().find(beside)?;
    Some(format!("there is no `{program}` next to the harness"))
}

fn has_redis() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join("redis-server").is_file())
}

/// Measures, and answers what people and programs get to read; `None` where it cannot be done.
fn bench(args: &[&str]) -> Option<(String, Value)> {
    if let Some(reason) = missing(&["engine", "mock-llm"]) {
        println!("skipped: {reason}; `cargo build --workspace --bins` makes it");
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("report.json");
    let output = Command::new(HARNESS).arg("bench").args(args).arg("--json").arg(&json).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}\n{err}");
    let report = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    Some((out.into_owned(), report))
}

#[test]
fn turns_are_measured_in_a_closed_loop_and_judged() {
    let args = ["turns", "--games", "4", "--concurrency", "6", "--seconds", "0.5", "--services", "embedded"];
    let Some((text, report)) = bench(&args) else { return };
    assert!(
        text.ends_with("every turn that was accepted was completed once, and in order within its game\n"),
        "{text}"
    );
    let outcome = &report["outcomes"][0];
    assert!(outcome["accepted"].as_u64().unwrap() >= 6, "{report:#}");
    assert_eq!((&outcome["lost"], &outcome["refused"]), (&Value::from(0), &Value::from(0)));
    assert_eq!(report["ratios"]["over_http"], Value::Null);
}

#[test]
fn turns_of_an_open_loop_are_as_many_as_were_planned() {
    let args = ["turns", "--games", "4", "--rate", "8", "--seconds", "0.5", "--services", "embedded"];
    let Some((_, report)) = bench(&args) else { return };
    // A second before the count belongs to the plan.
    assert_eq!(report["outcomes"][0]["accepted"], 12);
    assert!(report["outcomes"][0]["lag"]["own"]["count"].as_u64().unwrap() <= 12);
}

#[test]
fn turns_are_measured_beside_jobs_that_do_nothing() {
    let peer = Path::new(HARNESS).with_file_name("../peers/debug/apalis-peer");
    if !peer.is_file() || !has_redis() {
        println!("skipped: there is no redis-server, or no peer (`ci/peers/build` makes it)");
        return;
    }
    let args = ["turns", "--games", "4", "--concurrency", "4", "--seconds", "0.5", "--services", "local"];
    let peer = peer.display().to_string();
    let Some((text, report)) = bench(&[&args[..], &["--against", "apalis", "--peer", &peer]].concat()) else { return };
    assert!(text.contains("turns / jobs: "), "{text}");
    let peer = &report["outcomes"][1];
    assert!(peer["accepted"].as_u64().unwrap() > 0 && peer["lost"] == 0, "{report:#}");
    assert!(report["ratios"]["in_process"].as_f64().unwrap() > 0.0);
}

#[test]
fn turns_are_measured_beside_the_same_turns_of_a_job_queue() {
    let peer = Path::new(HARNESS).with_file_name("../peers/saq/peer");
    if !peer.is_file() || !has_redis() {
        println!("skipped: there is no redis-server, or no peer (`ci/peers/build saq` makes it)");
        return;
    }
    let args = ["turns", "--games", "3", "--concurrency", "6", "--seconds", "0.5", "--services", "local"];
    let peer = peer.display().to_string();
    let more = ["--against", "saq", "--peer", &peer, "--repeats", "1"];
    let Some((text, report)) = bench(&[&args[..], &more].concat()) else { return };
    assert!(
        text.ends_with("saq: every turn that was accepted was done once, and in order within its conversation\n"),
        "{text}"
    );
    assert!(report["theirs"][0]["accepted"].as_u64().unwrap() >= 6, "{report:#}");
    let measured: Vec<_> = report["rows"].as_array().unwrap().iter().map(|row| row["what"].clone()).collect();
    assert!(measured.contains(&"to its first words p50".into()) && measured.len() == 9, "{measured:?}");
}

#[test]
fn a_peer_that_is_not_built_is_missed_before_anything_is_measured() {
    if missing(&["engine", "mock-llm"]).is_some() || !has_redis() {
        println!("skipped: there is no redis-server, or no engine next to the harness");
        return;
    }
    for peer in ["apalis", "saq", "dbos", "langgraph"] {
        let args = ["bench", "turns", "--services", "local", "--against", peer, "--peer", "/nowhere"];
        let output = Command::new(HARNESS).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(4));
        assert!(String::from_utf8_lossy(&output.stderr).contains("ci/peers/build"), "{output:?}");
    }
}

#[test]
fn messages_are_accepted_and_are_in_the_queue_with_and_without_keys() {
    for services in ["embedded", "local"] {
        if services == "local" && !has_redis() {
            println!("skipped: there is no redis-server on the PATH");
            continue;
        }
        let args = ["accept", "--rate", "20", "--seconds", "0.5", "--games", "3", "--connections", "4"];
        let Some((text, report)) = bench(&[&args[..], &["--services", services]].concat()) else { return };
        assert!(text.ends_with("every message was accepted, and is in the queue once\n"), "{text}");
        for outcome in report["outcomes"].as_array().unwrap() {
            assert_eq!((&outcome["accepted"], &outcome["refused"]), (&Value::from(30), &Value::from(0)), "{report:#}");
            assert_eq!(outcome["planned"]["count"], 10);
        }
    }
}

#[test]
fn streams_are_followed_from_the_models_words_to_the_subscriber() {
    let pace = ["--words", "12", "--first-token-ms", "20", "--between-ms", "10"];
    let args = ["stream", "--streams", "3", "--rounds", "2", "--workers", "1", "--services", "embedded"];
    let Some((_, report)) = bench(&[&args[..], &pace].concat()) else { return };
    assert_eq!(report["turns"], 6, "{report:#}");
    // Words come 10 ms apart and are gathered for 30 ms: more than one in a chunk, and more than one chunk.
    let each = report["words_per_chunk"].as_f64().unwrap();
    assert!((1.0..12.0).contains(&each), "{report:#}");
    assert!(report["oldest_added"]["p99_ms"].as_f64() >= report["newest_added"]["p99_ms"].as_f64(), "{report:#}");
}

#[test]
fn turns_that_a_model_streams_at_its_pace_are_measured() {
    let pace = ["--pace", "--words", "12", "--first-token-ms", "20", "--between-ms", "10"];
    let args = ["turns", "--games", "4", "--concurrency", "4", "--seconds", "0.5", "--services", "embedded"];
    let Some((text, report)) = bench(&[&args[..], &pace].concat()) else { return };
    assert!(text.contains("a model that streams 12 words, the first after 20 ms, the others 10 ms apart"), "{text}");
    // The least that a turn takes is what the model takes.
    assert!(report["outcomes"][0]["turn"]["p50_ms"].as_f64().unwrap() >= 130.0, "{report:#}");
}

#[test]
fn what_a_store_holds_for_a_game_and_a_turn_is_measured() {
    for services in ["embedded", "local"] {
        if services == "local" && !has_redis() {
            println!("skipped: there is no redis-server on the PATH");
            continue;
        }
        let args = ["storage", "--games", "2", "--turns", "20", "--words", "20", "--first-token-ms", "1"];
        let args = [&args[..], &["--between-ms", "1", "--services", services]].concat();
        let Some((text, report)) = bench(&args) else { return };
        assert!(text.ends_with("every turn was played\n"), "{text}");
        // Two small games fit into pages that the file of the embedded store has already.
        let least = if services == "local" { 1.0 } else { 0.0 };
        assert!(report["unplayed_game"].as_f64().unwrap() >= least, "{report:#}");
        assert!(report["turn"].as_f64() > report["text"].as_f64(), "a text is kept: {report:#}");
    }
}

#[test]
fn what_the_harness_costs_is_told_beside_what_it_may() {
    let args = ["self", "--starts", "1", "--cases", "1", "--steps", "3", "--files", "5", "--no-suite"];
    let Some((text, report)) = bench(&[&args[..], &["--services", "embedded"]].concat()) else { return };
    assert!(text.contains("goals are reached"), "{text}");
    let step = report["costs"].as_array().unwrap().iter().find(|cost| cost["what"] == "a scripted chat step").unwrap();
    assert_eq!((&step["count"], &step["goal_ms"]), (&Value::from(3), &Value::from(25.0)));
}
