//! Warnings about scripts that are legal but hardly meant.

use super::{Entry, Order, Script};

pub(super) fn warnings(script: &Script) -> Vec<String> {
    let mut warnings = too_large(script);
    warnings.extend(unreachable(script));
    warnings
}

fn unreachable(script: &Script) -> Vec<String> {
    if script.order == Order::Ordered {
        return Vec::new();
    }
    let catches_all = |entry: &Entry| {
        entry.conditions.is_empty() && entry.captures.is_empty() && entry.call.is_none() && entry.times.is_none()
    };
    let Some(last) = script.entries.iter().position(catches_all) else { return Vec::new() };
    let unreachable = script.entries.iter().enumerate().skip(last + 1);
    unreachable
        .map(|(index, entry)| format!("{} can never answer: /entries/{last} fits every call", title(index, entry)))
        .collect()
}

/// Only counted repetitions make an expression larger than it looks, so only those are compiled for this.
fn too_large(script: &Script) -> Vec<String> {
    let entries = script.entries.iter().enumerate();
    let patterns = entries.flat_map(|(index, entry)| {
        let conditions = entry.conditions.iter().filter_map(|condition| condition.pattern());
        let captures = entry.captures.iter().filter_map(|capture| capture.fixed());
        conditions.chain(captures).map(move |pattern| (index, entry, pattern))
    });
    patterns
        .filter(|(_, _, pattern)| pattern.source().contains('{') && pattern.regex().is_none())
        .map(|(index, entry, pattern)| {
            format!("{} looks for /{}/, which is too large and matches nothing", title(index, entry), pattern.source())
        })
        .collect()
}

fn title(index: usize, entry: &Entry) -> String {
    let name = entry.name.as_deref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
    format!("/entries/{index}{name}")
}
