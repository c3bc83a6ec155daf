//! Line heads: `Ada Finch:` at the beginning of a line means that the model goes on as the player; `Narrator:` is a label.

use super::markers::{Found, begins};
use crate::prompt::Input;
use crate::state::GameState;

/// Names that are longer than this are not looked for.
const LONGEST_NAME: usize = 80;

/// Chat formats call the player so.
const PLAYERS: [&str; 7] = ["player", "user", "human", "### instruction", "### user", "### human", "[player]"];

/// And the narrator so.
const NARRATORS: [&str; 6] = ["narrator", "assistant", "### response", "### assistant", "### narrator", "[narrator]"];

/// Whose line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    Player,
    Narrator,
}

/// The heads that are looked for, in lower case.
#[derive(Debug)]
pub(super) struct Heads {
    names: Vec<(String, Speaker)>,
}

impl Heads {
    /// Those of every chat format, and of this game: an NPC of the same name keeps their lines.
    pub(super) fn new(state: &GameState, input: &Input) -> Self {
        let actor = match input {
            Input::Player { actor, .. } => actor.as_deref(),
            Input::StoryEvent { .. } => None,
        };
        let pc = state.pc.as_ref().map(|pc| pc.name.as_str());
        let narrator = state.narrator.as_ref().map(|narrator| narrator.name.as_str());
        let is_npc = |name: &str| state.npcs.values().any(|npc| npc.name.trim().eq_ignore_ascii_case(name));
        let own = actor.into_iter().chain(pc).map(|name| (name, Speaker::Player));
        let own = own.chain(narrator.map(|name| (name, Speaker::Narrator)));
        let own = own.map(|(name, speaker)| (name.trim(), speaker));
        let own = own.filter(|(name, _)| !name.is_empty() && name.len() <= LONGEST_NAME && !is_npc(name));
        let fixed = PLAYERS.map(|name| (name, Speaker::Player)).into_iter();
        let fixed = fixed.chain(NARRATORS.map(|name| (name, Speaker::Narrator)));
        Self { names: own.chain(fixed).map(|(name, speaker)| (name.to_ascii_lowercase(), speaker)).collect() }
    }

    /// The head that a line begins with, with the colon and what emphasises it: `**Ada Finch:** `.
    pub(super) fn find(&self, line: &str, at_end: bool) -> Found<Speaker> {
        let name = line.trim_start_matches(['*', '_', '>', '"', '“']);
        let decoration = line.len() - name.len();
        if decoration > 4 {
            return Found::No;
        }
        let mut undecided = name.is_empty();
        for (wanted, speaker) in &self.names {
            match begins(name, wanted) {
                Found::No => {}
                Found::Undecided => undecided = true,
                Found::Yes(length, ()) => {
                    let rest = name[length..].trim_start_matches(['*', '_', ']']);
                    match rest.chars().next() {
                        None => undecided = true,
                        Some(colon @ (':' | '：')) => {
                            let end = line.len() - rest.len() + colon.len_utf8();
                            return Found::Yes(end, *speaker);
                        }
                        Some(_) => {}
                    }
                }
            }
        }
        if undecided && !at_end { Found::Undecided } else { Found::No }
    }
}
