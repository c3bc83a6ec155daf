//! Slips of the keyboard: a word that nothing knows, and that is one slip away from a word that is known here, means that word.

use std::collections::BTreeSet;

use super::naming::TRAILERS;
use super::script::Script;
use super::verbs::{is_verb_word, verb_words};
use super::view::View;
use super::vocabulary::{OPENERS, PARTICLES, PREPOSITIONS, QUESTION_WORDS};
use crate::world::words;

/// Shorter words are too often another word by one letter: `boat` and `bolt`.
const SHORTEST: usize = 5;

/// From here on a wrong letter is taken for a slip as well; before, only letters that are left out, doubled or swapped.
const LONG: usize = 7;

/// `message` with slips put right. What stands in quotation marks is left as it is.
pub(super) fn corrected(message: &str, view: &View<'_>, script: &Script) -> String {
    if message.contains(['"', '\u{201c}', '\u{ab}']) {
        return message.to_owned();
    }
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let may_be_slip = |word: &str| {
        word.chars().count() >= SHORTEST
            && word.chars().all(char::is_alphabetic)
            && !is_small(word)
            && !is_verb_word(word)
    };
    let may_be_verb = |word: &str| word.len() == SHORTEST - 1 && !is_small(word) && !is_verb_word(word);
    let begins_with_slip = message.split_whitespace().next().is_some_and(|word| may_be_verb(&bare(word)));
    if !begins_with_slip && !message.split_whitespace().any(|word| may_be_slip(&bare(word))) {
        return message.to_owned();
    }
    let here = names_here(view, script);
    let mut of_story: Option<BTreeSet<String>> = None;
    let mut corrected = Vec::new();
    let mut before = String::new();
    for (at, token) in message.split_whitespace().enumerate() {
        let word = bare(token);
        // A verb stands where a deed begins: `what's that noise` noses about nowhere.
        let begins = at == 0
            || before.ends_with(',')
            || OPENERS.contains(&before.as_str())
            || ["and", "then"].contains(&before.as_str());
        before = token.to_lowercase();
        if at == 0
            && may_be_verb(&word)
            && word.chars().all(char::is_alphabetic)
            && !is_known(&word, &here)
            && let Some(verb) = nearest_verb(&word)
        {
            corrected.push(verb.to_owned());
            continue;
        }
        // A word that the story uses is no slip, also where it means nothing here.
        let meant = Some(&word)
            .filter(|word| may_be_slip(word) && !is_known(word, &here))
            .and_then(|word| nearest(word, &here, begins));
        let story = meant.map(|meant| (meant, of_story.get_or_insert_with(|| words_of_story(view))));
        let Some((meant, _)) = story.filter(|(_, story)| !is_known(&word, story)) else {
            corrected.push(token.to_owned());
            continue;
        };
        let end: Vec<char> = token.chars().rev().take_while(|c| !c.is_alphanumeric()).collect();
        corrected.push(meant.chars().chain(end.into_iter().rev()).collect());
    }
    corrected.join(" ")
}

fn is_known(word: &str, known: &BTreeSet<String>) -> bool {
    words(word).iter().all(|word| known.contains(word))
}

/// The only word that is one slip away.
fn nearest<'w>(word: &str, here: &'w BTreeSet<String>, may_be_verb: bool) -> Option<&'w str> {
    let verbs = verb_words().filter(|_| may_be_verb).map(|verb: &'static str| -> &'w str { verb });
    let known = here.iter().map(String::as_str).chain(verbs);
    let near: BTreeSet<&str> = known.filter(|known| known.len() > 3 && is_slip(word, known)).collect();
    near.first().copied().filter(|_| near.len() == 1)
}

/// The only verb of which a short first word leaves out one letter: `knok`.
fn nearest_verb(word: &str) -> Option<&'static str> {
    let near: BTreeSet<&str> =
        verb_words().filter(|verb| verb.len() == word.len() + 1 && is_slip(word, verb)).collect();
    near.first().copied().filter(|_| near.len() == 1)
}

fn is_small(word: &str) -> bool {
    [TRAILERS, OPENERS, PARTICLES, PREPOSITIONS, QUESTION_WORDS].iter().any(|known| known.contains(&word))
}

/// The words by which things, people, ways and parts of the place can be called here.
fn names_here(view: &View<'_>, script: &Script) -> BTreeSet<String> {
    let of_beings = view.beings.iter().flat_map(|being| [being.name.as_str(), &being.kind, &being.about]);
    let carried = view.beings.iter().flat_map(|being| &being.carries).map(String::as_str);
    let of_ways = view.ways.iter().flat_map(|way| [way.direction.as_str(), &way.place]);
    let things = view.items.iter().chain(&view.held).chain(view.inside().map(|(_, item)| item)).map(String::as_str);
    let described = script.things.iter().filter(|thing| thing.when.fits(view)).flat_map(|thing| &thing.names);
    let elsewhere = view.scenario.into_iter().flat_map(|(_, scenario)| {
        let people = scenario.npcs.values().map(|npc| npc.name.as_str());
        people.chain(scenario.locations.values().map(|place| place.name.as_str()))
    });
    let all = [view.description.as_str()].into_iter().chain(of_beings).chain(carried).chain(of_ways).chain(things);
    all.chain(described.map(String::as_str)).chain(elsewhere).flat_map(words).collect()
}

fn words_of_story(view: &View<'_>) -> BTreeSet<String> {
    let scenario = view.scenario.and_then(|(_, scenario)| serde_json::to_string(scenario).ok()).unwrap_or_default();
    let heard = view.heard.iter().flat_map(|heard| words(heard));
    words(&scenario).into_iter().chain(heard).collect()
}

/// Whether `word` becomes `known` by one slip. The first letter is hardly ever wrong.
fn is_slip(word: &str, known: &str) -> bool {
    let (word, known): (Vec<char>, Vec<char>) = (word.chars().collect(), known.chars().collect());
    if word.first() != known.first() || word == known {
        return false;
    }
    let left_out = |long: &[char], short: &[char]| {
        long.len() == short.len() + 1 && (0..long.len()).any(|at| long[..at].iter().chain(&long[at + 1..]).eq(short))
    };
    if left_out(&word, &known) || left_out(&known, &word) {
        return true;
    }
    if word.len() != known.len() {
        return false;
    }
    let differ: Vec<usize> = (0..word.len()).filter(|at| word[*at] != known[*at]).collect();
    match differ.as_slice() {
        [_] => word.len() >= LONG,
        [first, second] => *second == first + 1 && word[*first] == known[*second] && word[*second] == known[*first],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_put_right_and_a_word_of_its_own_is_left() {
        let view = View {
            items: vec!["kipper".into(), "lead boots".into()],
            description: "A stove, and a portrait.".into(),
            ..View::default()
        };
        let read = |message: &str| corrected(message, &view, &Script::default());
        assert_eq!(read("get kippper!"), "get kipper!");
        assert_eq!(read("exmaine the portriat"), "examine the portrait");
        for as_it_is in ["throw a stone", "take the boots", "say \"kippper\"", "sing about love"] {
            assert_eq!(read(as_it_is), as_it_is);
        }
    }
}
