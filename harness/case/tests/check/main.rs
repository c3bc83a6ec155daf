//! What is found in a case before it runs, as its author reads it: place, message, help.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod contents;
mod files;
mod nothing;
mod places;
mod requests;
mod shipped;
mod spans;
mod spelling;

use std::path::{Path, PathBuf};

use harness_case::profile::Profile;
use harness_case::{Content, Discovered, Reading, discover};
use miette::Diagnostic;

/// The content of this checkout.
fn content() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/content")
}

fn read(paths: &[PathBuf]) -> Discovered {
    let profile = Profile::story_engine();
    discover(paths, &Reading { content: Content::Directory(content()), ..Reading::of(&profile) })
}

/// A directory with these files in its `cases`.
fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join("cases").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

/// What is said of something: `LINE:COLUMN: MESSAGE (HELP)`.
fn said(message: &dyn Diagnostic, dir: &Path) -> String {
    let text = message.to_string().replace(&format!("{}/cases/", dir.display()), "");
    let text = text.strip_prefix("a.json:").unwrap_or(&text).to_owned();
    message.help().map_or(text.clone(), |help| format!("{text} ({help})"))
}

/// What is wrong with the text of a case, and with what was read with good will.
fn found(text: &str) -> (Vec<String>, Vec<String>) {
    let dir = directory(&[("a.json", text)]);
    let Discovered { errors, warnings, .. } = read(&[dir.path().join("cases")]);
    let errors = errors.iter().map(|error| said(error, dir.path())).collect();
    (errors, warnings.iter().map(|warning| said(warning, dir.path())).collect())
}

/// A case with such members, its steps each on a line of its own from the second line on.
fn case_with(members: &str, steps: &[&str]) -> String {
    format!(r#"{{"name": "x", "scenario": "ferry_crossing", {members} "steps": [{}{}]}}"#, "\n", steps.join(",\n"))
}

/// What is wrong with these steps.
fn in_steps(members: &str, steps: &[&str]) -> Vec<String> {
    found(&case_with(members, steps)).0
}
