//! Ids as people write them: how a file's name, or a variable's, becomes the one spelling that is looked up. What an id refers to is
//! the library's business.

/// The id of a content file, from any spelling of its name: lower case, runs of space, `-` and `_` as one `_`, dots kept, everything
/// else that is not a letter or digit dropped, a `.json` ending dropped.
///
/// ```
/// assert_eq!(story::normalize_id("Pirate Adventure!"), "pirate_adventure");
/// assert_eq!(story::normalize_id("Epic.JSON"), "epic");
/// ```
#[must_use]
pub fn normalize_id(raw: &str) -> String {
    let lower = raw.trim().to_lowercase();
    let stem = lower.strip_suffix(".json").unwrap_or(&lower);
    fold(stem, |c| matches!(c, ' ' | '-' | '_'), |c| c == '.' || c.is_alphanumeric())
}

/// A variable's name in lower snake case: space, `-`, `.` and `_` runs become one `_`, never at the start; other characters stay.
#[must_use]
pub fn normalize_var(raw: &str) -> String {
    fold(&raw.trim().to_lowercase(), |c| matches!(c, ' ' | '-' | '.' | '_'), |_| true)
}

/// Whether `id` is written as ids should be: lower snake case, starting with a letter, not ending in `_`.
pub(crate) fn is_snake_case(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_lowercase())
        && !id.ends_with('_')
        && id.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
}

fn fold(text: &str, is_separator: impl Fn(char) -> bool, is_kept: impl Fn(char) -> bool) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if is_separator(c) {
            if !folded.is_empty() && !folded.ends_with('_') {
                folded.push('_');
            }
        } else if is_kept(c) {
            folded.push(c);
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_ids_are_spelled_one_way() {
        for (raw, id) in [
            ("Pirate Adventure!", "pirate_adventure"),
            ("pirate.json", "pirate"),
            ("Epic.JSON", "epic"),
            ("Jack@Sparrow", "jacksparrow"),
            ("PirateAdventure", "pirateadventure"),
            ("__a -- b__c", "a_b_c"),
            ("x.harbour", "x.harbour"),
        ] {
            assert_eq!(normalize_id(raw), id, "{raw}");
        }
    }

    #[test]
    fn variable_names_become_snake_case() {
        for (raw, name) in [
            ("Lamp Lit", "lamp_lit"),
            ("lamp-lit", "lamp_lit"),
            ("a.b", "a_b"),
            ("__x", "x"),
            ("lamp__lit", "lamp_lit"),
        ] {
            assert_eq!(normalize_var(raw), name, "{raw}");
        }
    }
}
