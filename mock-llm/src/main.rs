//! The `mock-llm` command: serves a script, records one, checks one, or prints the format's schema.

use std::{
    fs,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Parser, Subcommand};
use miette::{Context, IntoDiagnostic, LabeledSpan, NamedSource, Report, miette};
use mock_llm::{MockLlm, Profile, Recorder, Script, ScriptError};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How long a health check waits for an answer.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// A scripted language model that speaks the wire formats of OpenAI, Anthropic, Ollama and Gemini.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// Where to listen; port 0 takes any free port.
    #[arg(long, default_value = "127.0.0.1:0", env = "MOCK_LLM_LISTEN")]
    listen: SocketAddr,
    /// The model script; without one, every call is answered with an echo.
    #[arg(long, value_name = "FILE", env = "MOCK_LLM_SCRIPT")]
    script: Option<PathBuf>,
    /// Divides all waiting, instead of the script's `speed`; 0 drops it.
    #[arg(long, value_parser = speed)]
    speed: Option<f64>,
    /// Behaves as this kind of server: the name of a profile, or a file that ends in `.json`; `list` prints the names.
    #[arg(long = "as", value_name = "PROFILE", env = "MOCK_LLM_AS")]
    profile: Option<String>,
    /// Decides every draw, instead of the script's `seed`.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Checks scripts and says what is wrong, where, and what to do about it.
    Check {
        /// The scripts.
        #[arg(required = true, value_name = "SCRIPT")]
        scripts: Vec<PathBuf>,
    },
    /// Prints the JSON Schema of the script format.
    Schema,
    /// Stands before a real model, passes every call on, and writes the answers as a script, without the keys.
    Record {
        /// The model's base URL, such as `https://api.openai.com`: a call's path is put behind it.
        #[arg(long, value_name = "URL")]
        upstream: String,
        /// Where to listen; port 0 takes any free port.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// The script to write. It is replaced, and whole after every call.
        #[arg(long, value_name = "FILE", default_value = "recorded.json")]
        script: PathBuf,
    },
    /// Asks whether a server answers; for health checks in containers, which have nothing else to ask with.
    Health {
        /// Where it listens.
        address: SocketAddr,
    },
}

fn main() -> miette::Result<()> {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    match cli.command {
        None => serve(&cli.serve),
        Some(Command::Check { scripts }) => scripts.iter().try_for_each(|path| check(path)),
        Some(Command::Schema) => {
            let schema = serde_json::to_string_pretty(&Script::schema()).into_diagnostic()?;
            say(&schema)
        }
        Some(Command::Record { upstream, listen, script }) => record(listen, &upstream, &script),
        Some(Command::Health { address }) => health(address),
    }
}

fn health(address: SocketAddr) -> miette::Result<()> {
    let ask = || -> io::Result<String> {
        let mut connection = TcpStream::connect_timeout(&address, HEALTH_TIMEOUT)?;
        connection.set_read_timeout(Some(HEALTH_TIMEOUT))?;
        write!(connection, "GET /__mock/health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().into_diagnostic().wrap_err_with(|| format!("no answer from {address}"))?;
    let status = answer.lines().next().unwrap_or_default();
    if status.contains(" 200 ") { Ok(()) } else { Err(miette!("{address} answers `{status}`")) }
}

#[tokio::main]
async fn serve(options: &Serve) -> miette::Result<()> {
    if options.profile.as_deref() == Some("list") {
        return list();
    }
    let profile = options.profile.as_deref().map_or_else(|| Ok(Profile::default()), Profile::load).into_diagnostic()?;
    let mut script = options.script.as_deref().map_or_else(|| Ok(Script::echo()), load)?;
    if let Some(speed) = options.speed {
        script = script.with_speed(speed);
    }
    if let Some(seed) = options.seed {
        script = script.with_seed(seed);
    }
    let stop = Stop::listen()?;
    let mock = MockLlm::start_as(options.listen, script, profile).await.into_diagnostic()?;
    say(&format!("mock-llm listening on {}", mock.base_url()))?;
    stop.requested().await;
    mock.shutdown().await;
    Ok(())
}

/// Prints every profile.
fn list() -> miette::Result<()> {
    for name in Profile::names() {
        let profile = Profile::load(name).into_diagnostic()?;
        let address = format!("http://HOST{}", profile.base_path());
        say(&format!("{name:<17} {:<10} {address:<28} {}", profile.adapter(), profile.description()))?;
    }
    Ok(())
}

#[tokio::main]
async fn record(listen: SocketAddr, upstream: &str, script: &Path) -> miette::Result<()> {
    let stop = Stop::listen()?;
    let recorder = Recorder::start(listen, upstream, script.to_owned()).await.into_diagnostic()?;
    say(&format!("mock-llm recording {upstream} on {}", recorder.base_url()))?;
    stop.requested().await;
    say(&format!("{}: answers recorded: {}", script.display(), recorder.recorded()))
}

/// The signals that ask a process to end.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// From here on they do not kill: listen before anybody can know that the process runs.
    fn listen() -> miette::Result<Self> {
        let signal = |kind| signal(kind).into_diagnostic();
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Returns when one has come.
    async fn requested(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn check(path: &Path) -> miette::Result<()> {
    let script = load(path)?;
    for warning in script.warnings() {
        say(&format!("{}: warning: {warning}", path.display()))?;
    }
    say(&format!("{}: ok, entries: {}", path.display(), script.len()))
}

fn load(path: &Path) -> miette::Result<Script> {
    Script::load(path).map_err(|error| report(error, path))
}

/// Shows a mistake with the lines round it.
fn report(error: ScriptError, path: &Path) -> Report {
    let ScriptError::Invalid(mistake) = error else { return Report::msg(error) };
    let text = fs::read_to_string(path).unwrap_or_default();
    let label = LabeledSpan::at_offset(mistake.offset.min(text.len().saturating_sub(1)), mistake.problem.clone());
    let help = mistake.help.clone().unwrap_or_else(|| "`mock-llm schema` prints the format".to_owned());
    miette!(labels = vec![label], help = help, "{mistake}").with_source_code(NamedSource::new(&mistake.path, text))
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if speed.is_finite() && speed >= 0.0 { Ok(speed) } else { Err("expected 0 or more".to_owned()) }
}

/// A line on standard output, at once: who started us may be waiting for it.
fn say(line: &str) -> miette::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).into_diagnostic().wrap_err("cannot write to standard output")
}
