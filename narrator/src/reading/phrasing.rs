//! Ways of putting things that say the same as a plain verb, and small talk around a deed that is no deed.

use super::rewording;
use super::verbs::verb_at;
use super::vocabulary;
use super::vocabulary::OPENERS;

/// What is where an object could be and is none: `sign here`, `thank you very much`.
pub(crate) const NO_OBJECTS: &[&str] = &[
    "here",
    "there",
    "now",
    "again",
    "very much",
    "so much",
    "a lot",
    "kindly",
    "then",
    "too",
    "instead",
    "all right",
    "already",
];

/// What something is brought to, and the verb that brings it there.
const STATES: &[(&str, &str)] = &[
    ("started", "start"),
    ("going", "start"),
    ("running", "start"),
    ("working", "start"),
    ("moving", "push"),
    ("open", "open"),
    ("opened", "open"),
    ("unlocked", "unlock"),
    ("shut", "close"),
    ("closed", "close"),
    ("lit", "light"),
    ("ringing", "ring"),
    ("fixed", "fix"),
    ("tuned", "tune"),
];

/// Ends of a sentence that change nothing in it.
const ENDS: &[&str] = &[
    "i suppose",
    "i guess",
    "i think",
    "i believe",
    "i hope",
    "i say",
    "for a look",
    "for a while",
    "for a moment",
    "for a bit",
    "for a minute",
    "for now",
    "for luck",
    "at last",
    "after all",
    "for good",
    "for ever",
    "forever",
    "for a drink",
    "for a rest",
    "for help",
    "for me",
    "one last time",
    "once more",
    "together",
    "right now",
    "at once",
    "a bit",
    "a little",
    "sir",
    "madam",
    "ma'am",
    "miss",
    "for good measure",
    "again",
    "a few times",
    "a couple of times",
    "two times",
    "three times",
    "four times",
    "five times",
    "ten times",
    "a hundred times",
    "twice",
    "thrice",
    "several times",
    "many times",
    "if i can",
    "if possible",
    "if i may",
    "as well",
    "just in case",
    "anyway",
    "at least",
    "to be safe",
    "one more time",
    "of course",
    "will you",
    "would you",
    "shall we",
    "shall i",
];

