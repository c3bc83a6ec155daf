//! What a server says when it does not answer: which kind of failure that is, and its own words.

use std::sync::LazyLock;

use regex::Regex;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::error::shorten;
use super::retry_after::{A_MINUTE, retry_after};
use super::{ModelError, Reason};

/// How much of a refusal is searched for the name of what is refused.
const SAID_CHARS: usize = 4000;

/// An error as servers write it, in any of the forms that they write.
#[derive(Debug, Default)]
struct Said {
    message: String,
    /// Code, type and status, in lower case, for comparing.
    words: String,
    /// The status that the error names itself, by number or by a vendor's word.
    status: Option<u16>,
}

/// The failure that a response with this status and body stands for.
pub(super) fn refused(status: u16, headers: &HeaderMap, body: &[u8]) -> ModelError {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = String::from_utf8_lossy(body);
    let said = if json.is_null() { Said { message: plain(&text), ..Said::default() } } else { said(&json) };
    let known = &format!("{} {} {}", said.message, said.words, if json.is_null() { "" } else { &*text }).to_lowercase();
    let reason = reason(status, known, text.trim_start().starts_with('<'));
    let detail = match headers.get("location").and_then(|to| to.to_str().ok()).filter(|_| (300..400).contains(&status))
    {
        Some(to) => {
            format!("the model's server redirects (status {status}) to {}: set base_url to where it leads", shorten(to))
        }
        None if status == 405 || (status == 404 && reason == Reason::WrongAddress) => {
            format!("the model answered with status {status}: {}; is base_url right?", shorten(&said.message))
        }
        None => format!("the model answered with status {status}: {}", shorten(&said.message)),
    };
    let mut error = ModelError::new(reason, detail);
    if matches!(
        reason,
        Reason::RateLimited | Reason::Overloaded | Reason::Loading | Reason::NoCredit | Reason::ServerError
    ) {
        error.retry_after = retry_after(headers, &json, &said.message);
        if status == 413 {
            error.retry_after = error.retry_after.or(Some(A_MINUTE));
        }
    }
    if reason == Reason::TooLong {
        error.context_tokens = window(known);
    }
    error.said = known.chars().take(SAID_CHARS).collect();
    error
}

/// The failure that an error object stands for which came with a status of success, whole or in a stream. Nothing if the
/// body is no such object.
pub(super) fn reported(body: &[u8]) -> Option<ModelError> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let first = json.get(0).unwrap_or(&json);
    let is_error = first.get("error").is_some_and(|error| !error.is_null())
        || first.get("object").is_some_and(|object| object == "error")
        || first.get("type").is_some_and(|kind| kind == "error");
    if !is_error {
        return None;
    }
    let said = said(&json);
    let error = refused(said.status.unwrap_or(500), &HeaderMap::new(), body);
    Some(match said.status {
        Some(_) => error,
        None => ModelError { detail: format!("the model reports an error: {}", shorten(&said.message)), ..error },
    })
}

/// The failure that a web page in place of an answer stands for.
pub(super) fn web_page(status: u16, body: &[u8]) -> ModelError {
    let page = plain(&String::from_utf8_lossy(body));
    let detail =
        format!("a web page came instead of an answer (status {status}: {}); is base_url right?", shorten(&page));
    ModelError::new(Reason::WrongAddress, detail)
}

fn said(json: &Value) -> Said {
    let json = json.get(0).unwrap_or(json);
    let error = json.get("error").filter(|error| !error.is_null()).unwrap_or(json);
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    let named =
        |of: &Value| ["message", "detail", "msg", "error_message", "error"].iter().find_map(|key| text(of.get(*key)?));
    let mut message = error
        .as_str()
        .map(str::to_owned)
        .or_else(|| named(error))
        .or_else(|| named(json))
        .unwrap_or_else(|| json.to_string());
    // OpenRouter keeps the words of the vendor behind it apart.
    if let Some(raw) = error.pointer("/metadata/raw").and_then(text) {
        message = format!("{message}: {raw}");
    }
    let words: Vec<String> = ["code", "type", "status", "param"]
        .iter()
        .flat_map(|key| [error.get(*key), json.get(*key)])
        .flatten()
        .filter_map(text)
        .collect();
    let status =
        ["code", "status", "status_code"].iter().flat_map(|key| [error.get(*key), json.get(*key)]).flatten().find_map(
            |value| {
                let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
                u16::try_from(number).ok().filter(|status| (400..=599).contains(status))
            },
        );
    let words = words.join(" ").to_lowercase();
    let status = status.or_else(|| status_of(&words));
    Said { message, words, status }
}

