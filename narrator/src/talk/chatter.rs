//! What is said and is no deed: praise, insults, sympathy, being sorry, fear, promises, saying yes or goodbye. Whoever is there takes it as
//! it was meant, and the narrator names what could be done.

use story::words;

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::entries;
use crate::world::texts::capital;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remark {
    Praise,
    Insult,
    Sympathy,
    Sorry,
    Promise,
    Answer,
    Farewell,
    Puzzled,
}

/// How a remark begins.
const OPENINGS: &[(Remark, &str)] = &[
    (
        Remark::Sympathy,
        "i'm sorry for your, i am sorry for your, sorry for your, sorry to hear, i'm sorry to hear, i'm sorry about, i am sorry about, i am sorry to hear, i'm sorry that, sorry about your, \
         what a shame, what a pity, what a tragedy, my condolences, condolences, poor you, poor thing, you poor, that's sad, that is sad, how sad, that must be, that must have, it must be, it must have, you must be, you must miss, you must have, \
         you look sad, you look tired, you look unhappy, you look worried, you look lonely, you seem sad, you seem tired, you seem worried, you seem lonely, i feel sorry, i feel for you, i'm so sorry for, i understand, i know how you feel, that's terrible, that's awful, how awful, how terrible",
    ),
    (
        Remark::Sorry,
        "do forgive me, please forgive, forgive the, forgive my, pardon the, pardon my, excuse the, excuse my, i apologise, i apologize, apologies, sorry to, sorry i'm, sorry i am, sorry we, sorry about the, sorry for, sorry if, sorry that, i'm sorry for, i'm sorry if, sorry, i'm sorry, i am sorry, i'm so sorry, my bad, my apologies, my mistake, pardon, pardon me, excuse me, i beg your pardon, forgive me, \
         i didn't mean, no offence, no offense",
    ),
    (
        Remark::Promise,
        "i'll bring your, i'll bring back, i will bring back, i will bring your, i'll get it back, i'll get your, i'll do my best, you have my word, i give you my word, i swear, i won't let you down, i'll help, i will help, i can help, i want to help, i only want to help, i just want to help, let me help, don't worry, trust me, you can trust me, i promise, it will be all right, \
         it'll be all right, it'll be fine, everything will be, i'm here to help, i won't hurt, i mean no harm, i come in peace",
    ),
    (
        Remark::Praise,
        "after you, i really appreciate, i appreciate, you've been very kind, you've been kind, you've been so kind, you're very kind, that's very kind, how kind, i like you, i love you, i love your, i like your, you're nice, you are nice, you're kind, you're pretty, you're beautiful, you're lovely, \
         you look nice, you look good, you look beautiful, nice place, nice house, nice shop, nice room, nice boat, nice cat, nice to meet, pleased to meet, \
         well done, good job, nice work, what a nice, what a lovely, what a beautiful, what a fine, what a wonderful, what a charming, what a great, i'm much obliged, i am much obliged, much obliged, you are too kind, you're too kind, lovely, beautiful, you have a nice, you have a lovely, \
         you have beautiful, good boy, good girl, good cat, good kitty, bless you, you're funny, you're sweet, you're cute, you're great, you're the best, \
         you're a good, you rock, cool, awesome, amazing, wow, great, nice",
    ),
    (
        Remark::Insult,
        "that's a lie, that is a lie, it's a lie, that's not true, that isn't true, that can't be true, that's nonsense, nonsense, rubbish, you're ugly, you're stupid, you're an idiot, you're mean, you're a liar, you're a thief, you're a crook, you're a fraud, you're a coward, you're a fool, you're a monster, you're a cheat, you're a murderer, you're a bad, you're a terrible, you're a horrible, you liar, liar, you lie, you're lying, you're crazy, you're mad, \
         you're weird, you're creepy, you're rude, you're useless, you're fat, you're boring, you're horrible, you're terrible, i hate you, i don't like you, \
         i don't trust you, i don't believe you, shut up, go away, leave me alone, get lost, you smell, you stink, you should be ashamed, shame on you, how dare you, you ought to be ashamed, you idiot, you fool, you monster, you thief",
    ),
    (
        Remark::Farewell,
        "bye, goodbye, good bye, farewell, see you, see ya, i'll be off, i must be off, i should be going, i must be going, i'd better go, sleep well, sweet dreams, rest well, take care, good night, goodnight, so long, i have to go, i must go, i'll be back, later",
    ),
    (
        Remark::Puzzled,
        "i don't understand, i don't get it, i do not understand, i don't know what to do, i don't know what, i don't know how, i don't know where, huh, what, \
         i'm confused, i am confused, this is confusing, this is boring, i'm bored, this is hard, this is too hard, this is difficult, it's not working, \
         that doesn't work, it doesn't work, this doesn't, nothing works, that makes no sense, this makes no sense, i'm new, i've never played, i have no idea, \
         no idea, i don't know, what do you mean, come again, i give up",
    ),
    (
        Remark::Answer,
        "yes, yes please, no, no thanks, no thank you, ok, okay, sure, of course, maybe, perhaps, fine, alright, all right, right, i agree, agreed, i see, \
         i know, never mind, nevermind, whatever, not really, certainly, absolutely, very well, really, interesting, understood, got it, oh, hm, hmm, ah, i think so, no way",
    ),
];

