//! What of the console's state has not been printed yet, as lines.

use std::collections::HashMap;
use std::io::{self, Write};

use protocol::RequestId;

use crate::app::{App, Ending, Link, Page, Play, Screen, Stage, Start, Turn};

/// Knows what was printed.
#[derive(Debug, Default)]
pub(crate) struct Printer {
    /// The list that was printed last, so that it is printed once.
    list: Vec<String>,
    /// Turns of the history that were printed or have come to it since.
    history: usize,
    /// What was printed of each turn that is not from the history.
    turns: HashMap<Key, Printed>,
    /// How many answers to commands were printed.
    answers: usize,
    ending: Option<Ending>,
    notice: Option<String>,
    link: Option<Link>,
    has_prompt: bool,
    /// Whether the last line is a narration that goes on.
    is_mid_line: bool,
    has_polled: bool,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Local(u64),
    Request(RequestId),
}

#[derive(Debug, Default)]
struct Printed {
    has_begun: bool,
    narration: String,
    stage: Option<Stage>,
}

impl Printer {
    /// Prints what is new. With `is_waiting`, a prompt follows.
    pub(crate) fn print(&mut self, out: &mut impl Write, app: &App, is_waiting: bool) -> io::Result<()> {
        match &app.screen {
            Screen::Start(start) => self.start(out, start)?,
            Screen::Play(play) => self.play(out, play)?,
        }
        if is_waiting && !self.has_prompt {
            write!(out, "> ")?;
            self.has_prompt = true;
        }
        out.flush()
    }

    /// The player has ended the line of the prompt.
    pub(crate) const fn entered(&mut self) {
        self.has_prompt = false;
    }

    /// A whole message or command was taken. A notice that answers it is printed also where it is the same as the last one.
    pub(crate) fn taken(&mut self) {
        self.notice = None;
    }

    fn start(&mut self, out: &mut impl Write, start: &Start) -> io::Result<()> {
        (self.history, self.answers, self.ending) = (0, 0, None);
        self.turns.clear();
        self.message(out, start.error.as_deref())?;
        let Some(menu) = &start.menu else { return Ok(()) };
        if start.is_opening {
            return Ok(());
        }
        let mut lines = Vec::new();
        let question = match start.page {
            Page::Stories => {
                lines.extend(start.scenarios().iter().map(|(_, scenario)| scenario.name.clone()));
                lines.extend(start.games().iter().map(|game| {
                    let pc = game.pc.as_deref().map(|pc| format!(", {pc}")).unwrap_or_default();
                    format!("go on with {}{pc}, turn {}", menu.game_name(game), game.turn)
                }));
                "Which story? Type its number.".to_owned()
            }
            Page::Characters(_) => {
                if menu.pcs.is_empty() {
                    lines.push("Begin".to_owned());
                }
                lines.extend(menu.pcs.iter().map(|pc| pc.name.clone()));
                let settings = start.settings().into_iter();
                lines.extend(
                    settings.map(|(setting, chosen)| format!("{}: {chosen}. Type this for another", setting.name())),
                );
                format!("As whom? Type a number, or nothing for {}.", start.selected + 1)
            }
        };
        if self.list == lines {
            return Ok(());
        }
        self.line(out, &question)?;
        for (at, line) in lines.iter().enumerate() {
            self.line(out, &format!("{}. {line}", at + 1))?;
        }
        self.list = lines;
        Ok(())
    }

    fn play(&mut self, out: &mut impl Write, play: &Play) -> io::Result<()> {
        self.list.clear();
        let turns = play.transcript.turns();
        let (mut history, mut answers) = (0, 0);
        for turn in turns {
            if turn.stage == Stage::Answer {
                answers += 1;
                if answers > self.answers {
                    self.line(out, &turn.narration)?;
                    writeln!(out)?;
                }
                continue;
            }
            match (turn.local, turn.request) {
                (Some(local), _) => self.turn(out, Key::Local(local), turn)?,
                (None, Some(request)) => self.turn(out, Key::Request(request), turn)?,
                (None, None) => {
                    history += 1;
                    if history > self.history {
                        self.past(out, turn)?;
                    }
                }
            }
        }
        // Turns that end while the game is open are part of the history when it is read again.
        let is_shown = |key: &Key| {
            turns.iter().any(|turn| match key {
                Key::Local(local) => turn.local == Some(*local),
                Key::Request(request) => turn.request == Some(*request),
            })
        };
        self.turns.retain(|key, _| is_shown(key));
        let done = self.turns.values().filter(|printed| printed.stage == Some(Stage::Done)).count();
        if history + done < self.history {
            self.line(out, "[Taken back.]")?;
        }
        self.history = history + done;
        self.answers = answers;
        self.end(out, play.panel.ending.as_ref())?;
        self.message(out, play.notice.as_deref())?;
        self.link(out, &play.link)
    }

