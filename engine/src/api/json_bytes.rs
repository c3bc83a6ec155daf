//! How long something is as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::error::{ApiError, internal};

/// How many bytes a value has as JSON. They are counted, not kept.
pub(super) fn json_bytes(value: &impl Serialize) -> Result<usize, ApiError> {
    let mut counted = Counted(0);
    serde_json::to_writer(&mut counted, value).map_err(|error| internal(&error))?;
    Ok(counted.0)
}

/// Counts what is written to it.
struct Counted(usize);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
