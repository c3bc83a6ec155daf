//! Services as processes of this machine: `redis-server` on a Unix socket, and `mock-llm`.

use std::path::Path;

use super::{Guard, Launch, Mode, Process, Programs, ServiceError, Services, programs::on_path};

/// Starts both.
pub(super) async fn start(programs: &Programs, dir: &Path, reason: &str) -> Result<Services, ServiceError> {
    let redis = on_path("redis-server").ok_or(ServiceError::NoRedisServer)?;
    let socket = dir.join("redis.sock");
    let redis_args = [
        "--port",
        "0",
        "--unixsocket",
        &socket.display().to_string(),
        "--unixsocketperm",
        "700",
        "--save",
        "",
        "--appendonly",
        "no",
        "--maxmemory-policy",
        "noeviction",
        "--dir",
        &dir.display().to_string(),
    ]
    .map(str::to_owned);
    let redis =
        Launch { name: "redis", program: &redis, args: redis_args.into(), dir, ready: "eady to accept connections" };
    let (redis, model) = tokio::join!(Process::start(redis, programs), mock_llm(programs, dir));
    let ((redis, _), (model, mock_url)) = (redis?, model?);
    Ok(Services {
        mode: Mode::Local,
        reason: reason.to_owned(),
        redis_url: Some(format!("redis+unix://{}", socket.display())),
        mock_url,
        api_url: None,
        guard: Guard::Processes(vec![redis, model]),
    })
}

/// Starts the scripted model; returns its base URL too. Every case loads its own script.
pub(super) async fn mock_llm(programs: &Programs, dir: &Path) -> Result<(Process, String), ServiceError> {
    let program = programs.mock_llm()?;
    let args = ["--listen", "127.0.0.1:0"].map(str::to_owned);
    let launch = Launch { name: "mock-llm", program: &program, args: args.into(), dir, ready: "listening on" };
    let (process, line) = Process::start(launch, programs).await?;
    let url = line.split_whitespace().last().unwrap_or_default().to_owned();
    Ok((process, url))
}
