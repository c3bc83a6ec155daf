//! The emphasis that language models write in Markdown, as styles. Marks that open nothing or close nothing stay text.

use ratatui::style::{Modifier, Style};

/// The marks, the longest first.
const MARKS: [(&str, Modifier); 4] =
    [("**", Modifier::BOLD), ("__", Modifier::BOLD), ("*", Modifier::ITALIC), ("_", Modifier::ITALIC)];

/// A paragraph as pieces with a style each.
pub(crate) fn pieces(text: &str, style: Style) -> Vec<(&str, Style)> {
    let mut pieces = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while at < text.len() {
        let before = text[..at].chars().next_back();
        let found =
            MARKS.iter().find_map(|(mark, modifier)| Some((mark, *modifier, inside(&text[at..], mark, before)?)));
        let Some((mark, modifier, inside)) = found else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        pieces.push((&text[plain..at], style));
        pieces.extend(self::pieces(inside, style.add_modifier(modifier)));
        at += inside.len() + 2 * mark.len();
        plain = at;
    }
    pieces.push((&text[plain..], style));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

/// The text between the mark at the start of the text and the one that closes it. An underscore within a word, as in
/// `snake_case`, is no mark.
fn inside<'a>(text: &'a str, mark: &str, before: Option<char>) -> Option<&'a str> {
    let rest = text.strip_prefix(mark)?;
    let is_within = |before: Option<char>| mark.starts_with('_') && before.is_some_and(char::is_alphanumeric);
    if is_within(before) || rest.starts_with(char::is_whitespace) || rest.starts_with(mark) {
        return None;
    }
    let ends = rest.match_indices(mark).map(|(end, _)| end);
    let closes = |end: &usize| {
        let after = rest[end + mark.len()..].chars().next();
        !rest[..*end].ends_with(char::is_whitespace) && *end > 0 && !is_within(after)
    };
    ends.into_iter().find(closes).map(|end| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let pieces = pieces(text, Style::new()).into_iter().map(|(piece, style)| {
            let bold = if style.add_modifier.contains(Modifier::BOLD) { "b" } else { "" };
            let italic = if style.add_modifier.contains(Modifier::ITALIC) { "i" } else { "" };
            if bold.is_empty() && italic.is_empty() { piece.to_owned() } else { format!("<{bold}{italic}:{piece}>") }
        });
        pieces.collect()
    }

    #[test]
    fn emphasis_is_a_style() {
        assert_eq!(shown("A **bold** word, *odd* and _old_."), "A <b:bold> word, <i:odd> and <i:old>.");
        assert_eq!(shown("**very *odd* indeed**"), "<b:very ><bi:odd><b: indeed>");
        assert_eq!(shown("*世界* é"), "<i:世界> é");
    }

    #[test]
    fn what_is_no_emphasis_stays_as_it_is() {
        for text in ["snake_case_word", "2 * 3 * 4", "a * b*", "**", "*", "", "* item", "_open", "5*"] {
            assert_eq!(shown(text), text);
        }
    }
}
