//! What newcomers ask first, in the words that they use: what can be heard and seen, who is here, what could be taken, whether there is a way
//! up or down, and who the man over there is. None of it needs a noun of the story.

use crate::reading::verbs::Verb;
use crate::reading::vocabulary::direction;
use crate::telling::Telling;
use crate::world::naming::{from_here, is_or_are, the};
use crate::world::texts::{capital, joined};

/// What asks for what can be heard.
const HEARD: &[&str] = &[
    "what do i hear",
    "what can i hear",
    "can i hear anything",
    "do i hear anything",
    "what does it sound",
    "what is there to hear",
    "did i hear that",
    "did i hear something",
];

/// What asks for what can be smelled.
const SMELLED: &[&str] = &[
    "what do i smell",
    "what can i smell",
    "can i smell anything",
    "do i smell anything",
    "what does it smell",
    "how does it smell",
    "what is there to smell",
];

/// What asks for what can be seen.
const SEEN: &[&str] = &[
    "what is there to be seen",
    "what is there to see",
    "what's there to see",
    "what's to be seen",
    "what can be seen",
    "what is to be seen",
];

/// What asks for people.
const PEOPLE: &[&str] = &[
    "who's in here",
    "who is in here",
    "who's in this",
    "who can i talk to",
    "who could i talk to",
    "who can i ask",
    "who could i ask",
    "who can i speak",
    "who is there to talk to",
    "is there no one",
    "is there nobody",
    "is nobody here",
];

/// How a question for anybody begins.
const ANYBODY: &[&str] =
    &["is there anybody", "is there anyone", "is there somebody", "is there someone", "is anybody", "is anyone"];

/// How somebody is called by their looks.
pub(crate) const BY_LOOKS: &[&str] =
    &["man", "woman", "lady", "gentleman", "fellow", "boy", "girl", "person", "guy", "chap", "figure"];

