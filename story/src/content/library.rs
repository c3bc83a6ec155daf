//! The library: every content file of an engine, parsed, and found by id. Reading files from a disk stays with the caller; judging
//! their quality stays with `check`.

use std::collections::BTreeMap;
use std::fmt;

use schemars::schema_for;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::actor::{Monster, Narrator, Npc, Pc};
use super::contingency::ContingencyPrompt;
use super::id::normalize_id;
use super::scenario::Scenario;
use crate::suggest::nearest;

/// The kinds of content file, one directory each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the whole meaning")]
pub enum ContentKind {
    Scenario,
    Pc,
    Narrator,
    Monster,
    Npc,
}

impl ContentKind {
    /// Every kind, in the order in which they are read and listed.
    pub const ALL: [Self; 5] = [Self::Scenario, Self::Pc, Self::Narrator, Self::Monster, Self::Npc];

    /// The directory that holds the files of this kind.
    #[must_use]
    pub fn dir(self) -> &'static str {
        match self {
            Self::Scenario => "scenarios",
            Self::Pc => "pcs",
            Self::Narrator => "narrators",
            Self::Monster => "monsters",
            Self::Npc => "npcs",
        }
    }

    /// The JSON schema of a file of this kind, for editors and for the search for unknown fields.
    #[must_use]
    pub fn schema(self) -> serde_json::Value {
        match self {
            Self::Scenario => schema_for!(Scenario),
            Self::Pc => schema_for!(Pc),
            Self::Narrator => schema_for!(Narrator),
            Self::Monster => schema_for!(Monster),
            Self::Npc => schema_for!(Npc),
        }
        .to_value()
    }
}

impl fmt::Display for ContentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scenario => "scenario",
            Self::Pc => "PC",
            Self::Narrator => "narrator",
            Self::Monster => "monster",
            Self::Npc => "NPC",
        })
    }
}

/// One content file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What it holds.
    pub kind: ContentKind,
    /// Its name without `.json`; the library normalises it.
    pub id: String,
    /// Where it is, for messages.
    pub path: String,
    /// The JSON text.
    pub text: String,
}

/// Why a file cannot be taken into the library.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ContentError {
    /// The text is not JSON, or not of the shape that its kind has.
    #[error("{path}: not a {kind}: {message}")]
    Parse {
        /// Where the file is.
        path: String,
        /// What it should have been.
        kind: ContentKind,
        /// What is wrong, with line and column.
        message: String,
    },
    /// Two files come to the same id.
    #[error("{path}: the {kind} `{id}` exists already, in {first}; rename one of the files")]
    Duplicate {
        /// The second file.
        path: String,
        /// What both are.
        kind: ContentKind,
        /// The id that both come to.
        id: String,
        /// The first file.
        first: String,
    },
    /// Nothing is left of a file's name when it is normalised.
    #[error("{path}: the file's name holds no letter or digit, so the {kind} has no id")]
    NoId {
        /// Where the file is.
        path: String,
        /// What it is.
        kind: ContentKind,
    },
}

impl ContentError {
    /// The file that the error is about.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Parse { path, .. } | Self::Duplicate { path, .. } | Self::NoId { path, .. } => path,
        }
    }
}

/// Everything that is wrong with a set of files, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentErrors(pub Vec<ContentError>);

impl fmt::Display for ContentErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ContentErrors {}

/// All content of an engine. Look-ups take any spelling of an id that `normalize_id` understands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Library {
    scenarios: BTreeMap<String, Scenario>,
    pcs: BTreeMap<String, Pc>,
    narrators: BTreeMap<String, Narrator>,
    monsters: BTreeMap<String, Monster>,
    npcs: BTreeMap<String, Npc>,
}

/// Defines the look-up and the sorted iteration of one kind.
macro_rules! shelf {
    ($one:ident, $all:ident, $type:ty, $what:literal) => {
        #[doc = concat!("The ", $what, " with this id.")]
        #[must_use]
        pub fn $one(&self, id: &str) -> Option<&$type> {
            self.$all.get(&normalize_id(id))
        }

        #[doc = concat!("Every ", $what, ", sorted by id.")]
        pub fn $all(&self) -> impl Iterator<Item = (&str, &$type)> {
            self.$all.iter().map(|(id, item)| (id.as_str(), item))
        }
    };
}

impl Library {
    /// Parses every source. Unknown fields are let through, so that a running engine takes files that were written for another version;
    /// `check` reports them. All errors are found in one go.
    pub fn load(sources: impl IntoIterator<Item = Source>) -> Result<Self, ContentErrors> {
        let mut library = Self::default();
        let mut paths = BTreeMap::new();
        let mut errors = Vec::new();
        for source in sources {
            let id = normalize_id(&source.id);
            let Source { kind, path, text, .. } = source;
            if id.is_empty() {
                errors.push(ContentError::NoId { path, kind });
            } else if let Some(first) = paths.get(&(kind, id.clone())) {
                errors.push(ContentError::Duplicate { path, kind, id, first: String::clone(first) });
            } else {
                match library.insert(kind, &id, &text) {
                    Ok(()) => drop(paths.insert((kind, id), path)),
                    Err(error) => errors.push(ContentError::Parse { path, kind, message: error.to_string() }),
                }
            }
        }
        if errors.is_empty() { Ok(library) } else { Err(ContentErrors(errors)) }
    }

