//! What a step does.

use std::collections::BTreeMap;

use super::{all_quoted, expect, places, quoted, times};
use crate::predicate::in_words;
use crate::{
    Action, Capture, Chat, ClockAction, EventCapture, FreezeAction, GateAction, HttpExpect, HttpStep, LinkAction,
    LinkFault, LinkTo, Listen, ProcessAction, RedisAction, RedisCommand, RequestStream, Step, StepCapture,
    StreamAction, Target, Verb, WaitFor,
};

/// What the step does, and the steps that it does at once, each with the actor who does it.
pub(super) fn words(action: &Action) -> (String, Vec<(Option<&str>, &Step)>) {
    let words = match action {
        Action::Chat(chat) => says(chat),
        Action::WaitForStoryEvent { label } => {
            format!("follows the next story event that no step has followed{} to its end", called(label.as_ref()))
        }
        Action::Reset => "waits until the game is at rest and patches the seed again".to_owned(),
        Action::Parallel(steps) => {
            return ("does these at the same time".to_owned(), steps.iter().map(|step| (None, step)).collect());
        }
        Action::Actors(actors) => {
            let steps = actors.iter().flat_map(|(name, steps)| steps.iter().map(|step| (Some(name.as_str()), step)));
            return ("has these act at the same time, each in order".to_owned(), steps.collect());
        }
        Action::WaitFor(wait) => waits(wait),
        Action::Gate(GateAction::Wait(gate)) => format!("waits until a model call waits at gate `{gate}`"),
        Action::Gate(GateAction::Open(gate)) => format!("opens gate `{gate}`"),
        Action::Process(action) => process(action),
        Action::Freeze(FreezeAction { target, length }) => {
            format!("freezes {} with SIGSTOP for {} ms, and lets it go on", name(target), length.as_millis())
        }
        Action::Clock(ClockAction { target, ahead_seconds }) => match ahead_seconds {
            0 => format!("sets the clock of {} right", name(target)),
            1.. => format!("sets the clock of {} {ahead_seconds} s ahead", name(target)),
            _ => format!("sets the clock of {} {} s back", name(target), ahead_seconds.unsigned_abs()),
        },
        Action::Scale(workers) => format!("has {workers} workers from here on"),
        Action::Redis(action) => redis(action),
        Action::Link(action) => link(action),
        Action::Listen(listen) => listens(listen),
        Action::HangUp(label) => format!("closes the stream `{label}`"),
        Action::Stream(StreamAction::Drop) => "drops its event stream of the game".to_owned(),
        Action::Stream(StreamAction::Resume) => {
            "takes its event stream of the game up again, after the last event that came".to_owned()
        }
        Action::RequestStream(RequestStream { request, events: _ }) => {
            format!("opens the event stream of `{request}` and reads it until the service ends it")
        }
        Action::Http(http) => sends(http),
        Action::Check => "waits until this holds".to_owned(),
    };
    (words, Vec::new())
}

/// What the action itself demands.
pub(super) fn demands(action: &Action) -> Vec<String> {
    match action {
        Action::RequestStream(RequestStream { request: _, events }) => {
            events.iter().map(|events| format!("it has brought {}", expect::events(events))).collect()
        }
        Action::Http(http) => {
            let HttpStep {
                expect,
                capture,
                snapshot,
                eventually: _,
                method: _,
                path: _,
                headers: _,
                operators: _,
                body: _,
                raw_body: _,
            } = &**http;
            let mut words = answer(expect);
            words.extend(capture.iter().map(|(name, capture)| remembered(name, capture)));
            words
                .extend(snapshot.iter().map(|name| format!("the answer is the one that is kept as snapshot `{name}`")));
            words
        }
        Action::Process(ProcessAction { verb: Verb::Terminate | Verb::Restart, target }) => {
            vec![format!("{} has ended well", name(target))]
        }
        Action::Redis(RedisAction::Run(RedisCommand { command: _, answer })) => {
            answer.iter().map(|answer| format!("the answer is {answer}")).collect()
        }
        Action::Chat(_)
        | Action::WaitForStoryEvent { .. }
        | Action::Reset
        | Action::Parallel(_)
        | Action::Actors(_)
        | Action::WaitFor(_)
        | Action::Gate(_)
        | Action::Process(ProcessAction { verb: Verb::Kill | Verb::Stop | Verb::Continue | Verb::Start, .. })
        | Action::Freeze(_)
        | Action::Clock(_)
        | Action::Scale(_)
        | Action::Redis(
            RedisAction::Stop
            | RedisAction::Start
            | RedisAction::Pause
            | RedisAction::Continue
            | RedisAction::Cut
            | RedisAction::LoseAnswers
            | RedisAction::LatencyMs(_),
        )
        | Action::Link(_)
        | Action::Listen(_)
        | Action::HangUp(_)
        | Action::Stream(_)
        | Action::Check => Vec::new(),
    }
}

