//! Reading what a player writes: a message cut into clauses, and what `it` means in them.

use super::clause::{Clause, clause, stated_of};
use super::letting::let_somebody;
use super::phrasing;
use super::rewording::reworded;
use super::set_phrases::{is_cry, is_sound};
use super::trimming::trimmed;
use super::verbs::{Verb, verb_at};
use super::vocabulary;
use super::vocabulary::{ALSO_VERBS, OPENERS, QUESTION_WORDS, direction, is_noun_after_all};

/// Words with which an aside begins.
const ASIDES: &[&str] = &[
    "well",
    "here",
    "before",
    "after",
    "first",
    "excuse",
    "sorry",
    "ok",
    "okay",
    "alright",
    "right",
    "fine",
    "finally",
    "oh",
    "ah",
    "hm",
    "hmm",
    "um",
    "er",
    "good",
    "great",
    "at",
    "all",
    "by",
    "for",
    "so",
    "yes",
    "no",
    "yeah",
    "now",
    "next",
    "then",
    "meanwhile",
    "actually",
    "again",
    "g",
];

/// Marks a part that is to be done only after the one before it. No word of a player has a control character.
const LATER: &str = "\u{1}";

/// The most clauses of one message that are read.
pub(crate) const MAX_CLAUSES: usize = 12;

/// The clauses of `message`.
pub(crate) fn clauses(message: &str) -> Vec<Clause> {
    let (plain, quote) = without_quotes(message.trim_start().trim_start_matches('/'));
    let mut clauses = Vec::new();
    let mut cries = Vec::new();
    for sentence in plain.split_inclusive(['.', ';', '!', '?', '\n']) {
        let is_question = sentence.trim_end().ends_with('?');
        let is_cried = sentence.trim_end().ends_with('!');
        let text = sentence.trim().trim_end_matches(['.', ';', '!', '?']);
        let parts = parts(&reworded(trimmed(text, is_question)));
        // `I have lost a ring, can you help me?`: what stands before the question is none.
        let asks = |part: &Vec<String>| part.first().is_some_and(|first| QUESTION_WORDS.contains(&first.as_str()));
        let first_question = parts.iter().position(asks).unwrap_or(0);
        let clauses_follow = parts.len() > 1;
        for (at, part) in parts.into_iter().enumerate() {
            let is_question = is_question && at >= first_question;
            let is_later = part.first().is_some_and(|first| first == LATER);
            // `leave him alone and go out`: what is left alone takes no time.
            let is_left_alone = clauses_follow
                && part.first().is_some_and(|first| first == "leave")
                && part.last().is_some_and(|last| last == "alone");
            if is_left_alone {
                continue;
            }
            let part = phrasing::plainly(let_somebody(part));
            let words: Vec<&str> =
                part.iter().map(String::as_str).filter(|word| !["please", LATER].contains(word)).collect();
            let read = clause(&words, &quote, is_question).map(|clause| Clause { is_later, ..clause });
            if is_cried && !clauses_follow && is_cry(&words) {
                cries.extend(read);
            } else {
                clauses.extend(read);
            }
        }
    }
    // What is cried out is heard where nothing else is said.
    if clauses.is_empty() {
        clauses = cries;
    }
    // `I lower my eyes. "I am sorry."`
    let is_told = |clause: &Clause| clause.verb.is_some_and(|verb| verb.is_speech() || verb == Verb::Write);
    if !quote.is_empty() && !clauses.is_empty() && !clauses.iter().any(is_told) {
        clauses.extend(clause(&["say"], &quote, false));
    }
    drop_asides(&mut clauses);
    // `go and wake him`
    if clauses.len() > 1 && clauses[0].verb == Some(Verb::Go) && ["go", "i go"].contains(&clauses[0].whole.as_str()) {
        clauses.remove(0);
    }
    share_objects(&mut clauses);
    clauses.truncate(MAX_CLAUSES);
    refer_back(&mut clauses);
    clauses
}

