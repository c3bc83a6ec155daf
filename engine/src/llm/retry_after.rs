//! When a server may be called again, in all the forms in which servers say it.

use std::time::{Duration, SystemTime};

use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::Value;

/// Nobody is waited for longer than this without being asked again.
const LONGEST: Duration = Duration::from_hours(24);

/// What a limit of tokens in a minute needs to recover, where the server does not say it.
pub(super) const A_MINUTE: Duration = Duration::from_mins(1);

/// How long the server asks to wait, by its headers first and then by its body.
pub(super) fn retry_after(headers: &HeaderMap, body: &Value, message: &str) -> Option<Duration> {
    let now = SystemTime::now();
    asked(headers, now)
        .or_else(|| retry_info(body))
        .or_else(|| in_words(message))
        .or_else(|| resets(headers, now))
        .or_else(|| resets(&repeated(body), now))
        .map(|wait| wait.min(LONGEST))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok()
}

/// `retry-after-ms`, which says it more exactly, and Retry-After (RFC 9110): seconds or a date.
fn asked(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let exact = ["retry-after-ms", "x-ms-retry-after-ms"].iter().find_map(|name| text(headers, name));
    let exact = exact.and_then(|text| seconds(text.parse::<f64>().ok()? / 1000.0));
    exact.or_else(|| {
        let text = text(headers, "retry-after")?;
        text.parse().ok().and_then(seconds).or_else(|| span(text)).or_else(|| until(text, now))
    })
}

/// A date of HTTP or RFC 3339. A date has whole seconds, so the wait is rounded up to them.
fn until(text: &str, now: SystemTime) -> Option<Duration> {
    let stamp = || {
        Some(
            SystemTime::UNIX_EPOCH
                + Duration::from_millis(text.parse::<Timestamp>().ok()?.as_millisecond().try_into().ok()?),
        )
    };
    let date = httpdate::parse_http_date(text).ok().or_else(stamp)?;
    let left = date.duration_since(now).unwrap_or_default();
    Some(Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0)))
}

/// What a rate limit's headers say: the latest reset among the limits that are used up; where no header says which are, the
/// nearest one.
fn resets(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let limits = [
        ("x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"),
        ("x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"),
        ("x-ratelimit-reset", "x-ratelimit-remaining"),
        ("ratelimit-reset", "ratelimit-remaining"),
        ("ratelimitbysize-reset", "ratelimitbysize-remaining"),
        ("anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"),
        ("anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining"),
        ("anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-input-tokens-remaining"),
        ("anthropic-ratelimit-output-tokens-reset", "anthropic-ratelimit-output-tokens-remaining"),
    ];
    let said = limits.iter().filter_map(|(reset, remaining)| {
        let wait = moment(text(headers, reset)?, now)?;
        Some((wait, text(headers, remaining).and_then(|text| text.parse::<f64>().ok())))
    });
    let said: Vec<_> = said.collect();
    let used_up = said.iter().filter(|(_, remaining)| *remaining == Some(0.0)).map(|(wait, _)| *wait).max();
    used_up.or_else(|| said.iter().filter(|(_, remaining)| remaining.is_none()).map(|(wait, _)| *wait).min())
}

/// A span, a number of seconds, a date, or a moment in seconds or milliseconds since 1970.
fn moment(text: &str, now: SystemTime) -> Option<Duration> {
    let Ok(number) = text.parse::<f64>() else { return span(text).or_else(|| until(text, now)) };
    let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    if number > 1e11 {
        seconds(number / 1000.0).map(|at| at.saturating_sub(since_1970))
    } else if number > 1e9 {
        seconds(number).map(|at| at.saturating_sub(since_1970))
    } else {
        seconds(number)
    }
}

/// Google's `RetryInfo` among an error's details, and the estimate of Hugging Face for a model that is loaded.
fn retry_info(body: &Value) -> Option<Duration> {
    let first = body.get(0).unwrap_or(body);
    let estimated = || first.get("estimated_time")?.as_f64().and_then(seconds);
    let retry = || {
        let details = first.get("error")?.get("details")?.as_array()?;
        details.iter().find_map(|detail| span(detail.get("retryDelay")?.as_str()?))
    };
    retry().or_else(estimated)
}

/// The headers that a gateway repeats in the body of an error, of the vendor behind it (`OpenRouter`).
fn repeated(body: &Value) -> HeaderMap {
    let headers = body.pointer("/error/metadata/headers").and_then(Value::as_object);
    let header = |(name, value): (&String, &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some((HeaderName::try_from(name.to_ascii_lowercase()).ok()?, HeaderValue::try_from(value).ok()?))
    };
    headers.into_iter().flatten().filter_map(header).collect()
}

