//! What models write and what of it is the story. Every input is also given in two pieces cut at every character, and one character at a
//! time: the story must be the same.

use proptest::prelude::*;

use super::*;
use crate::content::Npc;
use crate::memory::Memory;
use crate::prompt::narration_prompt;
use crate::state::Rules;
use crate::testing::{library, new_state, state_in_scene};

fn input() -> Input {
    Input::Player { message: "I look.".into(), actor: None }
}

/// What a reader sees who follows the pieces, and takes back what is void.
fn read<'a>(mut prose: Prose, pieces: impl IntoIterator<Item = &'a str>, is_whole: bool) -> String {
    let mut shown = String::new();
    for piece in pieces {
        prose.push(piece);
        take(&mut prose, &mut shown);
    }
    prose.finish(is_whole);
    take(&mut prose, &mut shown);
    shown.trim_end().to_owned()
}

fn take(prose: &mut Prose, shown: &mut String) {
    if prose.is_void() {
        shown.clear();
    }
    shown.push_str(&prose.take());
    assert_eq!(shown.trim_start(), shown, "text is shown without white space before it");
}

fn filter() -> Prose {
    Prose::new(&new_state(), &input())
}

fn assert_story(make: impl Fn() -> Prose, written: &str, story: &str) {
    assert_eq!(read(make(), [written], true), story, "{written:?}");
    for (at, _) in written.char_indices().skip(1) {
        let (first, second) = written.split_at(at);
        assert_eq!(read(make(), [first, second], true), story, "{first:?} + {second:?}");
    }
    let characters: Vec<_> = written.chars().map(String::from).collect();
    assert_eq!(read(make(), characters.iter().map(String::as_str), true), story, "{written:?} by character");
}

#[test]
fn ordinary_prose_passes_as_it_is() {
    for text in [
        "You walk north.",
        "You wait.\n\nOld Gull: \"Not tonight.\"\n\nHe spits.",
        "A sign: <3 for ever, 5 < 6, [sic], a <b>bold</b> word, C:\\>",
        "Thinking is hard. The analysis of a user is a human's work: a player's.",
        "analysis is not what this is; the model assistant said so",
        "– Non, dit-elle. « Jamais ! » 東京は夜だった。 שלום\u{200f}!",
        "THE END",
        "*You* hear __nothing__.\n  - a list\n  - it is",
        "<",
        "a [",
    ] {
        assert_story(filter, text, text);
    }
}

#[test]
fn thoughts_are_left_out() {
    for (written, story) in [
        ("<think>\nThe ferryman is the thief.\n</think>\n\nThe door is locked.", "The door is locked."),
        ("<think></think>The door is locked.", "The door is locked."),
        ("They want the door. Do not say.</think>The door is locked.", "The door is locked."),
        ("They want\n\nthe door.\n</THINK>\n\nThe door is locked.", "The door is locked."),
        ("You stop. <thinking>Which key?</thinking>The door is locked.", "You stop. The door is locked."),
        ("<think>never closed", ""),
        ("<think>a <think>b</think> c</think>\nThe door is locked.", "The door is locked."),
        ("<think><think><think>a</think>b</think>c</think>Go.", "Go."),
        ("You wait. <think>a<think>b</think>c</think>Go.", "You wait. Go."),
        ("<think>A <think> tag opens them.</think>The door is locked.", "The door is locked."),
        ("Here is my thought process: The thief.\n\nHere is my response: The door is locked.", "The door is locked."),
        ("Here is my door.", "Here is my door."),
        ("assistant\n\nThe door is locked.", "The door is locked."),
        ("The door is locked.assistant\n\nAda goes north.", "The door is locked."),
        ("The door is locked.\nassistant\nAda goes north.", "The door is locked."),
        ("The door is locked.\n\nuser\nI go north.", "The door is locked."),
        ("The door is locked.and so on.", "The door is locked.and so on."),
        ("The users wait.\nusers and models\nassistants too", "The users wait.\nusers and models\nassistants too"),
        ("[THINK]x[/THINK]Go.", "Go."),
        ("◁think▷x◁/think▷Go.", "Go."),
        ("<think>a < b </thin </think>Go.", "Go."),
        ("<|channel>thought\nx<channel|>Go.", "Go."),
    ] {
        assert_story(filter, written, story);
    }
}

