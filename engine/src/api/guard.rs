//! Keeps other people's pages away from an engine that only this machine can reach.
//!
//! A page may let its own name resolve to 127.0.0.1 (DNS rebinding) and then read and change everything as "same origin":
//! the `Host` header gives it away. And a page may send forms and requests to an address that it may not read: `Origin`
//! gives it away, or the browser's own word that a page of another site sends it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use protocol::{Problem, ProblemType};

use super::caller::ACTS_FOR;
use super::error::ApiError;
use crate::config::Origins;

/// Which names this server answers to, and which pages may change things.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Names that are allowed besides those that nobody else can own. Empty on a server that the network can reach: it
    /// answers to any name.
    pub hosts: Option<Arc<[String]>>,
    /// Pages of these origins may call.
    pub origins: Origins,
    /// Whether a proxy in front says in `X-Forwarded-Host` which name was asked for.
    pub behind_proxy: bool,
}

/// Refuses what the guard does not allow.
pub(super) async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match guard.refuses(&request) {
        Some(problem) => ApiError::from(problem).into_response(),
        None => next.run(request).await,
    }
}

/// Says of an answer that its type is what it says, and that nobody keeps it unless it says so itself: most hold players' words.
pub(super) async fn protect(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Headers that say who calls, for whom and whom. Of two, this server and a proxy in front may believe different ones.
const ONCE: [HeaderName; 3] = [header::HOST, header::AUTHORIZATION, HeaderName::from_static(ACTS_FOR)];

impl Guard {
    fn refuses(&self, request: &Request) -> Option<Problem> {
        if let Some(name) = ONCE.iter().find(|name| request.headers().get_all(*name).iter().nth(1).is_some()) {
            let detail = format!("the header `{name}` comes more than once: send it once");
            return Some(Problem::new(ProblemType::InvalidHeader, detail));
        }
        let host = self.host(request);
        if let (Some(allowed), Some(host)) = (&self.hosts, &host)
            && !is_local(host.host())
            && !allowed.iter().any(|name| name.eq_ignore_ascii_case(host.host()))
        {
            let detail = format!("this server does not answer to `{}`: add the name to `http.hosts`", host.host());
            return Some(Problem::new(ProblemType::ForbiddenHost, detail));
        }
        let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        if changes && !self.may_change(request.headers(), host.as_ref()) {
            let detail = "pages of this origin may not change anything here: add it to `http.cors_origins`";
            return Some(Problem::new(ProblemType::ForbiddenOrigin, detail));
        }
        None
    }

    /// The name that was asked for. HTTP/2 has it in the target.
    fn host(&self, request: &Request) -> Option<Authority> {
        let from = |name: &str| request.headers().get(name)?.to_str().ok()?.trim().parse().ok();
        let forwarded = if self.behind_proxy { from("x-forwarded-host") } else { None };
        forwarded.or_else(|| request.uri().authority().cloned()).or_else(|| from(header::HOST.as_str()))
    }

    /// Programs send no `Origin`. A page may change things if it is this server's own, or of an allowed origin.
    fn may_change(&self, headers: &HeaderMap, host: Option<&Authority>) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let Some(origin) = headers.get(header::ORIGIN) else {
            return text("sec-fetch-site") != Some("cross-site") || self.origins.allow_any();
        };
        let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        // A browser says so itself, whatever a proxy has made of the host.
        if text("sec-fetch-site") == Some("same-origin") {
            return true;
        }
        let own = origin.split_once("://").map(|(_, authority)| authority);
        let is_own = own.is_some() && own == host.map(|host| host.as_str().to_ascii_lowercase()).as_deref();
        is_own || self.origins.allow_any() || self.origins.iter().any(|allowed| allowed == origin)
    }
}

/// Whether the name cannot be somebody else's in the public name system: an address, `localhost`, or a single label.
fn is_local(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address.parse::<IpAddr>().is_ok() || !host.contains('.') || host.to_ascii_lowercase().ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn refused(guard: &Guard, method: &str, headers: &[(&str, &str)]) -> Option<ProblemType> {
        let mut request = Request::builder().method(method).uri("/v1/chat");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        guard.refuses(&request.body(Body::empty()).unwrap()).and_then(|problem| problem.problem_type())
    }

    fn local() -> Guard {
        Guard { hosts: Some(Arc::from(["play.example".to_owned()])), ..Guard::default() }
    }

    #[test]
    fn a_name_that_somebody_else_may_own_is_refused_unless_it_is_allowed() {
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "engines", "a.localhost", "Play.example"] {
            assert_eq!(refused(&local(), "GET", &[("host", host)]), None, "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "play.example.evil.example:8080"] {
            assert_eq!(refused(&local(), "GET", &[("host", host)]), Some(ProblemType::ForbiddenHost), "{host}");
            assert_eq!(refused(&Guard::default(), "GET", &[("host", host)]), None, "{host}");
        }
    }

    #[test]
    fn a_page_of_another_origin_changes_nothing() {
        let with = |origin: &str| refused(&local(), "POST", &[("host", "localhost:8080"), ("origin", origin)]);
        assert_eq!(with("http://localhost:8080"), None);
        for origin in ["http://localhost:5173", "https://evil.example", "null", ""] {
            assert_eq!(with(origin), Some(ProblemType::ForbiddenOrigin), "{origin}");
        }
        let reads = [("host", "localhost:8080"), ("origin", "https://evil.example")];
        assert_eq!(refused(&local(), "GET", &reads), None);
        assert_eq!(refused(&local(), "POST", &[("host", "localhost:8080")]), None);
        for (site, refusal) in
            [("cross-site", Some(ProblemType::ForbiddenOrigin)), ("same-origin", None), ("none", None)]
        {
            let said = [("host", "localhost:8080"), ("sec-fetch-site", site)];
            assert_eq!(refused(&local(), "POST", &said), refusal, "{site}");
            assert_eq!(refused(&local(), "GET", &said), None, "{site}");
        }
    }

    #[test]
    fn a_header_that_says_who_calls_or_whom_comes_once() {
        for (name, first, second) in [
            ("host", "localhost", "evil.example"),
            ("authorization", "Bearer se_1", "Bearer se_2"),
            ("x-user", "ada", "bob"),
        ] {
            for guard in [local(), Guard::default()] {
                assert_eq!(refused(&guard, "GET", &[(name, first)]), None, "{name}");
                let twice = [(name, first), (name, second)];
                assert_eq!(refused(&guard, "GET", &twice), Some(ProblemType::InvalidHeader), "{name}");
            }
        }
    }

    #[test]
    fn an_allowed_page_and_the_own_page_behind_a_proxy_may_change_things() {
        let origins = serde_json::from_value(serde_json::json!(["https://play.example"])).unwrap();
        let guard = Guard { origins, behind_proxy: true, ..Guard::default() };
        assert_eq!(refused(&guard, "POST", &[("host", "engines"), ("origin", "https://play.example")]), None);
        let forwarded = [("host", "engines"), ("x-forwarded-host", "own.example"), ("origin", "https://own.example")];
        assert_eq!(refused(&guard, "POST", &forwarded), None);
        let said = [("host", "engines"), ("sec-fetch-site", "same-origin"), ("origin", "https://own.example")];
        assert_eq!(refused(&guard, "POST", &said), None);
    }
}
