//! Stands in for containers in a program that was built without the feature `docker`.

use super::{Programs, ServiceError, Services};

/// Says that this program cannot start containers.
#[expect(clippy::unused_async, reason = "the same signature as with the feature")]
pub(super) async fn start(_programs: &Programs, _reason: &str) -> Result<Services, ServiceError> {
    let reason = "this program was built without the feature `docker`".to_owned();
    Err(ServiceError::Docker { image: "containers", reason })
}
