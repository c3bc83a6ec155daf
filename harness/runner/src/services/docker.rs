//! Services as containers, by testcontainers, from images that exist on this machine only.

use std::fmt;
use std::process::Child;

use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};
use testcontainers_modules::redis::{REDIS_PORT, Redis};

use super::{External, Guard, Mode, Programs, ServiceError, Services, reap};

const REDIS: &str = "story-engine-redis:local";
const MOCK: &str = "story-engine-mock-llm:local";
/// Where `mock-llm` listens inside its container.
const MOCK_PORT: u16 = 8090;

/// Running containers, with the watcher that removes them if the harness cannot.
pub(super) struct Containers {
    redis: ContainerAsync<Redis>,
    mock: ContainerAsync<GenericImage>,
    reaper: Option<Child>,
}

impl fmt::Debug for Containers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Containers")
            .field("redis", &self.redis.id())
            .field("mock", &self.mock.id())
            .finish_non_exhaustive()
    }
}

impl Containers {
    /// Removes the containers and waits for it.
    pub(super) async fn remove(self) {
        // What fails here is tried again by the reaper.
        let _ = self.redis.rm().await;
        let _ = self.mock.rm().await;
        if let Some(mut reaper) = self.reaper {
            drop(reaper.stdin.take());
            let _ = tokio::task::spawn_blocking(move || reaper.wait()).await;
        }
    }
}

/// Starts both containers.
pub(super) async fn start(programs: &Programs, reason: &str) -> Result<Services, ServiceError> {
    let (redis_name, redis_tag) = name_and_tag(REDIS);
    let (mock_name, mock_tag) = name_and_tag(MOCK);
    let redis = Redis::default().with_name(redis_name).with_tag(redis_tag).with_mapped_port(0, REDIS_PORT.tcp());
    let mock = GenericImage::new(mock_name, mock_tag)
        .with_exposed_port(MOCK_PORT.tcp())
        .with_wait_for(WaitFor::message_on_stdout("listening on"));
    let (redis, mock) = tokio::join!(redis.start(), mock.start());
    let redis = redis.map_err(|error| ServiceError::Docker { image: REDIS, reason: error.to_string() })?;
    let mock = mock.map_err(|error| ServiceError::Docker { image: MOCK, reason: error.to_string() })?;
    let ids = [redis.id().to_owned(), mock.id().to_owned()];
    if let Some(kept) = &programs.kept {
        kept.container("redis", &ids[0]);
        kept.container("mock-llm", &ids[1]);
    }
    let reaper = programs.supervisor.as_ref().and_then(|supervisor| reap::watch(supervisor, &ids).ok());

    let host =
        redis.get_host().await.map_err(|error| ServiceError::Docker { image: REDIS, reason: error.to_string() })?;
    let redis_port = redis.get_host_port_ipv4(REDIS_PORT).await;
    let redis_port = redis_port.map_err(|error| ServiceError::Docker { image: REDIS, reason: error.to_string() })?;
    let mock_port = mock.get_host_port_ipv4(MOCK_PORT).await;
    let mock_port = mock_port.map_err(|error| ServiceError::Docker { image: MOCK, reason: error.to_string() })?;
    let host = if host.to_string() == "localhost" { "127.0.0.1".to_owned() } else { host.to_string() };
    Ok(Services {
        mode: Mode::Docker,
        reason: reason.to_owned(),
        redis_url: Some(format!("redis://{host}:{redis_port}")),
        mock_url: format!("http://{host}:{mock_port}"),
        api_url: None,
        external: External::default(),
        guard: Guard::Containers(Box::new(Containers { redis, mock, reaper })),
    })
}

fn name_and_tag(image: &'static str) -> (&'static str, &'static str) {
    image.split_once(':').unwrap_or((image, "latest"))
}
