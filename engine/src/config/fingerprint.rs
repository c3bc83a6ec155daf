//! A short name for the settings that all processes of a deployment need to share.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};

use super::{AuthConfig, Config, WorkerConfig};

/// How many bytes of the hash are shown.
const SHOWN: usize = 4;

impl Config {
    /// The same in two processes that agree on everything that a deployment shares: its queue, limits, tiers, providers, retention. What a process
    /// may have of its own (addresses, directories, names, slots, keys of callers) does not count, nor do secrets.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let own = Self::default();
        let worker = WorkerConfig {
            name: None,
            tiers: Vec::new(),
            concurrent_workers: own.worker.concurrent_workers,
            threads: own.worker.threads,
            poll_interval_ms: own.worker.poll_interval_ms,
            shutdown_timeout_seconds: own.worker.shutdown_timeout_seconds,
            ..self.worker.clone()
        };
        let mut shared = Self {
            worker,
            // What is listed here is what all share; a new section does not count until it is added.
            default_provider: self.default_provider.clone(),
            chat_history_limit: self.chat_history_limit,
            language: self.language.clone(),
            queue: self.queue.clone(),
            turns: self.turns.clone(),
            retention: self.retention.clone(),
            limits: self.limits,
            tiers: self.tiers.clone(),
            providers: self.providers.clone(),
            offline: self.offline.clone(),
            auth: AuthConfig::default(),
            ..own
        };
        shared.redis.prefix.clone_from(&self.redis.prefix);
        shared.redis.shards = self.redis.shards;
        for tier in shared.tiers.values_mut() {
            // Machines may know a server by different names.
            tier.redis.url = tier.redis.url.take().map(|_| "set".to_owned());
        }
        let hash = digest(&SHA256, shared.masked().as_bytes());
        hash.as_ref().iter().take(SHOWN).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TierConfig;

    #[test]
    fn a_fingerprint_tells_shared_settings_apart_and_no_others() {
        let first = Config::default();
        let mut own = Config { listen: ([0, 0, 0, 0], 80).into(), data_dir: "elsewhere".into(), ..Config::default() };
        own.worker.concurrent_workers += 1;
        own.redis.url = Some("redis://elsewhere".to_owned());
        assert_eq!(own.fingerprint(), first.fingerprint());
        assert_eq!(first.fingerprint().len(), 8);

        for change in [
            |config: &mut Config| config.queue.max_depth += 1,
            |config: &mut Config| config.worker.game_lock_ttl_seconds += 1.0,
            |config: &mut Config| config.redis.shards += 1,
            |config: &mut Config| config.default_provider = Some("local".to_owned()),
            |config: &mut Config| drop(config.tiers.insert("gold".to_owned(), TierConfig::default())),
        ] {
            let mut other = Config::default();
            change(&mut other);
            assert_ne!(other.fingerprint(), first.fingerprint());
        }
    }
}