#[test]
fn of_channels_only_the_last_one_is_the_story() {
    for (written, story) in [
        (
            "<|channel|>analysis<|message|>Need a door.<|end|><|start|>assistant<|channel|>final<|message|>The door is locked.",
            "The door is locked.",
        ),
        ("<|start|>assistant<|channel|>final<|message|>Go.<|return|>", "Go."),
        ("<|channel|>final <|constrain|>text<|message|>Go.<|end|>more", "Go."),
        ("<|channel|>commentary<|message|>x<|end|>", ""),
        ("<|channel|>final", ""),
        ("analysisWe need a door.assistantfinalThe door is locked.", "The door is locked."),
    ] {
        assert_story(filter, written, story);
    }
}

#[test]
fn the_story_ends_at_the_first_control_token() {
    for (written, story) in [
        ("You stand still.<|im_end|>\n<|im_start|>user\nI go north<|im_end|>", "You stand still."),
        ("Go. <|eot_id|>x", "Go."),
        ("Go.</s>x", "Go."),
        ("Go.\n<end_of_turn>\nx", "Go."),
        ("Go.<｜end▁of▁sentence｜>x", "Go."),
        ("Go.[|endofturn|]x", "Go."),
        ("Go. [INST] x", "Go."),
        ("Go.<|im_e", "Go."),
        ("<s>Go.</s>", "Go."),
        ("<|im_start|>assistant\nGo.<|im_end|>", "Go."),
        ("<|start_header_id|>assistant<|end_header_id|>\n\nGo.", "Go."),
        ("<start_of_turn>model\nGo.<end_of_turn>", "Go."),
        ("<|im_start|>user\nI go.<|im_end|>", ""),
        ("<bos>Models go by.", "Models go by."),
    ] {
        assert_story(filter, written, story);
    }
}

#[test]
fn echoes_of_the_prompt_are_cut() {
    for (written, story) in [
        ("You wait.\n\n<rules>\n- Nothing exists ...\n</rules>\n\nAda Finch: I go north.\nYou go north.", "You wait."),
        ("You wait.\n<world_state>\nx", "You wait."),
        ("<world_state>\nJetty\n</world_state>\n\nYou wait.", "You wait."),
        ("<player>\nAda Finch: I wait.\n</player>\nYou wait.", "You wait."),
        ("<narrator>\nYou wait.\n</narrator>", "You wait."),
        ("</player>\n\nYou wait.", "You wait."),
        ("<response>You wait.</response>", "You wait."),
        ("You wait.\n\nBear in mind now:\n1. The sea is never silent.\n\n<rules>", "You wait."),
        ("You wait.\n**Bear in mind now:**\n1. The sea", "You wait."),
        ("## Bear in mind now:\n1. The sea.\n2. Ada hums.\n\nYou wait.", "You wait."),
        ("How to tell the story:\n- You see.\n \n\nHow you are asked:\n- x\n\nYou wait.", "You wait."),
        ("You wait.\nYour style:\n- Dry", "You wait."),
        ("You wait.\nThe story: it is long.", "You wait.\nThe story: it is long."),
        ("<about_items>\n- oar: x\n</about_items>You wait.", "You wait."),
        ("<story>\nYou wait.\n</story>", "You wait."),
        ("<narration>You wait.</narration>", "You wait."),
    ] {
        assert_story(filter, written, story);
    }
}

#[test]
fn the_players_next_line_is_not_the_narrators() {
    for (written, story) in [
        ("You wait.\n\nAda Finch: I go north.\n\nYou go.", "You wait."),
        ("You wait.\n**Ada Finch:** I go north.", "You wait."),
        ("You wait.\nUser: I go north.", "You wait."),
        ("You wait.\n\nPlayer: I go", "You wait."),
        ("You wait.\n\nPlayer", "You wait.\n\nPlayer"),
        ("Ada Finch: I wait.\n\nYou wait.", "You wait."),
        ("Narrator: You wait.", "You wait."),
        ("The Dry Narrator: You wait.", "You wait."),
        ("**Narrator:** You wait.", "You wait."),
        ("**Narrator**: You wait.", "You wait."),
        ("_Narrator:_ *You* wait.", "*You* wait."),
        ("Narrator: *You* wait.", "*You* wait."),
        ("You wait.\n\nAda: I go north.", "You wait."),
        ("You wait.\n\nAda waits: nothing.", "You wait.\n\nAda waits: nothing."),
        ("You wait.\n\n[Event] A wave comes.", "You wait."),
        ("[Event] You wait.", "You wait."),
        ("You see Ada Finch: you.", "You see Ada Finch: you."),
        ("Old Gull: \"Users: beware.\"", "Old Gull: \"Users: beware.\""),
    ] {
        assert_story(filter, written, story);
    }
}

