//! Whose turn it is to import, or to branch, which costs as much. A caller has one at a time, and holds only the memory of what has come of its body: nobody waits for more than one
//! document of each other caller, however many these send, and somebody who sends slowly keeps nobody waiting but themselves.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use futures::StreamExt as _;
use parking_lot::Mutex;
use protocol::{Problem, ProblemType};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::config::HttpConfig;

/// A document of up to so many bytes is read beside the large ones: it takes milliseconds, and theirs may take a second each.
const SMALL: usize = 256 * 1024;

/// The imports of a process.
#[derive(Debug)]
pub struct ImportTurns {
    /// A permit for each byte of bodies that may be held at once.
    bytes: Arc<Semaphore>,
    most_bytes: usize,
    /// The most bytes of a body.
    largest: usize,
    /// How long a caller waits for a turn, then for room, and then for the documents before theirs, before they are asked to come again.
    longest_wait: Duration,
    /// To read a large document takes a tenth of a second, and ten times its bytes.
    large: Arc<Lane>,
    small: Arc<Lane>,
    callers: Mutex<HashMap<String, Arc<Semaphore>>>,
    /// The tenants that import now.
    tenants: Mutex<HashMap<String, Arc<OfTenant>>>,
}

/// What a tenant may take of what all share, however many callers it has.
#[derive(Debug)]
struct OfTenant {
    /// A permit for each byte of its share, which is half of all.
    bytes: Arc<Semaphore>,
    /// One document of it waits to be read, and the others wait for that one: those of another tenant come after one of it.
    next: Arc<Semaphore>,
}

/// Documents of which one is read at a time, and so many bytes a second in the long run: one caller after the other may send large ones without end,
/// and the turns of others must not be slower for it.
#[derive(Debug)]
struct Lane {
    only: Arc<Semaphore>,
    bytes_per_second: u64,
    /// When the next one may be read, for the bytes of those before.
    free_at: Mutex<Instant>,
}

/// The turn of a caller and the room of its body, as long as it is kept.
#[derive(Debug)]
pub(in super::super) struct Turn {
    _of_caller: Option<OfCaller>,
    room: Arc<Room>,
}

/// What is held of the bytes, and the share of the tenant that they are of.
#[derive(Debug)]
struct Room {
    turns: Arc<ImportTurns>,
    tenant: Option<(String, Arc<OfTenant>)>,
    /// Of the share, and of all.
    held: [Mutex<Option<OwnedSemaphorePermit>>; 2],
}

/// Counts as the one turn of a caller, and forgets the caller when nobody else waits for it.
#[derive(Debug)]
struct OfCaller {
    turns: Arc<ImportTurns>,
    caller: String,
    permit: Option<OwnedSemaphorePermit>,
}

impl Default for ImportTurns {
    fn default() -> Self {
        Self::new(&HttpConfig::default())
    }
}

fn busy() -> Problem {
    let detail = "other games are being imported or branched: nothing has been stored, send it again";
    Problem::new(ProblemType::ImportsBusy, detail)
}

impl ImportTurns {
    /// With the limits of the configuration.
    #[must_use]
    pub fn new(http: &HttpConfig) -> Self {
        Self {
            bytes: Arc::new(Semaphore::new(http.imports_max_bytes)),
            most_bytes: http.imports_max_bytes,
            largest: http.import_max_bytes,
            longest_wait: Duration::from_secs_f64(http.import_wait_seconds),
            large: Arc::new(Lane::new(http.imports_bytes_per_second)),
            small: Arc::new(Lane::new(http.imports_bytes_per_second)),
            callers: Mutex::default(),
            tenants: Mutex::default(),
        }
    }

