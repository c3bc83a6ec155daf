//! Leaving out what is no story: up to a marker, a channel, a line or a paragraph.

use super::markers::{Found, begins, opening};
use super::{Mode, Prose};

/// The longest name of a channel.
const LONGEST_CHANNEL: usize = 64;

/// Where a channel's name ends.
const MESSAGE: &str = "<|message|>";

/// Where the next channel begins.
const CHANNEL: &str = "<|channel|>";

impl Prose {
    /// Leaves `rest` out up to and with `end`; the beginning of an `end` at its end is kept.
    pub(super) fn skip(&mut self, rest: &str, end: &'static str) -> Option<usize> {
        let opening = opening(end);
        for (at, _) in rest.char_indices() {
            match begins(&rest[at..], end) {
                Found::Yes(length, ()) => {
                    self.mode = if end == CHANNEL { Mode::Channel } else { Mode::Story };
                    // If thoughts were in these, what follows may be the rest of the outer ones.
                    self.holds_back = self.nested > 0;
                    self.before_nested = (self.passed.len(), self.has_text);
                    return Some(at + length);
                }
                Found::Undecided if at == 0 => return None,
                Found::Undecided => return Some(at),
                Found::No => {}
            }
            match opening.map_or(Found::No, |opening| begins(&rest[at..], opening)) {
                Found::Yes(length, ()) => {
                    self.nested += 1;
                    return Some(at + length);
                }
                Found::Undecided if at == 0 => return None,
                Found::Undecided => return Some(at),
                Found::No => {}
            }
        }
        Some(rest.len())
    }

    /// The name of a channel: `final` is the story, every other one is not.
    pub(super) fn channel(&mut self, rest: &str, at_end: bool) -> Option<usize> {
        let end = rest.find(MESSAGE);
        let name = rest[..end.unwrap_or(rest.len())].trim_start();
        if end.is_none() && !at_end && name.len() < LONGEST_CHANNEL {
            return None;
        }
        let is_final = name.get(.."final".len()).is_some_and(|name| name.eq_ignore_ascii_case("final"));
        self.mode = if is_final { Mode::Story } else { Mode::Skip(CHANNEL) };
        Some(end.map_or(rest.len(), |end| end + MESSAGE.len()))
    }

    pub(super) fn skip_paragraph(&mut self, rest: &str) -> usize {
        for (at, c) in rest.char_indices() {
            if c == '\n' {
                self.newlines += 1;
            } else if !c.is_whitespace() {
                self.newlines = 0;
            }
            if self.newlines > 1 {
                self.mode = Mode::Story;
                return at;
            }
        }
        rest.len()
    }

    pub(super) fn skip_line(&mut self, rest: &str) -> usize {
        let Some(end) = rest.find('\n') else { return rest.len() };
        self.mode = Mode::Story;
        end
    }
}
