//! `harness supervise PARENT -- PROGRAM ARGS…`: becomes PROGRAM, which the kernel kills when the harness dies.
//!
//! A harness that is killed with SIGKILL runs no clean-up; the kernel does (`PR_SET_PDEATHSIG`). The setting belongs to
//! the process that asks for it and survives `exec`, so the child asks for itself. The signal comes at the death of the
//! *thread* that started the child: the harness runs on a single-threaded runtime, so that this thread is the main one.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Signal, getppid, set_parent_process_death_signal};

/// Becomes the program. Returns only if that fails, or if the parent is already gone.
#[must_use]
pub fn supervise(parent: i32, program: &OsString, args: &[OsString]) -> io::Error {
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return error.into();
    }
    // The parent may have died before the line above.
    if getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent) {
        return io::Error::other("the harness is gone");
    }
    Command::new(program).args(args).exec()
}