fn says(chat: &Chat) -> String {
    let Chat { message, actor, label, wait, with, headers } = chat;
    let who = actor.as_ref().map(|actor| format!(" as `{actor}`")).unwrap_or_default();
    let with = if with.is_empty() { String::new() } else { format!(" with {}", places(with)) };
    let until = if *wait { "follows the request to its end" } else { "goes on as soon as it is accepted" };
    format!("sends {}{who}{with}{}{} and {until}", quoted(message.trim()), all(headers), called(label.as_ref()))
}

fn called(label: Option<&String>) -> String {
    label.map(|label| format!(", calls it `{label}`")).unwrap_or_default()
}

fn waits(wait: &WaitFor) -> String {
    let WaitFor { event, request, listener, count, matching, narration } = wait;
    let of = request.as_ref().map(|request| format!(" of `{request}`")).unwrap_or_default();
    let on = listener.as_ref().map(|listener| format!(" on stream `{listener}`")).unwrap_or_default();
    let with = if matching.is_empty() { String::new() } else { format!(" with {}", places(matching)) };
    if let Some(text) = narration {
        return format!("waits until the narration{of} has shown {}{on}", quoted(text));
    }
    let event = event.as_deref().unwrap_or_default();
    match count {
        None | Some(1) => format!("waits until {event}{of}{with} has come{on}"),
        Some(count) => format!("waits until {event}{of}{with} has come {}{on}", times(*count)),
    }
}

fn name(target: &Target) -> String {
    let Target { name, number } = target;
    match number {
        None => format!("the {name} process"),
        Some(number) => format!("{name} {number}"),
    }
}

fn process(ProcessAction { verb, target }: &ProcessAction) -> String {
    let target = name(target);
    match verb {
        Verb::Kill => format!("kills {target} with SIGKILL"),
        Verb::Terminate => format!("asks {target} to end, with SIGTERM"),
        Verb::Stop => format!("freezes {target} with SIGSTOP"),
        Verb::Continue => format!("lets {target} go on, with SIGCONT"),
        Verb::Start => format!("starts {target}"),
        Verb::Restart => format!("asks {target} to end, with SIGTERM, and starts it again"),
    }
}

fn redis(action: &RedisAction) -> String {
    match action {
        RedisAction::Stop => "kills Redis with SIGKILL".to_owned(),
        RedisAction::Start => "starts Redis again on its data".to_owned(),
        RedisAction::Pause => "holds everything on its way to and from Redis".to_owned(),
        RedisAction::Continue => "lets everything through to Redis again".to_owned(),
        RedisAction::Cut => "resets every connection to Redis".to_owned(),
        RedisAction::LoseAnswers => "lets commands through to Redis and loses the answers".to_owned(),
        RedisAction::LatencyMs(ms) => format!("makes the way to Redis {ms} ms longer, in each direction"),
        RedisAction::Run(RedisCommand { command, answer: _ }) => {
            format!("gives Redis the command {}", all_quoted(command))
        }
    }
}

