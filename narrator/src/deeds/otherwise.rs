//! Deeds in other words: what else a clause may say where the story makes nothing of it as it stands.

use story::words;

use super::playing::play_something;
use crate::reading::clause::Clause;
use crate::reading::sentence::clauses;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming::{clean, is_abstract};

/// What one tries to open by trying it.
const OPENS: &[&str] = &["door", "gate", "lock", "handle", "hatch", "lid", "drawer", "window", "latch", "knob"];

/// Where players keep what they carry.
const OWN_PLACES: &[&str] = &["pocket", "bag", "coat", "pack", "satchel", "backpack", "inventory"];
/// Where somebody holds what they do not put down.
const ON_THE_BODY: &[&str] = &[
    "mouth",
    "hand",
    "hands",
    "ear",
    "nose",
    "shoe",
    "shoes",
    "boot",
    "boots",
    "palm",
    "fist",
    "teeth",
    "sock",
    "sleeve",
    "arm",
    "arms",
    "shoulder",
    "shoulders",
    "belt",
    "neck",
    "chin",
    "shirt",
    "jacket",
    "cloak",
    "lap",
    "head",
    "hat",
];
/// What is written or printed on.
const PAPERS: &[&str] = &["ticket", "paper", "letter", "writ", "apology", "form", "card", "receipt", "newspaper"];

/// `tuck the ledger under my arm`
fn is_put_on_the_body(clause: &Clause) -> bool {
    clause.second.starts_with("my ") && words(&clause.second).iter().any(|word| ON_THE_BODY.contains(&word.as_str()))
}

