//! What a provider keeps secret: its key and headers, where they come from, and how they are hidden in a printed configuration.

use serde_json::Value;

use super::{ProviderConfig, Wrong};
use crate::config::mask_url;

impl ProviderConfig {
    /// The key, without the space and line breaks that are around it in many files of secrets. A vendor's own address
    /// needs one; any other server may do without.
    pub(crate) fn key(&self) -> Result<Option<String>, Wrong> {
        self.key_in(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    fn key_in(&self, env: impl Fn(&str) -> Option<String>) -> Result<Option<String>, Wrong> {
        let vendors = self.adapter.key_env().filter(|_| self.base_url.is_none());
        let Some(name) = self.api_key_env.as_deref().or(vendors) else { return Ok(None) };
        let wrong = |what: String| Err(("api_key_env", what));
        let Some(value) = env(name) else {
            return wrong(match &self.api_key_env {
                Some(_) => format!("the environment variable `{name}` is not set"),
                None => format!("no key: set the environment variable `{name}`, or name the one that holds it"),
            });
        };
        let key = value.trim().to_owned();
        if key.is_empty() {
            return wrong(format!("the environment variable `{name}` is empty"));
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
            return wrong(format!("the environment variable `{name}` holds characters that no key has"));
        }
        Ok(Some(key))
    }

    /// The headers that are set by hand, with the variables that they name put in.
    pub(crate) fn headers(&self) -> Result<Vec<(String, String)>, Wrong> {
        let value = |text: &String| match text.strip_prefix('$') {
            Some(name) => std::env::var(name)
                .map(|value| value.trim().to_owned())
                .map_err(|_| ("extra_headers", format!("the environment variable `{name}` is not set, or is no text"))),
            None => Ok(text.clone()),
        };
        self.extra_headers.iter().map(|(name, text)| Ok((name.clone(), value(text)?))).collect()
    }

    /// Hides what may be a secret: values of headers, query parameters and what is laid over bodies, but not the names of variables.
    pub(in crate::config) fn mask(&mut self) {
        let values = self.extra_headers.values_mut().chain(self.query.values_mut());
        for value in values.filter(|value| !value.starts_with('$')) {
            "***".clone_into(value);
        }
        self.base_url = self.base_url.as_deref().map(|url| mask_query(&mask_url(url)));
        self.extra_body.values_mut().for_each(mask_value);
    }
}

/// Hides every text: any may be a token. TOML has no null: it is shown as a word.
fn mask_value(value: &mut Value) {
    match value {
        Value::Null => *value = "null".into(),
        Value::Object(fields) => fields.values_mut().for_each(mask_value),
        Value::Array(values) => values.iter_mut().for_each(mask_value),
        Value::String(text) => "***".clone_into(text),
        Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A URL without the values of its query.
pub(in crate::config) fn mask_query(url: &str) -> String {
    let Some((address, query)) = url.split_once('?') else { return url.to_owned() };
    let masked = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) => format!("{name}=***"),
        None => "***".to_owned(),
    });
    format!("{address}?{}", masked.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Adapter;

    #[test]
    fn a_key_is_taken_without_the_space_around_it_and_refused_when_there_is_nothing_else() {
        let mut provider = ProviderConfig::new(Adapter::OpenAi, "m");
        provider.api_key_env = Some("KEY".to_owned());
        let key = |value: &str| provider.key_in(|_| Some(value.to_owned()));
        for value in ["sk-x", "sk-x\n", " sk-x ", "sk-x\r\n"] {
            assert_eq!(key(value), Ok(Some("sk-x".to_owned())), "{value:?}");
        }
        for value in ["", " ", "\n", "sk\nx"] {
            assert_eq!(key(value).unwrap_err().0, "api_key_env", "{value:?}");
        }
    }
}
