//! The wrecker: it follows the schedule until the load is over, then lets everything be mended.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::sync::watch;
use tokio::time::Instant;

use super::arena::Arena;
use super::schedule::{Disaster, Strike, Victim};

/// What was broken.
#[derive(Debug, Clone, Default)]
pub(super) struct Toll {
    pub(super) kills: BTreeMap<Victim, usize>,
    pub(super) freezes: BTreeMap<Victim, usize>,
    pub(super) restarts: BTreeMap<Victim, usize>,
    /// What did not go as it must: a process that died by itself, or did not end or start.
    pub(super) troubles: Vec<String>,
}

impl Toll {
    fn count(&mut self, strike: &Strike) {
        let counts = match strike.disaster {
            Disaster::Kill(_) => &mut self.kills,
            Disaster::Freeze(_) => &mut self.freezes,
            Disaster::Restart => &mut self.restarts,
        };
        *counts.entry(strike.victim).or_default() += 1;
    }
}

/// Breaks what the schedule says. What is broken already is passed over until it is mended.
pub(super) async fn wreck(
    arena: &Arena<'_>,
    schedule: impl Iterator<Item = Strike>,
    mut over: watch::Receiver<bool>,
) -> Toll {
    let mut toll = Toll::default();
    let mut broken = BTreeSet::new();
    let mut under_way = FuturesUnordered::new();
    'schedule: for strike in schedule {
        let due = Instant::now() + strike.after;
        loop {
            tokio::select! {
                Some((victim, result)) = under_way.next() => mended(&mut toll, &mut broken, victim, result),
                _ = over.wait_for(|over| *over) => break 'schedule,
                () = tokio::time::sleep_until(due) => break,
            }
        }
        if broken.insert(strike.victim) {
            toll.count(&strike);
            under_way.push(async move { (strike.victim, arena.strike(strike.victim, strike.disaster).await) });
        }
    }
    while let Some((victim, result)) = under_way.next().await {
        mended(&mut toll, &mut broken, victim, result);
    }
    toll
}

fn mended(toll: &mut Toll, broken: &mut BTreeSet<Victim>, victim: Victim, result: Result<(), String>) {
    broken.remove(&victim);
    toll.troubles.extend(result.err());
}
