//! Nothing that is not the story enters the story: a filter between what a model writes and what players read. It takes out thoughts,
//! control tokens of chat templates, echoes of our own prompt, control characters, and the player's next line if the model goes on as
//! the player. It works on a stream: what it lets through depends on the text only, never on how the text was cut into pieces, and it
//! holds back no more than the longest marker.

mod controls;
mod heads;
mod markers;
mod object;
mod roles;
mod sentence;
mod skip;
mod stop;
#[cfg(test)]
mod tests;

use self::controls::Controls;
use self::heads::{Heads, Speaker};
use self::markers::{BEGINNINGS, Found, Marker, marker};
use self::object::{Begins, Object};
use self::roles::{BARE_FINAL, GRANITE_ANSWERS, bare_analysis, bare_role, granite, role};
pub(crate) use self::sentence::last_sentence_end;
pub use self::sentence::{cut_to_sentence, ends_with_sentence};
pub use self::stop::stop_sequences;
use crate::prompt::Input;
use crate::state::GameState;

/// Spaces in a row that are kept.
const LONGEST_INDENT: usize = 16;

/// A filter for one narration.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact about the text so far, and they are independent")]
pub struct Prose {
    controls: Controls,
    /// The object that the narration is in, and what is no text in its strings.
    object: Option<(Object, Controls)>,
    heads: Heads,
    /// Text that has come and is not decided on.
    pending: String,
    /// Text that has passed and was not taken.
    passed: String,
    mode: Mode,
    /// White space since the last text.
    newlines: usize,
    spaces: usize,
    /// Whether text has passed: from then on a control token is the end, before that it is a beginning.
    has_text: bool,
    at_line_start: bool,
    /// Whether a control token has just begun a message, so that a role may follow.
    after_token: bool,
    /// Whether text was taken that turns out to be thoughts.
    is_void: bool,
    /// Whether nothing is handed out until thoughts have ended.
    holds_back: bool,
    /// Whether thoughts have been left out: a closing tag that nothing opens means nothing then.
    has_thought: bool,
    /// Thoughts inside of the thoughts that have ended: as many closing tags may follow.
    nested: usize,
    /// How much had passed before these thoughts, and whether that was text.
    before_nested: (usize, bool),
    /// Whether the last text was the end of a sentence, and no space has followed.
    after_sentence: bool,
    /// Bytes that were handed out.
    handed_out: usize,
    /// From so many bytes on, only whole sentences are handed out.
    careful_after: usize,
}

/// What the filter is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Story,
    /// Leaves everything out up to and with this.
    Skip(&'static str),
    /// Reads the name of a channel.
    Channel,
    /// Leaves the rest of the line out.
    SkipLine,
    /// Leaves everything out up to an empty line.
    SkipParagraph,
    /// The rest is in an object.
    Unwrap,
    /// The story is over; nothing passes any more.
    Over,
}

impl Prose {
    /// A filter for the narration that answers `input` in `state`.
    #[must_use]
    pub fn new(state: &GameState, input: &Input) -> Self {
        Self {
            controls: Controls::default(),
            object: None,
            heads: Heads::new(state, input),
            pending: String::new(),
            passed: String::new(),
            mode: Mode::Story,
            newlines: 0,
            spaces: 0,
            has_text: false,
            at_line_start: true,
            after_token: false,
            is_void: false,
            holds_back: false,
            has_thought: false,
            nested: 0,
            before_nested: (0, false),
            after_sentence: false,
            handed_out: 0,
            careful_after: usize::MAX,
        }
    }

    /// The same for a model that is known to think first without saying so: some templates put the opening tag into the prompt, and only
    /// the closing one is written. Nothing is handed out before it.
    #[must_use]
    pub fn after_thoughts(state: &GameState, input: &Input) -> Self {
        Self { holds_back: true, ..Self::new(state, input) }
    }

    /// The same, but once so many bytes are handed out, only whole sentences are: where the text may break off because the model runs out
    /// of tokens, what players have read then ends with a sentence.
    #[must_use]
    pub fn careful_after(self, bytes: usize) -> Self {
        Self { careful_after: bytes, ..self }
    }

