//! The console as a state machine: messages come in, commands go out, and nothing here waits, draws or connects.

mod actions;
mod again;
mod editor;
mod explain;
mod panel;
mod play;
mod settings;
mod slash;
mod stage;
mod start;
mod transcript;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use protocol::{CreateGame, Event, ExplainView, ExportFormat, GameId, PlayerView, RequestId, RequestView};

pub(crate) use panel::Ending;
pub(crate) use play::{Extent, Link, Next, Play, Scroll};
pub(crate) use slash::candidates;
pub(crate) use stage::Stage;
pub(crate) use start::{Menu, Page, Part, Start, characters};
pub(crate) use transcript::Turn;

/// What happened.
#[derive(Debug)]
pub(crate) enum Message {
    Key(KeyEvent),
    Paste(String),
    /// The mouse wheel, up or down.
    Wheel {
        up: bool,
    },
    /// A moment has passed while something is animated.
    Tick,
    /// The screen was drawn, and this much story was there.
    Drawn(Extent),
    Net(NetMessage),
}

/// What the network answers.
#[derive(Debug)]
pub(crate) enum NetMessage {
    Menu(Result<Menu, String>),
    Opened(Result<Box<Opened>, String>),
    /// The game after a change; none if it could not be read.
    Looked {
        game: GameId,
        view: Option<Box<PlayerView>>,
    },
    /// The game is written to this file.
    Exported {
        game: GameId,
        file: PathBuf,
    },
    /// The game has this name now.
    Renamed {
        game: GameId,
        name: String,
    },
    /// What the player said in a turn.
    Recalled {
        game: GameId,
        turn: u64,
        words: String,
    },
    /// Why the game is in its state.
    Explained(Box<ExplainView>),
    Accepted {
        local: u64,
        request: RequestId,
    },
    NotSent {
        local: u64,
        reason: String,
    },
    Link(Link),
    Event(Event),
    /// What was asked for was not done, and why.
    Refused(String),
    /// Events are missing: the game must be read again.
    Reset,
}

/// A game that was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) game: PlayerView,
    /// The scenario's name.
    pub(crate) scenario: String,
    /// What was asked of it and is not answered yet, in order.
    pub(crate) unfinished: Vec<RequestView>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Command {
    /// Load what there is to choose from.
    LoadMenu,
    /// Begin a game and open it.
    Create(CreateGame),
    /// Open a game and listen to it. If `keep_trying`, try until it succeeds.
    Open {
        game: GameId,
        keep_trying: bool,
    },
    /// Read the open game's state.
    Look(GameId),
    /// Send a message to the open game.
    Send {
        local: u64,
        game: GameId,
        message: String,
    },
    /// Cancel a request that waits or runs.
    Cancel(RequestId),
    /// End a narration and keep its text so far.
    Stop(RequestId),
    /// Change what has happened in the open game.
    Rewrite {
        game: GameId,
        change: Rewrite,
    },
    /// Begin a game that goes on from a turn of this one, or from its present state, and open it.
    Branch {
        game: GameId,
        turn: Option<u64>,
    },
    /// Ask what the player said in a turn.
    Recall {
        game: GameId,
        turn: u64,
    },
    /// Write the open game to a file that does not exist yet.
    Export {
        game: GameId,
        format: ExportFormat,
        file: PathBuf,
    },
    /// Ask why the open game is in its state.
    Explain {
        game: GameId,
        turn: Option<u64>,
    },
    /// Stop listening, and forget what was asked for.
    Leave,
    Quit,
}

/// A change of what has happened, or of the game's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rewrite {
    /// Take back so many of the player's last messages.
    Undo(usize),
    /// Tell the last message again.
    Retry,
    /// Show the next narration of the last message.
    Other,
    /// Say this instead in a turn, or instead of the last message.
    Edit { turn: Option<u64>, message: String },
    /// Give the game this name.
    Name(String),
}

/// What is on the screen.
#[derive(Debug)]
pub(crate) enum Screen {
    Start(Box<Start>),
    Play(Box<Play>),
}

/// The whole console.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) screen: Screen,
    /// Moments passed, for what moves.
    pub(crate) ticks: usize,
    next_local: u64,
}

impl App {
    /// The console as it starts, and the first thing to do: open or begin a game, or show what there is.
    pub(crate) fn start(first: Command) -> (Self, Vec<Command>) {
        let mut start = Start::at(Part::Stories, String::new());
        start.is_opening = first != Command::LoadMenu;
        (Self { screen: Screen::Start(Box::new(start)), ticks: 0, next_local: 1 }, vec![first])
    }

    pub(crate) fn update(&mut self, message: Message) -> Vec<Command> {
        match message {
            Message::Key(key) => return self.key(key),
            Message::Paste(text) => {
                if let Screen::Play(play) = &mut self.screen {
                    play.editor.insert(&text);
                }
            }
            Message::Wheel { up } => match &mut self.screen {
                Screen::Start(start) => start.move_by(if up { -1 } else { 1 }),
                Screen::Play(play) => play.wheel(up),
            },
            Message::Tick => self.ticks = self.ticks.wrapping_add(1),
            Message::Drawn(extent) => {
                if let Screen::Play(play) = &mut self.screen {
                    play.extent = extent;
                }
            }
            Message::Net(answer) => return self.answer(answer),
        }
        Vec::new()
    }

