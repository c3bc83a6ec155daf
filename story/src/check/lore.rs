//! Lore that can never reach a prompt.

use super::conditions::check_when;
use super::context::Context;
use super::report::{Report, at, nth};
use crate::world::words;

pub(super) fn check(context: &Context<'_>, report: &mut Report) {
    let budget = usize::try_from(context.scenario.lore_budget).unwrap_or(usize::MAX);
    for (index, lore) in context.scenario.lore.iter().enumerate() {
        let pointer = nth("/lore", index);
        if lore.keys.is_empty() {
            report.error(at(&pointer, "keys"), "without a key it never reaches a prompt").help("name what it is about");
        }
        for (index, key) in lore.keys.iter().enumerate() {
            if words(key).is_empty() {
                report
                    .error(nth(&at(&pointer, "keys"), index), format!("`{key}` holds no word that can be looked for"));
            }
        }
        if lore.text.trim().is_empty() {
            report.error(at(&pointer, "text"), "the text is blank");
        }
        if lore.tokens() > budget {
            report
                .error(at(&pointer, "text"), format!("it takes {} tokens; the budget is {budget}", lore.tokens()))
                .help("shorten it, split it into several entries, or raise `lore_budget`");
        }
        if let Some(when) = &lore.when {
            check_when(Some(context), when, &at(&pointer, "when"), report);
        }
    }
}
