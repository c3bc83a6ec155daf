//! Why a case cannot be run with the services that there are. What it needs is compared with what they can, one thing after
//! another, so that everything runs that can.

use harness_case::{Case, LinkTo, Requirement};
use serde_json::{Map, Value};

use super::RunContext;
use crate::fleet::clock;
use crate::services::Mode;

/// Why the case cannot be run, if it cannot.
pub(super) fn obstacle(context: &RunContext, case: &Case) -> Option<String> {
    if let Some(reason) = &case.terms.skip {
        return Some(reason.clone());
    }
    if context.real_model.is_some() && case.steers_the_model() {
        return Some("it steers the model or counts its calls, and `--provider` has a real one".to_owned());
    }
    if context.services.mode == Mode::Embedded && case.workers > 1 && case.acts_on_processes() {
        return Some(
            "it breaks one of several worker processes, and without Redis there is only one process".to_owned(),
        );
    }
    if case.requires.contains(&Requirement::Redis) && context.services.redis_url.is_none() {
        return Some("it needs a Redis".to_owned());
    }
    if case.requires.contains(&Requirement::Streaming) && !context.stream {
        return Some("it needs narrations that stream".to_owned());
    }
    if case.acts_on_redis() {
        match context.services.mode {
            Mode::Embedded => return Some("it does something to Redis, and here is none".to_owned()),
            Mode::External => {
                return Some("it does something to Redis, and with external services that is not ours".to_owned());
            }
            Mode::Docker if case.stops_redis() => {
                return Some("it stops Redis, and the container is shared with the other cases".to_owned());
            }
            Mode::Local | Mode::Docker => {}
        }
        if !context.profile.uses_redis() {
            return Some("it does something to Redis, and the profile's processes use none".to_owned());
        }
    }
    if case.sets_clocks() {
        if context.services.mode == Mode::External {
            return Some("it sets the clock of a process, and external processes are not ours".to_owned());
        }
        if clock::library().is_none() {
            return Some(format!(
                "it sets the clock of a process, and {} is not here (Debian: libfaketime)",
                clock::NAME
            ));
        }
    }
    if context.services.mode == Mode::External { of_external(context, case) } else { None }
}

/// What an external service cannot do for the case.
fn of_external(context: &RunContext, case: &Case) -> Option<String> {
    if case.requires.contains(&Requirement::Alone) {
        return Some("it needs a service that was not used before".to_owned());
    }
    if case.content.is_some() {
        return Some("it has content of its own, and an external engine has its own already".to_owned());
    }
    if case.disturbs(LinkTo::Model) {
        return Some("it disturbs the link to the model, and with external services that is not ours".to_owned());
    }
    if case.acts_on_processes() && context.services.external.control.is_none() {
        return Some("it acts on processes, and no `--control` says how that is done to external ones".to_owned());
    }
    if case.asks_as_operator() && context.services.external.operators.is_none() {
        return Some("it asks at the operators' port, and no `--operators-url` says where that is".to_owned());
    }
    if case.model.is_none() && context.profile.is_story_engine() {
        // That narrator is part of an engine that has no other provider.
        return Some("it is for the offline narrator, and an external engine has its own model".to_owned());
    }
    let mut settings = Vec::new();
    leaves(&case.engine, "", &mut settings);
    let haste = context.profile.config.as_ref().map(|config| &config.haste);
    let needed = settings.into_iter().filter(|(path, value)| {
        // A short wait that only saves time.
        let limit = haste.and_then(|haste| haste.get(path));
        !limit.zip(value.as_f64()).is_some_and(|(limit, value)| value <= *limit)
    });
    needed.into_iter().find_map(|(path, value)| differs(context.services.external.settings.as_ref(), &path, value))
}

/// Why an external service does not have a setting, if it has not.
fn differs(settings: Option<&Map<String, Value>>, path: &str, wanted: &Value) -> Option<String> {
    let Some(settings) = settings else {
        return Some(format!("it sets `{path}`, and no `--engine-config` says how the external engine is configured"));
    };
    let mut there = None;
    let mut level = Some(settings);
    for key in path.split('.') {
        there = level.and_then(|level| level.get(key));
        level = there.and_then(Value::as_object);
    }
    let same = match (there, wanted) {
        (Some(there), wanted) if there.as_f64().is_some() => there.as_f64() == wanted.as_f64(),
        (there, wanted) => there == Some(wanted),
    };
    let shown = there.map_or_else(|| "none".to_owned(), Value::to_string);
    (!same).then(|| format!("it needs `{path}` = {wanted}, and the external engine has {shown}"))
}

/// The settings of a case, each with its path.
fn leaves<'a>(settings: &'a Map<String, Value>, above: &str, found: &mut Vec<(String, &'a Value)>) {
    for (key, value) in settings {
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        match value {
            Value::Object(members) => leaves(members, &path, found),
            value => found.push((path, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_setting_is_there_only_if_it_is_the_same() {
        let there = json!({"worker": {"game_lock_ttl_seconds": 1.0, "max_retries": 3}});
        let differs = |path: &str, wanted: Value| differs(there.as_object(), path, &wanted);
        assert_eq!(differs("worker.game_lock_ttl_seconds", json!(1)), None);
        assert_eq!(differs("worker.max_retries", json!(3)), None);
        let other = differs("worker.max_retries", json!(1)).unwrap();
        assert!(other.contains("`worker.max_retries` = 1") && other.contains("has 3"), "{other}");
        assert!(differs("queue.max_depth", json!(2)).unwrap().contains("has none"));
        assert!(super::differs(None, "queue.max_depth", &json!(2)).unwrap().contains("--engine-config"));
    }
}