    /// Whether something on the screen moves while nothing happens.
    pub(crate) fn is_animated(&self) -> bool {
        match &self.screen {
            Screen::Start(start) => start.is_opening || (start.menu.is_none() && start.error.is_none()),
            Screen::Play(play) => play.transcript.is_running() || play.link != Link::Live,
        }
    }

    fn key(&mut self, key: KeyEvent) -> Vec<Command> {
        if key.kind == KeyEventKind::Release {
            return Vec::new();
        }
        let control = |letter| key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char(letter);
        if control('q') {
            return vec![Command::Quit];
        }
        let next = match &mut self.screen {
            Screen::Start(start) if control('c') => start.interrupt(),
            Screen::Start(start) => Next::Stay(start.key(key)),
            Screen::Play(play) if control('c') => play.interrupt(),
            Screen::Play(play) if key.code == KeyCode::Esc => {
                if !play.may_leave() {
                    return Vec::new();
                }
                Next::Start { part: Part::Stories, search: String::new() }
            }
            Screen::Play(play) => play.key(key),
        };
        self.go(next)
    }

    fn go(&mut self, next: Next) -> Vec<Command> {
        match next {
            Next::Stay(commands) => commands,
            Next::Quit => vec![Command::Quit],
            Next::Start { part, search } => {
                if let Screen::Play(play) = &self.screen {
                    self.next_local = play.next_local();
                }
                self.screen = Screen::Start(Box::new(Start::at(part, search)));
                vec![Command::Leave, Command::LoadMenu]
            }
        }
    }

    /// What a whole line does that was not typed key by key.
    pub(crate) fn line(&mut self, line: &str) -> Vec<Command> {
        let next = match &mut self.screen {
            Screen::Start(_) => Next::Stay(Vec::new()),
            Screen::Play(play) => {
                play.notice = None;
                play.editor.set(line);
                play.enter()
            }
        };
        self.go(next)
    }

    fn answer(&mut self, answer: NetMessage) -> Vec<Command> {
        match (&mut self.screen, answer) {
            (Screen::Start(start), NetMessage::Menu(menu)) => start.loaded(menu),
            (Screen::Start(start), NetMessage::Opened(Err(error))) => {
                start.not_opened(error);
                if start.menu.is_none() {
                    return vec![Command::LoadMenu];
                }
            }
            (Screen::Start(_), NetMessage::Opened(Ok(opened))) => {
                let Opened { game, scenario, unfinished } = *opened;
                self.screen = Screen::Play(Box::new(Play::new(&game, scenario, &unfinished, self.next_local)));
            }
            (Screen::Play(play), NetMessage::Opened(Ok(opened))) if opened.game.id != play.game => {
                let Opened { game, scenario, unfinished } = *opened;
                let mut branch = Play::new(&game, scenario, &unfinished, play.next_local());
                branch.notice =
                    Some("This is a new story from here on. The other one is still there: /load finds it.".to_owned());
                self.screen = Screen::Play(Box::new(branch));
            }
            (Screen::Play(play), NetMessage::Opened(Ok(opened))) => {
                play.read(&opened.game, opened.scenario, &opened.unfinished);
            }
            (Screen::Play(play), NetMessage::Opened(Err(error))) => play.link = Link::Lost(error),
            (Screen::Play(play), NetMessage::Looked { game, view }) if game == play.game => {
                play.looked(view.as_deref());
            }
            (Screen::Play(play), NetMessage::Exported { game, file }) if game == play.game => {
                play.answered(format!("The story is written to {}.", file.display()));
            }
            (Screen::Play(play), NetMessage::Renamed { game, name }) if game == play.game => {
                play.answered(format!("This story is called {name} now; /load finds it."));
                play.panel.title = name;
            }
            (Screen::Play(play), NetMessage::Recalled { game, turn, words }) if game == play.game => {
                play.recalled(turn, &words);
            }
            (Screen::Play(play), NetMessage::Explained(view)) if view.game_id == play.game => {
                play.answered(explain::text(&view));
            }
            (Screen::Play(play), NetMessage::Accepted { local, request }) => return play.accepted(local, request),
            (Screen::Play(play), NetMessage::NotSent { local, reason }) => play.not_sent(local, &reason),
            (Screen::Play(play), NetMessage::Refused(reason)) => play.refused(reason),
            (Screen::Play(play), NetMessage::Link(link)) => play.link = link,
            (Screen::Play(play), NetMessage::Event(event)) => return play.event(&event),
            (Screen::Play(play), NetMessage::Reset) => {
                play.link = Link::Connecting;
                return vec![Command::Open { game: play.game, keep_trying: true }];
            }
            // An answer to a screen that the player has left.
            _ => {}
        }
        Vec::new()
    }
}

/// A key of the content as a title: `old_lighthouse` is `Old Lighthouse`.
pub(crate) fn spelled_out(key: &str) -> String {
    let words = key.trim_end_matches(".json").split(['_', ' ']).filter(|word| !word.is_empty());
    let titled = words.map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    });
    titled.collect::<Vec<_>>().join(" ")
}
