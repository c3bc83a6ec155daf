//! Reading one clause: the verb first, then what it is about.

use super::phrasing;
use super::verbs::{Verb, verb_at};
use super::vocabulary::{ALSO_VERBS, OPENERS, PARTICLES, PREPOSITIONS, QUESTION_WORDS};

/// One thing that the player wants to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Clause {
    pub(crate) verb: Option<Verb>,
    /// The verb as it was written.
    pub(crate) written: String,
    /// What it is done to, in words: `the lamp`, `the stamp`.
    pub(crate) objects: Vec<String>,
    /// The preposition, and what comes after it: `to`, `the cat`.
    pub(crate) preposition: String,
    pub(crate) second: String,
    /// What is between quotation marks.
    pub(crate) quote: String,
    /// Everything behind the verb.
    pub(crate) rest: String,
    /// Whether it only asks.
    pub(crate) is_question: bool,
    /// Whether it says what the player wants.
    pub(crate) wants: bool,
    /// All of it, with the words that stand before the verb.
    pub(crate) whole: String,
    /// Whether it is to be done only after what stands before it: `read the paper before I sign`.
    pub(crate) is_later: bool,
}

/// Reads the words of one clause; `marked` is what ends with a question mark.
pub(crate) fn clause(words: &[&str], quote: &str, marked: bool) -> Option<Clause> {
    let words: Vec<&str> = words.iter().copied().skip_while(|word| matches!(*word, "," | "and")).collect();
    if words.is_empty() {
        return None;
    }
    // `hello?` greets, and `help?` asks for help.
    let is_call = verb_at(&words).is_some_and(|(verb, length)| {
        let calls =
            matches!(verb, Verb::Greet | Verb::Help | Verb::Manual | Verb::Inventory | Verb::Swear | Verb::Conjure);
        calls && (length == words.len() || verb == Verb::Greet) && !QUESTION_WORDS.contains(&words[0])
    });
    // `see if the door is locked` asks whether it is.
    let words = match words.as_slice() {
        ["see" | "check", "if" | "whether", rest @ ..] | ["find", "out", "if" | "whether", rest @ ..]
            if !rest.is_empty() =>
        {
            return Some(Clause {
                is_question: true,
                written: words[..words.len() - rest.len()].join(" "),
                ..wondering(rest, quote)
            });
        }
        _ => words,
    };
    let words = if is_call { words } else { without_call(&words).to_vec() };
    // `what a lovely hall` asks nothing.
    let exclaims = !marked
        && matches!(
            words.as_slice(),
            ["what", "a" | "an", _, ..]
                | [
                    "how",
                    "sad"
                        | "lovely"
                        | "nice"
                        | "strange"
                        | "odd"
                        | "weird"
                        | "creepy"
                        | "spooky"
                        | "beautiful"
                        | "awful"
                        | "terrible"
                        | "funny"
                        | "rude"
                        | "kind"
                        | "sweet"
                        | "wonderful"
                        | "boring"
                        | "exciting"
                        | "mysterious"
                        | "curious"
                        | "interesting"
                        | "cute"
                        | "horrible"
                        | "pretty"
                        | "disgusting"
                ]
        );
    let asks = (marked && !is_call) || (QUESTION_WORDS.contains(&words[0]) && !exclaims);
    let address = if asks { address(&words) } else { None };
    let words = if asks { without_address(&words) } else { words };
    let rest = words.join(" ");
    let none = Clause {
        objects: address.into_iter().collect(),
        quote: quote.to_owned(),
        rest: rest.clone(),
        is_question: asks,
        wants: ["want", "need", "wish", "demand", "like"]
            .iter()
            .any(|word| words.iter().take(3).any(|own| own == word)),
        whole: rest.clone(),
        ..Clause::default()
    };
    if asks && verb_at(&words).is_none_or(|(verb, length)| length == 1 && !matches!(verb, Verb::Help)) {
        return Some(none);
    }
    let start = opener_end(&words);
    let body = &words[start..];
    let Some((verb, length)) = verb_at(body) else { return Some(Clause { rest: body.join(" "), ..none }) };
    let (verb, written, tail) = with_particle(verb, &body[..length], &body[length..]);
    let cut = split_at(verb, &tail);
    let (first, preposition, second) = match cut {
        Some(at) => (&tail[..at], tail[at], &tail[at + 1..]),
        None => (&tail[..], "", &tail[..0]),
    };
    Some(Clause {
        verb: Some(verb),
        written,
        objects: objects(first),
        preposition: preposition.to_owned(),
        second: second.join(" "),
        rest: tail.join(" "),
        // `have a look` and `what now?` begin like questions and are none.
        is_question: asks && (marked || length == 1) && !(length > 1 && verb.is_perception()),
        ..none
    })
}

