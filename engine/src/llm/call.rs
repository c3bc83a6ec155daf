//! The two calls of a turn: a narration that streams, and a delta in structured output.

use protocol::Usage;
use serde_json::Value;
use store::Completion;
use story::Prompt;
use tokio::time::{Instant, timeout_at};

use super::completion::Finish;
use super::dialect::{Adapted, Dialect, Form, MOST_STOPS};
use super::http::Reading;
use super::learned::Known;
use super::narration::Narration;
use super::provider::Provider;
use super::purpose::Purpose;
use super::role::Role;
use super::schema::Schema;
use super::window::Size;
use super::wire::ask::Ask;
use super::wire::body;
use super::{ModelError, Reason, words};

/// How often a call is changed and sent once more because of what the server refuses in it.
const CHANGES: usize = 8;

/// A call that is sent as the model wants it: what the server refuses in it is changed, and remembered once it answers.
struct Asking<'a> {
    provider: &'a Provider,
    role: &'a Role,
    purpose: Purpose,
    known: Known,
    dialect: Dialect,
    changes: usize,
    form: Form,
    /// Whether the output format was changed for a refusal that does not name it.
    guessed: bool,
}

impl<'a> Asking<'a> {
    fn new(provider: &'a Provider, role: &'a Role, purpose: Purpose) -> Self {
        let known = role.learned.for_a_call();
        if known.is_doubted {
            role.window.doubt();
        }
        let dialect = (*known.dialect).clone();
        Self { provider, role, purpose, dialect, known, changes: 0, form: Form::Believed, guessed: false }
    }

    /// Changes what the server refuses; an error that no change can help is returned.
    fn adapt(&mut self, error: ModelError) -> Result<(), ModelError> {
        self.changes += 1;
        let (role, structured) = (self.role, self.provider.structured);
        let adapted = if self.changes > CHANGES {
            Adapted::No
        } else {
            self.dialect.adapt(&error, &role.fixed, self.purpose, structured, self.form, role.max_tokens)
        };
        if adapted == Adapted::No {
            return Err(error);
        }
        self.guessed |= adapted == Adapted::Guessed;
        let (provider, model) = (&self.provider.info.name, &role.model);
        tracing::debug!(provider, model, %error, "the call is refused as it is; sending it in another form");
        Ok(())
    }

    fn remember(&mut self) {
        self.provider.trouble.end(self.provider.name());
        let learned = &self.role.learned;
        // What was believed before and has been found out again needs no second time.
        let is_confirmed = self.known.is_doubted && learned.get().output == self.dialect.output;
        if self.guessed && !is_confirmed && !learned.suspect() {
            // What else was learned on the way is kept.
            self.dialect.output = self.known.dialect.output;
        }
        let is_new = self.dialect != *self.known.dialect;
        if is_new || self.known.is_doubted {
            // What is found out again is no news, and neither is what another call has learned meanwhile.
            if self.dialect != *learned.get() {
                let (provider, model) = (&self.provider.info.name, &self.role.model);
                let form = words::of(learned.first(), &self.dialect);
                tracing::info!(provider, model, "learned which form of a call the server takes: {form}");
            }
            learned.set(self.dialect.clone());
        } else if self.purpose == Purpose::Extract && !self.guessed {
            learned.acquit();
        }
    }
}

/// What a call asks for besides its prompt.
#[derive(Clone, Copy)]
struct What<'a> {
    schema: Option<&'a Schema>,
    stops: &'a [String],
}

impl Provider {
    /// Where a narration is to stop: what is configured, and of the turn's own sequences as many as every vendor takes.
    fn stops(&self, own: &[String]) -> Vec<String> {
        let room = MOST_STOPS.saturating_sub(self.stop.len());
        self.stop.iter().chain(own.iter().take(room)).cloned().collect()
    }

