//! Questions that the player asks, of somebody here or of nobody. The answer never changes anything.

use super::clause::Clause;
use super::found::Found;
use super::going::capital;
use super::naming::{clean, head};
use super::script::is_about;
use super::telling::Telling;
use super::verbs::Verb;
use super::vocabulary::direction;
use crate::world::{Fit, fit};

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
    "do you",
];

impl Telling<'_> {
    /// A question to nobody in particular. It never changes anything.
    pub(super) fn question(&self, clause: &Clause) -> String {
        let text = indirect(&clause.rest);
        if text != clause.rest
            && let Some(listener) = self.view.speaker().filter(|listener| self.has_words_for(listener, text))
        {
            return self.talk_to(listener, text, Verb::Ask);
        }
        if let Some(Found::Being(being)) = clause.objects.first().map(|address| self.view.find(address)) {
            return self.talk_to(being, text, Verb::Ask);
        }
        if text.split(' ').any(|word| ["hell", "fuck", "fucking", "damn", "wtf"].contains(&word)) {
            return self.sworn();
        }
        if let Some(answer) = self.of_the_world(text) {
            return answer;
        }
        let noun = question_noun(text);
        let listener = self.view.speaker();
        if let Some(direction) = direction_asked_about(text) {
            return self.look_toward(direction);
        }
        if let Some(answer) = self.asked_about_somebody(text) {
            return answer;
        }
        // Who takes money knows what it costs.
        if let Some(listener) = listener.filter(|_| asks_for_price(text)) {
            return self.price_of(listener, text).unwrap_or_else(|| self.talk_to(listener, text, Verb::Ask));
        }
        // Why the place is as it is can perhaps be seen.
        let of_place = ["why is there ", "why are there ", "why is the ", "why are the ", "why does the "]
            .iter()
            .any(|why| text.starts_with(why));
        if let Some(noun) = self.asked_about(text).filter(|noun| {
            of_place
                && listener.is_none_or(|listener| !self.has_words_for(listener, text))
                && !noun.starts_with("your ")
        }) {
            return self.describe(&noun);
        }
        if let Some(listener) = listener.filter(|listener| {
            let asks = text.starts_with("who is ") || text.starts_with("who's ");
            asks && !listener.kind.is_empty() && super::matter::shares_a_word(&listener.kind, text)
        }) {
            return self.introduced(listener);
        }
        if let Some(listener) =
            listener.filter(|_| text.starts_with("should i be ") || text.starts_with("should i trust "))
        {
            return self.talk_to(listener, text, Verb::Ask);
        }
        let says_you = text.split_whitespace().any(|word| ["you", "your", "you're", "yours"].contains(&word));
        let of_theirs = self.asked_about(text).filter(|noun| noun.starts_with("your "));
        if let Some(noun) = of_theirs {
            return self.describe(&noun);
        }
        if let Some(listener) = listener.filter(|_| says_you && !text.starts_with("do you see")) {
            return self.talk_to(listener, text, Verb::Ask);
        }
        // Why something is so, somebody who is there may know; what they do not speak of can perhaps be seen.
        if let Some(listener) = listener.filter(|_| text.starts_with("why")) {
            let seen = self.asked_about(text).filter(|_| !self.has_words_for(listener, text));
            return seen.map_or_else(|| self.talk_to(listener, text, Verb::Ask), |noun| self.describe(&noun));
        }
        if let Some(place) = text.starts_with("where").then(|| self.whereabouts(&noun)).flatten() {
            return place;
        }
        // What is before one's eyes says more of itself than what is generally known.
        if let Some(noun) = self.seen_and_asked_about(text) {
            return self.describe(&noun);
        }
        let lore = self.script.lore.iter().find(|lore| lore.when.fits(self.view) && is_about(text, &lore.about));
        if let (Some(_), Some(listener)) = (lore, listener.filter(|listener| self.has_words_for(listener, text))) {
            return self.talk_to(listener, text, Verb::Ask);
        }
        if let Some(lore) = lore {
            return self.view.next(&lore.text).to_owned();
        }
        if text.starts_with("who")
            || text.starts_with("what is")
            || text.starts_with("what's")
            || text.starts_with("what are")
        {
            let found = self.view.find(&noun);
            if let Some(answer) = self.who_is_there(text) {
                return answer;
            }
            if !matches!(found, Found::Nothing | Found::Elsewhere(_) | Found::Several(_)) && !noun.is_empty() {
                return self.describe(&noun);
            }
        }
        if let Some(listener) = listener.filter(|_| ASKS_SOMEBODY.iter().any(|opening| text.starts_with(opening))) {
            return self.talk_to(listener, text, Verb::Ask);
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
        // What people think and know, people are asked.
        let of_minds = text.split_whitespace().any(|word| ["think", "know", "say", "believe", "feel"].contains(&word));
        if let Some(noun) = self.asked_about(text).filter(|_| listener.is_none() || !of_minds) {
            return self.describe(&noun);
        }
        if let Some(thing) = self.thing_asked_about(text).filter(|_| listener.is_none()) {
            return thing;
        }
        if let Some(answer) =
            self.seen_of(text).filter(|_| listener.is_none_or(|listener| !self.has_words_for(listener, text)))
        {
            return answer;
        }
        if let Some(listener) = listener {
            return self.talk_to(listener, text, Verb::Ask);
        }
        // `who lives up there?`
        let toward = text.split(' ').find_map(direction).filter(|_| text.starts_with("wh") && text.contains("there"));
        if let Some(direction) = toward {
            return self.look_toward(direction);
        }
        if ["what happened", "what has happened", "what is going on", "what's going on", "what is happening"]
            .iter()
            .any(|asks| text.starts_with(asks))
            && let Some(background) = self.background()
        {
            return format!("{background} {}", self.could_try());
        }
        if text.starts_with("where ") {
            return format!("That you would have to find. {}", self.ways_out());
        }
        let sought = ["is there ", "is that ", "are there ", "do i see ", "can i see "];
        if let Some(noun) = sought.iter().find_map(|opening| text.strip_prefix(opening)) {
            let ends = [" over there", " in here", " in there", " out there", " around here", " around", " nearby"];
            let noun = ends.iter().fold(noun, |noun, end| noun.strip_suffix(end).unwrap_or(noun));
            return self.describe(noun);
        }
        let of_player = self.known_of_the_player(text);
        let of_player = of_player.or_else(|| text.starts_with("am i ").then(|| self.who_the_player_is()));
        of_player.unwrap_or_else(|| self.unanswered(text))
    }

    /// What the world answers whoever is there: ways, what is inside, what can be done.
    fn of_the_world(&self, text: &str) -> Option<String> {
        // `is there another way to get the boots?` asks for no way out.
        let is_there = || text.starts_with("is there ").then(|| self.possible(text)).flatten();
        self.asked_of_closed_way(text)
            .or_else(|| self.where_leads(text))
            .or_else(is_there)
            .or_else(|| self.way_asked_for(text))
            .or_else(|| self.asked_what_is_inside(text))
            .or_else(|| self.how_to(text))
            .or_else(|| self.standing_question(text))
            .or_else(|| self.polite_request(text))
            .or_else(|| self.possible(text))
    }

    /// `what are you making?`, `is he awake?`: what can be seen of somebody, unless they have words of their own for it.
    fn asked_about_somebody(&self, text: &str) -> Option<String> {
        let all: Vec<&str> = text.split_whitespace().collect();
        let has = |any: &[&str]| all.iter().any(|word| any.contains(word));
        if has(&["you", "your"]) {
            let listener = self.view.speaker().filter(|listener| !self.has_words_for(listener, text))?;
            let asks = text.contains("who are you")
                || text.ends_with("what are you")
                || text.contains("your name")
                || has(&["doing", "making", "wearing", "holding", "carrying"]);
            return asks.then(|| self.introduced(listener));
        }
        // `can the cat come with me?`
        let helps = ["can", "could", "will", "would", "does", "did", "has", "is", "was", "may"];
        let subject = all.split_first().filter(|(first, rest)| helps.contains(first) && !rest.is_empty()).and_then(
            |(_, rest)| {
                (1..=rest.len().min(3)).rev().find_map(|length| match self.view.find(&rest[..length].join(" ")) {
                    Found::Being(being) if !["it", "that", "this"].contains(&rest[0]) => Some(being),
                    _ => None,
                })
            },
        );
        if let Some(being) = subject.filter(|being| being.is_speechless() || !self.has_words_for(being, text)) {
            let who = capital(&being.call());
            // What is so, and not what may be, can be seen.
            if ["is", "was", "does", "did", "has"].contains(&all[0]) {
                return Some(self.describe(&being.name.to_lowercase()));
            }
            let lines = [
                (" alone knows, and does not say", format!("{who} alone knows, and does not say.")),
                ("That is up to", format!("That is up to {who}.")),
                ("would show you, if it came to that", format!("{who} would show you, if it came to that.")),
            ];
            return Some(format!("{} {}", self.view.fresh_by_stem(&lines), self.describe(&being.name.to_lowercase())));
        }
        // `what does Crake look like?`
        let looks =
            ["what does ", "what is ", "what's ", "how does "].iter().find_map(|opening| text.strip_prefix(opening));
        let looks =
            looks.and_then(|rest| [" look like", " look", " like"].iter().find_map(|end| rest.strip_suffix(end)));
        if let Some(noun) = looks.filter(|noun| matches!(self.view.find(noun), Found::Being(_))) {
            return Some(self.describe(noun));
        }
        // When they will do something cannot be seen of them.
        if text.starts_with("when") {
            return None;
        }
        let pronoun = all.iter().take(3).find(|word| ["he", "she", "he's", "she's"].contains(word))?;
        match self.view.find(pronoun.trim_end_matches("'s")) {
            Found::Being(being) if !self.has_words_for(being, text) => Some(self.describe(&being.name.to_lowercase())),
            _ => None,
        }
    }

    /// The thing of a question for what it is or looks like, if it is here and the story describes it here.
    fn seen_and_asked_about(&self, text: &str) -> Option<String> {
        const LOOKS: &[&str] = &[
            "what is ",
            "what's ",
            "what are ",
            "who is on ",
            "who's on ",
            "who's sitting",
            "who is sitting",
            "who sits",
            "is ",
            "are ",
            "does ",
            "do ",
            "how many ",
            "how big",
            "how large",
            "how old is",
            "how old are",
            "how heavy",
            "how tall",
            "what colour",
            "what color",
            "what kind",
            "what sort",
            "what does ",
            "what do ",
            "whose ",
        ];
        let of_minds = ["think", "know", "say", "believe", "feel", "want"]
            .iter()
            .any(|word| text.split(' ').any(|own| own == *word));
        if of_minds || !LOOKS.iter().any(|look| text.starts_with(look)) {
            return None;
        }
        let Some(noun) = self.asked_about(text) else { return self.monster_asked_about(text) };
        let is_described = self.script.things.iter().any(|thing| {
            thing.when.fits(self.view)
                && thing.when.at.is_some()
                && thing.names.iter().any(|name| fit(&noun, name) == Some(Fit::Whole))
        });
        let is_thing = matches!(self.view.find(&noun), Found::Held(_) | Found::Here(_) | Found::Carried(..));
        (is_described || is_thing).then_some(noun)
    }

    /// The monster that `who is sitting on that chair` speaks of.
    fn monster_asked_about(&self, text: &str) -> Option<String> {
        let last = text.split_whitespace().next_back()?;
        match self.view.find(last) {
            Found::Being(being) if being.is_monster => Some(last.to_owned()),
            _ => None,
        }
    }

    /// The answer to `how much is the glass eye?`, for a thing that is here and for which nobody has words.
    fn price_of(&self, listener: &super::entries::Being, text: &str) -> Option<String> {
        let noun = self.asked_about(text).filter(|noun| !self.has_words_for(listener, noun))?;
        let who = capital(&listener.call());
        let call = self.view.find(&noun).call();
        let lines = [
            (" names no price for", format!("{who} names no price for {call}.")),
            (", as far as", format!("{} is not for sale, as far as {who} knows.", capital(&call))),
            ("puts no price on", format!("{who} puts no price on {call}.")),
        ];
        Some(format!("{} {} {}", self.view.fresh_by_stem(&lines), self.describe(&noun), self.can_be_asked(listener)))
    }

    /// What is here and meant by `is the metronome running`, `how deep is the water` and `whose cup is that`: the first noun that is known.
    fn asked_about(&self, text: &str) -> Option<String> {
        let all: Vec<&str> = text.split_whitespace().filter(|word| *word != ",").collect();
        // What is found must be what the noun ends with: `the water cold` is no noun.
        let is_here = |noun: &str| {
            let found = match self.view.find(noun) {
                Found::Held(item) | Found::Here(item) | Found::Carried(_, item) | Found::Inside(_, item) => {
                    item.to_owned()
                }
                Found::Scenery(word) => word,
                _ => return false,
            };
            !["it", "this", "that", "one"].contains(&noun) && head(&found) == head(noun)
        };
        let articles = ["the", "a", "an", "my", "your", "his", "her", "this", "that", "these", "those"];
        let is_thing = |noun: &str| {
            self.script.things.iter().any(|thing| thing.names.iter().any(|name| fit(noun, name) == Some(Fit::Whole)))
        };
        (0..all.len()).find_map(|start| {
            let rest = &all[start..];
            let is_named = |noun: &String| {
                let is_item = matches!(self.view.find(noun), Found::Held(_) | Found::Here(_) | Found::Carried(..));
                (articles.contains(&rest[0]) || is_thing(noun) || is_item) && is_here(noun)
            };
            (1..=rest.len().min(3)).rev().map(|length| rest[..length].join(" ")).find(is_named)
        })
    }
}