#[test]
fn every_line_with_which_a_part_of_the_prompt_begins_is_known() {
    let library = library();
    let long = Memory { summary: "Ada woke.".into(), open: Some(0) };
    let language = Some("German".parse().unwrap());
    let strict = GameState { memory: long, language, ..state_in_scene("rescue") };
    let relaxed = GameState { rules: Rules::Relaxed, ..new_state() };
    let mut checked = Vec::new();
    for state in [strict, relaxed, new_state()] {
        let prompt = narration_prompt(&library, &state, &[], &input(), usize::MAX).unwrap();
        let last = prompt.messages().last().unwrap().content.as_str();
        for line in prompt.system().lines().chain(last.lines()) {
            let is_tag = line.starts_with('<');
            if !(is_tag || line.ends_with(':')) || line.starts_with("- ") || line.len() > 80 {
                continue;
            }
            assert_story(filter, &format!("You wait.\n{line}\nx"), "You wait.");
            if !is_tag {
                assert_story(filter, &format!("You wait.\n\n**{line}**\nx"), "You wait.");
            }
            checked.push(line.to_owned());
        }
    }
    checked.sort();
    checked.dedup();
    assert!(checked.len() > 18, "{checked:#?}");
}

#[test]
fn a_first_name_is_the_players_if_nobody_else_has_it() {
    let mut state = new_state();
    let written = "You wait.\n\nAda: \"I go.\"";
    assert_story(|| Prose::new(&new_state(), &input()), written, "You wait.");
    let npc = state.npcs.values().next().unwrap().clone();
    state.npcs.insert("ada_b".into(), Npc { name: "Ada Brook".into(), ..npc });
    assert_story(|| Prose::new(&state, &input()), written, written);
}

#[test]
fn data_is_no_story() {
    for (written, story) in [
        ("You wait.\n<tool_call>\n{\"name\": \"x\"}\n</tool_call>", "You wait."),
        ("<tool_call>{}</tool_call>You wait.", "You wait."),
        ("You wait.<function_calls><invoke name=\"x\">", "You wait."),
        ("You wait.\n\n```json\n{\"user_location\": null}\n```", "You wait."),
        ("You wait.\n\n```\n{ \"user_location\": null}\n```", "You wait."),
        ("You wait.\n\n{\n  \"user_location\": null\n}", "You wait."),
        ("```\nYou wait.\n```", "You wait."),
        ("```text\nYou wait.\n```", "You wait."),
        ("```markdown\nYou wait.\n\nIt rains.\n```\n", "You wait.\n\nIt rains."),
        ("```You wait.```", "You wait."),
        ("You read `OUT` and ``IN``.", "You read `OUT` and ``IN``."),
        ("A brace { and \"so\" on", "A brace { and \"so\" on"),
        ("{ You wait. }", "{ You wait. }"),
    ] {
        assert_story(filter, written, story);
    }
}

