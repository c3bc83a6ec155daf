//! What is said of items: an entry that belongs to no item, and a fixed item that somebody is expected to carry.

use std::collections::BTreeSet;

use super::containers;
use super::context::Context;
use super::report::{Report, at};
use super::texts::check_text;
use crate::delta::{HolderKind, ItemAction};
use crate::when::When;
use crate::world::{Fit, fit};

/// `provided` are the items that are anywhere in the story, or are handed out.
pub(super) fn check(context: &Context<'_>, provided: &BTreeSet<String>, report: &mut Report) {
    let scenario = context.scenario;
    for (name, item) in &scenario.items {
        let pointer = at("/items", name);
        check_text(Some(context), &item.description, &at(&pointer, "description"), report);
        if !provided.iter().any(|item| fit(name, item) == Some(Fit::Whole)) {
            report
                .warning(&pointer, format!("no place and nobody has an item `{name}`, and nothing hands one out"))
                .suggest(name, provided.iter().map(String::as_str));
        }
        containers::check(context, name, item, provided, report);
        if item.fixed && must_be_held(context, name) && !is_handed_over(context, name) {
            report
                .warning(
                    at(&pointer, "fixed"),
                    format!("a condition asks for `{name}` in the inventory, and nobody can take it"),
                )
                .help("leave `fixed` out, or hand the item over in a conditional");
        }
    }
}

fn must_be_held(context: &Context<'_>, item: &str) -> bool {
    fn asks(when: &When, item: &str) -> bool {
        when.inventory.iter().any(|held| held == item) || when.any.iter().any(|when| asks(when, item))
    }
    context.scenario.conditionals().any(|conditional| asks(&conditional.when, item))
}

fn is_handed_over(context: &Context<'_>, item: &str) -> bool {
    let mut events = context.scenario.conditionals().flat_map(|conditional| &conditional.then.item_events);
    let to_player = |kind: Option<HolderKind>| kind == Some(HolderKind::Player);
    context.scenario.opening_inventory.iter().any(|held| held == item)
        || events.any(|event| {
            event.item == item
                && (event.action == ItemAction::Acquire || to_player(event.to.as_ref().map(|holder| holder.kind)))
        })
}
