//! Whether a value is as expected, and where it is not.

use serde_json::{Map, Value};

use super::{Expected, JsonType, Meaning, Word};

/// A value that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Where, as a JSON pointer.
    pub path: String,
    /// What is expected there.
    pub expected: String,
    /// What is there.
    pub actual: String,
}

impl Misfit {
    fn new(path: &str, expected: &impl ToString, actual: Option<&Value>) -> Self {
        Self { path: path.to_owned(), expected: expected.to_string(), actual: shown(actual) }
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

/// A place of a document, and what is there.
pub type Place<'a> = (String, Option<&'a Value>);

/// The places that a JSON pointer means: one, or with `*` in it one for each item or member there. None if a `*` has nothing to
/// stand for.
#[must_use]
pub fn places<'a>(document: &'a Value, pointer: &str) -> Vec<Place<'a>> {
    let mut found: Vec<Place<'a>> = vec![(String::new(), Some(document))];
    for token in pointer.split('/').skip(1) {
        let each = |(path, value): Place<'a>| -> Vec<Place<'a>> {
            match (token, value) {
                ("*", Some(Value::Array(items))) => {
                    items.iter().enumerate().map(|(n, item)| (format!("{path}/{n}"), Some(item))).collect()
                }
                ("*", Some(Value::Object(members))) => {
                    members.iter().map(|(key, member)| (format!("{path}/{}", escaped(key)), Some(member))).collect()
                }
                ("*", _) => Vec::new(),
                _ => vec![(format!("{path}/{token}"), value.and_then(|value| value.pointer(&format!("/{token}"))))],
            }
        };
        found = found.into_iter().flat_map(each).collect();
    }
    found
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Everything at the places of a pointer that is not as expected. Null also means a place that is not there.
#[must_use]
pub fn compare(pointer: &str, expected: &Expected, document: &Value) -> Vec<Misfit> {
    let found = places(document, pointer);
    if found.is_empty() && !matches!(expected, Expected::Value(Value::Null)) {
        return vec![Misfit::new(pointer, expected, None)];
    }
    let mut wrong = Vec::new();
    for (path, actual) in found {
        expected.compare(&path, actual, &mut wrong);
    }
    wrong
}

impl Expected {
    fn compare(&self, path: &str, actual: Option<&Value>, wrong: &mut Vec<Misfit>) {
        match (self, actual) {
            (Self::Value(expected), actual) => compare_values(path, expected, actual, wrong),
            (Self::Words(words), actual) => words.iter().for_each(|word| word.compare(path, actual, wrong)),
            (Self::List(expected), Some(Value::Array(items))) if items.len() == expected.len() => {
                for (n, (expected, item)) in expected.iter().zip(items).enumerate() {
                    expected.compare(&format!("{path}/{n}"), Some(item), wrong);
                }
            }
            (Self::Object(expected), Some(Value::Object(members))) => {
                for (key, expected) in expected {
                    expected.compare(&below(path, key), members.get(key), wrong);
                }
                refuse_more(path, members, |key| expected.iter().any(|(known, _)| known == key), wrong);
            }
            (expected, actual) => wrong.push(Misfit::new(path, expected, actual)),
        }
    }

    /// The same with members and items that are not expected: a value must have at least what is.
    fn compare_included(&self, path: &str, actual: Option<&Value>, wrong: &mut Vec<Misfit>) {
        match (self, actual) {
            (Self::Value(Value::Object(expected)), Some(Value::Object(members))) => {
                for (key, expected) in expected {
                    Self::Value(expected.clone()).compare_included(&below(path, key), members.get(key), wrong);
                }
            }
            (Self::Object(expected), Some(Value::Object(members))) => {
                for (key, expected) in expected {
                    expected.compare_included(&below(path, key), members.get(key), wrong);
                }
            }
            (Self::Value(Value::Array(expected)), Some(Value::Array(items))) => {
                let expected: Vec<_> = expected.iter().cloned().map(Self::Value).collect();
                find_each(&expected, path, items, Self::compare_included, wrong);
            }
            (Self::List(expected), Some(Value::Array(items))) => {
                find_each(expected, path, items, Self::compare_included, wrong);
            }
            (expected, actual) => expected.compare(path, actual, wrong),
        }
    }

    fn fits(&self, actual: Option<&Value>) -> bool {
        let mut wrong = Vec::new();
        self.compare("", actual, &mut wrong);
        wrong.is_empty()
    }
}

fn below(path: &str, key: &str) -> String {
    format!("{path}/{}", escaped(key))
}

