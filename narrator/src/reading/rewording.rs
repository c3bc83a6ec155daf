//! Sentences that say a known deed in other words: `off to the pub`, `into the house I go`, `go to the piano to play it`, `have a good look
//! under it`. They are put as the deed before the sentence is cut into clauses.

use super::set_phrases;
use super::two_in_one;
use super::verbs::verb_at;
use super::vocabulary::{OPENERS, direction, is_noun_after_all};
use super::wishes;
use super::word_order;

/// Verbs that go somewhere.
pub(crate) const MOTION: &[&str] =
    &["go", "walk", "head", "return", "run", "climb", "hurry", "sneak", "step", "wander", "creep"];

/// Words that begin where somebody goes.
const TOWARD: &[&str] = &[
    "to", "into", "in", "inside", "through", "up", "down", "out", "outside", "back", "onto", "across", "over", "along",
];

/// How somebody is brought somewhere.
pub(crate) const CARRIES: &[&str] =
    &["take", "bring", "lead", "get", "guide", "walk", "row", "ferry", "carry", "drive", "sail", "haul", "fly"];

/// How somebody looks.
const LOOKS: &[&str] =
    &["good", "close", "closer", "proper", "quick", "long", "careful", "better", "second", "last", "brief"];

/// What is given to somebody and done to them: `a firm kick`.
const GIVEN: &[&str] = &[
    "kick", "push", "shove", "pat", "hug", "kiss", "poke", "nudge", "shake", "tap", "knock", "pull", "tug", "wipe",
    "polish", "rub", "stroke", "scratch", "squeeze", "twist", "spin", "sniff", "ring",
];

/// The words of a sentence as those of a plainer one that means the same.
pub(crate) fn reworded(mut words: Vec<String>) -> Vec<String> {
    word_order::in_order(&mut words);
    set_phrases::in_plain_words(&mut words);
    two_in_one::taken_apart(&mut words);
    wishes::asked_about(&mut words);
    lowered(&mut words);
    wishes::gone_to_see(&mut words);
    wishes::seen(&mut words);
    wishes::requested(&mut words);
    looked_at(&mut words);
    tried(&mut words);
    kicked(&mut words);
    wishes::told_what_to_do(&mut words);
    wishes::wondered(&mut words);
    walked_about(&mut words);
    beside(&mut words);
    had(&mut words);
    met(&mut words);
    gone_on(&mut words);
    gone_to(&mut words);
    taken_to(&mut words);
    gone_to_do(&mut words);
    looked_on(&mut words);
    gone_farther(&words)
}

/// `climb down` for `lower myself over the side`.
fn lowered(words: &mut Vec<String>) {
    let own = |word: &String| ["myself", "ourselves", "me"].contains(&word.as_str());
    let Some(at) = words.windows(2).position(|pair| ["lower", "let"].contains(&pair[0].as_str()) && own(&pair[1]))
    else {
        return;
    };
    let rest = words[at + 2..].join(" ");
    let is_over = rest.starts_with("over the") || rest.starts_with("down over");
    if is_over || rest.is_empty() || rest == "down" {
        words.truncate(at);
        words.extend(["climb", "down"].map(str::to_owned));
    } else if ["down", "into", "through"].iter().any(|way| rest.starts_with(way)) {
        words.splice(at..at + 2, ["climb".to_owned()]);
    }
}

