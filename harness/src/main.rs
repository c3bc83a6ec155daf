//! The `harness` program.

use std::process::ExitCode;

use harness::cli;

// One thread, and not only because one is enough: children die with the thread that started them (see `supervise`), so it
// must be the one that lives as long as the process.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    cli::main().await.into()
}