/// Compares a value member by member, so that what differs in a large one is named and not the whole of it.
fn compare_values(path: &str, expected: &Value, actual: Option<&Value>, wrong: &mut Vec<Misfit>) {
    match (expected, actual) {
        (Value::Object(expected), Some(Value::Object(members))) => {
            for (key, expected) in expected {
                compare_values(&below(path, key), expected, members.get(key), wrong);
            }
            refuse_more(path, members, |key| expected.contains_key(key), wrong);
        }
        (Value::Array(expected), Some(Value::Array(items))) if items.len() == expected.len() => {
            for (n, (expected, item)) in expected.iter().zip(items).enumerate() {
                compare_values(&format!("{path}/{n}"), expected, Some(item), wrong);
            }
        }
        (expected, actual) if is_same(actual.unwrap_or(&Value::Null), expected) => {}
        (expected, actual) => wrong.push(Misfit::new(path, expected, actual)),
    }
}

/// Members that are not expected.
fn refuse_more(path: &str, members: &Map<String, Value>, is_known: impl Fn(&str) -> bool, wrong: &mut Vec<Misfit>) {
    let more = members.iter().filter(|(key, _)| !is_known(key));
    wrong.extend(more.map(|(key, member)| Misfit::new(&below(path, key), &"no such member", Some(member))));
}

/// Finds an item for each expectation; for one that finds none it says what is wrong with the item that is nearest.
fn find_each(
    expected: &[Expected],
    path: &str,
    items: &[Value],
    compare: fn(&Expected, &str, Option<&Value>, &mut Vec<Misfit>),
    wrong: &mut Vec<Misfit>,
) {
    let misfits = |expected: &Expected, n: usize| {
        let mut wrong = Vec::new();
        compare(expected, &format!("{path}/{n}"), Some(&items[n]), &mut wrong);
        wrong
    };
    let (left, free) = assignment(expected, items.len(), |expected, n| misfits(expected, n).is_empty());
    for expected in left {
        let is_whole = |misfit: &Misfit| free.iter().any(|n| misfit.path == format!("{path}/{n}"));
        let near = nearest_of(free.iter().map(|n| misfits(expected, *n)), is_whole);
        wrong.push(Misfit {
            path: path.to_owned(),
            expected: format!("an item for {expected}"),
            actual: format!("{}{}", Value::from(items), near.unwrap_or_default()),
        });
    }
}

/// How many misfits of the nearest one are shown.
const NEAREST_SHOWN: usize = 3;

/// Of several ways to be wrong the one with the fewest misfits, in words; none if `is_whole` is true of all: a value that is wrong as a whole is no
/// nearer than another.
fn nearest_of(found: impl Iterator<Item = Vec<Misfit>>, is_whole: impl Fn(&Misfit) -> bool) -> Option<String> {
    let nearest = found.filter(|wrong| !wrong.iter().any(&is_whole)).min_by_key(Vec::len)?;
    let said = |misfit: &Misfit| format!("{} is {}, expected {}", misfit.path, misfit.actual, misfit.expected);
    let more = if nearest.len() > NEAREST_SHOWN { "; …" } else { "" };
    let shown: Vec<_> = nearest.iter().take(NEAREST_SHOWN).map(said).collect();
    Some(format!(" (nearest: {}{more})", shown.join("; ")))
}

/// Gives each of the expectations an item that fits and that no other one has. Those that get none, and the items that are left.
fn assignment(
    expected: &[Expected],
    items: usize,
    fits: impl Fn(&Expected, usize) -> bool,
) -> (Vec<&Expected>, Vec<usize>) {
    /// Finds an item for one of them, if need be by moving others to other items.
    fn place(n: usize, fitting: &[Vec<usize>], taken: &mut [Option<usize>], tried: &mut [bool]) -> bool {
        for &item in &fitting[n] {
            if std::mem::replace(&mut tried[item], true) {
                continue;
            }
            if taken[item].is_none_or(|other| place(other, fitting, taken, tried)) {
                taken[item] = Some(n);
                return true;
            }
        }
        false
    }
    let fitting: Vec<Vec<usize>> =
        expected.iter().map(|expected| (0..items).filter(|item| fits(expected, *item)).collect()).collect();
    let mut taken = vec![None; items];
    let mut left: Vec<usize> = (0..expected.len()).collect();
    left.retain(|n| !place(*n, &fitting, &mut taken, &mut vec![false; items]));
    let free = (0..items).filter(|item| taken[*item].is_none()).collect();
    (left.into_iter().map(|n| &expected[n]).collect(), free)
}

