//! Durations as operators write them: `90m`, `2h 30m`, `30d`.

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// Reads a duration. A day has 24 hours, because what is asked is how long ago something was, and not on which day.
pub(super) fn parse(text: &str) -> Result<SignedDuration, String> {
    let span: Span = text.parse().map_err(|_| hint())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| hint())?;
    if duration.is_negative() { Err(hint()) } else { Ok(duration) }
}

fn hint() -> String {
    "write a time such as `90m`, `2h 30m`, `30d` or `2w`".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_weeks_are_durations_as_hours_are() {
        for (text, hours) in [("12h", 12), ("30d", 720), ("1d 6h", 30), ("2w", 336), ("0s", 0)] {
            assert_eq!(parse(text), Ok(SignedDuration::from_hours(hours)), "{text}");
        }
        for text in ["", "30", "1 month", "soon", "-1h"] {
            assert!(parse(text).unwrap_err().contains("`30d`"), "{text}");
        }
    }
}
