//! From the text of a case file to a [`Case`] or a sequence of cases.

use std::path::{Path, PathBuf};

use mock_llm::{Script, ScriptError};
use serde_json::Value;

use super::error::{CaseError, CaseWarning, Source};
use super::file::{CaseFile, Filter, Snapshots};
use super::scripts::Scripts;
use super::step::{Around, Step};
use super::{Case, DEFAULT_GAME, Game, ModelScript, labels, names};
use crate::json::{self, JsonError, Node};
use crate::profile::Profile;

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
pub fn parse(text: &str, path: &Path, profile: &Profile) -> Result<(Parsed, Vec<CaseWarning>), Box<CaseError>> {
    parse_with(text, path, profile, &Scripts::default())
}

/// The same, for one of many files.
pub(super) fn parse_with(
    text: &str,
    path: &Path,
    profile: &Profile,
    scripts: &Scripts,
) -> Result<(Parsed, Vec<CaseWarning>), Box<CaseError>> {
    let source = Source::new(path, text);
    let mut warnings = Vec::new();
    let parsed = read(text, path, profile, scripts, &mut warnings).map_err(|error| Box::new(source.error(error)))?;
    Ok((parsed, warnings.into_iter().map(|warning| source.warning(warning)).collect()))
}

fn read(
    text: &str,
    path: &Path,
    profile: &Profile,
    scripts: &Scripts,
    warnings: &mut Vec<JsonError>,
) -> Result<Parsed, JsonError> {
    let mut node = json::parse(text)?;
    warnings.extend(super::compat::modernise(&mut node).into_iter().map(|old| old.mistake));
    let mut file: CaseFile = json::from_node(&node)?;
    if !file.cases.is_empty() {
        if let Some(steps) = node.get("steps") {
            return Err(JsonError::at(steps.span.clone(), "a sequence (`cases`) has no steps of its own"));
        }
        return Ok(Parsed::Sequence(Sequence { name: file.name, cases: file.cases }));
    }
    if file.scenario.is_none() && profile.is_story_engine() {
        return Err(JsonError::at(node.span.clone(), "the key `scenario` is missing"));
    }
    let scenario = file.scenario.clone().unwrap_or_default();
    let nodes = node.get("steps").map_or(&[][..], Node::items);
    let around = Around { text, profile };
    let steps = std::mem::take(&mut file.steps).into_iter().zip(nodes);
    let steps: Vec<Step> =
        steps.map(|(step, node)| Step::from_file(step, node, around)).collect::<Result<_, JsonError>>()?;
    if steps.is_empty() {
        return Err(
            JsonError::at(node.span.clone(), "a case without steps says nothing").help("give it `steps` or `cases`")
        );
    }
    if let Some(taken) =
        node.get("games").and_then(|games| games.members().iter().find(|game| game.key == DEFAULT_GAME))
    {
        let what = format!("`{DEFAULT_GAME}` is the default game: name this one otherwise");
        return Err(JsonError::at(taken.key_span.clone(), what));
    }
    if file.workers == 0 {
        let span = node.get("workers").map_or(node.span.clone(), |workers| workers.span.clone());
        return Err(
            JsonError::at(span, "without a worker nothing is ever told").help("`kill` or `stop` them in a step")
        );
    }
    let games = games(&file, scenario);
    labels::check(&games, &steps, nodes)?;
    check_filters(&file.snapshot, &node)?;
    let content = file.content.as_ref().map(|dir| directory(dir, &node, path)).transpose()?;
    let model = file.model.as_ref().map(|model| script(model, &node, text, path, scripts)).transpose()?;
    names::check_gates(nodes, model.as_ref())?;
    Ok(Parsed::Case(Box::new(Case {
        id: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        name: file.name,
        path: path.to_owned(),
        tags: file.tags,
        games,
        workers: file.workers,
        content,
        engine: file.engine,
        model,
        steps,
        snapshot: file.snapshot,
        requires: file.requires,
        dead_letters: file.dead_letters,
        schedules: file.schedules,
    })))
}

fn check_filters(snapshots: &Snapshots, node: &Node) -> Result<(), JsonError> {
    let span = || node.get("snapshot").map_or(node.span.clone(), |snapshot| snapshot.span.clone());
    let valid = |filter: &Filter| {
        regex::Regex::new(&filter.regex).map(drop).map_err(|error| JsonError::at(span(), error.to_string()))
    };
    snapshots.filters.iter().try_for_each(valid)
}

fn games(file: &CaseFile, scenario: String) -> Vec<Game> {
    let default = Game {
        label: DEFAULT_GAME.to_owned(),
        scenario,
        pc: file.pc.clone(),
        gone: false,
        seed: file.seed_game_state.clone(),
    };
    let more = file.games.iter().map(|(label, game)| Game {
        label: label.clone(),
        scenario: game.scenario.clone().unwrap_or_else(|| default.scenario.clone()),
        pc: game.pc.clone().or_else(|| default.pc.clone()),
        gone: game.gone,
        seed: game.seed_game_state.clone().unwrap_or_else(|| default.seed.clone()),
    });
    let mut games: Vec<Game> = more.collect();
    games.insert(0, default);
    games
}

/// A directory that a case names, relative to itself.
fn directory(named: &str, node: &Node, path: &Path) -> Result<PathBuf, JsonError> {
    let dir = path.parent().unwrap_or(Path::new("")).join(named);
    dir.canonicalize().ok().filter(|dir| dir.is_dir()).ok_or_else(|| {
        let span = node.get("content").map_or(node.span.clone(), |content| content.span.clone());
        JsonError::at(span, format!("{} is no directory", dir.display()))
    })
}

/// The script of a case, its own or another file's, checked here so that its mistakes show before anything is started.
fn script(model: &Value, node: &Node, text: &str, path: &Path, scripts: &Scripts) -> Result<ModelScript, JsonError> {
    let span = node.get("model").map_or(node.span.clone(), |model| model.span.clone());
    if let Value::String(file) = model {
        let path = path.parent().unwrap_or(Path::new("")).join(file);
        return scripts.get(&path).map_err(|message| JsonError::at(span, message));
    }
    let text = json::without_comments(&text[span.clone()])?;
    let script = Script::parse(&text, &path.display().to_string()).map_err(|error| match error {
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
    Ok(ModelScript { text, path: path.to_owned(), gates: script.gates() })
}

/// The path of a case that a sequence in `from` names.
pub(super) fn named_path(from: &Path, named: &str) -> PathBuf {
    let path = from.parent().unwrap_or(Path::new("")).join(named);
    if path.extension().is_some_and(|extension| extension == "json") { path } else { path.with_added_extension("json") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Action;

    fn case(text: &str) -> Result<(Case, Vec<CaseWarning>), Box<CaseError>> {
        parse(text, Path::new("cases/test_this.json"), &Profile::story_engine()).map(
            |(parsed, warnings)| match parsed {
                Parsed::Case(case) => (*case, warnings),
                Parsed::Sequence(_) => panic!("a sequence"),
            },
        )
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
        let (parsed, _) =
            parse(r#"{"name": "all", "cases": ["a", "b.json"]}"#, Path::new("d/all.json"), &Profile::story_engine())
                .unwrap();
        assert_eq!(
            parsed,
            Parsed::Sequence(Sequence { name: "all".to_owned(), cases: vec!["a".to_owned(), "b.json".to_owned()] })
        );
        assert_eq!(named_path(Path::new("d/all.json"), "a"), Path::new("d/a.json"));
        assert_eq!(named_path(Path::new("d/all.json"), "b.json"), Path::new("d/b.json"));
    }
}
