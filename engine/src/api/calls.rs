//! How often somebody may call, whatever it is: to read or to change a large game takes processor time that others miss.
//!
//! Each process counts for itself, unlike messages: what is protected is the process, and to ask the store would cost more than most
//! calls do. The time of a limit is kept as the store does it (GCRA). It is no library (`governor`), because those refuse what is too much: the size of
//! an answer is known when it is there, and has to count although nothing can be refused any more.

use std::collections::HashMap;
use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{Extensions, header};
use axum::response::Response;
use hyper::body::Body as _;
use parking_lot::Mutex;
use store::{Bucket, Charge, Limited, Rate};
use tokio::time::Instant;

use super::account::{Account, OfGame, counts_as};
use super::caller::Caller;
use super::client::{Client, address};
use super::error::ApiError;
use crate::tiers::Tiers;

/// How many periods a caller waits at most for what large answers have come to. Many that are asked for at once are all answered.
const LONGEST_DEBT: u32 = 60;
/// From how many buckets on those are forgotten whose calls are free again.
const SWEPT_FROM: usize = 1024;

/// The calls of a process.
#[derive(Debug)]
pub(super) struct Calls {
    tiers: Tiers,
    trusted_proxies: usize,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    /// When everything that was used of a bucket is free again.
    free_at: HashMap<Bucket, Instant>,
    /// How many there may be until the free ones are looked for.
    sweep_at: usize,
}

/// A call that was counted for its address, and is for its user and tenant as soon as they are known.
#[derive(Debug)]
pub(super) struct Counted {
    calls: Arc<Calls>,
    client: Client,
    /// Whose call it is besides.
    account: Account,
    /// Bytes that it sends.
    bytes: u64,
}

impl Calls {
    pub(super) fn new(tiers: Tiers, trusted_proxies: usize) -> Self {
        Self { tiers, trusted_proxies, used: Mutex::default() }
    }

    /// Counts a call for its address, before anything is done for it. `body_max` is as how large a body counts that does not say how large it is.
    pub(super) fn begin(self: &Arc<Self>, request: &Request, body_max: usize) -> Result<Counted, ApiError> {
        let address = address(request.headers(), request.extensions(), self.trusted_proxies);
        // Only a server without connections, as in a test, knows no peer.
        let client = Client::from(address.unwrap_or_else(|| Ipv6Addr::UNSPECIFIED.into()));
        let of_address = Account { address: Some(client), ..Account::default() };
        let declared =
            request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes = declared.unwrap_or(if request.body().is_end_stream() { 0 } else { u64::MAX });
        // No more is read of it. With what it says by itself, one call would use up the calls of a whole tenant.
        let bytes = bytes.min(body_max as u64);
        self.take(&of_address, bytes)?;
        Ok(Counted { calls: Arc::clone(self), client, account: Account::default(), bytes })
    }

    fn take(&self, account: &Account, bytes: u64) -> Result<(), ApiError> {
        let count = counts_as(bytes, self.tiers.limits(account.tenant.as_deref()).bytes_per_call);
        let limits = account.calls(&self.tiers, count);
        self.used.lock().take(&limits.charges, Instant::now()).map_err(|limited| limits.refusal(limited))
    }

    /// Counts what a call has come to besides, although nothing is refused any more.
    fn add(&self, account: &Account, bytes: u64) {
        let count = counts_as(bytes, self.tiers.limits(account.tenant.as_deref()).bytes_per_call);
        if count > 1 {
            self.used.lock().add(&account.calls(&self.tiers, count - 1).charges, Instant::now());
        }
    }
}

impl Counted {
    /// Counts the call for the user and the tenant that the layer has found out.
    pub(super) fn for_caller(&mut self, extensions: &Extensions) -> Result<(), ApiError> {
        let Some(caller) = extensions.get::<Caller>() else { return Ok(()) };
        let whole = Account::of(caller, extensions.get::<OfGame>(), self.client);
        // Its address is counted already; of an operator, whom no limits hold, only that.
        self.account = Account { address: None, ..whole };
        self.calls.take(&self.account, self.bytes)
    }

    /// Counts a large answer.
    pub(super) fn answered(self, response: &Response) {
        let bytes = response.body().size_hint().exact().unwrap_or(0);
        self.calls.add(&Account { address: Some(self.client), ..self.account }, bytes);
    }
}

