//! A step that has been checked: exactly one action, targets and limits in types.

pub(super) mod read;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::expect::Expect;
use super::file::{GateAction, HttpStep, Listen, RequestStream, StepCapture, StreamAction, WaitFor};
use super::link::LinkAction;
use super::places;
use super::redis::RedisAction;
use super::target::{ClockAction, FreezeAction, ProcessAction};
use crate::json::Node;

/// One step of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it is about; made from its action if the file does not say.
    pub name: String,
    /// The line of the file on which it begins.
    pub line: usize,
    /// The lines of what it expects and captures, by their paths.
    pub(super) places: BTreeMap<String, usize>,
    /// The label of its game; `None`: the default one.
    pub game: Option<String>,
    /// What it does.
    pub action: Action,
    /// What must hold.
    pub expect: Expect,
    /// What is kept for later steps when all that holds.
    pub capture: BTreeMap<String, StepCapture>,
    /// How long it may take.
    pub limit: Duration,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Sends a message and, with `wait`, follows its request to the end.
    Chat(Chat),
    /// Follows the next story event that no earlier step has followed.
    WaitForStoryEvent {
        /// A name for the request.
        label: Option<String>,
    },
    /// Patches the seed again.
    Reset,
    /// Does steps at the same time.
    Parallel(Vec<Step>),
    /// Several do steps at the same time, each in order.
    Actors(BTreeMap<String, Vec<Step>>),
    /// Waits for an event or a text.
    WaitFor(WaitFor),
    /// Waits at a gate, or opens it.
    Gate(GateAction),
    /// Starts a process or sends it a signal.
    Process(ProcessAction),
    /// Freezes a process for a time.
    Freeze(FreezeAction),
    /// Sets a process' clock.
    Clock(ClockAction),
    /// Has so many workers from here on.
    Scale(usize),
    /// Something happens to Redis, or on the way to it.
    Redis(RedisAction),
    /// Something happens to a link.
    Link(LinkAction),
    /// Opens one more stream.
    Listen(Listen),
    /// Closes one.
    HangUp(String),
    /// Drops or resumes the case's stream of a game.
    Stream(StreamAction),
    /// Reads a request's own stream to its end.
    RequestStream(RequestStream),
    /// Any HTTP request.
    Http(Box<HttpStep>),
    /// Nothing: the step only expects.
    Check,
}

/// A message and how it is sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chat {
    /// The message.
    pub message: String,
    /// Who says it, if not the player character.
    pub actor: Option<String>,
    /// A name for the request.
    pub label: Option<String>,
    /// Whether the step lasts until the request has ended.
    pub wait: bool,
    /// More members of the request's body.
    pub with: Map<String, Value>,
    /// More headers.
    pub headers: BTreeMap<String, String>,
}

impl Step {
    /// This step and those inside it.
    pub(super) fn with_children(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        let children: Box<dyn Iterator<Item = &Self>> = match &self.action {
            Action::Parallel(steps) => Box::new(steps.iter()),
            Action::Actors(actors) => Box::new(actors.values().flatten()),
            _ => Box::new(std::iter::empty()),
        };
        Box::new(std::iter::once(self).chain(children.flat_map(Self::with_children)))
    }

    /// Those inside this step and then the step itself, each with what is written in the file.
    pub(super) fn with_nodes<'a>(&'a self, node: &'a Node) -> Vec<(&'a Self, &'a Node)> {
        let lists: Vec<(&[Self], Option<&Node>)> = match &self.action {
            Action::Parallel(steps) => vec![(steps, node.get("parallel"))],
            Action::Actors(actors) => {
                let written = node.get("actors");
                actors.iter().map(|(name, steps)| (steps.as_slice(), written.and_then(|all| all.get(name)))).collect()
            }
            _ => Vec::new(),
        };
        let pairs = lists.into_iter().flat_map(|(steps, list)| steps.iter().zip(list.map_or(&[][..], Node::items)));
        let mut all: Vec<_> = pairs.flat_map(|(step, node)| step.with_nodes(node)).collect();
        all.push((self, node));
        all
    }

    /// The line of the expectation or capture with this path, such as `expect.state./npcs/odile/location`; that of what it is part
    /// of, if it has none of its own.
    #[must_use]
    pub fn line_of(&self, path: &str) -> Option<usize> {
        places::line_of(&self.places, path)
    }
}

impl Action {
    /// A name for a step that has none.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Chat(chat) => chat.message.trim().to_owned(),
            Self::WaitForStoryEvent { .. } => "wait for a story event".to_owned(),
            Self::Reset => "reset the game".to_owned(),
            Self::Parallel(steps) => format!("{} steps at once", steps.len()),
            Self::Actors(actors) => actors.keys().cloned().collect::<Vec<_>>().join(" and "),
            Self::WaitFor(WaitFor { event: Some(event), .. }) => format!("wait for {event}"),
            Self::WaitFor(wait) => format!("wait for the text `{}`", wait.narration.as_deref().unwrap_or_default()),
            Self::Gate(GateAction::Wait(gate)) => format!("wait for a call at gate {gate}"),
            Self::Gate(GateAction::Open(gate)) => format!("open gate {gate}"),
            Self::Process(action) => format!("{} {}", action.verb, action.target),
            Self::Freeze(action) => action.describe(),
            Self::Clock(action) => action.describe(),
            Self::Scale(workers) => format!("scale to {workers} workers"),
            Self::Redis(action) => action.describe(),
            Self::Link(action) => action.describe(),
            Self::Listen(listen) => format!("{} listens", listen.label),
            Self::HangUp(label) => format!("{label} hangs up"),
            Self::Stream(StreamAction::Drop) => "drop the event stream".to_owned(),
            Self::Stream(StreamAction::Resume) => "resume the event stream".to_owned(),
            Self::RequestStream(stream) => format!("read the event stream of `{}`", stream.request),
            Self::Http(http) => format!("{} {}", http.method, http.path),
            Self::Check => "check".to_owned(),
        }
    }
}
