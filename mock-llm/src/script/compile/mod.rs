//! From the file's form to a script: regular expressions and templates are parsed, and what must not be combined is
//! refused.

mod replies;

use axum::http::HeaderMap;
use bytes::Bytes;
use serde_json::Value;

use self::replies::Defaults;
pub(crate) use self::replies::framing;
use super::{
    Capture, Condition, Entry, Order, Script, ScriptError,
    capture::CaptureSource,
    condition::{CallField, Test},
    error::{Problem, from_serde},
    format::{CaptureForm, EntryForm, FullScript, FullTest, MatchForm, ReplyForm, ScriptForm, TestForm, Texts},
    pattern::{Pattern, Patterns},
    position::escape,
    reply::Reply,
    template::{Captured, Scope, Template},
};
use crate::{
    answer::Draws,
    call::{Api, ModelCall, Source},
};

type Checked<T> = Result<T, Problem>;

pub(super) fn parse(text: &str, path: &str) -> Result<Script, ScriptError> {
    let form: ScriptForm = serde_json::from_str(text).map_err(|error| from_serde(&error, text, path))?;
    let script = match form {
        ScriptForm::List(replies) => list(replies),
        ScriptForm::Full(form) => full(*form),
    };
    script.map_err(|problem| problem.locate(text, path))
}

/// A plain list: each reply answers one call, in this order.
fn list(replies: Vec<ReplyForm>) -> Checked<Script> {
    let entry = |(index, form): (usize, ReplyForm)| {
        let reply = replies::reply(form, &Defaults::default(), &[], &format!("/{index}"))?;
        Ok(Entry {
            name: None,
            conditions: Vec::new(),
            call: None,
            captures: Vec::new(),
            times: Some(1),
            optional: false,
            replies: vec![reply],
        })
    };
    let entries = replies.into_iter().enumerate().map(entry).collect::<Checked<_>>()?;
    Ok(Script { entries, order: Order::Ordered, ..Script::default() })
}

fn full(form: FullScript) -> Checked<Script> {
    let order = form.order.unwrap_or_default();
    let speed = form.speed.unwrap_or(1.0);
    if !speed.is_finite() || speed < 0.0 {
        return Err(Problem::new("/speed", format!("speed is {speed}, expected 0 or more")));
    }
    let defaults = Defaults::new(form.pace, form.chunk)?;
    let patterns = Patterns::default();
    let entries = form.entries.into_iter().enumerate();
    Ok(Script {
        entries: entries
            .map(|(index, form)| entry(form, order, &defaults, &patterns, &format!("/entries/{index}")))
            .collect::<Checked<_>>()?,
        order,
        strict: form.strict.unwrap_or(true),
        seed: form.seed.unwrap_or(0),
        speed,
    })
}

fn entry(form: EntryForm, order: Order, defaults: &Defaults, patterns: &Patterns, pointer: &str) -> Checked<Entry> {
    let captures = captures(form.capture, patterns, pointer)?;
    let names: Vec<String> = captures.iter().flat_map(|capture| capture.names.clone()).collect();
    let replies: Vec<Reply> = match (form.reply, form.replies) {
        (Some(reply), None) => vec![replies::reply(reply, defaults, &names, &format!("{pointer}/reply"))?],
        (None, Some(list)) if !list.is_empty() => {
            let list = list.into_iter().enumerate();
            list.map(|(index, form)| replies::reply(form, defaults, &names, &format!("{pointer}/replies/{index}")))
                .collect::<Checked<_>>()?
        }
        (None, Some(_)) => return Err(Problem::new(format!("{pointer}/replies"), "an empty list answers nothing")),
        (Some(_), Some(_)) => return Err(Problem::new(pointer, "an entry has `reply` or `replies`, not both")),
        (None, None) => {
            let help = "write `\"reply\": \"…\"`".to_owned();
            return Err(Problem::new(pointer, "the entry has no `reply`").with_help(Some(help)));
        }
    };
    for (field, number) in [("match/call", form.conditions.call), ("times", form.times)] {
        if number == Some(0) {
            return Err(Problem::new(format!("{pointer}/{field}"), "counted from 1: 0 would never fit"));
        }
    }
    let once_each = || u32::try_from(replies.len()).unwrap_or(u32::MAX);
    Ok(Entry {
        name: form.name,
        call: form.conditions.call,
        conditions: conditions(form.conditions, patterns, &format!("{pointer}/match"))?,
        captures,
        times: form.times.or_else(|| (order == Order::Ordered).then(once_each)),
        optional: form.optional,
        replies,
    })
}

