//! Cutting texts into sentences, and joining words to lists.

/// "a", "a and b", "a, b and c", with `and` as given.
pub(crate) fn joined<S: AsRef<str>>(parts: &[S], and: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} {and} {}", first.join(", "), last.as_ref())
        }
    }
}

/// The first sentences of `text` that are about `word`; if none is, nothing.
pub(crate) fn sentences_about(text: &str, word: &str) -> String {
    let about = sentences(text).into_iter().filter(|sentence| story::words(sentence).iter().any(|found| found == word));
    about.collect::<Vec<_>>().join(" ")
}

/// `text` cut behind each full stop that ends a sentence.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for (at, mark) in text.match_indices(['.', '!', '?']) {
        let end = at + mark.len();
        if text[end..].is_empty() || text[end..].starts_with(' ') {
            sentences.push(text[start..end].trim());
            start = end;
        }
    }
    if !text[start..].trim().is_empty() {
        sentences.push(text[start..].trim());
    }
    sentences
}

/// Whether a text has the words of a name, one behind the other.
pub(crate) fn mentions(text: &str, name: &str) -> bool {
    let (text, name) = (story::words(text), story::words(name));
    !name.is_empty() && text.windows(name.len()).any(|window| window == name)
}

/// The text with its first letter in upper case.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
