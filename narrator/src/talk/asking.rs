//! Questions that the player asks, of somebody here or of nobody. The answer never changes anything.

use super::asked_of_them::is_of_weather;
use crate::looking::scraps;
use crate::looking::subject::{asks_for_price, direction_asked_about, indirect, question_noun};
use crate::reading::clause::Clause;
use crate::reading::rewording::CARRIES;
use crate::reading::verbs::Verb;
use crate::reading::vocabulary::direction;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::matter;
use crate::world::naming;
use crate::world::script::is_about;
use crate::world::texts::capital;

/// How a question begins that somebody who is there is to answer.
const ASKS_SOMEBODY: &[&str] = &[
    "can you",
    "could you",
    "would you",
    "will you",
    "can i have",
    "can i borrow",
    "could i have",
    "could i borrow",
    "may i have",
    "may i borrow",
    "can i get",
    "could i get",
    "may i get",
    "could i trouble you",
    "can i trouble you",
    "may i trouble you",
    "do you",
];

impl Telling<'_> {
    /// A question to nobody in particular. It never changes anything.
    pub(crate) fn question(&self, clause: &Clause) -> String {
        let text = indirect(&clause.rest);
        let lasts = text.strip_suffix(" take").or_else(|| text.strip_suffix(" last"));
        let text = lasts.filter(|_| text.starts_with("how long")).unwrap_or(text);
        self.asked_of_somebody_named(clause, text)
            .or_else(|| self.own_asked_about(text))
            .or_else(|| self.asked_who_they_are(text))
            .or_else(|| self.asked_to_have(text))
            .or_else(|| self.asked_whose(text))
            .or_else(|| self.asked_to_be_carried(text))
            .or_else(|| self.asked_which(text))
            .or_else(|| self.asked_plainly(text))
            .or_else(|| self.where_they_are(text))
            .or_else(|| self.asked_for_a_trade(text))
            .or_else(|| self.told_about(text))
            .or_else(|| self.of_the_story(text))
            .or_else(|| self.asked_whether_they(text))
            .or_else(|| self.read_and_asked_about(text))
            .or_else(|| self.asked_of_a_spot(text))
            .or_else(|| self.asked_for_price_of_nobody(text))
            .or_else(|| is_sworn(text).then(|| self.sworn()))
            .or_else(|| self.of_the_world(text))
            .or_else(|| self.seen_that_way(text))
            .or_else(|| self.asked_about_somebody(text))
            .or_else(|| self.asked_for_price(text))
            .or_else(|| self.asked_what_is_in_a_part(text))
            .or_else(|| self.asked_what_a_thing_does(text))
            .or_else(|| self.why_the_place_is_so(text))
            .or_else(|| self.asked_of_listener(text))
            .or_else(|| self.asked_of_them_by_name(text))
            .or_else(|| self.asked_why(text))
            .or_else(|| text.starts_with("where").then(|| self.whereabouts(&question_noun(text))).flatten())
            // What is before one's eyes says more of itself than what is generally known.
            .or_else(|| self.seen_and_asked_about(text).map(|noun| self.describe(&noun)))
            .or_else(|| self.generally_known(text))
            .or_else(|| self.who_or_what_it_is(text))
            .or_else(|| self.asked_a_favour(text))
            .or_else(|| self.whether_to_try(text))
            .or_else(|| self.seen_of_what_is_meant(text))
            .or_else(|| self.view.speaker().map(|listener| self.talk_to(listener, text, Verb::Ask)))
            .or_else(|| self.asked_of_nobody(text))
            .unwrap_or_else(|| self.unanswered(text))
    }

    /// A question for somebody who is named, and `could you tell me …` where somebody here has words for it.
    fn asked_of_somebody_named(&self, clause: &Clause, text: &str) -> Option<String> {
        let is_indirect = text != clause.rest;
        let listener = self.view.speaker().filter(|listener| is_indirect && self.has_words_for(listener, text));
        if let Some(listener) = listener {
            return Some(self.talk_to(listener, text, Verb::Ask));
        }
        match self.view.find(clause.objects.first()?) {
            Found::Being(being) => Some(self.talk_to(being, text, Verb::Ask)),
            _ => None,
        }
    }

    /// `can I have the fish?`: it is held already, it lies here, or it is not here.
    fn asked_to_have(&self, text: &str) -> Option<String> {
        let noun = [
            "can i have ",
            "could i have ",
            "may i have ",
            "might i have ",
            "can i get ",
            "could i get ",
            "can we have ",
        ]
        .iter()
        .find_map(|asks| text.strip_prefix(asks))?;
        if !["the ", "that ", "this ", "my "].iter().any(|one| noun.starts_with(one)) || noun.split(' ').count() > 4 {
            return None;
        }
        let listener = self.view.speaker().filter(|listener| self.has_words_for(listener, text));
        let found = self.view.find(noun);
        match &found {
            Found::Held(_) | Found::Here(_) | Found::Inside(..) => Some(
                listener
                    .map_or_else(|| self.possible_taking(&found), |being| Some(self.talk_to(being, text, Verb::Ask)))?,
            ),
            Found::Elsewhere(_) if listener.is_none() => self.whereabouts(noun),
            Found::Nothing if listener.is_none() => Some(self.not_here(noun)),
            _ => None,
        }
    }

    /// `can you take me over?`: whether one can get there.
    fn asked_to_be_carried(&self, text: &str) -> Option<String> {
        let deed =
            ["can you ", "could you ", "will you ", "would you "].iter().find_map(|asks| text.strip_prefix(asks))?;
        let (carries, rest) = deed.split_once(' ')?;
        let place = rest.strip_prefix("me ").or_else(|| rest.strip_prefix("us "))?;
        let leads = ["to ", "over", "across"].iter().any(|toward| place.starts_with(toward));
        (CARRIES.contains(&carries) && leads).then(|| self.possible(&format!("can i go {place}"))).flatten()
    }

    /// `who is the cup for?`, `whose cat is this?` and `who lives here?`: somebody who has words of their own for it.
    fn asked_whose(&self, text: &str) -> Option<String> {
        let asks = ["whose ", "who lives ", "who lived ", "who owns "].iter().any(|asks| text.starts_with(asks))
            || (text.starts_with("who") && text.ends_with(" for"));
        let listener = self.view.speaker().filter(|listener| asks && self.has_words_for(listener, text))?;
        Some(self.talk_to(listener, text, Verb::Ask))
    }

    /// `how much is it?`: who takes money knows what it costs.
    fn asked_for_price(&self, text: &str) -> Option<String> {
        let listener = self.view.speaker().filter(|_| asks_for_price(text))?;
        Some(self.price_of(listener, text).unwrap_or_else(|| self.talk_to(listener, text, Verb::Ask)))
    }

    /// What is seen that way; who is there, somebody here may know.
    fn seen_that_way(&self, text: &str) -> Option<String> {
        let direction = direction_asked_about(text)?;
        let listener =
            self.view.speaker().filter(|listener| text.starts_with("who") && self.has_words_for(listener, text));
        Some(listener.map_or_else(|| self.look_toward(direction), |listener| self.talk_to(listener, text, Verb::Ask)))
    }

    /// Why the place is as it is can perhaps be seen.
    fn why_the_place_is_so(&self, text: &str) -> Option<String> {
        let of_place = ["why is there ", "why are there ", "why is the ", "why are the ", "why does the "]
            .iter()
            .any(|why| text.starts_with(why));
        if !of_place || self.view.speaker().is_some_and(|listener| self.has_words_for(listener, text)) {
            return None;
        }
        if let Some(known) = self.known_of_why(text) {
            return Some(known);
        }
        let noun = self.asked_about(text).filter(|noun| !noun.starts_with("your "))?;
        Some(self.describe(&noun))
    }

    /// Who somebody is, whether to trust them, what is theirs, and whatever else is asked with `you`.
    fn asked_of_listener(&self, text: &str) -> Option<String> {
        let listener = self.view.speaker();
        let asks_who = text.starts_with("who is ") || text.starts_with("who's ");
        if let Some(listener) = listener
            .filter(|listener| asks_who && !listener.kind.is_empty() && matter::shares_a_word(&listener.kind, text))
        {
            return Some(self.introduced(listener));
        }
        let of_trust = text.starts_with("should i be ") || text.starts_with("should i trust ");
        if let Some(listener) = listener.filter(|_| of_trust) {
            return Some(self.talk_to(listener, text, Verb::Ask));
        }
        let is_favour = ASKS_SOMEBODY.iter().any(|opening| opening.contains(" i ") && text.starts_with(opening));
        let asks_leave = ["can i ", "may i ", "could i ", "might i "].iter().any(|asks| text.starts_with(asks));
        let leave = listener.filter(|listener| asks_leave && self.has_words_for(listener, text));
        if let Some(listener) = leave {
            return Some(self.talk_to(listener, text, Verb::Ask));
        }
        if let Some(noun) = self.asked_about(text).filter(|noun| noun.starts_with("your ") && !is_favour) {
            return Some(self.describe(&noun));
        }
        let says_you = text.split_whitespace().any(|word| ["you", "your", "you're", "yours"].contains(&word));
        let listener = listener.filter(|_| says_you && !text.starts_with("do you see"))?;
        Some(self.talk_to(listener, text, Verb::Ask))
    }

    /// Why something is so, somebody who is there may know; what they do not speak of can perhaps be seen.
    fn asked_why(&self, text: &str) -> Option<String> {
        let listener = self.view.speaker().filter(|_| text.starts_with("why"))?;
        let seen = self.asked_about(text).filter(|_| !self.has_words_for(listener, text));
        Some(seen.map_or_else(|| self.talk_to(listener, text, Verb::Ask), |noun| self.describe(&noun)))
    }

    /// What everybody knows, from somebody here if they have words of their own for it.
    fn generally_known(&self, text: &str) -> Option<String> {
        let lore = self.script.lore.iter().find(|lore| self.view.fits(&lore.when) && is_about(text, &lore.about))?;
        let listener = self.view.speaker().filter(|listener| self.has_words_for(listener, text));
        Some(
            listener.map_or_else(
                || self.view.next(&lore.text).to_owned(),
                |listener| self.talk_to(listener, text, Verb::Ask),
            ),
        )
    }

    /// `who is that?`, `what are these?`
    fn who_or_what_it_is(&self, text: &str) -> Option<String> {
        if !["who", "what is", "what's", "what are"].iter().any(|asks| text.starts_with(asks)) {
            return None;
        }
        let noun = question_noun(text);
        let is_found = || !matches!(self.view.find(&noun), Found::Nothing | Found::Elsewhere(_) | Found::Several(_));
        self.who_is_there(text).or_else(|| (!noun.is_empty() && is_found()).then(|| self.describe(&noun)))
    }

    /// `can I borrow your lamp?`
    fn asked_a_favour(&self, text: &str) -> Option<String> {
        let listener = self.view.speaker().filter(|_| ASKS_SOMEBODY.iter().any(|opening| text.starts_with(opening)))?;
        // `can I have some juice?`, where there is none
        let wish =
            ["can i have ", "could i have ", "may i have ", "do you have ", "can i get ", "could i get ", "may i get "]
                .iter()
                .find_map(|asks| text.strip_prefix(asks));
        let noun =
            wish.and_then(|wish| ["some ", "a ", "an ", "any "].iter().find_map(|article| wish.strip_prefix(article)));
        let is_missing = |noun: &&str| {
            noun.split(' ').count() <= 2
                && !scraps::is_scrap(noun)
                && !naming::is_abstract(noun)
                && self.view.find(noun) == Found::Nothing
                && !self.has_words_for(listener, noun)
        };
        if let Some(noun) = noun.filter(is_missing) {
            let who = capital(&listener.call());
            let lines = [
                ("has none to give", format!("As for {noun}, {who} has none to give.")),
                ("There is none of that here", format!("'{}? There is none of that here,' says {who}.", capital(noun))),
                ("cannot help you to", format!("{who} cannot help you to {noun}.")),
            ];
            return Some(format!("{} {}", self.view.fresh_by_stem(&lines), self.can_be_asked(listener)));
        }
        Some(self.talk_to(listener, text, Verb::Ask))
    }

    /// `should I pull the chain?`: nothing is done by asking.
    fn whether_to_try(&self, text: &str) -> Option<String> {
        if !["can", "could", "may", "shall", "should", "might"].iter().any(|may| text.starts_with(may)) {
            return None;
        }
        // `can I have the newspaper?`, where there is none.
        let wish = ["can i have ", "could i have ", "may i have ", "can we have "]
            .iter()
            .find_map(|asks| text.strip_prefix(asks));
        if let Some(noun) = wish.filter(|noun| matches!(self.view.find(noun), Found::Nothing | Found::Elsewhere(_))) {
            return Some(self.not_here(noun));
        }
        let lines = [
            "You could try it and see.",
            "There is one way to find out.",
            "Nothing has been done yet; you have only wondered.",
            "That would be for you to do, and not only to ask.",
        ];
        Some(format!("{} {}", self.view.fresh(&lines), self.could_try()))
    }

    /// What can be seen of what is meant, unless it is for somebody here to say.
    fn seen_of_what_is_meant(&self, text: &str) -> Option<String> {
        let listener = self.view.speaker();
        // What people think and know, people are asked.
        let of_minds = text.split_whitespace().any(|word| ["think", "know", "say", "believe", "feel"].contains(&word));
        if let Some(noun) = self.asked_about(text).filter(|_| listener.is_none() || !of_minds) {
            return Some(self.describe(&noun));
        }
        if let Some(thing) = self.thing_asked_about(text).filter(|_| listener.is_none()) {
            return Some(thing);
        }
        self.seen_of(text).filter(|_| listener.is_none_or(|listener| !self.has_words_for(listener, text)))
    }

    /// What is left to say where nobody is who could answer.
    fn asked_of_nobody(&self, text: &str) -> Option<String> {
        // `who lives up there?`
        let toward = text.split(' ').find_map(direction).filter(|_| text.starts_with("wh") && text.contains("there"));
        if let Some(direction) = toward {
            return Some(self.look_toward(direction));
        }
        let of_events =
            ["what happened", "what has happened", "what is going on", "what's going on", "what is happening"];
        if of_events.iter().any(|asks| text.starts_with(asks))
            && let Some(background) = self.background()
        {
            return Some(format!("{background} {}", self.could_try()));
        }
        if text.starts_with("who lived ")
            && let Some(background) = self.background()
        {
            return Some(background);
        }
        if let Some(text) = self.why_it_is_so_here(text) {
            return Some(text);
        }
        if text.starts_with("where ") {
            return Some(format!("That you would have to find. {}", self.ways_out()));
        }
        let sought = ["is there ", "is that ", "are there ", "do i see ", "can i see "];
        if let Some(noun) = sought.iter().find_map(|opening| text.strip_prefix(opening)) {
            let ends = [" over there", " in here", " in there", " out there", " around here", " around", " nearby"];
            let noun = ends.iter().fold(noun, |noun, end| noun.strip_suffix(end).unwrap_or(noun));
            return Some(self.describe(noun));
        }
        self.weather(text)
            .or_else(|| self.known_of_somebody(text))
            .or_else(|| self.known_of_the_player(text))
            .or_else(|| text.starts_with("am i ").then(|| self.who_the_player_is()))
            .or_else(|| self.seen_of_it(text))
    }

    /// `whose name is it?`: what was named last, once more.
    fn seen_of_it(&self, text: &str) -> Option<String> {
        // `how cold is it?` asks of the weather.
        let is_impersonal = (text.starts_with("how ") && text.ends_with(" is it")) || is_of_weather(text);
        let asks_of_it = !is_impersonal && text.split(' ').any(|word| ["it", "that", "this"].contains(&word));
        let found = self.view.find("it");
        let is_thing = matches!(found, Found::Held(_) | Found::Here(_) | Found::Scenery(_) | Found::Inside(..));
        (asks_of_it && is_thing).then(|| self.describe(&naming::clean(&found.call())))
    }

    /// What the world answers whoever is there: ways, what is inside, what can be done.
    fn of_the_world(&self, text: &str) -> Option<String> {
        // `is there another way to get the boots?` asks for no way out.
        let is_there = || text.starts_with("is there ").then(|| self.possible(text)).flatten();
        self.asked_of_closed_way(text)
            .or_else(|| self.how_far(text))
            .or_else(|| self.where_leads(text))
            .or_else(is_there)
            .or_else(|| self.way_asked_for(text))
            .or_else(|| self.asked_what_is_inside(text))
            .or_else(|| self.how_to(text))
            .or_else(|| self.standing_question(text))
            .or_else(|| self.polite_request(text))
            .or_else(|| self.possible(text))
    }
}

/// Whether it is asked with a curse.
fn is_sworn(text: &str) -> bool {
    text.split(' ').any(|word| ["hell", "fuck", "fucking", "damn", "wtf"].contains(&word))
}
