//! `harness new`: a small case that passes, to go on from; and `harness schema`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use harness_case::json::nearest;
use harness_case::schema;

use super::Exit;
use super::defaults::fixture;
use super::out::say;

/// The case. `SCENARIO` is replaced by the scenario's id.
const TEMPLATE: &str = include_str!("template.json");

/// The schema's file next to a new case.
const SCHEMA: &str = "case.schema.json";

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// The file to write, with or without `.json`.
    path: PathBuf,
    /// The scenario that it plays; the first of the content's when left out.
    #[arg(long, value_name = "ID")]
    scenario: Option<String>,
    /// The content that has the scenario; `fixtures/content` here or in a directory above when left out, or else what is built
    /// into the engine.
    #[arg(long, value_name = "DIR")]
    content: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Write it to a file instead of stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes a case.
pub(super) fn run(args: &NewArgs) -> Exit {
    let json = args.path.extension().is_some_and(|extension| extension == "json");
    let path = if json { args.path.clone() } else { args.path.with_added_extension("json") };
    let scenario = match scenario(args) {
        Ok(scenario) => scenario,
        Err(reason) => {
            note!("{reason}");
            return Exit::Usage;
        }
    };
    match write(&path, &scenario) {
        Ok(()) => {
            say(format_args!("{} is written; `harness run {0}` runs it\n", path.display()));
            Exit::Ok
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            note!("{}: there is such a file already, and it stays as it is", path.display());
            Exit::Usage
        }
        Err(error) => {
            note!("{}: {error}", path.display());
            Exit::Usage
        }
    }
}

/// Prints or writes the schema of case files.
pub(super) fn print_schema(args: &SchemaArgs) -> Exit {
    let text = format!("{:#}\n", schema());
    let Some(path) = &args.out else {
        say(text);
        return Exit::Ok;
    };
    match fs::write(path, text) {
        Ok(()) => Exit::Ok,
        Err(error) => {
            note!("{}: {error}", path.display());
            Exit::Usage
        }
    }
}

fn write(path: &Path, scenario: &str) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new(""));
    if !dir.as_os_str().is_empty() {
        fs::create_dir_all(dir)?;
    }
    File::create_new(path)?.write_all(TEMPLATE.replace("SCENARIO", scenario).as_bytes())?;
    match File::create_new(dir.join(SCHEMA)) {
        Ok(mut file) => writeln!(file, "{:#}", schema()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// The scenario's id, if the content has it.
fn scenario(args: &NewArgs) -> Result<String, String> {
    let content = args.content.clone().or_else(|| fixture("content", None, None));
    let known = content.map_or_else(|| Ok(shipped()), |content| scenarios(&content))?;
    match &args.scenario {
        Some(wanted) if !known.contains(wanted) => Err(match nearest(wanted, known.iter().map(String::as_str)) {
            Some(name) => format!("there is no scenario `{wanted}`: did you mean `{name}`?"),
            None => format!("there is no scenario `{wanted}`; there are: {}", known.join(", ")),
        }),
        Some(wanted) => Ok(wanted.clone()),
        None => known.into_iter().next().ok_or_else(|| "the content has no scenario".to_owned()),
    }
}

/// Those that are in the engine.
fn shipped() -> Vec<String> {
    let files = fixtures::CONTENT.get_dir("scenarios").into_iter().flat_map(fixtures::Dir::files);
    let mut ids: Vec<String> = files.filter_map(|file| Some(file.path().file_stem()?.to_str()?.to_owned())).collect();
    ids.sort();
    ids
}

fn scenarios(content: &Path) -> Result<Vec<String>, String> {
    let dir = content.join("scenarios");
    let entries = fs::read_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut ids: Vec<String> = json.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    ids.sort();
    Ok(ids)
}
