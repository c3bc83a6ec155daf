//! A step that has been checked: exactly one action, targets and limits in types.

use std::fmt;
use std::time::Duration;

use super::expect::{Expect, event_name};
use super::file::{GateAction, HttpStep, RequestStream, StepFile, StreamAction, WaitFor};
use crate::json::{JsonError, Node};

/// How long a step may take if it does not say.
const LIMIT: Duration = Duration::from_secs(10);

/// One step of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it is about; made from its action if the file does not say.
    pub name: String,
    /// The label of its game; `None`: the default one.
    pub game: Option<String>,
    /// What it does.
    pub action: Action,
    /// What must hold.
    pub expect: Expect,
    /// How long it may take.
    pub limit: Duration,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Sends a message and, with `wait`, follows its request to the end.
    Chat {
        /// The message.
        message: String,
        /// Who says it, if not the player character.
        actor: Option<String>,
        /// A name for the request.
        label: Option<String>,
        /// Whether the step lasts until the request has ended.
        wait: bool,
    },
    /// Follows the next story event that no earlier step has followed.
    WaitForStoryEvent {
        /// A name for the request.
        label: Option<String>,
    },
    /// Patches the seed again.
    Reset,
    /// Does steps at the same time.
    Parallel(Vec<Step>),
    /// Waits for an event or a text.
    WaitFor(WaitFor),
    /// Waits at a gate, or opens it.
    Gate(GateAction),
    /// Starts a process or sends it a signal.
    Process(ProcessAction),
    /// Drops or resumes the case's stream of a game.
    Stream(StreamAction),
    /// Reads a request's own stream to its end.
    RequestStream(RequestStream),
    /// Any HTTP request.
    Http(HttpStep),
    /// Nothing: the step only expects.
    Check,
}

/// What happens to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessAction {
    /// What is done.
    pub verb: Verb,
    /// To which process.
    pub target: Target,
}

/// What can be done to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// SIGKILL.
    Kill,
    /// SIGTERM, and it must end well.
    Terminate,
    /// SIGSTOP.
    Stop,
    /// SIGCONT.
    Continue,
    /// Start it, again or for the first time.
    Start,
}

/// A process of the case. Without Redis the API and all workers are one process, and both names mean it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The engine that serves HTTP.
    Api,
    /// The nth worker, from 0.
    Worker(usize),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api => f.write_str("api"),
            Self::Worker(n) => write!(f, "worker[{n}]"),
        }
    }
}

impl Target {
    fn parse(text: &str) -> Option<Self> {
        if text == "api" {
            return Some(Self::Api);
        }
        text.strip_prefix("worker[")?.strip_suffix(']')?.parse().ok().map(Self::Worker)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kill => "kill",
            Self::Terminate => "terminate",
            Self::Stop => "stop",
            Self::Continue => "continue",
            Self::Start => "start",
        })
    }
}

impl Step {
    /// This step and those inside it.
    pub(super) fn with_children(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        let children: &[Self] = match &self.action {
            Action::Parallel(steps) => steps,
            _ => &[],
        };
        Box::new(std::iter::once(self).chain(children.iter().flat_map(Self::with_children)))
    }

    /// Checks a step as it is written in `node`.
    pub(super) fn from_file(file: StepFile, node: &Node) -> Result<Self, JsonError> {
        let limit = match file.timeout_seconds {
            None => LIMIT,
            Some(seconds) => {
                Duration::try_from_secs_f64(seconds).ok().filter(|limit| !limit.is_zero()).ok_or_else(|| {
                    JsonError::at(span_of(node, "timeout_seconds"), "a time limit is a number of seconds above 0")
                })?
            }
        };
        check_expect(&file.expect, node)?;
        let name = file.name.clone();
        let game = file.game.clone();
        let expect = file.expect.clone();
        let action = action(file, node)?;
        let name = name.unwrap_or_else(|| action.describe());
        Ok(Self { name, game, action, expect, limit })
    }
}

/// The keys that say what a step does.
const ACTIONS: &[&str] = &[
    "user_prompt",
    "parallel",
    "wait_for",
    "gate",
    "kill",
    "terminate",
    "stop",
    "continue",
    "start",
    "events",
    "stream",
    "http",
];

