//! Nothing that is not the story enters the story: a filter between what a model writes and what players read. It takes out thoughts,
//! control tokens of chat templates, echoes of our own prompt, control characters, and the player's next line if the model goes on as
//! the player. It works on a stream: what it lets through depends on the text only, never on how the text was cut into pieces, and it
//! holds back no more than the longest marker.

mod controls;
mod heads;
mod markers;
mod sentence;
mod stop;
#[cfg(test)]
mod tests;

use self::controls::Controls;
use self::heads::{Heads, Speaker};
use self::markers::{BEGINNINGS, Found, Marker, begins, marker};
pub use self::sentence::cut_to_sentence;
pub use self::stop::stop_sequences;
use crate::prompt::Input;
use crate::state::GameState;

/// Spaces in a row that are kept.
const LONGEST_INDENT: usize = 16;

/// The longest name of a channel.
const LONGEST_CHANNEL: usize = 64;

/// Where a channel's name ends.
const MESSAGE: &str = "<|message|>";

/// What `gpt-oss` writes where a server has removed the control tokens: `analysisWe need to … assistantfinalYou walk north.`
const BARE_ANALYSIS: &str = "analysis";
const BARE_FINAL: &str = "assistantfinal";

/// A filter for one narration.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact about the text so far, and they are independent")]
pub struct Prose {
    controls: Controls,
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
    /// The story is over; nothing passes any more.
    Over,
}

impl Prose {
    /// A filter for the narration that answers `input` in `state`.
    #[must_use]
    pub fn new(state: &GameState, input: &Input) -> Self {
        Self {
            controls: Controls::default(),
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
            self.pending.extend(self.controls.pass(c));
        }
        self.filter(false);
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
        let text = std::mem::take(&mut self.pending);
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let used = match self.mode {
                Mode::Story => self.story(rest, at_end),
                Mode::Skip(end) => self.skip(rest, end),
                Mode::Channel => self.channel(rest, at_end),
                Mode::SkipLine => Some(self.skip_line(rest)),
                Mode::Over => Some(rest.len()),
            };
            match used {
                Some(used) => rest = &rest[used..],
                None => break,
            }
        }
        self.pending.push_str(rest);
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
            match bare_analysis(rest) {
                Found::Yes(length, ()) => {
                    self.mode = Mode::Skip(BARE_FINAL);
                    return Some(length);
                }
                Found::Undecided if !at_end => return None,
                Found::Undecided | Found::No => {}
            }
        }
        if self.at_line_start {
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
        let plain = rest[first.len_utf8()..].find(|c: char| c.is_whitespace() || BEGINNINGS.contains(&c));
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
    }

    fn text(&mut self, text: &str) {
        (self.newlines, self.spaces) = (0, 0);
        (self.has_text, self.at_line_start) = (true, false);
        self.passed.push_str(text);
    }

    fn head(&mut self, speaker: Speaker) {
        match speaker {
            // A label, and what follows is on the same line.
            Speaker::Narrator => self.at_line_start = false,
            Speaker::Player if self.has_text => self.mode = Mode::Over,
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
            Marker::ThoughtsEnd if self.has_thought => {}
            Marker::ThoughtsEnd => self.begin_again(),
            Marker::Channel => self.mode = Mode::Channel,
            Marker::Token | Marker::Echo(_) if self.has_text => self.mode = Mode::Over,
            Marker::Token => self.after_token = true,
            Marker::Wrapper | Marker::Echo("") => {}
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

    /// Leaves `rest` out up to and with `end`; the beginning of an `end` at its end is kept.
    fn skip(&mut self, rest: &str, end: &'static str) -> Option<usize> {
        for (at, _) in rest.char_indices() {
            match begins(&rest[at..], end) {
                Found::Yes(length, ()) => {
                    self.mode = if end == CHANNEL { Mode::Channel } else { Mode::Story };
                    self.holds_back = false;
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
    fn channel(&mut self, rest: &str, at_end: bool) -> Option<usize> {
        let end = rest.find(MESSAGE);
        let name = rest[..end.unwrap_or(rest.len())].trim_start();
        if end.is_none() && !at_end && name.len() < LONGEST_CHANNEL {
            return None;
        }
        let is_final = name.get(.."final".len()).is_some_and(|name| name.eq_ignore_ascii_case("final"));
        self.mode = if is_final { Mode::Story } else { Mode::Skip(CHANNEL) };
        Some(end.map_or(rest.len(), |end| end + MESSAGE.len()))
    }

    fn skip_line(&mut self, rest: &str) -> usize {
        let Some(end) = rest.find('\n') else { return rest.len() };
        self.mode = Mode::Story;
        end
    }
}

/// Where the next channel begins.
const CHANNEL: &str = "<|channel|>";

/// The role that stands behind a control token: `assistant` or `model` and a line end, a colon or the next token. Whether it is the
/// model's.
fn role(text: &str, at_end: bool) -> Found<bool> {
    let roles = [("assistant", true), ("model", true), ("narrator", true), ("user", false), ("system", false)];
    for (name, is_model) in roles {
        match begins(text, name) {
            Found::No => {}
            Found::Undecided if at_end => return Found::Yes(text.len(), is_model),
            Found::Undecided => return Found::Undecided,
            Found::Yes(length, ()) => {
                return match text[length..].chars().next() {
                    None if at_end => Found::Yes(length, is_model),
                    None => Found::Undecided,
                    Some(':' | '\n') => Found::Yes(length + 1, is_model),
                    Some('<' | '[') => Found::Yes(length, is_model),
                    Some(_) => Found::No,
                };
            }
        }
    }
    Found::No
}

/// `analysis` with a capital letter right behind it: no story begins so.
fn bare_analysis(text: &str) -> Found<()> {
    match begins(text, BARE_ANALYSIS) {
        Found::Yes(length, ()) => match text[length..].chars().next() {
            None => Found::Undecided,
            Some(c) if c.is_uppercase() && text.starts_with('a') => Found::Yes(length, ()),
            Some(_) => Found::No,
        },
        other => other,
    }
}
