//! What the log says of providers: that one is away, that it is back, and how it is to be called, each once.

use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tracing::Level;
use tracing::subscriber::DefaultGuard;

use crate::game::message;
use crate::server::{self, good};
use crate::turns::Play;

/// Lines that were written.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged in this thread, where the whole test runs.
struct Log {
    lines: Lines,
    _guard: DefaultGuard,
}

impl Log {
    fn start() -> Self {
        let lines = Lines::default();
        let written = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_max_level(Level::DEBUG);
        let guard = tracing::subscriber::set_default(subscriber.with_writer(move || written.clone()).finish());
        Self { lines, _guard: guard }
    }

    /// The lines that hold these words.
    fn with(&self, words: &str) -> Vec<String> {
        let text = String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn a_provider_that_is_away_is_logged_once_for_each_reason_and_once_when_it_is_back() {
    let log = Log::start();
    let calls = AtomicUsize::new(0);
    let play = Play::with(
        move |asked, _| {
            if asked.body.is_null() {
                return good(asked);
            }
            match calls.fetch_add(1, Ordering::SeqCst) {
                0..4 => server::json(503, r#"{"error":{"message":"The server is overloaded"}}"#),
                4..7 => server::json(401, r#"{"error":{"message":"no such key"}}"#),
                _ => good(asked),
            }
        },
        |config| config.worker.probe_delay_max_seconds = 0.05,
    )
    .await;
    message(&play.say("I wait.").await);
    let paused = log.with("the provider is paused");
    assert!(paused.len() == 2 && paused.iter().all(|line| line.contains("WARN")), "{paused:#?}");
    assert!(paused[0].contains("overloaded") && paused[1].contains("no such key"), "{paused:#?}");
    let again = log.with("the provider is still away");
    assert!(again.len() == 5 && again.iter().all(|line| line.contains("DEBUG")), "{again:#?}");
    let back = log.with("the provider works again");
    assert!(back.len() == 1 && back[0].contains("INFO") && back[0].contains("away_s="), "{back:#?}");

    message(&play.say("I wait on.").await);
    assert_eq!(log.with("the provider works again").len(), 1);
}

#[tokio::test]
async fn what_is_learned_is_logged_once_with_the_keys_that_say_it() {
    let log = Log::start();
    let play = Play::with(
        |asked, _| {
            let refused = asked.body["temperature"].is_number();
            let error =
                r#"{"error":{"message":"Unsupported parameter: 'temperature' is not supported with this model."}}"#;
            if refused { server::json(400, error) } else { good(asked) }
        },
        // Every call finds out once more whether it still holds.
        |config| config.providers.get_mut("mock").unwrap().relearn_after_seconds = 0.001,
    )
    .await;
    for _ in 0..3 {
        message(&play.say("I wait.").await);
    }
    let learned = log.with("learned which form of a call the server takes");
    assert_eq!(learned.len(), 1, "{learned:#?}");
    assert!(
        learned[0].ends_with(
            "the server takes: no `temperature` (send_temperature = false) provider=\"mock\" model=\"test-model\""
        ),
        "{learned:#?}"
    );
}