    /// How the story ended, once.
    fn end(&mut self, out: &mut impl Write, ending: Option<&Ending>) -> io::Result<()> {
        if self.ending.as_ref() != ending {
            self.ending = ending.cloned();
            if let Some(Ending { name, score }) = ending {
                self.line(out, &format!("*** {name} ***"))?;
                score.iter().try_for_each(|line| self.line(out, line))?;
                writeln!(out)?;
            }
        }
        Ok(())
    }

    fn past(&mut self, out: &mut impl Write, turn: &Turn) -> io::Result<()> {
        if let Some(said) = &turn.message {
            self.line(out, &format!("> {said}"))?;
        }
        self.line(out, &turn.narration)?;
        writeln!(out)
    }

    fn turn(&mut self, out: &mut impl Write, key: Key, turn: &Turn) -> io::Result<()> {
        let is_own = matches!(key, Key::Local(_));
        let mut printed = self.turns.remove(&key).unwrap_or_default();
        let is_new = !turn.narration.is_empty() && turn.narration != printed.narration;
        if !printed.has_begun && (is_new || turn.stage == Stage::Thinking) {
            printed.has_begun = true;
            if let Some(said) = turn.message.as_ref().filter(|_| !is_own) {
                self.line(out, &format!("> {said}"))?;
            }
        }
        if is_new {
            let more = match turn.narration.strip_prefix(printed.narration.as_str()) {
                Some(more) if self.is_mid_line => more,
                Some(more) => {
                    self.open(out)?;
                    more
                }
                None => {
                    self.line(out, "[The narrator starts over.]")?;
                    &turn.narration
                }
            };
            write!(out, "{}", printable(more))?;
            self.is_mid_line = true;
            printed.narration.clone_from(&turn.narration);
        }
        if printed.stage.as_ref() != Some(&turn.stage) {
            match &turn.stage {
                Stage::Done => {
                    self.open(out)?;
                    writeln!(out)?;
                }
                Stage::Retrying(reason) => self.line(out, &format!("[{reason}; trying again]"))?,
                Stage::Failed(reason) => {
                    let remedy = if turn.message.is_some() { " /retry sends it again." } else { "" };
                    self.line(out, &format!("\n[This has not happened: {reason}.{remedy}]\n"))?;
                }
                Stage::Cancelled => self.line(out, "\n[Stopped. This has not happened.]\n")?,
                Stage::NotSent(reason) => self.line(out, &format!("[Not sent: {reason}]"))?,
                _ => {}
            }
            printed.stage = Some(turn.stage.clone());
        }
        self.turns.insert(key, printed);
        Ok(())
    }

    /// A message for the player, once.
    fn message(&mut self, out: &mut impl Write, message: Option<&str>) -> io::Result<()> {
        if self.notice.as_deref() != message {
            self.notice = message.map(str::to_owned);
            if let Some(message) = message {
                self.line(out, &format!("[{message}]"))?;
            }
        }
        Ok(())
    }

    fn link(&mut self, out: &mut impl Write, link: &Link) -> io::Result<()> {
        if self.link.as_ref() == Some(link) {
            return Ok(());
        }
        let was_lost = matches!(self.link, Some(Link::Reconnecting(_)));
        self.link = Some(link.clone());
        match link {
            Link::Reconnecting(_) if !was_lost => self.line(out, "[The connection is lost. Trying again.]"),
            Link::Live if was_lost => self.line(out, "[Connected again.]"),
            Link::Polling if !std::mem::replace(&mut self.has_polled, true) => {
                self.line(out, "[Live text does not get through. Asking for each answer.]")
            }
            _ => Ok(()),
        }
    }

    fn line(&mut self, out: &mut impl Write, text: &str) -> io::Result<()> {
        self.open(out)?;
        writeln!(out, "{}", printable(text))
    }

    /// Leaves the line of a prompt that nobody has answered, or of a narration.
    fn open(&mut self, out: &mut impl Write) -> io::Result<()> {
        let is_open = std::mem::take(&mut self.has_prompt) | std::mem::take(&mut self.is_mid_line);
        if is_open { writeln!(out) } else { Ok(()) }
    }
}

/// What a model writes must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Message, NetMessage, Opened};
    use crate::fixture::{game, playing};

    #[test]
    fn what_was_printed_and_is_gone_is_said_to_be_taken_back() {
        let (mut app, mut printer, mut out) = (playing(), Printer::default(), Vec::new());
        printer.print(&mut out, &app, false).unwrap();
        out.clear();
        let mut shorter = game();
        shorter.chat_history.truncate(1);
        let opened = Opened { game: shorter, scenario: String::new(), unfinished: Vec::new() };
        app.update(Message::Net(NetMessage::Opened(Ok(Box::new(opened)))));
        printer.print(&mut out, &app, false).unwrap();
        printer.print(&mut out, &app, false).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "[Taken back.]\n");
    }
}
