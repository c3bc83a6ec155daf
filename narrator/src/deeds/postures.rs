//! Gestures of the whole body and of the breath: `kneel down`, `bow`, `take a deep breath`, `make a speech`. They change nothing, and
//! whoever is there has seen or heard them.

use crate::reading::clause::Clause;
use crate::telling::Telling;
use crate::world::entries::Being;
use crate::world::found::Found;
use crate::world::texts::capital;

/// How one holds oneself.
const POSTURES: &[&str] = &[
    "kneel",
    "crouch",
    "squat",
    "stoop",
    "bend",
    "hunch",
    "bow",
    "curtsy",
    "curtsey",
    "genuflect",
    "straighten",
    "stretch",
    "salute",
    "lean",
    "shrink",
    "cower",
    "freeze",
];

/// What is meant for whoever is there.
const GREETINGS: &[&str] = &["bow", "curtsy", "curtsey", "salute", "nod", "wave", "wink"];

/// How far, and where to.
const HOW: &[&str] = &[
    "down",
    "low",
    "back",
    "forward",
    "forwards",
    "backward",
    "backwards",
    "over",
    "closer",
    "up",
    "straight",
    "upright",
    "a",
    "little",
    "bit",
    "on",
    "one",
    "knee",
    "my",
    "knees",
    "to",
    "the",
    "ground",
    "floor",
    "deep",
    "once",
    "twice",
    "again",
    "right",
    "there",
    "here",
    "out",
    "at",
    "waist",
    "so",
];

/// What is made, taken or given, and is a gesture.
const MADE: &[&str] = &[
    "breath", "breaths", "sigh", "shrug", "nod", "bow", "smile", "grin", "curtsy", "moment", "face", "wave", "wink",
    "yawn", "laugh", "shiver", "shudder", "groan", "speech", "toast", "vow", "oath", "wish", "prayer", "salute",
    "pose", "gesture", "step", "steps", "twirl", "minute", "second", "gasp", "cough", "sneeze", "cheer",
];

/// How a gesture is made.
const MAKES: &[&str] =
    &["take", "give", "make", "heave", "draw", "do", "have", "hold", "deliver", "strike", "raise", "say", "propose"];

/// What is made with words.
const SPOKEN: &[&str] = &["speech", "toast", "vow", "oath", "wish", "prayer", "cheer"];

impl Telling<'_> {
    /// The answer to a gesture of this kind; `None` for anything else. `phrase` is what is done, in the player's words.
    pub(crate) fn postured(&self, clause: &Clause, phrase: &str) -> Option<String> {
        let words: Vec<&str> = phrase.split_whitespace().filter(|word| *word != ",").collect();
        let first = words.first()?;
        let made = made(&words);
        let leans_back = ["sit", "lie", "stand"].contains(first)
            && words.len() > 1
            && words[1..].iter().all(|word| ["back", "up", "straight", "upright", "forward"].contains(word))
            && words[1..] != ["up"];
        let is_posture = leans_back || POSTURES.contains(first) && words[1..].iter().all(|word| HOW.contains(word));
        // `bow to Odile`
        let greets = GREETINGS.contains(first)
            && words.get(1).is_some_and(|to| ["to", "before", "at", "toward", "towards"].contains(to))
            && matches!(self.view.find(&words[2..].join(" ")), Found::Being(_) | Found::Here(_) | Found::Scenery(_));
        let spits = ["spit", "drool", "burp", "fart", "pee"].contains(first) && words.len() <= 6;
        let counts = words.len() <= 4 && words.starts_with(&["count", "to"]);
        let is_posture = is_posture || spits || counts;
        if made.is_none() && !is_posture && !(greets && ["bow", "curtsy", "curtsey", "salute"].contains(first)) {
            return None;
        }
        let is_shown =
            GREETINGS.contains(first) || made.is_some_and(|made| GREETINGS.contains(&made) || SPOKEN.contains(&made));
        let spoken = made.filter(|made| SPOKEN.contains(made));
        let being = self.meant_for(clause).or_else(|| self.onlooker().filter(|_| is_shown));
        let told = told_of_oneself(&words, being);
        Some(match being {
            Some(being) => format!("You {told}. {}", self.seen_by(being, spoken.is_some())),
            None if spoken.is_some() => {
                let lines = [
                    "Nobody is here whom it could move, and you are the better for it.",
                    "It is heard by no one, and was well put.",
                    "There is no applause, there being nobody.",
                ];
                format!("You {told}. {}", self.view.fresh(&lines))
            }
            None => format!("You {told}. {}", self.after_a_gesture()),
        })
    }

    /// Who sees what is meant for whoever is there.
    fn onlooker(&self) -> Option<&Being> {
        self.view.speaker().or(match self.view.beings.as_slice() {
            [only] if !only.is_monster => Some(only),
            _ => None,
        })
    }

    /// How somebody takes a gesture, or what is said to everybody.
    pub(crate) fn seen_by(&self, being: &Being, is_heard: bool) -> String {
        let who = capital(&being.call());
        let seen = [
            format!("{who} has seen it."),
            format!("{who} looks at you a moment longer than before."),
            format!("If {who} thinks anything of it, it does not show."),
            format!("{who} gives you a moment."),
            format!("It is not lost on {who}."),
        ];
        let heard = [
            format!("{who} hears you to the end, which is more than one can ask."),
            format!("{who} has listened, and waits whether there is more."),
            format!("When you have done, {who} nods, once."),
        ];
        let asleep = [format!("{who} sleeps through it."), format!("{who} does not wake for that.")];
        let lines: &[String] = match (being.is_asleep(), is_heard && !being.is_speechless()) {
            (true, _) => &asleep,
            (false, true) => &heard,
            (false, false) => &seen,
        };
        self.view.fresh(lines).to_owned()
    }

    /// What a gesture comes to that nobody sees.
    pub(crate) fn after_a_gesture(&self) -> String {
        let ends = [
            "It helps a little.",
            "It makes a small difference.",
            "You feel readier for what comes next.",
            "The place takes no notice.",
            "That is a little better.",
            "Nothing else has changed by it.",
        ];
        self.view.fresh(&ends).to_owned()
    }
}

