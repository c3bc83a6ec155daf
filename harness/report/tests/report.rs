//! The reports of a run from outside: what is in the files, and that the page works in a real browser.
//!
//! Without chromium on PATH the page's tests say so and pass, unless `STORY_ENGINE_REQUIRE_BROWSER=1`. The page is driven by a
//! script that is put at its end, and then read as `--dump-dom` shows it: that takes no driver and no `WebDriver` client.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use harness_events::{CaseOutcome, CaseReport, Entry, Events, Failure, Mismatch, RunEventKind, Source, Summary};
use harness_report::{Reporters, Wanted};
use serde_json::{Value, json};
use tokio::process::Command;

/// It must come out as it went in, wherever it is.
const NASTY: &str = "</script><script>document.title = 'broken out'</script>\u{2028}<b>&amp;";

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn event(at: u64, offset: usize, name: &str, data: &Value) -> Entry {
    let detail = json!({"offset": offset.to_string(), "event": name, "data": data});
    Entry::new(ms(at), Source::Event, format!("{offset} {name} {data}")).lane("[game]").detail(detail)
}

fn timeline(chunks: usize) -> Vec<Entry> {
    let request = |attempt: u64| json!({"request_id": "[bell]", "attempt": attempt, "user_message": NASTY});
    let mut entries = vec![
        Entry::new(ms(0), Source::Process, "worker[0] is up").lane("worker0").detail(json!({"verb": "up"})),
        Entry::new(ms(10), Source::Step, "ring the bell").until(ms(60)),
        event(11, 1, "request.queued", &request(0)),
        event(12, 2, "request.processing", &request(1)),
    ];
    for chunk in 0..chunks {
        entries.push(event(
            13,
            chunk + 3,
            "chat.chunk",
            &json!({"request_id": "[bell]", "attempt": 1, "content": "ding "}),
        ));
    }
    entries.push(event(50, chunks + 3, "request.completed", &request(1)));
    entries.push(Entry::new(ms(51), Source::Log, "WARN late").lane("worker0"));
    entries
}

fn report(case: &str, outcome: CaseOutcome, timeline: Vec<Entry>) -> CaseReport {
    CaseReport {
        case: case.to_owned(),
        name: format!("{case} {NASTY}"),
        path: format!("cases/{case}.json"),
        outcome,
        note: None,
        took: ms(70),
        steps: 1,
        timeline: timeline.into(),
    }
}

fn failed() -> CaseOutcome {
    let failure = Failure {
        step: Some("ring the bell".into()),
        line: Some(7),
        snapshots: vec![("bell.events".to_owned(), "a\nb\n".to_owned(), "a\nc\n".to_owned())],
        ..Failure::new("it did not hold").with(vec![Mismatch::new("expect.location", "the old pier", NASTY)])
    };
    CaseOutcome::Failed(Box::new(failure))
}

/// Reports on these cases; without a summary the run breaks off.
async fn run_reports(wanted: &Wanted, cases: Vec<CaseReport>, summary: Option<Summary>) {
    let (events, received) = Events::channel();
    let (mode, reason) = ("local".to_owned(), "as asked for".to_owned());
    events.send(RunEventKind::RunStarted { cases: cases.len() + 1, mode, reason });
    for report in cases {
        events.send(RunEventKind::CaseStarted { case: report.case.clone() });
        events.send(RunEventKind::CaseFinished(report));
    }
    match summary {
        Some(summary) => events.send(RunEventKind::RunFinished(summary)),
        None => events.send(RunEventKind::CaseStarted { case: "left".to_owned() }),
    }
    drop(events);
    // The text about made-up failures must not appear in the test's own output.
    Reporters::with_output(Box::new(std::io::sink()), wanted).unwrap().follow(received).await.unwrap();
}

