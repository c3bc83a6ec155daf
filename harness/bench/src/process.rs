//! What the system says that a server uses: memory that is its own, and processor time.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

/// The processes of a group: a server, and those that it has started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group(pub(super) i32);

impl Group {
    /// Proportional set size, in bytes: what is shared between processes counts once in all.
    pub(super) fn memory(self) -> u64 {
        let pss = |pid: &i32| {
            let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
            let line = text.lines().find(|line| line.starts_with("Pss:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        };
        self.pids().iter().filter_map(pss).sum::<u64>() * 1024
    }

    /// Processor time so far.
    pub(super) fn cpu(self) -> Duration {
        let ticks: u64 = self.pids().iter().filter_map(|pid| Some(stat(*pid)?.ticks)).sum();
        // `USER_HZ` is 100 on every Linux there is (proc(5), sysconf(3)).
        Duration::from_millis(ticks * 10)
    }

    fn pids(self) -> Vec<i32> {
        pids().into_iter().filter(|pid| stat(*pid).is_some_and(|stat| stat.group == self.0)).collect()
    }
}

/// Processor time so far of this process and of each that it has started, by name; those of one name are added up.
pub(super) fn cpu_by_name() -> BTreeMap<String, Duration> {
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    let mut by_name = BTreeMap::new();
    for pid in pids() {
        let Some(stat) = stat(pid).filter(|stat| pid == own || stat.parent == own) else { continue };
        *by_name.entry(stat.name).or_default() += Duration::from_millis(stat.ticks * 10);
    }
    by_name
}

/// What each has used between two looks, in seconds; those that have used nothing are left out.
pub(super) fn cpu_between(
    before: &BTreeMap<String, Duration>,
    after: &BTreeMap<String, Duration>,
) -> BTreeMap<String, f64> {
    let used = |(name, now): (&String, &Duration)| {
        let used = now.saturating_sub(before.get(name).copied().unwrap_or_default());
        (!used.is_zero()).then(|| (name.clone(), used.as_secs_f64()))
    };
    after.iter().filter_map(used).collect()
}

fn pids() -> Vec<i32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

struct Stat {
    name: String,
    parent: i32,
    group: i32,
    ticks: u64,
}

/// The fields of `/proc/PID/stat` that count here (proc(5)).
fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is a name in brackets that may hold anything.
    let (start, rest) = text.rsplit_once(") ")?;
    let name = start.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = rest.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let ticks = number(11)? + number(12)?;
    Some(Stat { name, parent: fields.get(1)?.parse().ok()?, group: fields.get(2)?.parse().ok()?, ticks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_between_two_looks_is_told_by_name() {
        let look = |engine, redis| {
            let all = [("engine", engine), ("redis-server", redis)];
            all.map(|(name, ms)| (name.to_owned(), Duration::from_millis(ms))).into()
        };
        assert_eq!(cpu_between(&look(100, 50), &look(1600, 50)), [("engine".to_owned(), 1.5)].into());
        let test = stat(i32::try_from(std::process::id()).unwrap()).unwrap().name;
        assert!(cpu_by_name().contains_key(&test), "{test}");
    }

    #[test]
    fn this_process_uses_something() {
        let group = Group(stat(i32::try_from(std::process::id()).unwrap()).unwrap().group);
        assert!(group.memory() > 100_000);
        assert!(group.pids().contains(&i32::try_from(std::process::id()).unwrap()));
    }
}
