//! Texts with `{{placeholders}}`, and JSON whose strings are such texts.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::did_you_mean;
use crate::{
    answer::Draws,
    call::{ModelCall, Source},
};

/// Names that every reply knows in addition to the captured ones.
const BUILT_IN: [&str; 5] = ["call", "model", "user", "last", "previous"];

const FILTERS: [&str; 10] =
    ["trim", "lower", "upper", "capital", "first_word", "first_line", "first_sentence", "snake", "or", "number"];

/// Captured texts by name.
pub(crate) type Captured = BTreeMap<String, String>;

/// The values of placeholders.
pub(crate) struct Scope<'a> {
    pub(crate) captured: &'a Captured,
    pub(crate) call: &'a ModelCall,
    /// Which answer of its entry this is, from 1.
    pub(crate) nth: u32,
}

impl Scope<'_> {
    fn value(&self, name: &str) -> String {
        match (self.captured.get(name), name) {
            (Some(text), _) => text.clone(),
            (None, pointer) if pointer.starts_with('/') => match self.call.body_json().pointer(pointer) {
                None => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            },
            (None, "call") => self.nth.to_string(),
            (None, "model") => self.call.model.clone(),
            (None, "last") => self.call.text(Source::Last).into_owned(),
            (None, "previous") => self.call.text(Source::Previous).into_owned(),
            (None, "user") => self.call.text(Source::User).into_owned(),
            (None, _) => String::new(),
        }
    }
}

/// A text with placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Value { name: String, filters: Vec<Filter> },
    Pick(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Filter {
    Trim,
    Lower,
    Upper,
    Capital,
    FirstWord,
    FirstLine,
    FirstSentence,
    Snake,
    Or(String),
    Number,
}

/// What is wrong with a template: the problem and a suggestion.
pub(super) type TemplateError = (String, Option<String>);

/// Reads a template outside a script; the error names the place.
pub(crate) fn checked_text(text: &str, names: &[String], pointer: &str) -> Result<Template, String> {
    let template = Template::parse(text).and_then(|template| template.check_names(names).map(|()| template));
    template.map_err(|error| said(pointer, error))
}

/// Reads a JSON template outside a script; the error names the place.
pub(crate) fn checked_json(value: &Value, names: &[String], pointer: &str) -> Result<JsonTemplate, String> {
    let json = JsonTemplate::parse(value, pointer).map_err(|(pointer, error)| said(&pointer, error))?;
    let mut wrong = None;
    json.each(pointer, &mut |pointer, template| {
        if let Err(error) = template.check_names(names) {
            wrong.get_or_insert_with(|| said(pointer, error));
        }
    });
    wrong.map_or(Ok(json), Err)
}

fn said(pointer: &str, (text, help): TemplateError) -> String {
    let help = help.map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{pointer}: {text}{help}")
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(open) = rest.find("{{") {
            literal.push_str(&rest[..open]);
            rest = &rest[open + 2..];
            if let Some(after) = rest.strip_prefix("{{") {
                literal.push_str("{{");
                rest = after;
                continue;
            }
            let close = rest.find("}}").ok_or_else(|| {
                let help = "close it with `}}`, or write `{{{{` for two braces";
                (format!("`{{{{{rest}` is not closed"), Some(help.to_owned()))
            })?;
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::parse(&rest[..close])?);
            rest = &rest[close + 2..];
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self(parts))
    }

    /// Fails if a placeholder names neither a captured text nor something every reply knows.
    pub(super) fn check_names(&self, captured: &[String]) -> Result<(), TemplateError> {
        let known = || captured.iter().map(String::as_str).chain(BUILT_IN);
        for part in &self.0 {
            if let Part::Value { name, .. } = part
                && !name.starts_with('/')
                && !known().any(|known| known == name)
            {
                let help = did_you_mean(name, known())
                    .unwrap_or_else(|| format!("known here: {}", known().collect::<Vec<_>>().join(", ")));
                return Err((format!("nothing captures `{{{{{name}}}}}`"), Some(help)));
            }
        }
        Ok(())
    }

    pub(crate) fn render(&self, scope: &Scope<'_>, draws: &mut Draws) -> String {
        self.render_with(scope, draws, |text| text)
    }

    /// Renders with every placeholder's text put through `escape`.
    pub(super) fn render_with(
        &self,
        scope: &Scope<'_>,
        draws: &mut Draws,
        escape: impl Fn(String) -> String,
    ) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Value { name, filters } => {
                    let value = filters.iter().fold(scope.value(name), |value, filter| filter.apply(value));
                    text.push_str(&escape(value));
                }
                Part::Pick(choices) => text.push_str(&choices[draws.below(choices.len())]),
            }
        }
        text
    }

    pub(super) fn is_literal(&self) -> bool {
        self.0.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// Whether the whole text is one placeholder that asks to become a number.
    fn is_number(&self) -> bool {
        matches!(self.0.as_slice(), [Part::Value { filters, .. }] if filters.last() == Some(&Filter::Number))
    }
}

