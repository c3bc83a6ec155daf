//! What the system says that a server uses: memory that is its own, and processor time.

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
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        all.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|pid| stat(*pid).is_some_and(|stat| stat.group == self.0))
            .collect()
    }
}

struct Stat {
    group: i32,
    ticks: u64,
}

/// The fields of `/proc/PID/stat` that count here (proc(5)).
fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is a name in brackets that may hold anything.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat { group: fields.get(2)?.parse().ok()?, ticks: number(11)? + number(12)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let group = Group(stat(i32::try_from(std::process::id()).unwrap()).unwrap().group);
        assert!(group.memory() > 100_000);
        assert!(group.pids().contains(&i32::try_from(std::process::id()).unwrap()));
    }
}
