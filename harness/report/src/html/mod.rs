//! One page that shows a run: a list of cases, and a timeline of each.
//!
//! It needs no other file: its style, its script and its data are in it, it asks for nothing, and it works from a file. Each case's
//! data is an element of its own that is read when the case is opened, so that many cases cost nothing.

use std::time::Duration;

use harness_events::{CaseOutcome, CaseReport, Entry, Failure};
use jiff::Timestamp;
use serde::Serialize;

use super::json::{FailureJson, Item, Run, ms};
use super::record::{Finished, Record};
use super::rows::{Row, rows};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// The page's own script last: with it the page begins.
const SCRIPTS: [&str; 3] = [include_str!("marks.js"), include_str!("timeline.js"), include_str!("page.js")];

/// The most entries of a timeline that the page holds.
const ENTRIES_MAX: usize = 10_000;

/// Cases that passed keep their entries as long as the page has no more bytes than that: a browser must be able to open it.
const BYTES_MAX: usize = 48 * 1024 * 1024;

/// What the page shows before a case is opened.
#[derive(Debug, Serialize)]
struct Whole<'a> {
    began: Option<Timestamp>,
    services: &'a str,
    reason: &'a str,
    /// How many cases there are, those included that have not begun.
    total: usize,
    /// Whether the run has ended.
    over: bool,
    summary: Run,
    cases: Vec<Head<'a>>,
}

/// A case before it is opened.
#[derive(Debug, Serialize)]
struct Head<'a> {
    case: &'a str,
    name: &'a str,
    path: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// When it began, since the run has.
    from_ms: f64,
    took_ms: f64,
    steps: usize,
    /// What a search looks into.
    words: String,
}

/// A case that is opened.
#[derive(Debug, Serialize)]
struct Body<'a> {
    failures: Vec<FailureJson<'a>>,
    /// One for each try, the last of them last.
    timelines: Vec<Timeline<'a>>,
}

/// What happened at one try.
#[derive(Debug, Serialize)]
struct Timeline<'a> {
    took_ms: f64,
    entries: Vec<Item<'a>>,
    rows: Vec<Row>,
    /// So many entries are left out.
    cut: usize,
}

/// The page of a run.
pub(super) fn page(record: &Record) -> Result<String, serde_json::Error> {
    let mut data = element("run", &whole(record))?;
    let (passed, others): (Vec<_>, Vec<_>) =
        record.reports().enumerate().partition(|(_, report)| matches!(report.outcome, CaseOutcome::Passed));
    for (index, report) in others.into_iter().chain(passed) {
        let spare = matches!(report.outcome, CaseOutcome::Passed) && data.len() > BYTES_MAX;
        let most = if spare { 0 } else { ENTRIES_MAX };
        data.push_str(&element(&format!("case-{index}"), &body(report, most))?);
    }
    // What is put in is not looked through again: data may hold the same text as a place.
    let mut page = String::with_capacity(PAGE.len() + STYLE.len() + data.len());
    let mut rest = PAGE;
    for (place, text) in [("{{style}}", STYLE), ("{{data}}", data.as_str()), ("{{script}}", &SCRIPTS.concat())] {
        let (before, after) = rest.split_once(place).unwrap_or((rest, ""));
        page.push_str(before);
        page.push_str(text);
        rest = after;
    }
    Ok(page + rest)
}

/// Data as an element of the page. No text in it can end the element: there is no `<` in it, and no end of a line.
fn element(id: &str, data: &impl Serialize) -> Result<String, serde_json::Error> {
    let json = serde_json::to_string(data)?;
    let json = json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    Ok(format!("<script type=\"application/json\" id=\"{id}\">{json}</script>\n"))
}

fn whole(record: &Record) -> Whole<'_> {
    let finished = record.finished.iter().map(|finished| head(record, finished));
    let running = record.running.iter().map(|(case, began)| Head {
        case,
        name: "",
        path: "",
        outcome: "running",
        reason: Some("The run broke off while it was running."),
        line: None,
        from_ms: ms(record.since_began(*began)),
        took_ms: 0.0,
        steps: 0,
        words: case.clone(),
    });
    Whole {
        began: record.began,
        services: &record.mode,
        reason: &record.reason,
        total: record.cases,
        over: record.over,
        summary: Run::new(record.began.unwrap_or_default(), &record.summary),
        cases: finished.chain(running).collect(),
    }
}

