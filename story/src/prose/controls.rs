//! Characters that no story needs and that a terminal, a page or a log would obey: control characters, escape sequences, characters
//! that turn the direction of a line. Line ends become `\n`.

/// Longer escape sequences than this are text again: they would hide a whole narration.
const LONGEST_SEQUENCE: usize = 256;

/// Passes on the characters of a text that are text.
#[derive(Debug, Default)]
pub(super) struct Controls {
    state: State,
    after_return: bool,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// In a control sequence, `ESC [ … final`.
    Sequence(usize),
    /// In a string that a BEL or `ESC \` ends, `ESC ] … BEL`.
    Command(usize),
    /// After ESC in such a string.
    CommandEscape(usize),
}

impl Controls {
    /// The next character of the text; `None` if it is no text.
    pub(super) fn pass(&mut self, c: char) -> Option<char> {
        let after_return = std::mem::replace(&mut self.after_return, c == '\r');
        match (self.state, c) {
            (State::Escape, '[') | (State::Text, '\u{9b}') => self.become_state(State::Sequence(0)),
            (State::Escape, ']' | 'P' | '_' | '^' | 'X') => self.become_state(State::Command(0)),
            (State::Sequence(length), '\u{20}'..='\u{3f}') if length < LONGEST_SEQUENCE => {
                self.become_state(State::Sequence(length + 1))
            }
            (State::Escape, '\u{20}'..='\u{7e}')
            | (State::Sequence(_), '\u{40}'..='\u{7e}')
            | (State::Command(_) | State::CommandEscape(_), '\u{7}')
            | (State::CommandEscape(_), '\\') => self.become_state(State::Text),
            (State::Command(length), '\u{1b}') => self.become_state(State::CommandEscape(length)),
            (State::Command(length) | State::CommandEscape(length), _) if c != '\n' && length < LONGEST_SEQUENCE => {
                self.become_state(State::Command(length + 1))
            }
            (_, '\u{1b}') => self.become_state(State::Escape),
            // A sequence that is none is over, and this character is text.
            _ => {
                self.state = State::Text;
                text(c, after_return)
            }
        }
    }

    fn become_state(&mut self, state: State) -> Option<char> {
        self.state = state;
        None
    }
}

fn text(c: char, after_return: bool) -> Option<char> {
    match c {
        '\n' if after_return => None,
        '\r' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\n' | '\t' => Some(c),
        // Embedding, override and isolate of directions; the marks (U+200E, U+200F) that Hebrew and Arabic prose needs stay. Then the byte
        // order mark, interlinear annotation, and half a letter: a server has cut the bytes of a token. Then what is never seen and can
        // hide text from a reader: soft hyphen, grapheme joiner, invisible operators and fillers, tags, and variation selectors that
        // nobody's emoji has. Joiners and U+200B stay: Persian, Hindi and Thai are written with them.
        '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{fffd}'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}
