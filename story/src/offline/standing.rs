//! The questions that every story is asked: what to do, how this is played, what time it is, what is here, what happened so far, which
//! ways there are. None of them needs anybody to answer.

use super::clause::Clause;
use super::found::Found;
use super::going::capital;
use super::matter::matter;
use super::naming::the;
use super::telling::Telling;
use super::texts::{joined, sentences_about};
use super::time::asks_for_time_left;
use super::verbs::Verb;

/// What asks for everything that could be done.
const OPTIONS: &[&str] = &[
    "i can do",
    "can i do",
    "i could do",
    "what can i do",
    "what could i do",
    "what can we do",
    "my options",
    "what is there to do",
    "what can i try",
    "what can i use",
    "what could i try",
    "what may i do",
];

/// What asks for what to do next.
const HINTS: &[&str] = &[
    "what should",
    "what now",
    "what do i do",
    "what am i supposed",
    "how do i win",
    "what next",
    "where should",
    "where do i go",
    "how do i get",
    "what must",
    "need to do",
    "my job",
    "my task",
    "my goal",
    "why am i here",
    "what am i doing",
    "my aim",
    "the plan",
    "a plan",
    "help me",
    "help us",
    "my quest",
    "my mission",
    "my objective",
    "the goal",
    "the aim",
    "the objective",
    "object of the game",
    "how to win",
    "win the game",
    "win this",
    "finish the game",
    "beat the game",
    "how does it work",
    "the purpose",
    "what brings me",
    "what brought me",
    "what is this about",
    "what is the story",
    "the point of",
    "do i have to",
    "can i try",
    "how do i",
    "how can i",
];

/// What asks how all this is played.
const MANUAL: &[&str] = &[
    "how do i play",
    "how to play",
    "how do you play",
    "how is this played",
    "how does this work",
    "how does this game work",
    "how do i use this",
    "how do i type",
    "what can i type",
    "what do i type",
    "what commands",
    "which commands",
];

/// What asks how the player is.
const FEELING: &[&str] = &[
    "how do i feel",
    "how am i",
    "how am i feeling",
    "how am i doing",
    "am i ok",
    "am i okay",
    "am i hurt",
    "am i all right",
    "what do i look like",
    "how do i look",
];

/// What asks for what has happened.
pub(super) const SO_FAR: &[&str] = &[
    "so far",
    "have i done",
    "did i do",
    "recap",
    "summary",
    "summarise",
    "summarize",
    "sum up",
    "my situation",
    "until now",
    "up to now",
    "have i been",
];

