//! Variables. A model may set those that the author declared; a conditional is the author's own word.

use super::change::{Author, Change};
use super::reason::Reason;
use super::turn::Turn;
use crate::content::normalize_var;
use crate::suggest::nearest;

impl Turn<'_> {
    pub(super) fn set_var(&mut self, author: &Author, name: &str, value: &str) -> Result<(), Reason> {
        let name = match (self.declared(name), author) {
            (Some(declared), _) => declared,
            (None, Author::Conditional(_)) => normalize_var(name),
            (None, Author::Model) => {
                return Err(Reason::UndeclaredVar {
                    name: name.to_owned(),
                    suggestion: nearest(&normalize_var(name), self.scenario.declared_vars()).map(str::to_owned),
                });
            }
        };
        let old = self.state.vars.insert(name.clone(), value.to_owned());
        if old.as_deref() != Some(value) {
            self.changes.push(Change::VarSet { name, from: old, to: value.to_owned() });
        }
        Ok(())
    }

    /// The variable that is meant by `name`, as it is declared, or as it is in the game already.
    fn declared(&self, name: &str) -> Option<String> {
        let known = |name: &str| self.scenario.declares_var(name) || self.state.vars.contains_key(name);
        let name = name.trim();
        if known(name) {
            return Some(name.to_owned());
        }
        Some(normalize_var(name)).filter(|normalized| known(normalized))
    }
}

#[cfg(test)]
mod tests {
    use crate::apply::testing::{conditional, model};
    use crate::testing::new_state;

    #[test]
    fn a_declared_variable_is_set_in_any_spelling() {
        let applied =
            model(&new_state(), serde_json::json!({ "set_vars": { "Lamp-Lit": "true", "beacon_answered": "maybe" } }));
        assert_eq!(applied.state.vars["lamp_lit"], "true");
        assert_eq!(applied.state.vars["beacon_answered"], "maybe", "a variable of a scene is declared too");
        assert_eq!(applied.rejections, []);
    }

    #[test]
    fn a_model_cannot_invent_a_variable() {
        let applied = model(&new_state(), serde_json::json!({ "set_vars": { "lamp_litt": "true" } }));
        assert_eq!(applied.rejections[0].effect, "/set_vars/lamp_litt");
        assert!(applied.rejections[0].reason.ends_with("did you mean `lamp_lit`?"), "{:?}", applied.rejections);
        assert!(!applied.state.vars.contains_key("lamp_litt"));
    }

    #[test]
    fn what_a_conditional_sets_is_declared_by_it() {
        let applied = conditional(&new_state(), serde_json::json!({ "set_vars": { "Tide Out": "true" } }));
        assert_eq!(applied.state.vars["tide_out"], "true");
    }
}
