//! Reading JSON as models write it: with comments and trailing commas, in single or curly quotes, with Python's literals, with line
//! ends inside of strings. What JSON5 allows is left to a JSON5 parser; what no standard allows is put right before.

use std::fmt::Write;

use serde_json::Value;

/// The object that `text` begins with, and how many bytes of `text` it takes; none if it is not closed or cannot be read.
pub(super) fn object(text: &str) -> Option<(Value, usize)> {
    let (normal, length) = normalized(text)?;
    let value: Value = json5::from_str(&normal).ok()?;
    value.is_object().then_some((value, length))
}

/// The object that `text` begins with as JSON5, and its length in `text`.
fn normalized(text: &str) -> Option<(String, usize)> {
    let mut normal = String::with_capacity(text.len());
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let used = if let Some(end) = closing_quotes(c) {
            string(rest, end, &mut normal)?
        } else if rest.starts_with("//") || rest.starts_with('#') {
            rest.find('\n')?
        } else if rest.starts_with("/*") {
            rest.find("*/")? + 2
        } else if c.is_alphabetic() || c == '_' || c == '$' {
            word(rest, &mut normal)
        } else {
            match c {
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.checked_sub(1)?,
                _ => {}
            }
            normal.push(c);
            c.len_utf8()
        };
        rest = &rest[used..];
        if depth == 0 {
            return Some((normal, text.len() - rest.len()));
        }
    }
    None
}

/// What closes a string that this character opens.
fn closing_quotes(c: char) -> Option<&'static [char]> {
    match c {
        '"' => Some(&['"']),
        '\'' => Some(&['\'']),
        '“' | '”' | '„' => Some(&['”', '“', '"']),
        '‘' | '’' => Some(&['’', '‘']),
        _ => None,
    }
}

/// Writes the string that `text` begins with in plain quotes, and returns its length.
fn string(text: &str, end: &[char], normal: &mut String) -> Option<usize> {
    normal.push('"');
    let mut characters = text.char_indices();
    characters.next();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => {
                let (_, escaped) = characters.next()?;
                match escaped {
                    '\n' => {}
                    '\'' => normal.push('\''),
                    escaped => normal.extend(['\\', escaped]),
                }
            }
            c if end.contains(&c) && !is_inside(c, &text[at + c.len_utf8()..]) => {
                normal.push('"');
                return Some(at + c.len_utf8());
            }
            '"' => normal.push_str("\\\""),
            c if c.is_control() => {
                let _ = write!(normal, "\\u{:04x}", u32::from(c));
            }
            c => normal.push(c),
        }
    }
    None
}

/// Whether a single quote is an apostrophe: `'the keeper's key'` goes on behind it with a letter.
fn is_inside(quote: char, after: &str) -> bool {
    matches!(quote, '\'' | '’') && after.starts_with(char::is_alphabetic)
}

/// Writes the word that `text` begins with, and returns its length. Python's literals become JSON's.
fn word(text: &str, normal: &mut String) -> usize {
    let length = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(text.len());
    normal.push_str(match &text[..length] {
        "None" | "NULL" | "Null" | "nil" | "undefined" | "NaN" => "null",
        "True" | "TRUE" => "true",
        "False" | "FALSE" => "false",
        word => word,
    });
    length
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_models_write_for_json_is_read() {
        for (text, expected) in [
            ("{\"a\": 1,}", json!({ "a": 1 })),
            ("{\"a\": [1, 2,], // two\n \"b\": null /* none */ }", json!({ "a": [1, 2], "b": null })),
            ("{'a': 'x', 'b': 'the keeper's key'}", json!({ "a": "x", "b": "the keeper's key" })),
            ("{a: None, b: True, c: False, # python\n}", json!({ "a": null, "b": true, "c": false })),
            ("{“a”: “x, ‘y’”}", json!({ "a": "x, ‘y’" })),
            ("{\"a\": \"two\nlines\", 'b': 'say \"x\"'}", json!({ "a": "two\nlines", "b": "say \"x\"" })),
            ("{'a': 'it\\'s'}", json!({ "a": "it's" })),
        ] {
            assert_eq!(object(text), Some((expected, text.len())), "{text}");
        }
        assert_eq!(object("{a: 1} and more").unwrap().1, 6);
    }

    #[test]
    fn prose_is_no_object() {
        for text in ["{what? no: json}", "{oops \"a\": 1}", "{\"a\": ", "{]", "{ that } I hope"] {
            assert_eq!(object(text), None, "{text}");
        }
    }
}
