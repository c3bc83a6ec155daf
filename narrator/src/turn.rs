//! One turn: its clauses in the order in which they were written, as far as one turn allows, and what had to be left undone. Nothing that
//! the player wrote is dropped without a word.

use crate::deeds::going::{self, moved};
use crate::deeds::passing;
use crate::deeds::{handling, withheld};
use crate::extract;
use crate::reading::clause::Clause;
use crate::reading::phrasing::felt;
use crate::reading::sentence::{MAX_CLAUSES, clauses};
use crate::reading::shorthand;
use crate::reading::verbs::{Verb, verb_at};
use crate::reading::vocabulary::{self, QUESTION_WORDS};
use crate::talk::planning;
use crate::telling::Telling;
use crate::world::entries;
use crate::world::found::Found;
use crate::world::naming;
use crate::world::spelling;
use crate::world::texts::{joined, sentences};

/// What one clause leaves of the turn for those behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Everything that a turn can hold.
    All,
    /// A deed of the story was done. What comes of it is decided after the turn, so only what does not depend on it can follow.
    Trifles,
    /// The player has gone elsewhere, and has not seen yet what is there.
    Moved,
    /// The way was not open. What was to be done behind it cannot be done on this side.
    Stuck,
}

impl Telling<'_> {
    pub(crate) fn tell(&self, message: &str) -> String {
        if let Some(answer) = self.unknown_command(message) {
            return answer;
        }
        let mut paragraphs: Vec<String> = Vec::new();
        let mut taken: Vec<String> = Vec::new();
        let mut undone: Vec<String> = Vec::new();
        let mut refused: Vec<String> = Vec::new();
        let mut left = Left::All;
        let mut reason = left;
        let mut is_missing = false;
        let mut is_withheld = false;
        // What was taken a clause earlier is held in the next one.
        let mut view = self.view.clone();
        let message = &spelling::corrected(&shorthand::written_out(message), self.view, self.script);
        let player = self.view.player.map_or("", |pc| pc.name.as_str());
        let message = &shorthand::in_first_person(message, player);
        let message = &self.asked_for_by_somebody(message).unwrap_or_else(|| message.clone());
        if let Some(answer) = self.without_deed(message) {
            return answer;
        }
        let message = &self.with_earlier(&planning::in_its_order(message));
        let message = &self.with_comma_behind_a_name(without_excuse(message));
        let clauses = self.knocking_first(clauses(message));
        for (at, clause) in clauses.iter().enumerate() {
            let now = Telling { view: &view, script: self.script };
            // The arrival has said what is there.
            let is_seen = left == Left::Moved && clause.is_look_around();
            if is_seen || clause.asks_on_of_own(at.checked_sub(1).map(|before| &clauses[before])) {
                continue;
            }
            // `Maud, tell me about him`: who is addressed is not looked at.
            let is_address = clauses.len() > 1
                && clause.verb.is_none()
                && !clause.is_question
                && clause.rest.split(' ').count() <= 3;
            if is_address && matches!(now.view.find(&clause.rest), Found::Being(_)) {
                continue;
            }
            if now.is_said_beside(clause, &clauses) {
                continue;
            }
            // `take the chair and bring it in`: what would not be taken is not handled either.
            let is_refused = !clause.objects.is_empty()
                && !clause.is_question
                && matches!(clause.verb, Some(Verb::Take | Verb::Drop | Verb::Give | Verb::Throw | Verb::Keep))
                && clause.objects.iter().all(|object| refused.contains(object));
            if is_refused || (is_missing && clause.goes_with_what_was_missing()) {
                continue;
            }
            // `put the shoes on and walk out`, where somebody has the shoes: who walks out walks out in them.
            let is_held_back = is_withheld && clause.verb.is_some_and(Verb::is_motion) && !clause.is_question;
            if is_held_back {
                left = Left::Stuck;
            }
            if clause.is_later || !now.may_follow(clause, left) {
                reason = left;
                undone.push(spelled_as_in(message, &clause.in_words()));
                continue;
            }
            if clause.verb == Some(Verb::Take) && !clause.is_question {
                // `pick up the lantern and hold it high` takes it once.
                if !clause.objects.is_empty() && clause.objects.iter().all(|object| taken.contains(object)) {
                    continue;
                }
                taken.extend(clause.objects.iter().cloned());
            }
            let mut answers: Vec<String> = now.taken_along(clause).into_iter().collect();
            let (text, ends) = now.answer(clause);
            is_withheld = withheld::is_withheld(&text) && !clause.is_question;
            left = left.after(clause, &text, ends);
            is_missing = now.names_only_what_is_not_here(clause) && left == Left::All;
            if now.is_only_a_step(clause, &text) {
                reason = left;
                undone.push(spelled_as_in(message, &clause.in_words()));
            }
            if clause.verb == Some(Verb::Take) && !text.starts_with(handling::TAKEN) && !ends {
                refused.extend(clause.objects.iter().cloned());
            }
            answers.push(text);
            for text in answers {
                view.move_items(&extract::delta(&view, self.script, &text));
                let text = without_repeated(&text, &paragraphs);
                if !text.is_empty() {
                    paragraphs.push(text);
                }
            }
        }
        if clauses.len() == MAX_CLAUSES {
            undone.push("whatever else you had in mind".to_owned());
        }
        if paragraphs.is_empty() {
            paragraphs.push(self.at_a_loss("You say nothing."));
        }
        // Behind the end of the story nothing can follow.
        let goes_to_the_end = |way: &entries::Way| {
            let moves = paragraphs.iter().filter_map(|text| moved(text));
            moves.into_iter().any(|direction| direction == way.direction)
        };
        if !self.way_to_the_end().is_some_and(goes_to_the_end) {
            paragraphs.extend(self.left_undone(reason, &undone));
        }
        paragraphs.join("\n\n")
    }

    /// `it's raining, let's go in`: what is only said beside a deed, to nobody, is not answered. Nor is `take it. She doesn't need it.`
    fn is_said_beside(&self, clause: &Clause, all: &[Clause]) -> bool {
        all.len() > 1
            && clause.verb.is_none()
            && clause.is_statement()
            && felt(&clause.whole).is_none()
            && (self.view.speaker().is_none() || clause.speaks_of_others())
            && all.iter().any(|other| other.verb.is_some() || other.is_question)
    }

    /// The answer to a message in which nothing is done: it follows on the last turn, thinks aloud or plans.
    fn without_deed(&self, message: &str) -> Option<String> {
        self.followed_up(message).or_else(|| self.mused(message)).or_else(|| self.planned(message))
    }

    /// `Ketch, what is it?` of `ketch what is it?`.
    fn with_comma_behind_a_name(&self, message: &str) -> String {
        let words: Vec<&str> = message.split_whitespace().collect();
        // `ask the boy where it is` asks him, and does not call him.
        let first = words.first().map(|word| word.to_lowercase()).unwrap_or_default();
        let is_told = matches!(verb_at(&[first.as_str()]), Some((Verb::Ask | Verb::Talk | Verb::Show | Verb::Give, _)));
        let is_called = |length: &usize| {
            let next = words.get(*length).map(|word| word.to_lowercase()).unwrap_or_default();
            QUESTION_WORDS.contains(&next.as_str())
                && !is_told
                && !words[*length - 1].ends_with(',')
                && matches!(self.view.find(&words[..*length].join(" ").to_lowercase()), Found::Being(being) if !being.is_monster)
        };
        match (1..words.len().min(4)).find(is_called) {
            Some(length) if !QUESTION_WORDS.contains(&words[0].to_lowercase().as_str()) => {
                format!("{}, {}", words[..length].join(" "), words[length..].join(" "))
            }
            _ => self.with_name_in_front(&words).unwrap_or_else(|| message.to_owned()),
        }
    }

    /// `Mrs Vane, what's for dinner` of `what's for dinner mrs vane`.
    fn with_name_in_front(&self, words: &[&str]) -> Option<String> {
        const LEADS_ON: &[&str] = &[
            "is", "are", "was", "about", "of", "to", "does", "did", "like", "from", "with", "for", "the", "see",
            "know", "has", "can", "will", "than", "and", "at", "by", "ask", "tell", "give", "where's", "who's",
            "what's", "how's", "a", "an", "do", "should", "would", "could", "on", "meet", "called", "named",
        ];
        let first = words.first()?.to_lowercase();
        // `are you Odile?` asks for her name.
        let asks_for_name =
            words.len() <= 4 && words.get(1).is_some_and(|you| first == "are" && you.to_lowercase() == "you");
        if !QUESTION_WORDS.contains(&first.as_str()) || asks_for_name {
            return None;
        }
        let is_name = |length: &usize| {
            let name = words[words.len() - length..].join(" ").to_lowercase();
            let name = name.trim_end_matches(['?', '!', '.']);
            let before = words[words.len() - length - 1];
            // `where is Mrs Vane` calls nobody `Vane`.
            let is_cut = |name: &str| story::words(name).contains(&before.to_lowercase());
            !before.ends_with(',')
                && !LEADS_ON.contains(&before.to_lowercase().as_str())
                && matches!(self.view.find(name), Found::Being(being) if story::fit(name, &being.name).is_some() && !is_cut(&being.name) && !being.is_speechless())
        };
        let length = (1..words.len().min(4)).rev().filter(|length| words.len() > length + 1).find(is_name)?;
        let (asked, name) = words.split_at(words.len() - length);
        let name = name.join(" ");
        let name = name.trim_end_matches(['?', '!', '.']);
        Some(format!("{name}, {}?", asked.join(" ")))
    }

    /// Whether `clause` can still be answered in a turn of which `left` is left.
    fn may_follow(&self, clause: &Clause, left: Left) -> bool {
        match left {
            Left::All => true,
            // What is asked or looked at on this side needs no way.
            Left::Stuck => clause.is_question || clause.is_look_around(),
            Left::Moved => false,
            Left::Trifles if clause.is_question => true,
            // What they say to it depends on what comes of the deed.
            Left::Trifles if matches!(clause.verb, Some(Verb::Ask | Verb::Talk)) && self.view.speaker().is_some() => {
                false
            }
            Left::Trifles => {
                let is_at_hand =
                    |noun: &String| matches!(self.view.find(noun), Found::Here(_) | Found::Held(_) | Found::Inside(..));
                let is_trifle = match clause.verb {
                    Some(Verb::Take | Verb::Drop) => clause.objects.iter().all(is_at_hand),
                    Some(verb) => verb.is_speech() || matches!(verb, Verb::Inventory | Verb::Help | Verb::Wait),
                    None => false,
                };
                is_trifle && self.deed(clause).is_none()
            }
        }
    }

    /// Whether all that a deed is done to or with is not here.
    fn names_only_what_is_not_here(&self, clause: &Clause) -> bool {
        let acts = clause.verb.is_some_and(|verb| !verb.is_speech() && !verb.is_perception()) && !clause.is_question;
        let mut nouns = clause.objects.iter().chain([&clause.second]).filter(|noun| !noun.is_empty()).peekable();
        acts && nouns.peek().is_some()
            && nouns.all(|noun| matches!(self.view.find(noun), Found::Nothing | Found::Elsewhere(_)))
    }

    /// `go up with the string` takes it along.
    fn taken_along(&self, clause: &Clause) -> Option<String> {
        let (_, noun) = clause.rest.split_once("with ")?;
        let takes = clause.verb.is_some_and(Verb::is_motion) && matches!(self.view.find(noun), Found::Here(_));
        takes.then(|| {
            let take = Clause { objects: vec![noun.to_owned()], ..clause.clone() };
            self.handle(&take, Verb::Take)
        })
    }

    /// What was not done, and why; nothing if all was.
    fn left_undone(&self, reason: Left, undone: &[String]) -> Option<String> {
        if undone.is_empty() {
            return None;
        }
        let rest = joined(undone, "and then");
        let stems = match reason {
            Left::Stuck => [
                "That was as far as you got; what is left is to",
                "There was no getting to the rest, which was to",
                "It stops there. Still to do:",
                "Nothing came of the rest, which was to",
                "So much for that way. You had also meant to",
                "This has to be solved first, before you",
            ],
            Left::Moved => [
                "One move a turn: next,",
                "That was your move for this turn: next,",
                "A turn takes you one step. Still to do:",
                "The rest is for the next turn:",
                "One step, and then another. Next,",
                "Not done yet:",
            ],
            Left::All | Left::Trifles => [
                "One thing at a time: next,",
                "That is enough for one turn. Still to do:",
                "First see what comes of that; then",
                "The rest can follow in the next turn:",
                "Not done yet:",
                "And after that, when you are ready:",
            ],
        };
        let stem = self.view.fresh(&stems);
        Some(format!("{stem} {rest}."))
    }
}

