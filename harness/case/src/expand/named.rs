//! Which variables texts name, so that a value which none of them takes is found.

use std::collections::BTreeSet;

use crate::json::{JsonError, Kind, Member, Node, nearest};

/// The names in `${…}`.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// Adds those of every text and key of a tree.
    pub(super) fn add_all_of(&mut self, node: &Node) {
        match &node.kind {
            Kind::String(text) => self.add(text),
            Kind::Array(items) => items.iter().for_each(|item| self.add_all_of(item)),
            Kind::Object(members) => {
                for member in members {
                    self.add(&member.key);
                    self.add_all_of(&member.value);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, text: &str) {
        self.0.extend(text.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())));
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// The mistake of a value that `whose` texts do not take.
    pub(super) fn unused(&self, variable: &Member, whose: &str) -> JsonError {
        let name = &variable.key;
        let error = JsonError::at(variable.key_span.clone(), format!("{whose} names `${{{name}}}`"));
        match nearest(name, self.0.iter().map(String::as_str)) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help("leave it out, or use it"),
        }
    }
}
