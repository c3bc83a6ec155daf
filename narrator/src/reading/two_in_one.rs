//! Two deeds in one sentence, and words that belong to the deed and stand apart from it: `I hum while I walk north`, `put the stamp in my
//! pocket and the lamp under my arm`, `sing her a hymn`, `throw it overboard`, `run away screaming`.

use super::reasons;
use super::verbs::{Verb, verb_at};
use super::vocabulary::OPENERS;

/// What is done while something else is done.
const MEANWHILE: &[&str] = &[
    "screaming",
    "laughing",
    "crying",
    "singing",
    "whistling",
    "shouting",
    "running",
    "panting",
    "humming",
    "smiling",
    "shaking",
    "trembling",
    "sobbing",
    "giggling",
    "yelling",
    "limping",
    "dancing",
    "skipping",
    "grinning",
    "sighing",
    "shivering",
    "swearing",
    "cursing",
    "muttering",
    "weeping",
    "whistling",
];

pub(crate) fn taken_apart(words: &mut Vec<String>) {
    if words.len() > 1 {
        words.retain(|word| word != "please");
    }
    put_in_two_places(words);
    sung_to(words);
    overboard(words);
    without_meanwhile(words);
    people_watched(words);
    made_to(words);
    place_in_front(words);
    without_finding(words);
    without_steps(words);
    with_ones_hand(words);
    left_behind(words);
}

fn is(words: &[String], at: usize, any: &[&str]) -> bool {
    words.get(at).is_some_and(|word| any.contains(&word.as_str()))
}

fn begin(words: &[String]) -> usize {
    words.iter().take_while(|word| *word == "," || OPENERS.contains(&word.as_str())).count()
}

/// `I hum and walk north` of `I hum while I walk north`: going somewhere is no reason.
pub(crate) fn while_going(words: &mut [String]) {
    let at = (1..words.len()).find(|at| {
        let behind: Vec<&str> = words[*at..].iter().skip(2).map(String::as_str).collect();
        // `count the steps as I climb` goes nowhere.
        is(words, *at, &["while", "as"])
            && is(words, at + 1, &["i", "we"])
            && behind.len() > 1
            && verb_at(&behind).is_some_and(|(verb, _)| verb.is_motion())
    });
    if let Some(at) = at.filter(|at| reasons::has_verb(&words[..*at])) {
        "and".clone_into(&mut words[at]);
    }
}

/// `put the stamp in my pocket and put the lamp under my arm` of the same with one `put`.
fn put_in_two_places(words: &mut Vec<String>) {
    const WHERE: &[&str] = &["in", "into", "on", "onto", "under", "inside", "behind", "to", "beside"];
    const NOUNS: &[&str] = &["the", "my", "a", "that", "this", "his", "her"];
    let start = begin(words);
    if !is(words, start, &["put", "place", "stick", "stuff", "tuck", "slip", "lay", "give", "hand", "show"]) {
        return;
    }
    let verb = words[start].clone();
    let first = (start + 2..words.len()).find(|at| is(words, *at, WHERE));
    let and = first
        .and_then(|first| (first + 2..words.len()).find(|at| is(words, *at, &["and"]) && is(words, at + 1, NOUNS)));
    let Some(and) = and else { return };
    let end = (and + 1..words.len()).find(|at| is(words, *at, &["and", ",", "then"])).unwrap_or(words.len());
    if (and + 3..end).any(|at| is(words, at, WHERE)) {
        words.insert(and + 1, verb);
    }
}

/// `sing a hymn to her` for `sing her a hymn`.
fn sung_to(words: &mut Vec<String>) {
    let start = begin(words);
    // `read me a story`
    if is(words, start, &["sing", "play", "read", "recite"]) && is(words, start + 1, &["me", "us"]) {
        words.remove(start + 1);
        if is(words, start, &["read", "recite"])
            && is(words, start + 1, &["a", "the"])
            && is(words, start + 2, &["story", "poem", "tale"])
        {
            words.splice(start..=start, ["tell", "me"].map(str::to_owned));
        }
        return;
    }
    let sings = is(words, start, &["sing", "play", "read", "recite", "hum", "whistle"]);
    if sings
        && is(words, start + 1, &["her", "him", "them", "everybody", "everyone"])
        && is(words, start + 2, &["a", "an", "the", "some", "my"])
    {
        let person = words.remove(start + 1);
        let end = (start..words.len()).find(|at| is(words, *at, &["and", ",", "then"])).unwrap_or(words.len());
        words.insert(end, person);
        words.insert(end, "to".to_owned());
    }
}

/// `throw it into the water` for `throw it overboard`.
fn overboard(words: &mut Vec<String>) {
    let start = begin(words);
    let throws = is(words, start, &["throw", "toss", "push", "chuck", "fling", "drop", "hurl", "kick", "tip"]);
    if throws && words.len() > start + 2 && words.last().is_some_and(|last| last == "overboard") {
        words.pop();
        words.extend(["into", "the", "water"].map(str::to_owned));
    }
}

/// `run away` of `run away screaming`.
fn without_meanwhile(words: &mut Vec<String>) {
    let start = begin(words);
    let deed: Vec<&str> = words[start..].iter().map(String::as_str).collect();
    let goes = verb_at(&deed).is_some_and(|(verb, _)| verb.is_motion() || verb == Verb::Wait);
    if goes && deed.len() > 1 && words.last().is_some_and(|last| MEANWHILE.contains(&last.as_str())) {
        words.pop();
        if words.last().is_some_and(|last| last == "," || last == "while") {
            words.pop();
        }
    }
}