/// `where is the piano?` of `excuse me, where is the piano?`, where more than a word follows.
fn without_excuse(message: &str) -> &str {
    let lower = message.to_lowercase();
    let excuses = [
        "excuse me, ",
        "excuse me but ",
        "sorry, ",
        "pardon me, ",
        "sorry but ",
        "sorry to bother you, ",
        "sorry to bother you but ",
    ];
    let excuse = excuses.iter().find(|excuse| lower.starts_with(**excuse)).map_or(0, |excuse| excuse.len());
    let rest = message.get(excuse..).unwrap_or(message);
    if rest.split_whitespace().count() > 2 { rest } else { message }
}

/// `text` without the sentences that the player has read in this very turn, unless it begins with one.
fn without_repeated(text: &str, paragraphs: &[String]) -> String {
    if paragraphs.iter().any(|earlier| earlier == text) {
        return String::new();
    }
    let is_new = |sentence: &&str| !paragraphs.iter().any(|earlier| earlier.contains(*sentence));
    let said = sentences(text);
    if !said.iter().any(is_new) {
        return String::new();
    }
    if said.iter().all(is_new) {
        return text.to_owned();
    }
    said.iter()
        .take(1)
        .chain(said.iter().skip(1).filter(|sentence| is_new(sentence)))
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

/// `text` with the names spelled as the player spelled them: clauses are read in lower case.
fn spelled_as_in(message: &str, text: &str) -> String {
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let is_name = |word: &String| word.chars().count() > 1 && word.starts_with(char::is_uppercase);
    let names: Vec<String> = message.split_whitespace().skip(1).map(bare).filter(is_name).collect();
    let spell =
        |word: &str| names.iter().find(|name| name.to_lowercase() == word).map_or(word.to_owned(), Clone::clone);
    text.split(' ').map(spell).collect::<Vec<_>>().join(" ")
}

impl Left {
    fn after(self, clause: &Clause, text: &str, ends: bool) -> Self {
        if clause.is_question {
            return self;
        }
        let has_gone =
            text.starts_with("You ") && moved(text.split_inclusive('.').next().unwrap_or_default()).is_some();
        // Stepping over a chair goes nowhere yet.
        let passes = ["over ", "around ", "round ", "past ", "by "].iter().any(|past| clause.rest.starts_with(past));
        let is_motion = clause.verb.is_some_and(Verb::is_motion) || clause.is_direction();
        let is_there = text.starts_with(going::THERE_ALREADY)
            || text.starts_with(passing::STEPS_UP)
            || text.starts_with("You go up to ");
        match (has_gone, is_motion && !passes && !is_there) {
            (true, _) => Self::Moved,
            (false, _) if ends => Self::Trifles,
            (false, true) => Self::Stuck,
            (false, false) => self,
        }
    }
}

impl Clause {
    /// Whether it is a direction without a verb.
    fn is_direction(&self) -> bool {
        let first = self.rest.split(' ').next().unwrap_or_default();
        self.verb.is_none() && vocabulary::direction(first).is_some()
    }

    /// `play something`, behind a piano that is not here: what is done with what the clause before it named.
    fn goes_with_what_was_missing(&self) -> bool {
        let uses =
            matches!(self.verb, Some(Verb::Play | Verb::Use | Verb::Eat | Verb::Drink | Verb::Light | Verb::Write));
        uses && !self.is_question
            && self.second.is_empty()
            && self.objects.iter().all(|noun| naming::is_abstract(noun) || noun == "it")
    }

    /// `look`, `look around`: what every arrival answers.
    fn is_look_around(&self) -> bool {
        let looks = matches!(self.verb, Some(Verb::Look | Verb::Examine)) && !self.is_question;
        looks && matches!(self.rest.as_str(), "" | "around" | "about" | "here" | "there" | "the room" | "the place")
    }

    /// What the player wrote, as something that they can write again.
    pub(crate) fn in_words(&self) -> String {
        // `see if anyone is at home`
        if self.is_question && !self.written.is_empty() && self.verb.is_none() {
            return format!("{} {}", self.written, self.rest);
        }
        if self.is_question {
            return format!("ask '{}?'", self.rest);
        }
        let rest = self.rest.replace(" ,", ",");
        let rest = rest.trim_matches([',', ' ']);
        // `wake him up`
        let is_pronoun = ["him", "her", "it", "them"].contains(&rest);
        if let (true, Some((verb, particle @ ("up" | "down" | "on" | "off" | "out" | "over" | "back" | "away")))) =
            (is_pronoun, self.written.split_once(' '))
        {
            return format!("{verb} {rest} {particle}");
        }
        match self.verb {
            Some(Verb::Say) if !self.quote.is_empty() => format!("{} '{}'", self.written, self.quote),
            Some(_) => format!("{} {rest}", self.written).trim_end().to_owned(),
            None if self.is_direction() => format!("{} {rest}", going::GO),
            None => rest.to_owned(),
        }
    }
}