    /// Takes the next piece of what the model writes.
    pub fn push(&mut self, piece: &str) {
        if self.mode == Mode::Over {
            return;
        }
        for c in piece.chars() {
            if let Some(c) = self.controls.pass(c) {
                let c = self.unwrapped(c);
                self.pending.extend(c);
            }
        }
        self.filter(false);
        if self.object.as_ref().is_some_and(|(object, _)| object.has_ended()) {
            self.filter(true);
            self.mode = Mode::Over;
        }
    }

    /// A character as it is in the narration, if that is in an object.
    fn unwrapped(&mut self, c: char) -> Option<char> {
        match &mut self.object {
            Some((object, controls)) => controls.pass(object.pass(c)?),
            None => Some(c),
        }
    }

    /// The text that has passed since the last call; it goes to the player as it is. It begins with no white space.
    pub fn take(&mut self) -> String {
        if self.holds_back {
            return String::new();
        }
        let is_careful = self.handed_out >= self.careful_after;
        let end = if is_careful { sentence::whole_sentences(&self.passed) } else { self.passed.len() };
        let rest = self.passed.split_off(end);
        self.handed_out += self.passed.len();
        std::mem::replace(&mut self.passed, rest)
    }

    /// Whether all text that [`Self::take`] has handed out so far was thoughts: a closing tag has come that nothing opened. What was
    /// shown must be withdrawn. Answers once.
    pub fn is_void(&mut self) -> bool {
        std::mem::take(&mut self.is_void)
    }

