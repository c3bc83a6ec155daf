//! Questions about somebody's own life: their name, how they are, how old, whether they are married, like it here, are afraid. What their
//! description says of it is the answer; where it says nothing, they answer as anybody would, and the narrator names what they can be
//! asked.

use story::{fit, words};

use crate::telling::Telling;
use crate::world::entries::Being;
use crate::world::matter::shares_a_word;
use crate::world::naming::the;
use crate::world::texts::{capital, joined, sentences};

/// What of their life somebody is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Name,
    Health,
    Age,
    Kin,
    Time,
    Liking,
    Home,
    Mood,
    Belief,
    Company,
}

const LIFE: &[(Life, &str)] = &[
    (
        Life::Name,
        "your name, your first name, your last name, your full name, your real name, your surname, your story, your deal, what is yours, what's yours, and yours, who are you, who you are, who might you be, are you called, call you, introduce yourself, about yourself, \
         do you do here, your job here, do for a living, who she is, who he is, she is called, he is called, she's called, he's called, is she called, is he called",
    ),
    (
        Life::Health,
        "how are you, how do you do, how's it going, how is it going, how are things, how you doing, how do you feel, how have you been, \
         are you ok, are you okay, are you all right, are you alright, are you well, what's up with you, are you fine, how's life, how's business, how is business, how's trade, how's your, how is your",
    ),
    (Life::Age, "how old, your age, your birthday, when were you born"),
    (
        Life::Kin,
        "married, husband, wife, children, kids, child, son, daughter, your family, your mother, your father, your parents, your sister, \
         your brother, your friend, friends, girlfriend, boyfriend, single, grandchildren, a family, any family, siblings, widow",
    ),
    (
        Life::Time,
        "how long have you, how long did you, how many years have you, since when, have you always, have you been here, \
         have you worked, have you lived, ever been, ever left, ever leave",
    ),
    (
        Life::Liking,
        "don't you ever, do you ever, do you always, do you never, do you like, you like it, do you enjoy, do you love, your favourite, your favorite, do you hate, do you prefer, would you like, your hobby, hobbies, what do you dream, do you dream, do you miss, do you regret",
    ),
    (
        Life::Home,
        "where are you from, where do you live, do you live, you live here, you live alone, where were you born, where do you come from, your home, your house, where do you sleep",
    ),
    (
        Life::Mood,
        "are you happy, are you sad, are you afraid, are you scared, are you lonely, are you bored, are you tired, are you cold, \
         are you hungry, are you angry, are you mad, are you sick, are you drunk, are you busy, are you alone, are you sleepy, are you nervous, \
         are you worried, are you frightened, does it scare you, do you ever sleep, do you get, do you ever get, aren't you, don't you get",
    ),
    (
        Life::Company,
        "come with me, coming with me, come along, go with me, join me, follow me, accompany me, leave with me, coming too, stay with me",
    ),
    (
        Life::Belief,
        "do you believe, do you trust, do you think, what do you think, can i trust you, can you keep, are you lying, are you a ghost, are you dead, \
         are you alive, are you real, are you human, are you a, are you an, do you know me, do you remember, have you seen, have you met, \
         did you see, what's your opinion",
    ),
];

/// Words that make any question to somebody one about themselves.
const OWN: &[&str] = &["you", "your", "you're", "yours", "yourself", "you've", "you'd"];

/// What somebody can be, in a word that does not end like one.
const STATES: &[&str] = &[
    "sad", "ok", "okay", "well", "fine", "mad", "ill", "sick", "cold", "hot", "warm", "old", "young", "alone", "real",
    "dead", "alive", "safe", "sure", "free", "rich", "poor", "blind", "deaf", "serious", "asleep", "awake", "here",
    "there", "married", "single", "human", "afraid", "nice", "good", "bad", "evil", "kind", "mean", "rude", "local",
    "lost", "hurt", "drunk", "bored", "new", "open", "shy", "upset", "glad", "proud",
];

/// How words end that say what somebody is like.
const STATE_ENDS: &[&str] =
    &["ing", "ed", "y", "ful", "less", "ous", "ive", "ent", "ant", "al", "ish", "ble", "ic", "en", "id"];

