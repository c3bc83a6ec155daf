//! Set phrases that say a plain deed: `check what I'm carrying`, `I'm going out`, `the place where is the
//! light`, and sounds that stand in front of a deed.

use super::rewording::MOTION;
use super::verbs::verb_at;
use super::vocabulary::{OPENERS, direction};

/// Sounds and cries, which are no deed.
const SOUNDS: &[&str] = &[
    "ding", "dong", "splash", "boom", "bang", "crash", "whoosh", "yay", "hooray", "hurray", "woohoo", "wow", "oops",
    "ouch", "ow", "ahoy", "yikes", "haha", "ha", "hehe", "mwahaha", "tada", "ta-da", "psst", "shh", "argh", "meh",
    "gosh", "omg", "god", "gee", "eek", "brr", "vroom", "zap", "pow", "tick", "tock", "drip", "drop", "aha", "eureka",
    "yippee", "yum", "yuck", "ew", "phew", "hm", "hmm", "oh", "ah", "my", "well", "dear", "me", "goodness", "no",
    "yes",
];

/// Whether `whole` is nothing but sounds: `ding dong`, `oh my god`.
pub(crate) fn is_sound(whole: &str) -> bool {
    let mut words = whole.split_whitespace().filter(|word| *word != ",").peekable();
    words.peek().is_some() && words.all(|word| SOUNDS.contains(&word))
}

/// `land ahoy` of `land ahoy! I take the lamp`: a few words that speak of nobody and nothing.
pub(crate) fn is_cry(words: &[&str]) -> bool {
    const SAYS: &[&str] =
        &["i", "i'm", "we", "you", "you're", "he", "she", "it", "the", "my", "a", "an", "this", "that"];
    words.len() <= 3 && verb_at(words).is_none() && words.first().is_some_and(|first| !SAYS.contains(first))
}

pub(crate) fn in_plain_words(words: &mut Vec<String>) {
    let_out(words);
    given_a_sign(words);
    belongings(words);
    knocked(words);
    going_somewhere(words);
    placed(words);
    priced(words);
    asked_whether_for_long(words);
    asked_of_around(words);
    without_degree(words);
    in_short(words);
    looked_long(words);
    out_along(words);
    wished_for(words);
}

fn is(words: &[String], at: usize, any: &[&str]) -> bool {
    words.get(at).is_some_and(|word| any.contains(&word.as_str()))
}