impl Used {
    fn take(&mut self, charges: &[Charge], now: Instant) -> Result<(), Limited> {
        for (n, (bucket, rate)) in rates(charges).enumerate() {
            let over = (self.free_at(bucket, now) + takes(rate)).saturating_duration_since(now + rate.period);
            if !over.is_zero() {
                return Err(Limited::Rate { charge: n, retry_after: over });
            }
        }
        self.add(charges, now);
        Ok(())
    }

    fn add(&mut self, charges: &[Charge], now: Instant) {
        for (bucket, rate) in rates(charges) {
            // What was not refused is owed, and for so long at most.
            let free_at = (self.free_at(bucket, now) + takes(rate)).min(now + LONGEST_DEBT * rate.period);
            self.free_at.insert(bucket.clone(), free_at);
        }
        if self.free_at.len() > self.sweep_at.max(SWEPT_FROM) {
            self.free_at.retain(|_, free_at| *free_at > now);
            // As many again may come before all are looked at again: each costs two looks at most.
            self.sweep_at = 2 * self.free_at.len();
        }
    }

    fn free_at(&self, bucket: &Bucket, now: Instant) -> Instant {
        self.free_at.get(bucket).map_or(now, |free_at| now.max(*free_at))
    }
}

/// The charges, each of which is one of a rate: see [`Account::calls`].
fn rates(charges: &[Charge]) -> impl Iterator<Item = (&Bucket, Rate)> {
    charges.iter().filter_map(|charge| Some((&charge.bucket, charge.rate?)))
}

/// How much of the period a call takes; one that counts as more than there may be takes all.
fn takes(Rate { count, period, taken }: Rate) -> Duration {
    let nanos = period.as_nanos() * u128::from(taken) / u128::from(count.max(1));
    u64::try_from(nanos).map_or(period, Duration::from_nanos).min(period)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn charge(bucket: &str, count: u64, taken: u64) -> Charge {
        Charge { bucket: bucket.into(), rate: Some(Rate { count, period: MINUTE, taken }), unfinished: None }
    }

    fn refused(used: &mut Used, charge: &Charge, now: Instant) -> Option<Duration> {
        match used.take(std::slice::from_ref(charge), now) {
            Ok(()) => None,
            Err(Limited::Rate { charge: 0, retry_after }) => Some(retry_after),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn so_many_calls_come_through_at_once_and_then_one_each_time_that_one_is_free() {
        let (mut used, begin) = (Used::default(), Instant::now());
        let (ada, bob) = (charge("ada", 6, 1), charge("bob", 6, 1));
        for _ in 0..6 {
            assert_eq!(refused(&mut used, &ada, begin), None);
        }
        assert_eq!(refused(&mut used, &ada, begin), Some(MINUTE / 6));
        assert_eq!(refused(&mut used, &bob, begin), None, "others have their own");
        assert_eq!(refused(&mut used, &ada, begin + MINUTE / 6), None);
        assert!(refused(&mut used, &ada, begin + MINUTE / 6).is_some());
    }

    #[test]
    fn a_call_that_counts_as_more_than_there_are_takes_all_of_them() {
        let (mut used, now) = (Used::default(), Instant::now());
        assert_eq!(refused(&mut used, &charge("ada", 6, 100), now), None);
        assert_eq!(refused(&mut used, &charge("ada", 6, 1), now), Some(MINUTE / 6));
        assert_eq!(refused(&mut used, &charge("ada", 6, 1), now + MINUTE / 6), None);
    }

    #[test]
    fn what_calls_come_to_is_owed_whole_and_for_so_long_at_most() {
        let (mut used, now) = (Used::default(), Instant::now());
        for _ in 0..10 {
            used.add(&[charge("ada", 6, 6)], now);
        }
        assert_eq!(refused(&mut used, &charge("ada", 6, 1), now), Some(9 * MINUTE + MINUTE / 6));
        for _ in 0..100 {
            used.add(&[charge("ada", 6, 6)], now);
        }
        assert_eq!(refused(&mut used, &charge("ada", 6, 1), now), Some((LONGEST_DEBT - 1) * MINUTE + MINUTE / 6));
    }

    #[test]
    fn callers_whose_calls_are_free_again_are_forgotten() {
        let (mut used, begin) = (Used::default(), Instant::now());
        for n in 0..SWEPT_FROM {
            refused(&mut used, &charge(&format!("caller {n}"), 6, 1), begin);
        }
        assert_eq!(used.free_at.len(), SWEPT_FROM);
        refused(&mut used, &charge("ada", 6, 1), begin + MINUTE);
        assert_eq!(used.free_at.len(), 1);
    }
}
