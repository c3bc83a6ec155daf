//! The screen on which a story is played: what the keys do, what is sent when, and what the sidebar says.

use std::collections::VecDeque;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use protocol::{Event, GameId, MESSAGE_MAX_BYTES, PlayerView, RequestId, RequestView};

use super::editor::Editor;
use super::panel::Panel;
use super::slash::{self, Input};
use super::start::Part;
use super::transcript::Transcript;
use super::{Command, Rewrite};

/// How many lines a turn of the mouse wheel moves.
const WHEEL: isize = 3;

/// The state of the event stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    Connecting,
    Live,
    /// It is open, but nothing comes through; the console asks for each answer.
    Polling,
    /// Lost; it comes back by itself.
    Reconnecting(String),
    /// Lost for good.
    Lost(String),
}

/// What part of the story is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scroll {
    /// Its end, also when it grows.
    Follow,
    /// From this line on.
    At(usize),
}

/// How much story there was to show, and room to show it, when the screen was last drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) lines: usize,
    pub(crate) rows: usize,
}

impl Extent {
    /// The first line on the last screenful.
    pub(crate) const fn last_top(self) -> usize {
        self.lines.saturating_sub(self.rows)
    }
}

/// A game that is being played.
#[derive(Debug)]
pub(crate) struct Play {
    pub(crate) game: GameId,
    pub(crate) panel: Panel,
    pub(crate) transcript: Transcript,
    pub(crate) editor: Editor,
    pub(crate) link: Link,
    pub(crate) scroll: Scroll,
    pub(crate) extent: Extent,
    /// What the player did wrong, until the next key.
    pub(crate) notice: Option<String>,
    /// Messages to send, the first one being sent. One at a time, so that they arrive in order.
    outbox: VecDeque<(u64, String)>,
    next_local: u64,
    /// The command that the engine has been asked to carry out and has not answered.
    asked: Option<String>,
    /// Whether the story has ended and it is not known yet how.
    is_ending: bool,
    /// What the player was warned of and does if they press the same key again.
    warning: Option<Warning>,
    /// Whether what is written was no command, and no key has been pressed since.
    is_line_refused: bool,
}

/// What the next key may do because the player was warned of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Warning {
    /// Leave although a message is on its way.
    Leave,
    /// Quit.
    Quit,
}

/// Where a key leads.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// Nowhere: the game is played on, and this is to be done.
    Stay(Vec<Command>),
    /// To the first screen, at this part of it and with these words looked for.
    Start {
        part: Part,
        search: String,
    },
    Quit,
}

impl Play {
    pub(crate) fn new(game: &PlayerView, scenario: String, unfinished: &[RequestView], next_local: u64) -> Self {
        let mut play = Self {
            game: game.id,
            panel: Panel::default(),
            transcript: Transcript::default(),
            editor: Editor::default(),
            link: Link::Connecting,
            scroll: Scroll::Follow,
            extent: Extent::default(),
            notice: None,
            outbox: VecDeque::new(),
            next_local,
            asked: None,
            is_ending: false,
            warning: None,
            is_line_refused: false,
        };
        play.read(game, scenario, unfinished);
        play
    }

    /// Reads the game again; what the player types and has on the way stays.
    pub(crate) fn read(&mut self, game: &PlayerView, scenario: String, unfinished: &[RequestView]) {
        self.asked = None;
        self.is_ending = false;
        self.panel = Panel::of(game, scenario);
        self.transcript.read(game, unfinished);
    }

    /// The game after a change; none if it could not be read, and what is shown is behind until the next one.
    pub(crate) fn looked(&mut self, game: Option<&PlayerView>) {
        self.is_ending = false;
        if let Some(game) = game {
            let scenario = std::mem::take(&mut self.panel.scenario);
            self.panel = Panel::of(game, scenario);
        }
    }

    /// What the engine was asked is answered.
    pub(crate) fn answered(&mut self, text: String) {
        let line = self.asked.take().unwrap_or_default();
        self.transcript.answer(&line, text);
        self.scroll = Scroll::Follow;
    }

