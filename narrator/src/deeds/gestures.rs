//! Gestures: what somebody does with their own hands, eyes and clothes, and what shows in their face. They change nothing; whoever they are
//! meant for sees them.

use super::postures;
use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::reading::vocabulary::PARTS_OF_THE_BODY;
use crate::telling::Telling;
use crate::world::entries;
use crate::world::found::Found;
use crate::world::texts::capital;

/// What shows in a face or a body, and needs no object.
const SHOWN: &[&str] = &[
    "sigh", "shrug", "smile", "grin", "frown", "wink", "blush", "blink", "cough", "sneeze", "shiver", "tremble",
    "gulp", "groan", "moan", "clap", "applaud", "weep", "sob", "giggle", "chuckle", "pout", "stretch", "shudder",
    "gasp", "scowl", "snort", "laugh", "cry", "nod", "smirk", "wince", "sniffle", "hiccup", "panic", "hesitate",
    "burp", "swallow", "glare", "sulk", "faint", "crouch", "kneel", "squat",
];

/// What one warms or washes oneself at.
const WARM_OR_WET: &[&str] = &[
    "fire",
    "stove",
    "hearth",
    "fireplace",
    "sink",
    "basin",
    "bucket",
    "towel",
    "stream",
    "fountain",
    "candle",
    "mirror",
    "bath",
    "water",
    "river",
    "lake",
    "sea",
    "pond",
    "soup",
    "honey",
    "bowl",
];

/// What says how one is or what one would like, and moves nothing: `I want my own boots`.
const STATES: &[&str] =
    &["want", "need", "like", "have", "lost", "forgot", "left", "miss", "love", "hate", "am", "was", "is", "own"];

