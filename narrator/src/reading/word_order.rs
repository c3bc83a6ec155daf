//! Sentences in the order of other languages, put in that of English: `take with me the stamp`, `how I can go there`, `ask to the lady`,
//! `the metronome, I put it in motion`.

use super::verbs::verb_at;
use super::vocabulary::OPENERS;

pub(crate) fn in_order(words: &mut Vec<String>) {
    with_me(words);
    asked_in_order(words);
    asked_to(words);
    given_to(words);
    with_in_front(words);
    wanted_to(words);
    set_in_motion(words);
    named_in_front(words);
    without_small_words(words);
}

fn is(words: &[String], at: usize, any: &[&str]) -> bool {
    words.get(at).is_some_and(|word| any.contains(&word.as_str()))
}

/// `take the stamp` for `take with me the stamp`.
fn with_me(words: &mut Vec<String>) {
    let at = (1..words.len()).find(|at| {
        is(words, at - 1, &["take", "bring", "carry"])
            && is(words, *at, &["with"])
            && is(words, at + 1, &["me", "myself", "us"])
    });
    if let Some(at) = at.filter(|at| words.len() > at + 2) {
        words.drain(at..at + 2);
        return;
    }
    // `bring the lantern with me and walk on`
    let carries =
        words.iter().position(|word| ["take", "bring", "carry"].contains(&word.as_str())).filter(|at| *at <= 2);
    let with = words.windows(2).position(|pair| pair[0] == "with" && pair[1] == "me");
    if let (Some(carries), Some(with)) = (carries, with)
        && carries + 1 < with
        && is(words, with + 2, &["and", ",", "then"])
    {
        words.drain(with..with + 2);
        "take".clone_into(&mut words[carries]);
    }
}

/// `how can I go` for `how I can go`.
fn asked_in_order(words: &mut [String]) {
    let asks = is(words, 0, &["how", "where", "what", "when", "why", "who"]);
    if asks
        && is(words, 1, &["i", "we", "you"])
        && is(words, 2, &["can", "could", "should", "must", "shall", "may"])
        && words.len() > 3
    {
        words.swap(1, 2);
    }
}

/// `ask the lady` for `ask to the lady`.
fn asked_to(words: &mut Vec<String>) {
    let at = (1..words.len()).find(|at| {
        is(words, at - 1, &["ask"])
            && is(words, *at, &["to"])
            && is(words, at + 1, &["the", "him", "her", "them", "my", "this"])
    });
    if let Some(at) = at {
        words.remove(at);
    }
}

/// `give the token to her` for `give to her the token`.
fn given_to(words: &mut Vec<String>) {
    const BEFORE_NOUNS: &[&str] = &["the", "a", "an", "my", "this", "that", "some", "these", "those", "one", "it"];
    let gives = &["give", "hand", "show", "offer", "pay", "bring"];
    let Some(to) = (1..words.len()).find(|at| is(words, *at, &["to"]) && is(words, at - 1, gives)) else { return };
    let least = if is(words, to + 1, &["her", "him", "them", "you"]) { to + 2 } else { to + 3 };
    let Some(object) = (least..words.len()).find(|at| is(words, *at, BEFORE_NOUNS)) else { return };
    if words[to..object].iter().any(|word| word == "and" || word == ",") {
        return;
    }
    let receiver: Vec<String> = words.drain(to..object).collect();
    let end = words[to..].iter().position(|word| word == "," || word == "and").map_or(words.len(), |end| to + end);
    words.splice(end..end, receiver);
}

/// `I want to go back` for `I want go back`.
fn wanted_to(words: &mut Vec<String>) {
    let wants = (1..words.len()).find(|at| {
        is(words, *at, &["want", "like", "wish", "need"])
            && is(words, at - 1, &["i", "would", "i'd", "we"])
            && words.get(at + 1).is_some_and(|next| {
                ["go", "see", "take", "talk", "speak", "ask", "buy", "look"].contains(&next.as_str())
            })
    });
    if let Some(at) = wants {
        words.insert(at + 1, "to".to_owned());
    }
}

/// `I open the door with the key` for `with the key I open the door`.
fn with_in_front(words: &mut Vec<String>) {
    if !is(words, 0, &["with"]) || !is(words, 1, &["the", "my", "a", "an", "this", "that", "his", "her"]) {
        return;
    }
    let Some(own) = (3..words.len().min(7)).find(|at| is(words, *at, &["i", "we"])) else { return };
    let deed: Vec<&str> = words[own + 1..].iter().map(String::as_str).collect();
    if verb_at(&deed).is_none() {
        return;
    }
    let means: Vec<String> = words.drain(..own).filter(|word| word != ",").collect();
    let end = words.iter().position(|word| word == "," || word == "and").unwrap_or(words.len());
    words.splice(end..end, means);
}