impl Telling<'_> {
    /// The answer to what any newcomer to any story may ask.
    pub(crate) fn asked_plainly(&self, text: &str) -> Option<String> {
        let begins = |with: &[&str]| with.iter().any(|part| text.starts_with(part));
        if begins(HEARD) {
            return Some(self.sensed(Verb::Listen, "listen"));
        }
        if begins(SMELLED) {
            return Some(self.sensed(Verb::Smell, "smell"));
        }
        if begins(SEEN) {
            return Some(self.look());
        }
        if begins(PEOPLE) || asks_for_anybody(text) {
            return Some(self.company());
        }
        // `where is the exit?`
        let of_exit =
            ["where is the ", "where's the ", "where are the "].iter().find_map(|asks| text.strip_prefix(asks));
        if of_exit.is_some_and(|exit| {
            ["exit", "exits", "way out", "ways out", "way out of here", "way forward"].contains(&exit)
        }) {
            return Some(self.ways_out());
        }
        // `is there somewhere warm to go?`
        let of_somewhere = ["is there somewhere ", "is there anywhere "].iter().any(|asks| text.starts_with(asks));
        if of_somewhere
            && [" to go", " i can go", " to rest", " to sleep", " to stay", " to sit", " else"]
                .iter()
                .any(|end| text.contains(end))
        {
            return Some(self.ways_out());
        }
        // `what is the tide office?`, in it
        let of_here =
            ["what is the ", "what's the ", "what is ", "what's "].iter().find_map(|asks| text.strip_prefix(asks));
        if of_here.is_some_and(|place| place.eq_ignore_ascii_case(&self.view.here)) {
            return Some(self.look());
        }
        self.asked_for_things_to_take(text)
            .or_else(|| self.asked_whether_near(text))
            .or_else(|| self.asked_for_a_way(text))
            .or_else(|| self.asked_who_is_seen(text))
            .or_else(|| self.asked_of_a_sleeper(text))
    }

    /// `could you give me the lamp?`, where the only one who could sleeps.
    fn asked_of_a_sleeper(&self, text: &str) -> Option<String> {
        let says_you = text.split(' ').any(|word| ["you", "your", "yours"].contains(&word));
        let is_request = ["can you", "could you", "would you", "will you", "do you", "are you", "have you", "did you"];
        let asks = says_you && is_request.iter().any(|asks| text.starts_with(asks));
        let sleeper = self.view.beings.iter().find(|being| being.is_asleep()).filter(|_| asks)?;
        if self.view.speaker().is_some() {
            return None;
        }
        // `would you kindly wake up?`
        if text.split(' ').any(|word| word == "wake") {
            return Some(self.talk_to(sleeper, "", Verb::Wake));
        }
        Some(format!("{} {}", self.slept_through(&capital(&sleeper.call())), self.could_try()))
    }

    /// `is it safe here?`, where nobody is asked.
    pub(crate) fn asked_of_danger(&self, text: &str) -> Option<String> {
        let of_danger =
            ["dangerous", "in danger", "safe here", "is this safe", "am i safe"].iter().any(|part| text.contains(part))
                || text == "is it safe";
        let has_words = self.view.speaker().is_some_and(|listener| self.has_words_for(listener, text));
        if !of_danger || has_words || text.contains(" to ") {
            return None;
        }
        if let Some(monster) = self.view.beings.iter().find(|being| being.is_monster) {
            return Some(self.describe(&monster.name.to_lowercase()));
        }
        let lines = [
            "Nothing that you can see means you any harm.",
            "There is nothing here that threatens you, as far as you can tell.",
            "You see no danger from where you stand.",
        ];
        Some(format!("{} {}", self.view.fresh(&lines), self.could_try()))
    }

    /// `is the cat around here?`
    fn asked_whether_near(&self, text: &str) -> Option<String> {
        let noun = ["is ", "are "].iter().find_map(|asks| text.strip_prefix(asks))?;
        let ends =
            [" at home", " around here", " around", " nearby", " near here", " somewhere here", " anywhere here"];
        let noun = ends.iter().find_map(|end| noun.strip_suffix(end)).filter(|noun| noun.starts_with("the "))?;
        self.whereabouts(noun)
    }

    /// `is there anything here I could take?`
    fn asked_for_things_to_take(&self, text: &str) -> Option<String> {
        let asks = ["is there anything", "is there something", "what can i take", "what could i take", "what is there"];
        let takes =
            ["could take", "can take", "can i take", "could i take", "to take", "may take", "can carry", "could carry"];
        if !asks.iter().any(|asks| text.starts_with(asks)) || !takes.iter().any(|takes| text.contains(takes)) {
            return None;
        }
        let items = self.view.items.iter().filter(|item| !self.view.is_fixed(item)).map(|item| the(item));
        let items: Vec<String> = items.collect();
        if items.is_empty() {
            let lines = ["There is nothing here that you could carry away.", "Nothing here is to be carried away."];
            return Some(format!("{} {}", self.view.fresh(&lines), self.could_try()));
        }
        let items = joined(&items, "and");
        let lines = [
            ("within your reach", format!("There is {items} within your reach.")),
            ("You could take", format!("You could take {items}.")),
        ];
        Some(self.view.fresh_by_stem(&lines).to_owned())
    }

    /// `is there a way down?`, `is there a hole in the floor I could climb down?`
    fn asked_for_a_way(&self, text: &str) -> Option<String> {
        const WAYS: &[&str] =
            &["way", "path", "stair", "stairs", "staircase", "ladder", "hole", "hatch", "trapdoor", "passage"];
        let sought = ["is there a ", "is there any ", "are there any ", "is there another "]
            .iter()
            .find_map(|opening| text.strip_prefix(opening))?;
        let mut sought = sought.split(' ');
        let is_way = sought.next().is_some_and(|first| WAYS.contains(&first));
        // `is there a way across?`
        if is_way && text.split(' ').any(|word| ["across", "over"].contains(&word)) {
            let way = self.way_over_water()?;
            return Some(format!(
                "There is: {} {} {}.",
                the(&way.place),
                is_or_are(&way.place),
                from_here(&way.direction)
            ));
        }
        let toward = sought.find_map(direction).filter(|_| is_way)?;
        Some(match self.way_by_direction(toward) {
            Some(way) => match &way.blocked {
                Some(reason) => format!("Not that way: {reason} {}", self.ways_out()),
                None => {
                    format!("There is: {} {} {}.", the(&way.place), is_or_are(&way.place), from_here(&way.direction))
                }
            },
            None => self.no_way(&format!("There is no way {toward} from here.")),
        })
    }

    /// `who is the old man behind the counter?`, where only one can be meant.
    fn asked_who_is_seen(&self, text: &str) -> Option<String> {
        let noun = ["who is the ", "who's the ", "who is that ", "who's that ", "who is this ", "who's this "]
            .iter()
            .find_map(|asks| text.strip_prefix(asks))?;
        // Who is in a picture is not who stands here.
        let is_shown = ["picture", "photo", "photograph", "painting", "portrait", "water", "story"]
            .iter()
            .any(|shown| noun.contains(shown));
        let looks = noun.split(' ').take(3).find(|word| BY_LOOKS.contains(word)).filter(|_| !is_shown)?;
        let pronoun = pronoun_of(looks);
        let mut beings = self.view.beings.iter().filter(|being| !being.is_monster);
        let only =
            beings.next().filter(|only| beings.next().is_none() && self.view.may_be_called(&only.name, pronoun))?;
        // What the story says of `the man in the wreck` is not about who stands here.
        let stands_there =
            [" with the ", " behind the ", " at the ", " by the "].iter().any(|where_to| noun.contains(where_to));
        if !stands_there && self.has_words_for(only, noun) {
            return None;
        }
        Some(if only.is_speechless() { self.describe(&only.name.to_lowercase()) } else { self.introduced(only) })
    }

    /// That one goes up to whom `place` calls by their looks.
    pub(crate) fn gone_up_to(&self, place: &str) -> Option<String> {
        let looks = place.split(' ').find(|word| BY_LOOKS.contains(word))?;
        let being = self.view.speaker().filter(|being| self.view.may_be_called(&being.name, pronoun_of(looks)))?;
        Some(format!("You go up to {}. {}", being.call(), capital(&self.can_be_asked(being))))
    }
}

/// What somebody is called in short who is called by these looks.
fn pronoun_of(looks: &str) -> &'static str {
    match looks {
        "man" | "gentleman" | "fellow" | "boy" | "guy" | "chap" => "he",
        "woman" | "lady" | "girl" => "she",
        _ => "they",
    }
}

/// `is there anybody I can talk to?`, `is there anybody drinking here?`
fn asks_for_anybody(text: &str) -> bool {
    let Some(rest) = ANYBODY.iter().find_map(|asks| text.strip_prefix(asks)) else { return false };
    let rest: Vec<&str> =
        rest.split_whitespace().filter(|word| !["here", "there", "in", "around", "else"].contains(word)).collect();
    match rest.as_slice() {
        [] | ["i" | "to", ..] => rest.is_empty() || rest.iter().any(|word| ["talk", "ask", "speak"].contains(word)),
        ["the" | "this", _] | ["who" | "that", ..] => true,
        [doing] => doing.ends_with("ing") && *doing != "missing",
        _ => false,
    }
}