/// The status that a vendor's word for an error stands for.
fn status_of(words: &str) -> Option<u16> {
    let known = [
        ("invalid_api_key", 401),
        ("authentication_error", 401),
        ("unauthenticated", 401),
        ("insufficient_quota", 402),
        ("billing_error", 402),
        ("permission", 403),
        ("not_found", 404),
        ("request_too_large", 413),
        ("rate_limit", 429),
        ("resource_exhausted", 429),
        ("overloaded", 529),
        ("unavailable", 503),
        ("deadline_exceeded", 504),
        ("timeout", 504),
        ("server_error", 500),
        ("api_error", 500),
        ("internal", 500),
        ("invalid", 400),
    ];
    known.iter().find(|(word, _)| words.contains(word)).map(|(_, status)| *status)
}

fn reason(status: u16, known: &str, is_page: bool) -> Reason {
    let says = |words: &[&str]| words.iter().any(|word| known.contains(word));
    let names_model = || {
        says(&["model"])
            && says(&[
                "not found",
                "not exist",
                "unknown",
                "no such",
                "invalid model",
                "not a valid",
                "not supported",
                "model_not_found",
                "no endpoints",
                "unsupported model",
            ])
    };
    match status {
        300..=399 | 405 => Reason::WrongAddress,
        402 => Reason::NoCredit,
        403 if says(&["moderation", "flagged", "content policy"]) => Reason::Filtered,
        401 | 403 => Reason::Unauthorized,
        404 if is_page || !says(&["model", "deployment"]) => Reason::WrongAddress,
        404 => Reason::UnknownModel,
        408 => Reason::TimedOut,
        409 | 425 => Reason::ServerError,
        413 if says(&["tokens per minute", "tpm", "rate_limit", "rate limit"]) => Reason::RateLimited,
        413 => Reason::TooLong,
        429 if says(&["insufficient_quota", "billing_hard_limit", "credit balance"]) => Reason::NoCredit,
        429 => Reason::RateLimited,
        498 | 502 | 503 | 529 | 530 if says(&["loading"]) => Reason::Loading,
        498 | 502 | 503 | 529 | 530 => Reason::Overloaded,
        _ if is_too_long(known) => Reason::TooLong,
        500.. => Reason::ServerError,
        _ if says(&[
            "content_filter",
            "content filter",
            "content management policy",
            "content_policy",
            "responsibleai",
            "data_inspection",
            "flagged",
            "moderation",
            "safety system",
        ]) =>
        {
            Reason::Filtered
        }
        _ if says(&["api key not valid", "api_key_invalid", "invalid api key", "incorrect api key"]) => {
            Reason::Unauthorized
        }
        _ if says(&["credit balance", "insufficient credit", "insufficient balance"]) => Reason::NoCredit,
        _ if says(&["loading model"]) => Reason::Loading,
        // Groq checks what its model wrote: that one answer was no JSON is no refusal of the form.
        _ if says(&["json_validate_failed"]) => Reason::Unreadable,
        400 | 422 if names_model() && !says(&["parameter", "response_format", "tool"]) => Reason::UnknownModel,
        _ => Reason::Refused,
    }
}

fn is_too_long(known: &str) -> bool {
    let words = [
        "context length",
        "context_length",
        "context size",
        "context_size",
        "context window",
        "maximum context",
        "prompt is too long",
        "prompt too long",
        "input is too long",
        "too many tokens",
        "input token count",
        "reduce the length",
        "maximum prompt length",
        "max_prompt_length",
        "exceeds the maximum number of tokens",
        "max_new_tokens` must be <=",
    ];
    words.iter().any(|word| known.contains(word))
}

/// How many tokens the window has, in the words of vLLM, llama.cpp, `OpenAI` and others.
fn window(known: &str) -> Option<u32> {
    static STATED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let forms = r#"(?:maximum context length is|maximum context length of|context window of|context length of(?: only)?|must be <=|context size \(|"?n_ctx"?\s*[:=]|supports at most|maximum of|>|limit of)\s*([0-9][0-9,]{2,9})"#;
        Regex::new(forms).ok()
    });
    let found = STATED.as_ref()?.captures(known)?.get(1)?.as_str().replace(',', "");
    found.parse().ok().filter(|tokens| *tokens >= 256)
}

