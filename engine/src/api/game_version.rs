//! Which game and which version of it a call means, and what is answered where there is none.

use axum::http::{HeaderMap, header};
use protocol::{GameId, Problem, ProblemType};

/// The version that `If-Match` asks for, if it asks for one.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    // A proxy that compresses weakens the tag. Versions are compared, not bytes, so it means the same.
    let version = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    version.parse().map(Some).map_err(|_| {
        Problem::new(ProblemType::InvalidHeader, "`If-Match` takes the `ETag` of a game: its version in quotes")
    })
}

pub(super) fn unknown_game(id: GameId) -> Problem {
    Problem::new(ProblemType::UnknownGame, format!("there is no game {id}"))
}

pub(super) fn busy() -> Problem {
    Problem::new(ProblemType::GameBusy, "the game has unfinished requests: wait until they are done")
}

pub(super) fn conflict(version: u64) -> Problem {
    Problem::new(ProblemType::VersionConflict, format!("the game has version {version} by now: read it and try again"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn version_of(tag: &'static str) -> Result<Option<u64>, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, HeaderValue::from_static(tag));
        if_match(&headers)
    }

    #[test]
    fn a_tag_may_be_weakened_by_a_proxy() {
        for tag in ["\"7\"", "W/\"7\"", "7"] {
            assert_eq!(version_of(tag).unwrap(), Some(7), "{tag}");
        }
        assert_eq!(version_of("*").unwrap(), None);
    }

    #[test]
    fn what_is_not_a_tag_is_an_invalid_header() {
        for tag in ["abc", "", "\"\"", "W/", "-1"] {
            assert_eq!(version_of(tag).unwrap_err().problem_type(), Some(ProblemType::InvalidHeader), "{tag}");
        }
    }
}
