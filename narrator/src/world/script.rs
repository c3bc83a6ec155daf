//! A story's own words, found by what is seen and said: which entries of its [`Script`] fit now, and what they are about.

use story::script::{Moment, Script};
use story::{Fit, fit, words};

use super::naming;
use super::view::View;
use crate::reading::clause;
use crate::reading::sentence;

/// Whether `about` names one of `topics`.
pub(crate) fn is_about(about: &str, topics: &[String]) -> bool {
    let about = words(about);
    topics.iter().any(|topic| words(topic).iter().all(|word| about.contains(word)))
}

impl<'a> View<'a> {
    /// Whether this is the moment of an entry.
    pub(crate) fn fits(&self, moment: &Moment) -> bool {
        moment.scene.as_deref().is_none_or(|scene| self.scene == Some(scene))
            && moment.at.as_deref().is_none_or(|at| self.here_key() == Some(at))
            && moment.with.iter().all(|name| self.has_being(name))
            && !moment.without.iter().any(|name| self.has_being(name))
            && moment.holding.iter().all(|item| self.holds(item))
            && !moment.lacking.iter().any(|item| self.holds(item))
            && moment.lying.iter().all(|item| self.items.contains(item))
            && moment.shows.iter().all(|text| self.shows(text))
            && !moment.hides.iter().any(|text| self.shows(text))
    }

    /// Learns the other names that `script` has for what is here.
    pub(crate) fn learn_names(&mut self, script: &'a Script) {
        let deeds = script.beats.iter().filter(|beat| beat.when.at.is_some() && self.fits(&beat.when));
        let ways = deeds.flat_map(|beat| &beat.does).flat_map(|does| sentence::clauses(does));
        let does = |way: &clause::Clause| way.verb.is_some_and(|verb| !verb.is_speech() && !verb.is_perception());
        let nouns = ways.filter(does).flat_map(|way| way.objects).filter_map(|noun| words(&noun).pop());
        self.deed_nouns = nouns.filter(|noun| noun.len() > 3 && !naming::is_abstract(noun)).collect();
        let beings = self.beings.iter().map(|being| &being.name);
        let own: Vec<String> = self.items.iter().chain(&self.held).chain(beings).cloned().collect();
        for thing in script.things.iter().filter(|thing| self.fits(&thing.when)).collect::<Vec<_>>() {
            let named = |name: &&String| thing.names.iter().any(|other| fit(other, name) == Some(Fit::Whole));
            if let Some(name) = own.iter().find(named) {
                self.aliases.extend(thing.names.iter().map(|other| (other.as_str(), name.clone())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::knows_deed;
    use crate::tests::shipped;

    #[test]
    fn the_scripts_that_are_shipped_have_no_mistakes() {
        let (library, scripts) = shipped();
        assert!(!scripts.is_empty());
        for id in scripts.keys() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../fixtures/content/offline/{id}.json"));
            let text = std::fs::read_to_string(path).unwrap();
            assert_eq!(story::check_script(&library, id, id, &text, knows_deed), [], "{id}");
        }
    }
}
