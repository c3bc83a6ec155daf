//! Settings that go to the server as they are: numbers that no server takes are refused, words that are not known are only remarked,
//! because vendors invent new ones.

use super::{ProviderConfig, Wrong};

/// The words of vendors for how much a model may think.
const EFFORTS: [&str; 8] = ["none", "minimal", "low", "medium", "high", "xhigh", "max", "default"];

/// The units of Ollama's times.
const UNITS: [&str; 7] = ["ns", "us", "µs", "ms", "s", "m", "h"];

impl ProviderConfig {
    /// The key and what is wrong with its value.
    pub(super) fn check_sampling(&self) -> Result<(), Wrong> {
        for (key, value, least, most) in [
            ("top_p", self.top_p, 0.0, 1.0),
            ("min_p", self.min_p, 0.0, 1.0),
            ("presence_penalty", self.presence_penalty, -2.0, 2.0),
            ("frequency_penalty", self.frequency_penalty, -2.0, 2.0),
            ("repeat_penalty", self.repeat_penalty, 0.0, 10.0),
        ] {
            if let Some(value) = value.filter(|value| !(least..=most).contains(value)) {
                return Err((key, format!("`{value}` is not a number from {least} to {most}")));
            }
        }
        match &self.keep_alive {
            Some(time) if !is_time(time) => {
                Err(("keep_alive", format!("`{time}` is no time: write `30m`, `1h30m`, a number of seconds, or `-1`")))
            }
            _ => Ok(()),
        }
    }

    /// What is probably not meant, for the log.
    #[must_use]
    pub fn remark(&self) -> Option<String> {
        let effort = self.reasoning_effort.as_ref().filter(|effort| !EFFORTS.contains(&effort.as_str()))?;
        Some(format!(
            "reasoning_effort = \"{effort}\" is sent as it is; the words that are known: {}",
            EFFORTS.join(", ")
        ))
    }
}

/// A number of seconds, or numbers with units as Go reads them: `1h30m`, `-1s`.
fn is_time(text: &str) -> bool {
    let text = text.trim();
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    if rest.parse::<u32>().is_ok() {
        return true;
    }
    let is_empty = rest.is_empty();
    while !rest.is_empty() {
        let (number, unit) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len()));
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        if number.parse::<f64>().is_err() || !UNITS.contains(&&unit[..end]) {
            return false;
        }
        rest = &unit[end..];
    }
    !is_empty
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Adapter;

    fn checked(change: impl FnOnce(&mut ProviderConfig)) -> Result<(), &'static str> {
        let mut provider = ProviderConfig::new(Adapter::Ollama, "m");
        change(&mut provider);
        provider.check().map_err(|(key, _)| key)
    }

    #[test]
    fn numbers_that_no_server_takes_are_refused() {
        assert_eq!(checked(|provider| provider.top_p = Some(1.0)), Ok(()));
        assert_eq!(checked(|provider| provider.top_p = Some(1.5)), Err("top_p"));
        assert_eq!(checked(|provider| provider.top_p = Some(f64::NAN)), Err("top_p"));
        assert_eq!(checked(|provider| provider.min_p = Some(-0.1)), Err("min_p"));
        assert_eq!(checked(|provider| provider.presence_penalty = Some(2.5)), Err("presence_penalty"));
        assert_eq!(checked(|provider| provider.frequency_penalty = Some(-2.0)), Ok(()));
        assert_eq!(checked(|provider| provider.repeat_penalty = Some(-1.0)), Err("repeat_penalty"));
    }

    #[test]
    fn a_time_is_a_number_of_seconds_or_has_units() {
        for time in ["30m", "-1", "0", "1h30m", "1.5h", "300", "-1s", "500ms"] {
            assert_eq!(checked(|provider| provider.keep_alive = Some(time.to_owned())), Ok(()), "{time}");
        }
        for time in ["", "-", "forever", "10 minutes", "5x", "m", "1h30"] {
            assert_eq!(checked(|provider| provider.keep_alive = Some(time.to_owned())), Err("keep_alive"), "{time}");
        }
    }

    #[test]
    fn a_small_context_is_taken_with_the_default_answer() {
        assert_eq!(checked(|provider| provider.context_tokens = Some(2048)), Ok(()));
        assert_eq!(checked(|provider| provider.context_tokens = Some(100)), Err("context_tokens"));
        assert_eq!(checked(|provider| provider.assumed_context_tokens = 100), Err("assumed_context_tokens"));
    }

    #[test]
    fn an_unknown_word_for_thinking_is_remarked_and_not_refused() {
        let mut provider = ProviderConfig::new(Adapter::Ollama, "m");
        provider.reasoning_effort = Some("high".to_owned());
        assert_eq!(provider.remark(), None);
        provider.reasoning_effort = Some("ultra".to_owned());
        assert!(provider.remark().is_some_and(|remark| remark.contains("ultra")));
        assert_eq!(provider.check(), Ok(()));
    }
}
