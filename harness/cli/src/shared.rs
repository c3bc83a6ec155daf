//! Arguments that several commands share.

use std::path::PathBuf;

use clap::Args;
use harness_case::profile::Profile;
use harness_case::{Content, Reading};
use harness_runner::services::Mode;

use super::defaults;

#[derive(Debug, Args)]
pub(super) struct CaseArgs {
    /// Case files, directories with them, or ids that reports print: `faults/test_retry`, `api/test_methods[GET chat]`.
    #[arg(default_value = "cases/")]
    pub(super) paths: Vec<PathBuf>,
    /// What they are for; the first `harness.toml` next to or above them when left out, and the story engine without one.
    #[arg(long, value_name = "FILE")]
    pub(super) profile: Option<PathBuf>,
    /// The content that the cases are played with, in which their names are looked up; found as `run` finds it when left out.
    #[arg(long, value_name = "DIR")]
    content: Option<PathBuf>,
    #[command(flatten)]
    variables: Variables,
}

impl CaseArgs {
    /// How they are read.
    pub(super) fn reading<'a>(&self, profile: &'a Profile) -> Reading<'a> {
        let found = || defaults::content(harness_case::files_named(&self.paths).first().map(PathBuf::as_path));
        let content = self.content.clone().or_else(found).map_or(Content::Shipped, Content::Directory);
        self.variables.reading(profile, content)
    }
}

/// Variables from outside.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Variables {
    /// A value for a variable that cases declare under `variables`; repeatable.
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
}

impl Variables {
    /// How cases for this service are read that are played with this content.
    pub(super) fn reading<'a>(&self, profile: &'a Profile, content: Content) -> Reading<'a> {
        Reading { given: self.variables.iter().cloned().collect(), content, ..Reading::of(profile) }
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The mode that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Auto,
    Mode(Mode),
}

impl Wanted {
    /// The mode; `None` takes the first that works.
    pub(super) const fn mode(self) -> Option<Mode> {
        match self {
            Self::Auto => None,
            Self::Mode(mode) => Some(mode),
        }
    }
}

pub(super) fn wanted_mode(text: &str) -> Result<Wanted, String> {
    if text == "auto" {
        return Ok(Wanted::Auto);
    }
    <Mode as clap::ValueEnum>::from_str(text, false)
        .map(Wanted::Mode)
        .map_err(|_| "one of auto, local, docker, embedded, external".to_owned())
}
