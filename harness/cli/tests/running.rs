//! How often cases run, when they stop, and what is left of them, with the real engine.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::{BAD, GOOD, Project, SLOW, assert_exit, engine, stderr, stdout};

/// An engine of which the nth start fails, and no other.
fn engine_that_fails_at(start: usize, engine: &Path, project: &Project) -> String {
    let script = format!(
        "#!/bin/sh\necho >> '{dir}/starts'\n[ $(wc -l < '{dir}/starts') -eq {start} ] && exit 1\nexec '{engine}' \"$@\"\n",
        dir = project.path("").display(),
        engine = engine.display()
    );
    project.script("engine.sh", &script).display().to_string()
}

#[test]
fn a_case_that_is_repeated_is_numbered_and_one_failure_is_enough() {
    let Some(engine) = engine() else { return };
    let project = Project::new(&[("cases/good.json", GOOD)]);
    let engine = engine_that_fails_at(2, &engine, &project);
    let output = project.run(&["--repeat", "3", "--jobs", "1", "--engine", &engine]);
    assert_exit(&output, 1);
    let text = stdout(&output);
    for line in ["good (1/3)", "good (2/3) (cases/good.json)", "good (3/3)", "2 passed, 1 failed"] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(stderr(&output).contains("good: 1 of 3 failed"), "{}", stderr(&output));
    assert_eq!(stdout(&project.run(&["--last-failed", "--list"])).lines().count(), 1);
}

#[test]
fn a_case_stops_before_each_step_and_after_a_failure_and_says_what_holds() {
    if engine().is_none() {
        return;
    }
    let two = r#"{"name": "x", "scenario": "ferry_crossing", "steps": [
        {"expect": {"turn_counter": 0}}, {"expect": {"turn_counter": 7, "location": "landing"}}]}"#;
    let project = Project::new(&[("cases/two.json", two)]);
    let mut command = project.run_command(&["--debug"]);
    let mut run = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Look again, the first step, the second one; after its failure the end of stdin goes on.
    run.stdin.take().unwrap().write_all(b"l\n\n\n").unwrap();
    let output = run.wait_with_output().unwrap();
    assert_exit(&output, 1);
    let text = stderr(&output);
    assert_eq!(text.matches("\n1. ").count(), 2, "{text}");
    for part in
        ["all of this holds", "expect.turn_counter: expected 7, actual 0", "it has failed", "the service is at http://"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("expect.location"), "{text}");
}

#[test]
fn until_fail_ends_with_the_first_failure() {
    let Some(engine) = engine() else { return };
    let project = Project::new(&[("cases/good.json", GOOD)]);
    let engine = engine_that_fails_at(3, &engine, &project);
    let output = project.run(&["--until-fail", "--jobs", "1", "--engine", &engine]);
    assert_exit(&output, 1);
    let text = stdout(&output);
    assert!(text.contains("good (2)\n") && text.contains("good (3) (cases") && !text.contains("good (4)"), "{text}");
}

#[test]
fn a_case_that_passes_when_it_is_tried_again_is_flaky() {
    let Some(engine) = engine() else { return };
    let project = Project::new(&[("cases/good.json", GOOD)]);
    let broken = engine_that_fails_at(1, &engine, &project);
    let output = project.run(&["--retries", "1", "--engine", &broken]);
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("FLAKY"), "{}", stdout(&output));
    project.remove("starts");
    assert_exit(&project.run(&["--retries", "1", "--flaky", "fail", "--engine", &broken]), 6);
    let output = project.run(&["--last-failed"]);
    assert_exit(&output, 0);
    assert!(stdout(&output).contains("1 passed"), "it was not remembered: {}", stderr(&output));
    assert_eq!(stderr(&project.run(&["--last-failed"])), "nothing is left that failed or was not run\n");
}

#[test]
fn retries_do_not_help_a_case_that_is_wrong() {
    if engine().is_none() {
        return;
    }
    let output = Project::new(&[("cases/bad.json", BAD)]).run(&["--retries", "2"]);
    assert_exit(&output, 1);
    assert_eq!(stdout(&output).matches("FAIL").count(), 1, "{}", stdout(&output));
}

#[test]
fn after_a_failure_nothing_else_is_started_and_what_was_not_run_is_remembered() {
    if engine().is_none() {
        return;
    }
    let project = Project::new(&[("cases/a.json", GOOD), ("cases/b.json", BAD), ("cases/c.json", GOOD)]);
    let output = project.run(&["--fail-fast", "--jobs", "1"]);
    assert_exit(&output, 1);
    assert!(stdout(&output).ends_with("1 passed, 1 failed, 0 skipped, 1 not run\n"), "{}", stdout(&output));
    let list = stdout(&project.run(&["--last-failed", "--list"]));
    let ids: Vec<&str> = list.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(ids, ["b", "c"]);
    project.write("cases/b.json", GOOD);
    assert_exit(&project.run(&["--last-failed"]), 0);
    assert_eq!(stderr(&project.run(&["--last-failed"])), "nothing is left that failed or was not run\n");
}