impl Word {
    fn compare(&self, path: &str, actual: Option<&Value>, wrong: &mut Vec<Misfit>) {
        match (&self.means, actual) {
            (Meaning::Includes(expected), Some(value)) => expected.compare_included(path, Some(value), wrong),
            (Meaning::Unordered(expected), Some(Value::Array(items))) if items.len() == expected.len() => {
                find_each(expected, path, items, Expected::compare, wrong);
            }
            (Meaning::In(all), actual) => {
                let found = all.iter().map(|expected| {
                    let mut wrong = Vec::new();
                    expected.compare(path, actual, &mut wrong);
                    wrong
                });
                let found: Vec<_> = found.collect();
                if found.iter().all(|wrong| !wrong.is_empty()) {
                    let near = nearest_of(found.into_iter(), |misfit| misfit.path == path).unwrap_or_default();
                    let actual = format!("{}{near}", shown(actual));
                    wrong.push(Misfit { actual, ..Misfit::new(path, self, None) });
                }
            }
            _ if self.holds(actual) => {}
            _ => wrong.push(Misfit { actual: self.shown(actual), ..Misfit::new(path, self, None) }),
        }
    }

    fn holds(&self, actual: Option<&Value>) -> bool {
        let there = actual.unwrap_or(&Value::Null);
        let ordered = |bound: &Value, fits: fn(std::cmp::Ordering) -> bool| order(there, bound).is_some_and(fits);
        match &self.means {
            Meaning::Equal(value) => is_same(there, value),
            // A place that is not there is no other value: a slip in its name would hold whatever happens.
            Meaning::NotEqual(expected) => actual.is_some() && !expected.fits(actual),
            Meaning::Above(bound) => ordered(bound, std::cmp::Ordering::is_gt),
            Meaning::AtLeast(bound) => ordered(bound, std::cmp::Ordering::is_ge),
            Meaning::Below(bound) => ordered(bound, std::cmp::Ordering::is_lt),
            Meaning::AtMost(bound) => ordered(bound, std::cmp::Ordering::is_le),
            Meaning::Exists(exists) => actual.is_some() == *exists,
            Meaning::Type(wanted) => actual.is_some_and(|value| wanted.is_of(value)),
            Meaning::Regex(regex) => match actual {
                Some(Value::String(text)) => regex.is_match(text),
                Some(Value::Number(number)) => regex.is_match(&number.to_string()),
                _ => false,
            },
            Meaning::Count(expected) => size(there).is_some_and(|size| expected.fits(Some(&size.into()))),
            // `compare` has looked at them: what is left is nothing, no list, or one of another length.
            Meaning::In(_) | Meaning::Includes(_) | Meaning::Unordered(_) => false,
            Meaning::Schema(validator) => actual.is_some_and(|value| validator.is_valid(value)),
        }
    }

    /// What is there, with what the word speaks of.
    fn shown(&self, actual: Option<&Value>) -> String {
        match (&self.means, actual) {
            (Meaning::Count(_), Some(value)) => {
                size(value).map_or_else(|| shown(actual), |size| format!("{size}: {value}"))
            }
            (Meaning::Schema(validator), Some(value)) => match validator.iter_errors(value).next() {
                Some(error) => format!("{value} ({error})"),
                None => shown(actual),
            },
            _ => shown(actual),
        }
    }
}

/// How many things a value holds.
fn size(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(members) => Some(members.len()),
        Value::String(text) => Some(text.chars().count()),
        _ => None,
    }
}

/// Whether two values are the same. Numbers are compared as such: `1.0` is another spelling of `1`, not another number.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(_), Value::Number(_)) => order(one, other).is_some_and(std::cmp::Ordering::is_eq),
        (Value::Array(items), Value::Array(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(members), Value::Object(others)) => {
            members.len() == others.len()
                && members.iter().all(|(key, member)| others.get(key).is_some_and(|other| is_same(member, other)))
        }
        _ => one == other,
    }
}

/// The order of two numbers or of two texts. A text that is compared with a number counts as the number that it says: the
/// variables of a story are texts.
fn order(actual: &Value, bound: &Value) -> Option<std::cmp::Ordering> {
    match (actual, bound) {
        (Value::String(actual), Value::String(bound)) => Some(actual.cmp(bound)),
        (Value::String(actual), Value::Number(_)) => order(&Value::Number(actual.trim().parse().ok()?), bound),
        (Value::Number(actual), Value::Number(bound)) => match (actual.as_i128(), bound.as_i128()) {
            (Some(actual), Some(bound)) => Some(actual.cmp(&bound)),
            _ => actual.as_f64()?.partial_cmp(&bound.as_f64()?),
        },
        _ => None,
    }
}

impl JsonType {
    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Boolean => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::String => value.is_string(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}
