//! Does one step: its action, then its expectations.

use std::time::Duration;

use futures::future::{FutureExt, LocalBoxFuture, try_join_all};
use harness_case::profile::End;
use harness_case::{Action, Chat, GateAction, LinkTo, Step, StreamAction, WaitFor};
use harness_events::{Entry, Failure, Source};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::branch::Branch;
use super::errors::failed;
use super::keep::keep;
use super::outcome::{Look, until};
use super::settle::{Subject, settle};
use super::world::{GameRun, RequestRun, World, vars};
use super::{http_step, listen, turn_state};
use crate::call;
use crate::expect::compare_places;
use crate::watch::Watch;

/// The header under which a message can be sent again without a second turn.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The pause before a message whose response was lost is sent again.
const SEND_AGAIN: Duration = Duration::from_millis(50);

/// Does a step of a branch.
pub(super) fn run<'a>(
    world: &'a World,
    branch: &'a Branch<'a>,
    step: &'a Step,
) -> LocalBoxFuture<'a, Result<(), Failure>> {
    async move {
        let _span = world.log.begin(world.log.now(Source::Step, step.name.clone()));
        branch.moves();
        let deadline = Instant::now() + crate::stretched(step.limit);
        let result = act(world, branch, step, deadline).await;
        branch.moves();
        result.map_err(|failure| {
            // A step inside another one has said its name already.
            if failure.step.is_some() {
                return failure;
            }
            let own = failure.mismatches.iter().find_map(|mismatch| step.line_of(&mismatch.what));
            Failure { step: Some(step.name.as_str().into()), line: Some(own.unwrap_or(step.line)), ..failure }
        })
    }
    .boxed_local()
}

async fn act(world: &World, branch: &Branch<'_>, step: &Step, deadline: Instant) -> Result<(), Failure> {
    let began = Instant::now();
    let game = world.game(step.game.as_deref());
    let calls_before = if step.expect.prompts.is_empty() {
        0
    } else {
        world.model.calls().await.map_err(|error| failed(&error))?.last().map_or(0, |call| call.id)
    };
    let mut own = None;
    match &step.action {
        Action::Chat(message) => {
            let reads_state = message.wait && step.expect.needs_state();
            let held = reads_state && turn_state::hold(world, &world.filled(&message.message)).await?;
            let request = send_and_follow(world, branch, game, (message, step), deadline, held).await;
            if held {
                turn_state::release(world).await?;
            }
            own = Some(request?);
        }
        Action::WaitForStoryEvent { label } => {
            let request = unasked(world, branch, game, deadline).await?;
            world.remember(&request, label.as_deref());
            ended(world, branch, game, &request, step, deadline).await?;
            own = Some(request);
        }
        Action::Reset => reset(world, branch, game, deadline).await?,
        Action::Parallel(steps) => {
            let _aside = branch.steps_aside();
            try_join_all(steps.iter().enumerate().map(async |(number, step)| {
                let branch = world.branches.begin();
                turn(world, &format!("step {number}")).await;
                run(world, &branch, step).await
            }))
            .await?;
        }
        Action::Actors(actors) => {
            let _aside = branch.steps_aside();
            try_join_all(actors.iter().map(async |(name, steps)| {
                let branch = world.branches.begin();
                let of_actor = |failure: Failure| Failure { what: format!("{name}: {}", failure.what), ..failure };
                for step in steps {
                    turn(world, name).await;
                    run(world, &branch, step).await.map_err(of_actor)?;
                }
                Ok::<(), Failure>(())
            }))
            .await?;
        }
        Action::WaitFor(wait) => wait_for(world, branch, game, wait, deadline).await?,
        Action::Gate(action) => use_gate(world, branch, action, deadline).await?,
        Action::Process(action) => world.act(action).await?,
        Action::Freeze(action) => world.freeze(action).await?,
        Action::Clock(action) => world.set_clock(action)?,
        Action::Scale(workers) => world.scale(*workers).await?,
        Action::Redis(action) => world.act_on_redis(action).await?,
        Action::Link(action) => world.act_on_link(action)?,
        Action::Listen(stream) => listen::open(world, game, stream, deadline).await?,
        Action::HangUp(label) => listen::hang_up(world, label).await,
        Action::Stream(StreamAction::Drop) => {
            if let Some(watch) = &game.watch {
                watch.drop_stream().await;
            }
        }
        Action::Stream(StreamAction::Resume) => {
            if let Some(watch) = &game.watch {
                watch.resume(&world.players_url());
            }
        }
        Action::RequestStream(stream) => listen::read_request(world, branch, stream, deadline).await?,
        Action::Http(http) => http_step::run(world, branch, http, deadline).await?,
        Action::Check => {}
    }
    let subject = Subject { game, own, calls_before };
    settle(world, branch, &subject, &step.expect, deadline).await?;
    keep(world, step, &subject).await?;
    let took = began.elapsed();
    match step.expect.within_ms {
        Some(within) if took.as_millis() > u128::from(within) => {
            Err(Failure::new(format!("it took {} ms, and not at most {within}", took.as_millis())))
        }
        _ => Ok(()),
    }
}