impl Telling<'_> {
    /// The questions that every story is asked: what to do, what time it is, what is here, which ways there are.
    pub(super) fn standing_question(&self, text: &str) -> Option<String> {
        let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
        if asks_for_time_left(text) {
            return Some(self.time_left());
        }
        if has(OPTIONS) {
            return Some(self.options());
        }
        if has(MANUAL) {
            return Some(self.manual());
        }
        if has(&[
            "anything useful",
            "anything interesting",
            "anything else here",
            "anything to take",
            "anything worth",
            "anything of use",
        ]) {
            return Some(self.look());
        }
        if has(&["how did i get here", "how did i come here", "how did we get here", "why did i come"])
            && let Some(background) = self.background()
        {
            return Some(background);
        }
        if ["is that ok", "is that okay", "is that all right", "is that alright", "is that fine"].contains(&text) {
            let Some(speaker) = self.view.speaker() else {
                return Some(
                    self.view
                        .fresh(&["No one here has anything against it.", "There is no one here to mind."])
                        .to_owned(),
                );
            };
            let who = capital(&speaker.call());
            let lines = [
                ("raises no objection", format!("{who} raises no objection.")),
                ("has anything against it", format!("{who} looks as if it were no matter at all.")),
            ];
            return Some(self.view.fresh_by_stem(&lines).to_owned());
        }
        let state = [" now", " today"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
        if FEELING.contains(&state) {
            return Some(self.describe("myself"));
        }
        if has(SO_FAR) {
            return Some(self.so_far());
        }
        // What somebody here has words for, they are asked.
        let of_duty = ["do i have to ", "do i need to ", "need to do "].iter().any(|duty| text.contains(duty));
        if let Some(listener) = self.view.speaker().filter(|listener| of_duty && self.has_words_for(listener, text)) {
            return Some(self.talk_to(listener, text, Verb::Ask));
        }
        if let Some(sense) = asked_of_senses(text) {
            return Some(self.sensed(sense, if sense == Verb::Smell { "smell" } else { "listen" }));
        }
        if has(&["to eat", "to drink", "any food", "something to eat", "hungry"])
            && ["is there", "do i have", "what is there", "where"].iter().any(|asks| text.starts_with(asks))
        {
            let verb = if text.contains("drink") { Verb::Drink } else { Verb::Eat };
            let clause = Clause {
                verb: Some(verb),
                written: if verb == Verb::Drink { "drink".to_owned() } else { "eat".to_owned() },
                ..Clause::default()
            };
            let food = self.view.items.iter().find(|item| {
                ["kipper", "fish", "bread", "apple", "cake", "pie"].iter().any(|food| item.contains(food))
            });
            return Some(
                food.filter(|_| verb == Verb::Eat).map_or_else(|| self.idle(&clause, verb), |food| self.describe(food)),
            );
        }
        if has(&["dangerous", "in danger", "safe here", "is this safe", "is it safe here"])
            && self.view.speaker().is_none()
            && !text.contains(" to ")
        {
            let monster = self.view.beings.iter().find(|being| being.is_monster);
            let lines = [
                "Nothing that you can see means you any harm.",
                "There is nothing here that threatens you, as far as you can tell.",
                "You see no danger from where you stand.",
            ];
            return Some(monster.map_or_else(
                || format!("{} {}", self.view.fresh(&lines), self.could_try()),
                |monster| self.describe(&monster.name.to_lowercase()),
            ));
        }
        if has(HINTS) {
            return Some(self.hint());
        }
        let has_word = |any: &[&str]| text.split_whitespace().any(|word| any.contains(&word));
        if has_word(&["anyone", "anybody", "someone", "somebody"])
            && has_word(&[
                "here",
                "there",
                "home",
                "around",
                "about",
                "inside",
                "near",
                "watching",
                "following",
                "listening",
            ])
            && !is_about_more(text)
        {
            return Some(self.company());
        }
        if has(&[
            "where is everyone",
            "where is everybody",
            "where's everyone",
            "where's everybody",
            "where are all the people",
        ]) {
            return Some(self.company());
        }
        if has(&["all these people", "who are these people", "who are they all", "who are those people"]) {
            return Some(self.look());
        }
        if has(&["what time", "how late", "what hour", "the time"]) {
            return Some(self.time());
        }
        if has(&[
            "am i carrying",
            "what do i have",
            "what have i got",
            "what have i on me",
            "am i holding",
            "in my pocket",
            "in my bag",
            "in my inventory",
            "in my hand",
            "am i wearing",
            "do i own",
            "my belongings",
            "my possessions",
        ]) {
            return Some(self.inventory());
        }
        if has(&[
            "where am i",
            "what is here",
            "what's around",
            "what is around",
            "what is there here",
            "what's down here",
            "what is down here",
            "what's up here",
            "what's in here",
            "what is in here",
            "what's here",
            "what do i see",
            "what is this place",
            "what can i see",
            "where are we",
        ]) {
            return Some(self.look());
        }
        let mine = ["do i have ", "have i got ", "do i still have ", "am i carrying "]
            .iter()
            .find_map(|opening| text.strip_prefix(opening));
        if let Some(noun) = mine.filter(|noun| !noun.starts_with("to ")) {
            return Some(match self.view.find(noun) {
                Found::Held(item) => format!("You have {} with you.", the(item)),
                _ => format!("Not that you know of. {}", self.inventory()),
            });
        }
        if has(&[
            "who is here",
            "who's here",
            "who else",
            "am i alone",
            "who lives here",
            "who lives around here",
            "who works here",
            "who is around",
        ]) {
            return Some(self.company());
        }
        if has(&[
            "which way",
            "another way",
            "other way",
            "way in",
            "where can i go",
            "where can we go",
            "where could i go",
            "where to go",
            "where else can",
            "which directions",
            "what directions",
            "what ways",
            "what are the exits",
            "what exits",
            "any exits",
            "way out",
            "where are the exits",
        ]) {
            return Some(self.ways_out());
        }
        if has(&["who am i", "what am i", "what is my name", "what's my name"]) {
            return Some(self.who_the_player_is());
        }
        // `do you sell rope?`
        let wanted =
            ["do you sell ", "are you selling ", "do you have "].iter().find_map(|sells| text.strip_prefix(sells));
        let wanted = wanted.filter(|noun| matches!(self.view.find(noun), Found::Nothing | Found::Elsewhere(_)));
        if let (Some(noun), Some(listener)) = (wanted, self.view.speaker())
            && text.contains("sell")
            && !self.has_words_for(listener, noun)
            && !["here", "anything", "something", "things"].iter().any(|any| noun.starts_with(any))
        {
            let who = capital(&listener.call());
            return Some(format!("{who} has no {noun} for sale. {}", self.can_be_asked(listener)));
        }
        if has(&["for sale", "do you sell", "do they sell", "what can i buy", "are you selling", "is sold here"]) {
            return Some(self.on_sale());
        }
        None
    }

    /// What is sold here: what the place says of it, and what lies about.
    fn on_sale(&self) -> String {
        let said =
            ["sell", "stall", "shelf", "tag", "bar"].iter().map(|word| sentences_about(&self.view.description, word));
        let said = said.into_iter().find(|said| !said.is_empty()).unwrap_or_else(|| self.view.description.clone());
        let items: Vec<String> = self.view.items.iter().map(|item| the(item)).collect();
        let items =
            if items.is_empty() { String::new() } else { format!(" Within reach there is {}.", joined(&items, "and")) };
        format!("{said}{items}")
    }
}

/// With which sense it is found what `what's that noise?` asks.
fn asked_of_senses(text: &str) -> Option<Verb> {
    let asks = text.starts_with("what") && text.split(' ').count() <= 5;
    match text.rsplit(' ').next() {
        Some("noise" | "sound") if asks => Some(Verb::Listen),
        Some("smell" | "stink" | "scent") if asks => Some(Verb::Smell),
        _ => None,
    }
}

/// Whether `is anybody buried here?` asks for more than company.
fn is_about_more(text: &str) -> bool {
    const COMPANY: &[&str] =
        &["watching", "following", "home", "inside", "near", "alive", "around", "living", "nearby", "listening"];
    matter(text).is_some_and(|word| !COMPANY.contains(&word))
}
