//! A response's bytes, cut into what the wire format reads: the data of server-sent events, lines of JSON, or one whole body.
//!
//! Which of these a response is, its first byte says: servers' content types are not to be relied on. Own code, because the
//! parsers on crates.io are no better fit: `eventsource-stream` 0.2 panics on a byte order mark, grows without a bound, takes time
//! quadratic in the events of a piece, and hides the comments that show that a server is alive. What a guard around it would have to
//! do is all that is done here: fields other than `data` mean nothing to a model's stream.

/// The most bytes of a line, of one event's data, and of a body that comes whole.
pub(super) const LIMIT: usize = 4 * 1024 * 1024;

/// The data of an event at which an OpenAI-compatible stream ends.
const DONE: &[u8] = b"[DONE]";

/// What a compressed body begins with: gzip, and Zstandard. Brotli has no such mark.
const COMPRESSED: [&[u8]; 2] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd"];

/// What a response turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Server-sent events.
    Events,
    /// One JSON object on each line.
    Lines,
    /// One JSON value, which is read once it is whole.
    Whole,
    /// A web page.
    Page,
    /// Nothing that can be read: nobody has asked for compression.
    Compressed,
}

/// What a frame is, as the server names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A part of the answer, or an error that says so itself.
    Data,
    /// An error: its event or its line is named so.
    Error,
}

/// More than [`LIMIT`] bytes without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overlong;

/// Cuts bytes, however they are split, into frames.
#[derive(Debug)]
pub(super) struct Cutter {
    shape: Option<Shape>,
    /// What a response is that begins with JSON.
    of_json: Shape,
    /// The line, or the whole body, as far as it has come.
    pending: Vec<u8>,
    /// The data of an event that has not ended.
    data: Vec<u8>,
    has_data: bool,
    /// What the event is named.
    kind: Kind,
    after_cr: bool,
    done: bool,
}

impl Cutter {
    /// For a format that streams as lines of JSON, or else as server-sent events.
    pub(super) fn new(lines_of_json: bool) -> Self {
        Self {
            shape: None,
            of_json: if lines_of_json { Shape::Lines } else { Shape::Whole },
            pending: Vec::new(),
            data: Vec::new(),
            has_data: false,
            kind: Kind::Data,
            after_cr: false,
            done: false,
        }
    }

    /// What the response is, once its first byte has come.
    pub(super) fn shape(&self) -> Option<Shape> {
        self.shape
    }

