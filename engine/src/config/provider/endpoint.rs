//! From `base_url`, as people copy it from somewhere, to the address of the call. What cannot be meant is refused with
//! the address that can.

use std::net::IpAddr;

use url::Url;

use super::adapter::Format;
use crate::outbound::is_loopback;

/// Where a provider's calls go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The address below which the paths of the format are, without a slash at its end and without a query.
    root: Url,
    /// The path of the call below `root`; of Gemini the part before the model's name.
    path: &'static str,
    /// Query parameters that came with the address or the configuration.
    query: Vec<(String, String)>,
    /// A remark on how the address was read, where it was not clear.
    pub remark: Option<String>,
}

/// The last parts of paths that a format knows, besides that of its call.
const OTHER_CALLS: [&str; 7] =
    ["/models", "/completions", "/embeddings", "/responses", "/messages", "/chat/completions", "/api/generate"];

impl Endpoint {
    /// Reads an address. The error says what is wrong with it and, where that is known, which one is right.
    pub fn parse(format: Format, base_url: &str) -> Result<Self, String> {
        let text = base_url.trim();
        if !(text.starts_with("http://") || text.starts_with("https://")) {
            return Err(format!("`{text}` begins with neither http:// nor https://"));
        }
        let mut url = Url::parse(text).map_err(|error| format!("`{text}` is not an address: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it holds a user name or password: put the key in the variable that `api_key_env` names".into());
        }
        let query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        url.set_query(None);
        url.set_fragment(None);
        let base = url.path().trim_end_matches('/').to_owned();
        let call = match format {
            Format::ChatCompletions => "/chat/completions",
            Format::Messages => "/messages",
            Format::OllamaChat => "/api/chat",
            Format::GenerateContent => "/models",
        };
        let at = |path: &str| {
            let mut url = url.clone();
            url.set_path(path);
            url.to_string().trim_end_matches('/').to_owned()
        };
        if base.contains("/v1/v1") {
            return Err(format!("`{text}` names /v1 twice: `{}` is meant", at(&base.replace("/v1/v1", "/v1"))));
        }
        // Somebody copied the address of the call.
        let stem = base.strip_suffix(call).unwrap_or(&base);
        if stem == base
            && let Some(other) = OTHER_CALLS.iter().find(|other| base.ends_with(**other))
        {
            let right = at(base.trim_end_matches(*other));
            return Err(format!("`{text}` is the address of another call: `{right}` is meant"));
        }
        let is_whole = stem != base;
        let mut remark = None;
        let root = match format {
            Format::OllamaChat => stem.trim_end_matches("/v1").trim_end_matches("/api").to_owned(),
            _ if is_whole || !needs_version(format, stem) => stem.to_owned(),
            _ => {
                let version = if format == Format::GenerateContent { "/v1beta" } else { "/v1" };
                let root = format!("{stem}{version}");
                remark = Some(format!(
                    "`base_url` names no version: calls go to {}{call}; if that is wrong, write the whole address of the call",
                    at(&root)
                ));
                root
            }
        };
        url.set_path(&root);
        Ok(Self { root: url, path: call, query, remark })
    }

    /// The same endpoint with more query parameters.
    #[must_use]
    pub(crate) fn with_query<'a>(mut self, more: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        self.query.extend(more.into_iter().map(|(name, value)| (name.clone(), value.clone())));
        self
    }

    /// The address of a call to `model`.
    #[must_use]
    pub fn call(&self, format: Format, model: &str, stream: bool) -> Url {
        match format {
            Format::GenerateContent => {
                let model = model.strip_prefix("models/").unwrap_or(model);
                let verb = if stream { "streamGenerateContent" } else { "generateContent" };
                let mut url = self.at(&format!("{}/{model}:{verb}", self.path));
                if stream {
                    url.query_pairs_mut().append_pair("alt", "sse");
                }
                url
            }
            Format::ChatCompletions | Format::Messages | Format::OllamaChat => self.at(self.path),
        }
    }

    /// An address below the root, with the query parameters.
    #[must_use]
    pub fn at(&self, path: &str) -> Url {
        let mut url = self.root.clone();
        url.set_path(&format!("{}{path}", self.root.path().trim_end_matches('/')));
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }

    /// An address on the same server, from its root, without the query parameters.
    #[must_use]
    pub(crate) fn on_server(&self, path: &str) -> Url {
        let mut url = self.root.clone();
        url.set_path(path);
        url
    }

    /// The same address with a version in its path where it has none, and without the one that it ends in; nothing where the
    /// format has no version.
    #[must_use]
    pub(crate) fn other_version(&self, format: Format) -> Option<Self> {
        let version = match format {
            Format::ChatCompletions | Format::Messages => "/v1",
            Format::GenerateContent => "/v1beta",
            Format::OllamaChat => return None,
        };
        let path = self.root.path().trim_end_matches('/');
        let other = path.strip_suffix(version).map_or_else(|| format!("{path}{version}"), str::to_owned);
        let mut root = self.root.clone();
        root.set_path(&other);
        Some(Self { root, ..self.clone() })
    }

    /// The address below which the paths of the format are: what `base_url` is to be.
    #[must_use]
    pub fn root(&self) -> String {
        self.root.as_str().trim_end_matches('/').to_owned()
    }

    /// The same, as it is called.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.root
    }

    /// Whether the server is this machine: it is never reached through a proxy.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.root)
    }

    /// Whether the server is in a private network: it loads its models itself, and may take minutes for that.
    #[must_use]
    pub(crate) fn is_local(&self) -> bool {
        self.is_loopback()
            || match self.host() {
                Some(Host::Ip(IpAddr::V4(ip))) => ip.is_private() || ip.is_link_local(),
                Some(Host::Ip(IpAddr::V6(ip))) => ip.is_unique_local() || ip.is_unicast_link_local(),
                Some(Host::Name(name)) => {
                    !name.contains('.')
                        || [".local", ".lan", ".internal", ".home.arpa"].iter().any(|end| name.ends_with(end))
                }
                None => false,
            }
    }

    /// Whether it belongs to Azure, which takes a key in a header of its own.
    #[must_use]
    pub(crate) fn is_azure(&self) -> bool {
        let azure = [".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"];
        self.root.path().contains("/openai/deployments/")
            || self.root.host_str().is_some_and(|host| azure.iter().any(|end| host.ends_with(end)))
    }

    /// Whether the server's name is this, or ends in it below a dot.
    #[must_use]
    pub(crate) fn is_host(&self, name: &str) -> bool {
        self.root
            .host_str()
            .is_some_and(|host| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    }

    fn host(&self) -> Option<Host<'_>> {
        let host = self.root.host_str()?;
        Some(match host.trim_matches(['[', ']']).parse() {
            Ok(ip) => Host::Ip(ip),
            Err(_) => Host::Name(host),
        })
    }
}