fn conditions(form: MatchForm, patterns: &Patterns, pointer: &str) -> Checked<Vec<Condition>> {
    let mut conditions = Vec::new();
    let add = |conditions: &mut Vec<Condition>, form, field: &CallField, plain, pointer: &str| -> Checked<()> {
        let tests = tests(form, plain, patterns, pointer)?;
        // Each test becomes a condition of its own, so that an explanation names the one that failed.
        conditions.extend(tests.into_iter().map(|test| Condition::Text { field: field.clone(), test }));
        Ok(())
    };
    conditions.extend(form.kind.map(Condition::Kind));
    conditions.extend(form.vendor.map(Condition::Vendor));
    conditions.extend(form.api.map(Condition::Api));
    conditions.extend(form.role.map(Condition::Role));
    conditions.extend(form.stream.map(Condition::Stream));
    if let Some(test) = form.model {
        add(&mut conditions, test, &CallField::Model, Test::Exact, &format!("{pointer}/model"))?;
    }
    let texts = [
        (form.user, Source::User),
        (form.system, Source::System),
        (form.last, Source::Last),
        (form.previous, Source::Previous),
        (form.all, Source::All),
    ];
    for (test, source) in texts {
        if let Some(test) = test {
            let pointer = format!("{pointer}/{}", source.name());
            add(&mut conditions, test, &CallField::Message(source), Test::Contains, &pointer)?;
        }
    }
    for (name, test) in form.header {
        let pointer = format!("{pointer}/header/{}", escape(&name));
        add(&mut conditions, test, &CallField::Header(name.to_lowercase()), Test::Exact, &pointer)?;
    }
    for (place, value) in form.pointer {
        let pointer = format!("{pointer}/pointer/{}", escape(&place));
        if !place.is_empty() && !place.starts_with('/') {
            let help = format!("write `/{place}`");
            return Err(Problem::new(pointer, "a JSON pointer starts with a slash").with_help(Some(help)));
        }
        if let Value::Object(_) = value {
            let test: FullTest =
                serde_json::from_value(value).map_err(|error| Problem::new(pointer.clone(), error.to_string()))?;
            add(&mut conditions, TestForm::Full(test), &CallField::Pointer(place), Test::Exact, &pointer)?;
        } else {
            conditions.push(Condition::Equal { pointer: place, value });
        }
    }
    Ok(conditions)
}

fn tests(form: TestForm, plain: fn(String) -> Test, patterns: &Patterns, pointer: &str) -> Checked<Vec<Test>> {
    let test = match form {
        TestForm::Plain(text) => return Ok(vec![plain(text)]),
        TestForm::Full(test) => test,
    };
    let empty = test.exact.is_none() && test.contains.is_none() && test.lacks.is_none() && test.regex.is_none();
    if empty {
        return Err(Problem::new(pointer, "a test needs `exact`, `contains`, `lacks` or `regex`"));
    }
    let parts = |form: Option<Texts>| form.into_iter().flat_map(|Texts(parts)| parts);
    let mut tests: Vec<Test> = test.exact.map(Test::Exact).into_iter().collect();
    tests.extend(parts(test.contains).map(Test::Contains));
    tests.extend(parts(test.lacks).map(Test::Lacks));
    if let Some(source) = test.regex {
        tests.push(Test::Matches(regex(&source, patterns, &format!("{pointer}/regex"))?));
    }
    Ok(tests)
}

fn captures(forms: Vec<CaptureForm>, patterns: &Patterns, pointer: &str) -> Checked<Vec<Capture>> {
    let mut known: Vec<String> = Vec::new();
    let mut captures = Vec::new();
    for (index, form) in forms.into_iter().enumerate() {
        let pointer = format!("{pointer}/capture/{index}/regex");
        let template = Template::parse(&form.regex)
            .and_then(|template| template.check_names(&known).map(|()| template))
            .map_err(|(text, help)| Problem::new(pointer.clone(), text).with_help(help))?;
        // Captured text is escaped before it is put in, so one sample represents all.
        let sample = sample(&template, &known);
        let regex = regex(&sample, patterns, &pointer)?;
        let names = regex.names().to_vec();
        if names.is_empty() {
            let help = "name a group: `(?<place>.+)`".to_owned();
            return Err(Problem::new(pointer, "the regular expression captures nothing").with_help(Some(help)));
        }
        known.extend(names.iter().cloned());
        let wanted =
            if template.is_literal() { CaptureSource::Fixed(regex) } else { CaptureSource::template(template) };
        captures.push(Capture { source: form.from, wanted, names, optional: form.optional, join: form.join });
    }
    Ok(captures)
}

fn sample(template: &Template, known: &[String]) -> String {
    let captured: Captured = known.iter().map(|name| (name.clone(), "x".to_owned())).collect();
    let call = ModelCall::bare(Api::ChatCompletions, HeaderMap::new(), Bytes::new());
    template.render(&Scope { captured: &captured, call: &call, nth: 1 }, &mut Draws::new(0, ""))
}

fn regex(source: &str, patterns: &Patterns, pointer: &str) -> Checked<Pattern> {
    patterns.get(source).map_err(|reason| Problem::new(pointer, format!("not a regular expression: {reason}")))
}
