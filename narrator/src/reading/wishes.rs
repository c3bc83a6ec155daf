//! Wishes to see, to know and to have, put as the look, the question or the request that they are: `let's see, where is it`, `I'd like to
//! know who did it`, `I'd be grateful if you lent me the key`.

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// `see the lamp` for `go see the lamp`, and `look at the light` for `see what the light is`.
pub(crate) fn gone_to_see(words: &mut Vec<String>) {
    fn is(words: &[String], at: usize, any: &[&str]) -> bool {
        words.get(at).is_some_and(|word| any.contains(&word.as_str()))
    }
    // `go see the lamp`
    let goes = words.iter().position(|word| word == "go").filter(|at| *at <= 1);
    if let Some(at) = goes
        && (is(words, at + 1, &["look", "check", "ask", "talk", "wake"])
            || (is(words, at + 1, &["see"]) && is(words, at + 2, &["what", "who", "if", "whether"])))
        && words.len() > at + 2
    {
        words.remove(at);
    }
    // `see what the light is`
    let sees = words.iter().position(|word| ["see", "check", "look"].contains(&word.as_str())).filter(|at| *at <= 1);
    if let Some(at) = sees
        && is(words, at + 1, &["what"])
        && is(words, at + 2, &["the", "that", "this"])
        && words.last().is_some_and(|last| ["is", "are"].contains(&last.as_str()))
        && words.len() <= at + 6
    {
        words.pop();
        words.splice(at..at + 2, owned(&["look", "at"]));
    }
}

/// `where is it` for `let's see, where is it`, and `look` for `let's see what we have here`.
pub(crate) fn seen(words: &mut Vec<String>) {
    let is = |at: usize, any: &[&str]| words.get(at).is_some_and(|word| any.contains(&word.as_str()));
    let start = match words.first().map(String::as_str) {
        Some("let's" | "lets") if is(1, &["see"]) => 2,
        Some("let") if is(1, &["me", "us"]) && is(2, &["see"]) => 3,
        _ => return,
    };
    let behind: Vec<&str> = words[start..].iter().map(String::as_str).collect();
    match behind.as_slice() {
        [",", _, ..] => {
            words.drain(..=start);
        }
        [] | ["what" | "what's", "we" | "i" | "there" | "is" | "here" | "this" | "around", ..] | ["what's"] => {
            *words = owned(&["look"]);
        }
        _ => {}
    }
}

/// `what has he stamped` for `I want to know what he has stamped`: a wish to know asks.
pub(crate) fn wondered(words: &mut Vec<String>) {
    const WISHES: &[&str] = &[
        "i want to know",
        "i would want to know",
        "i'd like to know",
        "i would like to know",
        "i need to know",
        "i'd love to know",
        "i would love to know",
        "i wish i knew",
        "i want to find out",
        "i'd like to find out",
        "i need to find out",
        "i'd be curious to know",
        "we want to know",
        "before i do anything else i want to know",
        "first i want to know",
        "but i want to know",
        "now i want to know",
    ];
    let asks = ["what", "who", "where", "why", "when", "how", "whose", "which", "what's", "who's", "where's", "how's"];
    let text = words.join(" ").replace(" ,", "");
    if WISHES.iter().any(|wish| text.starts_with(wish))
        && let Some(at) = words.iter().position(|word| ["know", "knew", "out"].contains(&word.as_str()))
        && words.get(at + 1).is_some_and(|word| asks.contains(&word.as_str()))
    {
        words.drain(..=at);
        if words.len() == 3 && words[1] == "i" && words[2] == "am" {
            words.swap(1, 2);
        }
    }
}

/// `what should I do` for `tell me what I still have to do`.
pub(crate) fn told_what_to_do(words: &mut Vec<String>) {
    let rest: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["lead", "the", "way"] | ["show", "me", "the", "way"] = rest.as_slice() {
        *words = owned(&["where", "should", "i", "go"]);
        return;
    }
    let asks = |what: &[&str]| {
        what.contains(&"do") && what.iter().any(|word| ["have", "must", "should", "need", "supposed"].contains(word))
    };
    let at = rest.windows(3).position(|three| three[0] == "tell" && three[1] == "me" && three[2] == "what");
    if at.is_some_and(|at| at < 5 && rest.get(at + 3) == Some(&"i") && asks(&rest[at + 3..])) {
        *words = owned(&["what", "should", "i", "do"]);
        return;
    }
    let at = rest.windows(5).position(|five| five == ["tell", "me", "where", "i", "am"]);
    if let Some(at) = at.filter(|at| *at < 4) {
        let asks_on = asks(&rest[at + 5..]);
        *words = owned(&["where", "am", "i"]);
        if asks_on {
            words.extend(owned(&["and", "what", "should", "i", "do"]));
        }
    }
}

