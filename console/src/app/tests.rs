//! The console's behaviour, key by key and event by event.

mod commands;
mod newest;
mod start;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use protocol::{Attempt, AttemptSuperseded, MESSAGE_MAX_BYTES, RequestType};
use serde_json::json;

use super::{App, Command, Extent, Link, Message, NetMessage, Opened, Screen, Scroll, Stage};
use crate::fixture::{chunk, completed, failed, game, playing, processing, queued, request, retrying, state_updated};

/// The turns as `message/narration/stage`, without the three of the history.
fn turns(app: &App) -> Vec<String> {
    let turns = &app.play().transcript.turns()[3..];
    turns
        .iter()
        .map(|turn| format!("{}/{}/{:?}", turn.message.as_deref().unwrap_or("-"), turn.narration, turn.stage))
        .collect()
}

fn accepted(local: u64, n: usize) -> Message {
    Message::Net(NetMessage::Accepted { local, request: request(n) })
}

fn sent(commands: &[Command]) -> Vec<(u64, &str)> {
    let sends = commands.iter().filter_map(|command| match command {
        Command::Send { local, message, .. } => Some((*local, message.as_str())),
        _ => None,
    });
    sends.collect()
}

#[test]
fn the_history_is_shown_without_the_prompts_behind_it() {
    let app = playing();
    let history: Vec<_> =
        app.play().transcript.turns().iter().map(|turn| (turn.message.as_deref(), turn.narration.as_str())).collect();
    assert_eq!(
        history,
        [
            (None, "Fog to your knees. A bell hangs from a post."),
            (Some("ring the bell"), "It rings once.\n\nOdile: You might have rung it twice."),
            (None, "Then the fog comes closer, to see who rang."),
        ]
    );
}

#[test]
fn a_turn_is_shown_as_it_comes() {
    let mut app = playing();
    assert_eq!(sent(&app.say("wait")), [(1, "wait")]);
    assert_eq!(turns(&app), ["wait//Sending"]);
    app.update(accepted(1, 1));
    assert_eq!(turns(&app), ["wait//Queued"]);
    app.receive(queued(1, RequestType::Chat, "Ada: wait"));
    app.receive(processing(1, RequestType::Chat, "Ada: wait"));
    assert_eq!(turns(&app), ["wait//Thinking"]);
    app.receive(chunk(1, "You ", false));
    app.receive(chunk(1, "wait.", false));
    assert_eq!(turns(&app), ["wait/You wait./Narrating"]);
    app.receive(chunk(1, "", true));
    assert_eq!(turns(&app), ["wait/You wait./Settling"]);
    app.receive(completed(1, "You wait."));
    assert_eq!(turns(&app), ["wait/You wait./Done"]);
    assert!(!app.play().transcript.is_running());
}

#[test]
fn messages_are_sent_one_after_the_other() {
    let mut app = playing();
    assert_eq!(sent(&app.say("one")), [(1, "one")]);
    assert!(app.say("two").is_empty());
    assert!(app.say("three").is_empty());
    assert_eq!(sent(&app.update(accepted(1, 1))), [(2, "two")]);
    assert_eq!(sent(&app.update(accepted(2, 2))), [(3, "three")]);
    assert_eq!(turns(&app), ["one//Queued", "two//Queued", "three//Sending"]);
}

#[test]
fn a_message_whose_events_come_before_its_answer_is_shown_once() {
    let mut app = playing();
    app.say("wait");
    app.receive(queued(1, RequestType::Chat, "Ada: wait"));
    app.receive(processing(1, RequestType::Chat, "Ada: wait"));
    app.update(accepted(1, 1));
    assert_eq!(turns(&app), ["wait//Thinking"]);
}

#[test]
fn a_message_whose_answer_is_lost_keeps_no_other_back() {
    let mut app = playing();
    app.say("one");
    app.say("two");
    assert_eq!(sent(&app.receive(queued(1, RequestType::Chat, "Ada: one"))), [(2, "two")]);
    app.update(Message::Net(NetMessage::NotSent { local: 1, reason: "no answer".to_owned() }));
    assert_eq!(turns(&app), ["one//Queued", "two//Sending"]);
    assert!(app.update(accepted(1, 1)).is_empty());
    assert!(app.update(accepted(2, 2)).is_empty());
}

