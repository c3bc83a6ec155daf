//! No Redis: every engine keeps its own store. Only the scripted model is started.

use std::path::Path;

use super::{External, Guard, Mode, Programs, ServiceError, Services, local};

/// Starts the scripted model.
pub(super) async fn start(programs: &Programs, dir: &Path, reason: &str) -> Result<Services, ServiceError> {
    let (model, mock_url) = local::mock_llm(programs, dir).await?;
    Ok(Services {
        mode: Mode::Embedded,
        reason: reason.to_owned(),
        redis_url: None,
        mock_url,
        api_url: None,
        external: External::default(),
        guard: Guard::Model(model),
    })
}
