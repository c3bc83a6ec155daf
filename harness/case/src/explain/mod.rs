//! What a case will do and demand, in plain words.
//!
//! Every kind of action and expectation has its words here: nothing is matched by a wildcard, so that a new kind does not
//! compile without them.

mod action;
mod expect;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::predicate::in_words;
use crate::profile::Profile;
use crate::{Case, Game, Requirement, Snapshots, Step, Terms};

/// What holds at the end of every case for the story engine.
const UNASKED: &[&str] = &[
    "everything has come to rest: nothing is queued, delayed or under a lease",
    "the model was called for nothing that its script does not foresee, and no call is in flight",
    "the events of every game are without gap and double",
    "every request was queued once, ended once, changed its game at most once, and has the status that its events say",
    "requests of a game were processed one at a time, in the order in which they came",
    "what was committed is what was shown, and text of attempts that died was declared void",
    "the history ends with exactly the turns that were committed",
    "every process ends by itself, and well, after SIGTERM",
];

/// Explains a case that is for this service.
#[must_use]
pub fn explain(case: &Case, profile: &Profile) -> String {
    let Case {
        id,
        // It is in the id.
        row: _,
        name,
        path,
        tags,
        terms,
        games,
        workers,
        content,
        engine,
        headers,
        model,
        steps,
        snapshot,
        requires,
        dead_letters,
        schedules,
        of_go_engine,
    } = case;
    let mut text = format!("{name}\n({id}, {})\n\n", path.display());
    if !tags.is_empty() {
        line(&mut text, &format!("Tags: {}.", tags.join(", ")));
    }
    for sentence in on_terms(terms) {
        line(&mut text, &sentence);
    }
    for (n, game) in games.iter().enumerate() {
        line(&mut text, &plays(game, n == 0, profile));
    }
    line(&mut text, &processes(profile, *workers));
    if let Some(content) = content {
        line(&mut text, &format!("It has content of its own: {}.", content.display()));
    }
    for requirement in requires {
        line(
            &mut text,
            match requirement {
                Requirement::Redis => "It needs a Redis.",
                Requirement::Streaming => "It needs narrations that stream.",
                Requirement::Alone => "It needs a service that nobody else uses.",
            },
        );
    }
    if !engine.is_empty() {
        line(&mut text, &format!("It is configured with {}.", Value::Object(engine.clone())));
    }
    if *of_go_engine {
        line(&mut text, "It was written for the Go engine: the rules are relaxed unless it says otherwise.");
    }
    if !headers.is_empty() {
        let names = headers.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        line(&mut text, &format!("Everything that it asks has the headers {names}."));
    }
    line(
        &mut text,
        &match model {
            None if profile.is_story_engine() => "The story is told by the engine's offline narrator.".to_owned(),
            None => "It has no script for a model.".to_owned(),
            Some(script) if script.path == *path => "The model answers from the script in the case.".to_owned(),
            Some(script) => format!("The model answers from {}.", script.path.display()),
        },
    );
    if !schedules.is_empty() {
        let seeds: Vec<String> = schedules.iter().map(ToString::to_string).collect();
        line(&mut text, &format!("It is also played under the schedules that are drawn from {}.", seeds.join(", ")));
    }
    text.push('\n');
    for (n, step) in steps.iter().enumerate() {
        write_step(&mut text, step, &format!("{}.", n + 1), 0);
    }
    text.push_str("\nAt the end, without being asked for:\n");
    for promise in unasked(profile) {
        line(&mut text, &format!("- {promise}"));
    }
    if profile.is_story_engine() {
        line(
            &mut text,
            &match dead_letters {
                0 => "- there is no dead letter".to_owned(),
                1 => "- there is exactly one dead letter".to_owned(),
                n => format!("- there are exactly {n} dead letters"),
            },
        );
    }
    let kept = kept(snapshot);
    if !kept.is_empty() {
        line(&mut text, &format!("- what is kept in snapshots/ is the same: {}", kept.join(", ")));
    }
    text
}

/// Explains one step, the one with this number.
#[must_use]
pub fn explain_step(step: &Step, number: usize) -> String {
    let mut text = String::new();
    write_step(&mut text, step, &format!("{number}."), 0);
    text
}

/// Whether and how often the case is run.
fn on_terms(terms: &Terms) -> Vec<String> {
    let Terms { only, skip, expected_failure, limit, priority, retries, runs, pass_rate } = terms;
    let mut words = Vec::new();
    words.extend(only.then(|| "Only cases with this mark are run.".to_owned()));
    words.extend(skip.iter().map(|reason| format!("It is not run: {reason}.")));
    words.extend(expected_failure.iter().map(|expected| match &expected.text {
        None => format!("It is expected to fail: {}.", expected.reason),
        Some(text) => format!("It is expected to fail with \"{text}\": {}.", expected.reason),
    }));
    words.extend(limit.iter().map(|limit| format!("It may take {} in all.", seconds(*limit))));
    words.extend(match priority.cmp(&0) {
        Ordering::Greater => Some("It starts before cases of a lower priority.".to_owned()),
        Ordering::Equal => None,
        Ordering::Less => Some("It starts after cases of a higher priority.".to_owned()),
    });
    words.extend((*retries > 0).then(|| format!("If it fails, it is tried again {}.", times(*retries))));
    words.extend(
        (*runs > 1)
            .then(|| format!("It is played {}, and {}% of the runs must pass.", times(*runs), pass_rate * 100.0)),
    );
    words
}