#[test]
fn a_story_in_an_object_is_taken_out_of_it() {
    for (written, story) in [
        (r#"{"narration": "You wait."}"#, "You wait."),
        ("```json\n{\n  \"narration\": \"You wait.\"\n}\n```", "You wait."),
        ("<think>hm</think>\n{\"narration\":\"You wait.\"} more", "You wait."),
        (
            r#"{"thought": "x \"y\"", "story": "You \"wait\".\n\nIt \u0072ains \ud83c\udf27."}"#,
            "You \"wait\".\n\nIt rains 🌧.",
        ),
        (r#"{"text": "You wait.\n\nAda Finch: I go."}"#, "You wait."),
        (r#"{"text": "You \u001b[31mwait\u0000.<|im_end|>x"}"#, "You wait."),
        (r#"{"narration": "You wait"#, "You wait"),
        (r#"{"narration": "You wait <"}"#, "You wait <"),
        (r#"{"user_location": null, "set_vars": [{"name": "a", "value": "b"}]}"#, ""),
        (r#"{"error": {"content": "no credit"}}"#, ""),
    ] {
        assert_story(filter, written, story);
    }
}

#[test]
fn characters_of_html_are_characters() {
    for (written, story) in [
        ("You&nbsp;wait.<br>It rains.<br/><br />Still.", "You wait.\nIt rains.\n\nStill."),
        ("&quot;Go,&quot; she says &mdash; salt &amp; tar.", "\"Go,\" she says — salt & tar."),
        ("R&D, AT&T, &c., &", "R&D, AT&T, &c., &"),
        ("&am", "&am"),
        ("<br>You wait.<br>", "You wait."),
    ] {
        assert_story(filter, written, story);
    }
}

#[test]
fn control_characters_are_left_out() {
    for (written, story) in [
        ("You \u{0}see\u{7} \u{1b}[31mred\u{1b}[0m \u{202e}evil", "You see red evil"),
        ("a \u{fffd}light in\u{fffd} the fog", "a light in the fog"),
        ("a\r\nb\rc\u{2028}d", "a\nb\nc\nd"),
        ("\u{1b}]8;;http://x\u{7}link\u{1b}]8;;\u{1b}\\ \u{9b}1mbold\u{85}", "link bold"),
        ("\u{feff}a\u{1b}", "a"),
        ("li\u{ad}ght\u{34f}house \u{e0049}\u{e0067}\u{e007f}\u{2060}\u{3164}x", "lighthouse x"),
        ("می\u{200c}خواهم 👩\u{200d}🔬", "می\u{200c}خواهم 👩\u{200d}🔬"),
        ("a\u{1b}\nb", "a\nb"),
        ("<th\u{0}ink>x</think>b", "b"),
        ("\n\n  a\n\n\n\n b \n", "a\n\n b"),
    ] {
        assert_story(filter, written, story);
    }
}

#[test]
fn a_model_that_is_known_to_think_first_is_held_back_until_it_is_done() {
    let make = || Prose::after_thoughts(&new_state(), &input());
    assert_story(make, "They want the door.</think>The door is locked.", "The door is locked.");
    assert_story(make, "<think>x</think>The door is locked.", "The door is locked.");
    assert_story(make, "This time it did not think.", "This time it did not think.");
    assert_eq!(read(make(), ["They want the door, and then"], false), "", "cut off in its thoughts");
}

#[test]
fn where_text_may_break_off_only_whole_sentences_pass() {
    let written = "You walk north. The fog is thick. Then you see a";
    assert_eq!(read(filter(), [written], false), written);
    let characters: Vec<_> = written.chars().map(String::from).collect();
    let pieces = || characters.iter().map(String::as_str);
    assert_eq!(read(filter().careful_after(10), pieces(), false), "You walk north. The fog is thick.");
    assert_eq!(read(filter().careful_after(10), pieces(), true), written);
    assert_eq!(read(filter(), ["<think>never closed"], false), "");
    assert_eq!(read(filter(), ["You wait.</s> and"], false), "You wait.", "it was over before");
}

#[test]
fn a_second_closing_tag_takes_nothing_back() {
    assert_story(filter, "x</think>You wait.</think> Still.", "You wait. Still.");
}

#[test]
fn what_is_over_says_so() {
    let mut prose = filter();
    prose.push("Go.<|im_end|>");
    assert!(prose.is_over());
    prose.push("x");
    assert_eq!(prose.take(), "Go.");
    prose.finish(true);
    assert_eq!(prose.take(), "");
}

proptest! {
    #[test]
    fn no_cut_into_pieces_changes_the_story(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "You", " ", "\n", "Ada Finch", ":", "<", "think", ">", "</", "<|", "im_end", "|>", "channel", "final", "message",
                "user", "[", "INST", "{", "\"", "text", "\\n", "\\u00", "}", "```", "json", "&nbsp;", "Bear in mind now:", "The story:", "Ada", "<br>", "]", "analysis", "A", "\u{1b}", "[0m", "<rules>", "</rules>", "**", "é", "\r", "\t",
            ]),
            0..14,
        ),
        cuts in proptest::collection::vec(0..60_usize, 0..6),
    ) {
        let written = parts.concat();
        let whole = read(filter(), [written.as_str()], true);
        let mut at: Vec<_> = cuts.into_iter().filter(|cut| written.is_char_boundary(*cut)).collect();
        at.sort_unstable();
        let mut pieces = Vec::new();
        let mut rest = (written.as_str(), 0);
        for cut in at.into_iter().filter(|cut| *cut <= written.len()) {
            let (piece, tail) = rest.0.split_at(cut - rest.1);
            pieces.push(piece);
            rest = (tail, cut);
        }
        pieces.push(rest.0);
        prop_assert_eq!(read(filter(), pieces, true), whole);
    }

    #[test]
    fn what_is_held_back_is_bounded(text in "[a-z<|\\[/> \n*:]{0,400}") {
        let mut prose = filter();
        for c in text.chars() {
            prose.push(c.encode_utf8(&mut [0; 4]));
            prose.take();
            prop_assert!(prose.pending.len() <= 200, "{}", prose.pending);
        }
    }
}
