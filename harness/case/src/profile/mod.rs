//! Profiles: what the harness must know of a service to run cases against it, as data.
//!
//! Which processes are started and how they say that they are ready, which requests begin a game, send a message and
//! look at what came of it, and how events are read. `story-engine.toml` next to this file is the profile of the story
//! engine; another service brings a `harness.toml`. The runner gives a profile its meaning.

mod call;
mod load;

pub use call::{Call, Vars, fill, fill_text, fill_texts};
pub use load::{ProfileError, find};

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use regex::Regex;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What the harness knows of a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The service's name.
    pub name: String,
    /// What is started for each case, in this order. None: the service is already there, at `url`.
    #[serde(default, rename = "process")]
    pub processes: Vec<ProcessProfile>,
    /// Where the service is, if it is not started case by case.
    #[serde(default)]
    pub url: Option<String>,
    /// A configuration that is written for its processes; cases lay their `engine` over it.
    #[serde(default)]
    pub config: Option<ConfigFile>,
    /// Begins a game. Without it a game is a name that the harness makes up.
    #[serde(default)]
    pub begin: Option<Making>,
    /// Brings a game into the state that a case seeds it with.
    #[serde(default)]
    pub seed: Option<Call>,
    /// Sends a message.
    #[serde(default)]
    pub send: Option<Making>,
    /// Shows a game.
    #[serde(default)]
    pub state: Option<StateCall>,
    /// Shows a request.
    #[serde(default)]
    pub request: Option<RequestCall>,
    /// Shows what waits.
    #[serde(default)]
    pub queue: Option<QueueCall>,
    /// The event streams.
    #[serde(default)]
    pub events: EventsProfile,
    /// Flags of `harness run`, by the name of their preset.
    #[serde(default, rename = "preset")]
    pub presets: BTreeMap<String, toml::Table>,
    /// Where the profile is; relative commands start there.
    #[serde(skip)]
    pub dir: PathBuf,
}

/// A process of the service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessProfile {
    /// What steps call it: `name`, or `name[0]` if there may be many.
    pub name: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// More arguments where there is a Redis.
    #[serde(default)]
    pub with_redis: Vec<String>,
    /// Its environment, besides what the harness was started with.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The line of its stdout that says that it is ready. The group `url` in it is the service's base URL.
    #[serde(with = "ready")]
    pub ready: Regex,
    /// The line of its stdout that says where it serves operators, if that is somewhere else. The group `url` in it is that base URL.
    #[serde(default, with = "operators")]
    pub operators: Option<Regex>,
    /// Within how many seconds it must print that line, before `HARNESS_TIME_FACTOR` stretches it; 20 when left out.
    #[serde(default)]
    pub ready_seconds: Option<u64>,
    /// Lines of its log that say nothing of a case, such as those of the harness's own requests: a report leaves them out.
    #[serde(default, with = "optional_regex")]
    pub routine: Option<Regex>,
    /// Whether there are as many as a case has `workers`.
    #[serde(default)]
    pub many: bool,
    /// It is started only where there is a Redis; elsewhere this process does its work, and is meant by its name.
    #[serde(default)]
    pub without_redis: Option<String>,
}

/// A configuration file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// Its name; commands call it `{config}`.
    pub file: String,
    /// What is in it. A member whose placeholder stands for nothing is left out, and so is what holds nothing else.
    pub content: Value,
    /// Settings that cases make shorter so that they take less time, by their paths (`worker.delay`), with the longest value that means no
    /// more than that. An external service need not have them.
    #[serde(default)]
    pub haste: std::collections::BTreeMap<String, f64>,
}

/// A request that makes something which has an id.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Making {
    /// The method.
    #[serde(default = "post")]
    pub method: String,
    /// The path.
    pub path: String,
    /// Headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The JSON body.
    #[serde(default)]
    pub body: Option<Value>,
    /// Where the id is in the answer, as a JSON pointer.
    pub id: String,
}