/// `could you sign` of `sir , could you sign`, `what now` of `so what now`, `where is it` of `excuse me mr mayor but where is it`.
fn without_call<'a>(words: &'a [&'a str]) -> &'a [&'a str] {
    const CALLS: &[&str] = &[
        "sir", "madam", "ma'am", "miss", "mister", "hello", "hi", "hey", "um", "uh", "hm", "hmm", "so", "but", "ok",
        "okay", "well", "oh", "wait", "now", "sorry", "excuse", "me", "good", "evening", "day", "morning", "there",
        "then", "yes", "no", "right", ",", "and", "actually",
    ];
    let words = if let ["i", "wonder", rest @ ..] = words { rest } else { words };
    let question = words.iter().position(|word| !CALLS.contains(word)).unwrap_or(0);
    let asks = |at: usize| words.get(at).is_some_and(|word| QUESTION_WORDS.contains(word));
    if question > 0 && asks(question) {
        return &words[question..];
    }
    let but = words.iter().take(6).position(|word| *word == "but").map(|but| but + 1);
    match but.filter(|but| question > 0 && asks(*but)) {
        Some(but) => &words[but..],
        None => words,
    }
}

/// A clause that asks something of nobody.
fn wondering(words: &[&str], quote: &str) -> Clause {
    Clause {
        quote: quote.to_owned(),
        rest: words.join(" "),
        is_question: true,
        whole: words.join(" "),
        ..Clause::default()
    }
}

/// Who is asked: `mrs vane` of `mrs vane , who are they`.
fn address(words: &[&str]) -> Option<String> {
    let comma = words.iter().position(|word| *word == ",").filter(|comma| (1..=3).contains(comma))?;
    let asks = words.get(comma + 1).is_some_and(|word| QUESTION_WORDS.contains(word));
    (asks && !QUESTION_WORDS.contains(&words[0])).then(|| words[..comma].join(" "))
}

/// `where is the piano` of `excuse me , where is the piano`.
fn without_address<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let start = words.iter().position(|word| *word == ",").map(|comma| comma + 1);
    let start = start.filter(|start| words.get(*start).is_some_and(|word| QUESTION_WORDS.contains(word)));
    words[start.unwrap_or(0)..].to_vec()
}

/// Where the verb begins: behind openers, unless that leaves no verb.
fn opener_end(words: &[&str]) -> usize {
    if verb_at(words).is_some_and(|(_, length)| length > 1) {
        return 0;
    }
    let mut start = 0;
    while start < words.len() && OPENERS.contains(&words[start]) {
        if words.len() == 1 || (ALSO_VERBS.contains(&words[start]) && !verb_follows(&words[start + 1..])) {
            break;
        }
        start += 1;
        if verb_at(&words[start..]).is_some_and(|(_, length)| length > 1) {
            break;
        }
    }
    if start == words.len() { 0 } else { start }
}

fn verb_follows(words: &[&str]) -> bool {
    let words: Vec<&str> = words.iter().copied().skip_while(|word| OPENERS.contains(word)).collect();
    verb_at(&words).is_some()
}

/// `turn the lamp on` as `turn on the lamp`.
fn with_particle<'a>(verb: Verb, phrase: &[&'a str], tail: &[&'a str]) -> (Verb, String, Vec<&'a str>) {
    let written = phrase.join(" ");
    if let Some((last, before)) = tail.split_last()
        && PARTICLES.contains(last)
        && !before.is_empty()
    {
        let joined: Vec<&str> = phrase.iter().copied().chain([*last]).collect();
        if let Some((verb, length)) = verb_at(&joined)
            && length == joined.len()
            // `get the letter out` goes nowhere.
            && !(verb.is_motion() && before.len() > 1)
        {
            return (verb, joined.join(" "), before.to_vec());
        }
    }
    (verb, written, tail.to_vec())
}

/// Where the second part begins. A verb of motion keeps its preposition with its place.
fn split_at(verb: Verb, tail: &[&str]) -> Option<usize> {
    if matches!(verb, Verb::Go | Verb::In | Verb::Out | Verb::Back | Verb::Say) {
        return None;
    }
    tail.iter().position(|word| PREPOSITIONS.contains(word))
}

/// The parts of `the lamp, the stamp and the clock`.
fn objects(words: &[&str]) -> Vec<String> {
    let parts = words.split(|word| matches!(*word, "and" | ","));
    let is_noun = |part: &String| !part.is_empty() && !phrasing::NO_OBJECTS.contains(&part.as_str());
    parts.map(|part| part.join(" ")).filter(is_noun).collect()
}

/// The clock of `the clock is broken`.
pub(crate) fn stated_of(clause: &Clause) -> Option<String> {
    let begins =
        clause.verb.is_none() && ["the ", "my ", "this ", "that "].iter().any(|the| clause.rest.starts_with(the));
    let says = [" is ", " are ", " was ", " looks ", " seems "];
    let (subject, _) =
        says.iter().find_map(|says| clause.rest.split_once(says)).filter(|_| begins && !clause.is_question)?;
    (subject.split(' ').count() <= 3).then(|| subject.to_owned())
}
