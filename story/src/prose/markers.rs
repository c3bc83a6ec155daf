//! What a chat template, a reasoning model or an echo of our own prompt leaves in a narration, and how it is recognised.

/// The longest name in a control token, and the longest marker that is waited for.
const LONGEST_NAME: usize = 40;

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
pub(super) const BEGINNINGS: [char; 3] = ['<', '[', '◁'];

/// Fixed markers, in lower case: they are compared without regard to ASCII case.
const FIXED: [(&str, Marker); 74] = [
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
    ("<rules>", Marker::Echo("</rules>")),
    ("<world_state>", Marker::Echo("</world_state>")),
    ("<just_entered>", Marker::Echo("</just_entered>")),
    ("<current_location>", Marker::Echo("</current_location>")),
    ("<adjacent_previews>", Marker::Echo("</adjacent_previews>")),
    ("<npcs_elsewhere>", Marker::Echo("</npcs_elsewhere>")),
    ("<user_inventory>", Marker::Echo("</user_inventory>")),
    ("<did_not_happen>", Marker::Echo("</did_not_happen>")),
    ("<story_so_far>", Marker::Echo("</story_so_far>")),
    ("<story_event>", Marker::Echo("</story_event>")),
    ("<lore>", Marker::Echo("</lore>")),
    ("<player>", Marker::Echo("</player>")),
    ("</rules>", Marker::Echo("")),
    ("</world_state>", Marker::Echo("")),
    ("</story_event>", Marker::Echo("")),
    ("</lore>", Marker::Echo("")),
    ("</player>", Marker::Echo("")),
    ("<narrator>", Marker::Wrapper),
    ("</narrator>", Marker::Wrapper),
    ("<answer>", Marker::Wrapper),
    ("</answer>", Marker::Wrapper),
    ("<response>", Marker::Wrapper),
    ("</response>", Marker::Wrapper),
    ("<final>", Marker::Wrapper),
];

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
    match control_token(text) {
        Found::Yes(length, ()) => return Found::Yes(length, Marker::Token),
        Found::Undecided => undecided = true,
        Found::No => {}
    }
    match (undecided, at_end) {
        (true, false) => Found::Undecided,
        // `<` and `[` alone may be prose; `</thi` is not.
        (true, true) if text.chars().count() > 2 => Found::Yes(text.len(), Marker::Token),
        (_, _) => Found::No,
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
