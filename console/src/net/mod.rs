//! The network's side of the console: carries out commands, listens to the open game, and never keeps the screen waiting.

mod calls;

#[cfg(test)]
mod tests;

use client::{Client, Events, Item, Since};
use futures::StreamExt as _;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::FuturesUnordered;
use protocol::GameId;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use crate::app::{Command, Link, NetMessage, Opened};

pub(crate) use calls::{Patience, check};

/// Carries commands out until their sender is dropped. Calls run beside each other and beside the listening.
pub(crate) async fn run(
    client: Client,
    patience: Patience,
    mut commands: UnboundedReceiver<Command>,
    answers: UnboundedSender<NetMessage>,
) {
    let mut net = Net { client, patience, answers, calls: FuturesUnordered::new(), opening: 0, events: None };
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                Some(command) => net.begin(command),
                None => return,
            },
            Some(done) = net.calls.next(), if !net.calls.is_empty() => net.finish(done),
            item = next(&mut net.events) => net.hear(item),
        }
    }
}

struct Net {
    client: Client,
    patience: Patience,
    answers: UnboundedSender<NetMessage>,
    calls: FuturesUnordered<BoxFuture<'static, Done>>,
    /// Counts what the player opens and leaves, so that a game that comes too late is not opened.
    opening: u64,
    events: Option<(GameId, Events)>,
}

enum Done {
    NetMessage(NetMessage),
    Opened { opening: u64, opened: Result<Box<Opened>, String> },
    Nothing,
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
            Command::LoadMenu => async move { Done::NetMessage(NetMessage::Menu(calls::menu(&client).await)) }.boxed(),
            Command::Create { scenario, pc } => {
                let opening = self.leave();
                async move { Done::Opened { opening, opened: calls::create(&client, scenario, pc).await } }.boxed()
            }
            Command::Open { game, patient } => {
                let opening = self.leave();
                let pause = patient.then_some(self.patience.pause);
                async move { Done::Opened { opening, opened: calls::open(&client, game, pause).await } }.boxed()
            }
            Command::Look(game) => {
                // Without an answer the sidebar is behind until the next turn, no more.
                async move {
                    client
                        .game(game)
                        .await
                        .map_or(Done::Nothing, |game| Done::NetMessage(NetMessage::Looked(game.into())))
                }
                .boxed()
            }
            Command::Send { local, game, message } => {
                let patience = self.patience;
                async move { Done::NetMessage(calls::send(&client, local, game, message, patience).await) }.boxed()
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
        self.opening += 1;
        self.opening
    }

    fn finish(&mut self, done: Done) {
        match done {
            Done::NetMessage(answer) => self.tell(answer),
            Done::Opened { opening, opened } if opening == self.opening => {
                if let Ok(opened) = &opened {
                    let game = &opened.game;
                    self.events = Some((game.id, self.client.game_events(game.id, Since::After(game.cursor))));
                }
                self.tell(NetMessage::Opened(opened));
            }
            Done::Opened { .. } | Done::Nothing => {}
        }
    }

    fn hear(&mut self, item: Option<Item>) {
        match item {
            Some(Item::Connected { .. }) => self.tell(NetMessage::Link(Link::Live)),
            Some(Item::Event { event, .. }) => self.tell(NetMessage::Event(event)),
            Some(Item::Disconnected { error, .. }) => {
                self.tell(NetMessage::Link(Link::Reconnecting(error.to_string())));
            }
            Some(Item::Snapshot(_) | Item::Reset(_) | Item::Gap { .. }) => {
                self.events = None;
                self.tell(NetMessage::Reset);
            }
            Some(Item::Failed(error)) => self.end(error.to_string()),
            None => self.end("the engine has closed this game's events".to_owned()),
        }
    }

    fn end(&mut self, reason: String) {
        self.events = None;
        self.tell(NetMessage::Link(Link::Lost(reason)));
    }

    /// The receiver is gone only when the console is on its way out.
    fn tell(&self, answer: NetMessage) {
        drop(self.answers.send(answer));
    }
}
