//! What the terminal shows of a run, line by line.

use std::sync::Arc;

use jiff::Timestamp;

use super::*;

fn shown(events: Vec<RunEventKind>, colour: bool) -> String {
    let mut out = Vec::new();
    let mut terminal = Terminal::new(&mut out, Style::new(colour), None);
    for kind in events {
        terminal.take(&RunEvent { at: Timestamp::UNIX_EPOCH, kind }).unwrap();
    }
    drop(terminal);
    String::from_utf8(out).unwrap()
}

fn started(cases: usize) -> RunEventKind {
    RunEventKind::RunStarted { cases, mode: "local".to_owned(), reason: "as asked for".to_owned() }
}

fn finished(case: &str, outcome: CaseOutcome) -> RunEventKind {
    RunEventKind::CaseFinished(CaseReport {
        case: case.to_owned(),
        name: String::new(),
        path: format!("cases/{case}.json"),
        outcome,
        note: None,
        took: Duration::from_millis(42),
        steps: 1,
        timeline: Arc::from([]),
    })
}

fn failed(failure: Failure) -> CaseOutcome {
    CaseOutcome::Failed(Box::new(failure))
}

#[tokio::test]
async fn each_case_has_its_line_failures_come_again_and_the_count_comes_last() {
    let took = Duration::from_millis(1500);
    let text = shown(
        vec![
            started(4),
            finished("c", failed(Failure { line: Some(7), ..Failure::new("it broke") })),
            finished("a", CaseOutcome::Passed),
            finished("b", CaseOutcome::Skipped("no docker".to_owned())),
            finished("d", CaseOutcome::Flaky(vec![Failure::new("late")])),
            RunEventKind::RunFinished(Summary {
                passed: 2,
                flaky: 1,
                failed: 1,
                skipped: 1,
                took,
                ..Summary::default()
            }),
        ],
        false,
    );
    let expected = [
        "4 cases, services: local (as asked for)",
        " FAIL [   0.042s] c (cases/c.json:7)",
        "    it broke",
        "",
        " PASS [   0.042s] a",
        " SKIP             b: no docker",
        "FLAKY [   0.042s] d: passed at try 2",
        "    late",
        " FAIL [   0.042s] c (cases/c.json:7)",
        "    it broke",
        "in 1.500 s, 1 flaky: d",
        "2 passed, 1 failed, 1 skipped",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn colours_are_left_out_unless_wanted_and_never_in_the_line_that_programs_read() {
    let events = || vec![finished("a", CaseOutcome::Passed), RunEventKind::RunFinished(Summary::default())];
    let text = shown(events(), true);
    assert!(text.contains("\u{1b}[32m PASS\u{1b}[0m"), "{text:?}");
    assert_eq!(text.lines().last(), Some("0 passed, 0 failed, 0 skipped"));
    assert!(!shown(events(), false).contains('\u{1b}'));
}

#[tokio::test]
async fn a_run_says_what_each_case_waits_for() {
    let mut out = Vec::new();
    let mut terminal = Terminal::new(&mut out, Style::new(false), None);
    let case = "a".to_owned();
    let events = [
        started(2),
        RunEventKind::CaseStarted { case: case.clone() },
        RunEventKind::StepStarted { case: case.clone(), step: "ring".to_owned() },
        RunEventKind::Waiting { case, what: "the text\n\"bell\"".to_owned() },
        RunEventKind::CaseStarted { case: "b".to_owned() },
    ];
    for kind in events {
        terminal.take(&RunEvent { at: Timestamp::UNIX_EPOCH, kind }).unwrap();
    }
    let lines = terminal.running_lines();
    assert!(lines[0].ends_with("s] a: ring … the text \"bell\""), "{lines:?}");
    assert!(lines[1].ends_with("s] b: starting"), "{lines:?}");
    terminal.tell_running().unwrap();
    drop(terminal);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("done: 0 of 2 cases; 2 running\n  RUN [     0.0s"), "{text}");
}

#[tokio::test]
async fn more_cases_than_fit_are_counted() {
    let mut terminal = Terminal::new(Vec::new(), Style::new(false), None);
    for case in 0..11 {
        let kind = RunEventKind::CaseStarted { case: format!("case {case}") };
        terminal.take(&RunEvent { at: Timestamp::UNIX_EPOCH, kind }).unwrap();
    }
    let lines = terminal.running_lines();
    assert_eq!((lines.len(), lines[8].trim()), (9, "and 3 more"));
}

#[tokio::test]
async fn a_run_that_breaks_off_says_what_was_left() {
    let mut out = Vec::new();
    let mut terminal = Terminal::new(&mut out, Style::new(false), None);
    for kind in [started(3), finished("a", CaseOutcome::Passed), RunEventKind::CaseStarted { case: "b".to_owned() }] {
        terminal.take(&RunEvent { at: Timestamp::UNIX_EPOCH, kind }).unwrap();
    }
    terminal.broken_off().unwrap();
    drop(terminal);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("b: starting\nbroken off, done: 1 of 3 cases\n"), "{text}");
    assert!(text.ends_with("\n1 passed, 0 failed, 0 skipped\n"), "{text}");
}
