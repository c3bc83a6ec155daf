//! `?limit=&after=` of operations that answer in pages.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use protocol::{Problem, ProblemType};
use serde::Deserialize;

use super::error::ApiError;

/// The page that is asked for: behind which place of the list it begins, and how long it may be.
pub(super) struct Paging<C> {
    pub(super) after: Option<C>,
    limit: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct Parameters {
    limit: Option<usize>,
    after: Option<String>,
}

impl<C> Paging<C> {
    /// How many entries the page has at most: `usual` when the client does not say, and never more than `largest`.
    pub(super) fn limit(&self, usual: usize, largest: usize) -> usize {
        self.limit.unwrap_or(usual).clamp(1, largest)
    }
}

impl<S: Send + Sync, C: FromStr<Err: Display>> FromRequestParts<S> for Paging<C> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let invalid = |detail: String| ApiError::from(Problem::new(ProblemType::InvalidPath, detail));
        let Query(asked) = Query::<Parameters>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| invalid(rejection.body_text()))?;
        let after = asked.after.as_deref().map(str::parse).transpose();
        let after = after.map_err(|error: C::Err| invalid(format!("`after`: {error}")))?;
        Ok(Self { after, limit: asked.limit })
    }
}
