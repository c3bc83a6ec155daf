//! The lines that a case's processes have logged, on the case's clock.

use std::fs;
use std::path::Path;

use harness_events::{CaseLog, Entry, Source};
use jiff::Timestamp;

/// So many lines of a process are kept: its last ones.
const LINES_MAX: usize = 2000;

/// Notes the lines of every `NAME.log` in a directory, each in the lane of its process. What cannot be read is left out: it
/// is there only to be looked at.
pub(super) fn note_logs(dir: &Path, log: &CaseLog) {
    let files = fs::read_dir(dir).into_iter().flatten().filter_map(|file| Some(file.ok()?.path()));
    let mut entries = Vec::new();
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "log")) {
        let text = fs::read(&path).unwrap_or_default();
        let process = path.file_stem().unwrap_or_default().to_string_lossy();
        entries.extend(lines(&String::from_utf8_lossy(&text), &process, log));
    }
    log.renew(Source::Log, entries);
}

/// A line that begins without a time belongs to the one before it.
fn lines(text: &str, process: &str, log: &CaseLog) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let all = text.lines().count();
    for line in text.lines().skip(all.saturating_sub(LINES_MAX)) {
        let timed = line.split_once(' ').and_then(|(time, rest)| Some((time.parse::<Timestamp>().ok()?, rest)));
        match (timed, entries.last_mut()) {
            (Some((at, rest)), _) => {
                entries.push(Entry::new(log.on_clock(at), Source::Log, rest.trim_start()).lane(process));
            }
            (None, Some(last)) => last.text.extend(["\n", line]),
            (None, None) => entries.push(Entry::new(std::time::Duration::ZERO, Source::Log, line).lane(process)),
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn lines_stand_where_they_were_written_and_a_backtrace_stays_with_its_panic() {
        let dir = tempfile::tempdir().unwrap();
        let log = CaseLog::default();
        let at = Timestamp::now() + Duration::from_mins(1);
        let text = format!("{at}  WARN late\n{at} ERROR panic\n  at main.rs\n");
        fs::write(dir.path().join("worker0.log"), text).unwrap();
        fs::write(dir.path().join("engine.json"), "{}").unwrap();
        note_logs(dir.path(), &log);
        let entries = log.entries();
        let texts: Vec<_> = entries.iter().map(|entry| entry.text.as_str()).collect();
        assert_eq!(texts, ["WARN late", "ERROR panic\n  at main.rs"]);
        assert!(entries[0].at > Duration::from_secs(50), "{:?}", entries[0].at);
        assert_eq!(entries[0].lane.as_deref(), Some("worker0"));
    }
}
