//! Cutting a text that ran out of tokens back to its last whole sentence.

/// What comes before a full stop that ends no sentence.
const ABBREVIATIONS: [&str; 12] = ["mr", "mrs", "ms", "dr", "st", "capt", "lt", "sgt", "prof", "rev", "jr", "sr"];

/// `text` up to the end of its last whole sentence; all of it if it has none.
#[must_use]
pub fn cut_to_sentence(text: &str) -> &str {
    match last_sentence_end(text) {
        0 => text.trim_end(),
        end => &text[..end],
    }
}

/// Whether `text` ends with a whole sentence.
#[must_use]
pub fn ends_with_sentence(text: &str) -> bool {
    let end = last_sentence_end(text);
    end > 0 && end == text.trim_end().len()
}

/// Where the last sentence ends that is known to have ended because something follows it; 0 if there is none.
pub(super) fn whole_sentences(text: &str) -> usize {
    let end = last_sentence_end(text);
    if end < text.len() {
        end
    } else {
        last_sentence_end(&text[..text.trim_end_matches(|c| is_terminator(c) || closes(c)).len()])
    }
}

/// Where the last sentence ends, with the quotes that close behind it; 0 if there is none.
pub(crate) fn last_sentence_end(text: &str) -> usize {
    let mut characters = text.char_indices().peekable();
    let mut last = 0;
    while let Some((at, c)) = characters.next() {
        if !is_terminator(c) || (c == '.' && is_abbreviation(&text[..at])) {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some((at, c)) = characters.next_if(|(_, c)| is_terminator(*c) || closes(*c)) {
            end = at + c.len_utf8();
        }
        let is_wide = matches!(c, '。' | '！' | '？');
        if is_wide || characters.peek().is_none_or(|(_, c)| c.is_whitespace()) {
            last = end;
        }
    }
    last
}

fn is_terminator(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '।')
}

fn closes(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | '»' | '›' | '」' | '』' | ')' | ']' | '*' | '_')
}

/// Whether what comes before a full stop is a title or an initial.
fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase) && word != "I";
    is_initial || ABBREVIATIONS.contains(&word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_behind_its_last_sentence() {
        for (text, expected) in [
            ("You walk north. The fog is thick. Then you see a", "You walk north. The fog is thick."),
            ("It is done. \"Go,\" she says. \"Now!\" And then", "It is done. \"Go,\" she says. \"Now!\""),
            ("You wait.", "You wait."),
            ("You wait... ", "You wait..."),
            ("The clerk is there, as always. Good day, Mrs. Vane", "The clerk is there, as always."),
            ("霧が深い。あなたは", "霧が深い。"),
            ("You pay 3.50 and go. Then 4.", "You pay 3.50 and go. Then 4."),
            ("It costs 3.50 and then", "It costs 3.50 and then"),
            ("You wait. Then you see a", "You wait."),
            ("She says \"No.\" And th", "She says \"No.\""),
            ("You walk north and then you see a ", "You walk north and then you see a"),
        ] {
            assert_eq!(cut_to_sentence(text), expected, "{text}");
        }
    }
}