/// `sit down , then watch people` of `sit down and watch people`: no watch is sat on.
fn people_watched(words: &mut Vec<String>) {
    let at = words.windows(3).position(|three| {
        three[0] == "and"
            && three[1] == "watch"
            && ["people", "everyone", "everybody", "others", "what", "for", "how", "as"].contains(&three[2].as_str())
    });
    if let Some(at) = at {
        words.splice(at + 1..at + 2, ["look", "at"].map(str::to_owned));
    }
}

/// `wake up the man` for `make the man wake up`.
fn made_to(words: &mut Vec<String>) {
    let start = begin(words);
    if !is(words, start, &["make"]) || !is(words, start + 1, &["the", "him", "her", "them", "my", "this", "that"]) {
        return;
    }
    let deed = (start + 2..words.len().min(start + 5)).find(|at| {
        let behind: Vec<&str> = words[*at..].iter().map(String::as_str).collect();
        behind.len() > 1 && verb_at(&behind).is_some_and(|(_, length)| length == behind.len())
    });
    if let Some(at) = deed {
        let somebody: Vec<String> = words.drain(start..at).skip(1).collect();
        words.extend(somebody);
    }
}

/// `is there something under the chair` for `under the chair is there something`.
fn place_in_front(words: &mut [String]) {
    let at = words.windows(2).position(|pair| ["is", "are"].contains(&pair[0].as_str()) && pair[1] == "there");
    if let Some(at) = at.filter(|at| {
        (2..=5).contains(at) && is(words, 0, &["under", "in", "on", "behind", "inside", "near", "beneath", "by"])
    }) {
        words.rotate_left(at);
    }
}

/// Without `, one careful step at a time`.
fn without_steps(words: &mut Vec<String>) {
    let at = words.windows(2).position(|pair| pair[0] == "," && pair[1] == "one");
    if let Some(at) = at.filter(|at| *at > 1)
        && words[at..].ends_with(&["at", "a", "time"].map(str::to_owned))
    {
        words.truncate(at);
    }
}

/// Without `and find that it looks back`: what one notices of it is no deed.
fn without_finding(words: &mut Vec<String>) {
    let at = words.windows(2).position(|pair| {
        ["find", "notice", "realise", "realize", "discover", "feel"].contains(&pair[0].as_str())
            && ["that", "myself"].contains(&pair[1].as_str())
    });
    if let Some(at) = at.filter(|at| *at > 3 && is(words, at - 1, &["and", ","])) {
        words.truncate(at - 1);
        while words.last().is_some_and(|last| last == ",") {
            words.pop();
        }
    }
}

/// `touch the pillar` for `lay a hand on the pillar` and `run my fingers along it`; `walk to the door` for `make some steps to the door`.
fn with_ones_hand(words: &mut Vec<String>) {
    const HANDS: &[&str] = &["hand", "hands", "finger", "fingers", "palm", "palms", "thumb", "fingertips"];
    let start = begin(words);
    let own = is(words, start + 1, &["a", "my", "one", "both"]);
    let at = if is(words, start + 2, HANDS) { start + 3 } else { start + 4 };
    let is_hand = own && is(words, at - 1, HANDS) && words.len() > at + 1;
    let lays = is(words, start, &["lay", "put", "place", "rest", "set"]) && is(words, at, &["on", "upon", "against"]);
    let runs = is(words, start, &["run", "slide", "trail", "draw"])
        && is(words, at, &["along", "over", "across", "through", "down"]);
    if is_hand && (lays || runs) {
        words.splice(start..=at, ["touch".to_owned()]);
        return;
    }
    let steps = (start + 1..words.len().min(start + 5))
        .find(|at| is(words, *at, &["steps", "step"]) && is(words, at + 1, &["to", "toward", "towards"]));
    if let Some(steps) = steps.filter(|_| is(words, start, &["make", "take"])) {
        words.splice(start..=steps, ["walk".to_owned()]);
    }
}

/// `leave a note` for `leave note`: nobody leaves by it.
fn left_behind(words: &mut Vec<String>) {
    let start = begin(words);
    if is(words, start, &["leave"]) && is(words, start + 1, &["note", "message", "letter", "tip", "money"]) {
        words.insert(start + 1, "a".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_deeds_in_one_sentence_are_two() {
        for (said, put) in [
            (
                "put the stamp in my left pocket and the lamp under my arm",
                "put the stamp in my left pocket and put the lamp under my arm",
            ),
            ("put the stamp and the lamp in the box", "put the stamp and the lamp in the box"),
            ("sing her a hymn", "sing a hymn to her"),
            ("throw the old man overboard", "throw the old man into the water"),
            ("run away screaming", "run away"),
            ("one beer please", "one beer"),
            ("please", "please"),
            ("make the man wake up", "wake up the man"),
            ("under the chair is there something", "is there something under the chair"),
            ("i look at the house , and find that it looks back", "i look at the house"),
        ] {
            let mut words = said.split(' ').map(str::to_owned).collect();
            taken_apart(&mut words);
            assert_eq!(words.join(" "), put);
        }
        let mut words: Vec<String> = "i whistle while i walk to the hall".split(' ').map(str::to_owned).collect();
        while_going(&mut words);
        assert_eq!(words.join(" "), "i whistle and i walk to the hall");
    }
}
