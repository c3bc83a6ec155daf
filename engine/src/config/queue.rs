//! `[queue]`: how much may wait, in which order it is claimed, and how long what has ended is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::Tenant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Ageing, MOST_IN_A_TURN, Order, Shares, StoryEventPlacement};

/// How many tenants may have a weight of their own.
pub(super) const MAX_WEIGHTS: usize = 1000;

/// `[queue]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct QueueConfig {
    /// How long the status of a finished request can be read.
    pub status_ttl_seconds: u64,
    /// How many events of a game are kept, at least.
    pub events_kept: usize,
    /// How long a game keeps its events once nothing of it is unfinished and nothing happens any more; 0: for ever. Readers who come back later
    /// get a `stream.reset`.
    pub events_ttl_seconds: u64,
    /// Where story events are queued: `tail`, or `next` ahead of the same game's waiting messages.
    pub story_events: StoryEventPlacement,
    /// How many story events of a game one turn tells at most, from 1 to 16: those that wait directly behind each other. Each is still
    /// completed by itself.
    pub story_event_batch: usize,
    /// In which order free games are claimed: `arrival`, or `fair` so that no tenant makes another wait beyond its share.
    pub order: QueueOrder,
    /// The shares of tenants in fair order, by name: a tenant with 2 gets twice as many turns as one with 1 (the default) while both wait.
    /// From 0.01 to 100.
    pub weights: BTreeMap<String, f64>,
    /// How long, in fair order, a request waits for later ones of the same tenant that have the next higher priority; twice as long, if it is
    /// low, for those that have the highest one. With 0, priorities have no effect. At most a week.
    pub priority_ageing_seconds: u64,
    /// How many requests may be queued, of all games (of each shard's, with several shards). A message beyond that is
    /// refused with 429.
    pub max_depth: u64,
    /// How many unfinished requests a game may have before a message to it is refused with 429.
    pub max_depth_per_game: u64,
    /// How long an idempotency key is kept once its request has ended.
    pub idempotency_ttl_seconds: u64,
    /// How many things operators may have paused at a time (of each shard, with several): games above all.
    pub max_pauses: usize,
}

/// `queue.order`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueOrder {
    /// The request that arrived first goes first.
    #[default]
    Arrival,
    /// Tenants take turns, by their weights.
    Fair,
}

impl QueueConfig {
    /// As the store knows it. The weights are those of tiers as well.
    pub(super) fn order(&self, weights: BTreeMap<String, f64>) -> Order {
        match self.order {
            QueueOrder::Arrival => Order::Arrival,
            QueueOrder::Fair => {
                let ageing = Ageing::new(Duration::from_secs(self.priority_ageing_seconds));
                Order::Fair(Shares::new(weights), ageing)
            }
        }
    }

    /// A turn tells at least one story event. A tenant with the weight 0 would never have a turn, and one with a very great weight would leave none to others.
    pub(super) fn check(&self) -> Result<(), (String, String)> {
        if self.weights.len() > MAX_WEIGHTS {
            let reason = format!("{} are more than {MAX_WEIGHTS}: every step takes them along", self.weights.len());
            return Err(("weights".to_owned(), reason));
        }
        let longest = Ageing::LONGEST.as_secs();
        if self.priority_ageing_seconds > longest {
            let reason = format!("{} s are longer than a week, which is {longest} s", self.priority_ageing_seconds);
            return Err(("priority_ageing_seconds".to_owned(), reason));
        }
        if !(1..=MOST_IN_A_TURN).contains(&self.story_event_batch) {
            let reason = format!("`{}` is not a number from 1 to {MOST_IN_A_TURN}", self.story_event_batch);
            return Err(("story_event_batch".to_owned(), reason));
        }
        let (least, greatest) = Shares::WEIGHTS;
        for (tenant, weight) in &self.weights {
            let key = || format!("weights.{tenant}");
            if let Err(error) = tenant.parse::<Tenant>() {
                return Err((key(), format!("it is no name of a tenant: {error}")));
            }
            if !(least..=greatest).contains(weight) {
                return Err((key(), format!("`{weight}` is not a number from {least} to {greatest}")));
            }
        }
        Ok(())
    }
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            status_ttl_seconds: 3600,
            events_kept: 10_000,
            events_ttl_seconds: 86_400,
            story_events: StoryEventPlacement::Tail,
            story_event_batch: 1,
            order: QueueOrder::Arrival,
            weights: BTreeMap::new(),
            priority_ageing_seconds: Ageing::USUAL.as_secs(),
            max_depth: 100_000,
            max_depth_per_game: 1000,
            idempotency_ttl_seconds: 86_400,
            max_pauses: 1000,
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::Priority;

