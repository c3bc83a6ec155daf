//! The `engine` command.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use engine::config::{self, AdminListen, Config, Flags};
use engine::content;
use engine::operate::{self, DeadLetterCommand, KeyCommand};
use engine::serve::{self, Role};
use engine::telemetry::logs::{self, LogFormat};
use miette::IntoDiagnostic;
use protocol::{GameId, PromptPurpose};
use story::Severity;
use tokio::runtime::Runtime;

/// Interactive fiction told by a language model: API, queue and workers.
#[derive(Debug, Parser)]
#[command(name = "engine", version)]
struct Cli {
    /// Where the API listens [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", global = true)]
    listen: Option<SocketAddr>,
    /// Where operators ask how this process is, or `off` [default: 127.0.0.1:8081, or a free port if that is taken]
    #[arg(long, value_name = "ADDR", global = true)]
    admin_listen: Option<AdminListen>,
    /// Keep everything in this Redis; without it, in the embedded store of one process
    #[arg(long, value_name = "URL", global = true)]
    redis_url: Option<String>,
    /// Where the embedded store keeps its file [default: data]
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
    /// A directory of scenarios, pcs, npcs, monsters and narrators [default: what is shipped]
    #[arg(long, value_name = "DIR", global = true)]
    content: Option<PathBuf>,
    /// A configuration file, TOML or JSON
    #[arg(long, value_name = "FILE", env = "STORY_ENGINE_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// Work, and serve no API; needs Redis
    #[arg(long, global = true)]
    worker: bool,
    /// How log lines are written: text or json
    #[arg(long, value_name = "FORMAT", env = "STORY_ENGINE_LOG_FORMAT", default_value = "text", global = true)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the effective configuration, with secrets masked
    Config {
        /// Print the JSON Schema of a configuration file instead
        #[arg(long)]
        schema: bool,
    },
    /// Ask whether the process of this configuration is well; for health checks
    Health,
    /// Show what waits and what runs
    Queue {
        /// Only this game's lane
        game: Option<GameId>,
    },
    /// List requests that failed for good, retry them, delete them
    DeadLetters {
        #[command(subcommand)]
        command: DeadLetterCommand,
    },
    /// Make, list and revoke the keys that callers need with `auth.mode = "keys"`
    Keys {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Look for contradictions in the store; ends with 1 if there are any
    Fsck {
        /// Repair them
        #[arg(long)]
        repair: bool,
    },
    /// List the models that the configured servers offer, or find out what they can do
    Models {
        #[command(subcommand)]
        command: Option<ModelsCommand>,
    },
    /// Print what a model would be sent for a game's next turn; nothing is sent
    Prompt {
        /// The game
        game: GameId,
        /// What the player says; else what waits first in the game
        #[arg(long, value_name = "TEXT")]
        message: Option<String>,
        /// The call that extracts what changed, instead of the narration
        #[arg(long)]
        backend: bool,
        /// Only the body of the call, as JSON
        #[arg(long)]
        json: bool,
    },
    /// Check a content directory as a compiler would
    Validate {
        /// The directory; what is shipped when left out
        directory: Option<PathBuf>,
        /// How findings are printed
        #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
        format: ReportFormat,
    },
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// List the models that each server offers
    List,
    /// Ask for one narration and one delta, and say how it went and what to set; ends with 1 if it did not
    Check {
        /// The provider; every one when left out
        name: Option<String>,
    },
}

/// How `validate` prints what it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ReportFormat {
    /// For people
    Text,
    /// One JSON array of findings
    Json,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(report) => {
            eprintln!("{report:?}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> miette::Result<ExitCode> {
    if let Some(Command::Validate { directory, format }) = &cli.command {
        return validate(directory.as_deref().or(cli.content.as_deref()), *format);
    }
    if let Some(Command::Config { schema: true }) = cli.command {
        println!("{:#}", Config::schema());
        return Ok(ExitCode::SUCCESS);
    }
    let flags = Flags {
        config: cli.config,
        listen: cli.listen,
        admin_listen: cli.admin_listen,
        redis_url: cli.redis_url,
        data_dir: cli.data_dir,
        content: cli.content,
    };
    let config = config::load(&flags, std::env::vars())?;
    if let Some(Command::Config { schema: false }) = cli.command {
        print!("{}", config.masked());
        return Ok(ExitCode::SUCCESS);
    }
    let role = if cli.worker { Role::Worker } else { Role::Api };
    let runtime = Runtime::new().into_diagnostic()?;
    match cli.command {
        Some(Command::Health) => runtime.block_on(serve::health(&config, role))?,
        Some(Command::Queue { game }) => runtime.block_on(operate::queue(&config, game))?,
        Some(Command::DeadLetters { command }) => runtime.block_on(operate::dead_letters(&config, command))?,
        Some(Command::Keys { command }) => runtime.block_on(operate::keys(&config, command))?,
        Some(Command::Fsck { repair }) => {
            let sound = runtime.block_on(operate::fsck(&config, repair))?;
            return Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Some(Command::Models { command: None | Some(ModelsCommand::List) }) => {
            runtime.block_on(operate::list_models(&config))?;
        }
        Some(Command::Models { command: Some(ModelsCommand::Check { name }) }) => {
            let is_playable = runtime.block_on(operate::check_models(&config, name.as_deref()))?;
            return Ok(if is_playable { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Some(Command::Prompt { game, message, backend, json }) => {
            let purpose = if backend { PromptPurpose::Extract } else { PromptPurpose::Narrate };
            runtime.block_on(operate::prompt(&config, game, message, purpose, json))?;
        }
        Some(Command::Config { .. } | Command::Validate { .. }) | None => {
            return serve(config, role, cli.log_format, &runtime);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn serve(config: Config, role: Role, log_format: LogFormat, runtime: &Runtime) -> miette::Result<ExitCode> {
    let log = logs::start(log_format);
    runtime.block_on(serve::run(config, role, &log))?;
    Ok(ExitCode::SUCCESS)
}

fn validate(directory: Option<&Path>, format: ReportFormat) -> miette::Result<ExitCode> {
    let sources = content::sources(directory)?;
    let findings = story::check_sources(&sources);
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let code = if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if format == ReportFormat::Json {
        println!("{}", serde_json::to_string_pretty(&findings).into_diagnostic()?);
        return Ok(code);
    }
    for finding in &findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        println!("{severity}: {}\n  --> {}#{}", finding.message, finding.path, finding.pointer);
        if let Some(help) = &finding.help {
            println!("  help: {help}");
        }
    }
    println!("{} files, {errors} errors, {} warnings", sources.len(), findings.len() - errors);
    Ok(code)
}
