//! Rehearsing a story: played offline in this process, turn by turn as the engine plays it, with an author's means on top: set a
//! variable, go anywhere, get anything, take a turn back, and ask why something has not happened yet.

use std::fmt::Write as _;

use serde_json::{Value, json};
use story::suggest::{did_you_mean, nearest};
use story::{
    Applied, ChatMessage, ConditionalExplained, GameState, Input, Library, NewGame, NewGameError, PatchError,
    PromptError, Scenario, Standing, StatePatch, apply, explain, extraction_prompt, narration_prompt, new_game, patch,
    user_text,
};
use thiserror::Error;

use crate::OfflineNarrator;

/// How many messages the narrator is shown.
const WINDOW: usize = 16;

/// The most turns that can be taken back.
const MAX_UNDO: usize = 200;

/// A story in rehearsal.
#[derive(Debug)]
pub struct Rehearsal {
    library: Library,
    narrator: OfflineNarrator,
    scenario: String,
    state: GameState,
    history: Vec<ChatMessage>,
    past: Vec<Moment>,
    steps: Vec<Value>,
}

/// What a turn can be taken back to.
#[derive(Debug)]
struct Moment {
    state: GameState,
    history: usize,
    steps: usize,
}

/// What one message led to.
#[derive(Debug, Default)]
pub struct Answer {
    /// The narrations: that of the message, then those of the story events that it caused.
    pub narrations: Vec<String>,
    /// What was refused.
    pub refused: Vec<String>,
}