#[test]
fn an_engine_that_does_not_connect_in_time_is_started_again_and_one_that_fails_is_not() {
    let Some(engine) = engine() else { return };
    let project = Project::new(&[("cases/good.json", GOOD)]);
    let script = |says: &str| {
        format!(
            "#!/bin/sh\n[ -e '{mark}' ] || {{ touch '{mark}'; echo '{says}' >&2; exit 1; }}\nexec '{engine}' \"$@\"\n",
            mark = project.path("mark").display(),
            engine = engine.display()
        )
    };
    let busy = project.script("busy.sh", &script("error: cannot reach Redis: timed out"));
    assert_exit(&project.run(&["--engine", &busy.display().to_string()]), 0);
    project.remove("mark");
    let broken = project.script("broken.sh", &script("error: the configuration is wrong"));
    assert_exit(&project.run(&["--engine", &broken.display().to_string()]), 1);
}

#[test]
fn settings_that_the_engine_refuses_point_at_the_case_that_makes_them() {
    if engine().is_none() {
        return;
    }
    // The published schema knows the names of settings, and the engine knows which values go together.
    let case = GOOD.replace(r#""steps""#, "\"engine\": {\"worker\": {\n\"concurrent_workers\": 0}},\n\"steps\"");
    let output = Project::new(&[("cases/odd.json", &case)]).run(&[]);
    assert_exit(&output, 1);
    let text = stdout(&output);
    let line = "cases/odd.json:2: the engine refuses what this case sets in `engine`";
    assert!(text.contains(line) && text.contains("concurrent_workers"), "{text}");
}

#[test]
fn what_a_narration_must_not_say_is_looked_at_until_its_end() {
    if engine().is_none() {
        return;
    }
    let case = r#"{"name": "Nothing shines", "scenario": "ferry_crossing",
        "model": {"entries": [
            {"match": {"kind": "text"}, "reply": {"text": "The lamp is amber.", "pace": {"first_token_ms": 200}}},
            {"match": {"kind": "json"}, "reply": {"json": {"user_location": null, "scene_change": null, "item_events": [],
                "npc_events": [], "set_vars": [], "game_ended": false}}}]},
        "steps": [
            {"user_prompt": "I look.", "as": "look", "wait": false},
            {"expect": {"request": "look", "response_not_contains": ["amber"]}}]}"#;
    let output = Project::new(&[("cases/amber.json", case)]).run(&[]);
    assert_exit(&output, 1);
    assert!(stdout(&output).contains("expect.response_not_contains"), "{}", stdout(&output));
}

#[test]
fn a_run_in_which_every_case_is_skipped_has_not_succeeded() {
    if engine().is_none() {
        return;
    }
    let case = r#"{"name": "It needs Redis", "scenario": "ferry_crossing", "requires": ["redis"],
        "steps": [{"expect": {"turn_counter": 0}}]}"#;
    let project = Project::new(&[("cases/redis.json", case)]);
    let output = project.run(&[]);
    assert_exit(&output, 4);
    assert!(stderr(&output).contains("no case could be run with these services"), "{}", stderr(&output));
    project.write("cases/good.json", GOOD);
    assert_exit(&project.run(&[]), 0);
}

#[test]
fn a_case_that_takes_too_long_fails_with_its_timeline() {
    if engine().is_none() {
        return;
    }
    let output = Project::new(&[("cases/slow.json", SLOW)]).run(&["--case-timeout", "1"]);
    assert_exit(&output, 1);
    let text = stdout(&output);
    assert!(text.contains("not over after 1 s (--case-timeout)") && text.contains("timeline:"), "{text}");
}

#[test]
fn a_case_whose_process_does_not_end_says_which_one_it_waits_for() {
    let Some(engine) = engine() else { return };
    let project = Project::new(&[("cases/good.json", GOOD)]);
    // The engine ends; the shell goes on, and so does what it waits for.
    let script = format!("#!/bin/sh\ntrap '' TERM\n'{}' \"$@\"\nsleep 60\n", engine.display());
    let stubborn = project.script("engine.sh", &script).display().to_string();
    // Six seconds in place of ten: a case is slow after five.
    let output = project.run_command(&["--engine", &stubborn]).env("HARNESS_TIME_FACTOR", "0.6").output().unwrap();
    assert_exit(&output, 1);
    let text = stdout(&output);
    assert!(text.contains("good: check … api to end after SIGTERM"), "{text}");
    assert!(text.contains("api had not ended 6 s after SIGTERM"), "{text}");
}

#[test]
fn a_run_that_takes_too_long_is_cut_short_and_reported() {
    if engine().is_none() {
        return;
    }
    let project = Project::new(&[("cases/slow.json", SLOW)]);
    let output = project.run(&["--timeout", "4", "--junit", "report.xml"]);
    assert_exit(&output, 1);
    assert!(stdout(&output).ends_with("0 passed, 0 failed, 0 skipped, 1 not run\n"), "{}", stdout(&output));
    assert!(stderr(&output).contains("not over after 4 s (--timeout)"), "{}", stderr(&output));
    assert!(project.path("report.xml").is_file());
}

