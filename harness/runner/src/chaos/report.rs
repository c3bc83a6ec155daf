//! What a person reads: a line while it runs, and a table, the findings and the count at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use harness_events::{Entry, Failure, Source};
use protocol::{Event, RequestId, RequestType};

use super::Options;
use super::evidence::Evidence;
use super::injector::InjectionLog;
use super::players::{Board, Outcome};
use super::schedule::ChaosTarget;
use super::subject::Subject;
use super::testbed::Testbed;
use crate::invariants::{Finding, FindingKind};

/// Of how many kinds the first finding is shown with all that happened around it.
const SHOWN_IN_FULL: usize = 3;

/// How many findings of each kind are shown.
const SHOWN: usize = 10;

/// How long before and after a request processes are of interest.
const AROUND: Duration = Duration::from_millis(500);

/// How a run went.
#[derive(Debug)]
pub struct Report {
    heading: String,
    table: Vec<(String, String)>,
    findings: Vec<Finding>,
    failures: Vec<Failure>,
}

impl Report {
    /// Whether every promise was kept.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }

    /// The whole report; the last line is the count.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = format!("{}\n", self.heading);
        // Writing to a String cannot fail, here and below.
        for (name, value) in &self.table {
            let _ = writeln!(text, "  {name:<24} {value}");
        }
        let of = |kind| self.findings.iter().filter(move |finding| finding.kind == kind);
        for kind in FindingKind::ALL {
            let _ = writeln!(text, "  {:<24} {}", kind.label(), of(kind).count());
        }
        for failure in &self.failures {
            let _ = write!(text, "\n{}", failure.render());
        }
        for kind in FindingKind::ALL {
            for finding in of(kind).take(SHOWN) {
                let _ = writeln!(text, "{}: {finding}", kind.label());
            }
            if let Some(more) = of(kind).count().checked_sub(SHOWN + 1) {
                let _ = writeln!(text, "{}: and {} more", kind.label(), more + 1);
            }
        }
        let (passed, failed) = if self.passed() { (1, 0) } else { (0, 1) };
        let _ = writeln!(text, "{passed} passed, {failed} failed");
        text
    }

    pub(super) fn new(
        options: &Options,
        testbed: &Testbed<'_>,
        injected: &InjectionLog,
        evidence: &Evidence,
        mut findings: Vec<Finding>,
    ) -> Self {
        findings.sort_by_key(|finding| finding.kind);
        let services = testbed.context.services;
        let heading = format!(
            "chaos --seed {}{}: {} messages to {} games, services: {} ({}), {:.1} s",
            options.seed,
            if options.story_event_batch > 1 {
                format!(" --story-event-batch {}", options.story_event_batch)
            } else {
                String::new()
            },
            options.turns,
            options.games,
            services.mode,
            services.reason,
            testbed.log.elapsed().as_secs_f64()
        );
        let firsts = findings.chunk_by(|a, b| a.kind == b.kind).filter_map(|kind| kind.first());
        let failures = firsts.take(SHOWN_IN_FULL).map(|finding| explain(testbed, evidence, finding)).collect();
        Self { heading, table: table(evidence, injected), findings, failures }
    }
}

/// How far it is, in one line.
pub(super) fn progress(testbed: &Testbed<'_>, board: &Board) -> String {
    let mut ended = 0;
    let mut takeovers = 0;
    for game in &testbed.games {
        for event in game.watch.journal().events().iter().filter_map(|seen| seen.event.as_ref()) {
            ended += usize::from(event.is_terminal());
            takeovers += usize::from(matches!(event, Event::RequestProcessing(event) if event.attempt.0 > 1));
        }
    }
    let seconds = testbed.log.elapsed().as_secs();
    format!("{seconds:>4} s  {} messages sent, {ended} requests ended, {takeovers} taken over", board.posts().len())
}