/// Without its query, which may hold a key.
impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.root.as_str().trim_end_matches('/'))?;
        f.write_str(self.path)
    }
}

enum Host<'a> {
    Ip(IpAddr),
    Name(&'a str),
}

/// Whether a version must be added to an address. Anthropic's own clients add it to whatever they are given.
fn needs_version(format: Format, path: &str) -> bool {
    match format {
        Format::Messages => !path.ends_with("/v1"),
        Format::ChatCompletions | Format::GenerateContent => path.is_empty(),
        Format::OllamaChat => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(format: Format, base_url: &str) -> Result<String, String> {
        Endpoint::parse(format, base_url).map(|endpoint| endpoint.call(format, "m", true).to_string())
    }

    #[test]
    fn an_address_is_read_as_it_was_meant() {
        use Format::{ChatCompletions, GenerateContent, Messages, OllamaChat};
        for (format, base_url, expected) in [
            (ChatCompletions, "http://h/v1", "http://h/v1/chat/completions"),
            (ChatCompletions, "http://h/v1/", "http://h/v1/chat/completions"),
            (ChatCompletions, "http://h:1234", "http://h:1234/v1/chat/completions"),
            (ChatCompletions, "http://h/t/name/v1", "http://h/t/name/v1/chat/completions"),
            (ChatCompletions, "http://h/v1/chat/completions", "http://h/v1/chat/completions"),
            (ChatCompletions, "http://h/chat/completions", "http://h/chat/completions"),
            (
                ChatCompletions,
                "http://h/openai/deployments/d1?api-version=2024-10-21",
                "http://h/openai/deployments/d1/chat/completions?api-version=2024-10-21",
            ),
            (
                ChatCompletions,
                "http://h/openai/deployments/d1/chat/completions?api-version=2024-10-21",
                "http://h/openai/deployments/d1/chat/completions?api-version=2024-10-21",
            ),
            (Messages, "http://h", "http://h/v1/messages"),
            (Messages, "http://h/v1", "http://h/v1/messages"),
            (Messages, "http://h/anthropic", "http://h/anthropic/v1/messages"),
            (Messages, "http://h/v1/messages", "http://h/v1/messages"),
            (OllamaChat, "http://h", "http://h/api/chat"),
            (OllamaChat, "http://h/v1", "http://h/api/chat"),
            (OllamaChat, "http://h/v1/", "http://h/api/chat"),
            (OllamaChat, "http://h/api", "http://h/api/chat"),
            (OllamaChat, "http://h/api/chat", "http://h/api/chat"),
            (OllamaChat, "http://h/t/case", "http://h/t/case/api/chat"),
            (GenerateContent, "http://h", "http://h/v1beta/models/m:streamGenerateContent?alt=sse"),
            (GenerateContent, "http://h/v1beta", "http://h/v1beta/models/m:streamGenerateContent?alt=sse"),
        ] {
            assert_eq!(call(format, base_url).as_deref(), Ok(expected), "{base_url}");
        }
    }

    #[test]
    fn an_address_that_cannot_be_meant_is_refused_with_the_right_one() {
        for (base_url, right) in [
            ("http://h/v1/v1", "`http://h/v1`"),
            ("http://h/v1/models", "`http://h/v1`"),
            ("http://h/v1/completions", "`http://h/v1`"),
            ("http://h/v1/messages", "`http://h/v1`"),
            ("h/v1", "http://"),
        ] {
            let error = call(Format::ChatCompletions, base_url).unwrap_err();
            assert!(error.contains(right), "{base_url}: {error}");
        }
    }

    #[test]
    fn a_server_in_the_house_is_local_and_one_in_the_world_is_not() {
        let local = |url: &str| Endpoint::parse(Format::ChatCompletions, url).unwrap().is_local();
        for url in ["http://127.0.0.1:1/v1", "http://[::1]:1/v1", "http://192.168.1.9/v1", "http://ollama:11434/v1"] {
            assert!(local(url), "{url}");
        }
        for url in ["https://api.openai.com/v1", "http://8.8.8.8/v1"] {
            assert!(!local(url), "{url}");
        }
    }
}