/// What is done, as it is told to whom did it.
pub(crate) fn told_of_oneself(words: &[&str], being: Option<&Being>) -> String {
    let own = |word: &&str| match *word {
        "my" => "your".to_owned(),
        "myself" => "yourself".to_owned(),
        "me" | "i" => "you".to_owned(),
        "am" => "are".to_owned(),
        word => {
            let name = being.and_then(|being| being.name.split(' ').find(|own| own.to_lowercase() == word));
            name.unwrap_or(word).to_owned()
        }
    };
    words.iter().map(own).collect::<Vec<_>>().join(" ").replace(" ,", ",")
}

/// Whether `word` belongs to a gesture, and is no slip for another word.
pub(crate) fn is_of_a_gesture(word: &str) -> bool {
    [POSTURES, GREETINGS, MADE, MAKES].iter().any(|known| known.contains(&word))
}

/// The breath of `take a deep breath` and the step of `take a small step back`.
fn made<'w>(words: &[&'w str]) -> Option<&'w str> {
    let [makes, article, rest @ ..] = words else { return None };
    if !MAKES.contains(makes) || !["a", "an", "another", "some", "one", "two", "three", "few", "my"].contains(article) {
        return None;
    }
    let at = rest.iter().take(3).position(|word| MADE.contains(word))?;
    let tail = &rest[at + 1..];
    // `take a step toward the door` is not only a step.
    let is_step = rest[at].starts_with("step");
    let leads_on = ["of", "with", "to", "at", "for", "before", "about", "in", "from"];
    let is_whole = tail.is_empty()
        || tail.iter().all(|word| HOW.contains(word))
        || (!is_step && tail.len() <= 6 && leads_on.contains(&tail[0]));
    is_whole.then_some(rest[at])
}

#[cfg(test)]
mod tests {
    use super::made;

    #[test]
    fn what_is_made_and_is_a_gesture_is_told_from_a_thing_taken() {
        for (said, expected) in [
            ("take a deep breath", Some("breath")),
            ("take a step back", Some("step")),
            ("give a small nod to odile", Some("nod")),
            ("make a speech about the moon", Some("speech")),
            ("take a step toward the door", None),
            ("take a kipper", None),
            ("take the step", None),
        ] {
            assert_eq!(made(&said.split(' ').collect::<Vec<_>>()), expected, "{said}");
        }
    }
}
