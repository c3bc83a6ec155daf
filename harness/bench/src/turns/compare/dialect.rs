//! How to call a peer: its paths, bodies and events.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// That of the peers which have no server of their own (`ci/peers/saq`, `ci/peers/dbos`).
    Conversations,
    /// That of `LangGraph`'s server.
    Threads,
}

/// What an event says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PeerEvent<'a> {
    /// A piece of the narration of this turn.
    Piece(u128, Cow<'a, str>),
    /// The end of this turn, and which of the conversation's turns it is, if the peer says that.
    End(u128, Option<u64>),
}

/// What the store has of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stored {
    /// Turns, as its state counts them.
    pub(super) turns: u64,
    /// Messages of its history.
    pub(super) messages: u64,
}

#[derive(Deserialize)]
struct Data<'a> {
    id: Uuid,
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    turn: Option<u64>,
}

/// `LangGraph` sends the same kind of event at the beginning and at the end of a run. Only the one at the end has a status.
#[derive(Deserialize)]
struct Done<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    run_id: Uuid,
}

impl Dialect {
    /// Where a conversation is made.
    pub(super) const fn create(self) -> &'static str {
        match self {
            Self::Conversations => "/conversations",
            Self::Threads => "/threads",
        }
    }

    /// The id in the answer to that.
    pub(super) fn created(self, answer: &Value) -> Option<Uuid> {
        let id = match self {
            Self::Conversations => &answer["id"],
            Self::Threads => &answer["thread_id"],
        };
        id.as_str()?.parse().ok()
    }

    /// Path and body of a message.
    pub(super) fn message(self, conversation: Uuid, text: &str) -> (String, String) {
        match self {
            Self::Conversations => {
                (format!("/conversations/{conversation}/messages"), json!({ "message": text }).to_string())
            }
            Self::Threads => {
                let run = json!({
                    "assistant_id": "chat", "input": { "message": text }, "stream_mode": "custom",
                    "multitask_strategy": "enqueue", "durability": "exit",
                });
                (format!("/threads/{conversation}/runs"), run.to_string())
            }
        }
    }

    /// The id in the answer to that, in either.
    pub(super) fn accepted(body: &[u8]) -> Option<u128> {
        #[derive(Deserialize)]
        struct Accepted {
            #[serde(alias = "run_id")]
            id: Uuid,
        }
        serde_json::from_slice::<Accepted>(body).ok().map(|accepted| accepted.id.as_u128())
    }

    /// The event stream of a conversation.
    pub(super) fn events(self, conversation: Uuid) -> String {
        match self {
            Self::Conversations => format!("/conversations/{conversation}/events"),
            Self::Threads => format!("/threads/{conversation}/stream?stream_modes=run_modes"),
        }
    }

    /// What an event says, if it is one of a turn.
    pub(super) fn parse_event<'a>(self, name: &str, data: &'a str) -> Option<PeerEvent<'a>> {
        match (self, name) {
            (Self::Threads, "metadata") => {
                let Done { status, run_id } = serde_json::from_str(data).ok()?;
                (status == "run_done").then(|| PeerEvent::End(run_id.as_u128(), None))
            }
            (Self::Threads, "custom") | (Self::Conversations, "chunk" | "done") => {
                let Data { id, text, turn } = serde_json::from_str(data).ok()?;
                let id = id.as_u128();
                let end = turn.map(|turn| PeerEvent::End(id, Some(turn)));
                end.or_else(|| text.map(|text| PeerEvent::Piece(id, text)))
            }
            _ => None,
        }
    }

    /// Where a conversation is shown.
    pub(super) fn shown(self, conversation: Uuid) -> String {
        match self {
            Self::Conversations => format!("/conversations/{conversation}"),
            Self::Threads => format!("/threads/{conversation}/state"),
        }
    }

    /// What that says.
    pub(super) fn stored(self, answer: &Value) -> Option<Stored> {
        match self {
            Self::Conversations => {
                Some(Stored { turns: answer["turns"].as_u64()?, messages: answer["messages"].as_u64()? })
            }
            Self::Threads => {
                let values = &answer["values"];
                let messages = values["history"].as_array().map_or(0, Vec::len) as u64;
                Some(Stored { turns: values["state"]["turns"].as_u64().unwrap_or(0), messages })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "5c35e51e-2512-4489-aebe-a55410e6396d";

    fn id() -> u128 {
        ID.parse::<Uuid>().unwrap().as_u128()
    }

    #[test]
    fn events_of_turns_are_distinguished_from_others() {
        let piece = format!(r#"{{"id":"{ID}","text":"a \"word\" "}}"#);
        let end = format!(r#"{{"id":"{ID}","turn":3}}"#);
        let ended = format!(r#"{{"status":"run_done","run_id":"{ID}"}}"#);
        let begun = format!(r#"{{"run_id":"{ID}","attempt":1}}"#);
        let word = || Some(PeerEvent::Piece(id(), Cow::Borrowed("a \"word\" ")));
        let (ours, theirs) = (Dialect::Conversations, Dialect::Threads);
        assert_eq!([ours.parse_event("chunk", &piece), theirs.parse_event("custom", &piece)], [word(), word()]);
        assert_eq!(ours.parse_event("done", &end), Some(PeerEvent::End(id(), Some(3))));
        assert_eq!(theirs.parse_event("metadata", &ended), Some(PeerEvent::End(id(), None)));
        assert_eq!([theirs.parse_event("metadata", &begun), ours.parse_event("metadata", &ended)], [None, None]);
    }

    #[test]
    fn answers_are_read_in_both_dialects() {
        let (ours, theirs) = (Dialect::Conversations, Dialect::Threads);
        assert_eq!(Dialect::accepted(format!(r#"{{"id":"{ID}"}}"#).as_bytes()), Some(id()));
        assert_eq!(Dialect::accepted(format!(r#"{{"run_id":"{ID}","status":"pending"}}"#).as_bytes()), Some(id()));
        let stored = Some(Stored { turns: 2, messages: 4 });
        assert_eq!(ours.stored(&json!({ "turns": 2, "messages": 4 })), stored);
        assert_eq!(theirs.stored(&json!({ "values": { "state": { "turns": 2 }, "history": [1, 2, 3, 4] } })), stored);
        assert_eq!(theirs.created(&json!({ "thread_id": ID })).map(|id| id.as_u128()), Some(id()));
    }
}
