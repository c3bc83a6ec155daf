//! Who a worker is: the process, and the name that it has in common with the processes before and after it.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::host;

/// The id of a worker process, for logs and tokens. Two processes never share one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerId {
    text: String,
    name: Option<WorkerName>,
}

impl WorkerId {
    /// The id of this process. The random part makes it unique across machines and restarts.
    #[must_use]
    pub fn of_this_process(name: Option<&WorkerName>) -> Self {
        let instance = rand::random();
        match name {
            Some(name) => Self::of_process(name, instance),
            None => Self { text: format!("worker-{}-{instance:08x}", std::process::id()), name: None },
        }
    }

    /// A process of a worker with a name.
    #[must_use]
    pub fn of_process(name: &WorkerName, instance: u32) -> Self {
        Self { text: format!("{name}.{instance:08x}"), name: Some(name.clone()) }
    }

    /// A worker without a name of its own, under an id that a test has chosen.
    #[must_use]
    pub fn fixed(id: &str) -> Self {
        Self { text: id.to_owned(), name: None }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it has in common with other processes.
    #[must_use]
    pub const fn name(&self) -> Option<&WorkerName> {
        self.name.as_ref()
    }

    /// Whether this is the id of another process of the same name.
    #[must_use]
    pub(crate) fn is_same_worker(&self, other: &str) -> bool {
        let instance = self.name.as_ref().and_then(|name| other.strip_prefix(&name.0)?.strip_prefix('.'));
        other != self.text
            && instance.is_some_and(|text| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// A name that a worker keeps when its process is replaced. Only one process at a time has it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct WorkerName(String);

impl WorkerName {
    /// The most characters of a name: it is a part of every lease token.
    const MAX: usize = 64;

    /// Stands for the name of the machine or container.
    const HOST: &str = "{hostname}";
}

impl FromStr for WorkerName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = if text.contains(Self::HOST) {
            let host =
                host::name().ok_or("the name of this machine cannot be read: write a name in place of {hostname}")?;
            text.replace(Self::HOST, &host)
        } else {
            text.to_owned()
        };
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > Self::MAX || !name.chars().all(is_allowed) {
            return Err(format!(
                "`{name}` is no name of a worker: it has 1 to {} of the characters A-Z, a-z, 0-9, `-`, `_` and `.`",
                Self::MAX
            ));
        }
        Ok(Self(name))
    }
}

impl TryFrom<String> for WorkerName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<WorkerName> for String {
    fn from(name: WorkerName) -> Self {
        name.0
    }
}

impl fmt::Display for WorkerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> WorkerName {
        text.parse().unwrap()
    }

    #[test]
    fn only_other_processes_of_the_same_name_are_the_same_worker() {
        let worker = WorkerId::of_process(&name("left"), 2);
        assert!(worker.is_same_worker(WorkerId::of_process(&name("left"), 1).as_str()));
        for other in [
            worker.clone(),
            WorkerId::of_process(&name("left.00000001"), 1),
            WorkerId::of_process(&name("lef"), 1),
            WorkerId::fixed("left"),
            WorkerId::fixed("left."),
            WorkerId::of_this_process(None),
        ] {
            assert!(!worker.is_same_worker(other.as_str()), "{other}");
            assert!(!WorkerId::fixed("left").is_same_worker(other.as_str()), "{other}");
        }
    }

    #[test]
    fn a_name_is_part_of_a_token_and_says_what_it_may_hold() {
        for text in ["", "a:b", "a b", "é", "{host}", &"a".repeat(65)] {
            let error = text.parse::<WorkerName>().unwrap_err();
            assert!(error.contains("1 to 64"), "{text}: {error}");
        }
        assert_eq!(name("worker-1.example_a").to_string(), "worker-1.example_a");
    }

    #[test]
    fn the_name_of_the_machine_can_be_a_part_of_it() {
        let host = host::name().unwrap();
        assert_eq!(name("{hostname}-2").to_string(), format!("{host}-2"));
    }
}
