//! Acts on processes that are not the harness's own, by a program that an operator gives: `PROGRAM kill worker[0]`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use harness_case::ProcessAction;
use tokio::process::Command;

/// How long the program may take, before `HARNESS_TIME_FACTOR` stretches it.
const LIMIT: Duration = Duration::from_mins(1);

/// A program that does to a process what a step says: its arguments are the verb and the target, or `scale` and a number of
/// workers. It has been done when the program ends with 0. A line of its stdout that is a URL is where the service is from then on.
#[derive(Debug, Clone)]
pub struct Control {
    program: PathBuf,
    /// Where the service is since the program has said so; clones share it.
    moved: Arc<Mutex<Option<String>>>,
}

impl Control {
    /// The program at this path.
    #[must_use]
    pub fn new(program: &Path) -> Self {
        Self { program: program.to_owned(), moved: Arc::default() }
    }

    /// Where the service is, if the program has moved it.
    pub(crate) fn moved(&self) -> Option<String> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Does what a step says.
    pub(crate) async fn act(&self, action: &ProcessAction) -> Result<Option<String>, String> {
        self.run([action.verb.to_string(), action.target.to_string()]).await
    }

    /// Has so many workers, all of them running.
    pub(crate) async fn scale(&self, workers: usize) -> Result<Option<String>, String> {
        self.run(["scale".to_owned(), workers.to_string()]).await
    }

    async fn run(&self, arguments: [String; 2]) -> Result<Option<String>, String> {
        let line = format!("{} {}", self.program.display(), arguments.join(" "));
        let mut command = Command::new(&self.program);
        command.args(&arguments).stdin(Stdio::null()).kill_on_drop(true);
        let ended = tokio::time::timeout(crate::stretched(LIMIT), command.output()).await;
        let output = ended.map_err(|_| format!("`{line}` had not ended {} s later", LIMIT.as_secs()))?;
        let output = output.map_err(|error| format!("`{line}` cannot be started: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`{line}` ended with {}: {}", output.status, said.trim()));
        }
        let said = String::from_utf8_lossy(&output.stdout);
        let url = said.lines().map(str::trim).rfind(|line| line.starts_with("http://"));
        let url = url.map(|url| url.trim_end_matches('/').to_owned());
        if url.is_some() {
            self.moved.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&url);
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use harness_case::{Target, Verb};

    use super::*;

    async fn act(script: &str) -> Result<Option<String>, String> {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("control");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Control::new(&program).act(&ProcessAction { verb: Verb::Kill, target: Target::nth("worker", 1) }).await
    }

    #[tokio::test]
    async fn the_program_is_told_what_to_do_and_may_say_where_the_service_is() {
        assert_eq!(act("[ \"$1 $2\" = 'kill worker[1]' ]").await, Ok(None));
        assert_eq!(act("echo starting; echo http://127.0.0.1:7/").await, Ok(Some("http://127.0.0.1:7".to_owned())));
        let error = act("echo there is none >&2; exit 3").await.unwrap_err();
        assert!(error.contains("kill worker[1]` ended with exit status: 3: there is none"), "{error}");
    }
}
