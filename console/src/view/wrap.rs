//! Breaking text into lines that fit, so that the number of lines is known before anything is drawn.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Breaks one paragraph, given as pieces of text with a style each, into lines of at most `width` columns: at spaces
/// where there are any, within a word that is longer than a line. Control characters, such as terminal escapes in what
/// a model wrote, are left out.
pub(crate) fn wrap(pieces: &[(&str, Style)], width: usize) -> Vec<Line<'static>> {
    let mut lines = Lines { width: width.max(1), done: Vec::new(), line: Row::default(), word: Row::default() };
    for (text, style) in pieces {
        let text = text.replace('\t', " ");
        for word in text.split_inclusive(' ') {
            lines.push(word, *style);
        }
    }
    lines.finish()
}

/// The same with what comes before the first line, and as many spaces before the others.
pub(crate) fn wrap_behind(label: (&str, Style), text: (&str, Style), width: usize) -> Vec<Line<'static>> {
    let indent = Span::raw(label.0).width();
    let mut lines = wrap(&[text], width.saturating_sub(indent));
    for (at, line) in lines.iter_mut().enumerate() {
        let before = if at == 0 { label.0.to_owned() } else { " ".repeat(indent) };
        line.spans.insert(0, Span::styled(before, label.1));
    }
    lines
}

/// Text of one row or word, in spans, and how many columns it takes.
#[derive(Default)]
struct Row {
    spans: Vec<Span<'static>>,
    width: usize,
}

impl Row {
    fn push(&mut self, symbol: &str, style: Style, width: usize) {
        match self.spans.last_mut() {
            Some(span) if span.style == style => span.content.to_mut().push_str(symbol),
            _ => self.spans.push(Span::styled(symbol.to_owned(), style)),
        }
        self.width += width;
    }

    fn append(&mut self, other: &mut Self) {
        for span in other.spans.drain(..) {
            self.push(&span.content, span.style, 0);
        }
        self.width += std::mem::take(&mut other.width);
    }
}

struct Lines {
    width: usize,
    done: Vec<Line<'static>>,
    line: Row,
    word: Row,
}

impl Lines {
    fn push(&mut self, word: &str, style: Style) {
        let letters = word.trim_end_matches(' ');
        // All of a story is wrapped again for every frame, and nearly all of it is this simple.
        if letters.bytes().all(|byte| byte.is_ascii_graphic()) && self.word.width + letters.len() <= self.width {
            self.word.push(letters, style, letters.len());
            if letters.len() < word.len() {
                self.push_symbol(" ", style);
            }
            return;
        }
        for grapheme in Span::raw(word).styled_graphemes(Style::default()) {
            self.push_symbol(grapheme.symbol, style);
        }
    }

    fn push_symbol(&mut self, symbol: &str, style: Style) {
        if symbol == " " {
            self.end_word();
            // A space that does not fit is where the line breaks.
            if self.line.width < self.width {
                self.line.push(symbol, style, 1);
            } else {
                self.break_line();
            }
            return;
        }
        let width = Span::raw(symbol).width();
        if self.word.width + width > self.width {
            self.end_word();
        }
        self.word.push(symbol, style, width);
    }

    fn end_word(&mut self) {
        if self.line.width + self.word.width > self.width {
            self.break_line();
        }
        self.line.append(&mut self.word);
    }

    fn break_line(&mut self) {
        let row = std::mem::take(&mut self.line);
        self.done.push(Line::from(row.spans));
    }

    fn finish(mut self) -> Vec<Line<'static>> {
        self.end_word();
        if self.line.width > 0 || self.done.is_empty() {
            self.break_line();
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, width: usize) -> Vec<String> {
        let lines = wrap(&[(text, Style::default())], width);
        lines.iter().map(|line| line.to_string().trim_end().to_owned()).collect()
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(lines("the fog lies on the river", 11), ["the fog", "lies on the", "river"]);
        assert_eq!(lines("abc def", 3), ["abc", "def"]);
        assert_eq!(lines("", 3), [""]);
    }

    #[test]
    fn a_word_longer_than_a_line_is_broken() {
        assert_eq!(lines("a abcdefgh b", 4), ["a", "abcd", "efgh", "b"]);
    }

    #[test]
    fn wide_characters_count_twice_and_are_not_halved() {
        assert_eq!(lines("世界世界", 5), ["世界", "世界"]);
        assert_eq!(lines("👩‍🚀👩‍🚀", 2), ["👩‍🚀", "👩‍🚀"]);
    }

    #[test]
    fn a_terminal_escape_does_not_get_through() {
        assert_eq!(lines("a\u{1b}[2Jb\u{7}", 20), ["a[2Jb"]);
    }

    #[test]
    fn a_style_survives_the_break() {
        let bold = Style::new().bold();
        let lines = wrap(&[("Odile: ", bold), ("not yet", Style::new())], 10);
        assert_eq!(lines[0], Line::from(vec![Span::styled("Odile: ", bold), Span::raw("not")]));
        assert_eq!(lines[1], Line::from("yet"));
    }

    #[test]
    fn what_stands_behind_a_label_stays_behind_it() {
        let lines = wrap_behind(("* ", Style::new()), ("a brass lantern", Style::new()), 9);
        assert_eq!(lines.iter().map(ToString::to_string).collect::<Vec<_>>(), ["* a brass", "  lantern"]);
    }

    #[test]
    fn no_width_is_too_small() {
        assert_eq!(lines("ab", 0), ["a", "b"]);
    }
}
