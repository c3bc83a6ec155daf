//! Keys that are right, and in the wrong place: where they belong.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde_json::Value;

use crate::expect::Expect;
use crate::file::{CaseFile, HttpExpect, HttpStep, StepFile};
use crate::json::{JsonError, Kind, Node, Span};

/// A kind of object of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Case,
    Step,
    Expect,
    Http,
    HttpExpect,
}

/// The keys of each.
static KEYS: LazyLock<[(Level, BTreeSet<String>); 5]> = LazyLock::new(|| {
    [
        (Level::Case, keys::<CaseFile>()),
        (Level::Step, keys::<StepFile>()),
        (Level::Expect, keys::<Expect>()),
        (Level::Http, keys::<HttpStep>()),
        (Level::HttpExpect, keys::<HttpExpect>()),
    ]
});

fn keys<T: JsonSchema>() -> BTreeSet<String> {
    let schema = schemars::schema_for!(T).to_value();
    schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|all| all.keys().cloned()).collect()
}

/// Says of mistakes in a case where the key belongs that is wrong where it stands.
pub(super) fn hint_case(case: &Node, errors: &mut [JsonError]) {
    hint(Level::Case, case, &[Level::Step, Level::Expect, Level::HttpExpect], errors);
}

/// The same in a step and in those inside it.
pub(super) fn hint_step(step: &Node, errors: &mut [JsonError]) {
    let (expect, http) = (step.get("expect"), step.get("http"));
    let in_answer = http.and_then(|http| http.get("expect"));
    // Beside a request of its own, what looks like an expectation is most likely one of the answer.
    let nearest = if http.is_some() { [Level::HttpExpect, Level::Expect] } else { [Level::Expect, Level::HttpExpect] };
    hint(Level::Step, step, &[nearest[0], nearest[1], Level::Http, Level::Case], errors);
    let places = [
        (Level::Expect, expect, [Level::HttpExpect, Level::Step, Level::Case]),
        (Level::Http, http, [Level::HttpExpect, Level::Step, Level::Expect]),
        (Level::HttpExpect, in_answer, [Level::Http, Level::Expect, Level::Step]),
    ];
    for (level, node, others) in places {
        if let Some(node) = node {
            hint(level, node, &others, errors);
        }
    }
    if http.is_some() {
        answer_expected_outside(step, errors);
    }
    let children = step.get("parallel").into_iter().flat_map(Node::items);
    let actors = step.get("actors").into_iter().flat_map(Node::members).flat_map(|actor| actor.value.items());
    children.chain(actors).for_each(|child| hint_step(child, errors));
}

/// What is meant of the answer of `http`, and is known next to it too, with another meaning.
fn answer_expected_outside(step: &Node, errors: &mut [JsonError]) {
    if let Some(status) = step.get("expect").and_then(|expect| expect.get("status"))
        && matches!(status.kind, Kind::Number(_))
    {
        say(errors, &status.span, || "the status of the answer belongs into `http.expect`".to_owned());
    }
    for capture in step.get("capture").map_or(&[][..], Node::members) {
        if let [part] = capture.value.members()
            && ["json", "header", "regex"].contains(&part.key.as_str())
        {
            say(errors, &part.key_span, || "what is kept of the answer belongs into `http.capture`".to_owned());
        }
    }
}

/// Gives the mistakes at keys of an object that it does not have the place where such a key belongs, the first one that has it.
fn hint(level: Level, node: &Node, others: &[Level], errors: &mut [JsonError]) {
    for member in node.members().iter().filter(|member| !has(level, &member.key)) {
        let Some(home) = others.iter().find(|other| has(**other, &member.key)) else { continue };
        say(errors, &member.key_span, || format!("`{}` belongs {}", member.key, from(level, *home)));
    }
}

fn has(level: Level, key: &str) -> bool {
    KEYS.iter().any(|(of, keys)| *of == level && keys.contains(key))
}

fn say(errors: &mut [JsonError], at: &Span, help: impl Fn() -> String) {
    for error in errors.iter_mut().filter(|error| error.span.as_ref() == Some(at)) {
        error.help = Some(help());
    }
}

/// The way from one place to another.
const fn from(here: Level, home: Level) -> &'static str {
    match (here, home) {
        (Level::Case, Level::Step) => "into a step",
        (Level::Case, Level::Expect) => "into `expect` of a step",
        (Level::Http, Level::Step) => "next to `http`, not into it",
        (Level::HttpExpect, Level::Expect) => "into the `expect` next to `http`",
        (Level::HttpExpect, Level::Step) => "next to `http`",
        (Level::HttpExpect, Level::Http) | (_, Level::Step) => "next to `expect`, not into it",
        (_, Level::Case) => "to the case, next to `steps`",
        (_, Level::Expect) => "into `expect`",
        (_, Level::Http) => "into `http`",
        (_, Level::HttpExpect) => "into `http.expect`",
    }
}
