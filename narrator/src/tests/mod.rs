//! The shipped stories, played without a model: every walkthrough to its end, and what players who know no walkthrough write.

mod answers;
mod asked;
mod background;
mod early;
mod fighting;
mod first_time;
mod flourish;
mod follow_up;
mod gesture;
mod manner;
mod newcomer;
mod newcomer_late;
mod newcomer_more;
mod opening;
mod plain_words;
mod plain_words_more;
mod strict;
mod transcript;
mod turn;
mod unseen;
mod varied;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use story::{
    Change, ContentKind, GameState, Input, ItemAction, Library, NewGame, Source, StatePatch, apply, extraction_prompt,
    narration_prompt, new_game, patch, user_text,
};

use super::*;

/// The shipped content.
pub(crate) fn shipped() -> (Library, BTreeMap<String, Script>) {
    static SHIPPED: LazyLock<(Library, BTreeMap<String, Script>)> = LazyLock::new(read_shipped);
    SHIPPED.clone()
}

fn read_shipped() -> (Library, BTreeMap<String, Script>) {
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/content");
    let files = |folder: &str| {
        let mut paths: Vec<_> =
            std::fs::read_dir(content.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read = |path: std::path::PathBuf| {
            (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap())
        };
        paths.into_iter().map(read).collect::<Vec<_>>()
    };
    let sources = ContentKind::ALL.into_iter().flat_map(|kind| {
        let source = move |(id, text): (String, String)| Source { kind, path: format!("{id}.json"), id, text };
        files(kind.dir()).into_iter().map(source)
    });
    let library = Library::load(sources).unwrap();
    let scripts = files("offline").into_iter().map(|(id, text)| (id, serde_json::from_str(&text).unwrap()));
    (library, scripts.collect())
}

/// A game that is played offline, as the engine plays it.
pub(super) struct Game {
    library: Library,
    narrator: OfflineNarrator,
    pub(super) state: GameState,
    /// What the player did with their last message: `> place`, `+ item`, `- item`, `! variable`.
    pub(super) deeds: BTreeSet<String>,
    pub(super) history: Vec<ChatMessage>,
}

impl Game {
    pub(super) fn new(scenario: &str) -> Self {
        let (library, scripts) = shipped();
        let (state, history) =
            new_game(&library, &NewGame { scenario: scenario.into(), ..NewGame::default() }).unwrap();
        Self {
            narrator: OfflineNarrator::new(library.clone(), scripts),
            library,
            state,
            deeds: BTreeSet::new(),
            history,
        }
    }

    pub(super) fn seeded(scenario: &str, seed: serde_json::Value) -> Self {
        let mut game = Self::new(scenario);
        let seed: StatePatch = serde_json::from_value(seed).unwrap();
        game.state = patch(&game.library, &game.state, &seed).unwrap();
        game
    }

    /// Plays one turn and the story events that it causes; the answer to the turn.
    pub(super) fn say(&mut self, message: &str) -> String {
        let (narration, mut events) = self.turn(&Input::Player { message: message.into(), actor: None });
        while let Some(prompt) = events.pop() {
            self.turn(&Input::story_event(prompt));
        }
        narration
    }

    fn turn(&mut self, input: &Input) -> (String, Vec<String>) {
        let window = self.history.len().saturating_sub(16);
        let prompt = narration_prompt(&self.library, &self.state, &self.history[window..], input, usize::MAX).unwrap();
        let narration = self.narrator.narrate(prompt.system(), prompt.messages());
        let ask = extraction_prompt(&self.library, &self.state, input, &narration).unwrap();
        let delta = self.narrator.extract(ask.system(), ask.messages());
        let applied = apply(&self.library, &self.state, &delta, input).unwrap();
        assert_eq!(applied.rejections, [], "{input:?} -> {narration}");
        if matches!(input, Input::Player { .. }) {
            self.deeds = deeds(&delta, &applied.changes);
        }
        self.history.push(ChatMessage::user(user_text(&self.state, input)));
        self.history.push(ChatMessage::assistant(narration.clone()));
        self.state = applied.state;
        (narration, applied.story_events.into_iter().rev().map(|event| event.prompt).collect())
    }
}

/// What `delta` does, without what the story's conditionals do after it.
fn deeds(delta: &Delta, changes: &[Change]) -> BTreeSet<String> {
    let moved = changes.iter().find_map(|change| match change {
        Change::PlayerMoved { to, .. } if delta.user_location.is_some() => Some(format!("> {to}")),
        _ => None,
    });
    let items = delta.item_events.iter().map(|event| match event.action {
        ItemAction::Acquire => format!("+ {}", event.item),
        _ => format!("- {}", event.item),
    });
    moved.into_iter().chain(items).chain(delta.set_vars.keys().map(|name| format!("! {name}"))).collect()
}

/// Plays `messages` and expects the game to be won.
fn play(game: &mut Game, messages: &str) {
    for message in messages.split('|').map(str::trim) {
        assert!(!game.state.is_ended, "it ended before: {message}");
        game.say(message);
    }
}

#[test]
fn the_ferry_is_taken_to_the_far_bank() {
    let mut game = Game::new("ferry_crossing");
    play(&mut game, "I ring the bell | take lantern | board the ferry | give Odile the token");
    assert_eq!(game.state.vars["bell_rung"], "true");
    assert!(game.state.npcs["odile"].items.contains(&"ferry token".to_owned()));
    play(&mut game, "north");
    assert!(game.state.is_ended);
}

#[test]
fn the_last_note_is_tuned() {
    let mut game = Game::new("one_chair_too_many");
    play(&mut game, "I go north | I go west | I start the metronome | I go west | I tune the lowest note");
    assert_eq!(game.state.scene_name, "recital");
    play(&mut game, "I go east | I go south | I go south");
    assert!(game.state.is_ended);
}

#[test]
fn the_moon_is_redeemed_and_hung() {
    let mut game = Game::new("pawned_moon");
    play(
        &mut game,
        "I take the shaded lamp | I take the rubber stamp | I go east | I go south | I take the kipper | I go north | I go east \
         | I feed the kipper to the cat | I go west | I go up | I go east | I go up | I light the lamp | I take the pawn ticket \
         | I go down | I go west | I go down | I go east | I go north | I show the ticket to Hesper Tarry",
    );
    assert_eq!(game.state.scene_name, "low_market");
    play(
        &mut game,
        "I go south | I go down | I go south | I go down | I take the silver block | I go up | I go north | I go up | I go west \
         | I go up | I go east | I ask the Mayor for an apology | I go west | I go down | I go east | I go down | I go east | I go east \
         | I go south | I redeem the moon",
    );
    assert_eq!(game.state.scene_name, "moonrise");
    play(&mut game, "I stamp the writ | I go west | I go north | I go north | I go up | I hang the moon on the hook");
    assert!(game.state.is_ended);
    assert_eq!(game.state.vars["moon_hung"], "true");
}

#[test]
fn the_moon_can_be_kept() {
    let seed = serde_json::json!({
        "scene_name": "moonrise", "user_location": "quay", "user_inventory": ["crated moon", "silver block"],
        "scene_turn_counter": 1, "fired_story_events": ["tide_carries_the_player_home"]
    });
    let mut game = Game::seeded("pawned_moon", seed);
    let reply = game.say("I keep the moon");
    assert!(game.state.is_ended && reply.contains("The moon is yours"), "{reply}");
    assert!(game.history.last().unwrap().content.ends_with("THE END"));
}

/// What the sentence must do: `> place` goes there, `+ item` takes it, `- item` parts with it, `! var` sets it; anything else changes
/// nothing and must be in the answer.
pub(super) fn check(scenario: &str, seed: &serde_json::Value, sentences: &[(&str, &str)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (sentence, expected) in sentences {
        let mut game = Game::seeded(scenario, seed.clone());
        let before = game.state.clone();
        let reply = game.say(sentence);
        let (kind, name) = expected.split_at(2);
        let is_right = match kind {
            "> " => game.state.user_location == name,
            "+ " => game.state.user_inventory.iter().any(|item| item == name),
            "- " => {
                before.user_inventory.len() > game.state.user_inventory.len()
                    && !game.state.user_inventory.contains(&name.to_owned())
            }
            "! " => game.state.vars[name] == "true",
            _ => {
                let unchanged = before.user_location == game.state.user_location
                    && before.vars == game.state.vars
                    && before.user_inventory == game.state.user_inventory;
                unchanged && reply.contains(expected)
            }
        };
        if !is_right {
            wrong.push(format!("{sentence}: expected {expected:?}, got: {reply}"));
        }
    }
    wrong
}

#[test]
fn looking_and_asking_never_act() {
    let places = [
        ("ferry_crossing", serde_json::json!({})),
        ("one_chair_too_many", serde_json::json!({ "user_location": "music_room" })),
        (
            "one_chair_too_many",
            serde_json::json!({ "scene_name": "gathering", "user_location": "music_room", "scene_turn_counter": 1 }),
        ),
        ("pawned_moon", serde_json::json!({ "user_location": "mayors_attic", "user_inventory": ["shaded lamp"] })),
        (
            "pawned_moon",
            serde_json::json!({
                "scene_name": "low_market", "user_location": "grebes_tent",
                "user_inventory": ["pawn ticket", "written apology", "silver block"]
            }),
        ),
    ];
    let sentences = [
        "look",
        "examine the bell",
        "x metronome",
        "look at the piano",
        "look at the string",
        "read the ticket",
        "examine the moth",
        "what do you want for the moon",
        "how much is the moon?",
        "can I tune the piano?",
        "what does the metronome do?",
        "where is the bell",
        "who rings the bell?",
        "listen to the metronome",
        "smell the lamp",
        "look at the lamp",
        "is the lamp lit?",
        "count the chairs",
        "should I light the lamp?",
        "think about ringing the bell",
        "inventory",
        "help",
        "look at the crate",
        "why would anybody start the metronome?",
        "may I give you the ticket?",
        "search the room",
        "what happens if I redeem the moon?",
    ];
    for (scenario, seed) in places {
        for sentence in sentences {
            let mut game = Game::seeded(scenario, seed.clone());
            let before = game.state.clone();
            let reply = game.say(sentence);
            assert_eq!(game.state.vars, before.vars, "{scenario}: {sentence} -> {reply}");
            assert_eq!(game.state.user_inventory, before.user_inventory, "{scenario}: {sentence} -> {reply}");
            assert_eq!(game.state.user_location, before.user_location, "{scenario}: {sentence} -> {reply}");
        }
    }
}

#[test]
fn a_pronoun_means_what_was_named_last() {
    let mut game = Game::new("ferry_crossing");
    play(&mut game, "examine the lantern | take it");
    assert!(game.state.user_inventory.contains(&"brass lantern".to_owned()));
    play(&mut game, "go aboard | look at Odile | give her the token");
    assert!(game.state.npcs["odile"].items.contains(&"ferry token".to_owned()));
}

#[test]
fn hints_go_from_a_nudge_to_the_answer() {
    let mut game = Game::new("one_chair_too_many");
    let stages: Vec<_> = ["hint", "help", "what should I do?"].map(|message| game.say(message)).into();
    assert!(stages[0].contains("called here to tune a piano") && stages[2].contains("started first"), "{stages:#?}");
    assert!(stages[0] != stages[1] && stages[1] != stages[2]);
}

#[test]
fn no_stock_line_comes_twice_within_five_turns() {
    let sentences =
        ["xyzzy", "take the moon", "sing", "eat the fog", "frobnicate", "look for gold", "wait", "push the post"];
    let mut game = Game::new("ferry_crossing");
    let mut answers: Vec<String> = Vec::new();
    for turn in 0..40 {
        let answer = game.say(sentences[turn * 3 % sentences.len()]);
        assert!(!answers.iter().rev().take(5).any(|earlier| *earlier == answer), "{answer}");
        answers.push(answer);
    }
}

#[test]
fn a_story_without_a_script_is_played_by_its_rules() {
    let source = Source {
        kind: ContentKind::Scenario,
        id: "bakery".into(),
        path: "bakery.json".into(),
        text: serde_json::json!({
            "name": "Bakery", "story": "A starter wants feeding.", "opening_scene": "night", "opening_location": "kitchen",
            "vars": { "fed": "false" },
            "items": { "rye flour": { "description": "Stone-ground, and a little grey." }, "stone crock": { "fixed": true } },
            "locations": { "kitchen": { "name": "Kitchen", "description": "A crock of starter sulks on the shelf.", "items": ["rye flour", "stone crock"] } },
            "scenes": { "night": {
                "story": "It is three in the morning.",
                "contingency_rules": ["When the player feeds the rye flour to the starter, set the variable \"fed\" to \"true\" and report the rye flour as used and consumed."],
                "conditionals": { "bubbles": { "when": { "vars": { "fed": "true" } }, "then": { "prompt": "It bubbles.", "game_ended": true } } }
            } }
        })
        .to_string(),
    };
    let library = Library::load([source]).unwrap();
    let (state, history) = new_game(&library, &NewGame { scenario: "bakery".into(), ..NewGame::default() }).unwrap();
    let narrator = OfflineNarrator::new(library.clone(), BTreeMap::new());
    let mut game = Game { library, narrator, state, deeds: BTreeSet::new(), history };
    assert!(game.say("what does the starter eat?").len() > 10);
    assert_eq!(game.say("examine the flour"), "You look at the rye flour. Stone-ground, and a little grey.");
    assert!(game.say("take the crock").starts_with("The stone crock "));
    game.say("take everything");
    assert_eq!(game.state.user_inventory, ["rye flour"], "what is fixed stays");
    let reply = game.say("I feed the rye to the starter");
    assert_eq!(reply, "You feed the rye to the starter.");
    assert!(game.state.is_ended && game.state.user_inventory.is_empty());
}
