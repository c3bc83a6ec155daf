//! Why, when and until when something is done: `while he's not looking`, `so I can see`, `since she said so`, `to see whether it rings`. It is
//! cut out of a sentence, and what follows behind it stays.

use super::verbs::verb_at;
use super::vocabulary;
use super::vocabulary::OPENERS;

/// Of whom the part of a sentence speaks that says why or when.
const SUBJECTS: &[&str] = &[
    "i",
    "we",
    "you",
    "he",
    "she",
    "it",
    "they",
    "nobody",
    "no-one",
    "somebody",
    "someone",
    "anybody",
    "anyone",
    "everybody",
    "everyone",
    "that",
    "there",
    "this",
    "i'm",
    "i've",
    "i'd",
    "i'll",
    "we're",
    "you're",
    "he's",
    "she's",
    "it's",
    "they're",
    "that's",
    "there's",
    "nobody's",
    "somebody's",
    "someone's",
    "you've",
    "he'd",
    "she'd",
];

/// Behind these, `if` says what is asked and no condition.
pub(crate) const ASKING: &[&str] = &[
    "ask", "see", "check", "know", "wonder", "tell", "find", "sure", "test", "doubt", "whether", "what", "even",
    "only", "care", "matter", "feel", "look", "listen", "wait", "as", "say", "mind", "explain", "how",
];

/// What can or cannot be, behind `so`: what comes of a deed, and no deed.
const MODALS: &[&str] = &[
    "can", "could", "cannot", "can't", "couldn't", "may", "might", "will", "won't", "would", "wouldn't", "don't",
    "doesn't", "do", "does", "know", "knows", "have", "has",
];

/// `I take it` of `while he is asleep, I take it` and `after that I take it`.
pub(crate) fn without_reason_in_front(words: &mut Vec<String>) {
    const POLITE: &[&str] =
        &["if nobody minds", "if you don't mind", "if i may", "if it's all right", "if you allow", "if you please"];
    const AFTER: &[&str] = &["after that", "after this", "with that", "in that case", "at last"];
    let is = |at: usize, any: &[&str]| words.get(at).is_some_and(|word| any.contains(&word.as_str()));
    let text = words.join(" ");
    if let Some(after) = AFTER.iter().find(|after| text.starts_with(&format!("{after} "))) {
        let end = after.split(' ').count();
        if has_verb(&words[end..]) {
            words.drain(..end);
        }
        return;
    }
    // `shaking off the rain, I knock`
    if words.first().is_some_and(|first| first.ends_with("ing") && verb_at(&[first.as_str()]).is_none())
        && let Some(comma) = words.iter().position(|word| word == ",")
        && is(comma + 1, &["i", "we"])
        && has_verb(&words[comma + 1..])
    {
        words.drain(..=comma);
        return;
    }
    if (is(0, &["instead", "rather"]) && is(1, &["of", "than"])) || is(0, &["unless"]) {
        without_alternative_in_front(words);
        return;
    }
    let says_why = is(0, &["while", "as", "since", "although", "because", "though"]) && is(1, SUBJECTS);
    // `while Crake snores, I take it`
    let goes_on = words.windows(2).any(|pair| pair[0] == "," && ["i", "we", "let's"].contains(&pair[1].as_str()));
    let says_why = says_why || (goes_on && is(0, &["while", "since", "although", "because"]));
    if !says_why && !POLITE.iter().any(|polite| text.starts_with(polite)) {
        return;
    }
    if let Some(comma) = words.iter().position(|word| word == ",").filter(|comma| has_verb(&words[comma + 1..])) {
        words.drain(..=comma);
    }
}

/// `I shout` of `instead of ringing the bell I shout`: what is not to be done is not read.
fn without_alternative_in_front(words: &mut Vec<String>) {
    let goes_on = |at: usize| {
        let own = ["i", "i'll", "i'd", "we", "let's"].contains(&words[at].as_str());
        (words[at] == "," || (own && at > 2)) && begins_with_verb(&words[at + 1..])
    };
    if let Some(at) = (1..words.len()).find(|at| goes_on(*at)) {
        words.drain(..at);
        if words[0] == "," {
            words.remove(0);
        }
    }
}

/// `take the lamp` of `take the lamp instead of the stamp`.
pub(crate) fn cut_at_alternative(words: &mut Vec<String>) {
    let is_alternative =
        |pair: &[String]| matches!((pair[0].as_str(), pair[1].as_str()), ("instead", "of") | ("rather", "than"));
    if let Some(at) = words.windows(2).position(is_alternative).filter(|at| *at > 1) {
        let end = words[at..].iter().position(|word| word == "," || word == "then").map_or(words.len(), |end| at + end);
        words.drain(at..end);
    }
}

