//! What a name means. Models and players write `the brass lantern` or only `lantern`; the world says `brass lantern`. A name in part is
//! understood when it fits one candidate only.

/// Words that carry no meaning in a name.
const FILLERS: [&str; 16] = [
    "the", "a", "an", "my", "your", "his", "her", "its", "their", "our", "some", "this", "that", "these", "those", "of",
];

/// How well a name fits a candidate; better ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// The name is a part of the candidate: `lantern` for `brass lantern`.
    Part,
    /// The same words but for articles, case and plural.
    Whole,
}

/// The words of a name: lower case, without punctuation, articles and possessives, a plural as its singular.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    name.to_lowercase()
        .replace('’', "'")
        .split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .map(|word| singular(word.trim_matches('\'').trim_end_matches("'s")))
        .filter(|word| !word.is_empty() && !FILLERS.contains(&word.as_str()))
        .collect()
}

/// `shoes` as `shoe`. Words such as `glass` and `us` stay.
fn singular(word: &str) -> String {
    let is_plural = word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us");
    word.strip_suffix('s').filter(|_| is_plural).unwrap_or(word).to_owned()
}

/// How well `wanted` fits `candidate`; `None` if it does not.
#[must_use]
pub fn fit(wanted: &str, candidate: &str) -> Option<Fit> {
    let (wanted, candidate) = (words(wanted), words(candidate));
    if wanted.is_empty() || candidate.is_empty() {
        None
    } else if wanted == candidate {
        Some(Fit::Whole)
    } else if wanted.iter().all(|word| candidate.contains(word)) {
        Some(Fit::Part)
    } else {
        None
    }
}

/// The one of `candidates` that `wanted` means: the only one of those that fit best. On a tie, all of these.
pub fn meant<'a, T: Copy + PartialEq>(
    wanted: &str,
    candidates: impl IntoIterator<Item = (T, &'a str)>,
) -> Result<Option<T>, Vec<T>> {
    let mut best: Vec<T> = Vec::new();
    let mut best_fit = None;
    for (value, name) in candidates {
        let Some(fit) = fit(wanted, name) else { continue };
        if Some(fit) > best_fit {
            (best, best_fit) = (Vec::new(), Some(fit));
        }
        if Some(fit) == best_fit && !best.contains(&value) {
            best.push(value);
        }
    }
    match best.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        _ => Err(best),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find<'a>(wanted: &str, candidates: &[&'a str]) -> Result<Option<&'a str>, Vec<&'a str>> {
        meant(wanted, candidates.iter().map(|name| (*name, *name)))
    }

    #[test]
    fn articles_case_and_plural_do_not_matter() {
        for wanted in ["the brass lantern", "Brass Lantern", "my brass lanterns", "a BRASS lantern"] {
            assert_eq!(fit(wanted, "brass lantern"), Some(Fit::Whole), "{wanted}");
        }
        assert_eq!(fit("mayor's parlour", "Mayor’s Parlour"), Some(Fit::Whole));
        assert_eq!(fit("glass", "glas"), None);
        assert_eq!(fit("the", "the sea"), None);
    }

    #[test]
    fn a_part_is_enough_when_it_fits_one_thing_only() {
        assert_eq!(find("lantern", &["brass lantern", "rope"]), Ok(Some("brass lantern")));
        assert_eq!(find("lamp", &["shaded lamp", "oil lamp"]), Err(vec!["shaded lamp", "oil lamp"]));
        assert_eq!(find("lamp", &["lamp", "oil lamp"]), Ok(Some("lamp")), "a whole fit comes before a part");
        assert_eq!(find("candle", &["shaded lamp"]), Ok(None));
    }
}
