//! The cascade: conditionals of the scene that have come true fire, what they change may make others true, and so on until nothing more
//! is due. Within a round they fire in the order of their ids; each fires at most once in a turn, which bounds the whole.

use std::collections::BTreeSet;

use super::change::{Author, Change, StoryEvent};
use super::turn::Turn;
use crate::content::{Conditional, Latch};

/// After this many rounds the turn is over, whatever is still due.
const MAX_ROUNDS: usize = 10;

/// A conditional by scene and id.
type Fired<'a> = BTreeSet<(&'a str, &'a str)>;

impl<'a> Turn<'a> {
    pub(super) fn cascade(&mut self) {
        self.is_cascading = true;
        let mut fired = Fired::new();
        for _ in 0..MAX_ROUNDS {
            let due = self.due(&fired);
            if due.is_empty() {
                return;
            }
            for (scene, id, conditional) in due {
                fired.insert((scene, id));
                self.fire(scene, id, conditional);
            }
        }
    }

    /// The conditionals to fire in this round. Those whose condition does not hold are armed again.
    fn due(&mut self, fired: &Fired<'a>) -> Vec<(&'a str, &'a str, &'a Conditional)> {
        let Some((scene, definition)) = self.scenario.scenes.get_key_value(&self.state.scene_name) else {
            return Vec::new();
        };
        let (holding, others): (Vec<_>, Vec<_>) =
            definition.conditionals.iter().partition(|(_, conditional)| conditional.when.holds(&self.state));
        for (id, _) in others {
            self.state.latched_conditionals.remove(id);
        }
        holding
            .into_iter()
            .filter(|(id, _)| !fired.contains(&(scene.as_str(), id.as_str())))
            .filter(|(id, conditional)| match conditional.latch() {
                Latch::Once => !self.state.fired_story_events.contains(id),
                Latch::Edge => !self.state.latched_conditionals.contains(*id),
                Latch::Repeat => true,
            })
            .map(|(id, conditional)| (scene.as_str(), id.as_str(), conditional))
            .collect()
    }

    pub(super) fn fire(&mut self, scene: &str, id: &str, conditional: &Conditional) {
        self.changes.push(Change::ConditionalFired { scene: scene.to_owned(), id: id.to_owned() });
        match conditional.latch() {
            Latch::Once => self.state.fired_story_events.push(id.to_owned()),
            // A conditional that fires in the same turn as one that has just ended its scene leaves nothing behind in the next.
            Latch::Edge if scene == self.state.scene_name => {
                self.state.latched_conditionals.insert(id.to_owned());
            }
            Latch::Edge | Latch::Repeat => {}
        }
        self.apply_delta(&Author::Conditional(id.to_owned()), &conditional.then);
        let of_ending =
            || self.scenario.endings.get(conditional.then.ending.as_deref()?).map(|ending| ending.text.as_str());
        let prompt = conditional.then.prompt.as_deref().or_else(of_ending);
        if let Some(prompt) = prompt.map(str::trim).filter(|prompt| !prompt.is_empty()) {
            self.story_events.push(StoryEvent { id: id.to_owned(), prompt: prompt.to_owned() });
        }
    }
}
