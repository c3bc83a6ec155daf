//! Presets: flags of `harness run` that have a name in `harness.toml`, such as those of a CI server.
//!
//! A preset is the flags themselves, so that it needs no words of its own: what the command line takes, it takes.

use std::ffi::OsString;

use clap::Parser;
use toml::{Table, Value};

use super::Exit;
use super::args::{Cli, Command};
use super::setup::find_profile;

/// What the command line asks for, with the flags of the preset that it names. Flags on the command line win.
pub(super) fn command() -> Result<Command, Exit> {
    let given: Vec<OsString> = std::env::args_os().collect();
    let cli = Cli::parse_from(&given);
    let args = match &cli.command {
        Command::Run(args) => args,
        Command::Crash(args) => args.run(),
        _ => return Ok(cli.command),
    };
    let Some(name) = args.preset.clone() else { return Ok(cli.command) };
    let profile = find_profile(args.services.profile.as_deref(), &args.paths)?;
    let Some(preset) = profile.presets.get(&name) else {
        let known: Vec<&str> = profile.presets.keys().map(String::as_str).collect();
        match known.as_slice() {
            [] => note!(
                "there is no preset `{name}`: write `[preset.{name}]` with flags into a `harness.toml` here or above"
            ),
            known => note!("there is no preset `{name}`; `harness.toml` has: {}", known.join(", ")),
        }
        return Err(Exit::Usage);
    };
    let refuse = |error: &dyn std::fmt::Display| {
        note!("in the preset `{name}` of `harness.toml`: {error}");
        Exit::Usage
    };
    let flags = flags(preset).map_err(|error| refuse(&error))?;
    // The program and its command come first.
    let all =
        given.iter().take(2).cloned().chain(flags.into_iter().map(OsString::from)).chain(given.iter().skip(2).cloned());
    Cli::try_parse_from(all).map(|cli| cli.command).map_err(|error| refuse(&error))
}

/// The flags of a preset: `retries = 2` is `--retries=2`, `fail-fast = true` is `--fail-fast`, a list is a flag repeated.
fn flags(preset: &Table) -> Result<Vec<String>, String> {
    let flag = |(name, value): (&String, &Value)| match value {
        Value::Boolean(true) => Ok(vec![format!("--{name}")]),
        Value::Boolean(false) => Ok(Vec::new()),
        Value::Array(items) => items.iter().map(|item| Ok(format!("--{name}={}", text(name, item)?))).collect(),
        value => Ok(vec![format!("--{name}={}", text(name, value)?)]),
    };
    let all: Vec<Vec<String>> = preset.iter().map(flag).collect::<Result<_, String>>()?;
    Ok(all.concat())
}

fn text(name: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        _ => Err(format!("`{name}` is a text, a number, `true`, or a list of texts")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_is_flags() {
        let preset = "retries = 2\nfail-fast = true\nshuffle = false\ntag = [\"!slow\", \"api\"]\ncase-timeout = 1.5";
        let read = flags(&toml::from_str(preset).unwrap()).unwrap();
        assert_eq!(read, ["--case-timeout=1.5", "--fail-fast", "--retries=2", "--tag=!slow", "--tag=api"]);
        assert!(flags(&toml::from_str("retries = { a = 1 }").unwrap()).unwrap_err().contains("`retries` is a text"));
    }
}
