//! Expectations as a step writes them. Whether they hold is decided by the runner.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use protocol::EventName;
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
    /// Variables with what is expected of them; others may be there.
    #[schemars(schema_with = "crate::predicate::values")]
    pub vars: Map<String, Value>,
    /// NPC keys with the location keys where they are; others may be there.
    pub npc_locations: BTreeMap<String, String>,
    /// Any places in the game, as JSON pointers with what is expected there: `{"/npcs/odile/disposition": "wary"}`.
    #[schemars(schema_with = "crate::predicate::values")]
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

    /// The status of the request: `queued`, `processing`, `completed`, `failed` or `cancelled`; another service's own words.
    pub status: Option<String>,
    /// Which attempt at the request was the latest, from 1.
    pub attempt: Option<u32>,
    /// The last part of the problem type that the request failed with: `model-failed`.
    pub error: Option<String>,
    /// Events of the request, or of the whole game if the step has no request.
    pub events: Option<EventList>,
    /// The stream of `listen` that `events` speaks of; the case's own when left out.
    pub listener: Option<String>,
    /// How often the server has ended the stream of `listener`, or with what status it has refused it.
    pub stream: Option<StreamExpect>,
    /// The queue as `GET /v1/queue` shows it.
    pub queue: Option<QueueExpect>,
    /// How often the model was called in this case so far.
    pub model_calls: Option<CallCounts>,
    /// What the engine has sent to the model since the step began: such calls, in this order, with others between them.
    pub prompts: Vec<PromptPattern>,
    /// Nothing happens any more: nothing waits, nothing runs, every event has come. Everything else is looked at then.
    pub quiet: bool,
    /// Everything holds within so many milliseconds of the beginning of the step.
    pub within_ms: Option<u64>,
}

/// A call of the model.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PromptPattern {
    /// `text` (prose) or `json` (structured output).
    pub kind: Option<CallKind>,
    /// Texts that its messages contain.
    pub contains: Vec<String>,
    /// Texts that its messages do not contain.
    pub not_contains: Vec<String>,
    /// A regular expression that its messages, one after the other, match.
    pub regex: Option<String>,
}

/// What a call of the model asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// Prose.
    Text,
    /// Structured output.
    Json,
}

/// The state of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StreamExpect {
    /// Whether it is open.
    pub open: Option<bool>,
    /// The HTTP status with which it was answered.
    pub status: Option<u16>,
    /// How often the server has ended it.
    pub ended: Option<usize>,
}

impl Expect {
    /// Whether nothing is expected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether something is expected of the game's state.
    #[must_use]
    pub fn needs_state(&self) -> bool {
        self.location.is_some()
            || self.scene_name.is_some()
            || self.inventory.is_some()
            || self.turn_counter.is_some()
            || self.scene_turn_counter.is_some()
            || self.is_ended.is_some()
            || !self.vars.is_empty()
            || !self.npc_locations.is_empty()
            || !self.state.is_empty()
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
    /// Calls whose caller hung up before their end.
    pub hung_up: Option<usize>,
}

/// Events that must have come. Pieces of one narration count as one `chat.chunk`.
#[derive(Debug, Clone, PartialEq)]
pub enum EventList {
    /// `[…]`: these in this order, with any others between them.
    InOrder(Vec<EventPattern>),
    /// `{"exactly": […]}`: these and no others.
    Exactly(Vec<EventPattern>),
    /// `{"any_order": […]}`: these, each as often as it is named, in any order, with any others between them.
    AnyOrder(Vec<EventPattern>),
    /// `{"interleaved": [[…], […]]}`: each list in its order, whatever lies between.
    Interleaved(Vec<Vec<EventPattern>>),
    /// `{"none": […]}`: none of these, once nothing happens any more.
    None(Vec<EventPattern>),
}

impl EventList {
    /// All patterns.
    pub fn patterns(&self) -> impl Iterator<Item = &EventPattern> {
        let (one, many): (&[EventPattern], &[Vec<EventPattern>]) = match self {
            Self::InOrder(patterns) | Self::Exactly(patterns) | Self::AnyOrder(patterns) | Self::None(patterns) => {
                (patterns, &[])
            }
            Self::Interleaved(lists) => (&[], lists),
        };
        one.iter().chain(many.iter().flatten())
    }
}

impl EventList {
    /// All patterns, to be changed.
    pub fn patterns_mut(&mut self) -> impl Iterator<Item = &mut EventPattern> {
        let (one, many): (&mut [EventPattern], &mut [Vec<EventPattern>]) = match self {
            Self::InOrder(patterns) | Self::Exactly(patterns) | Self::AnyOrder(patterns) | Self::None(patterns) => {
                (patterns, &mut [])
            }
            Self::Interleaved(lists) => (&mut [], lists),
        };
        one.iter_mut().chain(many.iter_mut().flatten())
    }
}

/// One event: a plain name, or an object with more.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EventPattern {
    /// The event's name.
    pub event: String,
    /// The label of the request that it belongs to.
    pub request: Option<String>,
    /// Places in the event's data, as JSON pointers with what is expected there.
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
    /// Places in the event's data, as JSON pointers with what is expected there.
    #[serde(default, rename = "where")]
    #[schemars(schema_with = "crate::predicate::values")]
    matching: Map<String, Value>,
}

/// The object form of an [`EventList`].
#[derive(serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ListObject {
    /// These events and no others, in this order.
    Exactly(Vec<EventPattern>),
    /// These events, each as often as it is named, in any order, with any others between them.
    AnyOrder(Vec<EventPattern>),
    /// Each list in its order, whatever lies between.
    Interleaved(Vec<Vec<EventPattern>>),
    /// None of these, once nothing happens any more.
    None(Vec<EventPattern>),
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
                Ok(EventPattern { event: name.to_owned(), ..EventPattern::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EventPattern, A::Error> {
                let object = PatternObject::deserialize(MapAccessDeserializer::new(map))?;
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
                f.write_str("a list of events, or an object with `exactly`, `any_order`, `interleaved` or `none`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<EventList, A::Error> {
                let mut patterns = Vec::new();
                while let Some(pattern) = seq.next_element()? {
                    patterns.push(pattern);
                }
                Ok(EventList::InOrder(patterns))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<EventList, A::Error> {
                Ok(match ListObject::deserialize(MapAccessDeserializer::new(map))? {
                    ListObject::Exactly(patterns) => EventList::Exactly(patterns),
                    ListObject::AnyOrder(patterns) => EventList::AnyOrder(patterns),
                    ListObject::Interleaved(lists) => EventList::Interleaved(lists),
                    ListObject::None(patterns) => EventList::None(patterns),
                })
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
            "anyOf": [{ "type": "string", "enum": EventName::ALL }, object],
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
            "description": "Events: a plain list in its order with any others between them, exactly these, these in any order, lists that are interleaved, or none of these.",
            "anyOf": [{ "type": "array", "items": pattern }, object],
        })
    }
}
