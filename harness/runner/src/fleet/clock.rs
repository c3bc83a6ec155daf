//! The clocks of processes: libfaketime, loaded into a process, reads from a file by how much its time of day differs.
//!
//! A test clock in the engine would be simpler, and would test that clock: here the real calls return another time, in SQLite too. The clock
//! that measures how long something takes is left alone, as it is when a system's time is corrected.

use std::io;
use std::path::{Path, PathBuf};

use harness_case::Target;

/// The library's file name.
pub(crate) const NAME: &str = "libfaketime.so.1";

/// Where distributions put it.
const PLACES: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib64/faketime",
    "/usr/lib/faketime",
    "/usr/local/lib/faketime",
];

/// Where the library is, if it is here: in a directory that `LIBFAKETIME_DIR` names, or where distributions put it.
pub(crate) fn library() -> Option<PathBuf> {
    let named = std::env::var_os("LIBFAKETIME_DIR").unwrap_or_default();
    let places = std::iter::once(Path::new(&named)).chain(PLACES.iter().map(Path::new));
    places.map(|place| place.join(NAME)).find(|file| file.is_file())
}

/// Sets the clocks of the processes of a case.
#[derive(Debug)]
pub(super) struct Clocks {
    library: PathBuf,
    dir: PathBuf,
}

impl Clocks {
    /// Clocks whose files are in `dir`.
    pub(super) fn new(library: PathBuf, dir: PathBuf) -> Self {
        Self { library, dir }
    }

    /// Sets the clock of a process. The file is replaced as a whole, because the process reads it at any time.
    pub(super) fn set(&self, target: &Target, ahead_seconds: i64) -> io::Result<()> {
        let (file, written) = (self.file(target), self.dir.join("clock.new"));
        std::fs::write(&written, format!("{ahead_seconds:+}\n"))?;
        std::fs::rename(written, file)
    }

    /// What a process is started with, so that its clock can be set. One that has not been set is right.
    pub(super) fn environment(&self, target: &Target) -> io::Result<[(String, String); 4]> {
        let file = self.file(target);
        if !file.exists() {
            self.set(target, 0)?;
        }
        let set = |name: &str, value: String| (name.to_owned(), value);
        Ok([
            set("LD_PRELOAD", self.library.display().to_string()),
            set("FAKETIME_TIMESTAMP_FILE", file.display().to_string()),
            // Otherwise a change is seen up to ten seconds later.
            set("FAKETIME_NO_CACHE", "1".to_owned()),
            set("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ])
    }

    fn file(&self, target: &Target) -> PathBuf {
        self.dir.join(format!("{}.clock", target.to_string().replace(['[', ']'], "")))
    }
}
