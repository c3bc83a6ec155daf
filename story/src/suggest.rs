//! "Did you mean": the known name that is nearest to an unknown one. Every crate above `story` uses this one metric.

use strsim::normalized_damerau_levenshtein;

/// The lowest similarity, from 0 to 1, that is worth a suggestion.
const MIN_SIMILARITY: f64 = 0.6;

/// The candidate that is most similar to `name`, whatever the case; the first of equals. `None` if none is similar enough.
///
/// The metric is the normalized Damerau-Levenshtein distance: a transposed pair of letters is one mistake. Jaro-Winkler was rejected,
/// because it favours a common beginning and suggests `lamp_post` for `lamp_room`.
///
/// ```
/// assert_eq!(story::suggest::nearest("lamp_rom", ["jetty", "lamp_room"]), Some("lamp_room"));
/// assert_eq!(story::suggest::nearest("moon", ["jetty", "lamp_room"]), None);
/// ```
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let mut best = None;
    let mut best_similarity = MIN_SIMILARITY;
    for candidate in candidates {
        let similarity = normalized_damerau_levenshtein(&name, &candidate.to_lowercase());
        if similarity > best_similarity {
            (best, best_similarity) = (Some(candidate), similarity);
        }
    }
    best
}

/// `; did you mean `x`?` for the end of an error message, or nothing.
#[must_use]
pub fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
