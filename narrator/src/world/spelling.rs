//! Slips of the keyboard: a word that nothing knows, and that is one slip away from a word that is known here, means that word.

use std::collections::BTreeSet;

use story::script::Script;
use story::words;

use super::naming::TRAILERS;
use super::view::View;
use crate::deeds::postures::is_of_a_gesture;
use crate::reading::set_phrases::is_sound;
use crate::reading::short_words::is_short_word;
use crate::reading::verbs;
use crate::reading::verbs::{is_verb_word, verb_words};
use crate::reading::vocabulary::{OPENERS, PARTICLES, PREPOSITIONS, QUESTION_WORDS};

/// Shorter words are too often another word by one letter: `boat` and `bolt`.
const SHORTEST: usize = 5;

/// Of shorter ones, from here on, only letters that are left out or swapped, and only in what is no other word.
const SHORTEST_OF_ALL: usize = 3;

/// From here on a wrong letter is taken for a slip as well; before, only letters that are left out, doubled or swapped.
const LONG: usize = 7;

/// `creepy` and `sleepy` say what something is like, and no deed.
fn is_like_a_deed(word: &str) -> bool {
    word.strip_suffix('y').is_some_and(is_verb_word)
}

/// `message` with slips put right. What stands in quotation marks is left as it is.
pub(crate) fn corrected(message: &str, view: &View<'_>, script: &Script) -> String {
    if message.contains(['"', '\u{201c}', '\u{ab}']) {
        return message.to_owned();
    }
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let may_be_slip = |word: &str| {
        word.chars().count() >= SHORTEST
            && word.chars().all(char::is_alphabetic)
            && !is_small(word)
            && !is_verb_word(word)
            && !is_like_a_deed(word)
            && !is_sound(word)
            && !is_of_a_gesture(word)
    };
    let is_short = |word: &str| {
        (SHORTEST_OF_ALL..SHORTEST).contains(&word.chars().count())
            && word.chars().all(char::is_alphabetic)
            && !is_small(word)
            && !is_verb_word(word)
            && !is_short_word(word)
            && !is_sound(word)
    };
    if !message.split_whitespace().map(bare).any(|word| is_short(&word) || may_be_slip(&word)) {
        return message.to_owned();
    }
    let names = names_here(view, script);
    let here: BTreeSet<String> = names.iter().flat_map(|name| words(name)).collect();
    let message = &written_together(message, &here);
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
        let ending = || token.trim_start_matches(|c: char| c.is_alphanumeric());
        if is_short(&word)
            && !is_known(&word, &here)
            && let Some(meant) =
                (if begins { nearest_verb(&word) } else { None }).or_else(|| nearest_short(&word, &here))
        {
            corrected.push(format!("{meant}{}", ending()));
            continue;
        }
        // `musicbox`
        if !is_known(&word, &here)
            && let Some(apart) = written_apart(&word, &names)
        {
            corrected.push(format!("{apart}{}", ending()));
            continue;
        }
        // `pickup`
        if begins
            && !is_known(&word, &here)
            && !is_verb_word(&word)
            && let Some(apart) = verb_written_apart(&word)
        {
            corrected.push(format!("{apart}{}", ending()));
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
    // `chiars`: things are known in the singular.
    let one = word.strip_suffix('s').filter(|one| one.len() >= SHORTEST - 1);
    let is_near =
        |known: &&str| is_slip(word, known) || is_hearsay(word, known) || one.is_some_and(|one| is_slip(one, known));
    let near: BTreeSet<&str> = known.filter(|known| known.len() > 3).filter(is_near).collect();
    near.first().copied().filter(|_| near.len() == 1)
}

/// The only verb of which a short word leaves out or swaps a letter: `knok`, `tkae`.
fn nearest_verb(word: &str) -> Option<&'static str> {
    let near: BTreeSet<&str> = verb_words().filter(|verb| is_short_slip(word, verb)).collect();
    near.first().copied().filter(|_| near.len() == 1)
}

/// The same for what is here: `clok`, `dor`.
fn nearest_short<'w>(word: &str, here: &'w BTreeSet<String>) -> Option<&'w str> {
    let near: BTreeSet<&str> = here.iter().map(String::as_str).filter(|known| is_short_slip(word, known)).collect();
    near.first().copied().filter(|_| near.len() == 1)
}

fn is_short_slip(word: &str, known: &str) -> bool {
    (known.len() == word.len() || known.len() == word.len() + 1) && known.len() > 2 && is_slip(word, known)
}

/// `music box` of `musicbox`, where something is called so.
fn written_apart(word: &str, names: &[String]) -> Option<String> {
    names.iter().find_map(|name| {
        let words = words(name);
        words.windows(2).find(|pair| pair.concat() == word).map(|pair| pair.join(" "))
    })
}

/// `pick up` of `pickup`.
fn verb_written_apart(word: &str) -> Option<String> {
    const BEHIND: &[&str] = &["up", "at", "to", "down", "on", "off", "out", "in", "into", "around", "away"];
    let behind = BEHIND.iter().filter_map(|behind| Some((word.strip_suffix(behind)?, *behind)));
    let mut phrases = behind.filter(|(verb, behind)| {
        verb.len() > 1 && verbs::verb_at(&[verb, behind]).is_some_and(|(_, length)| length == 2 || *verb == "go")
    });
    phrases.next().map(|(verb, behind)| format!("{verb} {behind}"))
}

