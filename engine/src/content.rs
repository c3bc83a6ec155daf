//! Reading content: from a directory, or what is shipped inside the binary.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use story::{ContentErrors, ContentKind, Library, Source};

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../fixtures/content");

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
    /// Files are not what they should be.
    #[error("content cannot be loaded:\n{0}")]
    Invalid(#[from] ContentErrors),
}

/// Every content file of a directory, or of the binary when there is none.
pub fn sources(directory: Option<&Path>) -> Result<Vec<Source>, ContentError> {
    let mut sources = Vec::new();
    for kind in ContentKind::ALL.iter().copied() {
        match directory {
            Some(directory) => read_folder(kind, directory, &mut sources)?,
            None => sources.extend(shipped(kind)),
        }
    }
    if let Some(path) = directory
        && !sources.iter().any(|source| source.kind == ContentKind::Scenario)
    {
        return Err(ContentError::Empty { path: path.to_owned() });
    }
    Ok(sources)
}

/// The content of a directory, or of the binary when there is none, ready to play.
pub fn load(directory: Option<&Path>) -> Result<Library, ContentError> {
    Ok(Library::load(sources(directory)?)?)
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

fn shipped(kind: ContentKind) -> impl Iterator<Item = Source> {
    SHIPPED
        .get_dir(kind.dir())
        .into_iter()
        .flat_map(Dir::files)
        .filter_map(move |file| Some(source(kind, file.path(), file.contents_utf8()?.to_owned())))
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
