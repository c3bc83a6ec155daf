//! Server-sent events as the WHATWG standard reads them, byte by byte, with a bound on what a stream may make us hold.
//!
//! Own code because a listener that must survive anything needs three things that the parsers on crates.io do not have
//! together: invalid UTF-8 becomes U+FFFD instead of an error, an endless line is an error instead of all memory, and
//! blocks that carry only an `id` or a `retry` are seen.

use std::time::Duration;

/// The most bytes that one line, and the data of one event, may have.
const LIMIT: usize = 16 * 1024 * 1024;

/// What a stream says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// An event is dispatched.
    Event {
        /// The `event` field; `message` when it is left out or empty.
        name: String,
        /// The `data` lines, joined with line feeds.
        data: String,
        /// The block's own `id` field. The standard's last event id is the latest that a stream has shown.
        id: Option<String>,
    },
    /// A block without data dispatches nothing, but its id counts.
    Id(String),
    /// How long to wait before reconnecting, from here on.
    Retry(Duration),
}

/// A line or an event is longer than any that an engine sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {limit} bytes without an end of the line or event")]
pub struct Overlong {
    /// The bound, in bytes.
    pub limit: usize,
}

/// Turns bytes, split anywhere, into frames. Comments and fields that the standard does not know are passed over.
#[derive(Debug)]
pub struct Parser {
    limit: usize,
    line: Vec<u8>,
    first_line: bool,
    after_cr: bool,
    name: String,
    data: Option<String>,
    id: Option<String>,
}

impl Default for Parser {
    fn default() -> Self {
        Self::with_limit(LIMIT)
    }
}

impl Parser {
    /// A parser for a stream from its first byte, with a bound in bytes on each line and on each event's data.
    #[must_use]
    pub const fn with_limit(limit: usize) -> Self {
        Self { limit, line: Vec::new(), first_line: true, after_cr: false, name: String::new(), data: None, id: None }
    }

