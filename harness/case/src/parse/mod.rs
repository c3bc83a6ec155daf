//! From the text of a case file to a [`Case`] or a sequence of cases.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use story::StatePatch;

use super::error::{CaseError, CaseWarning, DiscoverError, Source};
use super::expand::{self, FragmentFiles, Fragments, Given};
use super::file::{CaseFile, Filter, Snapshots};
use super::lookup::{self, Libraries};
use super::scripts::Scripts;
use super::step::{Around, Step};
use super::{Case, DEFAULT_GAME, Game, Terms, compat, id, labels, names, numbers, vacuous};
use crate::json::{self, JsonError, Kind, Lines, Node, Span};
use crate::profile::Profile;

/// So often a case may be played in one run of the harness.
const RUNS_MAX: usize = 1_000;

/// What a file turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Parsed {
    /// A case; several, if the file has a table.
    Cases(Vec<Case>),
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
    /// Where they stand.
    places: Vec<Span>,
    source: Source,
}

impl Sequence {
    /// A mistake in the name with this number.
    pub(super) fn error(&self, number: usize, message: impl Into<String>) -> CaseError {
        let place = self.places.get(number).cloned().unwrap_or_default();
        let help = "a sequence names files relative to itself, with or without `.json`";
        self.source.error(JsonError::at(place, message).help(help))
    }
}

/// For what, and with what, case files are read.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    /// The service that the cases are for.
    pub profile: &'a Profile,
    /// Variables from outside.
    pub given: Given,
    /// The content with which cases are played that have none of their own: names are looked up there.
    pub content: Content,
}

/// Where the content is with which cases are played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// In a directory.
    Directory(PathBuf),
    /// In the engine.
    Shipped,
    /// That is not known here: an engine that runs already has its own.
    Unknown,
}

impl<'a> Reading<'a> {
    /// For this service, with nothing from outside.
    #[must_use]
    pub fn of(profile: &'a Profile) -> Self {
        Self { profile, given: Given::new(), content: Content::Unknown }
    }
}

/// What files that are read together share: each is read once.
#[derive(Debug, Default)]
pub(super) struct Shared {
    scripts: Scripts,
    fragments: FragmentFiles,
    libraries: Libraries,
    /// The variables that some file declares.
    declared: Mutex<BTreeSet<String>>,
}

impl Shared {
    fn declare(&self, variables: &Node) {
        let names = variables.members().iter().map(|variable| variable.key.clone());
        self.declared.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
    }

    /// Values from outside for variables that no file declares.
    pub(super) fn undeclared(&self, given: &Given) -> Vec<DiscoverError> {
        let declared = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown = given.keys().filter(|name| !declared.contains(*name));
        let error = |name: &String| DiscoverError::NoVariable {
            name: name.clone(),
            help: match json::nearest(name, declared.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a case declares it under `variables`".to_owned(),
            },
        };
        unknown.map(error).collect()
    }
}

/// Reads a case file. The path is for messages, for the case's id, and for what the file names relative to itself.
///
/// # Errors
/// Every mistake of the file that can be found without guessing what another one was meant to be, in the order of the file.
pub fn parse(text: &str, path: &Path, profile: &Profile) -> Result<(Parsed, Vec<CaseWarning>), Vec<CaseError>> {
    parse_with(text, path, &Reading::of(profile), &Shared::default())
}

/// The same, for one of many files.
pub(super) fn parse_with(
    text: &str,
    path: &Path,
    reading: &Reading<'_>,
    shared: &Shared,
) -> Result<(Parsed, Vec<CaseWarning>), Vec<CaseError>> {
    let source = Source::new(path, text);
    // Without a use no fragment can matter.
    let fragments = if text.contains("$use") { shared.fragments.around(path) } else { Ok(Fragments::default()) };
    let fragments = fragments.map_err(|error| vec![*error])?;
    let written = root(text).and_then(|root| {
        root.get("variables").into_iter().for_each(|variables| shared.declare(variables));
        expand::expand(root, text, &fragments, &reading.given)
    });
    let written = written.map_err(|error| vec![source.error(error)])?;
    let (mut cases, mut warnings, mut errors, mut rows) = (Vec::new(), Vec::new(), Vec::new(), 0);
    let lines = Lines::of(text);
    for expand::Written { row, node } in written {
        let file = File { path, lines: &lines, reading, shared };
        let mut found = Vec::new();
        rows += 1;
        match file.read(node, row.clone(), &mut warnings, &mut found) {
            Ok(Read::Case(case)) => cases.push(*case),
            Ok(Read::Sequence { name, cases, places }) => {
                return Ok((Parsed::Sequence(Sequence { name, cases, places, source }), Vec::new()));
            }
            Err(error) => found.push(error),
        }
        errors.extend(found.into_iter().map(|error| (error, row.clone())));
    }
    let mut errors = of_rows(errors, rows);
    for list in [&mut warnings, &mut errors] {
        list.sort_by_key(|error: &JsonError| error.span.as_ref().map_or(0, |span| span.start));
        list.dedup();
    }
    if errors.is_empty() { Ok((Parsed::Cases(cases), source.warnings(warnings))) } else { Err(source.errors(errors)) }
}

