//! Services that somebody else has started: nothing is done but to remember where they are.

use super::{Guard, Mode, ServiceError, Services};

/// Where external services are.
#[derive(Debug, Clone, Default)]
pub struct ExternalUrls {
    /// The engine's API.
    pub api: Option<String>,
    /// The scripted model that the engine calls.
    pub mock: Option<String>,
}

pub(super) fn services(urls: &ExternalUrls) -> Result<Services, ServiceError> {
    let api = urls.api.clone().ok_or(ServiceError::NoUrl { missing: "--api-url" })?;
    let mock = urls.mock.clone().ok_or(ServiceError::NoUrl { missing: "--mock-url" })?;
    Ok(Services {
        mode: Mode::External,
        reason: "as asked for".to_owned(),
        redis_url: None,
        mock_url: mock.trim_end_matches('/').to_owned(),
        api_url: Some(api.trim_end_matches('/').to_owned()),
        guard: Guard::Nothing,
    })
}
