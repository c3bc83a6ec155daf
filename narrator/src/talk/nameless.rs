//! Clauses without a verb that is known: a direction, a noun, a wish.

use story::fit;

use crate::looking::scraps;
use crate::looking::standing;
use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::reading::vocabulary;
use crate::reading::vocabulary::{PREPOSITIONS, direction};
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming;
use crate::world::naming::is_or_are;
use crate::world::texts::capital;

impl Telling<'_> {
    /// A clause without a verb that is known: a direction, a noun, or nothing that can be understood.
    pub(crate) fn without_verb(&self, clause: &Clause) -> (String, bool) {
        let words: Vec<&str> = clause.rest.split_whitespace().collect();
        let is_direction =
            words.first().is_some_and(|word| direction(word).is_some() && (words.len() == 1 || named_way(&words[1..])));
        let is_way = self.view.ways.iter().any(|way| way.direction.eq_ignore_ascii_case(&clause.rest));
        if !words.is_empty() && (is_direction || is_way) {
            let go = Clause { verb: Some(Verb::Go), written: "go".to_owned(), ..clause.clone() };
            return self.deed(&go).map_or_else(|| self.go(&go, Verb::Go), |text| (text, true));
        }
        if matches!(words.as_slice(), ["left" | "right" | "ahead" | "straight" | "forward" | "forwards", ..]) {
            return (self.no_way("You would have to say which way, as a compass would."), false);
        }
        if standing::SO_FAR.iter().any(|part| clause.rest.contains(part)) {
            return (self.so_far(), false);
        }
        // `I want to be paid` is said to everybody present.
        if let Some(listener) = self.view.speaker().filter(|_| clause.wants) {
            if let Some(text) = self.polite_request(&format!("can i have {}", wished(&clause.rest))) {
                return (text, true);
            }
            // `I'd like a beer`
            let wish = wished(&clause.rest);
            let is_ordered = ["a ", "an ", "some ", "another "].iter().any(|article| wish.starts_with(article));
            if let Some(text) = self.deed(&ordered(clause, wish)).filter(|_| is_ordered) {
                return (text, true);
            }
            return (self.talk_to(listener, &clause.rest, Verb::Ask), false);
        }
        if let Some(text) = self.called_from_afar(&clause.whole) {
            return (text, false);
        }
        if clause.is_statement() {
            return (self.stated(clause), false);
        }
        if let Some(answer) = self.said_in_short(clause, &words) {
            return (answer, false);
        }
        // `one beer please` is said to whoever can bring it.
        if let (Some(listener), ["a" | "an" | "some" | "another" | "one" | "two" | "three", rest @ ..]) =
            (self.view.speaker(), words.as_slice())
            && !rest.is_empty()
        {
            let wish = rest.join(" ");
            let order = ordered(clause, &wish);
            let said = self.deed(&order).or_else(|| self.polite_request(&format!("can i have {wish}")));
            return said.map_or_else(|| (self.talk_to(listener, &wish, Verb::Ask), false), |text| (text, true));
        }
        if let Some(done) = self.done_by_its_name(&clause.rest) {
            return done;
        }
        let named = self.view.find(&clause.rest);
        // The name of a place next door is a wish to go there.
        if let Found::Way(way) = &named
            && fit(&way.place, &clause.rest).is_some()
        {
            return self.take_way(way);
        }
        // `pub`, next to a tavern
        if words.len() <= 2
            && named == Found::Nothing
            && let Some(other) = self.known_by_another_name(&clause.rest)
            && let Some(way) = self.way_by_name(&other)
        {
            return self.take_way(way);
        }
        // `boat`, where a barge is
        let is_one_thing = words.len() == 1
            && matches!(named, Found::Here(_) | Found::Held(_) | Found::Scenery(_) | Found::Carried(..));
        if is_one_thing || words.len() <= 4 && fit(&clause.rest, &named.call()).is_some() && named != Found::Nothing {
            let look = Clause { verb: Some(Verb::Examine), objects: vec![clause.rest.clone()], ..clause.clone() };
            return (self.examine(&look), false);
        }
        // `Ketch, Maud says hello`: who is named first is spoken to.
        if let [name, said @ ..] = words.as_slice()
            && !said.is_empty()
            && let Found::Being(being) = self.view.find(name)
            && !being.is_speechless()
        {
            return (self.talk_to(being, &said.join(" "), Verb::Talk), false);
        }
        if let Some(answer) = self.unknown_deed(clause, &words) {
            return (answer, false);
        }
        if let Some(told) = self.in_the_background(&clause.rest).or_else(|| self.only_heard_of(&clause.rest)) {
            return (told, false);
        }
        (self.at_a_loss("You turn the idea over, and do not see how to begin."), false)
    }

    /// The answer to a verb that is not known, with a noun that is here.
    fn unknown_deed(&self, clause: &Clause, words: &[&str]) -> Option<String> {
        if let [verb, noun @ ..] = words
            && *verb != "here"
            && !noun.is_empty()
            && !PREPOSITIONS.contains(verb)
            && !naming::ARTICLES.contains(verb)
            && !scraps::is_scrap(verb)
            && !vocabulary::OPENERS.contains(verb)
        {
            // `weigh the ticket on the balance` is about the ticket.
            let skipped = noun.iter().take_while(|word| PREPOSITIONS.contains(word)).count();
            let noun = if skipped < noun.len() { &noun[skipped..] } else { noun };
            let cut = noun.iter().position(|word| PREPOSITIONS.contains(word)).filter(|cut| *cut > 0);
            let first = self.view.find(&noun[..cut.unwrap_or(noun.len())].join(" "));
            let found = if first == Found::Nothing { self.view.find(&noun.join(" ")) } else { first };
            if let Found::Elsewhere(name) = &found {
                let call = capital(&self.name_with_article(name));
                return Some(format!("{call} {} not here. {}", is_or_are(name), self.could_try()));
            }
            if let Found::Being(being) = &found
                && !being.is_speechless()
            {
                return Some(self.talk_to(being, &clause.rest, Verb::Talk));
            }
            if found != Found::Nothing {
                let call = found.call();
                // `flip the token`
                if let (Found::Held(item), "flip" | "juggle" | "twirl" | "weigh" | "balance" | "rotate") =
                    (&found, *verb)
                {
                    let them = naming::it_or_them(item);
                    let lines = [
                        format!("You {verb} {call}, and have {them} still."),
                        format!("You {verb} {call} once or twice. It passes the time."),
                    ];
                    return Some(self.view.fresh(&lines).to_owned());
                }
                let lines = [
                    format!("You see no way to {verb} {call}."),
                    format!("You have nothing to {verb} {call} with."),
                    format!("Nothing that you have would help you to {verb} {call}."),
                ];
                let more = match &found {
                    Found::Scenery(word) => self.describe(word),
                    _ => self.could_try(),
                };
                return Some(format!("{} {more}", self.view.fresh(&lines)));
            }
        }
        None
    }

    /// The answer to `exits`, and to `Maud sent me`, which is told to whoever is here.
    fn said_in_short(&self, clause: &Clause, words: &[&str]) -> Option<String> {
        if ["exits", "exit", "ways", "ways out", "directions"].contains(&clause.rest.as_str()) {
            return Some(self.ways_out());
        }
        let listener = self.view.speaker().filter(|_| words.len() >= 3)?;
        let names = (1..=2).any(|length| self.view.absent_in(&words[..length].join(" ")).is_some());
        names.then(|| self.talk_to(listener, &clause.whole, Verb::Talk))
    }
}

/// The clause as an order of `wish`.
fn ordered(clause: &Clause, wish: &str) -> Clause {
    Clause {
        verb: Some(Verb::Trade),
        written: "order".to_owned(),
        objects: vec![wish.to_owned()],
        rest: wish.to_owned(),
        ..clause.clone()
    }
}

/// `an apology` of `like an apology`.
fn wished(rest: &str) -> &str {
    ["like ", "want ", "need ", "wish ", "demand ", "to have ", "have "]
        .iter()
        .fold(rest, |rest, word| rest.strip_prefix(word).unwrap_or(rest))
}

/// What may follow a direction in a clause without a verb: `up the stairs`, `north to the lane`.
fn named_way(words: &[&str]) -> bool {
    words.iter().all(|word| ["now", "again", "already", "quickly", "fast", "please"].contains(word))
        || words
            .first()
            .is_some_and(|word| ["the", "to", "into", "through", "along"].contains(word) || direction(word).is_some())
}
