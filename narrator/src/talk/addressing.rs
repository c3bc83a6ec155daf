//! What somebody who is here is told, begged or known for, where the story has no words of theirs for it. They answer, and not the
//! narrator in their place.

use crate::looking::subject::TELL;
use crate::reading::clause::Clause;
use crate::reading::rewording;
use crate::reading::verbs::{Verb, verb_at};
use crate::telling::Telling;
use crate::world::entries::Being;
use crate::world::found::Found;
use crate::world::texts::capital;

/// How a statement begins that somebody is told.
const STATEMENTS: &[&str] = &[
    "i", "i'm", "i've", "i'd", "i'll", "we", "we're", "we've", "you", "you're", "it", "it's", "there", "there's", "my",
    "she", "she's", "he", "he's", "they", "they're",
];

/// How one can be to somebody, and whether it is kind.
const MANNERS: &[(&str, bool)] = &[
    ("kind", true),
    ("nice", true),
    ("friendly", true),
    ("polite", true),
    ("gentle", true),
    ("good", true),
    ("patient", true),
    ("sweet", true),
    ("civil", true),
    ("rude", false),
    ("mean", false),
    ("nasty", false),
    ("cruel", false),
    ("unkind", false),
    ("harsh", false),
    ("impolite", false),
];

/// Whether it is said how something is: `your coat is funny`.
fn says_of_thing(words: &[&str]) -> bool {
    let is = |word: &&str| ["is", "are", "was", "looks", "seems"].contains(word);
    ["your", "this", "that"].contains(&words[0]) && words.iter().take(5).any(is)
}

/// What is told to pass the time.
const ENTERTAINMENTS: &[&str] =
    &["joke", "jokes", "story", "tale", "riddle", "anecdote", "poem", "secret", "lie", "fib", "limerick"];

