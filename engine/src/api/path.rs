//! Ids and names in paths, read so that an error is a problem that says what was expected.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use protocol::{Problem, ProblemType};

use super::error::ApiError;

/// The path's only parameter.
pub(super) struct Id<T>(pub(super) T);

impl<S: Send + Sync, T: FromStr<Err: Display>> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let invalid = |detail: String| ApiError::from(Problem::new(ProblemType::InvalidPath, detail));
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| invalid(rejection.body_text()))?;
        if text.contains(char::is_control) {
            return Err(invalid("the path holds a control character".to_owned()));
        }
        text.parse().map(Self).map_err(|error: T::Err| invalid(error.to_string()))
    }
}
