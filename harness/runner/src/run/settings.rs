//! Engine settings that are wrong: the failure points at the case that made them, and not at the temporary file that the
//! engine was given.

use std::path::Path;

use harness_case::{Case, json};
use harness_events::Failure;
use serde_json::{Map, Value};

/// Points a failure of the start at the settings of the case, if it speaks of them.
pub(super) fn blame(case: &Case, config: &Path, failure: Failure) -> Failure {
    let mut paths = Vec::new();
    dotted(&case.engine, "", &mut paths);
    let named = paths.iter().find(|path| failure.what.contains(&format!("`{path}`")));
    let config = config.display().to_string();
    if named.is_none() && (case.engine.is_empty() || !failure.what.contains(&config)) {
        return failure;
    }
    let text = std::fs::read_to_string(&case.path).unwrap_or_default();
    let line = line_of(&text, named.map_or("", String::as_str));
    let place = line.map_or_else(|| case.path.display().to_string(), |line| format!("{}:{line}", case.path.display()));
    let said = failure.what.replace(&config, "`engine`");
    Failure { line, what: format!("{place}: the engine refuses what this case sets in `engine`\n{said}"), ..failure }
}

/// The settings as the engine names them: `worker.max_retries`.
fn dotted(settings: &Map<String, Value>, above: &str, paths: &mut Vec<String>) {
    for (key, value) in settings {
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        if let Value::Object(members) = value {
            dotted(members, &path, paths);
        }
        paths.push(path);
    }
}

/// The line of a case file on which a setting is, or `engine` where none is named.
fn line_of(text: &str, path: &str) -> Option<usize> {
    let root = json::parse(text).ok()?;
    let mut node = root.get("engine")?;
    for key in path.split('.').filter(|key| !key.is_empty()) {
        node = node.get(key)?;
    }
    Some(json::Lines::of(text).line(node.span.start))
}

#[cfg(test)]
mod tests {
    use harness_case::profile::Profile;
    use harness_case::{Parsed, parse};

    use super::*;

    const CASE: &str = "{\"name\": \"x\", \"scenario\": \"s\", \"steps\": [{\"expect\": {\"turn_counter\": 0}}],\n\
                        \"engine\": {\n\"worker\": {\n\"max_retries\": 3}}}";

    fn blamed(said: &str) -> Failure {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.json");
        std::fs::write(&path, CASE).unwrap();
        let Parsed::Cases(mut cases) = parse(CASE, &path, &Profile::story_engine()).unwrap().0 else { panic!() };
        let case = cases.remove(0);
        let failure = blame(&case, Path::new("/tmp/run/engine.json"), Failure::new(said));
        Failure { what: failure.what.replace(&path.display().to_string(), "x.json"), ..failure }
    }

    #[test]
    fn a_setting_that_the_engine_refuses_is_found_in_the_case() {
        let failure = blamed("api ended: unknown key `worker.max_retries` in /tmp/run/engine.json");
        assert_eq!(failure.line, Some(4));
        assert_eq!(
            failure.what,
            "x.json:4: the engine refuses what this case sets in `engine`\n\
             api ended: unknown key `worker.max_retries` in `engine`"
        );
        assert_eq!(blamed("api ended: /tmp/run/engine.json cannot be read").line, Some(2));
    }

    #[test]
    fn a_start_that_fails_for_another_reason_is_left_as_it_is() {
        assert_eq!(blamed("api ended: cannot reach Redis"), Failure::new("api ended: cannot reach Redis"));
    }
}
