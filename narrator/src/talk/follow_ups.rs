//! Short questions and wishes that follow on what was told last: `say that again`, `why not?`, `who is it then?`, `what did I just get?`,
//! `where was I?`. They are answered from the last turn, and nothing is done by them.

use story::words;

use crate::deeds::going::moved;
use crate::telling::Telling;
use crate::world::entries::Being;
use crate::world::naming;
use crate::world::script::is_about;
use crate::world::texts::{capital, mentions};

/// What is asked of the last turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FollowUp {
    /// To hear it once more.
    Again,
    /// What was done or got.
    Done,
    /// Why it is so, or what it means.
    Why,
    /// How it could be otherwise.
    How,
    /// Who is meant.
    Who,
    /// What comes next, or what else there is.
    Next,
    /// Whether it is really so.
    Sure,
    /// Where the player came from.
    Whence,
    /// Which of several things is meant.
    Which,
    /// To give in after all.
    Please,
}

const PHRASES: &[(FollowUp, &str)] = &[
    (
        FollowUp::Again,
        "say that again, say it again, say again, repeat that, repeat it, repeat please, can you repeat that, could you repeat that, \
         tell me again, pardon me, pardon, i beg your pardon, come again, once more please, what was that you said, i didn't hear, \
         i did not hear that, i didn't catch that, read that again, what was the last thing, what is the last thing",
    ),
    (
        FollowUp::Done,
        "what was that, what just happened, what happened, what happened just now, what did i just do, what did i do, what did i get, \
         what did i just get, what did i just take, what did i take, what did i find, what did i just find, what have i got now, \
         what did i pick up, what did i just pick up, did it work, did that work, did anything happen, did something happen",
    ),
    (
        FollowUp::Why,
        "why, why not, why is that, why so, how come, what for, because of what, what does that mean, what does it mean, what does this mean, \
         what do you mean, what do you mean by that, what is that supposed to mean, meaning, which means, what's that mean, what can't i, \
         why can't i, why won't it, why didn't it work, why didn't that work, why doesn't it work",
    ),
    (FollowUp::How, "how, how so, how do i do that, how can i do that, how would i do that, how do you mean, but how"),
    (
        FollowUp::Who,
        "who, who is it, who's it, who is that, who's that, who did it, who did that, who was it, who was that, who says so, who do you mean",
    ),
    (
        FollowUp::Next,
        "and, and then, then, what then, go on, continue, and now, now what, so what now, what else, anything else, is that all, is that it, \
         and after that, tell me more, more",
    ),
    (
        FollowUp::Sure,
        "really, are you sure, are you certain, is that true, is that so, is it true, truly, seriously, you sure, for real, who told you, who told you that, who says that, how do you know, how do you know that, is that a fact",
    ),
    (
        FollowUp::Whence,
        "where was i, where was i before, where did i come from, where have i come from, which way did i come, where did i come in, \
         which way did i come from, how did i get in here, where were we",
    ),
    (
        FollowUp::Please,
        "please, pretty please, i beg you, come on, oh come on, i'm begging you, please please, but please",
    ),
    (FollowUp::Which, "which, which one, which one do you mean, which ones, which of them, what one"),
];

/// Words around a follow-up that change nothing in it.
const BEFORE: &[&str] = &[
    "and", "but", "so", "ok", "okay", "well", "hm", "hmm", "oh", "um", "wait", "sorry", "huh", "hey", "please", "yes",
    "no",
];
const BEHIND: &[&str] = &["then", "please", "exactly", "though", "sir", "madam", "just", "now"];

/// How an answer begins that repeats the last one.
const REPEATS: [&str; 6] = [
    "Once more:",
    "It went like this:",
    "What you heard last was this:",
    "To go over it again:",
    "This is how it was told:",
    "From the beginning, then:",
];

fn follow_up(message: &str) -> Option<FollowUp> {
    let text = message.to_lowercase().replace('\u{2019}', "'").replace(['.', ',', '!', '?'], " ");
    let all: Vec<&str> = text.split_whitespace().collect();
    let is = |said: &[&str]| {
        let said = said.join(" ");
        PHRASES.iter().find(|(_, all)| all.split(", ").any(|one| one.trim() == said)).map(|(asked, _)| *asked)
    };
    let mut said = all.as_slice();
    loop {
        if let Some(asked) = is(said) {
            return Some(asked);
        }
        match said {
            [first, rest @ ..] if BEFORE.contains(first) && !rest.is_empty() => said = rest,
            [rest @ .., last] if BEHIND.contains(last) && !rest.is_empty() => said = rest,
            _ => break,
        }
    }
    // `what did she just tell me?`, `tell me the last thing that he said`
    let subject = said.get(2).copied().unwrap_or_default();
    let asks_for_words =
        matches!(said, ["what", "did", _, .., "say" | "me" | "said"]) && said.len() <= 7 && subject != "i";
    let tells = said.iter().any(|word| ["say", "said", "tell", "told"].contains(word));
    let of_last = mentions(&text, "the last thing") && said.len() <= 9;
    ((asks_for_words || of_last) && tells).then_some(FollowUp::Again)
}

