//! What is certain of a text that varies, for a place that the player only now comes to: the narrator sees the world around the player,
//! and no variables. What it cannot judge it leaves out, so that it never says what is not so.

use story::{Lit, Text, TextPart, When, matching};

use super::view::View;

impl View<'_> {
    /// What is certainly read of `text`, which describes the place under `key` that is called `name`.
    pub(crate) fn certain(&self, text: &Text, key: &str, name: &str) -> String {
        let is_first_visit = !self.visited.contains(name);
        let judge = |part: &TextPart| {
            if part.once && !is_first_visit {
                return Some(false);
            }
            part.when.as_ref().map_or(Some(true), |when| self.judge(when, key))
        };
        text.read_where(&judge, &|texts| texts.first())
    }

    /// Whether something certainly gives light in the place under `key`.
    pub(crate) fn certainly_lit(&self, lit: &Lit, key: &str) -> bool {
        match lit {
            Lit::Always(always) => *always,
            Lit::While(when) => self.judge(when, key) == Some(true),
        }
    }

    fn judge(&self, when: &When, at: &str) -> Option<bool> {
        if when.is_empty() || !when.unknown.is_empty() {
            return Some(false);
        }
        let is_elsewhere = when.location.as_deref().is_some_and(|location| location != at);
        if is_elsewhere || !when.inventory.iter().all(|item| matching(&self.held, item).is_some()) {
            return Some(false);
        }
        let any = (!when.any.is_empty()).then(|| {
            let verdicts: Vec<_> = when.any.iter().map(|alternative| self.judge(alternative, at)).collect();
            match verdicts.contains(&Some(true)) {
                true => Some(true),
                false if verdicts.contains(&None) => None,
                false => Some(false),
            }
        });
        let not = when.not.as_ref().map(|inner| self.judge(inner, at).map(|held| !held));
        let parts = [any, not].into_iter().flatten();
        let is_hidden = !when.vars.is_empty()
            || !when.vars_compare.is_empty()
            || !when.npc_locations.is_empty()
            || !when.item_locations.is_empty()
            || !when.items_in.is_empty()
            || !when.open.is_empty()
            || !when.locked.is_empty()
            || !when.hp.is_empty()
            || !when.defeated.is_empty()
            || [when.turn_counter, when.scene_turn_counter, when.min_turns, when.min_scene_turns]
                .iter()
                .any(Option::is_some);
        let verdicts: Vec<_> = parts.chain(is_hidden.then_some(None)).collect();
        match verdicts.contains(&Some(false)) {
            true => Some(false),
            false if verdicts.contains(&None) => None,
            false => Some(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_judged_is_left_out_and_what_can_is_read() {
        let text: Text = serde_json::from_value(serde_json::json!([
            "Hat boxes.",
            { "when": { "vars": { "moths": "gone" } }, "text": "It is quiet.", "else": "Something chews." },
            { "when": { "inventory": ["lamp"] }, "text": "The lamp throws rings.", "else": "It is dark." },
            { "once": true, "text": "You have not been here before." }
        ]))
        .unwrap();
        let mut view = View { held: vec!["lamp".into()], ..View::default() };
        let read = |view: &View<'_>| view.certain(&text, "attic", "Attic");
        assert_eq!(read(&view), "Hat boxes. The lamp throws rings. You have not been here before.");
        view.held.clear();
        view.visited.insert("Attic".into());
        assert_eq!(read(&view), "Hat boxes. It is dark.");
    }
}
