//! What the requests of all vendors have in common.

use serde_json::Value;

use super::WireError;
use crate::call::Wanted;

/// The text of a message's content: a string, or the text parts of a list.
pub(super) fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(part).collect(),
        _ => String::new(),
    }
}

fn part(part: &Value) -> String {
    match part["type"].as_str() {
        Some("text" | "input_text" | "output_text") => part["text"].as_str().unwrap_or_default().to_owned(),
        Some("tool_result") => text(&part["content"]),
        _ => String::new(),
    }
}

/// The model's name, which every vendor requires.
pub(super) fn model(body: &Value) -> Result<String, WireError> {
    let model = body["model"].as_str().filter(|model| !model.is_empty());
    model.map(str::to_owned).ok_or_else(|| WireError::new(400, "model: a name is required"))
}

/// The messages, which every vendor requires.
pub(super) fn messages(body: &Value) -> Result<&[Value], WireError> {
    body["messages"].as_array().map(Vec::as_slice).ok_or_else(|| WireError::new(400, "messages: a list is required"))
}

/// The tool that a caller forces, if it can be only one: named, or the only one there is.
pub(super) fn forced_tool(
    body: &Value,
    name: Option<&str>,
    any: bool,
    describe: impl Fn(&Value) -> (Option<&Value>, Option<&Value>),
) -> Option<Wanted> {
    let tools = body["tools"].as_array().map_or(&[][..], Vec::as_slice);
    let tool = match name {
        Some(name) => {
            let named = tools.iter().find(|tool| describe(tool).0.and_then(Value::as_str) == Some(name));
            let schema = named.and_then(|tool| describe(tool).1.cloned());
            return Some(Wanted::Tool { name: name.to_owned(), schema });
        }
        None if any && tools.len() == 1 => tools.first()?,
        None => return None,
    };
    let (name, schema) = describe(tool);
    Some(Wanted::Tool { name: name?.as_str()?.to_owned(), schema: schema.cloned() })
}