/// Under a schedule: waits until it is this one's turn.
async fn turn(world: &World, who: &str) {
    if let Some(scheduler) = &world.scheduler {
        scheduler.turn(who).await;
    }
}

/// Sends a step's message and waits for its turn, if the step does. `held`: the model holds the calls of other turns.
async fn send_and_follow(
    world: &World,
    branch: &Branch<'_>,
    game: &GameRun,
    (message, step): (&Chat, &Step),
    deadline: Instant,
    held: bool,
) -> Result<RequestRun, Failure> {
    let sent = tokio::time::timeout_at(deadline, chat(world, game, message)).await;
    let request = sent.map_err(|_| Failure::new("the message was not accepted before the time limit"))??;
    world.remember(&request, message.label.as_deref());
    if !message.wait {
        return Ok(request);
    }
    let end = ended(world, branch, game, &request, step, deadline);
    if held {
        tokio::select! {
            ended = end => ended?,
            failure = turn_state::let_through(world, game, &request) => return Err(failure),
        }
        turn_state::keep(world, game, &request).await;
    } else {
        end.await?;
    }
    Ok(request)
}

async fn chat(world: &World, game: &GameRun, message: &Chat) -> Result<RequestRun, Failure> {
    let send = world.profile.send.as_ref().ok_or_else(|| Failure::new("the profile does not say how to send"))?;
    let mut call = send.call();
    if let Some(Value::Object(body)) = &mut call.body {
        body.extend(message.with.clone());
    }
    call.headers.extend(message.headers.iter().map(|(name, value)| (name.clone(), world.filled(value))));
    let vars = vars([
        ("game", json!(game.id)),
        ("message", json!(world.filled(&message.message))),
        ("actor", json!(message.actor)),
    ]);
    let began = world.log.elapsed();
    let has_key = call.headers.keys().any(|name| name.eq_ignore_ascii_case(IDEMPOTENCY_KEY));
    // A player whose answer is lost on the way sends the message again, if it has a key.
    let repeats = world.repeats_messages() || (has_key && world.case.disturbs(LinkTo::Api));
    if repeats && !has_key {
        call.headers.insert(IDEMPOTENCY_KEY.to_owned(), protocol::RequestId::new().to_string());
    }
    let (id, answer) = loop {
        match call::create(&call, &world.http, &world.players_url(), &vars, &send.id).await {
            Ok(made) => break made,
            // The response is lost, and under its key the message can be sent again.
            Err(error) if repeats && error.is_transient() => tokio::time::sleep(SEND_AGAIN).await,
            Err(error) if error.is_transient() => {
                return Err(Failure::new(world.with_hindrances(format!("the message is not accepted: {error}")).await));
            }
            Err(error) => return Err(Failure::new(format!("the message is refused: {error}"))),
        }
    };
    let text = format!("{} {} → {id} {answer}", call.method, call.path);
    world.log.push(Entry::new(began, Source::Http, text).until(world.log.elapsed()));
    Ok(RequestRun { id, game: game.id.clone() })
}

/// Waits for the last event of a request. One that fails is a failure of the step unless it expects that.
async fn ended(
    world: &World,
    branch: &Branch<'_>,
    game: &GameRun,
    request: &RequestRun,
    step: &Step,
    deadline: Instant,
) -> Result<(), Failure> {
    let Some(watch) = &game.watch else { return Ok(()) };
    let (end, data) = until(world, branch, deadline, async || {
        let journal = watch.journal();
        if let Some((end, seen)) = journal.end(&request.id) {
            return Look::Done((end, seen.data.clone()));
        }
        let last = journal.of(&request.id).last().map_or("no event", |seen| seen.name.as_str());
        Look::NotYet(Failure::new(format!("the request had not ended (its latest: {last})")))
    })
    .await?;
    // One that expects any status is judged by it.
    let expected = step.expect.status.is_some() || step.expect.error.is_some();
    match end {
        End::Failed if !expected => {
            let why = data.get("error").unwrap_or(&data);
            Err(Failure::new(format!("the request failed: {why}")))
        }
        End::Cancelled if !expected => Err(Failure::new("the request was cancelled")),
        _ => Ok(()),
    }
}