fn head<'a>(record: &Record, finished: &'a Finished) -> Head<'a> {
    let report = &finished.report;
    let (outcome, reason) = match &report.outcome {
        CaseOutcome::Passed => ("passed", report.note.as_deref()),
        CaseOutcome::Flaky(_) => ("flaky", None),
        CaseOutcome::Failed(_) => ("failed", None),
        CaseOutcome::Skipped(reason) => ("skipped", Some(reason.as_str())),
    };
    let mut words = format!("{} {} {} {outcome}", report.case, report.name, report.path);
    for failure in failures(report) {
        words = format!("{words} {}", failure.headline());
    }
    Head {
        case: &report.case,
        name: &report.name,
        path: &report.path,
        outcome,
        reason,
        line: failures(report).next().and_then(|failure| failure.line),
        from_ms: ms(record.since_began(finished.began)),
        took_ms: ms(report.took),
        steps: report.steps,
        words,
    }
}

fn body(report: &CaseReport, most: usize) -> Body<'_> {
    // What led to a failure of the last try is in the timeline of the case, with more.
    let earlier = match &report.outcome {
        CaseOutcome::Flaky(failures) => failures.as_slice(),
        _ => &[],
    };
    let earlier = earlier.iter().filter_map(|failure| failure.evidence.as_deref()).map(|evidence| {
        let entries = &evidence.timeline;
        timeline(entries, entries.last().map(|entry| entry.until.unwrap_or(entry.at)).unwrap_or_default(), most)
    });
    let last = (!report.timeline.is_empty()).then(|| timeline(&report.timeline, report.took, most));
    Body {
        failures: failures(report).map(FailureJson::without_timeline).collect(),
        timelines: earlier.chain(last).collect(),
    }
}

fn timeline(entries: &[Entry], took: Duration, most: usize) -> Timeline<'_> {
    let shown = &entries[..entries.len().min(most)];
    Timeline {
        took_ms: ms(took),
        entries: shown.iter().map(Item::new).collect(),
        rows: rows(shown, took),
        cut: entries.len() - shown.len(),
    }
}

fn failures(report: &CaseReport) -> impl Iterator<Item = &Failure> {
    let (failures, failure) = match &report.outcome {
        CaseOutcome::Flaky(failures) => (failures.as_slice(), None),
        CaseOutcome::Failed(failure) => (&[][..], Some(failure.as_ref())),
        CaseOutcome::Passed | CaseOutcome::Skipped(_) => (&[][..], None),
    };
    failures.iter().chain(failure)
}

#[cfg(test)]
mod tests {
    use harness_events::Source;
    use serde_json::Value;

    use super::*;

    #[test]
    fn no_text_ends_the_element_that_holds_it() {
        let text = "</script><!-- \u{2028} \u{2029} \"&lt; {{script}}";
        let element = element("x", &text).unwrap();
        let json = element.strip_prefix("<script type=\"application/json\" id=\"x\">").unwrap();
        let json = json.strip_suffix("</script>\n").unwrap();
        assert!(!json.contains(['<', '\u{2028}', '\u{2029}']), "{json}");
        assert_eq!(serde_json::from_str::<Value>(json).unwrap(), text);
    }

    #[test]
    fn what_stands_for_a_place_is_data_where_data_has_it() {
        let record = Record { mode: "{{script}} {{style}}".to_owned(), ..Record::default() };
        let page = page(&record).unwrap();
        assert_eq!(page.matches("{{").count(), 2, "{page}");
        assert_eq!(page.matches("start();\n").count(), 1);
    }

    #[test]
    fn the_page_asks_for_nothing() {
        let page = page(&Record::default()).unwrap();
        for outside in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn entries_that_are_too_many_are_left_out_and_counted() {
        let entries: Vec<_> = (0..5).map(|n| Entry::new(Duration::from_millis(n), Source::Log, "x")).collect();
        let timeline = timeline(&entries, Duration::from_millis(9), 2);
        assert_eq!((timeline.entries.len(), timeline.cut), (2, 3));
    }

    #[test]
    fn a_case_that_was_tried_again_has_a_timeline_for_each_try() {
        let entries = |text: &str| vec![Entry::new(Duration::from_millis(1), Source::Step, text)];
        let failed = Failure::new("late").evidence(entries("first try"), Vec::new());
        let report = CaseReport {
            case: "a".to_owned(),
            name: String::new(),
            path: String::new(),
            outcome: CaseOutcome::Flaky(vec![failed]),
            note: None,
            took: Duration::from_millis(2),
            steps: 1,
            timeline: entries("second try").into(),
        };
        let body = serde_json::to_value(body(&report, 1)).unwrap();
        let texts: Vec<_> = ["/timelines/0", "/timelines/1"].map(|place| format!("{place}/entries/0/text")).into();
        assert_eq!(
            texts.iter().map(|place| body.pointer(place).unwrap()).collect::<Vec<_>>(),
            ["first try", "second try"]
        );
        assert_eq!(body.pointer("/failures/0/timeline").unwrap(), &Value::Array(Vec::new()));
    }
}
