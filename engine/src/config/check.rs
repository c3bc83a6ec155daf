//! Values that cannot be meant: which key, why, and what to set.

use std::time::Duration;

use super::{AdminListen, AuthMode, Config, ConfigError, LimitsConfig};

fn invalid(key: &str, reason: String) -> Result<(), ConfigError> {
    Err(ConfigError::Invalid { key: key.to_owned(), reason })
}

impl Config {
    /// Values that make no sense, each with its key and what to do.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.check_seconds()?;
        self.check_upper_bounds()?;
        self.check_lower_bounds()?;
        self.check_addresses()?;
        self.check_events_ttl()?;
        self.redis.check()?;
        self.queue.check().map_err(|(key, reason)| ConfigError::Invalid { key: format!("queue.{key}"), reason })?;
        self.metrics.check()?;
        self.traces.check()?;
        self.check_limits()?;
        self.auth.check()?;
        self.check_providers()?;
        self.check_tiers()
    }

    fn check_seconds(&self) -> Result<(), ConfigError> {
        for (key, value) in [
            ("worker.game_lock_ttl_seconds", self.worker.game_lock_ttl_seconds),
            ("worker.retry_delay_seconds", self.worker.retry_delay_seconds),
            ("worker.probe_delay_seconds", self.worker.probe_delay_seconds),
            ("worker.probe_delay_max_seconds", self.worker.probe_delay_max_seconds),
            ("worker.budget_delay_seconds", self.worker.budget_delay_seconds),
            ("worker.budget_delay_max_seconds", self.worker.budget_delay_max_seconds),
            ("sse.keepalive_seconds", self.sse.keepalive_seconds),
            ("http.header_timeout_seconds", self.http.header_timeout_seconds),
            ("http.body_timeout_seconds", self.http.body_timeout_seconds),
            ("http.write_timeout_seconds", self.http.write_timeout_seconds),
            ("http.import_wait_seconds", self.http.import_wait_seconds),
        ] {
            if !(value.is_finite() && (0.001..=86_400.0).contains(&value)) {
                return invalid(key, format!("`{value}` is not a number of seconds from 0.001 to 86400"));
            }
        }
        if !(0.0..=86_400.0).contains(&self.worker.shutdown_timeout_seconds) {
            return invalid("worker.shutdown_timeout_seconds", "it is not a number of seconds from 0 to 86400".into());
        }
        if !(0.0..=31_536_000.0).contains(&self.worker.give_up_after_seconds) {
            return invalid("worker.give_up_after_seconds", "it is not a number of seconds from 0 to a year".into());
        }
        Ok(())
    }

    fn check_upper_bounds(&self) -> Result<(), ConfigError> {
        for (key, value, largest) in [
            ("worker.max_retries", u64::from(self.worker.max_retries), 10_000),
            ("worker.concurrent_workers", self.worker.concurrent_workers as u64, 10_000),
            ("worker.threads", self.worker.threads as u64, 1024),
            ("worker.poll_interval_ms", self.worker.poll_interval_ms, 60_000),
            ("queue.status_ttl_seconds", self.queue.status_ttl_seconds, 10 * 365 * 86_400),
            ("queue.idempotency_ttl_seconds", self.queue.idempotency_ttl_seconds, 10 * 365 * 86_400),
            ("queue.events_kept", self.queue.events_kept as u64, 1_000_000_000),
            ("queue.events_ttl_seconds", self.queue.events_ttl_seconds, 10 * 365 * 86_400),
            ("turns.records_kept", self.turns.records_kept as u64, 1_000_000_000),
            ("turns.record_max_bytes", self.turns.record_max_bytes as u64, 1_000_000_000),
            ("turns.prompts_max_bytes", self.turns.prompts_max_bytes as u64, 1_000_000_000),
            ("turns.tries_kept", self.turns.tries_kept as u64, 1000),
            ("turns.changes_remembered", self.turns.changes_remembered as u64, 10_000),
            ("http.import_max_bytes", self.http.import_max_bytes as u64, 1 << 30),
            ("http.answers_max_bytes_per_address", self.http.answers_max_bytes_per_address as u64, 1 << 40),
            ("http.imports_max_bytes", self.http.imports_max_bytes as u64, 1 << 40),
            ("http.imports_bytes_per_second", self.http.imports_bytes_per_second, 1 << 40),
            ("queue.max_depth", self.queue.max_depth, 1_000_000_000),
            ("queue.max_depth_per_game", self.queue.max_depth_per_game, 1_000_000_000),
            ("queue.max_pauses", self.queue.max_pauses as u64, 1_000_000),
            ("redis.shards", self.redis.shards as u64, 1024),
            ("sse.chunk_ms", self.sse.chunk_ms, 10_000),
            ("sse.retry_ms", self.sse.retry_ms, 600_000),
            ("sse.max_streams", self.sse.max_streams as u64, 10_000_000),
            ("sse.max_streams_per_client", self.sse.max_streams_per_client as u64, 10_000_000),
            ("http.max_connections", self.http.max_connections as u64, 10_000_000),
            ("http.max_connections_per_address", self.http.max_connections_per_address as u64, 10_000_000),
            ("auth.max_keys", self.auth.max_keys as u64, 1_000_000),
            ("auth.max_capabilities_per_game", self.auth.max_capabilities_per_game as u64, 10_000),
            ("auth.audit_kept", self.auth.audit_kept as u64, 100_000_000),
            ("auth.ticket_seconds", self.auth.ticket_seconds, 86_400),
            ("auth.ticket_stream_seconds", self.auth.ticket_stream_seconds, 7 * 86_400),
            ("retention.idle_days", self.retention.idle_days, 36_500),
            ("retention.ended_days", self.retention.ended_days, 36_500),
            ("retention.sweep_minutes", self.retention.sweep_minutes, 10_080),
            ("retention.games_per_second", self.retention.games_per_second, 1000),
            ("chat_history_limit", self.chat_history_limit as u64, 10_000),
            ("contents_cached", self.contents_cached as u64, 10_000),
        ] {
            if value > largest {
                return invalid(key, format!("`{value}` is more than {largest}"));
            }
        }
        Ok(())
    }

    fn check_lower_bounds(&self) -> Result<(), ConfigError> {
        for (key, value, why) in [
            (
                "worker.concurrent_workers",
                self.worker.concurrent_workers as u64,
                "a worker that runs no turn does nothing",
            ),
            ("worker.threads", self.worker.threads as u64, "without a thread no turn runs"),
            ("worker.poll_interval_ms", self.worker.poll_interval_ms, "polling without a pause burns a core"),
            ("queue.events_kept", self.queue.events_kept as u64, "without a log nobody can follow a game"),
            ("queue.max_depth", self.queue.max_depth, "a queue that holds nothing accepts nothing"),
            ("queue.max_depth_per_game", self.queue.max_depth_per_game, "a lane that holds nothing accepts nothing"),
            ("redis.shards", self.redis.shards as u64, "games are kept in a shard"),
            ("turns.changes_remembered", self.turns.changes_remembered as u64, "a repeated undo would be another one"),
            ("http.import_max_bytes", self.http.import_max_bytes as u64, "no game is as small as that"),
            ("http.imports_bytes_per_second", self.http.imports_bytes_per_second, "no game could be imported"),
            ("retention.sweep_minutes", self.retention.sweep_minutes, "a search without a pause burns a core"),
            ("retention.games_per_second", self.retention.games_per_second, "no game would ever leave the store"),
            ("http.max_connections", self.http.max_connections as u64, "a server without connections serves nobody"),
            (
                "http.max_connections_per_address",
                self.http.max_connections_per_address as u64,
                "a client without a connection is served nothing",
            ),
        ] {
            if value == 0 {
                return invalid(key, format!("{why}: set at least 1"));
            }
        }
        if self.http.imports_max_bytes < self.http.import_max_bytes {
            let reason = format!("`{}` is less than `http.import_max_bytes`", self.http.imports_max_bytes);
            return invalid("http.imports_max_bytes", format!("{reason}: the largest game could not be imported"));
        }
        Ok(())
    }

    /// A limit of cost that counts nothing is believed to protect.
    fn check_prices(&self) -> Result<(), ConfigError> {
        let limits = self.tiers.values().map(|tier| tier.limits.over(self.limits)).chain([self.limits]);
        if !limits.into_iter().any(|limits| limits.limits_cost()) {
            return Ok(());
        }
        for (name, provider) in &self.providers {
            let is_other = provider.backend_model.as_ref().is_some_and(|model| *model != provider.model);
            let missing = match (&provider.price, &provider.backend_price) {
                (None, _) => "price",
                (_, None) if is_other => "backend_price",
                _ => continue,
            };
            let reason = "a limit of cost is set, and what this model costs is not: set `{ prompt = …, completion = … }` for a million \
                          tokens, 0 for a model that costs nothing";
            return Err(ConfigError::Invalid { key: format!("providers.{name}.{missing}"), reason: reason.to_owned() });
        }
        Ok(())
    }

    fn check_limits(&self) -> Result<(), ConfigError> {
        let largest = LimitsConfig::LARGEST;
        match self.limits.each().into_iter().find(|(_, value)| *value > largest) {
            Some((key, value)) => {
                let reason = format!("`{value}` is more than {largest}; 0 is no limit");
                Err(ConfigError::Invalid { key: key.to_string(), reason })
            }
            None => self.check_prices(),
        }
    }

    /// A reader notices a lost connection when a keep-alive is missing, and must find the events behind it.
    fn check_events_ttl(&self) -> Result<(), ConfigError> {
        let (kept, keepalive) = (Duration::from_secs(self.queue.events_ttl_seconds), self.sse.keepalive_seconds);
        if kept.is_zero() || kept.as_secs_f64() >= keepalive {
            return Ok(());
        }
        let reason = format!(
            "events that go after {} s are gone before a reader notices that a connection is lost: set at least \
             sse.keepalive_seconds ({keepalive}), or 0 to keep them",
            kept.as_secs()
        );
        Err(ConfigError::Invalid { key: "queue.events_ttl_seconds".to_owned(), reason })
    }

    /// What other machines can reach needs keys, or to be opened on purpose.
    fn check_addresses(&self) -> Result<(), ConfigError> {
        let operators = if let AdminListen::At(address) = self.admin_listen { Some(address) } else { None };
        for (key, address) in [("listen", Some(self.listen)), ("admin_listen", operators)] {
            if let Some(address) = address.filter(|address| !address.ip().is_loopback())
                && self.auth.mode == AuthMode::Local
            {
                let reason = format!(
                    "other machines can reach {address}, and everybody there could read, change and delete every game: ask \
                     for keys with `auth.mode = \"keys\"`, listen on 127.0.0.1, or allow it with `auth.mode = \"open\"`"
                );
                return Err(ConfigError::Invalid { key: key.to_owned(), reason });
            }
        }
        Ok(())
    }

    /// Refuses providers without their keys.
    pub(super) fn check_secrets(&self) -> Result<(), ConfigError> {
        self.providers.iter().try_for_each(|(name, provider)| {
            let invalid = |(key, reason)| ConfigError::Invalid { key: format!("providers.{name}.{key}"), reason };
            provider.check_secrets().map_err(invalid)
        })
    }

    fn check_providers(&self) -> Result<(), ConfigError> {
        let names = || self.providers.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let invalid = |key: String, reason: String| Err(ConfigError::Invalid { key, reason });
        match &self.default_provider {
            Some(name) if !self.providers.contains_key(name) => {
                invalid("default_provider".into(), format!("there is no provider `{name}`; configured: {}", names()))
            }
            None if self.providers.len() > 1 => invalid(
                "default_provider".into(),
                format!("there are several providers ({}): say which one games use that name none", names()),
            ),
            _ => self.providers.iter().try_for_each(|(name, provider)| {
                let others = provider.fallback.iter().map(|other| ("fallback", other));
                let others = others.chain(provider.backend_provider.iter().map(|other| ("backend_provider", other)));
                for (key, other) in others {
                    if !self.providers.contains_key(other) {
                        let reason = format!("there is no provider `{other}`; configured: {}", names());
                        return invalid(format!("providers.{name}.{key}"), reason);
                    }
                }
                provider.check().or_else(|(key, reason)| invalid(format!("providers.{name}.{key}"), reason))
            }),
        }
    }
}
