//! `engine validate`: what is wrong with content, once or whenever a file changes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use miette::IntoDiagnostic;
use notify::{RecursiveMode, Watcher};
use story::explore::{self, DEFAULT_BUDGET, Walks};
use story::{Finding, Library, Severity, Source};

use crate::content;
use crate::{out, outln};

/// Editors write a file in several steps; what comes within this time is one change.
const SETTLES: Duration = Duration::from_millis(100);

/// A walk is given up after this many turns: no player plays longer without an end.
const LONGEST_WALK: u64 = 1_000;

/// How findings are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    /// For people
    #[default]
    Text,
    /// One JSON array of findings
    Json,
}

/// What is to be checked, and how far.
#[derive(Debug, Clone, clap::Args)]
pub struct Validation {
    /// The directory; what is shipped when left out
    pub directory: Option<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// How many states of each story are searched for dead ends and endings; 0 for none
    #[arg(long, value_name = "STATES", default_value_t = DEFAULT_BUDGET)]
    pub budget: usize,
    /// Play this many turns of each story at random, and say what came of it
    #[arg(long, value_name = "TURNS", default_value_t = 0)]
    pub walks: u64,
    /// What the random walks begin with; the same number walks the same ways
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Check again whenever a file changes
    #[arg(long, requires = "directory")]
    pub watch: bool,
}

/// Checks once, and prints what was found. The code is a failure if there are errors.
pub fn validate(validation: &Validation, directory: Option<&Path>) -> miette::Result<ExitCode> {
    let sources = content::sources(directory)?;
    let mut findings = story::check_sources(&sources);
    let library = Library::load(sources.clone()).ok();
    if let Some(library) = library.as_ref().filter(|_| validation.budget > 0) {
        findings.extend(explore::check(library, &sources, validation.budget));
    }
    if let Some(library) = &library {
        for (id, (path, text)) in content::script_texts(directory)? {
            findings.extend(story::check_script(
                library,
                &id,
                &path.display().to_string(),
                &text,
                narrator::knows_deed,
            ));
        }
    }
    findings.sort();
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let code = if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    if validation.format == ReportFormat::Json {
        outln!("{}", serde_json::to_string_pretty(&findings).into_diagnostic()?);
        return Ok(code);
    }
    findings.iter().for_each(print);
    outln!("{} files, {errors} errors, {} warnings", sources.len(), findings.len() - errors);
    if let Some(library) = library.filter(|_| validation.walks > 0) {
        walk_all(&library, &sources, validation)?;
    }
    Ok(code)
}

/// Checks now and after every change, until the process is stopped.
pub fn watch(validation: &Validation, directory: &Path) -> miette::Result<ExitCode> {
    let (sender, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading the files is an event, too: only what changes them counts.
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // Nobody listens any more when the command ends.
            let _ = sender.send(());
        }
    })
    .into_diagnostic()?;
    watcher.watch(directory, RecursiveMode::Recursive).into_diagnostic()?;
    loop {
        if let Err(report) = validate(validation, Some(directory)) {
            out::report(&report);
        }
        outln!("watching {} for changes; stop with Ctrl+C", directory.display());
        if changes.recv().is_err() {
            return Ok(ExitCode::SUCCESS);
        }
        while changes.recv_timeout(SETTLES).is_ok() {}
    }
}

fn print(finding: &Finding) {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    outln!("{severity}: {}\n  --> {}#{}", finding.message, finding.path, finding.pointer);
    if let Some(help) = &finding.help {
        outln!("  help: {help}");
    }
}

fn walk_all(library: &Library, sources: &[Source], validation: &Validation) -> miette::Result<()> {
    for source in sources.iter().filter(|source| source.kind == story::ContentKind::Scenario) {
        let walks =
            explore::walk(library, &source.id, validation.walks, LONGEST_WALK, validation.seed).into_diagnostic()?;
        print_walks(&source.id, &walks);
    }
    Ok(())
}

fn print_walks(id: &str, walks: &Walks) {
    let games = walks.endings.values().sum::<u64>() + walks.unfinished;
    outln!("{id}: {} turns in {games} games, {} places entered", walks.turns, walks.places.len());
    for (ending, count) in &walks.endings {
        outln!("  {count} came to {ending}");
    }
    if walks.unfinished > 0 {
        outln!("  {} came to no end", walks.unfinished);
    }
    for (text, way) in &walks.contradictions {
        outln!("  warning: the description of {text}, which is somewhere else\n    after: {}", way.join(", "));
    }
    for (effect, way) in &walks.refused {
        outln!("  warning: the world refuses an effect of {effect}\n    after: {}", way.join(", "));
    }
}
