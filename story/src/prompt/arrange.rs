//! The form that every chat template takes: one system text, then user and assistant in turn, beginning and ending with the user.
//! Several templates (Gemma, Mistral, newer Qwen) refuse any other form, and none refuses this one.

use serde::Serialize;

use crate::message::{ChatMessage, Role};

/// Stands before a story that the narrator begins, where a template wants the user to speak first.
pub const BEGIN: &str = "Begin the story.";

/// What a model is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prompt {
    system: String,
    messages: Vec<ChatMessage>,
}

impl Prompt {
    /// Arranges `messages`, oldest first, before `last`, which is the user's. What has the system's role is said by the user; blank
    /// messages are left out; neighbours of one role become one message.
    #[must_use]
    pub fn new(system: String, messages: impl IntoIterator<Item = ChatMessage>, last: String) -> Self {
        let mut arranged: Vec<ChatMessage> = Vec::new();
        for message in messages.into_iter().chain([ChatMessage::user(last)]) {
            if message.content.trim().is_empty() {
                continue;
            }
            let from_model = message.role == Role::Assistant;
            match arranged.last_mut() {
                None if from_model => arranged.extend([ChatMessage::user(BEGIN), message]),
                Some(before) if (before.role == Role::Assistant) == from_model => {
                    before.content.push_str("\n\n");
                    before.content.push_str(&message.content);
                }
                _ if from_model => arranged.push(message),
                _ => arranged.push(ChatMessage::user(message.content)),
            }
        }
        Self { system, messages: arranged }
    }

    /// The system text. What changes least comes first in it, so that a provider can cache the head.
    #[must_use]
    pub fn system(&self) -> &str {
        &self.system
    }

    /// The same prompt, and after the model's `answer` to it another request of the user.
    #[must_use]
    pub fn followed_by(&self, answer: String, request: String) -> Self {
        let messages = self.messages.iter().cloned().chain([ChatMessage::assistant(answer)]);
        Self::new(self.system.clone(), messages, request)
    }

    /// How long all texts are together, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.system.len() + self.messages.iter().map(|message| message.content.len()).sum::<usize>()
    }

    /// The messages, oldest first: user and assistant in turn, the first and the last one the user's.
    #[must_use]
    pub fn messages(&self) -> &[ChatMessage] {
        &self.messages
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(role: Role, content: &str) -> ChatMessage {
        ChatMessage { role, content: content.to_owned(), is_story_event: false }
    }

    #[test]
    fn an_opening_gets_a_user_before_it() {
        let prompt = Prompt::new("S".into(), [message(Role::Assistant, "It is dark.")], "I look.".into());
        let texts: Vec<_> = prompt.messages().iter().map(|message| message.content.as_str()).collect();
        assert_eq!(texts, [BEGIN, "It is dark.", "I look."]);
    }

    #[test]
    fn neighbours_of_one_role_become_one_message() {
        let history = [message(Role::User, "a"), message(Role::System, "b"), message(Role::Assistant, " ")];
        let prompt = Prompt::new(String::new(), history, "c".into());
        assert_eq!(prompt.messages(), [ChatMessage::user("a\n\nb\n\nc")]);
    }

    proptest! {
        #[test]
        fn whatever_a_history_holds_roles_alternate_from_user_to_user(
            history in proptest::collection::vec((0..3_usize, "[ a]{0,3}"), 0..12)
        ) {
            let roles = [Role::User, Role::Assistant, Role::System];
            let history = history.iter().map(|(role, text)| message(roles[*role], text));
            let prompt = Prompt::new("S".into(), history, "last".into());
            for (index, message) in prompt.messages().iter().enumerate() {
                let expected = if index % 2 == 0 { Role::User } else { Role::Assistant };
                prop_assert_eq!(message.role, expected);
                prop_assert!(!message.content.trim().is_empty());
            }
            prop_assert_eq!(prompt.messages().len() % 2, 1);
            prop_assert!(prompt.messages().last().unwrap().content.ends_with("last"));
        }
    }
}
