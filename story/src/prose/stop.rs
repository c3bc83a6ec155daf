//! Stop sequences: where a server is asked to stop writing. What still comes is cut by the filter; stopping early saves time and money.

use crate::prompt::Input;
use crate::state::GameState;

/// Names that are longer than this are not sent.
const LONGEST_NAME: usize = 40;

/// At most four, as `OpenAI` takes no more: the line on which the model would go on as the player, and the tags of the next prompt. Control
/// tokens are not in it: servers stop at their own, and some refuse foreign ones.
#[must_use]
pub fn stop_sequences(state: &GameState, input: &Input) -> Vec<String> {
    let actor = match input {
        Input::Player { actor, .. } => actor.as_deref(),
        Input::StoryEvent { .. } => None,
    };
    let name = actor.or(state.pc.as_ref().map(|pc| pc.name.as_str())).map(str::trim);
    // An NPC of the same name keeps their lines.
    let is_npc = |name: &str| state.npcs.values().any(|npc| npc.name.trim().eq_ignore_ascii_case(name));
    let name = name.filter(|name| !name.is_empty() && name.len() <= LONGEST_NAME && !is_npc(name));
    let line = name.map(|name| format!("\n{name}:"));
    line.into_iter().chain(["\nPlayer:", "<player>", "<world_state>"].map(str::to_owned)).collect()
}