#[test]
fn the_same_words_of_another_player_are_another_turn() {
    let mut app = playing();
    app.say("wait");
    app.receive(queued(8, RequestType::Chat, "Ada: wait"));
    app.update(accepted(1, 1));
    app.receive(queued(1, RequestType::Chat, "Ada: wait"));
    assert_eq!(turns(&app), ["wait//Queued", "wait//Queued"]);
}

#[test]
fn another_actor_keeps_the_name() {
    let mut app = playing();
    app.receive(queued(1, RequestType::Chat, "Bo: wait"));
    assert_eq!(turns(&app), ["Bo: wait//Queued"]);
}

#[test]
fn a_message_that_cannot_be_sent_comes_back_to_the_line() {
    let mut app = playing();
    app.say("one");
    app.say("two");
    app.update(Message::Net(NetMessage::NotSent { local: 1, reason: "no route".to_owned() }));
    assert_eq!(app.play().editor.text(), "one");
    assert_eq!(turns(&app).len(), 2);
    assert!(app.play().transcript.turns()[3..].iter().all(|turn| matches!(turn.stage, Stage::NotSent(_))));
    assert_eq!(sent(&app.press(KeyCode::Enter)), [(3, "one")]);
}

#[test]
fn what_was_narrated_by_a_superseded_attempt_disappears() {
    let mut app = playing();
    app.receive(processing(1, RequestType::Chat, "Ada: wait"));
    app.receive(chunk(1, "You wai", false));
    app.receive(AttemptSuperseded { request_id: request(1), game_id: game().id, attempt: Attempt(1) });
    assert_eq!(turns(&app), ["wait//Thinking"]);
    app.receive(chunk(1, "Nothing happens.", true));
    assert_eq!(turns(&app), ["wait/Nothing happens./Settling"]);
}