/// `push the horse` for `give the horse a push`, and a sentence without an end that says nothing.
pub(crate) fn plainly(mut words: Vec<String>) -> Vec<String> {
    let ends = |words: &[String], end: &str| {
        let end: Vec<&str> = end.split(' ').collect();
        words.len() > end.len() && words[words.len() - end.len()..].iter().eq(end.iter())
    };
    while let Some(end) = ENDS.iter().find(|end| ends(&words, end)) {
        words.truncate(words.len() - end.split(' ').count());
        while words.last().is_some_and(|last| last == ",") {
            words.pop();
        }
    }
    clothed(&mut words);
    // `take the hat out of the box`
    let out = words.windows(2).position(|pair| pair[0] == "out" && pair[1] == "of");
    let takes = words
        .iter()
        .position(|word| ["take", "get", "pull", "lift", "remove", "fetch", "grab", "empty"].contains(&word.as_str()));
    if let (Some(out), Some(takes)) = (out, takes)
        && out > takes + 1
    {
        words.splice(out..out + 2, ["from".to_owned()]);
    }
    // `push the chair out of the room`
    if let Some(out) = out.filter(|out| {
        *out > 1 && takes.is_none() && ["push", "move", "drag", "shove", "throw", "pull"].contains(&words[0].as_str())
    }) {
        words.truncate(out);
    }
    // `I'm looking for the bathroom`
    if words.len() > 3 && words[0] == "i'm" && words[1] == "looking" && words[2] == "for" {
        words.splice(..2, ["look".to_owned()]);
    }
    // `I'm going to borrow the lamp`
    if words.len() > 3 && words[0] == "i'm" && words[1] == "going" && words[2] == "to" {
        words.drain(..3);
    }
    // `walk aimlessly`, `stare blankly`: how something is done makes no difference.
    let is_manner = |word: &String| {
        word.len() > 5
            && word.ends_with("ly")
            && !["family", "butterfly", "assembly", "supply", "lovely", "lonely", "friendly", "elderly"]
                .contains(&word.as_str())
    };
    if words.len() > 1 {
        words.retain(|word| !is_manner(word));
    }
    if let Some(brought) = brought_to_a_state(&words) {
        return brought;
    }
    // `read the paper before signing it`: what is kept for later, or left, is not done now.
    let is_wound = words.iter().take(2).any(|word| {
        ["wind", "turn", "tighten", "tune", "push", "pull", "pump", "rub", "shake", "crank"].contains(&word.as_str())
    });
    let later = words.windows(2).position(|pair| {
        ["before", "without", "while", "instead"].contains(&pair[0].as_str()) && pair[1].ends_with("ing")
            || pair[0] == "because"
            // `wind it up until it's in tune` winds it.
            || (pair[0] == "until" && is_wound)
    });
    if let Some(later) = later.filter(|later| *later >= 1) {
        words.truncate(later);
    }
    // `make the horse rock` rocks it.
    if let [make, object, .., verb] = words.as_slice()
        && make == "make"
        && ["the", "it", "him", "her", "them", "that", "this", "my"].contains(&object.as_str())
        && verb_at(&[verb.as_str()]).is_some()
        && (words.len() > 3 || object != "the")
    {
        return [std::slice::from_ref(verb), &words[1..words.len() - 1]].concat();
    }
    if let Some(had) = had(&words) {
        return had;
    }
    // `I think I'll visit her` visits her.
    if let [i, thinks, own, ..] = words.as_slice()
        && i == "i"
        && ["think", "guess", "suppose", "believe"].contains(&thinks.as_str())
        && ["i'll", "i", "i'd", "we"].contains(&own.as_str())
    {
        words.drain(..2);
    }
    // `offer to help` helps.
    if let Some(offer) = words.windows(2).position(|pair| pair[0] == "offer" && pair[1] == "to").filter(|at| *at <= 1)
        && words.len() > offer + 2
    {
        words.drain(..offer + 2);
    }
    pocketed(&mut words);
    others_in_plain_words(&mut words);
    let gives = words.iter().position(|word| word == "give").filter(|at| *at <= 2);
    if let (Some(at), [.., article, deed]) = (gives, words.as_slice())
        && (article == "a" || article == "another")
        && words.len() > at + 3
        && verb_at(&[deed.as_str()]).is_some()
    {
        let object = &words[at + 1..words.len() - 2];
        return [&words[..at], std::slice::from_ref(deed), object].concat();
    }
    words
}

/// `put on the boots` for `pull on the boots`: a rope is pulled.
fn clothed(words: &mut [String]) {
    const CLOTHES: &[&str] = &[
        "boots", "boot", "coat", "hat", "cap", "gloves", "helmet", "suit", "scarf", "cloak", "jacket", "shoes", "shawl",
    ];
    let pulls = |pair: &[String]| ["pull", "throw", "tug"].contains(&pair[0].as_str()) && pair[1] == "on";
    if let Some(at) = words.windows(2).position(pulls)
        && words[at + 2..].iter().take(4).any(|word| CLOTHES.contains(&word.as_str()))
    {
        "put".clone_into(&mut words[at]);
    }
}

/// `put the kipper into my pocket` for `sneak the kipper into my pocket`: however it gets there.
fn pocketed(words: &mut [String]) {
    const HIDDEN: &[&str] = &["sneak", "slip", "smuggle", "tuck", "stuff", "shove", "pop", "hide", "stick"];
    let start = words.iter().take_while(|word| OPENERS.contains(&word.as_str())).count();
    let ends = words.windows(3).any(|three| {
        ["in", "into", "inside"].contains(&three[0].as_str())
            && three[1] == "my"
            && ["pocket", "pockets", "bag", "coat", "sleeve", "jacket", "satchel"].contains(&three[2].as_str())
    });
    if ends && words.get(start).is_some_and(|word| HIDDEN.contains(&word.as_str())) {
        "put".clone_into(&mut words[start]);
    }
}

