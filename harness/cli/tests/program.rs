//! The program from outside: exit codes, messages, and that nothing outlives it.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const HARNESS: &str = env!("CARGO_BIN_EXE_harness");

fn harness(args: &[&str], dir: &Path) -> Output {
    Command::new(HARNESS).args(args).current_dir(dir).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A directory with one file in it.
fn directory(name: &str, content: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), content).unwrap();
    dir
}

#[test]
fn a_mistake_in_a_case_is_shown_with_line_caret_and_suggestion() {
    let dir = directory("bad.json", "{\n  \"name\": \"x\",\n  \"scenario\": \"s\",\n  \"stpes\": []\n}\n");
    let output = harness(&["check", "bad.json"], dir.path());
    assert_eq!(output.status.code(), Some(3));
    let error = text(&output.stderr);
    for part in ["bad.json:4:3", "unknown key `stpes`", "did you mean `steps`?", "───┬───"] {
        assert!(error.contains(part), "{part}\n{error}");
    }
}

const OLD: &str = r#"{"name": "x", "scenario": "ferry_crossing", "steps": [
    {"user_prompt": "hello", "expect_in_narrative": ["sea"]},
    {"user_prompt": "hello", "expect": {"user_location": "ferry"}}]}"#;

#[test]
fn check_wants_the_right_names_and_says_where() {
    let dir = directory("old.json", OLD);
    let output = harness(&["check", "old.json"], dir.path());
    assert_eq!(output.status.code(), Some(3));
    let error = text(&output.stderr);
    for part in
        ["old.json:2:30", "expect.response_contains", "old.json:3:41", "`expect` has no `user_location`", "`location`"]
    {
        assert!(error.contains(part), "{part}\n{error}");
    }
}

#[test]
fn run_and_a_lenient_check_read_old_names_as_what_they_were_meant_to_be() {
    let dir = directory("old.json", OLD);
    let checks = ["check", "old.json", "--lenient"];
    let runs = ["run", "old.json", "--list"];
    for (args, says) in [(checks, "expect.response_contains"), (runs, "`harness check` shows them")] {
        let output = harness(&args, dir.path());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(says), "{}", text(&output.stderr));
    }
}

#[test]
fn a_key_that_is_there_twice_is_an_error() {
    let case = r#"{"name": "x", "scenario": "ferry_crossing", "steps": [{"user_prompt": "a", "user_prompt": "b"}]}"#;
    let output = harness(&["check", "--lenient", "twice.json"], directory("twice.json", case).path());
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("the key `user_prompt` is here twice"), "{}", text(&output.stderr));
}

