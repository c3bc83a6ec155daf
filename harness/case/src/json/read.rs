//! From text to [`Node`]s: a reader of JSON with comments that keeps the place of everything.

use std::collections::HashSet;

use super::{JsonError, Kind, Member, Node, Span};

/// Deeper nesting is refused, so that no file can exhaust the stack.
const DEPTH_MAX: usize = 128;

/// Reads a text that holds one JSON value, with `//` and `/* */` comments where white space is allowed.
pub fn parse(text: &str) -> Result<Node, JsonError> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_space()?;
    let node = reader.value(0)?;
    reader.skip_space()?;
    if reader.at < text.len() {
        return Err(JsonError::at(reader.here(), "there is more after the end of the JSON value"));
    }
    Ok(node)
}

/// So many members are looked through one by one: most objects have fewer.
const FEW: usize = 16;

/// Whether an object has this key already. `known` holds the keys of a large one.
fn is_known(members: &[Member], known: &mut HashSet<String>, key: &str) -> bool {
    if members.len() < FEW {
        return members.iter().any(|member| member.key == key);
    }
    if known.is_empty() {
        known.extend(members.iter().map(|member| member.key.clone()));
    }
    !known.insert(key.to_owned())
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The character that is next, or the end of the text.
    fn here(&self) -> Span {
        self.at..self.at + self.peek().map_or(0, char::len_utf8)
    }

    fn unexpected(&self, wanted: &str) -> JsonError {
        match self.peek() {
            Some(found) => JsonError::at(self.here(), format!("expected {wanted}, found `{found}`")),
            None => JsonError::at(self.here(), format!("expected {wanted}, found the end of the file")),
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn skip_space(&mut self) -> Result<(), JsonError> {
        loop {
            let bytes = &self.text.as_bytes()[self.at..];
            let space = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
            self.at += space;
            match &bytes[space..] {
                [b'/', b'/', ..] => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                [b'/', b'*', ..] => {
                    let end = self.rest().find("*/");
                    let end = end.ok_or_else(|| JsonError::at(self.at..self.at + 2, "this comment has no end"))?;
                    self.at += end + 2;
                }
                _ if self.take('\u{feff}') => {}
                _ => return Ok(()),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, JsonError> {
        if depth > DEPTH_MAX {
            return Err(JsonError::at(self.here(), format!("nested deeper than {DEPTH_MAX} levels")));
        }
        let start = self.at;
        let kind = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.array(depth)?,
            Some('"') => Kind::String(self.string()?),
            Some('-' | '0'..='9') => self.number()?,
            Some('a'..='z') => self.word()?,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Node { span: start..self.at, kind })
    }

    fn object(&mut self, depth: usize) -> Result<Kind, JsonError> {
        let mut members: Vec<Member> = Vec::new();
        let mut known = HashSet::new();
        self.at += 1;
        self.skip_space()?;
        while !self.take('}') {
            if !members.is_empty() {
                self.comma('}')?;
            }
            if self.peek() != Some('"') {
                return Err(self.unexpected("a key in double quotes"));
            }
            let start = self.at;
            let key = self.string()?;
            let key_span = start..self.at;
            if is_known(&members, &mut known, &key) {
                return Err(JsonError::at(key_span, format!("the key `{key}` is here twice")));
            }
            self.skip_space()?;
            if !self.take(':') {
                return Err(self.unexpected("`:`"));
            }
            self.skip_space()?;
            let value = self.value(depth + 1)?;
            members.push(Member { key, key_span, value });
            self.skip_space()?;
        }
        Ok(Kind::Object(members))
    }

    /// The comma before the next member or item, which must follow.
    fn comma(&mut self, end: char) -> Result<(), JsonError> {
        let comma = self.here();
        if !self.take(',') {
            return Err(self.unexpected(&format!("`,` or `{end}`")));
        }
        self.skip_space()?;
        if self.peek() == Some(end) {
            return Err(JsonError::at(comma, "a trailing comma: nothing comes after it").help("take it away"));
        }
        Ok(())
    }

    fn array(&mut self, depth: usize) -> Result<Kind, JsonError> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space()?;
        while !self.take(']') {
            if !items.is_empty() {
                self.comma(']')?;
            }
            items.push(self.value(depth + 1)?);
            self.skip_space()?;
        }
        Ok(Kind::Array(items))
    }

    fn string(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        let (mut escaped, mut plain) = (false, true);
        for (offset, byte) in self.text.as_bytes()[start + 1..].iter().enumerate() {
            match byte {
                b'\n' => break,
                _ if escaped => escaped = false,
                b'\\' => (escaped, plain) = (true, false),
                b'"' => {
                    self.at = start + 1 + offset + 1;
                    let literal = &self.text[start..self.at];
                    if plain {
                        return Ok(literal[1..literal.len() - 1].to_owned());
                    }
                    return serde_json::from_str(literal)
                        .map_err(|error| JsonError::at(start..self.at, format!("this string is not JSON: {error}")));
                }
                // Control characters are not JSON, and serde_json says so.
                _ => plain &= *byte >= b' ',
            }
        }
        Err(JsonError::at(start..start + 1, "this string has no end on its line"))
    }

    fn number(&mut self) -> Result<Kind, JsonError> {
        let start = self.at;
        let rest = self.rest();
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        self.at += end;
        let literal = &self.text[start..self.at];
        serde_json::from_str(literal)
            .map(Kind::Number)
            .map_err(|_| JsonError::at(start..self.at, format!("`{literal}` is not a JSON number")))
    }

    fn word(&mut self) -> Result<Kind, JsonError> {
        let start = self.at;
        let rest = self.rest();
        self.at += rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        match &self.text[start..self.at] {
            "null" => Ok(Kind::Null),
            "true" => Ok(Kind::Bool(true)),
            "false" => Ok(Kind::Bool(false)),
            word => Err(JsonError::at(start..self.at, format!("`{word}` is not a JSON value"))
                .help("texts are in double quotes")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_with_comments_reads_like_one_without() {
        let node = parse("// head\n{ \"a\": [1, -2.5e3, /* mid */ true, null], \"b\\n\": \"\\u00e9\" }\n").unwrap();
        assert_eq!(node.to_value(), json!({"a": [1, -2500.0, true, null], "b\n": "é"}));
    }

    #[test]
    fn every_value_knows_its_place() {
        let text = r#"{"a": {"b": "cc"}}"#;
        let node = parse(text).unwrap();
        let inner = node.get("a").and_then(|a| a.get("b")).unwrap();
        assert_eq!(&text[inner.span.clone()], "\"cc\"");
    }

    #[test]
    fn mistakes_are_found_where_they_are() {
        for (text, at, message) in [
            ("{\"a\": 1,}", 7, "a trailing comma"),
            ("[1, ]", 2, "a trailing comma"),
            ("{,}", 1, "expected a key"),
            ("{\"a\" 1}", 5, "expected `:`"),
            ("[1 2]", 3, "expected `,` or `]`"),
            ("[1, 2", 5, "the end of the file"),
            ("{\"a\": 1, \"a\": 2}", 9, "twice"),
            ("\"open", 0, "no end"),
            ("yes", 0, "not a JSON value"),
            ("{} x", 3, "more after the end"),
            ("01", 0, "not a JSON number"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.span.clone().unwrap().start, at, "{text}: {error}");
            assert!(error.message.contains(message), "{text}: {error}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_crash() {
        let error = parse(&"[".repeat(100_000)).unwrap_err();
        assert!(error.message.contains("deeper"), "{error}");
    }
}
