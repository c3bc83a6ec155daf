//! Playing music in other words: on an instrument that is named last, a tune on what is held, or anything at all.

use story::words;

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming::is_abstract;

impl Telling<'_> {
    /// What else playing `object` may say.
    pub(crate) fn played_otherwise(&self, clause: &Clause, object: &str) -> Option<Clause> {
        let plays = clause.verb == Some(Verb::Play);
        let last = words(object).pop().unwrap_or_default();
        // `play a chord on the piano`
        if plays && is_instrument(&clause.second) && !is_instrument(object) {
            return Some(Clause {
                objects: vec![clause.second.clone()],
                rest: clause.second.clone(),
                preposition: String::new(),
                second: String::new(),
                ..clause.clone()
            });
        }
        // `play a tune` plays what can be played.
        if plays && ["tune", "song", "melody", "music", "something"].contains(&last.as_str()) {
            let instrument = self.view.held.iter().find(|item| is_instrument(item))?;
            let play = Clause { objects: vec![instrument.clone()], rest: instrument.clone(), ..clause.clone() };
            return Some(play).filter(|play| self.deed(play).is_some());
        }
        // `play middle c`, `play for them`: what is played, and for whom, makes no difference.
        let is_anything = clause.written != "play with"
            && self.view.find(object) == Found::Nothing
            && !is_abstract(object)
            && !is_instrument(object)
            && !is_instrument(&clause.second);
        is_anything.then(|| play_something(clause))
    }
}

/// Whether it is made to be played.
fn is_instrument(noun: &str) -> bool {
    const INSTRUMENTS: &[&str] = &[
        "piano",
        "concertina",
        "accordion",
        "fiddle",
        "violin",
        "flute",
        "guitar",
        "drum",
        "horn",
        "harp",
        "organ",
        "trumpet",
        "harmonica",
    ];
    INSTRUMENTS.contains(&words(noun).pop().unwrap_or_default().as_str())
}

/// The clause as one of playing anything at all.
pub(crate) fn play_something(clause: &Clause) -> Clause {
    Clause {
        verb: Some(Verb::Play),
        objects: vec!["something".to_owned()],
        preposition: String::new(),
        second: String::new(),
        rest: "something".to_owned(),
        ..clause.clone()
    }
}
