//! `every` and `first_turn`: turns that never come, and events that never stop.

use super::report::{Report, at};
use crate::content::{Latch, Placed};

pub(super) fn check(placed: Placed<'_>, pointer: &str, report: &mut Report) {
    let conditional = placed.conditional;
    let Some(every) = conditional.every else {
        if conditional.first_turn.is_some() {
            report
                .warning(at(pointer, "first_turn"), "without `every`, a first turn says nothing")
                .help("give it `every`, or ask for the turn in `when` with `turn_counter` or `min_turns`");
        }
        return;
    };
    let latch = conditional.latch();
    if latch == Latch::Once {
        report
            .warning(at(pointer, "once"), "it fires once in a game, so `every` says only when that may be")
            .help("leave out `once`, or ask for the turn in `when`");
    }
    if every.get() == 1 && conditional.then.prompt.is_some() && latch != Latch::Once {
        report
            .error(at(pointer, "every"), "the turn of its story event counts too, so each event causes the next")
            .help("use `every` 2 or more, or a hint in `contingency_prompts`");
    }
    if placed.is_of_scenario() && conditional.first_turn == Some(0) {
        report
            .warning(at(pointer, "first_turn"), "turns are counted before conditionals are tried, so none is turn 0")
            .help("use 1 for the first turn of the game");
    }
    let when = &conditional.when;
    let (name, asked) = if placed.is_of_scenario() {
        ("turn_counter", when.turn_counter)
    } else {
        ("scene_turn_counter", when.scene_turn_counter)
    };
    if let Some(turn) = asked.filter(|turn| !conditional.is_due(*turn)) {
        report
            .error(
                at(&at(pointer, "when"), name),
                format!("turn {turn} is none of those of `every`, so this never holds"),
            )
            .help("leave out one of the two");
    }
}
