//! What a server answers to a call that it refuses, and the form of its errors.

use super::condition::{Seen, When};
use crate::{
    answer::Draws,
    call::ModelCall,
    quirk::Raw,
    script::{Captured, JsonTemplate, Scope, Template},
    wire::WireError,
};

/// The names that templates of a profile may use.
pub(super) const NAMES: [&str; 7] = ["message", "status", "type", "prompt", "answer", "asked", "field"];

/// A kind of call that is refused.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) when: When,
    pub(super) status: u16,
    pub(super) message: Template,
    pub(super) body: Option<JsonTemplate>,
}

/// What a server refuses, and the form of its errors.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals {
    pub(super) rules: Vec<Rule>,
    /// The body of an error, instead of the vendor's form.
    pub(super) error: Option<JsonTemplate>,
}

impl Refusals {
    /// The error that the server answers to a call that it refuses.
    pub(crate) fn refuse(&self, call: &ModelCall, query: &str) -> Option<WireError> {
        if self.rules.is_empty() {
            return None;
        }
        let seen = Seen { call, body: &call.body_json(), query };
        self.rules.iter().find_map(|rule| {
            let mut names = names();
            if !rule.when.holds(&seen, &mut names) {
                return None;
            }
            let scope = Scope { captured: &names, call, nth: 1 };
            let message = rule.message.render(&scope, &mut Draws::new(0, ""));
            Some(self.written(WireError::new(rule.status, message), rule.body.as_ref(), call, names))
        })
    }

    /// An error in the form of this server.
    pub(crate) fn in_its_form(&self, error: WireError, call: &ModelCall) -> WireError {
        if error.raw.is_some() { error } else { self.written(error, None, call, names()) }
    }

    fn written(
        &self,
        error: WireError,
        body: Option<&JsonTemplate>,
        call: &ModelCall,
        mut names: Captured,
    ) -> WireError {
        let Some(body) = body.or(self.error.as_ref()) else { return error };
        names.insert("status".to_owned(), error.status.to_string());
        names.insert("type".to_owned(), kind(error.status).to_owned());
        names.insert("message".to_owned(), error.message.clone());
        let scope = Scope { captured: &names, call, nth: 1 };
        let raw = Raw::Json(body.render(&scope, &mut Draws::new(0, "")).to_string());
        WireError { raw: Some(raw), ..error }
    }
}

/// The word that most servers have taken over from `OpenAI`.
fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "insufficient_quota",
        429 => "rate_limit_error",
        500.. => "server_error",
        _ => "invalid_request_error",
    }
}

/// Every name, with nothing in it yet.
fn names() -> Captured {
    NAMES.iter().map(|name| ((*name).to_owned(), String::new())).collect()
}
