//! What is broken, when and for how long: an endless sequence, drawn from the seed.

use std::fmt;
use std::time::Duration;

use harness_case::Target;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use super::Options;

/// Keeps the schedule's draws apart from those of the load.
const STREAM: u64 = 0x005c_4ed0_1e00;

/// Something that can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ChaosTarget {
    /// The process that serves HTTP; where there is no Redis, it is the only one.
    Api,
    /// One of the workers.
    Worker(usize),
    /// The store's server.
    Redis,
}

impl ChaosTarget {
    /// The process of the engine that it is.
    pub(super) fn target(self) -> Option<Target> {
        match self {
            Self::Api => Some(Target::only("api")),
            Self::Worker(number) => Some(Target::nth("worker", number)),
            Self::Redis => None,
        }
    }
}

impl fmt::Display for ChaosTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.target() {
            Some(target) => target.fmt(f),
            None => f.write_str("redis"),
        }
    }
}

/// How something is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// SIGKILL; it is started again after so long.
    Kill(Duration),
    /// SIGSTOP; SIGCONT after so long, which is longer than the lease.
    Freeze(Duration),
    /// SIGTERM, which it must obey in good order; it is started again at once.
    Restart,
}

/// One entry of the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Injection {
    /// How long after the one before it.
    pub(super) after: Duration,
    pub(super) target: ChaosTarget,
    pub(super) fault: Fault,
}

/// What there is to break.
#[derive(Debug, Clone, Copy)]
pub(super) struct Roster {
    /// Worker processes; 0 where API and workers are one process.
    workers: usize,
    redis: bool,
}

impl Roster {
    pub(super) fn of(options: &Options, has_redis: bool) -> Self {
        Self { workers: if has_redis { options.workers } else { 0 }, redis: has_redis && options.redis_faults }
    }
}

/// The schedule. Pauses and durations are multiples of the lease, for it is what recovery is measured in.
pub(super) fn injections(options: &Options, roster: Roster) -> impl Iterator<Item = Injection> + use<> {
    let mut draw = StdRng::seed_from_u64(options.seed ^ STREAM);
    let mut deck = Vec::new();
    let lease = options.lease;
    std::iter::repeat_with(move || {
        // Where everything is one process, breaking it stops everything: it needs time to get something done in between.
        let pause = if roster.workers == 0 { 1.0..2.4 } else { 0.2..1.2 };
        let after = lease.mul_f64(draw.random_range(pause));
        let target = target(&mut draw, roster);
        if deck.is_empty() {
            deck = vec![Card::Kill, Card::Kill, Card::Freeze, Card::Freeze, Card::Restart];
            deck.shuffle(&mut draw);
        }
        let fault = match if target == ChaosTarget::Redis { Some(Card::Kill) } else { deck.pop() } {
            Some(Card::Freeze) => Fault::Freeze(lease.mul_f64(draw.random_range(1.2..3.0))),
            Some(Card::Restart) => Fault::Restart,
            Some(Card::Kill) | None => Fault::Kill(lease.mul_f64(draw.random_range(0.0..2.0))),
        };
        Injection { after, target, fault }
    })
}

/// Kinds of faults are dealt from a shuffled deck, so that a short run meets all of them.
#[derive(Debug, Clone, Copy)]
enum Card {
    Kill,
    Freeze,
    Restart,
}

fn target(draw: &mut StdRng, roster: Roster) -> ChaosTarget {
    if roster.redis && draw.random_ratio(1, 10) {
        return ChaosTarget::Redis;
    }
    // The API is hit as often as any one worker.
    match draw.random_range(0..=roster.workers) {
        0 => ChaosTarget::Api,
        worker => ChaosTarget::Worker(worker - 1),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::chaos::plan::options;

    fn first(seed: u64, redis: bool) -> Vec<Injection> {
        let options = Options { redis_faults: redis, ..options(seed) };
        injections(&options, Roster::of(&options, true)).take(200).collect()
    }

    #[test]
    fn a_seed_always_draws_the_same_schedule_and_another_one_another() {
        assert_eq!(first(1, true), first(1, true));
        assert_ne!(first(1, true), first(2, true));
    }

    #[test]
    fn everything_is_hit_and_redis_only_if_that_was_asked_for() {
        let targets =
            |redis| first(1, redis).iter().map(|injection| injection.target.to_string()).collect::<BTreeSet<_>>();
        assert_eq!(Vec::from_iter(targets(true)), ["api", "redis", "worker[0]", "worker[1]"]);
        assert_eq!(Vec::from_iter(targets(false)), ["api", "worker[0]", "worker[1]"]);
    }

    #[test]
    fn every_kind_of_disaster_comes_within_a_few_strikes() {
        for five in first(1, false).chunks(5) {
            let has = |wanted: fn(&Fault) -> bool| five.iter().any(|injection| wanted(&injection.fault));
            assert!(has(|fault| matches!(fault, Fault::Kill(_))));
            assert!(has(|fault| matches!(fault, Fault::Freeze(_))));
            assert!(has(|fault| matches!(fault, Fault::Restart)));
        }
    }

    #[test]
    fn a_freeze_outlasts_the_lease() {
        let options = options(1);
        let freezes = first(1, false).into_iter().filter_map(|injection| match injection.fault {
            Fault::Freeze(length) => Some(length),
            _ => None,
        });
        assert!(freezes.into_iter().all(|length| length > options.lease));
    }
}
