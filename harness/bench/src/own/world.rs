//! Services that are started, and cases that do as little as can be.

use std::path::{Path, PathBuf};

use harness_case::profile::Profile;
use harness_case::{Case, Parsed, parse};
use harness_events::{CaseOutcome, CaseReport, Events, Source};
use harness_runner::model::Wire;
use harness_runner::run::{Plan, Rounds, RunContext, Schedules, run};
use harness_runner::services::{Durability, ExternalUrls, Mode, ServiceError, Services};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Cost, Options};
use crate::deployment::{Deployment, Setup, failed, nothing_changes, script};
use crate::{BenchEnvironment, BenchError, Latency};

const SERVICES_GOAL_MS: f64 = 150.0;
const SCHEDULE_GOAL_MS: f64 = 1.0;
const STEP_GOAL_MS: f64 = 25.0;
/// How many cases are scheduled that are not played: one costs next to nothing.
const SCHEDULED: usize = 1000;

/// Redis and model, and then an API with a worker on them.
pub(super) async fn starts(options: &Options, env: &BenchEnvironment<'_>) -> Result<Vec<Cost>, BenchError> {
    const SERVICES: &str = "services up (local: Redis, model)";
    let (mut services_up, mut engine_up) = (Latency::default(), Latency::default());
    for number in 0..options.starts {
        let dir = env.subdir(&format!("up{number}"))?;
        let began = Instant::now();
        let external = ExternalUrls::default();
        let services = Services::start(Some(Mode::Local), env.programs, &external, Durability::None, &dir).await;
        let services = match services {
            Ok(services) => services,
            Err(error @ ServiceError::NoRedisServer) => return Ok(vec![Cost::without(SERVICES, error.to_string())]),
            Err(error) => return Err(error.into()),
        };
        services_up.record(began.elapsed());
        let inner = BenchEnvironment { services: &services, dir: &dir, http: env.http.clone(), programs: env.programs };
        let script = script("It is quiet.");
        let began = Instant::now();
        let setup = Setup { name: "up", workers: 1, slots: 5, streams: 0, script: &script };
        let deployment = Deployment::open(&inner, &setup).await?;
        engine_up.record(began.elapsed());
        drop(deployment);
        services.stop().await;
    }
    Ok(vec![
        Cost::of(SERVICES, &services_up, Some(SERVICES_GOAL_MS)),
        Cost::of("engine up on them (API, worker)", &engine_up, None),
    ])
}

/// Cases that are scheduled, that are played and do nothing, and a conversation.
pub(super) async fn cases(
    options: &Options,
    env: &BenchEnvironment<'_>,
) -> Result<(Vec<Cost>, Vec<String>), BenchError> {
    let script = script("It is quiet.");
    let setup = Setup { name: "shared", workers: 1, slots: 5, streams: 10, script: &script };
    let deployment = Deployment::open(env, &setup).await?;
    let urls = ExternalUrls {
        api: Some(deployment.client.base_url().to_owned()),
        mock: Some(format!("{}/t/shared", env.services.mock_url)),
        ..ExternalUrls::default()
    };
    let start = async || {
        let mode = Some(Mode::External);
        Services::start(mode, env.programs, &urls, Durability::None, env.dir).await
    };
    let mut findings = Vec::new();

    // With external services a case that acts on a process is skipped: it goes through the runner, and nothing is done.
    let skipped = case(&json!([{ "kill": "api" }]), false)?;
    let began = Instant::now();
    let reports = play(env, start().await?, "scheduled", copies(&skipped, SCHEDULED)).await?;
    let each = began.elapsed() / u32::try_from(SCHEDULED).unwrap_or(u32::MAX);
    let mut scheduled = Latency::default();
    scheduled.record(each);
    let others = reports.iter().filter(|report| !matches!(report.outcome, CaseOutcome::Skipped(_))).count();
    if others > 0 {
        findings.push(format!("{others} cases were not skipped that cannot be played"));
    }
    let scheduled = Cost::of("a case scheduled, nothing played", &scheduled, Some(SCHEDULE_GOAL_MS));

    let reports = play(env, start().await?, "shared", copies(&nothing(false)?, options.cases)).await?;
    let on_shared = times(&reports, &mut findings);
    findings.extend(deployment.stop().await);

    let own = start_own(env).await?;
    let reports = play(env, own, "own", copies(&nothing(true)?, options.cases)).await?;
    let with_own = times(&reports, &mut findings);

    let said: Vec<Value> = (0..=options.steps).map(|n| json!({ "user_prompt": format!("I wait, {n}.") })).collect();
    let own = start_own(env).await?;
    let reports = play(env, own, "talk", vec![case(&Value::from(said), true)?]).await?;
    times(&reports, &mut findings);
    let steps = reports.first().map(steps).unwrap_or_default();

    let costs = vec![
        scheduled.note(format!("mean of {SCHEDULED}")),
        Cost::of("a case that does nothing, engine running", &on_shared, None),
        Cost::of("the same with processes of its own", &with_own, None),
        Cost::of("a scripted chat step", &steps, Some(STEP_GOAL_MS)),
    ];
    Ok((costs, findings))
}