fn life(topic: &str) -> Option<Life> {
    let text = format!(" {} ", topic.replace(" ,", ""));
    let has = |part: &str| text.contains(&format!(" {part} ")) || text.ends_with(&format!(" {part}"));
    if ["what's up", "what is up"].contains(&topic) {
        return Some(Life::Health);
    }
    let found = LIFE.iter().find(|(_, parts)| parts.split(", ").map(str::trim).any(has)).map(|(life, _)| *life);
    let is_own = topic.split_whitespace().any(|word| OWN.contains(&word));
    // `are you crying?`
    let is_mood = || {
        let state = topic.strip_prefix("are you ").or_else(|| topic.strip_prefix("were you "));
        let state = state.map(|state| {
            state
                .split(' ')
                .filter(|word| !["so", "very", "really", "always", "still", ","].contains(word))
                .collect::<Vec<_>>()
        });
        let [one] = state?[..] else { return None };
        // `are you Bob?`
        let is_state = STATES.contains(&one) || STATE_ENDS.iter().any(|end| one.len() > 4 && one.ends_with(end));
        (!one.ends_with("'s")).then_some(if is_state { Life::Mood } else { Life::Name })
    };
    let found = found.or_else(is_mood);
    let is_of_name = ["she is", "he is", "who she", "who he", "called"].iter().any(|part| text.contains(part));
    found.filter(|life| is_own || (*life == Life::Name && is_of_name) || matches!(life, Life::Age | Life::Health))
}

