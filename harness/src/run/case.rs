//! One case from its first process to its last.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::outcome::{Look, until};
use super::world::{World, failed, is_empty};
use super::{RunContext, step};
use crate::case::Case;
use crate::invariants;
use crate::report::{CaseLog, CaseOutcome, CaseReport, Events, Failure, RunEventKind};
use crate::services::Mode;
use crate::snapshot::{self, Aliases, Comparison};
use crate::watch::Journal;

/// How long everything may take to come to rest after the last step, before patience is applied.
const REST_LIMIT: Duration = Duration::from_secs(10);

/// Runs a case in a world of its own.
pub(super) async fn run(context: &RunContext, case: Arc<Case>, events: &Events) -> CaseReport {
    let log = CaseLog::default();
    let outcome = match obstacle(context, &case) {
        Some(reason) => CaseOutcome::Skipped(reason),
        None => match play(context, &case, &log, events).await {
            Ok(()) => CaseOutcome::Passed,
            Err(failure) => CaseOutcome::Failed(Box::new(failure)),
        },
    };
    CaseReport {
        case: case.id.clone(),
        name: case.name.clone(),
        path: case.path.display().to_string(),
        outcome,
        took: log.elapsed(),
        steps: case.all_steps().count(),
        timeline: log.entries().into(),
    }
}

/// Why the case cannot be run with these services.
fn obstacle(context: &RunContext, case: &Case) -> Option<String> {
    if context.services.mode == Mode::Embedded && case.workers > 1 && case.acts_on_processes() {
        return Some(
            "it breaks one of several worker processes, and without Redis there is only one process".to_owned(),
        );
    }
    if context.services.mode != Mode::External {
        return None;
    }
    if case.acts_on_processes() {
        return Some("it starts and stops processes, and with external services they are not ours".to_owned());
    }
    (!case.engine.is_empty()).then(|| "it configures the engine, and an external one is configured already".to_owned())
}

async fn play(context: &RunContext, case: &Arc<Case>, log: &CaseLog, events: &Events) -> Result<(), Failure> {
    let world = World::start(context, Arc::clone(case), log.clone()).await?;
    let played = async {
        steps(&world, events).await?;
        finish(&world, context).await
    };
    let result = super::within(context.case_timeout, log.elapsed(), played).await;
    match result {
        Ok(()) => match world.stop().await.first() {
            None => Ok(()),
            Some(wrong) => Err(world.explain(Failure::new(wrong)).await),
        },
        // A snapshot's difference says all.
        Err(failure) if failure.only_snapshots() => {
            world.stop().await;
            Err(failure)
        }
        Err(failure) => {
            let failure = world.explain(failure).await;
            // How the rest ends now is no news: dropping the world kills it.
            world.forget().await;
            Err(failure)
        }
    }
}

async fn steps(world: &World, events: &Events) -> Result<(), Failure> {
    for step in &world.case.steps {
        events.send(RunEventKind::StepStarted { case: world.case.id.clone(), step: step.name.clone() });
        step::run(world, step, true).await?;
    }
    Ok(())
}

/// After the last step: rest, then what must hold at the end of every case, then its snapshots.
async fn finish(world: &World, context: &RunContext) -> Result<(), Failure> {
    let deadline = Instant::now() + crate::patience(REST_LIMIT);
    let (client, base_url) = world.api();
    for game in &world.games {
        game.watch.resume(&base_url);
    }
    until(world, deadline, async || {
        if world.quiet().await {
            return Look::Done(());
        }
        let left = client.queue().await.map_or_else(
            |error| error.to_string(),
            |queue| if is_empty(&queue) { "events are missing".to_owned() } else { format!("{queue:?}") },
        );
        Look::NotYet(Failure::new(format!("after the last step it had not come to rest ({left})")))
    })
    .await?;
    tokio::time::timeout_at(deadline, world.model.idle())
        .await
        .map_err(|_| Failure::new("after the last step a model call was still in flight"))?
        .map_err(|error| failed(&error))?;

    let mut wrong = invariants::queue(
        &client.queue().await.map_err(|error| failed(&error))?,
        world.dead_letters_before + world.case.dead_letters,
    );
    let calls = world.model.calls().await.map_err(|error| failed(&error))?;
    wrong.extend(invariants::model(&calls));
    let tail = world.case.engine.get("queue").and_then(|queue| queue.get("story_events")) != Some(&Value::from("next"));
    let mut journals = Vec::new();
    for game in &world.games {
        let journal: Journal = game.watch.journal().clone();
        wrong.extend(invariants::events(&journal, tail));
        if !world.case.rewrites_history() {
            let view = client.game(game.id).await.map_err(|error| failed(&error))?;
            wrong.extend(invariants::history(&journal, &view.chat_history));
        }
        journals.push((game.game.label.clone(), journal));
    }
    for request in world.requests_made() {
        let view = client.request(request.id).await.map_err(|error| failed(&error))?;
        wrong.extend(invariants::status(&world.game_of(request).watch.journal(), &view));
    }
    if !wrong.is_empty() {
        let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        return Err(Failure::new(format!("at the end: {}", wrong.join("; "))));
    }
    snapshots(world, context, &journals, &calls).await
}

async fn snapshots(
    world: &World,
    context: &RunContext,
    journals: &[(String, Journal)],
    calls: &[mock_llm::Record],
) -> Result<(), Failure> {
    let wanted = world.case.snapshot;
    let mut aliases = Aliases::default();
    for game in &world.games {
        aliases.name(&game.id.to_string(), "game");
    }
    // Always made, so that ids get the same names whichever snapshots are kept.
    let events = snapshot::events(journals, &mut aliases);
    let mut texts = Vec::new();
    if wanted.events {
        texts.push(("events", events));
    }
    if wanted.state || wanted.history {
        let mut games = Vec::new();
        for game in &world.games {
            let view = world.api().0.game(game.id).await.map_err(|error| failed(&error))?;
            games.push((game.game.label.clone(), serde_json::to_value(view).map_err(|error| failed(&error))?));
        }
        if wanted.state {
            texts.push(("state", snapshot::state(&games, &mut aliases)));
        }
        if wanted.history {
            texts.push(("history", snapshot::history(&games, &mut aliases)));
        }
    }
    if wanted.prompts {
        texts.push(("prompts", snapshot::prompts(calls, &mut aliases)));
    }
    let mut differing = Vec::new();
    for (kind, text) in texts {
        let path = snapshot::path(&world.case.path, kind);
        // The same wherever the harness was started: the file with its directory.
        let file = world.case.path.file_name().unwrap_or_default().to_string_lossy();
        let dir = world.case.path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let source = format!("{dir}/{file}");
        let compared = snapshot::compare(&path, &source, &text, context.update);
        let compared = compared.map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        if let Comparison::Pending { old } = compared {
            differing.push((format!("{}.{kind}", world.case.id), old, text));
        }
    }
    if differing.is_empty() {
        return Ok(());
    }
    let what = "a snapshot is another one than the one that is kept".to_owned();
    Err(Failure { snapshots: differing, ..Failure::new(what) })
}
