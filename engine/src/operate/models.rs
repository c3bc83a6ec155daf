//! `engine models`: what the configured servers offer, and what they can do.

use std::fmt::Write;

use story::{Input, NewGame};

use super::OperateError;
use crate::config::Config;
use crate::content;
use crate::llm::{Check, Finish, Models, Offered, Provider, Schema};
use crate::serve::ServeError;
use crate::{errln, out, outln};

/// How much of an answer is shown.
const SHOWN_CHARS: usize = 160;
/// With less than this, most of a story does not fit with its world.
const SMALL_WINDOW: u32 = 4096;

/// Prints the models that each configured server offers.
pub async fn list_models(config: &Config) -> Result<(), OperateError> {
    let models = start(config).await?;
    for info in models.list() {
        let Some(provider) = models.get(&info.name) else { continue };
        match provider.offered().await {
            Ok(offered) => out!("{}", listed(&info.name, &info.model, &offered)),
            Err(error) => outln!("{}: the server does not list its models: {error}", info.name),
        }
    }
    Ok(())
}

/// Asks a provider, or every one, for a narration and a delta; returns whether all can be played with.
pub async fn check_models(config: &Config, name: Option<&str>) -> Result<bool, OperateError> {
    let models = start(config).await?;
    let names: Vec<String> = match name {
        Some(name) => vec![name.to_owned()],
        None => models.list().map(|info| info.name.clone()).collect(),
    };
    let mut is_playable = true;
    for name in names {
        let Some(provider) = models.get(&name) else {
            let known: Vec<_> = models.list().map(|info| info.name.as_str()).collect();
            outln!("{name}: there is no such provider; configured: {}", known.join(", "));
            is_playable = false;
            continue;
        };
        // Not on standard output: that is the report.
        errln!("{name}: {}", provider.check_begins());
        let check = checked(config, provider).await?;
        out!("{}", report(&name, &check));
        is_playable &= check.is_playable();
    }
    Ok(is_playable)
}

async fn start(config: &Config) -> Result<Models, OperateError> {
    Ok(Models::start(config).await.map_err(ServeError::from)?)
}

/// Plays one turn of the first scenario, as a worker would, and commits nothing.
async fn checked(config: &Config, provider: &Provider) -> Result<Check, OperateError> {
    let library = content::load(config.content.as_deref()).map_err(ServeError::from)?;
    let unplayable = |error: &dyn std::fmt::Display| OperateError::Unreadable {
        path: "the first scenario".to_owned(),
        reason: error.to_string(),
    };
    let scenario = library.scenarios().next().map(|(id, _)| id.to_string()).unwrap_or_default();
    let new = NewGame { scenario, ..NewGame::default() };
    let (state, history) = story::new_game(&library, &new).map_err(|error| unplayable(&error))?;
    let input = Input::Player { message: "I look around.".to_owned(), actor: None };
    let narration = story::narration_prompt(&library, &state, &history, &input, usize::MAX);
    let delta = story::extraction_prompt(&library, &state, &input, "You look around. Nothing has changed.");
    let narration = narration.map_err(|error| unplayable(&error))?;
    let delta = delta.map_err(|error| unplayable(&error))?;
    let schema = story::delta_schema(&library, &state, &input).map_err(|error| unplayable(&error))?;
    Ok(provider.check(&narration, &delta, &Schema::new(&schema), state.temperature).await)
}

fn listed(name: &str, configured: &str, offered: &[Offered]) -> String {
    let mut text = format!("{name}: {} models\n", offered.len());
    for model in offered {
        let mark = if model.name == configured { "*" } else { " " };
        let window = model.context_tokens.map(|tokens| format!("  {tokens} tokens")).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{mark} {}{window}", model.name);
    }
    if !offered.iter().any(|model| model.name == configured) {
        let _ = writeln!(text, "  the configured model `{configured}` is not among them");
    }
    text
}

fn report(name: &str, check: &Check) -> String {
    let mut text = format!("{name}: {} at {}\n", check.model, check.address);
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(text, "  {key:10} {value}");
    };
    if check.backend_model != check.model {
        line("backend", &check.backend_model);
    }
    match check.context_tokens {
        Some(tokens) => line("context", &format!("{tokens} tokens")),
        None => {
            line("context", "not known: prompts are kept to assumed_context_tokens; set context_tokens if you know it");
        }
    }
    match &check.narration {
        Ok(narrated) => {
            let speed = format!(
                "first token after {:.1} s, then {:.0} tokens/s",
                narrated.first_token.as_secs_f64(),
                narrated.tokens_per_second
            );
            line("narration", &speed);
            line("", &format!("“{}”", shorten(&narrated.text)));
            if narrated.prompt_tokens > 0 {
                line("prompt", &format!("{} tokens in the first turn", narrated.prompt_tokens));
            }
        }
        Err(error) => line("narration", &format!("FAILED ({}): {error}", error.reason.name())),
    }
    match &check.delta {
        Ok(delta) => match story::parse_delta(delta) {
            Ok(_) => line("delta", &format!("asked for {}: can be read", check.form)),
            Err(error) => {
                line("delta", &format!("asked for {}: cannot be read ({error})", check.form));
                line("", &format!("“{}”", shorten(delta)));
            }
        },
        Err(error) => line("delta", &format!("FAILED ({}): {error}", error.reason.name())),
    }
    for advice in advice(check) {
        line("note", &advice);
    }
    text
}

/// What to set.
fn advice(check: &Check) -> Vec<String> {
    let mut advice = Vec::new();
    if !check.refused.is_empty() {
        advice.push(format!("the server does not take {}; calls go without", check.refused.join(", ")));
    }
    if check.form != "by schema" {
        let form = if check.form == "by the prompt alone" { "none" } else { "json" };
        advice.push(format!("structured = \"{form}\" saves the calls that the server refuses after each start"));
    }
    if check.context_tokens.is_some_and(|tokens| tokens < SMALL_WINDOW) {
        advice.push(format!("less than {SMALL_WINDOW} tokens leave little room for the story's past"));
    }
    if let Ok(narrated) = &check.narration {
        if narrated.finish == Finish::Length {
            advice.push(
                "the narration used up max_tokens: raise it, or choose a narrator with a shorter style".to_owned(),
            );
        }
        if narrated.tokens_per_second < 5.0 {
            advice.push("a player reads faster than this model writes".to_owned());
        }
    }
    advice
}

fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
