//! `--local`: an engine of the console's own, for as long as the console runs.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long the engine may take to listen, and to stop.
const START: Duration = Duration::from_mins(1);
const STOP: Duration = Duration::from_secs(40);

/// The line by which the engine says where it listens.
const LISTENING: &str = "listening on ";

/// A running engine. When it is dropped without [`LocalEngine::stop`], as on an error, it is killed; it loses nothing by
/// that.
pub(crate) struct LocalEngine {
    child: Child,
    base: String,
}

impl LocalEngine {
    /// Starts the `engine` that lies next to this binary, or else the one on PATH, on a free port.
    pub(crate) async fn start() -> miette::Result<Self> {
        let program = program();
        let mut child = Command::new(&program)
            .args(["--listen", "127.0.0.1:0"])
            // Ours; to the engine it would be a setting that it does not know.
            .env_remove("STORY_ENGINE_API")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .into_diagnostic()
            .wrap_err_with(|| {
                format!("cannot start `{}`: put `engine` next to `console`, or on PATH", program.display())
            })?;
        let (Some(stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(miette!("the engine has no output"));
        };
        let mut lines = BufReader::new(stdout).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await.into_diagnostic()? {
                if let Some((_, address)) = line.split_once(LISTENING) {
                    return Ok(Some(address.trim().to_owned()));
                }
            }
            miette::Result::<_>::Ok(None)
        };
        let address = timeout(START, listening).await.map_err(|_| miette!("the engine does not begin to listen"))??;
        let Some(base) = address else {
            let mut reason = String::new();
            stderr.read_to_string(&mut reason).await.into_diagnostic()?;
            return Err(miette!("{}", reason.trim()).wrap_err("the engine did not start"));
        };
        // An engine must not stop at a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        tokio::spawn(async move { tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await });
        Ok(Self { child, base })
    }

    /// Where it listens.
    pub(crate) fn base_url(&self) -> &str {
        &self.base
    }

    /// Lets the engine finish and end.
    pub(crate) async fn stop(mut self) {
        let pid = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid
            && kill_process(pid, Signal::TERM).is_ok()
        {
            // What does not end in time is killed by the drop.
            let _ = timeout(STOP, self.child.wait()).await;
        }
    }
}

fn program() -> PathBuf {
    let own = std::env::current_exe().map(|console| console.with_file_name("engine")).ok();
    own.filter(|engine| engine.is_file()).unwrap_or_else(|| PathBuf::from("engine"))
}