/// What is started.
fn processes(profile: &Profile, workers: usize) -> String {
    if profile.is_story_engine() {
        let workers = if workers == 1 { "one worker".to_owned() } else { format!("{workers} workers") };
        return format!("The engine runs as one API and {workers}; without Redis, all in one process.");
    }
    let name = &profile.name;
    if let Some(url) = profile.url.as_ref().filter(|_| profile.processes.is_empty()) {
        return format!("The service {name} runs already, at {url}.");
    }
    let processes = profile.processes.iter().map(|process| {
        if process.many { format!("{workers} of `{}`", process.name) } else { format!("`{}`", process.name) }
    });
    format!("The service {name} is started for it: {}.", processes.collect::<Vec<_>>().join(", "))
}

/// What holds at the end of every case.
fn unasked(profile: &Profile) -> Vec<&'static str> {
    if profile.is_story_engine() {
        return UNASKED.to_vec();
    }
    let (events, request) = (&profile.events, &profile.request);
    let declared = [
        (true, "everything has come to rest"),
        (true, "the model was called for nothing that its script does not foresee, and no call is in flight"),
        (events.contiguous.is_some(), "the ids of every game's events leave none out and repeat none"),
        (!events.completed.is_empty(), "every request has one last event"),
        (
            events.text.is_some() && request.as_ref().is_some_and(|request| request.text.is_some()),
            "what is kept of a request's text is what its events have shown",
        ),
        (!profile.processes.is_empty(), "every process ends by itself, and well, after SIGTERM"),
    ];
    declared.into_iter().filter(|(holds, _)| *holds).map(|(_, words)| words).collect()
}

fn plays(game: &Game, first: bool, profile: &Profile) -> String {
    let Game { label, scenario, pc, chance, gone, seed } = game;
    let what = if first { "It plays".to_owned() } else { format!("Game `{label}` is") };
    let who = match pc {
        Some(pc) => format!(" as `{pc}`"),
        None if profile.is_story_engine() => " as the scenario's own player character".to_owned(),
        None => String::new(),
    };
    let scenario = if scenario.is_empty() { "a game".to_owned() } else { format!("`{scenario}`") };
    let mut text = format!("{what} {scenario}{who}.");
    if let Some(chance) = chance {
        let _ = write!(text, " Chance begins with the seed {chance}.");
    }
    if !seed.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(text, " Before the first step it is patched: {}.", places(seed));
    }
    if *gone {
        text.push_str(" At the end it is gone, and not looked at.");
    }
    text
}

fn write_step(text: &mut String, step: &Step, number: &str, depth: usize) {
    let Step { name, line: _, places: _, game, action, expect, capture, limit } = step;
    let indent = "   ".repeat(depth);
    let (what, inside) = action::words(action);
    let named = if *name == action.describe() { String::new() } else { format!("{name}: ") };
    let game = game.as_ref().map(|game| format!(" (game `{game}`)")).unwrap_or_default();
    line(text, &format!("{indent}{number} {named}{what}{game} (within {})", seconds(*limit)));
    for (n, (who, step)) in inside.iter().enumerate() {
        let who = who.map(|who| format!(" {who}")).unwrap_or_default();
        write_step(text, step, &format!("{number}{}{who}.", n + 1), depth + 1);
    }
    let kept = capture.iter().map(|(name, capture)| action::kept(name, capture)).collect();
    let demands = [action::demands(action), expect::words(expect), kept].concat();
    for (n, demand) in demands.iter().enumerate() {
        line(text, &format!("{indent}   {} {demand}", if n == 0 { "then" } else { "and" }));
    }
}

fn kept(snapshot: &Snapshots) -> Vec<&'static str> {
    let Snapshots { events, state, history, prompts, filters: _ } = snapshot;
    let kinds = [
        (events, "the events of all games"),
        (state, "the state of all games"),
        (history, "what was said"),
        (prompts, "what was sent to the model"),
    ];
    kinds.into_iter().filter(|(wanted, _)| **wanted).map(|(_, words)| words).collect()
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// A text in quotes, on one line.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Several texts in quotes.
fn all_quoted<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    texts.into_iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")
}

/// Places with what is expected there.
fn places(places: &Map<String, Value>) -> String {
    places.iter().map(|(place, value)| in_words(place, value)).collect::<Vec<_>>().join(", ")
}
