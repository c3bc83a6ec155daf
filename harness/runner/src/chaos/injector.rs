//! The fault injector: it follows the schedule until the load is over, then waits until every fault is repaired.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::Instant;

use super::schedule::{ChaosTarget, Fault, Injection};
use super::testbed::Testbed;

/// Which faults were injected.
#[derive(Debug, Clone, Default)]
pub(super) struct InjectionLog {
    pub(super) kills: BTreeMap<ChaosTarget, usize>,
    pub(super) freezes: BTreeMap<ChaosTarget, usize>,
    pub(super) restarts: BTreeMap<ChaosTarget, usize>,
    /// What did not go as it must: a process that died by itself, or did not end or start.
    pub(super) troubles: Vec<String>,
}

impl InjectionLog {
    fn count(&mut self, injection: &Injection) {
        let counts = match injection.fault {
            Fault::Kill(_) => &mut self.kills,
            Fault::Freeze(_) => &mut self.freezes,
            Fault::Restart => &mut self.restarts,
        };
        *counts.entry(injection.target).or_default() += 1;
    }
}

/// Injects the faults of the schedule. A target that is broken already is skipped until it is repaired.
pub(super) async fn run(
    testbed: &Testbed<'_>,
    schedule: impl Iterator<Item = Injection>,
    mut over: watch::Receiver<bool>,
) -> InjectionLog {
    let mut injected = InjectionLog::default();
    let mut broken = BTreeSet::new();
    let mut under_way = FuturesUnordered::new();
    'schedule: for injection in schedule {
        let due = Instant::now() + injection.after;
        loop {
            tokio::select! {
                Some((target, result)) = under_way.next() => repaired(&mut injected, &mut broken, target, result),
                _ = over.wait_for(|over| *over) => break 'schedule,
                () = tokio::time::sleep_until(due) => break,
            }
        }
        if broken.insert(injection.target) {
            injected.count(&injection);
            under_way.push(async move { (injection.target, testbed.inject(injection.target, injection.fault).await) });
        }
    }
    while let Some((target, result)) = under_way.next().await {
        repaired(&mut injected, &mut broken, target, result);
    }
    injected
}

fn repaired(
    injected: &mut InjectionLog,
    broken: &mut BTreeSet<ChaosTarget>,
    target: ChaosTarget,
    result: Result<(), String>,
) {
    broken.remove(&target);
    injected.troubles.extend(result.err());
}