impl Telling<'_> {
    /// The answer to a gesture; `None` for a deed.
    pub(crate) fn gestured(&self, clause: &Clause) -> Option<String> {
        if clause.is_question {
            return None;
        }
        let phrase = phrase(clause);
        let words: Vec<&str> = phrase.split_whitespace().collect();
        // `wave my arms at the moths` is no deed with what is held.
        let waves = matches!(clause.objects.as_slice(), [only] if ["my arms", "my hands", "my hand", "my arm", "my head", "my fist"].contains(&only.as_str()))
            && matches!(clause.verb, Some(Verb::Show | Verb::Move | Verb::Keep | Verb::Throw));
        if !waves && self.deed(clause).is_some() {
            return None;
        }
        if let Some(text) = self.hand_taken(clause).or_else(|| self.postured(clause, &phrase)) {
            return Some(text);
        }
        let shows = words.first().is_some_and(|first| SHOWN.contains(first));
        if !(self.is_of_own_body(clause, &words) || (shows && self.is_only_shown(clause))) {
            return None;
        }
        // `warm my hands at the fire`, where there is none
        let last = clause.second.rsplit(' ').next().unwrap_or_default();
        if WARM_OR_WET.contains(&last) && self.view.find(&clause.second) == Found::Nothing {
            return Some(self.not_here(&clause.second));
        }
        let being = self.meant_for(clause);
        let told = postures::told_of_oneself(&words, being);
        let end = being.map_or_else(|| self.after_a_gesture(), |being| self.seen_by(being, false));
        Some(format!("You {told}. {end}"))
    }

    /// The answer to `take her hand`.
    fn hand_taken(&self, clause: &Clause) -> Option<String> {
        let takes = matches!(clause.verb, Some(Verb::Take | Verb::Touch | Verb::Kiss | Verb::Wake | Verb::Move));
        let (owner, part) = clause.objects.first()?.rsplit_once(' ')?;
        let owner = if owner == "his" { "him" } else { owner.trim_end_matches("'s") };
        let is_part = ["hand", "hands", "arm", "shoulder", "cheek", "fingers"].contains(&part);
        let Found::Being(being) = self.view.find(owner) else { return None };
        if !takes || !is_part || owner == "my" {
            return None;
        }
        let who = capital(&being.call());
        let lines = [
            format!("{who} lets you, for a moment."),
            format!("{who} looks at it as if it were somebody else's, and does not draw it back."),
            format!("{who} has not expected that."),
        ];
        let asleep = [format!("{who} sleeps on."), format!("{who} does not stir.")];
        let line = self.view.fresh(if being.is_asleep() { &asleep[..] } else { &lines[..] });
        Some(format!("You {} the {part} of {}. {line}", clause.written, being.call()))
    }

    fn is_of_own_body(&self, clause: &Clause, words: &[&str]) -> bool {
        let Some(at) = words.iter().position(|word| *word == "my").filter(|at| *at > 0) else { return false };
        let noun: Vec<&str> = words[at + 1..].iter().take(3).copied().collect();
        let Some(part) = noun.iter().position(|word| PARTS_OF_THE_BODY.contains(word)) else { return false };
        let is_put = clause.verb == Some(Verb::Drop)
            && [
                "hand", "hands", "finger", "fingers", "foot", "feet", "head", "arm", "arms", "ear", "ears", "face",
                "elbow", "elbows", "nose",
            ]
            .contains(&noun[part]);
        // `stamp my hand` wants a stamp; `stamp my foot` wants none.
        let is_stamped = clause.verb == Some(Verb::Stamp) && !["foot", "feet"].contains(&noun[part]);
        let is_looked_at = is_stamped
            || !is_put
                && clause.verb.is_some_and(|verb| {
                    verb.is_perception()
                        || verb.is_motion()
                        || matches!(
                            verb,
                            Verb::Inventory
                                | Verb::Write
                                | Verb::Drop
                                | Verb::Keep
                                | Verb::Attack
                                | Verb::Use
                                | Verb::Greet
                                | Verb::Wash
                        )
                });
        // What is held is handled, and what is not one's own is no gesture: `put the card in my pocket`.
        // `give him my smile`, and not `give him my coat`.
        if clause.verb == Some(Verb::Give) && !["smile", "hand", "cheek", "back"].contains(&noun[part]) {
            return false;
        }
        let says = ["are", "is", "was", "were", "hurt", "hurts", "feel", "feels", "ache", "aches", "have"];
        if STATES.contains(&words[0]) || noun.get(part + 1).is_some_and(|next| says.contains(next)) {
            return false;
        }
        let owned = noun[..=part].join(" ");
        let is_thing = matches!(self.view.find(&owned), Found::Held(_) | Found::Here(_) | Found::Inside(..));
        let moves_thing = clause.objects.iter().any(|object| {
            !object.starts_with("my ")
                && matches!(
                    self.view.find(object),
                    Found::Held(_) | Found::Here(_) | Found::Inside(..) | Found::Scenery(_)
                )
        });
        !is_looked_at && !is_thing && !moves_thing && words.len() <= 14
    }

    /// Whether nothing but a face is moved: `crouch behind the counter` hides.
    fn is_only_shown(&self, clause: &Clause) -> bool {
        let is_known = clause
            .verb
            .is_some_and(|verb| !matches!(verb, Verb::Hide | Verb::Sit | Verb::Say | Verb::Think | Verb::Wait));
        let is_at_somebody = || self.meant_for(clause).is_some();
        match clause.verb {
            _ if is_known => false,
            Some(Verb::Think | Verb::Wait) => clause.rest.is_empty(),
            Some(Verb::Hide | Verb::Sit) => is_at_somebody(),
            Some(_) => false,
            None => {
                clause.rest.split(' ').count() <= 2
                    || is_at_somebody()
                    || clause.rest.contains(" with ")
                    || clause.rest.contains(" of ")
            }
        }
    }

    pub(crate) fn meant_for(&self, clause: &Clause) -> Option<&entries::Being> {
        let words: Vec<&str> = clause.whole.split_whitespace().filter(|word| *word != ",").collect();
        let named = |at: usize| {
            (1..=3).rev().filter(|length| at + length <= words.len()).find_map(|length| {
                match self.view.find(&words[at..at + length].join(" ")) {
                    Found::Being(being) if words[at] != "my" => Some(being),
                    _ => None,
                }
            })
        };
        (1..words.len()).find_map(named)
    }
}

/// What is done, in the player's words: the verb as it was written, and what is behind it.
fn phrase(clause: &Clause) -> String {
    let (verb, particle) = clause.written.split_once(' ').unwrap_or((&clause.written, ""));
    // `take off my cap`, `pull my collar up`
    match (verb, particle) {
        ("", _) => clause.rest.clone(),
        (verb, "") => format!("{verb} {}", clause.rest),
        (verb, particle) if clause.whole.ends_with(particle) => format!("{verb} {} {particle}", clause.rest),
        (verb, particle) => format!("{verb} {particle} {}", clause.rest),
    }
    .trim()
    .to_owned()
}
