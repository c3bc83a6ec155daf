//! What a question is about, in the words of its own: for answers from what can be seen, and for answers that have none.

use story::words;

use super::entries::Being;
use super::found::Found;
use super::naming::a;
use super::script::is_about;
use super::texts::sentences;
use crate::looking::scraps::is_no_topic;
use crate::telling::Telling;

/// Words that no question is about.
const SMALL: &str = "who what where when why how which whose is are was were am be been being do does did done can could may might will \
    would shall should must have has had the a an this that these those it its he she they them him her his their i me my you your \
    yours we us our and or but not no any some of to in on at for from with by about as if so than then there here now please really \
    just ever still too very much many more all only get got go going come came tell say said know think want like need let make mean \
    something anything nothing one thing someone somebody anyone anybody yes well ok okay sorry excuse sir madam miss mister hello hi \
    hey good ask give take see look up down out into over again long old way kind sort ago yet even else myself yourself fine thanks \
    thank back first happen happened happens take takes time place";

fn is_small(word: &str) -> bool {
    word.len() < 3 || word.contains('\'') || SMALL.split_whitespace().any(|small| small == word)
}

/// The word that `text` is about, as far as one can tell: its last word that means something.
pub(crate) fn matter(text: &str) -> Option<&str> {
    text.rsplit(|c: char| !(c.is_alphanumeric() || c == '\'')).find(|word| !is_small(word))
}

/// `rain` of `raining` and `rains`.
fn stem(word: &str) -> &str {
    let cut = ["ing", "ed", "es", "s", "y", "e"].iter().find_map(|end| word.strip_suffix(end));
    cut.filter(|stem| stem.len() > 3 || word.ends_with('s') && stem.len() > 2).unwrap_or(word)
}

/// Whether `text` has a word of the same stem as one that `topic` is about.
pub(crate) fn shares_a_word(text: &str, topic: &str) -> bool {
    let topic = words(topic);
    let topic: Vec<&str> = topic.iter().filter(|word| !is_small(word)).map(|word| stem(word)).collect();
    words(text).iter().any(|word| topic.contains(&stem(word)))
}

/// Whether it asks more than to hear of a thing: one word of it is not what it is about.
fn is_of_many_words(topic: &str) -> bool {
    let asks = [
        "who", "what", "where", "when", "why", "how", "which", "whose", "is", "are", "was", "were", "does", "do", "did",
    ];
    let all = words(topic);
    all.first().is_some_and(|first| asks.contains(&first.as_str())) && all.len() > 3
}

