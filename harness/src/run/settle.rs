//! Expectations of a step: looked at until they hold, or cannot hold any more.

use protocol::Event;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::outcome::{Look, until};
use super::world::{GameRun, RequestRun, World};
use crate::case::Expect;
use crate::expect::{Observed, RequestFacts, check};
use crate::model;
use crate::report::Failure;
use crate::watch::Seen;

/// Waits until everything holds that a step expects. `alone`: no other step runs beside it, so that in a quiet world
/// nothing can change any more.
pub(super) async fn settle(
    world: &World,
    game: &GameRun,
    own: Option<RequestRun>,
    expect: &Expect,
    deadline: Instant,
    alone: bool,
) -> Result<(), Failure> {
    if expect.is_empty() {
        return Ok(());
    }
    let request = match &expect.request {
        Some(label) => world.labelled(label),
        None => own,
    };
    let game = request.map_or(game, |request| world.game_of(request));
    until(world, deadline, async || {
        // Asked first: what is looked at after the world was quiet is final.
        let quiet = alone && world.quiet().await;
        let events = relevant_events(game, request);
        let observed = observe(world, game, request, own, expect, &events).await;
        let wrong = check(expect, &observed);
        if wrong.is_empty() {
            Look::Done(())
        } else if quiet {
            Look::Never(Failure::new("nothing happens any more, and this does not hold").with(wrong))
        } else {
            Look::NotYet(Failure::new("this did not hold").with(wrong))
        }
    })
    .await
}

fn relevant_events(game: &GameRun, request: Option<RequestRun>) -> Vec<Seen> {
    let journal = game.watch.journal();
    match request {
        Some(request) => journal.of(request.id).cloned().collect(),
        None => journal.events().to_vec(),
    }
}

/// Looks at what the expectations need, and at nothing else.
async fn observe<'a>(
    world: &World,
    game: &GameRun,
    request: Option<RequestRun>,
    own: Option<RequestRun>,
    expect: &Expect,
    events: &'a [Seen],
) -> Observed<'a> {
    let (client, _) = world.api();
    let view = client.game(game.id).await.ok();
    let mut state = view.and_then(|view| serde_json::to_value(view).ok());
    if let (Some(state), Some(_)) = (&mut state, own) {
        at_commit(state, events);
    }
    let facts = match request {
        Some(request) => {
            let view = client.request(request.id).await.ok();
            let committed = view.as_ref().and_then(|view| Some(view.result.as_ref()?.message.clone()));
            let narration = committed.unwrap_or_else(|| game.watch.journal().narration(request.id));
            Some(RequestFacts { view, narration })
        }
        None => None,
    };
    let queue = if expect.queue.is_some() { client.queue().await.ok() } else { None };
    let calls = if expect.model_calls.is_some() { world.model.calls().await.ok() } else { None };
    Observed {
        state,
        request: facts,
        events: events.iter().collect(),
        queue,
        calls: calls.map(|calls| model::count(&calls)),
        labels: world.labels(),
    }
}

/// A step that made a request speaks of the state that this request's turn left, even if another turn has followed.
fn at_commit(state: &mut Value, events: &[Seen]) {
    let updated = events.iter().rev().find_map(|seen| match &seen.event {
        Some(Event::StateUpdated(updated)) => Some(updated),
        _ => None,
    });
    if let Some(updated) = updated {
        state["user_location"] = json!(updated.location);
        state["scene_name"] = json!(updated.scene);
        state["turn_counter"] = json!(updated.turn);
        state["is_ended"] = json!(updated.is_ended);
    }
}
