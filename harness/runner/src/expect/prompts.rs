//! Expectations on what the engine sent to the model.

use std::fmt::Write as _;

use harness_case::{CallKind, PromptPattern};
use harness_events::Mismatch;
use regex::Regex;

/// The longest part of a prompt that a message shows, in characters.
const SHOWN: usize = 600;

/// A call of the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What it asks for.
    pub kind: CallKind,
    /// Its messages, one after the other.
    pub text: String,
}

/// The first pattern that no call after those of the patterns before it fits.
pub(super) fn check(patterns: &[PromptPattern], prompts: &[Prompt]) -> Option<Mismatch> {
    let mut met = 0;
    for prompt in prompts {
        if patterns.get(met).is_some_and(|pattern| misfit(pattern, prompt).is_none()) {
            met += 1;
        }
    }
    let pattern = patterns.get(met)?;
    let mut nearest = prompts.iter().rev().filter(|prompt| pattern.kind.is_none_or(|kind| kind == prompt.kind));
    let actual = nearest.find_map(|prompt| Some((misfit(pattern, prompt)?, prompt))).map_or_else(
        || format!("no such call among {} calls of this step", prompts.len()),
        |(why, prompt)| format!("{why}; the prompt: {}", shorten(&prompt.text)),
    );
    Some(Mismatch::new(format!("expect.prompts.{met}"), describe(pattern), actual))
}

/// Why a call does not fit.
fn misfit(pattern: &PromptPattern, prompt: &Prompt) -> Option<String> {
    if pattern.kind.is_some_and(|kind| kind != prompt.kind) {
        return Some("it is of the other kind".to_owned());
    }
    if let Some(missing) = pattern.contains.iter().find(|part| !prompt.text.contains(part.as_str())) {
        return Some(format!("it does not contain \"{missing}\""));
    }
    if let Some(extra) = pattern.not_contains.iter().find(|part| prompt.text.contains(part.as_str())) {
        return Some(format!("it contains \"{extra}\""));
    }
    let regex = pattern.regex.as_ref()?;
    (!Regex::new(regex).is_ok_and(|regex| regex.is_match(&prompt.text))).then(|| format!("it does not match {regex}"))
}

fn describe(pattern: &PromptPattern) -> String {
    let mut text = match pattern.kind {
        Some(CallKind::Text) => "a call for prose",
        Some(CallKind::Json) => "a call for structured output",
        None => "a call",
    }
    .to_owned();
    // Writing to a String cannot fail.
    for part in &pattern.contains {
        let _ = write!(text, " with \"{part}\"");
    }
    for part in &pattern.not_contains {
        let _ = write!(text, " without \"{part}\"");
    }
    if let Some(regex) = &pattern.regex {
        let _ = write!(text, " that matches {regex}");
    }
    text
}

fn shorten(text: &str) -> String {
    let characters = text.chars().count();
    let tail: String = text.chars().skip(characters.saturating_sub(SHOWN)).collect();
    if characters > SHOWN { format!("…{tail}") } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(kind: CallKind, text: &str) -> Prompt {
        Prompt { kind, text: text.to_owned() }
    }

    #[test]
    fn calls_are_met_in_order_and_a_miss_says_why() {
        let pattern = |kind, contains: &str| PromptPattern {
            kind: Some(kind),
            contains: vec![contains.to_owned()],
            ..PromptPattern::default()
        };
        let prompts = [prompt(CallKind::Text, "a bell"), prompt(CallKind::Json, "what changed")];
        let patterns = [pattern(CallKind::Text, "bell"), pattern(CallKind::Json, "changed")];
        assert_eq!(check(&patterns, &prompts), None);
        let reversed = [patterns[1].clone(), patterns[0].clone()];
        assert!(check(&reversed, &prompts).is_some());
        let wrong = check(&[pattern(CallKind::Text, "gong")], &prompts).unwrap();
        assert!(wrong.actual.contains("does not contain \"gong\"") && wrong.actual.contains("a bell"), "{wrong:?}");
    }
}
