//! `harness reap CONTAINER…`: removes containers when its stdin ends, which it does however the harness ends.
//!
//! Containers are no children of the harness: no signal of the kernel reaches them.

use std::io::{self, Read};
use std::process::{Command, Stdio};

/// Waits for the end of stdin, then removes the containers.
pub fn reap(containers: &[String]) -> io::Result<()> {
    let mut sink = Vec::new();
    io::stdin().read_to_end(&mut sink)?;
    // Those that were removed in good order are not there any more, which is no error.
    Command::new("docker")
        .args(["rm", "--force", "--volumes"])
        .args(containers)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(())
}

/// Starts the watcher for containers. It must be kept: it works when it is dropped, or when this process is gone.
pub(super) fn watch(supervisor: &std::path::Path, containers: &[String]) -> io::Result<std::process::Child> {
    use std::os::unix::process::CommandExt as _;
    // In a group of its own, so that Ctrl-C in a terminal does not end it before its work.
    Command::new(supervisor)
        .arg("reap")
        .args(containers)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}