    /// Whether the stream has said that it is done.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Takes in the next bytes and hands over each frame that they complete.
    pub(super) fn push<E: From<Overlong>>(
        &mut self,
        mut bytes: &[u8],
        frame: &mut impl FnMut(Kind, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let shape = match self.shape {
            Some(shape) => shape,
            None => match self.sniff(&mut bytes) {
                Some(shape) => shape,
                None => return Ok(()),
            },
        };
        match shape {
            Shape::Whole | Shape::Page => Ok(self.hold(bytes)?),
            Shape::Compressed => Ok(()),
            Shape::Events | Shape::Lines => {
                while let Some(line_end) = memchr::memchr2(b'\n', b'\r', bytes) {
                    let (line, rest) = bytes.split_at(line_end);
                    // A line feed after a carriage return belongs to it.
                    if !(line.is_empty() && std::mem::take(&mut self.after_cr) && rest[0] == b'\n') {
                        self.line(shape, line, frame)?;
                    }
                    self.after_cr = rest[0] == b'\r';
                    bytes = &rest[1..];
                }
                if !bytes.is_empty() {
                    self.after_cr = false;
                }
                Ok(self.hold(bytes)?)
            }
        }
    }

    /// The body has ended: hands over what had no end yet. Of a stream that is nothing, unless its last line breaks
    /// off only at the line break.
    pub(super) fn end<E: From<Overlong>>(
        &mut self,
        frame: &mut impl FnMut(Kind, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.shape {
            Some(shape @ (Shape::Events | Shape::Lines)) => {
                self.line(shape, b"", frame)?;
                self.event(frame)
            }
            Some(Shape::Whole) => frame(Kind::Data, &std::mem::take(&mut self.pending)),
            Some(Shape::Page | Shape::Compressed) | None => Ok(()),
        }
    }

    /// What has come of a page or a whole body.
    pub(super) fn body(&self) -> &[u8] {
        &self.pending
    }

    /// Passes over a byte order mark and white space; the first byte behind them decides.
    fn sniff(&mut self, bytes: &mut &[u8]) -> Option<Shape> {
        // Three bytes at most wait here: a byte order mark can be cut.
        self.pending.extend_from_slice(bytes);
        let held = std::mem::take(&mut self.pending);
        let text = held.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&held).trim_ascii_start();
        if text.is_empty() || (text.len() < 3 && b"\xEF\xBB\xBF".starts_with(text)) {
            self.pending = text.to_vec();
            *bytes = &[];
            return None;
        }
        let shape = match text[0] {
            b'{' | b'[' => self.of_json,
            b'<' => Shape::Page,
            _ if COMPRESSED.iter().any(|mark| text.starts_with(mark)) => Shape::Compressed,
            _ => Shape::Events,
        };
        self.shape = Some(shape);
        // All but the new bytes was white space or a mark.
        let new = bytes.len().min(text.len());
        self.pending = text[..text.len() - new].to_vec();
        *bytes = &bytes[bytes.len() - new..];
        Some(shape)
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), Overlong> {
        if self.pending.len() + bytes.len() > LIMIT {
            return Err(Overlong);
        }
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    /// A line, of which the beginning may have come before. Most come in one piece, and are read where they are.
    fn line<E: From<Overlong>>(
        &mut self,
        shape: Shape,
        line: &[u8],
        frame: &mut impl FnMut(Kind, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.pending.is_empty() {
            return self.whole_line(shape, line, frame);
        }
        self.hold(line)?;
        let mut pending = std::mem::take(&mut self.pending);
        let read = self.whole_line(shape, &pending, frame);
        pending.clear();
        self.pending = pending;
        read
    }

    fn whole_line<E: From<Overlong>>(
        &mut self,
        shape: Shape,
        line: &[u8],
        frame: &mut impl FnMut(Kind, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if shape == Shape::Lines {
            let line = line.trim_ascii();
            return if line.is_empty() { Ok(()) } else { frame(Kind::Data, line) };
        }
        if line.is_empty() {
            return self.event(frame);
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return Ok(()) };
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        let data = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => {}
            b"event" => {
                self.kind = if data.trim_ascii() == b"error" { Kind::Error } else { Kind::Data };
                return Ok(());
            }
            // Earlier servers of llama.cpp report an error in a field of this name.
            b"error" => self.kind = Kind::Error,
            _ => return Ok(()),
        }
        if self.data.len() + data.len() > LIMIT {
            return Err(Overlong.into());
        }
        // Where one line end is between two events, the last is no part of the one before it.
        if self.has_data && is_done(data.trim_ascii()) {
            self.event(frame)?;
            self.done = true;
            return Ok(());
        }
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(data);
        Ok(())
    }

    fn event<E>(&mut self, frame: &mut impl FnMut(Kind, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let kind = std::mem::replace(&mut self.kind, Kind::Data);
        if !std::mem::take(&mut self.has_data) || self.done {
            self.data.clear();
            return Ok(());
        }
        let read = match self.data.trim_ascii() {
            b"" => Ok(()),
            data if is_done(data) => {
                self.done = true;
                Ok(())
            }
            data => frame(kind, data),
        };
        self.data.clear();
        read
    }
}

/// `[DONE]`, also in quotes or in small letters.
fn is_done(data: &[u8]) -> bool {
    data.len() <= DONE.len() + 2
        && data
            .trim_ascii_start()
            .strip_prefix(b"\"")
            .unwrap_or(data)
            .get(..DONE.len())
            .is_some_and(|data| data.eq_ignore_ascii_case(DONE))
}

#[cfg(test)]
mod tests {
    use super::*;

    impl From<Overlong> for () {
        fn from(_: Overlong) -> Self {}
    }

    /// The frames of a body that comes in pieces of `size` bytes.
    fn frames(lines_of_json: bool, body: &[u8], size: usize) -> (Vec<String>, Option<Shape>, bool) {
        let mut cutter = Cutter::new(lines_of_json);
        let mut found = Vec::new();
        let mut frame = |kind: Kind, frame: &[u8]| -> Result<(), ()> {
            let mark = if kind == Kind::Error { "!" } else { "" };
            found.push(format!("{mark}{}", String::from_utf8_lossy(frame)));
            Ok(())
        };
        for piece in body.chunks(size) {
            cutter.push(piece, &mut frame).unwrap();
        }
        cutter.end(&mut frame).unwrap();
        (found, cutter.shape(), cutter.is_done())
    }

    #[test]
    fn frames_are_the_same_wherever_the_bytes_are_split() {
        let events = ["a", "b\nc", "ä"].map(str::to_owned).to_vec();
        for (lines_of_json, body, expected, shape, done) in [
            (
                false,
                "data: a\n\n: comment\ndata: b\ndata: c\n\ndata:ä\n\ndata: [DONE]\n\n",
                events.clone(),
                Shape::Events,
                true,
            ),
            (
                false,
                "\u{feff}data: a\r\n\r\nid: 1\r\ndata: b\r\ndata: c\r\n\r\ndata: ä\r\n\r\n",
                events.clone(),
                Shape::Events,
                false,
            ),
            (false, "event: x\rdata: a\r\rdata: b\rdata: c\r\rdata: ä", events, Shape::Events, false),
            (false, "data\n\ndata:\n\ndatum: a\n\n", vec![], Shape::Events, false),
            (
                false,
                "event: error\ndata: a\n\ndata: b\n\nerror: c\n\ndata: \"[done]\"\n\n",
                ["!a", "b", "!c"].map(str::to_owned).to_vec(),
                Shape::Events,
                true,
            ),
            (false, " \n {\"a\":\n1}\n", vec!["{\"a\":\n1}\n".to_owned()], Shape::Whole, false),
            (true, "{\"a\":1}\n\n{\"b\":2}", vec!["{\"a\":1}".to_owned(), "{\"b\":2}".to_owned()], Shape::Lines, false),
            (false, "\n<!doctype html>", vec![], Shape::Page, false),
        ] {
            for size in 1..=body.len() {
                let (found, found_shape, is_done) = frames(lines_of_json, body.as_bytes(), size);
                assert_eq!((found, found_shape, is_done), (expected.clone(), Some(shape), done), "{body:?} by {size}");
            }
        }
    }

    #[test]
    fn a_line_without_an_end_is_an_error_and_not_all_memory() {
        let mut cutter = Cutter::new(false);
        let mut frame = |_: Kind, _: &[u8]| Ok(());
        let piece = vec![b'x'; 64 * 1024];
        let ended = (0..=LIMIT / piece.len()).try_for_each(|_| cutter.push::<()>(&piece, &mut frame));
        assert_eq!(ended, Err(()));
    }
}
