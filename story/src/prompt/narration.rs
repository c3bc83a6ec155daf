//! The narrator's prompt. What never changes comes first, what changes with the scene next, what changes in every turn last: so most
//! of a prompt begins as the one before it, and a provider's prompt cache has most of it.

use super::headings::{BEAR_IN_MIND, EVENT, RATING, SO_FAR, STORY, STYLE, Tag, block};
use super::input::{Input, user_text};
use super::lore::lore;
use super::memory::{beginning, last_turn_bytes, shown};
use super::quote::quoted;
use super::scope::hints;
use super::text::{
    CLOSING, CRAFT, DECIDED, EVENT_RULES, EVENTS_RULES, FIGHT, LORE, MONSTERS, REJECTED, conduct, rating_guidance,
    told_in, turn_rules,
};
use super::world::world_state;
use super::{Prompt, PromptError, script};
use crate::content::{Library, Pc, Scenario, Scene};
use crate::message::ChatMessage;
use crate::state::GameState;
use crate::world::opponents_here;

/// What the narrator gets to answer `input`.
///
/// `history` holds the last messages of the game, oldest first; those that the game's summary covers are not shown, nor are the oldest
/// ones if the prompt would be longer than `budget` bytes. The system text holds the narrator's craft and character (the same for a whole
/// game), the story (the same for a scene) and the summary. The last message holds what is different in every turn: what the rules did
/// not let happen, the world state, the lore that `input` and the latest messages bring up, the hints that hold, the rules and `input`.
pub fn narration_prompt(
    library: &Library,
    state: &GameState,
    history: &[ChatMessage],
    input: &Input,
    budget: usize,
) -> Result<Prompt, PromptError> {
    let (scenario, scene) = script(library, state)?;
    let system = |summary: &str| {
        paragraphs([narrator_text(scenario, state), story_text(scenario, scene), summary_text(summary)])
    };
    let summary = state.memory.summary.trim();
    let mut head = system(summary);
    let last = paragraphs([
        decided_text(state),
        rejected_text(state),
        world_state(scenario, state),
        lore_text(scenario, state, history, input),
        hints_text(scenario, scene, state),
        rules_text(state, input),
        if state.is_ended { closing_text(scenario) } else { String::new() },
        input_text(state, input),
    ]);
    let open = state.memory.open(history);
    let room = |head: &str| budget.saturating_sub(head.len() + last.len());
    let mut history = shown(open, room(&head));
    // The summary gives way to the last turn: without it, the narrator would not know what is answered.
    if history.is_empty() && !open.is_empty() && !summary.is_empty() {
        let free = room(&system(""));
        let kept = free.checked_sub(last_turn_bytes(open)).unwrap_or(free);
        head = system(beginning(summary, kept.saturating_sub(summary_text(" ").len())));
        history = shown(open, room(&head));
    }
    Ok(Prompt::new(head, history.iter().map(in_history), last))
}

/// What has happened before the history that is shown.
fn summary_text(summary: &str) -> String {
    if summary.is_empty() {
        return String::new();
    }
    format!("{SO_FAR}\n{}", block(Tag::StorySoFar, &quoted(summary)))
}

/// The texts that are not empty, with an empty line between them.
fn paragraphs(texts: impl IntoIterator<Item = String>) -> String {
    texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
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
        format!("{RATING} {shown_rating} ({})", rating_guidance(rating)),
    ];
    parts.extend(state.language.as_ref().map(told_in));
    let style: Vec<_> =
        state.narrator.iter().flat_map(|narrator| &narrator.prompts).map(|line| format!("- {line}")).collect();
    if !style.is_empty() {
        parts.push(format!("{STYLE}\n{}", style.join("\n")));
    }
    parts.extend(state.pc.as_ref().map(|pc| quoted(&pc_text(pc)).into_owned()));
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
    if stories.is_empty() { String::new() } else { format!("{STORY}\n{}", stories.join("\n\n")) }
}

/// What was narrated in the turn before and did not happen.
fn rejected_text(state: &GameState) -> String {
    let lines: Vec<_> = state.rejected.iter().map(|reason| format!("- {}", quoted(reason))).collect();
    if lines.is_empty() {
        String::new()
    } else {
        block(Tag::DidNotHappen, &format!("{REJECTED}\n{}", lines.join("\n")))
    }
}

/// What the rules decided of the attacks that were narrated in the turn before.
fn decided_text(state: &GameState) -> String {
    let lines: Vec<_> = state.decided.iter().map(|line| format!("- {}", quoted(line))).collect();
    if lines.is_empty() { String::new() } else { block(Tag::Decided, &format!("{DECIDED}\n{}", lines.join("\n"))) }
}

/// What there is to know about what was spoken of.
fn lore_text(scenario: &Scenario, state: &GameState, history: &[ChatMessage], input: &Input) -> String {
    let lore = lore(scenario, state, state.memory.open(history), input);
    if lore.is_empty() { String::new() } else { block(Tag::Lore, &format!("{LORE}\n- {}", lore.join("\n- "))) }
}

/// What to bear in mind about the world as it is now.
fn hints_text(scenario: &Scenario, scene: Option<&Scene>, state: &GameState) -> String {
    let hints = hints(scenario, scene, state);
    let lines: Vec<_> = (1..).zip(hints).map(|(number, hint)| format!("{number}. {hint}")).collect();
    if lines.is_empty() { String::new() } else { format!("{BEAR_IN_MIND}\n{}", lines.join("\n")) }
}

fn closing_text(scenario: &Scenario) -> String {
    let own = scenario.game_end_prompt.trim();
    if own.is_empty() { CLOSING.to_owned() } else { format!("{CLOSING}\n\n{own}") }
}

/// The rules that are repeated in every turn, because models forget what they read long ago; and those of monsters while there are any: a
/// small model that reads of them brings them in.
fn rules_text(state: &GameState, input: &Input) -> String {
    let fixed = match input {
        Input::Player { .. } => turn_rules(state.rules),
        Input::StoryEvent { also, .. } if also.is_empty() => EVENT_RULES,
        Input::StoryEvent { .. } => EVENTS_RULES,
    };
    // The last one is to stop and wait, which the end of a story does not.
    let fixed = if state.is_ended { &fixed[..2] } else { &fixed[..] };
    let monsters = state.current_location().is_some_and(|location| !location.monsters.is_empty());
    let opponents = opponents_here(state).next().is_some();
    let dangers = if opponents { Some(FIGHT) } else { monsters.then_some(MONSTERS) };
    let own = state.narrator.iter().flat_map(|narrator| &narrator.rules).map(String::as_str);
    let rules = fixed.iter().copied().chain(dangers).chain(own);
    let rules: Vec<_> = rules.map(|rule| format!("- {rule}")).collect();
    block(Tag::Rules, &rules.join("\n"))
}

/// A message of the history. What happened by itself is marked, so that it is not taken for the player's words.
fn in_history(message: &ChatMessage) -> ChatMessage {
    let text = quoted(&message.content);
    let content = if message.is_story_event { format!("{EVENT} {text}") } else { text.into_owned() };
    ChatMessage { content, ..*message }
}

/// What the turn answers, between tags that it cannot close.
pub(super) fn input_text(state: &GameState, input: &Input) -> String {
    let tag = match input {
        Input::Player { .. } => Tag::Player,
        Input::StoryEvent { .. } => Tag::StoryEvent,
    };
    block(tag, &quoted(&user_text(state, input)))
}
