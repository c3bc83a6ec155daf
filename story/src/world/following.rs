//! Followers are where their leader is. Chains are walked to their end; those who follow each other in a ring stay where they are, and so
//! does who is defeated, until they stand again.

use std::collections::{BTreeMap, BTreeSet};

use super::lookup::npc_key;
use crate::content::Npc;
use crate::state::GameState;

/// Whom an NPC walks with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leader<'a> {
    /// The player character.
    Pc,
    /// The NPC of this key.
    Npc(&'a str),
}

/// The leader that is called `name`: `pc`, or an NPC's key or name.
pub(crate) fn leader_named<'a>(npcs: &'a BTreeMap<String, Npc>, name: &str) -> Option<Leader<'a>> {
    if name.trim().eq_ignore_ascii_case("pc") {
        return Some(Leader::Pc);
    }
    npc_key(npcs, name).map(Leader::Npc)
}

/// Moves every follower to its leader. Returns who went from where to where, sorted by key. A follower of somebody who does
/// not exist stays.
pub(crate) fn follow(state: &mut GameState) -> Vec<(String, String, String)> {
    let moves: Vec<_> = state
        .npcs
        .iter()
        .filter(|(key, _)| !state.defeated.contains(*key))
        .filter_map(|(key, npc)| {
            let to = destination(state, key, npc);
            (to != npc.location).then(|| (key.clone(), npc.location.clone(), to.to_owned()))
        })
        .collect();
    for (key, _, to) in &moves {
        if let Some(npc) = state.npcs.get_mut(key) {
            npc.location.clone_from(to);
        }
    }
    moves
}

fn destination<'a>(state: &'a GameState, key: &'a str, npc: &'a Npc) -> &'a str {
    let mut seen = BTreeSet::from([key]);
    let mut last = npc;
    loop {
        match leader_named(&state.npcs, &last.following) {
            None => return &last.location,
            Some(Leader::Pc) if state.user_location.is_empty() => return &npc.location,
            Some(Leader::Pc) => return &state.user_location,
            Some(Leader::Npc(next)) if state.defeated.contains(next) => {
                return state.npcs.get(next).map_or(&last.location, |leader| &leader.location);
            }
            Some(Leader::Npc(next)) => {
                let Some(leader) = state.npcs.get(next) else { return &last.location };
                if !seen.insert(next) {
                    return &leader.location;
                }
                last = leader;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NPCs as `(key, location, following)`, with the player on the jetty.
    fn state(npcs: &[(&str, &str, &str)]) -> GameState {
        let npcs = npcs.iter().map(|(key, location, following)| {
            let npc = Npc {
                name: format!("Old {key}"),
                location: (*location).into(),
                following: (*following).into(),
                ..Npc::default()
            };
            ((*key).to_owned(), npc)
        });
        GameState { npcs: npcs.collect(), user_location: "jetty".into(), ..GameState::default() }
    }

    fn places(state: &GameState) -> Vec<&str> {
        state.npcs.values().map(|npc| npc.location.as_str()).collect()
    }

    #[test]
    fn a_chain_of_followers_ends_where_the_player_is() {
        let mut state = state(&[("a", "attic", "b"), ("b", "cellar", "OLD C"), ("c", "well", "pc")]);
        let moves = follow(&mut state);
        assert_eq!(places(&state), ["jetty", "jetty", "jetty"]);
        assert_eq!(moves[0], ("a".into(), "attic".into(), "jetty".into()));
        assert_eq!(follow(&mut state), [], "it has converged");
    }

    #[test]
    fn a_ring_of_followers_stays_and_its_tail_joins_it() {
        let mut state = state(&[
            ("a", "attic", "b"),
            ("b", "cellar", "c"),
            ("c", "well", "a"),
            ("d", "shore", "b"),
            ("e", "mill", "e"),
        ]);
        follow(&mut state);
        assert_eq!(places(&state), ["attic", "cellar", "well", "cellar", "mill"]);
        assert_eq!(follow(&mut state), []);
    }

    #[test]
    fn a_follower_of_nobody_known_stays() {
        let mut state = state(&[("a", "attic", "ghost"), ("b", "cellar", "")]);
        follow(&mut state);
        assert_eq!(places(&state), ["attic", "cellar"]);
    }
}
