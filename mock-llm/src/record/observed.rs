//! Reading a real model's response: from a vendor's bytes to text, tools and usage, the reverse of the encoders in `wire`.

use std::time::Duration;

use serde_json::Value;

use crate::{answer::Finish, call::Api};

/// What has arrived of a response so far.
#[derive(Debug, Default)]
pub(super) struct ObservedResponse {
    /// The text's pieces, and how long after the call's arrival each came.
    pub(super) pieces: Vec<(String, Duration)>,
    pub(super) tools: Vec<Tool>,
    pub(super) finish: Finish,
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    /// The vendor's closing frame was there.
    pub(super) complete: bool,
    /// The vendor reported an error inside the answer.
    pub(super) error: Option<String>,
    /// Bytes of a line that has not ended.
    rest: Vec<u8>,
}

/// A tool call.
#[derive(Debug, Default)]
pub(super) struct Tool {
    pub(super) name: String,
    /// JSON text.
    pub(super) arguments: String,
    /// How many frames carried a part of it.
    pub(super) frames: usize,
}

impl ObservedResponse {
    /// How many frames carried a piece of the answer.
    pub(super) fn frames(&self) -> usize {
        self.pieces.len() + self.tools.iter().map(|tool| tool.frames).sum::<usize>()
    }

    /// Takes in bytes of a stream, as they came. Every vendor sends an event's JSON in one line.
    pub(super) fn stream(&mut self, api: Api, bytes: &[u8], at: Duration) {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = line.trim_ascii();
            let data =
                if api == Api::Chat { line } else { line.strip_prefix(b"data:").unwrap_or_default().trim_ascii() };
            if data == b"[DONE]" {
                self.complete = true;
            } else if let Ok(event) = serde_json::from_slice(data) {
                self.event(api, &event, at);
            }
        }
    }

    /// Takes in an answer in one body.
    pub(super) fn body(&mut self, api: Api, body: &Value, at: Duration) {
        match api {
            Api::ChatCompletions => self.chat_completions(body, at),
            Api::Responses => self.response(body, at),
            Api::Messages => {
                body["content"].as_array().into_iter().flatten().for_each(|block| self.block(block, at));
                self.message(body);
            }
            Api::Chat => self.chat(body, at),
            // Calls of Gemini are passed on, and not recorded.
            Api::GenerateContent => {}
        }
        self.complete = true;
    }

    fn event(&mut self, api: Api, event: &Value, at: Duration) {
        match api {
            Api::ChatCompletions => self.chat_completions(event, at),
            Api::Responses => self.responses(event, at),
            Api::Messages => self.messages(event, at),
            Api::Chat => self.chat(event, at),
            Api::GenerateContent => {}
        }
    }

    /// A body and a chunk differ in the name of what is new.
    fn chat_completions(&mut self, event: &Value, at: Duration) {
        self.refused(event);
        let choice = &event["choices"][0];
        let news = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
        self.say(&news["content"], at);
        for (position, call) in news["tool_calls"].as_array().into_iter().flatten().enumerate() {
            let index = call["index"].as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or(position);
            while self.tools.len() <= index {
                self.tools.push(Tool::default());
            }
            let function = &call["function"];
            self.tools[index].name += function["name"].as_str().unwrap_or_default();
            self.tools[index].add(&function["arguments"]);
        }
        self.finish_with(&choice["finish_reason"]);
        self.tokens(&event["usage"]["prompt_tokens"], &event["usage"]["completion_tokens"]);
    }

    fn responses(&mut self, event: &Value, at: Duration) {
        match event["type"].as_str().unwrap_or_default() {
            "response.output_text.delta" => self.say(&event["delta"], at),
            "response.output_item.added" if event["item"]["type"] == "function_call" => {
                self.call(&event["item"]["name"]);
            }
            "response.function_call_arguments.delta" => self.argue(&event["delta"]),
            "response.completed" | "response.incomplete" => {
                self.response_end(&event["response"]);
                self.complete = true;
            }
            "response.failed" => self.refused(&event["response"]),
            "error" => self.error = event["message"].as_str().map(str::to_owned),
            _ => {}
        }
    }

    fn response(&mut self, body: &Value, at: Duration) {
        for item in body["output"].as_array().into_iter().flatten() {
            if item["type"] == "function_call" {
                self.call(&item["name"]);
                self.argue(&item["arguments"]);
            }
            item["content"].as_array().into_iter().flatten().for_each(|part| self.say(&part["text"], at));
        }
        self.response_end(body);
    }

    fn response_end(&mut self, response: &Value) {
        self.finish_with(&response["incomplete_details"]["reason"]);
        self.tokens(&response["usage"]["input_tokens"], &response["usage"]["output_tokens"]);
    }

    fn messages(&mut self, event: &Value, at: Duration) {
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => self.tokens(&event["message"]["usage"]["input_tokens"], &Value::Null),
            "content_block_start" => self.block(&event["content_block"], at),
            "content_block_delta" => {
                self.say(&event["delta"]["text"], at);
                self.argue(&event["delta"]["partial_json"]);
            }
            "message_delta" => {
                self.finish_with(&event["delta"]["stop_reason"]);
                self.message(event);
            }
            "message_stop" => self.complete = true,
            "error" => self.refused(event),
            _ => {}
        }
    }

    fn block(&mut self, block: &Value, at: Duration) {
        if block["type"] == "tool_use" {
            self.call(&block["name"]);
            // A stream opens a block with empty input and sends the input later.
            if block["input"].as_object().is_some_and(|input| !input.is_empty()) {
                self.argue(&Value::String(block["input"].to_string()));
            }
        }
        if block["type"] == "text" {
            self.say(&block["text"], at);
        }
    }

    fn message(&mut self, message: &Value) {
        self.finish_with(&message["stop_reason"]);
        self.tokens(&message["usage"]["input_tokens"], &message["usage"]["output_tokens"]);
    }

    fn chat(&mut self, line: &Value, at: Duration) {
        self.refused(line);
        self.say(&line["message"]["content"], at);
        for call in line["message"]["tool_calls"].as_array().into_iter().flatten() {
            self.call(&call["function"]["name"]);
            self.argue(&Value::String(call["function"]["arguments"].to_string()));
        }
        self.finish_with(&line["done_reason"]);
        self.tokens(&line["prompt_eval_count"], &line["eval_count"]);
        self.complete |= line["done"] == true;
    }

    fn say(&mut self, text: &Value, at: Duration) {
        if let Some(text) = text.as_str().filter(|text| !text.is_empty()) {
            self.pieces.push((text.to_owned(), at));
        }
    }

    fn call(&mut self, name: &Value) {
        self.tools.push(Tool { name: name.as_str().unwrap_or_default().to_owned(), ..Tool::default() });
    }

    fn argue(&mut self, arguments: &Value) {
        if let Some(tool) = self.tools.last_mut() {
            tool.add(arguments);
        }
    }

    /// Every vendor's words for why a model stops.
    fn finish_with(&mut self, reason: &Value) {
        match reason.as_str() {
            Some("length" | "max_tokens" | "max_output_tokens") => self.finish = Finish::Length,
            Some("content_filter" | "refusal") => self.finish = Finish::Filter,
            _ => {}
        }
    }

    fn tokens(&mut self, input: &Value, output: &Value) {
        self.input_tokens = input.as_u64().or(self.input_tokens);
        self.output_tokens = output.as_u64().or(self.output_tokens);
    }

    fn refused(&mut self, body: &Value) {
        self.error = error_message(body).or(self.error.take());
    }
}

impl Tool {
    fn add(&mut self, arguments: &Value) {
        if let Some(text) = arguments.as_str().filter(|text| !text.is_empty()) {
            self.arguments += text;
            self.frames += 1;
        }
    }
}

/// The text of an error in any vendor's form.
pub(super) fn error_message(body: &Value) -> Option<String> {
    let error = &body["error"];
    error["message"].as_str().or(error.as_str()).map(str::to_owned)
}
