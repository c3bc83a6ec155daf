//! Reading content: from a directory, or what is shipped inside the binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fixtures::{CONTENT, Dir};
use story::script::Script;
use story::{ContentErrors, ContentKind, Library, Source};

/// The folder of the offline narrator's scripts.
const OFFLINE: &str = "offline";

/// Content cannot be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ContentError {
    /// The directory is not there or cannot be read.
    #[error("cannot read content from {}", .path.display())]
    #[diagnostic(help("a content directory has the folders scenarios, pcs, npcs, monsters and narrators"))]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The directory holds no scenario.
    #[error("there is no scenario in {}", .path.display())]
    #[diagnostic(help("put at least one scenario into its folder `scenarios`"))]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// A script of the offline narrator cannot be read.
    #[error("{}: not a script of the offline narrator: {reason}", .path.display())]
    Script {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// Files are not what they should be.
    #[error("content cannot be loaded:\n{0}")]
    Invalid(#[from] ContentErrors),
}

/// Every content file of a directory, or of the binary when there is none.
pub fn sources(directory: Option<&Path>) -> Result<Vec<Source>, ContentError> {
    let Some(directory) = directory else { return Ok(fixtures::sources().collect()) };
    let mut sources = Vec::new();
    for kind in ContentKind::ALL.iter().copied() {
        read_folder(kind, directory, &mut sources)?;
    }
    if !sources.iter().any(|source| source.kind == ContentKind::Scenario) {
        return Err(ContentError::Empty { path: directory.to_owned() });
    }
    Ok(sources)
}

/// The content of a directory, or of the binary when there is none, ready to play.
pub fn load(directory: Option<&Path>) -> Result<Library, ContentError> {
    Ok(Library::load(sources(directory)?)?)
}

/// The scripts of the offline narrator by scenario id: those of a directory's folder `offline`, and the shipped ones for scenarios that
/// have none there.
pub(crate) fn offline_scripts(directory: Option<&Path>) -> Result<BTreeMap<String, Script>, ContentError> {
    let mut texts = script_texts(None)?;
    if directory.is_some() {
        texts.extend(script_texts(directory)?);
    }
    let read = |(id, (path, text)): (String, (PathBuf, String))| {
        let script =
            serde_json::from_str(&text).map_err(|error| ContentError::Script { path, reason: error.to_string() })?;
        Ok((id, script))
    };
    texts.into_iter().map(read).collect()
}

/// The texts of the scripts in a directory's folder `offline`, or of the shipped ones when there is none, by scenario id, each with its file.
pub(crate) fn script_texts(directory: Option<&Path>) -> Result<BTreeMap<String, (PathBuf, String)>, ContentError> {
    let id = |path: &Path| story::normalize_id(&path.file_stem().unwrap_or_default().to_string_lossy());
    let Some(folder) = directory.map(|directory| directory.join(OFFLINE)) else {
        let files = CONTENT.get_dir(OFFLINE).into_iter().flat_map(Dir::files);
        let read = files.map(|file| {
            let text = file.contents_utf8().unwrap_or_default().to_owned();
            (id(file.path()), (file.path().to_owned(), text))
        });
        return Ok(read.collect());
    };
    let mut texts = BTreeMap::new();
    if folder.is_dir() {
        let failed = |source| ContentError::Read { path: folder.clone(), source };
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(&path).map_err(failed)?;
                texts.insert(id(&path), (path, text));
            }
        }
    }
    Ok(texts)
}

fn read_folder(kind: ContentKind, directory: &Path, sources: &mut Vec<Source>) -> Result<(), ContentError> {
    let folder = directory.join(kind.dir());
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ContentError::Read { path, source }
    };
    if !folder.is_dir() {
        return std::fs::read_dir(directory).map(drop).map_err(failed(directory));
    }
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(failed(&folder))? {
        let path = entry.map_err(failed(&folder))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
        sources.push(source(kind, &path, text));
    }
    Ok(())
}

fn source(kind: ContentKind, path: &Path, text: String) -> Source {
    let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Source { kind, id, path: path.display().to_string(), text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_content_loads() {
        let library = load(None).unwrap();
        assert!(library.scenarios().count() >= 2);
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let error = load(Some(Path::new("/nowhere/at/all"))).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }
}
