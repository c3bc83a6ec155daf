//! The screen on which a story is played: what the keys do, what is sent when, and what the sidebar says.

use std::collections::VecDeque;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use protocol::{Event, GameId, GameView, MESSAGE_MAX_BYTES, RequestId, RequestView};

use super::editor::Editor;
use super::transcript::Transcript;
use super::{Command, spelled_out};

/// How many lines a turn of the mouse wheel moves.
const WHEEL: isize = 3;

/// Where the player is, for the sidebar.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Panel {
    pub(crate) scenario: String,
    pub(crate) player: String,
    pub(crate) scene: String,
    pub(crate) location: String,
    pub(crate) turn: u64,
    pub(crate) inventory: Vec<String>,
    pub(crate) is_ended: bool,
}

impl Panel {
    pub(crate) fn of(game: &GameView, scenario: String) -> Self {
        let state = &game.state;
        Self {
            scenario,
            player: state.pc.as_ref().map(|pc| pc.name.clone()).unwrap_or_default(),
            scene: spelled_out(&state.scene_name),
            location: state
                .locations
                .get(&state.user_location)
                .map(|location| location.name.clone())
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| spelled_out(&state.user_location)),
            turn: state.turn_counter,
            inventory: state.user_inventory.clone(),
            is_ended: state.is_ended,
        }
    }
}

/// How the event stream stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    Connecting,
    Live,
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
    /// Whether the player was told what leaving now would lose.
    is_warned: bool,
}

impl Play {
    pub(crate) fn new(game: &GameView, scenario: String, unfinished: &[RequestView], next_local: u64) -> Self {
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
            is_warned: false,
        };
        play.read(game, scenario, unfinished);
        play
    }

    /// Reads the game anew; what the player types and has on the way stays.
    pub(crate) fn read(&mut self, game: &GameView, scenario: String, unfinished: &[RequestView]) {
        self.panel = Panel::of(game, scenario);
        self.transcript.read(game, unfinished);
    }

    /// Our number for the next message; numbers of different games must not be mixed up.
    pub(crate) const fn next_local(&self) -> u64 {
        self.next_local
    }

    /// Whether the player may leave: not before knowing that a message on its way would be left behind.
    pub(crate) fn may_leave(&mut self) -> bool {
        if self.outbox.is_empty() || self.is_warned {
            return true;
        }
        self.is_warned = true;
        self.notice = Some("A message is still on its way to the engine. Esc again leaves it behind.".to_owned());
        false
    }

    pub(crate) fn key(&mut self, key: KeyEvent) -> Vec<Command> {
        self.notice = None;
        self.is_warned = false;
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let word = control || key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::PageUp => self.scroll_by(1_isize.saturating_sub_unsigned(self.extent.rows)),
            KeyCode::PageDown => self.scroll_by(self.extent.rows.saturating_sub(1).cast_signed()),
            KeyCode::Home if control => self.scroll = Scroll::At(0),
            KeyCode::End if control => self.scroll = Scroll::Follow,
            _ if self.panel.is_ended => {}
            KeyCode::Enter => return self.send(),
            KeyCode::Up => self.editor.recall_older(),
            KeyCode::Down => self.editor.recall_newer(),
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
            KeyCode::Char(c) if !control => self.editor.insert(c.encode_utf8(&mut [0; 4])),
            _ => {}
        }
        Vec::new()
    }

    pub(crate) fn wheel(&mut self, up: bool) {
        self.scroll_by(if up { -WHEEL } else { WHEEL });
    }

    pub(crate) fn accepted(&mut self, local: u64, request: RequestId) -> Vec<Command> {
        self.transcript.accepted(local, request);
        self.outbox.retain(|(waiting, _)| *waiting != local);
        self.post()
    }

    /// A message did not get through: neither do those behind it, or they would arrive without it.
    pub(crate) fn not_sent(&mut self, local: u64, reason: &str) {
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
        self.transcript.take(event);
        if let Event::StateUpdated(updated) = event {
            self.panel.turn = updated.turn;
            self.panel.is_ended = updated.is_ended;
            // The event names things by key; names and inventory are the game's.
            return vec![Command::Look(self.game)];
        }
        Vec::new()
    }

    fn send(&mut self) -> Vec<Command> {
        let message = self.editor.text().trim();
        if message.is_empty() {
            return Vec::new();
        }
        if message.len() > MESSAGE_MAX_BYTES {
            let length = message.len();
            self.notice =
                Some(format!("This message has {length} bytes; {MESSAGE_MAX_BYTES} are the most that one may have."));
            return Vec::new();
        }
        let message = self.editor.take().trim().to_owned();
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
