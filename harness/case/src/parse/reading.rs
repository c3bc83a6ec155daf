//! For what, and with what, case files are read; and what files that are read together share.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::error::DiscoverError;
use crate::expand::{FragmentFiles, Given};
use crate::json::{self, Node};
use crate::lookup::Libraries;
use crate::profile::Profile;
use crate::scripts::Scripts;

/// For what, and with what, case files are read.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    /// The service that the cases are for.
    pub profile: &'a Profile,
    /// Variables from outside.
    pub given: Given,
    /// The content with which cases are played that have none of their own: names are looked up there.
    pub content: Content,
}

/// Where the content is with which cases are played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// In a directory.
    Directory(PathBuf),
    /// In the engine.
    Shipped,
    /// That is not known here: an engine that runs already has its own.
    Unknown,
}

impl<'a> Reading<'a> {
    /// For this service, with nothing from outside.
    #[must_use]
    pub fn of(profile: &'a Profile) -> Self {
        Self { profile, given: Given::new(), content: Content::Unknown }
    }
}

/// What files that are read together share: each is read once.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(super) scripts: Scripts,
    pub(crate) fragments: FragmentFiles,
    pub(super) libraries: Libraries,
    /// The variables that some file declares.
    declared: Mutex<BTreeSet<String>>,
}

impl Shared {
    pub(super) fn declare(&self, variables: &Node) {
        let names = variables.members().iter().map(|variable| variable.key.clone());
        self.declared.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
    }

    /// Values from outside for variables that no file declares.
    pub(crate) fn undeclared(&self, given: &Given) -> Vec<DiscoverError> {
        let declared = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = given.keys().filter(|name| !declared.contains(*name));
        let error = |name: &String| DiscoverError::NoVariable {
            name: name.clone(),
            help: match json::nearest(name, declared.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a case declares it under `variables`".to_owned(),
            },
        };
        unknown.map(error).collect()
    }
}
