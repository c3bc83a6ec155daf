//! The terminal client of story-engine, for players. It knows the engine by its HTTP API only.

mod app;
#[cfg(test)]
mod fixture;
mod local;
mod net;
mod plain;
mod run;
mod terminal;
mod view;

use std::io::{IsTerminal as _, stdin, stdout};

use clap::Parser;
use client::Client;
use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use protocol::{CreateGame, GameId};

use crate::app::{App, Command};
use crate::local::LocalEngine;
use crate::view::Theme;

/// Play a story in the terminal.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where the engine is.
    #[arg(long, value_name = "URL", env = "STORY_ENGINE_API", default_value = "http://127.0.0.1:8080")]
    api: String,
    /// The key to play with, or a capability of the game, where the engine asks for one. Better in the environment: a command line
    /// is seen by others.
    #[arg(long, value_name = "KEY", env = "STORY_ENGINE_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Start an engine for this console alone, with its defaults: the `engine` next to `console`, or on PATH.
    #[arg(long)]
    local: bool,
    /// Go on with this game instead of choosing one.
    #[arg(long, value_name = "ID")]
    game: Option<GameId>,
    /// Begin this story instead of choosing one.
    #[arg(long, value_name = "SCENARIO", conflicts_with = "game")]
    new: Option<String>,
    /// With --new: the player character.
    #[arg(long, value_name = "ID", requires = "new")]
    pc: Option<String>,
    /// With --new: the narrator.
    #[arg(long, value_name = "ID", requires = "new")]
    narrator: Option<String>,
    /// With --new: the provider whose model narrates.
    #[arg(long, value_name = "NAME", requires = "new")]
    provider: Option<String>,
    /// Play line by line, without a screen: for pipes and screen readers.
    #[arg(long)]
    plain: bool,
}

impl Args {
    /// What to begin with.
    fn first(&self) -> Command {
        let (pc, narrator, provider) = (self.pc.clone(), self.narrator.clone(), self.provider.clone());
        match (self.game, &self.new) {
            (Some(game), _) => Command::Open { game, keep_trying: false },
            (None, Some(scenario)) => {
                let scenario = scenario.clone();
                Command::Create(CreateGame { scenario, pc, narrator, provider, ..CreateGame::default() })
            }
            (None, None) => Command::LoadMenu,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> miette::Result<()> {
    let args = Args::parse();
    if !args.local {
        return play(&args, &args.api).await;
    }
    let engine = LocalEngine::start().await?;
    let played = play(&args, engine.base_url()).await;
    engine.stop().await;
    played
}

async fn play(args: &Args, api: &str) -> miette::Result<()> {
    let mut client = Client::new(api).into_diagnostic()?;
    if let Some(key) = &args.key {
        client = client.with_key(key);
    }
    net::check(&client, args.game).await.into_diagnostic().wrap_err_with(|| match args.game {
        Some(game) => format!("the game {game} cannot be opened at {api}"),
        None => {
            format!("there is no engine at {api}: start one with `engine`, name another with --api, or use --local")
        }
    })?;
    let start = App::start(args.first());
    if args.plain {
        return plain::run(client, start).await;
    }
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(miette!("this is not a terminal: --plain plays line by line"));
    }
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    run::run(client, start, Theme::new(!no_color)).await.into_diagnostic().wrap_err("the terminal cannot be used")
}
