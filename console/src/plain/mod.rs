//! `--plain`: the same console line by line, for pipes and for screen readers. Nothing is drawn and nothing is taken back:
//! text is printed in the order in which it is narrated, and each line of the input is said or carried out.

mod print;

use std::io::{self, BufRead as _, IsTerminal as _};

use client::Client;
use miette::{IntoDiagnostic as _, miette};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;

use self::print::Printer;
use crate::app::{App, Command, Link, Message, NetMessage, Page, Screen, Stage, Turn};
use crate::net::{self, Timing};

/// Plays until the input ends or the player quits. `first` is what to begin with.
pub(crate) async fn run(client: Client, (app, first): (App, Vec<Command>)) -> miette::Result<()> {
    let (commands, inbox) = mpsc::unbounded_channel();
    let (outbox, mut messages) = mpsc::unbounded_channel();
    // Aborted when this function returns, whichever way.
    let mut tasks = JoinSet::new();
    tasks.spawn(net::run(client.clone(), Timing::default(), inbox, outbox));
    let mut lines = read_lines();
    let mut plain =
        Plain { app, commands, printer: Printer::default(), is_typed: io::stdin().is_terminal(), begun: String::new() };
    let mut has_input = true;
    if plain.carry_out(first) {
        return Ok(());
    }
    loop {
        plain.show()?;
        // A line from a pipe waits for the events of the story as well: it was written by somebody who would have read them. A person
        // may want to stop the narrator.
        let waits = !plain.is_typed || !has_input;
        let is_drained = waits && plain.is_idle() && plain.is_drained(&client).await;
        if !has_input && is_drained {
            return plain.end();
        }
        tokio::select! {
            message = messages.recv() => {
                let Some(message) = message else { return Ok(()) };
                if let NetMessage::Link(Link::Lost(reason))
                | NetMessage::Opened(Err(reason))
                | NetMessage::Menu(Err(reason)) = &message
                {
                    return Err(miette!("{reason}"));
                }
                let commanded = plain.app.update(Message::Net(message));
                plain.carry_out(commanded);
            }
            line = lines.recv(), if has_input && (is_drained || plain.is_typed) => match line {
                Some(line) => {
                    if plain.line(&line.into_diagnostic()?) {
                        return Ok(());
                    }
                }
                None => has_input = false,
            },
        }
    }
}

/// Lines of the standard input. A thread of its own reads them: the runtime would wait for a read at its end.
fn read_lines() -> UnboundedReceiver<io::Result<String>> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

struct Plain {
    app: App,
    commands: UnboundedSender<Command>,
    printer: Printer,
    is_typed: bool,
    /// The lines before, of words that go on on the next one.
    begun: String,
}

impl Plain {
    /// Hands commands to the network. Returns whether the player quits.
    fn carry_out(&self, commanded: Vec<Command>) -> bool {
        commanded.into_iter().any(|command| command == Command::Quit || self.commands.send(command).is_err())
    }

    fn show(&mut self) -> miette::Result<()> {
        let is_waiting = self.is_typed && self.is_idle();
        self.printer.print(&mut io::stdout().lock(), &self.app, is_waiting).into_diagnostic()
    }

    /// Whether the next line can be taken: nothing loads, and all that was said is answered.
    fn is_idle(&self) -> bool {
        match &self.app.screen {
            Screen::Start(start) => start.menu.is_some() && !start.is_opening,
            Screen::Play(play) => !play.transcript.is_unfinished() && !play.awaits_answer(),
        }
    }

    /// Whether the engine has nothing left to do either: an event of the story may follow a turn.
    async fn is_drained(&self, client: &Client) -> bool {
        let Screen::Play(play) = &self.app.screen else { return true };
        net::unfinished(client, play.game).await.is_ok_and(|requests| requests.is_empty())
    }

    /// The input has ended. A script that pipes it in learns by the exit code whether all of it was said.
    fn end(&self) -> miette::Result<()> {
        let Screen::Play(play) = &self.app.screen else { return Ok(()) };
        let is_lost = |turn: &&Turn| matches!(turn.stage, Stage::NotSent(_) | Stage::Failed(_));
        match play.transcript.turns().iter().filter(is_lost).count() {
            0 => Ok(()),
            count => Err(miette!("messages without an answer: {count}")),
        }
    }

    /// Takes a line. Returns whether the player quits.
    fn line(&mut self, line: &str) -> bool {
        if self.is_typed {
            self.printer.entered();
        }
        if let Some(line) = line.strip_suffix('\\').filter(|_| matches!(self.app.screen, Screen::Play(_))) {
            self.begun.push_str(line);
            self.begun.push('\n');
            return false;
        }
        let line = std::mem::take(&mut self.begun) + line;
        self.printer.taken();
        let commanded = match &mut self.app.screen {
            Screen::Play(_) => self.app.line(&line),
            Screen::Start(_) if line.trim() == "/quit" => vec![Command::Quit],
            Screen::Start(start) => match line.trim().parse::<usize>() {
                Ok(number) if (1..=start.len()).contains(&number) => start.choose_at(number - 1),
                // The proposed character.
                Err(_) if line.trim().is_empty() && matches!(start.page, Page::Characters(_)) => {
                    start.choose_at(start.selected)
                }
                _ => {
                    start.error = Some("Type one of the numbers, or /quit.".to_owned());
                    Vec::new()
                }
            },
        };
        self.carry_out(commanded)
    }
}
