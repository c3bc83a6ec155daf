//! Which kind of failure a refusal is, by its status and its words: tables of what servers say.

use std::sync::LazyLock;

use regex::Regex;

use crate::llm::Reason;
use crate::llm::named::is_named;

/// The kind of failure that a status and the words of a body mean, in lower case.
pub(super) fn reason(status: u16, known: &str, is_page: bool) -> Reason {
    let says = |words: &[&str]| words.iter().any(|word| known.contains(word));
    match status {
        300..=399 | 405 | 407 | 421 | 426 => Reason::WrongAddress,
        402 => Reason::NoCredit,
        403 if says(&["moderation", "flagged", "content policy", "content_filter", "content filter"]) => {
            Reason::Filtered
        }
        401 | 403 => Reason::Unauthorized,
        404 if is_page || !says(&["model", "deployment", "no endpoints"]) => Reason::WrongAddress,
        404 => Reason::UnknownModel,
        408 | 524 => Reason::TimedOut,
        409 | 424 | 425 => Reason::ServerError,
        // No minute has room for it: waiting does not help.
        413 | 429 if over_the_minute(known).is_some() => Reason::TooLong,
        413 if says(&["tokens per minute", "tpm", "rate_limit", "rate limit"]) => Reason::RateLimited,
        413 => Reason::TooLong,
        429 if says(&[
            "insufficient_quota",
            "insufficient quota",
            "billing_hard_limit",
            "credit balance",
            "exceeded your current quota",
        ]) && !says(&["retrydelay", "per minute", "perminute"]) =>
        {
            Reason::NoCredit
        }
        429 => Reason::RateLimited,
        // 520 to 526 are a proxy's words for a server that it cannot reach.
        498 | 502 | 503 | 520..=523 | 525 | 526 | 529 | 530 if says(&["loading"]) => Reason::Loading,
        498 | 502 | 503 | 520..=523 | 525 | 526 | 529 | 530 => Reason::Overloaded,
        // A web page is no word of the API.
        400 | 501 if is_page => Reason::WrongAddress,
        _ if says(&ADDRESS) => Reason::WrongAddress,
        _ if says(&LOADING) => Reason::Loading,
        500.. if says(&FORMAT) => Reason::ServerError,
        _ if says(&BROKEN) => Reason::Overloaded,
        _ if names_output_limit(known) || counts_stops(known) => Reason::Refused,
        _ if is_too_long(known) => Reason::TooLong,
        500.. => Reason::ServerError,
        _ if says(&FILTERED) => Reason::Filtered,
        _ if says(&KEY) => Reason::Unauthorized,
        _ if says(&CREDIT) => Reason::NoCredit,
        // Groq checks what its model wrote: that one answer was no JSON is no refusal of the form.
        _ if says(&["json_validate_failed"]) => Reason::Unreadable,
        _ if says(&["rate limit", "rate_limit", "too many requests", "throttl"]) => Reason::RateLimited,
        400 | 422 if names_model(known) => Reason::UnknownModel,
        _ => Reason::Refused,
    }
}

/// Nothing of the API is at this path.
const ADDRESS: [&str; 3] = ["unexpected endpoint or method", "unknown endpoint", "no route matched"];

/// The server fails over the form in which a delta is asked for, whatever else its words name.
pub(in crate::llm) const FORMAT: [&str; 4] =
    ["required for format", "invalid format", "unsupported format", "`format`"];

/// The model is not in memory: the server loads it, or will when it is asked again.
const LOADING: [&str; 9] = [
    "loading model",
    "model is loading",
    "currently loading",
    "no models loaded",
    "no model loaded",
    "no model is loaded",
    "model is not loaded",
    "model unloaded",
    "model is unloaded",
];

/// The server cannot run the model now, whatever it is asked.
const BROKEN: [&str; 10] = [
    "model has crashed",
    "failed to load model",
    "model failed to load",
    "requires more system memory",
    "out of memory",
    "runner process has terminated",
    "runner process no longer running",
    "enginedead",
    "engine core",
    "channel error",
];

const FILTERED: [&str; 10] = [
    "content_filter",
    "content filter",
    "content management policy",
    "content_policy",
    "responsibleai",
    "data_inspection",
    "flagged",
    "moderation",
    "safety system",
    "sensitive content",
];

const KEY: [&str; 7] = [
    "api key not valid",
    "api_key_invalid",
    "api key expired",
    "invalid api key",
    "incorrect api key",
    "invalid_api_key",
    "no api key",
];

const CREDIT: [&str; 5] =
    ["credit balance", "insufficient credit", "insufficient balance", "not enough credits", "arrearage"];

