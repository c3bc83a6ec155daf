//! Where a step names a game, a request or a stream.

use crate::json::{self, Node, Span};

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Game,
    Request,
    Stream,
}

/// A name where it is written.
#[derive(Debug)]
pub(super) struct Named<'a> {
    pub(super) kind: Kind,
    pub(super) label: &'a str,
    pub(super) span: &'a Span,
}

/// Keys that name something, by the keys of the step in which they are.
const INSIDE: [(&str, &str, Kind); 6] = [
    ("wait_for", "request", Kind::Request),
    ("wait_for", "listener", Kind::Stream),
    ("stream", "request", Kind::Request),
    ("listen", "request", Kind::Request),
    ("expect", "request", Kind::Request),
    ("expect", "listener", Kind::Stream),
];

/// Calls `visit` for every name in a step, those of the steps inside it left out.
pub(super) fn each<'a>(step: &'a Node, visit: &mut impl FnMut(Named<'a>)) {
    name(step.get("game"), Kind::Game, visit);
    name(step.get("hang_up"), Kind::Stream, visit);
    for (part, key, kind) in INSIDE {
        name(step.get(part).and_then(|part| part.get(key)), kind, visit);
    }
    for part in ["expect", "stream"] {
        patterns(step.get(part).and_then(|part| part.get("events")), visit);
    }
    for capture in step.get("capture").map_or(&[][..], Node::members) {
        name(capture.value.get("event").and_then(|event| event.get("request")), Kind::Request, visit);
    }
}

/// The requests of event patterns, in whatever lists they are.
fn patterns<'a>(node: Option<&'a Node>, visit: &mut impl FnMut(Named<'a>)) {
    let Some(node) = node else { return };
    node.items().iter().for_each(|item| patterns(Some(item), visit));
    if node.get("event").is_some() {
        return name(node.get("request"), Kind::Request, visit);
    }
    node.members().iter().for_each(|list| patterns(Some(&list.value), visit));
}

fn name<'a>(node: Option<&'a Node>, kind: Kind, visit: &mut impl FnMut(Named<'a>)) {
    if let Some(Node { span, kind: json::Kind::String(label) }) = node {
        visit(Named { kind, label, span });
    }
}
