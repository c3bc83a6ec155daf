//! The span that a request belongs to, in the form of the W3C's `traceparent` header: a trace, a span of it, and whether the trace is
//! recorded.

use std::fmt;
use std::str::FromStr;

/// A span of another process, or of an earlier step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace; never 0.
    pub trace: u128,
    /// The span; never 0.
    pub span: u64,
    /// Whether the trace is recorded.
    pub is_sampled: bool,
}

/// The text is no [`TraceParent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no `traceparent`")]
pub struct TraceParentError;

/// The header that carries it.
pub const HEADER: &str = "traceparent";

/// The bytes of a `traceparent` of version 00.
const LENGTH: usize = 55;

impl FromStr for TraceParent {
    type Err = TraceParentError;

    fn from_str(text: &str) -> Result<Self, TraceParentError> {
        // A later version may have more fields, behind a hyphen.
        let (head, more) = text.split_at_checked(LENGTH).ok_or(TraceParentError)?;
        let mut fields = head.split('-');
        let mut field = |length: usize| {
            let digits = fields.next().filter(|text| text.len() == length)?;
            let is_hex = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            u128::from_str_radix(digits, 16).ok().filter(|_| is_hex)
        };
        let (Some(version), Some(trace), Some(span), Some(flags)) = (field(2), field(32), field(16), field(2)) else {
            return Err(TraceParentError);
        };
        let has_known_end = more.is_empty() || (version > 0 && more.starts_with('-'));
        let span = u64::try_from(span).map_err(|_| TraceParentError)?;
        if version == 0xff || trace == 0 || span == 0 || !has_known_end {
            return Err(TraceParentError);
        }
        Ok(Self { trace, span, is_sampled: flags & 1 == 1 })
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.is_sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_is_read_and_written() {
        let parent: TraceParent = VALID.parse().unwrap();
        assert_eq!(parent.trace, 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!((parent.span, parent.is_sampled), (0x00f0_67aa_0ba9_02b7, true));
        assert_eq!(parent.to_string(), VALID);
        let unsampled = VALID.replace("-01", "-00");
        assert_eq!(unsampled.parse::<TraceParent>().unwrap().to_string(), unsampled);
        // The fields of a later version are those of the first one, and perhaps more.
        for later in [format!("cc{}", &VALID[2..]), format!("cc{}-what", &VALID[2..])] {
            assert_eq!(later.parse(), Ok(parent), "{later}");
        }
    }

    #[test]
    fn what_is_no_traceparent_is_refused() {
        for text in [
            String::new(),
            VALID[..54].to_owned(),
            format!("{VALID}-more"),
            format!("cc{}more", &VALID[2..]),
            format!("ff{}", &VALID[2..]),
            VALID.to_uppercase(),
            VALID.replace('f', "g"),
            VALID.replace('-', "_"),
            VALID.replace("00f067aa0ba902b7", "0000000000000000"),
            VALID.replace("4bf92f3577b34da6a3ce929d0e0e4736", "00000000000000000000000000000000"),
            VALID.replace("4bf", "+bf"),
            "ä".repeat(40),
        ] {
            assert_eq!(text.parse::<TraceParent>(), Err(TraceParentError), "{text}");
        }
    }
}
