//! What a sentence says beside its deeds: why, when and how something is done, and remarks. It is cut away before nouns are read, so that
//! `sit down, if nobody minds` looks for no minds.

use super::leading::without_lead_in;
use super::reasons::{
    ASKING, cut_at_alternative, cut_at_reasons, has_verb, without_reason_in_front, without_reason_in_the_middle,
};
use super::two_in_one;
use super::vocabulary::QUESTION_WORDS;

/// How a remark beside a deed begins.
const REMARKS: &[&str] = &[
    "i really appreciate",
    "i appreciate",
    "i would appreciate",
    "you've been",
    "you have been",
    "you're very kind",
    "you are very kind",
    "that's very kind",
    "that's very helpful",
    "that's helpful",
    "that is very kind",
    "i may need",
    "i might need",
    "i may want",
    "i'll need",
    "i will need",
    "i'll bring it back",
    "i'll bring them back",
    "i will bring it back",
    "i will bring them back",
    "i'll give it back",
    "i'll give them back",
    "i'll return it",
    "i'll return them",
    "i'll be careful",
    "i'll be quick",
    "i promise",
    "i only",
    "i don't do",
    "i don't want to be",
    "i don't want to get",
    "i have no choice",
    "i hope",
    "i suppose",
    "i'm tired",
    "i'm curious",
    "maybe",
    "perhaps",
    "it may be",
    "it might be",
    "there may be",
    "there might be",
];

/// Ends of a sentence that change nothing in it, where at least two words stand before them.
const ENDS: &[&str] = &[
    "then",
    "now",
    "instead",
    "straight away",
    "right away",
    "to be honest",
    "to calm myself",
    "to calm myself down",
    "to pass the time",
    "to warm up",
    "to be sure",
    "to make sure",
    "one by one",
    "one at a time",
    "one after the other",
    "exactly",
    "out loud",
    "on tiptoe",
    "out of the corner of my eye",
    "for anything hidden",
    "for anything useful",
    "for anything interesting",
    "for anything unusual",
    "for something useful",
    "if you don't mind",
    "poor thing",
    "over there",
    "without a sound",
    "without a word",
    "with both hands",
    "with all my strength",
    "with all my might",
    "very casually",
    "tonight",
    "already",
    "right now",
    "on foot",
    "and how do i get there",
    "and how can i get there",
    "and see what's in there",
    "and see what is in there",
    "and see what's there",
    "and see what is there",
    "and see what's inside",
    "and see what happens",
];

/// How something is done, wherever it stands in a sentence.
const MANNERS: &[&str] = &["out of the corner of my eye", "to be honest", "to tell the truth", "as quietly as i can"];

/// What is said of a thing to tell which is meant, behind `that`.
const RELATIVES: &[&str] = &[
    "is", "are", "was", "were", "lies", "stands", "hangs", "smells", "looks", "leads", "keeps", "makes", "has", "had",
];

/// Words that end like participles and are none.
const NO_PARTICIPLES: &[&str] = &[
    "nothing",
    "something",
    "anything",
    "everything",
    "evening",
    "morning",
    "during",
    "string",
    "spring",
    "bring",
    "ceiling",
    "building",
    "king",
    "ring",
    "thing",
    "sing",
    "wing",
    "being",
    "darling",
    "lightning",
    "going",
];

/// `sentence` without what it says beside its deeds; in a question, only what stands behind the question goes.
pub(crate) fn trimmed(sentence: &str, is_question: bool) -> Vec<String> {
    let spaced = sentence.replace(',', " , ").replace('&', " and ");
    let mut words: Vec<String> = spaced
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !(c.is_alphanumeric() || c == ',' || c == '\'')).to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    // `knock knock`
    words.dedup_by(|word, before| word == before && word.len() > 1 && word != "had" && word != "that");
    without_lead_in(&mut words);
    without_manners(&mut words);
    // `I'm afraid I'm late` is no fear.
    if let Some(at) = words.windows(2).position(|pair| pair[0] == "i'm" && pair[1] == "afraid")
        && words
            .get(at + 2)
            .is_some_and(|next| ["i", "i'm", "i've", "we", "you", "it's", "it", "there"].contains(&next.as_str()))
    {
        words.drain(at..at + 2);
    }
    without_reason_in_front(&mut words);
    if !is_question && !words.first().is_some_and(|first| ["when", "how"].contains(&first.as_str())) {
        without_reason_in_the_middle(&mut words);
    }
    let asks = is_question || words.first().is_some_and(|first| QUESTION_WORDS.contains(&first.as_str()));
    cut_at_remarks(&mut words);
    if !asks {
        cut_at_alternative(&mut words);
        cut_at_participles(&mut words);
        cut_relatives(&mut words);
        // `I go to the pub first`
        if words.len() > 3 && words.last().is_some_and(|last| last == "first") {
            words.pop();
        }
    }
    // `could I still wade across?`
    if asks
        && words.len() > 3
        && ["still", "just", "also", "perhaps", "maybe", "now"].contains(&words[2].as_str())
        && ["i", "we"].contains(&words[1].as_str())
    {
        words.remove(2);
    }
    two_in_one::while_going(&mut words);
    cut_at_reasons(&mut words, asks);
    without_ends(&mut words);
    words
}