impl Telling<'_> {
    /// The sentences of what can be seen here, and from here, that speak of what `text` asks about.
    pub(crate) fn seen_of(&self, text: &str) -> Option<String> {
        let reasons = self.view.ways.iter().filter_map(|way| way.blocked.as_deref());
        let texts = std::iter::once(self.view.description.as_str())
            .chain(self.view.beings.iter().map(|being| being.about.as_str()))
            .chain(reasons)
            .chain(self.view.told.iter().copied());
        let about: Vec<&str> =
            texts.flat_map(sentences).filter(|sentence| shares_a_word(sentence, text)).take(2).collect();
        if !about.is_empty() {
            return Some(about.join(" "));
        }
        // `is it in tune?`: what a thing here looks like may say it.
        let word = matter(text);
        let thing = self.script.things.iter().find(|thing| {
            thing.when.at.is_some()
                && self.view.fits(&thing.when)
                && word.is_some_and(|word| thing.text.iter().any(|about| shares_a_word(about, word)))
        });
        if let Some(thing) = thing {
            return Some(self.view.next(&thing.text).to_owned());
        }
        let toward = self.view.open_ways().find(|way| {
            let place = self.view.place_named(&way.place);
            place.is_some_and(|(key, place)| shares_a_word(&self.view.certain(&place.preview, key, &place.name), text))
        });
        toward.map(|way| self.look_toward(&way.direction))
    }

    /// What is said before somebody says what they always say, and was asked about something foreign to the story: the answer must not
    /// look as if it were one. `usual` is what they always say.
    pub(crate) fn passed_over(&self, who: &str, topic: &str, usual: &str) -> Option<String> {
        let (_, scenario) = self.view.scenario?;
        let scene = self.view.scene.and_then(|scene| scenario.scenes.get(scene)).map(|scene| scene.story.as_str());
        let texts = [usual, &scenario.story, scene.unwrap_or_default(), &self.view.description];
        let is_known = texts.iter().any(|text| shares_a_word(text, topic));
        if is_known || self.script.lore.iter().any(|lore| is_about(topic, &lore.about)) {
            return None;
        }
        matter(topic)?;
        if is_of_many_words(topic) {
            let lines = [
                format!("'I could not tell you that,' says {who}."),
                format!("{who} has no answer to that."),
                format!("'That is more than I know,' says {who}."),
                format!("{who} thinks about it, and leaves it open."),
                format!("'Nobody has asked me that before,' says {who}."),
                format!("{who} lets the question stand."),
            ];
            return Some(self.view.fresh(&lines).to_owned());
        }
        let lines = [
            format!("'I have nothing to tell of that,' says {who}."),
            format!("'What would I know of that?' says {who}."),
            format!("'I never gave it a thought,' says {who}, and gives it one now, and no more."),
            format!("'You must ask somebody else for that,' says {who}."),
            format!("'Not a thing that I know of,' says {who}, and means it kindly."),
            format!("{who} thinks it over. 'No,' says {who}, 'that has never come my way.'"),
        ];
        Some(self.view.fresh(&lines).to_owned())
    }

    /// Who somebody is, in answer to `who are you?` and `what are you making?`.
    pub(crate) fn introduced(&self, being: &Being) -> String {
        let about =
            if being.about.is_empty() { self.describe(&being.name.to_lowercase()) } else { being.about.clone() };
        if being.kind.is_empty() || being.is_monster {
            return about;
        }
        // `The ferrykeeper, wrapped in a coat` says who they are.
        if about.to_lowercase().starts_with(&format!("the {}", being.kind)) {
            return format!("You are speaking to {}. {about}", being.name);
        }
        format!("You are speaking to {}, {}. {about}", being.name, a(&being.kind))
    }

    /// What the script says of a thing that `text` names, also where nothing else does.
    pub(crate) fn thing_asked_about(&self, text: &str) -> Option<String> {
        let mut things = self.script.things.iter().filter(|thing| self.view.fits(&thing.when));
        let is_in_sight = |thing: &&story::script::Thing| {
            thing.when.at.is_some()
                || thing.names.iter().any(|name| !matches!(self.view.find(name), Found::Nothing | Found::Elsewhere(_)))
                || !thing.names.iter().any(|name| self.view.knows_item(name))
        };
        let thing = things.find(|thing| is_about(text, &thing.names) && is_in_sight(thing))?;
        Some(self.view.next(&thing.text).to_owned())
    }

    /// The answer to a question that nothing and nobody here answers: at least it says what was asked.
    pub(crate) fn unanswered(&self, text: &str) -> String {
        // A verb or a small word is no topic.
        let Some(word) = matter(text).filter(|word| !is_no_topic(word) || self.is_of_this_world(word)) else {
            let lines = [
                "You ask yourself that, and have no answer yet.",
                "It is a good question, and there is nobody here to put it to.",
                "You keep the question for somebody who may know.",
                "There is an answer to that, but it is not lying about here.",
                "You would give something to know.",
                "You turn the question over, and it comes up the same on the other side.",
            ];
            return format!("{} {}", self.view.fresh(&lines), self.could_try());
        };
        if let Some(told) = self.in_the_background(word).or_else(|| self.only_heard_of(word)) {
            return told;
        }
        let lines = [
            (", and find no answer here", format!("You ask yourself about '{word}', and find no answer here.")),
            ("Nothing here says anything of", format!("Nothing here says anything of '{word}'.")),
            ("you know no more than you see", format!("Of '{word}' you know no more than you see.")),
            ("for whoever may know", format!("You keep the question of '{word}' for whoever may know.")),
            (
                "it is not lying about here",
                format!("There is an answer about '{word}', but it is not lying about here."),
            ),
            ("and it comes up the same", format!("You turn '{word}' over in your mind, and it comes up the same.")),
        ];
        format!("{} {}", self.view.fresh_by_stem(&lines), self.could_try())
    }

    /// What somebody does before they go on to what they always say, when something is said to them that the story does not wait for.
    pub(crate) fn took_in(&self, who: &str, topic: &str) -> Option<String> {
        matter(topic)?;
        let lines = [
            format!("{who} hears you out."),
            format!("{who} takes that in."),
            format!("'So,' says {who}, when you have said it."),
            format!("{who} lets you say it."),
            format!("'Well,' says {who} to that."),
            format!("{who} gives that its moment."),
        ];
        Some(self.view.freshest_of(&lines).to_owned())
    }

    /// What the story says of how it all began: its first sentence.
    pub(crate) fn background(&self) -> Option<String> {
        let (_, scenario) = self.view.scenario?;
        sentences(&scenario.story).first().map(|first| (*first).to_owned())
    }
}