    /// Asks for a narration that is to end before any of `stops`, and returns with its first text: what a server refuses after it has
    /// begun to answer is a refusal like any other until then.
    pub async fn narrate(
        &self,
        prompt: &Prompt,
        temperature: f64,
        stops: &[String],
    ) -> Result<Narration<'_>, ModelError> {
        let deadline = Instant::now() + self.caller.timeouts().call;
        let temperature = self.sends_temperature.then_some(temperature);
        let mut asking = Asking::new(self, &self.narrator, Purpose::Narrate);
        let what = What { schema: None, stops: &self.stops(stops) };
        let size = Size::of(prompt);
        loop {
            let begun = match self.open(&self.narrator, prompt, what, temperature, &asking.dialect, deadline).await {
                Ok(reading) => Narration::begin(self, reading, size, deadline).await,
                Err(error) => Err(error),
            };
            match begun {
                Ok(narration) => {
                    asking.remember();
                    return Ok(narration);
                }
                Err(error) => asking.adapt(self.narrator.noted(error, size))?,
            }
        }
    }

    /// Asks for a narration, and ends the call with its first text. Returns whether the server streams.
    pub(super) async fn first_word(&self, prompt: &Prompt) -> Result<bool, ModelError> {
        let mut narration = self.narrate(prompt, 0.0, &[]).await?;
        narration.next().await?;
        Ok(narration.streams())
    }

    /// Asks for a delta of this schema; returns the text that the model wrote.
    pub async fn extract(&self, prompt: &Prompt, schema: &Schema, form: Form) -> Result<Completion, ModelError> {
        let deadline = Instant::now() + self.caller.timeouts().call;
        let temperature = self.sends_temperature.then_some(0.0);
        let mut asking = Asking { form, ..Asking::new(self, &self.backend, Purpose::Extract) };
        let mut tries = 0;
        loop {
            let what = What { schema: Some(schema), stops: &[] };
            let answer = match self.open(&self.backend, prompt, what, temperature, &asking.dialect, deadline).await {
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
                Err(error) => {
                    // The server found no JSON in it; our own reader may.
                    if let Some(text) = error.generation.as_deref().filter(|text| story::parse_delta(text).is_ok()) {
                        return Ok(completion(text.to_owned(), Usage::default()));
                    }
                    asking.adapt(error)?;
                }
            }
        }
    }

    /// Asks the backend model for prose that no player reads.
    pub async fn write(&self, prompt: &Prompt) -> Result<Completion, ModelError> {
        let deadline = Instant::now() + self.caller.timeouts().call;
        let temperature = self.sends_temperature.then_some(0.0);
        let mut asking = Asking::new(self, &self.backend, Purpose::Narrate);
        loop {
            let what = What { schema: None, stops: &[] };
            let answer = match self.open(&self.backend, prompt, what, temperature, &asking.dialect, deadline).await {
                Ok(reading) => self.whole(reading, Size::of(prompt), deadline).await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(answer) => {
                    asking.remember();
                    return Ok(answer);
                }
                Err(error) => asking.adapt(self.backend.noted(error, Size::of(prompt)))?,
            }
        }
    }

    async fn open(
        &self,
        role: &Role,
        prompt: &Prompt,
        what: What<'_>,
        temperature: Option<f64>,
        dialect: &Dialect,
        deadline: Instant,
    ) -> Result<Reading, ModelError> {
        let body = self.body(role, prompt, what, temperature, dialect)?;
        let timeouts = self.caller.timeouts();
        let streams = what.schema.is_none() && self.stream && dialect.streams;
        let timeout = if streams { timeouts.first_token } else { timeouts.call };
        self.caller.post(role.url.clone(), body, deadline, timeout).await
    }

    /// The body of a call.
    fn body(
        &self,
        role: &Role,
        prompt: &Prompt,
        what: What<'_>,
        temperature: Option<f64>,
        dialect: &Dialect,
    ) -> Result<Vec<u8>, ModelError> {
        let schema = what.schema.map(|schema| schema.rendered(dialect.output));
        let (purpose, stream) = match schema {
            Some(_) => (Purpose::Extract, false),
            None => (Purpose::Narrate, self.stream && dialect.streams),
        };
        let ask = Ask {
            purpose,
            prompt,
            model: &role.model,
            max_tokens: role.window.answer_limit(Size::of(prompt), role.max_tokens),
            temperature,
            stream,
            stops: what.stops,
            schema,
            dialect,
        };
        body(self.format, &role.fixed, &ask)
            .map_err(|error| ModelError::new(Reason::Refused, format!("the call cannot be written: {error}")))
    }

    /// The body of a narration's call, as it would be sent now.
    pub(crate) fn narration_body(
        &self,
        prompt: &Prompt,
        temperature: f64,
        stops: &[String],
    ) -> Result<Value, ModelError> {
        let temperature = self.sends_temperature.then_some(temperature);
        let what = What { schema: None, stops: &self.stops(stops) };
        as_value(&self.body(&self.narrator, prompt, what, temperature, &self.narrator.learned.get())?)
    }

    /// The body of a delta's call.
    pub(crate) fn extraction_body(&self, prompt: &Prompt, schema: &Schema) -> Result<Value, ModelError> {
        let temperature = self.sends_temperature.then_some(0.0);
        let what = What { schema: Some(schema), stops: &[] };
        as_value(&self.body(&self.backend, prompt, what, temperature, &self.backend.learned.get())?)
    }

    /// Reads a response to its end.
    async fn whole(&self, mut reading: Reading, prompt: Size, deadline: Instant) -> Result<Completion, ModelError> {
        loop {
            match timeout_at(deadline, reading.more()).await {
                Err(_) => {
                    let timeout = self.caller.timeouts().call;
                    return Err(self.caller.late(reading.begun, "did not finish its answer", timeout));
                }
                Ok(Err(error)) => return Err(self.caller.safe(error)),
                Ok(Ok(true)) if !reading.received.ended => {}
                Ok(Ok(_)) => break,
            }
        }
        let received = &mut reading.received;
        self.count(&self.backend, &received.tokens);
        self.backend.window.counted(prompt, received.tokens.prompt);
        // Servers that take the wrong part of an answer for thoughts put a delta among them.
        if !received.thoughts.contains('{') {
            received.thoughts.clear();
        }
        let text = [&mut received.text, &mut received.arguments, &mut received.refusal, &mut received.thoughts]
            .into_iter()
            .find(|text| !text.trim().is_empty());
        match (&received.finish, text) {
            (Some(Finish::Error), _) => Err(ModelError::new(Reason::ServerError, "the model broke off with an error")),
            (_, Some(text)) => Ok(completion(std::mem::take(text), received.tokens.into())),
            (Some(Finish::Filtered), None) => Err(ModelError::filtered("")),
            (Some(Finish::Length), None) if received.thought => Err(self.backend.only_thought()),
            (_, None) if !received.ended && received.finish.is_none() => {
                Err(ModelError::new(Reason::BrokeOff, "the model's answer ended before it was whole"))
            }
            (_, None) => Err(ModelError::new(Reason::Empty, "the model's answer is empty")),
        }
    }
}

/// What a model has written.
const fn completion(text: String, usage: Usage) -> Completion {
    Completion { text, usage, cut_short: false, summary: None, given_up: None, also_told: Vec::new() }
}

fn as_value(body: &[u8]) -> Result<Value, ModelError> {
    serde_json::from_slice(body)
        .map_err(|error| ModelError::new(Reason::Refused, format!("the call is no JSON: {error}")))
}
