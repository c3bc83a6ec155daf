//! Services that run already: the harness only checks that they answer.

use std::time::Duration;

use redis::RedisError;
use reqwest::Response;
use serde_json::{Map, Value};

use super::{Control, Guard, Mode, ServiceError, Services};
use crate::redis_client;

/// Where external services are.
#[derive(Debug, Clone, Default)]
pub struct ExternalUrls {
    /// The engine's API.
    pub api: Option<String>,
    /// The Redis behind it, if it is to be looked at too.
    pub redis: Option<String>,
    /// The scripted model that the engine calls.
    pub mock: Option<String>,
    /// What else is known of them.
    pub known: External,
}

/// What is known of services that are not ours.
#[derive(Debug, Clone, Default)]
pub struct External {
    /// The engine's configuration, as `engine config` prints it.
    pub settings: Option<Map<String, Value>>,
    /// Where they serve operators, if that is known.
    pub operators: Option<String>,
    /// How their processes are killed and started.
    pub control: Option<Control>,
}

/// How long a service may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn services(urls: &ExternalUrls) -> Result<Services, ServiceError> {
    let api = urls.api.clone().ok_or(ServiceError::NoUrl { missing: "--api-url" })?;
    let mock = urls.mock.clone().ok_or(ServiceError::NoUrl { missing: "--mock-url" })?;
    let (api, mock) = (api.trim_end_matches('/').to_owned(), mock.trim_end_matches('/').to_owned());
    is_well(&format!("{api}/health")).await?;
    is_well(&format!("{mock}/__mock/health")).await?;
    if let Some(url) = &urls.known.operators {
        // Which paths are there is the service's own choice.
        answers(url).await?;
    }
    if let Some(url) = &urls.redis {
        ping(url).await.map_err(|error| ServiceError::NoAnswer { url: url.clone(), reason: error.to_string() })?;
    }
    Ok(Services {
        mode: Mode::External,
        reason: "as asked for".to_owned(),
        redis_url: urls.redis.clone(),
        mock_url: mock,
        api_url: Some(api),
        external: urls.known.clone(),
        guard: Guard::Nothing,
    })
}

/// Somebody answers there, with whatever status.
async fn answers(url: &str) -> Result<Response, ServiceError> {
    let asked = async { crate::http::client()?.get(url).timeout(LIMIT).send().await };
    asked.await.map_err(|error| no_answer(url, &error))
}

/// What answers there says that it is well.
async fn is_well(url: &str) -> Result<(), ServiceError> {
    answers(url).await?.error_for_status().map(drop).map_err(|error| no_answer(url, &error))
}

fn no_answer(url: &str, error: &reqwest::Error) -> ServiceError {
    ServiceError::NoAnswer { url: url.to_owned(), reason: crate::http::innermost(error) }
}

async fn ping(url: &str) -> Result<(), RedisError> {
    redis::cmd("PING").exec_async(&mut redis_client::connect(url).await?).await
}
