//! From a step as it is written to one that has been checked: which action its keys make, and what is wrong with them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Action, Chat, Step};
use crate::checks::{check_captures, check_expect, check_http, span_of};
use crate::file::{ClockStep, FreezeStep, StepFile};
use crate::json::{self, JsonError, Node};
use crate::link::{LinkAction, LinkStep, LinkTo};
use crate::profile::Profile;
use crate::sources::CaseLines;
use crate::target::{ClockAction, FreezeAction, ProcessAction, Target, Verb};
use crate::{misplaced, names, places};

/// How long a step may take if it does not say.
const LIMIT: Duration = Duration::from_secs(10);

/// What a step is checked against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'a> {
    /// The lines of the file.
    pub(crate) lines: &'a CaseLines<'a>,
    /// The service that the case is for.
    pub(crate) profile: &'a Profile,
}

impl Step {
    /// Reads a step as it is written in `node`.
    pub(crate) fn read(node: &Node, around: Around<'_>) -> Result<Self, Vec<JsonError>> {
        let mut found = names::check(node, around.profile);
        match json::all_from_node(node) {
            Ok(file) => match Self::from_file(file, node, around) {
                Ok(step) if found.is_empty() => return Ok(step),
                Ok(_) => {}
                Err(errors) => found.extend(errors),
            },
            Err(errors) => found.extend(errors),
        }
        misplaced::hint_step(node, &mut found);
        Err(found)
    }

    /// Checks a step as it is written in `node`.
    fn from_file(file: StepFile, node: &Node, around: Around<'_>) -> Result<Self, Vec<JsonError>> {
        let mut found = Vec::new();
        let limit = match file.timeout_seconds.map(Duration::try_from_secs_f64) {
            None => LIMIT,
            Some(Ok(limit)) if !limit.is_zero() => limit,
            Some(_) => {
                let what = "a time limit is a number of seconds above 0";
                found.push(JsonError::at(span_of(node, "timeout_seconds"), what));
                LIMIT
            }
        };
        check_expect(&file.expect, node, &mut found);
        check_captures(&file.capture, node, &mut found);
        let line = around.lines.line(node.span.start);
        let name = file.name.clone();
        let game = file.game.clone();
        let expect = file.expect.clone();
        let capture = file.capture.clone();
        let action = action(file, node, around);
        if let Ok(Action::Freeze(freeze)) = &action
            && freeze.length >= limit
        {
            let freeze = node.get("freeze").unwrap_or(node);
            let what = format!("the step has to be done in {} ms, its time limit", limit.as_millis());
            let error = JsonError::at(span_of(freeze, "for_ms"), what);
            found.push(error.help("freeze for less, or give the step more `timeout_seconds`"));
        }
        match action {
            Ok(action) if found.is_empty() => {
                let name = name.unwrap_or_else(|| action.describe());
                let places = places::of_step(node, around.lines);
                Ok(Self { name, line, places, game, action, expect, capture, limit })
            }
            Ok(_) => Err(found),
            Err(errors) => Err([found, errors].concat()),
        }
    }

    fn list(files: Vec<StepFile>, nodes: &[Node], around: Around<'_>) -> Result<Vec<Self>, Vec<JsonError>> {
        let (mut steps, mut found) = (Vec::new(), Vec::new());
        for (file, node) in files.into_iter().zip(nodes) {
            match Self::from_file(file, node, around) {
                Ok(step) => steps.push(step),
                Err(errors) => found.extend(errors),
            }
        }
        if found.is_empty() { Ok(steps) } else { Err(found) }
    }
}

/// The keys that say what a step does.
const ACTIONS: &[&str] = &[
    "user_prompt",
    "parallel",
    "actors",
    "wait_for",
    "gate",
    "kill",
    "terminate",
    "stop",
    "continue",
    "freeze",
    "start",
    "restart",
    "scale",
    "clock",
    "redis",
    "link",
    "listen",
    "hang_up",
    "events",
    "stream",
    "http",
];

