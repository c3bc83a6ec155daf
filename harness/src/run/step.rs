//! Does one step: its action, then its expectations.

use futures::future::{FutureExt, LocalBoxFuture, try_join_all};
use protocol::{ChatRequest, Event, IfBusy, RequestStatus};
use tokio::time::Instant;

use super::http_step;
use super::outcome::{Look, until};
use super::settle::settle;
use super::world::{GameRun, RequestRun, World, failed};
use crate::case::{Action, GateAction, Step, StreamAction, WaitFor};
use crate::expect::matches_places;
use crate::report::{Failure, Source};

/// Does a step. `alone`: no other step runs beside it.
pub(super) fn run<'a>(world: &'a World, step: &'a Step, alone: bool) -> LocalBoxFuture<'a, Result<(), Failure>> {
    async move {
        world.log.note(Source::Step, format!("\"{}\" begins", step.name));
        let deadline = Instant::now() + crate::patience(step.limit);
        let result = act(world, step, deadline, alone).await;
        let name = |failure: Failure| match failure.step {
            // A step inside `parallel` has said its name already.
            Some(_) => failure,
            None => Failure { step: Some(step.name.clone()), ..failure },
        };
        result.map_err(name)
    }
    .boxed_local()
}

async fn act(world: &World, step: &Step, deadline: Instant, alone: bool) -> Result<(), Failure> {
    let game = world.game(step.game.as_deref());
    let mut own = None;
    match &step.action {
        Action::Chat { message, actor, label, wait } => {
            let request = chat(world, game, message, actor.as_deref()).await?;
            world.remember(request, label.as_deref());
            if *wait {
                ended(world, game, request, step, deadline).await?;
            }
            own = Some(request);
        }
        Action::WaitForStoryEvent { label } => {
            let request = story_event(world, game, deadline, alone).await?;
            world.remember(request, label.as_deref());
            ended(world, game, request, step, deadline).await?;
            own = Some(request);
        }
        Action::Reset => reset(world, game, deadline).await?,
        Action::Parallel(steps) => {
            try_join_all(steps.iter().map(|step| run(world, step, false))).await?;
        }
        Action::WaitFor(wait) => wait_for(world, game, wait, deadline, alone).await?,
        Action::Gate(action) => use_gate(world, action, deadline).await?,
        Action::Process(action) => world.act(*action).await?,
        Action::Stream(StreamAction::Drop) => game.watch.drop_stream().await,
        Action::Stream(StreamAction::Resume) => game.watch.resume(&world.api().1),
        Action::RequestStream(stream) => http_step::read_stream(world, stream, deadline).await?,
        Action::Http(http) => http_step::send(world, http, deadline).await?,
        Action::Check => {}
    }
    settle(world, game, own, &step.expect, deadline, alone).await
}

async fn chat(world: &World, game: &GameRun, message: &str, actor: Option<&str>) -> Result<RequestRun, Failure> {
    let request = ChatRequest {
        game_state_id: game.id,
        message: message.to_owned(),
        actor: actor.map(str::to_owned),
        if_busy: IfBusy::Enqueue,
        stream: None,
    };
    let accepted =
        world.api().0.chat(&request).await.map_err(|error| Failure::new(format!("the message is refused: {error}")))?;
    let id = accepted.request_id;
    world.log.note(Source::Http, format!("POST /v1/chat → {id}, {} before it", accepted.position));
    Ok(RequestRun { id, game: game.id })
}

/// Waits for the last event of a request. One that fails is a failure of the step unless it expects that.
async fn ended(
    world: &World,
    game: &GameRun,
    request: RequestRun,
    step: &Step,
    deadline: Instant,
) -> Result<(), Failure> {
    let terminal = until(world, deadline, async || {
        let journal = game.watch.journal();
        if let Some(event) = journal.terminal(request.id) {
            return Look::Done(event.clone());
        }
        let last = journal.of(request.id).last().map_or("no event", |seen| seen.name.as_str());
        Look::NotYet(Failure::new(format!("the request had not ended (its latest: {last})")))
    })
    .await?;
    let expected =
        step.expect.status.is_some_and(|status| status != RequestStatus::Completed) || step.expect.error.is_some();
    match terminal {
        Event::RequestFailed(event) if !expected => Err(Failure::new(format!("the request failed: {}", event.error))),
        Event::RequestCancelled(_) if !expected => Err(Failure::new("the request was cancelled")),
        _ => Ok(()),
    }
}

