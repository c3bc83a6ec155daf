//! What a search says about content, as findings.

use super::outcomes::ending_name;
use super::search::{Exploration, explore};
use crate::check::{Finding, Severity};
use crate::content::{ContentKind, Library, Scenario, Source};

/// The most moves of a way that are printed.
const LONGEST_WAY: usize = 40;

/// Explores the scenarios among `sources`, at most `budget` states of each, and says what no field of a file shows: a way into a state
/// from which no ending can be reached, and endings that nobody reaches. A search that did not finish says only what it is sure of.
#[must_use]
pub fn check(library: &Library, sources: &[Source], budget: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| source.kind == ContentKind::Scenario) {
        let Some(scenario) = library.scenario(&source.id).filter(|scenario| can_end(scenario)) else { continue };
        if let Ok(found) = explore(library, &source.id, budget) {
            judge(scenario, &found, &source.path, &mut findings);
        }
    }
    findings
}

fn can_end(scenario: &Scenario) -> bool {
    scenario.conditionals().any(|conditional| conditional.then.game_ended || conditional.then.ending.is_some())
}

fn judge(scenario: &Scenario, found: &Exploration, path: &str, findings: &mut Vec<Finding>) {
    let mut warn = |pointer: String, message: String, help: String| {
        findings.push(Finding {
            path: path.to_owned(),
            pointer,
            severity: Severity::Warning,
            message,
            help: Some(help),
        });
    };
    if let Some(way) = &found.dead_end {
        warn(
            "/scenes".to_owned(),
            format!(
                "from {} of {} states no ending can be reached; the shortest way there: {}",
                found.dead_ends,
                found.states,
                steps(way)
            ),
            "leave a way on from there, or an ending".to_owned(),
        );
    }
    if !found.is_complete {
        return;
    }
    for placed in scenario.placed_conditionals() {
        let name = match &placed.conditional.then.ending {
            Some(ending) => ending.clone(),
            None if placed.conditional.then.game_ended => ending_name(placed.scene, placed.id),
            None => continue,
        };
        if !found.endings.contains_key(&name) {
            let parent = if placed.is_of_scenario() { String::new() } else { format!("/scenes/{}", placed.scene) };
            warn(
                format!("{parent}/conditionals/{}", placed.id),
                format!("no way leads to the ending of `{}`; all {} states were looked at", placed.id, found.states),
                "see which part of its `when` never holds: `engine try` explains it with `why`".to_owned(),
            );
        }
    }
}

fn steps(way: &[String]) -> String {
    if way.is_empty() {
        return "the opening itself".to_owned();
    }
    let more = way.len().saturating_sub(LONGEST_WAY);
    let shown = way.iter().take(LONGEST_WAY).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown}, and {more} more") } else { shown }
}
