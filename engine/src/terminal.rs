//! `engine play`: the terminal client and an engine in one process. They speak HTTP on loopback as any two would, so there is no second
//! way to play.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};

use console::Choice;
use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use store::embedded::OpenError;

use crate::config::{AdminListen, Config};
use crate::serve::{InProcess, ServeError, reachable};
use crate::telemetry::logs::{self, LogFormat};

/// Where the engine writes its log meanwhile, in the data directory. Each start overwrites it.
const LOG: &str = "play.log";

/// Plays until the player quits. Games are kept in the data directory's file. With `listen` others can play along there.
pub async fn play(
    config: Config,
    choice: &Choice,
    listen: Option<SocketAddr>,
    format: LogFormat,
) -> miette::Result<()> {
    if config.redis.url.is_some() {
        return Err(miette!(
            help = "start `engine` and `engine --worker` on it, and play with `console`",
            "`engine play` keeps games in a file, and the configuration names a Redis"
        ));
    }
    let running = format!("http://{}", reachable(config.listen));
    let (data, listen) = (config.data_dir.clone(), listen.unwrap_or((Ipv4Addr::LOCALHOST, 0).into()));
    let config = Config { listen, admin_listen: AdminListen::Off, ..config };
    std::fs::create_dir_all(&data).into_diagnostic().wrap_err_with(|| format!("cannot use {}", data.display()))?;
    // The terminal is the player's.
    let log = File::create(data.join(LOG)).into_diagnostic().wrap_err("cannot write the log")?;
    let log = logs::start_on(format, log, false);
    match InProcess::start(config, &log).await {
        Ok(engine) => {
            let played = console::play(choice, engine.base_url()).await;
            let stopped = engine.stop().await;
            played?;
            Ok(stopped?)
        }
        // An engine has the file already: one that listens where engines do is the one to play with.
        Err(in_use @ ServeError::Embedded(OpenError::InUse { .. })) => {
            let reason = in_use.to_string();
            console::play(choice, &running).await.wrap_err(reason)
        }
        Err(error) => Err(error.into()),
    }
}
