//! Server profiles: how one kind of server differs from its vendor's documentation. What it refuses and in which words, where
//! its calls go, how it ends a stream, how it writes thoughts. A profile is a JSON file without code; it combines with any
//! script, which still says what the model answers.

mod condition;
mod format;
mod refusal;
mod shape;

use std::{fs, path::Path};

use serde_json::Value;
use thiserror::Error;

pub(crate) use self::format::Site;
use self::{
    format::{ProfileForm, RuleForm},
    refusal::{NAMES, Refusals, Rule},
    shape::Shape,
};
use crate::{
    quirk::RetryForm,
    script::{FramingForm, checked_json, checked_text},
};

/// The profiles that come with the library, in the order of their names.
const BUILT_IN: [(&str, &str); 20] = [
    ("anthropic", include_str!("../../profiles/anthropic.json")),
    ("azure", include_str!("../../profiles/azure.json")),
    ("deepseek", include_str!("../../profiles/deepseek.json")),
    ("gateway", include_str!("../../profiles/gateway.json")),
    ("gemini", include_str!("../../profiles/gemini.json")),
    ("gpt-oss", include_str!("../../profiles/gpt-oss.json")),
    ("groq", include_str!("../../profiles/groq.json")),
    ("litellm", include_str!("../../profiles/litellm.json")),
    ("llama-cpp", include_str!("../../profiles/llama-cpp.json")),
    ("llama-cpp-gemma", include_str!("../../profiles/llama-cpp-gemma.json")),
    ("lm-studio", include_str!("../../profiles/lm-studio.json")),
    ("mistral", include_str!("../../profiles/mistral.json")),
    ("ollama", include_str!("../../profiles/ollama.json")),
    ("openai", include_str!("../../profiles/openai.json")),
    ("openai-reasoning", include_str!("../../profiles/openai-reasoning.json")),
    ("openrouter", include_str!("../../profiles/openrouter.json")),
    ("qwen", include_str!("../../profiles/qwen.json")),
    ("tgi", include_str!("../../profiles/tgi.json")),
    ("vllm-4k", include_str!("../../profiles/vllm-4k.json")),
    ("vllm-old", include_str!("../../profiles/vllm-old.json")),
];

/// A profile that cannot be played.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// There is none of this name.
    #[error("there is no profile {name:?}; there are: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names of all profiles.
        known: String,
    },
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no profile.
    #[error("{path}: {problem}")]
    Invalid {
        /// The file, or the name of the profile.
        path: String,
        /// What is wrong, and where.
        problem: String,
    },
}

/// How one kind of server behaves.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    name: String,
    description: String,
    adapter: String,
    model: String,
    needs_key: bool,
    /// Where calls go; every vendor's own addresses if there is none.
    pub(crate) site: Option<Site>,
    /// What other addresses answer.
    pub(crate) pages: Vec<(String, Value)>,
    pub(crate) refusals: Refusals,
    pub(crate) retry: RetryForm,
    /// How streams are laid out where the reply does not say.
    pub(crate) framing: FramingForm,
    pub(crate) shape: Shape,
}

impl Profile {
    /// The profile of this name, or from a file if it ends in `.json`.
    pub fn load(name: &str) -> Result<Self, ProfileError> {
        let path = Path::new(name);
        if path.extension().is_some_and(|extension| extension == "json") {
            let read = fs::read_to_string(path);
            let text = read.map_err(|source| ProfileError::Read { path: name.to_owned(), source })?;
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            return Self::parse(&text, &stem);
        }
        let Some((name, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = Self::names().collect();
            return Err(ProfileError::Unknown { name: name.to_owned(), known: known.join(", ") });
        };
        Self::parse(text, name)
    }

    /// Reads a profile from its text. `name` is what it is called.
    pub fn parse(text: &str, name: &str) -> Result<Self, ProfileError> {
        let invalid = |problem: String| ProfileError::Invalid { path: name.to_owned(), problem };
        let form: ProfileForm = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        compile(form, name).map_err(invalid)
    }

    /// The names of the profiles that come with the library, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// What it is called; empty for a server without a profile.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it imitates, in a sentence.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The adapter that an engine calls such a server with.
    #[must_use]
    pub fn adapter(&self) -> &str {
        &self.adapter
    }

    /// A model that it offers.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether it refuses calls without a key.
    #[must_use]
    pub fn needs_key(&self) -> bool {
        self.needs_key
    }

    /// What is put behind the server's address to get the base URL of its clients.
    #[must_use]
    pub fn base_path(&self) -> &str {
        self.site.as_ref().map_or("", |site| &site.client_base)
    }
}

fn compile(form: ProfileForm, name: &str) -> Result<Profile, String> {
    let names = NAMES.map(str::to_owned);
    let template = |value: &Value, pointer: &str| checked_json(value, &names, pointer);
    let rule = |(index, form): (usize, RuleForm)| -> Result<Rule, String> {
        let pointer = format!("/refuse/{index}");
        Ok(Rule {
            when: form.when,
            status: form.status,
            message: checked_text(&form.message, &names, &format!("{pointer}/message"))?,
            body: form.body.map(|body| template(&body, &format!("{pointer}/body"))).transpose()?,
        })
    };
    Ok(Profile {
        name: name.to_owned(),
        description: form.description,
        adapter: form.adapter,
        model: form.model,
        needs_key: form.needs_key,
        site: Some(Site::new(form.api, form.base)),
        pages: form.pages.into_iter().collect(),
        refusals: Refusals {
            rules: form.refuse.into_iter().enumerate().map(rule).collect::<Result<_, _>>()?,
            error: form.error.map(|error| template(&error, "/error")).transpose()?,
        },
        retry: form.retry_after,
        framing: form.framing,
        shape: Shape { reasoning: form.reasoning, thinks: form.thinks, json: form.json },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_can_be_loaded_and_says_what_it_is() {
        let names: Vec<_> = Profile::names().collect();
        assert!(names.is_sorted());
        for name in names {
            let profile = Profile::load(name).unwrap_or_else(|error| panic!("{error}"));
            assert!(profile.description().len() > 20 && !profile.adapter().is_empty(), "{name}");
            assert!(!profile.model().is_empty() && profile.site.is_some(), "{name}");
        }
    }

    #[test]
    fn a_profile_that_cannot_be_played_says_why() {
        let unknown = Profile::load("lama-cpp").unwrap_err().to_string();
        assert!(unknown.contains("llama-cpp"), "{unknown}");
        let typo =
            r#"{"description": "x", "adapter": "openai", "api": "chat_completions", "model": "m", "reffuse": []}"#;
        let error = Profile::parse(typo, "typo").unwrap_err().to_string();
        assert!(error.contains("typo") && error.contains("reffuse"), "{error}");
        let name = r#"{"description": "x", "adapter": "openai", "api": "chat_completions", "model": "m",
            "refuse": [{"when": {"has": ["/stop"]}, "message": "no {{fields}}"}]}"#;
        let error = Profile::parse(name, "names").unwrap_err().to_string();
        assert!(error.contains("/refuse/0/message") && error.contains("fields"), "{error}");
    }
}
