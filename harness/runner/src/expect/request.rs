//! Expectations on a request: its status, what was narrated, which prompt set it off.

use harness_case::Expect;
use harness_events::Mismatch;
use regex::Regex;

use super::{RequestFacts, compare, compare_growing};

pub(super) fn check(expect: &Expect, request: Option<&RequestFacts>, wrong: &mut Vec<Mismatch>) {
    // What could not be looked at may still turn out to be right.
    let ended = request.is_some_and(|facts| facts.ended && facts.status.is_some());
    let before = wrong.len();
    compare(wrong, "expect.status", expect.status.clone(), request.and_then(|facts| facts.status.clone()));
    let attempt = request.and_then(|facts| facts.attempt);
    compare_growing(wrong, "expect.attempt", expect.attempt.map(u64::from), attempt);
    let error = request.and_then(|facts| facts.error.as_deref());
    let slug = error.map(|error| error.rsplit('/').next().unwrap_or_default().to_owned());
    compare(wrong, "expect.error", expect.error.clone(), slug);
    let narration = request.map(|facts| facts.narration.as_str());
    texts(wrong, "response", &expect.response_contains, &expect.response_not_contains, narration);
    let said = narration.unwrap_or_default();
    if let Some(pattern) = &expect.response_regex
        && !Regex::new(pattern).is_ok_and(|regex| regex.is_match(said))
    {
        wrong.push(Mismatch::new("expect.response_regex", pattern, quoted(said)));
    }
    if let Some(least) = expect.response_min_length.filter(|least| said.len() < *least) {
        wrong.push(Mismatch::new("expect.response_min_length", least, said.len()));
    }
    match (expect.response_max_length, narration) {
        // Nothing is no short narration.
        (Some(most), None) => wrong.push(Mismatch::new("expect.response_max_length", most, "not known")),
        (Some(most), Some(said)) if said.len() > most => {
            wrong.push(Mismatch::new("expect.response_max_length", most, said.len()));
        }
        _ => {}
    }
    // Up to here it is about what is settled with a request's end.
    for mismatch in &mut wrong[before..] {
        mismatch.hopeless |= ended;
    }
    let prompt = request.and_then(|facts| facts.message.as_deref());
    texts(wrong, "story_event", &expect.story_event_contains, &expect.story_event_not_contains, prompt);
    compare(wrong, "expect.story_event_exact", expect.story_event_exact.as_deref(), prompt);
}

fn texts(wrong: &mut Vec<Mismatch>, of: &str, contains: &[String], lacks: &[String], text: Option<&str>) {
    let lower = text.map(str::to_lowercase);
    let has = |part: &String| lower.as_ref().map(|text| text.contains(&part.to_lowercase()));
    let shown = || text.map_or_else(|| "not known".to_owned(), quoted);
    for part in contains.iter().filter(|part| has(part) != Some(true)) {
        wrong.push(Mismatch::new(format!("expect.{of}_contains"), quoted(part), shown()));
    }
    for part in lacks.iter().filter(|part| has(part) != Some(false)) {
        wrong.push(Mismatch::new(format!("expect.{of}_not_contains"), format!("no {}", quoted(part)), shown()));
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::expect::{Observed, check};

    fn wrong(expect: Value, narration: &str) -> Vec<String> {
        let expect: Expect = serde_json::from_value(expect).unwrap();
        let facts = RequestFacts { narration: narration.to_owned(), settled: true, ..RequestFacts::default() };
        let seen = Observed { request: Some(facts), ..Observed::default() };
        check(&expect, &seen).into_iter().map(|mismatch| mismatch.what).collect()
    }

    #[test]
    fn texts_are_compared_whatever_their_case() {
        let expect = json!({"response_contains": ["bell", "FOG"], "response_not_contains": ["whale"]});
        assert!(wrong(expect, "A Bell in the fog.").is_empty());
        let expect = json!({"response_contains": ["gull"], "response_not_contains": ["FOG"]});
        assert_eq!(wrong(expect, "A Bell in the fog."), ["expect.response_contains", "expect.response_not_contains"]);
    }

    #[test]
    fn length_and_form_are_compared() {
        let expect = json!({"response_regex": "^A .+\\.$", "response_min_length": 5, "response_max_length": 10});
        assert!(wrong(expect.clone(), "A bell.").is_empty());
        assert_eq!(wrong(expect, "Hi"), ["expect.response_regex", "expect.response_min_length"]);
    }

    #[test]
    fn where_nothing_was_narrated_nothing_is_short_enough() {
        let expect: Expect = serde_json::from_value(json!({"response_max_length": 1})).unwrap();
        let wrong = check(&expect, &Observed::default());
        assert_eq!((wrong[0].what.as_str(), wrong[0].actual.as_str()), ("expect.response_max_length", "not known"));
    }

    #[test]
    fn a_request_that_is_not_known_fulfils_nothing() {
        assert_eq!(
            wrong(json!({"status": "completed", "story_event_exact": "x"}), ""),
            ["expect.status", "expect.story_event_exact"]
        );
    }
}
