//! `chance` and `roll`: what never or always holds. What is no chance and no dice is refused when the file is read.

use super::context::Context;
use super::report::{Report, at};
use crate::content::{Odds, Placed, SCORES};

pub(super) fn check(context: &Context<'_>, placed: Placed<'_>, pointer: &str, report: &mut Report) {
    if let Some(chance) = placed.conditional.chance {
        let pointer = at(pointer, "chance");
        match chance.odds() {
            Odds::Never => report.error(pointer, "a chance of 0 never holds").help("write a number up to 1, like 0.3"),
            Odds::Always => {
                report.warning(pointer, "a chance of 1 always holds").help("leave it out, or write less than 1");
            }
            Odds::Open => {}
        }
    }
    if let Some(roll) = &placed.conditional.roll {
        if let Some(name) = &roll.add {
            check_added(context, name, &at(&at(pointer, "roll"), "add"), report);
        }
        let pointer = at(&at(pointer, "roll"), "at_least");
        let (least, most) = roll.dice.range();
        match roll.odds(None) {
            Odds::Never => report
                .error(pointer, format!("`{}` shows at most {most}, so this never holds", roll.dice))
                .help(format!("ask for {most} or less, or throw more")),
            Odds::Always => report
                .warning(pointer, format!("`{}` shows at least {least}, so this always holds", roll.dice))
                .help(format!("ask for more than {least}, or leave `roll` out")),
            Odds::Open => {}
        }
    }
}

/// A score is known by its name; a skill, if any character that may play the story has it.
fn check_added(context: &Context<'_>, name: &str, pointer: &str, report: &mut Report) {
    let skills = || context.library.pcs().flat_map(|(_, pc)| pc.attributes.keys()).map(String::as_str);
    if !SCORES.into_iter().chain(skills()).any(|known| known.eq_ignore_ascii_case(name.trim())) {
        report
            .warning(pointer, format!("no character has `{name}`, so it adds nothing"))
            .suggest(name, SCORES.into_iter().chain(skills()));
    }
}
