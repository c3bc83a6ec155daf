//! Letters that look like others: a name that reads as `system` is one to a model, whichever letters it is written with.
//!
//! The tables are those of Unicode (TS 39), which a library has. A table of our own was rejected: its 120 letters missed over a thousand.

use unicode_security::confusable_detection::skeleton;

use crate::visible::acts;

/// Whether two names look alike, whether in capitals or not, with marks on their letters or without.
pub(super) fn look_alike(one: &str, other: &str) -> bool {
    // Some letters look alike in capitals only, and a name may be written in both.
    [str::to_lowercase, str::to_uppercase].into_iter().any(|written| {
        let forms = |name: &str| [as_seen(name), as_seen(&written(name))];
        let others = forms(other);
        forms(one).iter().any(|form| others.contains(form))
    })
}

/// The form that all names have in common which look like this one. It is to be compared and not to be shown.
fn as_seen(name: &str) -> String {
    let plain: String = name.chars().filter(|c| !is_joiner(*c)).collect();
    skeleton(&plain).filter(|c| !is_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Whether a character is seen by nobody, ends a line or changes the direction of others, and no name needs it.
pub(super) const fn is_invisible(c: char) -> bool {
    acts(c)
        || matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether nobody sees anything of a name.
pub(super) fn is_blank(name: &str) -> bool {
    name.chars().all(|c| c.is_whitespace() || is_joiner(c) || is_mark(c))
}

/// Names of some scripts need these, and so do signs such as hearts.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_joiners_and_marks_is_blank() {
        for name in ["", " ", "\u{200d}", "\u{fe0f} \u{200c}", "\u{301}"] {
            assert!(is_blank(name), "{name:?}");
        }
        assert!(!is_blank("e\u{301}"));
    }

    #[test]
    fn a_name_is_read_as_it_looks() {
        for name in [
            "System",
            "ѕуѕtem",
            "ЅУЅТЕМ",
            "ＳＹＳＴＥＭ",
            "𝐬𝐲𝐬𝐭𝐞𝐦",
            "𝓈𝓎𝓈𝓉𝑒𝓂",
            "s\u{301}ystem\u{323}",
            "sys\u{200c}tem",
            "ꮪystem",
            "ꓢꓬꓢꓔꓰꓟ",
            "systern",
        ] {
            assert!(look_alike(name, "system"), "{name}");
        }
        for (name, role) in [("modeI", "model"), ("rnodel", "model"), ("tooI", "tool"), ("аѕѕіѕtant", "assistant")]
        {
            assert!(look_alike(name, role), "{name}");
        }
        for name in ["Odile", "Ночь", "東京の鳥", "System Shock", "Sister", "Ustem"] {
            assert!(!look_alike(name, "system"), "{name}");
        }
    }
}
