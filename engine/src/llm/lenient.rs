//! Frames that are not JSON as it is defined, but nearly: read all the same, for a turn must not fail on a number that nobody needs.
//! Only what could not be read as it is comes here.
//!
//! What servers have sent: `NaN` and `-Infinity` among log probabilities (Python writes them so), one half of a surrogate pair where a
//! token ends in the middle of a character, control characters in strings, bytes that are no UTF-8, a field twice, several objects in
//! one event or a list of them. The parsers for what models write (JSON5 and the like) take none of these but the first.

use serde_json::{Deserializer, Value};

/// The JSON values that a frame holds, each written as it should be; none if it cannot be read.
pub(super) fn read_leniently(frame: &[u8]) -> Option<Vec<Vec<u8>>> {
    let text = rewritten(&String::from_utf8_lossy(frame));
    let values: Result<Vec<Value>, _> = Deserializer::from_str(&text).into_iter().collect();
    let values = values.ok()?.into_iter().flat_map(|value| match value {
        Value::Array(values) => values,
        value => vec![value],
    });
    values.map(|value| serde_json::to_vec(&value).ok()).collect()
}

/// The same JSON without numbers that are none, halves of characters and control characters.
fn rewritten(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    let mut rest = json;
    let mut in_string = false;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '"' => {
                in_string = !in_string;
                written.push(c);
                1
            }
            '\\' if in_string => escape(rest, &mut written),
            _ if in_string && c.is_ascii_control() => {
                written.push(' ');
                1
            }
            'N' | 'I' | '-' if !in_string => number(rest, &mut written),
            _ => {
                written.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    written
}

/// An escape sequence; half of a surrogate pair is left out. Answers how much of `text` it is.
fn escape(text: &str, written: &mut String) -> usize {
    let unit =
        |at: usize| text.get(at..)?.strip_prefix("\\u").and_then(|hex| u16::from_str_radix(hex.get(..4)?, 16).ok());
    match (unit(0), unit(6)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => {
            written.push_str(&text[..12]);
            12
        }
        (Some(0xd800..=0xdfff), _) => 6,
        _ => {
            let length = 1 + text[1..].chars().next().map_or(0, char::len_utf8);
            written.push_str(&text[..length]);
            length
        }
    }
}

/// `NaN` and the like become null.
fn number(text: &str, written: &mut String) -> usize {
    if let Some(word) = ["-Infinity", "Infinity", "-NaN", "NaN"].iter().find(|word| text.starts_with(**word)) {
        written.push_str("null");
        word.len()
    } else {
        written.push_str(&text[..1]);
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_json_is_read_and_everything_else_is_not() {
        for (frame, expected) in [
            (r#"{"a":[NaN,-Infinity,Infinity],"b":"NaN-"}"#, vec![r#"{"a":[null,null,null],"b":"NaN-"}"#]),
            (r#"{"a":"x\ud83d"}"#, vec![r#"{"a":"x"}"#]),
            (r#"{"a":"\ude00y\ud83d\ude00\"\\ud83d"}"#, vec![r#"{"a":"y😀\"\\ud83d"}"#]),
            ("{\"a\":\"x\ty\"}", vec![r#"{"a":"x y"}"#]),
            (r#"{"a":1,"a":2}"#, vec![r#"{"a":2}"#]),
            ("{\"a\":1}\n{\"b\":2}", vec![r#"{"a":1}"#, r#"{"b":2}"#]),
            (r#"[{"a":1},{"b":-2}]"#, vec![r#"{"a":1}"#, r#"{"b":-2}"#]),
        ] {
            let found: Vec<_> = read_leniently(frame.as_bytes())
                .unwrap()
                .into_iter()
                .map(|json| String::from_utf8(json).unwrap())
                .collect();
            assert_eq!(found, expected, "{frame}");
        }
        assert_eq!(read_leniently(b"{\"a\":\"\xff\"}"), Some(vec!["{\"a\":\"\u{fffd}\"}".as_bytes().to_vec()]));
        for frame in ["ping", "{\"a\":", "[DONE", "\\u"] {
            assert_eq!(read_leniently(frame.as_bytes()), None, "{frame}");
        }
    }
}