/// The words of a body that is no JSON: of a web page its title, or its text without the markup.
fn plain(text: &str) -> String {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return "without a word".to_owned();
    }
    if !trimmed.starts_with('<') {
        return trimmed.to_owned();
    }
    let lower = trimmed.to_ascii_lowercase();
    if let Some((from, to)) = lower.find("<title>").zip(lower.find("</title>"))
        && let Some(title) = trimmed.get(from + "<title>".len()..to)
    {
        return title.trim().to_owned();
    }
    let mut words = String::new();
    let mut in_tag = false;
    for c in trimmed.chars() {
        match c {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                words.push(' ');
            }
            _ if !in_tag => words.push(c),
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn of(status: u16, body: &str) -> ModelError {
        refused(status, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn a_refusal_is_classed_by_its_status_and_its_words() {
        use Reason::{
            Filtered, Loading, NoCredit, Overloaded, RateLimited, Refused, ServerError, TooLong, Unauthorized,
            UnknownModel, Unreadable, WrongAddress,
        };
        for (status, body, expected) in [
            (400, r#"{"error":{"message":"top_p must be below 1"}}"#, Refused),
            (400, r#"{"object":"error","message":"This model's maximum context length is 4096 tokens."}"#, TooLong),
            (400, r#"{"error":{"code":"content_filter","message":"The response was filtered"}}"#, Filtered),
            (400, r#"{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}"#, Unauthorized),
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#,
                NoCredit,
            ),
            (400, r#"{"error":{"message":"no-such/model is not a valid model ID","code":400}}"#, UnknownModel),
            (
                400,
                r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model."}}"#,
                Refused,
            ),
            (400, r#"{"error":{"message":"Failed to generate JSON.","code":"json_validate_failed"}}"#, Unreadable),
            (401, "{}", Unauthorized),
            (402, "{}", NoCredit),
            (403, "{}", Unauthorized),
            (404, r#"{"error":"model 'llama9' not found"}"#, UnknownModel),
            (404, r#"{"detail":"Not Found"}"#, WrongAddress),
            (404, "<html><title>Not Found</title></html>", WrongAddress),
            (
                413,
                r#"{"error":{"message":"Request too large ... tokens per minute (TPM)","code":"rate_limit_exceeded"}}"#,
                RateLimited,
            ),
            (429, r#"{"error":{"code":"insufficient_quota"}}"#, NoCredit),
            (429, "{}", RateLimited),
            (500, r#"{"error":"Requested tokens (5000) exceed context window of 4096"}"#, TooLong),
            (500, "{}", ServerError),
            (503, r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#, Loading),
            (529, "{}", Overloaded),
        ] {
            assert_eq!(of(status, body).reason, expected, "{status} {body}");
        }
    }

    #[test]
    fn an_error_with_a_status_of_success_is_what_it_says() {
        for (body, expected, words) in [
            (r#"{"error":{"message":"Insufficient credits","code":402}}"#, Reason::NoCredit, "Insufficient credits"),
            (r#"{"error":{"message":"No auth credentials found","code":401}}"#, Reason::Unauthorized, "No auth"),
            (r#"{"error":{"message":"Provider returned error","code":429}}"#, Reason::RateLimited, "Provider returned"),
            (r#"{"error":"unexpected EOF"}"#, Reason::ServerError, "unexpected EOF"),
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                Reason::Overloaded,
                "Overloaded",
            ),
        ] {
            let error = reported(body.as_bytes()).unwrap();
            assert_eq!(error.reason, expected, "{body}");
            assert!(error.detail.contains(words), "{error}");
        }
        assert_eq!(reported(br#"{"choices":[],"error":null}"#), None);
    }

    #[test]
    fn a_window_is_read_from_the_refusal() {
        for (body, tokens) in [
            (
                r#"{"message":"This model's maximum context length is 4096 tokens. However, you requested 5000"}"#,
                Some(4096),
            ),
            (
                r#"{"error":{"code":400,"message":"the request exceeds the available context size","n_prompt_tokens":5000,"n_ctx":2048}}"#,
                Some(2048),
            ),
            (r#"{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#, Some(200_000)),
            (
                r#"{"error":"`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3500 `inputs` tokens"}"#,
                Some(4096),
            ),
            (
                r#"{"error":"the model is loaded with context length of only 4096 tokens, which is not enough"}"#,
                Some(4096),
            ),
            (r#"{"error":{"message":"Please reduce the length of the messages"}}"#, None),
        ] {
            assert_eq!(of(400, body).context_tokens, tokens, "{body}");
        }
    }

    #[test]
    fn a_limit_of_tokens_in_a_minute_is_waited_for_that_long() {
        let error = of(413, r#"{"error":{"message":"Request too large: tokens per minute (TPM)"}}"#);
        assert_eq!(error.retry_after, Some(Duration::from_mins(1)));
    }

    #[test]
    fn a_page_is_told_by_its_title() {
        let error = web_page(200, b"<html><head><title>Sign in</title></head><body>...");
        assert!(error.detail.contains("web page") && error.detail.contains("Sign in"), "{error}");
    }
}