impl Part {
    fn parse(inner: &str) -> Result<Self, TemplateError> {
        if let Some(choices) = inner.trim_start().strip_prefix("pick:") {
            return Ok(Self::Pick(choices.split('|').map(str::to_owned).collect()));
        }
        let mut words = inner.split('|');
        let name = words.next().unwrap_or_default().trim().to_owned();
        let filters = words.map(Filter::parse).collect::<Result<_, _>>()?;
        Ok(Self::Value { name, filters })
    }
}

impl Filter {
    fn parse(word: &str) -> Result<Self, TemplateError> {
        let (name, argument) =
            word.split_once(':').map_or((word.trim(), None), |(name, argument)| (name.trim(), Some(argument)));
        Ok(match (name, argument) {
            ("trim", None) => Self::Trim,
            ("lower", None) => Self::Lower,
            ("upper", None) => Self::Upper,
            ("capital", None) => Self::Capital,
            ("first_word", None) => Self::FirstWord,
            ("first_line", None) => Self::FirstLine,
            ("first_sentence", None) => Self::FirstSentence,
            ("snake", None) => Self::Snake,
            ("number", None) => Self::Number,
            ("or", Some(argument)) => Self::Or(argument.to_owned()),
            ("or", None) => return Err(("the filter `or` needs a text: `or:text`".to_owned(), None)),
            (known, Some(_)) if FILTERS.contains(&known) => {
                return Err((format!("the filter `{known}` takes no argument"), None));
            }
            (unknown, _) => {
                let help = did_you_mean(unknown, FILTERS).unwrap_or_else(|| format!("filters: {}", FILTERS.join(", ")));
                return Err((format!("unknown filter `{unknown}`"), Some(help)));
            }
        })
    }

    fn apply(&self, text: String) -> String {
        match self {
            Self::Trim => text.trim().to_owned(),
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
            Self::Capital => {
                let mut letters = text.chars();
                letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
            }
            Self::FirstWord => text.split_whitespace().next().unwrap_or_default().to_owned(),
            Self::FirstLine => text.trim_start().lines().next().unwrap_or_default().to_owned(),
            Self::FirstSentence => first_sentence(text.trim()).to_owned(),
            Self::Snake => {
                let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
                words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
            }
            Self::Or(other) if text.trim().is_empty() => other.clone(),
            Self::Or(_) | Self::Number => text,
        }
    }
}

/// Up to the first full stop, exclamation or question mark that ends a word.
fn first_sentence(text: &str) -> &str {
    let ends = text.char_indices().filter(|(_, letter)| matches!(letter, '.' | '!' | '?'));
    ends.map(|(index, _)| index + 1)
        .find(|end| text[*end..].chars().next().is_none_or(char::is_whitespace))
        .map_or(text, |end| &text[..end])
}

