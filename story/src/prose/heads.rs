//! Line heads: `Ada Finch:` at the beginning of a line means that the model goes on as the player; `Narrator:` is a label; `Bear in mind
//! now:` begins an echo of the prompt.

use super::markers::{Found, begins};
use crate::prompt::Input;
use crate::prompt::headings::{EVENT, LINES, WHOLE_LINES};
use crate::state::GameState;

/// Names that are longer than this are not looked for.
const LONGEST_NAME: usize = 80;

/// Chat formats call the player so.
const PLAYERS: [&str; 7] = ["player", "user", "human", "### instruction", "### user", "### human", "[player]"];

/// And the narrator so.
const NARRATORS: [&str; 6] = ["narrator", "assistant", "### response", "### assistant", "### narrator", "[narrator]"];

/// Words before a name that are no name.
const TITLES: [&str; 20] = [
    "the", "a", "an", "mr", "mrs", "ms", "miss", "dr", "sir", "dame", "lady", "lord", "captain", "master", "mistress",
    "brother", "sister", "father", "mother", "old",
];

/// The most that Markdown has put before a head.
const LONGEST_DECORATION: usize = 8;

/// Whose line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    Player,
    Narrator,
    /// Nobody: it is a part of the prompt.
    Prompt,
    /// Nobody: it is what the history writes before a story event.
    Event,
}

/// The heads that are looked for, in lower case.
#[derive(Debug)]
pub(super) struct Heads {
    names: Vec<(String, Speaker)>,
}

impl Heads {
    /// Those of every chat format, and of this game: an NPC of the same name keeps their lines.
    pub(super) fn new(state: &GameState, input: &Input) -> Self {
        let actor = match input {
            Input::Player { actor, .. } => actor.as_deref(),
            Input::StoryEvent { .. } => None,
        };
        let pc = state.pc.as_ref().map(|pc| pc.name.as_str());
        let narrator = state.narrator.as_ref().map(|narrator| narrator.name.as_str());
        let is_npc = |name: &str| state.npcs.values().any(|npc| npc.name.trim().eq_ignore_ascii_case(name));
        let first = pc.and_then(|pc| first_name(pc, state));
        let own = actor.into_iter().chain(pc).chain(first).map(|name| (name, Speaker::Player));
        let own = own.chain(narrator.map(|name| (name, Speaker::Narrator)));
        let own = own.map(|(name, speaker)| (name.trim(), speaker));
        let own = own.filter(|(name, _)| !name.is_empty() && name.len() <= LONGEST_NAME && !is_npc(name));
        let fixed = PLAYERS.map(|name| (name, Speaker::Player)).into_iter();
        let fixed = fixed.chain(NARRATORS.map(|name| (name, Speaker::Narrator)));
        Self { names: own.chain(fixed).map(|(name, speaker)| (name.to_ascii_lowercase(), speaker)).collect() }
    }

    /// The head that a line begins with, with the colon and what emphasises it: `**Ada Finch:** `.
    pub(super) fn find(&self, line: &str, at_end: bool) -> Found<Speaker> {
        match (of_prompt(line, at_end), self.speaker(line, at_end)) {
            (found @ Found::Yes(..), _) | (_, found @ Found::Yes(..)) => found,
            (Found::Undecided, _) | (_, Found::Undecided) if !at_end => Found::Undecided,
            _ => Found::No,
        }
    }

    fn speaker(&self, line: &str, at_end: bool) -> Found<Speaker> {
        let name = line.trim_start_matches(['*', '_', '>', '"', '“']);
        let decoration = line.len() - name.len();
        if decoration > 4 {
            return Found::No;
        }
        let mut undecided = name.is_empty();
        for (wanted, speaker) in &self.names {
            match begins(name, wanted) {
                Found::No => {}
                Found::Undecided => undecided = true,
                Found::Yes(length, ()) => {
                    let rest = name[length..].trim_start_matches(['*', '_', ']']);
                    match rest.chars().next() {
                        None => undecided = true,
                        Some(colon @ (':' | '：')) => {
                            let text = &rest[colon.len_utf8()..];
                            // What closes the emphasis of the head, and not what opens that of the text.
                            let closing = if line.starts_with(['*', '_']) { emphasis(text).min(decoration) } else { 0 };
                            if closing == text.len() && closing < decoration && !at_end && line.starts_with(['*', '_'])
                            {
                                return Found::Undecided;
                            }
                            return Found::Yes(line.len() - text.len() + closing, *speaker);
                        }
                        Some(_) => {}
                    }
                }
            }
        }
        if undecided { Found::Undecided } else { Found::No }
    }
}

/// How many characters of emphasis a text begins with.
fn emphasis(text: &str) -> usize {
    text.len() - text.trim_start_matches(['*', '_']).len()
}

/// The line with which a part of the prompt begins, whatever Markdown has made of it.
fn of_prompt(line: &str, at_end: bool) -> Found<Speaker> {
    let text = line.trim_start_matches(['#', '*', '_', '>', ' ']);
    let decoration = line.len() - text.len();
    if decoration > LONGEST_DECORATION {
        return Found::No;
    }
    let mut undecided = text.is_empty();
    let heads = LINES.iter().map(|head| (head, Speaker::Prompt)).chain([(&EVENT, Speaker::Event)]);
    for (head, speaker) in heads {
        match begins_alike(text, head) {
            Found::Yes(length, ()) => return Found::Yes(decoration + length, speaker),
            Found::Undecided => undecided = true,
            Found::No => {}
        }
    }
    for head in WHOLE_LINES {
        match begins_alike(text, head) {
            Found::Yes(length, ()) => {
                let rest = text[length..].trim_start_matches(['*', '_', ' ']);
                match rest.chars().next() {
                    Some('\n') => return Found::Yes(line.len() - rest.len(), Speaker::Prompt),
                    None if at_end => return Found::Yes(line.len(), Speaker::Prompt),
                    None if text.len() - length <= LONGEST_DECORATION => undecided = true,
                    None | Some(_) => {}
                }
            }
            Found::Undecided => undecided = true,
            Found::No => {}
        }
    }
    if undecided && !at_end { Found::Undecided } else { Found::No }
}

/// Whether `text` begins with `head`, without regard to ASCII case.
fn begins_alike(text: &str, head: &str) -> Found<()> {
    let alike = text.bytes().zip(head.bytes()).take_while(|(one, other)| one.eq_ignore_ascii_case(other)).count();
    match alike {
        _ if alike == head.len() => Found::Yes(alike, ()),
        _ if alike == text.len() => Found::Undecided,
        _ => Found::No,
    }
}

/// What a model calls the player character by, if nobody else is called so.
fn first_name<'a>(pc: &'a str, state: &GameState) -> Option<&'a str> {
    let words = |name: &'a str| name.split_whitespace();
    let first =
        words(pc).find(|word| !TITLES.iter().any(|title| word.trim_end_matches('.').eq_ignore_ascii_case(title)))?;
    let people = state.npcs.iter().flat_map(|(key, npc)| [key.as_str(), npc.name.as_str()]);
    let monsters = state.locations.values().flat_map(|location| location.monsters.values());
    let others = people.chain(monsters.map(|monster| monster.name.as_str()));
    let is_taken = others
        .flat_map(|name| name.split(|c: char| !c.is_alphanumeric()))
        .any(|word| word.to_lowercase() == first.to_lowercase());
    (first.chars().count() > 1 && !is_taken).then_some(first)
}