    /// Whether the story is over although the model goes on writing: nothing more will pass, and the call may be ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.mode == Mode::Over
    }

    /// Ends the narration; what was held back passes now. `is_whole` is whether the model came to its end by itself. If not, what is left
    /// of a sentence is dropped where only whole ones are handed out; and a model that was known to think first, and was cut off before
    /// it had closed its thoughts, has written nothing else.
    pub fn finish(&mut self, is_whole: bool) {
        self.filter(true);
        let was_over = std::mem::replace(&mut self.mode, Mode::Over) == Mode::Over;
        let only_thought = std::mem::take(&mut self.holds_back) && !is_whole;
        let is_careful = std::mem::replace(&mut self.careful_after, usize::MAX) <= self.handed_out;
        if only_thought {
            self.passed.clear();
        } else if is_careful && !is_whole && !was_over {
            self.passed.truncate(sentence::last_sentence_end(&self.passed));
        }
    }

    fn filter(&mut self, at_end: bool) {
        let mut text = std::mem::take(&mut self.pending);
        let mut done = 0;
        while done < text.len() {
            let rest = &text[done..];
            let used = match self.mode {
                Mode::Unwrap => {
                    self.mode = Mode::Story;
                    self.object = Some(Default::default());
                    text = rest.chars().filter_map(|c| self.unwrapped(c)).collect();
                    done = 0;
                    continue;
                }
                Mode::Story => self.story(rest, at_end),
                Mode::Skip(end) => self.skip(rest, end),
                Mode::Channel => self.channel(rest, at_end),
                Mode::SkipLine => Some(self.skip_line(rest)),
                Mode::SkipParagraph => Some(self.skip_paragraph(rest)),
                Mode::Over => Some(rest.len()),
            };
            match used {
                Some(used) => done += used,
                None => break,
            }
        }
        self.pending.push_str(&text[done..]);
    }

    /// Decides on the beginning of `rest`: how much is done with, or none if what follows decides.
    fn story(&mut self, rest: &str, at_end: bool) -> Option<usize> {
        let first = rest.chars().next()?;
        if first.is_whitespace() {
            self.white_space(first);
            return Some(first.len_utf8());
        }
        if std::mem::take(&mut self.after_token) {
            match role(rest, at_end) {
                Found::Yes(length, is_model) => {
                    if !is_model {
                        self.mode = Mode::Over;
                    }
                    return Some(length);
                }
                Found::Undecided => {
                    self.after_token = true;
                    return None;
                }
                Found::No => {}
            }
        }
        if !self.has_text {
            for (found, end) in [(bare_analysis(rest), BARE_FINAL), (granite(rest), GRANITE_ANSWERS)] {
                match found {
                    Found::Yes(length, ()) => {
                        self.mode = Mode::Skip(end);
                        return Some(length);
                    }
                    Found::Undecided if !at_end => return None,
                    Found::Undecided | Found::No => {}
                }
            }
        }
        if self.at_line_start || self.after_sentence {
            match bare_role(rest, self.at_line_start, at_end) {
                Found::Yes(length, is_model) => {
                    if self.has_text || !is_model {
                        self.mode = Mode::Over;
                    }
                    return Some(length);
                }
                Found::Undecided => return None,
                Found::No => {}
            }
        }
        if self.at_line_start {
            match object::begins(rest, at_end) {
                Begins::Object => {
                    // Behind the story, an object is data.
                    self.mode = if self.has_text { Mode::Over } else { Mode::Unwrap };
                    return Some(0);
                }
                Begins::Undecided => return None,
                Begins::Other => {}
            }
            match self.heads.find(rest, at_end) {
                Found::Yes(length, speaker) => {
                    self.head(speaker);
                    return Some(length);
                }
                Found::Undecided => return None,
                Found::No => {}
            }
        }
        if BEGINNINGS.contains(&first) {
            match marker(rest, at_end) {
                Found::Yes(length, marker) => {
                    self.marker(marker);
                    return Some(length);
                }
                Found::Undecided => return None,
                Found::No => {}
            }
        }
        let mut previous = first;
        let plain = rest[first.len_utf8()..].find(|c: char| {
            let before = std::mem::replace(&mut previous, c);
            // A role may follow the end of a sentence.
            c.is_whitespace() || BEGINNINGS.contains(&c) || (c == 'a' && ends_sentence(before))
        });
        let length = plain.map_or(rest.len(), |plain| first.len_utf8() + plain);
        self.text(&rest[..length]);
        Some(length)
    }

    fn white_space(&mut self, c: char) {
        let (count, most) = if c == '\n' { (&mut self.newlines, 2) } else { (&mut self.spaces, LONGEST_INDENT) };
        *count += 1;
        if *count <= most && self.has_text {
            self.passed.push(if c == '\n' { c } else { ' ' });
        }
        self.at_line_start |= c == '\n';
        self.after_sentence = false;
    }

    fn text(&mut self, text: &str) {
        (self.newlines, self.spaces) = (0, 0);
        (self.has_text, self.at_line_start) = (true, false);
        self.after_sentence = text.ends_with(ends_sentence);
        self.passed.push_str(text);
    }

    fn head(&mut self, speaker: Speaker) {
        match speaker {
            _ if self.has_text && speaker != Speaker::Narrator => self.mode = Mode::Over,
            // A label, and what follows is on the same line.
            Speaker::Narrator | Speaker::Event => self.at_line_start = false,
            Speaker::Prompt => {
                self.newlines = 0;
                self.mode = Mode::SkipParagraph;
            }
            // The model repeats what the player said before it answers.
            Speaker::Player => self.mode = Mode::SkipLine,
        }
    }

    fn marker(&mut self, marker: Marker) {
        match marker {
            Marker::ThoughtsBegin(end) => {
                self.has_thought = true;
                self.mode = Mode::Skip(end);
            }
            Marker::ThoughtsEnd if self.nested > 0 => {
                // What came since was still thoughts; nothing of it was handed out.
                let (passed, has_text) = self.before_nested;
                self.passed.truncate(passed);
                (self.newlines, self.spaces) = (0, 0);
                (self.has_text, self.at_line_start) = (has_text, true);
                self.nested -= 1;
                self.holds_back = self.nested > 0;
            }
            Marker::ThoughtsEnd if self.has_thought => {}
            Marker::ThoughtsEnd => self.begin_again(),
            Marker::Channel => self.mode = Mode::Channel,
            Marker::Token | Marker::Echo(_) | Marker::DataFence if self.has_text => self.mode = Mode::Over,
            Marker::Token => self.after_token = true,
            Marker::Wrapper | Marker::Fence | Marker::DataFence | Marker::Echo("") => {}
            Marker::Text("\n") => self.white_space('\n'),
            Marker::Text(" ") => self.white_space(' '),
            Marker::Text(text) => self.text(text),
            Marker::Echo(end) => self.mode = Mode::Skip(end),
        }
    }

    /// All so far was thoughts.
    fn begin_again(&mut self) {
        self.is_void |= self.has_text && !self.holds_back;
        self.passed.clear();
        self.handed_out = 0;
        self.has_thought = true;
        self.holds_back = false;
        (self.newlines, self.spaces) = (0, 0);
        (self.has_text, self.at_line_start) = (false, true);
    }
}

/// Whether a sentence may end with this.
const fn ends_sentence(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '"' | '”' | '’' | '*' | ')')
}
