//! Processes of a case, by the names that its profile gives them, and what can be done to them.

use std::fmt;
use std::time::Duration;

use crate::profile::Profile;

/// What happens to a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessAction {
    /// What is done.
    pub verb: Verb,
    /// To which process.
    pub target: Target,
}

/// What can be done to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// SIGKILL.
    Kill,
    /// SIGTERM, and it must end well.
    Terminate,
    /// SIGSTOP.
    Stop,
    /// SIGCONT.
    Continue,
    /// Start it, again or for the first time.
    Start,
    /// SIGTERM, and it must end well; then start it again.
    Restart,
}

/// What happens to a process' clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockAction {
    /// The process.
    pub target: Target,
    /// How far its clock is ahead of the true time from here on, in seconds; below 0, behind.
    pub ahead_seconds: i64,
}

impl ClockAction {
    /// In a few words.
    #[must_use]
    pub fn describe(&self) -> String {
        let Self { target, ahead_seconds } = self;
        match ahead_seconds {
            0 => format!("set the clock of {target} right"),
            1.. => format!("set the clock of {target} {ahead_seconds} s ahead"),
            _ => format!("set the clock of {target} {} s back", ahead_seconds.unsigned_abs()),
        }
    }
}

/// A process is frozen for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreezeAction {
    /// The process.
    pub target: Target,
    /// How long it is frozen. No time factor stretches it: it is compared with leases, which none stretches either.
    pub length: Duration,
}

impl FreezeAction {
    /// In a few words.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("freeze {} for {} ms", self.target, self.length.as_millis())
    }
}

/// A process of the case: `api`, `worker[0]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Its name in the profile.
    pub name: String,
    /// Which one, from 0, where there may be many.
    pub number: Option<usize>,
}

impl Target {
    /// The only process of this name.
    #[must_use]
    pub fn only(name: &str) -> Self {
        Self { name: name.to_owned(), number: None }
    }

    /// One of many.
    #[must_use]
    pub fn nth(name: &str, number: usize) -> Self {
        Self { name: name.to_owned(), number: Some(number) }
    }

    /// Reads a target; `None` if the profile has no such process.
    #[must_use]
    pub fn parse(text: &str, profile: &Profile) -> Option<Self> {
        let target = match text.split_once('[') {
            Some((name, number)) => Self::nth(name, number.strip_suffix(']')?.parse().ok()?),
            None => Self::only(text),
        };
        (profile.process(&target.name)?.many == target.number.is_some()).then_some(target)
    }

    /// The targets that a profile has, for a message.
    pub(super) fn known(profile: &Profile) -> String {
        let names = profile.processes.iter().map(|process| {
            if process.many { format!("`{0}[0]`, `{0}[1]`, …", process.name) } else { format!("`{}`", process.name) }
        });
        names.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            None => f.write_str(&self.name),
            Some(number) => write!(f, "{}[{number}]", self.name),
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kill => "kill",
            Self::Terminate => "terminate",
            Self::Stop => "stop",
            Self::Continue => "continue",
            Self::Start => "start",
            Self::Restart => "restart",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_profile_has_is_a_target() {
        let profile = Profile::story_engine();
        for text in ["api", "worker[0]", "worker[12]"] {
            assert_eq!(Target::parse(text, &profile).map(|target| target.to_string()).as_deref(), Some(text));
        }
        for text in ["redis", "api[0]", "worker", "worker[x]", "worker[0"] {
            assert_eq!(Target::parse(text, &profile), None, "{text}");
        }
    }
}