/// `what the clock says` of `could you tell me what the clock says`: what is asked, where somebody is asked to tell or to know it.
fn indirect(text: &str) -> &str {
    const TELL: &[&str] = &[
        "can you tell me ",
        "could you tell me ",
        "can you please tell me ",
        "could you please tell me ",
        "would you tell me ",
        "will you tell me ",
        "can you explain ",
        "could you explain ",
        "do you know ",
        "would you know ",
        "any idea ",
        "do you have any idea ",
        "may i ask ",
        "can i ask ",
        "can i ask you ",
        "may i ask you ",
        "could i ask you ",
    ];
    let asks = ["what", "who", "where", "why", "how", "when", "which", "if", "whether"];
    let asked = TELL.iter().find_map(|opening| text.strip_prefix(opening));
    asked.filter(|asked| asks.contains(&asked.split(' ').next().unwrap_or_default())).unwrap_or(text)
}

/// The direction of `what's upstairs?` and `what is to the north?`.
fn direction_asked_about(text: &str) -> Option<&'static str> {
    let asks = ["what's ", "what is ", "what lies ", "who's ", "who is ", "who lives ", "what do i see "]
        .iter()
        .find_map(|asks| text.strip_prefix(asks))?;
    let words: Vec<&str> = asks
        .split(' ')
        .filter(|word| !["to", "the", "of", "here", "me", "from", "there", "over"].contains(word))
        .collect();
    match words.as_slice() {
        [one] => direction(one),
        _ => None,
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

/// Whether it is asked what something costs.
pub(super) fn asks_for_price(text: &str) -> bool {
    ["how much", "what does it cost", "the price", "the fare", "what do i owe", "the fee", "how expensive"]
        .iter()
        .any(|part| text.contains(part))
        && !text.contains("how much time")
}