impl Telling<'_> {
    /// The answer of somebody to a question about themselves, for which the story has no words; `None` if it is about something else.
    pub(crate) fn of_themselves(&self, being: &Being, topic: &str) -> Option<String> {
        let topic = &spoken_to(topic);
        let who = capital(&being.call());
        // `are you really eighty?` is asked of what can be seen.
        let is_of_looks = ["are you ", "were you ", "is it true ", "why do you ", "why are you ", "do you always "]
            .iter()
            .any(|asks| topic.contains(asks));
        let seen = sentences(&being.about).into_iter().find(|sentence| is_of_looks && shares_a_word(sentence, topic));
        if let Some(seen) = seen {
            return Some(self.as_you_see(&who, seen));
        }
        // `are you the boss here?`
        let is_of_rank = ["are you the ", "are you a ", "are you an ", "are you in charge"]
            .iter()
            .any(|asks| topic.starts_with(asks));
        if let Some(first) = sentences(&being.about).into_iter().next().filter(|_| is_of_rank) {
            return Some(self.as_you_see(&who, first));
        }
        if let Some(can) = topic.strip_prefix("can you ").filter(|can| is_of_ability(can)) {
            let lines = [
                format!("'I have never had to {can},' says {who}."),
                format!("'Not so well that you should watch me {can},' says {who}."),
                format!("{who} does not {can} for the asking."),
            ];
            return Some(format!("{} {}", self.view.fresh(&lines), self.can_be_asked(being)));
        }
        if topic.split(' ').any(|word| word == "yourself") && topic.split(' ').count() <= 3 {
            return Some(self.introduced(being));
        }
        let life = life(topic)?;
        // What everybody knows is told.
        let known = self.remind(topic);
        if matches!(life, Life::Belief | Life::Kin) && !known.is_empty() {
            return Some(self.as_everybody_knows(being, &known));
        }
        if life == Life::Name {
            return Some(self.introduced(being));
        }
        let about = sentences(&being.about).into_iter().find(|sentence| match life {
            Life::Age => is_of_age(sentence),
            _ => shares_a_word(sentence, topic),
        });
        if let Some(about) = about {
            return Some(self.as_you_see(&who, about));
        }
        Some(format!("{} {}", self.view.fresh(&said_of(life, &who)), self.can_be_asked(being)))
    }

    fn as_you_see(&self, who: &str, about: &str) -> String {
        let lines = [
            (", and lets you see for yourself", format!("{who} looks at you, and lets you see for yourself.")),
            ("'As you see me,'", format!("'As you see me,' says {who}.")),
            ("What you can see of", format!("What you can see of {who} is answer enough.")),
            ("has nothing to hide there", format!("{who} has nothing to hide there.")),
            ("'Look at me,'", format!("'Look at me,' says {who}, 'and judge.'")),
            ("need not say it", format!("{who} need not say it.")),
        ];
        format!("{} {about}", self.view.fresh_by_stem(&lines))
    }

    /// The answer to `could you show me around?`, where the story has none.
    pub(crate) fn refused_a_favour(&self, being: &Being, topic: &str) -> Option<String> {
        let asks = ["can you ", "could you ", "would you ", "will you ", "won't you ", "can't you "];
        if !asks.iter().any(|asks| topic.starts_with(asks)) {
            return None;
        }
        let who = capital(&being.call());
        let lines = [
            format!("'That is not for me to do,' says {who}."),
            format!("{who} would rather not, and says so."),
            format!("'I have my own work,' says {who}."),
            format!("{who} says no to that, and not unkindly."),
            format!("'You will have to see to that yourself,' says {who}."),
            format!("{who} has no time for that now."),
        ];
        Some(format!("{} {}", self.view.fresh(&lines), self.can_be_asked(being)))
    }

    /// What somebody can be asked about, in a sentence; empty if that is nothing.
    pub(crate) fn can_be_asked(&self, being: &Being) -> String {
        let topics = self.topics_of(being);
        if topics.is_empty() {
            return self.could_try();
        }
        let topics = joined(&topics, "or");
        let who = being.call();
        let lines = [
            ("You could ask", format!("You could ask {who} about {topics}.")),
            ("is likelier to speak of", format!("{} is likelier to speak of {topics}.", capital(&who))),
            ("Ask rather about", format!("Ask rather about {topics}.")),
            ("There may be more to hear about", format!("There may be more to hear about {topics}.")),
            ("can be asked about", format!("{} can be asked about {topics}.", capital(&who))),
            ("What you might ask about is", format!("What you might ask about is {topics}.")),
        ];
        self.view.fresh_by_stem(&lines).to_owned()
    }

    /// What somebody has words for, or everybody knows something of, or they carry: what they have not said yet first.
    fn topics_of(&self, being: &Being) -> Vec<String> {
        const MOST: usize = 3;
        let theirs = |talk: &&story::script::Talk| {
            fit(&talk.to, &being.name).is_some() && !talk.about.is_empty() && self.view.fits(&talk.when)
        };
        let mut own: Vec<&story::script::Talk> = self.script.talk.iter().filter(theirs).collect();
        own.sort_by_key(|talk| talk.text.iter().any(|text| self.view.has_heard(text)));
        let known = self.script.lore.iter().filter(|lore| self.view.fits(&lore.when));
        let known = known.filter_map(|lore| lore.about.first()).filter(|about| *about != "time");
        let mut topics: Vec<String> = Vec::new();
        let named = own.iter().filter_map(|talk| talk.about.first()).chain(known).map(|about| self.topic_called(about));
        for topic in named.chain(being.carries.iter().map(|item| the(item))) {
            if topics.len() < MOST && !topics.contains(&topic) {
                topics.push(topic);
            }
        }
        topics
    }

    /// How a topic is called in a sentence: people by their name, things with an article.
    fn topic_called(&self, about: &str) -> String {
        let is_possessive = ["her ", "his ", "their "].iter().any(|own| about.starts_with(own));
        let named = || if is_possessive { about.to_owned() } else { the(about) };
        self.view.person_elsewhere(about).unwrap_or_else(named)
    }
}

/// Whether it is a thing that one can or cannot do, and no favour: `swim`.
fn is_of_ability(can: &str) -> bool {
    [
        "swim",
        "dance",
        "sing",
        "read",
        "write",
        "dive",
        "fly",
        "fight",
        "cook",
        "see",
        "hear me",
        "play",
        "play the piano",
        "ride",
        "whistle",
    ]
    .contains(&can)
}