    /// Waits for the turn of a caller of a tenant. Without a caller there is nobody to wait for.
    pub(in super::super) async fn turn(
        self: &Arc<Self>,
        caller: Option<String>,
        tenant: Option<String>,
    ) -> Result<Turn, Problem> {
        let of_caller = match caller {
            Some(caller) => {
                let turn = tokio::time::timeout(self.longest_wait, self.of_caller(caller)).await;
                Some(turn.map_err(|_| busy())?)
            }
            None => None,
        };
        let tenant = tenant.map(|tenant| {
            let bytes = self.most_bytes.div_ceil(2).max(self.largest);
            let new = || OfTenant { bytes: Arc::new(Semaphore::new(bytes)), next: Arc::new(Semaphore::new(1)) };
            let own = Arc::clone(self.tenants.lock().entry(tenant.clone()).or_insert_with(|| Arc::new(new())));
            (tenant, own)
        });
        let room = Room { turns: Arc::clone(self), tenant, held: Default::default() };
        Ok(Turn { _of_caller: of_caller, room: Arc::new(room) })
    }

    async fn of_caller(self: &Arc<Self>, caller: String) -> OfCaller {
        let own = Arc::clone(self.callers.lock().entry(caller.clone()).or_insert_with(|| Arc::new(Semaphore::new(1))));
        // It is there before the wait, so that the caller is forgotten also when the wait is given up.
        let mut turn = OfCaller { turns: Arc::clone(self), caller, permit: None };
        turn.permit = own.acquire_owned().await.ok();
        turn
    }
}

impl Lane {
    fn new(bytes_per_second: u64) -> Self {
        let only = Arc::new(Semaphore::new(1));
        Self { only, bytes_per_second: bytes_per_second.max(1), free_at: Mutex::new(Instant::now()) }
    }

    async fn enter(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.only).acquire_owned().await.ok()?;
        // Read before the wait: a lock is not held meanwhile, and nobody else changes it without the permit.
        let free_at = *self.free_at.lock();
        tokio::time::sleep_until(free_at).await;
        let takes = Duration::from_micros((bytes as u64).saturating_mul(1_000_000) / self.bytes_per_second);
        *self.free_at.lock() = Instant::now() + takes;
        Some(permit)
    }
}

impl Room {
    /// Waits until there is room for so many bytes more: of the tenant first, so that one whose share is used up keeps no room from others.
    async fn grow(&self, bytes: usize) -> Result<(), Problem> {
        // A piece that is larger than a body may be is refused by the limit of the body.
        let permits = u32::try_from(bytes.min(self.turns.largest)).unwrap_or(u32::MAX);
        let share = self.tenant.as_ref().map(|(_, own)| &own.bytes);
        for (of, held) in [share, Some(&self.turns.bytes)].into_iter().zip(&self.held) {
            let Some(of) = of else { continue };
            let more = tokio::time::timeout(self.turns.longest_wait, Arc::clone(of).acquire_many_owned(permits)).await;
            let more = more.map_err(|_| busy())?.map_err(|_| busy())?;
            let mut held = held.lock();
            // One permit for all pieces: a body may come in a piece for each byte.
            match held.as_mut() {
                Some(held) => held.merge(more),
                None => *held = Some(more),
            }
        }
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.held = Default::default();
        if let Some((tenant, own)) = self.tenant.take() {
            drop(own);
            let mut tenants = self.turns.tenants.lock();
            if tenants.get(&tenant).is_some_and(|own| Arc::strong_count(own) == 1) {
                tenants.remove(&tenant);
            }
        }
    }
}

impl Turn {
    /// Waits until no other document of this size is read, and those before have used up their time. Large ones of a tenant take turns with
    /// those of others.
    pub(in super::super) async fn document(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let turns = &self.room.turns;
        let entered = async {
            if bytes <= SMALL {
                return turns.small.enter(bytes).await;
            }
            let _next = match &self.room.tenant {
                Some((_, own)) => Some(own.next.acquire().await.ok()?),
                None => None,
            };
            turns.large.enter(bytes).await
        };
        tokio::time::timeout(turns.longest_wait, entered).await.map_err(|_| busy())?.ok_or_else(busy)
    }

