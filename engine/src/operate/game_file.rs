//! The files of exported games.

use std::path::{Path, PathBuf};

use protocol::GameExport;
use serde::Serialize;

/// A file that is no game, or cannot be read or written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{}: {reason}", .file.display())]
pub struct GameFileError {
    file: PathBuf,
    reason: String,
}

pub(super) fn read(file: &Path) -> Result<GameExport, GameFileError> {
    let failed = |reason: String| GameFileError { file: file.to_owned(), reason };
    let text = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| failed(format!("it is no exported game: {error}")))
}

/// Makes a directory, unless it is there and empty.
pub(super) fn empty_directory(directory: &Path) -> Result<(), GameFileError> {
    let failed = |reason: String| GameFileError { file: directory.to_owned(), reason };
    std::fs::create_dir_all(directory).map_err(|error| failed(error.to_string()))?;
    let mut files = std::fs::read_dir(directory).map_err(|error| failed(error.to_string()))?;
    if files.next().is_some() {
        return Err(failed("it is not empty: name another directory".to_owned()));
    }
    Ok(())
}

/// Writes a file that is not there yet.
pub(super) fn write(file: &Path, export: &impl Serialize) -> Result<(), GameFileError> {
    let failed = |reason: String| GameFileError { file: file.to_owned(), reason };
    let created = std::fs::File::create_new(file).map_err(|error| failed(error.to_string()))?;
    serde_json::to_writer(std::io::BufWriter::new(created), export).map_err(|error| failed(error.to_string()))
}
