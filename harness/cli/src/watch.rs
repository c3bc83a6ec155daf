//! `harness run --watch`: runs again whenever something changes that can make a difference.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::PathBuf;

use harness_case::profile::{self, Profile};
use harness_case::{Content, discover};
use harness_runner::services::Programs;

use super::Exit;
use super::defaults;
use super::interrupt::Interrupt;
use super::out::say;
use super::run::once;
use super::run_args::RunArgs;
use crate::changes::{Changes, Places};

/// Clears a terminal, and what has scrolled out of it.
const CLEAR: &str = "\u{1b}[2J\u{1b}[3J\u{1b}[H";

/// Runs the cases, again and again, until Ctrl-C. A change cuts a run short.
pub(super) async fn run(args: &RunArgs) -> Exit {
    let mut interrupt = Interrupt::listen();
    let mut watched = match Changes::new() {
        Ok(watched) => watched,
        Err(error) => {
            note!("files cannot be watched: {error}");
            return Exit::Services;
        }
    };
    let mut changed = BTreeSet::new();
    loop {
        tell(&changed);
        // Before the run, so that no change during it is missed; again for each run, for cases and scripts come and go.
        watched.watch(places(args));
        let mut during = None;
        let exit = once(args, interrupt.clone(), async { during = Some(watched.next().await) }).await;
        if exit == Exit::Interrupted {
            return exit;
        }
        if during.is_none() {
            say("waiting for changes; Ctrl-C ends\n");
            tokio::select! {
                more = watched.next() => during = Some(more),
                () = interrupt.requested() => return Exit::Interrupted,
            }
        }
        changed = during.unwrap_or_default();
    }
}

fn tell(changed: &BTreeSet<PathBuf>) {
    if changed.is_empty() {
        return;
    }
    if std::io::stdout().is_terminal() {
        say(CLEAR);
    }
    let here = std::env::current_dir().and_then(|dir| dir.canonicalize()).unwrap_or_default();
    for path in changed {
        say(format_args!("changed: {}\n", path.strip_prefix(&here).unwrap_or(path).display()));
    }
}

/// Everything that the cases depend on.
fn places(args: &RunArgs) -> Places {
    // What is wrong with the profile or the cases is said by the run.
    let profile =
        profile::find(args.services.profile.as_deref(), &args.paths).unwrap_or_else(|_| Profile::story_engine());
    let cases = discover(&args.paths, &args.variables.reading(&profile, Content::Unknown)).cases;
    let content =
        args.services.content.clone().or_else(|| defaults::content(cases.first().map(|case| case.path.as_path())));
    let programs = Programs {
        supervisor: None,
        kept: None,
        engine: args.services.engine.clone(),
        mock_llm: args.services.mock_llm.clone(),
    };
    let scripts = cases.iter().filter_map(|case| case.model.as_ref()).map(|script| script.path.clone());
    let mut files: Vec<PathBuf> = scripts.chain(programs.engine()).chain(programs.mock_llm()).collect();
    files.sort();
    files.dedup();
    Places { cases: args.paths.clone(), trees: content.into_iter().collect(), files }
}
