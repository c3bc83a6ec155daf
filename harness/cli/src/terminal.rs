//! Lines for a person. Their reader may have seen enough (`harness run … | head`): what a closed pipe does not take is
//! not missed, and the run goes on, for its result is also its exit code.

/// A line about the run, on standard error.
macro_rules! note {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

/// A line that was asked for, on standard output.
macro_rules! show {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}
