//! What a chat template, a reasoning model or an echo of our own prompt leaves in a narration, and how it is recognised.

use crate::prompt::headings::Tag;

/// The longest name in a control token, and the longest marker that is waited for.
const LONGEST_NAME: usize = 40;

/// What Markdown has round code.
const FENCE: &str = "```";

/// The longest name of a language behind it, and the most white space behind that which is waited for.
const LONGEST_LANGUAGE: usize = 16;
const LONGEST_GAP: usize = 32;

/// What a marker means for the text round it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// Thoughts begin; they end with this.
    ThoughtsBegin(&'static str),
    /// Thoughts end. If they were not begun, all text so far was thoughts.
    ThoughtsEnd,
    /// The name of a channel follows (`gpt-oss`).
    Channel,
    /// A control token of a chat template: the message is over, or begins.
    Token,
    /// A tag of our prompt: what follows is not the story. It ends with this.
    Echo(&'static str),
    /// A tag round an answer: the text inside is the story.
    Wrapper,
    /// A character as HTML writes it.
    Text(&'static str),
    /// A fence of Markdown round an answer.
    Fence,
    /// A fence, and behind it an object: data, and no story.
    DataFence,
}

/// Whether a text begins with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found<T> {
    /// It does: so many bytes.
    Yes(usize, T),
    /// It does not, whatever follows.
    No,
    /// What follows decides.
    Undecided,
}

/// The characters that markers begin with.
pub(super) const BEGINNINGS: [char; 5] = ['<', '[', '◁', '&', '`'];

/// Fixed markers, in lower case: they are compared without regard to ASCII case.
const FIXED: [(&str, Marker); 97] = [
    ("<think>", Marker::ThoughtsBegin("</think>")),
    ("<thinking>", Marker::ThoughtsBegin("</thinking>")),
    ("<thought>", Marker::ThoughtsBegin("</thought>")),
    ("<thoughts>", Marker::ThoughtsBegin("</thoughts>")),
    ("<reasoning>", Marker::ThoughtsBegin("</reasoning>")),
    ("<reflection>", Marker::ThoughtsBegin("</reflection>")),
    ("<analysis>", Marker::ThoughtsBegin("</analysis>")),
    ("<scratchpad>", Marker::ThoughtsBegin("</scratchpad>")),
    ("<seed:think>", Marker::ThoughtsBegin("</seed:think>")),
    ("<|begin_of_thought|>", Marker::ThoughtsBegin("<|end_of_thought|>")),
    ("<|start_thinking|>", Marker::ThoughtsBegin("<|end_thinking|>")),
    ("<|channel>", Marker::ThoughtsBegin("<channel|>")),
    ("[think]", Marker::ThoughtsBegin("[/think]")),
    ("◁think▷", Marker::ThoughtsBegin("◁/think▷")),
    ("</think>", Marker::ThoughtsEnd),
    ("</thinking>", Marker::ThoughtsEnd),
    ("</thought>", Marker::ThoughtsEnd),
    ("</thoughts>", Marker::ThoughtsEnd),
    ("</reasoning>", Marker::ThoughtsEnd),
    ("</reflection>", Marker::ThoughtsEnd),
    ("</analysis>", Marker::ThoughtsEnd),
    ("</scratchpad>", Marker::ThoughtsEnd),
    ("</seed:think>", Marker::ThoughtsEnd),
    ("<|end_of_thought|>", Marker::ThoughtsEnd),
    ("<|end_thinking|>", Marker::ThoughtsEnd),
    ("<channel|>", Marker::ThoughtsEnd),
    ("[/think]", Marker::ThoughtsEnd),
    ("◁/think▷", Marker::ThoughtsEnd),
    ("<|channel|>", Marker::Channel),
    ("<s>", Marker::Token),
    ("</s>", Marker::Token),
    ("<bos>", Marker::Token),
    ("<eos>", Marker::Token),
    ("<pad>", Marker::Token),
    ("<unk>", Marker::Token),
    ("<eot>", Marker::Token),
    ("<start_of_turn>", Marker::Token),
    ("<end_of_turn>", Marker::Token),
    ("<|turn>", Marker::Token),
    ("<turn|>", Marker::Token),
    ("<end_of_utterance>", Marker::Token),
    ("<<sys>>", Marker::Token),
    ("<</sys>>", Marker::Token),
    ("[inst]", Marker::Token),
    ("[/inst]", Marker::Token),
    ("[system_prompt]", Marker::Token),
    ("[/system_prompt]", Marker::Token),
    ("[available_tools]", Marker::Token),
    ("[tool_calls]", Marker::Token),
    ("[end of text]", Marker::Token),
    ("<tool_call>", Marker::Echo("</tool_call>")),
    ("<tool_calls>", Marker::Echo("</tool_calls>")),
    ("<tool_response>", Marker::Echo("</tool_response>")),
    ("<tool_use>", Marker::Echo("</tool_use>")),
    ("<function_call>", Marker::Echo("</function_call>")),
    ("<function_calls>", Marker::Echo("</function_calls>")),
    ("<function_results>", Marker::Echo("</function_results>")),
    ("<function=", Marker::Echo("</function>")),
    ("<invoke ", Marker::Echo("</invoke>")),
    ("</tool_call>", Marker::Echo("")),
    ("</function>", Marker::Echo("")),
    ("</function_calls>", Marker::Echo("")),
    ("<story>", Marker::Wrapper),
    ("</story>", Marker::Wrapper),
    ("<narration>", Marker::Wrapper),
    ("</narration>", Marker::Wrapper),
    ("<narrative>", Marker::Wrapper),
    ("</narrative>", Marker::Wrapper),
    ("<output>", Marker::Wrapper),
    ("</output>", Marker::Wrapper),
    ("<reply>", Marker::Wrapper),
    ("</reply>", Marker::Wrapper),
    ("<br>", Marker::Text("\n")),
    ("<br/>", Marker::Text("\n")),
    ("<br />", Marker::Text("\n")),
    ("&nbsp;", Marker::Text(" ")),
    ("&#160;", Marker::Text(" ")),
    ("&amp;", Marker::Text("&")),
    ("&lt;", Marker::Text("‹")),
    ("&gt;", Marker::Text("›")),
    ("&quot;", Marker::Text("\"")),
    ("&apos;", Marker::Text("'")),
    ("&#39;", Marker::Text("'")),
    ("&#x27;", Marker::Text("'")),
    ("&mdash;", Marker::Text("—")),
    ("&ndash;", Marker::Text("–")),
    ("&hellip;", Marker::Text("…")),
    ("&ldquo;", Marker::Text("“")),
    ("&rdquo;", Marker::Text("”")),
    ("&lsquo;", Marker::Text("‘")),
    ("&rsquo;", Marker::Text("’")),
    ("<answer>", Marker::Wrapper),
    ("</answer>", Marker::Wrapper),
    ("<response>", Marker::Wrapper),
    ("</response>", Marker::Wrapper),
    ("<final>", Marker::Wrapper),
    ("</final>", Marker::Wrapper),
];

/// What begins the thoughts that end with `end`.
pub(super) fn opening(end: &str) -> Option<&'static str> {
    FIXED.iter().find(|(_, marker)| matches!(marker, Marker::ThoughtsBegin(of) if *of == end)).map(|(name, _)| *name)
}

