//! What a line does that begins with a slash.

use std::path::PathBuf;

use crossterm::event::KeyCode;
use protocol::{ExportFormat, RequestType};

use super::{sent, turns};
use crate::app::{Command, Message, NetMessage, Rewrite, Screen, Stage};
use crate::fixture::{game, menu, playing, processing, queued, request};

#[test]
fn a_command_costs_no_turn_and_is_answered_in_the_story() {
    let mut app = playing();
    for (line, answer) in [
        ("/look", "The Landing\nPlanks.\nWays out: north\nClosed: west: Water.\nPeople: Odile\nThings: bell"),
        ("/inv", "You carry: ferry token, a brass lantern that has seen better nights"),
        ("/model", "The narrator speaks by a built-in script: this engine has no language model set up."),
    ] {
        assert!(app.say(line).is_empty(), "{line}");
        let last = app.play().transcript.turns().last().unwrap();
        assert_eq!(
            (last.message.as_deref(), last.narration.as_str(), &last.stage),
            (Some(line), answer, &Stage::Answer)
        );
    }
    assert!(app.say("/xyzzy").is_empty());
    assert!(app.play().notice.as_ref().unwrap().contains("no command /xyzzy"));
    assert_eq!(app.play().editor.text(), "/xyzzy");
}

#[test]
fn what_has_happened_is_changed_by_commands() {
    let mut app = playing();
    let game = app.play().game;
    for (line, change) in [
        ("/undo", Rewrite::Undo(1)),
        ("/undo 2", Rewrite::Undo(2)),
        ("/retry", Rewrite::Retry),
        ("/other", Rewrite::Other),
        ("/edit I wait.", Rewrite::Edit { turn: None, message: "I wait.".to_owned() }),
        ("/edit #3 I wait.", Rewrite::Edit { turn: Some(3), message: "I wait.".to_owned() }),
        ("/save The ferry", Rewrite::Name("The ferry".to_owned())),
    ] {
        assert_eq!(app.say(line), [Command::Rewrite { game, change }], "{line}");
    }
    assert_eq!(app.say("/branch"), [Command::Branch { game, turn: None }]);
    assert_eq!(app.say("/branch 2"), [Command::Branch { game, turn: Some(2) }]);
    assert_eq!(app.say("/edit 3"), [Command::Recall { game, turn: 3 }]);
    app.update(Message::Net(NetMessage::Recalled { game, turn: 3, words: "wait".to_owned() }));
    assert_eq!(app.play().editor.text(), "/edit #3 wait");
    assert!(!app.play().awaits_answer());
}

#[test]
fn a_line_with_two_slashes_is_said_with_one() {
    assert_eq!(sent(&playing().say("//me waves")), [(1, "/me waves")]);
}

#[test]
fn tab_completes_a_command() {
    let mut app = playing();
    app.press(KeyCode::Char('/'));
    app.press(KeyCode::Char('m'));
    app.press(KeyCode::Char('o'));
    app.press(KeyCode::Tab);
    assert_eq!(app.play().editor.text(), "/model ");
}

#[test]
fn what_runs_is_stopped_and_what_waits_is_taken_back() {
    let mut app = playing();
    assert!(app.say("/stop").is_empty());
    app.receive(processing(1, RequestType::Chat, "Ada: wait"));
    app.receive(queued(2, RequestType::Chat, "Ada: go"));
    app.receive(queued(3, RequestType::Chat, "Ada: run"));
    assert_eq!(app.say("/cancel"), [Command::Cancel(request(3))]);
    assert_eq!(app.say("/stop"), [Command::Stop(request(1))]);
    app.update(Message::Net(NetMessage::Refused("no".to_owned())));
    assert_eq!(app.play().notice.as_deref(), Some("no"));
}

#[test]
fn a_save_is_looked_for_from_within_a_story() {
    let mut app = playing();
    assert_eq!(app.say("/load ferry ada"), [Command::Leave, Command::LoadMenu]);
    app.update(Message::Net(NetMessage::Menu(Ok(menu()))));
    let Screen::Start(start) = &app.screen else { panic!("a game is played") };
    assert_eq!((start.scenarios().len(), start.games().len()), (0, 1));
    assert_eq!(app.press(KeyCode::Enter), [Command::Open { game: game().id, keep_trying: false }]);
}

#[test]
fn a_story_is_exported_and_the_answer_stands_below_the_command() {
    let mut app = playing();
    let (game, file) = (game().id, PathBuf::from("out/ferry.json"));
    let export = Command::Export { game, format: ExportFormat::Json, file: file.clone() };
    assert_eq!(app.say("/export out/ferry.json"), [export]);
    assert!(app.play().awaits_answer());
    app.update(Message::Net(NetMessage::Exported { game, file }));
    assert_eq!(turns(&app), ["/export out/ferry.json/The story is written to out/ferry.json./Answer"]);
    assert!(!app.play().awaits_answer());
    assert!(app.say("/export ferry").is_empty());
    assert!(turns(&app)[1].contains("does not say in which form"), "{:?}", turns(&app));
}

#[test]
fn a_turn_is_explained_and_a_refusal_is_shown() {
    let mut app = playing();
    let game = game().id;
    assert_eq!(app.say("/explain 2"), [Command::Explain { game, turn: Some(2) }]);
    app.update(Message::Net(NetMessage::Refused("no such turn".to_owned())));
    assert_eq!(app.play().notice.as_deref(), Some("no such turn"));
    assert!(!app.play().awaits_answer());
}

#[test]
fn a_name_that_is_given_is_confirmed() {
    let mut app = playing();
    app.say("/save Fog");
    assert!(app.play().awaits_answer());
    app.update(Message::Net(NetMessage::Renamed { game: game().id, name: "Fog".to_owned() }));
    assert_eq!(turns(&app), ["/save Fog/This story is called Fog now; /load finds it./Answer"]);
    assert!(!app.play().awaits_answer());
}

#[test]
fn every_command_of_the_list_does_something_else_than_help() {
    let help = crate::app::slash::help();
    for (name, ..) in crate::app::slash::COMMANDS {
        assert!(help.contains(&format!("/{name}")), "{name}");
        let mut app = playing();
        let line = if *name == "edit" { "/edit I wait." } else { &format!("/{name}") };
        let commands = app.say(line);
        let answer = match &app.screen {
            Screen::Play(play) => play.transcript.turns()[3..].first().map(|turn| turn.narration.clone()),
            Screen::Start(_) => None,
        };
        let has_effect = !commands.is_empty() || answer.is_some_and(|text| (text == help) == (*name == "help"));
        assert!(has_effect, "/{name}");
    }
}
