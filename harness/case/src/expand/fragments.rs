//! Fragments by their names: those of the case itself, and those of every `fragments.json` next to it or in a directory
//! above.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{CaseError, Source};
use crate::json::{self, JsonError, Kind, Node, Span, nearest};

/// The name of the files. They hold no case.
pub(crate) const FILE: &str = "fragments.json";

/// Every `fragments.json` that was read, by its directory: read once, however many cases are below it.
#[derive(Debug, Default)]
pub(crate) struct FragmentFiles(Mutex<HashMap<PathBuf, Option<Read>>>);

/// A file of fragments.
#[derive(Debug)]
struct FragmentFile {
    source: Arc<Source>,
    object: Node,
}

/// What came of reading one.
type Read = Result<Arc<FragmentFile>, Box<CaseError>>;

impl FragmentFiles {
    /// The fragments that a case in this file can use, the nearest first.
    pub(crate) fn around(&self, case: &Path) -> Result<Fragments, Box<CaseError>> {
        let path = std::path::absolute(case).unwrap_or_else(|_| case.to_owned());
        let mut files = Vec::new();
        for dir in path.ancestors().skip(1) {
            files.extend(self.of(dir).transpose()?);
        }
        Ok(Fragments { own: None, files })
    }

    /// What is wrong with the file in a directory, whether a case uses it or not.
    pub(crate) fn broken(&self, dir: &Path) -> Option<CaseError> {
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        Some(*self.of(&dir)?.err()?)
    }

    fn of(&self, dir: &Path) -> Option<Read> {
        // Held while a file is read, so that nobody else reads it at the same time.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(dir.to_owned()).or_insert_with(|| read(&dir.join(FILE))).clone()
    }
}

/// A file that is not there has no fragments.
fn read(path: &Path) -> Option<Read> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            let error = JsonError::at(0..0, "this file is not UTF-8").help("save it as UTF-8 in your editor");
            return Some(Err(Box::new(Source::new(&shown(path), "").error(error))));
        }
        Err(_) => return None,
    };
    let source = Arc::new(Source::new(&shown(path), &text));
    let object = json::parse(&text).and_then(|node| match node.kind {
        Kind::Object(_) => Ok(node),
        _ => Err(JsonError::at(node.span, "a file of fragments is an object: `{\"NAME\": value}`")),
    });
    Some(match object {
        Ok(object) => Ok(Arc::new(FragmentFile { source, object })),
        Err(error) => Err(Box::new(source.error(error))),
    })
}

/// The path as a person names it who works in this directory.
fn shown(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path).to_owned()
}

/// The fragments that a case can use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fragments {
    own: Option<Node>,
    files: Vec<Arc<FragmentFile>>,
}

/// A fragment.
pub(super) struct Found<'a> {
    pub(super) fragment: &'a Node,
    /// The file that its places are in, if it is not the case's.
    pub(super) file: Option<&'a Arc<Source>>,
}

impl Fragments {
    /// The same with those that the case defines itself.
    pub(super) fn with_own(&self, own: Option<&Node>) -> Result<Self, JsonError> {
        match own {
            Some(node) if !matches!(node.kind, Kind::Object(_)) => {
                Err(JsonError::at(node.span.clone(), format!("expected an object, found {}", node.describe()))
                    .help("`{\"NAME\": value}`"))
            }
            own => Ok(Self { own: own.cloned(), files: self.files.clone() }),
        }
    }

    /// The fragment of this name; the nearest, if several files have one.
    pub(super) fn find(&self, name: &str, span: &Span) -> Result<Found<'_>, JsonError> {
        if let Some(fragment) = self.own.as_ref().and_then(|own| own.get(name)) {
            return Ok(Found { fragment, file: None });
        }
        for FragmentFile { source, object } in self.files.iter().map(AsRef::as_ref) {
            if let Some(fragment) = object.get(name) {
                return Ok(Found { fragment, file: Some(source) });
            }
        }
        let own = self.own.iter().flat_map(Node::members);
        let names =
            own.chain(self.files.iter().flat_map(|file| file.object.members())).map(|member| member.key.as_str());
        let error = JsonError::at(span.clone(), format!("there is no fragment `{name}`"));
        Err(match nearest(name, names) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!(
                "fragments are defined under `fragments`, or in a `{FILE}` next to the case or in a directory above"
            )),
        })
    }
}
