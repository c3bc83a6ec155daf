//! Why an entry answered a call or did not: every entry and condition, with what it wanted and what it got.

use serde::{Deserialize, Serialize};

use super::choose::Progress;
use crate::{
    call::ModelCall,
    script::{Captured, Entry, Order, Script, quote},
};

/// How one entry saw a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryExplanation {
    /// Which entry it is.
    pub entry: EntryRef,
    /// Whether everything held. Of several such entries the first one answered.
    pub fits: bool,
    /// Every condition, in the order in which they were looked at.
    pub checks: Vec<Check>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What the entry wanted.
    pub wanted: String,
    /// What the call had in that place.
    pub found: String,
    /// Whether it held.
    pub holds: bool,
}

/// An entry of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRef {
    /// Index in `entries`, from 0.
    pub index: usize,
    /// Its name, if it has one.
    pub name: Option<String>,
}

impl EntryRef {
    pub(crate) fn new(script: &Script, index: usize) -> Self {
        Self { index, name: script.entries.get(index).and_then(|entry| entry.name.clone()) }
    }

    fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("\"{name}\" (/entries/{})", self.index),
            None => format!("/entries/{}", self.index),
        }
    }
}

/// How every entry sees `call`, with the progress from before the call.
pub(crate) fn explain(script: &Script, before: &Progress, call: &ModelCall) -> Vec<EntryExplanation> {
    let entries = script.entries.iter().enumerate();
    entries
        .map(|(index, entry)| {
            let mut checks = turn(script, before, index, entry);
            let mut held = true;
            for condition in &entry.conditions {
                let holds = condition.holds(call);
                held &= holds;
                checks.push(Check { wanted: condition.wish(), found: condition.found(call), holds });
            }
            held &= captures(entry, call, &mut checks);
            if let Some(nth) = entry.call {
                let number = before.counts[index].fitted + u32::from(held);
                let holds = held && number == nth;
                checks.push(Check { wanted: format!("call is {nth}"), found: number.to_string(), holds });
            }
            let fits = checks.iter().all(|check| check.holds);
            EntryExplanation { entry: EntryRef::new(script, index), fits, checks }
        })
        .collect()
}

/// Whether it is the entry's turn, as far as that can keep it from answering.
fn turn(script: &Script, before: &Progress, index: usize, entry: &Entry) -> Vec<Check> {
    let mut checks = Vec::new();
    let count = before.counts[index];
    if let Some(times) = entry.times {
        let holds = !count.is_used_up(entry);
        checks.push(Check {
            wanted: format!("answers {times} time(s)"),
            found: format!("has answered {}", count.answered),
            holds,
        });
    }
    if script.order == Order::Ordered && !count.is_used_up(entry) {
        let first_open = script.entries.iter().zip(&before.counts).skip(before.next);
        let skipped = first_open
            .take(index.saturating_sub(before.next))
            .all(|(entry, count)| entry.optional || count.is_used_up(entry));
        let holds = index >= before.next && skipped;
        checks.push(Check {
            wanted: "it is its turn".to_owned(),
            found: format!("the turn is at /entries/{}", before.next),
            holds,
        });
    }
    checks
}

fn captures(entry: &Entry, call: &ModelCall, checks: &mut Vec<Check>) -> bool {
    let mut captured = Captured::new();
    for capture in &entry.captures {
        let source = capture.source();
        let wanted = format!("{} matches /{}/", source.name(), capture.source_text(call, &captured));
        let holds = capture.find(call, &mut captured);
        checks.push(Check { wanted, found: quote(&call.text(source)), holds });
        if !holds {
            return false;
        }
    }
    true
}

/// One sentence for a call that no entry fitted: the nearest entry, and what it missed.
pub(crate) fn miss(script: &Script, before: &Progress, call: &ModelCall) -> String {
    if script.entries.is_empty() {
        return "no entry fits: the script has none".to_owned();
    }
    if script.order == Order::Ordered
        && script.entries.iter().zip(&before.counts).all(|(entry, count)| count.is_used_up(entry))
    {
        let answers: u32 = before.counts.iter().map(|count| count.answered).sum();
        return format!("no entry fits: the script is used up after {answers} answer(s)");
    }
    let entries = explain(script, before, call);
    let failed = |entry: &EntryExplanation| entry.checks.iter().filter(|check| !check.holds).count();
    let held = |entry: &EntryExplanation| entry.checks.len() - failed(entry);
    let nearest = entries.iter().min_by_key(|entry| (failed(entry), usize::MAX - held(entry)));
    nearest.map_or_else(String::new, |nearest| {
        let missed = nearest.checks.iter().filter(|check| !check.holds);
        let missed: Vec<_> = missed.map(|check| format!("wanted {}, got {}", check.wanted, check.found)).collect();
        format!("no entry fits; the nearest is {}: {}", nearest.entry.title(), missed.join("; "))
    })
}