#[test]
fn trouble_is_reported_in_the_players_words_and_what_it_undoes_disappears() {
    let mut app = playing();
    app.receive(processing(1, RequestType::Chat, "Ada: wait"));
    app.receive(chunk(1, "You", false));
    app.receive(retrying(1));
    assert_eq!(turns(&app), [r#"wait/You/Retrying("the language model failed")"#]);
    app.receive(failed(1));
    assert_eq!(turns(&app), [r#"wait//Failed("the language model failed")"#]);
}

#[test]
fn a_story_event_is_shown_without_its_prompt_and_before_what_waits() {
    let mut app = playing();
    app.receive(queued(1, RequestType::Chat, "Ada: wait"));
    app.receive(queued(2, RequestType::StoryEvent, "Tell them about the flood."));
    app.receive(processing(2, RequestType::StoryEvent, "Tell them about the flood."));
    app.receive(chunk(2, "Water!", false));
    assert_eq!(turns(&app), ["-/Water!/Narrating", "wait//Queued"]);
}

#[test]
fn a_story_event_that_another_turn_tells_has_no_turn_of_its_own() {
    let mut app = playing();
    app.receive(queued(1, RequestType::StoryEvent, "It rains."));
    app.receive(queued(2, RequestType::StoryEvent, "It thunders."));
    app.receive(processing(1, RequestType::StoryEvent, "It rains."));
    app.receive(chunk(1, "Rain and thunder.", true));
    app.receive(completed(1, "Rain and thunder."));
    app.receive(processing(2, RequestType::StoryEvent, "It thunders."));
    let mut told = completed(2, "");
    told.result.told_with = Some(request(1));
    app.receive(told);
    assert_eq!(turns(&app), ["-/Rain and thunder./Done"]);
}

#[test]
fn a_narration_that_was_joined_late_is_whole_in_the_end() {
    let mut app = playing();
    app.receive(chunk(1, "the end of a sentence", false));
    app.receive(completed(1, "Such is the end of a sentence."));
    assert_eq!(turns(&app), ["-/Such is the end of a sentence./Done"]);
}

#[test]
fn a_reset_reads_the_game_again_and_keeps_what_is_on_its_way() {
    let mut app = playing();
    app.receive(chunk(9, "of a lost world", false));
    app.say("wait");
    let commands = app.update(Message::Net(NetMessage::Reset));
    assert_eq!(commands, [Command::Open { game: game().id, keep_trying: true }]);
    let opened = Opened { game: game(), scenario: "The Night Ferry".to_owned(), unfinished: Vec::new() };
    app.update(Message::Net(NetMessage::Opened(Ok(Box::new(opened)))));
    assert_eq!(turns(&app), ["wait//Sending"]);
}

#[test]
fn a_change_of_the_state_is_looked_at() {
    let mut app = playing();
    assert_eq!(app.receive(state_updated(false)), [Command::Look(game().id)]);
    assert_eq!(app.play().panel.turn, 2);
    let mut looked = game();
    looked.sight.inventory = vec!["an oar".to_owned()];
    app.update(Message::Net(NetMessage::Looked { game: game().id, view: Some(Box::new(looked)) }));
    assert_eq!(app.play().panel.inventory, ["an oar"]);
    assert_eq!(app.play().panel.scenario, "The Night Ferry");
}

#[test]
fn a_story_that_has_ended_takes_no_more_words() {
    let mut app = playing();
    app.receive(state_updated(true));
    assert!(app.say("but wait").is_empty());
    assert!(app.play().notice.as_ref().unwrap().contains("has ended"));
    assert_eq!(app.play().editor.text(), "but wait");
}

#[test]
fn a_message_that_is_too_long_is_kept_and_explained() {
    let mut app = playing();
    app.update(Message::Paste("é".repeat(MESSAGE_MAX_BYTES / 2 + 1)));
    assert!(app.press(KeyCode::Enter).is_empty());
    assert!(app.play().notice.as_ref().unwrap().contains("8194 bytes"));
    assert!(!app.play().editor.text().is_empty());
    assert_eq!(sent(&app.press(KeyCode::Backspace)), []);
    assert_eq!(app.press(KeyCode::Enter).len(), 1);
}

#[test]
fn an_empty_message_is_not_sent() {
    let mut app = playing();
    assert!(app.say("   ").is_empty());
}

#[test]
fn the_story_scrolls_and_follows_its_end_again() {
    let mut app = playing();
    app.update(Message::Drawn(Extent { lines: 100, rows: 10 }));
    app.press(KeyCode::PageUp);
    assert_eq!(app.play().scroll, Scroll::At(81));
    app.update(Message::Drawn(Extent { lines: 120, rows: 10 }));
    assert_eq!(app.play().scroll, Scroll::At(81));
    app.update(Message::Wheel { up: false });
    assert_eq!(app.play().scroll, Scroll::At(84));
    for _ in 0..3 {
        app.press(KeyCode::PageDown);
    }
    assert_eq!(app.play().scroll, Scroll::Follow);
    app.press_control(KeyCode::Home);
    assert_eq!(app.play().scroll, Scroll::At(0));
    app.say("wait");
    assert_eq!(app.play().scroll, Scroll::Follow);
}

#[test]
fn a_story_shorter_than_the_screen_does_not_scroll() {
    let mut app = playing();
    app.update(Message::Drawn(Extent { lines: 5, rows: 10 }));
    app.press(KeyCode::PageUp);
    assert_eq!(app.play().scroll, Scroll::Follow);
}

#[test]
fn the_player_is_warned_before_a_message_is_left_behind() {
    let mut app = playing();
    app.say("wait");
    assert!(app.press(KeyCode::Esc).is_empty());
    assert!(app.play().notice.is_some());
    assert_eq!(app.press(KeyCode::Esc), [Command::Leave, Command::LoadMenu]);
}

#[test]
fn an_answer_for_a_story_that_was_left_changes_nothing() {
    let mut app = playing();
    app.press(KeyCode::Esc);
    app.receive(chunk(1, "late", true));
    assert!(matches!(app.screen, Screen::Start(_)));
}

#[test]
fn control_q_quits_everywhere() {
    for mut app in [playing(), App::start(Command::LoadMenu).0] {
        assert_eq!(app.press_control(KeyCode::Char('q')), [Command::Quit]);
    }
}

#[test]
fn control_c_stops_the_narrator_first_then_asks_once_and_then_quits() {
    let mut app = playing();
    app.receive(processing(1, RequestType::Chat, "Ada: wait"));
    app.receive(chunk(1, "You wa", false));
    assert_eq!(app.press_control(KeyCode::Char('c')), [Command::Stop(request(1))]);
    assert_eq!(app.play().notice.as_deref(), Some("Stopping. Ctrl+C again quits."));
    assert_eq!(app.press_control(KeyCode::Char('c')), [Command::Quit]);

    let mut app = playing();
    assert!(app.press_control(KeyCode::Char('c')).is_empty());
    // Any other key takes the question back.
    app.press(KeyCode::Left);
    assert!(app.press_control(KeyCode::Char('c')).is_empty());
    assert_eq!(app.press_control(KeyCode::Char('c')), [Command::Quit]);
}

#[test]
fn control_c_on_the_list_of_stories_asks_once() {
    let (mut app, _) = App::start(Command::LoadMenu);
    assert!(app.press_control(KeyCode::Char('c')).is_empty());
    let Screen::Start(start) = &app.screen else { panic!("a game is played") };
    assert_eq!(start.question(), Some("Ctrl+C again quits."));
    app.press(KeyCode::Down);
    assert!(app.press_control(KeyCode::Char('c')).is_empty());
    assert_eq!(app.press_control(KeyCode::Char('c')), [Command::Quit]);
}

#[test]
fn what_a_proxy_held_back_changes_nothing_that_was_asked_for() {
    let mut app = playing();
    app.receive(queued(1, RequestType::Chat, "Ada: wait"));
    app.receive(completed(1, "You wait."));
    app.receive(queued(1, RequestType::Chat, "Ada: wait"));
    app.receive(processing(1, RequestType::Chat, "Ada: wait"));
    app.receive(chunk(1, "You ", false));
    assert_eq!(turns(&app), ["wait/You wait./Done"]);
    app.receive(completed(1, "You wait."));
    assert_eq!(turns(&app), ["wait/You wait./Done"]);
}

#[test]
fn the_state_of_the_connection_is_shown() {
    let mut app = playing();
    assert!(app.is_animated());
    app.update(Message::Net(NetMessage::Link(Link::Live)));
    assert!(!app.is_animated());
    app.update(Message::Net(NetMessage::Link(Link::Reconnecting("gone".to_owned()))));
    assert_eq!(app.play().link, Link::Reconnecting("gone".to_owned()));
}

#[test]
fn the_ending_is_known_once_the_game_is_looked_at() {
    let mut app = playing();
    app.receive(state_updated(true));
    assert!(app.play().panel.ending.is_none() && app.play().awaits_answer());
    let mut ended = game();
    ended.sight.is_ended = true;
    ended.sight.ending =
        serde_json::from_value(json!({ "id": "across", "name": "Across", "score": ["Dry."] })).unwrap();
    app.update(Message::Net(NetMessage::Looked { game: game().id, view: Some(Box::new(ended)) }));
    let ending = app.play().panel.ending.as_ref().unwrap();
    assert_eq!((ending.name.as_str(), ending.score.as_slice()), ("Across", ["Dry.".to_owned()].as_slice()));
    assert!(!app.play().awaits_answer());
}

#[test]
fn words_of_several_lines_are_said_as_they_are() {
    let mut app = playing();
    app.press(KeyCode::Char('a'));
    app.update(Message::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT)));
    app.press(KeyCode::Char('b'));
    assert_eq!(sent(&app.press(KeyCode::Enter)), [(1, "a\nb")]);
}