/// `close and lock the chest` closes the chest.
fn share_objects(clauses: &mut [Clause]) {
    for at in 1..clauses.len() {
        let (before, after) = clauses.split_at_mut(at);
        let (Some(first), Some(second)) = (before.last_mut(), after.first()) else { continue };
        let takes_an_object = matches!(
            first.verb,
            Some(
                Verb::Open
                    | Verb::Close
                    | Verb::Lock
                    | Verb::Take
                    | Verb::Examine
                    | Verb::Light
                    | Verb::Start
                    | Verb::Repair
            )
        );
        if takes_an_object && !first.is_question && first.rest.is_empty() && !second.objects.is_empty() {
            first.objects.clone_from(&second.objects);
            first.rest = second.objects.join(" and ");
        }
    }
}

/// Puts what an earlier clause of the message named in the place of `it` and `them`: `take the lantern and light it`.
fn refer_back(clauses: &mut [Clause]) {
    let mut named: Option<String> = None;
    let mut container: Option<String> = None;
    let mut stated: Option<String> = None;
    for clause in clauses {
        // `put the hat in the box and close it` closes the box.
        let closes = matches!(clause.verb, Some(Verb::Open | Verb::Close | Verb::Lock));
        if let (true, Some(place), Some("it")) = (closes, &container, clause.objects.first().map(String::as_str)) {
            clause.rest = clause.rest.replacen("it", place, 1);
            clause.objects[0].clone_from(place);
        }
        // `open the piano and look inside` looks into it.
        let looks_in = clause.objects.is_empty()
            && ["look inside", "look in", "peek inside", "peer inside"]
                .contains(&clause.whole.trim_start_matches("i "))
            && !named.as_ref().is_some_and(|name| ["door", "gate", "window"].iter().any(|way| name.ends_with(way)));
        if let (true, Some(name)) = (looks_in, &named) {
            clause.objects = vec![name.clone()];
            clause.rest.clone_from(name);
            "look at".clone_into(&mut clause.written);
            clause.preposition.clear();
            clause.verb = Some(Verb::Examine);
        }
        container = Some(clause.second.clone()).filter(|second| {
            !second.is_empty() && ["in", "into", "inside", "from"].contains(&clause.preposition.as_str())
        });
        // `fold up the paper and pocket it`, where folding up is not known.
        if let (None, Some((verb, noun))) = (clause.verb, clause.rest.split_once(' ')) {
            let noun = noun.trim_start_matches("up ").trim_start_matches("down ");
            // `I have a token! I give it to her`
            let has_it = verb == "have" && !clause.is_question && noun.starts_with("a ");
            if noun.starts_with("the ") || noun.starts_with("my ") || has_it {
                named = Some(noun.to_owned());
            }
        }
        // `the clock is broken, can I fix it?`
        if clause.is_question
            && let Some(name) = &stated
        {
            let words = clause.rest.split(' ').map(|word| if word == "it" { name } else { word });
            clause.rest = words.collect::<Vec<_>>().join(" ");
        }
        stated = stated_of(clause).or(stated);
        // What is put somewhere is meant by the next `it`, and not the place.
        let mut is_first = true;
        // `tell Maud about it` does not tell her about herself.
        let earlier = named.clone();
        for noun in clause.objects.iter_mut().chain([&mut clause.second]) {
            let words: Vec<&str> = noun.split(' ').collect();
            match (words.first(), &earlier) {
                (Some(&("it" | "them" | "underneath" | "beneath")), Some(name)) if words.len() <= 2 => {
                    clause.rest = clause.rest.replacen(noun.as_str(), name, 1);
                    noun.clone_from(name);
                }
                (Some(&first), _) if is_first && !["", "it", "them", "him", "her", "me"].contains(&first) => {
                    // `walk up to the bell and ring it`
                    let bare = ["up to ", "over to ", "down to "].iter().find_map(|to| noun.strip_prefix(to));
                    named = Some(bare.map_or_else(|| noun.clone(), str::to_owned));
                    is_first = false;
                }
                _ => {}
            }
        }
    }
}

/// The message in lower case without what is quoted in it, and what is quoted.
fn without_quotes(message: &str) -> (String, String) {
    let text = message.replace('’', "'").replace(['“', '”', '«', '»'], "\"");
    let mut pieces = text.split('"');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    let mut quote = String::new();
    while let Some(quoted) = pieces.next() {
        if quote.is_empty() {
            quoted.trim().clone_into(&mut quote);
        }
        if let Some(more) = pieces.next() {
            plain.push_str(more);
        }
    }
    if plain.trim().is_empty() {
        // It is one saying, however many sentences are quoted.
        ("say".to_owned(), quote)
    } else {
        (plain.to_lowercase(), quote)
    }
}

