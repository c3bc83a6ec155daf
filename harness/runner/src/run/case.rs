//! One case from its first process to its last.

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use harness_case::Case;
use harness_case::profile::Call;
use harness_events::{CaseLog, CaseOutcome, CaseReport, Events, Failure, RunEventKind};
use mock_llm::Record;
use protocol::{GameView, QueueView, RequestView};
use regex::Regex;
use serde_json::Value;
use tokio::time::Instant;

use super::ending::{self, CallShape, End};
use super::errors::failed;
use super::logs::note_logs;
use super::manner::Manner;
use super::obstacle::obstacle;
use super::outcome::{Look, until};
use super::pause::Pauses;
use super::world::{GameRun, World};
use super::{RunContext, draw, inject, step};
use crate::call::CallError;
use crate::invariants::{self, Finding};
use crate::snapshot::{self, Aliases, Comparison};
use crate::watch::Journal;

/// How long everything may take to come to rest after the last step, before `HARNESS_TIME_FACTOR` stretches it.
const REST_LIMIT: Duration = Duration::from_secs(10);

/// How long to wait for the injection point after the last step, before `HARNESS_TIME_FACTOR` stretches it.
const POINT_LIMIT: Duration = Duration::from_secs(5);

/// The engine's delay before a first retry where a case does not configure it, in seconds.
const ENGINE_RETRY_DELAY: f64 = 5.0;

/// Runs a case in a world of its own.
pub(super) async fn run(context: &RunContext, play: &Play, events: &Events) -> CaseReport {
    let log = CaseLog::default();
    let case = &play.case;
    let outcome = match obstacle(context, case) {
        Some(reason) => CaseOutcome::Skipped(reason),
        None => match Box::pin(play_out(context, play, &log, events, async |_, _| Ok(()))).await {
            Ok(()) => CaseOutcome::Passed,
            Err(failure) => CaseOutcome::Failed(Box::new(failure)),
        },
    };
    CaseReport {
        case: case.id.clone(),
        name: case.name.clone(),
        path: case.path.display().to_string(),
        outcome,
        note: None,
        took: log.elapsed(),
        steps: case.all_steps().count(),
        timeline: log.entries().into(),
    }
}

/// A case, and how it is played.
#[derive(Debug, Clone)]
pub struct Play {
    /// The case.
    pub case: Arc<Case>,
    /// The manner.
    pub manner: Manner,
}

/// What came of a case.
#[derive(Debug, Clone)]
pub struct Performed {
    /// Its end.
    pub end: End,
    /// The calls of the model.
    pub calls: Vec<CallShape>,
}

/// Plays a case to its end, and says what came of it.
pub(super) async fn perform(
    context: &RunContext,
    play: &Play,
    log: &CaseLog,
    events: &Events,
) -> Result<Performed, Failure> {
    let look = async |world: &World, calls: Vec<Record>| {
        Ok(Performed { end: ending::end(world, &calls).await?, calls: ending::shapes(&calls) })
    };
    Box::pin(play_out(context, play, log, events, look)).await
}