/// Cuts away `, I really appreciate it` and `, I may need it outside`, where something stands before it.
fn cut_at_remarks(words: &mut Vec<String>) {
    let is_remark = |from: usize| {
        let text = words[from..].join(" ");
        REMARKS
            .iter()
            .any(|remark| text.strip_prefix(remark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
    };
    // `take the lamp, he won't notice` speaks to nobody; `tell her, he won't notice` does.
    let says_of_others = |at: usize| {
        let is = |at: usize, any: &[&str]| words.get(at).is_some_and(|word| any.contains(&word.as_str()));
        let speaks = words[..at]
            .iter()
            .any(|word| ["tell", "say", "ask", "shout", "whisper", "answer", "reply", "i'd"].contains(&word.as_str()));
        let subject = if is(at, &["no"]) && is(at + 1, &["one"]) { at + 2 } else { at + 1 };
        is(at, &["he", "she", "they", "nobody", "no", "it"])
            && is(
                subject,
                &["won't", "will", "wouldn't", "doesn't", "don't", "can't", "isn't", "needs", "seems", "looks"],
            )
            && !speaks
    };
    // `off to the quay, maybe the cat is there`: to go somewhere needs no verb.
    let goes = ["off", "to", "into", "back", "then"].contains(&words.first().map_or("", String::as_str));
    let is_beside = |at: usize| {
        words[at] == "," && (is_remark(at + 1) || says_of_others(at + 1)) && (goes || has_verb(&words[..at]))
    };
    if let Some(comma) = (1..words.len()).find(|at| is_beside(*at)) {
        words.truncate(comma);
    }
}

/// Cuts away `, wiping my boots`: what is done meanwhile, up to the next comma.
fn cut_at_participles(words: &mut Vec<String>) {
    let is_participle = |at: usize| {
        words
            .get(at)
            .is_some_and(|word| word.len() > 5 && word.ends_with("ing") && !NO_PARTICIPLES.contains(&word.as_str()))
    };
    let Some(comma) = (2..words.len()).find(|at| words[*at] == "," && is_participle(at + 1)) else { return };
    if !has_verb(&words[..comma]) {
        return;
    }
    let end = words[comma + 1..].iter().position(|word| word == ",").map_or(words.len(), |next| comma + 1 + next);
    words.drain(comma..end);
}

/// Takes away `out of the corner of my eye`.
fn without_manners(words: &mut Vec<String>) {
    for manner in MANNERS {
        let manner: Vec<&str> = manner.split(' ').collect();
        if words.len() > manner.len() + 1
            && let Some(at) = words.windows(manner.len()).position(|window| window.iter().eq(manner.iter()))
        {
            words.drain(at..at + manner.len());
        }
    }
}

/// Cuts away `that smells of vinegar` behind a thing, and `, where the piano is`.
fn cut_relatives(words: &mut Vec<String>) {
    let is = |at: usize, any: &[&str]| words.get(at).is_some_and(|word| any.contains(&word.as_str()));
    let says = |at: usize| {
        words[..at].iter().any(|word| {
            (ASKING.contains(&word.as_str()) && word != "see")
                || ["believe", "think", "hope", "promise", "said"].contains(&word.as_str())
        })
    };
    let begins = |at: usize| {
        let of_thing = is(at, &["that", "which", "who"]) && is(at + 1, RELATIVES);
        // `the token I have been clutching`
        let of_own = is(at, &["i", "we"])
            && is(
                at + 1,
                &[
                    "have", "had", "found", "took", "was", "just", "picked", "bought", "saw", "brought", "got",
                    "carry", "noticed",
                ],
            )
            && words[..at].iter().rev().take(3).any(|word| ["the", "that", "this", "a", "my"].contains(&word.as_str()))
            && !is(at - 1, &[",", "and", "but", "so", "then", "because", "as", "where", "that"]);
        let of_thing = of_thing || of_own;
        let of_place =
            is(at - 1, &[","]) && is(at, &["where"]) && is(at + 1, &["the", "it", "he", "she", "they", "i", "we"]);
        (of_thing || of_place) && !is(at - 1, &["if", "and", "what", "how"]) && !says(at) && words.len() > at + 2
    };
    let Some(start) = (3..words.len()).find(|at| begins(*at)) else { return };
    let end = words[start..].iter().position(|word| [",", "and", "then"].contains(&word.as_str()));
    let end = end.map_or(words.len(), |end| start + end);
    words.drain(start..end);
}

/// Takes away ends that say nothing.
fn without_ends(words: &mut Vec<String>) {
    loop {
        while words.last().is_some_and(|last| last == "," || last == "please" || last == "and") && words.len() > 1 {
            words.pop();
        }
        // `into the house, but quietly`
        let is_manner = |word: &String| word.len() > 5 && word.ends_with("ly");
        if let [_, .., but, manner] = words.as_slice()
            && but == "but"
            && is_manner(manner)
        {
            words.truncate(words.len() - 2);
            continue;
        }
        let length = ENDS.iter().map(|end| end.split(' ').collect::<Vec<_>>()).find_map(|end| {
            let ends = words.len() > end.len() + 1 && words[words.len() - end.len()..].iter().eq(end.iter());
            ends.then_some(end.len())
        });
        let length = length
            .or_else(|| for_the_sake_of(words))
            .or_else(|| as_can_be(words))
            .or_else(|| counted_time(words))
            .or_else(|| along_with_me(words));
        match length {
            Some(length) => words.truncate(words.len() - length),
            None => break,
        }
    }
}

/// The length of `for some fresh air` behind a way to go.
fn for_the_sake_of(words: &[String]) -> Option<usize> {
    let at = words.iter().rposition(|word| word == "for").filter(|at| *at >= 2)?;
    let goes =
        words.iter().take(3).any(|word| ["go", "step", "walk", "pop", "head", "run", "nip"].contains(&word.as_str()));
    let is_sake = ["some", "a"].contains(&words.get(at + 1)?.as_str()) && words.len() - at <= 5;
    (goes && is_sake).then(|| words.len() - at)
}

/// The length of `as hard as I can` and `as hard as possible` at the end.
fn as_can_be(words: &[String]) -> Option<usize> {
    match words {
        [_, _, .., one, _, two, i, can] if one == "as" && two == "as" && i == "i" && can == "can" => Some(5),
        [_, _, .., one, _, two, possible] if one == "as" && two == "as" && possible == "possible" => Some(4),
        _ => None,
    }
}

/// The length of `for five minutes` at the end.
fn counted_time(words: &[String]) -> Option<usize> {
    let [.., before, f, _, unit] = words else { return None };
    let is_time = ["minutes", "seconds", "moments", "hours", "breaths"].contains(&unit.as_str());
    (f == "for" && is_time && !["wait", "time"].contains(&before.as_str())).then_some(3)
}

/// The length of `with me` behind what is taken.
fn along_with_me(words: &[String]) -> Option<usize> {
    let takes = words.iter().any(|word| ["take", "bring", "carry", "get"].contains(&word.as_str()));
    let is_with = words.len() > 4 && words.ends_with(&["with".to_owned(), "me".to_owned()]);
    (takes && is_with).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_why_or_when_is_cut_away_and_what_is_asked_stays() {
        for (said, left) in [
            ("sit down, if nobody minds", "sit down"),
            ("i go up while he's not looking", "i go up"),
            ("light it so i can see", "light it"),
            ("give her the key since she said so", "give her the key"),
            ("hide behind the door until somebody comes", "hide behind the door"),
            ("wait until he leaves, then i go up", "wait , then i go up"),
            ("wait until he leaves and go up", "wait and go up"),
            ("i step inside, wiping my boots first", "i step inside"),
            ("take the lamp, i may need it", "take the lamp"),
            ("look in to see whether anyone is there", "look in"),
            ("while he is asleep, i take it", "i take it"),
            ("while the man snores, i take it", "i take it"),
            ("if nobody minds, i sit down", "i sit down"),
            ("close my eyes for five minutes", "close my eyes"),
            ("ask her if she knows him", "ask her if she knows him"),
            ("see if it rings", "see if it rings"),
            ("wait a while", "wait a while"),
            ("wait until morning", "wait until morning"),
            ("i'm cold, so i light the lamp", "i'm cold , so i light the lamp"),
            ("sorry to barge in on you", "i'm sorry"),
            ("with a heavy heart i go down", "i go down"),
            ("with some reluctance, i go down", "i go down"),
            ("without waking him i take the stamp", "i take the stamp"),
            ("with the key i open the door", "with the key i open the door"),
            ("i'll just borrow that lamp, he won't notice", "i'll just borrow that lamp"),
            ("tell her, he won't notice", "tell her , he won't notice"),
        ] {
            assert_eq!(trimmed(said, false).join(" "), left);
        }
        assert_eq!(trimmed("may i read it first before i sign it", true).join(" "), "may i read it first");
        assert_eq!(trimmed("what happens if i sign it", true).join(" "), "what happens if i sign it");
    }
}
