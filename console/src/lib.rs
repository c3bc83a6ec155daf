//! The terminal client of story-engine, for players. It knows the engine by its HTTP API only.
//!
//! The binary `console` plays against an engine whose address it gets; `engine play` brings its own in the same process.

mod app;
#[cfg(test)]
mod fixture;
mod net;
mod plain;
mod run;
mod terminal;
mod view;

use std::io::{IsTerminal as _, stdin, stdout};

use client::Client;
use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use protocol::{CreateGame, GameId};

use crate::app::{App, Command};
use crate::view::Theme;

/// What is played, and how.
#[derive(Debug, Clone, clap::Args)]
pub struct Choice {
    /// The key to play with, or a capability of the game, where the engine asks for one. Better in the environment: a command line
    /// is seen by others
    #[arg(long, value_name = "KEY", env = "STORY_ENGINE_KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// Go on with this game instead of choosing one
    #[arg(long, value_name = "ID")]
    pub game: Option<GameId>,
    /// Begin this story instead of choosing one
    #[arg(long, value_name = "SCENARIO", conflicts_with = "game")]
    pub new: Option<String>,
    /// With --new: the player character
    #[arg(long, value_name = "ID", requires = "new")]
    pub pc: Option<String>,
    /// With --new: the narrator
    #[arg(long, value_name = "ID", requires = "new")]
    pub narrator: Option<String>,
    /// With --new: the provider whose model narrates
    #[arg(long, value_name = "NAME", requires = "new")]
    pub provider: Option<String>,
    /// Play line by line, without a screen: for pipes and screen readers
    #[arg(long)]
    pub plain: bool,
}

impl Choice {
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

/// Plays against the engine at `api` until the player quits.
pub async fn play(choice: &Choice, api: &str) -> miette::Result<()> {
    let mut client = Client::new(api).into_diagnostic()?;
    if let Some(key) = &choice.key {
        client = client.with_key(key);
    }
    net::check(&client, choice.game).await.into_diagnostic().wrap_err_with(|| match choice.game {
        Some(game) => format!("the game {game} cannot be opened at {api}"),
        None => {
            format!("there is no engine at {api}: start one with `engine`, name another with --api, or use --local")
        }
    })?;
    let start = App::start(choice.first());
    if choice.plain {
        return plain::run(client, start).await;
    }
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(miette!("this is not a terminal: --plain plays line by line"));
    }
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    run::run(client, start, Theme::new(!no_color)).await.into_diagnostic().wrap_err("the terminal cannot be used")
}
