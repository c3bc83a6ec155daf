//! Questions of what somebody here does or looks like, what a thing of theirs costs, and what the weather is like.

use crate::telling::Telling;
use crate::world::entries;
use crate::world::found::Found;
use crate::world::texts::capital;

impl Telling<'_> {
    /// `what are you making?`, `is he awake?`: what can be seen of somebody, unless they have words of their own for it.
    pub(crate) fn asked_about_somebody(&self, text: &str) -> Option<String> {
        let all: Vec<&str> = text.split_whitespace().collect();
        let has = |any: &[&str]| all.iter().any(|word| any.contains(word));
        if has(&["you", "your"]) {
            let listener = self.view.speaker().filter(|listener| !self.has_words_for(listener, text))?;
            let asks = text.contains("who are you")
                || text.ends_with("what are you")
                || text.contains("your name")
                || (text.starts_with("what")
                    && has(&[
                        "doing", "making", "wearing", "holding", "carrying", "looking", "watching", "reading",
                        "drinking", "eating",
                    ]));
            return asks.then(|| self.introduced(listener));
        }
        // `can the cat come with me?`
        let helps = ["can", "could", "will", "would", "does", "did", "has", "is", "was", "may"];
        let subject = all.split_first().filter(|(first, rest)| helps.contains(first) && !rest.is_empty()).and_then(
            |(_, rest)| {
                (1..=rest.len().min(3)).rev().find_map(|length| match self.view.find(&rest[..length].join(" ")) {
                    Found::Being(being) if !["it", "that", "this", "they"].contains(&rest[0]) => Some(being),
                    _ => None,
                })
            },
        );
        if let Some(being) = subject.filter(|being| being.is_speechless() || !self.has_words_for(being, text)) {
            let who = capital(&being.call());
            // What is so, and not what may be, can be seen.
            if ["is", "was", "does", "did", "has"].contains(&all[0]) {
                return Some(self.describe(&being.name.to_lowercase()));
            }
            let lines = [
                (" alone knows, and does not say", format!("{who} alone knows, and does not say.")),
                ("That is up to", format!("That is up to {who}.")),
                ("would show you, if it came to that", format!("{who} would show you, if it came to that.")),
            ];
            return Some(format!("{} {}", self.view.fresh_by_stem(&lines), self.describe(&being.name.to_lowercase())));
        }
        // `what does Crake look like?`
        let looks =
            ["what does ", "what is ", "what's ", "how does "].iter().find_map(|opening| text.strip_prefix(opening));
        let looks =
            looks.and_then(|rest| [" look like", " look", " like"].iter().find_map(|end| rest.strip_suffix(end)));
        if let Some(noun) = looks.filter(|noun| matches!(self.view.find(noun), Found::Being(_))) {
            return Some(self.describe(noun));
        }
        // When they will do something cannot be seen of them.
        if text.starts_with("when") {
            return None;
        }
        let pronoun = all.iter().take(3).find(|word| ["he", "she", "he's", "she's"].contains(word))?;
        match self.view.find(pronoun.trim_end_matches("'s")) {
            Found::Being(being) if !self.has_words_for(being, text) => Some(self.asked_about_them(being, text)),
            _ => None,
        }
    }

    /// The answer to `how much is the glass eye?`, for a thing that is here and for which nobody has words.
    pub(crate) fn price_of(&self, listener: &entries::Being, text: &str) -> Option<String> {
        let noun = self.asked_about(text).filter(|noun| !self.has_words_for(listener, noun))?;
        let who = capital(&listener.call());
        let call = self.view.find(&noun).call();
        let lines = [
            (" names no price for", format!("{who} names no price for {call}.")),
            (", as far as", format!("{} is not for sale, as far as {who} knows.", capital(&call))),
            ("puts no price on", format!("{who} puts no price on {call}.")),
        ];
        Some(format!("{} {} {}", self.view.fresh_by_stem(&lines), self.describe(&noun), self.can_be_asked(listener)))
    }

    /// The answer to `is it cold?`
    pub(crate) fn weather(&self, text: &str) -> Option<String> {
        let lines = [
            "No more than one would expect of such a night.",
            "About as much as one would think, at this hour.",
            "You could be better off, and worse.",
        ];
        is_of_weather(text).then(|| format!("{} {}", self.view.fresh(&lines), self.could_try()))
    }
}

/// `is it cold?`, `is it still raining?`
pub(crate) fn is_of_weather(text: &str) -> bool {
    let weather = [
        "cold",
        "warm",
        "hot",
        "dark",
        "windy",
        "raining",
        "foggy",
        "wet",
        "late",
        "chilly",
        "freezing",
        "stormy",
        "cloudy",
        "snowing",
        "dangerous",
        "quiet",
    ];
    let asked = text.strip_prefix("is it ").map(|asked| {
        asked
            .split(' ')
            .filter(|word| {
                !["very", "so", "still", "really", "too", "here", "out", "outside", "there", "tonight", "always"]
                    .contains(word)
            })
            .collect::<Vec<_>>()
    });
    asked.is_some_and(|asked| matches!(asked.as_slice(), [one] if weather.contains(one)))
}
