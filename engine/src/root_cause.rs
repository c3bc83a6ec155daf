//! What is behind an error of a library whose own words only say what it was doing.

use std::error::Error;

/// The last error of the chain: "connection refused", where the first one says "error sending request".
pub(crate) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