fn names_model(known: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|word| known.contains(word));
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
            "decommissioned",
            "deprecated",
        ])
        // What is not supported may be something else, with this model.
        && !says(&[
            "parameter",
            "response_format",
            "json",
            "schema",
            "tool",
            "role",
            "system",
            "instruction",
            "stream",
            "thinking",
            "reasoning",
            "template",
            "temperature",
            "argument",
            "field",
            "feature",
        ])
}

/// Whether the refusal is about how long an answer may be, and not about prompt and answer together.
pub(in crate::llm) fn names_output_limit(known: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|word| known.contains(word));
    says(&[
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "maxoutputtokens",
        "max_new_tokens",
        "maximum tokens",
        "num_predict",
    ]) && says(&[
        "too large",
        "too high",
        "at most",
        "range",
        "less than",
        "lower than",
        "exceed",
        "above maximum",
        "greater than",
        "maximum allowed",
        "limited for",
        " > ",
        "<=",
    ]) && !says(&[
        "context length",
        "context limit",
        "context size",
        "input length",
        "input tokens",
        "inputs",
        "prompt",
    ])
}

/// Whether the refusal is about how many stop sequences there are, or how long they are, and not about the prompt.
pub(in crate::llm) fn counts_stops(known: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|word| known.contains(word));
    ["stop", "stop_sequences", "stopSequences"].iter().any(|field| is_named(known, field))
        && says(&["array", "too many", "at most", "up to", "maximum length", "max_length", "maxitems", "items"])
}

/// Words for a prompt that does not fit, whatever they are about.
const TOO_LONG: [&str; 24] = [
    "context length",
    "context_length",
    "context size",
    "context_size",
    "context window",
    "context limit",
    "maximum context",
    "max context",
    "too many tokens",
    "input token count",
    "reduce the length",
    "maximum prompt length",
    "max_prompt_length",
    "max_seq_len",
    "max_model_len",
    "maximum model length",
    "model token limit",
    "maximum input length",
    "input length exceed",
    "exceeds the maximum number of tokens",
    "max_new_tokens` must be <=",
    "supported sequence length",
    "allowed sequence length",
    "exceeds max length",
];

fn is_too_long(known: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|word| known.contains(word));
    says(&TOO_LONG)
        || (says(&["prompt", "input", "request", "conversation", "messages"])
            && says(&[
                "too long",
                "is longer than",
                "must have less than",
                "is too large for",
                "too large for model",
                "exceeds the available",
                "tokens exceed",
                "exceeds maximum length",
                "expected maxlength",
            ]))
}

/// How many tokens fit a minute, where a request is larger than that.
fn over_the_minute(known: &str) -> Option<u32> {
    static STATED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new("request too large.*?limit:? ([0-9,]{3,11}), requested:? ([0-9,]{3,11})").ok());
    let found = STATED.as_ref()?.captures(known)?;
    let number = |group| found.get(group)?.as_str().replace(',', "").parse::<u32>().ok();
    let limit = number(1)?;
    (number(2)? > limit).then_some(limit)
}

/// How many tokens the window has, in the words of vLLM, llama.cpp, `OpenAI` and others.
pub(super) fn window(known: &str) -> Option<u32> {
    static STATED: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let before = [
            "(?:maximum |max )?(?:context|model|prompt|sequence|input) (?:length|size|window|limit) (?:is|of|to)(?: only)?(?: tokens)?",
            "context window of",
            "maximum (?:context length|prompt length) is",
            r#""?n_ctx"?\s*[:=]"#,
            "max_seq_len(?:gth)?(?: of| is)?",
            "max_model_len(?: of| is|:)?",
            "(?:must be|be) <=",
            "must have less than",
            "cannot exceed",
            "while limit is",
            "configured limit of",
            "token limit:",
            "tokens allowed \\(",
            "supports at most",
            "maximum of",
            ">",
            "limit of",
        ];
        let after = "(?:maximum context|token limit|tokens? maximum)";
        let number = "[0-9][0-9,]{2,9}";
        let length = r"(?:context length|context size) \(";
        Regex::new(&format!(r"(?:{}|{length})\s*({number})|({number}) {after}", before.join("|"))).ok()
    });
    // What is called the most counts before what the request would have needed.
    static MOST: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let what = "(?:context|sequence|prompt|input) (?:length|size|window|limit)";
        Regex::new(&format!(
            r"(?:maximum|max)(?: supported| allowed| total)? {what}(?: is| of|:)?(?: only| just)? \(?([0-9][0-9,]{{2,9}})"
        ))
        .ok()
    });
    if let Some(tokens) = over_the_minute(known) {
        return Some(tokens).filter(|tokens| *tokens >= 256);
    }
    let most = MOST.as_ref().and_then(|most| most.captures(known));
    let found = match most {
        Some(found) => found,
        None => STATED.as_ref()?.captures(known)?,
    };
    let number = found.get(1).or_else(|| found.get(2))?.as_str().replace(',', "");
    number.parse().ok().filter(|tokens| *tokens >= 256)
}
