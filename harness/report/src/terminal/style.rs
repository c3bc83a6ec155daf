//! Colours, and whether there are any.

use std::env;
use std::ffi::OsStr;

/// The colours of a terminal, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    colour: bool,
}

/// What a text is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tone {
    Good,
    Bad,
    Odd,
    Strong,
    Quiet,
}

impl Style {
    pub(super) const fn new(colour: bool) -> Self {
        Self { colour }
    }

    /// As the environment asks: `NO_COLOR` beats `CLICOLOR_FORCE`, which beats what is known of the other end.
    pub(super) fn detect(tty: bool) -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let force = env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
        let unwilling = env::var_os("CLICOLOR").as_deref() == Some(OsStr::new("0"));
        Self::new(!set("NO_COLOR") && (force || (tty && !unwilling)))
    }

    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Odd => "33",
            Tone::Strong => "1",
            Tone::Quiet => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A failure's text, indented: what was expected or kept in one colour, what there is in another.
    pub(super) fn failure(self, text: &str) -> String {
        let mut painted = String::new();
        for line in text.lines() {
            let tone = match line {
                line if line.starts_with('-') || line.starts_with("  expected:") => Some(Tone::Good),
                line if line.starts_with('+') || line.starts_with("  actual:") => Some(Tone::Bad),
                line if line.starts_with("@@") => Some(Tone::Quiet),
                _ => None,
            };
            painted.push_str("    ");
            painted.push_str(&tone.map_or_else(|| line.to_owned(), |tone| self.paint(tone, line)));
            painted.push('\n');
        }
        painted
    }
}
