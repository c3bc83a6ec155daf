//! The network's side of the console: carries out commands, listens to the open game, and never keeps the screen waiting.

mod calls;
mod rewrite;
mod seen;
mod watch;

#[cfg(test)]
mod tests;

use client::{Client, Events, Item, Since};
use futures::StreamExt as _;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::FuturesUnordered;
use protocol::{Event, EventId, GameId};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, sleep_until};

use self::seen::Seen;
use self::watch::Watch;
use crate::app::{Command, Link, NetMessage, Opened, Rewrite};

pub(crate) use calls::{Timing, check, unfinished};

/// Carries commands out until their sender is dropped. Calls and the event stream run concurrently.
pub(crate) async fn run(
    client: Client,
    timing: Timing,
    mut commands: UnboundedReceiver<Command>,
    answers: UnboundedSender<NetMessage>,
) {
    let mut net = Net {
        client,
        timing,
        answers,
        calls: FuturesUnordered::new(),
        opening: 0,
        events: None,
        watch: Watch::new(timing, []),
        seen: Seen::default(),
        resume: None,
    };
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(command) => net.begin(command),
                None => return,
            },
            Some(done) = net.calls.next(), if !net.calls.is_empty() => net.finish(done),
            item = next(&mut net.events) => net.on_item(item),
            () = until(net.watch.due()) => net.ask(),
        }
    }
}

struct Net {
    client: Client,
    timing: Timing,
    answers: UnboundedSender<NetMessage>,
    calls: FuturesUnordered<BoxFuture<'static, Done>>,
    /// Counts what the player opens and leaves, so that a game that comes too late is not opened.
    opening: u64,
    events: Option<(GameId, Events)>,
    watch: Watch,
    /// What the open game's history and requests held when they were read.
    seen: Seen,
    /// After which event to listen when the game has been read again: the turn that is narrated since is then shown from its beginning.
    resume: Option<(GameId, EventId)>,
}

enum Done {
    Message(NetMessage),
    Opened {
        opening: u64,
        opened: Result<Box<Opened>, String>,
    },
    Asked {
        game: GameId,
        answers: watch::Answers,
    },
    /// What has happened in a game has changed, by events after this one.
    Rewritten {
        game: GameId,
        since: EventId,
    },
    /// There is a new game that goes on from this one.
    Branched {
        game: GameId,
        branch: GameId,
    },
    Nothing,
}

