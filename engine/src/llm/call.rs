//! The two calls of a turn: a narration that streams, and a delta in structured output.

use std::sync::Arc;

use serde_json::value::RawValue;
use story::Prompt;
use tokio::time::{Instant, timeout_at};

use super::completion::Finish;
use super::http::{Reading, late};
use super::manner::Manner;
use super::narration::Narration;
use super::provider::Provider;
use super::purpose::Purpose;
use super::role::Role;
use super::window::Size;
use super::wire::ask::Ask;
use super::wire::body;
use super::{ModelError, Reason};
use crate::store::Completion;

/// How often a call is changed and sent once more because of what the server refuses in it.
const CHANGES: usize = 8;

/// A call that is sent as the model wants it: what the server refuses in it is changed, and remembered once it answers.
struct Asking<'a> {
    provider: &'a Provider,
    role: &'a Role,
    purpose: Purpose,
    known: Arc<Manner>,
    manner: Manner,
    changes: usize,
}

impl<'a> Asking<'a> {
    fn new(provider: &'a Provider, role: &'a Role, purpose: Purpose) -> Self {
        let known = role.learned.get();
        Self { provider, role, purpose, manner: (*known).clone(), known, changes: 0 }
    }

    /// Changes what the server refuses; an error that no change can help is returned.
    fn adapt(&mut self, error: ModelError) -> Result<(), ModelError> {
        self.changes += 1;
        if self.changes > CHANGES
            || !self.manner.adapt(&error, &self.role.fixed, self.purpose, self.provider.structured)
        {
            return Err(error);
        }
        let (provider, model) = (&self.provider.info.name, &self.role.model);
        tracing::debug!(provider, model, %error, "the call is refused as it is; sending it in another form");
        Ok(())
    }

    fn remember(&self) {
        if self.manner != *self.known {
            let (provider, model) = (&self.provider.info.name, &self.role.model);
            tracing::info!(provider, model, manner = ?self.manner, "learned which form of a call the server takes");
            self.role.learned.set(self.manner.clone());
        }
    }
}

impl Provider {
    /// Asks for a narration. Of one that streams, nothing is there yet when this returns.
    pub async fn narrate(&self, prompt: &Prompt, temperature: f64) -> Result<Narration<'_>, ModelError> {
        let deadline = Instant::now() + self.caller.timeouts().call;
        let temperature = self.sends_temperature.then_some(temperature);
        let mut asking = Asking::new(self, &self.narrator, Purpose::Narrate);
        loop {
            match self.open(&self.narrator, prompt, None, temperature, &asking.manner, deadline).await {
                Ok(reading) => {
                    asking.remember();
                    return Ok(Narration::new(self, reading, Size::of(prompt), deadline));
                }
                Err(error) => asking.adapt(self.narrator.noted(error, Size::of(prompt)))?,
            }
        }
    }

    /// Asks for a delta of this schema; returns the text that the model wrote.
    pub async fn extract(&self, prompt: &Prompt, schema: &RawValue) -> Result<Completion, ModelError> {
        let deadline = Instant::now() + self.caller.timeouts().call;
        let temperature = self.sends_temperature.then_some(0.0);
        let mut asking = Asking::new(self, &self.backend, Purpose::Extract);
        let mut tries = 0;
        loop {
            let answer =
                match self.open(&self.backend, prompt, Some(schema), temperature, &asking.manner, deadline).await {
                    Ok(reading) => self.whole(reading, Size::of(prompt), deadline).await,
                    Err(error) => Err(error),
                };
            match answer {
                Ok(answer) => {
                    asking.remember();
                    return Ok(answer);
                }
                Err(error) if error.reason == Reason::TooLong && tries < CHANGES => {
                    // The prompt stays; what is left for the answer does not.
                    tries += 1;
                    let error = self.backend.noted(error, Size::of(prompt));
                    if !error.may_fit_shorter {
                        return Err(error);
                    }
                }
                Err(error) => asking.adapt(error)?,
            }
        }
    }

    /// Asks the backend model for prose that no player reads.
    pub async fn write(&self, prompt: &Prompt) -> Result<Completion, ModelError> {
        let deadline = Instant::now() + self.caller.timeouts().call;
        let temperature = self.sends_temperature.then_some(0.0);
        let mut asking = Asking::new(self, &self.backend, Purpose::Narrate);
        loop {
            let answer = match self.open(&self.backend, prompt, None, temperature, &asking.manner, deadline).await {
                Ok(reading) => self.whole(reading, Size::of(prompt), deadline).await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(answer) => {
                    asking.remember();
                    return Ok(answer);
                }
                Err(error) => asking.adapt(error)?,
            }
        }
    }

    async fn open(
        &self,
        role: &Role,
        prompt: &Prompt,
        schema: Option<&RawValue>,
        temperature: Option<f64>,
        manner: &Manner,
        deadline: Instant,
    ) -> Result<Reading, ModelError> {
        let (purpose, stream) = match schema {
            Some(_) => (Purpose::Extract, false),
            None => (Purpose::Narrate, self.stream),
        };
        let ask = Ask {
            purpose,
            prompt,
            model: &role.model,
            max_tokens: role.window.room(Size::of(prompt), role.max_tokens),
            temperature,
            stream,
            schema,
            manner,
        };
        let body = body(self.format, &role.fixed, &ask)
            .map_err(|error| ModelError::new(Reason::Refused, format!("the call cannot be written: {error}")))?;
        let timeouts = self.caller.timeouts();
        let patience = if stream { timeouts.first_token } else { timeouts.call };
        self.caller.post(role.url.clone(), body, deadline, patience).await
    }

    /// Reads a response to its end.
    async fn whole(&self, mut reading: Reading, prompt: Size, deadline: Instant) -> Result<Completion, ModelError> {
        loop {
            match timeout_at(deadline, reading.more()).await {
                Err(_) => return Err(late("did not finish its answer", self.caller.timeouts().call)),
                Ok(Err(error)) => return Err(self.caller.safe(error)),
                Ok(Ok(true)) if !reading.heard.ended => {}
                Ok(Ok(_)) => break,
            }
        }
        let heard = &mut reading.heard;
        self.count(&heard.tokens);
        self.backend.window.counted(prompt, heard.tokens.prompt);
        let text = [&mut heard.text, &mut heard.arguments, &mut heard.refusal]
            .into_iter()
            .find(|text| !text.trim().is_empty());
        match (&heard.finish, text) {
            (Some(Finish::Error), _) => Err(ModelError::new(Reason::ServerError, "the model broke off with an error")),
            (_, Some(text)) => Ok(Completion {
                text: std::mem::take(text),
                usage: heard.tokens.into(),
                cut_short: false,
                summary: None,
            }),
            (Some(Finish::Filtered), None) => Err(ModelError::filtered("")),
            (Some(Finish::Length), None) if heard.thought => Err(self.backend.only_thought()),
            (_, None) if !heard.ended && heard.finish.is_none() => {
                Err(ModelError::new(Reason::BrokeOff, "the model's answer ended before it was whole"))
            }
            (_, None) => Err(ModelError::new(Reason::Empty, "the model's answer is empty")),
        }
    }
}
