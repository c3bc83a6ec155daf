//! From the text of a case file to a [`Case`] or a sequence of cases.

use std::path::{Path, PathBuf};

use mock_llm::{Script, ScriptError};
use serde_json::Value;
use story::StatePatch;

use super::error::{CaseError, CaseWarning, Source};
use super::file::{CaseFile, Filter, Snapshots};
use super::scripts::Scripts;
use super::step::{Around, Step};
use super::{Case, DEFAULT_GAME, Game, ModelScript, compat, labels, names, numbers, vacuous};
use crate::json::{self, JsonError, Kind, Node};
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
///
/// # Errors
/// Every mistake of the file that can be found without guessing what another one was meant to be, in the order of the file.
pub fn parse(text: &str, path: &Path, profile: &Profile) -> Result<(Parsed, Vec<CaseWarning>), Vec<CaseError>> {
    parse_with(text, path, profile, &Scripts::default())
}

/// The same, for one of many files.
pub(super) fn parse_with(
    text: &str,
    path: &Path,
    profile: &Profile,
    scripts: &Scripts,
) -> Result<(Parsed, Vec<CaseWarning>), Vec<CaseError>> {
    let source = Source::new(path, text);
    let (mut warnings, mut errors) = (Vec::new(), Vec::new());
    let parsed = read(text, path, profile, scripts, &mut warnings, &mut errors).map_err(|error| errors.push(error));
    match parsed {
        Ok(parsed) if errors.is_empty() => {
            Ok((parsed, warnings.into_iter().map(|warning| source.warning(warning)).collect()))
        }
        _ => {
            errors.sort_by_key(|error| error.span.as_ref().map_or(0, |span| span.start));
            Err(errors.into_iter().map(|error| source.error(error)).collect())
        }
    }
}

