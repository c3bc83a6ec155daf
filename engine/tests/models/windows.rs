//! Models that take few tokens: what they are shown of the story's past, and how they are asked to summarise it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::game::message;
use crate::server::{self, Asked, good};
use crate::turns::{Play, narration};

fn text(asked: &Asked) -> String {
    asked.body["messages"].to_string()
}

fn is_summary(asked: &Asked) -> bool {
    text(asked).contains("You keep the memory of an interactive story")
}

/// A narration that is as long as most, and says which turn it is.
fn told(turn: usize) -> String {
    format!("Turn {turn} begins. {}", "The tide turns without haste. ".repeat(14)).trim_end().to_owned()
}

#[tokio::test]
async fn the_narrator_sees_its_last_turn_also_in_a_small_window() {
    const TURNS: usize = 6;
    let turns = AtomicUsize::new(0);
    let play = Play::with(
        move |asked, _| match (is_summary(asked), asked.body["stream"] == true) {
            (true, _) => narration("Ada has waited at the quay.", "stop"),
            (false, true) => narration(&told(turns.fetch_add(1, Ordering::SeqCst) + 1), "stop"),
            (false, false) => good(asked),
        },
        |config| config.providers.get_mut("mock").unwrap().context_tokens = Some(2048),
    )
    .await;
    for turn in 1..=TURNS {
        assert_eq!(message(&play.say(&format!("I wait for the {turn}. time.")).await), told(turn));
    }
    let narrations = play.calls().into_iter().filter(|asked| asked.body["stream"] == true && !is_summary(asked));
    // A story event may follow, whose text is too long for this window.
    for (turn, asked) in (1..=TURNS).zip(narrations).skip(1) {
        let shown = text(&asked);
        assert!(shown.contains(&format!("I wait for the {}. time.", turn - 1)), "turn {turn}: {shown}");
        assert!(shown.contains(&format!("Turn {} begins.", turn - 1)), "turn {turn}: {shown}");
        assert!(asked.body["max_tokens"].as_u64().unwrap() >= 96, "turn {turn}: {}", asked.body["max_tokens"]);
    }
}

#[tokio::test]
async fn history_that_is_too_long_for_the_summarising_model_is_summarised_in_steps() {
    const MOST: usize = 6000;
    let (turns, refused) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&refused);
    let play = Play::with(
        move |asked, _| {
            if is_summary(asked) {
                if text(asked).len() > MOST {
                    counted.fetch_add(1, Ordering::SeqCst);
                    let error = "This model's maximum context length is 2048 tokens";
                    return server::json(400, &serde_json::json!({ "error": { "message": error } }).to_string());
                }
                return server::json(200, &server::whole("The keeper lent Ada a lantern."));
            }
            if asked.body["stream"] == true {
                narration(&told(turns.fetch_add(1, Ordering::SeqCst) + 1), "stop")
            } else {
                good(asked)
            }
        },
        |config| {
            let mut books = config.providers["mock"].clone();
            books.model = "keeper".to_owned();
            config.providers.insert("books".to_owned(), books);
            let narrator = config.providers.get_mut("mock").unwrap();
            narrator.backend_provider = Some("books".to_owned());
            narrator.context_tokens = Some(8192);
        },
    )
    .await;
    for turn in 1..=34 {
        message(&play.say(&format!("I wait for the {turn}. time.")).await);
    }
    let calls = play.calls();
    assert!(calls.iter().filter(|asked| is_summary(asked)).count() > 1);
    assert!(refused.load(Ordering::SeqCst) <= 4, "what was refused is learned from");
    let last = calls.iter().rfind(|asked| asked.body["stream"] == true && !is_summary(asked)).unwrap();
    assert!(text(last).contains("The keeper lent Ada a lantern."), "{}", text(last));
    assert!(!text(last).contains("Turn 1 begins."), "what is summarised is not shown");
}

#[tokio::test]
async fn a_prompt_has_a_bound_also_where_nobody_knows_the_window() {
    const ASSUMED: u32 = 4096;
    let play = Play::with(
        |asked, _| match (is_summary(asked), asked.body["stream"] == true) {
            (true, _) => server::json(200, &server::whole("Ada has waited at the quay.")),
            (false, true) => narration(&"The tide turns without haste. ".repeat(200), "stop"),
            (false, false) => good(asked),
        },
        |config| config.providers.get_mut("mock").unwrap().assumed_context_tokens = ASSUMED,
    )
    .await;
    for turn in 1..=5 {
        message(&play.say(&format!("I wait for the {turn}. time. {}", "And wait. ".repeat(100))).await);
    }
    let narrations = play.calls().into_iter().filter(|asked| asked.body["stream"] == true && !is_summary(asked));
    for (turn, asked) in (1..).zip(narrations) {
        assert!(text(&asked).len() < ASSUMED as usize * 4, "turn {turn}: {} bytes", text(&asked).len());
        assert_eq!(asked.body["max_tokens"], 1024, "an answer is not made shorter for what is assumed");
    }
}