impl Telling<'_> {
    /// What somebody puts where they carry things is kept, or taken; put anywhere else it is used, if the story knows that.
    fn put_away(&self, clause: &Clause, is_held: bool) -> Option<Clause> {
        let with = |verb: Verb| Clause { verb: Some(verb), ..clause.clone() };
        let place = words(&clause.second).pop().unwrap_or_default();
        match (is_put_on_the_body(clause) || OWN_PLACES.contains(&place.as_str()), is_held) {
            (true, true) => Some(with(Verb::Keep)),
            (true, false) => Some(Clause { preposition: String::new(), second: String::new(), ..with(Verb::Take) }),
            (false, _) => Some(with(Verb::Use)).filter(|used| self.deed(used).is_some()),
        }
    }

    /// What else the clause may say: `put the card in my pocket` takes it, `put the key in the lock` uses it, `try the door` opens it,
    /// `shake the box` moves it, `lift the lid` opens it.
    pub(crate) fn put_otherwise(&self, clause: &Clause) -> Option<Clause> {
        let verb = clause.verb?;
        // `play for them`: it is played, whoever listens.
        if verb == Verb::Play && clause.objects.is_empty() && ["for", "to"].contains(&clause.preposition.as_str()) {
            return Some(play_something(clause));
        }
        if let Some(other) = self.paid(clause).or_else(|| rung(clause)) {
            return Some(other);
        }
        // `ring`, where there is one bell
        if verb == Verb::Ring
            && clause.rest.is_empty()
            && !matches!(self.view.find("bell"), Found::Nothing | Found::Elsewhere(_))
        {
            return Some(Clause { objects: vec!["bell".to_owned()], rest: "bell".to_owned(), ..clause.clone() });
        }
        let object = clause.objects.first()?;
        let with = |verb: Verb| Some(Clause { verb: Some(verb), ..clause.clone() });
        let found = self.view.find(object);
        let last = words(object).pop().unwrap_or_default();
        match verb {
            // `take the path to the church`
            Verb::Take
                if clause.preposition == "to"
                    && ["path", "road", "lane", "way", "stair", "plank"].contains(&last.as_str()) =>
            {
                Some(Clause { rest: clause.second.clone(), objects: Vec::new(), ..with(Verb::Go)? })
            }
            // `push the paper into his hands`
            Verb::Move | Verb::Drop if matches!(found, Found::Held(_)) && last_word(&clause.second) == "hand" => {
                let owner = clause.second.split(' ').next().unwrap_or_default();
                let person = if owner == "his" { "him" } else { owner.trim_end_matches("'s") };
                Some(Clause {
                    preposition: "to".to_owned(),
                    second: person.to_owned(),
                    rest: format!("{object} to {person}"),
                    ..with(Verb::Give)?
                })
            }
            // `undo the bolt` takes back no turn, `unhook the line` takes it down.
            Verb::Undo if !matches!(found, Found::Nothing | Found::Elsewhere(_)) => with(Verb::Tie),
            Verb::Tie if clause.written.starts_with("un") && matches!(found, Found::Here(_)) => with(Verb::Take),
            // `hold the whelk to my ear` listens to it.
            Verb::Take | Verb::Drop if clause.preposition == "to" && last_word(&clause.second) == "ear" => {
                Some(Clause { preposition: String::new(), second: String::new(), ..with(Verb::Listen)? })
            }
            // `stamp it` stamps the paper in the hand, and not what somebody keeps.
            Verb::Stamp if clean(object) == "it" && matches!(found, Found::Carried(..)) => self.on_paper_held(clause),
            // `put the boots on my feet` wears them.
            Verb::Drop if clause.preposition == "on" && is_worn_on(&clause.second) => Some(Clause {
                written: "put on".to_owned(),
                preposition: String::new(),
                second: String::new(),
                rest: object.clone(),
                ..with(Verb::Wear)?
            }),
            // A door that a rule speaks of is locked as it is closed.
            Verb::Lock if self.view.vessel_meant(object).is_none() => with(Verb::Close),
            Verb::Drop if ["through", "against", "at"].contains(&clause.preposition.as_str()) => {
                with(Verb::Use).filter(|used| self.deed(used).is_some()).or_else(|| with(Verb::Throw))
            }
            Verb::Drop
                if is_put_on_the_body(clause)
                    || ["in", "into", "inside", "on", "onto"].contains(&clause.preposition.as_str()) =>
            {
                self.put_away(clause, matches!(found, Found::Held(_)))
            }
            Verb::Use if clause.written.starts_with("try") && OPENS.contains(&last.as_str()) => with(Verb::Open),
            // `try one of the shutters` takes a look at it.
            Verb::Use
                if clause.written == "try"
                    && matches!(found, Found::Scenery(_))
                    && self.way_by_name(object).is_none() =>
            {
                with(Verb::Examine)
            }
            // `try the church` goes there.
            Verb::Use
                if clause.written.starts_with("try")
                    && matches!(found, Found::Scenery(_) | Found::Way(_))
                    && self.way_by_name(object).is_some() =>
            {
                with(Verb::Go)
            }
            // `hear some music`
            Verb::Listen if is_abstract(object) && self.deed(&play_something(clause)).is_some() => {
                Some(play_something(clause))
            }
            Verb::Play | Verb::Sing => self.played_otherwise(clause, object),
            // `stop ringing`: somebody is told to.
            Verb::Stop if found == Found::Nothing && self.view.speaker().is_some() => with(Verb::Talk)
                .map(|talk| Clause { objects: Vec::new(), preposition: String::new(), second: String::new(), ..talk }),
            // `get Crake to sign something`
            Verb::Take if matches!(found, Found::Being(_)) && clause.preposition == "to" => with(Verb::Ask),
            // `bring the lantern along`
            Verb::Give if clause.written == "bring" && clause.second.is_empty() && matches!(found, Found::Here(_)) => {
                with(Verb::Take)
            }
            // `tap the sleeping man on the shoulder`
            Verb::Knock if matches!(found, Found::Being(_)) => with(Verb::Wake),
            // `wake up the boss`, where only one sleeps
            Verb::Wake
                if found == Found::Nothing
                    && let Some(sleeper) = self.view.beings.iter().find(|being| being.is_asleep()) =>
            {
                let name = sleeper.name.to_lowercase();
                Some(Clause { objects: vec![name.clone()], rest: name, ..clause.clone() })
            }
            // Shaking a thing sets nothing going.
            Verb::Wake if !matches!(found, Found::Being(_)) => with(Verb::Move)
                .filter(|moved| {
                    clause.written != "shake" || self.deed(moved).is_none() || !self.is_more_than_told(moved)
                })
                .or_else(|| with(Verb::Touch)),
            Verb::Take if clause.written.starts_with("lift") && matches!(found, Found::Scenery(_)) => {
                with(Verb::Open).filter(|opened| self.deed(opened).is_some())
            }
            _ => None,
        }
    }

    /// The clause as one about the paper that is held.
    fn on_paper_held(&self, clause: &Clause) -> Option<Clause> {
        let paper = self.view.held.iter().find(|item| PAPERS.contains(&last_word(item).as_str()))?;
        Some(Clause { objects: vec![paper.clone()], rest: paper.clone(), ..clause.clone() })
    }

    /// The deed that `it` can only mean where nothing was named before: `wind it up` next to a music box that can be wound.
    pub(crate) fn meant_by_it(&self, clause: &Clause) -> Option<Clause> {
        // What ends something is not guessed at.
        let is_guessed = |verb: &Verb| {
            !verb.is_perception() && !verb.is_speech() && !matches!(verb, Verb::Stop | Verb::Attack | Verb::Burn)
        };
        let verb = clause.verb.filter(is_guessed)?;
        let object = clause.objects.first()?;
        let is_it =
            matches!(clean(object).as_str(), "it" | "that" | "this" | "the thing" | "that thing" | "this thing");
        if !is_it || self.view.find(object) != Found::Nothing {
            return None;
        }
        let beats = self.script.beats.iter().filter(|beat| !beat.set.is_empty() && self.view.fits(&beat.when));
        let ways = beats.map(|beat| {
            beat.does.iter().flat_map(|does| clauses(does)).find(|way| way.verb == Some(verb) && !way.rest.is_empty())
        });
        let mut ways = ways.flatten();
        let way = ways.next().filter(|_| ways.next().is_none())?;
        Some(Clause { rest: way.rest.clone(), objects: way.objects.clone(), ..clause.clone() })
    }
}

/// `ring the bell` for `hit the bell with my fist`.
fn rung(clause: &Clause) -> Option<Clause> {
    let hits = ["hit", "punch", "kick", "bash", "beat", "slap", "smash"].contains(&clause.written.as_str());
    let is_bell = hits && ["bell", "gong"].contains(&last_word(clause.objects.first()?).as_str());
    is_bell.then(|| Clause { verb: Some(Verb::Ring), written: "ring".to_owned(), ..clause.clone() })
}

/// A part of the body on which something is worn.
fn is_worn_on(noun: &str) -> bool {
    let parts = ["feet", "foot", "head", "hand", "finger", "neck", "shoulder", "back", "leg", "arm"];
    noun.starts_with("my ") && parts.contains(&last_word(noun).as_str())
}

fn last_word(noun: &str) -> String {
    words(noun).pop().unwrap_or_default()
}
