//! `harness supervise PARENT -- PROGRAM ARGS…`: becomes PROGRAM, which the kernel kills when the harness dies.
//!
//! A harness that is killed with SIGKILL runs no clean-up; the kernel does (`PR_SET_PDEATHSIG`). The setting belongs to
//! the process that asks for it and survives `exec`, so the child asks for itself. The signal comes at the death of the
//! *thread* that started the child: the harness runs on a single-threaded runtime, so that this thread is the main one.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::process::{Signal, getppid, set_parent_process_death_signal};

/// The command of the harness that does this. It is none of those that people use, so clap does not know it.
const COMMAND: &str = "supervise";

/// Becomes the program, if this process was started to do that. Returns only if it was not, or with the error that it failed with.
///
/// To be called before anything else: every process of every case begins here, and reading the command line with clap and
/// starting a runtime take longer than all of this.
#[must_use]
pub fn supervise() -> Option<io::Error> {
    let mut args = std::env::args_os().skip(1);
    if args.next()? != COMMAND {
        return None;
    }
    let parent = args.next()?.to_str()?.parse().ok()?;
    let program = args.nth(1)?;
    Some(become_child_of(parent, &program, args))
}

/// The command that starts a program under this harness.
pub(super) fn command(supervisor: &Path, program: &Path) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(supervisor);
    command.arg(COMMAND).arg(std::process::id().to_string()).arg("--").arg(program);
    command
}

fn become_child_of(parent: i32, program: &OsString, args: impl Iterator<Item = OsString>) -> io::Error {
    if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
        return error.into();
    }
    // The parent may have died before the line above.
    if getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent) {
        return io::Error::other("the harness is gone");
    }
    let error = Command::new(program).args(args).exec();
    io::Error::new(error.kind(), format!("{}: {error}", program.display()))
}
