//! A model call in neutral form: what a script can match on. It is the same for each vendor's wire format.

use std::borrow::Cow;

use axum::http::HeaderMap;
use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whose wire format a caller speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// Chat completions and responses.
    #[serde(rename = "openai")]
    OpenAi,
    /// Messages.
    Anthropic,
    /// Chat.
    Ollama,
    /// `generateContent`.
    Gemini,
}

impl Vendor {
    /// The name that scripts and the journal use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
            Self::Gemini => "gemini",
        }
    }
}

/// Which of a vendor's interfaces a caller uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// `OpenAI`: `POST /v1/chat/completions`.
    ChatCompletions,
    /// `OpenAI`: `POST /v1/responses`.
    Responses,
    /// Anthropic: `POST /v1/messages`.
    Messages,
    /// Ollama: `POST /api/chat`.
    Chat,
    /// Gemini: `POST /v1beta/models/MODEL:generateContent`, and `:streamGenerateContent`.
    GenerateContent,
}

impl Api {
    /// Every interface.
    pub(crate) const ALL: [Self; 5] =
        [Self::ChatCompletions, Self::Responses, Self::Messages, Self::Chat, Self::GenerateContent];

    /// Whose interface it is.
    #[must_use]
    pub const fn vendor(self) -> Vendor {
        match self {
            Self::ChatCompletions | Self::Responses => Vendor::OpenAi,
            Self::Messages => Vendor::Anthropic,
            Self::Chat => Vendor::Ollama,
            Self::GenerateContent => Vendor::Gemini,
        }
    }

    /// The path that calls are sent to.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/v1/chat/completions",
            Self::Responses => "/v1/responses",
            Self::Messages => "/v1/messages",
            Self::Chat => "/api/chat",
            Self::GenerateContent => "/v1beta/models/{call}",
        }
    }

    /// The name that scripts and the journal use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat_completions",
            Self::Responses => "responses",
            Self::Messages => "messages",
            Self::Chat => "chat",
            Self::GenerateContent => "generate_content",
        }
    }
}

/// Whether a caller asks for structured output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Free text.
    Text,
    /// JSON, with or without a schema.
    Json,
}

impl Kind {
    /// The name that scripts and the journal use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// What the caller wants back.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Wanted {
    #[default]
    Text,
    Json {
        schema: Option<Value>,
    },
    /// The arguments of a tool that the caller forces.
    Tool {
        name: String,
        schema: Option<Value>,
    },
}

impl Wanted {
    pub(crate) fn schema(&self) -> Option<&Value> {
        match self {
            Self::Text => None,
            Self::Json { schema } | Self::Tool { schema, .. } => schema.as_ref(),
        }
    }
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions (`OpenAI`'s `developer` too).
    System,
    /// The player.
    User,
    /// The model.
    Assistant,
    /// A tool's result.
    Tool,
}

impl Role {
    /// The name that scripts and the journal use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// One message, reduced to its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// All text parts, joined.
    pub text: String,
}

/// A text of the call that scripts can look into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    /// The last user message.
    User,
    /// All system text, joined by newlines.
    System,
    /// The last message.
    Last,
    /// The last assistant message.
    Previous,
    /// All messages, joined by newlines.
    All,
}

impl Source {
    /// The name that scripts use.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::System => "system",
            Self::Last => "last",
            Self::Previous => "previous",
            Self::All => "all",
        }
    }
}

/// A parsed request.
#[derive(Debug, Clone)]
pub(crate) struct ModelCall {
    pub(crate) api: Api,
    pub(crate) model: String,
    pub(crate) stream: bool,
    /// The caller asked for usage numbers in the stream (`OpenAI` only; the others always send them).
    pub(crate) stream_usage: bool,
    pub(crate) wanted: Wanted,
    pub(crate) messages: Vec<Message>,
    pub(crate) headers: HeaderMap,
    /// As it came; parsed again only where a pointer or the journal asks for it.
    pub(crate) body: Bytes,
}

impl ModelCall {
    /// A call of which only the sender is known so far.
    pub(crate) fn bare(api: Api, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            api,
            model: String::new(),
            stream: false,
            stream_usage: false,
            wanted: Wanted::Text,
            messages: Vec::new(),
            headers,
            body,
        }
    }

    pub(crate) fn vendor(&self) -> Vendor {
        self.api.vendor()
    }

    /// Who spoke last.
    pub(crate) fn last_role(&self) -> Option<Role> {
        self.messages.last().map(|message| message.role)
    }

    /// A header's text; `None` if there is none, or it is no text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn kind(&self) -> Kind {
        if self.wanted == Wanted::Text { Kind::Text } else { Kind::Json }
    }

    pub(crate) fn text(&self, source: Source) -> Cow<'_, str> {
        match source {
            Source::User => self.latest(Role::User),
            Source::Previous => self.latest(Role::Assistant),
            Source::Last => self.messages.last().map_or("", |message| &message.text).into(),
            Source::System => self.joined(|message| message.role == Role::System),
            Source::All => self.joined(|_| true),
        }
    }

    fn latest(&self, role: Role) -> Cow<'_, str> {
        self.messages.iter().rfind(|message| message.role == role).map_or("", |message| &message.text).into()
    }

    fn joined(&self, wanted: impl Fn(&Message) -> bool) -> Cow<'_, str> {
        let mut texts = self.messages.iter().filter(|message| wanted(message)).map(|message| message.text.as_str());
        let first = texts.next().unwrap_or_default();
        texts.fold(Cow::Borrowed(first), |all, text| Cow::Owned(format!("{all}\n{text}")))
    }

    /// The request's body as JSON; null if it is none.
    pub(crate) fn body_json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}
