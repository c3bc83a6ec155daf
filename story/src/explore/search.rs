//! The search itself: breadth first from the opening, then backwards from the endings.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::key::key;
use super::moves::{Move, moves};
use super::outcomes::{Outcome, outcomes};
use super::relevant::Relevant;
use crate::content::Library;
use crate::new_game::{NewGame, NewGameError, new_game};

/// How many states are looked at unless somebody says otherwise: a story of ten rooms and ten things stays below it.
pub const DEFAULT_BUDGET: usize = 5_000;

/// What a search has found.
#[derive(Debug, Default)]
pub struct Exploration {
    /// How many states it looked at.
    pub states: usize,
    /// Whether these are all: the budget did not run out.
    pub is_complete: bool,
    /// The endings that were reached, by scene and conditional, each with the shortest way there.
    pub endings: BTreeMap<String, Vec<String>>,
    /// The shortest way to a state from which no ending can be reached.
    pub dead_end: Option<Vec<String>>,
    /// How many such states there are.
    pub dead_ends: usize,
    /// The scenes that were reached.
    pub scenes: std::collections::BTreeSet<String>,
}

struct Node {
    parent: Option<usize>,
    label: String,
    before: Vec<usize>,
    is_ended: bool,
    is_open: bool,
}

/// Explores the scenario `id`, at most `budget` states of it. The texts of the story are not looked at.
pub fn explore(library: &Library, id: &str, budget: usize) -> Result<Exploration, NewGameError> {
    let library = &library.without_texts();
    let (opening, _) = new_game(library, &NewGame { scenario: id.to_owned(), ..NewGame::default() })?;
    let Some(scenario) = library.scenario(id) else { return Ok(Exploration::default()) };
    let relevant = Relevant::of(library, scenario);
    let mut found = Exploration { is_complete: true, ..Exploration::default() };
    let mut nodes = vec![Node {
        parent: None,
        label: String::new(),
        before: Vec::new(),
        is_ended: opening.is_ended,
        is_open: false,
    }];
    let mut known: HashMap<String, usize> = HashMap::from([(key(&opening, &relevant), 0)]);
    let mut queue = VecDeque::from([(0, opening)]);
    while let Some((at, state)) = queue.pop_front() {
        found.scenes.insert(state.scene_name.clone());
        if state.is_ended {
            continue;
        }
        for Move { label, delta } in moves(scenario, &relevant, &state) {
            let (outcomes, are_all) = outcomes(library, scenario, &relevant, &state, &delta);
            if !are_all {
                found.is_complete = false;
                nodes[at].is_open = true;
            }
            for Outcome { state: next, ended, lucky } in outcomes {
                let key = key(&next, &relevant);
                if let Some(seen) = known.get(&key) {
                    nodes[*seen].before.push(at);
                    continue;
                }
                if nodes.len() >= budget {
                    found.is_complete = false;
                    nodes[at].is_open = true;
                    continue;
                }
                let label =
                    if lucky.is_empty() { label.clone() } else { format!("{label} (by chance: {})", lucky.join(", ")) };
                let new = nodes.len();
                known.insert(key, new);
                nodes.push(Node { parent: Some(at), label, before: vec![at], is_ended: next.is_ended, is_open: false });
                if next.is_ended {
                    found.endings.entry(ended.unwrap_or_default()).or_insert_with(|| way_to(&nodes, new));
                }
                queue.push_back((new, next));
            }
        }
    }
    found.states = nodes.len();
    let alive = alive(&nodes);
    found.dead_ends = alive.iter().filter(|alive| !**alive).count();
    found.dead_end = alive.iter().position(|alive| !alive).map(|dead| way_to(&nodes, dead));
    Ok(found)
}

fn way_to(nodes: &[Node], mut at: usize) -> Vec<String> {
    let mut way = Vec::new();
    while let Some(parent) = nodes[at].parent {
        way.push(nodes[at].label.clone());
        at = parent;
    }
    way.reverse();
    way
}

/// From which states an ending can be reached, or what was not looked at.
fn alive(nodes: &[Node]) -> Vec<bool> {
    let mut alive: Vec<bool> = nodes.iter().map(|node| node.is_ended || node.is_open).collect();
    let mut queue: Vec<usize> = (0..nodes.len()).filter(|at| alive[*at]).collect();
    while let Some(at) = queue.pop() {
        for before in &nodes[at].before {
            if !alive[*before] {
                alive[*before] = true;
                queue.push(*before);
            }
        }
    }
    alive
}