fn link(LinkAction { to, of, fault }: &LinkAction) -> String {
    let end = match to {
        LinkTo::Redis => "Redis",
        LinkTo::Model => "the model",
        LinkTo::Api => "the API",
    };
    let who = match (of, to) {
        (Some(target), _) => name(target),
        (None, LinkTo::Api) => "players".to_owned(),
        (None, LinkTo::Redis | LinkTo::Model) => "every process".to_owned(),
    };
    let link = format!("the link of {who} to {end}");
    match fault {
        LinkFault::Hold => format!("holds everything on {link}"),
        LinkFault::BlackHole => format!("swallows everything on {link}, and breaks no connection"),
        LinkFault::HalfOpen => {
            format!("has the connections that are open now on {link} carry nothing more, without an end")
        }
        LinkFault::Cut => format!("resets every connection of {link}"),
        LinkFault::LoseAnswers => format!("lets requests through on {link} and loses the answers"),
        LinkFault::CutAfterBytes(bytes) => format!("resets {link} after {bytes} more bytes of answers, once"),
        LinkFault::LatencyMs(ms) => format!("makes {link} {ms} ms longer, in each direction"),
        LinkFault::JitterMs(ms) => format!("makes {link} up to {ms} ms longer, in each direction, by chance"),
        LinkFault::BytesPerSecond(bytes) => format!("lets {bytes} bytes a second through on {link}"),
        LinkFault::SliceBytes(bytes) => format!("cuts everything on {link} into pieces of {bytes} bytes"),
        LinkFault::Repair => format!("repairs {link}"),
    }
}

fn listens(listen: &Listen) -> String {
    let Listen { label, request, path, after, headers } = listen;
    let what = match (request, path) {
        (Some(request), _) => format!("the event stream of `{request}`"),
        (None, Some(path)) => format!("the event stream at {path}"),
        (None, None) => "another event stream of the game".to_owned(),
    };
    let after = after.as_ref().map(|id| format!(" after {id}")).unwrap_or_default();
    format!("opens {what}{after}{}, calls it `{label}`", all(headers))
}

fn sends(http: &HttpStep) -> String {
    let HttpStep { method, path, headers, operators, body, raw_body, eventually, expect: _, capture: _, snapshot: _ } =
        http;
    let body = match (body, raw_body) {
        (_, Some(text)) => format!(" with the text {}", quoted(text)),
        (Some(body), None) => format!(" with {body}"),
        (None, None) => String::new(),
    };
    let again = if *eventually { ", again until the answer is as demanded" } else { "" };
    let port = if *operators { " to the operators' port" } else { "" };
    format!("sends {method} {path}{port}{}{body}{again}", all(headers))
}

fn all(headers: &BTreeMap<String, String>) -> String {
    headers.iter().map(|(name, value)| format!(", {name}: {value}")).collect::<Vec<_>>().concat()
}

fn remembered(name: &str, capture: &Capture) -> String {
    match capture {
        Capture::Json(place) => format!("the value at {place} of the answer is remembered as `{name}`"),
        Capture::Header(header) => format!("its header {header} is remembered as `{name}`"),
        Capture::Regex(regex) => format!("what {} finds in the answer is remembered as `{name}`", quoted(regex)),
    }
}

/// What the step keeps when it is done.
pub(super) fn kept(name: &str, capture: &StepCapture) -> String {
    match capture {
        StepCapture::State(place) => format!("what the game has at {place} is remembered as `{name}`"),
        StepCapture::Request(place) => format!("what the request has at {place} is remembered as `{name}`"),
        StepCapture::Response(regex) => {
            format!("what {} finds in the narration is remembered as `{name}`", quoted(regex))
        }
        StepCapture::Event(EventCapture { event, request, matching, at }) => {
            let of = request.as_ref().map(|request| format!(" of `{request}`")).unwrap_or_default();
            let with = if matching.is_empty() { String::new() } else { format!(" with {}", places(matching)) };
            format!("the value at {at} of the latest {event}{of}{with} is remembered as `{name}`")
        }
    }
}

fn answer(expect: &HttpExpect) -> Vec<String> {
    let HttpExpect { status, headers, json, body_contains, body_not_contains, body_regex } = expect;
    let mut words = vec![match status {
        Some(status) => format!("the answer's status is {status}"),
        None => "the answer's status is one of the 200s".to_owned(),
    }];
    words.extend(headers.iter().map(|(name, value)| match value {
        serde_json::Value::Null => format!("it has no header {name}"),
        value => format!("its header {}", in_words(name, value)),
    }));
    if !json.is_empty() {
        words.push(format!("it holds {}", places(json)));
    }
    words.extend(body_contains.iter().map(|text| format!("it contains {}", quoted(text))));
    words.extend(body_not_contains.iter().map(|text| format!("it does not contain {}", quoted(text))));
    words.extend(body_regex.iter().map(|regex| format!("it matches {}", quoted(regex))));
    words
}
