//! Placeholders in texts: `{label}` in a path, a header or a body.

/// Replaces `{label}` in a text.
#[must_use]
pub fn substitute(text: &str, label: &impl Fn(&str) -> Option<String>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        result.push_str(before);
        if let Some((value, after)) = after.split_once('}').and_then(|(name, after)| Some((label(name)?, after))) {
            result.push_str(&value);
            rest = after;
        } else {
            result.push('{');
            rest = after;
        }
    }
    result + rest
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
}
