//! A narration in a JSON object: some models that are asked for an object in every other call write one here too. The text of its story is
//! the story; an object without one is none.

/// The keys under which models put a story.
const STORY_KEYS: [&str; 9] =
    ["narration", "narrative", "narrator", "story", "text", "response", "content", "output", "answer"];

/// No key of a story is longer.
const LONGEST_KEY: usize = 16;

/// The most white space between the brace and the first key.
const LONGEST_GAP: usize = 32;

/// What a text begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    Object,
    Undecided,
    Other,
}

/// Whether `text` begins with an object: a brace, and the quote of a key. No prose does.
pub(super) fn begins(text: &str, at_end: bool) -> Begins {
    let Some(inside) = text.strip_prefix('{') else { return Begins::Other };
    let key = inside.trim_start();
    if key.starts_with('"') {
        Begins::Object
    } else if key.is_empty() && !at_end && inside.len() <= LONGEST_GAP {
        Begins::Undecided
    } else {
        Begins::Other
    }
}

/// Reads an object character by character, and passes on those of its story.
#[derive(Debug, Default)]
pub(super) struct Object {
    depth: usize,
    string: Option<Inside>,
    escape: Escape,
    /// The first half of a character that JSON writes as two.
    high: Option<u32>,
    key: String,
    after_colon: bool,
    has_ended: bool,
}

/// In which string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Key,
    Story,
    Other,
}

#[derive(Debug, Default, Clone, Copy)]
enum Escape {
    #[default]
    None,
    Begun,
    /// Four digits: what they have come to, and how many have come.
    Code(u32, u8),
}

impl Object {
    /// The next character of the story; `None` if it is none.
    pub(super) fn pass(&mut self, c: char) -> Option<char> {
        match (self.string, self.escape) {
            _ if self.has_ended => None,
            (None, _) => {
                self.between(c);
                None
            }
            (Some(inside), Escape::None) => match c {
                '\\' => self.become_escape(Escape::Begun),
                '"' => {
                    self.string = None;
                    self.has_ended = inside == Inside::Story;
                    None
                }
                c => self.character(inside, c),
            },
            (Some(inside), Escape::Begun) => {
                self.escape = Escape::None;
                match c {
                    'u' => self.become_escape(Escape::Code(0, 0)),
                    'n' => self.character(inside, '\n'),
                    't' => self.character(inside, '\t'),
                    'r' => self.character(inside, '\r'),
                    'b' | 'f' => None,
                    c => self.character(inside, c),
                }
            }
            (Some(inside), Escape::Code(code, count)) => {
                self.escape = Escape::None;
                let code = code * 16 + c.to_digit(16)?;
                if count < 3 {
                    return self.become_escape(Escape::Code(code, count + 1));
                }
                match code {
                    0xd800..0xdc00 => {
                        self.high = Some(code - 0xd800);
                        None
                    }
                    0xdc00..0xe000 => {
                        let code = 0x1_0000 + self.high.take()? * 0x400 + (code - 0xdc00);
                        self.character(inside, char::from_u32(code)?)
                    }
                    code => self.character(inside, char::from_u32(code)?),
                }
            }
        }
    }

    /// Whether all of the story has come.
    pub(super) const fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn between(&mut self, c: char) {
        match c {
            '"' if !self.after_colon => {
                self.key.clear();
                self.string = Some(Inside::Key);
            }
            '"' => {
                let is_story = self.depth == 1 && STORY_KEYS.contains(&self.key.to_ascii_lowercase().as_str());
                self.string = Some(if is_story { Inside::Story } else { Inside::Other });
            }
            ':' => self.after_colon = true,
            ',' => self.after_colon = false,
            '{' | '[' => {
                self.after_colon = false;
                self.depth += 1;
            }
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                self.has_ended = self.depth == 0;
            }
            _ => {}
        }
    }

    fn character(&mut self, inside: Inside, c: char) -> Option<char> {
        if inside == Inside::Key && self.key.len() <= LONGEST_KEY {
            self.key.push(c);
        }
        (inside == Inside::Story).then_some(c)
    }

    fn become_escape(&mut self, escape: Escape) -> Option<char> {
        self.escape = escape;
        None
    }
}