async fn unasked(world: &World, branch: &Branch<'_>, game: &GameRun, deadline: Instant) -> Result<RequestRun, Failure> {
    until(world, branch, deadline, async || match world.next_unasked(game) {
        Some(request) => Look::Done(request),
        None => Look::NotYet(Failure::new("no story event had come")),
    })
    .await
}

/// Patches the seed again, as soon as the game's requests have ended: a busy game is not patched.
async fn reset(world: &World, branch: &Branch<'_>, game: &GameRun, deadline: Instant) -> Result<(), Failure> {
    until(world, branch, deadline, async || {
        if world.quiet().await { Look::Done(()) } else { Look::NotYet(Failure::new("the game had not come to rest")) }
    })
    .await?;
    world.seed(&game.game, &game.id).await.map_err(|error| failed(&error))
}

async fn wait_for(
    world: &World,
    branch: &Branch<'_>,
    game: &GameRun,
    wait: &WaitFor,
    deadline: Instant,
) -> Result<(), Failure> {
    let request = wait.request.as_ref().and_then(|label| world.labelled(label));
    let game = request.as_ref().map_or(game, |request| world.game_of(request));
    let wanted = wait.count.unwrap_or(1);
    let mut wait = wait.clone();
    world.fill_places(&mut wait.matching);
    let wait = &wait;
    until(world, branch, deadline, async || {
        let look = |watch: &Watch| {
            if let Some(text) = wait.narration.as_ref().map(|text| world.filled(text)).as_ref() {
                return (usize::from(has_shown(watch, request.as_ref(), text)), format!("the text \"{text}\""), false);
            }
            let came = count(watch, request.as_ref(), wait);
            (came, wait.event.clone().unwrap_or_default(), is_over(watch, request.as_ref()))
        };
        let seen = match &wait.listener {
            Some(label) => world.with_listener(label, look),
            None => game.watch.as_ref().map(look),
        };
        let (came, what, over) = seen.unwrap_or((0, "an event".to_owned(), true));
        if came >= wanted {
            return Look::Done(());
        }
        let failure = Failure::new(format!("{what} had come {came} of {wanted} times"));
        if over { Look::Never(failure) } else { Look::NotYet(failure) }
    })
    .await
}

/// Whether a request has ended for good.
fn is_over(watch: &Watch, request: Option<&RequestRun>) -> bool {
    let Some(request) = request else { return false };
    matches!(watch.journal().end(&request.id), Some((End::Completed | End::Cancelled, _)))
}

fn count(watch: &Watch, request: Option<&RequestRun>, wait: &WaitFor) -> usize {
    let journal = watch.journal();
    let fits = journal.events().iter().filter(|seen| {
        Some(&seen.name) == wait.event.as_ref()
            && request.is_none_or(|request| seen.is_of(&request.id))
            && compare_places("", &wait.matching, &seen.data).is_empty()
    });
    fits.count()
}

fn has_shown(watch: &Watch, request: Option<&RequestRun>, text: &str) -> bool {
    let journal = watch.journal();
    let shown = |id: &str| journal.narration(id).contains(text);
    match request {
        Some(request) => shown(&request.id),
        None => journal.events().iter().filter_map(|seen| seen.request.as_deref()).any(shown),
    }
}

async fn use_gate(world: &World, branch: &Branch<'_>, action: &GateAction, deadline: Instant) -> Result<(), Failure> {
    let name = match action {
        GateAction::Open(name) => return world.model.open_gate(name).await.map_err(|error| failed(&error)),
        GateAction::Wait(name) => name,
    };
    let never = until(world, branch, deadline, async || {
        let gate = world.model.gates().await.ok().and_then(|gates| gates.get(name).copied());
        match gate.filter(|gate| gate.open) {
            Some(gate) => {
                let passed = gate.passed;
                let what =
                    format!("gate {name} is open, and nothing waits there any more ({passed} calls have passed it)");
                Look::<()>::Never(Failure::new(what))
            }
            None => Look::NotYet(Failure::new(format!("no model call had come to gate {name}"))),
        }
    });
    tokio::select! {
        waiting = world.model.wait_at_gate(name) => waiting.map_err(|error| failed(&error)),
        never = never => never,
    }
}
