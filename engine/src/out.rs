//! What commands print, and the one place where they do: texts of players, models and stores are harmless there to the terminal that shows them.
//!
//! `println!` panics once nobody reads any more (`engine games delete --idle 30d | head`). A command that changes something goes on: what it
//! does must not depend on who watches.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use miette::{GraphicalReportHandler, GraphicalTheme, Report};

use crate::visible;

/// Whether somebody has stopped reading.
static IS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Clears the terminal and puts the cursor at its top.
const CLEAR: &str = "\x1b[2J\x1b[H";

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

/// Prints a line on standard error, like `eprintln!`.
#[macro_export]
macro_rules! errln {
    ($($text:tt)*) => { $crate::out::complain(format_args!($($text)*)) };
}

/// See [`outln!`] and [`out!`].
pub fn print(text: fmt::Arguments<'_>) {
    write(&visible::lines(&text.to_string()));
}

/// Clears the terminal.
pub fn clear() {
    write(CLEAR);
}

/// See [`errln!`].
pub fn complain(text: fmt::Arguments<'_>) {
    eprintln!("{}", visible::lines(&text.to_string()));
}

/// Says on standard error why a command ends. What errors quote is harmless, too; the report has no colours then.
pub fn report(report: &Report) {
    let help = report.help().map(|help| help.to_string());
    let mut texts = report.chain().map(ToString::to_string).chain(help);
    if !texts.any(|text| visible::lines(&text) != text) {
        eprintln!("{report:?}");
        return;
    }
    let mut plain = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    // Writing to a string cannot fail.
    let _ = handler.render_report(&mut plain, report.as_ref());
    complain(format_args!("{plain}"));
}

fn write(text: &str) {
    if is_closed() {
        return;
    }
    let mut out = io::stdout().lock();
    // A file on a full disk cannot be written either, and that is no reason to stop in the middle.
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
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
