//! Placeholders in texts: `{label}` in a message, a path, a header or a body. `{{label}}` is the text `{label}` itself.

/// Replaces `{label}` in a text. Braces around anything that has no value stay as they are, because in a body or a message
/// they may mean themselves.
#[must_use]
pub fn substitute(text: &str, label: &impl Fn(&str) -> Option<String>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        result.push_str(before);
        if let Some((name, after)) = literal(after) {
            result.push('{');
            result.push_str(name);
            result.push('}');
            rest = after;
        } else if let Some((value, after)) = after.split_once('}').and_then(|(name, after)| Some((label(name)?, after)))
        {
            result.push_str(&value);
            rest = after;
        } else {
            result.push('{');
            rest = after;
        }
    }
    result + rest
}

/// What looks like a placeholder in a text: the names in single braces.
pub(crate) fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        if let Some((_, after)) = literal(after) {
            rest = after;
            continue;
        }
        if let Some((name, _)) = after.split_once('}').filter(|(name, _)| is_name(name)) {
            names.push(name);
        }
        rest = after;
    }
    names
}

/// The name in `{name}}`, which is after a first brace, and what comes after it.
fn literal(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once("}}")?;
    is_name(name).then_some((name, after))
}

/// Whether a text in braces can be the name of a label or a capture. JSON and regular expressions have other texts there.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_replaced_and_other_braces_stay() {
        let fill = |text: &str| substitute(text, &|name| (name == "game").then(|| "42".to_owned()));
        assert_eq!(fill("/v1/{game}/{nope}"), "/v1/42/{nope}");
        assert_eq!((fill("{").as_str(), fill("}").as_str()), ("{", "}"));
    }

    #[test]
    fn a_name_in_double_braces_is_a_text_in_single_ones() {
        let fill = |text: &str| substitute(text, &|name| (name == "game").then(|| "42".to_owned()));
        assert_eq!(fill("{{game}} is {game}, {{nope}} is none"), "{game} is 42, {nope} is none");
        assert_eq!(fill(r#"{{"a": {}}}"#), r#"{{"a": {}}}"#);
    }

    #[test]
    fn only_what_can_be_a_name_looks_like_a_placeholder() {
        assert_eq!(names(r#"{a} {b.last} {{c}} {} {1,2} {"d": 1} {e f} {g"#), ["a", "b.last"]);
    }
}
