//! The `engine` command: its arguments, and what runs for each.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::author::{self, CardImport, Validation};
use crate::config::{self, AdminListen, Config, Flags};
use crate::operate::{
    self, AuditQuery, DeadLetterCommand, GameCommand, KeyCommand, QueueCommand, TenantCommand, WorkerCommand,
};
use crate::serve::{self, Role};
use crate::telemetry::logs::{self, LogFormat};
#[cfg(feature = "play")]
use crate::terminal;
use crate::{out, outln};
use clap::{Parser, Subcommand};
use miette::IntoDiagnostic;
use protocol::{GameId, PromptPurpose};
use tokio::runtime::{Builder, Runtime};

/// Over the options in `--help` that every command has.
const SHARED: &str = "Options of every command";

/// Interactive fiction told by a language model: API, queue and workers.
#[derive(Debug, Parser)]
#[command(name = "engine", version)]
struct Cli {
    /// Where the API listens [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", global = true, help_heading = SHARED)]
    listen: Option<SocketAddr>,
    /// Where operators ask how this process is, or `off` [default: 127.0.0.1:8081, or a free port if that is taken]
    #[arg(long, value_name = "ADDR", global = true, help_heading = SHARED)]
    admin_listen: Option<AdminListen>,
    /// Keep everything in this Redis; without it, in the embedded store of one process
    #[arg(long, value_name = "URL", global = true, help_heading = SHARED)]
    redis_url: Option<String>,
    /// Where the embedded store keeps its file [default: data]
    #[arg(long, alias = "data", value_name = "DIR", global = true, help_heading = SHARED)]
    data_dir: Option<PathBuf>,
    /// A directory of scenarios, pcs, npcs, monsters and narrators [default: what is shipped]
    #[arg(long, value_name = "DIR", global = true, help_heading = SHARED)]
    content: Option<PathBuf>,
    /// A configuration file, TOML or JSON
    #[arg(long, value_name = "FILE", env = "STORY_ENGINE_CONFIG", global = true, help_heading = SHARED)]
    config: Option<PathBuf>,
    /// Work, and serve no API; needs Redis
    #[arg(long)]
    worker: bool,
    /// With --worker: play the games of this tier, and not those of the default one; may be given several times, or `all`
    #[arg(long, value_name = "NAME")]
    tier: Vec<String>,
    /// How log lines are written: text or json
    #[arg(long, value_name = "FORMAT", env = "STORY_ENGINE_LOG_FORMAT", default_value = "text", global = true, help_heading = SHARED)]
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
    Health {
        /// That of a worker
        #[arg(long)]
        worker: bool,
    },
    /// Show what waits and what runs; pause it, let it go on, cancel it
    #[command(args_conflicts_with_subcommands = true)]
    Queue {
        #[command(subcommand)]
        command: Option<QueueCommand>,
        /// Only this game's lane
        game: Option<GameId>,
        /// As one JSON object
        #[arg(long)]
        json: bool,
        /// Look again every 2 s, until stopped
        #[arg(long)]
        watch: bool,
    },
    /// List the workers that live with their turns; drain one
    #[command(args_conflicts_with_subcommands = true)]
    Workers {
        #[command(subcommand)]
        command: Option<WorkerCommand>,
        /// As one JSON object
        #[arg(long)]
        json: bool,
        /// Look again every 2 s, until stopped
        #[arg(long)]
        watch: bool,
    },
    /// List, export, import and delete games
    Games {
        #[command(subcommand)]
        command: GameCommand,
    },
    /// List what operators have changed: pauses, cancellations, dead letters, keys, repairs
    Audit(AuditQuery),
    /// List requests that failed for good, count them by cause, retry them, delete them
    DeadLetters {
        #[command(subcommand)]
        command: DeadLetterCommand,
    },
    /// Make, list and revoke the keys that callers need with `auth.mode = "keys"`
    Keys {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// List tenants; export or erase what is kept of one, or of one of its users
    Tenants {
        #[command(subcommand)]
        command: TenantCommand,
    },
    /// Copy the store to a new file, also while engines work on it
    Backup {
        /// The file to write
        file: PathBuf,
    },
    /// Make a store from a copy: in --data-dir, or in the configured Redis, where there is none yet
    Restore {
        /// The copy
        file: PathBuf,
        /// Put back the store of this tier only; may be given several times
        #[arg(long, value_name = "NAME")]
        tier: Vec<String>,
        /// Bring back this game only, next to those that are played
        #[arg(long, value_name = "ID", conflicts_with = "tier")]
        game: Option<GameId>,
        /// Put it in the place of the game that is there, if that has no unfinished requests
        #[arg(long, requires = "game")]
        replace: bool,
    },
    /// Move a Redis on to the layout of this release, once no engine of an earlier one uses it; without --yes, only say what would be done
    Migrate {
        /// Do it
        #[arg(long)]
        yes: bool,
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
        /// An earlier turn, as it was sent, if `turns.keep_prompts` was on
        #[arg(long, value_name = "N", conflicts_with_all = ["message", "json"])]
        turn: Option<u64>,
        /// The call that extracts what changed, instead of the narration
        #[arg(long)]
        backend: bool,
        /// Only the body of the call, as JSON
        #[arg(long)]
        json: bool,
    },
    /// Check a content directory as a compiler would
    Validate(Validation),
    /// Play a story in the terminal, offline, with an author's commands
    Try {
        /// The directory; what is shipped when left out
        directory: Option<PathBuf>,
        /// The story, if there are several
        #[arg(long, value_name = "ID")]
        scenario: Option<String>,
    },
    /// Bring a character card or a lorebook in, as other programs write them
    ImportCard(CardImport),
    /// Play in the terminal, with an engine in the same process; games stay in --data-dir
    #[cfg(feature = "play")]
    Play(console::Choice),
    /// Write something to begin with
    New {
        #[command(subcommand)]
        what: NewCommand,
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

#[derive(Debug, Subcommand)]
enum NewCommand {
    /// A small story that is valid and can be finished
    Story {
        /// Its name
        name: String,
        /// The content directory that it goes into
        #[arg(default_value = "content")]
        directory: PathBuf,
    },
}

impl Command {
    /// Whether it needs the keys of models.
    const fn calls_models(&self) -> bool {
        match self {
            Self::Models { .. } => true,
            #[cfg(feature = "play")]
            Self::Play(_) => true,
            _ => false,
        }
    }
}

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(report) => {
            out::report(&report);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> miette::Result<ExitCode> {
    if let Some(done) = cli.command.as_ref().and_then(|command| of_author(command, cli.content.as_deref())) {
        return done;
    }
    if let Some(Command::Config { schema: true }) = cli.command {
        outln!("{:#}", Config::schema());
        return Ok(ExitCode::SUCCESS);
    }
    let flags = Flags {
        config: cli.config,
        listen: cli.listen,
        admin_listen: cli.admin_listen,
        redis_url: cli.redis_url,
        data_dir: cli.data_dir,
        tiers: cli.tier,
        content: cli.content,
        calls_no_model: cli.command.as_ref().is_some_and(|command| !command.calls_models()),
    };
    let config = config::load(&flags, std::env::vars())?;
    if let Some(Command::Config { schema: false }) = cli.command {
        out!("# fingerprint {}\n{}", config.fingerprint(), config.masked());
        return Ok(ExitCode::SUCCESS);
    }
    let is_worker = cli.worker || matches!(cli.command, Some(Command::Health { worker: true }));
    let role = if is_worker { Role::Worker } else { Role::Api };
    let runtime = match role {
        Role::Worker => Builder::new_multi_thread().enable_all().worker_threads(config.worker.threads).build(),
        Role::Api => Runtime::new(),
    }
    .into_diagnostic()?;
    match cli.command {
        Some(Command::Health { .. }) => runtime.block_on(serve::health(&config, role))?,
        Some(Command::Queue { command: Some(command), .. }) => {
            runtime.block_on(operate::change_queue(&config, command))?;
        }
        Some(Command::Queue { command: None, game, json, watch }) => {
            runtime.block_on(operate::queue(&config, game, json, watch))?;
        }
        Some(Command::Workers { command, json, watch }) => {
            runtime.block_on(operate::workers(&config, command, json, watch))?;
        }
        Some(Command::Games { command }) => runtime.block_on(operate::games(&config, command))?,
        Some(Command::Audit(query)) => runtime.block_on(operate::audit(&config, &query))?,
        Some(Command::DeadLetters { command }) => runtime.block_on(operate::dead_letters(&config, command))?,
        Some(Command::Keys { command }) => runtime.block_on(operate::keys(&config, command))?,
        Some(Command::Tenants { command }) => runtime.block_on(operate::tenants(&config, command))?,
        Some(Command::Backup { file }) => runtime.block_on(operate::backup(&config, &file))?,
        Some(Command::Restore { file, game: Some(game), replace, .. }) => {
            runtime.block_on(operate::restore_game(&config, &file, game, replace))?;
        }
        Some(Command::Restore { file, tier, .. }) => runtime.block_on(operate::restore(&config, &file, &tier))?,
        Some(Command::Migrate { yes }) => runtime.block_on(operate::migrate(&config, yes))?,
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
        Some(Command::Prompt { game, message, turn, backend, json }) => {
            let purpose = if backend { PromptPurpose::Extract } else { PromptPurpose::Narrate };
            runtime.block_on(operate::prompt(&config, game, message, turn, purpose, json))?;
        }
        #[cfg(feature = "play")]
        Some(Command::Play(choice)) => {
            runtime.block_on(terminal::play(config, &choice, cli.listen, cli.log_format))?;
        }
        Some(
            Command::Config { .. }
            | Command::Validate(_)
            | Command::Try { .. }
            | Command::ImportCard(_)
            | Command::New { .. },
        )
        | None => {
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

/// The commands that need no configuration.
fn of_author(command: &Command, content: Option<&Path>) -> Option<miette::Result<ExitCode>> {
    match command {
        Command::Validate(validation) => {
            let directory = validation.directory.as_deref().or(content);
            Some(match directory.filter(|_| validation.watch) {
                Some(directory) => author::watch(validation, directory),
                None => author::validate(validation, directory),
            })
        }
        Command::Try { directory, scenario } => {
            let done = author::attempt(directory.as_deref().or(content), scenario.as_deref());
            Some(done.map(|()| ExitCode::SUCCESS))
        }
        Command::ImportCard(import) => Some(author::import_card(import).map(|imports| {
            imports.unused.iter().for_each(|sentence| outln!("! {sentence}"));
            imports.files.iter().for_each(|file| outln!("{} is written.", file.display()));
            outln!("Check it: engine validate {}", import.into.display());
            ExitCode::SUCCESS
        })),
        Command::New { what: NewCommand::Story { name, directory } } => {
            Some(author::create(name, directory).map(|path| {
                outln!(
                    "{} is written.\nCheck it: engine validate {dir}\nPlay it: engine try {dir}",
                    path.display(),
                    dir = directory.display()
                );
                ExitCode::SUCCESS
            }))
        }
        _ => None,
    }
}
