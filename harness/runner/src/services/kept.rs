//! What `--keep` leaves running: a list of it, and a script that stops it.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A list of what was started to outlive the harness. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Kept(Arc<Mutex<Items>>);

#[derive(Debug, Default)]
struct Items {
    processes: Vec<KeptProcess>,
    containers: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone)]
struct KeptProcess {
    name: String,
    pid: i32,
    dir: PathBuf,
    ready: String,
}

impl Kept {
    pub(super) fn process(&self, name: &str, pid: i32, dir: &Path, ready: &str) {
        let (name, ready) = (name.to_owned(), ready.to_owned());
        self.lock().processes.push(KeptProcess { name, pid, dir: dir.to_owned(), ready });
    }

    pub(super) fn container(&self, name: &'static str, id: &str) {
        self.lock().containers.push((name, id.to_owned()));
    }

    /// Writes `stop.sh` into the run's directory; returns what runs, for people. `alive` says of a process group whether
    /// it is still there.
    pub fn farewell(&self, dir: &Path, alive: impl Fn(i32) -> bool) -> io::Result<String> {
        let items = self.lock();
        let running: Vec<&KeptProcess> = items.processes.iter().filter(|process| alive(process.pid)).collect();
        let mut text = String::from("still running:\n");
        // Writing to a String cannot fail, here and below.
        for process in &running {
            let place = process.dir.strip_prefix(dir).unwrap_or(&process.dir).display().to_string();
            let place = if place.is_empty() { String::new() } else { format!(" of {place}") };
            let _ = writeln!(text, "  {}{place} (pid {}): {}", process.name, process.pid, process.ready);
        }
        for (name, id) in &items.containers {
            let _ = writeln!(text, "  container {name}: {id}");
        }
        let mut script =
            String::from("#!/bin/sh\n# Stops what `harness run --keep` has left running, and removes its files.\n");
        for process in &running {
            let _ = writeln!(script, "kill -KILL -{} # {}", process.pid, process.name);
        }
        for (_, id) in &items.containers {
            let _ = writeln!(script, "docker rm --force --volumes {id}");
        }
        let quoted = dir.display().to_string().replace('\'', r"'\''");
        let _ = writeln!(script, "rm -r '{quoted}'");
        let path = dir.join("stop.sh");
        fs::write(&path, script)?;
        let _ =
            write!(text, "logs, configurations and stores: {}\nto end all of it: sh {}", dir.display(), path.display());
        Ok(text)
    }

    fn lock(&self) -> MutexGuard<'_, Items> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_still_runs_is_listed_and_the_script_ends_it() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::default();
        kept.process("api", 41, &dir.path().join("test_x"), "listening on http://127.0.0.1:9");
        kept.process("worker0", 42, &dir.path().join("test_x"), "worker ready");
        kept.container("redis", "abc");
        let text = kept.farewell(dir.path(), |pid| pid == 41).unwrap();
        assert!(text.contains("  api of test_x (pid 41): listening on http://127.0.0.1:9\n"), "{text}");
        assert!(!text.contains("worker0") && text.contains("container redis: abc"), "{text}");
        let script = fs::read_to_string(dir.path().join("stop.sh")).unwrap();
        assert!(script.contains("kill -KILL -41 # api\n") && !script.contains("-42"), "{script}");
        assert!(script.contains("docker rm --force --volumes abc\n"), "{script}");
    }
}