/// Remarks that say something only if nothing follows: `no` is an answer, and `no entry` is none.
const ALONE: &[&str] = &[
    "what",
    "huh",
    "later",
    "lovely",
    "beautiful",
    "cool",
    "awesome",
    "amazing",
    "wow",
    "great",
    "nice",
    "yes",
    "no",
    "ok",
    "okay",
    "sure",
    "maybe",
    "perhaps",
    "fine",
    "alright",
    "all right",
    "right",
    "really",
    "interesting",
    "oh",
    "hm",
    "hmm",
    "ah",
    "i know",
    "i understand",
    "i see",
    "whatever",
    "sorry",
    "bye",
    "pardon",
    "certainly",
    "absolutely",
    "liar",
    "excuse me",
    "i don't know",
    "very well",
];

fn remark(said: &str) -> Option<Remark> {
    // `I'm sorry, but where is it?` asks.
    if said.contains(" but ") {
        return None;
    }
    let said = said.replacen("you are ", "you're ", 1);
    let follows = |part: &str| {
        said.strip_prefix(part).is_some_and(|rest| {
            let rest = rest.trim_start_matches(" ,").trim();
            rest.is_empty()
                || said[part.len()..].starts_with(" ,")
                || (!ALONE.contains(&part) && said[part.len()..].starts_with([' ', ',']))
        })
    };
    OPENINGS.iter().find(|(_, parts)| parts.split(", ").map(str::trim).any(follows)).map(|(remark, _)| *remark)
}

impl Telling<'_> {
    /// The answer to a remark; `None` for anything else, and for what somebody here has words of their own for.
    pub(crate) fn remarked(&self, clause: &Clause) -> Option<String> {
        let listener = self.view.speaker();
        let said = without_name(&clause.whole, &self.names_here());
        // `you must be Odile`
        let remark = remark(&said).filter(|_| said != "you must be")?;
        if clause.is_question && remark != Remark::Puzzled {
            return None;
        }
        if let Some(listener) =
            listener.filter(|listener| remark == Remark::Promise && self.has_words_for(listener, &said))
        {
            return Some(self.talk_to(listener, &said, Verb::Talk));
        }
        // `yes` to nobody, and what a person here has an answer to.
        if listener.is_some_and(|listener| self.has_words_for(listener, &said)) {
            return None;
        }
        if remark == Remark::Puzzled {
            return Some(self.hint());
        }
        // Who sleeps has heard neither.
        if listener.is_none()
            && let Some(sleeper) = self.view.beings.iter().find(|being| being.is_asleep())
        {
            return Some(format!("{} {}", self.slept_through(&capital(&sleeper.call())), self.could_try()));
        }
        let Some(listener) = listener else {
            if remark == Remark::Farewell && matches!(clause.verb, Some(Verb::Quit)) {
                return None;
            }
            return Some(format!("{} {}", self.view.fresh(&said_to_nobody(remark)), self.could_try()));
        };
        let who = capital(&listener.call());
        if listener.is_asleep() {
            return Some(self.slept_through(&who));
        }
        let line = self.view.fresh(&taken_by(remark, &who)).to_owned();
        Some(if remark == Remark::Farewell {
            format!("{line} {}", self.ways_out())
        } else {
            format!("{line} {}", self.can_be_asked(listener))
        })
    }

    /// How `being` takes what is said to them, if it is a remark and no matter of the story.
    pub(crate) fn remark_taken(&self, said: &str, being: &entries::Being) -> Option<String> {
        let remark = remark(said).filter(|remark| !matches!(remark, Remark::Puzzled | Remark::Farewell))?;
        Some(self.view.fresh(&taken_by(remark, &capital(&being.call()))).to_owned())
    }

    /// By which words the people here are addressed.
    fn names_here(&self) -> Vec<String> {
        let names = self.view.beings.iter().flat_map(|being| [words(&being.name), words(&being.kind)].concat());
        names
            .chain(
                ["madam", "ma'am", "sir", "miss", "mister", "mr", "mrs", "friend", "old", "so", "very", "really"]
                    .map(str::to_owned),
            )
            .collect()
    }
}

