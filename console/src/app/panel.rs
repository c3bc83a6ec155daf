//! What is around the player, for the sidebar and for the commands that print it.

use protocol::GameView;

use super::spelled_out;

/// Where the player is, and what they can see from there. What they cannot see is left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Panel {
    pub(crate) scenario: String,
    pub(crate) player: String,
    pub(crate) scene: String,
    pub(crate) location: String,
    pub(crate) description: String,
    pub(crate) exits: Vec<String>,
    /// Ways that are closed, with the reason.
    pub(crate) blocked: Vec<String>,
    pub(crate) people: Vec<String>,
    pub(crate) things: Vec<String>,
    pub(crate) inventory: Vec<String>,
    pub(crate) turn: u64,
    pub(crate) is_ended: bool,
    provider: String,
    narrator: String,
}

impl Panel {
    pub(crate) fn of(game: &GameView, scenario: String) -> Self {
        let state = &game.state;
        let here = state.locations.get(&state.user_location);
        let name = here.map(|here| here.name.clone()).filter(|name| !name.is_empty());
        let named = |list: &[String]| list.iter().filter(|name| !name.is_empty()).cloned().collect();
        let mut panel = Self {
            scenario,
            player: state.pc.as_ref().map(|pc| pc.name.clone()).unwrap_or_default(),
            scene: spelled_out(&state.scene_name),
            location: name.unwrap_or_else(|| spelled_out(&state.user_location)),
            turn: state.turn_counter,
            inventory: named(&state.user_inventory),
            is_ended: state.is_ended,
            provider: game.provider.clone(),
            narrator: state.narrator.as_ref().map(|narrator| narrator.name.clone()).unwrap_or_default(),
            ..Self::default()
        };
        if let Some(here) = here {
            panel.description.clone_from(&here.description);
            panel.exits = here.exits.keys().filter(|way| !here.blocked_exits.contains_key(*way)).cloned().collect();
            panel.blocked = here.blocked_exits.iter().map(|(way, reason)| format!("{way}: {reason}")).collect();
            panel.things = named(&here.items);
            let people = state.npcs.values().filter(|npc| npc.location == state.user_location);
            let beings = people.map(|npc| &npc.name).chain(here.monsters.values().map(|monster| &monster.name));
            panel.people = beings.filter(|name| !name.is_empty()).cloned().collect();
        }
        panel
    }

    /// `/look`: the place, and who and what is there.
    pub(crate) fn look(&self) -> String {
        let mut lines = vec![self.location.clone(), self.description.clone(), self.map()];
        lines.push(listed("People", &self.people));
        lines.push(listed("Things", &self.things));
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }

    /// `/map`: the ways out.
    pub(crate) fn map(&self) -> String {
        let mut lines = vec![listed("Ways out", &self.exits)];
        lines.extend(self.blocked.iter().map(|blocked| format!("Closed: {blocked}")));
        lines.retain(|line| !line.is_empty());
        if lines.is_empty() { "There is no way out that you can see.".to_owned() } else { lines.join("\n") }
    }

    /// `/inventory`.
    pub(crate) fn carried(&self) -> String {
        if self.inventory.is_empty() { "You carry nothing.".to_owned() } else { listed("You carry", &self.inventory) }
    }

    /// `/model`.
    pub(crate) fn model(&self) -> String {
        let narrator = if self.narrator.is_empty() { "The narrator".to_owned() } else { self.narrator.clone() };
        match self.provider.as_str() {
            "offline" => format!("{narrator} speaks by a built-in script: this engine has no language model set up."),
            provider => format!("{narrator} speaks by the provider `{provider}`."),
        }
    }
}

fn listed(name: &str, entries: &[String]) -> String {
    if entries.is_empty() { String::new() } else { format!("{name}: {}", entries.join(", ")) }
}
