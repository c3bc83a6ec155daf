//! What somebody answers who is talked to or asked: their own words, what everybody knows, or that they have nothing to say.

use story::script::{Lore, Talk};
use story::{fit, words};

use crate::looking::subject::asks_for_price;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::entries::Being;
use crate::world::script::is_about;
use crate::world::texts::capital;

/// What the story has for somebody to say to a topic.
struct Words<'s> {
    /// What they say to this topic.
    on_topic: Option<&'s Talk>,
    /// What they say to everything.
    in_general: Option<&'s Talk>,
    /// What everybody knows of it.
    known: Option<&'s Lore>,
}

impl Telling<'_> {
    pub(crate) fn talk_to(&self, being: &Being, topic: &str, verb: Verb) -> String {
        let words = self.words_of(being, topic);
        let answers = !being.is_asleep() && !being.is_speechless();
        let of_themselves = (words.on_topic.is_none() && answers).then(|| self.of_themselves(being, topic)).flatten();
        of_themselves
            .or_else(|| self.known_beyond_the_usual(being, verb, &words))
            .or_else(|| self.known_better(being, topic, verb, &words))
            .or_else(|| self.in_their_words(being, topic, verb, &words))
            .unwrap_or_else(|| self.without_words(being, verb))
    }

    fn words_of(&self, being: &Being, topic: &str) -> Words<'_> {
        let fitting = || {
            self.script.talk.iter().filter(|talk| fit(&talk.to, &being.name).is_some() && self.view.fits(&talk.when))
        };
        let of_price = if asks_for_price(topic) { " price cost pay paid fee money token" } else { "" };
        let asked = format!("{topic}{of_price}");
        Words {
            on_topic: fitting().find(|talk| !talk.about.is_empty() && is_about(&asked, &talk.about)),
            in_general: fitting().find(|talk| talk.about.is_empty()),
            known: self.script.lore.iter().find(|lore| self.view.fits(&lore.when) && is_about(topic, &lore.about)),
        }
    }

    /// Who has begun on what they always say, and is asked for what everybody knows, says that.
    fn known_beyond_the_usual(&self, being: &Being, verb: Verb, words: &Words<'_>) -> Option<String> {
        let (None, Verb::Ask | Verb::Talk, Some(talk), Some(lore)) =
            (words.on_topic, verb, words.in_general, words.known)
        else {
            return None;
        };
        let known = self.view.next(&lore.text);
        // What they always say may be of just this.
        let usual = self.view.next(&talk.text);
        if is_about(usual, &lore.about) && !self.view.is_stale(usual) {
            return None;
        }
        let has_begun = !being.is_asleep() && talk.text.iter().any(|text| self.view.has_heard(text));
        (has_begun && !self.view.is_stale(known)).then(|| self.as_everybody_knows(being, known))
    }

    /// What is known of the matter is a better answer than what they always say of another.
    fn known_better(&self, being: &Being, topic: &str, verb: Verb, words: &Words<'_>) -> Option<String> {
        let (Verb::Ask, None, Some(talk), Some(lore)) = (verb, words.on_topic, words.in_general, words.known) else {
            return None;
        };
        // Who is asked about what they do says so themselves.
        let is_theirs = topic.split_whitespace().any(|word| ["you", "your"].contains(&word))
            && !["know", "tell", "seen", "see", "heard", "happened", "believe", "think"]
                .iter()
                .any(|word| topic.split(' ').any(|own| own == *word));
        let (usual, known) = (self.view.next(&talk.text), self.view.next(&lore.text));
        let is_better = !being.is_asleep()
            && !being.is_speechless()
            && !is_theirs
            && !asks_for_price(topic)
            && !is_about(usual, &lore.about)
            && !self.view.has_heard(known);
        is_better.then(|| self.as_everybody_knows(being, known))
    }

    /// What the story has them say, or what they say instead where it is no answer or was said just now.
    fn in_their_words(&self, being: &Being, topic: &str, verb: Verb, words: &Words<'_>) -> Option<String> {
        let talk = words.on_topic.or(words.in_general)?;
        let who = capital(&being.call());
        let line = self.view.next(&talk.text);
        let has_words = !being.is_speechless() && !being.is_asleep();
        let is_off_topic = words.on_topic.is_none() && has_words && !asks_for_price(topic);
        if is_off_topic
            && verb == Verb::Ask
            && let Some(refused) = self.refused_a_favour(being, topic)
        {
            return Some(refused);
        }
        let asked = asked_of(topic, being);
        if is_off_topic && let Some(answer) = self.begged_or_told(being, &asked, verb, line) {
            return Some(answer);
        }
        if is_off_topic
            && matches!(verb, Verb::Ask | Verb::Talk)
            && let Some(passed_over) = self.passed_over(&who, &asked, line)
        {
            return Some(format!("{passed_over} {}", self.can_be_asked(being)));
        }
        if self.view.is_stale(line) {
            // Another question to which they have the same to say.
            if words.on_topic.is_some() && has_words && verb != Verb::Greet && !self.view.has_asked(topic, &being.name)
            {
                return Some(format!("{} {line}", self.said_once_more(&who)));
            }
            return Some(self.said_just_now(being, topic, verb));
        }
        let is_told = words.on_topic.is_none() && verb == Verb::Talk && has_words;
        let took_in = is_told.then(|| self.took_in(&who, &asked)).flatten();
        Some(took_in.map_or_else(|| line.to_owned(), |before| format!("{before} {line}")))
    }

    /// The answer of somebody who has given it just now.
    fn said_just_now(&self, being: &Being, topic: &str, verb: Verb) -> String {
        let who = capital(&being.call());
        if being.is_speechless() {
            return self.unmoved(&who);
        }
        if verb == Verb::Greet {
            return self.greeted(&who);
        }
        if !words(topic).is_empty() && !self.view.has_asked(topic, &being.name) {
            return self.nothing_more(being, topic);
        }
        let lines = [
            format!("{who} has told you that already, and sees no reason to change a word of it."),
            format!("'As I said,' says {who}, and leaves it there."),
            format!("{who} looks at you as one looks at a clock that has struck twice."),
            format!("You get the same answer from {who}, only shorter."),
            format!("{who} waits to see whether you have another question."),
        ];
        format!("{} {}", self.view.fresh(&lines), self.remind(topic)).trim_end().to_owned()
    }

    /// The answer of somebody for whom the story has no words.
    fn without_words(&self, being: &Being, verb: Verb) -> String {
        let who = capital(&being.call());
        if being.is_defeated() {
            return format!("{who} is beaten, and does not answer. {}", self.could_try());
        }
        if being.is_monster {
            let lines = [
                "does not seem to be made for talking",
                "gives no sign of having understood",
                "goes on with what it was doing",
            ];
            return format!("{who} {}. {}", self.view.fresh(&lines), self.could_try());
        }
        if being.is_speechless() {
            return self.unmoved(&who);
        }
        if verb == Verb::Greet {
            return self.greeted(&who);
        }
        let lines = match verb {
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

    /// The answer of somebody who has no words.
    pub(crate) fn unmoved(&self, who: &str) -> String {
        let lines = [
            format!("{who} hears you out, and gives no sign."),
            format!("{who} looks past you, as if that were an answer."),
            format!("You get a slow blink from {who}."),
            format!("{who} has made everything clear already, as far as that can be done without words."),
            format!("{who} waits for you to do something about it."),
            format!("{who} turns an ear toward you, and turns it back."),
        ];
        self.view.fresh(&lines).to_owned()
    }

    /// The answer to what somebody is asked for the first time and has nothing of their own to say to.
    fn nothing_more(&self, being: &Being, topic: &str) -> String {
        let who = capital(&being.call());
        let known = self.remind(topic);
        if !known.is_empty() && !self.view.is_stale(&known) {
            return self.as_everybody_knows(being, &known);
        }
        if being.is_asleep() {
            return self.slept_through(&who);
        }
        let lines = [
            format!("{who} knows no more of that than you do."),
            format!("'I couldn't tell you,' says {who}."),
            format!("{who} thinks about that, and finds nothing to say to it."),
            format!("'You would have to ask somebody else,' says {who}."),
            format!("{who} has to pass on that: it is outside what {who} knows."),
            format!("That is a new one to {who}, who lets it lie."),
        ];
        self.view.fresh(&lines).to_owned()
    }

    fn greeted(&self, who: &str) -> String {
        let lines = [
            format!("{who} returns the greeting."),
            format!("'Good evening,' says {who}."),
            format!("{who} gives you a nod."),
            format!("{who} looks up, and is civil about it."),
            format!("{who} lifts a hand."),
        ];
        self.view.fresh(&lines).to_owned()
    }

    /// Whether somebody has words of their own for what `topic` is about.
    pub(crate) fn has_words_for(&self, being: &Being, topic: &str) -> bool {
        let is_theirs = |talk: &&Talk| fit(&talk.to, &being.name).is_some() && self.view.fits(&talk.when);
        let mut fitting = self.script.talk.iter().filter(is_theirs);
        fitting.any(|talk| !talk.about.is_empty() && is_about(topic, &talk.about))
    }

    pub(crate) fn remind(&self, topic: &str) -> String {
        let lore = self.script.lore.iter().find(|lore| self.view.fits(&lore.when) && is_about(topic, &lore.about));
        lore.map(|lore| self.view.next(&lore.text).to_owned()).unwrap_or_default()
    }
}

/// What is asked, without the name of who is asked.
fn asked_of(topic: &str, being: &Being) -> String {
    let names = [words(&being.name), words(&being.kind)].concat();
    topic.split(' ').filter(|word| !names.contains(&(*word).to_owned())).collect::<Vec<_>>().join(" ")
}
