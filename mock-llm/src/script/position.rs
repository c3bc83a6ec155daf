//! The positions of the values of a JSON text: from JSON pointer to byte offset and back.
//! `serde_json` reports line and column only; people look for the key. Own code, because parsers with spans (jsonc-parser,
//! json-spanned-value) give up at a mistake, and the position of a mistake is what is needed here.

/// The place of every key and value of a JSON text, in the order of the text.
pub(super) struct Positions(Vec<Position>);

struct Position {
    pointer: String,
    /// First byte of the key, or of the value where there is no key.
    start: usize,
    /// One past the last byte of the value.
    end: usize,
}

impl Positions {
    /// Reads as far as the text is JSON; what comes after a mistake has no positions.
    pub(super) fn of(text: &str) -> Self {
        let mut walk = Walk { bytes: text.as_bytes(), at: 0, positions: Vec::new() };
        walk.space();
        let start = walk.at;
        // `None` means that the text broke off, which leaves the positions up to there.
        let _ = walk.value("", start);
        Self(walk.positions)
    }

    /// Offset of the key or value at `pointer`; 0 if there is none.
    pub(super) fn offset(&self, pointer: &str) -> usize {
        self.0.iter().find(|position| position.pointer == pointer).map_or(0, |position| position.start)
    }

    /// Pointer to the innermost value round `offset`.
    pub(super) fn pointer(&self, offset: usize) -> String {
        let around = self.0.iter().rfind(|position| position.start <= offset && offset < position.end);
        around.map(|position| position.pointer.clone()).unwrap_or_default()
    }
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    positions: Vec<Position>,
}

impl Walk<'_> {
    fn value(&mut self, pointer: &str, start: usize) -> Option<()> {
        let mine = self.positions.len();
        // An unfinished value reaches to the end of the text.
        self.positions.push(Position { pointer: pointer.to_owned(), start, end: usize::MAX });
        self.space();
        match self.peek()? {
            b'{' => self.members(pointer)?,
            b'[' => self.elements(pointer)?,
            b'"' => drop(self.string()?),
            _ => self.bare(),
        }
        self.positions[mine].end = self.at;
        Some(())
    }

    fn members(&mut self, pointer: &str) -> Option<()> {
        self.at += 1;
        loop {
            self.space();
            match self.peek()? {
                b'}' => break,
                b',' => self.at += 1,
                b'"' => {
                    let start = self.at;
                    let key = self.string()?;
                    self.space();
                    self.eat(b':')?;
                    self.value(&format!("{pointer}/{}", escape(&key)), start)?;
                }
                _ => return None,
            }
        }
        self.eat(b'}')
    }

    fn elements(&mut self, pointer: &str) -> Option<()> {
        self.at += 1;
        let mut index = 0;
        loop {
            self.space();
            match self.peek()? {
                b']' => break,
                b',' => self.at += 1,
                _ => {
                    let start = self.at;
                    self.value(&format!("{pointer}/{index}"), start)?;
                    if self.at == start {
                        return None;
                    }
                    index += 1;
                }
            }
        }
        self.eat(b']')
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.eat(b'"')?;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        serde_json::from_slice(&self.bytes[start..self.at]).ok()
    }

    /// A number, `true`, `false` or `null`.
    fn bare(&mut self) {
        while self.peek().is_some_and(|byte| !matches!(byte, b',' | b']' | b'}') && !byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

/// A key as a part of a JSON pointer (RFC 6901 §3).
pub(super) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{ "a/b": [1, { "x": "y" }], "z": true }"#;

    #[test]
    fn a_pointer_leads_to_the_key() {
        let positions = Positions::of(TEXT);
        assert_eq!(&TEXT[positions.offset("/a~1b/1/x")..][..3], r#""x""#);
        assert_eq!(&TEXT[positions.offset("/a~1b/0")..][..1], "1");
    }

    #[test]
    fn an_offset_leads_to_the_innermost_value() {
        let positions = Positions::of(TEXT);
        assert_eq!(positions.pointer(TEXT.find(r#""y""#).unwrap()), "/a~1b/1/x");
        assert_eq!(positions.pointer(TEXT.find('}').unwrap()), "/a~1b/1");
        assert_eq!(positions.pointer(TEXT.find("true").unwrap()), "/z");
    }

    #[test]
    fn a_broken_text_has_spots_up_to_the_break() {
        assert_eq!(Positions::of(r#"{"a": [1, "#).pointer(10), "/a");
        assert_eq!(Positions::of("").pointer(0), "");
    }
}
