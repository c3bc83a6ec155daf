//! The screens as a player sees them. Review changes with `cargo insta review`.

use crossterm::event::KeyCode;
use protocol::RequestType;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use serde_json::json;

use super::{Theme, draw};
use crate::app::{App, Command, Link, Message, NetMessage};
use crate::fixture::{chunk, failed, game, menu, playing, processing, queued, retrying, state_updated};

fn render(app: &App, width: u16, height: u16, theme: Theme) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| {
            draw(frame, app, theme);
        })
        .unwrap();
    terminal.backend().clone()
}

fn screen(app: &App, width: u16, height: u16) -> String {
    render(app, width, height, Theme::new(true)).to_string()
}

fn connected() -> App {
    let mut app = playing();
    app.update(Message::Net(NetMessage::Link(Link::Live)));
    app
}

#[test]
fn the_first_screen_lists_games_and_scenarios() {
    let (mut app, _) = App::start(Command::LoadMenu);
    app.update(Message::Net(NetMessage::Menu(Ok(menu()))));
    insta::assert_snapshot!(screen(&app, 60, 20));
    app.press(KeyCode::Down);
    app.press(KeyCode::Enter);
    insta::assert_snapshot!(screen(&app, 60, 20));
}

#[test]
fn the_first_screen_says_what_is_wrong() {
    let (mut app, _) = App::start(Command::LoadMenu);
    app.update(Message::Net(NetMessage::Menu(Err(
        "GET http://127.0.0.1:1/v1/gamestate: Connection refused".to_owned()
    ))));
    insta::assert_snapshot!(screen(&app, 60, 16));
}

#[test]
fn a_story_is_shown_with_its_dialogue_and_its_sidebar() {
    insta::assert_snapshot!(screen(&connected(), 90, 24));
}

#[test]
fn what_runs_and_what_waits_is_shown() {
    let mut app = connected();
    app.receive(processing(1, RequestType::Chat, "Ada: ring it twice"));
    app.receive(queued(2, RequestType::Chat, "Ada: wait"));
    app.say("and board");
    insta::assert_snapshot!(screen(&app, 90, 30));
    app.receive(chunk(1, "It rings twice, out of politeness.", false));
    app.receive(retrying(2));
    app.update(Message::Net(NetMessage::Link(Link::Reconnecting("gone".to_owned()))));
    insta::assert_snapshot!(screen(&app, 90, 30));
    app.receive(failed(1));
    app.receive(state_updated(true));
    insta::assert_snapshot!(screen(&app, 90, 30));
}

#[test]
fn a_narrow_screen_has_no_sidebar_but_says_where_the_player_is() {
    insta::assert_snapshot!(screen(&connected(), 50, 14));
}

#[test]
fn a_screen_that_is_scrolled_back_says_that_there_is_more() {
    let mut app = connected();
    app.press_control(KeyCode::Home);
    insta::assert_snapshot!(screen(&app, 40, 9));
}

#[test]
fn words_longer_than_a_row_go_on_in_the_next_one() {
    let mut app = connected();
    app.update(Message::Paste("look at the 世界 through the fog, twice".to_owned()));
    let mut backend = render(&app, 30, 8, Theme::new(true));
    backend.assert_cursor_position((16, 6));
    insta::assert_snapshot!(backend.to_string());
}

#[test]
fn a_notice_and_the_place_are_read_whole_on_a_narrow_screen() {
    let mut app = connected();
    app.press(KeyCode::Char('x'));
    app.update(Message::Net(NetMessage::Refused(
        "The narrator is still at work. /stop ends the narration, /undo takes your last message back.".to_owned(),
    )));
    insta::assert_snapshot!(screen(&app, 40, 20));
}

#[test]
fn the_end_of_a_story_has_its_name_and_what_it_remembers() {
    let mut app = connected();
    let mut ended = game();
    ended.sight.is_ended = true;
    ended.sight.ending = serde_json::from_value(json!({
        "id": "across", "name": "Across the River", "score": ["You rang twice.", "Odile kept the token."]
    }))
    .unwrap();
    app.update(Message::Net(NetMessage::Looked { game: ended.id, view: Some(Box::new(ended)) }));
    insta::assert_snapshot!(screen(&app, 90, 24));
}

#[test]
fn on_a_wide_screen_the_story_keeps_a_width_that_can_be_read() {
    let mut app = connected();
    app.say("/help");
    let screen = screen(&app, 200, 40);
    let longest = screen.lines().map(|line| line.trim_matches(['"', ' ']).chars().count()).max();
    assert!(longest < Some(110), "{screen}");
    insta::assert_snapshot!(screen);
}

#[test]
fn no_screen_is_too_small() {
    let mut app = connected();
    app.receive(chunk(1, "A word.", false));
    let (start, _) = App::start(Command::LoadMenu);
    for (width, height) in [(1, 1), (3, 2), (20, 3), (80, 2), (200, 1)] {
        screen(&app, width, height);
        screen(&start, width, height);
    }
}

#[test]
fn without_colour_nothing_is_coloured() {
    let has_color = |theme| {
        let backend = render(&connected(), 90, 24, theme);
        backend.buffer().content().iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
    };
    assert!(has_color(Theme::new(true)));
    assert!(!has_color(Theme::new(false)));
}