fn action(mut file: StepFile, node: &Node, around: Around<'_>) -> Result<Action, Vec<JsonError>> {
    let mut found: Vec<JsonError> = only_one(node).err().into_iter().collect();
    for key in ["actor", "wait", "as", "with", "headers"] {
        if node.get(key).is_some() && file.user_prompt.is_none() {
            found.push(JsonError::at(span_of(node, key), format!("`{key}` goes with `user_prompt`")));
        }
    }
    if !found.is_empty() {
        return Err(found);
    }
    if let Some(message) = file.user_prompt {
        check_magic(&message, node).map_err(one)?;
        return Ok(match message.trim() {
            "RESET_GAMESTATE" => Action::Reset,
            "WAIT_FOR_STORY_EVENT" => Action::WaitForStoryEvent { label: file.label },
            _ => Action::Chat(Chat {
                message,
                actor: file.actor,
                label: file.label,
                wait: file.wait.unwrap_or(true),
                with: file.with,
                headers: file.headers,
            }),
        });
    }
    if let Some(action) = process_action(&mut file, node, around.profile).map_err(one)? {
        return Ok(action);
    }
    if let Some(children) = file.parallel {
        let nodes = node.get("parallel").map_or(&[][..], Node::items);
        if nodes.is_empty() {
            return Err(one(JsonError::at(span_of(node, "parallel"), "nothing is done here: give it steps")));
        }
        return Ok(Action::Parallel(Step::list(children, nodes, around)?));
    }
    if let Some(actors) = file.actors {
        if actors.is_empty() {
            return Err(one(JsonError::at(span_of(node, "actors"), "nobody acts here: name somebody with steps")));
        }
        let mut acting = BTreeMap::new();
        for (name, steps) in actors {
            let list = node.get("actors").and_then(|actors| actors.get(&name));
            let nodes = list.map_or(&[][..], Node::items);
            if nodes.is_empty() {
                let span = list.map_or_else(|| span_of(node, "actors"), |list| list.span.clone());
                found.push(JsonError::at(span, format!("`{name}` does nothing: give them steps")));
            }
            match Step::list(steps, nodes, around) {
                Ok(steps) => drop(acting.insert(name, steps)),
                Err(errors) => found.extend(errors),
            }
        }
        return if found.is_empty() { Ok(Action::Actors(acting)) } else { Err(found) };
    }
    if let Some(wait) = file.wait_for {
        if wait.event.is_some() == wait.narration.is_some() {
            let what = "a wait is for an `event` or for a `narration`: exactly one of them";
            return Err(one(JsonError::at(span_of(node, "wait_for"), what)));
        }
        if wait.count == Some(0) {
            let error = JsonError::at(span_of(node, "wait_for"), "nothing is waited for: `count` is 0");
            return Err(one(error.help("that an event does not come is expected with `\"events\": {\"none\": […]}`")));
        }
        return Ok(Action::WaitFor(wait));
    }
    if let Some(http) = file.http {
        check_http(&http, node, &mut found);
        return if found.is_empty() { Ok(Action::Http(Box::new(http))) } else { Err(found) };
    }
    if let Some(link) = file.link {
        return Ok(Action::Link(link_action(link, node, around.profile).map_err(one)?));
    }
    if let Some(freeze) = file.freeze {
        return Ok(Action::Freeze(freeze_action(freeze, node, around.profile).map_err(one)?));
    }
    if let Some(clock) = file.clock {
        return Ok(Action::Clock(clock_action(clock, node, around.profile).map_err(one)?));
    }
    let rest = [
        file.gate.map(Action::Gate),
        file.redis.map(Action::Redis),
        file.listen.map(Action::Listen),
        file.hang_up.map(Action::HangUp),
        file.events.map(Action::Stream),
        file.stream.map(Action::RequestStream),
    ];
    if let Some(action) = rest.into_iter().flatten().next() {
        return Ok(action);
    }
    if file.expect.is_empty() && file.capture.is_empty() {
        let error = JsonError::at(node.span.clone(), "this step does nothing and expects nothing");
        return Err(one(error.help(format!("it needs `expect` or one of: {}", ACTIONS.join(", ")))));
    }
    Ok(Action::Check)
}

/// A mistake that keeps others from being looked for.
fn one(error: JsonError) -> Vec<JsonError> {
    vec![error]
}

/// By how many seconds a clock can be set.
const CLOCK_MAX: u64 = 10 * 365 * 86_400;

/// For how many milliseconds a process can be frozen.
const FREEZE_MAX: u64 = 60_000;

/// The messages that are none.
const MAGIC: [&str; 2] = ["RESET_GAMESTATE", "WAIT_FOR_STORY_EVENT"];

