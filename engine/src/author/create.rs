//! `engine new story`: a small story of two scenes that is valid, can be finished, and says in its own words where to go on.

use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, miette};

/// The story that is written, with `{{title}}` where its name goes.
const SCENARIO: &str = include_str!("template.json");

/// Writes a story with this name into `directory`, and returns the file. A file that is there is never overwritten.
pub fn create(name: &str, directory: &Path) -> miette::Result<PathBuf> {
    let id = story::normalize_id(name);
    if id.is_empty()
        || !id.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    {
        return Err(miette!(
            help = "use letters, digits and `_`, as in `night_market`",
            "`{name}` is no name for a story"
        ));
    }
    let folder = directory.join("scenarios");
    std::fs::create_dir_all(&folder).into_diagnostic()?;
    let path = folder.join(format!("{id}.json"));
    let mut file = std::fs::File::create_new(&path).map_err(|error| miette!("{}: {error}", path.display()))?;
    std::io::Write::write_all(&mut file, SCENARIO.replace("{{title}}", &title(&id)).as_bytes()).into_diagnostic()?;
    Ok(path)
}

/// `Night Market` of `night_market`.
fn title(id: &str) -> String {
    let words = id.split('_').filter(|word| !word.is_empty()).map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_story_is_valid_and_is_never_written_over_another() {
        let directory = tempfile::tempdir().unwrap();
        let path = create("Night Market", directory.path()).unwrap();
        assert!(path.ends_with("scenarios/night_market.json"));
        let sources = crate::content::sources(Some(directory.path())).unwrap();
        assert_eq!(story::check_sources(&sources), []);
        let library = story::Library::load(sources.clone()).unwrap();
        assert_eq!(story::explore::check(&library, &sources, 1_000), []);
        assert_eq!(library.scenario("night_market").unwrap().name, "Night Market");
        assert!(create("night_market", directory.path()).unwrap_err().to_string().contains("night_market.json"));
        assert!(create("../etc", directory.path()).is_err());
    }

    #[test]
    fn a_new_story_can_be_finished_offline() {
        let directory = tempfile::tempdir().unwrap();
        create("first", directory.path()).unwrap();
        let library = crate::content::load(Some(directory.path())).unwrap();
        let narrator = narrator::OfflineNarrator::new(library.clone(), std::collections::BTreeMap::default());
        let mut game = narrator::Rehearsal::new(library, narrator, "first").unwrap();
        for message in ["take the matches", "go in", "light the stove", "go out"] {
            game.say(message).unwrap();
        }
        assert_eq!(game.state().ending.as_ref().map(|ending| ending.id.as_str()), Some("warm"));
    }
}
