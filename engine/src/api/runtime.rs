//! `GET /debug/runtime` on the operators' port: what the threads and the memory of this process are used for.
//!
//! It costs the process nothing, so a viewer may ask: all numbers only grow, so two answers tell what was used between them. Which functions use it
//! is what [`super::profile`] says.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use axum::Json;
use jiff::Timestamp;
use serde::Serialize;
use tokio::runtime::Handle;

/// How many threads are looked at. The engine has one for each core, and a few.
const THREADS: usize = 1024;

/// What is answered.
#[derive(Debug, Serialize)]
pub(super) struct RuntimeView {
    at: Timestamp,
    /// How many turns, streams and loops there are, as tasks of the runtime.
    tasks: usize,
    /// Tasks that could run, and that no thread has taken yet. Above 0 for long: the threads are not enough, or one of them is blocked.
    queued: usize,
    /// How long each thread of the runtime has run tasks since the process began, in seconds.
    busy_seconds: Vec<f64>,
    /// What the system counts of threads, by their name; none where it does not say.
    threads: Vec<ThreadView>,
    /// None where the system does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<MemoryView>,
}

/// The threads of a name.
#[derive(Debug, PartialEq, Serialize)]
struct ThreadView {
    name: String,
    count: usize,
    /// How long they have run on a core, in seconds.
    cpu_seconds: f64,
    /// How long they were ready to and had none.
    waited_seconds: f64,
}

/// What the system says of the process.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_field_names, reason = "each name says the unit, as in metrics")]
struct MemoryView {
    /// All that is in memory.
    resident_bytes: u64,
    /// What of it is heap and stacks: no file has it.
    anonymous_bytes: u64,
    /// The most that was ever in memory.
    peak_bytes: u64,
}

pub(super) async fn show() -> Json<RuntimeView> {
    let runtime = Handle::current().metrics();
    let busy = (0..runtime.num_workers()).map(|worker| runtime.worker_total_busy_duration(worker).as_secs_f64());
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    Json(RuntimeView {
        at: Timestamp::now(),
        tasks: runtime.num_alive_tasks(),
        queued: runtime.global_queue_depth(),
        busy_seconds: busy.collect(),
        threads: threads(),
        memory: memory(&status),
    })
}

fn threads() -> Vec<ThreadView> {
    let mut all: BTreeMap<String, ThreadView> = BTreeMap::new();
    // A thread that ends meanwhile is left out.
    for thread in fs::read_dir("/proc/self/task").into_iter().flatten().flatten().take(THREADS) {
        let read = |name: &str| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
        let (name, times) = (read("comm").trim().to_owned(), read("schedstat"));
        let mut times = times.split_whitespace().map(|time| time.parse().map(Duration::from_nanos));
        let (Some(Ok(on_core)), Some(Ok(ready))) = (times.next(), times.next()) else { continue };
        let view = all.entry(name.clone());
        let view = view.or_insert(ThreadView { name, count: 0, cpu_seconds: 0.0, waited_seconds: 0.0 });
        view.count += 1;
        view.cpu_seconds += on_core.as_secs_f64();
        view.waited_seconds += ready.as_secs_f64();
    }
    all.into_values().collect()
}

/// From the text of `/proc/self/status`, which counts in kB of 1024 bytes.
fn memory(status: &str) -> Option<MemoryView> {
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
    };
    Some(MemoryView {
        resident_bytes: bytes("VmRSS")?,
        anonymous_bytes: bytes("RssAnon")?,
        peak_bytes: bytes("VmHWM")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_work_of_a_thread_is_seen_under_its_name() {
        let name = "worker-of-a-test";
        let before = async || show().await.0.threads.into_iter().find(|thread| thread.name.starts_with(&name[..15]));
        assert_eq!(before().await, None);
        let (working, worked) = tokio::sync::oneshot::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            // Enough to be counted, whatever the machine.
            working.send((0..3_000_000_u64).fold(0, |sum, number| sum ^ number.wrapping_mul(31))).unwrap();
            let _ = ended.recv();
        });
        worked.await.unwrap();
        let seen = before().await.unwrap();
        assert!(seen.count == 1 && seen.cpu_seconds > 0.0, "{seen:?}");
        drop(end);
        thread.unwrap().join().unwrap();
    }

    #[test]
    fn memory_is_shown_in_bytes_or_not_at_all() {
        let status = "Name:\tengine\nVmHWM:\t   30 kB\nVmRSS:\t   20 kB\nRssAnon:\t   10 kB\n";
        let memory = memory(status).unwrap();
        assert_eq!((memory.resident_bytes, memory.anonymous_bytes, memory.peak_bytes), (20_480, 10_240, 30_720));
        assert_eq!(super::memory("Name:\tengine\n"), None);
    }
}
