//! The check of the configured providers while a process starts, in the background: what would make the first players wait is reported to
//! the operator before anybody plays. It delays nothing, and is no request: it takes no attempt, and pauses no provider.

use std::time::Duration;

use serde_json::json;
use store::backoff::Backoff;
use story::Prompt;
use tokio::time::Instant;

use super::dialect::{Form, OutputFormat};
use super::discover::{Offered, TIMEOUT};
use super::provider::{Models, Provider};
use super::schema::Schema;
use super::trouble::ready;
use super::{ErrorClass, ModelError, Reason};
use crate::config::{CheckModels, Format};

/// The wait before a provider that does not work is checked again; it doubles with each check that fails.
const AGAIN: Duration = Duration::from_secs(30);
/// The longest wait between two checks.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
/// How many offered models a remedy names.
const NAMED: usize = 5;

impl Models {
    /// Checks every provider once; returns what keeps them from working, for operators.
    pub async fn check_once(&self, how: CheckModels) -> Vec<String> {
        futures::future::join_all(self.providers().map(|provider| provider.noted(how))).await;
        self.troubles()
    }

    /// Checks every provider, and each that does not work again until it does. Ends when all work.
    pub async fn check_at_start(&self, how: CheckModels) {
        if how == CheckModels::Off {
            // How much the models take is no matter of a check: without it, a small window is only found out by a refusal.
            return self.discover().await;
        }
        futures::future::join_all(self.providers().map(|provider| provider.check_until_it_works(how))).await;
    }

    /// What keeps providers from working, as the check at start has found it; for operators.
    #[must_use]
    pub fn troubles(&self) -> Vec<String> {
        let of = |provider: &Provider| Some(format!("provider `{}`: {}", provider.name(), provider.trouble.get()?));
        self.providers().filter_map(of).collect()
    }
}

impl Provider {
    async fn check_until_it_works(&self, how: CheckModels) {
        let mut backoff = Backoff::new(AGAIN, LONGEST_WAIT);
        loop {
            if self.noted(how).await {
                return;
            }
            backoff.wait().await;
            // A player's call may have found out meanwhile.
            if self.trouble.get().is_none() {
                return;
            }
        }
    }

    /// Checks it once; returns whether it works.
    async fn noted(&self, how: CheckModels) -> bool {
        let found = self.found(how).await;
        ready(self.name(), found.is_ok());
        match &found {
            Ok(()) => self.trouble.end(self.name()),
            Err(remedy) => {
                if self.trouble.set(remedy) {
                    tracing::warn!(provider = self.name(), "the provider does not work yet: {remedy}");
                } else {
                    tracing::debug!(provider = self.name(), "the provider does not work yet: {remedy}");
                }
            }
        }
        found.is_ok()
    }

    /// Asks what the server offers and, if wanted, for a word and for a small object. The error says what to do.
    async fn found(&self, how: CheckModels) -> Result<(), String> {
        let offered = match self.offered().await {
            Ok(offered) => Some(offered),
            Err(error) if error.reason == Reason::WrongAddress => match self.right_address().await {
                Some(right) => return Err(format!("{error}; the API is at {right}: set `base_url` to it")),
                // A server without such a list may work.
                None => None,
            },
            Err(error) if error.reason == Reason::UnknownModel => None,
            Err(error) if error.class() == ErrorClass::Provider => return Err(self.remedy(&error).await),
            Err(_) => None,
        };
        self.discover().await;
        let missing = offered.as_deref().and_then(|offered| self.missing_in(offered));
        if how == CheckModels::List {
            // Gateways offer more than they list; only Ollama's list is whole.
            return match missing {
                Some(missing) if self.format == Format::OllamaChat => Err(missing),
                _ => Ok(()),
            };
        }
        let began = Instant::now();
        let prompt = Prompt::new("Answer with one word.".to_owned(), [], "Are you there?".to_owned());
        let streams = match self.first_word(&prompt).await {
            Ok(streams) => streams,
            Err(error) if error.reason == Reason::UnknownModel => {
                return Err(missing.unwrap_or_else(|| format!("{error}; set `model` to one that it has")));
            }
            Err(error) if error.class() != ErrorClass::Transient => return Err(self.remedy(&error).await),
            Err(error) => {
                tracing::info!(provider = self.name(), %error, "the check of the provider brought no word");
                false
            }
        };
        let first_word_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let form = self.small_object().await?;
        let context_tokens = self.narrator.window.tokens();
        tracing::info!(
            provider = self.name(),
            model = self.narrator.model,
            context_tokens,
            streams,
            first_word_ms,
            delta = form,
            "the provider works"
        );
        Ok(())
    }

    /// In which form the server takes a schema; learned now, the first turn does not pay for it.
    async fn small_object(&self) -> Result<&'static str, String> {
        if self.deltas_from.is_some() {
            return Ok("by another provider");
        }
        let prompt = Prompt::new("Answer with a JSON object.".to_owned(), [], "{\"ready\": true}".to_owned());
        let schema = json!({
            "type": "object", "properties": { "ready": { "type": "boolean" } }, "required": ["ready"],
            "additionalProperties": false
        });
        match self.extract(&prompt, &Schema::new(&schema), Form::Doubted).await {
            Err(error) if matches!(error.class(), ErrorClass::Provider) || error.reason == Reason::Refused => {
                Err(self.remedy(&error).await)
            }
            _ => Ok(match self.backend.learned.get().output {
                OutputFormat::Schema | OutputFormat::WithoutLimits => "by schema",
                OutputFormat::Json => "as JSON of any form",
                OutputFormat::Plain => "by the prompt alone",
            }),
        }
    }

    /// What is wrong with `model`, if the list does not have it.
    fn missing_in(&self, offered: &[Offered]) -> Option<String> {
        let model = &self.narrator.model;
        let is_it = |offered: &Offered| offered.name == *model || offered.name.strip_suffix(":latest") == Some(model);
        if offered.is_empty() || offered.iter().any(is_it) {
            return None;
        }
        let names: Vec<_> = offered.iter().take(NAMED).map(|offered| format!("`{}`", offered.name)).collect();
        let more = if offered.len() > NAMED { " and more: see `engine models`" } else { "" };
        Some(format!("the server does not list the model `{model}`; it lists {}{more}", names.join(", ")))
    }

    /// What to do about a failure.
    async fn remedy(&self, error: &ModelError) -> String {
        let what = match error.reason {
            Reason::Unreachable => "start the server, or correct `base_url`",
            Reason::WrongAddress => match self.right_address().await {
                Some(right) => return format!("{error}; the API is at {right}: set `base_url` to it"),
                None => "correct `base_url`",
            },
            Reason::Unauthorized => "check the key in the variable that `api_key_env` names",
            Reason::NoCredit => "the account needs credit",
            Reason::UnknownModel => "set `model` to one that the server has: see `engine models`",
            Reason::RateLimited | Reason::Overloaded => "set `max_concurrent`, or a `fallback`",
            Reason::Loading => "the server loads its model",
            _ => "see `engine models check`",
        };
        format!("{error}; {what}")
    }

    /// The address with a version that was left out, or without one too many, if a list of models is there.
    async fn right_address(&self) -> Option<String> {
        let other = self.endpoint.other_version(self.format)?;
        let path = if self.format == Format::OllamaChat { "/api/tags" } else { "/models" };
        let body = self.caller.ask(other.at(path), None, TIMEOUT).await.ok()?;
        let list: serde_json::Value = serde_json::from_slice(&body).ok()?;
        ["data", "models"].iter().any(|key| list.get(*key).is_some()).then(|| other.root())
    }
}
