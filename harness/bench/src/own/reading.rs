//! Reading: case files, and snapshots.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use harness_case::profile::Profile;
use harness_case::{Reading, discover};
use harness_runner::snapshot;
use serde_json::json;
use tokio::process::Command;
use tokio::time::Instant;

use super::{Cost, Options};
use crate::deployment::nothing_changes;
use crate::{BenchEnvironment, BenchError, Latency};

const CHECK_GOAL_MS: f64 = 100.0;
/// How often cases are read.
const READINGS: usize = 5;
/// How often a snapshot is compared.
const COMPARISONS: usize = 200;

/// Reads case files in this process and in one of its own, and compares a snapshot.
pub(super) async fn costs(options: &Options, env: &BenchEnvironment<'_>) -> Result<Vec<Cost>, BenchError> {
    let dir = env.subdir("files")?;
    for number in 0..options.files {
        write(&dir.join(format!("test_{number}.json")), &file(number))?;
    }
    let (paths, profile) = ([dir.clone()], Profile::story_engine());
    let (mut read, mut checked) = (Latency::default(), Latency::default());
    for _ in 0..READINGS {
        let began = Instant::now();
        let found = discover(&paths, &Reading::of(&profile));
        read.record(began.elapsed());
        if let Some(error) = found.errors.first() {
            return Err(BenchError::Server {
                server: "the harness",
                what: "read its own cases",
                reason: error.to_string(),
            });
        }
        let began = Instant::now();
        let program = std::env::current_exe().unwrap_or_default();
        let mut check = Command::new(program);
        check.arg("check").arg(&dir).stdout(Stdio::null()).stderr(Stdio::null());
        let status = check.status().await.map_err(|source| BenchError::File { path: dir.clone(), source })?;
        checked.record(began.elapsed());
        if !status.success() {
            let reason = format!("`harness check` ends with {status}");
            return Err(BenchError::Server { server: "the harness", what: "read its own cases", reason });
        }
    }
    let size = std::fs::metadata(dir.join("test_0.json")).map_or(0, |file| file.len());
    let what = |how: &str| format!("`check` of {} cases, {how}", options.files);
    Ok(vec![
        Cost::of(what("as a program"), &checked, Some(CHECK_GOAL_MS)).note(format!("{size} bytes each")),
        Cost::of(what("reading alone"), &read, None),
        Cost::of("a snapshot compared", &compare(&env.subdir("snapshots")?)?, None).note("8 kB, the same"),
    ])
}

fn compare(dir: &Path) -> Result<Latency, BenchError> {
    let path = dir.join("bench.events.snap");
    let mut text = String::new();
    for line in 0..100 {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{line:>4} game.state_updated [request#{line}] {{\"version\": {line}, \"location\": \"landing\"}}"
        );
    }
    let failed = |source| BenchError::File { path: path.clone(), source };
    snapshot::compare(&path, "bench.json", &text, true).map_err(failed)?;
    let mut compared = Latency::default();
    for _ in 0..COMPARISONS {
        let began = Instant::now();
        snapshot::compare(&path, "bench.json", &text, false).map_err(failed)?;
        compared.record(began.elapsed());
    }
    Ok(compared)
}

/// A case file of the size that the project's own have.
fn file(number: usize) -> String {
    let entry = |n: usize| {
        json!({
            "name": format!("answer {n}"),
            "match": { "kind": "text", "user": { "contains": format!("say {n}") } },
            "reply": format!("You say {n}, and the water says it back, a little later and a little lower."),
        })
    };
    let step = |n: usize| {
        json!({
            "name": format!("say {n}"),
            "user_prompt": format!("I say {n}."),
            "as": format!("turn{n}"),
            "expect": {
                "status": "completed",
                "attempt": 1,
                "location": "landing",
                "response_contains": ["the water says it back"],
                "events": { "exactly": ["request.queued", "request.processing", "chat.chunk", "request.completed"] },
            },
        })
    };
    let entries: Vec<_> = (0..4).map(entry).chain([nothing_changes()]).collect();
    let case = json!({
        "name": format!("Case {number} says what must hold, in a sentence"),
        "tags": ["bench"],
        "scenario": "ferry_crossing",
        "model": { "entries": entries },
        "steps": (0..4).map(step).collect::<Vec<_>>(),
    });
    format!("{case:#}")
}

fn write(path: &PathBuf, text: &str) -> Result<(), BenchError> {
    std::fs::write(path, text).map_err(|source| BenchError::File { path: path.clone(), source })
}

#[cfg(test)]
mod tests {
    use harness_case::parse;

    use super::*;

    #[test]
    fn the_files_are_cases_of_a_usual_size() {
        let text = file(7);
        parse(&text, Path::new("test_7.json"), &Profile::story_engine()).unwrap();
        assert!((2000..5000).contains(&text.len()), "{}", text.len());
    }
}
