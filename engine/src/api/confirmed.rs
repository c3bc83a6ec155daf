//! Keys of those who watch that the store has confirmed lately: a scrape goes on with them while the store cannot say.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use protocol::KeyId;
use store::secret::SecretHash;
use store::{Holder, KeyGrants};
use tokio::time::Instant;

/// For how long a key is believed that the store has confirmed. A revoked one is refused as soon as the store answers again.
const BELIEVED: Duration = Duration::from_mins(10);
/// How long the store is waited for where its answer is known from before. A scrape has to be in time.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);
/// How many keys are remembered: watchers are few.
const REMEMBERED: usize = 64;

/// The keys of those who watch that the store has confirmed lately.
#[derive(Debug, Default)]
pub(super) struct Confirmed(Mutex<HashMap<KeyId, (SecretHash, KeyGrants, Instant)>>);

impl Confirmed {
    /// What the store has said of a key just now.
    pub(super) fn note(&self, hash: &SecretHash, said: Option<&KeyGrants>) {
        let mut all = self.0.lock();
        match said.filter(|grants| matches!(grants.holder, Holder::Viewer | Holder::Operator)) {
            Some(grants) => {
                all.retain(|_, (_, _, when)| when.elapsed() < BELIEVED);
                if all.len() < REMEMBERED || all.contains_key(&hash.id()) {
                    all.insert(hash.id(), (hash.clone(), grants.clone(), Instant::now()));
                }
            }
            None => drop(all.remove(&hash.id())),
        }
    }

    pub(super) fn find(&self, hash: &SecretHash) -> Option<KeyGrants> {
        let all = self.0.lock();
        let (kept, grants, when) = all.get(&hash.id())?;
        (kept.is(hash) && when.elapsed() < BELIEVED).then(|| grants.clone())
    }
}