/// A sentence cut where a new verb begins: after `then`, or after `and` or a comma that a verb follows.
fn parts(words: &[String]) -> Vec<Vec<String>> {
    let mut parts = vec![Vec::new()];
    let mut index = 0;
    while index < words.len() {
        let joins = matches!(words[index].as_str(), "and" | "," | "then" | "before" | "after");
        // `ring bell go north`
        let goes_on = words[index] == "go"
            && words.get(index + 1).is_some_and(|next| direction(next).is_some())
            && parts.last().is_some_and(|part| {
                let part: Vec<&str> = part.iter().map(String::as_str).collect();
                part.len() > 1 && verb_at(&part).is_some_and(|(verb, _)| !verb.is_motion() && !verb.is_speech())
            });
        if goes_on {
            parts.push(Vec::new());
        }
        // `push it up and down` is one deed.
        let is_to_and_fro = words[index] == "and"
            && index > 0
            && words[index - 1] == "up"
            && words.get(index + 1).is_some_and(|next| next == "down");
        if joins && !is_to_and_fro {
            let mut next = index + 1;
            while next < words.len()
                && (matches!(words[next].as_str(), "and" | "," | "then" | "try" | "before")
                    || (OPENERS.contains(&words[next].as_str()) && !ALSO_VERBS.contains(&words[next].as_str())))
            {
                next += 1;
            }
            // `I'm scared, I want to leave`
            if words[next..].starts_with(&["want".to_owned(), "to".to_owned()]) {
                next += 2;
            }
            let rest: Vec<&str> = words[next..].iter().map(String::as_str).collect();
            let has_object = rest.get(1).is_some_and(|next| {
                ["it", "the", "a", "him", "her", "them", "my", "something", "some", "anything"].contains(next)
            });
            // `sir, did you sell it?` addresses somebody.
            let is_more_than_address = parts.last().is_some_and(|part: &Vec<String>| {
                let part: Vec<&str> =
                    part.iter().map(String::as_str).skip_while(|word| OPENERS.contains(word)).collect();
                part.len() > 3 || verb_at(&part).is_some()
            });
            // `where am I and what year is it`
            let asks = |word: &str| ["what", "who", "where", "why", "how", "when"].contains(&word);
            // `who snores here and could I wake him`
            let asks_anew = rest.first().is_some_and(|first| asks(first))
                || matches!(rest.as_slice(), [first, "i" | "you" | "he" | "she" | "it" | "they" | "we" | "there", ..] if QUESTION_WORDS.contains(first));
            let asks_on = words[index] == "and"
                && rest.len() > 1
                && asks_anew
                && parts.last().is_some_and(|part: &Vec<String>| {
                    let asked = |at: usize| part.get(at).is_some_and(|word| QUESTION_WORDS.contains(&word.as_str()));
                    asked(0) || part.iter().position(|word| word == ",").is_some_and(|comma| asked(comma + 1))
                });
            let begins_anew = ((words[index] != "and" && is_more_than_address && is_sentence(&rest)) || asks_on)
                && parts.last().is_some_and(|part| !part.is_empty());
            // `and dangle my feet in the water`
            let moves_oneself = rest.get(1) == Some(&"my")
                && rest.iter().skip(2).take(2).any(|word| vocabulary::PARTS_OF_THE_BODY.contains(word))
                && rest.first().is_some_and(|first| !vocabulary::PREPOSITIONS.contains(first));
            let starts = begins_anew
                || (words[index] == "and" && moves_oneself)
                || rest.first().is_some_and(|first| has_object || !is_noun_after_all(first))
                    && (verb_at(&rest).is_some() || direction(rest.first().copied().unwrap_or_default()).is_some());
            // `go to the hall and then to the piano`
            let is_motion = |word: &String| ["go", "walk", "head", "return", "run"].contains(&word.as_str());
            let goes_on = words[..next].ends_with(&["then".to_owned(), "to".to_owned()])
                && parts.last().is_some_and(|part| part.iter().any(is_motion));
            if goes_on {
                parts.push(vec!["go".to_owned()]);
                index = next - 1;
                continue;
            }
            if starts && parts.last().is_some_and(|part| !part.is_empty()) {
                parts.push(if words[index] == "before" { vec![LATER.to_owned()] } else { Vec::new() });
                index = next;
                continue;
            }
        }
        if let Some(part) = parts.last_mut() {
            part.push(words[index].clone());
        }
        index += 1;
    }
    parts
}

