//! Variables. A model may set those that the scenario declares or names; a conditional may set any.

use super::change::{Author, Change};
use super::reason::Reason;
use super::turn::Turn;
use crate::content::normalize_var;
use crate::suggest::nearest;

impl Turn<'_> {
    /// Sets a variable. From a model, `+5` or `-5` adds to a variable that holds a number: models write an amount where they mean one.
    pub(super) fn set_var(&mut self, author: &Author, name: &str, value: &str) -> Result<(), Reason> {
        let name = self.settable(author, name)?;
        let holds_number = self.state.vars.get(&name).is_some_and(|old| old.trim().parse::<f64>().is_ok());
        match amount(value) {
            Some(amount) if *author == Author::Model && holds_number => self.add_to_var(author, &name, amount),
            _ => {
                self.put_var(name, value.to_owned());
                Ok(())
            }
        }
    }

    /// Adds `amount` to a variable that holds a number. One that has no value yet counts as 0.
    pub(super) fn add_to_var(&mut self, author: &Author, name: &str, amount: f64) -> Result<(), Reason> {
        let name = self.settable(author, name)?;
        let old = self.state.vars.get(&name).map_or("0", |value| value.trim());
        let sum = old.parse::<f64>().ok().map(|old| old + amount).filter(|sum| sum.is_finite());
        let sum = sum.ok_or_else(|| Reason::NotANumber { name: name.clone(), value: old.to_owned() })?;
        // A whole number is written without a decimal point, so that `when` can compare it as text, too.
        self.put_var(name, sum.to_string());
        Ok(())
    }

    fn put_var(&mut self, name: String, value: String) {
        let old = self.state.vars.insert(name.clone(), value.clone());
        if old.as_ref() != Some(&value) {
            self.changes.push(Change::VarSet { name, from: old, to: value });
        }
    }

    /// The name of the variable that `author` may set under `name`.
    fn settable(&self, author: &Author, name: &str) -> Result<String, Reason> {
        match (self.declared(name), author) {
            (Some(declared), _) => Ok(declared),
            (None, Author::Conditional(_)) => Ok(normalize_var(name)),
            (None, Author::Model) => Err(Reason::UndeclaredVar {
                name: name.to_owned(),
                suggestion: nearest(&normalize_var(name), self.scenario.declared_vars()).map(str::to_owned),
            }),
        }
    }

    /// The variable that is meant by `name`, as it is declared, or as it is in the game already.
    fn declared(&self, name: &str) -> Option<String> {
        let known = |name: &str| self.scenario.knows_var(name) || self.state.vars.contains_key(name);
        let name = name.trim();
        if known(name) {
            return Some(name.to_owned());
        }
        Some(normalize_var(name)).filter(|normalized| known(normalized))
    }
}

/// The amount that `value` says to add: a number with a sign.
fn amount(value: &str) -> Option<f64> {
    let value = value.trim();
    value.starts_with(['+', '-']).then(|| value.parse().ok()).flatten()
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
    fn amounts_are_added_and_subtracted_as_numbers() {
        let add = |state: &crate::GameState, name: &str, amount: f64| {
            model(state, serde_json::json!({ "add_vars": { name: amount } }))
        };
        let more = add(&new_state(), "oil", 2.0);
        assert_eq!(more.state.vars["oil"], "5");
        assert_eq!(add(&more.state, "Oil", -0.5).state.vars["oil"], "4.5");
        let text = add(&new_state(), "lamp_lit", 1.0);
        assert_eq!(text.rejections[0].effect, "/add_vars/lamp_lit");
        assert_eq!(text.rejections[0].reason, "`lamp_lit` is `false`, which is not a number");
        assert!(add(&new_state(), "gold", 1.0).rejections[0].reason.contains("declares"), "a model cannot invent one");
        let written = model(&new_state(), serde_json::json!({ "set_vars": { "oil": "+1", "lamp_lit": "-1" } })).state;
        assert_eq!((written.vars["oil"].as_str(), written.vars["lamp_lit"].as_str()), ("4", "-1"));
        let set = conditional(&new_state(), serde_json::json!({ "set_vars": { "oil": "-1" } })).state;
        assert_eq!(set.vars["oil"], "-1", "an author has `add_vars` to add");
        let new = conditional(&new_state(), serde_json::json!({ "add_vars": { "gold": 3 } }));
        assert_eq!(new.state.vars["gold"], "3", "a conditional declares what it adds to");
    }

    #[test]
    fn what_a_rule_or_a_condition_names_is_declared() {
        let set = |name: &str| {
            let mut library = crate::testing::library();
            library.rewrite_scenario("lighthouse", |scenario| {
                scenario
                    .contingency_rules
                    .push("When the gull is greeted, set met_gull to true, or 'tide' to low.".into());
                let when = serde_json::json!({ "any": [{ "vars": { "storm_over": "true" } }] });
                scenario.scenes.get_mut("storm").unwrap().conditionals.get_mut("answer").unwrap().when =
                    serde_json::from_value(when).unwrap();
            });
            let delta = crate::Delta { set_vars: [(name.to_owned(), "true".to_owned())].into(), ..Default::default() };
            let input = crate::Input::Player { message: "…".into(), actor: None };
            crate::apply(&library, &new_state(), &delta, &input).unwrap()
        };
        for name in ["met_gull", "tide", "storm_over"] {
            assert_eq!(set(name).state.vars.get(name).map(String::as_str), Some("true"), "{name}");
        }
        for name in ["gull", "greeted", "when"] {
            assert_eq!(set(name).rejections.len(), 1, "{name} is a word of the rule, not a variable");
        }
    }

    #[test]
    fn what_a_conditional_sets_is_declared_by_it() {
        let applied = conditional(&new_state(), serde_json::json!({ "set_vars": { "Tide Out": "true" } }));
        assert_eq!(applied.state.vars["tide_out"], "true");
    }
}
