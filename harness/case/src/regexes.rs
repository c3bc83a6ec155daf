//! Regular expressions that every text matches.

use regex::Regex;

/// What ties a match to a place of the text.
const TIES: [&str; 6] = ["^", "$", r"\b", r"\B", r"\A", r"\z"];

/// Whether every text matches. One that matches the empty text, and is tied to no place but the beginning, matches nothing at the
/// beginning of any text.
pub(crate) fn matches_everything(pattern: &str) -> bool {
    let flags =
        |rest: &str| rest.strip_prefix("(?").and_then(|rest| rest.split_once(')')).map(|(flags, _)| flags.len() + 3);
    let after_flags = flags(pattern).filter(|end| pattern[2..end - 1].chars().all(|c| c.is_ascii_alphabetic()));
    let rest = &pattern[after_flags.unwrap_or(0)..];
    let rest = rest.strip_prefix('^').or_else(|| rest.strip_prefix(r"\A")).unwrap_or(rest);
    !TIES.iter().any(|tie| rest.contains(tie)) && Regex::new(pattern).is_ok_and(|regex| regex.is_match(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_no_text_can_fail_is_found() {
        for pattern in [".*", "", "(?s).*", "^.*", "a*", "(?i)^x?", "x|", r"\A.*", "[a-z]*"] {
            assert!(matches_everything(pattern), "{pattern}");
            for text in ["", "a", "\n", "\u{1}é"] {
                assert!(Regex::new(pattern).unwrap().is_match(text), "{pattern} of {text:?}");
            }
        }
        for pattern in [".+", ".", "fog", "^$", "^[^x]*$", r"\b", "(?m)^a*$", "(", "(?:a)(b)", r"\$"] {
            assert!(!matches_everything(pattern), "{pattern}");
        }
    }
}