impl Making {
    /// The request.
    #[must_use]
    pub fn call(&self) -> Call {
        Call {
            method: self.method.clone(),
            path: self.path.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
        }
    }
}

fn post() -> String {
    "POST".to_owned()
}

/// How a game is looked at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateCall {
    /// The path.
    pub path: String,
    /// Where the id of the game's latest event is, as a JSON pointer.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// How a request is looked at. The members are JSON pointers into the answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestCall {
    /// The path.
    pub path: String,
    /// Where it is: a text.
    #[serde(default)]
    pub status: Option<String>,
    /// Which attempt was the latest: a number.
    #[serde(default)]
    pub attempt: Option<String>,
    /// Why it failed: a text, of which the part after the last slash counts.
    #[serde(default)]
    pub error: Option<String>,
    /// What was answered.
    #[serde(default)]
    pub text: Option<String>,
    /// What was asked.
    #[serde(default)]
    pub message: Option<String>,
}

/// How the queue is looked at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueCall {
    /// The path.
    pub path: String,
    /// Numbers that are all 0 when nothing waits and nothing runs, as JSON pointers.
    pub idle: Vec<String>,
}

/// How event streams are opened and read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventsProfile {
    /// A game's stream, from its first event.
    pub path: Option<String>,
    /// The same stream, from after the event that the header `Last-Event-ID` names; `path` when left out.
    pub resume: Option<String>,
    /// A request's own stream.
    pub request_path: Option<String>,
    /// Every event's name, so that a slip in a case is found; any name goes when left out.
    pub names: Vec<String>,
    /// How ids say that none is left out: the group `offset` is a number that is one more with each event of a game. Where it is
    /// left out, ids are only compared.
    #[serde(deserialize_with = "contiguous::deserialize")]
    pub contiguous: Option<Regex>,
    /// The offset of a game's first event; any when left out.
    pub first: Option<u64>,
    /// Events that have no id.
    pub without_id: Vec<String>,
    /// Events that say that the stream has a gap.
    pub broken: Vec<String>,
    /// Where the request's id is in an event's data, as a JSON pointer.
    pub request: Option<String>,
    /// The pieces of a text that streams.
    pub text: Option<TextEvents>,
    /// A request's last event, if it went well.
    pub completed: Vec<String>,
    /// A request's last event, if it did not.
    pub failed: Vec<String>,
    /// A request's last event, if it was withdrawn.
    pub cancelled: Vec<String>,
    /// How a request that nobody has sent makes itself known: what `WAIT_FOR_STORY_EVENT` waits for.
    pub unasked: Option<UnaskedEvents>,
}

/// Events that carry the pieces of a text.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextEvents {
    /// Their name.
    pub event: String,
    /// Where the piece is, as a JSON pointer.
    pub at: String,
    /// Where the number of the attempt is; a later attempt's text replaces an earlier one's.
    #[serde(default)]
    pub attempt: Option<String>,
    /// Where the number of pieces is that the event joins, whose ids are those up to its own; one where nothing is there.
    #[serde(default)]
    pub joins: Option<String>,
}

/// Events that announce requests which nobody has sent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnaskedEvents {
    /// Their name.
    pub event: String,
    /// What else must be so in their data, as JSON pointers with values.
    #[serde(default, rename = "where")]
    pub matching: Map<String, Value>,
    /// Where the text is that such a request brings.
    pub text: String,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Well.
    Completed,
    /// Not well.
    Failed,
    /// It was withdrawn.
    Cancelled,
}

impl EventsProfile {
    /// The offset that an id holds, where ids hold one.
    #[must_use]
    pub fn offset(&self, id: &str) -> Option<u64> {
        self.contiguous.as_ref()?.captures(id)?.name("offset")?.as_str().parse().ok()
    }

