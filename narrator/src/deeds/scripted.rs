//! Deeds that the story answers, by its beats and by the author's rules.

use story::rule;
use story::script::{Beat, Thing};
use story::{Fit, fit, words};

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming::clean;
use crate::world::rules;

impl Telling<'_> {
    /// What the story makes of the deed, if it makes something of it.
    pub(crate) fn deed(&self, clause: &Clause) -> Option<String> {
        let verb = clause.verb?;
        // What is given to somebody who is not here is given to nobody else.
        let is_for_nobody = matches!(verb, Verb::Give | Verb::Feed | Verb::Show)
            && clause.preposition == "to"
            && matches!(self.view.find(&clause.second), Found::Nothing | Found::Elsewhere(_));
        if is_for_nobody {
            return None;
        }
        let also = self.other_names(clause);
        let here = || {
            let fitting = self.script.beats.iter().filter(|beat| self.view.fits(&beat.when));
            fitting.filter(|beat| verb != Verb::Take || !self.is_past_guarding(beat, clause))
        };
        // Of several, the one that is about what is acted on; of equal ones the first.
        let most_fitting = || {
            let fitting = here().filter(|beat| rules::is_beat(beat, clause, &also)).rev();
            fitting.max_by_key(|beat| rules::nearness(beat, clause))
        };
        if let Some(beat) = most_fitting().or_else(|| here().find(|beat| rules::is_nearly_beat(beat, clause))) {
            let text = self.view.next(&beat.text);
            // A beat without effect is not told twice in a row; what else is known of the deed is.
            return Some(text.to_owned()).filter(|_| !beat.set.is_empty() || !self.view.is_stale(text));
        }
        if verb.is_perception() {
            return None;
        }
        let rules = self.view.rules();
        let done =
            rules.iter().filter_map(|rule| rule::read(rule)).find(|rule| rules::is_done_by(rule, clause, self.view))?;
        // A rule that the script tells, but not at this moment, is not told here either.
        let is_scripted = |beat: &Beat| done.effect.set.iter().any(|(name, value)| beat.set.get(name) == Some(value));
        if self.script.beats.iter().any(is_scripted) {
            let beat = self.script.beats.iter().find(|beat| is_scripted(beat) && self.view.fits(&beat.when))?;
            return Some(self.view.fresh(&beat.text).to_owned());
        }
        let rest = if clause.rest.is_empty() { String::new() } else { format!(" {}", clause.rest) };
        Some(format!("You {}{rest}.", clause.written))
    }

    /// Whether `beat` only withholds a thing that now lies here for the taking.
    fn is_past_guarding(&self, beat: &Beat, clause: &Clause) -> bool {
        let lies_here = |noun: &String| match self.view.find(noun) {
            Found::Here(item) if !self.view.is_fixed(item) => {
                beat.when.lacking.iter().any(|lacking| fit(lacking, item).is_some())
            }
            _ => false,
        };
        beat.set.is_empty() && beat.uses_up.is_empty() && clause.objects.iter().any(lies_here)
    }

    /// The words of what the nouns of `clause` mean where they are called by another name: `music box` for `the box`.
    fn other_names(&self, clause: &Clause) -> Vec<String> {
        let nouns = clause.objects.iter().chain([&clause.second]).filter(|noun| !noun.is_empty());
        let of_noun = |noun: &String| match self.view.find(noun) {
            Found::Scenery(_) => {
                let plain = clean(noun);
                let is_meant = |thing: &&Thing| {
                    self.view.fits(&thing.when) && thing.names.iter().any(|name| fit(&plain, name) == Some(Fit::Whole))
                };
                self.script.things.iter().find(is_meant).map(|thing| thing.names.join(" ")).unwrap_or_default()
            }
            // `feed him`
            Found::Being(being) if is_pronoun(noun) => format!("{} {}", being.name, being.kind),
            found @ (Found::Held(_) | Found::Here(_)) if fit(noun, &found.call()).is_none() => found.call(),
            _ => String::new(),
        };
        nouns.flat_map(|noun| words(&of_noun(noun))).collect()
    }

    /// Whether a deed does more than tell something: after it, the turn has room for trifles only.
    pub(crate) fn is_more_than_told(&self, clause: &Clause) -> bool {
        let fitting = self
            .script
            .beats
            .iter()
            .find(|beat| self.view.fits(&beat.when) && rules::is_beat(beat, clause, &self.other_names(clause)));
        fitting.is_none_or(|beat| !beat.set.is_empty() || !beat.uses_up.is_empty())
    }
}

fn is_pronoun(noun: &str) -> bool {
    ["him", "her", "it", "them"].contains(&noun)
}