impl Telling<'_> {
    /// The answer to a message that only follows on what was told last; `None` for any other message.
    pub(crate) fn followed_up(&self, message: &str) -> Option<String> {
        let asked = follow_up(message)?;
        let last = self.told_last()?;
        // Before anything was said there is nothing to follow on but how it began.
        if self.last_words().is_none() && asked != FollowUp::Again {
            return None;
        }
        let talker = self.spoke_last(&last);
        // `who's that?`, of whom one comes upon
        if asked == FollowUp::Who && moved(&last).is_some() && !self.view.beings.is_empty() {
            return Some(match self.view.beings.as_slice() {
                [only] if !only.is_speechless() && !only.is_asleep() => self.introduced(only),
                [only] => self.describe(&only.name.to_lowercase()),
                _ => self.company(),
            });
        }
        if talker.is_none() && asked == FollowUp::Who && self.view.speaker().is_some() {
            return None;
        }
        match (asked, talker) {
            (FollowUp::Again, _) | (FollowUp::Done, None) => Some(format!("{} {last}", self.view.fresh(&REPEATS))),
            (FollowUp::Whence, _) => Some(self.where_the_player_was()),
            (FollowUp::Please, Some(being)) => Some(self.not_moved(being)),
            (FollowUp::Please, None) => None,
            (FollowUp::Sure, Some(being)) => Some(self.stood_by(being)),
            (
                FollowUp::Done | FollowUp::Why | FollowUp::How | FollowUp::Who | FollowUp::Next | FollowUp::Which,
                Some(being),
            ) => Some(self.goes_on(being, &last, asked)),
            (FollowUp::Next, None) => Some(self.hint()),
            (FollowUp::Which, None) => Some(self.left_open()),
            // A thing does not say who it is.
            (FollowUp::Who, None) => Some(self.company()),
            (FollowUp::Why | FollowUp::How | FollowUp::Sure, None) => Some(self.because(asked, &last)),
        }
    }

    /// What was told last, in one line, without the words that an earlier repetition began with.
    fn told_last(&self) -> Option<String> {
        let last = self.view.heard.last()?.replace("\n\n", " ");
        let plain = REPEATS.iter().find_map(|repeat| last.strip_prefix(repeat)).map(|last| last.trim().to_owned());
        Some(plain.unwrap_or(last))
    }

    /// What the player wrote last. A story event, which nobody wrote, is told in its own words.
    pub(crate) fn last_words(&self) -> Option<&str> {
        let is_event = |said: &&str| self.view.heard.iter().any(|heard| heard.starts_with(*said));
        let said =
            self.view.said.iter().rev().copied().find(|said| *said != story::phrases::BEGIN && !is_event(said))?;
        Some(said.split_once(": ").map_or(said, |(_, said)| said))
    }

    /// Who is here and has said what was told last.
    fn spoke_last(&self, last: &str) -> Option<&Being> {
        let said = words(last);
        let is_named = |being: &&Being| words(&being.name).iter().any(|part| said.contains(part));
        let speaks = last.contains('\'') && (last.starts_with('\'') || last.contains(" '"));
        self.view
            .beings
            .iter()
            .filter(|being| !being.is_speechless() && !being.is_asleep())
            .find(is_named)
            .filter(|being| speaks || self.last_words().is_some_and(|asked| is_asked(asked, being)))
    }

    /// What somebody adds to what they said: what the story has of it and was not told yet, or the same once more.
    fn goes_on(&self, being: &Being, last: &str, asks: FollowUp) -> String {
        // Who is meant was said, if anybody was: the story's other words may be of an earlier time.
        let is_open = !matches!(asks, FollowUp::Who | FollowUp::Done);
        let asked = self.last_words().filter(|_| is_open).unwrap_or_default().to_lowercase();
        let is_theirs = |talk: &&story::script::Talk| {
            story::fit(&talk.to, &being.name).is_some()
                && self.view.fits(&talk.when)
                && !talk.about.is_empty()
                && is_about(&asked, &talk.about)
        };
        let own = self.script.talk.iter().filter(is_theirs).flat_map(|talk| &talk.text);
        if let Some(own) = own.into_iter().find(|text| !self.view.has_heard(text)) {
            return own.clone();
        }
        let known = self.remind(&asked);
        if !known.is_empty() && !self.view.has_heard(&known) {
            return self.as_everybody_knows(being, &known);
        }
        let who = capital(&being.call());
        let lines = [
            ("There is no more to it, says", format!("There is no more to it, says {who}, than this: {last}")),
            ("can only point to what was said", format!("{who} can only point to what was said: {last}")),
            ("'You heard me,'", format!("'You heard me,' says {who}. It was this: {last}")),
            ("leaves it at what you heard", format!("{who} leaves it at what you heard: {last}")),
        ];
        let said = self.view.fresh_by_stem(&lines);
        // What was told last may say already what there is to ask.
        if last.contains(" about ") { said.to_owned() } else { format!("{said} {}", self.can_be_asked(being)) }
    }

    /// The answer to `please?`
    fn not_moved(&self, being: &Being) -> String {
        let who = capital(&being.call());
        let lines = [
            format!("'Asking twice does not change it,' says {who}, not unkindly."),
            format!("'It is prettily said,' says {who}, 'and it stays as it was.'"),
            format!("{who} is sorry, and does not give way."),
            format!("'You have my answer,' says {who}."),
        ];
        format!("{} {}", self.view.fresh(&lines), self.can_be_asked(being))
    }

    /// The answer to `are you sure?`
    fn stood_by(&self, being: &Being) -> String {
        let who = capital(&being.call());
        let lines = [
            format!("'As sure as I stand here,' says {who}."),
            format!("'I would not say it otherwise,' says {who}."),
            format!("{who} nods. It is as it was said."),
            format!("'Ask anybody,' says {who}, and takes back no word of it."),
        ];
        format!("{} {}", self.view.fresh(&lines), self.can_be_asked(being))
    }

    /// Why it is so: what keeps a way closed, if that was told, or else what was told, once more.
    fn because(&self, asked: FollowUp, last: &str) -> String {
        let reason =
            self.view.ways.iter().filter_map(|way| way.blocked.as_deref()).find(|reason| last.contains(*reason));
        let told = reason.unwrap_or(last);
        let lines = [
            ("It is as you found it:", format!("It is as you found it: {told}")),
            ("What there is to know of it is this:", format!("What there is to know of it is this: {told}")),
            ("Think it over:", format!("Think it over: {told}")),
            ("You have it before you:", format!("You have it before you: {told}")),
        ];
        let end = if asked == FollowUp::How { self.hint() } else { self.could_try() };
        let said = self.view.fresh_by_stem(&lines);
        if said.contains(&end) { said.to_owned() } else { format!("{said} {end}") }
    }

    /// Where the player was before.
    fn where_the_player_was(&self) -> String {
        let Some(way) = self.way_back() else {
            let began = self.background().unwrap_or_default();
            return format!("You have not been anywhere else yet. {began} {}", self.ways_out());
        };
        let place = naming::the(&way.place);
        let from = naming::from_here(&way.direction);
        let lines = [
            ("You came from", format!("You came from {place}, {from}.")),
            ("Before this you were in", format!("Before this you were in {place}, {from}.")),
        ];
        self.view.fresh_by_stem(&lines).to_owned()
    }

    /// The answer to `which one?`, where nobody is asked.
    fn left_open(&self) -> String {
        let lines =
            ["Whichever you mean; you would have to name it.", "That is for you to say.", "You have the choice."];
        format!("{} {}", self.view.fresh(&lines), self.could_try())
    }
}

/// Whether a message speaks to somebody.
fn is_asked(message: &str, being: &Being) -> bool {
    let first = message.split_whitespace().next().unwrap_or_default().to_lowercase();
    ["ask", "tell", "talk"].contains(&first.as_str()) || mentions(message, &being.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_on_the_last_turn_is_told_from_a_new_question() {
        for (said, expected) in [
            ("Say that again, please", Some(FollowUp::Again)),
            ("what did she just tell me?", Some(FollowUp::Again)),
            ("the last thing she told me", Some(FollowUp::Again)),
            ("but why not?", Some(FollowUp::Why)),
            ("who is it then?", Some(FollowUp::Who)),
            ("what did I just get", Some(FollowUp::Done)),
            ("and then?", Some(FollowUp::Next)),
            ("which one?", Some(FollowUp::Which)),
            ("what did I say?", None),
            ("why is it dark?", None),
            ("who is the man?", None),
        ] {
            assert_eq!(follow_up(said), expected, "{said}");
        }
    }
}
