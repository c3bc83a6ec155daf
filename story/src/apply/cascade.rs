//! The cascade: conditionals of the scene and of the scenario that have come true fire, what they change may make others true, and so on until nothing more
//! is due. Within a round they fire in the order of their ids; each fires at most once in a turn, which bounds the whole.

use std::collections::BTreeSet;

use super::change::{Author, Change, StoryEvent};
use super::luck::Luck;
use super::turn::Turn;
use crate::content::{Latch, Placed};

/// After this many rounds the turn is over, whatever is still due.
const MAX_ROUNDS: usize = 10;

/// A conditional by scene and id; one of the scenario has no scene, and so does not fire twice in a turn that changes the scene.
type Fired<'a> = BTreeSet<(&'a str, &'a str)>;

impl<'a> Turn<'a> {
    pub(super) fn cascade(&mut self, luck: &mut Luck) {
        self.is_cascading = true;
        let mut fired = Fired::new();
        for _ in 0..MAX_ROUNDS {
            let due = self.due(&fired, luck);
            if due.is_empty() {
                return;
            }
            for placed in due {
                fired.insert((placed.scene, placed.id));
                self.fire(placed, luck);
            }
        }
    }

    /// The conditionals to fire in this round. Those whose condition does not hold are armed again.
    fn due(&mut self, fired: &Fired<'a>, luck: &mut Luck) -> Vec<Placed<'a>> {
        let mut due = Vec::new();
        let scenario = self.scenario;
        for placed in scenario.conditionals_in(&self.state.scene_name) {
            let latch = placed.conditional.latch();
            if latch == Latch::Once && self.state.fired_story_events.iter().any(|fired| fired == placed.id) {
                continue;
            }
            if !(placed.is_ready(&self.state) && luck.decides(placed, &self.state)) {
                self.state.latched_conditionals.remove(placed.id);
                continue;
            }
            let may_fire = latch != Latch::Edge || !self.state.latched_conditionals.contains(placed.id);
            if may_fire && !fired.contains(&(placed.scene, placed.id)) {
                due.push(placed);
            }
        }
        due
    }

    fn fire(&mut self, placed: Placed<'_>, luck: &mut Luck) {
        let Placed { scene, id, conditional } = placed;
        self.changes.push(Change::ConditionalFired { scene: scene.to_owned(), id: id.to_owned() });
        match conditional.latch() {
            Latch::Once => self.state.fired_story_events.push(id.to_owned()),
            // A conditional that fires in the same turn as one that has just ended its scene leaves nothing behind in the next.
            Latch::Edge if placed.is_of_scenario() || scene == self.state.scene_name => {
                self.state.latched_conditionals.insert(id.to_owned());
            }
            Latch::Edge | Latch::Repeat => {}
        }
        self.apply_delta(&Author::Conditional(id.to_owned()), &conditional.then, luck);
        let of_ending =
            || self.scenario.endings.get(conditional.then.ending.as_deref()?).map(|ending| ending.text.as_str());
        let prompt = conditional.then.prompt.as_deref().or_else(of_ending);
        if let Some(prompt) = prompt.map(str::trim).filter(|prompt| !prompt.is_empty()) {
            self.story_events.push(StoryEvent { id: id.to_owned(), prompt: prompt.to_owned() });
        }
    }
}
