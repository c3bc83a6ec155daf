//! What the queue costs: `cargo bench -p engine --bench queue [-- rates|depth|history|pickup…]`, everything when nothing is
//! named.
//!
//! Each figure is of the store's own steps, called as the API and the workers call them, on a `redis-server` from PATH that
//! is started for it (without and with an append-only file) and on the embedded store. Order and duplicates are checked in
//! the same run: a figure of a queue that breaks its word is worth nothing.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on ends, and it prints")]

mod depth;
mod load;
mod place;
mod rates;

use place::Place;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    // `cargo bench` adds flags of its own.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    for place in Place::all() {
        println!("\n{}", place.name());
        if is_wanted("rates") {
            rates::run(&place).await;
        }
        if is_wanted("pickup") {
            rates::pickup(&place).await;
        }
        if is_wanted("history") {
            depth::history(&place).await;
        }
        if is_wanted("depth") {
            depth::run(&place).await;
        }
    }
}
