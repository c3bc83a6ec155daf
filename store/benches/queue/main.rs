//! What the queue costs: `cargo bench -p store --bench queue [-- WORD…]`. Words name parts (`rates`, `pickup`, `history`,
//! `depth`), targets (`redis`, `append-only`, `embedded`, `full-sync`) and sizes of `rates` (`100x32`: 100 games, 32 at a time); of what
//! is not named, all is measured.
//!
//! Each figure is of the store's own steps, called as the API and the workers call them, on a `redis-server` from PATH that
//! is started for it (without and with an append-only file) and on the embedded store. Order and duplicates are checked in
//! the same run: a figure of a queue that breaks its word is worth nothing.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on ends, and it prints")]

mod depth;
mod load;
mod rates;
mod target;

use target::StoreTarget;

/// What can be measured.
const PARTS: [&str; 4] = ["rates", "pickup", "history", "depth"];

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // In a task, as the engine's own work is: the thread that waits here is not one of those that work.
    tokio::spawn(measure()).await.unwrap();
}

async fn measure() {
    // `cargo bench` adds flags of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |kind: &[&str], name: &str| {
        let mut named = words.iter().filter(|word| kind.contains(&word.as_str())).peekable();
        named.peek().is_none() || named.any(|word| word == name)
    };
    let sizes: Vec<String> =
        words.iter().filter(|word| word.contains('x') && word.as_bytes()[0].is_ascii_digit()).cloned().collect();
    let targets = StoreTarget::all();
    let target_names: Vec<&str> = targets.iter().map(|target| target.word()).collect();
    for target in targets.iter().filter(|target| wanted(&target_names, target.word())) {
        println!("\n{}", target.name());
        for part in PARTS.into_iter().filter(|part| wanted(&PARTS, part)) {
            match part {
                "rates" => rates::run(target, &sizes).await,
                "pickup" => rates::pickup(target).await,
                "history" => depth::history(target).await,
                _ => depth::run(target).await,
            }
        }
    }
}
