//! "Did you mean": the known name that is nearest to one that is not known.

use strsim::normalized_damerau_levenshtein;

/// Below this likeness a suggestion would be noise.
const LIKENESS: f64 = 0.6;

/// The candidate that somebody who wrote `name` probably meant; the first of equals.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let mut best = None;
    let mut best_likeness = LIKENESS;
    for candidate in candidates {
        let likeness = normalized_damerau_levenshtein(&name, &candidate.to_lowercase());
        if likeness > best_likeness {
            (best, best_likeness) = (Some(candidate), likeness);
        }
    }
    best
}

/// `; did you mean `x`?`, or nothing.
pub(crate) fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest("lamp_rom", ["jetty", "lamp_room"]), Some("lamp_room"));
        assert_eq!(nearest("moon", ["jetty", "lamp_room"]), None);
    }
}
