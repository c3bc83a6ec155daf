//! What the player types, broken into rows at spaces, with the cursor's place among them.

use ratatui::style::Style;
use ratatui::text::Span;

/// The rows of a text, and where the cursor is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    pub(crate) rows: Vec<&'a str>,
    /// The cursor's row and column.
    pub(crate) cursor: (usize, usize),
}

impl<'a> Field<'a> {
    /// The text in rows of at most `width` columns. Spaces at the end of a row may be beyond it.
    pub(crate) fn of(text: &'a str, cursor: usize, width: usize) -> Self {
        let mut starts = Vec::new();
        let mut line_start = 0;
        for line in text.split('\n') {
            break_line(line, line_start, width, &mut starts);
            line_start += line.len() + 1;
        }
        let at = starts.iter().rposition(|(start, _)| *start <= cursor).unwrap_or(0);
        let (start, end) = starts.get(at).copied().unwrap_or_default();
        let column = Span::raw(&text[start..cursor.clamp(start, end)]).width();
        Self { rows: starts.iter().map(|(start, end)| &text[*start..*end]).collect(), cursor: (at, column.min(width)) }
    }

    /// The `room` rows around the cursor, and the cursor's row among them.
    pub(crate) fn window(&self, room: usize) -> (&[&'a str], usize) {
        let top = (self.cursor.0 + 1).saturating_sub(room);
        let end = self.rows.len().min(top + room);
        (&self.rows[top..end], self.cursor.0 - top)
    }
}

/// Adds the rows of a line that begins at `offset` of the text, as ranges of it.
fn break_line(line: &str, offset: usize, width: usize, rows: &mut Vec<(usize, usize)>) {
    let (mut start, mut word, mut at, mut columns) = (0, 0, 0, 0);
    for grapheme in Span::raw(line).styled_graphemes(Style::default()) {
        let is_space = grapheme.symbol.chars().all(char::is_whitespace);
        let wide = Span::raw(grapheme.symbol).width();
        if columns + wide > width && !is_space && at > start {
            // A word that is as long as a row is broken without being moved to the next row.
            let end = if word > start { word } else { at };
            rows.push((offset + start, offset + end));
            columns = Span::raw(&line[end..at]).width();
            start = end;
        }
        at += grapheme.symbol.len();
        columns += wide;
        if is_space {
            word = at;
        }
    }
    rows.push((offset + start, offset + line.len()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_break_at_spaces_and_at_line_ends() {
        let text = "take the lamp\nand go";
        assert_eq!(Field::of(text, 0, 9).rows, ["take the ", "lamp", "and go"]);
        assert_eq!(Field::of("abcdefgh", 0, 3).rows, ["abc", "def", "gh"]);
        assert_eq!(Field::of("", 0, 3), Field { rows: vec![""], cursor: (0, 0) });
        assert_eq!(Field::of("世界世", 0, 4).rows, ["世界", "世"]);
    }

    #[test]
    fn the_cursor_stands_in_its_row() {
        let text = "take the lamp\nand go";
        for (cursor, place) in [(0, (0, 0)), (8, (0, 8)), (9, (1, 0)), (13, (1, 4)), (14, (2, 0)), (20, (2, 6))] {
            assert_eq!(Field::of(text, cursor, 9).cursor, place, "{cursor}");
        }
    }

    #[test]
    fn no_width_is_too_small() {
        assert_eq!(Field::of("ab", 2, 0).rows, ["a", "b"]);
    }

    #[test]
    fn the_window_has_the_cursors_row() {
        let field = Field::of("a\nb\nc\nd", 4, 9);
        assert_eq!(field.window(2), (&["b", "c"][..], 1));
        assert_eq!(field.window(9), (&["a", "b", "c", "d"][..], 2));
    }
}
