//! What a sentence says before its deed: a call, a musing, a feeling, and what somebody is sorry for.

use super::reasons::has_verb;
use super::vocabulary::QUESTION_WORDS;

/// Takes away what leads up to the deed.
pub(crate) fn without_lead_in(words: &mut Vec<String>) {
    without_call(words);
    without_feeling_in_front(words);
    // `I say, it's chilly` says nothing yet.
    if words.len() > 4 && words[0] == "i" && words[1] == "say" && words[2] == "," {
        words.drain(..3);
    }
    without_what_one_is_sorry_for(words);
    without_musing(words);
    without_resolve(words);
}

/// `I listen` of `I take a moment to listen`, `start it` of `I do as she asked and start it`, and `can I dive` of `can't I dive`.
fn without_resolve(words: &mut Vec<String>) {
    let is = |at: usize, any: &[&str]| words.get(at).is_some_and(|word| any.contains(&word.as_str()));
    let start = words.iter().take_while(|word| ["i", "i'll", "we", "we'll", "let's"].contains(&word.as_str())).count();
    let takes_time = is(start, &["take"])
        && is(start + 1, &["a", "the", "my"])
        && is(start + 2, &["moment", "minute", "second", "while", "time", "chance", "opportunity", "liberty"]);
    let decides = is(start, &["decide", "stop", "pause", "resolve", "proceed", "hurry"]);
    let aim = start + if takes_time { 3 } else { 1 };
    if (takes_time || decides) && is(aim, &["to"]) && has_verb(&words[aim + 1..]) {
        words.drain(start..=aim);
        return;
    }
    if is(start, &["do"])
        && is(start + 1, &["as", "what", "like"])
        && let Some(and) = words.iter().position(|word| word == "and")
        && and <= start + 6
    {
        words.drain(start..=and);
        return;
    }
    if is(1, &["i", "we"])
        && let Some(asks) =
            words.first().and_then(|first| first.strip_suffix("n't").or_else(|| first.strip_suffix("'t")))
        && ["can", "ca", "could", "should"].contains(&asks)
    {
        let asks = if asks == "ca" { "can" } else { asks };
        words[0] = asks.to_owned();
    }
}

/// `where am I` of `hi, where am I` and `before anything else, where am I`.
fn without_call(words: &mut Vec<String>) {
    const CALLS: &[&str] = &["hi", "hello", "hey", "hm", "hmm", "oh", "ok", "okay", "well", "um", "and", "but", "so"];
    const BEFORE: &[&str] = &[
        "before anything else",
        "first of all",
        "to begin with",
        "for a start",
        "dear me",
        "oh dear",
        "good heavens",
        "my goodness",
        "goodness me",
        "i say",
        "well well",
        "good grief",
        "my word",
        "pray",
        "dear god",
        "good lord",
        "oh my",
    ];
    let mut start = 0;
    while let Some(comma) = words[start..].iter().position(|word| word == ",").map(|comma| comma + start) {
        let call = words[start..comma].join(" ");
        if !CALLS.contains(&call.as_str()) && !BEFORE.contains(&call.as_str()) {
            break;
        }
        start = comma + 1;
    }
    if words[start..].first().is_some_and(|word| QUESTION_WORDS.contains(&word.as_str())) {
        words.drain(..start);
    }
}

/// `I go down` of `with a heavy heart I go down`, and `I take it` of `without waking him I take it`. What is done with a thing stays.
fn without_feeling_in_front(words: &mut Vec<String>) {
    const FEELINGS: &[&str] = &[
        "heart",
        "reluctance",
        "sigh",
        "smile",
        "grin",
        "frown",
        "nod",
        "shrug",
        "shiver",
        "shudder",
        "breath",
        "caution",
        "care",
        "courage",
        "curiosity",
        "dread",
        "hesitation",
        "haste",
        "confidence",
        "determination",
        "purpose",
        "trepidation",
        "difficulty",
        "effort",
        "steps",
        "step",
        "eyes",
        "hand",
        "hands",
        "voice",
        "fingers",
        "mind",
        "head",
        "regret",
        "relief",
        "luck",
        "haste",
        "ceremony",
        "delay",
        "noise",
        "sound",
        "word",
    ];
    let Some(start) =
        words.iter().skip(1).position(|word| ["i", "we", "i'll"].contains(&word.as_str())).map(|at| at + 1)
    else {
        return;
    };
    let before: Vec<&str> = words[..start].iter().map(String::as_str).filter(|word| *word != ",").collect();
    let is_feeling = match before.as_slice() {
        ["with", .., last] => FEELINGS.contains(last),
        ["without", doing, ..] => doing.ends_with("ing") || FEELINGS.contains(before.last().unwrap_or(&"")),
        _ => false,
    };
    if is_feeling && has_verb(&words[start..]) {
        words.drain(..start);
    }
}

/// `i'm sorry` of `sorry to barge in`: it is no barge. `Sorry to hear that` is meant for somebody.
fn without_what_one_is_sorry_for(words: &mut Vec<String>) {
    let start =
        words.iter().take_while(|word| ["i'm", "i", "am", "so", "very", "oh", ","].contains(&word.as_str())).count();
    // `sorry to barge in, ma'am` is over with the name.
    let said = words.iter().position(|word| word == ",").unwrap_or(words.len());
    if let [sorry, to, doing, ..] = &words[start..]
        && sorry == "sorry"
        && to == "to"
        && !["hear", "see", "say"].contains(&doing.as_str())
        && words.len() - said <= 3
    {
        *words = ["i'm", "sorry"].map(str::to_owned).to_vec();
    }
}

/// `I'll grab it` of `I guess I'll grab it`, and `it's cold` of `gosh it's cold`.
fn without_musing(words: &mut Vec<String>) {
    const EXCLAIMED: &[&str] = &[
        "gosh", "wow", "whoa", "brr", "phew", "geez", "yikes", "omg", "oof", "ugh", "blimey", "yolo", "bruh", "bro",
        "dude", "lmao", "ooh", "yay", "haha", "boy", "mommy", "mummy", "mom", "mum", "daddy", "dad", "grandma", "yet",
        "goodness", "heavens", "gracious", "grandpa",
    ];
    let is = |word: &String, any: &[&str]| any.contains(&word.as_str());
    let exclaimed = words.iter().take_while(|word| is(word, EXCLAIMED) || *word == ",").count();
    if exclaimed > 0 && words.len() > exclaimed + 1 {
        words.drain(..exclaimed);
    }
    let start = words
        .iter()
        .take_while(|word| is(word, &["ok", "okay", "so", "well", "right", "alright", "hmm", "hm", ","]))
        .count();
    if let [first, thinks, plans, _, ..] = &words[start..]
        && first == "i"
        && is(thinks, &["guess", "think", "suppose", "reckon", "believe", "figure"])
        && is(plans, &["i'll", "i'd", "i", "we'll"])
        && (plans != "i" || is(&words[start + 3], &["will", "shall"]))
    {
        words.drain(..start + 2);
    }
    // `I'd better ring it`
    if let Some(at) = words.windows(2).position(|pair| is(&pair[0], &["i'd", "had"]) && pair[1] == "better")
        && at < 4
    {
        words.remove(at + 1);
        if words[at] == "had" {
            words.remove(at);
        }
    }
}