/// Whether a statement or a question begins behind a comma: `leave, this is creepy`, `I have lost a ring, can you help me`.
fn is_sentence(rest: &[&str]) -> bool {
    const PEOPLE: &[&str] = &[
        "i", "you", "we", "they", "he", "she", "it", "there", "the", "this", "that", "my", "anyone", "somebody",
        "anybody",
    ];
    match rest {
        ["this" | "that" | "it" | "there", "is" | "was" | "are" | "looks" | "feels" | "seems", ..]
        | ["this's" | "that's" | "it's" | "there's" | "i'm" | "we're" | "they're" | "you're" | "i've" | "we've", ..]
        | [
            "i" | "we" | "you" | "they",
            "have" | "am" | "are" | "need" | "think" | "know" | "feel" | "can't" | "don't",
            ..,
        ]
        | ["nice" | "lovely" | "beautiful" | "great" | "cool", _, ..] => true,
        [first, second, ..] => QUESTION_WORDS.contains(first) && *first != "have" && PEOPLE.contains(second),
        _ => false,
    }
}

/// Takes away clauses that are no deeds, next to one that is: `before anything else, I look at the chair`.
fn drop_asides(clauses: &mut Vec<Clause>) {
    // `sir? are you awake?`
    let is_call = |clause: &Clause| {
        clause.is_question
            && ["sir", "madam", "ma'am", "miss", "mister", "excuse me", "you there"].contains(&clause.whole.as_str())
    };
    let is_aside = |clause: &Clause| {
        if is_call(clause) {
            return true;
        }
        let first = clause.whole.split(' ').next().unwrap_or_default();
        let is_said_beside = ASIDES.contains(&first) || is_sound(&clause.whole);
        clause.verb.is_none() && !clause.is_question && is_said_beside && direction(first).is_none()
    };
    if clauses.iter().any(|clause| !is_aside(clause)) {
        clauses.retain(|clause| !is_aside(clause));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(message: &str) -> Clause {
        let mut read = clauses(message);
        assert_eq!(read.len(), 1, "{read:?}");
        read.remove(0)
    }

    #[test]
    fn the_verb_comes_first_and_openers_do_not_count() {
        for message in [
            "take the lamp",
            "I take the lamp.",
            "please pick up the lamp",
            "I try to grab the lamp!",
            "Let's get the lamp",
        ] {
            let clause = one(message);
            assert_eq!((clause.verb, clause.objects), (Some(Verb::Take), vec!["the lamp".to_owned()]), "{message}");
        }
    }

    #[test]
    fn what_stands_behind_a_preposition_is_apart() {
        let clause = one("show the ticket to Hesper Tarry");
        assert_eq!(
            (clause.objects[0].as_str(), clause.preposition.as_str(), clause.second.as_str()),
            ("the ticket", "to", "hesper tarry")
        );
        assert_eq!(one("turn the lamp on").verb, Some(Verb::Light));
    }

    #[test]
    fn and_joins_things_or_starts_a_new_clause() {
        assert_eq!(one("grab the lamp and the stamp").objects, ["the lamp", "the stamp"]);
        let two = clauses("take the lamp and go east");
        assert_eq!(two.iter().map(|clause| clause.verb).collect::<Vec<_>>(), [Some(Verb::Take), Some(Verb::Go)]);
    }

    #[test]
    fn a_question_is_no_command() {
        for message in ["where is the moon?", "what do you want for the moon", "can I take the lamp?", "who is here"] {
            assert!(one(message).is_question, "{message}");
        }
        assert!(!one("ask the mayor for an apology").is_question);
    }

    #[test]
    fn quoted_words_are_kept_apart() {
        let clause = one("write \"none\" in the ledger");
        assert_eq!(
            (clause.verb, clause.quote.as_str(), clause.objects[0].as_str()),
            (Some(Verb::Write), "none", "the ledger")
        );
    }
}