#[test]
fn snapshots_that_wait_have_an_exit_code_of_their_own() {
    if engine().is_none() {
        return;
    }
    let case = GOOD.replace("\"steps\"", "\"snapshot\": {\"state\": true}, \"steps\"");
    let project = Project::new(&[("cases/good.json", &case)]);
    assert_exit(&project.run(&["--retries", "3"]), 5);
    assert_exit(&project.run(&["--update"]), 0);
    assert_exit(&project.run(&[]), 0);
}

#[test]
fn snapshots_that_belong_to_no_case_are_reported_when_everything_was_run() {
    if engine().is_none() {
        return;
    }
    let orphan = "cases/snapshots/gone.events.snap";
    let project = Project::new(&[("cases/good.json", GOOD), (orphan, "")]);
    let output = project.run(&[]);
    assert_exit(&output, 0);
    assert!(stderr(&output).contains(orphan), "{}", stderr(&output));
    for args in [["--filter", "good"].as_slice(), &["cases/good.json"], &["--unreferenced", "ignore"]] {
        let output = project.run(args);
        assert!(!stderr(&output).contains(orphan), "{args:?}");
    }
    assert_exit(&project.run(&["--unreferenced", "fail"]), 5);
    assert!(project.path(orphan).exists());
    assert_exit(&project.run(&["--unreferenced", "delete"]), 0);
    assert!(!project.path(orphan).exists());
}

#[test]
fn ctrl_c_ends_what_was_started() {
    if engine().is_none() {
        return;
    }
    let project = Project::new(&[("cases/slow.json", SLOW)]);
    let mut command = project.run_command(&["--junit", "report.xml"]);
    let mut child =
        command.env("TMPDIR", project.path("")).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("1 case, services: embedded"));
    // What a kill would leave.
    let report = || std::fs::read_to_string(project.path("report.xml")).unwrap();
    assert!(report().contains("errors=\"1\"") && report().contains("the run was killed"), "{}", report());
    signal(&child, "INT");
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(rest.last().unwrap(), "0 passed, 0 failed, 0 skipped, 1 not run");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let left = std::fs::read_dir(project.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().starts_with("harness-")).collect();
    assert!(left.is_empty(), "{left:?} is left");
    assert!(report().contains("the run was cut short") && !report().contains("killed"), "{}", report());
}

#[test]
fn watch_runs_again_when_a_case_changes_and_cuts_a_run_short_for_it() {
    if engine().is_none() {
        return;
    }
    let project = Project::new(&[("cases/x.json", GOOD)]);
    let mut command = project.run_command(&["--watch"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut until = |wanted: &str| assert!(lines.any(|line| line.contains(wanted)), "it ended without: {wanted}");
    until("1 passed, 0 failed");
    until("waiting for changes");
    project.write("cases/x.json", SLOW);
    until("changed: cases/x.json");
    until("1 case, services");
    project.write("cases/x.json", BAD);
    until("1 not run");
    until("changed: cases/x.json");
    until("0 passed, 1 failed");
    until("waiting for changes");
    signal(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn keep_leaves_everything_up_and_says_how_to_end_it() {
    if engine().is_none() {
        return;
    }
    let project = Project::new(&[("cases/good.json", GOOD)]);
    let output = project.run_command(&["--keep"]).env("TMPDIR", project.path("")).output().unwrap();
    assert_exit(&output, 0);
    let text = stdout(&output);
    let stop = text.lines().last().unwrap().strip_prefix("to end all of it: sh ").unwrap();
    let api = text.lines().find(|line| line.starts_with("  api of good")).unwrap();
    let address = api.rsplit_once("http://").unwrap().1;
    assert!(answers(address), "{text}");
    assert!(Command::new("sh").arg(stop).status().unwrap().success());
    assert!(!answers(address), "it still runs");
    assert!(!Path::new(stop).exists(), "its directory is still there");
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
    assert!(status.success());
}

fn answers(address: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).is_ok() && answer.contains("200 OK")
}

#[test]
fn a_stream_that_is_resumed_behind_the_last_event_has_come_to_rest() {
    if engine().is_none() {
        return;
    }
    let case = r#"{"name": "Nothing was missed", "scenario": "ferry_crossing", "model": {"entries": [
        {"match": {"kind": "text"}, "reply": "Fog, mostly."}, {"match": {"kind": "json"}, "reply": {"json": {"user_location": null,
        "scene_change": null, "item_events": [], "npc_events": [], "set_vars": [], "game_ended": false}}}]},
        "steps": [{"user_prompt": "I look around.", "as": "look"}, {"listen": {"as": "phone", "after": "{look.last}"}},
        {"expect": {"listener": "phone", "events": {"exactly": []}, "quiet": true}}]}"#;
    let project = Project::new(&[("cases/resumed.json", case)]);
    let output = project.run(&[]);
    assert_exit(&output, 0);
}
