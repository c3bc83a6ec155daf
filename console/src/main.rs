//! The `console` command.

mod local;

use clap::Parser;
use console::Choice;

use crate::local::LocalEngine;

/// Play a story in the terminal.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where the engine is
    #[arg(long, value_name = "URL", env = "STORY_ENGINE_API", default_value = "http://127.0.0.1:8080")]
    api: String,
    /// Start an engine for this console alone, with its defaults: the `engine` next to `console`, or on PATH
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    choice: Choice,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> miette::Result<()> {
    let args = Args::parse();
    if !args.local {
        return console::play(&args.choice, &args.api).await;
    }
    let engine = LocalEngine::start().await?;
    let played = console::play(&args.choice, engine.base_url()).await;
    engine.stop().await;
    played
}