/// The page after this script has run at its end; none where there is no browser and the environment does not insist on one.
async fn page(cases: Vec<CaseReport>, summary: Option<Summary>, address: &str, script: &str) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("report.html");
    run_reports(&Wanted { html: Some(path.clone()), ..Wanted::default() }, cases, summary).await;
    let text = fs::read_to_string(&path).unwrap();
    let text = text.replace("</body>", &format!("<script>{script}</script></body>"));
    fs::write(&path, text).unwrap();
    dom(&path, address, dir.path()).await
}

async fn dom(path: &Path, address: &str, dir: &Path) -> Option<String> {
    let mut browser = Command::new("chromium");
    browser.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
    browser.arg(format!("--user-data-dir={}", dir.join("profile").display()));
    browser.args(["--window-size=1280,900", "--virtual-time-budget=1000", "--dump-dom"]);
    browser.arg(format!("file://{}{address}", path.display())).kill_on_drop(true);
    let output = match tokio::time::timeout(Duration::from_mins(2), browser.output()).await.unwrap() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let required = std::env::var("STORY_ENGINE_REQUIRE_BROWSER").is_ok_and(|value| value == "1");
            assert!(!required, "there is no chromium on PATH, and STORY_ENGINE_REQUIRE_BROWSER=1 requires one");
            eprintln!("skipped: there is no chromium on PATH");
            return None;
        }
        Err(error) => panic!("chromium cannot be started: {error}"),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// What the script at the page's end has said.
fn said(dom: &str) -> Value {
    let (_, rest) = dom.split_once("<pre id=\"said\">").unwrap_or_else(|| panic!("the script has said nothing: {dom}"));
    let text = rest.split_once("</pre>").unwrap().0;
    serde_json::from_str(&text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).unwrap()
}

/// A script that says what an expression is.
fn say(work: &str, expression: &str) -> String {
    format!("{work}; document.body.append(el('pre', {{ id: 'said' }}, JSON.stringify({expression})));")
}

#[tokio::test]
async fn the_page_opens_the_failing_case_and_no_text_breaks_out_of_it() {
    let cases = vec![report("good", CaseOutcome::Passed, timeline(2)), report("bell", failed(), timeline(2))];
    let summary = Summary { passed: 1, failed: 1, ..Summary::default() };
    let script = say(
        "const open = document.querySelector('details[open]'); cases.at(-1).build?.()",
        "[document.documentElement.dataset.ready, document.title, $('verdict').textContent, open.id,
          [...document.querySelectorAll('details.case')].map((one) => one.id),
          open.querySelector('.failure h3').textContent, open.querySelector('.is').textContent,
          open.querySelector('.was').textContent, open.querySelector('.diff .add').textContent,
          open.querySelector('.list [aria-selected=true]').dataset.entry, document.scripts.length]",
    );
    let Some(dom) = page(cases, Some(summary), "", &script).await else { return };
    let title = "✗ 1 passed, 1 failed, 0 skipped – harness";
    let verdict = "1 passed, 1 failed, 0 skipped";
    // The two cases' data is read when they are opened; one is. The page has its own script, and the test has one.
    let scripts = 4;
    let expected = json!([
        "yes",
        title,
        verdict,
        "bell",
        ["bell", "good"],
        "it did not hold",
        NASTY,
        "the old pier",
        "+c",
        "1",
        scripts
    ]);
    assert_eq!(said(&dom), expected);
}

