//! Warnings about scripts that are legal but hardly meant.

use super::{Entry, Order, Script};

pub(super) fn warnings(script: &Script) -> Vec<String> {
    if script.order == Order::Ordered {
        return Vec::new();
    }
    let catches_all = |entry: &Entry| {
        entry.conditions.is_empty() && entry.captures.is_empty() && entry.call.is_none() && entry.times.is_none()
    };
    let Some(last) = script.entries.iter().position(catches_all) else { return Vec::new() };
    let unreachable = script.entries.iter().enumerate().skip(last + 1);
    unreachable
        .map(|(index, entry)| {
            let name = entry.name.as_deref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
            format!("/entries/{index}{name} can never answer: /entries/{last} fits every call")
        })
        .collect()
}
