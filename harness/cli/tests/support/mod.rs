//! A directory with cases, and the program run in it.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) const HARNESS: &str = env!("CARGO_BIN_EXE_harness");

/// A case that passes at once.
pub(crate) const GOOD: &str =
    r#"{"name": "It begins at nought", "scenario": "ferry_crossing", "steps": [{"expect": {"turn_counter": 0}}]}"#;

/// A case that fails at once.
pub(crate) const BAD: &str =
    r#"{"name": "It begins at seven", "scenario": "ferry_crossing", "steps": [{"expect": {"turn_counter": 7}}]}"#;

/// A case that waits for a minute: the model holds its answer back.
pub(crate) const SLOW: &str = r#"{"name": "Nobody answers", "scenario": "ferry_crossing",
    "model": {"entries": [{"match": {"kind": "text"}, "reply": {"text": "The bell", "gate": "never"}}]},
    "steps": [{"user_prompt": "I ring.", "timeout_seconds": 60}]}"#;

pub(crate) struct Project(tempfile::TempDir);

impl Project {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// A program, as a shell script.
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(name, text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        self.path(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(HARNESS);
        command.args(args).current_dir(self.0.path()).env_remove("HARNESS_TIME_FACTOR");
        command
    }

    pub(crate) fn harness(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// `harness run` on the embedded store, with the repository's content.
    pub(crate) fn run_command(&self, args: &[&str]) -> Command {
        let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/content");
        let mut command = self.command(&["run", "--services", "embedded"]);
        command.arg("--content").arg(content).args(args);
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.run_command(args).output().unwrap()
    }
}

/// The engine next to the harness, if it and the model are there. A test that needs them says that it was
/// skipped where they are not.
pub(crate) fn engine() -> Option<PathBuf> {
    let [engine, model] = ["engine", "mock-llm"].map(|name| Path::new(HARNESS).with_file_name(name));
    let there = engine.is_file() && model.is_file();
    if !there {
        println!("skipped: there is no engine next to the harness; `cargo build --workspace --bins` makes it");
    }
    there.then_some(engine)
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The exit code, with all that was said if it is another one.
#[track_caller]
pub(crate) fn assert_exit(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}\n{}", stdout(output), stderr(output));
}