#[tokio::test]
async fn the_timeline_and_the_list_lead_to_each_other_with_mouse_and_keyboard() {
    let cases = vec![report("good", CaseOutcome::Passed, timeline(2)), report("bell", failed(), timeline(2))];
    let script = say(
        "const key = (on, key) => on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
         const one = cases.find((one) => one.case === 'good').timelines[0];
         const seen = [location.hash, one.selected];
         one.list.children[3].click();
         seen.push(location.hash, one.detail.querySelector('pre').textContent);
         key(one.canvas, 'ArrowRight');
         seen.push(one.selected);
         key(one.list, 'End');
         seen.push(one.selected, one.detail.querySelector('pre').textContent);
         const row = one.placed.find(({ row }) => row.group === 'requests');
         const mark = row.row.marks.find((mark) => mark.kind === 'completed');
         const box = one.canvas.getBoundingClientRect();
         const at = { clientX: box.left + one.x((mark.from + mark.to) / 2), clientY: box.top + row.top + 5, button: 0, pointerId: 1 };
         one.canvas.setPointerCapture = () => {};
         for (const name of ['pointermove', 'pointerdown', 'pointerup']) one.canvas.dispatchEvent(new PointerEvent(name, at));
         seen.push(one.selected, tip.textContent);
         key(one.canvas, '+');
         seen.push(one.to - one.from < 40);
         key(one.canvas, '0');
         seen.push([one.from, one.to])",
        "seen",
    );
    let summary = Summary { passed: 1, failed: 1, ..Summary::default() };
    let Some(dom) = page(cases, Some(summary), "#good@2", &script).await else { return };
    let expected = json!([
        "#good@2",
        2,
        "#good@3",
        "2 request.processing",
        4,
        7,
        "WARN late",
        3,
        "12.0 ms, 38.0 ms: attempt 1",
        true,
        [0, 70]
    ]);
    assert_eq!(said(&dom), expected);
}

#[tokio::test]
async fn cases_are_found_by_what_is_said_of_them_and_by_outcome() {
    let cases = vec![
        report("good", CaseOutcome::Passed, timeline(0)),
        report("bell", failed(), timeline(0)),
        report("lame", CaseOutcome::Skipped("no docker".to_owned()), Vec::new()),
    ];
    let script = say(
        "const shown = () => [...document.querySelectorAll('details.case')].map((one) => one.id);
         const seen = [shown()];
         $('search').value = 'OLD PIER';
         $('search').dispatchEvent(new Event('input'));
         seen.push(shown());
         $('search').value = '';
         $('outcomes').lastElementChild.click();
         seen.push(shown(), $('outcomes').lastElementChild.ariaPressed, $('shown').textContent)",
        "seen",
    );
    // The run breaks off: what was running is there too.
    let Some(dom) = page(cases, None, "", &script).await else { return };
    let all = ["bell", "left", "good", "lame"];
    assert_eq!(said(&dom), json!([all, ["bell"], ["lame"], "true", "1 of 4 cases"]));
}

#[tokio::test]
async fn many_cases_and_long_ones_are_drawn_in_time() {
    let mut cases: Vec<_> = (0..200).map(|n| report(&format!("case {n}"), CaseOutcome::Passed, timeline(20))).collect();
    cases.push(report("long", failed(), timeline(5000)));
    let script = say(
        "cases.at(-1).build?.(); const one = cases.at(-1).timelines[0]; const began = performance.now(); one.draw(); const took = performance.now() - began",
        "[document.querySelectorAll('details.case').length, one.items.length, took < 1000]",
    );
    let Some(dom) = page(cases, Some(Summary { passed: 200, failed: 1, ..Summary::default() }), "", &script).await
    else {
        return;
    };
    assert_eq!(said(&dom), json!([201, 5006, true]));
}

#[tokio::test]
async fn every_file_is_finished_when_a_run_breaks_off() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| Some(dir.path().join(name));
    let wanted =
        Wanted { junit: file("x.xml"), json: file("x.jsonl"), html: file("x.html"), history: None, github: true };
    assert!(wanted.evidence());
    run_reports(&wanted, vec![report("bell", failed(), timeline(1))], None).await;
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    assert!(
        read("x.xml").contains("<testsuite name=\"cases\" tests=\"2\" failures=\"1\" errors=\"1\""),
        "{}",
        read("x.xml")
    );
    let lines: Vec<Value> = read("x.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["run_started", "case_started", "case_finished", "case_started"]);
    assert!(read("x.html").ends_with("</html>\n"));
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_known_before_the_run() {
    let wanted = Wanted { html: Some("/nowhere/report.html".into()), ..Wanted::default() };
    let error = Reporters::open(&wanted).err().unwrap().to_string();
    assert!(error.starts_with("/nowhere/report.html: "), "{error}");
}
