//! Whose turn it is to import. A body is read from its connection only then, so whoever waits holds no memory. A caller has one turn at a time:
//! nobody waits for more than one document of each other caller, however many these send.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use protocol::{Problem, ProblemType};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bodies are held at once, each of at most `import_max_bytes`.
const BODIES: usize = 16;
/// How long a caller waits for a turn, before they are asked to come again.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The imports of a process.
#[derive(Debug)]
pub struct ImportTurns {
    bodies: Arc<Semaphore>,
    /// To read a large document takes a second, and ten times its bytes.
    documents: Arc<Semaphore>,
    callers: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// The turn of a caller, as long as it is kept.
#[derive(Debug)]
pub(super) struct Turn {
    _of_caller: Option<OfCaller>,
    _body: OwnedSemaphorePermit,
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
        Self {
            bodies: Arc::new(Semaphore::new(BODIES)),
            documents: Arc::new(Semaphore::new(1)),
            callers: Mutex::default(),
        }
    }
}

impl ImportTurns {
    /// Waits for the turn of a caller; without a caller, for one of the bodies that are held at once.
    pub(super) async fn turn(self: &Arc<Self>, caller: Option<String>) -> Result<Turn, Problem> {
        let turn = async {
            let of_caller = match caller {
                Some(caller) => Some(self.of_caller(caller).await),
                None => None,
            };
            let body = Arc::clone(&self.bodies).acquire_owned().await.ok()?;
            Some(Turn { _of_caller: of_caller, _body: body })
        };
        tokio::time::timeout(LONGEST_WAIT, turn).await.ok().flatten().ok_or_else(|| {
            Problem::new(
                ProblemType::ImportsBusy,
                "other imports are being read: nothing has been imported, send it again",
            )
        })
    }

    async fn of_caller(self: &Arc<Self>, caller: String) -> OfCaller {
        let own = Arc::clone(self.callers.lock().entry(caller.clone()).or_insert_with(|| Arc::new(Semaphore::new(1))));
        // It is there before the wait, so that the caller is forgotten also when the wait is given up.
        let mut turn = OfCaller { turns: Arc::clone(self), caller, permit: None };
        turn.permit = own.acquire_owned().await.ok();
        turn
    }

    /// Waits until no other document is read.
    pub(super) async fn document(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.documents).acquire_owned().await.ok()
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
    use futures::FutureExt as _;

    use super::*;

    async fn turn_of(turns: &Arc<ImportTurns>, caller: &str) -> Result<Turn, Problem> {
        turns.turn(Some(caller.to_owned())).await
    }

    #[tokio::test]
    async fn a_caller_has_one_turn_at_a_time_and_nobody_else_waits_for_the_next() {
        let turns = Arc::new(ImportTurns::default());
        let first = turn_of(&turns, "ada").await.unwrap();
        let mut second = Box::pin(turn_of(&turns, "ada"));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(turn_of(&turns, "bob").now_or_never().is_some_and(|turn| turn.is_ok()));
        assert!(turns.turn(None).now_or_never().is_some_and(|turn| turn.is_ok()), "an operator has no limits");
        drop(first);
        assert!(second.await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_too_long_is_asked_to_come_again() {
        let turns = Arc::new(ImportTurns::default());
        let first = turn_of(&turns, "ada").await.unwrap();
        assert_eq!(turn_of(&turns, "ada").await.unwrap_err().status, 503);
        drop(first);
        let mut held = Vec::new();
        for n in 0..BODIES {
            held.push(turn_of(&turns, &n.to_string()).await.unwrap());
        }
        assert_eq!(turn_of(&turns, "ada").await.unwrap_err().status, 503, "there is a limit for all");
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