fn action(file: StepFile, node: &Node) -> Result<Action, JsonError> {
    let mut written = node.members().iter().filter(|member| ACTIONS.contains(&member.key.as_str()));
    let first = written.next();
    if let Some(second) = written.next() {
        let first = first.map_or("", |member| member.key.as_str());
        return Err(JsonError::at(
            second.key_span.clone(),
            format!("a step does one thing, and this one has `{first}`"),
        )
        .help("make two steps of it"));
    }
    let talks = file.user_prompt.is_some();
    for key in ["actor", "wait", "as"] {
        if node.get(key).is_some() && !talks {
            return Err(JsonError::at(span_of(node, key), format!("`{key}` goes with `user_prompt`")));
        }
    }
    if let Some(message) = file.user_prompt {
        return Ok(match message.trim() {
            "RESET_GAMESTATE" => Action::Reset,
            "WAIT_FOR_STORY_EVENT" => Action::WaitForStoryEvent { label: file.label },
            _ => Action::Chat { message, actor: file.actor, label: file.label, wait: file.wait.unwrap_or(true) },
        });
    }
    if let Some(children) = file.parallel {
        let nodes = node.get("parallel").map_or(&[][..], Node::items);
        let steps = children.into_iter().zip(nodes).map(|(child, node)| Step::from_file(child, node));
        return Ok(Action::Parallel(steps.collect::<Result<_, _>>()?));
    }
    if let Some(wait) = file.wait_for {
        check_wait(&wait, node)?;
        return Ok(Action::WaitFor(wait));
    }
    if let Some(gate) = file.gate {
        return Ok(Action::Gate(gate));
    }
    if let Some(events) = file.events {
        return Ok(Action::Stream(events));
    }
    if let Some(stream) = file.stream {
        return Ok(Action::RequestStream(stream));
    }
    if let Some(http) = file.http {
        return Ok(Action::Http(http));
    }
    let on_processes = [
        (file.kill, Verb::Kill, "kill"),
        (file.terminate, Verb::Terminate, "terminate"),
        (file.stop, Verb::Stop, "stop"),
        (file.resume, Verb::Continue, "continue"),
        (file.start, Verb::Start, "start"),
    ];
    for (target, verb, key) in on_processes {
        if let Some(target) = target {
            let target = Target::parse(&target).ok_or_else(|| {
                JsonError::at(span_of(node, key), format!("`{target}` is not a process"))
                    .help("`api`, `worker[0]`, `worker[1]`, …")
            })?;
            return Ok(Action::Process(ProcessAction { verb, target }));
        }
    }
    if file.expect.is_empty() {
        return Err(JsonError::at(node.span.clone(), "this step does nothing and expects nothing")
            .help(format!("it needs `expect` or one of: {}", ACTIONS.join(", "))));
    }
    Ok(Action::Check)
}

fn check_wait(wait: &WaitFor, node: &Node) -> Result<(), JsonError> {
    let span = span_of(node, "wait_for");
    match (&wait.event, &wait.narration) {
        (Some(event), None) => event_name::<JsonError>(event).map_err(|error| JsonError { span: Some(span), ..error }),
        (None, Some(_)) => Ok(()),
        _ => Err(JsonError::at(span, "a wait is for an `event` or for a `narration`: exactly one of them")),
    }
}

fn check_expect(expect: &Expect, node: &Node) -> Result<(), JsonError> {
    let Some(pattern) = &expect.response_regex else { return Ok(()) };
    let span = || node.get("expect").map_or(node.span.clone(), |expect| span_of(expect, "response_regex"));
    regex::Regex::new(pattern).map(|_| ()).map_err(|error| JsonError::at(span(), error.to_string()))
}

fn span_of(node: &Node, key: &str) -> crate::json::Span {
    node.get(key).unwrap_or(node).span.clone()
}

impl Action {
    /// A name for a step that has none.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Chat { message, .. } => message.trim().to_owned(),
            Self::WaitForStoryEvent { .. } => "wait for a story event".to_owned(),
            Self::Reset => "reset the game".to_owned(),
            Self::Parallel(steps) => format!("{} steps at once", steps.len()),
            Self::WaitFor(WaitFor { event: Some(event), .. }) => format!("wait for {event}"),
            Self::WaitFor(wait) => format!("wait for the text `{}`", wait.narration.as_deref().unwrap_or_default()),
            Self::Gate(GateAction::Wait(gate)) => format!("wait for a call at gate {gate}"),
            Self::Gate(GateAction::Open(gate)) => format!("open gate {gate}"),
            Self::Process(action) => format!("{} {}", action.verb, action.target),
            Self::Stream(StreamAction::Drop) => "drop the event stream".to_owned(),
            Self::Stream(StreamAction::Resume) => "resume the event stream".to_owned(),
            Self::RequestStream(stream) => format!("read the event stream of `{}`", stream.request),
            Self::Http(http) => format!("{} {}", http.method, http.path),
            Self::Check => "check".to_owned(),
        }
    }
}