    use super::*;
    use crate::config::Config;

    fn read(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn tenants_share_by_their_weights_in_fair_order() {
        let config = read("[queue]\norder = 'fair'\n[queue.weights]\ngold = 2.0\ntrial = 0.5");
        config.check().unwrap();
        let Order::Fair(shares, _) = config.store_options().order else { panic!("it is in order of arrival") };
        assert_eq!(["gold", "trial", "other"].map(|tenant| shares.cost(tenant)), [512, 2048, 1024]);
        assert_eq!(read("").store_options().order, Order::Arrival);
    }

    #[test]
    fn events_that_go_before_a_lost_connection_is_noticed_are_refused() {
        for (seconds, keepalive, accepted) in [(29, 30.0, false), (30, 30.0, true), (0, 30.0, true), (1, 0.5, true)] {
            let text = format!("[queue]\nevents_ttl_seconds = {seconds}\n[sse]\nkeepalive_seconds = {keepalive:?}");
            let checked = read(&text).check();
            assert_eq!(checked.is_ok(), accepted, "{text}: {checked:?}");
            assert!(checked.err().is_none_or(|error| error.to_string().contains("queue.events_ttl_seconds")));
        }
    }

    #[test]
    fn a_turn_tells_from_one_to_sixteen_story_events() {
        assert_eq!(read("").store_options().story_event_batch, 1);
        for (batch, is_right) in [(0, false), (1, true), (16, true), (17, false)] {
            let refused =
                read(&format!("[queue]\nstory_event_batch = {batch}")).check().map_err(|error| error.to_string());
            assert_eq!(refused.is_ok(), is_right, "{refused:?}");
            assert!(refused.err().is_none_or(|refused| refused.contains("queue.story_event_batch")));
        }
    }

    #[test]
    fn priorities_age_in_fair_order_by_what_is_configured() {
        let allowances = |text: &str| {
            let order = read(&format!("[queue]\norder = 'fair'\n{text}")).store_options().order;
            Priority::ALL.map(|priority| order.ageing().unwrap().allowance(priority))
        };
        assert_eq!(allowances(""), [120_000, 60_000, 0]);
        assert_eq!(allowances("priority_ageing_seconds = 5"), [10_000, 5_000, 0]);
        let longer = QueueConfig { priority_ageing_seconds: 604_801, ..QueueConfig::default() };
        assert_eq!(longer.check().unwrap_err().0, "priority_ageing_seconds");
    }

    #[test]
    fn so_many_weights_that_every_step_would_be_slow_are_refused() {
        let config = |count: usize| QueueConfig {
            weights: (0..count).map(|n| (format!("t{n}"), 2.0)).collect(),
            ..QueueConfig::default()
        };
        config(MAX_WEIGHTS).check().unwrap();
        assert_eq!(config(MAX_WEIGHTS + 1).check().unwrap_err().0, "weights");
    }

    #[test]
    fn a_weight_that_cannot_be_meant_is_refused_with_its_key() {
        for (weights, expected) in [
            ("gold = 0.0", "queue.weights.gold"),
            ("gold = 101.0", "queue.weights.gold"),
            ("gold = nan", "queue.weights.gold"),
            ("'not a name' = 1.0", "queue.weights.not a name"),
        ] {
            let refused = read(&format!("[queue.weights]\n{weights}")).check().unwrap_err().to_string();
            assert!(refused.contains(expected), "{refused}");
        }
    }
}
