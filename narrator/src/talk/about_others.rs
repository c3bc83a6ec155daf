//! Questions about people: what somebody here did, wants or hides, where somebody is who is not here, and who they are. What the story is
//! about is asked like that of a person.

use story::{fit, words};

use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::entries::Being;
use crate::world::found::Found;
use crate::world::matter::{matter, shares_a_word};
use crate::world::naming;
use crate::world::naming::{a, from_here, the};
use crate::world::texts::{capital, sentences};
use crate::world::view::View;

/// What can be seen of somebody, and need not be asked.
const LOOKS: &[&str] = &[
    "doing",
    "wearing",
    "holding",
    "carrying",
    "making",
    "look",
    "looks",
    "looking",
    "reading",
    "like",
    "sitting",
    "standing",
    "listening",
    "watching",
    "waiting",
    "called",
    "have",
    "has",
    "got",
];

impl View<'_> {
    /// What somebody of the story is, by name: `pawnbroker`.
    fn trade_of(&self, name: &str) -> Option<String> {
        let npc = self.people().into_iter().find(|npc| npc.name == name)?;
        Some(npc.kind).filter(|kind| !kind.is_empty())
    }

    /// The person of the story whom a text names and who is not here.
    pub(crate) fn absent_in(&self, text: &str) -> Option<String> {
        let all: Vec<&str> = text.split_whitespace().collect();
        let is_name = |length: usize, at: usize| {
            let noun = all.get(at..at + length)?.join(" ");
            let person = self.person_elsewhere(&noun).filter(|person| !self.has_being(person))?;
            // What is somebody's trade may be anybody's; a part of a name is theirs.
            words(&person).iter().any(|part| words(&noun).contains(part)).then_some(person)
        };
        (1..=3).rev().find_map(|length| (0..all.len()).find_map(|at| is_name(length, at)))
    }
}

