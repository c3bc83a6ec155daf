//! The terminal client of story-engine, for players. It knows the engine by its HTTP API only.

mod app;
#[cfg(test)]
mod fixture;
mod net;
mod run;
mod terminal;
mod view;

use std::io::{IsTerminal as _, stdin, stdout};

use clap::Parser;
use client::Client;
use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use protocol::GameId;

use crate::view::Theme;

/// Play a story in the terminal.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where the engine is.
    #[arg(long, value_name = "URL", env = "STORY_ENGINE_API", default_value = "http://127.0.0.1:8080")]
    api: String,
    /// Go on with this game instead of choosing one.
    #[arg(long, value_name = "ID")]
    game: Option<GameId>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> miette::Result<()> {
    let args = Args::parse();
    let client = Client::new(&args.api).into_diagnostic()?;
    net::check(&client, args.game).await.into_diagnostic().wrap_err_with(|| match args.game {
        Some(game) => format!("the game {game} cannot be opened at {}", args.api),
        None => format!("there is no engine at {}: start one with `engine`, or name another with --api", args.api),
    })?;
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(miette!("a story is played in a terminal, and this is not one"));
    }
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    run::run(client, args.game, Theme::new(!no_color)).await.into_diagnostic().wrap_err("the terminal cannot be used")
}
