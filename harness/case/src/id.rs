//! A case's id: its path below the directory `cases`, the same wherever the harness is started and whatever else is run.

use std::path::{Component, Path, PathBuf};

/// The directory from which ids begin.
const ROOT: &str = "cases";

/// The id of the cases in a file: `cases/faults/test_retry.json` is `faults/test_retry`. Where no directory above it is called
/// `cases`, the path from the current directory counts; or else the whole.
pub(super) fn of_file(path: &Path) -> String {
    let whole = normal(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    let parts: Vec<String> = whole
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let above = parts.len().saturating_sub(1);
    let below_root = parts[..above].iter().rposition(|part| part == ROOT).map(|root| parts[root + 1..].join("/"));
    let id = below_root.unwrap_or_else(|| {
        let here = std::env::current_dir().ok();
        let inside = here.and_then(|here| Some(whole.strip_prefix(here).ok()?.to_string_lossy().into_owned()));
        inside.unwrap_or_else(|| parts.join("/"))
    });
    id.strip_suffix(".json").unwrap_or(&id).to_owned()
}

/// The id of one row's case.
pub(super) fn of_row(file: &str, row: Option<&str>) -> String {
    row.map_or_else(|| file.to_owned(), |row| format!("{file}[{row}]"))
}

/// What an argument means that is no path: the file of a case, and the row of its table, if it names one. It may be an id as reports
/// print it, from the current directory or the directory `cases` in it, or a path with a row behind it.
pub(super) fn named(argument: &Path) -> Option<(PathBuf, Option<String>)> {
    let text = argument.to_str()?;
    let (file, row) = match text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
        Some((file, row)) => (file, Some(row.to_owned())),
        None => (text, None),
    };
    let inside = Path::new(ROOT).join(file);
    let candidates = [
        PathBuf::from(file),
        Path::new(file).with_added_extension("json"),
        inside.with_added_extension("json"),
        inside,
    ];
    candidates.into_iter().find(|path| path.is_file()).map(|path| (path, row))
}

/// A path without `.` and `..`. Links are not followed: what a file is called is what its author sees.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_path_below_the_last_directory_named_cases() {
        for (path, id) in [
            ("cases/faults/retry.json", "faults/retry"),
            ("/a/cases/b/cases/c/d.json", "c/d"),
            ("cases/queue/../faults/./retry.json", "faults/retry"),
            ("/elsewhere/cases.json", "elsewhere/cases"),
            ("/elsewhere/deep/retry.json", "elsewhere/deep/retry"),
        ] {
            assert_eq!(of_file(Path::new(path)), id, "{path}");
        }
        assert_eq!(of_row("faults/retry", Some("late")), "faults/retry[late]");
    }
}
