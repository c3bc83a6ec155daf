//! Whose message it is, as templates write it: the role behind a control token, and what is left where a server has removed the tokens.

use super::markers::{Found, begins};

/// What `gpt-oss` writes where a server has removed the control tokens: `analysisWe need to … assistantfinalYou walk north.`
const BARE_ANALYSIS: &str = "analysis";
pub(super) const BARE_FINAL: &str = "assistantfinal";

/// The role that comes after a control token: `assistant` or `model` and a line end, a colon or the next token. Whether it is the
/// model's.
pub(super) fn role(text: &str, at_end: bool) -> Found<bool> {
    let roles = [("assistant", true), ("model", true), ("narrator", true), ("user", false), ("system", false)];
    for (name, is_model) in roles {
        match begins(text, name) {
            Found::No => {}
            Found::Undecided if at_end => return Found::Yes(text.len(), is_model),
            Found::Undecided => return Found::Undecided,
            Found::Yes(length, ()) => {
                return match text[length..].chars().next() {
                    None if at_end => Found::Yes(length, is_model),
                    None => Found::Undecided,
                    Some(':' | '\n') => Found::Yes(length + 1, is_model),
                    Some('<' | '[') => Found::Yes(length, is_model),
                    Some(_) => Found::No,
                };
            }
        }
    }
    Found::No
}

/// A role's name as a line of its own, as a template writes it whose tokens are read as text: `assistant` and a line end. Behind the end
/// of a sentence it has no line of its own. Whether it is the model's.
pub(super) fn bare_role(text: &str, is_line: bool, at_end: bool) -> Found<bool> {
    for (name, is_model) in [("assistant", true), ("user", false), ("model", true), ("system", false)] {
        if !is_line && name != "assistant" {
            continue;
        }
        match text.strip_prefix(name) {
            Some("") if at_end => return Found::Yes(name.len(), is_model),
            Some("") => return Found::Undecided,
            Some(rest) if rest.starts_with('\n') => return Found::Yes(name.len(), is_model),
            None if !at_end && name.starts_with(text) => return Found::Undecided,
            Some(_) | None => {}
        }
    }
    Found::No
}

/// What Granite writes before its thoughts, and the end of what it writes behind them.
const GRANITE_THINKS: [&str; 2] = ["here is my thought process:", "here's my thought process:"];
pub(super) const GRANITE_ANSWERS: &str = "my response:";

/// The words with which Granite begins to think.
pub(super) fn granite(text: &str) -> Found<()> {
    let found = GRANITE_THINKS.map(|words| begins(text, words));
    let is = |wanted: fn(&Found<()>) -> bool| found.iter().copied().find(wanted);
    is(|found| matches!(found, Found::Yes(..))).or_else(|| is(|found| *found == Found::Undecided)).unwrap_or(Found::No)
}

/// `analysis` with a capital letter right behind it: no story begins so.
pub(super) fn bare_analysis(text: &str) -> Found<()> {
    match begins(text, BARE_ANALYSIS) {
        Found::Yes(length, ()) => match text[length..].chars().next() {
            None => Found::Undecided,
            Some(c) if c.is_uppercase() && text.starts_with('a') => Found::Yes(length, ()),
            Some(_) => Found::No,
        },
        other => other,
    }
}
