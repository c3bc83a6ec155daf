//! What the player types, on one line or several: editing by grapheme, and what was sent before.
//!
//! Own code: ratatui-textarea 0.9 moves and deletes by code point, so that one press of Backspace leaves half of an emoji
//! or of a letter with an accent. It also recalls no earlier lines.

use ratatui::style::Style;
use ratatui::text::Span;

/// A text with a cursor.
#[derive(Debug, Default)]
pub(crate) struct Editor {
    text: String,
    /// Where the next character goes, as a byte index on a grapheme's boundary.
    cursor: usize,
    sent: Vec<String>,
    /// Which of the sent lines is shown, and what was being typed before.
    recalled: Option<(usize, String)>,
}

impl Editor {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor.
    pub(crate) fn before_cursor(&self) -> &str {
        &self.text[..self.cursor]
    }

    pub(crate) fn set(&mut self, text: &str) {
        self.text.clear();
        self.cursor = 0;
        self.insert(text);
    }

    /// Inserts text; tabs become spaces, control characters other than line ends nothing.
    pub(crate) fn insert(&mut self, text: &str) {
        let text: String = text
            .replace("\r\n", "\n")
            .chars()
            .map(|c| match c {
                '\r' => '\n',
                '\t' => ' ',
                c => c,
            })
            .filter(|c| *c == '\n' || !c.is_control())
            .collect();
        self.text.insert_str(self.cursor, &text);
        self.cursor += text.len();
    }

    /// Takes the line out, to be sent, and remembers it.
    pub(crate) fn take(&mut self) -> String {
        self.cursor = 0;
        self.recalled = None;
        let text = std::mem::take(&mut self.text);
        if self.sent.last() != Some(&text) {
            self.sent.push(text.clone());
        }
        text
    }

    pub(crate) fn left(&mut self) {
        self.cursor = self.previous();
    }

    pub(crate) fn right(&mut self) {
        self.cursor = self.following();
    }

    pub(crate) fn word_left(&mut self) {
        self.cursor = self.word_start();
    }

    pub(crate) fn word_right(&mut self) {
        let rest = &self.text[self.cursor..];
        let word = rest.len() - rest.trim_start().len();
        self.cursor += rest[word..].find(char::is_whitespace).map_or(rest.len(), |length| word + length);
    }

    /// To the start of the line.
    pub(crate) fn home(&mut self) {
        self.cursor = self.line_start();
    }

    /// To the end of the line.
    pub(crate) fn end(&mut self) {
        self.cursor = self.line_end();
    }

    /// To the line above, or, on the first one, to what was sent before.
    pub(crate) fn up(&mut self) {
        let start = self.line_start();
        let Some(end) = start.checked_sub(1) else { return self.recall_older() };
        let above = self.text[..end].rfind('\n').map_or(0, |at| at + 1);
        self.cursor = above + column_of(&self.text[above..end], self.cursor - start);
    }

    /// To the line below, or, on the last one, to what was sent after.
    pub(crate) fn down(&mut self) {
        let (start, end) = (self.line_start(), self.line_end());
        if end == self.text.len() {
            return self.recall_newer();
        }
        let below = end + 1;
        let last = self.text[below..].find('\n').map_or(self.text.len(), |at| below + at);
        self.cursor = below + column_of(&self.text[below..last], self.cursor - start);
    }

    pub(crate) fn backspace(&mut self) {
        self.cut(self.previous(), self.cursor);
    }

    pub(crate) fn delete(&mut self) {
        self.cut(self.cursor, self.following());
    }

    pub(crate) fn cut_word(&mut self) {
        self.cut(self.word_start(), self.cursor);
    }

    pub(crate) fn cut_to_start(&mut self) {
        self.cut(self.line_start(), self.cursor);
    }

    pub(crate) fn cut_to_end(&mut self) {
        self.cut(self.cursor, self.line_end());
    }

    /// Shows the line sent before the one shown.
    fn recall_older(&mut self) {
        let at = self.recalled.as_ref().map_or(self.sent.len(), |(at, _)| *at);
        let Some(older) = at.checked_sub(1) else { return };
        let draft = self.recalled.take().map_or_else(|| self.text.clone(), |(_, draft)| draft);
        self.set(&self.sent[older].clone());
        self.recalled = Some((older, draft));
    }