fn begin(words: &[String]) -> usize {
    words.iter().take_while(|word| *word == "," || OPENERS.contains(&word.as_str())).count()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// `look under it` for `have a good look underneath it`.
fn looked_at(words: &mut Vec<String>) {
    let is_look = |at: usize| {
        ["have", "take"].contains(&words[at].as_str())
            && words.get(at + 1).is_some_and(|word| word == "a")
            && words.get(at + 2).is_some_and(|word| LOOKS.contains(&word.as_str()))
            && words.get(at + 3).is_some_and(|word| word == "look")
    };
    if let Some(at) = (0..words.len()).find(|at| is_look(*at)) {
        words.remove(at + 2);
    }
    let places = ["under", "underneath", "beneath", "behind", "inside", "in", "into", "through", "up"];
    let is_place = |at: usize| {
        ["have", "take"].contains(&words[at].as_str())
            && words.get(at + 1).is_some_and(|word| word == "a")
            && words.get(at + 2).is_some_and(|word| word == "look")
            && words.get(at + 3).is_some_and(|word| places.contains(&word.as_str()))
            && words.len() > at + 4
    };
    if let Some(at) = (0..words.len()).find(|at| is_place(*at)) {
        words.drain(at..at + 2);
    }
    if let Some(at) =
        words.windows(2).position(|pair| pair[0] == "look" && ["underneath", "beneath"].contains(&pair[1].as_str()))
    {
        "under".clone_into(&mut words[at + 1]);
    }
}

/// `tune it` for `try tuning it`.
fn tried(words: &mut Vec<String>) {
    let Some(at) = words.windows(2).position(|pair| pair[0] == "try" && pair[1].ends_with("ing")) else { return };
    let stem = words[at + 1].trim_end_matches("ing").to_owned();
    let mut letters = stem.chars().rev();
    let is_doubled = matches!((letters.next(), letters.next()), (Some(last), Some(other)) if last == other);
    let single = if is_doubled { stem[..stem.len() - 1].to_owned() } else { stem.clone() };
    let bases = [format!("{stem}e"), stem, single];
    let base = bases
        .into_iter()
        .find(|base| base.len() > 1 && verb_at(&[base.as_str()]).is_some_and(|(_, length)| length == 1));
    if let Some(base) = base {
        words.splice(at..at + 2, [base]);
    }
}

/// `give the bell a ring` for `give the bell a good hard ring`.
fn kicked(words: &mut Vec<String>) {
    let Some(deed) = words.last().filter(|last| GIVEN.contains(&last.as_str())) else { return };
    let deed = deed.clone();
    let gives = words.iter().position(|word| word == "give");
    let article = words.iter().rposition(|word| ["a", "another"].contains(&word.as_str()));
    if let (Some(gives), Some(article)) = (gives, article)
        && gives < article
        && (article + 2..=article + 4).contains(&words.len().saturating_sub(1))
    {
        words.truncate(article + 1);
        words.push(deed);
    }
}

/// `walk around` for `walk up and down the hall`.
fn walked_about(words: &mut Vec<String>) {
    const ABOUT: [[&str; 3]; 4] =
        [["up", "and", "down"], ["to", "and", "fro"], ["back", "and", "forth"], ["back", "and", "forward"]];
    let is_about = |at: &usize| {
        ["walk", "go", "run", "wander", "pace", "march", "stroll"].contains(&words[at - 1].as_str())
            && ABOUT.iter().any(|about| words[*at..].iter().take(3).eq(about.iter()))
    };
    if let Some(at) = (1..words.len()).find(is_about) {
        words.truncate(at - 1);
        words.extend(owned(&["walk", "around"]));
    }
}

/// `sit beside her` for `sit next to her`.
fn beside(words: &mut Vec<String>) {
    if let Some(at) = words.windows(2).position(|pair| pair == ["next", "to"]) {
        words.splice(at..at + 2, ["beside".to_owned()]);
    }
}

/// `I have a token` for `I do have a token`.
fn had(words: &mut Vec<String>) {
    if let Some(at) = words.windows(3).position(|three| three == ["i", "do", "have"]) {
        words.drain(..at);
        words.remove(1);
    }
}

/// `back to Crake` for `back to where I met Crake`.
fn met(words: &mut Vec<String>) {
    // `the room where the piano is` is the room with the piano.
    let is_place = |at: usize| {
        words[at] == "where"
            && ["house", "room", "place"].contains(&words[at - 1].as_str())
            && words.get(at + 1).is_some_and(|word| word == "the")
            && words.last().is_some_and(|word| ["is", "was", "are"].contains(&word.as_str()))
    };
    if let Some(at) = (1..words.len()).find(|at| is_place(*at)) {
        words.pop();
        "with".clone_into(&mut words[at]);
    }
    let is_met = |at: usize| {
        words[at] == "where"
            && at > 0
            && words[at - 1] == "to"
            && words.get(at + 1).is_some_and(|word| ["i", "we"].contains(&word.as_str()))
            && words.get(at + 2).is_some_and(|word| ["met", "saw", "left", "found", "spoke"].contains(&word.as_str()))
            && words.len() > at + 3
    };
    if let Some(at) = (0..words.len()).find(|at| is_met(*at)) {
        words.drain(at..at + 3);
        if words.get(at).is_some_and(|word| ["to", "with"].contains(&word.as_str())) {
            words.remove(at);
        }
    }
}

/// `go inside` for `go on inside`, and `go to the quay` for `go straight on to the quay`.
fn gone_on(words: &mut Vec<String>) {
    let is_on = |words: &[String], at: usize| {
        let after = words.get(at + 2).map_or("", String::as_str);
        MOTION.contains(&words[at].as_str())
            && ["on", "straight", "right", "ahead"].contains(&words.get(at + 1).map_or("", String::as_str))
            && (["inside", "in", "into", "to", "up", "down", "through"].contains(&after)
                || (after == "on" && words.len() > at + 3))
    };
    while let Some(at) = (0..words.len()).find(|at| is_on(words, *at)) {
        words.remove(at + 1);
    }
}

/// `look behind it, then look inside the stand` for `look behind it and inside the stand`.
fn looked_on(words: &mut Vec<String>) {
    let start = begin(words);
    if !words.get(start).is_some_and(|word| ["look", "search", "peek", "peer", "check"].contains(&word.as_str())) {
        return;
    }
    let places = ["inside", "in", "under", "underneath", "behind", "beneath", "through", "into"];
    // `look at the posts, then at the barge`
    if let Some(at) = (start + 2..words.len())
        .find(|at| ["then", "and"].contains(&words[*at].as_str()) && words.get(at + 1).is_some_and(|word| word == "at"))
    {
        let before = if ["and", ","].contains(&words[at - 1].as_str()) { at - 1 } else { at };
        words.splice(before..=at, owned(&[",", "then", "look"]));
        return;
    }
    let is_next = |at: usize| {
        words[at] == "and"
            && words.get(at + 1).is_some_and(|word| places.contains(&word.as_str()))
            && words
                .get(at + 2)
                .is_some_and(|word| ["the", "my", "his", "her", "it", "a", "them"].contains(&word.as_str()))
    };
    if let Some(at) = (start + 2..words.len()).find(|at| is_next(*at)) {
        let end = if words[at - 1] == "," { at - 1 } else { at };
        words.splice(end..=at, owned(&[",", "then", "look"]));
    }
}

/// `go to the pub` for `off to the pub` and `then to the pub`, and `I go into the house` for `into the house I go`.
fn gone_to(words: &mut Vec<String>) {
    let start = words
        .iter()
        .take_while(|word| {
            [",", "ok", "okay", "so", "well", "now", "right", "then", "and", "next", "alright", "i'm", "let's", "we're"]
                .contains(&word.as_str())
        })
        .count();
    let rest: Vec<&str> = words[start..].iter().map(String::as_str).collect();
    match rest.as_slice() {
        ["off" | "on" | "back" | "over", "to" | "into", _, ..] if rest[0] != "back" || start > 0 => {
            let goes: &[&str] = if rest[0] == "back" { &["go", "back"] } else { &["go"] };
            *words = [owned(goes), owned(&rest[1..])].concat();
        }
        ["to" | "into", "the" | "my" | "that", _, ..] if start > 0 || rest[0] == "into" => {
            if let Some(end) = rest
                .windows(2)
                .position(|pair| pair[0] == "i" && ["go", "walk", "run", "step", "climb"].contains(&pair[1]))
            {
                *words = [owned(&["i", rest[end + 1]]), owned(&rest[..end]), owned(&rest[end + 2..])].concat();
            } else if start > 0 && !words[..start].contains(&"i'm".to_owned()) {
                *words = [owned(&["go"]), owned(&rest)].concat();
            }
        }
        [first, ..] if TOWARD.contains(first) || direction(first).is_some() => {
            let end = rest
                .windows(2)
                .position(|pair| pair[0] == "i" && ["go", "walk", "run", "step", "climb"].contains(&pair[1]));
            if let Some(end) = end.filter(|end| *end > 0 && *end < 6) {
                *words = [owned(&["i", rest[end + 1]]), owned(&rest[..end]), owned(&rest[end + 2..])].concat();
            }
        }
        _ => {}
    }
}

/// `take me to the pub` for `please take me to the pub`, and `go outside` for `take me outside`.
fn taken_to(words: &mut Vec<String>) {
    while words.len() > 1 && words.first().is_some_and(|word| ["please", "just"].contains(&word.as_str())) {
        words.remove(0);
    }
    let ways =
        ["out", "outside", "inside", "away", "home", "back", "upstairs", "downstairs", "across", "over", "there"];
    if let [take, me, way, ..] = words.as_slice()
        && CARRIES.contains(&take.as_str())
        && ["me", "us"].contains(&me.as_str())
        && ways.contains(&way.as_str())
    {
        words.splice(..2, ["go".to_owned()]);
    }
}

/// `go to the hall, then start the clock` for `go to the hall to start the clock`.
fn gone_to_do(words: &mut Vec<String>) {
    let start = begin(words);
    if !words.get(start).is_some_and(|word| MOTION.contains(&word.as_str())) {
        return;
    }
    let is_aim = |at: usize| {
        let next = words.get(at + 1).map_or("", String::as_str);
        words[at] == "to"
            && words[start + 1..at].iter().any(|word| {
                ["to", "into", "in", "up", "down", "inside", "back", "over", "out", "outside"].contains(&word.as_str())
                    || direction(word).is_some()
            })
            && !words[start + 1..at].iter().any(|word| word == "and" || word == ",")
            && (!is_noun_after_all(next)
                || ["the", "it", "a", "my"].contains(&words.get(at + 2).map_or("", String::as_str)))
            && !TOWARD.contains(&next)
            && !["bed", "the", "a", "my", "be", "see", "dry"].contains(&next)
            && verb_at(&[next]).is_some()
            && words.len() > at + 2
    };
    if let Some(at) = (start + 2..words.len()).find(|at| is_aim(*at)) {
        words.splice(at..=at, owned(&[",", "then"]));
    }
}

/// `go to the square, then go into the pub` for `go to the square and then into the pub`.
fn gone_farther(words: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    let mut is_moving = false;
    while at < words.len() {
        let word = words[at].as_str();
        if ["and", "then", ","].contains(&word) {
            let mut next = at;
            while words
                .get(next)
                .is_some_and(|word| ["and", "then", ",", "straight", "right", "on"].contains(&word.as_str()))
            {
                next += 1;
            }
            let says_then = words[at..next].iter().any(|word| word == "then" || word == "straight" || word == "on");
            let follows = words.get(next).map_or("", String::as_str);
            let behind = words.get(next + 1).map_or("", String::as_str);
            let leads = ["to", "into", "through", "up", "down", "across", "along", "back", "over"].contains(&follows)
                && ["the", "that", "to", "into", "my", "his", "her", "on"].contains(&behind);
            // `walk up and down the hall` is one walk.
            let is_pair = ["up", "back", "to"].contains(&out.last().map_or("", String::as_str)) && !says_then;
            let names = says_then && ["the", "that"].contains(&follows);
            if is_moving && !is_pair && (leads || names) && (word != "," || says_then) {
                out.extend(owned(&[",", "then", "go"]));
                if names {
                    out.push("to".to_owned());
                }
                at = next;
                continue;
            }
        }
        if MOTION.contains(&word) || (out.is_empty() && ["back", "outside", "out", "inside"].contains(&word)) {
            is_moving = true;
        } else if verb_at(&[word]).is_some()
            && !TOWARD.contains(&word)
            && ["and", ",", "then", "i"].contains(&out.last().map_or("", String::as_str))
        {
            is_moving = false;
        }
        out.push(words[at].clone());
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_in_other_words_is_put_as_the_deed() {
        for (said, put) in [
            ("off to the pub", "go to the pub"),
            ("ok , off to the pub", "go to the pub"),
            ("then to the music room", "go to the music room"),
            ("into the house i go", "i go into the house"),
            ("i go on inside", "i go inside"),
            ("i go to the hall to start the clock", "i go to the hall , then start the clock"),
            ("go back to the square and then into that pub", "go back to the square , then go into that pub"),
            ("we go outside and straight on to the quay", "we go outside , then go to the quay"),
            ("back to the pub , then the square", "back to the pub , then go to the square"),
            ("i walk up and down the hall", "i walk around"),
            ("could you tell me where i am , and what i have to do", "where am i and what should i do"),
            ("go to the room where the piano is", "go to the room with the piano"),
            ("go to sleep", "go to sleep"),
            ("i pick it up and have a good look underneath it", "i pick it up and look under it"),
            ("try tuning it", "tune it"),
            ("give the chair a firm kick", "give the chair a kick"),
            ("go back to where i met crake", "go back to crake"),
            ("take the lamp and the stamp", "take the lamp and the stamp"),
        ] {
            let words = said.split(' ').map(str::to_owned).collect();
            assert_eq!(reworded(words).join(" "), put);
        }
    }
}
