//! Expectations of a step: looked at until they hold, or cannot hold any more.

use std::sync::Arc;

use harness_case::Expect;
use harness_case::profile::{Call, End};
use harness_events::{Failure, Mismatch};
use serde_json::Value;
use tokio::time::Instant;

use super::branch::Branch;
use super::outcome::{Look, until};
use super::turn_state;
use super::world::{GameRun, RequestRun, World};
use crate::call::CallError;
use crate::expect::{Observed, RequestFacts, UpperBounds, check};
use crate::model;
use crate::watch::{Seen, Watch};

/// Whose expectations they are, and since when.
pub(super) struct Subject<'a> {
    pub(super) game: &'a GameRun,
    /// The request that the step has made or found.
    pub(super) own: Option<RequestRun>,
    /// How many model calls there were when the step began.
    pub(super) calls_before: u64,
}

/// Waits until everything holds that a step expects.
pub(super) async fn settle(
    world: &World,
    branch: &Branch<'_>,
    subject: &Subject<'_>,
    expect: &Expect,
    deadline: Instant,
) -> Result<(), Failure> {
    if expect.is_empty() {
        return Ok(());
    }
    until(world, branch, deadline, async || {
        let wrong = look(world, subject, expect).await;
        if wrong.is_empty() {
            Look::Done(())
        } else if wrong.iter().any(|mismatch| mismatch.hopeless) {
            Look::Never(Failure::new("this does not hold, and cannot any more").with(wrong))
        } else {
            Look::NotYet(Failure::new("this did not hold").with(wrong))
        }
    })
    .await
}

/// What of the expectations does not hold at this moment.
pub(super) async fn look(world: &World, subject: &Subject<'_>, expect: &Expect) -> Vec<Mismatch> {
    let request = match &expect.request {
        Some(label) => world.labelled(label),
        None => subject.own.clone(),
    };
    let game = request.as_ref().map_or(subject.game, |request| world.game_of(request));
    // Only what speaks of absence needs to know that nothing happens any more.
    let bounds = UpperBounds::of(expect);
    let absence = matches!(expect.events, Some(harness_case::EventList::None(_))) || bounds != UpperBounds::None;
    let asks_quiet = expect.quiet || absence;
    let asks_still = matches!(bounds, UpperBounds::Moves(_));
    let expect = &world.filled_expect(expect);
    let quiet = asks_quiet && world.quiet().await;
    // Asked first, too: what is looked at after nothing moved is final.
    let still = asks_still && !quiet && world.stands_still().await;
    let events = relevant_events(world, game, request.as_ref(), expect);
    let mut unread = Unread::default();
    let mut observed = observe(world, game, request.as_ref(), subject, expect, &events, &mut unread).await;
    (observed.quiet, observed.still) = (quiet, still);
    let mut wrong = check(expect, &observed);
    if !wrong.is_empty() {
        wrong.extend(unread.0.iter().map(|error| Mismatch::new("the service", "an answer", error)));
    }
    wrong
}

/// The calls that the service has not answered as it must. What they would say is not known, and a mismatch of it does not say why.
#[derive(Default)]
struct Unread(Vec<String>);

impl Unread {
    fn note<T>(&mut self, answer: Result<T, CallError>) -> Option<T> {
        answer.inspect_err(|error| self.0.push(error.to_string())).ok()
    }
}

fn relevant_events(world: &World, game: &GameRun, request: Option<&RequestRun>, expect: &Expect) -> Vec<Arc<Seen>> {
    let all = match &expect.listener {
        Some(label) => world.with_listener(label, |watch| watch.journal().events().to_vec()).unwrap_or_default(),
        None => game.watch.as_ref().map(|watch| watch.journal().events().to_vec()).unwrap_or_default(),
    };
    match request {
        Some(request) => all.into_iter().filter(|seen| seen.is_of(&request.id)).collect(),
        None => all,
    }
}

/// Looks at what the expectations need, and at nothing else.
async fn observe<'a>(
    world: &'a World,
    game: &GameRun,
    request: Option<&RequestRun>,
    subject: &Subject<'_>,
    expect: &Expect,
    events: &'a [Arc<Seen>],
    unread: &mut Unread,
) -> Observed<'a> {
    let state = if expect.needs_state() {
        unread.note(turn_state::seen_by(world, game, subject.own.as_ref(), events).await)
    } else {
        None
    };
    let facts = match request {
        Some(request) => Some(facts(world, game, request, unread).await),
        None => None,
    };
    let mut queue = match &world.profile.queue {
        Some(queue) if expect.queue.is_some() => unread.note(world.get(&Call::get(&queue.path)).await),
        _ => None,
    };
    // What others have left on a service that is shared is none of this case's.
    if let Some(letters) = queue.as_mut().and_then(|queue| queue.get_mut("dead_letters")) {
        *letters = letters.as_u64().unwrap_or(0).saturating_sub(world.dead_letters_before).into();
    }
    let asks_model = expect.model_calls.is_some() || !expect.prompts.is_empty();
    let calls = if asks_model { world.model.calls().await.ok() } else { None };
    let since = |calls: &Vec<mock_llm::Record>| {
        calls.iter().filter(|call| call.id > subject.calls_before).map(model::prompt).collect()
    };
    Observed {
        state,
        request: facts,
        events: events.iter().map(AsRef::as_ref).collect(),
        text: world.profile.events.text.as_ref(),
        stream: expect.listener.as_ref().and_then(|label| world.with_listener(label, Watch::status)),
        queue,
        prompts: calls.as_ref().map(since).unwrap_or_default(),
        calls: calls.map(|calls| model::count(&calls)),
        labels: world.labels(),
        quiet: false,
        still: false,
    }
}

/// What the service says of a request.
async fn facts(world: &World, game: &GameRun, request: &RequestRun, unread: &mut Unread) -> RequestFacts {
    // Looked at first: what is asked after the end does not change any more.
    let (end, shown) = game.watch.as_ref().map_or((None, String::new()), |watch| {
        let journal = watch.journal();
        (journal.end(&request.id).map(|(end, _)| end), journal.narration(&request.id))
    });
    let ended = matches!(end, Some(End::Completed | End::Cancelled));
    let mut facts = RequestFacts { narration: shown, settled: end.is_some(), ended, ..RequestFacts::default() };
    let Some(profile) = &world.profile.request else { return facts };
    let Some(view) = unread.note(world.request_view(request).await) else { return facts };
    let at = |pointer: &Option<String>| pointer.as_ref().and_then(|pointer| view.pointer(pointer));
    let text = |pointer: &Option<String>| at(pointer).and_then(Value::as_str).map(str::to_owned);
    facts.status = text(&profile.status);
    facts.attempt = at(&profile.attempt).and_then(Value::as_u64);
    facts.error = text(&profile.error);
    facts.message = text(&profile.message);
    if let Some(committed) = text(&profile.text) {
        facts.narration = committed;
    }
    facts
}