#[test]
fn the_schema_knows_every_part_of_a_case() {
    let output = harness(&["schema"], Path::new("."));
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for key in ["name", "scenario", "seed_game_state", "steps", "cases", "model", "engine", "snapshot"] {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn the_schema_can_be_written_to_a_file() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(harness(&["schema", "--out", "case.schema.json"], dir.path()).status.code(), Some(0));
    let written = fs::read_to_string(dir.path().join("case.schema.json")).unwrap();
    assert_eq!(written, text(&harness(&["schema"], dir.path()).stdout));
}

#[test]
fn without_its_programs_nothing_is_run_and_the_error_says_what_to_build() {
    let case = r#"{"name": "x", "scenario": "ferry_crossing", "steps": [{"user_prompt": "hello"}]}"#;
    let dir = directory("case.json", case);
    let lonely = dir.path().join("harness");
    fs::copy(HARNESS, &lonely).unwrap();
    let args = ["run", "case.json", "--services", "embedded", "--content", "."];
    let output = Command::new(&lonely).args(args).current_dir(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("cargo build --workspace --bins"), "{}", text(&output.stderr));
}

#[test]
fn services_that_were_asked_for_and_are_not_there_are_an_error() {
    let case = r#"{"name": "x", "scenario": "ferry_crossing", "steps": [{"user_prompt": "hello"}]}"#;
    let dir = directory("case.json", case);
    // Port 9 is the discard service: nothing answers HTTP there.
    let external = ["external", "--api-url", "http://127.0.0.1:9", "--mock-url", "http://127.0.0.1:9"];
    // Who says where the API is means that one, also without saying `external`.
    let named = ["auto", "--api-url", "http://127.0.0.1:9", "--mock-url", "http://127.0.0.1:9"];
    // Without a PATH there is no redis-server.
    for (services, what) in [
        (&external[..], "nothing answers at"),
        (&named, "nothing answers at"),
        (&["local"], "apt-get install redis-server"),
    ] {
        let mut command = Command::new(HARNESS);
        command.args(["run", "case.json", "--content", ".", "--engine", "/bin/true", "--mock-llm", "/bin/true"]);
        command.arg("--services").args(services).current_dir(dir.path()).env("PATH", "");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
        assert!(text(&output.stderr).contains(what), "{}", text(&output.stderr));
    }
}

#[test]
fn a_signal_in_the_first_moments_leaves_no_directory() {
    let case = r#"{"name": "x", "scenario": "ferry_crossing", "steps": [{"user_prompt": "hello"}]}"#;
    let dir = directory("case.json", case);
    let temp = tempfile::tempdir().unwrap();
    // A model that never says that it is ready: the run is starting its services when the signal comes.
    let (model, started) = (dir.path().join("model.sh"), dir.path().join("started"));
    assert!(Command::new("mkfifo").arg(&started).status().unwrap().success());
    fs::write(&model, format!("#!/bin/sh\necho > '{}'\nexec sleep 60\n", started.display())).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&model, executable).unwrap();
    let mut command = Command::new(HARNESS);
    command.args([
        "run",
        "case.json",
        "--services",
        "embedded",
        "--content",
        ".",
        "--engine",
        "/bin/true",
        "--mock-llm",
    ]);
    let mut run = command.arg(&model).current_dir(dir.path()).env("TMPDIR", temp.path()).spawn().unwrap();
    fs::read(&started).unwrap();
    let pid = rustix::process::Pid::from_raw(i32::try_from(run.id()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0);
}

#[test]
fn chaos_that_makes_no_sense_is_refused_before_anything_is_started() {
    let output = harness(&["chaos", "--services", "embedded", "--redis-faults"], Path::new("."));
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--services local"), "{}", text(&output.stderr));
}

#[test]
fn a_process_dies_with_a_parent_that_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let fifo: PathBuf = dir.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // The child keeps the pipe open: its end shows as end of file.
    let script =
        format!("'{HARNESS}' supervise $$ -- /bin/sh -c 'echo up; exec sleep 1000' > '{}' & wait", fifo.display());
    let mut parent = Command::new("/bin/sh").arg("-c").arg(script).spawn().unwrap();
    let mut pipe = fs::File::open(&fifo).unwrap();
    let mut up = [0; 3];
    pipe.read_exact(&mut up).unwrap();
    assert_eq!(&up, b"up\n");
    parent.kill().unwrap();
    parent.wait().unwrap();
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || sender.send(pipe.read_to_end(&mut Vec::new()).is_ok()));
    assert_eq!(ended.recv_timeout(Duration::from_secs(20)), Ok(true), "the child outlived its parent");
}

#[test]
fn a_process_is_not_started_for_a_parent_that_is_gone() {
    let output = harness(&["supervise", "1", "--", "/bin/echo", "up"], Path::new("."));
    assert_eq!(text(&output.stdout), "");
    assert!(text(&output.stderr).contains("the harness is gone"), "{}", text(&output.stderr));
}

#[test]
fn a_case_is_explained_in_plain_words() {
    let case = r#"{"name": "x", "scenario": "ferry_crossing", "steps": [{"kill": "worker[0]"}, {"expect": {"location": "pier"}}]}"#;
    let dir = directory("case.json", case);
    let output = harness(&["explain", "case.json"], dir.path());
    assert_eq!(output.status.code(), Some(0));
    let words = text(&output.stdout);
    for part in
        ["1. kills worker 0 with SIGKILL (within 10 s)", "then the player is in `pier`", "without being asked for"]
    {
        assert!(words.contains(part), "{part}\n{words}");
    }
    assert_eq!(harness(&["explain", "nowhere.json"], dir.path()).status.code(), Some(3));
}

#[test]
fn shells_can_complete_commands_and_flags() {
    for shell in ["bash", "zsh", "fish"] {
        let output = harness(&["completions", shell], Path::new("."));
        assert_eq!(output.status.code(), Some(0));
        let script = text(&output.stdout);
        assert!(script.contains("last-failed") && script.contains("explain"), "{shell}: {script}");
    }
}

#[test]
fn help_shows_the_flags_in_groups_with_examples_and_exit_codes() {
    let help = text(&harness(&["run", "--help"], Path::new(".")).stdout);
    for part in ["Which cases:", "Time limits:", "Services and programs:", "Examples:", "Exit codes:", "130 Ctrl-C"] {
        assert!(help.contains(part), "{part}\n{help}");
    }
}

