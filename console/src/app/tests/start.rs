//! The first screen: stories, saved games, and what a new game asks.

use crossterm::event::KeyCode;
use protocol::CreateGame;

use crate::app::{App, Command, Message, NetMessage, Page, Screen};
use crate::fixture::{game, menu};

#[test]
fn stories_and_saves_are_searched_by_typing() {
    let (mut app, first) = App::start(Command::LoadMenu);
    assert_eq!(first, [Command::LoadMenu]);
    app.update(Message::Net(NetMessage::Menu(Ok(menu()))));
    let lists = |app: &App| {
        let Screen::Start(start) = &app.screen else { panic!("a game is played") };
        (start.scenarios().len(), start.games().len())
    };
    assert_eq!(lists(&app), (2, 1));
    "ADA".chars().for_each(|letter| drop(app.press(KeyCode::Char(letter))));
    assert_eq!(lists(&app), (0, 1));
    app.press(KeyCode::Backspace);
    app.press(KeyCode::Esc);
    assert_eq!(lists(&app), (2, 1));
    app.press(KeyCode::End);
    assert_eq!(app.press(KeyCode::Enter), [Command::Open { game: game().id, keep_trying: false }]);
}

#[test]
fn a_new_game_asks_for_the_character_and_proposes_the_scenarios_own() {
    let (mut app, _) = App::start(Command::LoadMenu);
    app.update(Message::Net(NetMessage::Menu(Ok(menu()))));
    app.press(KeyCode::Down);
    assert!(app.press(KeyCode::Enter).is_empty());
    let Screen::Start(start) = &app.screen else { panic!("a game has begun") };
    assert_eq!((start.page, start.selected), (Page::Characters(1), 1));
    let create = CreateGame { scenario: "moon".to_owned(), pc: Some("ada".to_owned()), ..CreateGame::default() };
    assert_eq!(app.press(KeyCode::Enter), [Command::Create(create)]);
    assert_eq!(app.press(KeyCode::Esc), [Command::Leave]);
    app.press(KeyCode::Esc);
    let Screen::Start(start) = &app.screen else { panic!("a game has begun") };
    assert_eq!((start.page, start.selected), (Page::Stories, 1));
}

#[test]
fn a_game_that_cannot_be_opened_leads_back_to_the_list() {
    let (mut app, _) = App::start(Command::Open { game: game().id, keep_trying: false });
    let commands = app.update(Message::Net(NetMessage::Opened(Err("No such game".to_owned()))));
    assert_eq!(commands, [Command::LoadMenu]);
    app.update(Message::Net(NetMessage::Menu(Ok(menu()))));
    let Screen::Start(start) = &app.screen else { panic!("a game is played") };
    assert_eq!((start.error.as_deref(), start.is_opening), (Some("No such game"), false));
}

#[test]
fn narrator_and_rules_of_a_new_game_are_chosen_below_the_characters() {
    let (mut app, _) = App::start(Command::LoadMenu);
    app.update(Message::Net(NetMessage::Menu(Ok(menu()))));
    app.press(KeyCode::Enter);
    app.press(KeyCode::Down);
    assert!(app.press(KeyCode::Enter).is_empty(), "the narrator is another one");
    app.press(KeyCode::Down);
    app.press(KeyCode::Right);
    app.press(KeyCode::Left);
    app.press(KeyCode::Left);
    app.press(KeyCode::Home);
    let create = CreateGame {
        scenario: "night_ferry".to_owned(),
        pc: Some("bo".to_owned()),
        narrator: Some("dry".to_owned()),
        rules: Some(client::Rules::Relaxed),
        ..CreateGame::default()
    };
    assert_eq!(app.press(KeyCode::Enter), [Command::Create(create)]);
}
