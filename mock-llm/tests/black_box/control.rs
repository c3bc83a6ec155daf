//! Gates, journal, namespaces and scripts from outside: what a harness does with the mock, by HTTP and in the same
//! process.

use mock_llm::{Ending, GateState, Record, Script};
use serde_json::{Value, json};

use crate::support::{CHAT, ask, ask_at, http, mock, openai, read_until, said, send_raw, soon};

async fn get(url: &str) -> Value {
    http().get(url).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_gate_holds_a_stream_until_it_is_opened() {
    let mock = mock(
        json!({ "entries": [{ "reply": { "text": "one two three", "gate": { "name": "g1", "after_chunks": 2 } } }] }),
    )
    .await;
    let gate = format!("{}/__mock/gates/g1", mock.base_url());
    let mut stream = send_raw(&mock, CHAT, &openai("go", true)).await;
    let state: GateState = serde_json::from_value(get(&format!("{gate}?wait_for_waiters=1")).await).unwrap();
    assert_eq!(state, GateState { open: false, waiting: 1, passed: 0 });
    let before = String::from_utf8(read_until(&mut stream, "two").await).unwrap();
    assert!(!before.contains("three"));

    http().post(&gate).send().await.unwrap();
    read_until(&mut stream, "[DONE]").await;
    soon(mock.admin().root().wait_idle()).await;
    assert_eq!(
        get(&format!("{}/__mock/gates", mock.base_url())).await,
        json!({ "g1": { "open": true, "waiting": 0, "passed": 1 } })
    );
    assert_eq!(said(&mock, "again").await, "one two three", "an open gate stays open");
}

#[tokio::test]
async fn a_gate_holds_an_answer_in_one_piece_too() {
    let mock = mock(json!([{ "text": "done", "gate": "g" }])).await;
    let root = mock.admin().root();
    let request = openai("go", false);
    let (answer, ()) = tokio::join!(ask(&mock, &request), async {
        soon(root.gates().wait_for_waiters("g", 1)).await;
        assert_eq!(root.journal(0)[0].ending, Ending::InFlight);
        root.gates().open("g");
    });
    assert_eq!(answer.0, 200);
}

#[tokio::test]
async fn a_hold_stops_a_call_at_any_piece_whatever_the_script_says() {
    let mock = mock(json!([{ "text": "one two three" }, { "text": "four five" }])).await;
    let root = mock.admin().root();
    let holds = json!({ "every": true, "calls": { "1": 2 } });
    let url = format!("{}/__mock/holds", mock.base_url());
    assert_eq!(http().put(url).json(&holds).send().await.unwrap().status(), 204);
    let mut stream = send_raw(&mock, CHAT, &openai("go", true)).await;
    soon(root.gates().wait_for_waiters("call-1", 1)).await;
    let before = String::from_utf8(read_until(&mut stream, "two").await).unwrap();
    assert!(!before.contains("three"));
    root.gates().open("call-1");
    read_until(&mut stream, "[DONE]").await;

    let second = openai("on", false);
    let (answer, ()) = tokio::join!(ask(&mock, &second), async {
        soon(root.gates().wait_for_waiters("call-2", 1)).await;
        root.gates().open("call-2");
    });
    assert_eq!(answer.0, 200);
    root.reset();
    assert_eq!(ask(&mock, &second).await.0, 200, "a reset ends all holds");
}

#[tokio::test]
async fn the_journal_has_what_was_asked_and_answered() {
    let mock =
        mock(json!({ "entries": [{ "name": "greet", "match": { "user": "hello" }, "reply": "Good day to you." }] }))
            .await;
    said(&mock, "hello there").await;
    ask(&mock, &openai("bye", false)).await;
    let url = format!("{}/__mock/journal", mock.base_url());
    let records: Vec<Record> = serde_json::from_value(get(&format!("{url}?since=0&wait=1")).await).unwrap();
    assert_eq!(records, mock.admin().root().journal(0), "HTTP and process see the same");
    let [greeted, missed] = records.as_slice() else { panic!("two calls") };
    assert_eq!(greeted.answer.entry.as_ref().unwrap().name.as_deref(), Some("greet"));
    assert_eq!((greeted.answer.status, greeted.answer.text.as_str()), (Some(200), "Good day to you."));
    assert_eq!((greeted.ending, greeted.messages[0].text.as_str()), (Ending::Finished, "hello there"));
    assert_eq!(greeted.request["messages"][0]["content"], "hello there");
    assert_eq!((missed.answer.status, &missed.answer.entry), (Some(404), &None));
    assert!(missed.answer.miss.as_ref().unwrap().contains("\"greet\""), "{missed:?}");
    assert_eq!(get(&format!("{url}?since=1")).await.as_array().unwrap().len(), 1);

    http().delete(&url).send().await.unwrap();
    assert_eq!(get(&url).await, json!([]));
}

#[tokio::test]
async fn an_explanation_goes_field_by_field() {
    let mock = mock(json!({ "entries": [
        { "match": { "user": { "contains": ["go", "north"] }, "model": "gpt-x" }, "reply": "You go." }
    ] }))
    .await;
    ask(&mock, &openai("go south", false)).await;
    let explained = get(&format!("{}/__mock/explain/1", mock.base_url())).await;
    let checks = explained["entries"][0]["checks"].as_array().unwrap();
    let held: Vec<_> =
        checks.iter().map(|check| (check["wanted"].as_str().unwrap(), check["holds"].as_bool().unwrap())).collect();
    assert_eq!(
        held,
        [("model is \"gpt-x\"", true), ("user contains \"go\"", true), ("user contains \"north\"", false)]
    );
    assert_eq!(checks[2]["found"], "\"go south\"");
}

#[tokio::test]
async fn namespaces_share_a_server_and_nothing_else() {
    let mock = mock(json!(["from the start"])).await;
    let script = format!("{}/__mock/script", mock.namespace_url("a"));
    let loaded = http().put(&script).body(r#"["for a"]"#).send().await.unwrap();
    assert_eq!(loaded.status(), 200);
    let text = |(_, body): (u16, Value)| body["choices"][0]["message"]["content"].clone();
    assert_eq!(text(ask_at(&mock.namespace_url("a"), &openai("x", false)).await), "for a");
    assert_eq!(text(ask_at(&mock.namespace_url("b"), &openai("x", false)).await), "from the start");
    assert_eq!(said(&mock, "x").await, "from the start");
    assert_eq!(ask_at(&mock.namespace_url("a"), &openai("x", false)).await.0, 404, "used up");
    assert_eq!(mock.admin().names(), ["a", "b"]);
    assert_eq!(mock.admin().namespace("a").unwrap().journal(0).len(), 2);
    assert!(mock.admin().namespace("../x").is_err());
}

#[tokio::test]
async fn a_wrong_script_is_refused_and_the_old_one_stays() {
    let mock = mock(json!(["still here"])).await;
    let url = format!("{}/__mock/script", mock.base_url());
    let refused =
        http().put(&url).body("{\"entries\": [\n  { \"mach\": {}, \"reply\": \"x\" }] }").send().await.unwrap();
    assert_eq!(refused.status(), 422);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(
        (&problem["pointer"], &problem["line"], &problem["help"]),
        (&json!("/entries/0/mach"), &json!(2), &json!("did you mean `match`?"))
    );
    assert_eq!(said(&mock, "x").await, "still here");
}

#[tokio::test]
async fn a_reset_starts_the_script_anew() {
    let mock = mock(json!(["once"])).await;
    let root = mock.admin().root();
    assert!(root.progress()[0].left_over);
    said(&mock, "x").await;
    assert!(!root.progress()[0].left_over);
    http().post(format!("{}/__mock/reset", mock.base_url())).send().await.unwrap();
    assert_eq!(root.journal(0), []);
    assert_eq!(said(&mock, "x").await, "once");
    assert_eq!(root.journal(0)[0].id, 1);
}

#[tokio::test]
async fn the_journal_forgets_the_oldest_calls() {
    let mock = mock(json!({ "entries": [{ "reply": "x" }] })).await;
    let client = http();
    for _ in 0..=mock_llm::JOURNAL_CAPACITY {
        let response =
            client.post(format!("{}{CHAT}", mock.base_url())).json(&openai("x", false)).send().await.unwrap();
        response.bytes().await.unwrap();
    }
    let journal = mock.admin().root().journal(0);
    assert_eq!((journal.len(), journal[0].id), (mock_llm::JOURNAL_CAPACITY, 2));
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_streams_that_hang() {
    let mock = mock(json!([{ "text": "one two", "gate": { "name": "never", "after_chunks": 1 } }])).await;
    let mut stream = send_raw(&mock, CHAT, &openai("go", true)).await;
    read_until(&mut stream, "one").await;
    let root = std::sync::Arc::clone(mock.admin().root());
    soon(mock.shutdown()).await;
    assert_eq!(root.journal(0)[0].ending, Ending::Stopped);
}

#[tokio::test]
async fn a_pace_is_kept_and_speed_zero_drops_it() {
    let script = |speed: u32, ms: u64| {
        let pace = json!({ "first_token_ms": ms, "between_ms": ms });
        json!({ "speed": speed, "pace": pace, "entries": [{ "reply": "one two three" }] })
    };
    let paced = mock(script(2, 40)).await;
    for stream in [true, false] {
        http()
            .post(format!("{}{CHAT}", paced.base_url()))
            .json(&openai("x", stream))
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
    }
    let [streamed, whole] = &paced.admin().root().journal(0)[..] else { panic!("two calls") };
    assert!(streamed.answer.first_frame_ms.unwrap() >= 20.0, "{streamed:?}");
    assert!(streamed.ended_ms.unwrap() >= 60.0, "{streamed:?}");
    assert!(whole.answer.first_frame_ms.unwrap() >= 60.0, "{whole:?}");

    let hour = 3_600_000;
    assert_eq!(said(&mock(script(0, hour)).await, "x").await, "one two three");
}

#[tokio::test]
async fn a_key_names_a_namespace_where_no_path_can() {
    let mock = mock(json!([])).await;
    mock.admin().namespace("case-1").unwrap().load(Script::parse(r#"["hello"]"#, "s").unwrap());
    for (header, key) in [("authorization", "Bearer t/case-1"), ("x-api-key", "t/case-1")] {
        mock.admin().namespace("case-1").unwrap().reset();
        let request = http().post(format!("{}{CHAT}", mock.base_url())).header(header, key).json(&openai("hi", false));
        assert_eq!(request.send().await.unwrap().status(), 200, "{header}");
    }
    assert_eq!(mock.admin().root().journal(0).len(), 0);
}

#[tokio::test]
async fn long_requests_push_old_ones_out_of_the_journal() {
    let mock = mock(json!({ "entries": [{ "reply": "fine" }] })).await;
    for _ in 0..10 {
        ask(&mock, &openai(&"x".repeat(1024 * 1024), false)).await;
    }
    let journal = mock.admin().root().journal(0);
    assert!((6..10).contains(&journal.len()), "{}", journal.len());
    assert_eq!(journal.last().unwrap().id, 10);
}
