//! Where one attempt at a case keeps its files: a directory unlike any other's of the run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// As much of a case's id as a model's namespace can take.
const LENGTH_MAX: usize = 100;

/// Makes a directory for the case in `dir`. Its name is made of letters, digits, `_` and `-`, so that it can also be used in
/// URLs and key prefixes; another attempt gets a number behind it.
pub(super) fn create(dir: &Path, id: &str) -> io::Result<(String, PathBuf)> {
    let plain: Vec<&str> = id.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').collect();
    let plain: Vec<&str> = plain.into_iter().filter(|part| !part.is_empty()).collect();
    let mut plain = plain.join("-");
    plain.truncate(LENGTH_MAX);
    if plain.is_empty() {
        plain.push_str("case");
    }
    let mut name = plain.clone();
    let mut n = 1;
    loop {
        let path = dir.join(&name);
        match fs::create_dir(&path) {
            Ok(()) => return Ok((name, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                n += 1;
                name = format!("{plain}.{n}");
            }
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_attempts_share_a_directory() {
        let dir = tempfile::tempdir().unwrap();
        let made = |id: &str| create(dir.path(), id).unwrap().0;
        assert_eq!(made("test_x"), "test_x");
        assert_eq!(made("test_x"), "test_x.2");
        assert_eq!(made("test_x (3/50)"), "test_x-3-50");
        assert_eq!(made("test_x (3/50)"), "test_x-3-50.2");
        assert_eq!(made("é"), "case");
        assert_eq!(made(&"x".repeat(300)).len(), LENGTH_MAX);
    }
}