    /// Every name of an event that the profile uses, with the key that uses it.
    pub(super) fn used_names(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let lists = [
            ("without_id", &self.without_id),
            ("broken", &self.broken),
            ("completed", &self.completed),
            ("failed", &self.failed),
            ("cancelled", &self.cancelled),
        ];
        let lists = lists.into_iter().flat_map(|(key, names)| names.iter().map(move |name| (key, name.as_str())));
        let text = self.text.iter().map(|text| ("text", text.event.as_str()));
        lists.chain(text).chain(self.unasked.iter().map(|unasked| ("unasked", unasked.event.as_str())))
    }

    /// The end that an event of this name is for its request.
    #[must_use]
    pub fn end(&self, name: &str) -> Option<End> {
        let among = |names: &[String]| names.iter().any(|known| known == name);
        if among(&self.completed) {
            Some(End::Completed)
        } else if among(&self.failed) {
            Some(End::Failed)
        } else {
            among(&self.cancelled).then_some(End::Cancelled)
        }
    }
}

/// The built-in profile.
static STORY_ENGINE: LazyLock<Arc<Profile>> = LazyLock::new(|| match load::read(include_str!("story-engine.toml")) {
    Ok(profile) => Arc::new(profile),
    Err(error) => unreachable!("the built-in profile: {error}"),
});

impl Profile {
    /// The profile of the story engine.
    #[must_use]
    pub fn story_engine() -> Arc<Self> {
        Arc::clone(&STORY_ENGINE)
    }

    /// Whether this is the story engine, of which more is known than a profile can say: the runner checks its
    /// invariants.
    #[must_use]
    pub fn is_story_engine(&self) -> bool {
        self.dir.as_os_str().is_empty() && self.name == STORY_ENGINE.name
    }

    /// A process by its name.
    #[must_use]
    pub fn process(&self, name: &str) -> Option<&ProcessProfile> {
        self.processes.iter().find(|process| process.name == name)
    }

    /// The process of which there may be many.
    #[must_use]
    pub fn many(&self) -> Option<&ProcessProfile> {
        self.processes.iter().find(|process| process.many)
    }

    /// Whether some process wants to know where a Redis is.
    #[must_use]
    pub fn uses_redis(&self) -> bool {
        self.processes.iter().any(|process| !process.with_redis.is_empty())
    }
}

mod ready {
    use regex::Regex;
    use serde::{Deserialize, Deserializer, de::Error};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Regex, D::Error> {
        let text = String::deserialize(deserializer)?;
        Regex::new(&text).map_err(|error| D::Error::custom(error.to_string()))
    }
}

mod operators {
    use regex::Regex;
    use serde::{Deserializer, de::Error};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Regex>, D::Error> {
        let pattern = super::ready::deserialize(deserializer)?;
        if pattern.capture_names().flatten().any(|name| name == "url") {
            return Ok(Some(pattern));
        }
        Err(D::Error::custom(format!("`{pattern}` has no group `url`: `operators = 'operators at (?<url>\\S+)'`")))
    }
}

mod optional_regex {
    use regex::Regex;
    use serde::Deserializer;

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Regex>, D::Error> {
        super::ready::deserialize(deserializer).map(Some)
    }
}

mod contiguous {
    use regex::Regex;
    use serde::{Deserialize, Deserializer, de::Error};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Pattern(String),
        /// How profiles said that ids are the story engine's.
        Flag(#[expect(dead_code, reason = "only its form counts")] bool),
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Regex>, D::Error> {
        const HELP: &str = "it is a regular expression whose group `offset` finds the number in an event's id: \
                            `contiguous = '^(?<offset>[0-9]+)$'`";
        match Written::deserialize(deserializer) {
            Ok(Written::Pattern(text)) => {
                let pattern = Regex::new(&text).map_err(|error| D::Error::custom(error.to_string()))?;
                if pattern.capture_names().flatten().any(|name| name == "offset") {
                    Ok(Some(pattern))
                } else {
                    Err(D::Error::custom(format!("`{text}` has no group `offset`: {HELP}")))
                }
            }
            Ok(Written::Flag(_)) | Err(_) => Err(D::Error::custom(HELP)),
        }
    }
}
