//! Services as processes of this machine: `redis-server` on a Unix socket, and `mock-llm`.

use std::path::{Path, PathBuf};

use tokio::sync::Mutex;

use super::{External, Guard, Launch, Mode, Process, Programs, ServiceError, Services, StartError, programs::on_path};

/// What a Redis that is started here keeps when it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing.
    None,
    /// Everything: its append-only file is synced before it answers.
    Always,
}

/// A running `redis-server`, which can be killed and started again on its data.
#[derive(Debug)]
pub struct RedisServer {
    program: PathBuf,
    dir: PathBuf,
    durability: Durability,
    process: Mutex<Process>,
}

impl RedisServer {
    /// Starts a server that listens at a socket in `dir` and keeps its data there.
    pub async fn start(programs: &Programs, dir: &Path, durability: Durability) -> Result<Self, ServiceError> {
        let program = on_path("redis-server").ok_or(ServiceError::NoRedisServer)?;
        let process = launch(&program, programs, dir, durability).await?;
        Ok(Self { program, dir: dir.to_owned(), durability, process: Mutex::new(process) })
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+unix://{}", socket(&self.dir).display())
    }

    /// SIGKILL, and waits for the end.
    pub async fn kill(&self) {
        let process = self.process.lock().await;
        process.kill();
        process.ended().await;
    }

    /// Starts it again on its data.
    pub(crate) async fn restart(&self, programs: &Programs) -> Result<(), StartError> {
        let mut process = self.process.lock().await;
        *process = launch(&self.program, programs, &self.dir, self.durability).await?;
        Ok(())
    }
}

fn socket(dir: &Path) -> PathBuf {
    dir.join("redis.sock")
}

async fn launch(
    program: &Path,
    programs: &Programs,
    dir: &Path,
    durability: Durability,
) -> Result<Process, StartError> {
    let append = match durability {
        Durability::None => "no",
        Durability::Always => "yes",
    };
    let (socket, data) = (socket(dir).display().to_string(), dir.display().to_string());
    let args = ["--port", "0", "--unixsocket", &socket, "--unixsocketperm", "700", "--save", "", "--dir", &data]
        .into_iter()
        .chain(["--appendonly", append, "--appendfsync", "always", "--maxmemory-policy", "noeviction"])
        .map(str::to_owned);
    let launch = Launch::new("redis", program, args, dir, "eady to accept connections");
    Ok(Process::start(launch, programs).await?.0)
}

/// Starts both.
pub(super) async fn start(
    programs: &Programs,
    dir: &Path,
    durability: Durability,
    reason: &str,
) -> Result<Services, ServiceError> {
    let (redis, model) = tokio::join!(RedisServer::start(programs, dir, durability), mock_llm(programs, dir));
    let (redis, (model, mock_url)) = (redis?, model?);
    Ok(Services {
        mode: Mode::Local,
        reason: reason.to_owned(),
        redis_url: Some(redis.url()),
        mock_url,
        api_url: None,
        external: External::default(),
        guard: Guard::Local { redis: Box::new(redis), model },
    })
}

/// Starts the scripted model; returns its base URL too. The caller loads a script.
pub(super) async fn mock_llm(programs: &Programs, dir: &Path) -> Result<(Process, String), ServiceError> {
    let program = programs.mock_llm()?;
    let args = ["--listen", "127.0.0.1:0"].map(str::to_owned);
    let launch = Launch::new("mock-llm", &program, args, dir, "listening on");
    let (process, line) = Process::start(launch, programs).await?;
    let url = line.split_whitespace().last().unwrap_or_default().to_owned();
    Ok((process, url))
}
