//! From the text of a case file to a [`Case`] or a sequence of cases.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mock_llm::{Script, ScriptError};
use serde_json::Value;

use super::error::{CaseError, CaseWarning, Source};
use super::expect::EventList;
use super::file::CaseFile;
use super::scripts::Scripts;
use super::step::{Action, Step};
use super::{Case, DEFAULT_GAME, Game, ModelScript};
use crate::json::{self, JsonError, Node, nearest};

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed {
    /// A case.
    Case(Box<Case>),
    /// The names of other cases.
    Sequence(Sequence),
}

/// The names of other cases, relative to the file that holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// What the sequence is about.
    pub name: String,
    /// File names, with or without `.json`.
    pub cases: Vec<String>,
}

/// Reads a case file. The path is for messages, for the case's id, and for what the file names relative to itself.
pub fn parse(text: &str, path: &Path) -> Result<(Parsed, Vec<CaseWarning>), Box<CaseError>> {
    parse_with(text, path, &Scripts::default())
}

/// The same, for one of many files.
pub(super) fn parse_with(
    text: &str,
    path: &Path,
    scripts: &Scripts,
) -> Result<(Parsed, Vec<CaseWarning>), Box<CaseError>> {
    let source = Source::new(path, text);
    let mut warnings = Vec::new();
    let parsed = read(text, path, scripts, &mut warnings).map_err(|error| Box::new(source.error(error)))?;
    Ok((parsed, warnings.into_iter().map(|warning| source.warning(warning)).collect()))
}

fn read(text: &str, path: &Path, scripts: &Scripts, warnings: &mut Vec<JsonError>) -> Result<Parsed, JsonError> {
    let mut node = json::parse(text)?;
    warnings.extend(super::compat::modernise(&mut node).into_iter().map(|old| old.mistake));
    let mut file: CaseFile = json::from_node(&node)?;
    if !file.cases.is_empty() {
        if let Some(steps) = node.get("steps") {
            return Err(JsonError::at(steps.span.clone(), "a sequence (`cases`) has no steps of its own"));
        }
        return Ok(Parsed::Sequence(Sequence { name: file.name, cases: file.cases }));
    }
    let scenario =
        file.scenario.clone().ok_or_else(|| JsonError::at(node.span.clone(), "the key `scenario` is missing"))?;
    let nodes = node.get("steps").map_or(&[][..], Node::items);
    let steps = std::mem::take(&mut file.steps).into_iter().zip(nodes).map(|(step, node)| Step::from_file(step, node));
    let steps: Vec<Step> = steps.collect::<Result<_, _>>()?;
    if steps.is_empty() {
        return Err(
            JsonError::at(node.span.clone(), "a case without steps says nothing").help("give it `steps` or `cases`")
        );
    }
    let games = games(&file, scenario);
    check_names(&games, &steps, nodes)?;
    let model = file.model.as_ref().map(|model| script(model, &node, text, path, scripts)).transpose()?;
    Ok(Parsed::Case(Box::new(Case {
        id: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        name: file.name,
        path: path.to_owned(),
        tags: file.tags,
        games,
        workers: file.workers,
        engine: file.engine,
        model,
        steps,
        snapshot: file.snapshot,
        dead_letters: file.dead_letters,
    })))
}

fn games(file: &CaseFile, scenario: String) -> Vec<Game> {
    let default =
        Game { label: DEFAULT_GAME.to_owned(), scenario, pc: file.pc.clone(), seed: file.seed_game_state.clone() };
    let more = file.games.iter().map(|(label, game)| Game {
        label: label.clone(),
        scenario: game.scenario.clone().unwrap_or_else(|| default.scenario.clone()),
        pc: game.pc.clone().or_else(|| default.pc.clone()),
        seed: game.seed_game_state.clone().unwrap_or_else(|| default.seed.clone()),
    });
    let mut games: Vec<Game> = more.collect();
    games.insert(0, default);
    games
}

/// The script of a case, its own or another file's, checked here so that its mistakes show before anything is started.
fn script(model: &Value, node: &Node, text: &str, path: &Path, scripts: &Scripts) -> Result<ModelScript, JsonError> {
    let span = node.get("model").map_or(node.span.clone(), |model| model.span.clone());
    if let Value::String(file) = model {
        let path = path.parent().unwrap_or(Path::new("")).join(file);
        let text = scripts.text(&path).map_err(|message| JsonError::at(span, message))?;
        return Ok(ModelScript { text, path });
    }
    let text = json::without_comments(&text[span.clone()])?;
    Script::parse(&text, &path.display().to_string()).map_err(|error| match error {
        ScriptError::Invalid(mistake) => {
            let at = (span.start + mistake.offset).min(span.end);
            JsonError {
                message: format!("in the model's script: {}", mistake.problem),
                help: mistake.help,
                span: Some(at..at + 1),
            }
        }
        ScriptError::Read { .. } => JsonError::at(span, error.to_string()),
    })?;
    Ok(ModelScript { text, path: path.to_owned() })
}

/// Every game and request that a step names must be there by then.
fn check_names(games: &[Game], steps: &[Step], nodes: &[Node]) -> Result<(), JsonError> {
    let labels: BTreeSet<&str> = games.iter().map(|game| game.label.as_str()).collect();
    let mut requests = BTreeSet::new();
    for (step, node) in steps.iter().zip(nodes) {
        for part in step.with_children() {
            let game = part.game.as_deref().unwrap_or(DEFAULT_GAME);
            known("game", game, &labels, node)?;
            if let Action::Chat { label: Some(label), .. } | Action::WaitForStoryEvent { label: Some(label) } =
                &part.action
                && (labels.contains(label.as_str()) || !requests.insert(label.as_str()))
            {
                return Err(JsonError::at(node.span.clone(), format!("the label `{label}` is taken")));
            }
        }
        for part in step.with_children() {
            let waits = match &part.action {
                Action::WaitFor(wait) => wait.request.as_deref(),
                Action::RequestStream(stream) => Some(stream.request.as_str()),
                _ => None,
            };
            let patterns = part.expect.events.iter().flat_map(EventList::patterns);
            let named = patterns.filter_map(|pattern| pattern.request.as_deref());
            for label in named.chain(waits).chain(part.expect.request.as_deref()) {
                known("request", label, &requests, node)?;
            }
        }
    }
    Ok(())
}

