//! `harness run --debug`: shows the state of a case where it has stopped, and asks a person whether to continue.

use std::io::{self, BufRead};
use std::thread;

use harness_runner::run::{Go, Stop};
use tokio::sync::mpsc;

/// What can be typed at a stop.
const KEYS: &str = "Enter: this step  ·  l: look again  ·  c: continue to the end  ·  q: end the case";

/// Attends to the stops until there is none any more.
pub(super) async fn attend(mut stops: mpsc::UnboundedReceiver<Stop>) {
    let mut typed = lines();
    while let Some(stop) = stops.recv().await {
        note!("{}", stop.text.trim_end());
        note!("{KEYS}");
        let go = loop {
            let line = typed.recv().await;
            if let Some(go) = go(line.as_deref()) {
                break go;
            }
            note!("{KEYS}");
        };
        stop.answer(go);
    }
}

/// What a line means. Where stdin has ended, nobody can answer any more.
fn go(line: Option<&str>) -> Option<Go> {
    match line.map(str::trim) {
        Some("") => Some(Go::Step),
        Some("l") => Some(Go::Look),
        Some("c") | None => Some(Go::On),
        Some("q") => Some(Go::End),
        Some(_) => None,
    }
}

/// The lines of stdin, read by a thread of their own: the runtime would not end before a read that it has begun.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_means_nothing_is_asked_for_again_and_the_end_of_stdin_stops_nothing() {
        assert_eq!(go(Some("\n")), Some(Go::Step));
        assert_eq!(go(Some(" q ")), Some(Go::End));
        assert_eq!(go(Some("x")), None);
        assert_eq!(go(None), Some(Go::On));
    }
}