/// The mistakes of a file with so many rows, each once. One that only some rows have names them.
fn of_rows(errors: Vec<(JsonError, Option<String>)>, rows: usize) -> Vec<JsonError> {
    let mut found: Vec<(JsonError, Vec<String>)> = Vec::new();
    let mut known: HashMap<(usize, String), usize> = HashMap::new();
    for (error, row) in errors {
        let key = (error.span.as_ref().map_or(0, |span| span.start), error.message.clone());
        let at = *known.entry(key).or_insert(found.len());
        if at == found.len() {
            found.push((error, Vec::new()));
        }
        let of = &mut found[at].1;
        if let Some(row) = row.filter(|row| of.last() != Some(row)) {
            of.push(row);
        }
    }
    let named = |(error, of): (JsonError, Vec<String>)| match of.len() {
        0 => error,
        all if all == rows => error,
        _ => JsonError { message: format!("{} (in the row `{}`)", error.message, of.join("`, `")), ..error },
    };
    found.into_iter().map(named).collect()
}

fn root(text: &str) -> Result<Node, JsonError> {
    if text.trim().is_empty() {
        return Err(JsonError::at(0..0, "this file is empty").help("`harness new NAME` writes a case to begin with"));
    }
    json::parse(text)
}

/// What came of one row.
enum Read {
    Case(Box<Case>),
    Sequence { name: String, cases: Vec<String>, places: Vec<Span> },
}

/// The file that is read.
struct File<'a> {
    path: &'a Path,
    lines: &'a Lines<'a>,
    reading: &'a Reading<'a>,
    shared: &'a Shared,
}

impl File<'_> {
    /// Reads as far as it makes sense. Mistakes that do not keep the rest from being read go to `errors`; one that does is
    /// returned.
    fn read(
        &self,
        mut node: Node,
        row: Option<String>,
        warnings: &mut Vec<JsonError>,
        errors: &mut Vec<JsonError>,
    ) -> Result<Read, JsonError> {
        let Self { path, lines, reading: Reading { profile, .. }, shared } = *self;
        let is_go_case = compat::is_go_case(&node);
        warnings.extend(compat::modernise(&mut node));
        // A case of the Go engine may expect nothing, as it always did.
        if !is_go_case {
            errors.extend(vacuous::find(&node));
        }
        // Steps are read one by one, so that a mistake in one does not hide those of the others, nor one around them.
        let written = node.take("steps");
        let around = Around { lines, profile };
        let steps = read_steps(written.as_ref(), around, errors);
        let file: CaseFile = match json::all_from_node(&node) {
            Ok(file) => file,
            Err(mut found) => {
                // What else can be looked up without the types.
                if profile.is_story_engine() && !is_go_case {
                    errors.extend(lookup::check_engine(&node));
                    errors.extend(lookup::check_places(written.as_ref().map_or(&[][..], Node::items)));
                }
                let last = found.pop().unwrap_or_else(|| JsonError::at(node.span.clone(), "this is no case"));
                errors.extend(found);
                return Err(last);
            }
        };
        if !file.cases.is_empty() {
            if let Some(steps) = &written {
                return Err(JsonError::at(steps.span.clone(), "a sequence (`cases`) has no steps of its own"));
            }
            let places = node.get("cases").into_iter().flat_map(Node::items).map(|named| named.span.clone()).collect();
            return Ok(Read::Sequence { name: file.name, cases: file.cases, places });
        }
        if file.scenario.is_none() && profile.is_story_engine() {
            return Err(JsonError::at(node.span.clone(), "the key `scenario` is missing"));
        }
        let scenario = file.scenario.clone().unwrap_or_default();
        let nodes = step_nodes(&node, written.as_ref())?;
        if let Some(taken) =
            node.get("games").and_then(|games| games.members().iter().find(|game| game.key == DEFAULT_GAME))
        {
            let what = format!("`{DEFAULT_GAME}` is the default game: name this one otherwise");
            return Err(JsonError::at(taken.key_span.clone(), what));
        }
        if file.workers == 0 {
            let span = node.get("workers").map_or(node.span.clone(), |workers| workers.span.clone());
            return Err(JsonError::at(span, "without a worker no turn is ever narrated")
                .help("`kill` or `stop` them in a step"));
        }
        if profile.is_story_engine() {
            errors.extend(seeds(&node).filter_map(|seed| json::all_from_node::<StatePatch>(seed).err()).flatten());
        }
        let mut games = games(&file, scenario);
        if is_go_case {
            games.iter_mut().for_each(relax);
        }
        if profile.is_story_engine() && !is_go_case {
            self.look_up((&node, nodes), &file, &games, errors);
        }
        // Without one of the steps, what the others name would be missing.
        if steps.len() == nodes.len() {
            if !is_go_case {
                errors.extend(labels::check(&games, &steps, nodes));
            }
            errors.extend(numbers::check(file.workers, &steps, nodes));
        }
        errors.extend(check_filters(&file.snapshot, &node).err());
        let content = file.content.as_ref().map(|dir| directory(dir, &node, path)).transpose();
        let model = node.get("model").filter(|_| file.model.is_some());
        let model = model.map(|model| shared.scripts.of(model, path, lines)).transpose();
        if let Ok(model) = &model {
            errors.extend(names::check_gates(nodes, model.as_ref()));
        }
        let terms = terms(&file, &node, errors);
        let (content, model) = match (content, model) {
            (Ok(content), Ok(model)) => (content, model),
            (Err(content), Err(model)) => {
                errors.push(content);
                return Err(model);
            }
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        Ok(Read::Case(Box::new(Case {
            id: id::of_row(&id::of_file(path), row.as_deref()),
            row,
            terms,
            name: file.name,
            path: path.to_owned(),
            tags: file.tags,
            games,
            workers: file.workers,
            content,
            engine: file.engine,
            headers: file.headers,
            model,
            steps,
            snapshot: file.snapshot,
            requires: file.requires,
            dead_letters: file.dead_letters,
            schedules: file.schedules,
            of_go_engine: is_go_case,
        })))
    }

    /// What the case names outside itself and is not there.
    fn look_up(&self, (node, steps): (&Node, &[Node]), file: &CaseFile, games: &[Game], errors: &mut Vec<JsonError>) {
        errors.extend(lookup::check_engine(node));
        errors.extend(lookup::check_places(steps));
        let own = file.content.as_ref().map(|dir| self.path.parent().unwrap_or(Path::new("")).join(dir));
        let library = match own.map_or_else(|| self.reading.content.clone(), Content::Directory) {
            Content::Directory(dir) => self.shared.libraries.of(&dir),
            Content::Shipped => self.shared.libraries.shipped(),
            Content::Unknown => None,
        };
        errors.extend(library.iter().flat_map(|library| lookup::check_content(node, steps, games, library)));
    }
}

