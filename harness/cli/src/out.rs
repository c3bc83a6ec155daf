//! What a command says on stdout.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes to stdout. Its reader may have seen enough and closed it (`| head`): that is no failure.
pub(super) fn say(text: impl Display) {
    let _ = write!(io::stdout(), "{text}");
}
