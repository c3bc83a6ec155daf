//! Talking and asking: who is spoken to. Neither changes anything, unless a beat or a rule of the story speaks of it.

use story::words;

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::reading::vocabulary::QUESTION_WORDS;
use crate::telling::Telling;
use crate::world::entries::Being;
use crate::world::found::Found;
use crate::world::naming::{is_abstract, the};
use crate::world::texts::capital;

/// Words for whoever is here.
pub(crate) const ANYBODY: &[&str] =
    &["everyone", "everybody", "anyone", "anybody", "someone", "somebody", "people", "the people", "them all", "all"];

/// Words for the person who is spoken to.
const HONORIFICS: &[&str] = &["madam", "ma'am", "sir", "miss", "mister", "friend", "there", "all", "kitty", "puss"];

impl Telling<'_> {
    pub(crate) fn speak(&self, clause: &Clause, verb: Verb) -> String {
        if ["i'm", "i am", "i came", "i have"].iter().any(|own| clause.written.starts_with(own)) {
            return self.stated(clause);
        }
        let is_only_named = clause.objects.first().is_some_and(|object| *object == clause.rest) && verb == Verb::Talk;
        let is_person = || matches!(self.view.find(&clause.rest), Found::Being(_));
        // `talk to the landlady` is about nothing yet.
        let topic = if verb == Verb::Wake || (is_only_named && is_person()) { String::new() } else { topic_of(clause) };
        let listener = self.view.speaker().or_else(|| self.view.beings.iter().find(|being| !being.is_monster));
        let is_to_nobody = clause.objects.is_empty() && (clause.second.is_empty() || clause.preposition == "for");
        if clause.is_thanks() && is_to_nobody {
            return self.thanked(listener);
        }
        // `tell me the story of the village`, where nobody is
        let is_wish = ["about", "for", "request", "demand", "beg"].iter().any(|word| clause.written.ends_with(word));
        let asks_nobody = listener.is_none() && clause.written == "tell me";
        if (is_wish || asks_nobody) && verb != Verb::Say {
            let known = || Some(self.remind(&topic)).filter(|known| !known.is_empty());
            return match listener {
                Some(listener) => self.talk_to(listener, &topic, verb),
                None => known().unwrap_or_else(|| self.nobody()),
            };
        }
        if let Some(listener) = self.view.speaker().filter(|_| verb == Verb::Greet && is_invitation(&clause.written)) {
            return self.talk_to(listener, "will you come with me", Verb::Ask);
        }
        // `tell me the rules of this house`
        if let Some(listener) = self.view.speaker().filter(|_| clause.written == "tell me") {
            return self.talk_to(listener, &topic, Verb::Ask);
        }
        let names =
            clause.objects.iter().map(String::as_str).chain([clause.second.as_str()]).filter(|name| !name.is_empty());
        // `ask what's wrong with the bell` names nobody.
        let asks = |name: &&str| {
            let first = name.split(' ').next().unwrap_or_default();
            QUESTION_WORDS.contains(&first) || ["if", "whether"].contains(&first)
        };
        let is_name =
            |name: &&str| !asks(name) && !ANYBODY.contains(name) && !HONORIFICS.contains(name) && !is_abstract(name);
        for name in names.filter(is_name) {
            match self.view.find(name) {
                Found::Being(being) if clause.is_thanks() => return self.thanked(Some(being)),
                Found::Being(being) if verb == Verb::Apologise && !being.is_asleep() => {
                    return self.said_aloud(clause, Some(being));
                }
                Found::Being(being) if let Some(text) = self.told_of_something(clause, being) => return text,
                Found::Being(being) => return self.talk_to(being, &topic, verb),
                Found::Elsewhere(person)
                    if self.is_person(&person) && (name != clause.second || clause.preposition == "to") =>
                {
                    return self.absent(&person);
                }
                // `ask him his name`
                Found::Scenery(_) | Found::Nothing if let Some(being) = self.split_person(clause) => {
                    return self.talk_to(being, &topic, verb);
                }
                Found::Scenery(word)
                    if let Some(person) = self.view.person_elsewhere(&word)
                        && !self.view.has_being(&person) =>
                {
                    return self.absent(&person);
                }
                Found::Scenery(word)
                    if clause.objects.first().is_some_and(|object| object == name) && verb != Verb::Say =>
                {
                    return self.talk_to_crowd(&word);
                }
                Found::Nothing if verb == Verb::Greet && is_spoken(&clause.written) => {
                    return listener.map_or_else(|| self.nobody(), |listener| self.talk_to(listener, &topic, verb));
                }
                Found::Nothing if verb == Verb::Greet => return self.said_aloud(clause, listener),
                Found::Nothing if name != clause.second && verb != Verb::Say && self.split_person(clause).is_none() => {
                    return self.not_here_to_talk(name);
                }
                _ => {}
            }
        }
        // `promise Maud to tell him`, where she is not here.
        let first = clause.rest.split(' ').take(2).collect::<Vec<_>>().join(" ");
        if verb == Verb::Say
            && self.split_person(clause).is_none()
            && let Some(person) = self.view.absent_in(&first)
        {
            return self.absent(&person);
        }
        if let Some(being) = self.split_person(clause) {
            return self.talk_to(being, &topic, verb);
        }
        // What nobody is here to say may be known all the same.
        if listener.is_none() && matches!(verb, Verb::Ask | Verb::Talk) {
            let known = self.remind(&topic);
            if !known.is_empty() {
                return known;
            }
        }
        if let Some(answer) = self.said_or_woken(clause, verb) {
            return answer;
        }
        match (verb, listener) {
            (_, Some(listener)) if listener.is_asleep() && verb != Verb::Wake => {
                format!("{} {}", self.slept_through(&capital(&listener.call())), self.could_try())
            }
            (Verb::Say | Verb::Apologise, listener) => self.said_aloud(clause, listener),
            (_, Some(listener)) => self.talk_to(listener, &topic, verb),
            (_, None) => self.nobody(),
        }
    }

    /// The answer to what is quoted or told to whoever is here, and to waking nobody.
    fn said_or_woken(&self, clause: &Clause, verb: Verb) -> Option<String> {
        // `please wake up`, where nobody sleeps.
        if verb == Verb::Wake
            && clause.objects.is_empty()
            && self.view.speaker().is_none()
            && self.view.beings.iter().all(|being| !being.is_asleep())
        {
            let lines = [
                "There is no one asleep here.",
                "No one here needs to be woken.",
                "You pinch your own arm. It is as you thought: you are awake.",
            ];
            return Some(format!("{} {}", self.view.fresh(&lines), self.could_try()));
        }
        // What is quoted is said to whoever has words for it.
        if verb == Verb::Say
            && !clause.quote.is_empty()
            && let Some(listener) = self.view.speaker()
            && (clause.quote.split(' ').count() > 3 || self.has_words_for(listener, &clause.quote))
        {
            let is_asked = clause.quote.ends_with('?');
            let said = clause.quote.to_lowercase().replace(['.', ',', '!', '?'], "");
            return Some(self.talk_to(listener, &said, if is_asked { Verb::Ask } else { Verb::Talk }));
        }
        // `say that I have the token` tells it to whoever is here.
        if let (Verb::Say, Some(listener), Some(said)) = (verb, self.view.speaker(), told(&clause.rest)) {
            return Some(self.talk_to(listener, said, Verb::Talk));
        }
        None
    }

    pub(crate) fn nobody(&self) -> String {
        if let Some(being) = self.view.beings.first() {
            let who = being.call();
            let lines = [
                format!("There is only {who} to talk to, and no answer to be had."),
                format!("You say it to {who}, since nobody else is here, and it goes no further."),
                format!("Apart from {who} you have only yourself to ask."),
                format!("{} listens, or seems to, and says nothing.", capital(&who)),
                format!("You look at {who}. It is not the kind of company that answers."),
                format!("Whatever {who} makes of that stays with {who}."),
            ];
            return self.view.freshest_of(&lines).to_owned();
        }
        let lines = [
            "There is nobody here to talk to.",
            "Nobody answers, there being nobody.",
            "Your voice goes round the place once and comes back.",
            "You are alone with your questions.",
        ];
        format!("{} {}", self.view.fresh(&lines), self.could_try())
    }

    /// `tell the mayor I know everything`, with the mayor somewhere else.
    fn not_here_to_talk(&self, noun: &str) -> String {
        let words: Vec<&str> = noun.split(' ').collect();
        let person =
            (1..=words.len().min(3)).rev().find_map(|length| self.view.person_elsewhere(&words[..length].join(" ")));
        match (person, words.first()) {
            (Some(person), _) => self.absent(&person),
            (None, Some(&("him" | "her" | "them"))) => self.nobody(),
            (None, _) => self.not_here(noun),
        }
    }

    /// `ask Mrs Vane who slackened the string` has no preposition behind the person.
    fn split_person(&self, clause: &Clause) -> Option<&Being> {
        let words: Vec<&str> = clause.rest.split(' ').collect();
        (1..=words.len().min(3)).rev().find_map(|length| match self.view.find(&words[..length].join(" ")) {
            Found::Being(being) => Some(being),
            _ => None,
        })
    }

    pub(crate) fn is_person(&self, name: &str) -> bool {
        self.view.person_elsewhere(name).as_deref() == Some(name)
    }

    fn talk_to_crowd(&self, word: &str) -> String {
        let call = the(word);
        let is_crowd = word != words(&call).join(" ") || self.view.description.contains(&format!("{word}s"));
        let lines = if is_crowd {
            [
                format!("{} look at each other, and leave the answer to somebody else.", capital(&format!("{call}s"))),
                format!("A few of {call}s shake their heads. Nobody here knows more than you do."),
                format!("You get several answers from {call}s, no two of them alike."),
            ]
        } else {
            [
                format!("You address {call}. It keeps its own counsel."),
                format!("{} says nothing, and says it well.", capital(&call)),
                format!("If {call} has an opinion, it is not telling."),
            ]
        };
        format!("{} {}", self.view.fresh(&lines), self.could_try())
    }

    fn said_aloud(&self, clause: &Clause, listener: Option<&Being>) -> String {
        let words = if clause.quote.is_empty() { clause.rest.clone() } else { clause.quote.clone() };
        let is_loose = clause.quote.is_empty()
            && (clause.written.contains(' ')
                || ["her", "him", "them", "it"].contains(&words.as_str())
                || clause.verb != Some(Verb::Say)
                || ["to ", "at ", "for "].iter().any(|word| words.starts_with(word)));
        let words = words.trim_end_matches('.');
        let words = words.strip_prefix("that ").unwrap_or(words);
        let said = match (words, is_loose) {
            ("", _) => format!("You {}.", clause.written),
            (_, true) => format!("You {} {words}.", clause.written),
            (_, false) => format!("'{words}', you {}.", clause.written.split(' ').next().unwrap_or("say")),
        };
        let Some(listener) = listener else {
            let lines = [
                "Nobody answers.",
                "Your voice goes out, and does not come back with anybody.",
                "The place listens, and keeps what it heard.",
                "It does you good, and nothing else.",
            ];
            return format!("{said} {}", self.view.fresh(&lines));
        };
        let who = capital(&listener.call());
        if clause.verb == Some(Verb::Apologise) {
            let lines = [
                format!("{who} looks at you for a moment, and lets it be good."),
                format!("'There is nothing to forgive,' says {who}, 'so far.'"),
                format!("{who} nods. It seems to have been noted."),
            ];
            return format!("{said} {}", self.view.fresh(&lines));
        }
        if listener.is_speechless() {
            return format!("{said} {}", self.unmoved(&who));
        }
        let lines = [
            format!("{who} has heard you."),
            format!("{who} raises an eyebrow."),
            format!("{who} lets it pass."),
            format!("{who} takes note of it."),
        ];
        let is_loud = ["shout", "yell", "scream", "call", "holler"].iter().any(|loud| clause.written.starts_with(loud));
        let shushed = [format!("'No need to shout,' says {who}."), format!("{who} looks round to see who is deaf.")];
        format!("{said} {}", if is_loud { self.view.fresh(&shushed) } else { self.view.fresh(&lines) })
    }
}

/// What is told of `that I have the token`, behind `say` or `swear`.
fn told(rest: &str) -> Option<&str> {
    let said = rest.strip_prefix("that ")?;
    said.contains(' ').then_some(said)
}

/// Whether somebody is asked to come along.
fn is_invitation(written: &str) -> bool {
    ["come with", "follow me", "come along", "come on", "come here"].iter().any(|asks| written.starts_with(asks))
}

/// Whether a greeting is in words, and not a bow or a wave.
fn is_spoken(written: &str) -> bool {
    ["hello", "hi", "hey", "good", "introduce", "say", "goodbye"]
        .iter()
        .any(|word| written.split(' ').next() == Some(*word))
}

/// What is talked about: what comes after `about`, or all of it.
fn topic_of(clause: &Clause) -> String {
    let behind = clause.rest.split_once("about ").map(|(_, topic)| topic.to_owned());
    behind.unwrap_or_else(|| if clause.quote.is_empty() { clause.rest.clone() } else { clause.quote.clone() })
}
