//! The vendors that an adapter knows: their wire format, their address, and where their key is kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who serves the model. Any other server is reached by the adapter whose format it speaks and its own `base_url`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Adapter {
    /// `OpenAI` chat completions, and the many servers that speak them.
    OpenAi,
    /// Anthropic messages.
    Anthropic,
    /// Ollama chat.
    Ollama,
    /// Google Gemini.
    Gemini,
    /// Groq.
    Groq,
    /// `DeepSeek`.
    DeepSeek,
    /// xAI.
    Xai,
    /// Mistral.
    Mistral,
    /// Together.
    Together,
    /// Fireworks.
    Fireworks,
    /// `OpenRouter`.
    OpenRouter,
    /// The server of llama.cpp.
    LlamaCpp,
}

/// The form of requests and responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `OpenAI` chat completions: JSON, streamed as server-sent events.
    ChatCompletions,
    /// Anthropic messages: JSON, streamed as server-sent events.
    Messages,
    /// Ollama chat: JSON, streamed as lines.
    OllamaChat,
    /// Gemini `generateContent`: JSON, streamed as server-sent events.
    GenerateContent,
}

impl Adapter {
    /// The name in the configuration and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
            Self::Gemini => "gemini",
            Self::Groq => "groq",
            Self::DeepSeek => "deepseek",
            Self::Xai => "xai",
            Self::Mistral => "mistral",
            Self::Together => "together",
            Self::Fireworks => "fireworks",
            Self::OpenRouter => "openrouter",
            Self::LlamaCpp => "llamacpp",
        }
    }

    /// The format that it speaks.
    #[must_use]
    pub const fn format(self) -> Format {
        match self {
            Self::Anthropic => Format::Messages,
            Self::Ollama => Format::OllamaChat,
            Self::Gemini => Format::GenerateContent,
            Self::OpenAi
            | Self::Groq
            | Self::DeepSeek
            | Self::Xai
            | Self::Mistral
            | Self::Together
            | Self::Fireworks
            | Self::OpenRouter
            | Self::LlamaCpp => Format::ChatCompletions,
        }
    }

    /// The vendor's own address, as `base_url` would name it.
    #[must_use]
    pub const fn base_url(self) -> &'static str {
        match self {
            Self::OpenAi => "https://api.openai.com/v1",
            Self::Anthropic => "https://api.anthropic.com/v1",
            Self::Ollama => "http://127.0.0.1:11434",
            Self::Gemini => "https://generativelanguage.googleapis.com/v1beta",
            Self::Groq => "https://api.groq.com/openai/v1",
            Self::DeepSeek => "https://api.deepseek.com/v1",
            Self::Xai => "https://api.x.ai/v1",
            Self::Mistral => "https://api.mistral.ai/v1",
            Self::Together => "https://api.together.xyz/v1",
            Self::Fireworks => "https://api.fireworks.ai/inference/v1",
            Self::OpenRouter => "https://openrouter.ai/api/v1",
            Self::LlamaCpp => "http://127.0.0.1:8080/v1",
        }
    }

    /// The environment variable that the vendor's own tools read the key from; nothing where no key is needed.
    #[must_use]
    pub const fn key_env(self) -> Option<&'static str> {
        match self {
            Self::OpenAi => Some("OPENAI_API_KEY"),
            Self::Anthropic => Some("ANTHROPIC_API_KEY"),
            Self::Gemini => Some("GEMINI_API_KEY"),
            Self::Groq => Some("GROQ_API_KEY"),
            Self::DeepSeek => Some("DEEPSEEK_API_KEY"),
            Self::Xai => Some("XAI_API_KEY"),
            Self::Mistral => Some("MISTRAL_API_KEY"),
            Self::Together => Some("TOGETHER_API_KEY"),
            Self::Fireworks => Some("FIREWORKS_API_KEY"),
            Self::OpenRouter => Some("OPENROUTER_API_KEY"),
            Self::Ollama | Self::LlamaCpp => None,
        }
    }
}
