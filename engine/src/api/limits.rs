//! How many event streams may be open, in all and for one client.

use std::collections::HashMap;
use std::sync::Arc;

use metrics::{counter, gauge};
use parking_lot::Mutex;
use protocol::{Problem, ProblemType, StreamsView};

use super::account::Account;
use super::client::Client;
use crate::config::LimitsConfig;
use crate::tiers::Tiers;

/// The open streams.
#[derive(Debug)]
pub struct StreamLimits {
    max: usize,
    max_per_client: usize,
    tiers: Tiers,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    /// The streams of each client, user and tenant.
    each: HashMap<String, usize>,
}

impl StreamLimits {
    /// At most `max` streams, at most `max_per_client` of them for one client.
    #[must_use]
    pub fn new(max: usize, max_per_client: usize) -> Self {
        Self { max, max_per_client, tiers: LimitsConfig::NONE.into(), open: Mutex::default() }
    }

    /// The same with the limits of users and tenants.
    #[must_use]
    pub fn with(self, tiers: impl Into<Tiers>) -> Self {
        Self { tiers: tiers.into(), ..self }
    }

    /// How many are open, for operators.
    pub(super) fn view(&self) -> StreamsView {
        StreamsView { open: self.open.lock().total, max: self.max }
    }

    /// Counts a stream for as long as what comes back is held.
    pub(super) fn open(self: &Arc<Self>, client: Client, account: &Account) -> Result<OpenStream, Problem> {
        let mut open = self.open.lock();
        let refuse = |whose: &str, max: usize, key: &str| {
            counter!("story_engine_event_streams_refused_total").increment(1);
            let detail =
                format!("{whose} {max} event streams open, as many as `{key}` allows: close one, or come back");
            Err(Problem::new(ProblemType::TooManyStreams, detail))
        };
        if open.total >= self.max {
            return refuse("the server has", self.max, "sse.max_streams");
        }
        let own = self.tiers.limits(account.tenant.as_deref());
        let (max_per_user, max_per_tenant) = (own.streams_per_user, own.streams_per_tenant);
        let mut counted = vec![format!("client {client}")];
        let of_client = ("this client has", self.max_per_client, "sse.max_streams_per_client");
        let mut limits = vec![of_client];
        if let Some(user) = account.user.as_ref().filter(|_| max_per_user > 0) {
            counted.push(format!("user {user}"));
            limits.push(("this user has", max_per_user, "limits.streams_per_user"));
        }
        if let Some(tenant) = account.tenant.as_ref().filter(|_| max_per_tenant > 0) {
            counted.push(format!("tenant {tenant}"));
            limits.push(("this tenant has", max_per_tenant, "limits.streams_per_tenant"));
        }
        for (name, (whose, max, key)) in counted.iter().zip(limits) {
            if open.each.get(name).copied().unwrap_or_default() >= max {
                return refuse(whose, max, key);
            }
        }
        for name in &counted {
            *open.each.entry(name.clone()).or_default() += 1;
        }
        open.total += 1;
        gauge!("story_engine_event_streams").increment(1);
        Ok(OpenStream { limits: Arc::clone(self), counted })
    }
}

/// One stream that counts.
#[derive(Debug)]
pub(super) struct OpenStream {
    limits: Arc<StreamLimits>,
    counted: Vec<String>,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut open = self.limits.open.lock();
        open.total -= 1;
        for name in &self.counted {
            if let Some(count) = open.each.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    open.each.remove(name);
                }
            }
        }
        gauge!("story_engine_event_streams").decrement(1);
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn client(address: &str) -> Client {
        address.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_client_has_its_own_limit_within_the_servers() {
        let limits = Arc::new(StreamLimits::new(3, 2));
        let (a, b) = (client("10.0.0.1"), client("10.0.0.2"));
        let _first = limits.open(a, &Account::default()).unwrap();
        let second = limits.open(a, &Account::default()).unwrap();
        assert!(limits.open(a, &Account::default()).unwrap_err().detail.contains("max_streams_per_client"));
        let _third = limits.open(b, &Account::default()).unwrap();
        assert!(limits.open(b, &Account::default()).unwrap_err().detail.contains("max_streams"));
        drop(second);
        limits.open(a, &Account::default()).unwrap();
    }

    #[test]
    fn a_user_and_a_tenant_have_limits_over_all_their_addresses() {
        let limits = Arc::new(StreamLimits::new(9, 9).with(LimitsConfig {
            streams_per_user: 1,
            streams_per_tenant: 2,
            ..LimitsConfig::NONE
        }));
        let of = |user: &str| Account { user: Some(user.to_owned()), tenant: Some("acme".to_owned()), address: None };
        let _first = limits.open(client("10.0.0.1"), &of("ada")).unwrap();
        assert!(limits.open(client("10.0.0.2"), &of("ada")).unwrap_err().detail.contains("streams_per_user"));
        let second = limits.open(client("10.0.0.2"), &of("bob")).unwrap();
        assert!(limits.open(client("10.0.0.3"), &of("eve")).unwrap_err().detail.contains("streams_per_tenant"));
        drop(second);
        limits.open(client("10.0.0.3"), &of("eve")).unwrap();
    }

    #[test]
    fn clients_that_have_left_are_forgotten() {
        let limits = Arc::new(StreamLimits::new(3, 2));
        drop(limits.open(client("10.0.0.1"), &Account::default()).unwrap());
        assert_eq!(limits.open.lock().each.len(), 0);
    }
}