/// `start the metronome` for `put the metronome in motion`, and `pay` for `make the payment`.
fn set_in_motion(words: &mut Vec<String>) {
    if let Some(at) = words
        .windows(2)
        .position(|pair| pair[0] == "in" && ["motion", "movement", "action", "gear"].contains(&pair[1].as_str()))
        && let Some(put) = words[..at].iter().position(|word| ["put", "set", "bring"].contains(&word.as_str()))
    {
        "start".clone_into(&mut words[put]);
        words.drain(at..at + 2);
    }
    if let Some(at) = words.windows(3).position(|three| {
        three[0] == "make" && ["the", "a", "my"].contains(&three[1].as_str()) && three[2] == "payment"
    }) {
        words.splice(at..at + 3, ["pay".to_owned()]);
        if is(words, at + 1, &["to"]) {
            words.remove(at + 1);
        }
    }
}

/// `I start the metronome` for `the metronome, I start it`.
fn named_in_front(words: &mut Vec<String>) {
    let Some(comma) = words.iter().position(|word| word == ",").filter(|comma| (2..=4).contains(comma)) else { return };
    let states = words[..comma].iter().any(|word| ["is", "are", "was", "were", "has"].contains(&word.as_str()));
    let is_noun = is(words, 0, &["the", "this", "that", "my"]) && !states;
    let deed: Vec<&str> = words[comma + 1..]
        .iter()
        .map(String::as_str)
        .skip_while(|word| !["start", "try"].contains(word) && OPENERS.contains(word))
        .collect();
    let it = words[comma + 1..]
        .iter()
        .position(|word| ["it", "them", "him", "her"].contains(&word.as_str()))
        .map(|at| at + comma + 1);
    // `my friend , wake up , it is late`
    let it = it.filter(|it| words[it - 1] != ",");
    if let Some(it) = it.filter(|_| is_noun && verb_at(&deed).is_some()) {
        let noun: Vec<String> = words[..comma].to_vec();
        words.splice(it..=it, noun);
        words.drain(..=comma);
    }
}

/// Without `once` behind a verb of motion, `by foot`, and `perhaps` behind `is there`.
fn without_small_words(words: &mut Vec<String>) {
    // `go to there`
    if let Some(at) = words
        .windows(2)
        .position(|pair| pair[0] == "to" && ["there", "here", "inside", "outside"].contains(&pair[1].as_str()))
    {
        words.remove(at);
    }
    if let Some(at) =
        words.windows(2).position(|pair| pair[1] == "once" && ["walk", "go", "run", "look"].contains(&pair[0].as_str()))
        && words.len() > at + 2
    {
        words.remove(at + 1);
    }
    if let Some(at) = words
        .windows(2)
        .position(|pair| ["by", "on"].contains(&pair[0].as_str()) && pair[1] == "foot")
        .filter(|at| *at > 0)
    {
        words.drain(at..at + 2);
    }
    let asks_for = is(words, 0, &["is", "are"]) && is(words, 1, &["there"]);
    if asks_for && is(words, 2, &["perhaps", "maybe", "possibly", "by"]) && words.len() > 3 {
        words.remove(2);
        if is(words, 2, &["chance"]) {
            words.remove(2);
        }
    }
    // `an inn where one could stay`
    if asks_for
        && let Some(at) = (4..words.len()).find(|at| {
            let is_own = is(words, at + 1, &["one", "i", "we", "you", "a", "an", "somebody", "someone"]);
            is(words, *at, &["where", "that", "which"]) && is_own
        })
    {
        words.truncate(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_another_order_is_put_in_order() {
        for (said, put) in [
            ("i take with me the stamp", "i take the stamp"),
            ("i give to her the token", "i give the token to her"),
            ("i give to the old woman my token and wait", "i give my token to the old woman and wait"),
            ("give to the cat", "give to the cat"),
            ("i want go back to the land", "i want to go back to the land"),
            ("i would like see the lamp", "i would like to see the lamp"),
            ("with the key , i open the door and go in", "i open the door with the key and go in"),
            ("how i can go under the water", "how can i go under the water"),
            ("i ask to the old lady how she is called", "i ask the old lady how she is called"),
            ("the metronome , i put it in movement", "i start the metronome"),
            ("i make the payment to the woman", "i pay the woman"),
            ("is there perhaps an inn where one could stay", "is there an inn"),
            ("i go by foot to the house", "i go to the house"),
            ("take the lamp with me", "take the lamp with me"),
            ("the lamp is out , i light it", "the lamp is out , i light it"),
        ] {
            let mut words = said.split(' ').map(str::to_owned).collect();
            in_order(&mut words);
            assert_eq!(words.join(" "), put);
        }
    }
}