fn begin(words: &[String]) -> usize {
    words.iter().take_while(|word| *word == "," || OPENERS.contains(&word.as_str())).count()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// `give a sigh` for `let out a sigh`.
fn let_out(words: &mut Vec<String>) {
    let at = words
        .windows(3)
        .position(|three| three[0] == "let" && three[1] == "out" && ["a", "an"].contains(&three[2].as_str()));
    if let Some(at) = at {
        words.splice(at..at + 2, owned(&["give"]));
    }
}

/// `give a nod to her` for `give her a nod`.
fn given_a_sign(words: &mut Vec<String>) {
    const SIGNS: &[&str] =
        &["nod", "smile", "wave", "bow", "wink", "grin", "shrug", "curtsy", "salute", "sign", "frown"];
    let Some(gives) = words.iter().position(|word| word == "give").filter(|at| *at <= 2) else { return };
    let end = (gives..words.len()).find(|at| is(words, *at, &["and", ",", "then"])).unwrap_or(words.len());
    let Some(article) = (gives + 2..end).find(|at| is(words, *at, &["a", "an"])) else { return };
    if is(words, end - 1, SIGNS) && article - gives <= 4 && !is(words, gives + 1, &["a", "an", "to"]) {
        let person: Vec<String> = words.drain(gives + 1..article).collect();
        let end = end - person.len();
        words.splice(end..end, [owned(&["to"]), person].concat());
    }
}

/// `inventory` for `check what I'm carrying` and `see what's in my bag`.
fn belongings(words: &mut Vec<String>) {
    const HAD: &[&str] = &[
        "i'm carrying",
        "i am carrying",
        "i carry",
        "i have",
        "i've got",
        "i have got",
        "i got",
        "i'm holding",
        "i am holding",
        "i hold",
        "i own",
        "i brought",
        "i've brought",
        "i have brought",
        "i have with me",
        "i have on me",
        "i've got on me",
        "i've got with me",
        "i have in my pockets",
        "i have in my bag",
    ];
    let start = begin(words);
    let looks = is(words, start, &["check", "see", "examine", "list", "review", "inspect", "count", "remember"])
        || is(words, start, &["look"]) && is(words, start + 1, &["at", "through", "over"]);
    let Some(what) = words.iter().position(|word| ["what", "what's"].contains(&word.as_str())) else { return };
    let end = (what..words.len()).find(|at| is(words, *at, &["and", ",", "then"])).unwrap_or(words.len());
    let asked = words[what..end].join(" ");
    let asked = asked.trim_end_matches(" so far").trim_end_matches(" now").trim_end_matches(" here");
    let is_had = asked.strip_prefix("what ").is_some_and(|had| HAD.contains(&had))
        || ["what's in my ", "what is in my "].iter().any(|inside| {
            asked
                .strip_prefix(inside)
                .is_some_and(|place| ["bag", "bags", "pocket", "pockets", "pack", "satchel", "hands"].contains(&place))
        });
    if looks && what <= start + 2 && is_had {
        words.splice(start..end, ["inventory".to_owned()]);
    }
}

/// `knock on the door` for `step up to the door and knock`: who knocks does not go in first.
fn knocked(words: &mut Vec<String>) {
    let Some(at) = words.windows(3).position(|three| three == ["door", "and", "knock"]) else { return };
    let start = begin(words);
    if (is(words, start, MOTION) || is(words, start, &["approach"])) && start < at {
        let rest = words.split_off(at + 3);
        words.truncate(start);
        words.extend(owned(&["knock", "on", "the", "door"]));
        words.extend(rest);
    }
}

/// `go out` for `I'm going out` and `sir, I'm off north`.
fn going_somewhere(words: &mut Vec<String>) {
    const WAYS: &[&str] =
        &["out", "outside", "in", "inside", "back", "home", "ashore", "aboard", "upstairs", "downstairs", "away"];
    let goes = |at: usize| {
        let own = is(words, at, &["i'm", "we're"])
            && is(words, at + 1, &["going", "heading", "off", "leaving", "walking", "running"]);
        let way = words.get(at + 2).is_some_and(|word| WAYS.contains(&word.as_str()) || direction(word).is_some());
        own && way && (at == 0 || is(words, at - 1, &[",", "and", "so"]))
    };
    if let Some(at) = (0..words.len().min(5)).find(|at| goes(*at)) {
        words.drain(..at);
        words.splice(..2, owned(&["i", "go"]));
        // `… to look for the moon` says what for.
        if let Some(to) = (2..words.len()).find(|at| {
            is(words, *at, &["to"]) && words.get(at + 1).is_some_and(|word| verb_at(&[word.as_str()]).is_some())
        }) && !is(words, to + 1, &["the", "a", "my"])
        {
            words.truncate(to);
        }
    }
}

/// `the place where the light is` for `the place where is the light`.
fn placed(words: &mut Vec<String>) {
    let at = (1..words.len()).find(|at| {
        is(words, *at, &["where"])
            && is(words, at - 1, &["place", "room", "house", "spot", "door", "side"])
            && is(words, at + 1, &["is", "are", "was", "were", "stands", "lives"])
            && words.len() > at + 2
    });
    if let Some(at) = at {
        let end = (at + 2..words.len()).find(|at| is(words, *at, &["and", ",", "then"])).unwrap_or(words.len());
        let verb = words.remove(at + 1);
        words.insert(end - 1, verb);
    }
}

/// `how much does the ferry cost` for `how much costs the ferry`.
fn priced(words: &mut Vec<String>) {
    let asks = is(words, 0, &["how"]) && is(words, 1, &["much", "many"]) || is(words, 0, &["what"]);
    let at = if is(words, 0, &["what"]) { 1 } else { 2 };
    if asks && is(words, at, &["costs", "cost"]) && words.len() > at + 1 {
        let noun = words.split_off(at + 1);
        *words = [owned(&["how", "much", "does"]), noun, owned(&["cost"])].concat();
    }
}

/// `how long have you been doing this job` for `have you been doing this job for long`.
fn asked_whether_for_long(words: &mut Vec<String>) {
    let asks = is(words, 0, &["have", "do", "did", "are", "were"]) && is(words, 1, &["you", "they"]);
    if asks && words.len() > 4 && words.ends_with(&owned(&["for", "long"])) {
        words.truncate(words.len() - 2);
        words.splice(..0, owned(&["how", "long"]));
    } else if asks && words.len() > 3 && words.last().is_some_and(|last| last == "long") {
        words.pop();
        words.splice(..0, owned(&["how", "long"]));
    }
}

/// `look around` for `what is behind me`, and `where is the far bank` for `which one is the far bank`.
fn asked_of_around(words: &mut Vec<String>) {
    let starts = |with: &[&str]| words.iter().take(with.len()).eq(with.iter());
    if starts(&["which", "one", "is", "the"]) || starts(&["which", "way", "is", "the"]) {
        words.splice(..3, owned(&["where", "is"]));
        return;
    }
    let at = if starts(&["what", "is"]) { 2 } else { 1 };
    let asks = starts(&["what", "is"]) || starts(&["what's"]);
    if asks && words.len() == at + 2 && is(words, at + 1, &["me"]) {
        let looks: &[&str] = match words[at].as_str() {
            "behind" | "around" | "near" | "beside" | "by" => &["look", "around"],
            "above" | "over" => &["look", "up"],
            "under" | "below" | "beneath" => &["look", "down"],
            _ => return,
        };
        *words = owned(looks);
    }
}

/// `ring it` of `ring it so hard that it breaks`.
fn without_degree(words: &mut Vec<String>) {
    let at = (2..words.len()).find(|at| {
        let then = if is(words, at + 2, &["that"]) { at + 3 } else { at + 2 };
        is(words, *at, &["so"])
            && is(
                words,
                at + 1,
                &["hard", "loud", "loudly", "fast", "long", "often", "much", "far", "high", "well", "quietly"],
            )
            && is(words, then, &["it", "he", "she", "they", "i", "we", "everybody", "everyone", "the", "my", "you"])
    });
    if let Some(at) = at {
        words.truncate(at);
    }
}

/// `can I leave` for `it is possible to leave`, `hint` for `tell me the answer`, `wait` for `skip`.
fn in_short(words: &mut Vec<String>) {
    let text = words.join(" ");
    let plain = text.trim_start_matches("just ").trim_start_matches("please ");
    match plain {
        "skip" | "skip it" | "skip this" | "skip turn" | "skip a turn" | "pass" => *words = owned(&["wait"]),
        "next"
        | "tell me the answer"
        | "tell me the solution"
        | "give me the answer"
        | "what's the answer"
        | "what is the answer"
        | "the answer"
        | "solution"
        | "give me the solution"
        | "what's the solution"
        | "what is the solution" => *words = owned(&["hint"]),
        "bored" | "tired" | "hungry" | "scared" | "cold" | "confused" | "sad" | "happy" | "thirsty" | "sleepy" => {
            words.insert(0, "i'm".to_owned());
        }
        _ if plain.starts_with("skip to ") => *words = owned(&["hint"]),
        _ if text.starts_with("what is it that ") => {
            words.splice(..4, owned(&["what", "do"]));
            if words.ends_with(&owned(&["before", "me"])) {
                words.truncate(words.len() - 2);
            }
        }
        // `it gives a way down?` is German.
        _ if text.starts_with("it gives ") => {
            words.splice(..2, owned(&["is", "there"]));
        }
        _ if text.starts_with("it is possible to ") || text.starts_with("it's possible to ") => {
            let deed = text.split_once(" to ").map(|(_, deed)| deed.to_owned()).unwrap_or_default();
            if ["exit", "leave", "get out", "go out"].iter().any(|leave| deed.starts_with(leave)) {
                *words = owned(&["where", "is", "the", "exit"]);
            } else {
                *words = owned(&["can", "i"]);
                words.extend(deed.split(' ').map(str::to_owned));
            }
        }
        _ => {}
    }
}

/// `look at the water` for `look long at the water`, and the time for `check my watch`.
fn looked_long(words: &mut Vec<String>) {
    let at = words.windows(3).position(|three| {
        ["look", "gaze", "stare", "glance"].contains(&three[0].as_str())
            && ["long", "hard", "once", "straight", "directly", "right", "longingly", "hungrily"]
                .contains(&three[1].as_str())
            && three[2] == "at"
    });
    if let Some(at) = at {
        words.remove(at + 1);
    }
    let start = begin(words);
    let looks = is(words, start, &["check", "consult"]) || is(words, start, &["look"]) && is(words, start + 1, &["at"]);
    if looks && words.ends_with(&owned(&["my", "watch"])) && words.len() <= start + 4 {
        *words = owned(&["what", "time", "is", "it"]);
    }
}

/// `walk along the plank` for `walk out along the plank`.
fn out_along(words: &mut Vec<String>) {
    let at = words.windows(3).position(|three| {
        MOTION.contains(&three[0].as_str())
            && three[1] == "out"
            && ["along", "onto", "across", "over"].contains(&three[2].as_str())
    });
    if let Some(at) = at {
        words.remove(at + 1);
    }
}

/// `can I have some tea` for `I'd love some tea`.
fn wished_for(words: &mut Vec<String>) {
    let at = words.iter().position(|word| ["love", "adore"].contains(&word.as_str())).filter(|at| *at <= 2);
    let wishes = is(words, 0, &["i'd"]) || (is(words, 0, &["i"]) && is(words, 1, &["would"]));
    if let Some(at) = at.filter(|at| wishes && is(words, at + 1, &["some", "a", "an", "another"])) {
        words.splice(..=at, owned(&["can", "i", "have"]));
    } else if let Some(at) = at.filter(|at| wishes && is(words, at + 1, &["to"])) {
        words.splice(..=at, owned(&["i", "want"]));
    }
    // `ferry now`
    if let [noun, now] = words.as_slice()
        && ["now", "asap"].contains(&now.as_str())
        && !["what", "right", "and", "not", "so", "how", "by", "even"].contains(&noun.as_str())
        && verb_at(&[noun.as_str()]).is_none()
    {
        words.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_phrase_is_put_as_the_deed() {
        for (said, put) in [
            ("i check what i'm carrying", "i inventory"),
            ("look at what i've got and go north", "inventory and go north"),
            ("see what's in my bag", "inventory"),
            ("see what the man has", "see what the man has"),
            ("go to the door and knock", "knock on the door"),
            ("go up and knock", "go up and knock"),
            ("sir , i'm going out to look for the moon", "i go out"),
            ("i'm going to the ferry", "i'm going to the ferry"),
            ("go to the place where is the warm light", "go to the place where the warm light is"),
            ("how much costs the ferry", "how much does the ferry cost"),
            ("have you been doing this job for long", "how long have you been doing this job"),
            ("do you live here", "do you live here"),
        ] {
            let mut words = said.split(' ').map(str::to_owned).collect();
            in_plain_words(&mut words);
            assert_eq!(words.join(" "), put);
        }
        assert!(is_sound("ding dong") && is_sound("oh my god") && !is_sound("ring the bell"));
    }
}
