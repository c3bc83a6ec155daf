//! The state of the providers in Redis: `providers` and `provider:{name}` (hashes), `provider-slots:{name}` (set).

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use protocol::{Circuit, ProviderView};
use serde::Serialize;

use super::codec::Fields;
use super::connection::Connection;
use super::step::{self, StepArgs, millis};
use super::unexpected::{to_json, unexpected_reply};
use super::{RedisStore, StoreError};
use crate::{ClaimedProvider, LONGEST_DELAY, Lease, ProviderFault, Providers, StoreOptions};

/// A policy as `lua/providers.lua` reads it.
#[derive(Serialize)]
struct Policy<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_concurrent: Option<usize>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    fallback: &'a [String],
}

/// The policies of the providers, or nothing where all have the default. Each shard has an equal part of the slots.
pub(super) fn policies(options: &StoreOptions, shards: usize) -> Result<String, StoreError> {
    let policies: BTreeMap<&str, Policy<'_>> = options
        .providers
        .policies
        .iter()
        .map(|(name, policy)| {
            let slots =
                policy.max_concurrent.map(|slots| (usize::try_from(slots).unwrap_or(usize::MAX) / shards).max(1));
            (name.as_str(), Policy { max_concurrent: slots, fallback: &policy.fallback })
        })
        .collect();
    if policies.is_empty() { Ok(String::new()) } else { to_json(&policies) }
}

#[async_trait]
impl Providers for RedisStore {
    async fn pause(&self, lease: &Lease, fault: &ProviderFault) -> Result<(), StoreError> {
        let arguments = StepArgs::of_lease(lease).then(&self.fault(fault));
        self.fenced(lease, &step::PAUSE, &arguments).await?;
        // The other shards learn of it too, or by a fault of their own: a repeat finds the pause done.
        let own = lease.game.shard(self.shards.len());
        for (_, shard) in self.shards.iter().enumerate().filter(|(number, _)| *number != own) {
            if let Err(error) = shard.run::<()>(&step::PROVIDER_FAULT, &self.fault(fault)).await {
                tracing::warn!(%error, provider = fault.provider, "a shard does not know of the provider's fault");
            }
        }
        Ok(())
    }

    async fn record_provider_fault(&self, fault: &ProviderFault) -> Result<(), StoreError> {
        for shard in &self.shards {
            shard.run::<()>(&step::PROVIDER_FAULT, &self.fault(fault)).await?;
        }
        Ok(())
    }

    async fn record_provider_success(&self, provider: &str) -> Result<(), StoreError> {
        for shard in &self.shards {
            shard.run::<()>(&step::PROVIDER_SUCCESS, &StepArgs::new().arg(provider)).await?;
        }
        Ok(())
    }

    async fn providers(&self) -> Result<Vec<ProviderView>, StoreError> {
        let mut all: BTreeMap<String, ProviderView> = BTreeMap::new();
        for shard in &self.shards {
            for view in views(shard).await? {
                match all.get_mut(&view.name) {
                    Some(known) => join(known, view),
                    None => drop(all.insert(view.name.clone(), view)),
                }
            }
        }
        Ok(all.into_values().collect())
    }
}

impl RedisStore {
    /// Provider, reason, detail, retry after, probe delay and longest probe delay.
    fn fault(&self, fault: &ProviderFault) -> StepArgs {
        let detail: String = fault.detail.chars().take(ProviderFault::DETAIL_MAX).collect();
        StepArgs::new()
            .arg(&fault.provider)
            .arg(fault.reason.as_str())
            .arg(detail)
            .arg(millis(fault.retry_after.unwrap_or_default().min(LONGEST_DELAY)))
            .arg(millis(self.options.providers.probe_delay.min(LONGEST_DELAY)))
            .arg(millis(self.options.providers.probe_delay_max.min(LONGEST_DELAY)))
    }
}

/// The circuit of each provider of a shard.
pub(super) async fn circuits(shard: &Connection) -> Result<BTreeMap<String, Circuit>, StoreError> {
    let kept: HashMap<String, String> =
        shard.query(redis::cmd("HGETALL").arg(format!("{}providers", shard.prefix()))).await?;
    kept.into_iter().map(|(name, circuit)| Ok((name, parse(&circuit)?))).collect()
}

fn parse(circuit: &str) -> Result<Circuit, StoreError> {
    match circuit {
        "closed" => Ok(Circuit::Closed),
        "open" => Ok(Circuit::Open),
        "half_open" => Ok(Circuit::HalfOpen),
        other => Err(unexpected_reply("a provider's circuit", &other)),
    }
}

async fn views(shard: &Connection) -> Result<Vec<ProviderView>, StoreError> {
    let mut views = Vec::new();
    for (name, circuit) in circuits(shard).await?.into_iter().filter(|(name, _)| name != ClaimedProvider::NO_MODEL) {
        let mut read = redis::pipe();
        read.hgetall(shard.key("provider", &name))
            .zcard(shard.key("requests:ready", &name))
            .scard(shard.key("provider-slots", &name));
        let (fields, waiting, in_use): (HashMap<String, String>, u64, u64) = shard.query_all(&read).await?;
        let fields = Fields::new(format!("provider {name}"), fields);
        views.push(ProviderView {
            circuit,
            reason: fields.parse("reason")?,
            detail: fields.text("detail").map(str::to_owned),
            opened_at: fields.time("opened_at")?,
            probe_at: fields.time("probe_at")?,
            waiting,
            in_use,
            name,
        });
    }
    Ok(views)
}

/// Adds what another shard knows of the same provider. The shard that probes counts, or else the one that probes first.
fn join(known: &mut ProviderView, other: ProviderView) {
    let (waiting, in_use) = (known.waiting + other.waiting, known.in_use + other.in_use);
    let opened_at = known.opened_at.into_iter().chain(other.opened_at).min();
    let urgency = |view: &ProviderView| match view.circuit {
        Circuit::HalfOpen => 0,
        Circuit::Open => 1,
        Circuit::Closed => 2,
    };
    if (urgency(&other), other.probe_at) < (urgency(known), known.probe_at) {
        *known = other;
    }
    (known.waiting, known.in_use, known.opened_at) = (waiting, in_use, opened_at);
}