#[test]
fn a_gate_or_a_placeholder_that_is_misspelt_is_found_before_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let check = |steps: &str, model: &str| {
        let case = format!(r#"{{"name": "x", "scenario": "ferry_crossing.json", {model} "steps": [{steps}]}}"#);
        fs::write(dir.path().join("case.json"), case).unwrap();
        let output = harness(&["check", "case.json"], dir.path());
        (output.status.code(), text(&output.stderr))
    };
    let model = r#""model": {"entries": [{"match": {}, "reply": {"text": "Ready.", "gate": "half"}}]},"#;
    let actors = |gate: &str| format!(r#"{{"actors": {{"ada": [{{"gate": {{"open": "{gate}"}}}}]}}}}"#);
    assert_eq!(check(&actors("half"), model).0, Some(0));
    let (code, said) = check(&actors("hlaf"), model);
    assert!(code == Some(3) && said.contains("did you mean `half`?"), "{said}");
    let (code, said) = check(r#"{"gate": {"wait": "half"}}"#, "");
    assert!(code == Some(3) && said.contains("a reply waits where it has a"), "{said}");

    let read = r#"{"http": {"method": "GET", "path": "/v1/lanes", "capture": {"first": {"json": "/0"}}}}"#;
    let then = |name: &str| format!(r#"{read}, {{"http": {{"method": "GET", "path": "/v1/games/{{{name}}}"}}}}"#);
    for name in ["first", "game", "game.last"] {
        assert_eq!(check(&then(name), "").0, Some(0), "{name}");
    }
    let (code, said) = check(&then("frist"), "");
    assert!(code == Some(3) && said.contains("did you mean `{first}`?"), "{said}");
}

#[test]
fn a_name_that_the_profile_does_not_have_is_a_mistake_in_the_case() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("harness.toml"),
        "name = \"x\"\nurl = \"http://127.0.0.1:9\"\n[events]\nnames = [\"done\"]\n",
    )
    .unwrap();
    let case = r#"{"name": "x", "steps": [{"wait_for": {"event": "dome"}}]}"#;
    fs::write(dir.path().join("case.json"), case).unwrap();
    let output = harness(&["check", "case.json"], dir.path());
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("did you mean `done`?"), "{}", text(&output.stderr));
}

#[test]
fn the_preset_that_is_advised_is_taken() {
    let case = r#"{"name": "x", "scenario": "ferry_crossing", "steps": [{"user_prompt": "a", "expect": {"turn_counter": 1}}]}"#;
    let dir = directory("case.json", case);
    let args = ["run", "case.json", "--list", "--preset", "nope"];
    let unknown = harness(&args, dir.path());
    assert_eq!(unknown.status.code(), Some(2));
    let said = text(&unknown.stderr);
    let header = said.split('`').find(|part| part.starts_with('[')).unwrap();
    fs::write(dir.path().join("harness.toml"), format!("{header}\nretries = 1\n")).unwrap();
    let known = harness(&args, dir.path());
    assert_eq!(known.status.code(), Some(0), "{header}\n{}", text(&known.stderr));
}

#[test]
fn a_mistake_in_a_long_file_is_shown_in_a_few_lines() {
    let steps = vec!["{\"user_prompt\": \"a\"}"; 400].join(",\n");
    let output =
        harness(&["check", "long.json"], directory("long.json", &format!("{{\"steps\": [\n{steps}]}}")).path());
    assert_eq!(output.status.code(), Some(3));
    let error = text(&output.stderr);
    assert!(error.contains("long.json:1:1") && error.lines().count() < 15, "{error}");
}

#[test]
fn a_case_that_expects_nothing_gets_a_warning_and_fails_nothing() {
    let case = r#"{"name": "x", "scenario": "ferry_crossing", "steps": [{"user_prompt": "a"}]}"#;
    let dir = directory("case.json", case);
    for args in [&["check", "case.json"][..], &["run", "case.json", "--list"]] {
        let output = harness(args, dir.path());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("no step of this case expects anything"), "{}", text(&output.stderr));
    }
    fs::write(dir.path().join("other.json"), case).unwrap();
    let error = text(&harness(&["run", ".", "--list"], dir.path()).stderr);
    assert!(error.contains("2 warnings on these cases: `harness check` shows them"), "{error}");
}

#[test]
fn a_directory_with_nothing_but_files_that_are_passed_over_has_no_cases() {
    let output = harness(&["check", "."], directory("bell.jsonc", "{}").path());
    assert_eq!(output.status.code(), Some(2));
    let error = text(&output.stderr);
    assert!(error.contains("bell.jsonc") && error.contains("there are no cases"), "{error}");
}