/// Services of the same mode once more: a run of cases stops its own.
async fn start_own(env: &BenchEnvironment<'_>) -> Result<Services, BenchError> {
    let (mode, dir) = (env.services.mode, env.subdir("own")?);
    Ok(Services::start(Some(mode), env.programs, &ExternalUrls::default(), Durability::None, &dir).await?)
}

/// Plays cases one after the other.
async fn play(
    env: &BenchEnvironment<'_>,
    services: Services,
    name: &str,
    cases: Vec<Case>,
) -> Result<Vec<CaseReport>, BenchError> {
    let context = RunContext {
        services,
        profile: Profile::story_engine(),
        wire: Wire::default(),
        real_model: None,
        stream: true,
        programs: env.programs.clone(),
        content: PathBuf::new(),
        dir: env.subdir(name)?,
        run_id: format!("bench-{name}"),
        update: false,
        jobs: 1,
        seed: 0,
        case_timeout: None,
        evidence: false,
        pauses: None,
        http: env.http.clone(),
    };
    let (events, _nobody) = Events::channel();
    let plan = Plan { cases, rounds: Rounds::Times(1), schedules: Schedules::default(), retries: 0, fail_fast: false };
    let ended = run(&context, plan, events, std::future::pending::<()>()).await;
    context.services.stop().await;
    Ok(ended.reports)
}

/// A case with these steps; if it has an engine of its own, that serves the shipped content.
fn case(steps: &Value, own_engine: bool) -> Result<Case, BenchError> {
    let narration = json!({ "match": { "kind": "text" }, "reply": "It is quiet." });
    let mut file = json!({
        "name": "It costs little",
        "scenario": "ferry_crossing",
        "model": { "entries": [narration, nothing_changes()] },
        "steps": steps,
    });
    if own_engine {
        file["engine"] = json!({ "content": null });
    }
    match parse(&file.to_string(), Path::new("bench.json"), &Profile::story_engine()) {
        Ok((Parsed::Cases(mut cases), _)) => Ok(cases.remove(0)),
        Ok((Parsed::Sequence(_), _)) => Err(failed("be spoken to", "a sequence is not a case")),
        Err(errors) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Err(failed("be spoken to", errors.join("; ")))
        }
    }
}

/// A case that is played and has no step. No file can say that.
fn nothing(own_engine: bool) -> Result<Case, BenchError> {
    let looks = json!([{ "expect": { "turn_counter": 0 } }]);
    Ok(Case { steps: Vec::new(), ..case(&looks, own_engine)? })
}

/// The same case under many ids.
fn copies(case: &Case, count: usize) -> Vec<Case> {
    (0..count).map(|number| Case { id: format!("bench-{number}"), ..case.clone() }).collect()
}

/// How long each case took; those that did not pass are findings.
fn times(reports: &[CaseReport], findings: &mut Vec<String>) -> Latency {
    let mut times = Latency::default();
    for report in reports {
        match &report.outcome {
            CaseOutcome::Passed => times.record(report.took),
            CaseOutcome::Failed(failure) => findings.push(format!("{}: {}", report.case, failure.what)),
            other => findings.push(format!("{}: {other:?}", report.case)),
        }
    }
    times
}

/// How long each step took: from its beginning to that of the next, so the last one does not count.
fn steps(report: &CaseReport) -> Latency {
    let begins: Vec<_> =
        report.timeline.iter().filter(|entry| entry.source == Source::Step).map(|entry| entry.at).collect();
    let mut times = Latency::default();
    for pair in begins.windows(2) {
        times.record(pair[1].saturating_sub(pair[0]));
    }
    times
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use harness_events::Entry;

    use super::*;

    #[test]
    fn the_cases_are_cases_and_their_copies_have_ids_of_their_own() {
        let cases = copies(&nothing(true).unwrap(), 3);
        assert_eq!((cases[2].id.as_str(), cases[2].steps.len()), ("bench-2", 0));
        assert!(case(&json!([{ "kill": "api" }]), false).unwrap().acts_on_processes());
    }

    #[test]
    fn a_step_lasts_until_the_next_begins() {
        let entry = |ms, source| Entry::new(Duration::from_millis(ms), source, "");
        let timeline =
            [entry(10, Source::Step), entry(15, Source::Http), entry(30, Source::Step), entry(36, Source::Step)];
        let report = CaseReport {
            case: "x".to_owned(),
            name: "x".to_owned(),
            path: "x".to_owned(),
            outcome: CaseOutcome::Passed,
            note: None,
            took: Duration::from_millis(40),
            steps: 3,
            timeline: timeline.into(),
        };
        let summary = steps(&report).summary();
        assert_eq!((summary.count, summary.max_ms.round()), (2, 20.0));
    }
}
