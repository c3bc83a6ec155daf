//! What a provider can do, found out by asking it for one narration and one delta.

use std::time::Duration;

use story::Prompt;
use tokio::time::Instant;

use super::dialect::{Form, LimitName, MOST_STOPS, OutputFormat};
use super::provider::Provider;
use super::schema::Schema;
use super::{Finish, ModelError};

/// What a check has found.
#[derive(Debug)]
pub struct Check {
    /// The model that narrates.
    pub model: String,
    /// The model that extracts deltas.
    pub backend_model: String,
    /// Where the calls go.
    pub address: String,
    /// How many tokens the narrating model takes, as far as anybody has said it.
    pub context_tokens: Option<u32>,
    /// The narration, or why there is none.
    pub narration: Result<Narrated, ModelError>,
    /// The delta as the model wrote it, or why there is none.
    pub delta: Result<String, ModelError>,
    /// How a delta is asked for: what the server takes.
    pub form: &'static str,
    /// What the server does not take, and is not sent any more.
    pub refused: Vec<String>,
}

impl Check {
    /// Whether a turn can be played: there is a narration, and a delta that can be read.
    #[must_use]
    pub fn is_playable(&self) -> bool {
        self.narration.is_ok() && self.delta.as_ref().is_ok_and(|delta| story::parse_delta(delta).is_ok())
    }
}

/// A narration that came.
#[derive(Debug)]
pub struct Narrated {
    /// Its text.
    pub text: String,
    /// From the call to the first text.
    pub first_token: Duration,
    /// Tokens in a second after that; estimated where the server does not count.
    pub tokens_per_second: f64,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the prompt, where the server has counted them.
    pub prompt_tokens: u64,
}

impl Provider {
    /// What a check is about to do, for somebody who waits for it: a server that hangs says nothing.
    #[must_use]
    pub fn check_begins(&self) -> String {
        format!(
            "asking {} at {} for a narration and a delta; its first word may take {:.0} s",
            self.narrator.model,
            self.endpoint,
            self.caller.timeouts().first_token.as_secs_f64()
        )
    }

    /// Asks for a narration and a delta.
    pub async fn check(&self, narration: &Prompt, delta: &Prompt, schema: &Schema, temperature: f64) -> Check {
        self.discover().await;
        let narration = self.narrated(narration, temperature).await;
        let delta = self.extract(delta, schema, Form::Doubted).await.map(|completion| completion.text);
        let dialect = self.backend.learned.get();
        let mut refused: Vec<String> = self.narrator.learned.get().dropped.clone();
        refused.extend(dialect.dropped.iter().cloned());
        for learned in [&self.narrator.learned.get(), &dialect] {
            refused.extend(
                (!learned.system_role).then(|| "a message of the system (it begins the first message)".to_owned()),
            );
            refused.extend((!learned.streams).then(|| "streaming".to_owned()));
            refused.extend(
                (learned.most_stops < MOST_STOPS).then(|| format!("more than {} stop sequences", learned.most_stops)),
            );
            refused.extend(learned.most_tokens.map(|most| format!("answers of more than {most} tokens")));
        }
        refused.sort();
        refused.dedup();
        for name in &mut refused {
            if name == "limit" {
                let other = if dialect.limit == LimitName::MaxTokens { "max_completion_tokens" } else { "max_tokens" };
                other.clone_into(name);
            }
        }
        Check {
            model: self.narrator.model.clone(),
            backend_model: self.backend.model.clone(),
            address: self.endpoint.to_string(),
            context_tokens: self.narrator.window.tokens(),
            narration,
            delta,
            form: match dialect.output {
                OutputFormat::Schema | OutputFormat::WithoutLimits => "by schema",
                OutputFormat::Json => "as JSON of any form",
                OutputFormat::Plain => "by the prompt alone",
            },
            refused,
        }
    }

    async fn narrated(&self, prompt: &Prompt, temperature: f64) -> Result<Narrated, ModelError> {
        let began = Instant::now();
        let mut narration = self.narrate(prompt, temperature, &[]).await?;
        let mut first_token = None;
        while narration.next().await?.is_some() {
            first_token.get_or_insert_with(|| began.elapsed());
        }
        let first_token = first_token.unwrap_or_default();
        let (completion, finish) = narration.finish();
        let counted = completion.usage.completion_tokens;
        let tokens = match u32::try_from(counted) {
            Ok(tokens) if tokens > 0 => tokens,
            _ => self.narrator.window.tokens_of(completion.text.len()),
        };
        let after = began.elapsed().saturating_sub(first_token).as_secs_f64().max(0.001);
        Ok(Narrated {
            first_token,
            tokens_per_second: f64::from(tokens) / after,
            finish,
            prompt_tokens: completion.usage.prompt_tokens,
            text: completion.text,
        })
    }
}
