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
        self.pids().into_iter().map(memory).sum()
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

/// Processor time so far of this process and of each below it, by name; those of one name are added up. What has ended counts with
/// the process that has waited for it, but for this one: its children of earlier measurements are none of this one's.
pub(super) fn cpu_by_name() -> BTreeMap<String, Duration> {
    let mut by_name = BTreeMap::new();
    for (pid, stat) in family() {
        let ended = if pid == own() { 0 } else { stat.ticks_of_ended };
        *by_name.entry(stat.name).or_default() += Duration::from_millis((stat.ticks + ended) * 10);
    }
    by_name
}

/// The processes below this one.
pub(super) fn descendants() -> BTreeMap<i32, String> {
    let below = family().into_iter().filter(|(pid, _)| *pid != own());
    below.map(|(pid, stat)| (pid, stat.name)).collect()
}

/// The name of this process, as the others are named.
pub(super) fn own_name() -> String {
    stat(own()).map(|stat| stat.name).unwrap_or_default()
}

fn own() -> i32 {
    i32::try_from(std::process::id()).unwrap_or_default()
}

/// This process and each below it: a server may start others, and they may leave its group.
fn family() -> BTreeMap<i32, Stat> {
    let mut others: BTreeMap<i32, Stat> = pids().into_iter().filter_map(|pid| Some((pid, stat(pid)?))).collect();
    let mut family: BTreeMap<i32, Stat> = others.remove_entry(&own()).into_iter().collect();
    loop {
        let found: Vec<i32> =
            others.iter().filter(|(_, stat)| family.contains_key(&stat.parent)).map(|(pid, _)| *pid).collect();
        if found.is_empty() {
            return family;
        }
        family.extend(found.iter().filter_map(|pid| others.remove_entry(pid)));
    }
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

/// Proportional set size of a process, in bytes.
pub(super) fn memory(pid: i32) -> u64 {
    let pss = || {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let line = text.lines().find(|line| line.starts_with("Pss:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    // It may have ended.
    pss().unwrap_or_default() * 1024
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
    /// Of the children that it has waited for.
    ticks_of_ended: u64,
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
    let ticks_of_ended = number(13)? + number(14)?;
    Some(Stat {
        name,
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        ticks,
        ticks_of_ended,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_between_two_readings_is_reported_by_name() {
        let look = |engine, redis| {
            let all = [("engine", engine), ("redis-server", redis)];
            all.map(|(name, ms)| (name.to_owned(), Duration::from_millis(ms))).into()
        };
        assert_eq!(cpu_between(&look(100, 50), &look(1600, 50)), [("engine".to_owned(), 1.5)].into());
        assert!(cpu_by_name().contains_key(&own_name()), "{}", own_name());
    }

    #[test]
    fn what_a_child_starts_is_below_this_process_too() {
        use std::io::Read;
        // The shell says who is below it, and its child holds the pipe.
        let script = "sh -c 'echo $$; exec sleep 1000' & wait";
        let mut shell =
            std::process::Command::new("sh").args(["-c", script]).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut said = Vec::new();
        let mut out = shell.stdout.take().unwrap();
        while !said.ends_with(b"\n") {
            let mut byte = [0];
            out.read_exact(&mut byte).unwrap();
            said.extend(byte);
        }
        let grandchild: i32 = String::from_utf8(said).unwrap().trim().parse().unwrap();
        let below = descendants();
        rustix::process::kill_process(
            rustix::process::Pid::from_raw(grandchild).unwrap(),
            rustix::process::Signal::KILL,
        )
        .unwrap();
        shell.wait().unwrap();
        assert!(below.contains_key(&grandchild), "{grandchild} is not in {below:?}");
    }

    #[test]
    fn this_process_uses_something() {
        let group = Group(stat(i32::try_from(std::process::id()).unwrap()).unwrap().group);
        assert!(group.memory() > 100_000);
        assert!(group.pids().contains(&i32::try_from(std::process::id()).unwrap()));
    }
}