/// `start the metronome` for `get the metronome started`.
fn brought_to_a_state(words: &[String]) -> Option<Vec<String>> {
    let [get, object @ .., state] = words else { return None };
    let (_, verb) = STATES.iter().find(|(known, _)| known == state)?;
    let is_brought = ["get", "set", "have"].contains(&get.as_str()) && !object.is_empty();
    is_brought.then(|| [&[(*verb).to_owned()], object].concat())
}

/// `drink a pint` for `have a pint`.
fn had(words: &[String]) -> Option<Vec<String>> {
    let [have, article, .., last] = words else { return None };
    if have != "have" || !["a", "an", "some", "another", "the"].contains(&article.as_str()) {
        return None;
    }
    let verb = match last.as_str() {
        "pint" | "beer" | "drink" | "ale" | "tea" | "sip" | "cup" | "glass" | "wine" | "whisky" | "rum" => "drink",
        "bite" | "meal" | "snack" | "kipper" | "fish" | "bread" | "apple" | "cake" => "eat",
        _ => return None,
    };
    Some([vec![verb.to_owned()], words[1..].to_vec()].concat())
}

/// `wake Crake` for `kick Crake awake`, `go to the loft` for `take me to the loft`, `take a look at it` for `take a good look at it`.
fn others_in_plain_words(words: &mut Vec<String>) {
    let first = words.first().cloned().unwrap_or_default();
    let is = |at: usize, word: &str| words.get(at).is_some_and(|own| own == word);
    let looks = |at: usize| ["look", "glance", "peek"].iter().any(|look| is(at, look));
    if words.len() > 2
        && is(words.len() - 1, "awake")
        && !["stay", "keep", "lie", "be", "is", "are", "am", "was", "were"].contains(&first.as_str())
    {
        words.pop();
        "wake".clone_into(&mut words[0]);
    } else if rewording::CARRIES.contains(&first.as_str())
        && (is(1, "me") || is(1, "us"))
        && words.len() > 2
        && (is(2, "to") || vocabulary::direction(&words[2]).is_some())
    {
        words.splice(..2, ["go".to_owned()]);
    } else if ["take", "have"].contains(&first.as_str()) && is(1, "a") && looks(3) {
        words.remove(2);
    }
}

/// `nervous` of `I feel nervous`, `tired` of `I'm so tired`: how the player says that they are.
pub(crate) fn felt(whole: &str) -> Option<String> {
    let whole = [" for you", " for him", " for her", " for them", " about it", " about this", " about that"]
        .iter()
        .find_map(|end| whole.strip_suffix(end))
        .unwrap_or(whole);
    let openings = ["i am feeling ", "i'm feeling ", "i'm starting to feel ", "i feel ", "i am ", "i'm "];
    let state = openings.iter().find_map(|opening| whole.strip_prefix(opening))?;
    let state: Vec<&str> = state
        .split(' ')
        .filter(|word| !["so", "very", "really", "a", "bit", "little", "quite"].contains(word))
        .collect();
    match state.as_slice() {
        [word] | [word, "now" | "here" | "today"] if !["like", "for", "the"].contains(word) => Some((*word).to_owned()),
        ["like", "crying"] => Some("close to tears".to_owned()),
        ["like", doing, ..] if doing.ends_with("ing") => Some(format!("in the mood for {}", state[1..].join(" "))),
        [one, joins @ ("and" | "but"), other] => Some(format!("{one} {joins} {other}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::reading::sentence::clauses;
    use crate::reading::verbs::Verb;

    #[test]
    fn a_deed_in_other_words_is_the_deed() {
        let push = clauses("give the horse a push").remove(0);
        assert_eq!((push.verb, push.objects), (Some(Verb::Move), vec!["the horse".to_owned()]));
        let give = clauses("give the cat a kipper").remove(0);
        assert_eq!(give.verb, Some(Verb::Give));
        assert!(clauses("sign here, I suppose").remove(0).objects.is_empty());
    }

    #[test]
    fn an_aside_is_no_deed_unless_it_is_all_there_is() {
        assert_eq!(clauses("before anything else, I look at the chair").len(), 1);
        assert_eq!(clauses("well then").len(), 1);
    }
}
