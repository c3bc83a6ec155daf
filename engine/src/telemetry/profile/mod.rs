//! Where the processor's time goes: the threads of this process are looked at 99 times in each second that they run, for some seconds.
//!
//! The system interrupts a thread that runs by SIGPROF, and the handler writes its stack down. Three things in it could stop the process, so
//! this much was chosen with care. The unwinder of the language takes locks and allocates, so `framehop` walks stacks here: it reads the tables of the
//! program (`.eh_frame`, which a stripped program has as well) from copies that are made before, and asks the system before it reads a stack. Frame pointers were
//! rejected: the C libraries have none, and the library would leave out the innermost function of each stack. The library makes these copies in
//! the first signal, so the first signal is one that we raise where no lock is held ([`Profiler::start`]). A thread that is inside the unwinder or the
//! loader is left out.
//!
//! `perf_event_open` would need no handler at all, and is forbidden in most containers.

mod maps;
mod pprof;
mod stacks;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ::pprof::{ProfilerGuard, ProfilerGuardBuilder};
use nix::sys::signal::{Signal, raise};
use tokio::sync::{Mutex, MutexGuard};

use self::maps::Mappings;
pub(crate) use self::stacks::Stacks;

/// How often a thread that runs is looked at in a second. Not 100: what happens every 10 ms would be seen each time, or never.
const FREQUENCY: i32 = 99;
/// Whose code is not interrupted for a look: it may hold what the handler would ask for.
const LEFT_OUT: [&str; 2] = ["libgcc_s", "ld-linux"];
/// Where a file is made if the directory for such files takes none: a container of the engine's image has no `/tmp`, and this.
const IN_MEMORY: &str = "/dev/shm";

/// A process has one timer and one handler of the signal.
static ONLY: Mutex<()> = Mutex::const_new(());

/// A profile cannot be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    /// One is being taken.
    #[error("a profile is being taken, and a process takes one at a time")]
    Running,
    /// The library keeps what does not fit into its memory in a file.
    #[error("no file can be made in {} or {IN_MEMORY}: set TMPDIR to a directory that takes one ({source})", .directory.display())]
    NoFile {
        /// Where.
        directory: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The library refuses.
    #[error("the profiler does not start: {0}")]
    Profiler(#[from] ::pprof::Error),
    /// The system refuses.
    #[error("the profiler does not start: {0}")]
    Signal(#[from] nix::Error),
}

/// A profile that is being taken; it ends when this is dropped.
pub(crate) struct Profiler {
    guard: ProfilerGuard<'static>,
    began: SystemTime,
    _only: MutexGuard<'static, ()>,
}

impl Profiler {
    /// Begins a profile. It blocks for as long as it takes to read the program's tables, the first time.
    pub(crate) fn start() -> Result<Self, ProfileError> {
        Self::begin(ONLY.try_lock().map_err(|_| ProfileError::Running)?)
    }

    fn begin(only: MutexGuard<'static, ()>) -> Result<Self, ProfileError> {
        find_place(std::env::temp_dir())?;
        let builder = ProfilerGuardBuilder::default().blocklist(&LEFT_OUT);
        {
            // Its timer does not fire before this thread has had its signal, and other threads' signals do nothing meanwhile.
            let _first = builder.clone().frequency(1).build()?;
            raise(Signal::SIGPROF)?;
        }
        let guard = builder.frequency(FREQUENCY).build()?;
        Ok(Self { guard, began: SystemTime::now(), _only: only })
    }

    /// Ends the profile. It blocks while names are looked up.
    pub(crate) fn finish(self) -> Result<Profile, ProfileError> {
        let report = self.guard.report().build_unresolved()?;
        let took = report.timing.duration;
        // Names are looked up when nobody is interrupted any more.
        drop(self.guard);
        let stacks = Stacks::of(&report, Mappings::of_this_process());
        Ok(Profile { began: self.began, took, stacks })
    }
}

/// Has the library make its file where one can be made. It tries once in the life of a process, and a failure would stay for good.
fn find_place(directory: PathBuf) -> Result<(), ProfileError> {
    let Err(source) = tempfile::tempfile_in(&directory) else { return Ok(()) };
    if tempfile::tempfile_in(IN_MEMORY).is_err() {
        return Err(ProfileError::NoFile { directory, source });
    }
    // An error says that it was set before, by the profile before this one.
    let _ = tempfile::env::override_temp_dir(Path::new(IN_MEMORY));
    Ok(())
}

/// Waits until no test takes a profile.
#[cfg(test)]
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    ONLY.lock().await
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Profile {
    began: SystemTime,
    took: Duration,
    stacks: Stacks,
}

impl Profile {
    /// For a person, and for what draws flame graphs: a line for each stack, `thread;outermost;…;innermost count`.
    pub(crate) fn folded(&self) -> String {
        self.stacks.folded()
    }

    /// For `go tool pprof` and others: a compressed `profile.proto`.
    pub(crate) fn pprof(&self) -> io::Result<Vec<u8>> {
        pprof::encode(&self.stacks, self.began, self.took, FREQUENCY)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    #[inline(never)]
    fn work_of_a_test(rounds: u64) -> u64 {
        (0..rounds).fold(0, |sum, number| std::hint::black_box(sum ^ number.wrapping_mul(31)))
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "a profile is of a time, in which nothing happens that could be awaited"
    )]
    fn a_busy_thread_is_found_while_others_panic_and_a_second_profile_is_refused() {
        let stop = Arc::new(AtomicBool::new(false));
        let run = |name: &str, step: fn()| {
            let stop = Arc::clone(&stop);
            let steps = move || {
                while !stop.load(Ordering::Relaxed) {
                    step();
                }
            };
            thread::Builder::new().name(name.to_owned()).spawn(steps).unwrap()
        };
        let threads = [
            run("busy-of-test", || assert_ne!(std::hint::black_box(work_of_a_test(10_000)), 0)),
            // The unwinder of the language is under way again and again when the signal comes.
            run("panics-of-test", || drop(thread::spawn(|| std::panic::resume_unwind(Box::new("again"))).join())),
        ];
        let profiler = Profiler::begin(ONLY.blocking_lock()).unwrap();
        assert!(matches!(Profiler::start(), Err(ProfileError::Running)));
        thread::sleep(Duration::from_secs(1));
        let profile = profiler.finish().unwrap();
        stop.store(true, Ordering::Relaxed);
        for thread in threads {
            thread.join().unwrap();
        }
        let folded = profile.folded();
        let seen = folded.lines().any(|line| line.starts_with("busy-of-test;") && line.contains("work_of_a_test"));
        assert!(seen, "{folded}");
        let names = pprof::tests::function_names(&profile.pprof().unwrap());
        assert!(names.iter().any(|name| name.contains("work_of_a_test")), "{names:?}");
        // It has ended: the next one begins.
        drop(Profiler::begin(ONLY.blocking_lock()).unwrap());
    }
}