impl Telling<'_> {
    /// What everybody knows, from somebody who has nothing of their own to say to it.
    pub(crate) fn as_everybody_knows(&self, being: &Being, known: &str) -> String {
        if being.is_asleep() || being.is_speechless() {
            return known.to_owned();
        }
        let who = capital(&being.call());
        let lines = [
            format!("'You know as much of that as I do,' says {who}."),
            format!("{who} has no more to say of it than anybody."),
            format!("'That is no secret,' says {who}."),
            format!("{who} tells you what you could tell yourself."),
            format!("'What everybody knows,' says {who}, 'and no more.'"),
            format!("{who} adds nothing to what is known."),
        ];
        format!("{} {known}", self.view.fresh(&lines))
    }

    /// What somebody says before they say the same again, to another question.
    pub(crate) fn said_once_more(&self, who: &str) -> String {
        let lines = [
            format!("{who} can only say it once more."),
            format!("It comes to the same thing for {who}."),
            format!("{who} has one answer to all of that."),
            format!("To that, too, {who} says the same."),
            format!("{who} goes over it again for you."),
        ];
        self.view.fresh(&lines).to_owned()
    }

    /// The answer of somebody who is asked to do something, or told something, that is no matter of the story. `usual` is what they
    /// always say.
    pub(crate) fn begged_or_told(&self, being: &Being, asked: &str, verb: Verb, usual: &str) -> Option<String> {
        let who = capital(&being.call());
        let words: Vec<&str> = asked.split_whitespace().collect();
        // `tell the lady that I am cold`, `ask her to dance`: who is meant stands in front.
        let leads = if verb == Verb::Ask { "to" } else { "that" };
        let behind = words.iter().take(4).position(|word| *word == leads);
        let behind = behind.map(|at| if verb == Verb::Ask { at } else { at + 1 });
        let plain = || words.iter().position(|word| !["him", "her", "them", "the", ","].contains(word));
        let words = words.get(behind.or_else(plain)?..)?;
        match (verb, words) {
            // `ask her to take me over`
            (Verb::Ask, ["to", carries, "me" | "us", ..]) if rewording::CARRIES.contains(carries) => {
                let lines = [
                    format!("'You have only to go,' says {who}."),
                    format!("{who} nods. 'Say where, and go.'"),
                    format!("'Nobody keeps you,' says {who}."),
                ];
                Some(format!("{} {}", self.view.fresh(&lines), self.ways_out()))
            }
            (Verb::Ask, ["to", deed @ ..]) if verb_at(deed).is_some() => {
                let deed = capital(&deed.join(" "));
                let lines = [
                    format!("'{deed}?' says {who}. 'That is not for me to do.'"),
                    format!("'{deed}?' says {who}. 'What for?'"),
                    format!("'{deed}?' says {who}, and would rather not."),
                    format!("'{deed}? Not tonight,' says {who}."),
                ];
                Some(format!("{} {}", self.view.fresh(&lines), self.can_be_asked(being)))
            }
            (Verb::Talk | Verb::Say, [.., last]) if words.len() <= 3 && ENTERTAINMENTS.contains(last) => {
                let lines = [
                    format!("You tell it as well as you can. 'I have heard it told worse,' says {who}."),
                    format!("{who} waits for the end, and then for another one. 'Was that it?' says {who}."),
                    format!("'That is a good one,' says {who}, who may have heard it before."),
                    format!(
                        "{who} hears it out, with a face that gives nothing away until the last word, and not then."
                    ),
                ];
                Some(format!("{} {}", self.view.fresh(&lines), self.can_be_asked(being)))
            }
            // `tell her the truth`
            (Verb::Talk | Verb::Say, [.., "truth" | "everything"]) if words.len() <= 3 => {
                let lines = [
                    format!(
                        "You tell {who} how it is, and leave out nothing. 'Then there are two of us who know it,' says {who}."
                    ),
                    format!("It takes you a minute to say it all. {who} hears it to the end."),
                    format!("You say what you know. 'I thought as much,' says {who}."),
                ];
                Some(format!("{} {}", self.view.fresh(&lines), self.can_be_asked(being)))
            }
            (Verb::Talk | Verb::Say, [first, ..])
                if words.len() > 1 && (STATEMENTS.contains(first) || says_of_thing(words)) =>
            {
                // `tell her she is lovely`
                let said = words.join(" ");
                let of_them = ["she is ", "she's ", "he is ", "he's "].iter().find_map(|own| said.strip_prefix(own));
                let said = of_them.map_or(said.clone(), |rest| format!("you're {rest}"));
                let said =
                    said.replace("sorry for her ", "sorry for your ").replace("sorry for his ", "sorry for your ");
                if let Some(taken) = self.remark_taken(&said, being) {
                    return Some(format!("{taken} {}", self.can_be_asked(being)));
                }
                self.passed_over(&who, &said, usual)?;
                let lines = [
                    format!("'So it is with most people,' says {who}."),
                    format!("'I shall bear it in mind,' says {who}."),
                    format!("{who} nods. It has been heard, if nothing else."),
                    format!("'Is that so,' says {who}, not unkindly."),
                    format!("'Then I know it now,' says {who}."),
                    format!("{who} lets you say it, and is sorry or glad for you, as the case may be."),
                ];
                Some(format!("{} {}", self.view.fresh(&lines), self.can_be_asked(being)))
            }
            _ => None,
        }
    }

    /// The answer to `tell Odile about the bell`, of which she has nothing to say herself.
    pub(crate) fn told_of_something(&self, clause: &Clause, being: &Being) -> Option<String> {
        let (_, topic) = clause.rest.split_once(" about ").filter(|_| clause.written == "tell")?;
        let can_hear = !being.is_asleep() && !being.is_speechless();
        if !can_hear
            || self.has_words_for(being, topic)
            || topic.split(' ').any(|word| ["her", "him", "them"].contains(&word))
        {
            return None;
        }
        let who = capital(&being.call());
        let topic = topic.split(' ').map(|word| if word == "my" { "your" } else { word }).collect::<Vec<_>>().join(" ");
        let lines = [
            format!("You tell {who} about {topic}. {who} hears you to the end, and asks nothing."),
            format!("You say what you know of {topic}. 'Well, well,' says {who}."),
            format!("You speak of {topic}. {who} nods where one nods."),
        ];
        Some(format!("{} {}", self.view.fresh(&lines), self.can_be_asked(being)))
    }

    /// The answer to `be kind to the mayor`.
    pub(crate) fn behaved(&self, clause: &Clause) -> Option<String> {
        let manner = clause.rest.strip_prefix("be ").filter(|_| clause.verb.is_none() && !clause.is_question)?;
        let (manner, person) = manner.split_once(" to ").or_else(|| manner.split_once(" with "))?;
        let manner = manner.split(' ').next_back()?;
        let (_, is_kind) = MANNERS.iter().find(|(known, _)| *known == manner)?;
        let Found::Being(being) = self.view.find(person) else { return None };
        let who = capital(&being.call());
        if being.is_asleep() {
            return Some(format!("{} {}", self.slept_through(&who), self.could_try()));
        }
        if being.is_speechless() {
            return Some(self.unmoved(&who));
        }
        let kind = [
            format!("You are {manner} to {}. {who} is not used to it, and softens by an inch.", being.call()),
            format!("You find a {manner} word for {}. It is taken, and remembered.", being.call()),
        ];
        let unkind = [
            format!("You begin, and {who} looks at you until you leave off."),
            format!("{who} has met with worse, and waits for you to be done with it."),
        ];
        let line = self.view.fresh(if *is_kind { &kind } else { &unkind });
        Some(format!("{line} {}", self.can_be_asked(being)))
    }

    /// The answer to `could you tell me about the glass eye?`: of what nobody has words for, what can be seen.
    pub(crate) fn told_about(&self, text: &str) -> Option<String> {
        let listener = self.view.speaker()?;
        let asked = TELL.iter().find_map(|opening| text.strip_prefix(opening))?;
        let noun = ["about ", "something about ", "anything about ", "more about ", "of "]
            .iter()
            .find_map(|about| asked.strip_prefix(about))?;
        if self.has_words_for(listener, noun) {
            return Some(self.talk_to(listener, noun, Verb::Ask));
        }
        let is_seen = matches!(
            self.view.find(noun),
            Found::Held(_) | Found::Here(_) | Found::Carried(..) | Found::Inside(..) | Found::Scenery(_)
        );
        let who = capital(&listener.call());
        let lines = [
            format!("{who} nods at it, as if that were answer enough."),
            format!("'There it is,' says {who}. 'See for yourself.'"),
            format!("'You know what I know of that,' says {who}."),
        ];
        (is_seen && self.remind(noun).is_empty())
            .then(|| format!("{} {}", self.view.fresh(&lines), self.describe(noun)))
    }
}