impl Telling<'_> {
    /// The answer to `what did he stamp?` and `where does she want to go?`: what they say, where they can say something.
    pub(crate) fn asked_about_them(&self, being: &Being, text: &str) -> String {
        let name = being.name.to_lowercase();
        let all: Vec<&str> = text.split_whitespace().collect();
        let asks = ["what", "where", "why", "how", "when"].contains(all.first().unwrap_or(&""));
        let is_seen = !asks
            || all.iter().any(|word| LOOKS.contains(word))
            || sentences(&being.about)
                .iter()
                .any(|sentence| matter(text).is_some_and(|word| shares_a_word(sentence, word)));
        let who = capital(&being.call());
        if is_seen || being.is_monster {
            return self.describe(&name);
        }
        if being.is_asleep() {
            let lines = [
                format!("{who} would know, and would have to be woken to say."),
                format!("That is asleep with {who}; you would have to wake somebody to hear it."),
            ];
            return format!("{} {}", self.view.fresh(&lines), self.could_try());
        }
        if being.is_speechless() {
            let lines = [
                format!("{who} does not say, and watches what you make of it."),
                format!("That is known to {who} alone, who has no words for it."),
                format!("You look at {who}, and {who} looks at you. One of you knows."),
            ];
            return format!("{} {}", self.view.fresh(&lines), self.could_try());
        }
        self.talk_to(being, &as_to_themselves(text), Verb::Ask)
    }

    /// `are you Odile?`: who is asked for their name says it, or that it is another's.
    pub(crate) fn asked_who_they_are(&self, text: &str) -> Option<String> {
        let asked = ["are you ", "you must be ", "you are ", "is your name ", "aren't you "];
        let name = asked.iter().find_map(|asks| text.strip_prefix(asks))?;
        let name = name.trim_start_matches("called ").trim_start_matches("named ").trim_end_matches(" then");
        let listener = self.view.speaker()?;
        if fit(name, &listener.name).is_some() || naming::clean(name) == listener.kind {
            return Some(self.introduced(listener));
        }
        let other = self.view.absent_in(name).filter(|_| name.split(' ').count() <= 3)?;
        let who = capital(&listener.call());
        let lines = [
            format!("'Do I look like {other}?' says {who}."),
            format!("'No,' says {who}. '{other} is somebody else.'"),
        ];
        Some(format!("{} {}", self.view.fresh(&lines), self.introduced(listener)))
    }

    /// `why is the lady sad?` as asked of her, who is here.
    pub(crate) fn asked_of_them_by_name(&self, text: &str) -> Option<String> {
        let listener = self.view.speaker().filter(|listener| !self.has_words_for(listener, text))?;
        let all: Vec<&str> = text.split_whitespace().collect();
        let asks = ["why", "how", "what", "when"].contains(all.first()?)
            && ["is", "does", "did", "was", "has"].contains(all.get(1)?);
        let named = |length: &usize| {
            let noun = all.get(2..2 + length).map(|noun| noun.join(" ")).unwrap_or_default();
            matches!(self.view.find(&noun), Found::Being(being) if being == listener)
        };
        let length = (1..=3).rev().find(|length| asks && all.len() > 2 + length && named(length))?;
        let asked = [&all[..2], &["she"], &all[2 + length..]].concat().join(" ");
        Some(self.asked_about_them(listener, &asked))
    }

    /// `could Ketch help me with the helmet?` as a question to Ketch.
    pub(crate) fn asked_whether_they(&self, text: &str) -> Option<String> {
        let (helps, rest) =
            text.split_once(' ').filter(|(helps, _)| ["can", "could", "will", "would"].contains(helps))?;
        // `can Ketch hear me?`, from where he is not
        let first = rest.split(' ').next().unwrap_or_default();
        let asks_for_help = [" hear me", " see me", " help me", " come here"].iter().any(|asks| rest.ends_with(asks));
        if let Some(person) = self.view.absent_in(first).filter(|_| asks_for_help && self.view.speaker().is_none()) {
            return Some(self.absent(&person));
        }
        let (person, wish) = (1..=2).rev().find_map(|length| {
            let cut = rest.match_indices(' ').nth(length - 1)?.0;
            match self.view.find(&rest[..cut]) {
                Found::Being(being) if rest[..cut] != *"it" => Some((being, rest[cut..].trim())),
                _ => None,
            }
        })?;
        let can_answer = !person.is_speechless() && !person.is_asleep();
        can_answer.then(|| self.talk_to(person, &format!("{helps} you {wish}"), Verb::Ask))
    }

    /// That somebody is not here, and where one would look for them.
    pub(crate) fn absent(&self, person: &str) -> String {
        let heard = self.view.elsewhere.iter().find(|(name, _)| fit(person, name).is_some());
        let place = heard.map(|(_, place)| place.clone()).or_else(|| self.view.home_of_person(person));
        let Some(place) = place else { return format!("{person} is not here. {}", self.could_try()) };
        if let Some(way) = self.view.open_ways().find(|way| way.place == place) {
            return format!("{person} is not here. You would look in {}, {}.", the(&place), from_here(&way.direction));
        }
        let step = self.first_step_to(&place).unwrap_or_else(|| format!("You would look in {}.", the(&place)));
        format!("{person} is not here. {step}")
    }

    /// What is known of somebody who is not here, in answer to `what do you know about Madam Grebe?`.
    pub(crate) fn known_of_somebody(&self, text: &str) -> Option<String> {
        let asks = ["who is ", "who's ", "who was ", "what do you know about ", "what do i know about ", "what about "];
        let asked = asks.iter().find_map(|asks| text.strip_prefix(asks))?;
        let person = self.view.absent_in(asked)?;
        let told = self.story_of(&person).unwrap_or_default();
        // `had it lowered`: what `it` is, the sentence before says.
        let is_of_it = words(&told).iter().any(|word| word == "it");
        let told = self
            .background()
            .filter(|first| is_of_it && *first != told)
            .map_or(told.clone(), |first| format!("{first} {told}"));
        let trade = self.view.trade_of(&person).map(|trade| format!(", {}", a(&trade))).unwrap_or_default();
        let lines = [
            ("You know of", format!("You know of {person}{trade}.")),
            ("is a name to you", format!("{person}{trade}, is a name to you.")),
        ];
        let line = if trade.is_empty() { &lines[0].1 } else { self.view.fresh_by_stem(&lines) };
        let ends = ["Somebody who lives here could say more.", "There are people who could say more of it."];
        Some(format!("{line} {told} {}", self.view.fresh(&ends)).replace("  ", " "))
    }

    /// The sentence of the story that names somebody.
    fn story_of(&self, person: &str) -> Option<String> {
        let (_, scenario) = self.view.scenario?;
        let last = words(person).pop()?;
        sentences(&scenario.story).into_iter().find(|said| words(said).contains(&last)).map(str::to_owned)
    }

    /// The answer to `what's this story about?`.
    pub(crate) fn of_the_story(&self, text: &str) -> Option<String> {
        let all = words(text);
        let names_it = ["story", "game", "adventure", "tale"].iter().any(|own| all.iter().any(|word| word == own));
        let asks = text.starts_with("what") && text.contains("about");
        let background = self.background().filter(|_| names_it && asks)?;
        Some(format!("{background} {}", self.could_try()))
    }

    /// Who is called or told something and is not here: `Ketch, Maud sent me`.
    pub(crate) fn called_from_afar(&self, whole: &str) -> Option<String> {
        let (name, said) = whole.split_once(" , ")?;
        let is_short = name.split(' ').count() <= 3 && said.contains(' ');
        let person = self.view.absent_in(name).filter(|_| is_short && self.view.speaker().is_none())?;
        Some(self.absent(&person))
    }
}

/// `how long have you worked here` of `how long has he worked here`.
fn as_to_themselves(text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    for at in 1..words.len() {
        if ["he", "she"].contains(&words[at]) {
            words[at] = "you";
            words[at - 1] = match words[at - 1] {
                "does" => "do",
                "is" => "are",
                "was" => "were",
                "has" => "have",
                other => other,
            };
        }
    }
    words.join(" ")
}
