//! The state of the model providers: shared by all workers, so that one fault pauses a provider for all of them.
//!
//! ```text
//!              fault                    probe time has come: exactly one claim gets a probe
//!   Closed ───────────► Open ──────────────────────────────────────────────► HalfOpen
//!     ▲                  ▲                                                      │  │
//!     │                  └───────── the probe meets a fault: a longer wait ─────┘  │
//!     └───────────────────────────── the probe succeeds ──────────────────────────-┘
//! ```
//!
//! A claim skips every game whose provider is open, unless that provider has a fallback that is closed. A lane waits for its
//! game's provider; after [`Providers::pause`] its head waits for the provider that had the fault, which may be the one that
//! extracts the delta.
//!
//! A store with several shards keeps this state in each of them, because a step is atomic within one: each shard has a probe
//! of its own, and `max_concurrent` is split between them.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use protocol::{ProviderView, WaitReason};

use super::{Lease, StoreError};

/// A fault of a provider, as an attempt or a check has met it: it says nothing about the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFault {
    /// The provider's name in the configuration.
    pub provider: String,
    /// The class of the fault. Players see it.
    pub reason: WaitReason,
    /// The error in full, for operators only. The store keeps at most [`ProviderFault::DETAIL_MAX`] characters of it.
    pub detail: String,
    /// How long the provider asks to be left alone, if it said so. The next probe waits at least as long.
    pub retry_after: Option<Duration>,
}

impl ProviderFault {
    /// How many characters of a detail are kept.
    pub(crate) const DETAIL_MAX: usize = 500;
}

/// The provider that a claim is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimedProvider {
    /// Its name: the one that the lane waits for, or its fallback. It holds one of the provider's slots until the attempt ends.
    pub name: String,
    /// Whether this attempt is the provider's probe. Call [`Providers::record_provider_success`] once the provider has
    /// responded well, or [`Providers::pause`] if it has not: until then, or until the attempt ends, no other game gets it.
    pub is_probe: bool,
}

impl ClaimedProvider {
    /// Stands in the place of a provider's name where the request needs no model any more: it was given up for its delta, and has a
    /// narration. No provider can be called so.
    pub(super) const NO_MODEL: &str = "*no-model";

    /// Whether the attempt may call a model.
    #[must_use]
    pub fn may_be_called(&self) -> bool {
        self.name != Self::NO_MODEL
    }
}

/// How a store treats one provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderPolicy {
    /// How many attempts may use it at the same time, over all workers. None is no limit.
    pub max_concurrent: Option<u32>,
    /// The providers that narrate its games while it is open, the preferred one first.
    pub fallback: Vec<String>,
}

/// How a store treats providers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderOptions {
    /// The policy of each provider that is not the default.
    pub policies: BTreeMap<String, ProviderPolicy>,
    /// How long after the first fault a provider is probed. It doubles with each probe that fails.
    pub probe_delay: Duration,
    /// The longest wait between two probes, unless the provider asked for a longer one.
    pub probe_delay_max: Duration,
    /// How long a request may wait for providers before it is given up; zero means no limit. It becomes a dead letter, unless it has a
    /// narration: then a claim gets it with a delta that is [given up](crate::Completion::given_up), to commit what was read.
    pub give_up_after: Duration,
}

impl Default for ProviderOptions {
    fn default() -> Self {
        Self {
            policies: BTreeMap::new(),
            probe_delay: Duration::from_secs(2),
            probe_delay_max: Duration::from_mins(1),
            give_up_after: Duration::from_mins(15),
        }
    }
}

/// The state of the providers. Every method is one atomic step and may be repeated, like all steps of the store.
#[async_trait]
pub trait Providers {
    /// Ends an attempt that met a fault of a provider. In one step: the provider opens, or its next probe moves; the request goes
    /// back to the head of its lane, where it waits for that provider; the attempt is not counted; checkpoints are kept;
    /// `request.waiting` is appended. A repeat by the same lease changes nothing.
    async fn pause(&self, lease: &Lease, fault: &ProviderFault) -> Result<(), StoreError>;

    /// Records a fault that no attempt has met, for example one of a check at start. The provider opens, or its next probe moves
    /// to a later time; a repeat within the same wait changes nothing else.
    async fn record_provider_fault(&self, fault: &ProviderFault) -> Result<(), StoreError>;

    /// Records that a provider works: it closes, and the games that wait for it can be claimed in their order. Call it when a
    /// probe or a check succeeds. Other successes need not be recorded: a call that began before a fault says nothing about the
    /// provider after it.
    async fn record_provider_success(&self, provider: &str) -> Result<(), StoreError>;

    /// Every provider that a game uses or that has had a fault, by name.
    async fn providers(&self) -> Result<Vec<ProviderView>, StoreError>;
}