/// The marker that `text` begins with. At the end of everything nothing is undecided: the beginning of a marker, cut off, is one.
pub(super) fn marker(text: &str, at_end: bool) -> Found<Marker> {
    let mut undecided = false;
    for (name, marker) in FIXED {
        match begins(text, name) {
            Found::Yes(length, ()) => return Found::Yes(length, marker),
            Found::Undecided => undecided = true,
            Found::No => {}
        }
    }
    for tag in Tag::ALL {
        let is_wrapper = *tag == Tag::Narrator;
        let close = if is_wrapper { Marker::Wrapper } else { Marker::Echo("") };
        let open = if is_wrapper { Marker::Wrapper } else { Marker::Echo(tag.close()) };
        for (name, marker) in [(tag.open(), open), (tag.close(), close)] {
            match begins(text, name) {
                Found::Yes(length, ()) => return Found::Yes(length, marker),
                Found::Undecided => undecided = true,
                Found::No => {}
            }
        }
    }
    match fence(text, at_end) {
        Found::Undecided => undecided = true,
        Found::No => {}
        found @ Found::Yes(..) => return found,
    }
    match control_token(text) {
        Found::Yes(length, ()) => return Found::Yes(length, Marker::Token),
        Found::Undecided => undecided = true,
        Found::No => {}
    }
    match (undecided, at_end) {
        (true, false) => Found::Undecided,
        // `<` and `[` alone may be prose, and so may `&am`; `</thi` is not.
        (true, true) if text.chars().count() > 2 && !text.starts_with('&') => Found::Yes(text.len(), Marker::Token),
        (_, _) => Found::No,
    }
}

/// A fence, the word that names its language, and what follows on the line: as much of it as is no story.
fn fence(text: &str, at_end: bool) -> Found<Marker> {
    match begins(text, FENCE) {
        Found::Yes(..) => {}
        Found::Undecided => return Found::Undecided,
        Found::No => return Found::No,
    }
    let inside = &text[FENCE.len()..];
    let word =
        inside.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-'))).unwrap_or(inside.len());
    if word > LONGEST_LANGUAGE {
        return Found::Yes(FENCE.len(), Marker::Fence);
    }
    let space = inside[word..].find(|c: char| !c.is_whitespace()).unwrap_or(inside.len() - word);
    let is_line = inside[word..word + space].contains('\n');
    let language = FENCE.len() + word;
    match inside[word + space..].chars().next() {
        Some('{') => Found::Yes(language + space, Marker::DataFence),
        Some(_) if is_line => Found::Yes(language, Marker::Fence),
        Some(_) => Found::Yes(FENCE.len(), Marker::Fence),
        None if space > LONGEST_GAP => Found::Yes(language, Marker::Fence),
        None if at_end => Found::Yes(language, Marker::Fence),
        None => Found::Undecided,
    }
}

/// Whether `text` begins with `name`, which is in lower case.
pub(super) fn begins(text: &str, name: &str) -> Found<()> {
    let mut ours = text.chars();
    for wanted in name.chars() {
        match ours.next() {
            None => return Found::Undecided,
            Some(c) if c.to_ascii_lowercase() == wanted => {}
            Some(_) => return Found::No,
        }
    }
    Found::Yes(name.len(), ())
}

/// `<|im_end|>`, `<｜end▁of▁sentence｜>`, `[|endofturn|]`, and any other of that form.
fn control_token(text: &str) -> Found<()> {
    for (open, close) in [("<|", "|>"), ("<｜", "｜>"), ("[|", "|]")] {
        match begins(text, open) {
            Found::No => continue,
            Found::Undecided => return Found::Undecided,
            Found::Yes(..) => {}
        }
        let inside = &text[open.len()..];
        let name = inside.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '▁' | '-' | '.' | ':')));
        return match name {
            None if inside.chars().count() <= LONGEST_NAME => Found::Undecided,
            Some(end) if end > 0 => match begins(&inside[end..], close) {
                Found::Yes(length, ()) => Found::Yes(open.len() + end + length, ()),
                other => other,
            },
            _ => Found::No,
        };
    }
    Found::No
}