async fn story_event(world: &World, game: &GameRun, deadline: Instant, alone: bool) -> Result<RequestRun, Failure> {
    until(world, deadline, async || {
        let quiet = alone && world.quiet().await;
        match world.next_story_event(game) {
            Some(request) => Look::Done(request),
            None if quiet => Look::Never(Failure::new("nothing happens any more, and no story event has come")),
            None => Look::NotYet(Failure::new("no story event had come")),
        }
    })
    .await
}

/// Patches the seed again, as soon as the game's requests have ended: a busy game is not patched.
async fn reset(world: &World, game: &GameRun, deadline: Instant) -> Result<(), Failure> {
    until(world, deadline, async || {
        if world.quiet().await { Look::Done(()) } else { Look::NotYet(Failure::new("the game had not come to rest")) }
    })
    .await?;
    world.api().0.patch_game(game.id, &game.game.seed, None).await.map(drop).map_err(|error| failed(&error))
}

async fn wait_for(
    world: &World,
    game: &GameRun,
    wait: &WaitFor,
    deadline: Instant,
    alone: bool,
) -> Result<(), Failure> {
    let request = wait.request.as_ref().and_then(|label| world.labelled(label));
    let game = request.map_or(game, |request| world.game_of(request));
    let wanted = wait.count.unwrap_or(1);
    until(world, deadline, async || {
        let quiet = alone && world.quiet().await;
        let (came, what) = match &wait.narration {
            Some(text) => (usize::from(has_shown(game, request, text)), format!("the text \"{text}\"")),
            None => (count(game, request, wait), wait.event.clone().unwrap_or_default()),
        };
        if came >= wanted {
            return Look::Done(());
        }
        let failure = Failure::new(format!("{what} had come {came} times, and not {wanted}"));
        if quiet { Look::Never(failure) } else { Look::NotYet(failure) }
    })
    .await
}

fn count(game: &GameRun, request: Option<RequestRun>, wait: &WaitFor) -> usize {
    let journal = game.watch.journal();
    let fits = journal.events().iter().filter(|seen| {
        Some(&seen.name) == wait.event.as_ref()
            && request.is_none_or(|request| seen.request() == Some(request.id))
            && matches_places("", &wait.matching, &seen.data).is_empty()
    });
    fits.count()
}

fn has_shown(game: &GameRun, request: Option<RequestRun>, text: &str) -> bool {
    let journal = game.watch.journal();
    let shown = |id| journal.narration(id).contains(text);
    match request {
        Some(request) => shown(request.id),
        None => journal.events().iter().filter_map(crate::watch::Seen::request).any(shown),
    }
}

async fn use_gate(world: &World, action: &GateAction, deadline: Instant) -> Result<(), Failure> {
    match action {
        GateAction::Open(name) => world.model.open_gate(name).await.map_err(|error| failed(&error)),
        GateAction::Wait(name) => {
            let waited = async {
                tokio::select! {
                    waiting = world.model.wait_at_gate(name) => waiting.map_err(|error| failed(&error)),
                    end = process_end(world) => Err(Failure::new(end)),
                }
            };
            match tokio::time::timeout_at(deadline, waited).await {
                Ok(result) => result,
                Err(_) => Err(Failure::new(format!("no model call had come to gate {name} before the time limit"))),
            }
        }
    }
}

/// Waits until a process ends that nobody has asked to.
async fn process_end(world: &World) -> String {
    loop {
        let mut pulse = world.pulse.listen();
        if let Some(end) = world.unexpected_end() {
            return end;
        }
        if pulse.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
