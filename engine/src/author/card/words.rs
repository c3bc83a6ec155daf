//! The words of a card: its placeholders become names, and what would disturb a text is left out.

use std::sync::LazyLock;

use regex::{NoExpand, Regex};

/// What a card calls the player.
const PLAYER: &str = "the player";

#[expect(clippy::expect_used, reason = "the patterns are constants, and a test uses each")]
fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern that is valid")
}

static CHARACTER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\{\{char\}\}|<char>|<bot>"));
static USER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\{\{user\}\}|<user>"));
static COMMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\{\{//[^{}]*\}\}"));
static OTHER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\{\{[^{}]*\}\}"));

/// A text of a card as one of ours: with names for placeholders, without control characters and spaces around it.
pub(super) fn plain(text: &str, character: &str) -> String {
    let text = CHARACTER.replace_all(text, NoExpand(character));
    let text = USER.replace_all(&text, NoExpand(PLAYER));
    let text = COMMENT.replace_all(&text, "");
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|c| *c == '\n' || *c == '\t' || !c.is_control()).collect();
    text.trim().to_owned()
}

/// The placeholders of a text that no name replaces, such as `{{random:a,b}}`.
pub(super) fn unknown_placeholders(text: &str) -> Vec<&str> {
    OTHER.find_iter(text).map(|found| found.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_become_names_in_any_spelling() {
        assert_eq!(
            plain("{{Char}} greets {{USER}}.\r\n<BOT> bows.{{// later}}\u{7} ", "A$1"),
            "A$1 greets the player.\nA$1 bows."
        );
        assert_eq!(unknown_placeholders("{{random:a,b}} and {{roll:6}}"), ["{{random:a,b}}", "{{roll:6}}"]);
    }
}
