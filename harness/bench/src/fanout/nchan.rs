//! nginx's nchan module: channels, each message published to it and pushed to its subscribers as server-sent events.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use harness_runner::services::{Launch, Process};
use protocol::{Event, GameId, StateUpdated};
use tokio::time::{Instant, sleep};

use super::publish::Publisher;
use super::{Options, Server};
use crate::process::Group;
use crate::{BenchEnvironment, BenchError};

const PROGRAM: &str = "/usr/sbin/nginx";
const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
/// How long nginx may take to listen, or to end.
const LIMIT: Duration = Duration::from_secs(10);

/// A running nginx.
pub(super) struct Nchan {
    process: Process,
    http: reqwest::Client,
    address: SocketAddr,
}

fn failed(what: &'static str, reason: impl std::fmt::Display) -> BenchError {
    BenchError::Server { server: "nchan", what, reason: reason.to_string() }
}

/// Starts nginx with a channel for every game.
pub(super) async fn start(options: &Options, env: &BenchEnvironment<'_>) -> Result<Nchan, BenchError> {
    for what in [PROGRAM, MODULE] {
        if !Path::new(what).exists() {
            let advice = "install the Debian packages nginx and libnginx-mod-nchan";
            return Err(BenchError::NoPeer { what: what.to_owned(), advice });
        }
    }
    // nginx does not say which port it was given: it must be named one that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.map_err(|error| failed("find a port", error))?;
    let path = env.dir.join("nginx.conf");
    std::fs::write(&path, config(address, env.dir, options.subscribers))
        .map_err(|source| BenchError::File { path: path.clone(), source })?;
    let script = format!("echo starting; exec {PROGRAM} -c '{}' -p '{}'", path.display(), env.dir.display());
    let (shell, args) = (Path::new("/bin/sh"), vec!["-c".to_owned(), script]);
    let launch = Launch::new("nginx", shell, args, env.dir, "starting");
    let (process, _) = Process::start(launch, env.programs).await?;
    let deadline = Instant::now() + harness_runner::stretched(LIMIT);
    while let Err(error) = tokio::net::TcpStream::connect(address).await {
        if Instant::now() > deadline {
            return Err(failed("listen", error));
        }
        sleep(Duration::from_millis(10)).await;
    }
    Ok(Nchan { process, http: env.http.clone(), address })
}

fn config(address: SocketAddr, dir: &Path, subscribers: usize) -> String {
    let (dir, connections) = (dir.display(), subscribers + 200);
    format!(
        "load_module {MODULE};
worker_processes auto;
worker_rlimit_nofile {files};
daemon off;
user root;
pid {dir}/nginx.pid;
error_log {dir}/nginx-error.log warn;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  tcp_nodelay on;
  client_body_temp_path {dir}/nginx-body;
  proxy_temp_path {dir}/nginx-proxy;
  fastcgi_temp_path {dir}/nginx-fastcgi;
  uwsgi_temp_path {dir}/nginx-uwsgi;
  scgi_temp_path {dir}/nginx-scgi;
  keepalive_requests 1000000;
  nchan_shared_memory_size 256M;
  server {{
    listen {address};
    location = /publish {{ nchan_publisher; nchan_channel_id $arg_id; nchan_message_buffer_length 10000; nchan_message_timeout 1h; }}
    location = /subscribe {{ nchan_subscriber eventsource; nchan_channel_id $arg_id; nchan_subscriber_first_message newest; }}
  }}
}}
",
        files = connections * 2
    )
}

impl Server for Nchan {
    fn name(&self) -> String {
        "nginx nchan (memory)".to_owned()
    }

    fn group(&self) -> Group {
        Group(self.process.id())
    }

    fn stream(&self, game: usize) -> (SocketAddr, String) {
        (self.address, format!("/subscribe?id={game}"))
    }

    fn publisher(&self, game: usize) -> impl Publisher + 'static {
        Poster {
            http: self.http.clone(),
            url: format!("http://{}/publish?id={game}", self.address),
            game: GameId::new(),
        }
    }

    async fn replay(&self, _events: usize) -> Result<Option<Duration>, BenchError> {
        Ok(None)
    }

    async fn stop(self) -> Result<Duration, BenchError> {
        let start = Instant::now();
        self.process.terminate(harness_runner::stretched(LIMIT)).await.map_err(|reason| failed("end", reason))?;
        Ok(start.elapsed())
    }
}

/// Publishes what the engine would have published.
struct Poster {
    http: reqwest::Client,
    url: String,
    game: GameId,
}

impl Publisher for Poster {
    async fn publish(&mut self, number: u64) -> Result<(), BenchError> {
        let updated = StateUpdated {
            request_id: None,
            game_id: self.game,
            version: number + 1,
            turn: number,
            location: "landing".to_owned(),
            scene: "waiting".to_owned(),
            is_ended: false,
            changes: Vec::new(),
        };
        let answer = self.http.post(&self.url).body(Event::from(updated).data()).send().await;
        answer.and_then(reqwest::Response::error_for_status).map(drop).map_err(|error| failed("publish", error))
    }
}
