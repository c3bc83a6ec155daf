//! Which entry answers: order, limits, conditions, captures, and what a caller is answered when none does.

use mock_llm::Script;
use serde_json::{Value, json};

use crate::support::{ask, http, mock, openai, said};

#[tokio::test]
async fn a_list_answers_one_call_after_the_other_and_then_no_more() {
    let mock = mock(json!(["first", { "json": { "a": 1 } }])).await;
    assert_eq!(said(&mock, "x").await, "first");
    assert_eq!(said(&mock, "x").await, r#"{"a":1}"#);
    let (status, body) = ask(&mock, &openai("x", false)).await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!("no_entry_fits")));
    assert_eq!(body["error"]["message"], "no entry fits: the script is used up after 2 answer(s)");
}

#[tokio::test]
async fn an_ordered_script_skips_only_what_is_optional() {
    let mock = mock(json!({ "order": "ordered", "entries": [
        { "match": { "user": "a" }, "reply": "A" },
        { "match": { "user": "b" }, "optional": true, "reply": "B" },
        { "match": { "user": "c" }, "replies": ["C1", "C2"] },
    ] }))
    .await;
    let (status, body) = ask(&mock, &openai("c", false)).await;
    assert_eq!(status, 404);
    assert!(body["error"]["message"].as_str().unwrap().contains("/entries/0"), "{body}");
    for (user, text) in [("a", "A"), ("c", "C1"), ("c", "C2")] {
        assert_eq!(said(&mock, user).await, text);
    }
}

#[tokio::test]
async fn an_entry_is_used_up_after_its_times() {
    let mock = mock(json!({ "entries": [{ "times": 1, "reply": "once" }, { "reply": "then {{call}}" }] })).await;
    for text in ["once", "then 1", "then 2"] {
        assert_eq!(said(&mock, "x").await, text);
    }
}

#[tokio::test]
async fn the_nth_call_counts_calls_that_fit_the_rest() {
    let mock = mock(json!({ "entries": [
        { "match": { "user": "go", "call": 2 }, "reply": "second go" },
        { "reply": "other" },
    ] }))
    .await;
    for (user, text) in [("go", "other"), ("look", "other"), ("go", "second go"), ("go", "other")] {
        assert_eq!(said(&mock, user).await, text, "{user}");
    }
}

#[tokio::test]
async fn every_condition_must_hold() {
    let matching = json!({
        "kind": "text", "vendor": "openai", "model": "gpt-x", "stream": false,
        "user": { "regex": "^second" }, "previous": { "exact": "answer" }, "system": { "lacks": "secret" },
        "last": "second", "all": "rules", "header": { "X-Case": { "contains": "7" } },
        "pointer": { "/messages/0/role": "system", "/temperature": 1, "/messages/1/content": { "contains": "irs" } },
    });
    let mock = mock(json!({ "entries": [{ "match": matching, "reply": "yes" }] })).await;
    let request = json!({ "model": "gpt-x", "temperature": 1.0, "messages": [
        { "role": "system", "content": "rules" },
        { "role": "user", "content": [{ "type": "text", "text": "first" }] },
        { "role": "assistant", "content": "answer" },
        { "role": "user", "content": "second" },
    ] });
    let url = format!("{}/v1/chat/completions", mock.base_url());
    let with_header = http().post(&url).header("x-case", "case 7").json(&request).send().await.unwrap();
    assert_eq!(with_header.status(), 200);
    let without = http().post(&url).json(&request).send().await.unwrap();
    assert_eq!(without.status(), 404);
    let body: Value = without.json().await.unwrap();
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.ends_with("wanted header x-case contains \"7\", got nothing"), "{message}");
}

#[tokio::test]
async fn captures_are_part_of_matching_and_feed_each_other() {
    let mock = mock(json!({ "entries": [
        {
            "capture": [
                { "from": "user", "regex": r"(?i)^go (?<dir>\S+)(?: with (?<who>\w+))?" },
                { "from": "system", "regex": "- {{dir}} -> (?<place>.+)" },
                { "from": "system", "regex": r"- (?<exits>\S+) ->", "join": ", " },
            ],
            "reply": { "json": { "text": "{{place|trim}} with {{who|or:nobody}}; {{exits}}" } },
        },
        { "reply": "You cannot." },
    ] }))
    .await;
    let request = |user: &str| {
        let system = "- n.w -> Mill \n- nxw -> \"Trap\"";
        json!({ "model": "m", "messages": [{ "role": "system", "content": system }, { "role": "user", "content": user }] })
    };
    let text = |(_, body): (u16, Value)| body["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    assert_eq!(text(ask(&mock, &request("go n.w")).await), r#"{"text":"Mill with nobody; n.w, nxw"}"#);
    assert_eq!(text(ask(&mock, &request("go nxw with Ada")).await), r#"{"text":"\"Trap\" with Ada; n.w, nxw"}"#);
    assert_eq!(text(ask(&mock, &request("go up")).await), "You cannot.");
}

#[tokio::test]
async fn a_reply_that_breaks_the_callers_schema_is_the_scripts_mistake() {
    let mock = mock(json!({ "entries": [{ "reply": { "json": { "steps": "two" } } }] })).await;
    let mut request = openai("go", false);
    let schema = json!({ "type": "object", "properties": { "steps": { "type": "integer" } } });
    request["response_format"] = json!({ "type": "json_schema", "json_schema": { "name": "d", "schema": schema } });
    let (status, body) = ask(&mock, &request).await;
    assert_eq!((status, &body["error"]["code"]), (422, &json!("reply_breaks_schema")));
    assert!(body["error"]["message"].as_str().unwrap().contains("/steps"), "{body}");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let script = json!({ "seed": 5, "entries": [{ "reply": "{{pick:a|b|c|d}} {{pick:a|b|c|d}} {{pick:a|b|c|d}}" }] });
    let mut runs = Vec::new();
    for _ in 0..2 {
        let mock = mock(script.clone()).await;
        let mut bytes = Vec::new();
        for user in ["x", "y", "x"] {
            let request = http().post(format!("{}/v1/chat/completions", mock.base_url())).json(&openai(user, true));
            bytes.push(request.send().await.unwrap().bytes().await.unwrap());
        }
        runs.push(bytes);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn an_echo_needs_no_script() {
    let mock = mock_llm::MockLlm::start("127.0.0.1:0".parse().unwrap(), Script::echo()).await.unwrap();
    assert_eq!(said(&mock, "Is anybody there?").await, "Is anybody there?");
    let mut request = openai("x", false);
    let schema = json!({ "type": "object", "properties": { "ok": { "type": "boolean" } }, "required": ["ok"] });
    request["response_format"] = json!({ "type": "json_schema", "json_schema": { "name": "d", "schema": schema } });
    let (_, body) = ask(&mock, &request).await;
    assert_eq!(body["choices"][0]["message"]["content"], r#"{"ok":false}"#);
}