/// Why something cannot be done in a rehearsal.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RehearsalError {
    #[error(transparent)]
    NewGame(#[from] NewGameError),
    #[error(transparent)]
    Patch(#[from] PatchError),
    #[error(transparent)]
    Prompt(#[from] PromptError),
    #[error(transparent)]
    Apply(#[from] story::ApplyError),
    #[error("the story has ended; take a turn back (/undo), or begin the story again")]
    Over,
    #[error("the scene `{scene}` has no conditional `{id}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownConditional { scene: String, id: String, suggestion: Option<String> },
}

impl Rehearsal {
    /// A new game of `scenario`, told by `narrator`.
    pub fn new(library: Library, narrator: OfflineNarrator, scenario: &str) -> Result<Self, RehearsalError> {
        let (state, history) = new_game(&library, &NewGame { scenario: scenario.to_owned(), ..NewGame::default() })?;
        Ok(Self {
            library,
            narrator,
            scenario: scenario.to_owned(),
            state,
            history,
            past: Vec::new(),
            steps: Vec::new(),
        })
    }

    /// The game as it stands.
    #[must_use]
    pub fn state(&self) -> &GameState {
        &self.state
    }

    /// What was said and told, the opening first.
    #[must_use]
    pub fn history(&self) -> &[ChatMessage] {
        &self.history
    }

    /// Plays one message and the story events that it causes.
    pub fn say(&mut self, message: &str) -> Result<Answer, RehearsalError> {
        if self.state.is_ended {
            return Err(RehearsalError::Over);
        }
        self.remember();
        let mut answer = Answer::default();
        let applied = self.turn(&Input::Player { message: message.to_owned(), actor: None }, &mut answer)?;
        let mut step = json!({ "user_prompt": message, "expect": self.expectation() });
        if self.state.is_ended {
            step["expect"]["is_ended"] = json!(true);
            if let Some(ending) = &self.state.ending {
                step["expect"]["state"] = json!({ "/ending/id": ending.id, "/ending/score": ending.score });
            }
        }
        self.steps.push(step);
        let mut events: std::collections::VecDeque<_> = applied.story_events.into();
        while let Some(event) = events.pop_front() {
            let expected = event.prompt.chars().take(60).collect::<String>();
            let applied = self.turn(&Input::story_event(event.prompt), &mut answer)?;
            self.steps.push(json!({ "user_prompt": "WAIT_FOR_STORY_EVENT", "expect": { "story_event_contains": [expected.trim()] } }));
            events.extend(applied.story_events);
        }
        Ok(answer)
    }

    fn turn(&mut self, input: &Input, answer: &mut Answer) -> Result<Applied, RehearsalError> {
        let window = &self.history[self.history.len().saturating_sub(WINDOW)..];
        let prompt = narration_prompt(&self.library, &self.state, window, input, usize::MAX)?;
        let narration = self.narrator.narrate(prompt.system(), prompt.messages());
        let ask = extraction_prompt(&self.library, &self.state, input, &narration)?;
        let delta = self.narrator.extract(ask.system(), ask.messages());
        let applied = apply(&self.library, &self.state, &delta, input)?;
        self.history.push(ChatMessage::user(user_text(&self.state, input)));
        self.history.push(ChatMessage::assistant(narration.clone()));
        self.state = applied.state.clone();
        answer.narrations.push(narration);
        answer
            .refused
            .extend(applied.rejections.iter().map(|rejection| format!("{}: {}", rejection.effect, rejection.reason)));
        Ok(applied)
    }

    /// Gives a variable a value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), RehearsalError> {
        let mut vars = self.state.vars.clone();
        vars.insert(name.to_owned(), value.to_owned());
        self.patch(json!({ "vars": vars }))
    }

    /// Puts the player into a place, by key or name.
    pub fn goto(&mut self, place: &str) -> Result<(), RehearsalError> {
        self.patch(json!({ "user_location": place }))
    }

    /// Gives the player an item; nobody else then has it.
    pub fn give(&mut self, item: &str) -> Result<(), RehearsalError> {
        let mut inventory = self.state.user_inventory.clone();
        inventory.push(item.to_owned());
        self.patch(json!({ "user_inventory": inventory }))
    }

    /// Begins a scene.
    pub fn scene(&mut self, scene: &str) -> Result<(), RehearsalError> {
        self.patch(json!({ "scene_name": scene }))
    }

    fn patch(&mut self, changes: Value) -> Result<(), RehearsalError> {
        // The keys are those of `StatePatch`, so this cannot fail.
        let changes: StatePatch = serde_json::from_value(changes).unwrap_or_default();
        let patched = patch(&self.library, &self.state, &changes)?;
        self.remember();
        self.state = patched;
        let http =
            json!({ "method": "PATCH", "path": "/v1/gamestate/{game}", "body": changes, "expect": { "status": 200 } });
        self.steps.push(json!({ "http": http }));
        Ok(())
    }

    fn remember(&mut self) {
        if self.past.len() == MAX_UNDO {
            self.past.remove(0);
        }
        self.past.push(Moment { state: self.state.clone(), history: self.history.len(), steps: self.steps.len() });
    }

    /// Takes the last message or change back. Returns whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(moment) = self.past.pop() else { return false };
        self.state = moment.state;
        self.history.truncate(moment.history);
        self.steps.truncate(moment.steps);
        true
    }

    /// What each part of the condition of the scene's conditional `id` says now; without an id, of all that have not fired.
    pub fn why(&self, id: Option<&str>) -> Result<String, RehearsalError> {
        let scene = self.state.scene_name.as_str();
        let conditionals = || self.scenario().into_iter().flat_map(|scenario| scenario.conditionals_in(scene));
        if let Some(id) = id
            && !conditionals().any(|placed| placed.id == id)
        {
            let known = conditionals().map(|placed| placed.id);
            return Err(RehearsalError::UnknownConditional {
                scene: self.state.scene_name.clone(),
                id: id.to_owned(),
                suggestion: nearest(id, known).map(str::to_owned),
            });
        }
        let explained = self.scenario().map(|scenario| explain(scenario, &self.state, &[])).unwrap_or_default();
        let mut report = String::new();
        for ConditionalExplained { id: key, standing, parts } in explained.conditionals {
            if id.map_or(standing == Standing::Spent, |id| id != key) {
                continue;
            }
            let _ = writeln!(report, "{key} {}", standing.verb());
            for part in parts {
                let mark = if part.holds { '+' } else { '-' };
                let _ = writeln!(report, "  {}{mark} {}", "  ".repeat(part.depth), part.text);
            }
        }
        if report.is_empty() {
            report.push_str("every conditional of this scene has fired\n");
        }
        Ok(report)
    }

    /// The rehearsal so far as a case of the harness, which plays it again and demands what came of it.
    #[must_use]
    pub fn case(&self, name: &str) -> String {
        let steps: Vec<String> = self.steps.iter().map(|step| format!("    {step}")).collect();
        format!(
            "{{\n  \"name\": {},\n  \"scenario\": {},\n  \"seed\": {},\n  \"steps\": [\n{}\n  ]\n}}\n",
            json!(name),
            json!(self.scenario),
            self.state.seed,
            steps.join(",\n")
        )
    }

    fn expectation(&self) -> Value {
        json!({ "location": self.state.user_location, "scene_name": self.state.scene_name, "inventory": self.state.user_inventory })
    }

    fn scenario(&self) -> Option<&Scenario> {
        self.library.scenario(&self.scenario)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped;

    fn rehearsal(scenario: &str) -> Rehearsal {
        let (library, scripts) = shipped();
        Rehearsal::new(library.clone(), OfflineNarrator::new(library, scripts), scenario).unwrap()
    }

    #[test]
    fn a_story_is_played_and_turns_are_taken_back() {
        let mut game = rehearsal("ferry_crossing");
        let narrations = game.say("ring the bell").unwrap().narrations;
        assert_eq!(narrations.len(), 2, "the story event is narrated too");
        assert_eq!(game.state().vars["bell_rung"], "true");
        assert!(game.undo());
        assert_eq!((game.state().vars["bell_rung"].as_str(), game.history().len()), ("false", 1));
        assert!(!game.undo());
    }

    #[test]
    fn an_author_can_set_go_and_give_and_ask_why() {
        let mut game = rehearsal("one_chair_too_many");
        let why = game.why(Some("the_beat_is_taken_up")).unwrap();
        assert!(why.contains("does not hold") && why.contains("- `metronome_started` is \"true\""), "{why}");
        game.set("metronome_started", "true").unwrap();
        assert!(game.why(Some("the_beat_is_taken_up")).unwrap().contains("holds"));
        game.give("slack bass string").unwrap();
        game.goto("nursery").unwrap();
        assert_eq!(game.state().user_location, "nursery");
        assert!(game.goto("attic").is_err());
        let error = game.why(Some("the_beet_is_taken_up")).unwrap_err().to_string();
        assert!(error.ends_with("did you mean `the_beat_is_taken_up`?"), "{error}");
        assert!(game.undo());
        assert_eq!(game.state().user_location, "porch");
    }

    #[test]
    fn a_rehearsal_is_a_case() {
        let mut game = rehearsal("ferry_crossing");
        game.say("ring the bell").unwrap();
        game.say("north").unwrap();
        game.say("north").unwrap();
        assert!(matches!(game.say("wait"), Err(RehearsalError::Over)));
        let case: Value = serde_json::from_str(&game.case("Across")).unwrap();
        assert_eq!((&case["scenario"], &case["seed"]), (&json!("ferry_crossing"), &json!(0)));
        let prompts: Vec<_> =
            case["steps"].as_array().unwrap().iter().map(|step| step["user_prompt"].clone()).collect();
        assert_eq!(prompts, ["ring the bell", "WAIT_FOR_STORY_EVENT", "north", "north"]);
        assert_eq!(case["steps"][3]["expect"]["is_ended"], true);
    }
}