/// JSON whose strings are templates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum JsonTemplate {
    Fixed(Value),
    Text(Template),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl JsonTemplate {
    /// Calls `visit` with the pointer and template of every string that has placeholders.
    pub(super) fn each(&self, pointer: &str, visit: &mut impl FnMut(&str, &Template)) {
        match self {
            Self::Fixed(_) => {}
            Self::Text(template) => visit(pointer, template),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.each(&format!("{pointer}/{index}"), visit);
                }
            }
            Self::Object(members) => {
                for (key, member) in members {
                    member.each(&format!("{pointer}/{}", super::position::escape(key)), visit);
                }
            }
        }
    }

    /// The error comes with the pointer of the string that it is in.
    pub(super) fn parse(value: &Value, pointer: &str) -> Result<Self, (String, TemplateError)> {
        Ok(match value {
            Value::String(text) if text.contains("{{") => {
                Self::Text(Template::parse(text).map_err(|error| (pointer.to_owned(), error))?)
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                Self::List(
                    items
                        .map(|(index, item)| Self::parse(item, &format!("{pointer}/{index}")))
                        .collect::<Result<_, _>>()?,
                )
            }
            Value::Object(members) => {
                let parse = |(key, member): (&String, &Value)| {
                    let pointer = format!("{pointer}/{}", super::position::escape(key));
                    Ok((key.clone(), Self::parse(member, &pointer)?))
                };
                Self::Object(members.iter().map(parse).collect::<Result<_, _>>()?)
            }
            fixed => Self::Fixed(fixed.clone()),
        })
    }

    pub(crate) fn render(&self, scope: &Scope<'_>, draws: &mut Draws) -> Value {
        match self {
            Self::Fixed(value) => value.clone(),
            Self::Text(template) => {
                let text = template.render(scope, draws);
                let number = template.is_number().then(|| text.trim().parse::<serde_json::Number>().ok()).flatten();
                number.map_or(Value::String(text), Value::Number)
            }
            Self::List(items) => items.iter().map(|item| item.render(scope, draws)).collect(),
            Self::Object(members) => {
                Value::Object(members.iter().map(|(key, member)| (key.clone(), member.render(scope, draws))).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::call::Api;

    fn render(template: &str, captured: &[(&str, &str)]) -> String {
        let captured = captured.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let call = ModelCall::bare(Api::ChatCompletions, HeaderMap::new(), Bytes::new());
        let scope = Scope { captured: &captured, call: &call, nth: 2 };
        Template::parse(template).unwrap().render(&scope, &mut Draws::new(0, ""))
    }

    #[test]
    fn placeholders_give_way_to_captured_texts() {
        assert_eq!(render("{{a}} and {{ b }}, {{call}}", &[("a", "x"), ("b", "y")]), "x and y, 2");
        assert_eq!(render("a {{{{brace}}", &[]), "a {{brace}}");
    }

    #[test]
    fn a_pointer_stands_for_a_place_in_the_request() {
        let body = Bytes::from_static(br#"{"metadata": {"turn": 3, "who": "Ada"}}"#);
        let call = ModelCall::bare(Api::ChatCompletions, HeaderMap::new(), body);
        let scope = Scope { captured: &Captured::new(), call: &call, nth: 1 };
        let template = Template::parse("{{/metadata/who|upper}} {{/metadata/turn}}{{/nowhere}}").unwrap();
        template.check_names(&[]).unwrap();
        assert_eq!(template.render(&scope, &mut Draws::new(0, "")), "ADA 3");
    }

    #[test]
    fn filters_work_from_left_to_right() {
        let text = [("x", "  the Old MILL. It is quiet. ")];
        for (filters, expected) in [
            ("trim", "the Old MILL. It is quiet."),
            ("first_sentence", "the Old MILL."),
            ("first_word|capital", "The"),
            ("snake", "the_old_mill_it_is_quiet"),
            ("trim|lower|capital", "The old mill. it is quiet."),
            ("or:nothing|trim|first_word", "the"),
        ] {
            assert_eq!(render(&format!("{{{{x|{filters}}}}}"), &text), expected, "{filters}");
        }
        assert_eq!(render("{{x|or:nothing}}", &[("x", " ")]), "nothing");
    }

    #[test]
    fn a_sentence_ends_where_a_word_ends() {
        assert_eq!(first_sentence("It costs 3.50. Pay!"), "It costs 3.50.");
        assert_eq!(first_sentence("no end"), "no end");
    }

    #[test]
    fn captured_text_cannot_break_out_of_a_json_string() {
        let template = JsonTemplate::parse(&json!({ "to": "{{x}}", "n": "{{n|number}}" }), "").unwrap();
        let captured = Captured::from([("x".into(), r#"", "admin": ""#.into()), ("n".into(), " 42 ".into())]);
        let call = ModelCall::bare(Api::ChatCompletions, HeaderMap::new(), Bytes::new());
        let value = template.render(&Scope { captured: &captured, call: &call, nth: 1 }, &mut Draws::new(0, ""));
        assert_eq!(value, json!({ "to": r#"", "admin": ""#, "n": 42 }));
    }

    #[test]
    fn a_wrong_name_or_filter_is_found_with_a_suggestion() {
        let error = Template::parse("{{x|lowr}}").unwrap_err();
        assert_eq!(error.1.as_deref(), Some("did you mean `lower`?"));
        let error = Template::parse("{{plce}}").unwrap().check_names(&["place".to_owned()]).unwrap_err();
        assert_eq!(error.1.as_deref(), Some("did you mean `place`?"));
        assert!(Template::parse("{{open").is_err());
    }
}
