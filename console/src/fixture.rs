//! Games, menus and events as the tests need them.

use std::num::NonZeroU64;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use protocol::{
    Attempt, CatalogueEntry, ChatChunk, Event, GameId, PcEntry, PlayerView, Problem, ProblemType, RequestCompleted,
    RequestFailed, RequestId, RequestProcessing, RequestQueued, RequestRetrying, RequestStatus, RequestType,
    ScenarioEntry, StateUpdated, TurnResult, Usage,
};
use serde_json::{Value, json};

use crate::app::{App, Command, Menu, Message, NetMessage, Opened, Play, Screen};

/// A story that has begun and has one turn.
pub(crate) fn game_json() -> Value {
    json!({
        "id": "00000000-0000-7000-8000-000000000001",
        "version": 2,
        "cursor": "1:7",
        "provider": "offline",
        "last_turn": 1,
        "scenario": "night_ferry.json",
        "scene": "foggy_landing",
        "pc": "Ada",
        "turn": 1,
        "is_ended": false,
        "place": {"name": "The Landing", "description": "Planks."},
        "exits": [
            {"direction": "north", "is_open": true},
            {"direction": "west", "is_open": false, "closed_because": "Water."},
        ],
        "people": [{"name": "Odile"}],
        "creatures": [],
        "things": ["bell"],
        "inventory": ["ferry token", "a brass lantern that has seen better nights"],
        "suggestions": [],
        "map": [
            {"name": "The Landing", "exits": [
                {"direction": "north", "is_open": true},
                {"direction": "west", "is_open": false, "closed_because": "Water."},
            ]},
            {"name": "The Inn", "exits": [{"direction": "east", "is_open": true, "leads_to": "The Landing"}]},
        ],
        "chat_history": [
            {"role": "assistant", "content": "Fog to your knees. A bell hangs from a post."},
            {"role": "user", "content": "Ada: ring the bell"},
            {"role": "assistant", "content": "It rings once.\n\nOdile: You might have rung it twice."},
            {"role": "assistant", "content": "Then the fog comes closer, to see who rang."},
        ],
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:04:05Z",
    })
}

pub(crate) fn game() -> PlayerView {
    serde_json::from_value(game_json()).unwrap()
}

pub(crate) fn menu() -> Menu {
    let scenario = |id: &str, name: &str| ScenarioEntry {
        id: id.to_owned(),
        name: name.to_owned(),
        story: format!("A story called {name}, in which the river has opinions."),
        rating: "PG".to_owned(),
        default_pc: "ada".to_owned(),
        narrator_id: String::new(),
        places: 3,
        endings: 2,
    };
    let pc = |id: &str, name: &str| PcEntry {
        id: id.to_owned(),
        name: name.to_owned(),
        class: String::new(),
        level: 1,
        race: String::new(),
        pronouns: String::new(),
        description: format!("{name} takes notes."),
    };
    let played = json!({
        "id": game().id, "scenario": "night_ferry.json", "pc": "Ada", "scene_name": "foggy_landing",
        "location": "landing", "turn": 1, "is_ended": false, "updated_at": "2026-01-02T03:04:05Z",
    });
    Menu {
        games: vec![serde_json::from_value(played).unwrap()],
        scenarios: vec![scenario("night_ferry", "The Night Ferry"), scenario("moon", "The Pawned Moon")],
        pcs: vec![pc("bo", "Bo"), pc("ada", "Ada")],
        narrators: vec![CatalogueEntry { id: "dry".to_owned(), name: "Dry".to_owned(), description: String::new() }],
        providers: Vec::new(),
        default_provider: "offline".to_owned(),
    }
}

/// A console in which the game is being played.
pub(crate) fn playing() -> App {
    let (mut app, _) = App::start(Command::Open { game: game().id, keep_trying: false });
    let opened = Opened { game: game(), scenario: "The Night Ferry".to_owned(), unfinished: Vec::new() };
    app.update(Message::Net(NetMessage::Opened(Ok(Box::new(opened)))));
    app
}

impl App {
    pub(crate) fn play(&self) -> &Play {
        let Screen::Play(play) = &self.screen else { panic!("no game is being played") };
        play
    }

    pub(crate) fn press(&mut self, code: KeyCode) -> Vec<Command> {
        self.update(Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    pub(crate) fn press_control(&mut self, code: KeyCode) -> Vec<Command> {
        self.update(Message::Key(KeyEvent::new(code, KeyModifiers::CONTROL)))
    }

    /// Types a line and presses Enter.
    pub(crate) fn say(&mut self, line: &str) -> Vec<Command> {
        for c in line.chars() {
            self.press(KeyCode::Char(c));
        }
        self.press(KeyCode::Enter)
    }

    pub(crate) fn receive(&mut self, event: impl Into<Event>) -> Vec<Command> {
        self.update(Message::Net(NetMessage::Event(event.into())))
    }
}

/// The `n`th request of the tests.
pub(crate) fn request(n: usize) -> RequestId {
    "00000000-0000-7000-8000-0000000000ff".parse::<RequestId>().unwrap().child(n)
}

pub(crate) fn queued(n: usize, kind: RequestType, words: &str) -> RequestQueued {
    RequestQueued {
        request_id: request(n),
        game_id: game().id,
        kind,
        status: RequestStatus::Queued,
        user_message: words.to_owned(),
        caused_by: None,
    }
}

pub(crate) fn processing(n: usize, kind: RequestType, words: &str) -> RequestProcessing {
    RequestProcessing {
        request_id: request(n),
        game_id: game().id,
        kind,
        status: RequestStatus::Processing,
        attempt: Attempt(1),
        user_message: words.to_owned(),
    }
}

pub(crate) fn chunk(n: usize, content: &str, done: bool) -> ChatChunk {
    ChatChunk {
        request_id: request(n),
        game_id: game().id,
        attempt: Attempt(1),
        content: content.to_owned(),
        done,
        chunks: NonZeroU64::MIN,
    }
}

pub(crate) fn retrying(n: usize) -> RequestRetrying {
    RequestRetrying {
        request_id: request(n),
        game_id: game().id,
        attempt: Attempt(1),
        not_before: game().updated_at,
        error: Problem::new(ProblemType::ModelFailed, "status 529"),
    }
}

pub(crate) fn completed(n: usize, narration: &str) -> RequestCompleted {
    RequestCompleted {
        request_id: request(n),
        game_id: game().id,
        kind: RequestType::Chat,
        status: RequestStatus::Completed,
        attempt: Attempt(1),
        result: TurnResult {
            message: narration.to_owned(),
            turn: 2,
            version: 3,
            duration_ms: 1,
            rejections: Vec::new(),
            usage: Usage::default(),
            cut_short: false,
            told_with: None,
        },
    }
}

pub(crate) fn failed(n: usize) -> RequestFailed {
    RequestFailed {
        request_id: request(n),
        game_id: game().id,
        kind: RequestType::Chat,
        status: RequestStatus::Failed,
        attempt: Attempt(3),
        error: Problem::new(ProblemType::ModelFailed, "status 529"),
    }
}

pub(crate) fn state_updated(is_ended: bool) -> StateUpdated {
    StateUpdated {
        request_id: None,
        game_id: game().id,
        version: 3,
        turn: 2,
        location: "landing".to_owned(),
        scene: "foggy_landing".to_owned(),
        is_ended,
        changes: Vec::new(),
    }
}

/// A game that does not exist.
pub(crate) fn no_game() -> GameId {
    "00000000-0000-7000-8000-00000000dead".parse().unwrap()
}