    /// What the engine was asked is answered by what is shown elsewhere.
    pub(super) fn answered_silently(&mut self) {
        self.asked = None;
    }

    /// What the engine was asked is refused.
    pub(crate) fn refused(&mut self, reason: String) {
        self.asked = None;
        self.notice = Some(reason);
    }

    /// Whether the engine has been asked to carry out a command and has not answered, or has ended the story and not said how.
    pub(crate) fn awaits_answer(&self) -> bool {
        self.asked.is_some() || self.is_ending
    }

    /// Our number for the next message; numbers of different games must not be mixed up.
    pub(crate) const fn next_local(&self) -> u64 {
        self.next_local
    }

    /// Whether the player may leave: not before knowing that a message on its way would be left behind.
    pub(crate) fn may_leave(&mut self) -> bool {
        if self.outbox.is_empty() || self.warning == Some(Warning::Leave) {
            return true;
        }
        self.warning = Some(Warning::Leave);
        self.notice = Some("A message is still on its way to the engine. Esc again leaves it behind.".to_owned());
        false
    }

    /// Ctrl-C: stops the narrator first, then asks once, then quits.
    pub(crate) fn interrupt(&mut self) -> Next {
        if self.warning == Some(Warning::Quit) {
            return Next::Quit;
        }
        self.warning = Some(Warning::Quit);
        let running = self.transcript.running();
        let first = if running.is_some() { "Stopping." } else { "All is kept." };
        self.notice = Some(format!("{first} Ctrl+C again quits."));
        Next::Stay(running.map(Command::Stop).into_iter().collect())
    }

