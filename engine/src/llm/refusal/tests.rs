//! What servers have been seen to refuse and how, each a row with the reason that it must be read as.

use std::time::Duration;

use super::*;

fn of(status: u16, body: &str) -> ModelError {
    refused(status, &HeaderMap::new(), body.as_bytes())
}

#[test]
#[expect(clippy::too_many_lines, reason = "a row for each thing that servers say")]
fn a_refusal_is_classed_by_its_status_and_its_words() {
    use Reason::{
        Filtered, Loading, NoCredit, Overloaded, RateLimited, Refused, ServerError, TimedOut, TooLong, Unauthorized,
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
        (
            400,
            r#"{"error":"The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 5000>= n_ctx: 4096)"}"#,
            TooLong,
        ),
        (
            400,
            r#"{"error":{"message":"Input length (5000 tokens) is longer than the model's context length (4096 tokens)."}}"#,
            TooLong,
        ),
        (
            400,
            r#"{"object":"error","message":"The decoder prompt (length 5000) is longer than the maximum model length of 4096."}"#,
            TooLong,
        ),
        (
            422,
            r#"{"error":"Input validation error: `inputs` must have less than 1024 tokens. Given: 1500","error_type":"validation"}"#,
            TooLong,
        ),
        (
            400,
            r#"{"message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length"}"#,
            TooLong,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
            TooLong,
        ),
        (400, r#"{"message":"Input is too long for requested model."}"#, TooLong),
        (
            400,
            r#"{"message":"too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000"}"#,
            TooLong,
        ),
        (
            400,
            r#"{"error":"This model's maximum prompt length is 131072 but the request contains 150000 tokens."}"#,
            TooLong,
        ),
        (400, r#"{"detail":"Prompt length 5000 is greater than max_seq_len 4096"}"#, TooLong),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens`"}}"#,
            TooLong,
        ),
        (
            400,
            r#"{"message":"Please reduce the length of the messages. Current length is 9000 while limit is 8192","code":"context_length_exceeded"}"#,
            TooLong,
        ),
        (400, r#"{"error":{"message":"Invalid request: Your request exceeded model token limit: 8192"}}"#, TooLong),
        (
            400,
            r#"{"error":{"message":"Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 477469 tokens."}}"#,
            TooLong,
        ),
        (
            400,
            r#"{"error":{"message":"'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 4096 tokens and your request has 2000 input tokens"}}"#,
            TooLong,
        ),
        (500, r#"{"error":{"code":500,"message":"Context size has been exceeded."}}"#, TooLong),
        (
            400,
            r#"{"message":"Malformed input request: expected maxLength: 40960, actual: 50000, please reformat your input and try again."}"#,
            TooLong,
        ),
        (
            400,
            r#"{"error":{"message":"max_tokens is too large: 6000. This model supports at most 4096 completion tokens, whereas you provided 6000."}}"#,
            Refused,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for claude-haiku-4-5"}}"#,
            Refused,
        ),
        (
            400,
            r#"{"error":"No models loaded. Please load a model in the developer page or use the `lms load` command."}"#,
            Loading,
        ),
        (400, r#"{"error":"Model unloaded."}"#, Loading),
        (
            400,
            r#"{"error":"The model has crashed without additional information. (Exit code: 18446744072635812000)"}"#,
            Overloaded,
        ),
        (500, r#"{"error":"model requires more system memory (5.6 GiB) than is available (2.1 GiB)"}"#, Overloaded),
        (500, r#"{"error":"llama runner process has terminated: exit status 2"}"#, Overloaded),
        (500, r#"{"error":"unexpected server status: llm server loading model"}"#, Loading),
        (503, r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#, Overloaded),
        (503, r#"{"error":"Model mistralai/x is currently loading","estimated_time":20.0}"#, Loading),
        (
            424,
            r#"{"error":"Request failed during generation: Server error: CUDA out of memory","error_type":"generation"}"#,
            ServerError,
        ),
        (
            400,
            r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xx"}"#,
            Unauthorized,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"API key expired. Please renew the API key.","status":"INVALID_ARGUMENT"}}"#,
            Unauthorized,
        ),
        (404, r#"{"error":{"message":"No endpoints found matching your data policy","code":404}}"#, UnknownModel),
        (
            400,
            r#"{"error":{"message":"The model `gemma-7b-it` has been decommissioned and is no longer supported.","code":"model_decommissioned"}}"#,
            UnknownModel,
        ),
        (
            400,
            r#"{"error":{"message":"Invalid model name passed in model=x. Call `/v1/models` to view available models for your key."}}"#,
            UnknownModel,
        ),
        (400, r#"{"error":{"message":"This model does not support response format `json_schema`."}}"#, Refused),
        (400, r#"{"error":{"message":"JSON mode is not enabled for models/gemma-3-27b-it"}}"#, Refused),
        (400, r#"{"error":{"message":"System role not supported by this model"}}"#, Refused),
        (
            400,
            r"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
            WrongAddress,
        ),
        (407, r"Proxy Authentication Required", WrongAddress),
        (403, r#"{"error":{"message":"Input was flagged by moderation"}}"#, Filtered),
        (400, r#"{"message":"ThrottlingException: Too many requests, please wait before trying again."}"#, RateLimited),
        (
            429,
            r#"{"error":{"code":429,"message":"You exceeded your current quota","details":[{"retryDelay":"8s"}]}}"#,
            RateLimited,
        ),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","code":"insufficient_quota"}}"#,
            NoCredit,
        ),
        (521, r"<html><title>521: Web server is down</title></html>", Overloaded),
        (524, r"<html><title>A timeout occurred</title></html>", TimedOut),
        (
            400,
            r#"{"error":{"message":"Reasoning is mandatory for this endpoint and cannot be disabled.","code":400}}"#,
            Refused,
        ),
        (400, r#"{"error":"prompt too long; exceeded max context length by 1200 tokens"}"#, TooLong),
        (
            400,
            r#"{"error":{"message":"Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5000 tokens: 4000 tokens from the input messages and 1000 tokens for the completion."}}"#,
            TooLong,
        ),
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
        (r#"{"error":"`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3500 `inputs` tokens"}"#, Some(4096)),
        (r#"{"error":"the model is loaded with context length of only 4096 tokens, which is not enough"}"#, Some(4096)),
        (r#"{"error":{"message":"Please reduce the length of the messages"}}"#, None),
        (
            r#"{"error":"The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 5000>= n_ctx: 4096)"}"#,
            Some(4096),
        ),
        (
            r#"{"error":{"message":"Input length (5000 tokens) is longer than the model's context length (4096 tokens)."}}"#,
            Some(4096),
        ),
        (
            r#"{"object":"error","message":"The decoder prompt (length 5000) is longer than the maximum model length of 4096."}"#,
            Some(4096),
        ),
        (
            r#"{"error":"Input validation error: `inputs` must have less than 1024 tokens. Given: 1500","error_type":"validation"}"#,
            Some(1024),
        ),
        (
            r#"{"message":"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length"}"#,
            Some(32_768),
        ),
        (
            r#"{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}"#,
            Some(1_048_576),
        ),
        (
            r#"{"message":"too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000"}"#,
            Some(4081),
        ),
        (
            r#"{"error":"This model's maximum prompt length is 131072 but the request contains 150000 tokens."}"#,
            Some(131_072),
        ),
        (r#"{"detail":"Prompt length 5000 is greater than max_seq_len 4096"}"#, Some(4096)),
        (
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens`"}}"#,
            Some(200_000),
        ),
        (
            r#"{"message":"Please reduce the length of the messages. Current length is 9000 while limit is 8192","code":"context_length_exceeded"}"#,
            Some(8192),
        ),
        (r#"{"error":{"message":"Invalid request: Your request exceeded model token limit: 8192"}}"#, Some(8192)),
        (
            r#"{"error":{"message":"Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 477469 tokens."}}"#,
            Some(272_000),
        ),
        (
            r#"{"error":{"message":"'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 4096 tokens and your request has 2000 input tokens"}}"#,
            Some(4096),
        ),
        (
            r#"{"error":{"message":"Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5000 tokens: 4000 tokens from the input messages and 1000 tokens for the completion."}}"#,
            Some(4096),
        ),
    ] {
        assert_eq!(of(400, body).context_tokens, tokens, "{body}");
    }
}

#[test]
fn what_a_server_repeats_of_the_call_is_no_word_of_its_own() {
    let body = r#"{"detail":[{"type":"missing","loc":["body","n"],"msg":"Field required","input":{"stop":["content_filter"],"max_tokens":9}}]}"#;
    let error = of(422, body);
    assert_eq!(error.reason, Reason::Refused);
    assert!(!error.said.contains("max_tokens") && error.said.contains("field required"), "{}", error.said);
}

#[test]
fn a_limit_of_tokens_in_a_minute_is_waited_for_that_long() {
    let error = of(413, r#"{"error":{"message":"Request too large: tokens per minute (TPM)"}}"#);
    assert_eq!(error.retry_after, Some(Duration::from_mins(1)));
}

#[test]
fn a_page_is_reported_by_its_title() {
    let error = web_page(200, b"<html><head><title>Sign in</title></head><body>...");
    assert!(error.detail.contains("web page") && error.detail.contains("Sign in"), "{error}");
}

#[test]
fn what_a_server_says_is_harmless_in_a_log_and_on_a_terminal() {
    // The terminal is cleared, in two ways; text is erased; the order of letters is turned round; a line of its own begins.
    let said = "no \u{1b}[2J\u{9b}2J\u{7f}\u{8}\u{202e}luck\u{2066}\n2026-01-01 INFO all is well\u{2028}end";
    let json = serde_json::json!({ "error": { "message": said } }).to_string();
    let page = format!("<html><title>{said}</title></html>");
    let errors = [
        of(400, &json),
        of(500, said),
        of(404, &page),
        reported(json.as_bytes()).unwrap(),
        in_other_words(serde_json::json!({ "message": said }).to_string().as_bytes()).unwrap(),
        called_error(said.as_bytes()),
        web_page(200, page.as_bytes()),
        ModelError::filtered(said),
        ModelError::new(Reason::Unreadable, format!("unknown variant `{said}`")),
    ];
    for error in errors {
        let raw = |c: char| {
            c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
        };
        assert!(!error.detail.contains(raw), "{:?}", error.detail);
        for shown in [r"no \u001b[2J\u009b2J\u007f\u0008\u202eluck\u2066", "INFO all is well", "end"] {
            assert!(error.detail.contains(shown), "{shown}: {:?}", error.detail);
        }
    }
}