/// `can I have the key` for `might I trouble you for the key` and `I'd be glad of the key`.
pub(crate) fn requested(words: &mut Vec<String>) {
    const REQUESTS: &[&str] = &[
        "might i trouble you for ",
        "may i trouble you for ",
        "might i trouble someone for ",
        "might i trouble somebody for ",
        "could i trouble someone for ",
        "could i trouble somebody for ",
        "i'd be obliged for ",
        "i would be obliged for ",
        "could i trouble you for ",
        "can i trouble you for ",
        "i'd be glad of ",
        "i would be glad of ",
        "i should be glad of ",
        "i'd be grateful for ",
        "i would be grateful for ",
        "i'd be grateful if you lent me ",
        "i would be grateful if you lent me ",
        "i would be grateful if you gave me ",
        "i'd be grateful if you gave me ",
        "i would be grateful if you could lend me ",
        "i would be grateful if you could give me ",
        "i'd appreciate ",
        "i could do with ",
        "i could use ",
        "i fancy ",
        "i'd kill for ",
        "i could murder ",
        "i'm dying for ",
        "would it be possible to have ",
        "any chance of ",
        "would it be possible to get ",
        "is it possible to get ",
    ];
    let is_degree =
        |word: &&String| !["very", "most", "so", "really", "ever", "terribly", "awfully"].contains(&word.as_str());
    let plain = words.iter().filter(is_degree).cloned().collect::<Vec<_>>().join(" ");
    if let Some(noun) = REQUESTS.iter().find_map(|request| plain.strip_prefix(request)) {
        let noun = noun.split(" , ").next().unwrap_or(noun);
        *words = owned(&["can", "i", "have"]);
        words.extend(noun.split(' ').map(str::to_owned));
        return;
    }
    // `would you mind terribly if I had a look at it`
    if let Some(deed) = ["would you mind if i ", "do you mind if i "].iter().find_map(|asks| plain.strip_prefix(asks)) {
        let deed = deed.strip_prefix("had ").map_or(deed.to_owned(), |rest| format!("have {rest}"));
        let deed = deed.strip_prefix("took ").map_or(deed.clone(), |rest| format!("take {rest}"));
        *words = owned(&["may", "i"]);
        words.extend(deed.split(' ').map(str::to_owned));
    }
}

/// What `what` asks for that is no thing: `what now`.
const NO_NOUNS: &[&str] = &[
    "now", "next", "else", "then", "time", "day", "about", "for", "if", "way", "happened", "happens", "gives", "up",
    "to", "is", "are", "was", "were", "the", "this", "that", "do", "can", "exits", "ways", "people", "things", "items",
    "of", "place", "year", "month", "hour", "ho",
];

/// `what do you know about the moon` for `might I ask you about the moon`, `look at the pump` for `what pump`, and `who is he` for `what's his name`.
pub(crate) fn asked_about(words: &mut Vec<String>) {
    let text = words.join(" ");
    for opening in [
        "might i ask you about ",
        "may i ask you about ",
        "can i ask you about ",
        "could i ask you about ",
        "might i ask about ",
        "may i ask about ",
    ] {
        if let Some(topic) = text.strip_prefix(opening) {
            *words = [owned(&["what", "do", "you", "know", "about"]), topic.split(' ').map(str::to_owned).collect()]
                .concat();
            return;
        }
    }
    if let [what, noun] = words.as_slice()
        && ["what", "which"].contains(&what.as_str())
        && !NO_NOUNS.contains(&noun.as_str())
    {
        *words = owned(&["look", "at", "the", noun]);
        return;
    }
    for (own, of) in [("his", "he"), ("her", "she"), ("their", "they")] {
        let asked = [format!("what's {own} name"), format!("what is {own} name"), format!("what's {own} name then")];
        if asked.contains(&text) {
            *words = owned(&["who", "is", of]);
            return;
        }
    }
}
