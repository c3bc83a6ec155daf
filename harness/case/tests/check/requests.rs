//! Expectations on a request need one, and names point at themselves.

use super::in_steps;

/// A step that sends a message under a label.
const LOOK: &str = r#"{"user_prompt": "I look around.", "as": "look", "expect": {"response_contains": ["fog"]}}"#;
const RING: &str = r#"{"user_prompt": "I ring the bell.", "as": "ring", "wait": false}"#;
const SECOND: &str = r#""games": {"second": {}},"#;

#[test]
fn a_step_without_a_request_can_expect_nothing_of_one() {
    for expect in [
        r#""status": "completed""#,
        r#""attempt": 1"#,
        r#""error": "model-failed""#,
        r#""response_contains": ["fog"]"#,
        r#""response_not_contains": ["fog"]"#,
        r#""response_regex": "fog""#,
        r#""response_min_length": 1"#,
        r#""response_max_length": 1"#,
        r#""story_event_contains": ["fog"]"#,
        r#""story_event_not_contains": ["fog"]"#,
        r#""story_event_exact": "fog""#,
    ] {
        let step = format!(r#"{{"expect": {{{expect}}}}}"#);
        assert_eq!(
            in_steps("", &[RING, LOOK, &step]),
            [r#"4:13: this step has no request: add `"request": "look"`"#],
            "{expect}"
        );
    }
}

#[test]
fn the_request_that_is_meant_is_named() {
    let waits = r#"{"wait_for": {"event": "request.completed", "request": "ring"}, "expect": {"attempt": 1}}"#;
    assert_eq!(in_steps("", &[RING, LOOK, waits]), [r#"4:76: this step has no request: add `"request": "ring"`"#]);
    let reads = r#"{"stream": {"request": "ring"}, "expect": {"attempt": 1}}"#;
    assert_eq!(in_steps("", &[RING, LOOK, reads]), [r#"4:44: this step has no request: add `"request": "ring"`"#]);
    let of_second = r#"{"game": "second", "user_prompt": "I wait.", "as": "wait"}"#;
    let (here, there) = (r#"{"expect": {"attempt": 1}}"#, r#"{"game": "second", "expect": {"attempt": 1}}"#);
    assert_eq!(
        in_steps(SECOND, &[of_second, LOOK, there, here]),
        [
            r#"4:31: this step has no request: add `"request": "wait"`"#,
            r#"5:13: this step has no request: add `"request": "look"`"#
        ]
    );
    let kept = r#"{"capture": {"said": {"response": "f.g"}}}"#;
    assert_eq!(in_steps("", &[LOOK, kept]), [r#"3:14: this step has no request: add `"expect": {"request": "look"}`"#]);
}

#[test]
fn without_a_label_the_step_that_sends_the_request_gets_one() {
    let errors = in_steps("", &[r#"{"user_prompt": "I look."}"#, r#"{"expect": {"attempt": 1}}"#]);
    assert_eq!(
        errors,
        [
            r#"3:13: this step has no request (give the step that sends it a label, `"as": "look"`, and add `"request": "look"` here)"#
        ]
    );
}

#[test]
fn a_step_of_several_actors_has_the_requests_of_each_before_it() {
    let actors = r#"{"actors": {
        "ada": [{"user_prompt": "I wave.", "as": "wave"}, {"expect": {"attempt": 1}}],
        "bo": [{"user_prompt": "I nod.", "as": "nod"}]}, "expect": {"attempt": 1}}"#;
    assert_eq!(
        in_steps("", &[actors]),
        [
            r#"3:71: this step has no request: add `"request": "wave"`"#,
            r#"4:69: this step has no request: add `"request": "nod"`"#
        ]
    );
}

#[test]
fn what_is_expected_of_a_request_that_is_there_is_left_alone() {
    let story = r#"{"user_prompt": "WAIT_FOR_STORY_EVENT", "expect": {"story_event_contains": ["bell"]}}"#;
    let named = r#"{"expect": {"request": "look", "attempt": 1, "turn_counter": 1}}"#;
    let of_game = r#"{"expect": {"turn_counter": 1, "events": ["chat.chunk"]}}"#;
    assert_eq!(in_steps("", &[LOOK, story, named, of_game]), Vec::<String>::new());
}

#[test]
fn a_request_of_another_game_than_that_of_the_step_is_refused() {
    let expects = r#"{"game": "second", "expect": {"request": "look", "turn_counter": 1}}"#;
    let waits = r#"{"game": "second", "wait_for": {"event": "request.completed", "request": "look"}}"#;
    let events = r#"{"game": "second", "expect": {"events": [{"event": "chat.chunk", "request": "look"}]}}"#;
    let said = "`look` is a request of the game `game`, and this step speaks to `second` (leave `game` out, or name a request of `second`)";
    assert_eq!(
        in_steps(SECOND, &[LOOK, expects, waits, events]),
        [format!("3:42: {said}"), format!("4:74: {said}"), format!("5:77: {said}")]
    );
    let other = r#"{"game": "second", "user_prompt": "I look.", "as": "there"}"#;
    let of_other = r#"{"expect": {"request": "there", "turn_counter": 1}}"#;
    assert_eq!(in_steps(SECOND, &[other, of_other]), Vec::<String>::new());
}

#[test]
fn a_name_that_is_not_there_is_pointed_at_itself() {
    let steps = [
        r#"{"expect": {"events": [{"event": "chat.chunk",
            "request": "no"}]}}"#,
        r#"{"stream": {"request": "no"}}"#,
        r#"{"wait_for": {"event": "chat.chunk", "request": "no"}}"#,
        r#"{"capture": {"a": {"event": {"event": "chat.chunk", "at": "", "request": "no"}}}}"#,
        r#"{"hang_up": "no"}"#,
        r#"{"wait_for": {"event": "chat.chunk", "listener": "no"}}"#,
        r#"{"actors": {
            "ada": [{"user_prompt": "a"}, {"user_prompt": "b",
                "game": "no"}]}}"#,
        r#"{"parallel": [{"kill": "worker[1]"}]}"#,
        r#"{"link": {"to": "redis", "do": "hold", "of": "worker[7]"}}"#,
        r#"{"clock": {"of": "worker[7]", "ahead_seconds": 1}}"#,
        r#"{"freeze": {"of": "worker[7]", "for_ms": 1}}"#,
        r#"{"user_prompt": "a", "as": "game"}"#,
        r#"{"capture": {"game": {"state": "/id"}}}"#,
    ];
    let places: Vec<String> =
        in_steps("", &steps).iter().map(|error| error.split(" (").next().unwrap().to_owned()).collect();
    assert_eq!(
        places,
        [
            "3:24: no request is called `no` at this step",
            "4:24: no request is called `no` at this step",
            "5:49: no request is called `no` at this step",
            "6:74: no request is called `no` at this step",
            "7:13: no stream is called `no` at this step",
            "8:50: no stream is called `no` at this step",
            "11:25: no game is called `no` at this step",
            "12:24: there is no `worker[1]` at this step",
            "13:46: there is no `worker[7]` at this step",
            "14:18: there is no `worker[7]` at this step",
            "15:19: there is no `worker[7]` at this step",
            "16:28: a game is called `game` already",
            "17:14: `{game}` stands for a game or a request already",
        ]
    );
}

#[test]
fn a_process_is_frozen_for_a_time_that_the_step_has() {
    let steps = [
        r#"{"freeze": {"of": "worker[0]", "for_ms": 0}}"#,
        r#"{"freeze": {"of": "worker[0]", "for_ms": 60001}, "timeout_seconds": 90}"#,
        r#"{"freeze": {"of": "worker[0]", "for_ms": 10000}}"#,
        r#"{"freeze": {"of": "redis", "for_ms": 1}}"#,
        r#"{"freeze": {"of": "worker[0]"}}"#,
        r#"{"freeze": {"of": "worker[0]", "for_ms": 60000}, "timeout_seconds": 90}"#,
        r#"{"freeze": {"of": "api", "for_ms": 1}}"#,
    ];
    assert_eq!(
        in_steps("", &steps),
        [
            "2:42: a process is frozen for 1 to 60000 ms (`stop` freezes it until `continue`)",
            "3:42: a process is frozen for 1 to 60000 ms (`stop` freezes it until `continue`)",
            "4:42: the step has to be done in 10000 ms, its time limit (freeze for less, or give the step more `timeout_seconds`)",
            "5:19: `redis` is not a process (`api`, `worker[0]`, `worker[1]`, …)",
            "6:12: the key `for_ms` is missing",
        ]
    );
}
