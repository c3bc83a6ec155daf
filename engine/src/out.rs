//! What commands print on standard output.
//!
//! `println!` panics once nobody reads any more (`engine games delete --idle 30d | head`). A command that changes something goes on: what it
//! does must not depend on who watches.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether somebody has stopped reading.
static IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Prints a line, like `println!`; nothing happens if nobody reads any more.
#[macro_export]
macro_rules! outln {
    ($($text:tt)*) => { $crate::out::print(format_args!("{}\n", format_args!($($text)*))) };
}

/// Prints a text, like `print!`; nothing happens if nobody reads any more.
#[macro_export]
macro_rules! out {
    ($($text:tt)*) => { $crate::out::print(format_args!($($text)*)) };
}

/// See [`outln!`] and [`out!`].
pub fn print(text: fmt::Arguments<'_>) {
    if is_closed() {
        return;
    }
    let mut out = io::stdout().lock();
    // A file on a full disk cannot be written either, and that is no reason to stop in the middle.
    if let Err(error) = out.write_fmt(text).and_then(|()| out.flush()) {
        IS_CLOSED.store(true, Ordering::Relaxed);
        if error.kind() != io::ErrorKind::BrokenPipe {
            eprintln!("the output cannot be written: {error}");
        }
    }
}

/// Whether output goes nowhere: what only prints may stop.
#[must_use]
pub fn is_closed() -> bool {
    IS_CLOSED.load(Ordering::Relaxed)
}
