//! What a step does.

use super::{expect, places, quoted, times};
use crate::case::{
    Action, GateAction, HttpExpect, HttpStep, ProcessAction, RequestStream, Step, StreamAction, Target, Verb, WaitFor,
};

/// What the step does, and the steps that it does at once.
pub(super) fn words(action: &Action) -> (String, &[Step]) {
    let words = match action {
        Action::Chat { message, actor, label, wait } => {
            let who = actor.as_ref().map(|actor| format!(" as `{actor}`")).unwrap_or_default();
            let until = if *wait { "follows the request to its end" } else { "goes on as soon as it is accepted" };
            format!("sends {}{who}{} and {until}", quoted(message.trim()), called(label.as_ref()))
        }
        Action::WaitForStoryEvent { label } => {
            format!("follows the next story event that no step has followed{} to its end", called(label.as_ref()))
        }
        Action::Reset => "waits until the game is at rest and patches the seed again".to_owned(),
        Action::Parallel(steps) => return ("does these at the same time".to_owned(), steps),
        Action::WaitFor(wait) => waits(wait),
        Action::Gate(GateAction::Wait(gate)) => format!("waits until a model call waits at gate `{gate}`"),
        Action::Gate(GateAction::Open(gate)) => format!("opens gate `{gate}`"),
        Action::Process(action) => process(*action),
        Action::Stream(StreamAction::Drop) => "drops its event stream of the game".to_owned(),
        Action::Stream(StreamAction::Resume) => {
            "takes its event stream of the game up again, after the last event that came".to_owned()
        }
        Action::RequestStream(RequestStream { request, events: _ }) => {
            format!("opens the event stream of `{request}` and reads it until the engine ends it")
        }
        Action::Http(http) => sends(http),
        Action::Check => "waits until this holds".to_owned(),
    };
    (words, &[])
}

/// What the action itself demands.
pub(super) fn demands(action: &Action) -> Vec<String> {
    match action {
        Action::RequestStream(RequestStream { request: _, events }) => {
            events.iter().map(|events| format!("it has brought {}", expect::events(events))).collect()
        }
        Action::Http(HttpStep { expect, method: _, path: _, headers: _, body: _, raw_body: _ }) => answer(expect),
        Action::Process(ProcessAction { verb: Verb::Terminate, target }) => {
            vec![format!("{} has ended well", name(*target))]
        }
        Action::Chat { .. }
        | Action::WaitForStoryEvent { .. }
        | Action::Reset
        | Action::Parallel(_)
        | Action::WaitFor(_)
        | Action::Gate(_)
        | Action::Process(ProcessAction { verb: Verb::Kill | Verb::Stop | Verb::Continue | Verb::Start, .. })
        | Action::Stream(_)
        | Action::Check => Vec::new(),
    }
}

fn called(label: Option<&String>) -> String {
    label.map(|label| format!(", calls it `{label}`")).unwrap_or_default()
}

fn waits(wait: &WaitFor) -> String {
    let WaitFor { event, request, count, matching, narration } = wait;
    let of = request.as_ref().map(|request| format!(" of `{request}`")).unwrap_or_default();
    let with = if matching.is_empty() { String::new() } else { format!(" with {}", places(matching)) };
    if let Some(text) = narration {
        return format!("waits until the narration{of} has shown {}", quoted(text));
    }
    let event = event.as_deref().unwrap_or_default();
    match count {
        None | Some(1) => format!("waits until {event}{of}{with} has come"),
        Some(count) => format!("waits until {event}{of}{with} has come {}", times(*count)),
    }
}

fn name(target: Target) -> String {
    match target {
        Target::Api => "the API".to_owned(),
        Target::Worker(n) => format!("worker {n}"),
    }
}

fn process(ProcessAction { verb, target }: ProcessAction) -> String {
    let target = name(target);
    match verb {
        Verb::Kill => format!("kills {target} with SIGKILL"),
        Verb::Terminate => format!("asks {target} to end, with SIGTERM"),
        Verb::Stop => format!("freezes {target} with SIGSTOP"),
        Verb::Continue => format!("lets {target} go on, with SIGCONT"),
        Verb::Start => format!("starts {target}"),
    }
}

fn sends(http: &HttpStep) -> String {
    let HttpStep { method, path, headers, body, raw_body, expect: _ } = http;
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!(", {name}: {value}")).collect();
    let body = match (body, raw_body) {
        (_, Some(text)) => format!(" with the text {}", quoted(text)),
        (Some(body), None) => format!(" with {body}"),
        (None, None) => String::new(),
    };
    format!("sends {method} {path}{}{body}", headers.concat())
}

fn answer(expect: &HttpExpect) -> Vec<String> {
    let HttpExpect { status, headers, json } = expect;
    let mut words = vec![match status {
        Some(status) => format!("the answer's status is {status}"),
        None => "the answer's status is one of the 200s".to_owned(),
    }];
    words.extend(headers.iter().map(|(name, value)| format!("its header {name} is {}", quoted(value))));
    if !json.is_empty() {
        words.push(format!("it holds {}", places(json)));
    }
    words
}
