//! The narrator's prompt. What never changes comes first, what changes with the scene next, what changes every turn last.

use super::input::{Input, user_text};
use super::scope::hints;
use super::text::{CLOSING, CRAFT, EVENT_RULES, MONSTERS, conduct, rating_guidance, turn_rules};
use super::world::{block, world_state};
use super::{Prompt, PromptError, script};
use crate::content::{Library, Pc, Scenario, Scene};
use crate::state::{ChatMessage, GameState};

/// What the narrator gets to answer `input`.
///
/// `history` is the window of messages to show, oldest first; `summary` is what happened before them. The system texts are, in order:
/// the narrator's craft and character (the same for a whole game), the story (the same for a scene), the summary, the world state with
/// the hints that hold, and in an ended game the instruction to close.
pub fn narration_prompt(
    library: &Library,
    state: &GameState,
    history: &[ChatMessage],
    summary: Option<&str>,
    input: &Input,
) -> Result<Prompt, PromptError> {
    let (scenario, scene) = script(library, state)?;
    let mut system = vec![narrator_text(scenario, state), story_text(scenario, scene)];
    if let Some(summary) = summary.map(str::trim).filter(|summary| !summary.is_empty()) {
        system.push(format!("What has happened so far:\n{}", block("story_so_far", summary)));
    }
    system.push(moment_text(scenario, scene, state));
    if state.is_ended {
        system.push(closing_text(scenario));
    }
    system.retain(|text| !text.is_empty());

    let mut messages = history.to_vec();
    messages.push(ChatMessage { content: with_rules(state, input), ..message(input) });
    Ok(Prompt { system, messages })
}

fn message(input: &Input) -> ChatMessage {
    match input {
        Input::Player { .. } => ChatMessage::user(""),
        Input::StoryEvent { .. } => ChatMessage::story_event(""),
    }
}

/// Who tells, how, for whom, and to whom.
fn narrator_text(scenario: &Scenario, state: &GameState) -> String {
    let name = state.narrator.as_ref().map_or("", |narrator| narrator.name.trim());
    let opening = if name.is_empty() {
        "You are the narrator of an interactive story.".to_owned()
    } else {
        format!("You are {name}, the narrator of an interactive story.")
    };
    let rating = scenario.rating.trim();
    let shown_rating = if rating.is_empty() { "PG-13" } else { rating };
    let mut parts = vec![
        opening,
        CRAFT.to_owned(),
        conduct(state.rules).to_owned(),
        MONSTERS.to_owned(),
        format!("Content Rating: {shown_rating} ({})", rating_guidance(rating)),
    ];
    let style: Vec<_> =
        state.narrator.iter().flat_map(|narrator| &narrator.prompts).map(|line| format!("- {line}")).collect();
    if !style.is_empty() {
        parts.push(format!("Your style:\n{}", style.join("\n")));
    }
    parts.extend(state.pc.as_ref().map(pc_text));
    parts.join("\n\n")
}

/// `The player character is Name (she/her), a level 2 human keeper.` and what is known of them.
fn pc_text(pc: &Pc) -> String {
    let pronouns = if pc.pronouns.is_empty() { String::new() } else { format!(" ({})", pc.pronouns) };
    let level = if pc.level > 0 { format!("level {}", pc.level) } else { String::new() };
    let traits: Vec<_> = [level.as_str(), &pc.race, &pc.class].into_iter().filter(|text| !text.is_empty()).collect();
    let traits = if traits.is_empty() { String::new() } else { format!(", {}", traits.join(" ")) };
    let about = [pc.description.trim(), pc.background.trim()].into_iter().filter(|text| !text.is_empty());
    let sentences: Vec<_> = std::iter::once(format!("The player character is {}{pronouns}{traits}.", pc.name))
        .chain(about.map(str::to_owned))
        .collect();
    sentences.join(" ")
}

fn story_text(scenario: &Scenario, scene: Option<&Scene>) -> String {
    let stories = [scenario.story.trim(), scene.map_or("", |scene| scene.story.trim())];
    let stories: Vec<_> = stories.into_iter().filter(|story| !story.is_empty()).collect();
    if stories.is_empty() { String::new() } else { format!("The story:\n{}", stories.join("\n\n")) }
}

/// The world as it is now, and what to bear in mind about it.
fn moment_text(scenario: &Scenario, scene: Option<&Scene>, state: &GameState) -> String {
    let mut text = format!("The world as it is now:\n{}", world_state(state));
    let hints: Vec<_> = hints(scenario, scene, state)
        .iter()
        .enumerate()
        .map(|(index, hint)| format!("{}. {hint}", index + 1))
        .collect();
    if !hints.is_empty() {
        text.push_str("\n\nBear in mind now:\n");
        text.push_str(&hints.join("\n"));
    }
    text
}

fn closing_text(scenario: &Scenario) -> String {
    let own = scenario.game_end_prompt.trim();
    if own.is_empty() { CLOSING.to_owned() } else { format!("{CLOSING}\n\n{own}") }
}

/// What the turn answers, with the rules that are repeated on every turn because models forget what they read long ago.
fn with_rules(state: &GameState, input: &Input) -> String {
    let fixed = match input {
        Input::Player { .. } => turn_rules(state.rules),
        Input::StoryEvent { .. } => EVENT_RULES,
    };
    let own = state.narrator.iter().flat_map(|narrator| &narrator.rules).map(String::as_str);
    let rules: Vec<_> = fixed.into_iter().chain(own).map(|rule| format!("- {rule}")).collect();
    format!("{}\n\n{}", user_text(state, input), block("rules", &rules.join("\n")))
}