    /// Reads the next bytes and appends what they complete. A block that the end of the stream cuts off is never
    /// completed, as the standard wants it. After an error the stream is lost.
    pub fn push(&mut self, mut bytes: &[u8], frames: &mut impl Extend<Frame>) -> Result<(), Overlong> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr)
                && let Some(rest) = bytes.strip_prefix(b"\n")
            {
                bytes = rest;
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let part = &bytes[..end.unwrap_or(bytes.len())];
            if self.line.len() + part.len() > self.limit {
                return Err(Overlong { limit: self.limit });
            }
            self.line.extend_from_slice(part);
            let Some(end) = end else { return Ok(()) };
            self.after_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            let frame = self.end_of_line(&line)?;
            frames.extend(frame);
            self.line = line;
            self.line.clear();
        }
        Ok(())
    }

    fn end_of_line(&mut self, line: &[u8]) -> Result<Option<Frame>, Overlong> {
        let line = if std::mem::take(&mut self.first_line) {
            line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
        } else {
            line
        };
        if line.is_empty() {
            return Ok(self.end_of_block());
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match field {
            b"event" => self.name = value.into_owned(),
            b"data" => {
                let data = match self.data.as_mut() {
                    Some(data) => {
                        data.push('\n');
                        data
                    }
                    None => self.data.insert(String::new()),
                };
                if data.len() + value.len() > self.limit {
                    return Err(Overlong { limit: self.limit });
                }
                data.push_str(&value);
            }
            b"id" if !value.contains('\0') => self.id = Some(value.into_owned()),
            b"retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // A number too large for u64 is as good as the longest wait; no digits at all are no number.
                let wait = value.parse().unwrap_or(u64::MAX);
                return Ok((!value.is_empty()).then(|| Frame::Retry(Duration::from_millis(wait))));
            }
            _ => {}
        }
        Ok(None)
    }

    fn end_of_block(&mut self) -> Option<Frame> {
        let name = std::mem::take(&mut self.name);
        let id = self.id.take();
        match self.data.take() {
            Some(data) => {
                let name = if name.is_empty() { "message".to_owned() } else { name };
                Some(Frame::Event { name, data, id })
            }
            None => id.map(Frame::Id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str, id: Option<&str>) -> Frame {
        Frame::Event { name: name.to_owned(), data: data.to_owned(), id: id.map(str::to_owned) }
    }

    fn message(data: &str) -> Frame {
        event("message", data, None)
    }

    fn parse(parts: &[&[u8]]) -> Vec<Frame> {
        let mut parser = Parser::default();
        let mut frames = Vec::new();
        for part in parts {
            parser.push(part, &mut frames).unwrap();
        }
        frames
    }

    /// The rules of the standard, one a row: the bytes and what they say.
    fn table() -> Vec<(&'static str, &'static [u8], Vec<Frame>)> {
        vec![
            ("a line feed ends a line", b"data: a\n\n", vec![message("a")]),
            ("a carriage return ends a line", b"data: a\r\r", vec![message("a")]),
            ("both together end one line", b"data: a\r\n\r\n", vec![message("a")]),
            ("ends of line may be mixed", b"data: a\r\ndata: b\rdata: c\n\r\n", vec![message("a\nb\nc")]),
            ("one byte order mark at the start is dropped", b"\xEF\xBB\xBFdata: a\n\n", vec![message("a")]),
            ("a second one is part of the field's name", b"\xEF\xBB\xBF\xEF\xBB\xBFdata: a\n\n", vec![]),
            ("a byte order mark later is part of the text", b"data: \xEF\xBB\xBFa\n\n", vec![message("\u{feff}a")]),
            ("a colon begins a comment", b": keep-alive\n\n:\n\ndata: a\n:x\n\n", vec![message("a")]),
            ("one space after the colon is dropped", b"data:  a\n\ndata:b\n\n", vec![message(" a"), message("b")]),
            ("a field without a colon has an empty value", b"data\n\n", vec![message("")]),
            ("two empty data lines are one line feed", b"data\ndata\n\n", vec![message("\n")]),
            ("a block without data is no event", b"event: x\n\ndata: a\n\n", vec![message("a")]),
            ("an empty name is `message`", b"event:\ndata: a\n\n", vec![message("a")]),
            (
                "a name lasts for one block",
                b"event: x\ndata: a\n\ndata: b\n\n",
                vec![event("x", "a", None), message("b")],
            ),
            ("the last name of a block counts", b"event: x\nevent: y\ndata: a\n\n", vec![event("y", "a", None)]),
            (
                "an id belongs to its block",
                b"id: 1\ndata: a\n\ndata: b\n\n",
                vec![event("message", "a", Some("1")), message("b")],
            ),
            ("an id without data still counts", b"id: 7\n\n", vec![Frame::Id("7".to_owned())]),
            ("an empty id resets", b"id\n\n", vec![Frame::Id(String::new())]),
            ("an id with NUL is passed over", b"id: 1\0\ndata: a\n\n", vec![message("a")]),
            ("retry is digits", b"retry: 1500\n\n", vec![Frame::Retry(Duration::from_millis(1500))]),
            ("retry is nothing but digits", b"retry: +5\nretry: 1.5\nretry:\nretry: 5 \n\n", vec![]),
            ("retry holds at once", b"retry: 5\n", vec![Frame::Retry(Duration::from_millis(5))]),
            (
                "retry may be absurd",
                b"retry: 99999999999999999999999\n",
                vec![Frame::Retry(Duration::from_millis(u64::MAX))],
            ),
            ("an unknown field is passed over", b"colour: red\nDATA: x\ndata : x\n\n", vec![]),
            ("invalid UTF-8 becomes U+FFFD", b"data: a\xFFb\xE2\x82\n\n", vec![message("a\u{fffd}b\u{fffd}")]),
            ("a block that is cut off is dropped", b"data: a\n\ndata: b\n", vec![message("a")]),
            ("a line that is cut off is dropped", b"data: a\n\nda", vec![message("a")]),
            ("a value may hold colons", b"data: a: b:c\n\n", vec![message("a: b:c")]),
            ("multi-byte text survives", "data: Grüße, 世界 🌍\n\n".as_bytes(), vec![message("Grüße, 世界 🌍")]),
        ]
    }

    #[test]
    fn the_standard_is_kept() {
        for (rule, bytes, frames) in table() {
            assert_eq!(parse(&[bytes]), frames, "{rule}");
        }
    }

    #[test]
    fn it_makes_no_difference_where_the_bytes_are_split() {
        for (rule, bytes, frames) in table() {
            for at in 0..=bytes.len() {
                let (head, tail) = bytes.split_at(at);
                assert_eq!(parse(&[head, tail]), frames, "{rule}, split at byte {at}");
            }
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(parse(&single), frames, "{rule}, byte by byte");
        }
    }

    #[test]
    fn a_carriage_return_dispatches_without_waiting_for_a_line_feed() {
        assert_eq!(parse(&[b"data: a\r\n\r"]), [message("a")]);
    }

    #[test]
    fn an_endless_line_is_an_error() {
        let mut parser = Parser::with_limit(10);
        let mut frames = Vec::new();
        assert_eq!(parser.push(b"data: 1234", &mut frames), Ok(()));
        assert_eq!(parser.push(b"5", &mut frames), Err(Overlong { limit: 10 }));
    }

    #[test]
    fn endless_data_is_an_error() {
        let mut parser = Parser::with_limit(10);
        let mut frames = Vec::new();
        assert_eq!(parser.push(b"data: 1234\ndata: 5678\n", &mut frames), Ok(()));
        assert_eq!(parser.push(b"data: 9\ndata: 0\n", &mut frames), Err(Overlong { limit: 10 }));
    }

    #[test]
    fn many_events_in_one_piece_are_read_in_one_pass() {
        let bytes = b"data: a\n\n".repeat(100_000);
        assert_eq!(parse(&[&bytes]).len(), 100_000);
    }
}
