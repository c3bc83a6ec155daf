//! The console's loop: what happens goes into the [`App`], what is to be done comes out of it, and the screen follows.

use std::io;
use std::time::Duration;

use client::Client;
use crossterm::event::{Event, EventStream, MouseEventKind};
use futures::StreamExt as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::app::{App, Command, Message};
use crate::net::{self, Timing};
use crate::terminal::Terminal;
use crate::view::{self, Theme};

/// The time between two pictures of what moves.
const TICK: Duration = Duration::from_millis(300);

/// Plays until the player quits. `first` is what to begin with.
pub(crate) async fn run(client: Client, (mut app, first): (App, Vec<Command>), theme: Theme) -> io::Result<()> {
    let (commands, inbox) = mpsc::unbounded_channel();
    let (outbox, mut answers) = mpsc::unbounded_channel();
    // Aborted when this function returns, whichever way.
    let mut tasks = JoinSet::new();
    tasks.spawn(net::run(client, Timing::default(), inbox, outbox));

    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut terminal = Terminal::take()?;
    let mut input = EventStream::new();
    if carry_out(first, &commands) {
        return Ok(());
    }
    loop {
        if let Some(extent) = terminal.draw(|frame| view::draw(frame, &app, theme))? {
            app.update(Message::Drawn(extent));
        }
        let message = tokio::select! {
            event = input.next() => match event {
                Some(event) => read(event?),
                None => return Ok(()),
            },
            Some(answer) = answers.recv() => Some(Message::Net(answer)),
            () = sleep(TICK), if app.is_animated() => Some(Message::Tick),
            _ = terminate.recv() => return Ok(()),
            _ = hang_up.recv() => return Ok(()),
        };
        let mut commanded = message.map(|message| app.update(message)).unwrap_or_default();
        // What has come in meanwhile is shown in one picture.
        while let Ok(answer) = answers.try_recv() {
            commanded.extend(app.update(Message::Net(answer)));
        }
        if carry_out(commanded, &commands) {
            return Ok(());
        }
    }
}

/// Hands commands to the network. Answers whether the player quits.
fn carry_out(commanded: Vec<Command>, commands: &UnboundedSender<Command>) -> bool {
    commanded.into_iter().any(|command| command == Command::Quit || commands.send(command).is_err())
}

/// What of the terminal's events concerns the app; a resize needs only the next picture.
fn read(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::ScrollUp => Some(Message::Wheel { up: true }),
            MouseEventKind::ScrollDown => Some(Message::Wheel { up: false }),
            _ => None,
        },
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}
