//! The author's rules for the extracting model, read as deeds and what they change: `When the player rings the bell on the landing,
//! set the variable "bell_rung" to "true".` The search for endings and the offline narrator need no other words of the author.

use std::collections::BTreeMap;

/// What a deed changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    /// Variables with their new values.
    pub set: BTreeMap<String, String>,
    /// Items of the player that it uses up.
    pub uses_up: Vec<String>,
}

/// A rule that speaks of a deed.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule<'a> {
    /// What is between `When the player` and `, set`.
    pub deed: &'a str,
    /// What it changes.
    pub effect: Effect,
}

/// Reads `rule`; `None` if it is not about a deed of the player that sets a variable.
#[must_use]
pub fn read(rule: &str) -> Option<Rule<'_>> {
    let lower = rule.to_ascii_lowercase();
    let start = ["when the player ", "if the player ", "whenever the player ", "once the player "]
        .iter()
        .find_map(|opening| Some(lower.find(opening)? + opening.len()))?;
    let end = start + lower[start..].find(", set ").or_else(|| lower[start..].find(" set "))?;
    let (deed, consequence) = (&rule[start..end], &rule[end..]);
    let set: BTreeMap<_, _> = assignments(consequence).into_iter().collect();
    if set.is_empty() {
        return None;
    }
    let uses_up = lower[end..].find("report the ").and_then(|at| {
        let named = &rule[end + at + "report the ".len()..];
        let item = named.split(" as ").next().filter(|_| named.contains("consumed"))?;
        Some(item.trim_matches(['"', '`', '\'']).to_owned())
    });
    Some(Rule { deed, effect: Effect { set, uses_up: uses_up.into_iter().collect() } })
}

/// The variables that `set the variable "x" to "true"` and `set x to true` name, with their values.
#[must_use]
pub fn assignments(text: &str) -> Vec<(String, String)> {
    let bare =
        |word: &str| word.trim_matches(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-' || c == '+')).to_owned();
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if *token == "to" && index > 0 {
            let value = tokens.get(index + 1).map(|value| bare(value)).unwrap_or_default();
            let name = bare(tokens[index - 1]);
            let is_name = name.contains('_')
                || tokens[index - 1].contains(['"', '`', '\''])
                || tokens.get(index.wrapping_sub(2)).is_some_and(|before| *before == "set");
            if is_name && !name.is_empty() && !value.is_empty() {
                found.push((name, value));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_as_a_deed_and_its_effect() {
        let rule = read("When the player feeds the kipper to Bosun, set the variable \"cat_fed\" to \"true\" and report the kipper as used and consumed.").unwrap();
        assert_eq!(rule.deed, "feeds the kipper to Bosun");
        assert_eq!(rule.effect.set, BTreeMap::from([("cat_fed".to_owned(), "true".to_owned())]));
        assert_eq!(rule.effect.uses_up, ["kipper"]);
        assert_eq!(
            read("when the player greets the miller, set met_miller to true").unwrap().effect.set["met_miller"],
            "true"
        );
        assert_eq!(read("Items change hands only when the narration shows them changing hands."), None);
    }
}