/// The steps that can be read; what is wrong with the others goes to `errors`.
fn read_steps(written: Option<&Node>, around: Around<'_>, errors: &mut Vec<JsonError>) -> Vec<Step> {
    let mut steps = Vec::new();
    for node in written.into_iter().flat_map(Node::items) {
        match Step::read(node, around) {
            Ok(step) => steps.push(step),
            Err(found) => errors.extend(found),
        }
    }
    steps
}

/// The steps as they are written.
fn step_nodes<'a>(case: &Node, steps: Option<&'a Node>) -> Result<&'a [Node], JsonError> {
    match steps.map(|steps| (&steps.kind, steps)) {
        Some((Kind::Array(nodes), _)) if !nodes.is_empty() => Ok(nodes),
        None | Some((Kind::Array(_), _)) => {
            Err(JsonError::at(case.span.clone(), "a case without steps says nothing")
                .help("give it `steps` or `cases`"))
        }
        Some((_, other)) => {
            let what = format!("expected a list of steps, found {}", other.describe());
            Err(JsonError::at(other.span.clone(), what))
        }
    }
}

/// On what terms the case is run.
fn terms(file: &CaseFile, node: &Node, errors: &mut Vec<JsonError>) -> Terms {
    let mut wrong = |key: &str, what: &str| {
        errors.push(JsonError::at(node.get(key).unwrap_or(node).span.clone(), what));
    };
    for (key, reason) in [("skip", &file.skip), ("expected_failure", &file.expected_failure)] {
        if reason.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
            wrong(key, "a reason is missing: readers of the report will ask why");
        }
    }
    let limit = file.timeout_seconds.map(Duration::try_from_secs_f64);
    if limit.as_ref().is_some_and(|limit| limit.as_ref().map_or(true, Duration::is_zero)) {
        wrong("timeout_seconds", "a time limit is a number of seconds above 0");
    }
    if !(1..=RUNS_MAX).contains(&file.runs) {
        wrong("runs", &format!("a case has from 1 to {RUNS_MAX} runs"));
    }
    let pass_rate = file.pass_rate.unwrap_or(1.0);
    if !(pass_rate > 0.0 && pass_rate <= 1.0) {
        wrong("pass_rate", "a rate is above 0 and at most 1: at 0 the case would say nothing");
    }
    if file.expected_failure.is_some() && file.runs > 1 {
        wrong("expected_failure", "a case with several `runs` has a `pass_rate` instead");
    }
    Terms {
        only: file.only,
        skip: file.skip.clone(),
        expected_failure: file.expected_failure.clone(),
        limit: limit.and_then(Result::ok),
        retries: file.retries,
        runs: file.runs,
        pass_rate,
    }
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
        chance: file.seed,
        gone: false,
        seed: file.seed_game_state.clone(),
    };
    let more = file.games.iter().map(|(label, game)| Game {
        label: label.clone(),
        scenario: game.scenario.clone().unwrap_or_else(|| default.scenario.clone()),
        pc: game.pc.clone().or_else(|| default.pc.clone()),
        chance: game.seed.or(default.chance),
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

/// The path of a case that a sequence in `from` names.
pub(super) fn named_path(from: &Path, named: &str) -> PathBuf {
    let path = from.parent().unwrap_or(Path::new("")).join(named);
    if path.extension().is_some_and(|extension| extension == "json") { path } else { path.with_added_extension("json") }
}