/// Plays a case to its end. `look` sees the world once everything has been checked, with the model's calls, before it is ended.
async fn play_out<T>(
    context: &RunContext,
    play: &Play,
    log: &CaseLog,
    events: &Events,
    look: impl AsyncFnOnce(&World, Vec<Record>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let world = World::start(context, Arc::clone(&play.case), play.manner, log.clone(), events.clone()).await;
    let world = world.map_err(|failure| Failure { before_it_began: true, ..failure })?;
    let played = async {
        act(&world, context, play.manner, events).await?;
        let calls = finish(&world, context, play.manner).await?;
        look(&world, calls).await
    };
    let result = super::within(super::Limit::of(context, &play.case), log.elapsed(), played).await;
    if context.evidence {
        world.note_calls().await;
    }
    let result = match result {
        Ok(seen) => match world.stop().await.first() {
            None => Ok(seen),
            Some(wrong) => Err(world.explain(Failure::new(wrong)).await),
        },
        // A snapshot's difference says all.
        Err(failure) if failure.only_snapshots() => {
            world.stop().await;
            Err(failure)
        }
        Err(failure) => {
            if let Some(pauses) = &context.pauses {
                pauses.after(&world, &failure).await;
            }
            let failure = world.explain(failure).await;
            // How the processes end after a failure says nothing: dropping the world kills them.
            world.forget().await;
            Err(failure)
        }
    };
    if context.evidence {
        note_logs(&world.dir, log);
    }
    result
}

/// Runs the steps, together with the scheduler or the fault injector if this manner has one.
async fn act(world: &World, context: &RunContext, manner: Manner, events: &Events) -> Result<(), Failure> {
    let steps = steps(world, context.pauses.as_ref(), events);
    if let Some(scheduler) = &world.scheduler {
        tokio::select! {
            done = steps => done?,
            ended = draw::run(scheduler, world) => ended?,
        }
        // Calls that come later are not held any more.
        return world.release().await;
    }
    let Manner::Faulted(fault) = manner else { return steps.await };
    let mut steps = std::pin::pin!(steps);
    let mut injection = std::pin::pin!(inject::run(world, fault));
    tokio::select! {
        injected = &mut injection => {
            injected?;
            steps.await
        }
        done = &mut steps => {
            done?;
            let limit = crate::stretched(POINT_LIMIT);
            let late = || Failure::new(format!("the injection point was not reached: {fault}"));
            tokio::time::timeout(limit, injection).await.map_err(|_| late())?
        }
    }
}

async fn steps(world: &World, pauses: Option<&Pauses>, events: &Events) -> Result<(), Failure> {
    let branch = world.branches.begin();
    // No step needs to wait for what does not come because of it.
    let mut unforeseen = std::pin::pin!(world.unforeseen());
    for (number, step) in world.case.steps.iter().enumerate() {
        if let Some(pauses) = pauses {
            pauses.before(world, number, step).await?;
        }
        events.send(RunEventKind::StepStarted { case: world.case.id.clone(), step: step.name.clone() });
        tokio::select! {
            done = step::run(world, &branch, step) => done?,
            failure = &mut unforeseen => {
                return Err(Failure { step: Some(step.name.as_str().into()), line: Some(step.line), ..failure });
            }
        }
    }
    Ok(())
}

/// After the last step: rest, then what must hold at the end of every case, then its snapshots. Returns the model's calls.
async fn finish(world: &World, context: &RunContext, manner: Manner) -> Result<Vec<Record>, Failure> {
    let deadline = Instant::now() + crate::stretched(REST_LIMIT);
    // A link that is still disturbed would keep the case from coming to rest.
    world.repair_links().await?;
    for watch in world.games.iter().filter_map(|game| game.watch.as_ref()) {
        watch.resume(&world.players_url());
    }
    // Only this branch is left, so a quiet world is what it waits for and no reason to fail.
    let branch = world.branches.begin();
    until(world, &branch, deadline, async || {
        if world.quiet().await {
            return Look::Done(());
        }
        let left = match &world.profile.queue {
            Some(queue) => match world.get(&Call::get(&queue.path)).await {
                Ok(queue) => queue.to_string(),
                Err(error) => error.to_string(),
            },
            None => "events are missing".to_owned(),
        };
        Look::NotYet(Failure::new(format!("after the last step it had not come to rest ({left})")))
    })
    .await?;
    tokio::time::timeout_at(deadline, world.model.idle())
        .await
        .map_err(|_| Failure::new("after the last step a model call was still in flight"))?
        .map_err(|error| failed(&error))?;
    let calls = world.model.calls().await.map_err(|error| failed(&error))?;
    let mut wrong: Vec<String> =
        invariants::model(&calls, world.case.model.as_ref()).iter().map(ToString::to_string).collect();
    // Another schedule may need other calls, and a script in a file of its own serves many cases.
    let is_own = world.case.model.as_ref().is_some_and(|script| script.path == world.case.path);
    if is_own && manner == Manner::Plain && context.real_model.is_none() {
        let progress = world.model.progress().await.map_err(|error| failed(&error))?;
        wrong.extend(invariants::played(&progress, world.case.model.as_ref()).iter().map(ToString::to_string));
    }
    if world.profile.is_story_engine() {
        let broken = promises(world).await.map_err(|error| failed(&error))?;
        wrong.extend(broken.iter().map(ToString::to_string));
    } else {
        wrong.extend(promises_of_any(world).await.map_err(|error| failed(&error))?);
    }
    wrong.extend(world.faults_of_listeners());
    wrong.extend(games_that_are_not_gone(world).await.map_err(|error| failed(&error))?);
    if !wrong.is_empty() {
        return Err(Failure::new(format!("at the end: {}", wrong.join("; "))));
    }
    // Another schedule has another order of events, and a real model other words.
    if manner == Manner::Plain && context.real_model.is_none() {
        snapshots(world, context, &calls).await?;
    }
    Ok(calls)
}

/// Games that the case declares as gone, and that are there: nothing was looked at in them.
async fn games_that_are_not_gone(world: &World) -> Result<Vec<String>, CallError> {
    let mut found = Vec::new();
    for game in world.games.iter().filter(|game| game.game.gone && world.profile.state.is_some()) {
        match world.state(game).await {
            Ok(_) => found.push(format!("the game `{}` is declared as `gone`, and is still there", game.game.label)),
            Err(CallError::Refused { status: 404, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// What the story engine promises, whatever the case did to it.
async fn promises(world: &World) -> Result<Vec<Finding>, Box<dyn std::error::Error>> {
    let mut wrong = Vec::new();
    if let Some(queue) = &world.profile.queue {
        let queue: QueueView = serde_json::from_value(world.get(&Call::get(&queue.path)).await?)?;
        wrong.extend(invariants::queue(&queue, world.dead_letters_before + world.case.dead_letters));
    }
    let tail = world.case.engine.get("queue").and_then(|queue| queue.get("story_events")) != Some(&Value::from("next"));
    for game in &world.games {
        let Some(journal) = game.watch.as_ref().map(|watch| watch.journal().clone()) else { continue };
        wrong.extend(invariants::events(&journal, tail));
        wrong.extend(invariants::backoff(&journal, retry_delay(world)));
        if !world.case.rewrites_history() && !game.game.gone {
            let state = world.state(game).await?;
            // With a player's key it is what the player sees: without the prompts of story events, that is not the whole history.
            if state.get("vars").is_some() {
                let view: GameView = serde_json::from_value(state)?;
                wrong.extend(invariants::history(&journal, &view.chat_history));
            }
        }
    }
    for request in world.requests_made() {
        let view: RequestView = serde_json::from_value(world.request_view(&request).await?)?;
        let journal = world.game_of(&request).watch.as_ref().map(|watch| watch.journal().clone());
        wrong.extend(journal.and_then(|journal| invariants::status(&journal, &view)));
    }
    Ok(wrong)
}

/// What a service promises by what its profile declares.
async fn promises_of_any(world: &World) -> Result<Vec<String>, CallError> {
    let journal = |game: &GameRun| game.watch.as_ref().map(|watch| watch.journal().clone());
    let mut wrong: Vec<String> =
        world.games.iter().filter_map(journal).flat_map(|journal| invariants::foreign::stream(&journal)).collect();
    for request in world.requests_made() {
        let Some(journal) = journal(world.game_of(&request)) else { continue };
        let view = world.request_view(&request).await?;
        wrong.extend(invariants::foreign::request(&world.profile, &journal, &request.id, &view));
    }
    Ok(wrong)
}

/// The engine's delay before a first retry, as this case configures it.
fn retry_delay(world: &World) -> Duration {
    let seconds = world.case.engine.get("worker").and_then(|worker| worker.get("retry_delay_seconds"));
    let seconds = seconds.and_then(Value::as_f64).unwrap_or(ENGINE_RETRY_DELAY);
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

async fn snapshots(world: &World, context: &RunContext, calls: &[Record]) -> Result<(), Failure> {
    let wanted = &world.case.snapshot;
    let mut aliases = Aliases::default();
    let mut journals: Vec<(String, Journal)> = Vec::new();
    for game in &world.games {
        aliases.name(&game.id, "game");
        let journal = game.watch.as_ref().map(|watch| watch.journal().clone());
        journals.extend(journal.map(|journal| (game.game.label.clone(), journal)));
    }
    // Always made, so that ids get the same names whichever snapshots are kept.
    let events = snapshot::events(&journals, world.profile.events.text.as_ref(), &mut aliases);
    let mut texts = Vec::new();
    if wanted.events {
        texts.push(("events".to_owned(), events));
    }
    if wanted.state || wanted.history {
        let mut games = Vec::new();
        for game in world.games.iter().filter(|game| !game.game.gone) {
            let view = world.state(game).await.map_err(|error| failed(&error))?;
            games.push((game.game.label.clone(), view));
        }
        if wanted.state {
            texts.push(("state".to_owned(), snapshot::state(&games, &mut aliases)));
        }
        if wanted.history {
            texts.push(("history".to_owned(), snapshot::history(&games, &mut aliases)));
        }
    }
    if wanted.prompts {
        texts.push(("prompts".to_owned(), snapshot::prompts(calls, &mut aliases)));
    }
    let answers = world.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
    texts.extend(answers.iter().map(|(name, answer)| (name.clone(), snapshot::answer(answer, &mut aliases))));
    for filter in &wanted.filters {
        // It was checked when the case was read.
        let Ok(regex) = Regex::new(&filter.regex) else { continue };
        for (_, text) in &mut texts {
            *text = regex.replace_all(text, filter.with.as_str()).into_owned();
        }
    }
    let mut differing = Vec::new();
    for (kind, text) in texts {
        let path = snapshot::path(&world.case, &kind);
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
    let new = differing.iter().all(|(_, kept, _)| kept.is_empty());
    let what =
        if new { "a snapshot is not kept yet" } else { "a snapshot differs from the one that is kept" }.to_owned();
    Err(Failure { snapshots: differing, ..Failure::new(what) })
}
