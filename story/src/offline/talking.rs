//! Talking and asking. Neither changes anything, unless a beat or a rule of the story speaks of it.

use super::Telling;
use super::found::{Found, clean, the};
use super::going::capital;
use super::script::is_about;
use super::sentence::Clause;
use super::verbs::Verb;
use super::view::Being;
use crate::world::{fit, words};

impl Telling<'_> {
    pub(super) fn speak(&self, clause: &Clause, verb: Verb) -> String {
        let topic = topic_of(clause);
        let listener = self.view.beings.iter().find(|being| !being.is_monster);
        if ["about", "for", "request", "demand", "beg"].iter().any(|word| clause.written.ends_with(word))
            && verb != Verb::Say
        {
            return listener.map_or_else(|| self.nobody(), |listener| self.talk_to(listener, &topic, verb));
        }
        let names =
            clause.objects.iter().map(String::as_str).chain([clause.second.as_str()]).filter(|name| !name.is_empty());
        for name in names {
            match self.view.find(name) {
                Found::Being(being) => return self.talk_to(being, &topic, verb),
                Found::Elsewhere(person)
                    if self.is_person(&person) && (name != clause.second || clause.preposition == "to") =>
                {
                    let place = self.view.elsewhere.iter().find(|(name, _)| fit(&person, name).is_some());
                    let place = place
                        .map(|(_, place)| format!(" Last you heard, that would be at {}.", the(place)))
                        .unwrap_or_default();
                    return format!("{person} is not here.{place} {}", self.could_try());
                }
                Found::Scenery(word)
                    if clause.objects.first().is_some_and(|object| object == name) && verb != Verb::Say =>
                {
                    return self.talk_to_crowd(&word);
                }
                Found::Nothing if name != clause.second && verb != Verb::Say && self.split_person(clause).is_none() => {
                    return self.not_here_to_talk(name);
                }
                _ => {}
            }
        }
        if let Some(being) = self.split_person(clause) {
            return self.talk_to(being, &topic, verb);
        }
        match (verb, self.view.beings.iter().find(|being| !being.is_monster)) {
            (Verb::Say | Verb::Apologise, listener) => self.said_aloud(clause, listener),
            (_, Some(listener)) => self.talk_to(listener, &topic, verb),
            (_, None) => self.nobody(),
        }
    }

    fn nobody(&self) -> String {
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
            (Some(person), _) => format!("{person} is not here. {}", self.could_try()),
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

    fn is_person(&self, name: &str) -> bool {
        self.view.person_elsewhere(name).as_deref() == Some(name)
    }

    pub(super) fn talk_to(&self, being: &Being, topic: &str, verb: Verb) -> String {
        let who = capital(&being.call());
        let fitting =
            || self.script.talk.iter().filter(|talk| fit(&talk.to, &being.name).is_some() && talk.when.fits(self.view));
        let on_topic = fitting().find(|talk| !talk.about.is_empty() && is_about(topic, &talk.about));
        if let Some(talk) = on_topic.or_else(|| fitting().find(|talk| talk.about.is_empty())) {
            let line = self.view.fresh(&talk.text);
            let just_said = self.view.heard.iter().rev().take(5).any(|heard| heard.contains(line));
            if !just_said {
                return line.to_owned();
            }
            let lines = [
                format!("{who} has told you that already, and sees no reason to change a word of it."),
                format!("'As I said,' says {who}, and leaves it there."),
                format!("{who} looks at you as one looks at a clock that has struck twice."),
                format!("You get the same answer from {who}, only shorter."),
                format!("{who} waits to see whether you have another question."),
            ];
            return format!("{} {}", self.view.fresh(&lines), self.remind(topic)).trim_end().to_owned();
        }
        if being.is_monster {
            let lines = [
                "does not seem to be made for talking",
                "gives no sign of having understood",
                "goes on with what it was doing",
            ];
            return format!("{who} {}. {}", self.view.fresh(&lines), self.could_try());
        }
        let lines = match verb {
            Verb::Greet => [
                format!("{who} returns the greeting."),
                format!("'Good evening,' says {who}."),
                format!("{who} gives you a nod."),
                format!("{who} looks up, and is civil about it."),
                format!("{who} lifts a hand."),
            ],
            Verb::Wake => [
                format!("{who} is as awake as {who} means to be."),
                format!("You get a look from {who}."),
                format!("{who} stirs, and settles again."),
                format!("'What?' says {who}, and then, 'No.'"),
                format!("{who} blinks at you."),
            ],
            _ => [
                format!("{who} hears you out. 'I could not say,' is the answer."),
                format!("{who} thinks it over, and shrugs, with some sympathy in it."),
                format!("'You want to look into that yourself,' says {who}."),
                format!("{who} has nothing to add to what you can see."),
                format!("'So they say,' says {who}, and no more than that."),
            ],
        };
        self.view.fresh(&lines).to_owned()
    }

    fn remind(&self, topic: &str) -> String {
        let lore = self.script.lore.iter().find(|lore| lore.when.fits(self.view) && is_about(topic, &lore.about));
        lore.map(|lore| self.view.fresh(&lore.text).to_owned()).unwrap_or_default()
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
                || clause.verb != Some(Verb::Say)
                || ["to ", "at ", "for "].iter().any(|word| words.starts_with(word)));
        let words = words.trim_end_matches('.');
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
        let lines = [
            format!("{who} has heard you, and everybody else within earshot too."),
            format!("{who} raises an eyebrow."),
            format!("'No need to shout,' says {who}, whether you did or not."),
            format!("{who} lets it pass."),
        ];
        format!("{said} {}", self.view.fresh(&lines))
    }

    /// A question to nobody in particular. It never changes anything.
    pub(super) fn question(&self, clause: &Clause) -> String {
        let text = clause.rest.as_str();
        let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
        if has(&[
            "what should",
            "what now",
            "what can i do",
            "what do i do",
            "what am i supposed",
            "how do i win",
            "what next",
            "how do i play",
            "what could i do",
            "where should",
            "where do i go",
            "how do i get",
            "what must",
            "need to do",
            "how do i",
            "how can i",
        ]) {
            return self.hint();
        }
        if has(&["what time", "how late", "what hour", "how long until"]) {
            return self.time();
        }
        if has(&["am i carrying", "do i have", "have i got", "am i holding", "in my pocket", "am i wearing"]) {
            return self.inventory();
        }
        if has(&[
            "where am i",
            "who is here",
            "who's here",
            "what is here",
            "what's here",
            "what do i see",
            "what is this place",
            "what can i see",
            "where are we",
            "anyone here",
            "anybody here",
            "who else",
        ]) {
            return self.look();
        }
        if has(&["which way", "where can i go", "what exits", "any exits", "way out", "where are the exits"]) {
            return self.ways_out();
        }
        if has(&["who am i", "what am i"]) {
            return self.describe("myself");
        }
        let noun = question_noun(text);
        if let Some(place) = text.starts_with("where").then(|| self.whereabouts(&noun)).flatten() {
            return place;
        }
        let lore = self.script.lore.iter().find(|lore| lore.when.fits(self.view) && is_about(text, &lore.about));
        if let Some(lore) = lore {
            return self.view.fresh(&lore.text).to_owned();
        }
        let listener = self.view.beings.iter().find(|being| !being.is_monster && being.kind != "cat");
        if text.starts_with("who")
            || text.starts_with("what is")
            || text.starts_with("what's")
            || text.starts_with("what are")
        {
            let found = self.view.find(&noun);
            if !matches!(found, Found::Nothing | Found::Elsewhere(_) | Found::Several(_)) && !noun.is_empty() {
                return self.describe(&noun);
            }
        }
        if ["can", "could", "may", "shall", "should", "might"].iter().any(|may| text.starts_with(may)) {
            let lines = [
                "You could try it and see.",
                "There is one way to find out.",
                "Nothing has been done yet; you have only wondered.",
                "That would be for you to do, and not only to ask.",
            ];
            return format!("{} {}", self.view.fresh(&lines), self.could_try());
        }
        if let Some(listener) = listener {
            return self.talk_to(listener, text, Verb::Talk);
        }
        let lines = [
            "You ask yourself that, and have no answer yet.",
            "It is a good question, and there is nobody here to put it to.",
            "You would give something to know.",
            "You turn the question over, and it comes up the same on the other side.",
            "Somebody may know, but not here.",
        ];
        format!("{} {}", self.view.fresh(&lines), self.could_try())
    }

    fn whereabouts(&self, noun: &str) -> Option<String> {
        if let Some(way) = self.view.open_ways().find(|way| fit(noun, &way.place).is_some()) {
            return Some(format!("{} is {} of here.", capital(&the(&way.place)), way.direction));
        }
        match self.view.find(noun) {
            Found::Being(being) => Some(format!("{} is right here.", capital(&being.call()))),
            Found::Held(item) => Some(format!("You have {} with you.", the(item))),
            Found::Here(item) => Some(format!("{} is here, within reach.", capital(&the(item)))),
            Found::Carried(being, item) => Some(format!("{} has {}.", capital(&being.call()), the(item))),
            Found::Way(way) if way.blocked.is_none() => {
                Some(format!("{} is {} of here.", capital(&the(&way.place)), way.direction))
            }
            Found::Scenery(word) => Some(format!("{} is here, for everybody to see.", capital(&the(&word)))),
            Found::Elsewhere(name) => {
                let place = self.view.elsewhere.iter().find(|(person, _)| fit(&name, person).is_some());
                Some(match place {
                    Some((_, place)) => format!("{name} is at {}, as far as you know. {}", the(place), self.ways_out()),
                    None => format!(
                        "{} is not here. {}",
                        capital(&if self.is_person(&name) { name.clone() } else { the(&name) }),
                        self.ways_out()
                    ),
                })
            }
            _ => None,
        }
    }

    fn time(&self) -> String {
        let lore = self
            .script
            .lore
            .iter()
            .find(|lore| lore.when.fits(self.view) && lore.about.iter().any(|about| about == "time"));
        let lines = [
            "Later than you would like.",
            "There is no telling, except that it is not yet too late.",
            "It is the hour that it was, and a few minutes.",
            "Time enough, if you use it.",
        ];
        lore.map_or_else(|| self.view.fresh(&lines).to_owned(), |lore| self.view.fresh(&lore.text).to_owned())
    }

    pub(super) fn clock(&self) -> String {
        self.time()
    }
}

/// What a question is about: its words without those that ask.
fn question_noun(text: &str) -> String {
    let asking = [
        "who", "what", "where", "when", "why", "how", "which", "is", "are", "was", "were", "does", "do", "did", "can",
        "i", "find", "get", "could", "who's", "what's", "where's", "go", "see", "would", "should", "has", "have",
        "you",
    ];
    clean(&text.split_whitespace().skip_while(|word| asking.contains(word)).collect::<Vec<_>>().join(" "))
}

/// What is talked about: what stands behind `about`, or all of it.
fn topic_of(clause: &Clause) -> String {
    let behind = clause.rest.split_once("about ").map(|(_, topic)| topic.to_owned());
    behind.unwrap_or_else(|| if clause.quote.is_empty() { clause.rest.clone() } else { clause.quote.clone() })
}