/// What is said without the name of whom it is said to: `you're pretty` of `nan , you're very pretty`.
fn without_name(whole: &str, names: &[String]) -> String {
    let words = whole.split_whitespace();
    let words = words.filter(|word| !names.iter().any(|name| name == word)).collect::<Vec<_>>();
    words.join(" ").trim_matches([' ', ',']).to_owned()
}

fn taken_by(remark: Remark, who: &str) -> [String; 6] {
    match remark {
        Remark::Praise => [
            format!("{who} takes that as it was meant."),
            format!("'Kind of you,' says {who}."),
            format!("{who} is not used to hearing such things, and does not quite hide it."),
            format!("'If you say so,' says {who}, and looks the better for it."),
            format!("{who} inclines a head by an inch."),
            format!("'You need not say that,' says {who}, who does not mind."),
        ],
        Remark::Insult => [
            format!("{who} has been called worse, and by people with better shoes."),
            format!("'Have you done?' says {who}."),
            format!("{who} lets that lie where it fell."),
            format!("'As you like,' says {who}, and is not moved by it."),
            format!("{who} looks at you until you wish that you had not said it."),
            format!("'That gets nobody anywhere,' says {who}."),
        ],
        Remark::Sympathy => [
            format!("{who} hears that you mean it, and nods."),
            format!("'Thank you,' says {who}, after a moment."),
            format!("{who} does not answer at once. 'It is good of you,' is what comes."),
            format!("'It is as it is,' says {who}, more gently than before."),
            format!("{who} looks down, and up again."),
            format!("'Not many say so,' says {who}."),
        ],
        Remark::Sorry => [
            format!("{who} lets it be good."),
            format!("'There is nothing to forgive,' says {who}, 'so far.'"),
            format!("{who} nods: it is forgotten."),
            format!("'No harm done,' says {who}."),
            format!("{who} waves it away."),
            format!("'Think nothing of it,' says {who}."),
        ],
        Remark::Promise => [
            format!("'We shall see,' says {who}, not unkindly."),
            format!("{who} would like to believe it."),
            format!("'Then do,' says {who}."),
            format!("{who} takes you at your word."),
            format!("'That is more than others have said,' says {who}."),
            format!("{who} nods, and waits for it."),
        ],
        Remark::Answer => [
            format!("{who} takes that for an answer."),
            format!("{who} nods, and leaves it at that."),
            format!("'So,' says {who}."),
            format!("{who} has heard you, and waits."),
            format!("'As you say,' says {who}."),
            format!("{who} makes nothing more of it."),
        ],
        Remark::Farewell | Remark::Puzzled => [
            format!("'Goodbye, then,' says {who}. You have not gone yet."),
            format!("{who} lifts a hand to you. It remains to go."),
            format!("'Go well,' says {who}. Nobody keeps you."),
            format!("{who} nods goodbye, and you are free to go."),
            format!("'Until later,' says {who}, who does not see you out."),
            format!("'Mind how you go,' says {who}."),
        ],
    }
}

fn said_to_nobody(remark: Remark) -> [&'static str; 6] {
    match remark {
        Remark::Praise | Remark::Insult | Remark::Sympathy | Remark::Promise => [
            "You say it, and no one is here to take it to heart.",
            "It is said to no one in particular.",
            "There is no one here whom that could please or hurt.",
            "You tell it to the air, which has no opinion.",
            "That would be for somebody who is not here.",
            "The words are good, and want a listener.",
        ],
        Remark::Sorry => [
            "There is no one here who could be cross with you.",
            "You are forgiven, as far as it lies with the place.",
            "Nothing has been harmed that would need it.",
            "It does you credit, and no one heard it.",
            "You need not be.",
            "No one has minded anything so far.",
        ],
        Remark::Answer | Remark::Farewell | Remark::Puzzled => [
            "No one has asked you anything just now.",
            "You say so to yourself, and agree.",
            "It stays between you and yourself.",
            "There is no one here to hear it.",
            "You hear yourself say it.",
            "That settles it, whatever it was.",
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_told_from_a_deed() {
        for (said, expected) in [
            ("you are very pretty", Some(Remark::Praise)),
            ("you're pretty", Some(Remark::Praise)),
            ("i'm sorry for your loss", Some(Remark::Sympathy)),
            ("sorry", Some(Remark::Sorry)),
            ("bye", Some(Remark::Farewell)),
            ("no", Some(Remark::Answer)),
            ("no entry sign", None),
            ("i take the lamp", None),
        ] {
            assert_eq!(remark(&without_name(said, &["very".to_owned()])), expected, "{said}");
        }
    }
}
