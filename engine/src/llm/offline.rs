//! The offline narrator, served in this process on loopback by `mock-llm`'s library and called
//! like any other provider. The first minute needs no key, and there is no second way to call a model.

use std::net::SocketAddr;
use std::time::Duration;

use mock_llm::{Kind, Message, MockLlm, Responder, Speed};
use narrator::OfflineNarrator;
use story::ChatMessage;

use super::ModelsError;
use crate::config::{Adapter, Config, ProviderConfig};
use crate::content;

/// How long the first word takes, as a share of a second's words: a narrator draws breath.
const FIRST_WORD: f64 = 4.0;

/// Starts the narrator; it runs as long as the returned server is kept.
pub(super) async fn start(config: &Config) -> Result<(MockLlm, ProviderConfig), ModelsError> {
    let failed = |error: &dyn std::fmt::Display| ModelsError::Offline(error.to_string());
    let directory = config.content.as_deref();
    let library = content::load(directory).map_err(|error| failed(&error))?;
    let scripts = content::offline_scripts(directory).map_err(|error| failed(&error))?;
    let words_per_second = config.offline.words_per_second;
    let narrator = Narrator { narrator: OfflineNarrator::new(library, scripts), words_per_second };
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = MockLlm::with_responder(loopback, narrator).await.map_err(|error| failed(&error))?;
    let mut provider = ProviderConfig::new(Adapter::OpenAi, "offline-narrator");
    provider.display_name = Some("Offline narrator".to_owned());
    provider.base_url = Some(format!("{}/v1/", server.base_url()));
    Ok((server, provider))
}

#[derive(Debug)]
struct Narrator {
    narrator: OfflineNarrator,
    words_per_second: f64,
}

impl Responder for Narrator {
    fn respond(&self, kind: Kind, messages: &[Message]) -> String {
        let of = |role: mock_llm::Role| messages.iter().filter(move |message| message.role == role);
        let system: Vec<&str> = of(mock_llm::Role::System).map(|message| message.text.as_str()).collect();
        let system = system.join("\n\n");
        let said: Vec<ChatMessage> = messages.iter().filter_map(chat_message).collect();
        match kind {
            Kind::Text => self.narrator.narrate(&system, &said),
            Kind::Json => self.narrator.answer_for_delta(&system, &said),
        }
    }

    fn pace(&self) -> Speed {
        if self.words_per_second > 0.0 {
            let between_words = Duration::from_secs_f64(self.words_per_second.recip());
            Speed { first_word: between_words.mul_f64(FIRST_WORD), between_words }
        } else {
            Speed::default()
        }
    }
}

fn chat_message(message: &Message) -> Option<ChatMessage> {
    match message.role {
        mock_llm::Role::User => Some(ChatMessage::user(message.text.as_str())),
        mock_llm::Role::Assistant => Some(ChatMessage::assistant(message.text.as_str())),
        mock_llm::Role::System | mock_llm::Role::Tool => None,
    }
}
