//! Files on the disk: which of them are cases, and their texts.

use std::path::{Path, PathBuf};

use crate::error::{CaseWarning, DiscoverError, Source, WarningAbout};
use crate::expand::FRAGMENTS;
use crate::json::{JsonError, Lines};

/// How the name of a script ends that `harness record` writes next to its case.
const SCRIPT: &str = ".model.jsonc";

/// What is below the paths of a command line.
#[derive(Default)]
pub(super) struct Files {
    /// Files that hold cases, in the order of their paths.
    pub(super) cases: Vec<PathBuf>,
    /// Directories with a file of fragments.
    pub(super) fragments: Vec<PathBuf>,
    /// Directories that cannot be read.
    pub(super) errors: Vec<DiscoverError>,
    /// Files that nearly have the name of a case.
    pub(super) warnings: Vec<CaseWarning>,
}

impl Files {
    pub(super) fn below(paths: &[PathBuf]) -> Self {
        let mut found = Self::default();
        for path in paths {
            found.gather(path);
        }
        found
    }

    fn gather(&mut self, path: &Path) {
        if !path.is_dir() {
            return self.cases.push(path.to_owned());
        }
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(reason) => return self.errors.push(unreadable(path, reason)),
        };
        let mut inside: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        inside.sort();
        for inner in inside {
            let name = inner.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') || name == "snapshots" && inner.is_dir() {
                continue;
            }
            if inner.is_dir() {
                self.gather(&inner);
            } else if name == FRAGMENTS {
                self.fragments.push(path.to_owned());
            // A schema next to the cases is there for editors.
            } else if name.ends_with(".json") && !name.ends_with(".schema.json") {
                self.cases.push(inner);
            } else if is_nearly_a_case(&name) {
                self.warnings.push(passed_over(&inner));
            }
        }
    }
}

fn is_nearly_a_case(name: &str) -> bool {
    let extension = Path::new(name).extension().unwrap_or_default();
    let is_like_json = extension.eq_ignore_ascii_case("json") || extension.eq_ignore_ascii_case("jsonc");
    is_like_json && extension != "json" && !name.to_lowercase().ends_with(SCRIPT)
}

/// A file that is not run, although it looks as if it was meant to be.
fn passed_over(path: &Path) -> CaseWarning {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let what = "this file is passed over: the name of a case ends in `.json`";
    let error = JsonError::at(0..0, what).help("rename it if it is a case; comments are allowed in `.json` too");
    CaseWarning::new(WarningAbout::Doubt, Source::new(path, &text).error(error))
}

pub(super) fn read_text(path: &Path) -> Result<String, DiscoverError> {
    let bytes = std::fs::read(path).map_err(|reason| unreadable(path, reason))?;
    let found = match bytes.as_slice() {
        [0xff, 0xfe, ..] | [b'{', 0, ..] => "UTF-16LE",
        [0xfe, 0xff, ..] | [0, b'{', ..] => "UTF-16BE",
        _ => "",
    };
    // NUL bytes are UTF-8, and the sign of a file that was saved as UTF-16 without a mark.
    if !found.is_empty() {
        let help = format!("save it as UTF-8 in your editor, or: iconv -f {found} -t UTF-8");
        return Err(DiscoverError::Encoding { place: path.display().to_string(), found: found.to_owned(), help });
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..good]).into_owned();
        let (line, column) = Lines::of(&before).line_and_column(good);
        DiscoverError::Encoding {
            place: format!("{}:{line}:{column}", path.display()),
            found: format!("not UTF-8 here: the byte 0x{:02x} begins no character", error.as_bytes()[good]),
            help: "save it as UTF-8 in your editor; if it is Latin-1: iconv -f LATIN1 -t UTF-8".to_owned(),
        }
    })
}

/// A file that cannot be read. One that is named without its ending, or by the id that reports print, is an easy guess.
pub(super) fn unreadable(path: &Path, reason: std::io::Error) -> DiscoverError {
    let with_ending = path.with_added_extension("json");
    let help = if with_ending.is_file() {
        format!("did you mean {}?", with_ending.display())
    } else if reason.kind() == std::io::ErrorKind::NotFound {
        "an argument is a file, a directory, or an id that reports print, from the directory in which `cases` is"
            .to_owned()
    } else {
        "an argument is a file or a directory".to_owned()
    };
    DiscoverError::Unreadable { path: path.to_owned(), reason, help }
}