/// A message that is nearly one of them was meant to be it.
fn check_magic(message: &str, node: &Node) -> Result<(), JsonError> {
    let message = message.trim();
    let shouted = message.chars().all(|c| c.is_ascii_uppercase() || c == '_') && !MAGIC.contains(&message);
    match shouted.then(|| crate::json::nearest(message, MAGIC)).flatten() {
        Some(near) => {
            let error = JsonError::at(span_of(node, "user_prompt"), format!("`{message}` would be said in the game"));
            Err(error.help(format!("did you mean `{near}`?")))
        }
        None => Ok(()),
    }
}

fn only_one(node: &Node) -> Result<(), JsonError> {
    let mut written = node.members().iter().filter(|member| ACTIONS.contains(&member.key.as_str()));
    let (Some(first), Some(second)) = (written.next(), written.next()) else { return Ok(()) };
    let what = format!("a step does one thing, and this one has `{}`", first.key);
    Err(JsonError::at(second.key_span.clone(), what).help("make two steps of it"))
}

/// What a step does to processes, if it does that.
fn process_action(file: &mut StepFile, node: &Node, profile: &Profile) -> Result<Option<Action>, JsonError> {
    let verbs = [
        (file.kill.take(), Verb::Kill, "kill"),
        (file.terminate.take(), Verb::Terminate, "terminate"),
        (file.stop.take(), Verb::Stop, "stop"),
        (file.resume.take(), Verb::Continue, "continue"),
        (file.start.take(), Verb::Start, "start"),
        (file.restart.take(), Verb::Restart, "restart"),
    ];
    for (target, verb, key) in verbs {
        if let Some(written) = target {
            let target = Target::parse(&written, profile).ok_or_else(|| {
                JsonError::at(span_of(node, key), format!("`{written}` is not a process")).help(Target::known(profile))
            })?;
            return Ok(Some(Action::Process(ProcessAction { verb, target })));
        }
    }
    if file.scale.is_some() && profile.many().is_none() {
        return Err(JsonError::at(span_of(node, "scale"), "this service has no process of which there may be many"));
    }
    Ok(file.scale.map(Action::Scale))
}

fn freeze_action(freeze: FreezeStep, node: &Node, profile: &Profile) -> Result<FreezeAction, JsonError> {
    let node = node.get("freeze").unwrap_or(node);
    let FreezeStep { of, for_ms } = freeze;
    let target = Target::parse(&of, profile).ok_or_else(|| {
        JsonError::at(span_of(node, "of"), format!("`{of}` is not a process")).help(Target::known(profile))
    })?;
    if !(1..=FREEZE_MAX).contains(&for_ms) {
        let what = format!("a process is frozen for 1 to {FREEZE_MAX} ms");
        let error = JsonError::at(span_of(node, "for_ms"), what);
        return Err(error.help("`stop` freezes it until `continue`"));
    }
    Ok(FreezeAction { target, length: Duration::from_millis(for_ms) })
}

fn clock_action(clock: ClockStep, node: &Node, profile: &Profile) -> Result<ClockAction, JsonError> {
    let node = node.get("clock").unwrap_or(node);
    let ClockStep { of, ahead_seconds } = clock;
    let target = Target::parse(&of, profile).ok_or_else(|| {
        JsonError::at(span_of(node, "of"), format!("`{of}` is not a process")).help(Target::known(profile))
    })?;
    if ahead_seconds.unsigned_abs() > CLOCK_MAX {
        let what = format!("a clock is set by at most ten years, which are {CLOCK_MAX} s");
        return Err(JsonError::at(span_of(node, "ahead_seconds"), what));
    }
    Ok(ClockAction { target, ahead_seconds })
}

fn link_action(link: LinkStep, node: &Node, profile: &Profile) -> Result<LinkAction, JsonError> {
    let node = node.get("link").unwrap_or(node);
    if link.fault.amount() == Some(0) {
        return Err(
            JsonError::at(span_of(node, "do"), "a number above 0 is needed here").help("`\"repair\"` ends all faults")
        );
    }
    let LinkStep { to, of, fault } = link;
    let parted = of.map(|written| {
        if to != LinkTo::Redis {
            let what = "only links to Redis are apart for each process";
            return Err(JsonError::at(span_of(node, "of"), what));
        }
        Target::parse(&written, profile).ok_or_else(|| {
            JsonError::at(span_of(node, "of"), format!("`{written}` is not a process")).help(Target::known(profile))
        })
    });
    Ok(LinkAction { to, of: parted.transpose()?, fault })
}
