//! Streams besides the case's own: those of `listen`, and a request's own stream that is read to its end.

use harness_case::{Expect, Listen, RequestStream};
use harness_events::Failure;
use tokio::time::Instant;

use super::branch::Branch;
use super::world::{GameRun, World};
use crate::expect::{Observed, check};
use crate::watch::{Coverage, Feed};

/// Opens a stream, or takes one up again that was hung up.
pub(super) async fn open(world: &World, game: &GameRun, listen: &Listen, deadline: Instant) -> Result<(), Failure> {
    let known = world.with_listener(&listen.label, |watch| watch.resume(&world.players_url()));
    if known.is_some() {
        return Ok(());
    }
    let watch = world.follow(feed(world, game, listen)?);
    let answered = tokio::time::timeout_at(deadline, watch.answered()).await;
    answered.map_err(|_| Failure::new(format!("the stream of `{}` was not answered in time", listen.label)))?;
    world.keep_listener(&listen.label, watch);
    Ok(())
}

fn feed(world: &World, game: &GameRun, listen: &Listen) -> Result<Feed, Failure> {
    let unknown = || Failure::new("the profile does not say where such a stream is");
    let path = match (&listen.path, &listen.request) {
        (Some(path), _) => world.filled(path),
        (None, Some(label)) => request_path(world, label)?,
        (None, None) => {
            let path = &world.profile.events.path;
            let path = if listen.after.is_some() {
                world.profile.events.resume.as_ref().or(path.as_ref())
            } else {
                path.as_ref()
            };
            path.ok_or_else(unknown)?.replace("{game}", &game.id)
        }
    };
    let mut headers: Vec<_> = listen.headers.iter().map(|(name, value)| (name.clone(), world.filled(value))).collect();
    let after = listen.after.as_ref().map(|after| world.filled(after));
    headers.extend(after.iter().map(|after| ("Last-Event-ID".to_owned(), after.clone())));
    Ok(Feed {
        name: listen.label.clone(),
        resume: path.split('?').next().unwrap_or(&path).to_owned(),
        coverage: match (&listen.path, &listen.request, &listen.after) {
            (None, None, None) => Coverage::Whole,
            (None, None, Some(_)) => Coverage::Late,
            _ => Coverage::Parts,
        },
        lasting: listen.path.is_none() && listen.request.is_none(),
        game: (listen.path.is_none() && listen.request.is_none()).then(|| game.id.clone()),
        path,
        headers,
        after,
    })
}

fn request_path(world: &World, label: &str) -> Result<String, Failure> {
    let request = world.labelled(label).ok_or_else(|| Failure::new(format!("no request is called `{label}`")))?;
    let path = world.profile.events.request_path.as_ref();
    let path = path.ok_or_else(|| Failure::new("the profile does not say where a request's stream is"))?;
    Ok(path.replace("{request}", &request.id))
}

/// Closes a stream.
pub(super) async fn hang_up(world: &World, label: &str) {
    // The lock on all streams is not held while this one closes.
    let closed = world.with_listener(label, crate::watch::Watch::closing);
    if let Some(closed) = closed {
        closed.await;
    }
}

/// Opens a request's own stream and reads it until the service ends it.
pub(super) async fn read_request(
    world: &World,
    branch: &Branch<'_>,
    step: &RequestStream,
    deadline: Instant,
) -> Result<(), Failure> {
    let name = &step.request;
    let path = request_path(world, name)?;
    let feed = Feed {
        name: format!("the request {name}"),
        resume: path.clone(),
        path,
        headers: Vec::new(),
        after: None,
        coverage: Coverage::Parts,
        lasting: false,
        game: None,
    };
    let watch = world.follow(feed);
    // Of what is on its way here nothing is known but from the stream itself, however quiet the service is.
    branch.moves();
    let read = async {
        let mut pulse = world.pulse.listen();
        loop {
            let status = watch.status();
            if status.ended > 0 {
                return Ok(());
            }
            if status.status != 0 && !status.open {
                let what = format!("the stream of `{name}` is refused with {}", status.status);
                return Err(Failure::new(what));
            }
            if let Some(end) = world.unexpected_end() {
                return Err(Failure::new(end));
            }
            world.waits_for(&Failure::new(format!("the end of the stream of `{name}`")));
            // The pulse lasts as long as the world.
            let _ = pulse.changed().await;
        }
    };
    let late = |_| Failure::new(format!("the stream of `{name}` had not ended before the time limit"));
    tokio::time::timeout_at(deadline, read).await.map_err(late)??;
    let journal = watch.journal().clone();
    if let Some(fault) = journal.faults().first() {
        return Err(Failure::new(format!("the stream of `{name}`: {fault}")));
    }
    let request = world.labelled(name).map(|request| request.id).unwrap_or_default();
    if journal.end(&request).is_none() {
        return Err(Failure::new(format!("the stream of `{name}` ended without a last event")));
    }
    let expect = Expect { events: step.events.clone(), ..Expect::default() };
    let seen = Observed {
        events: journal.events().iter().map(AsRef::as_ref).collect(),
        text: world.profile.events.text.as_ref(),
        labels: world.labels(),
        quiet: true,
        ..Observed::default()
    };
    let wrong = check(&expect, &seen);
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("the stream of `{name}` brings other events")).with(wrong))
    }
}
