//! Expectations as a step writes them. Whether they hold is decided in [`crate::expect`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use protocol::{Event, RequestStatus};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde_json::{Map, Value};

/// What must hold for a step to be done. Everything that is left out is not looked at.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// The label of the request that `status`, `attempt`, `error`, `response_…`, `story_event_…` and `events` speak of;
    /// the step's own request if it made one.
    pub request: Option<String>,

    /// Where the player is, by location key.
    #[serde(alias = "user_location")]
    pub location: Option<String>,
    /// The current scene's key.
    pub scene_name: Option<String>,
    /// What the player carries: exactly these, in any order. An empty list means: nothing.
    #[serde(alias = "user_inventory")]
    pub inventory: Option<Vec<String>>,
    /// Turns taken.
    pub turn_counter: Option<u64>,
    /// Turns taken in this scene.
    pub scene_turn_counter: Option<u64>,
    /// Whether the story is over.
    #[serde(alias = "game_ended")]
    pub is_ended: Option<bool>,
    /// Variables with their values; others may be there.
    pub vars: BTreeMap<String, String>,
    /// NPC keys with the location keys where they are; others may be there.
    pub npc_locations: BTreeMap<String, String>,
    /// Any places in the game, as JSON pointers with their values: `{"/npcs/odile/disposition": "wary"}`.
    pub state: Map<String, Value>,

    /// Texts that the narration contains, whatever their case.
    pub response_contains: Vec<String>,
    /// Texts that the narration does not contain, whatever their case.
    pub response_not_contains: Vec<String>,
    /// A regular expression that the narration matches.
    pub response_regex: Option<String>,
    /// The shortest that the narration may be, in bytes.
    pub response_min_length: Option<usize>,
    /// The longest that the narration may be, in bytes.
    pub response_max_length: Option<usize>,

    /// Texts that the story event's prompt contains, whatever their case.
    pub story_event_contains: Vec<String>,
    /// Texts that the story event's prompt does not contain, whatever their case.
    pub story_event_not_contains: Vec<String>,
    /// The story event's prompt, word for word.
    pub story_event_exact: Option<String>,

    /// Where the request stands: `queued`, `processing`, `completed`, `failed` or `cancelled`.
    #[schemars(with = "Option<String>")]
    pub status: Option<RequestStatus>,
    /// Which attempt at the request was the latest, from 1.
    pub attempt: Option<u32>,
    /// The last part of the problem type that the request failed with: `model-failed`.
    pub error: Option<String>,
    /// Events of the request, or of the whole game if the step has no request.
    pub events: Option<EventList>,
    /// The queue as `GET /v1/queue` shows it.
    pub queue: Option<QueueExpect>,
    /// How often the model was called in this case so far.
    pub model_calls: Option<CallCounts>,
}

impl Expect {
    /// Whether nothing is expected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Numbers of `GET /v1/queue`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QueueExpect {
    /// Queued requests of all games.
    pub depth: Option<u64>,
    /// Games that a worker could claim now.
    pub ready: Option<u64>,
    /// Games in back-off.
    pub delayed: Option<u64>,
    /// Games under a lease.
    pub active: Option<u64>,
    /// Dead letters.
    pub dead_letters: Option<u64>,
}

/// Numbers of model calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CallCounts {
    /// Calls for prose.
    pub text: Option<usize>,
    /// Calls for structured output.
    pub json: Option<usize>,
}

/// Events that must have come, in this order. Pieces of one narration count as one `chat.chunk`.
#[derive(Debug, Clone, PartialEq)]
pub enum EventList {
    /// A plain list: these, with any others between them.
    InOrder(Vec<EventPattern>),
    /// `{"exactly": […]}`: these and no others.
    Exactly(Vec<EventPattern>),
}

impl EventList {
    /// The patterns.
    #[must_use]
    pub fn patterns(&self) -> &[EventPattern] {
        match self {
            Self::InOrder(patterns) | Self::Exactly(patterns) => patterns,
        }
    }
}

/// One event: a plain name, or an object with more.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventPattern {
    /// The event's name.
    pub event: String,
    /// The label of the request that it belongs to.
    pub request: Option<String>,
    /// Places in the event's data, as JSON pointers with their values.
    pub matching: Map<String, Value>,
}

/// The object form of an [`EventPattern`].
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PatternObject {
    /// The event's name.
    event: String,
    /// The label of the request that it belongs to.
    #[serde(default)]
    request: Option<String>,
    /// Places in the event's data, as JSON pointers with their values.
    #[serde(default, rename = "where")]
    matching: Map<String, Value>,
}

/// The object form of an [`EventList`].
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListObject {
    /// These events and no others, in this order.
    exactly: Vec<EventPattern>,
}

/// Checks that an event of this name exists.
pub(super) fn event_name<E: de::Error>(name: &str) -> Result<(), E> {
    if Event::NAMES.contains(&name) { Ok(()) } else { Err(E::unknown_variant(name, Event::NAMES)) }
}

impl<'de> Deserialize<'de> for EventPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PatternVisitor;

        impl<'de> Visitor<'de> for PatternVisitor {
            type Value = EventPattern;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event's name, or an object with `event`, `request`, `where`")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<EventPattern, E> {
                event_name(name)?;
                Ok(EventPattern { event: name.to_owned(), ..EventPattern::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EventPattern, A::Error> {
                let object = PatternObject::deserialize(MapAccessDeserializer::new(map))?;
                event_name(&object.event)?;
                Ok(EventPattern { event: object.event, request: object.request, matching: object.matching })
            }
        }

        deserializer.deserialize_any(PatternVisitor)
    }
}

impl<'de> Deserialize<'de> for EventList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor;

        impl<'de> Visitor<'de> for ListVisitor {
            type Value = EventList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of events, or `{\"exactly\": [events]}`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<EventList, A::Error> {
                let mut patterns = Vec::new();
                while let Some(pattern) = seq.next_element()? {
                    patterns.push(pattern);
                }
                Ok(EventList::InOrder(patterns))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EventList, A::Error> {
                ListObject::deserialize(MapAccessDeserializer::new(map)).map(|list| EventList::Exactly(list.exactly))
            }
        }

        deserializer.deserialize_any(ListVisitor)
    }
}

impl JsonSchema for EventPattern {
    fn schema_name() -> Cow<'static, str> {
        "EventPattern".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let object = PatternObject::json_schema(generator);
        json_schema!({
            "description": "One event: its name, or an object with more.",
            "anyOf": [{ "type": "string", "enum": Event::NAMES }, object],
        })
    }
}

impl JsonSchema for EventList {
    fn schema_name() -> Cow<'static, str> {
        "EventList".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let pattern = generator.subschema_for::<EventPattern>();
        let object = ListObject::json_schema(generator);
        json_schema!({
            "description": "Events in their order: a plain list with any others between them, or exactly these.",
            "anyOf": [{ "type": "array", "items": pattern }, object],
        })
    }
}