/// `Please try again in 1m2.5s`, as it is written in messages.
fn in_words(message: &str) -> Option<Duration> {
    let lower = message.to_ascii_lowercase();
    let after = ["try again in ", "retry in ", "retry after "]
        .iter()
        .find_map(|words| lower.find(words).map(|at| &lower[at + words.len()..]))?;
    let mut words = after.split_whitespace();
    let first = words.next()?.trim_end_matches([',', ';', '.', ')']);
    span(first).or_else(|| {
        let unit = words.next().unwrap_or_default();
        let unit = ["ms", "millisecond", "s", "m", "h"].iter().find(|name| unit.starts_with(**name))?;
        span(&format!("{first}{}", if *unit == "millisecond" { "ms" } else { unit }))
    })
}

/// `6m0s`, `59.5s`, `12ms`, `1h30m`.
fn span(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut whole = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        rest = &rest[letters..];
        whole = whole.checked_add(seconds(number * unit)?)?;
    }
    (!text.is_empty()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wait(headers: &[(&'static str, &str)], body: &Value, message: &str) -> Option<f64> {
        let headers = headers.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect();
        retry_after(&headers, body, message).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn every_form_in_which_servers_ask_for_time_is_read() {
        let none = &Value::Null;
        for (name, value, expected) in [
            ("retry-after", "7", 7.0),
            ("retry-after", "1.5", 1.5),
            ("retry-after", "7200", 7200.0),
            ("retry-after", "90s", 90.0),
            ("retry-after", "1000000", 86_400.0),
            ("retry-after-ms", "6000", 6.0),
            ("x-ms-retry-after-ms", "6000", 6.0),
            ("x-ratelimit-reset-requests", "1m30s", 90.0),
            ("x-ratelimit-reset-requests", "6m0s", 360.0),
            ("x-ratelimit-reset-tokens", "12ms", 0.012),
            ("ratelimit-reset", "30", 30.0),
        ] {
            assert_eq!(wait(&[(name, value)], none, ""), Some(expected), "{name}: {value}");
        }
        let google = json!({"error": {"code": 429, "details": [
            {"@type": "type.googleapis.com/google.rpc.Help"},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "8.5s"}
        ]}});
        assert_eq!(wait(&[], &google, ""), Some(8.5));
        let loading = json!({ "error": "Model x is currently loading", "estimated_time": 20.5 });
        assert_eq!(wait(&[], &loading, ""), Some(20.5));
        let router = json!({ "error": { "metadata": { "headers": { "X-RateLimit-Reset": "45", "X-RateLimit-Remaining": 0 } } } });
        assert_eq!(wait(&[], &router, ""), Some(45.0));
        assert_eq!(wait(&[], &json!([google]), ""), Some(8.5));
        assert_eq!(wait(&[], none, "Rate limit reached. Please try again in 1m2.5s. Visit …"), Some(62.5));
        assert_eq!(wait(&[], none, "Please retry in 20 seconds."), Some(20.0));
        assert_eq!(wait(&[], none, "try again in 250 milliseconds"), Some(0.25));
        assert_eq!(wait(&[("retry-after", "soon")], none, "no"), None);
    }

    #[test]
    fn a_date_is_waited_for_and_one_that_has_passed_is_not() {
        let in_a_minute = SystemTime::now() + Duration::from_mins(1);
        let date = httpdate::fmt_http_date;
        let ahead = wait(&[("retry-after", &date(in_a_minute))], &Value::Null, "").unwrap();
        assert!((59.0..=60.0).contains(&ahead), "{ahead}");
        assert_eq!(wait(&[("retry-after", &date(in_a_minute - Duration::from_mins(10)))], &Value::Null, ""), Some(0.0));
    }

    #[test]
    fn only_the_limit_that_is_used_up_is_waited_for() {
        let headers = [
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-tokens", "6m0s"),
            ("x-ratelimit-remaining-tokens", "5000"),
        ];
        assert_eq!(wait(&headers, &Value::Null, ""), Some(1.0));
    }

    #[test]
    fn a_moment_since_1970_is_waited_for() {
        let ms = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() + 30_000;
        let left = wait(&[("x-ratelimit-reset", &ms.to_string())], &Value::Null, "").unwrap();
        assert!((28.0..=30.0).contains(&left), "{left}");
    }
}