fn known(what: &str, label: &str, labels: &BTreeSet<&str>, node: &Node) -> Result<(), JsonError> {
    if labels.contains(label) {
        return Ok(());
    }
    let error = JsonError::at(node.span.clone(), format!("no {what} is called `{label}` at this step"));
    Err(match nearest(label, labels.iter().copied()) {
        Some(name) => error.help(format!("did you mean `{name}`?")),
        None if what == "request" => error.help("a request gets its label by `\"as\": …` at an earlier step"),
        None => error.help("more games are declared under `games`"),
    })
}

/// The path of a case that a sequence in `from` names.
pub(super) fn named_path(from: &Path, named: &str) -> PathBuf {
    let path = from.parent().unwrap_or(Path::new("")).join(named);
    if path.extension().is_some_and(|extension| extension == "json") { path } else { path.with_added_extension("json") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(text: &str) -> Result<(Case, Vec<CaseWarning>), Box<CaseError>> {
        parse(text, Path::new("cases/test_this.json")).map(|(parsed, warnings)| match parsed {
            Parsed::Case(case) => (*case, warnings),
            Parsed::Sequence(_) => panic!("a sequence"),
        })
    }

    #[test]
    fn a_go_case_is_a_case() {
        let (case, warnings) = case(
            r#"{"name": "Climb", "scenario": "lighthouse.json",
                "seed_game_state": {"scene_name": "storm", "user_inventory": ["lantern"]},
                "steps": [
                  {"name": "climb", "user_prompt": "I climb.", "expect": {"location": "lamp_room", "inventory": []}},
                  {"name": "event", "user_prompt": "WAIT_FOR_STORY_EVENT", "expect": {"story_event_contains": ["flash"]}},
                  {"name": "reset", "user_prompt": "RESET_GAMESTATE", "expect": {"user_location": "jetty"}}]}"#,
        )
        .unwrap();
        assert_eq!(warnings.len(), 1, "`user_location` is an old name");
        assert_eq!(case.id, "test_this");
        assert_eq!(case.steps[0].expect.inventory, Some(vec![]));
        assert!(matches!(case.steps[1].action, Action::WaitForStoryEvent { .. }));
        assert_eq!(case.steps[2].action, Action::Reset);
        assert_eq!(case.steps[2].expect.location.as_deref(), Some("jetty"));
    }

    #[test]
    fn mistakes_are_named_with_line_and_column() {
        for (text, message) in [
            (r#"{"name": "x", "steps": [{"user_prompt": "a"}]}"#, "`scenario` is missing"),
            (r#"{"name": "x", "scenario": "s", "steps": []}"#, "says nothing"),
            (r#"{"name": "x", "scenario": "s", "steps": [{"user_promt": "a"}]}"#, ":1:43: unknown key `user_promt`"),
            (r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "a", "kill": "api"}]}"#, "does one thing"),
            (r#"{"name": "x", "scenario": "s", "steps": [{"kill": "redis"}]}"#, "`redis` is not a process"),
            (
                r#"{"name": "x", "scenario": "s", "steps": [{"wait_for": {"event": "chat.chunks"}}]}"#,
                "`chat.chunks` is not known",
            ),
            (
                r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "a", "game": "b"}]}"#,
                "no game is called `b`",
            ),
            (
                r#"{"name": "x", "scenario": "s", "steps": [{"expect": {"request": "b", "attempt": 1}}]}"#,
                "no request is called `b`",
            ),
            (
                r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "a", "expect": {"response_regex": "("}}]}"#,
                "unclosed group",
            ),
            (r#"{"name": "x", "scenario": "s", "steps": [{"user_prompt": "a", "timeout_seconds": 0}]}"#, "time limit"),
            (
                r#"{"name": "x", "scenario": "s", "steps": [{"wait": false, "expect": {"turn_counter": 1}}]}"#,
                "goes with `user_prompt`",
            ),
        ] {
            let error = case(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}\n{error}");
        }
    }

    #[test]
    fn games_beside_the_default_one_inherit_from_it() {
        let (case, _) = case(
            r#"{"name": "x", "scenario": "s", "pc": "ada", "games": {"b": {"pc": "bo"}, "c": {}},
                "steps": [{"user_prompt": "a", "game": "b"}]}"#,
        )
        .unwrap();
        let games: Vec<_> =
            case.games.iter().map(|g| (g.label.as_str(), g.scenario.as_str(), g.pc.as_deref())).collect();
        assert_eq!(games, [("game", "s", Some("ada")), ("b", "s", Some("bo")), ("c", "s", Some("ada"))]);
    }

    #[test]
    fn a_sequence_is_not_a_case() {
        let (parsed, _) = parse(r#"{"name": "all", "cases": ["a", "b.json"]}"#, Path::new("d/all.json")).unwrap();
        assert_eq!(
            parsed,
            Parsed::Sequence(Sequence { name: "all".to_owned(), cases: vec!["a".to_owned(), "b.json".to_owned()] })
        );
        assert_eq!(named_path(Path::new("d/all.json"), "a"), Path::new("d/a.json"));
        assert_eq!(named_path(Path::new("d/all.json"), "b.json"), Path::new("d/b.json"));
    }
}