    /// Waits until there is room for so many bytes of a game, and holds it as long as the turn.
    pub(in super::super) async fn hold(&self, bytes: usize) -> Result<(), Problem> {
        self.room.grow(bytes).await
    }

    /// The same body, each piece of which is taken when there is room for it.
    pub(super) fn bounded(&self, body: Body) -> Body {
        let room = Arc::clone(&self.room);
        Body::from_stream(body.into_data_stream().then(move |piece| {
            let room = Arc::clone(&room);
            async move {
                let piece = piece?;
                room.grow(piece.len()).await?;
                Ok::<_, BoxError>(piece)
            }
        }))
    }
}

impl Drop for OfCaller {
    fn drop(&mut self) {
        self.permit = None;
        let mut callers = self.turns.callers.lock();
        if callers.get(&self.caller).is_some_and(|own| Arc::strong_count(own) == 1) {
            callers.remove(&self.caller);
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use futures::{FutureExt as _, stream};

    use super::super::body::said_by;
    use super::*;

    async fn turn_of(turns: &Arc<ImportTurns>, caller: &str) -> Result<Turn, Problem> {
        turns.turn(Some(caller.to_owned()), None).await
    }

    #[tokio::test]
    async fn a_caller_has_one_turn_at_a_time_and_nobody_else_waits_for_the_next() {
        let turns = Arc::new(ImportTurns::default());
        let first = turn_of(&turns, "ada").await.unwrap();
        let mut second = Box::pin(turn_of(&turns, "ada"));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(turn_of(&turns, "bob").now_or_never().is_some_and(|turn| turn.is_ok()));
        assert!(turns.turn(None, None).now_or_never().is_some_and(|turn| turn.is_ok()), "an operator has no limits");
        drop(first);
        assert!(second.await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_too_long_is_asked_to_come_again() {
        let turns = Arc::new(ImportTurns::default());
        let _first = turn_of(&turns, "ada").await.unwrap();
        assert_eq!(turn_of(&turns, "ada").await.unwrap_err().status, 503);
    }

    /// A body of so many pieces of as many bytes.
    fn body(pieces: usize, bytes: usize) -> Body {
        Body::from_stream(stream::iter((0..pieces).map(move |_| Ok::<_, BoxError>(vec![b' '; bytes]))))
    }

    /// A body of which a piece comes, and then nothing more.
    fn stalled(bytes: usize) -> Body {
        let piece = stream::iter([Ok::<_, BoxError>(vec![b' '; bytes])]);
        Body::from_stream(piece.chain(stream::pending()))
    }

    #[tokio::test(start_paused = true)]
    async fn who_sends_slowly_holds_only_what_has_come_and_who_finds_no_room_is_asked_to_come_again() {
        let http = HttpConfig { imports_max_bytes: 1000, import_max_bytes: 1000, ..HttpConfig::default() };
        let turns = Arc::new(ImportTurns::new(&http));
        let slow = turn_of(&turns, "slow").await.unwrap();
        let mut held = Box::pin(to_bytes(slow.bounded(stalled(100)), usize::MAX));
        assert!(held.as_mut().now_or_never().is_none());

        let ada = turn_of(&turns, "ada").await.unwrap();
        assert!(to_bytes(ada.bounded(body(9, 100)), usize::MAX).await.is_ok(), "there is room for 900");
        let bob = turn_of(&turns, "bob").await.unwrap();
        let error = to_bytes(bob.bounded(body(1, 1)), usize::MAX).await.unwrap_err();
        assert_eq!(said_by(&error).unwrap().status, 503);
        drop(ada);
        assert!(to_bytes(bob.bounded(body(9, 100)), usize::MAX).await.is_ok(), "her room is free again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_game_that_is_branched_holds_room_as_long_as_its_turn() {
        let http = HttpConfig { imports_max_bytes: 1000, import_max_bytes: 1000, ..HttpConfig::default() };
        let turns = Arc::new(ImportTurns::new(&http));
        let ada = turn_of(&turns, "ada").await.unwrap();
        ada.hold(900).await.unwrap();
        let bob = turn_of(&turns, "bob").await.unwrap();
        assert_eq!(bob.hold(101).await.unwrap_err().status, 503);
        drop(ada);
        assert!(bob.hold(101).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenant_holds_half_of_the_room_however_many_callers_it_has() {
        let http = HttpConfig { imports_max_bytes: 1000, import_max_bytes: 100, ..HttpConfig::default() };
        let turns = Arc::new(ImportTurns::new(&http));
        let mut held = Vec::new();
        for n in 0..6 {
            let turn = turns.turn(Some(format!("acme {n}")), Some("acme".to_owned())).await.unwrap();
            let read = to_bytes(turn.bounded(body(1, 100)), usize::MAX).await;
            assert_eq!(read.is_ok(), n < 5, "{n}");
            held.push(turn);
        }
        let other = turns.turn(Some("globex".to_owned()), Some("globex".to_owned())).await.unwrap();
        assert!(to_bytes(other.bounded(body(1, 100)), usize::MAX).await.is_ok());
        drop((held, other));
        assert!(turns.tenants.lock().is_empty());
    }

    #[tokio::test]
    async fn a_small_document_does_not_wait_for_a_large_one() {
        let turns = Arc::new(ImportTurns::default());
        let (ada, bob) = (turn_of(&turns, "ada").await.unwrap(), turn_of(&turns, "bob").await.unwrap());
        let _large = ada.document(SMALL + 1).await;
        assert!(bob.document(SMALL + 1).now_or_never().is_none());
        assert!(bob.document(SMALL).now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenant_of_many_callers_takes_turns_with_another_one() {
        let http =
            HttpConfig { imports_bytes_per_second: SMALL as u64, import_wait_seconds: 9.0, ..HttpConfig::default() };
        let turns = Arc::new(ImportTurns::new(&http));
        let begin = Instant::now();
        let read = |tenant: &'static str, n: usize| {
            let turns = Arc::clone(&turns);
            async move {
                let turn = turns.turn(Some(format!("{tenant} {n}")), Some(tenant.to_owned())).await.unwrap();
                turn.document(2 * SMALL).await.map(|_| (Instant::now() - begin).as_secs())
            }
        };
        let many = futures::future::join_all((0..20).map(|n| read("acme", n)));
        let (many, other) = futures::join!(many, read("globex", 0));
        assert_eq!(other, Ok(4), "of the tenant with twenty callers two had begun before it came");
        assert_eq!(many.into_iter().filter_map(Result::ok).collect::<Vec<_>>(), [0, 2, 6, 8]);
    }

    #[tokio::test(start_paused = true)]
    async fn documents_come_at_so_many_bytes_a_second() {
        let http =
            HttpConfig { imports_bytes_per_second: SMALL as u64, import_wait_seconds: 3.0, ..HttpConfig::default() };
        let turns = Arc::new(ImportTurns::new(&http));
        let (ada, begin) = (turn_of(&turns, "ada").await.unwrap(), Instant::now());
        for n in 0..4 {
            drop(ada.document(2 * SMALL).await.unwrap());
            assert_eq!((Instant::now() - begin).as_secs(), 2 * n);
        }
        drop(ada.document(4 * SMALL).await.unwrap());
        assert_eq!(ada.document(2 * SMALL).await.unwrap_err().status, 503, "there is room in 4 s");
        assert!(ada.document(1).now_or_never().is_some(), "a small one");
    }

    #[tokio::test(start_paused = true)]
    async fn no_caller_is_remembered_whose_turns_are_over() {
        let turns = Arc::new(ImportTurns::default());
        let first = turn_of(&turns, "ada").await.unwrap();
        assert!(turn_of(&turns, "ada").await.is_err());
        assert_eq!(turns.callers.lock().len(), 1);
        drop(first);
        assert!(turns.callers.lock().is_empty());
    }
}