/// Reads as far as it makes sense. Mistakes that do not keep the rest from being read go to `errors`; one that does is
/// returned.
fn read(
    text: &str,
    path: &Path,
    profile: &Profile,
    scripts: &Scripts,
    warnings: &mut Vec<JsonError>,
    errors: &mut Vec<JsonError>,
) -> Result<Parsed, JsonError> {
    if text.trim().is_empty() {
        return Err(JsonError::at(0..0, "this file is empty").help("`harness new NAME` writes a case to begin with"));
    }
    let mut node = json::parse(text)?;
    let is_go_case = compat::is_go_case(&node);
    warnings.extend(compat::modernise(&mut node).into_iter().map(|old| old.mistake));
    // A case of the Go engine may expect nothing, as it always did.
    if !is_go_case {
        errors.extend(vacuous::find(&node));
    }
    // Steps are read one by one, so that a mistake in one does not hide those of the others.
    let (rest, steps) = node.without("steps");
    let file: CaseFile = json::from_node(&rest)?;
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
    let nodes = match steps.map(|steps| (&steps.kind, steps)) {
        None => &[][..],
        Some((Kind::Array(nodes), _)) => nodes,
        Some((_, other)) => {
            let what = format!("expected a list of steps, found {}", other.describe());
            return Err(JsonError::at(other.span.clone(), what));
        }
    };
    if nodes.is_empty() {
        return Err(
            JsonError::at(node.span.clone(), "a case without steps says nothing").help("give it `steps` or `cases`")
        );
    }
    let around = Around { text, profile };
    let mut steps = Vec::with_capacity(nodes.len());
    for node in nodes {
        match json::from_node(node).and_then(|file| Step::from_file(file, node, around)) {
            Ok(step) => steps.push(step),
            Err(error) => errors.push(error),
        }
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
    if profile.is_story_engine() {
        errors.extend(seeds(&node).filter_map(|seed| json::from_node::<StatePatch>(seed).err()));
    }
    let mut games = games(&file, scenario);
    if is_go_case {
        games.iter_mut().for_each(relax);
    }
    // Without one of the steps, what the others name would be missing.
    if steps.len() == nodes.len() {
        errors.extend(labels::check(&games, &steps, nodes).err());
        errors.extend(numbers::check(file.workers, &steps, nodes).err());
    }
    errors.extend(check_filters(&file.snapshot, &node).err());
    let content = file.content.as_ref().map(|dir| directory(dir, &node, path)).transpose()?;
    let model = file.model.as_ref().map(|model| script(model, &node, text, path, scripts)).transpose()?;
    errors.extend(names::check_gates(nodes, model.as_ref()).err());
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

/// The seeds as they are written.
fn seeds(node: &Node) -> impl Iterator<Item = &Node> {
    let games = node.get("games").map_or(&[][..], Node::members).iter().map(|game| &game.value);
    std::iter::once(node).chain(games).filter_map(|game| game.get("seed_game_state"))
}

/// The Go engine's rules let a turn lead anywhere, and its cases rely on that. One that says otherwise keeps its word.
fn relax(game: &mut Game) {
    game.seed.entry("rules").or_insert_with(|| "relaxed".into());
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

    fn case(text: &str) -> Result<(Case, Vec<CaseWarning>), Vec<CaseError>> {
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
                r#"{"name": "x", "scenario": "s", "workers": 2, "steps": [{"kill": "worker[2]"}]}"#,
                "there is no `worker[2]`",
            ),
            (
                r#"{"name": "x", "scenario": "s", "seed_game_state": {"turn_conter": 3}, "steps": [{"user_prompt": "a"}]}"#,
                ":1:52: unknown key `turn_conter`",
            ),
            (
                r#"{"name": "x", "scenario": "s", "seed_game_state": {"vars": ["a"]}, "steps": [{"user_prompt": "a"}]}"#,
                "expected an object, found a list",
            ),
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
            let error = case(text).unwrap_err()[0].to_string();
            assert!(error.contains(message), "{text}\n{error}");
        }
    }

    #[test]
    fn all_mistakes_of_a_file_are_named_in_its_order() {
        let text = r#"{"name": "x", "scenario": "s", "snapshot": {"filters": [{"regex": "(", "with": ""}]}, "steps": [
            {"user_promt": "a"}, {"user_prompt": "b", "expect": {"turn_counter": "one"}}, {"expect": {"events": []}}]}"#;
        let errors: Vec<String> = case(text).unwrap_err().iter().map(ToString::to_string).collect();
        let found = ["unclosed group", "unknown key `user_promt`", "expected a whole number", "holds whatever happens"];
        assert_eq!(errors.len(), found.len(), "{errors:?}");
        for (error, part) in errors.iter().zip(found) {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_case_of_the_go_engine_may_expect_nothing_as_it_always_did() {
        let step = r#"{"name": "one", "user_prompt": "a", "expect": {"response_contains": []}}"#;
        let go = format!(r#"{{"name": "x", "scenario": "s.json", "seed_game_state": {{}}, "steps": [{step}]}}"#);
        assert!(case(&go).is_ok());
        let ours = format!(r#"{{"name": "x", "scenario": "s", "steps": [{step}]}}"#);
        assert!(case(&ours).unwrap_err()[0].to_string().contains("holds whatever happens"));
    }

    #[test]
    fn a_case_of_the_go_engine_is_played_by_its_loose_rules_unless_it_says_otherwise() {
        let rules = |seed: &str| {
            let text = format!(
                r#"{{"name": "x", "scenario": "s.json", "seed_game_state": {{{seed}}}, "steps": [{{"user_prompt": "a"}}]}}"#
            );
            case(&text).unwrap().0.games[0].seed.get("rules").cloned()
        };
        assert_eq!(rules(""), Some("relaxed".into()));
        assert_eq!(rules(r#""rules": "strict""#), Some("strict".into()));
    }

    #[test]
    fn an_empty_file_is_said_to_be_empty() {
        for text in ["", " \n"] {
            assert!(case(text).unwrap_err()[0].to_string().contains("this file is empty"), "{text:?}");
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
