//! What is to be done later, and what would be if: `when we get there I will buy you a beer`, `once I have the lantern, ring the bell`,
//! `what if I just swam across?`. A plan is heard and does nothing; an order for later is put as the two deeds that it consists of.

use crate::reading::verbs::{Verb, is_verb_word};
use crate::telling::Telling;
use crate::world::texts;

/// How the part of a sentence begins that says when.
const WHEN: &[&str] = &["when ", "once ", "as soon as ", "after ", "the moment "];

/// What announces a deed, and is none.
const WILL: &[&str] =
    &["i will", "i'll", "we will", "we'll", "i can", "we can", "i could", "i would", "i'd", "i promise"];

/// What is wanted in the hand first.
const TO_HAVE: &[&str] = &["i have ", "i've got ", "i got ", "i get ", "i hold ", "i've taken ", "i take ", "i find "];

/// Where somebody wants to be first.
const TO_BE: &[&str] = &[
    "i get to ",
    "i am in ",
    "i'm in ",
    "i am on ",
    "i'm on ",
    "i am at ",
    "i'm at ",
    "i reach ",
    "i arrive at ",
    "we get to ",
];

/// Past forms that do not end with `ed`.
const PAST: &[(&str, &str)] = &[
    ("swam", "swim"),
    ("took", "take"),
    ("gave", "give"),
    ("went", "go"),
    ("rang", "ring"),
    ("threw", "throw"),
    ("broke", "break"),
    ("told", "tell"),
    ("said", "say"),
    ("sat", "sit"),
    ("ran", "run"),
    ("wound", "wind"),
    ("stole", "steal"),
    ("lit", "light"),
    ("sang", "sing"),
    ("woke", "wake"),
    ("ate", "eat"),
    ("drank", "drink"),
    ("sold", "sell"),
    ("hid", "hide"),
    ("wrote", "write"),
    ("wore", "wear"),
    ("taken", "take"),
    ("broken", "break"),
    ("rung", "ring"),
    ("moved", "move"),
    ("eaten", "eat"),
    ("worn", "wear"),
    ("given", "give"),
    ("put", "put"),
];

/// `swim across` of `swam across`.
pub(crate) fn in_the_present(wish: &str) -> String {
    let (verb, rest) = wish.split_once(' ').map_or((wish, None), |(verb, rest)| (verb, Some(rest)));
    let irregular = PAST.iter().find(|(past, _)| *past == verb).map(|(_, present)| (*present).to_owned());
    let bases = || {
        let stem = verb.strip_suffix("ed")?;
        let single = stem.get(..stem.len().saturating_sub(1)).unwrap_or_default();
        [stem.to_owned(), format!("{stem}e"), single.to_owned()].into_iter().find(|base| is_verb_word(base))
    };
    let present = irregular.or_else(bases).unwrap_or_else(|| verb.to_owned());
    rest.map_or(present.clone(), |rest| format!("{present} {rest}"))
}

/// `can i put out the lantern` of `can the lantern be put out`.
pub(crate) fn in_the_active(text: &str) -> Option<String> {
    let (thing, done) = ["can ", "could "].iter().find_map(|can| text.strip_prefix(can))?.split_once(" be ")?;
    let is_short = thing.split(' ').count() <= 4 && done.split(' ').count() <= 2;
    let is_thing = ["the ", "this ", "that ", "it"].iter().any(|the| thing.starts_with(the));
    let deed = in_the_present(done);
    let is_deed = deed.split(' ').next().is_some_and(is_verb_word);
    (is_short && is_thing && is_deed).then(|| format!("can i {deed} {thing}"))
}

/// The part that says when, and what is to be done then: cut at a comma, at `then`, or where the player speaks of themselves.
fn in_two(plain: &str) -> Option<(&str, &str)> {
    let when = WHEN.iter().find_map(|when| plain.strip_prefix(when))?;
    let marks = [", then ", ", ", " then "].iter().find_map(|mark| when.split_once(mark));
    let own = || {
        let at = WILL.iter().filter_map(|will| when.find(&format!(" {will} "))).min()?;
        Some((&when[..at], when[at..].trim_start()))
    };
    marks.or_else(own)
}

