//! Services that run already: what can be run there is run, and what cannot says which thing it needs.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::{HARNESS, Project, assert_exit, engine, stderr, stdout};

const MODEL: &str = r#""model": {"entries": [{"match": {"kind": "text"}, "reply": "Fog."}, {"match": {"kind": "json"}, "reply": {"json":
    {"user_location": null, "scene_change": null, "item_events": [], "npc_events": [], "set_vars": [], "game_ended": false}}}]}"#;

/// A process that is ended when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits until it has said behind each of the words where it is.
fn start<const N: usize>(command: &mut Command, words: [&str; N]) -> (Running, [String; N]) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let running = Running(child);
    let mut urls = [const { String::new() }; N];
    while urls.iter().any(String::is_empty) {
        let line = lines.next().unwrap().unwrap();
        for (url, word) in urls.iter_mut().zip(words) {
            if let Some((_, place)) = line.split_once(word) {
                place.split_whitespace().next().unwrap().clone_into(url);
            }
        }
    }
    std::thread::spawn(move || lines.for_each(drop));
    (running, urls)
}

/// A case with a turn, and settings.
fn case(engine: &str, steps: &str) -> String {
    format!(
        r#"{{"name": "It goes on", "scenario": "ferry_crossing", "engine": {engine}, {MODEL},
            "steps": [{{"user_prompt": "I look.", "expect": {{"turn_counter": 1}}}} {steps}]}}"#
    )
}

#[test]
fn external_services_run_what_they_can_and_say_what_else_a_case_needs() {
    let Some(engine) = engine() else { return };
    let project = Project::new(&[
        ("cases/plain.json", &case("{}", "")),
        ("cases/hasty.json", &case(r#"{"worker": {"retry_delay_seconds": 0.01}}"#, "")),
        ("cases/patient.json", &case(r#"{"worker": {"retry_delay_seconds": 60}}"#, "")),
        ("cases/same.json", &case(r#"{"worker": {"max_retries": 3}}"#, "")),
        ("cases/other.json", &case(r#"{"worker": {"max_retries": 1}}"#, "")),
        (
            "cases/kills.json",
            &case(
                "{}",
                r#", {"kill": "worker[0]"}, {"start": "worker[0]"}, {"user_prompt": "I look.", "expect": {"turn_counter": 2}}"#,
            ),
        ),
        (
            "cases/operators.json",
            &case(
                "{}",
                r#", {"http": {"method": "GET", "path": "/readyz", "operators": true, "expect": {"status": 200}}}"#,
            ),
        ),
    ]);
    let mut mock_llm = Command::new(Path::new(HARNESS).with_file_name("mock-llm"));
    let (_mock, [mock]) = start(mock_llm.args(["--listen", "127.0.0.1:0"]), ["listening on "]);
    let settings = format!(
        "default_provider = \"mock\"\nadmin_listen = \"127.0.0.1:0\"\ndata_dir = {:?}\n[providers.mock]\nadapter = \"openai\"\n\
         model = \"mock-model\"\nbase_url = \"{mock}/v1/\"\n",
        project.path("data")
    );
    project.write("engine.toml", &settings);
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/content").canonicalize().unwrap();
    let mut command = Command::new(&engine);
    command
        .arg("--config")
        .arg(project.path("engine.toml"))
        .arg("--content")
        .arg(&content)
        .args(["--listen", "127.0.0.1:0"]);
    let (external, [api, operators]) = start(&mut command, ["listening on ", "admin "]);
    let run = |more: &[&str]| {
        let urls = ["run", "--services", "external", "--api-url", &api, "--mock-url", &mock];
        project.harness(&[&urls[..], more].concat())
    };

    let output = run(&[]);
    assert_exit(&output, 0);
    let said = stdout(&output);
    assert!(said.ends_with("2 passed, 0 failed, 5 skipped\n"), "{said}");
    for part in [
        "`worker.max_retries`, and no `--engine-config`",
        "`worker.retry_delay_seconds`",
        "no `--control`",
        "no `--operators-url`",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let output = run(&["--operators-url", &operators, "--filter", "operators"]);
    assert_exit(&output, 0);
    assert!(stdout(&output).ends_with("1 passed, 0 failed, 0 skipped\n"), "{}", stdout(&output));
    let output = run(&["--operators-url", "http://127.0.0.1:9"]);
    assert_exit(&output, 4);
    assert!(stderr(&output).contains("nothing answers at http://127.0.0.1:9"), "{}", stderr(&output));

    let effective =
        Command::new(&engine).arg("config").arg("--config").arg(project.path("engine.toml")).output().unwrap();
    project.write("effective.toml", &String::from_utf8(effective.stdout).unwrap());
    // Started again by the program, the engine is its child, and ends with the test by the pid that it leaves. One that is killed
    // holds its store until its files are closed.
    let control = project.script(
        "control.sh",
        &format!(
            "#!/bin/sh\ncd '{dir}'\necho \"$@\" >> asked\n[ -e pid ] || echo {pid} > pid\ncase \"$1\" in\n\
             kill) kill -9 $(cat pid); while [ -n \"$(ls /proc/$(cat pid)/fd 2>/dev/null)\" ]; do :; done;;\n\
             start) '{engine}' --config engine.toml --content '{content}' --listen 127.0.0.1:0 > log 2>/dev/null & echo $! > pid\n\
             until grep -q listening log; do :; done; sed -n 's/.*listening on //p' log;;\nesac\n",
            dir = project.path("").display(),
            pid = external.0.id(),
            engine = engine.display(),
            content = content.display()
        ),
    );
    let config = project.path("effective.toml").display().to_string();
    let output = run(&["--engine-config", &config, "--control", &control.display().to_string(), "--jobs", "1"]);
    let pid = project.read("pid");
    let _ = Command::new("kill").args(["-9", pid.trim()]).status();
    let said = stdout(&output);
    assert_exit(&output, 0);
    assert!(said.ends_with("4 passed, 0 failed, 3 skipped\n"), "{said}");
    assert!(said.contains("needs `worker.max_retries` = 1, and the external engine has 3"), "{said}");
    assert_eq!(project.read("asked"), "scale 1\nkill worker[0]\nstart worker[0]\n");
}