/// Whether what is shown of the game is void: it was changed from outside its turns.
fn makes_void(event: &Event) -> bool {
    match event {
        Event::GameRewound(_) => true,
        Event::StateUpdated(update) => update.request_id.is_none(),
        _ => false,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

async fn next(events: &mut Option<(GameId, Events)>) -> Option<Item> {
    match events {
        Some((_, events)) => events.next().await,
        None => std::future::pending().await,
    }
}

impl Net {
    fn begin(&mut self, command: Command) {
        let client = self.client.clone();
        let call = match command {
            Command::LoadMenu => async move { Done::Message(NetMessage::Menu(calls::menu(&client).await)) }.boxed(),
            Command::Create(game) => {
                let opening = self.leave();
                async move { Done::Opened { opening, opened: calls::create(&client, game).await } }.boxed()
            }
            Command::Open { game, keep_trying } => {
                let opening = self.leave();
                let pause = keep_trying.then_some(self.timing.pause);
                async move { Done::Opened { opening, opened: calls::open(&client, game, pause).await } }.boxed()
            }
            Command::Look(game) => {
                // Without an answer the sidebar is behind until the next turn, no more.
                async move {
                    let view = client.player_view(game).await.ok().map(Box::new);
                    Done::Message(NetMessage::Looked { game, view })
                }
                .boxed()
            }
            Command::Send { local, game, message } => {
                let timing = self.timing;
                async move { Done::Message(calls::send(&client, local, game, message, timing).await) }.boxed()
            }
            Command::Cancel(request) => {
                // That it is cancelled comes as an event, as it does to every other client.
                async move { calls::cancel(&client, request).await.map_or(Done::Nothing, Done::Message) }.boxed()
            }
            Command::Stop(request) => {
                async move { calls::stop(&client, request).await.map_or(Done::Nothing, Done::Message) }.boxed()
            }
            Command::Rewrite { game, change } => {
                let timing = self.timing;
                let name = if let Rewrite::Name(name) = &change { name.clone() } else { String::new() };
                async move {
                    match rewrite::rewrite(&client, game, change, timing).await {
                        // A name changes nothing of what is shown, so the game need not be read again.
                        Ok(None) => Done::Message(NetMessage::Renamed { game, name }),
                        // Its event says the same, unless a proxy holds events back.
                        Ok(Some(since)) => Done::Rewritten { game, since },
                        Err(reason) => Done::Message(NetMessage::Refused(reason)),
                    }
                }
                .boxed()
            }
            Command::Recall { game, turn } => async move {
                Done::Message(match rewrite::recall(&client, game, turn).await {
                    Ok(words) => NetMessage::Recalled { game, turn, words },
                    Err(reason) => NetMessage::Refused(reason),
                })
            }
            .boxed(),
            Command::Branch { game, turn } => {
                let timing = self.timing;
                async move {
                    match rewrite::branch(&client, game, turn, timing).await {
                        Ok(branch) => Done::Branched { game, branch },
                        Err(reason) => Done::Message(NetMessage::Refused(reason)),
                    }
                }
                .boxed()
            }
            Command::Export { game, format, file } => {
                async move { Done::Message(calls::export(&client, game, format, file).await) }.boxed()
            }
            Command::Explain { game, turn } => {
                async move { Done::Message(calls::explain(&client, game, turn).await) }.boxed()
            }
            Command::Leave => {
                self.leave();
                return;
            }
            Command::Quit => return,
        };
        self.calls.push(call);
    }

    fn leave(&mut self) -> u64 {
        self.events = None;
        self.watch = Watch::new(self.timing, []);
        self.opening += 1;
        self.opening
    }

    fn finish(&mut self, done: Done) {
        match done {
            Done::Message(message) => {
                if let NetMessage::Accepted { request, .. } = message {
                    self.watch.expect(request);
                }
                self.report(message);
            }
            Done::Asked { game, answers } if self.is_open(game) => {
                self.answered(game, answers);
            }
            Done::Opened { opening, opened } if opening == self.opening => {
                if let Ok(opened) = &opened {
                    let game = &opened.game;
                    let unfinished: Vec<_> = opened.unfinished.iter().map(|request| request.request_id).collect();
                    self.watch = Watch::new(self.timing, unfinished.iter().copied());
                    self.seen = Seen { cursor: Some(game.cursor), unfinished };
                    let resume = self.resume.take().filter(|(of, since)| *of == game.id && *since < game.cursor);
                    let since = resume.map_or(game.cursor, |(_, since)| since);
                    self.events = Some((game.id, self.client.game_events(game.id, Since::After(since))));
                }
                self.report(NetMessage::Opened(opened));
            }
            // What is shown was read before the change: its event has not come yet.
            Done::Rewritten { game, since } if self.is_open(game) && self.seen.cursor <= Some(since) => {
                self.read_again(Some(since));
            }
            Done::Branched { game, branch } if self.is_open(game) => {
                self.begin(Command::Open { game: branch, keep_trying: false });
            }
            Done::Opened { .. }
            | Done::Asked { .. }
            | Done::Rewritten { .. }
            | Done::Branched { .. }
            | Done::Nothing => {}
        }
    }

    fn on_item(&mut self, item: Option<Item>) {
        match item {
            // A stream that is open may still be held back by a proxy.
            Some(Item::Connected { .. } | Item::Disconnected { .. }) if self.watch.is_behind() => {}
            Some(Item::Connected { .. }) => self.report(NetMessage::Link(Link::Live)),
            Some(Item::Event { id, event }) if self.seen.has(id, &event) => {}
            Some(Item::Event { id, event }) if makes_void(&event) => self.read_again(id),
            Some(Item::Event { event, .. }) => {
                if self.watch.observe(&event) {
                    self.report(NetMessage::Link(Link::Live));
                }
                self.report(NetMessage::Event(event));
            }
            Some(Item::Disconnected { error, .. }) => {
                self.report(NetMessage::Link(Link::Reconnecting(error.to_string())));
            }
            Some(Item::Snapshot(_) | Item::Reset(_) | Item::Gap { .. }) => self.read_again(None),
            Some(Item::Failed(error)) => self.end(error.to_string()),
            None => self.end("the engine has closed this game's events".to_owned()),
        }
    }

    fn is_open(&self, game: GameId) -> bool {
        self.events.as_ref().is_some_and(|(open, _)| *open == game)
    }

    /// Has the game read again, and its events followed from this one on.
    fn read_again(&mut self, since: Option<EventId>) {
        let open = self.events.take();
        self.resume = open.and_then(|(game, _)| Some((game, since?)));
        self.report(NetMessage::Reset);
    }

    fn ask(&mut self) {
        let Some((game, _)) = self.events else { return };
        let ask = self.watch.ask(self.client.clone(), game);
        self.calls.push(async move { Done::Asked { game, answers: ask.await } }.boxed());
    }

    fn answered(&mut self, game: GameId, answers: watch::Answers) {
        let Some(news) = self.watch.answered(answers) else {
            self.leave();
            return self.report(NetMessage::Reset);
        };
        if news.is_empty() {
            return;
        }
        self.report(NetMessage::Link(Link::Polling));
        if news.iter().any(|event| matches!(event, Event::RequestCompleted(_))) {
            self.begin(Command::Look(game));
        }
        for event in news {
            self.report(NetMessage::Event(event));
        }
    }

    fn end(&mut self, reason: String) {
        self.events = None;
        self.report(NetMessage::Link(Link::Lost(reason)));
    }

    /// The receiver is gone only when the console is on its way out.
    fn report(&self, answer: NetMessage) {
        drop(self.answers.send(answer));
    }
}
