//! The offline narrator: `mock-llm`'s library, served in this process on loopback with the shipped script, and reached
//! like any other provider. The first minute needs no key, and there is no second way to call a model.

use std::net::SocketAddr;

use mock_llm::{MockLlm, Script};

use super::ModelsError;
use crate::config::{Adapter, ProviderConfig};

/// The shipped script, for every shipped adventure and anything else.
const SCRIPT: &str = include_str!("../../../fixtures/models/offline.json");

/// Starts the narrator; it runs as long as the returned server is kept.
pub(super) async fn start() -> Result<(MockLlm, ProviderConfig), ModelsError> {
    let failed = |error: &dyn std::fmt::Display| ModelsError::Offline(error.to_string());
    let script = Script::parse(SCRIPT, "offline.json").map_err(|error| failed(&error))?;
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = MockLlm::start(loopback, script).await.map_err(|error| failed(&error))?;
    let mut provider = ProviderConfig::new(Adapter::OpenAi, "offline-narrator");
    provider.display_name = Some("Offline narrator".to_owned());
    provider.base_url = Some(format!("{}/v1/", server.base_url()));
    Ok((server, provider))
}
