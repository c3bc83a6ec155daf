//! `GET /debug/profile?seconds=&format=` on the operators' port: what the processor does in this process, as a file for `go tool pprof`, or as
//! text.

use std::time::Duration;

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use protocol::{Problem, ProblemType};
use serde::Deserialize;
use tokio::task::{JoinError, spawn_blocking};

use super::error::{ApiError, internal};
use crate::telemetry::profile::{ProfileError, Profiler};

/// How long a profile may take, in seconds. A scraper's own limit is rarely above a minute.
const SECONDS: std::ops::RangeInclusive<u64> = 1..=60;

/// What is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default = "usual_seconds")]
    seconds: u64,
    #[serde(default)]
    format: Format,
}

const fn usual_seconds() -> u64 {
    5
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// `profile.proto`, compressed.
    #[default]
    Pprof,
    /// A line for each stack.
    Folded,
}

/// Takes a profile. A caller who goes away ends it.
pub(super) async fn take(wanted: Result<Query<Wanted>, QueryRejection>) -> Result<Response, ApiError> {
    let invalid = |detail: String| Problem::new(ProblemType::InvalidPath, detail);
    let Query(Wanted { seconds, format }) = wanted.map_err(|rejection| invalid(rejection.body_text()))?;
    if !SECONDS.contains(&seconds) {
        let (least, most) = (SECONDS.start(), SECONDS.end());
        return Err(invalid(format!("`seconds` is a whole number from {least} to {most}")).into());
    }
    // Files are read and names are looked up, which would stop a thread that serves players.
    let profiler = spawn_blocking(Profiler::start).await.map_err(panicked)?.map_err(refused)?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let written = spawn_blocking(move || {
        let profile = profiler.finish().map_err(refused)?;
        Ok::<_, ApiError>(match format {
            Format::Pprof => profile.pprof().map_err(|error| internal(&error))?,
            Format::Folded => profile.folded().into_bytes(),
        })
    });
    let mut response = written.await.map_err(panicked)??.into_response();
    let (kind, name) = match format {
        Format::Pprof => ("application/octet-stream", "attachment; filename=\"profile.pb.gz\""),
        Format::Folded => ("text/plain; charset=utf-8", "inline"),
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    Ok(response)
}

fn refused(error: ProfileError) -> ApiError {
    match error {
        ProfileError::Running => Problem::new(ProblemType::RateLimited, error.to_string()).into(),
        // An operator asks, and can help it: by a TMPDIR that can be written to, for the most part.
        error => {
            tracing::warn!(%error, "no profile is taken");
            Problem::new(ProblemType::Internal, error.to_string()).into()
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` asks for")]
fn panicked(error: JoinError) -> ApiError {
    internal(&error).into()
}