/// `take the lantern, then ring the bell` of `once I have the lantern, ring the bell`.
pub(crate) fn in_its_order(message: &str) -> String {
    let plain = message.to_lowercase().replace('\u{2019}', "'");
    let is_order = |deed: &str| !plain.trim_end().ends_with('?') && !is_announced(deed);
    let Some((when, deed)) = in_two(plain.trim()).filter(|(_, deed)| is_order(deed)) else {
        return message.to_owned();
    };
    // `I get to the inn` gets nothing.
    let first = TO_BE.iter().find_map(|be| Some(format!("go to {}", when.strip_prefix(be)?)));
    let first = first.or_else(|| TO_HAVE.iter().find_map(|have| Some(format!("take {}", when.strip_prefix(have)?))));
    first.map_or_else(|| message.to_owned(), |first| format!("{first}, then {deed}"))
}

fn is_announced(deed: &str) -> bool {
    WILL.iter().any(|will| deed.strip_prefix(will).is_some_and(|rest| rest.starts_with(' ')))
}

impl Telling<'_> {
    /// The answer to a plan for later: whoever is here hears it, and nothing is done.
    pub(crate) fn planned(&self, message: &str) -> Option<String> {
        let plain = message.to_lowercase().replace('\u{2019}', "'");
        let plain = plain.trim().trim_end_matches(['.', '!']);
        let is_short = !plain.ends_with('?') && !plain.contains(['.', ';', '"']);
        let (when, deed) = in_two(plain).filter(|_| is_short)?;
        let first = when.split(' ').next()?;
        // `when you have a moment, I'd like a beer` is a wish.
        let is_wish = ["i'd like", "i would like", "i'd love"].iter().any(|like| deed.starts_with(like));
        let is_plan = is_announced(deed) && !is_wish;
        let somebody =
            ["he", "she", "it", "they", "he's", "she's", "it's", "they're", "the", "somebody"].contains(&first);
        // `when he looks away, take the stamp` is an order for now.
        if !is_plan || ["you", "that", "this", "which"].contains(&first) {
            return None;
        }
        if let Some(listener) = self.view.speaker().filter(|listener| !somebody || self.has_words_for(listener, deed)) {
            let who = texts::capital(&listener.call());
            let lines = [
                ("when it comes to that", format!("'We will see,' says {who}, 'when it comes to that.'")),
                ("will hold you to it", format!("{who} nods, and will hold you to it.")),
                ("'First the one,'", format!("'First the one,' says {who}, 'and then the other.'")),
            ];
            let speaks_of = deed.split(' ').any(|word| ["you", "your"].contains(&word));
            let heard = self.view.fresh_by_stem(&lines).to_owned();
            return Some(if speaks_of && self.has_words_for(listener, deed) {
                self.talk_to(listener, deed, Verb::Talk)
            } else {
                format!("{heard} {}", self.can_be_asked(listener))
            });
        }
        let lines = [
            ("not come to that yet", "It has not come to that yet."),
            ("plan for later", "You keep that plan for later."),
            ("One thing after", "One thing after the other; that one is not due yet."),
        ];
        let lines = lines.map(|(stem, line)| (stem, line.to_owned()));
        Some(format!("{} {}", self.view.fresh_by_stem(&lines), self.could_try()))
    }
}

#[cfg(test)]
mod tests {
    use super::{in_its_order, in_the_active, in_the_present};

    #[test]
    fn an_order_for_later_is_two_deeds_and_a_wish_that_was_past_is_present() {
        assert_eq!(in_its_order("Once I have the lantern, ring the bell"), "take the lantern, then ring the bell");
        assert_eq!(in_its_order("when I get to the inn, eat"), "go to the inn, then eat");
        for as_it_is in
            ["when I get to the inn I'll eat", "when I was young, I swam", "once upon a time", "when is it, then?"]
        {
            assert_eq!(in_its_order(as_it_is), as_it_is);
        }
        assert_eq!(in_the_active("can the lantern be put out").as_deref(), Some("can i put out the lantern"));
        assert_eq!(in_the_active("can you be quiet"), None);
        assert_eq!(in_the_present("swam across"), "swim across");
        assert_eq!(in_the_present("grabbed it"), "grab it");
        assert_eq!(in_the_present("feed it"), "feed it");
    }
}
