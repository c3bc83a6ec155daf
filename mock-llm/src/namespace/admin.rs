//! What a harness in the same process works with: the namespaces, each with its script, gates and journal. `control`
//! offers the same by HTTP.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use thiserror::Error;

use crate::{namespace::Namespace, script::Script, sync::lock};

/// How long a namespace's name may be.
const NAME_LENGTH: usize = 128;

/// The namespaces of a server.
#[derive(Debug)]
pub struct Admin {
    script: Arc<Script>,
    root: Arc<Namespace>,
    named: Mutex<BTreeMap<String, Arc<Namespace>>>,
}

/// A name that cannot be part of a path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no name for a namespace: use 1 to {NAME_LENGTH} letters, digits, `-`, `_` or `.`")]
pub struct BadName(pub String);

impl Admin {
    pub(crate) fn new(script: Script) -> Self {
        let script = Arc::new(script);
        Self { root: Arc::new(Namespace::new("", Arc::clone(&script))), script, named: Mutex::default() }
    }

    /// The namespace of calls without `/t/NAME`.
    #[must_use]
    pub fn root(&self) -> &Arc<Namespace> {
        &self.root
    }

    /// The namespace of calls below `/t/NAME`. A new one starts out with the script that the server was started with.
    pub fn namespace(&self, name: &str) -> Result<Arc<Namespace>, BadName> {
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if name.is_empty() || name.len() > NAME_LENGTH || !name.chars().all(allowed) {
            return Err(BadName(name.to_owned()));
        }
        let mut named = lock(&self.named);
        let namespace =
            named.entry(name.to_owned()).or_insert_with(|| Arc::new(Namespace::new(name, Arc::clone(&self.script))));
        Ok(Arc::clone(namespace))
    }

    /// The names of all namespaces but the root, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        lock(&self.named).keys().cloned().collect()
    }

    /// Forgets a namespace; false if there was none. Calls in flight run on.
    pub fn remove(&self, name: &str) -> bool {
        lock(&self.named).remove(name).is_some()
    }
}