    fn insert(&mut self, kind: ContentKind, id: &str, text: &str) -> Result<(), serde_json::Error> {
        fn parse<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
            serde_json::from_str(text.trim_start_matches('\u{feff}'))
        }
        let owned = id.to_owned();
        match kind {
            ContentKind::Scenario => drop(self.scenarios.insert(owned, parse(text)?)),
            ContentKind::Pc => drop(self.pcs.insert(owned, Pc { id: id.into(), ..parse(text)? })),
            ContentKind::Narrator => drop(self.narrators.insert(owned, Narrator { id: id.into(), ..parse(text)? })),
            ContentKind::Monster => drop(self.monsters.insert(owned, Monster { id: id.into(), ..parse(text)? })),
            ContentKind::Npc => drop(self.npcs.insert(owned, parse(text)?)),
        }
        Ok(())
    }

    shelf!(scenario, scenarios, Scenario, "scenario");
    shelf!(pc, pcs, Pc, "player character");
    shelf!(narrator, narrators, Narrator, "narrator");
    shelf!(monster, monsters, Monster, "monster template");
    shelf!(npc, npcs, Npc, "NPC template");

    /// Every hint for a narrator.
    pub(crate) fn hints(&self) -> impl Iterator<Item = &ContingencyPrompt> {
        let of_scenarios = self.scenarios.values().flat_map(Scenario::hints);
        let of_pcs = self.pcs.values().flat_map(|pc| &pc.contingency_prompts);
        let of_people = self.npcs.values().flat_map(|npc| &npc.contingency_prompts);
        of_scenarios.chain(of_pcs).chain(of_people)
    }

    /// The ids of one kind, sorted.
    #[must_use]
    pub fn ids(&self, kind: ContentKind) -> Vec<&str> {
        match kind {
            ContentKind::Scenario => self.scenarios.keys().map(String::as_str).collect(),
            ContentKind::Pc => self.pcs.keys().map(String::as_str).collect(),
            ContentKind::Narrator => self.narrators.keys().map(String::as_str).collect(),
            ContentKind::Monster => self.monsters.keys().map(String::as_str).collect(),
            ContentKind::Npc => self.npcs.keys().map(String::as_str).collect(),
        }
    }

    /// The same content without its prose, which makes a game of it cheap to copy. Names, rules and what happens are as they were.
    pub(crate) fn without_texts(&self) -> Self {
        let mut bare = self.clone();
        for scenario in bare.scenarios.values_mut() {
            scenario.strip();
        }
        for npc in bare.npcs.values_mut() {
            npc.description = super::text::Text::default();
            npc.contingency_prompts.clear();
        }
        bare.narrators.clear();
        bare
    }

    /// Changes a scenario in place, for tests that need a variation of one.
    #[cfg(test)]
    pub(crate) fn rewrite_scenario(&mut self, id: &str, rewrite: impl FnOnce(&mut Scenario)) {
        rewrite(self.scenarios.get_mut(id).unwrap());
    }

    /// The existing id of one kind that somebody who wrote `id` probably meant.
    #[must_use]
    pub fn nearest(&self, kind: ContentKind, id: &str) -> Option<&str> {
        nearest(&normalize_id(id), self.ids(kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(kind: ContentKind, id: &str, text: &str) -> Source {
        Source { kind, id: id.into(), path: format!("{}/{id}.json", kind.dir()), text: text.into() }
    }

    #[test]
    fn content_is_found_under_any_spelling_of_its_id() {
        let library = Library::load([source(ContentKind::Scenario, "Storm Light", r#"{"name":"Storm"}"#)]).unwrap();
        for id in ["storm_light", "Storm Light", "storm-light.json"] {
            assert_eq!(library.scenario(id).unwrap().name, "Storm", "{id}");
        }
        assert_eq!(library.nearest(ContentKind::Scenario, "storm_lihgt"), Some("storm_light"));
    }

    #[test]
    fn every_bad_file_is_named_with_the_place_of_its_error() {
        let errors = Library::load([
            source(ContentKind::Npc, "a", "{\n \"items\": 3 }"),
            source(ContentKind::Npc, "b b", "{}"),
            source(ContentKind::Npc, "b_b", "{}"),
            source(ContentKind::Npc, "!", "{}"),
        ])
        .unwrap_err();
        let text = errors.to_string();
        assert!(text.contains("npcs/a.json: not a NPC: invalid type: integer `3`"), "{text}");
        assert!(text.contains("line 2 column"), "{text}");
        assert!(text.contains("npcs/b_b.json: the NPC `b_b` exists already, in npcs/b b.json"), "{text}");
        assert_eq!(errors.0.len(), 3);
    }

    #[test]
    fn unknown_fields_do_not_stop_a_running_engine() {
        assert!(Library::load([source(ContentKind::Pc, "p", r#"{"name":"P","shoe_size":44}"#)]).is_ok());
    }
}
