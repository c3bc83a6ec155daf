//! Layers of configuration: defaults < file < environment < flags. Every error names the key, where it was set, and
//! what to do.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{AdminListen, Config, ProviderConfig, TierConfig};

/// Environment variables that set a key begin with this; `__` separates the levels of a key.
const ENV_PREFIX: &str = "STORY_ENGINE_";
/// Variables with the prefix that are not keys.
const NOT_KEYS: &[&str] = &[
    "STORY_ENGINE_API",
    "STORY_ENGINE_CONFIG",
    "STORY_ENGINE_KEY",
    "STORY_ENGINE_LOG",
    "STORY_ENGINE_LOG_FORMAT",
    "STORY_ENGINE_REQUIRE_REDIS",
    "STORY_ENGINE_REQUIRE_BROWSER",
];

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<SocketAddr>,
    /// `--admin-listen`
    pub admin_listen: Option<AdminListen>,
    /// `--redis-url`
    pub redis_url: Option<String>,
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--tier`
    pub tiers: Vec<String>,
    /// `--content`
    pub content: Option<PathBuf>,
    /// Whether it is for a command that calls no model: keys of models are in the environment of the service, and not in its operator's.
    pub calls_no_model: bool,
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not TOML or JSON.
    #[error("{} is not valid {format}:\n{reason}", .path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What it was read as.
        format: &'static str,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// No such key.
    #[error("unknown key `{key}` in {origin}")]
    UnknownKey {
        /// The key, with dots between its levels.
        key: String,
        /// The file and line, or the environment variable.
        origin: String,
        /// The nearest known key, or all of that level.
        #[help]
        help: String,
    },
    /// The value is of the wrong kind.
    #[error("the value of `{key}` in {origin} cannot be used: {reason}")]
    Value {
        /// The key, with dots between its levels.
        key: String,
        /// The file, or the environment.
        origin: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The value makes no sense.
    #[error("the value of `{key}` makes no sense: {reason}")]
    Invalid {
        /// The key, with dots between its levels.
        key: String,
        /// Why, and what to do.
        reason: String,
    },
}

impl ConfigError {
    /// The same of a key that is below another one.
    pub(crate) fn within(self, above: &str) -> Self {
        match self {
            Self::Invalid { key, reason } => Self::Invalid { key: format!("{above}.{key}"), reason },
            other => other,
        }
    }
}

/// Reads the configuration. `env` are the process's environment variables.
pub fn load(flags: &Flags, env: impl IntoIterator<Item = (String, String)>) -> Result<Config, ConfigError> {
    let known = known_keys();
    let mut merged = Value::Object(Map::new());
    let mut origin = "the environment".to_owned();
    if let Some(path) = &flags.config {
        let (file, text) = read_file(path)?;
        check_keys(&file, &known, "", &|key| at_line(path, &text, key))?;
        origin = path.display().to_string();
        merge(&mut merged, file);
    }
    for (name, value) in env {
        let Some(key) = name.strip_prefix(ENV_PREFIX).filter(|_| !NOT_KEYS.contains(&name.as_str())) else { continue };
        let path: Vec<String> = key.split("__").map(str::to_lowercase).collect();
        let layer = path.iter().rev().fold(typed(&value, kind_of(&known, &path)), |value, level| {
            Value::Object(Map::from_iter([(level.clone(), value)]))
        });
        check_keys(&layer, &known, "", &|_| format!("the environment variable {name}"))?;
        merge(&mut merged, layer);
    }
    let mut config: Config = serde_path_to_error::deserialize(&merged).map_err(|error| ConfigError::Value {
        key: error.path().to_string(),
        origin,
        reason: error.inner().to_string(),
    })?;
    if let Some(listen) = flags.listen {
        config.listen = listen;
    }
    if let Some(listen) = flags.admin_listen {
        config.admin_listen = listen;
    }
    if let Some(url) = &flags.redis_url {
        config.redis.url = Some(url.clone());
        config.redis.url_file = None;
    }
    if let Some(directory) = &flags.data_dir {
        config.data_dir.clone_from(directory);
    }
    if !flags.tiers.is_empty() {
        config.worker.tiers.clone_from(&flags.tiers);
    }
    if let Some(directory) = &flags.content {
        config.content = Some(directory.clone());
    }
    config.redis.read_files()?;
    for (name, tier) in &mut config.tiers {
        tier.redis.read_files().map_err(|error| error.within(&format!("tiers.{name}")))?;
    }
    config.check()?;
    if !flags.calls_no_model {
        config.check_secrets()?;
    }
    Ok(config)
}

fn read_file(path: &Path) -> Result<(Value, String), ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    let json = path.extension().is_some_and(|extension| extension == "json");
    let parsed = if json {
        serde_json::from_str(&text).map_err(|error| ("JSON", error.to_string()))
    } else {
        toml::from_str(&text).map_err(|error| ("TOML", error.to_string()))
    };
    match parsed {
        Ok(value) => Ok((value, text)),
        Err((format, reason)) => Err(ConfigError::Syntax { path: path.to_owned(), format, reason }),
    }
}

/// Every key with an example of its value. The name of a provider, a tier or a tenant can be anything: `*` here.
fn known_keys() -> Value {
    let mut config = Config::default();
    config.tiers.insert("*".to_owned(), TierConfig::example());
    config.providers.insert("*".to_owned(), ProviderConfig::example());
    config.queue.weights.insert("*".to_owned(), 1.0);
    serde_json::to_value(&config).unwrap_or_default()
}

fn check_keys(value: &Value, known: &Value, above: &str, origin: &dyn Fn(&str) -> String) -> Result<(), ConfigError> {
    let (Value::Object(value), Value::Object(known)) = (value, known) else { return Ok(()) };
    for (key, below) in value {
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        let Some(known_below) = known.get(key).or_else(|| known.get("*")) else {
            let help = match story::suggest::nearest(key, known.keys().map(String::as_str)) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("known here: {}", known.keys().cloned().collect::<Vec<_>>().join(", ")),
            };
            return Err(ConfigError::UnknownKey { origin: origin(key), key: path, help });
        };
        check_keys(below, known_below, &path, origin)?;
    }
    Ok(())
}

/// The file, and the line of a key, if it can be found.
fn at_line(path: &Path, text: &str, key: &str) -> String {
    let line = text.lines().position(|line| {
        line.trim_start_matches([' ', '\t', '[', '"', '{', ','])
            .strip_prefix(key)
            .is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphanumeric() && c != '_'))
    });
    match line {
        Some(line) => format!("{}, line {}", path.display(), line + 1),
        None => path.display().to_string(),
    }
}

fn kind_of<'a>(known: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(known, |value, key| value.get(key).or_else(|| value.get("*")))
}

/// An environment variable's text as a value of the key's kind.
fn typed(text: &str, example: Option<&Value>) -> Value {
    match example {
        Some(Value::Number(_) | Value::Bool(_)) => {
            serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
        }
        // Commas separate the entries of a list.
        Some(Value::Array(_)) => text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect(),
        _ => Value::String(text.to_owned()),
    }
}

fn merge(into: &mut Value, layer: Value) {
    match (into, layer) {
        (Value::Object(into), Value::Object(layer)) => {
            for (key, value) in layer {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, layer) => *into = layer,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn file(name: &str, text: &str) -> (tempfile::TempDir, Flags) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        (directory, Flags { config: Some(path), ..Flags::default() })
    }

    #[test]
    fn flags_win_over_the_environment_and_the_environment_over_the_file() {
        let (_directory, mut flags) =
            file("c.toml", "listen = '127.0.0.1:1'\n[worker]\nmax_retries = 7\nconcurrent_workers = 2");
        let env = env(&[("STORY_ENGINE_LISTEN", "127.0.0.1:2"), ("STORY_ENGINE_WORKER__MAX_RETRIES", "8")]);
        flags.listen = Some(SocketAddr::from(([127, 0, 0, 1], 3)));
        let config = load(&flags, env).unwrap();
        assert_eq!(config.listen.port(), 3);
        assert_eq!((config.worker.max_retries, config.worker.concurrent_workers), (8, 2));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_a_suggestion() {
        let (_directory, flags) = file("c.toml", "[worker]\nmax_retrys = 7");
        let ConfigError::UnknownKey { key, origin, help } = load(&flags, env(&[])).unwrap_err() else { panic!() };
        assert_eq!(key, "worker.max_retrys");
        assert!(origin.ends_with("c.toml, line 2"), "{origin}");
        assert_eq!(help, "did you mean `max_retries`?");
    }

    #[test]
    fn a_tier_is_set_from_the_environment_and_its_keys_are_checked() {
        let set = |name: &str, value: &str| {
            load(&Flags::default(), env(&[(&format!("STORY_ENGINE_TIERS__GOLD__{name}"), value)]))
        };
        assert_eq!(set("WEIGHT", "2").unwrap().tiers["gold"].weight, Some(2.0));
        assert_eq!(set("TENANTS", "acme, globex").unwrap().tiers["gold"].tenants, ["acme", "globex"]);
        assert_eq!(set("LIMITS__UNFINISHED_PER_USER", "7").unwrap().tiers["gold"].limits.unfinished_per_user, Some(7));
        let error = set("REDIS__URL_FILE", "/nowhere").unwrap_err().to_string();
        assert!(error.contains("`tiers.gold.redis.url_file`"), "{error}");
        let ConfigError::UnknownKey { key, .. } = set("WIGHT", "2").unwrap_err() else { panic!() };
        assert_eq!(key, "tiers.gold.wight");
    }

    #[test]
    fn a_tenant_has_a_weight_by_file_and_by_environment() {
        for (name, text) in [
            ("c.toml", "[queue]\norder = 'fair'\nweights = { acme = 2.5 }"),
            ("c.json", r#"{"queue": {"order": "fair", "weights": {"acme": 2.5}}}"#),
        ] {
            let (_directory, flags) = file(name, text);
            assert_eq!(load(&flags, env(&[])).unwrap().queue.weights.get("acme"), Some(&2.5), "{name}");
        }
        let set = env(&[("STORY_ENGINE_QUEUE__ORDER", "fair"), ("STORY_ENGINE_QUEUE__WEIGHTS__ACME", "2.5")]);
        assert_eq!(load(&Flags::default(), set).unwrap().queue.weights.get("acme"), Some(&2.5));
    }

    /// Where names can be anything by the schema, of which editors know, they can be by the check of keys as well.
    #[test]
    fn names_that_can_be_anything_are_no_unknown_keys() {
        fn each(schema: &Value, all: &Value, known: &Value, path: &str, found: &mut Vec<String>) {
            let schema = match schema.get("$ref").and_then(Value::as_str) {
                Some(to) => all.pointer(to.trim_start_matches('#')).unwrap(),
                None => schema,
            };
            if let Some(below) = schema.get("additionalProperties").filter(|below| **below != json!(false)) {
                let is_free = known.as_object().is_none_or(|known| known.contains_key("*"));
                assert!(is_free, "{path} takes any name by the schema, and none by `known_keys`");
                found.push(path.to_owned());
                each(below, all, known.get("*").unwrap_or(&Value::Null), &format!("{path}.*"), found);
            }
            for (key, below) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let known = known.get(key).unwrap_or(&Value::Null);
                each(below, all, known, &format!("{path}.{key}"), found);
            }
        }
        let (schema, mut found) = (schemars::schema_for!(Config).to_value(), Vec::new());
        each(&schema, &schema, &known_keys(), "", &mut found);
        for map in [".queue.weights", ".providers", ".tiers", ".providers.*.extra_headers"] {
            assert!(found.iter().any(|path| path == map), "{map} is none of {found:?}");
        }
    }

    #[test]
    fn a_command_that_calls_no_model_needs_no_key_of_one() {
        let (_directory, mut flags) = file(
            "c.toml",
            "[providers.x]\nadapter = 'openai'\nmodel = 'm'\napi_key_env = 'STORY_ENGINE_TEST_NO_SUCH_KEY'",
        );
        let error = load(&flags, env(&[])).unwrap_err().to_string();
        assert!(error.contains("STORY_ENGINE_TEST_NO_SUCH_KEY"), "{error}");
        flags.calls_no_model = true;
        assert_eq!(load(&flags, env(&[])).unwrap().providers.len(), 1);
    }

    #[test]
    fn an_unknown_environment_variable_is_refused_by_name() {
        let error = load(&Flags::default(), env(&[("STORY_ENGINE_WORKER__TTL", "1")])).unwrap_err();
        assert!(error.to_string().contains("STORY_ENGINE_WORKER__TTL"), "{error}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_names_its_key() {
        let error = load(&Flags::default(), env(&[("STORY_ENGINE_WORKER__MAX_RETRIES", "many")])).unwrap_err();
        assert!(error.to_string().contains("`worker.max_retries`"), "{error}");
    }

    #[test]
    fn all_imports_have_room_for_the_largest() {
        let set = |bytes: &str| load(&Flags::default(), env(&[("STORY_ENGINE_HTTP__IMPORTS_MAX_BYTES", bytes)]));
        let error = set("4194303").unwrap_err();
        assert!(error.to_string().contains("`http.imports_max_bytes`"), "{error}");
        set("4194304").unwrap();
    }

    #[test]
    fn a_list_in_the_environment_has_commas() {
        let origins = ("STORY_ENGINE_HTTP__CORS_ORIGINS", "https://a.example, http://localhost:5173");
        let config = load(&Flags::default(), env(&[origins])).unwrap();
        let listed = serde_json::to_value(&config.http.cors_origins).unwrap();
        assert_eq!(listed, serde_json::json!(["https://a.example", "http://localhost:5173"]));
    }

    #[test]
    fn an_address_that_other_machines_reach_has_to_be_opened_on_purpose() {
        for key in ["LISTEN", "ADMIN_LISTEN"] {
            let key = format!("STORY_ENGINE_{key}");
            let reachable = (key.as_str(), "0.0.0.0:8080");
            let error = load(&Flags::default(), env(&[reachable])).unwrap_err().to_string();
            assert!(error.contains("`auth.mode = \"open\"`"), "{error}");
            load(&Flags::default(), env(&[reachable, ("STORY_ENGINE_AUTH__MODE", "open")])).unwrap();
        }
        load(&Flags::default(), env(&[("STORY_ENGINE_ADMIN_LISTEN", "off")])).unwrap();
    }

    #[test]
    fn a_provider_can_be_set_from_json() {
        let text =
            r#"{"providers": {"local": {"adapter": "openai", "model": "m", "base_url": "http://127.0.0.1:1/v1/"}}}"#;
        let (_directory, flags) = file("c.json", text);
        assert_eq!(load(&flags, env(&[])).unwrap().providers["local"].model, "m");
    }

    #[test]
    fn a_default_provider_that_is_not_there_is_refused() {
        let error = load(&Flags::default(), env(&[("STORY_ENGINE_DEFAULT_PROVIDER", "gone")])).unwrap_err();
        assert!(matches!(error, ConfigError::Invalid { .. }), "{error}");
    }
}
