//! What is not here; and scraps of sentences that stand where a noun should: they are not repeated to the player as if they were things.

use story::words;

use super::seeing::plain;
use crate::reading::verbs::verb_at;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming::{a, is_or_are};

/// Words that no name of a thing has.
const NO_NOUNS: &[&str] = &[
    "i",
    "you",
    "we",
    "he",
    "she",
    "they",
    "it",
    "i'm",
    "i'll",
    "it's",
    "that",
    "which",
    "who",
    "what",
    "where",
    "why",
    "how",
    "when",
    "not",
    "don't",
    "cannot",
    "can't",
    "can",
    "could",
    "would",
    "should",
    "may",
    "might",
    "is",
    "are",
    "was",
    "were",
    "has",
    "have",
    "had",
    "do",
    "does",
    "did",
    "so",
    "but",
    "or",
    "if",
    "because",
    "since",
    "while",
    "whether",
    "until",
    "anything",
    "something",
    "nothing",
    "everything",
    "whatever",
    "anybody",
    "anyone",
    "somebody",
    "someone",
    "along",
    "around",
    "behind",
    "then",
    "very",
    "really",
    "allowed",
    "like",
    "else",
    "please",
    "past",
    "him",
    "to",
    "them",
    "these",
    "those",
];

/// The longest that a name of a thing is.
const LONGEST: usize = 4;

/// Whether `noun` is a piece of a sentence and no name of a thing.
pub(crate) fn is_scrap(noun: &str) -> bool {
    let all: Vec<&str> = noun.split_whitespace().collect();
    all.len() > LONGEST || all.iter().any(|word| NO_NOUNS.contains(&word.trim_matches(',')) || *word == ",")
}

/// Words that a question may end with and that are no topic, though no verb that is known here.
const NO_TOPICS: &[&str] = &[
    "seen",
    "done",
    "heard",
    "lost",
    "lose",
    "broken",
    "remember",
    "forget",
    "convince",
    "believe",
    "big",
    "small",
    "sure",
    "underneath",
    "inside",
    "outside",
    "upstairs",
    "downstairs",
    "properly",
    "exactly",
    "supposed",
    "left",
    "gone",
    "now",
    "worry",
    "matter",
    "gotten",
    "taken",
    "given",
    "felt",
    "gets",
    "live",
    "lives",
    "happening",
    "happend",
    "comes",
    "coming",
];

/// Whether `word` says what is done, how or where, and names nothing that could be asked about.
pub(crate) fn is_no_topic(word: &str) -> bool {
    let is_verb = |word: &str| verb_at(&[word]).is_some();
    let bases = ["ing", "ed", "es", "s", "d"].iter().filter_map(|end| word.strip_suffix(end));
    is_verb(word)
        || bases.into_iter().any(|base| base.len() >= 2 && (is_verb(base) || is_verb(&format!("{base}e"))))
        || NO_NOUNS.contains(&word)
        || NO_TOPICS.contains(&word)
}

impl Telling<'_> {
    /// That what `noun` names is not here, and where it may be.
    pub(crate) fn not_here(&self, noun: &str) -> String {
        let noun = plain(noun);
        if noun.is_empty() {
            return self.at_a_loss("You would have to say what.");
        }
        if ["him", "her", "them"].contains(&noun.as_str()) {
            return self.nobody();
        }
        if ["it", "that", "this", "one"].contains(&noun.as_str()) {
            return format!("You would have to say what you mean by '{noun}'. {}", self.could_try());
        }
        if is_scrap(&noun) {
            return self.nothing_like_that();
        }
        // `the pub` for an inn next door.
        let next_door = self.known_by_another_name(&noun);
        if let Some(way) = next_door.and_then(|other| self.way_by_name(&other)).filter(|way| way.blocked.is_none()) {
            return self.look_toward(&way.direction);
        }
        if let Some(told) = self.in_the_background(&noun).or_else(|| self.only_heard_of(&noun)) {
            return told;
        }
        let is = is_or_are(&noun);
        let lines = [
            ("You see no ", format!("You see no {noun} here.")),
            ("You find no ", format!("You find no {noun} here.")),
            (", and find none", format!("You look for {}, and find none.", a(&noun))),
            ("Here, at any rate", format!("Here, at any rate, there {is} no {noun}.")),
            ("You cannot see any ", format!("You cannot see any {noun} from where you stand.")),
            ("you have not found it", format!("If there {is} {} about, you have not found it.", a(&noun))),
        ];
        self.next_door(&noun).unwrap_or_else(|| format!("{} {}", self.view.fresh_by_stem(&lines), self.could_try()))
    }

    /// That nothing of the kind is here, without saying of what kind.
    pub(crate) fn nothing_like_that(&self) -> String {
        let lines = [
            "You see nothing here that would fit that.",
            "You look about you, and find nothing of the kind.",
            "There is nothing like that here, as far as you can see.",
            "You cast about for it, and come back to what is here.",
            "Nothing of that sort is to be seen from where you stand.",
            "You are not sure what that would be here.",
        ];
        format!("{} {}", self.view.fresh(&lines), self.could_try())
    }

    /// Whether `word` names something of this world, here or elsewhere in the story.
    pub(crate) fn is_of_this_world(&self, word: &str) -> bool {
        if !matches!(self.view.find(word), Found::Nothing | Found::Oneself) {
            return true;
        }
        let names = |named: &[String]| named.iter().any(|name| words(name).iter().any(|own| own == word));
        let of_script = self.script.things.iter().any(|thing| names(&thing.names))
            || self.script.lore.iter().any(|lore| names(&lore.about));
        of_script || self.view.knows_item(word)
    }
}

#[cfg(test)]
mod tests {
    use super::{is_no_topic, is_scrap};

    #[test]
    fn a_verb_is_no_topic_and_a_noun_is() {
        for word in ["doing", "moved", "comes", "behind", "hear"] {
            assert!(is_no_topic(word), "{word}");
        }
        for word in ["weather", "name", "deep", "guests"] {
            assert!(!is_no_topic(word), "{word}");
        }
    }

    #[test]
    fn a_piece_of_a_sentence_is_told_from_a_name() {
        for scrap in ["have a good look under it", "like crying", "anything here i could take", "along", "minute , if"]
        {
            assert!(is_scrap(scrap), "{scrap}");
        }
        for name in ["rubber stamp", "leg of the chair", "other chair", "key"] {
            assert!(!is_scrap(name), "{name}");
        }
    }
}
