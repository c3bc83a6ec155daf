//! The whole suite as a person runs it, in every mode that there is here.

use std::path::Path;
use std::process::Stdio;

use harness_runner::services::Mode;
use tokio::process::Command;
use tokio::time::Instant;

use super::Cost;
use crate::{BenchEnvironment, BenchError, Latency};

/// Runs it in each mode. What failed comes back too.
pub(super) async fn costs(suite: &Path, env: &BenchEnvironment<'_>) -> Result<(Vec<Cost>, Vec<String>), BenchError> {
    let (mut costs, mut findings) = (Vec::new(), Vec::new());
    for mode in [Mode::Embedded, Mode::Local, Mode::Docker] {
        let mut run = Command::new(std::env::current_exe().unwrap_or_default());
        run.arg("run").arg(suite).args(["--services", &mode.to_string()]);
        for (flag, program) in [("--engine", &env.programs.engine), ("--mock-llm", &env.programs.mock_llm)] {
            if let Some(program) = program {
                run.arg(flag).arg(program);
            }
        }
        run.stdin(Stdio::null()).kill_on_drop(true);
        let began = Instant::now();
        let output = run.output().await.map_err(|source| BenchError::File { path: suite.to_owned(), source })?;
        let took = began.elapsed();
        let what = format!("the suite on {mode}");
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().next_back().unwrap_or_default().to_owned();
        match output.status.code() {
            Some(0) => {
                let mut latency = Latency::default();
                latency.record(took);
                costs.push(Cost::of(what, &latency, None).note(last));
            }
            // No services of this kind here: that is no fault.
            Some(4) => costs.push(Cost::without(what, format!("{mode} does not work here"))),
            _ => {
                findings.push(format!("{what} failed: {last}"));
                costs.push(Cost::without(what, last));
            }
        }
    }
    Ok((costs, findings))
}
