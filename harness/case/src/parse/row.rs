//! From one row of a case file to a case: everything in it is read, checked and looked up. A file without a table is one row.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use story::StatePatch;

use super::reading::{Content, Reading, Shared};
use crate::file::{CaseFile, Filter, Snapshots};
use crate::json::{self, JsonError, Kind, Node, Span};
use crate::profile::Profile;
use crate::sources::CaseLines;
use crate::step::Step;
use crate::step::read::Around;
use crate::{
    Case, DEFAULT_GAME, ExpectedFailure, Game, Terms, WarningAbout, compat, id, labels, lookup, misplaced, names,
    numbers, repairs, vacuous,
};

/// So often a case may be played in one run of the harness.
const RUNS_MAX: usize = 1_000;

/// The priorities that a case may have.
const PRIORITIES: RangeInclusive<i64> = -100..=100;

/// What came of one row.
pub(super) enum Read {
    Case(Box<Case>),
    Sequence { name: String, cases: Vec<String>, places: Vec<Span> },
}

/// Where the row is read, and with what.
pub(super) struct Row<'a> {
    pub(super) path: &'a Path,
    pub(super) lines: &'a CaseLines<'a>,
    pub(super) reading: &'a Reading<'a>,
    pub(super) shared: &'a Shared,
}

/// What keeps a case from being played at all, if there is something.
fn cannot_be_played(file: &CaseFile, node: &Node, profile: &Profile) -> Option<JsonError> {
    if file.scenario.is_none() && profile.is_story_engine() {
        return Some(JsonError::at(node.span.clone(), "the key `scenario` is missing"));
    }
    let games = node.get("games").map_or(&[][..], Node::members);
    if let Some(taken) = games.iter().find(|game| game.key == DEFAULT_GAME) {
        let what = format!("`{DEFAULT_GAME}` is the default game: name this one otherwise");
        return Some(JsonError::at(taken.key_span.clone(), what));
    }
    if file.workers == 0 {
        let span = node.get("workers").map_or(node.span.clone(), |workers| workers.span.clone());
        let error = JsonError::at(span, "without a worker no turn is ever narrated");
        return Some(error.help("`kill` or `stop` them in a step"));
    }
    None
}

impl Row<'_> {
    /// Reads as far as it makes sense. Mistakes that do not keep the rest from being read go to `errors`; one that does is
    /// returned.
    pub(super) fn read(
        &self,
        mut node: Node,
        row: Option<String>,
        warnings: &mut Vec<(WarningAbout, JsonError)>,
        errors: &mut Vec<JsonError>,
    ) -> Result<Read, JsonError> {
        let Self { path, lines, reading: Reading { profile, .. }, shared } = *self;
        let is_go_case = compat::is_go_case(&node);
        warnings.extend(compat::modernise(&mut node).into_iter().map(|old| (WarningAbout::OldName, old)));
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
                misplaced::hint_case(&node, &mut found);
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
        if let Some(none) = node.get("cases") {
            return Err(JsonError::at(none.span.clone(), "a sequence without cases runs nothing")
                .help("name files in it, or give the case `steps`"));
        }
        if let Some(wrong) = cannot_be_played(&file, &node, profile) {
            return Err(wrong);
        }
        let scenario = file.scenario.clone().unwrap_or_default();
        let nodes = step_nodes(&node, written.as_ref())?;
        if profile.is_story_engine() {
            errors.extend(seeds(&node).filter_map(|seed| json::all_from_node::<StatePatch>(seed).err()).flatten());
        }
        if !is_go_case {
            warnings.extend(vacuous::expects_nothing(&node, nodes).map(|doubt| (WarningAbout::Doubt, doubt)));
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
            errors.extend(repairs::check(&steps, nodes));
        }
        errors.extend(check_filters(&file.snapshot, &node));
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
    if !PRIORITIES.contains(&file.priority) {
        let (lowest, highest) = (PRIORITIES.start(), PRIORITIES.end());
        wrong("priority", &format!("a priority is from {lowest} to {highest}; the highest start first"));
    }
    if !(1..=RUNS_MAX).contains(&file.runs) {
        wrong("runs", &format!("a case has from 1 to {RUNS_MAX} runs"));
    }
    if file.runs == 1 && file.pass_rate.is_some_and(|rate| rate < 1.0) {
        wrong("pass_rate", "the case is played once, so a part of its runs is all or nothing: give it `runs` too");
    }
    let pass_rate = file.pass_rate.unwrap_or(1.0);
    if !(pass_rate > 0.0 && pass_rate <= 1.0) {
        wrong("pass_rate", "a rate is above 0 and at most 1: at 0 the case would say nothing");
    }
    if file.expected_failure.is_some() && file.runs > 1 {
        wrong("expected_failure", "a case with several `runs` has a `pass_rate` instead");
    }
    if file.fails_with.is_some() && file.expected_failure.is_none() {
        wrong("fails_with", "no failure is expected here: say why one is, under `expected_failure`");
    }
    if file.fails_with.as_ref().is_some_and(|text| text.trim().is_empty()) {
        wrong("fails_with", "every failure contains this");
    }
    let expected_failure =
        file.expected_failure.clone().map(|reason| ExpectedFailure { reason, text: file.fails_with.clone() });
    Terms {
        only: file.only,
        skip: file.skip.clone(),
        expected_failure,
        limit: limit.and_then(Result::ok),
        priority: file.priority,
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

fn check_filters(snapshots: &Snapshots, node: &Node) -> Vec<JsonError> {
    let written = node.get("snapshot").and_then(|snapshot| snapshot.get("filters")).map_or(&[][..], Node::items);
    let filters = snapshots.filters.iter().zip(written);
    let wrong = |(filter, written): (&Filter, &Node)| {
        let error = regex::Regex::new(&filter.regex).err()?;
        Some(JsonError::at(written.get("regex").unwrap_or(written).span.clone(), error.to_string()))
    };
    filters.filter_map(wrong).collect()
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
