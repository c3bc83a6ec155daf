//! `engine try`: a story played in the terminal by its author, offline, with commands to set things up and to ask why.

use std::io::{BufRead as _, Write as _};
use std::path::Path;

use miette::{IntoDiagnostic, miette};
use narrator::{OfflineNarrator, Rehearsal};
use story::GameState;

use crate::content;
use crate::{out, outln};

const HELP: &str = "\
Write what you do, as a player would. Lines that begin with a slash are for the author:
  /why [ID]        what holds of the conditions of this scene, or of one conditional
  /set NAME VALUE  give a variable a value
  /goto PLACE      go to a place, by key or name, exits or not
  /give ITEM       get an item; nobody else then has it
  /scene KEY       begin a scene
  /state           where you are, what you carry, how fights stand, the variables
  /undo            take the last line back
  /save FILE       write what was played as a case of the harness
  /quit            leave
";

/// Plays `scenario` of `directory`, or the only one that it has, line by line from standard input.
pub fn attempt(directory: Option<&Path>, scenario: Option<&str>) -> miette::Result<()> {
    let library = content::load(directory)?;
    let scenario = match scenario {
        Some(scenario) => scenario.to_owned(),
        None => only_scenario(&library)?,
    };
    let narrator = OfflineNarrator::new(library.clone(), content::offline_scripts(directory)?);
    let mut rehearsal = Rehearsal::new(library, narrator, &scenario).into_diagnostic()?;
    for message in rehearsal.history() {
        outln!("{}\n", message.content);
    }
    outln!("(/help lists what an author can do)");
    loop {
        out!("\n> ");
        std::io::stdout().flush().into_diagnostic()?;
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line).into_diagnostic()? == 0 {
            return Ok(());
        }
        match line.trim() {
            "" => {}
            "/quit" | "/q" => return Ok(()),
            line => match line.strip_prefix('/') {
                Some(command) => print(obey(&mut rehearsal, command)),
                None => print(play(&mut rehearsal, line)),
            },
        }
    }
}

fn only_scenario(library: &story::Library) -> miette::Result<String> {
    let ids: Vec<&str> = library.scenarios().map(|(id, _)| id).collect();
    match ids.as_slice() {
        [only] => Ok((*only).to_owned()),
        _ => Err(miette!(help = "name one with --scenario", "there are several scenarios: {}", ids.join(", "))),
    }
}

fn print(outcome: miette::Result<String>) {
    match outcome {
        Ok(text) => outln!("{}", text.trim_end()),
        Err(error) => outln!("! {error}"),
    }
}

fn play(rehearsal: &mut Rehearsal, line: &str) -> miette::Result<String> {
    let answer = rehearsal.say(line).into_diagnostic()?;
    let refused = answer.refused.iter().map(|refused| format!("(refused: {refused})"));
    let ending = rehearsal.state().ending.as_ref();
    let ending = ending.map(|ending| format!("*** {} ***\n{}", ending.name, ending.score.join("\n")));
    Ok(answer.narrations.iter().cloned().chain(refused).chain(ending).collect::<Vec<_>>().join("\n\n"))
}

fn obey(rehearsal: &mut Rehearsal, command: &str) -> miette::Result<String> {
    let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
    let rest = rest.trim();
    match (verb, rest) {
        ("help", _) => return Ok(HELP.to_owned()),
        ("why", _) => return rehearsal.why(Some(rest).filter(|id| !id.is_empty())).into_diagnostic(),
        ("state", _) => return Ok(summary(rehearsal.state())),
        ("undo", _) => {
            return Ok(if rehearsal.undo() { "taken back" } else { "there is nothing to take back" }.to_owned());
        }
        (_, "") => return Err(miette!("`/{verb}` is not a command, or wants to know what: see /help")),
        ("set", _) => {
            let (name, value) = rest.split_once(' ').ok_or_else(|| miette!("write /set NAME VALUE"))?;
            rehearsal.set(name, value.trim()).into_diagnostic()?;
        }
        ("goto", _) => rehearsal.goto(rest).into_diagnostic()?,
        ("give", _) => rehearsal.give(rest).into_diagnostic()?,
        ("scene", _) => rehearsal.scene(rest).into_diagnostic()?,
        ("save", _) => {
            let name = Path::new(rest).file_stem().unwrap_or_default().to_string_lossy().replace('_', " ");
            std::fs::write(rest, rehearsal.case(&name)).into_diagnostic()?;
            return Ok(format!("written to {rest}; play it with: harness run {rest}"));
        }
        _ => return Err(miette!("`/{verb}` is not a command: see /help")),
    }
    Ok(summary(rehearsal.state()))
}

fn summary(state: &GameState) -> String {
    let vars: Vec<String> = state.vars.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!(
        "scene {}, at {}, turn {} of the scene and {} of the game\ncarrying {}\n{}{}",
        state.scene_name,
        state.user_location,
        state.scene_turn_counter,
        state.turn_counter,
        if state.user_inventory.is_empty() { "nothing".to_owned() } else { state.user_inventory.join(", ") },
        fight(state),
        vars.join(", ")
    )
}

/// How the player and those here who can be fought are; nothing in a story without fights.
fn fight(state: &GameState) -> String {
    let sight = story::sight(state);
    let Some(own) = sight.hit_points else { return String::new() };
    let others = sight.people.iter().chain(&sight.creatures);
    let others = others.filter_map(|being| Some(format!(", {} {}", being.name, being.health?.words())));
    format!("hit points {} of {}{}\n", own.hp, own.max_hp, others.collect::<String>())
}
