//! The values of variables: the case's own, those of a row, those from outside.

use std::collections::BTreeMap;

use super::Given;
use crate::json::{JsonError, Kind, Member, Node, Span, nearest};

/// Values by the names of their variables.
pub(super) type Scope = BTreeMap<String, Kind>;

/// What is before the name of an environment variable.
const ENV: &str = "env:";

/// The variables that a case declares, with their values: what was given from outside, or else what the case says.
pub(super) fn variables(declared: Option<&Node>, given: &Given) -> Result<Scope, JsonError> {
    let Some(declared) = declared else { return Ok(Scope::new()) };
    let Kind::Object(members) = &declared.kind else {
        let what = format!("expected an object, found {}", declared.describe());
        return Err(
            JsonError::at(declared.span.clone(), what).help("`{\"NAME\": value}`; null: to be given with `--var`")
        );
    };
    let mut scope = Scope::new();
    for Member { key, value, .. } in members {
        let kind = match given.get(key) {
            Some(text) => as_declared(key, text, value)?,
            None if value.kind == Kind::Null => continue,
            None => filled(value, &scope)?.kind,
        };
        scope.insert(key.clone(), kind);
    }
    // One that must be given is missing only where it is used.
    Ok(scope)
}

/// A value from the command line is a text, unless the case declares its variable as something else.
fn as_declared(name: &str, text: &str, declared: &Node) -> Result<Kind, JsonError> {
    if matches!(declared.kind, Kind::String(_) | Kind::Null) {
        return Ok(Kind::String(text.to_owned()));
    }
    let kind = crate::json::parse(text).map(|node| node.kind).ok();
    kind.filter(|kind| std::mem::discriminant(kind) == std::mem::discriminant(&declared.kind)).ok_or_else(|| {
        let what = format!("`--var {name}={text}`: this variable is {}", declared.describe());
        JsonError::at(declared.span.clone(), what)
    })
}

/// The variables of a row.
pub(super) fn row(row: &Member, variables: &Scope) -> Result<Scope, JsonError> {
    let Kind::Object(members) = &row.value.kind else {
        let what = format!("the row `{}` is an object with variables, not {}", row.key, row.value.describe());
        return Err(JsonError::at(row.value.span.clone(), what));
    };
    if row.key.is_empty() || row.key.contains(|c: char| c.is_control() || "/[]".contains(c)) {
        return Err(JsonError::at(row.key_span.clone(), "a row's name becomes part of an id: no `/`, `[` or `]`"));
    }
    let filled = |member: &Member| Ok((member.key.clone(), filled(&member.value, variables)?.kind));
    members.iter().map(filled).collect()
}

/// A value with the variables filled that its texts name.
fn filled(node: &Node, scope: &Scope) -> Result<Node, JsonError> {
    let kind = match &node.kind {
        Kind::String(text) => {
            let look_up = |name: &str| match scope.get(name) {
                Some(kind) => Ok(kind.clone()),
                None => missing(name, scope, &[], &node.span),
            };
            fill(text, &look_up, &node.span)?
        }
        Kind::Array(items) => Kind::Array(items.iter().map(|item| filled(item, scope)).collect::<Result<_, _>>()?),
        Kind::Object(members) => Kind::Object(
            members
                .iter()
                .map(|member| Ok(Member { value: filled(&member.value, scope)?, ..member.clone() }))
                .collect::<Result<_, JsonError>>()?,
        ),
        other => other.clone(),
    };
    Ok(Node { span: node.span.clone(), kind })
}

/// A text with its `${…}` filled. A text that is nothing but one of them becomes the value as it is.
pub(super) fn fill(
    text: &str,
    look_up: &impl Fn(&str) -> Result<Kind, JsonError>,
    span: &Span,
) -> Result<Kind, JsonError> {
    let value = |name: &str| match name.strip_prefix(ENV) {
        Some(name) => std::env::var(name).map(Kind::String).map_err(|_| {
            let error = JsonError::at(span.clone(), format!("the environment has no `{name}`"));
            error.help(format!("set it: {name}=… harness …"))
        }),
        None => look_up(name),
    };
    if let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'))
        && !name.contains(['{', '}'])
    {
        return value(name);
    }
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            return Err(JsonError::at(span.clone(), "this `${` has no `}`"));
        };
        filled.push_str(&text_of(&value(name)?));
        rest = after;
    }
    filled.push_str(rest);
    Ok(Kind::String(filled))
}

/// A value as it is written inside a text.
pub(super) fn text_of(kind: &Kind) -> String {
    match kind {
        Kind::String(text) => text.clone(),
        other => Node { span: 0..0, kind: other.clone() }.to_value().to_string(),
    }
}

/// A variable has no value.
pub(super) fn missing(name: &str, scope: &Scope, within: &[String], span: &Span) -> Result<Kind, JsonError> {
    if let Some(fragment) = within.last() {
        let error = JsonError::at(span.clone(), format!("the fragment `{fragment}` needs `{name}`"));
        return Err(error.help(format!("give it: `\"$with\": {{\"{name}\": …}}`")));
    }
    let error = JsonError::at(span.clone(), format!("`${{{name}}}` stands for nothing"));
    Err(match nearest(name, scope.keys().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `${{{near}}}`?")),
        None => error.help(format!(
            "declare it under `variables`, or give it with `--var {name}=…` if it is declared as null; \
             `{{{name}}}` is what a run finds out"
        )),
    })
}
