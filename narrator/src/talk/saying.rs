//! What is said and is no deed: statements, refusals, and polite requests.

use story::rule;
use story::script::Beat;

use crate::reading::clause::Clause;
use crate::reading::phrasing::felt;
use crate::reading::verbs::Verb;
use crate::reading::vocabulary;
use crate::telling::Telling;
use crate::world::entries;
use crate::world::found::Found;
use crate::world::rules;
use crate::world::texts;

/// How a statement begins.
const SUBJECTS: &[&str] = &[
    "i'm",
    "i've",
    "i",
    "you",
    "you're",
    "you've",
    "he",
    "he's",
    "she",
    "she's",
    "they",
    "they're",
    "we",
    "we're",
    "we've",
    "it's",
    "this",
    "that",
    "that's",
    "there",
    "there's",
    "my",
    "your",
    "nobody",
    "everybody",
    "everyone",
    "yes",
    "no",
    "sorry",
    "amen",
    "nice",
    "good",
    "great",
    "fine",
    "really",
    "interesting",
    "wow",
    "poor",
];

/// How a statement goes on that begins with `I`: otherwise it may be a deed that is not known.
const STATES: &[&str] = &[
    "am",
    "was",
    "have",
    "had",
    "know",
    "think",
    "believe",
    "feel",
    "saw",
    "heard",
    "can't",
    "cannot",
    "could",
    "never",
    "love",
    "hate",
    "miss",
    "hope",
    "understand",
    "agree",
    "see",
    "got",
    "came",
    "come",
    "work",
    "mean",
];

/// What is said of a thing.
const IS: &[&str] = &[
    "is", "are", "was", "were", "isn't", "looks", "seems", "look", "seem", "waits", "stands", "hangs", "smell", "feel",
    "feels", "has", "smells", "sounds",
];

impl Clause {
    /// Whether the player says that they do not do something.
    pub(crate) fn is_refusal(&self) -> bool {
        const NOT: &[&str] = &["don't", "not", "won't", "never", "wouldn't", "shan't"];
        let first: Vec<&str> = self.whole.split(' ').take(4).collect();
        let own = ["i", "i'd", "i'll", "do", "don't", "never", "we", "let's", "please"]
            .contains(first.first().unwrap_or(&""));
        let refuses = first.iter().take_while(|word| **word != ",").any(|word| NOT.contains(word));
        // `I don't know` states something.
        let states = first.iter().any(|word| {
            [
                "know",
                "understand",
                "think",
                "believe",
                "care",
                "like",
                "trust",
                "remember",
                "mind",
                "mean",
                "see",
                "feel",
            ]
            .contains(word)
        });
        // `I don't want to go` refuses, and `I don't want this` states.
        let wants = first.iter().position(|word| *word == "want");
        // `I don't have any money`
        let has = first.iter().position(|word| *word == "have");
        let states = states || has.is_some_and(|at| self.whole.split(' ').nth(at + 1) != Some("to"));
        let states = states || wants.is_some_and(|at| self.whole.split(' ').nth(at + 1) != Some("to"));
        own && refuses && !states && !self.is_question
    }

    /// Whether what it states is about somebody else, and not said to them.
    pub(crate) fn speaks_of_others(&self) -> bool {
        ["he", "she", "they", "it", "nobody"].iter().any(|of| self.whole.split([' ', '\'']).next() == Some(of))
            && !self.whole.split(' ').any(|word| word == "you" || word == "your")
    }

    /// Whether it states something, and asks for nothing to be done.
    pub(crate) fn is_statement(&self) -> bool {
        let words: Vec<&str> = self.whole.split(' ').filter(|word| !word.is_empty()).collect();
        // `Amos, they are not coming`
        let start = words.iter().position(|word| *word == ",").filter(|comma| *comma <= 3).map_or(0, |comma| comma + 1);
        let says = |at: usize| {
            let first = words.get(at).copied().unwrap_or_default();
            let next = words.get(at + 1).copied().unwrap_or_default();
            if first == "i" {
                STATES.contains(&next) || next.ends_with("n't")
            } else if first == "it" {
                self.verb.is_none() && IS.contains(&next)
            } else {
                SUBJECTS.contains(&first) && !next.is_empty()
            }
        };
        // `the chair is alive`
        let of_thing = ["the", "this", "that", "these", "those", "your", "his", "her", "my"].contains(&words[0])
            && words.iter().take(5).skip(2).any(|word| IS.contains(word));
        let exclaims = matches!(words.as_slice(), ["what", "a" | "an", _, ..] | ["how", _]) && !self.is_question;
        words.len() > 1
            && (exclaims
                || says(0)
                || says(start)
                || (self.verb.is_none() && (of_thing || would_rather(&words) || says_of_somebody(&words))))
    }
}

/// `I'd rather be paid in advance`
fn would_rather(words: &[&str]) -> bool {
    matches!(
        words,
        ["i'd", "rather" | "prefer" | "sooner" | "hate" | "love", _, ..]
            | ["i", "would", "rather" | "prefer" | "sooner" | "hate" | "love", _, ..]
            | ["i", "prefer" | "doubt" | "wish" | "expect" | "usually" | "always", _, ..]
    )
}