/// Takes away `when he opens his eyes,` in the middle, and a reason in front that no comma ends: `while he reads I look up`.
pub(crate) fn without_reason_in_the_middle(words: &mut Vec<String>) {
    let is = |words: &[String], at: usize, any: &[&str]| words.get(at).is_some_and(|word| any.contains(&word.as_str()));
    let begins = |words: &[String], at: usize| {
        is(words, at, &["when", "once", "while", "as", "if", "since"])
            && is(words, at + 1, SUBJECTS)
            && is(words, at - 1, &[",", "and"])
    };
    if let Some(start) = (1..words.len()).find(|at| begins(words, *at)) {
        let own = |at: usize| is(words, at, &["i", "then"]) && at > start + 2 && has_verb(&words[at + 1..]);
        let end = (start + 1..words.len()).find(|at| words[*at] == "," || own(*at));
        if let Some(end) = end.filter(|end| has_verb(&words[*end..])) {
            words.drain(start..end);
        }
        return;
    }
    // `without touching anything, I walk round it`
    if is(words, 0, &["without"])
        && words.get(1).is_some_and(|word| word.ends_with("ing"))
        && let Some(comma) = words.iter().position(|word| word == ",").filter(|comma| has_verb(&words[comma + 1..]))
    {
        words.drain(..=comma);
        return;
    }
    let of_reason = is(words, 0, &["while", "since", "although", "because", "if", "when", "as"])
        && !words.contains(&"?".to_owned());
    if !of_reason {
        return;
    }
    let goes_on = |at: usize| {
        is(words, at, &["i", "we"])
            && at > 2
            && !is(words, at - 1, &["and", "that", "if", "as"])
            && begins_with_verb(&words[at + 1..])
    };
    if let Some(at) = (1..words.len()).find(|at| goes_on(*at)) {
        words.drain(..at);
    }
}

fn begins_with_verb(words: &[String]) -> bool {
    let is_before = |word: &&str| OPENERS.contains(word) || ["not", "can", "could", "quickly"].contains(word);
    let words: Vec<&str> = words.iter().map(String::as_str).skip_while(is_before).collect();
    verb_at(&words).is_some()
}

/// Cuts away why, when and until when: `while he's not looking`, `so I can see`, `since she said so`, `to see whether it rings`.
pub(crate) fn cut_at_reasons(words: &mut Vec<String>, asks: bool) {
    let Some(start) = (1..words.len()).find(|at| begins_reason(words, *at, asks)) else { return };
    let end = (start + 1..words.len()).find(|at| goes_on_behind(words, start, *at)).unwrap_or(words.len());
    words.drain(start..end);
    while words.last().is_some_and(|last| last == "," || last == "and") {
        words.pop();
    }
}

/// Whether a deed follows at `at` that is no part of the reason: `wait until he leaves, then go up`, `… and go up`.
fn goes_on_behind(words: &[String], start: usize, at: usize) -> bool {
    let behind: Vec<&str> = words[at + 1..].iter().map(String::as_str).collect();
    let behind: Vec<&str> = behind.into_iter().skip_while(|word| *word == "," || OPENERS.contains(word)).collect();
    let is_deed = verb_at(&behind).is_some();
    let of_time = ["until", "while", "since"].contains(&words[start].as_str());
    match words[at].as_str() {
        "then" => is_deed || behind.first().is_some_and(|word| vocabulary::direction(word).is_some()),
        "," => is_deed,
        "and" => is_deed && of_time,
        _ => false,
    }
}

fn begins_reason(words: &[String], at: usize, asks: bool) -> bool {
    let is = |at: usize, any: &[&str]| words.get(at).is_some_and(|word| any.contains(&word.as_str()));
    let before = &words[..at];
    let has_said = |any: &[&str]| before.iter().any(|word| any.contains(&word.as_str()));
    if !has_verb(before) && !asks {
        return false;
    }
    let of_somebody = is(at + 1, SUBJECTS);
    match words[at].as_str() {
        "before" => asks && is(at + 1, &["i", "we"]) && !is(0, &["how", "what"]) | is(1, &["would"]),
        // `turn the chair so it faces the wall`
        "so" if is(at + 1, &["it", "he", "she", "they"]) && words[at - 1] != "," && !asks => words.len() > at + 2,
        "so" => {
            of_somebody
                && (is(at + 2, MODALS) || is(at + 1, &["that"]))
                && !asks
                && (words[at - 1] != "," || is(at + 2, &["can", "could", "can't", "cannot", "may", "might"]))
        }
        // `can I wait until somebody comes?`
        "until" | "while" if asks && is(0, &["can", "could", "may", "should", "shall"]) => {
            of_somebody && words[at - 1] != "a"
        }
        _ if asks => false,
        "if" => of_somebody && !has_said(ASKING),
        "while" => of_somebody && words[at - 1] != "a",
        // `sit with her until the clock strikes nine`
        "until" if is(at + 1, &["the", "his", "her", "my", "our"]) => words.len() > at + 3 && !asks,
        "since" | "although" | "though" | "unless" | "until" | "because" => of_somebody,
        "as" => {
            is(at + 1, &["she", "he", "they", "you", "i", "it"])
                && !has_said(&["as", "such", "same", "ask", "pretend"])
                && words.len() > at + 2
        }
        "to" => {
            let wants = ["want", "like", "try", "go", "need", "love", "wish", "going", "able", "wait", "have", "how"];
            is(at + 1, &["see", "check", "find"])
                && (is(at + 2, &["whether", "if", "what", "who", "how", "where", "why"])
                    || is(at + 2, &["out"]) && is(at + 3, &["whether", "if", "what", "who", "how", "where", "why"]))
                && !wants.contains(&words[at - 1].as_str())
        }
        _ => false,
    }
}

/// Whether a verb stands among `words`, behind whatever may come before it.
pub(crate) fn has_verb(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    (0..words.len()).any(|at| !OPENERS.contains(&words[at]) && verb_at(&words[at..]).is_some())
}