/// `your husband` of `ask her about her husband`.
fn spoken_to(topic: &str) -> String {
    // `ask her if she is alone`
    const ASKED: &[(&str, &str)] = &[
        ("if she is ", "are you "),
        ("if he is ", "are you "),
        ("if she's ", "are you "),
        ("if he's ", "are you "),
        ("whether she is ", "are you "),
        ("whether he is ", "are you "),
        ("if she has ", "have you "),
        ("if he has ", "have you "),
        ("if she likes ", "do you like "),
        ("if he likes ", "do you like "),
    ];
    if let Some((asked, rest)) = ASKED.iter().find_map(|(theirs, own)| Some((*own, topic.split_once(theirs)?.1))) {
        return format!("{asked}{rest}");
    }
    let word = |word: &str| match word {
        "her" | "his" | "their" => "your".to_owned(),
        "herself" | "himself" | "themselves" => "yourself".to_owned(),
        word => word.to_owned(),
    };
    topic.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// Whether a sentence says how old somebody is.
fn is_of_age(sentence: &str) -> bool {
    const AGES: &[&str] = &[
        "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "old", "young",
        "age", "aged", "years",
    ];
    words(sentence).iter().any(|word| AGES.contains(&word.as_str()))
}

/// What anybody would say to that.
fn said_of(life: Life, who: &str) -> [String; 4] {
    match life {
        Life::Health => [
            format!("'As you find me,' says {who}, 'and thank you for asking.'"),
            format!("'Well enough for the hour,' says {who}."),
            format!("{who} is not asked that often, and has to think. 'It will do,' is the answer."),
            format!("'No worse than yesterday,' says {who}."),
        ],
        Life::Age => [
            format!("'Old enough to be asked politely,' says {who}."),
            format!("{who} does not count, and would not tell if it were otherwise."),
            format!("'I have stopped counting,' says {who}."),
            format!("'Older than I was this morning,' says {who}."),
        ],
        Life::Kin => [
            format!("'That is a long story, and my own,' says {who}."),
            format!("{who} does not talk of family and friends to somebody met tonight."),
            format!("'There are those who would know that,' says {who}, 'and they know it.'"),
            format!("{who} looks elsewhere for a moment. That is not told to everybody."),
        ],
        Life::Time => [
            format!("'Long enough,' says {who}."),
            format!("{who} counts back, and gives it up. 'A good while,' is all that comes of it."),
            format!("'So long that I no longer ask,' says {who}."),
            format!("'It has been a time,' says {who}, and leaves it there."),
        ],
        Life::Liking => [
            format!("'One gets used to most things,' says {who}."),
            format!("{who} weighs it. 'There are worse,' is the answer."),
            format!("'It is not a matter of liking,' says {who}."),
            format!("'Some days,' says {who}."),
        ],
        Life::Home => [
            format!("'Not far,' says {who}, and nods at nothing in particular."),
            format!("{who} sees no reason to tell a stranger where."),
            format!("'Hereabouts,' says {who}."),
            format!("'You are looking at as much of it as you need,' says {who}."),
        ],
        Life::Mood => [
            format!("'Now and then,' says {who}, 'and then it passes.'"),
            format!("{who} thinks about it. 'Not so that it shows, I hope.'"),
            format!("'No more than you,' says {who}."),
            format!("'I have not had the time to find out,' says {who}."),
        ],
        Life::Belief => [
            format!("'I go by what I see,' says {who}."),
            format!("{who} does not give an opinion on that for the asking."),
            format!("'You must make up your own mind,' says {who}."),
            format!("'What I think of it would not help you,' says {who}."),
        ],
        Life::Company => [
            format!("'My place is here,' says {who}."),
            format!("{who} is not going anywhere tonight."),
            format!("'You go,' says {who}. 'I stay.'"),
            format!("'That road is for you alone,' says {who}."),
        ],
        Life::Name => [
            format!("{who} does not talk about that."),
            format!("'That is my own affair,' says {who}."),
            format!("{who} lets that one go by."),
            format!("'Another time,' says {who}."),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_about_a_life_is_told_from_one_about_the_world() {
        for (asked, expected) in [
            ("what's your name", Some(Life::Name)),
            ("how long have you worked here", Some(Life::Time)),
            ("are you married", Some(Life::Kin)),
            ("do you like it here", Some(Life::Liking)),
            ("where is the piano", None),
        ] {
            assert_eq!(life(asked), expected, "{asked}");
        }
    }
}
