//! What the commands mean while the newest message is unfinished, or after it has failed.

use crossterm::event::KeyCode;
use protocol::{Links, RequestCancelled, RequestStatus, RequestType};
use serde_json::json;

use super::{sent, turns};
use crate::app::{Command, Message, NetMessage, Opened, Rewrite};
use crate::fixture::{chunk, failed, game, playing, processing, queued, request};

#[test]
fn retry_and_edit_and_undo_after_a_failed_turn_are_about_the_failed_message() {
    let fail = |n| {
        let mut app = playing();
        app.receive(processing(n, RequestType::Chat, "Ada: wait"));
        app.receive(failed(n));
        app
    };
    let mut app = fail(1);
    assert_eq!(sent(&app.say("/retry")), [(1, "wait")]);
    assert_eq!(turns(&app), ["wait//Sending"]);
    let mut app = fail(1);
    assert!(app.say("/undo").is_empty());
    assert_eq!((turns(&app).len(), app.play().editor.text()), (0, "wait"));
    let mut app = fail(1);
    assert!(app.say("/edit").is_empty());
    assert_eq!(app.play().editor.text(), "/edit wait");
    assert_eq!(sent(&app.say(" longer")), [(1, "wait longer")]);
    assert_eq!(turns(&app), ["wait longer//Sending"]);
    // Then the one before it.
    let mut app = fail(1);
    app.say("/undo");
    app.press_control(KeyCode::Char('u'));
    assert_eq!(app.say("/undo"), [Command::Rewrite { game: game().id, change: Rewrite::Undo(1) }]);
}

#[test]
fn while_something_is_unfinished_undo_takes_back_the_newest_message_alone() {
    let mut app = playing();
    app.receive(processing(1, RequestType::Chat, "Ada: wait"));
    app.receive(queued(2, RequestType::Chat, "Ada: go"));
    for line in ["/retry", "/other", "/edit I run", "/undo 2"] {
        assert!(app.say(line).is_empty(), "{line}");
        assert!(app.play().notice.as_ref().unwrap().contains("/undo takes your last message back"), "{line}");
    }
    assert_eq!(app.say("/undo"), [Command::Cancel(request(2))]);
    assert_eq!(app.play().editor.text(), "go");
    let cancelled = RequestCancelled { request_id: request(2), game_id: game().id, status: RequestStatus::Cancelled };
    app.receive(cancelled);
    assert_eq!(turns(&app), ["wait//Thinking"]);
    app.press_control(KeyCode::Char('u'));
    assert_eq!(app.say("/undo"), [Command::Cancel(request(1))]);
}

#[test]
fn after_a_line_that_is_no_command_a_slash_begins_another_one() {
    let mut app = playing();
    app.say("/bogus");
    assert_eq!(app.play().editor.text(), "/bogus");
    app.say("/look");
    assert_eq!(app.play().transcript.turns().last().unwrap().message.as_deref(), Some("/look"));
    // A key between the two means to correct the line.
    app.say("/bogus");
    app.press(KeyCode::Backspace);
    app.press(KeyCode::Char('/'));
    assert_eq!(app.play().editor.text(), "/bogu/");
}

#[test]
fn a_narration_whose_beginning_comes_again_is_whole() {
    let mut app = playing();
    let running = json!({
        "request_id": request(1), "type": "chat", "game_id": game().id, "status": "processing", "attempt": 1,
        "message": "Ada: wait", "enqueued_at": "2026-01-02T03:04:05Z", "links": Links::of(request(1), game().id),
    });
    let unfinished = vec![serde_json::from_value(running).unwrap()];
    let opened = Opened { game: game(), scenario: "The Night Ferry".to_owned(), unfinished };
    app.update(Message::Net(NetMessage::Opened(Ok(Box::new(opened)))));
    assert!(app.play().transcript.newest().unwrap().is_partial);
    app.receive(processing(1, RequestType::Chat, "Ada: wait"));
    app.receive(chunk(1, "You wait.", false));
    assert!(!app.play().transcript.newest().unwrap().is_partial);
}
