//! What a case's world is made of before anything starts: who calls, and how the engine is configured.

use std::sync::Arc;

use harness_case::Case;
use harness_case::profile::Profile;
use harness_events::Failure;
use serde_json::{Map, Value, json};

use crate::fleet::overlaid;
use crate::run::RunContext;

/// The profile as this case sees it, and the client that makes its calls.
pub(super) fn caller(context: &RunContext, case: &Case) -> Result<(Arc<Profile>, reqwest::Client), Failure> {
    let profile = if case.needs_keys() {
        // Its queue is the operators', on another port.
        Arc::new(Profile { queue: None, ..Profile::clone(&context.profile) })
    } else {
        Arc::clone(&context.profile)
    };
    if case.headers.is_empty() {
        return Ok((profile, context.http.clone()));
    }
    let encrypted = context.services.api_url.as_ref().is_some_and(|url| url.starts_with("https:"));
    let http = crate::http::client_with(&case.headers, encrypted)
        .map_err(|error| Failure::new(format!("the case's `headers` cannot be sent: {error}")))?;
    Ok((profile, http))
}

/// What the engine of a case is configured with, on top of what every engine is.
pub(super) fn engine_settings(context: &RunContext, case: &Case) -> Map<String, Value> {
    if let Some(real) = context.real_model.as_ref().filter(|_| context.profile.is_story_engine()) {
        let engine = overlaid(&case.engine, real.settings(context.wire));
        let whole = json!({ "providers": { "mock": { "stream": false } } });
        return if context.stream { engine } else { overlaid(&engine, whole) };
    }
    if is_offline(context, case) {
        // Without a provider the engine's offline narrator narrates; its pauses would only take time.
        let offline = json!({ "providers": null, "default_provider": null, "offline": { "words_per_second": 0 } });
        return overlaid(&case.engine, offline);
    }
    if context.stream || !context.profile.is_story_engine() {
        return case.engine.clone();
    }
    overlaid(&case.engine, json!({ "providers": { "mock": { "stream": false } } }))
}

/// Whether the engine's offline narrator narrates the case: it has no script of its own.
fn is_offline(context: &RunContext, case: &Case) -> bool {
    case.model.is_none() && context.profile.is_story_engine()
}
