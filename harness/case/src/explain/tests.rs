//! The words, for a case that has something of everything.

use std::path::Path;

use super::*;
use crate::profile::Profile;
use crate::{Parsed, parse};

fn explained(text: &str) -> String {
    match parse(text, Path::new("cases/test_this.json"), &Profile::story_engine()).unwrap().0 {
        Parsed::Cases(cases) => explain(&cases[0], &Profile::story_engine()),
        Parsed::Sequence(_) => panic!("a sequence"),
    }
}

#[test]
fn a_case_is_told_from_its_start_to_its_end() {
    let text = explained(
        r#"{"name": "The bell is answered", "scenario": "ferry", "pc": "ada", "seed": 7, "workers": 2, "tags": ["crash"],
            "seed_game_state": {"user_location": "pier"}, "games": {"second": {"pc": "bo"}},
            "engine": {"worker": {"max_retries": 1}}, "snapshot": {"events": true}, "dead_letters": 1,
            "steps": [
              {"name": "ring", "user_prompt": "I ring.", "as": "bell", "timeout_seconds": 2.5,
               "expect": {"location": "pier", "inventory": [], "events": ["request.queued", {"event": "request.completed", "where": {"/attempt": 2}}]}},
              {"parallel": [{"kill": "worker[0]"}, {"user_prompt": "I wait.", "game": "second", "wait": false}]},
              {"terminate": "api"},
              {"wait_for": {"event": "chat.chunk", "request": "bell", "count": 2}},
              {"http": {"method": "GET", "path": "/v1/queue", "expect": {"json": {"/depth": 0}}}},
              {"expect": {"queue": {"depth": 0}, "model_calls": {"text": 2}, "state": {"/npcs": null}}}]}"#,
    );
    assert_eq!(
        text,
        "The bell is answered\n\
         (test_this, cases/test_this.json)\n\
         \n\
         Tags: crash.\n\
         It plays `ferry` as `ada`. Chance begins with the seed 7. Before the first step it is patched: user_location = \"pier\".\n\
         Game `second` is `ferry` as `bo`. Chance begins with the seed 7. Before the first step it is patched: user_location = \"pier\".\n\
         The engine runs as one API and 2 workers; without Redis, all in one process.\n\
         It is configured with {\"worker\":{\"max_retries\":1}}.\n\
         The story is told by the engine's offline narrator.\n\
         \n\
         1. ring: sends \"I ring.\", calls it `bell` and follows the request to its end (within 2.5 s)\n   \
            then the player is in `pier`\n   \
            and the player carries nothing\n   \
            and there came request.queued, then request.completed with /attempt = 2, with any others between\n\
         2. does these at the same time (within 10 s)\n   \
            2.1. kills worker 0 with SIGKILL (within 10 s)\n   \
            2.2. sends \"I wait.\" and goes on as soon as it is accepted (game `second`) (within 10 s)\n\
         3. asks the api process to end, with SIGTERM (within 10 s)\n   \
            then the api process has ended well\n\
         4. waits until chat.chunk of `bell` has come 2 times (within 10 s)\n\
         5. sends GET /v1/queue (within 10 s)\n   \
            then the answer's status is one of the 200s\n   \
            and it holds /depth = 0\n\
         6. waits until this holds (within 10 s)\n   \
            then the game has nothing at /npcs\n   \
            and 0 requests are queued\n   \
            and the model has been called 2 times for prose\n\
         \n\
         At the end, without being asked for:\n"
            .to_owned()
            + &UNASKED.iter().map(|promise| format!("- {promise}\n")).collect::<Vec<_>>().concat()
            + "- there is exactly one dead letter\n\
               - what is kept in snapshots/ is the same: the events of all games\n"
    );
}

#[test]
fn a_case_for_another_service_is_told_in_its_terms() {
    let profile: Profile = toml::from_str(
        r#"name = "oracle"
           process = [{ name = "oracle", command = ["oracle"], ready = "at (?<url>.+)" }]
           [events]
           text = { event = "word", at = "/text" }
           contiguous = '^(?<offset>[0-9]+)$'
           [request]
           path = "/q/{request}"
           text = "/answer""#,
    )
    .unwrap();
    let case = r#"{"name": "It answers", "scenario": "weather", "steps": [{"user_prompt": "Rain?"}]}"#;
    let Parsed::Cases(cases) = parse(case, Path::new("cases/test_this.json"), &profile).unwrap().0 else { panic!() };
    let case = &cases[0];
    let text = explain(case, &profile);
    for part in
        ["The service oracle is started for it: `oracle`.", "It plays `weather`.\n", "leave none out", "is what its"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for part in ["engine", "dead letter", "lease", "player character", "Redis"] {
        assert!(!text.contains(part), "{part}\n{text}");
    }
}