    /// Shows the line sent after the one shown, and at last what was being typed.
    fn recall_newer(&mut self) {
        let Some((at, draft)) = self.recalled.take() else { return };
        if let Some(newer) = self.sent.get(at + 1).cloned() {
            self.set(&newer);
            self.recalled = Some((at + 1, draft));
        } else {
            self.set(&draft);
        }
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    fn line_start(&self) -> usize {
        self.before_cursor().rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    fn word_start(&self) -> usize {
        let word = self.before_cursor().trim_end();
        word.char_indices().rfind(|(_, c)| c.is_whitespace()).map_or(0, |(at, c)| at + c.len_utf8())
    }

    fn previous(&self) -> usize {
        // Graphemes leave line ends out.
        if self.before_cursor().ends_with('\n') {
            return self.cursor - 1;
        }
        let before = Span::raw(self.before_cursor());
        let last = before.styled_graphemes(Style::default()).last();
        self.cursor - last.map_or(0, |grapheme| grapheme.symbol.len())
    }

    fn following(&self) -> usize {
        if self.text[self.cursor..].starts_with('\n') {
            return self.cursor + 1;
        }
        let after = Span::raw(&self.text[self.cursor..]);
        let next = after.styled_graphemes(Style::default()).next();
        self.cursor + next.map_or(0, |grapheme| grapheme.symbol.len())
    }
}

/// The boundary of a grapheme in `line` that is nearest to this many bytes from its start, not behind it.
fn column_of(line: &str, bytes: usize) -> usize {
    let mut at = 0;
    for grapheme in Span::raw(line).styled_graphemes(Style::default()) {
        if at + grapheme.symbol.len() > bytes {
            break;
        }
        at += grapheme.symbol.len();
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn editor(text: &str) -> Editor {
        let mut editor = Editor::default();
        editor.set(text);
        editor
    }

    #[test]
    fn a_character_of_many_code_points_is_one_step() {
        let mut editor = editor("a👩‍🚀é");
        editor.left();
        editor.backspace();
        assert_eq!(editor.text(), "aé");
        editor.delete();
        assert_eq!(editor.text(), "a");
        editor.delete();
        editor.home();
        editor.backspace();
        assert_eq!(editor.text(), "a");
    }

    #[test]
    fn words_are_stepped_over_and_cut() {
        let mut editor = editor("take the  lamp");
        editor.word_left();
        assert_eq!(editor.before_cursor(), "take the  ");
        editor.cut_word();
        assert_eq!(editor.text(), "take lamp");
        editor.word_right();
        assert_eq!(editor.before_cursor(), "take lamp");
        editor.home();
        editor.word_right();
        assert_eq!(editor.before_cursor(), "take");
        editor.cut_to_end();
        assert_eq!(editor.text(), "take");
        editor.cut_to_start();
        assert_eq!(editor.text(), "");
    }

    #[test]
    fn pasted_lines_stay_lines_and_steer_nothing() {
        assert_eq!(editor("a\r\nb\tc\u{1b}[31m\rd").text(), "a\nb c[31m\nd");
    }

    #[test]
    fn a_line_end_is_one_step() {
        let mut editor = editor("é\nö");
        editor.home();
        editor.left();
        assert_eq!(editor.before_cursor(), "é");
        editor.right();
        editor.backspace();
        assert_eq!(editor.text(), "éö");
    }

    #[test]
    fn the_cursor_goes_from_line_to_line_and_then_to_what_was_sent() {
        let mut editor = editor("sent");
        editor.take();
        editor.set("take é\nthe lamp\nhome");
        editor.up();
        assert_eq!(editor.before_cursor(), "take é\nthe ");
        editor.end();
        editor.up();
        assert_eq!(editor.before_cursor(), "take é");
        editor.down();
        editor.home();
        assert_eq!(editor.before_cursor(), "take é\n");
        editor.cut_to_end();
        assert_eq!(editor.text(), "take é\n\nhome");
        editor.up();
        editor.up();
        assert_eq!(editor.text(), "sent");
        editor.down();
        assert_eq!(editor.text(), "take é\n\nhome");
    }

    #[test]
    fn what_was_sent_can_be_recalled_and_left_again() {
        let mut editor = Editor::default();
        for line in ["north", "look", "look"] {
            editor.set(line);
            editor.take();
        }
        editor.set("dra");
        editor.up();
        assert_eq!(editor.text(), "look");
        editor.up();
        editor.up();
        assert_eq!(editor.text(), "north");
        editor.down();
        editor.down();
        editor.down();
        assert_eq!(editor.text(), "dra");
    }
}
