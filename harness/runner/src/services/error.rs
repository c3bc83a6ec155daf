//! What can be wrong with services and processes, with what to do about it.

use std::path::PathBuf;

use miette::Diagnostic;

/// The services that cases need are not there.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ServiceError {
    /// A program of ours is not where it is looked for.
    #[error("there is no `{name}` next to the harness ({})", dir.display())]
    #[diagnostic(help("build it first (`cargo build --workspace --bins`), or say where it is with `--{name} PATH`"))]
    NoProgram {
        /// Which one.
        name: &'static str,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// No Redis on this machine.
    #[error("there is no `redis-server` on the PATH")]
    #[diagnostic(help("install redis (Debian: `apt-get install redis-server`), or use `--services embedded`"))]
    NoRedisServer,
    /// Docker cannot do it.
    #[error("Docker cannot start {image}: {reason}")]
    #[diagnostic(help(
        "is the Docker daemon running? The images `story-engine-redis:local` and \
                       `story-engine-mock-llm:local` are made by `ci/images`"
    ))]
    Docker {
        /// The image that was to be started.
        image: &'static str,
        /// What Docker says.
        reason: String,
    },
    /// External services must be named.
    #[error("`--services external` needs {missing}")]
    #[diagnostic(help("`--api-url http://127.0.0.1:8080 --mock-url http://127.0.0.1:9000`"))]
    NoUrl {
        /// The flag that is missing.
        missing: &'static str,
    },
    /// An external service is not there.
    #[error("nothing answers at {url}: {reason}")]
    NoAnswer {
        /// Where it was looked for.
        url: String,
        /// What happened.
        reason: String,
    },
    /// A directory for logs and stores cannot be made.
    #[error("{}: cannot be made: {source}", path.display())]
    Directory {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A process does not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// A process does not come up.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum StartError {
    /// It cannot be started at all.
    #[error("{name} cannot be started: {source}")]
    Spawn {
        /// The process.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// It ended before it was ready.
    #[error("{name} ended before it was ready ({status}){}", said.text())]
    Ended {
        /// The process.
        name: String,
        /// How it ended.
        status: String,
        /// What it has said so far.
        said: Said,
    },
    /// It says nothing that counts.
    #[error("{name} was not ready after {seconds} s: no line of its stdout matched `{ready}`{}", said.text())]
    TimedOut {
        /// The process.
        name: String,
        /// How long it was waited for.
        seconds: u64,
        /// The pattern of the line that says that it is ready.
        ready: String,
        /// What it has said so far.
        said: Said,
    },
}

/// The last lines that a process has printed and logged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// On stdout.
    pub printed: Vec<String>,
    /// On stderr.
    pub logged: Vec<String>,
}

impl Said {
    fn text(&self) -> String {
        let printed = match self.printed.as_slice() {
            [] => "\n  it printed nothing on stdout".to_owned(),
            lines => format!("\n  on stdout:{}", indented(lines)),
        };
        let logged = match self.logged.as_slice() {
            [] => String::new(),
            lines => format!("\n  on stderr:{}", indented(lines)),
        };
        printed + &logged
    }
}

fn indented(log: &[String]) -> String {
    log.iter().flat_map(|line| ["\n    ", line]).collect()
}