    pub(crate) fn key(&mut self, key: KeyEvent) -> Next {
        self.notice = None;
        self.warning = None;
        let was_refused = std::mem::take(&mut self.is_line_refused);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let word = control || key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::PageUp => self.scroll_by(1_isize.saturating_sub_unsigned(self.extent.rows)),
            KeyCode::PageDown => self.scroll_by(self.extent.rows.saturating_sub(1).cast_signed()),
            KeyCode::Home if control => self.scroll = Scroll::At(0),
            KeyCode::End if control => self.scroll = Scroll::Follow,
            KeyCode::Enter if word || key.modifiers.contains(KeyModifiers::SHIFT) => self.editor.insert("\n"),
            // What a terminal sends for Ctrl+Enter.
            KeyCode::Char('j') if control => self.editor.insert("\n"),
            KeyCode::Enter => return self.enter(),
            KeyCode::Tab => {
                if let Some(completed) = slash::complete(self.editor.text()) {
                    self.editor.set(&completed);
                }
            }
            KeyCode::Up => self.editor.up(),
            KeyCode::Down => self.editor.down(),
            KeyCode::Left if word => self.editor.word_left(),
            KeyCode::Right if word => self.editor.word_right(),
            KeyCode::Left => self.editor.left(),
            KeyCode::Right => self.editor.right(),
            KeyCode::Home => self.editor.home(),
            KeyCode::End => self.editor.end(),
            KeyCode::Backspace if word => self.editor.cut_word(),
            KeyCode::Backspace => self.editor.backspace(),
            KeyCode::Delete => self.editor.delete(),
            KeyCode::Char('a') if control => self.editor.home(),
            KeyCode::Char('e') if control => self.editor.end(),
            KeyCode::Char('u') if control => self.editor.cut_to_start(),
            KeyCode::Char('k') if control => self.editor.cut_to_end(),
            KeyCode::Char('w') if control => self.editor.cut_word(),
            // Another command, in place of the one that does not exist. That one is an earlier line now.
            KeyCode::Char('/') if was_refused && !word => {
                self.editor.take();
                self.editor.insert("/");
            }
            KeyCode::Char(c) if !control => self.editor.insert(c.encode_utf8(&mut [0; 4])),
            _ => {}
        }
        Next::Stay(Vec::new())
    }

    pub(crate) fn wheel(&mut self, up: bool) {
        self.scroll_by(if up { -WHEEL } else { WHEEL });
    }

    pub(crate) fn accepted(&mut self, local: u64, request: RequestId) -> Vec<Command> {
        self.transcript.accepted(local, request);
        self.arrived(local)
    }

    /// The message is with the engine: the next one may go.
    fn arrived(&mut self, local: u64) -> Vec<Command> {
        if self.outbox.front().is_none_or(|(first, _)| *first != local) {
            return Vec::new();
        }
        self.outbox.pop_front();
        self.post()
    }

    /// A message did not get through: neither do those behind it, or they would arrive without it.
    pub(crate) fn not_sent(&mut self, local: u64, reason: &str) {
        if self.outbox.front().is_none_or(|(first, _)| *first != local) {
            // Its events have shown that it arrived; only the answer was lost.
            return;
        }
        if let Some(words) = self.transcript.not_sent(local, reason)
            && self.editor.text().is_empty()
        {
            self.editor.set(words);
        }
        for (behind, _) in self.outbox.drain(..).filter(|(behind, _)| *behind != local) {
            self.transcript.not_sent(behind, "the message before it was not sent");
        }
    }

    pub(crate) fn event(&mut self, event: &Event) -> Vec<Command> {
        self.transcript.apply(event);
        let mut commands = match self.outbox.front() {
            // An event shows that the message is with the engine, even if the answer is lost.
            Some(&(local, _)) if self.transcript.has_arrived(local) => self.arrived(local),
            _ => Vec::new(),
        };
        if let Event::StateUpdated(updated) = event {
            self.panel.turn = updated.turn;
            self.panel.is_ended = updated.is_ended;
            self.is_ending = updated.is_ended;
            // The event names things by key; names and inventory are the game's.
            commands.push(Command::Look(self.game));
        }
        commands
    }

    /// Enter: what is written is said, or carried out where it is a command.
    pub(crate) fn enter(&mut self) -> Next {
        match slash::read(self.editor.text()) {
            Input::Say(message) => Next::Stay(self.say(message)),
            Input::Unknown(reason) => {
                self.notice = Some(reason);
                self.is_line_refused = true;
                Next::Stay(Vec::new())
            }
            Input::Command(command) => {
                let line = self.editor.take();
                self.scroll = Scroll::Follow;
                self.carry_out(&line, command)
            }
        }
    }

    pub(super) fn rewrite(&mut self, line: &str, change: Rewrite) -> Next {
        self.ask(line, Command::Rewrite { game: self.game, change })
    }

    pub(super) fn ask(&mut self, line: &str, command: Command) -> Next {
        self.asked = Some(line.trim().to_owned());
        Next::Stay(vec![command])
    }

    pub(super) fn leave_for(&mut self, part: Part, search: String) -> Next {
        if self.outbox.is_empty() {
            return Next::Start { part, search };
        }
        self.notice = Some("A message is still on its way to the engine. Esc twice leaves it behind.".to_owned());
        Next::Stay(Vec::new())
    }

    pub(super) fn say(&mut self, message: String) -> Vec<Command> {
        if message.is_empty() {
            return Vec::new();
        }
        if self.panel.is_ended {
            self.notice = Some("The story has ended. /undo goes back, /new begins another one.".to_owned());
            return Vec::new();
        }
        if message.len() > MESSAGE_MAX_BYTES {
            let length = message.len();
            self.notice =
                Some(format!("This message has {length} bytes; {MESSAGE_MAX_BYTES} are the most that one may have."));
            return Vec::new();
        }
        self.editor.take();
        let local = self.next_local;
        self.next_local += 1;
        self.transcript.say(local, &message);
        self.scroll = Scroll::Follow;
        self.outbox.push_back((local, message));
        if self.outbox.len() == 1 { self.post() } else { Vec::new() }
    }

    fn post(&self) -> Vec<Command> {
        let message = self.outbox.front().cloned();
        message.map(|(local, message)| Command::Send { local, game: self.game, message }).into_iter().collect()
    }

    fn scroll_by(&mut self, lines: isize) {
        let last = self.extent.last_top();
        let top = match self.scroll {
            Scroll::Follow => last,
            Scroll::At(top) => top.min(last),
        };
        let top = top.saturating_add_signed(lines);
        self.scroll = if top >= last { Scroll::Follow } else { Scroll::At(top) };
    }
}
