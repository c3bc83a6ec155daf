//! Characters that act where others are seen: on the terminal of whoever reads a log or what a command prints.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character acts instead of being seen: a control character, of C0, C1 or DEL; one that embeds, overrides or isolates a
/// direction; a separator of lines or paragraphs. The marks of direction that Hebrew and Arabic are written with do not.
pub(crate) const fn acts(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text on one line, with what acts written out: `\u001b`.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escaped(text, false, acts)
}

/// The same on as many lines as the text has. JSON stays the same JSON: what acts is only in its strings, and this is how they write it.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, false, acts_in_lines)
}

/// The same with its colours.
pub(crate) fn coloured(text: &str) -> Cow<'_, str> {
    escaped(text, true, acts_in_lines)
}

const fn acts_in_lines(c: char) -> bool {
    acts(c) && !matches!(c, '\n' | '\t')
}

fn escaped(text: &str, in_colour: bool, acts: fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        if !acts(c) || (in_colour && is_colour(&text[at..])) {
            shown.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        }
    }
    Cow::Owned(shown)
}

/// Whether a text begins with a sequence that sets colour or weight, and does nothing else.
fn is_colour(text: &str) -> bool {
    text.strip_prefix("\x1b[")
        .is_some_and(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_written_out_and_all_else_stays() {
        for plain in ["", "Ночь\u{200f} ümläut \u{2764}\u{fe0f} می\u{200c}نا `\\u001b`"] {
            assert!(matches!(line(plain), Cow::Borrowed(same) if same == plain), "{plain}");
        }
        let all: String = "\0\u{1b}\u{7f}\u{80}\u{9b}\u{9f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}\r".into();
        let written = r"\u0000\u001b\u007f\u0080\u009b\u009f\u2028\u2029\u202a\u202e\u2066\u2069\u000d";
        assert_eq!((line(&all), lines(&all)), (written.into(), written.into()));
        assert_eq!((line("a\n\tb"), lines("a\n\tb\u{9b}")), (r"a\u000a\u0009b".into(), "a\n\tb\\u009b".into()));
    }

    #[test]
    fn colours_stay_where_they_are_wanted_and_no_other_sequence_does() {
        let text = "\u{1b}[2m12:00\u{1b}[0m \u{1b}[1;33mWARN\u{1b}[0m \u{1b}[2J\u{1b}]0;m\u{1b}\n";
        let shown = "\u{1b}[2m12:00\u{1b}[0m \u{1b}[1;33mWARN\u{1b}[0m \\u001b[2J\\u001b]0;m\\u001b\n";
        assert_eq!(coloured(text), shown);
    }
}