/// `Maud sent me`, `my boss told me to come`: what somebody did.
fn says_of_somebody(words: &[&str]) -> bool {
    const DID: &[&str] = &[
        "sent",
        "told",
        "asked",
        "said",
        "says",
        "wants",
        "gave",
        "hired",
        "needs",
        "invited",
        "recommended",
        "lied",
        "paid",
        "promised",
        "warned",
        "showed",
        "called",
        "wrote",
        "left",
        "killed",
        "stole",
        "sold",
    ];
    let first = words[0];
    let is_question = vocabulary::QUESTION_WORDS.contains(&first);
    let did = words.iter().skip(1).take(3).position(|word| DID.contains(word));
    !is_question && did.is_some_and(|at| words.len() > at + 2)
}

impl Telling<'_> {
    /// The answer to a statement: whoever is there has heard it.
    pub(crate) fn stated(&self, clause: &Clause) -> String {
        if let Some(introduced) = self.asked_who_they_are(&clause.whole) {
            return introduced;
        }
        if let Some(listener) = self.view.speaker() {
            // `I know about Amos` speaks of him.
            if let Some((_, topic)) = clause.whole.split_once(" about ") {
                let talk = Clause {
                    verb: Some(Verb::Talk),
                    written: "talk to".to_owned(),
                    objects: vec![listener.name.to_lowercase()],
                    preposition: "about".to_owned(),
                    second: topic.to_owned(),
                    rest: format!("{} about {topic}", listener.name.to_lowercase()),
                    ..clause.clone()
                };
                if let Some(text) = self.deed(&talk) {
                    return text;
                }
            }
            return self.talk_to(listener, &clause.whole, Verb::Talk);
        }
        if let Some(state) = felt(&clause.whole) {
            let lines = [
                ("and there is no shame in it", format!("You are {state}, and there is no shame in it.")),
                ("which is how it is", format!("You are {state}, which is how it is for now.")),
                ("and go on all the same", format!("You are {state}, and go on all the same.")),
                ("say so to yourself", format!("You are {state}. It helps a little to say so to yourself.")),
                ("others have been before you", format!("You are {state}, as others have been before you.")),
                ("it will pass", format!("You are {state}; perhaps it will pass.")),
            ];
            return format!("{} {}", self.view.fresh_by_stem(&lines), self.could_try());
        }
        // `the chair is alive` has one look at it again.
        let subject = clause.whole.split(' ').take(2).collect::<Vec<_>>().join(" ");
        if subject.starts_with("the ")
            && matches!(self.view.find(&subject), Found::Scenery(_) | Found::Here(_) | Found::Being(_))
        {
            let lines = ["You look again, to be sure.", "So it seems to you.", "It may well be."];
            return format!("{} {}", self.view.fresh(&lines), self.describe(&subject));
        }
        let lines = [
            "You say it aloud. It is noted by no one.",
            "That may well be so.",
            "You hear yourself say it, and leave it at that.",
            "There is something in that.",
            "You have said it now, and it stands there.",
            "The place makes no objection.",
        ];
        format!("{} {}", self.view.fresh(&lines), self.could_try())
    }

    /// The answer to what the player says that they do not do.
    pub(crate) fn not_done(&self) -> String {
        let lines = [
            "You leave that undone.",
            "Then you do not.",
            "Nobody makes you.",
            "So be it: you let it be.",
            "You keep your hands to yourself.",
            "That is your decision, and it stands.",
        ];
        format!("{} {}", self.view.fresh(&lines), self.could_try())
    }

    /// `would you write an apology?` asks for one, where asking for it is what a rule or a beat speaks of.
    pub(crate) fn polite_request(&self, text: &str) -> Option<String> {
        let openings = [
            "would you ",
            "could you ",
            "will you ",
            "can you ",
            "may i have ",
            "can i have ",
            "could i have ",
            "might i have ",
        ];
        let wish = openings.iter().find_map(|opening| text.strip_prefix(opening))?;
        let listener = self.view.speaker()?;
        let asks_to_know = ["like", "tell", "know", "say", "explain", "show"]
            .iter()
            .any(|word| wish.split(' ').any(|own| own == *word));
        let clause = Clause {
            verb: Some(Verb::Ask),
            written: "ask".to_owned(),
            objects: vec![listener.name.to_lowercase()],
            preposition: "for".to_owned(),
            second: wish.to_owned(),
            rest: format!("{} for {wish}", listener.name.to_lowercase()),
            wants: true,
            whole: text.to_owned(),
            ..Clause::default()
        };
        let is_asked_for =
            |way: &&Beat| self.view.fits(&way.when) && !way.set.is_empty() && rules::is_beat(way, &clause, &[]);
        let by_beat = self.script.beats.iter().any(|beat| is_asked_for(&beat));
        let by_rule = || {
            let rules = self.view.rules();
            rules
                .iter()
                .filter_map(|rule| rule::read(rule))
                .any(|rule| rule.deed.contains(" for ") && rules::is_done_by(&rule, &clause, self.view))
        };
        (!asks_to_know && (by_beat || by_rule())).then(|| self.deed(&clause)).flatten()
    }

    /// Who is here, in answer to `is anybody here?`.
    pub(crate) fn company(&self) -> String {
        let here: Vec<String> = self.view.beings.iter().map(entries::Being::call).collect();
        if here.is_empty() {
            let lines = [
                "There is nobody here but you.",
                "You are alone here.",
                "No one answers, and no one is to be seen.",
                "You see nobody.",
                "Nobody is here who could say so.",
                "If there is somebody, they keep very quiet.",
            ];
            return format!("{} {}", self.view.fresh(&lines), self.ways_out());
        }
        let is = if here.len() == 1 { "is" } else { "are" };
        format!("{} {is} here with you.", texts::capital(&texts::joined(&here, "and")))
    }
}