/// `ferrykeeper` of `fery keeper`: two words that are one here, written as one. Parts that are words of the place stand for themselves.
fn written_together(message: &str, here: &BTreeSet<String>) -> String {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let tokens: Vec<&str> = message.split_whitespace().collect();
    let mut written: Vec<String> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let pair = tokens.get(at + 1).map(|next| (bare(tokens[at]), bare(next)));
        let joined = pair.filter(|(first, second)| {
            let is_part =
                |word: &str| word.len() >= SHORTEST_OF_ALL && word.chars().all(char::is_alphabetic) && !is_small(word);
            let ends = tokens[at].ends_with(|c: char| !c.is_alphanumeric());
            is_part(first) && is_part(second) && !ends && !(here.contains(first) && here.contains(second))
        });
        let one = joined.map(|(first, second)| format!("{first}{second}")).filter(|one| one.len() >= LONG);
        let known = one.and_then(|one| {
            let is_meant = |known: &&String| {
                **known == one || (known.len() > LONG && is_slip(&one, known)) || is_hearsay(&one, known)
            };
            here.iter().find(is_meant)
        });
        if let Some(known) = known {
            written.push(known.clone() + tokens[at + 1].trim_start_matches(|c: char| c.is_alphanumeric()));
            at += 2;
        } else {
            written.push(tokens[at].to_owned());
            at += 1;
        }
    }
    written.join(" ")
}

/// Whether a long word is written as it is heard: `litehouse`. Its consonants are those of `known`, and its vowels are guessed. A limit of
/// letters that differ would not do: three differ here, and two turn a `country` into a `counter`.
fn is_hearsay(word: &str, known: &str) -> bool {
    word.len() > LONG
        && known.len() > LONG
        && word.chars().next() == known.chars().next()
        && word.len().abs_diff(known.len()) <= 2
        && heard(word) == heard(known)
}

/// The consonants of a word as they sound. A `y` that ends it is kept, because it often ends another word.
fn heard(word: &str) -> String {
    let plain = word.replace("ght", "t").replace("ph", "f").replace("ck", "k").replace("ce", "se").replace("ci", "si");
    let ends_with_y = plain.ends_with('y');
    let mut consonants: Vec<char> = Vec::new();
    let mut before = ' ';
    for letter in plain.chars().map(|letter| match letter {
        'c' | 'q' => 'k',
        'z' => 's',
        letter => letter,
    }) {
        if letter != before && !"aeiouy".contains(letter) {
            consonants.push(letter);
        }
        before = letter;
    }
    consonants.into_iter().chain(ends_with_y.then_some('y')).collect()
}

fn is_small(word: &str) -> bool {
    [TRAILERS, OPENERS, PARTICLES, PREPOSITIONS, QUESTION_WORDS].iter().any(|known| known.contains(&word))
}

/// The words by which things, people, ways and parts of the place can be called here.
fn names_here(view: &View<'_>, script: &Script) -> Vec<String> {
    let of_beings = view.beings.iter().flat_map(|being| [being.name.as_str(), &being.kind, &being.about]);
    let carried = view.beings.iter().flat_map(|being| &being.carries).map(String::as_str);
    let of_ways = view.ways.iter().flat_map(|way| [way.direction.as_str(), &way.place]);
    let things = view.items.iter().chain(&view.held).chain(view.inside().map(|(_, item)| item)).map(String::as_str);
    let described = script.things.iter().filter(|thing| view.fits(&thing.when)).flat_map(|thing| &thing.names);
    let elsewhere = view.scenario.into_iter().flat_map(|(_, scenario)| {
        let people = scenario.npcs.values().map(|npc| npc.name.as_str());
        people.chain(scenario.locations.values().map(|place| place.name.as_str()))
    });
    let all = [view.description.as_str()].into_iter().chain(of_beings).chain(carried).chain(of_ways).chain(things);
    all.chain(described.map(String::as_str)).chain(elsewhere).map(str::to_owned).collect()
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
        [at] => word.len() >= LONG || (word.len() >= SHORTEST && sound_alike(word[*at], known[*at])),
        [first, second] => *second == first + 1 && word[*first] == known[*second] && word[*second] == known[*first],
        _ => false,
    }
}

/// Whether one letter is written for another that sounds like it: `barje`.
fn sound_alike(one: char, other: char) -> bool {
    const ALIKE: &[&str] = &["gj", "ck", "cs", "sz", "iy", "ie"];
    ALIKE.iter().any(|alike| alike.contains(one) && alike.contains(other))
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

    #[test]
    fn long_words_are_read_as_they_sound_and_as_one_or_two() {
        let view = View {
            items: vec!["brass lantern".into()],
            description: "A lighthouse, a concertina, a counter, and a ferrykeeper.".into(),
            ..View::default()
        };
        let read = |message: &str| corrected(message, &view, &Script::default());
        assert_eq!(read("go to the litehouse"), "go to the lighthouse");
        assert_eq!(read("play the konsertina!"), "play the konsertina!", "the first letter is hardly ever wrong");
        assert_eq!(read("play the consirtena!"), "play the concertina!");
        assert_eq!(read("ask the fery keeper."), "ask the ferrykeeper.");
        assert_eq!(read("pickup the lantern"), "pick up the lantern");
        for as_it_is in ["what country is this", "look at the light here", "a backup"] {
            assert_eq!(read(as_it_is), as_it_is);
        }
    }
}