fn table(evidence: &Evidence, injected: &InjectionLog) -> Vec<(String, String)> {
    let outcomes = |wanted: fn(&Outcome) -> bool| evidence.posts.iter().filter(|post| wanted(&post.outcome)).count();
    let repeats: usize = evidence.posts.iter().map(|post| post.repeats).sum();
    let counts = Counts::of(evidence);
    let kind = |kind| evidence.calls.iter().filter(|call| call.kind == kind).count();
    let row = |name: &str, value: String| (name.to_owned(), value);
    vec![
        row("accepted", outcomes(|outcome| matches!(outcome, Outcome::Accepted(_))).to_string()),
        row(
            "outcome unknown",
            format!(
                "{}, never accepted {}",
                outcomes(|o| *o == Outcome::Unknown),
                outcomes(|o| *o == Outcome::Refused)
            ),
        ),
        row("sent again", format!("{repeats} times, under the same key")),
        row(
            "story events",
            format!("{}, of these {} in the turn of another one", counts.story_events, counts.together),
        ),
        row("completed", counts.completed.to_string()),
        row("attempts", format!("{}, of these {} takeovers", counts.attempts, counts.takeovers)),
        row("superseded", format!("{} attempts had shown text that is void", counts.superseded)),
        row("model calls", format!("{} narrations, {} deltas", kind(mock_llm::Kind::Text), kind(mock_llm::Kind::Json))),
        row("events", format!("{}, read live and again", counts.events)),
        row("reads", format!("{}, while turns were committed", evidence.reads.len())),
        row("kills", outcome(&injected.kills)),
        row("freezes", outcome(&injected.freezes)),
        row("restarts", outcome(&injected.restarts)),
    ]
}

fn outcome(counts: &BTreeMap<ChaosTarget, usize>) -> String {
    let total: usize = counts.values().sum();
    let each: Vec<String> = counts.iter().map(|(target, count)| format!("{target} {count}")).collect();
    if each.is_empty() { total.to_string() } else { format!("{total} ({})", each.join(", ")) }
}

#[derive(Debug, Default)]
struct Counts {
    events: usize,
    attempts: usize,
    takeovers: usize,
    superseded: usize,
    story_events: usize,
    together: usize,
    completed: usize,
}

impl Counts {
    fn of(evidence: &Evidence) -> Self {
        let mut counts = Self::default();
        for seen in evidence.games.iter().flat_map(|game| game.live.events()) {
            counts.events += 1;
            match &seen.event {
                Some(Event::RequestProcessing(event)) => {
                    counts.attempts += 1;
                    counts.takeovers += usize::from(event.attempt.0 > 1);
                }
                Some(Event::AttemptSuperseded(_)) => counts.superseded += 1,
                Some(Event::RequestQueued(event)) if event.kind == RequestType::StoryEvent => counts.story_events += 1,
                Some(Event::RequestCompleted(event)) => {
                    counts.completed += 1;
                    counts.together += usize::from(event.result.told_with.is_some());
                }
                _ => {}
            }
        }
        counts
    }
}

/// A finding with what happened to its request, and to processes around that time.
fn explain(testbed: &Testbed<'_>, evidence: &Evidence, finding: &Finding) -> Failure {
    let failure = Failure::new(format!("{}: {finding}", finding.kind.label()));
    match finding.request {
        Some(request) => failure.evidence(timeline(testbed, evidence, request), testbed.logs_of(request)),
        None => failure,
    }
}

fn timeline(testbed: &Testbed<'_>, evidence: &Evidence, request: RequestId) -> Vec<Entry> {
    let id = request.to_string();
    let numbers = testbed.numbers();
    let subjects: BTreeSet<Subject> = evidence
        .games
        .iter()
        .flat_map(|game| game.live.of(&id).map(move |seen| (game.id, seen)))
        .filter_map(|(game, seen)| match &seen.event {
            Some(Event::RequestQueued(queued)) => Subject::of_message(*numbers.get(&game)?, &queued.user_message),
            _ => None,
        })
        .collect();
    let entries = testbed.log.entries();
    let mut own: Vec<Entry> = entries.iter().filter(|entry| entry.text.contains(&id)).cloned().collect();
    own.extend(
        evidence
            .calls
            .iter()
            .filter(|call| call.subject.is_some_and(|subject| subjects.contains(&subject)))
            .map(|call| Entry::new(testbed.log.on_clock(call.at), Source::Model, call.summary.clone())),
    );
    let times = || own.iter().map(|entry| entry.at);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return own };
    let around = first.saturating_sub(AROUND)..=last + AROUND;
    own.extend(entries.into_iter().filter(|entry| entry.source == Source::Process && around.contains(&entry.at)));
    own.sort_by_key(|entry| entry.at);
    own
}
