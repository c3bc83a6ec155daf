//! The entries of a prompt's world, each a line of text: who is here, which ways there are, what lies about.

use serde::Deserialize;

use story::phrases::{CLOSED, EMPTY, HIDDEN, HIDDEN_EMPTY, IN_IT, LOCKED};
use story::{Health, words};

/// An NPC or a monster that is here.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Being {
    pub(crate) name: String,
    /// `cat`, `landlady`; empty for monsters.
    pub(crate) kind: String,
    /// How they are: `drowsy, and not to be hurried`; empty for monsters.
    pub(crate) manner: String,
    pub(crate) about: String,
    pub(crate) carries: Vec<String>,
    pub(crate) is_monster: bool,
    /// How they are, in a story with fights.
    pub(crate) health: Option<Health>,
    /// Their key, where the prompt has it.
    pub(crate) key: String,
}

impl Being {
    /// Whether they can be fought.
    pub(crate) fn is_opponent(&self) -> bool {
        self.health.is_some() && !self.is_defeated()
    }

    pub(crate) fn is_defeated(&self) -> bool {
        self.health == Some(Health::Defeated)
    }

    /// Whether their description or disposition says that they sleep.
    pub(crate) fn is_asleep(&self) -> bool {
        [&self.about, &self.manner]
            .iter()
            .any(|text| words(text).iter().any(|word| word == "asleep" || word == "sleeping"))
    }

    /// Whether they answer in no words: monsters and animals.
    pub(crate) fn is_speechless(&self) -> bool {
        const ANIMALS: &[&str] =
            &["cat", "dog", "horse", "mule", "bird", "crow", "raven", "owl", "parrot", "goat", "rat", "mouse", "fox"];
        let kind = words(&self.kind);
        self.is_monster || kind.last().is_some_and(|last| ANIMALS.contains(&last.as_str()))
    }
}

/// A way out.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Way {
    pub(crate) direction: String,
    /// The name of the place that it leads to; unknown where the way is blocked.
    pub(crate) place: String,
    pub(crate) blocked: Option<String>,
}

/// A container that is here or with the player.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Vessel {
    pub(crate) name: String,
    pub(crate) state: Lid,
    /// What is in it, where that is known to whoever tells the story.
    pub(crate) inside: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lid {
    #[default]
    Open,
    Closed,
    Locked,
}

impl Vessel {
    /// The container that a line about an item is about; `None` if it is about another item.
    pub(crate) fn of_line(name: &str, about: &str) -> Option<Self> {
        let behind = |mark: &str| about.rsplit_once(mark).map(|(_, items)| list(items.trim().trim_end_matches('.')));
        let vessel = |state, inside| Some(Self { name: name.to_owned(), state, inside });
        let hidden = || if about.ends_with(HIDDEN_EMPTY) { Some(Vec::new()) } else { behind(HIDDEN) };
        if about.contains(LOCKED) {
            vessel(Lid::Locked, hidden())
        } else if about.contains(CLOSED) {
            vessel(Lid::Closed, hidden())
        } else if about.ends_with(EMPTY) {
            vessel(Lid::Open, Some(Vec::new()))
        } else {
            behind(IN_IT).and_then(|inside| vessel(Lid::Open, Some(inside)))
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state == Lid::Open
    }

    /// What can be seen in it.
    pub(crate) fn seen(&self) -> &[String] {
        self.inside.as_deref().filter(|_| self.is_open()).unwrap_or_default()
    }
}

pub(crate) fn list(text: &str) -> Vec<String> {
    text.split(", ").map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// `Name (kind; disposition): description Carries: items`.
pub(crate) fn person(entry: &str) -> Being {
    let (entry, carries) = entry.rsplit_once(" Carries: ").unwrap_or((entry, ""));
    let (head, about) = entry.split_once(": ").unwrap_or((entry, ""));
    let (name, traits) = head.split_once(" (").unwrap_or((head, ""));
    let kind = traits.split([';', ')']).next().unwrap_or_default();
    Being {
        health: traits.trim_end_matches(')').rsplit("; ").next().and_then(Health::in_words),
        key: String::new(),
        name: name.trim_end_matches(':').to_owned(),
        kind: kind.to_owned(),
        manner: traits.split_once("; ").map(|(_, manner)| manner.trim_end_matches(')').to_owned()).unwrap_or_default(),
        about: about.to_owned(),
        carries: list(carries),
        is_monster: false,
    }
}

/// `Name (AC: 1, HP: 6/6): description`, or with words in the place of the numbers.
pub(crate) fn monster(entry: &str) -> Being {
    let in_words = entry.split_once(" (").and_then(|(_, rest)| Health::in_words(rest.split_once("): ")?.0));
    let (name, rest) = entry.split_once(if in_words.is_some() { " (" } else { " (AC: " }).unwrap_or((entry, ""));
    let (numbers, about) = rest.split_once("): ").unwrap_or_default();
    let hit_points = numbers.rsplit_once("HP: ").and_then(|(_, hp)| hp.split_once('/'));
    let in_numbers = hit_points.and_then(|(hp, max_hp)| Some(Health::of(hp.parse().ok()?, max_hp.parse().ok()?)));
    let health = in_words.or(in_numbers);
    Being { name: name.to_owned(), about: about.to_owned(), is_monster: true, health, ..Being::default() }
}

/// `direction -> Place` or `direction is blocked (reason)`.
pub(crate) fn way(entry: &str) -> Option<Way> {
    if let Some((direction, place)) = entry.split_once(" -> ") {
        return Some(Way { direction: direction.to_owned(), place: place.to_owned(), blocked: None });
    }
    let (direction, reason) = entry.split_once(" is blocked (")?;
    let reason = reason.trim_end_matches(')').to_owned();
    Some(Way { direction: direction.to_owned(), place: String::new(), blocked: Some(reason) })
}
