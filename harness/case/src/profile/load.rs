//! Finding and reading `harness.toml`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::Diagnostic;
use serde::Deserialize;

use super::Profile;

/// The name of a profile's file.
const FILE: &str = "harness.toml";

/// A profile cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ProfileError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no profile.
    #[error("{}: {mistake}", path.display())]
    #[diagnostic(help("docs/writing-cases.md says what a profile may hold"))]
    Invalid {
        /// Which one.
        path: PathBuf,
        /// What is wrong, with line and caret.
        mistake: String,
    },
}

/// A file that describes no service.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnlyPresets {
    #[serde(rename = "preset")]
    presets: BTreeMap<String, toml::Table>,
}

/// The profile in this file; or in the first `harness.toml` next to or above one of the cases; or the story engine's.
pub fn find(named: Option<&Path>, cases: &[PathBuf]) -> Result<Arc<Profile>, ProfileError> {
    let near = || {
        let absolute = cases.iter().filter_map(|path| path.canonicalize().ok());
        let mut dirs = absolute.flat_map(|path| path.ancestors().map(Path::to_owned).collect::<Vec<_>>());
        dirs.find_map(|dir| Some(dir.join(FILE)).filter(|file| file.is_file()))
    };
    let Some(path) = named.map(Path::to_owned).or_else(near) else { return Ok(Profile::story_engine()) };
    let text =
        std::fs::read_to_string(&path).map_err(|source| ProfileError::Unreadable { path: path.clone(), source })?;
    // A project of the story engine's has nothing to say of the service.
    if let Ok(OnlyPresets { presets }) = toml::from_str(&text) {
        return Ok(Arc::new(Profile { presets, ..(*Profile::story_engine()).clone() }));
    }
    let mut profile = read(&text).map_err(|mistake| ProfileError::Invalid { path: path.clone(), mistake })?;
    let absolute = path.canonicalize().unwrap_or(path);
    absolute.parent().unwrap_or(Path::new("/")).clone_into(&mut profile.dir);
    Ok(Arc::new(profile))
}

/// Reads a profile and checks what its types cannot say.
pub(super) fn read(text: &str) -> Result<Profile, String> {
    let profile: Profile = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    if profile.processes.is_empty() && profile.url.is_none() {
        return Err("nothing says where the service is: give it a `[[process]]`, or a `url`".to_owned());
    }
    let serves = |process: &&super::ProcessProfile| process.ready.capture_names().flatten().any(|name| name == "url");
    if profile.url.is_none() && !profile.processes.iter().any(|process| serves(&process)) {
        return Err(
            "no process says where it serves: one `ready` needs a group `(?<url>…)`, or give a `url`".to_owned()
        );
    }
    for process in &profile.processes {
        if process.command.is_empty() {
            return Err(format!("the process `{}` has an empty command", process.name));
        }
        if let Some(other) = process.without_redis.as_deref().filter(|other| profile.process(other).is_none()) {
            return Err(format!("`{}` leaves its work to `{other}`, which is no process", process.name));
        }
    }
    let events = &profile.events;
    if events.first.is_some() && events.contiguous.is_none() {
        return Err("`events.first` goes with `events.contiguous`, which finds the number in an id".to_owned());
    }
    if let Some((key, name)) = events
        .used_names()
        .find(|(_, name)| !events.names.is_empty() && !events.names.iter().any(|known| known == name))
    {
        return Err(format!("`events.{key}` speaks of `{name}`, which is not among `events.names`"));
    }
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_of_the_story_engine_is_one() {
        let profile = Profile::story_engine();
        assert!(profile.is_story_engine());
        let known: Vec<&str> = protocol::EventName::ALL.iter().map(|name| name.as_str()).collect();
        assert_eq!(profile.events.names, known);
        assert!(profile.many().is_some_and(|worker| worker.name == "worker"));
    }

    #[test]
    fn a_slip_in_a_profile_is_shown_with_its_line() {
        let error = read("name = \"x\"\nurl = \"http://h\"\n[sned]\npath = \"/\"\nid = \"/id\"\n").unwrap_err();
        assert!(error.contains("line 3") && error.contains("sned"), "{error}");
    }

    #[test]
    fn a_profile_must_say_where_the_service_is() {
        assert!(read("name = \"x\"").unwrap_err().contains("[[process]]"));
        let deaf = "name = \"x\"\n[[process]]\nname = \"a\"\ncommand = [\"a\"]\nready = \"up\"\n";
        assert!(read(deaf).unwrap_err().contains("(?<url>"), "{deaf}");
        let operators = format!("{}operators = \"up\"\n", deaf.replace("up", "up at (?<url>.+)"));
        assert!(read(&operators).unwrap_err().contains("operators at (?<url>"), "{operators}");
    }

    #[test]
    fn a_profile_says_how_ids_are_contiguous_and_uses_names_that_it_lists() {
        let with = |events: &str| read(&format!("name = \"x\"\nurl = \"http://h\"\n[events]\n{events}\n"));
        for wrong in ["contiguous = true", "contiguous = '^\\d+$'", "contiguous = 3"] {
            let error = with(wrong).unwrap_err();
            assert!(error.contains("line 4") && error.contains("(?<offset>"), "{wrong}: {error}");
        }
        assert!(with("first = 1").unwrap_err().contains("events.contiguous"));
        let number = with("contiguous = '^(?<offset>[0-9]+)$'\nfirst = 0").unwrap();
        assert_eq!((number.events.offset("17"), number.events.offset("a:17")), (Some(17), None));
        let error = with("names = [\"word\"]\ncompleted = [\"done\"]").unwrap_err();
        assert!(error.contains("events.completed") && error.contains("`done`"), "{error}");
    }

    #[test]
    fn a_file_of_presets_alone_leaves_the_service_the_story_engine() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FILE), "[preset.ci]\nretries = 2\n").unwrap();
        let found = find(None, &[dir.path().to_owned()]).unwrap();
        assert!(found.is_story_engine());
        assert_eq!(found.presets["ci"]["retries"].as_integer(), Some(2));
    }

    #[test]
    fn a_profile_is_found_above_the_cases() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("cases/deep")).unwrap();
        std::fs::write(dir.path().join(FILE), "name = \"other\"\nurl = \"http://h\"\n").unwrap();
        let found = find(None, &[dir.path().join("cases/deep")]).unwrap();
        assert_eq!(found.name, "other");
        assert_eq!(found.dir, dir.path().canonicalize().unwrap());
        assert!(!found.is_story_engine());
    }
}
