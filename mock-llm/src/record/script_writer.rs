//! Recorded calls as entries of a script. The whole file is written after every call, so that it is complete whenever the
//! recorder ends.

use std::{fs, io, path::PathBuf, time::Duration};

use serde_json::{Map, Value, json};

use super::observed::{ObservedResponse, error_message};
use crate::{
    answer::{Finish, fits},
    call::{ModelCall, Source},
};

/// What replaces a key.
const HIDDEN: &str = "[hidden]";

/// Shorter texts are no keys, and would be found in half of all words.
const SHORTEST_KEY: usize = 8;

/// A script that grows.
#[derive(Debug)]
pub(super) struct ScriptWriter {
    path: PathBuf,
    upstream: String,
    entries: Vec<Recorded>,
}

/// An entry: calls that look the same share one, and get its replies one after the other.
#[derive(Debug)]
struct Recorded {
    conditions: Value,
    replies: Vec<Value>,
}

impl ScriptWriter {
    pub(super) fn new(path: PathBuf, upstream: &str) -> Self {
        Self { path, upstream: upstream.to_owned(), entries: Vec::new() }
    }

    /// How many responses it holds.
    pub(super) fn len(&self) -> usize {
        self.entries.iter().map(|entry| entry.replies.len()).sum()
    }

    /// Adds an answer and writes the file.
    pub(super) fn add(&mut self, call: &ModelCall, reply: Value) -> io::Result<()> {
        let keys = keys(call);
        let hide = |value| keys.iter().fold(value, |value, key| hide(value, key));
        let (conditions, reply) = (hide(conditions(call)), hide(reply));
        match self.entries.iter_mut().find(|entry| entry.conditions == conditions) {
            Some(entry) => entry.replies.push(reply),
            None => self.entries.push(Recorded { conditions, replies: vec![reply] }),
        }
        self.write()
    }

    /// Writes a new file and puts it in the old one's place: a reader sees one or the other.
    pub(super) fn write(&self) -> io::Result<()> {
        let entries = self.entries.iter().map(|entry| match entry.replies.as_slice() {
            [reply] => json!({ "match": entry.conditions, "reply": reply }),
            replies => json!({ "match": entry.conditions, "replies": replies }),
        });
        let script = json!({
            "description": format!("Recorded from {}", self.upstream),
            "entries": entries.collect::<Vec<_>>(),
        });
        let mut new = self.path.clone().into_os_string();
        new.push(".new");
        fs::write(&new, format!("{script:#}\n"))?;
        fs::rename(&new, &self.path)
    }
}

/// What distinguishes the call from others: all that changes from call to call, but not whose client makes it, so that a
/// script answers every vendor's client.
fn conditions(call: &ModelCall) -> Value {
    let mut conditions =
        json!({ "kind": call.kind(), "model": call.model, "last": { "exact": call.text(Source::Last) } });
    if let Some(role) = call.last_role() {
        conditions["role"] = json!(role);
    }
    conditions
}

/// An error instead of an answer.
pub(super) fn error_reply(status: u16, retry_after_s: Option<f64>, body: &Value) -> Value {
    let mut fault = json!({ "status": status });
    if let Some(seconds) = retry_after_s {
        fault["retry_after_s"] = seconds.into();
    }
    if let Some(message) = error_message(body) {
        fault["message"] = message.into();
    }
    json!({ "fault": fault })
}

/// An answer, whole or broken off (`cut`).
pub(super) fn reply(call: &ModelCall, response: &ObservedResponse, took: Duration, cut: bool) -> Value {
    let mut reply = Map::new();
    let text: String = response.pieces.iter().map(|(piece, _)| piece.as_str()).collect();
    if call.stream && !text.is_empty() {
        let pieces = response.pieces.iter().map(|(piece, _)| literal(piece));
        reply.insert("chunk".into(), pieces.collect::<Vec<_>>().into());
    } else if !text.is_empty() || response.tools.is_empty() {
        reply.insert("text".into(), literal(&text).into());
    }
    if !response.tools.is_empty() {
        let tools = response.tools.iter().map(|tool| {
            let arguments = serde_json::from_str(&tool.arguments).unwrap_or_else(|_| json!({}));
            json!({ "name": tool.name, "arguments": literals(arguments) })
        });
        reply.insert("tools".into(), tools.collect::<Vec<_>>().into());
    }
    reply.insert("pace".into(), pace(response, took));
    match response.finish {
        Finish::Stop => {}
        finish => drop(reply.insert("finish".into(), json!(finish))),
    }
    let tokens = [("input_tokens", response.input_tokens), ("output_tokens", response.output_tokens)];
    let usage: Map<_, _> =
        tokens.into_iter().filter_map(|(name, tokens)| Some((name.to_owned(), tokens?.into()))).collect();
    if !usage.is_empty() {
        reply.insert("usage".into(), usage.into());
    }
    if let Some(fault) = fault(call, response, &text, cut) {
        reply.insert("fault".into(), fault);
    }
    reply.into()
}

fn fault(call: &ModelCall, response: &ObservedResponse, text: &str, cut: bool) -> Option<Value> {
    let frames = response.frames();
    if let Some(message) = &response.error {
        return Some(json!({ "error_after_frames": frames, "message": message }));
    }
    if cut {
        return Some(json!({ "fin_after_frames": frames }));
    }
    if !response.complete {
        return Some(json!({ "end_after_frames": frames }));
    }
    if frames == 0 {
        return Some("empty".into());
    }
    // A strict script would not say it unless asked to.
    let fits = response.finish != Finish::Stop || !response.tools.is_empty() || fits(&call.wanted, text);
    (!fits).then(|| "wrong_schema".into())
}

fn pace(response: &ObservedResponse, took: Duration) -> Value {
    let at = |piece: Option<&(String, Duration)>| piece.map_or(took, |(_, at)| *at);
    let (first, last) = (at(response.pieces.first()), at(response.pieces.last()));
    let gaps = u32::try_from(response.pieces.len().saturating_sub(1)).unwrap_or(u32::MAX).max(1);
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    json!({ "first_token_ms": millis(first), "between_ms": millis(last.saturating_sub(first) / gaps) })
}

/// The text as a template that renders as exactly this text.
fn literal(text: &str) -> String {
    text.replace("{{", "{{{{")
}

fn literals(value: Value) -> Value {
    match value {
        Value::String(text) => literal(&text).into(),
        Value::Array(items) => items.into_iter().map(literals).collect(),
        Value::Object(members) => members.into_iter().map(|(name, member)| (name, literals(member))).collect(),
        other => other,
    }
}

/// The keys that the call came with.
fn keys(call: &ModelCall) -> Vec<String> {
    let headers = call.headers.iter().filter(|(name, _)| super::is_secret(name.as_str()));
    let values = headers
        .filter_map(|(_, value)| value.to_str().ok())
        .map(|value| value.rsplit(' ').next().unwrap_or_default().to_owned());
    values.filter(|key| key.len() >= SHORTEST_KEY).collect()
}

fn hide(value: Value, key: &str) -> Value {
    match value {
        Value::String(text) => text.replace(key, HIDDEN).into(),
        Value::Array(items) => items.into_iter().map(|item| hide(item, key)).collect(),
        Value::Object(members) => members.into_iter().map(|(name, member)| (name, hide(member, key))).collect(),
        other => other,
    }
}
