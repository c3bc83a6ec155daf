//! Choosing among lines, so that none is read twice within five turns.

use super::view::View;

/// How many narrations back a line may not have been used.
const MEMORY: usize = 5;

impl View<'_> {
    /// The first of an author's `texts` that was not read lately; they come in the order in which they were written.
    pub(crate) fn next<'l>(&self, texts: &'l [String]) -> &'l str {
        let unread = texts.iter().find(|text| !self.has_heard(text));
        let all = || texts.iter().map(String::as_str).collect::<Vec<_>>();
        unread.map_or_else(|| self.freshest(&all()), String::as_str)
    }

    /// One of `lines` that the last narrations do not have; if they have all, the one that was read longest ago. The same moment always
    /// gives the same line.
    pub(crate) fn fresh<'l, S: AsRef<str>>(&self, lines: &'l [S]) -> &'l str {
        let may_be_said = |line: &&str| self.beings.is_empty() || !denies_company(line);
        let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
        let fitting: Vec<&str> = lines.iter().copied().filter(may_be_said).collect();
        self.freshest(if fitting.is_empty() { &lines } else { &fitting })
    }

    /// The same for lines that know who is here, even where they say `nobody else`.
    pub(crate) fn freshest_of<'l>(&self, lines: &'l [String]) -> &'l str {
        self.freshest(&lines.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The same for lines of an author, who knows who is there.
    fn freshest<'l>(&self, lines: &[&'l str]) -> &'l str {
        let turn = self.heard.len() + self.said.len();
        let start = if lines.is_empty() { 0 } else { turn % lines.len() };
        let in_turn = (0..lines.len()).map(|offset| lines[(start + offset) % lines.len()]);
        let age = |line: &str| {
            let before = self.heard.iter().rev().take(MEMORY);
            before.enumerate().find(|(_, heard)| heard.contains(line)).map_or(usize::MAX, |(age, _)| age)
        };
        let mut best: Option<(&str, usize)> = None;
        for line in in_turn {
            let age = age(line);
            if best.is_none_or(|(_, oldest)| age > oldest) {
                best = Some((line, age));
            }
        }
        best.map_or("", |(line, _)| line)
    }

    /// The same for lines that name things: which of them was read is seen by its stem, the part that is the same for all things.
    pub(crate) fn fresh_by_stem<'l>(&self, lines: &'l [(&str, String)]) -> &'l str {
        let stems: Vec<&str> = lines.iter().map(|(stem, _)| *stem).collect();
        let stem = self.fresh(&stems);
        lines.iter().find(|(own, _)| *own == stem).map_or("", |(_, line)| line)
    }

    /// Whether `text` was read within the last turns.
    pub(crate) fn is_stale(&self, text: &str) -> bool {
        self.heard.iter().rev().take(MEMORY).any(|heard| heard.contains(text))
    }

    /// Whether the player has asked somebody about `topic` before, as far back as is remembered.
    pub(crate) fn has_asked(&self, topic: &str, name: &str) -> bool {
        let name = story::words(name);
        let topic: Vec<String> = story::words(topic).into_iter().filter(|word| !name.contains(word)).collect();
        self.said.iter().any(|said| {
            let said = story::words(said);
            topic.iter().all(|word| said.contains(word))
        })
    }

    /// Whether a narration that the player has read has `text`.
    pub(crate) fn has_heard(&self, text: &str) -> bool {
        self.heard.iter().any(|heard| heard.contains(text))
    }
}

/// Whether a stock line says that the player is alone.
fn denies_company(line: &str) -> bool {
    story::words(line).iter().any(|word| word == "nobody" || word == "alone")
}
