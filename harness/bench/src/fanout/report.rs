//! What came of it, as a table for people and as JSON for programs.

use std::fmt::Write as _;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};

use super::Options;
use crate::{Machine, Summary};

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Where it was.
    pub machine: Machine,
    /// What was asked for.
    pub options: Options,
    /// The engine's, and the peer's after it.
    pub outcomes: Vec<Outcome>,
}

/// What one server did.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Which one.
    pub name: String,
    /// Whether every event came to every subscriber in time.
    pub complete: bool,
    /// How many deliveries there were to be.
    pub expected: u64,
    /// How many there were.
    pub delivered: u64,
    /// Deliveries that were not of the event after the one before.
    pub out_of_order: u64,
    /// Deliveries per second, from the first to the last.
    pub per_second: f64,
    /// From the moment at which an event was due to be published, to its arrival.
    pub latency: Summary,
    /// By how much the publisher was behind at worst, because the server was slow to accept.
    pub publisher_lag_ms: f64,
    /// Subscriptions per second while all came at once.
    pub connects_per_second: f64,
    /// What the server's memory had grown by once all had come.
    pub bytes_per_subscriber: u64,
    /// The same after the last event.
    pub bytes_per_subscriber_after_load: u64,
    /// The server's whole memory after the last event.
    pub memory_bytes: u64,
    /// The server's processor time while events were published.
    pub cpu_seconds: f64,
    /// How long a log took to be sent from its beginning.
    pub replay_ms: Option<f64>,
    /// From SIGTERM to the end, with all streams open.
    pub stop_ms: f64,
}

impl Serialize for Options {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut options = serializer.serialize_struct("Options", 5)?;
        options.serialize_field("subscribers", &self.subscribers)?;
        options.serialize_field("rate", &self.rate)?;
        options.serialize_field("seconds", &self.length.as_secs_f64())?;
        options.serialize_field("games", &self.games)?;
        options.serialize_field("replay", &self.replay)?;
        options.end()
    }
}

impl Report {
    /// Whether every server delivered everything, in order.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.complete && outcome.out_of_order == 0)
    }

    /// The table; its last line is the verdict.
    #[must_use]
    pub fn render(&self) -> String {
        let Options { subscribers, rate, length, games, .. } = &self.options;
        let mut text = format!(
            "fanout: {subscribers} subscribers of {games} game(s), {rate} events/s for {} s\n{}\n\n",
            length.as_secs_f64(),
            self.machine.line()
        );
        // Writing to a String cannot fail, here and below.
        let _ = write!(text, "{:<26}", "");
        for outcome in &self.outcomes {
            let _ = write!(text, "{:>26}", outcome.name);
        }
        text.push('\n');
        let mut row = |name: &str, value: &dyn Fn(&Outcome) -> String| {
            let _ = write!(text, "{name:<26}");
            for outcome in &self.outcomes {
                let _ = write!(text, "{:>26}", value(outcome));
            }
            text.push('\n');
        };
        row("delivered", &|o| format!("{} of {}", o.delivered, o.expected));
        row("out of order", &|o| o.out_of_order.to_string());
        row("deliveries/s", &|o| format!("{:.0}", o.per_second));
        row("latency p50", &|o| format!("{:.1} ms", o.latency.p50_ms));
        row("latency p90", &|o| format!("{:.1} ms", o.latency.p90_ms));
        row("latency p99", &|o| format!("{:.1} ms", o.latency.p99_ms));
        row("latency p99.9", &|o| format!("{:.1} ms", o.latency.p999_ms));
        row("latency max", &|o| format!("{:.1} ms", o.latency.max_ms));
        row("publisher behind by", &|o| format!("{:.1} ms", o.publisher_lag_ms));
        row("connects/s", &|o| format!("{:.0}", o.connects_per_second));
        row("memory per subscriber", &|o| format!("{} B", o.bytes_per_subscriber));
        row("  after the load", &|o| format!("{} B", o.bytes_per_subscriber_after_load));
        row("memory in all", &|o| format!("{} kB", o.memory_bytes / 1000));
        row("processor time", &|o| format!("{:.2} s", o.cpu_seconds));
        row(&format!("replay of {} events", self.options.replay), &|o| {
            o.replay_ms.map_or_else(|| "-".to_owned(), |replay| format!("{replay:.0} ms"))
        });
        row("SIGTERM to exit", &|o| format!("{:.0} ms", o.stop_ms));
        let verdict =
            if self.passed() { "everything was delivered once and in order" } else { "NOT everything was delivered" };
        let _ = writeln!(text, "\n{verdict}");
        text
    }
}
