//! A namespace: one script being played, with its own progress, gates and journal. Tests that run side by side have one
//! each.

mod admin;
mod choose;
mod explain;
mod gate;
mod hold;
mod journal;

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

pub use self::admin::{Admin, BadName};
pub use self::explain::{Check, EntryExplanation, EntryRef};
pub use self::gate::{GateState, Gates};
pub use self::hold::Holds;
pub use self::journal::{AnswerRecord, Ending, JOURNAL_CAPACITY, Record};
pub(crate) use self::journal::{Ticket, is_secret};
use self::{
    choose::{Choice, Progress},
    explain::miss,
    journal::Journal,
};
use crate::{
    call::ModelCall,
    script::{Gate, Script},
    sync::lock,
};

/// One script being played.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    play: Mutex<Play>,
    gates: Gates,
    holds: Mutex<Holds>,
    journal: Arc<Journal>,
}

#[derive(Debug)]
struct Play {
    script: Arc<Script>,
    progress: Progress,
}

/// How often an entry has answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryProgress {
    /// Which entry it is.
    pub entry: EntryRef,
    /// How many calls it has answered.
    pub answered: u32,
    /// It has a limit, is not optional, and is not used up.
    pub left_over: bool,
    /// One of its replies is a fault that no call has got, and it is not optional.
    #[serde(default)]
    pub fault_left_over: bool,
}

/// What a namespace makes of a call.
pub(crate) struct Decision {
    pub(crate) ticket: Ticket,
    pub(crate) call: Arc<ModelCall>,
    pub(crate) script: Arc<Script>,
    /// The choice, or why there is none.
    pub(crate) choice: Result<Choice, String>,
}

impl Namespace {
    pub(crate) fn new(name: &str, script: Arc<Script>) -> Self {
        Self {
            name: name.to_owned(),
            gates: Gates::new(gate_names(&script)),
            holds: Mutex::default(),
            journal: Arc::new(Journal::new(name)),
            play: Mutex::new(Play { progress: Progress::new(&script), script }),
        }
    }

    /// Its name; empty for calls without `/t/NAME`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Plays another script. Progress, gates and journal start over; calls in flight keep the
    /// responses that were chosen for them.
    pub fn load(&self, script: Script) {
        self.start(Some(Arc::new(script)));
    }

    /// Starts the same script over: progress, gates and journal.
    pub fn reset(&self) {
        self.start(None);
    }

    fn start(&self, script: Option<Arc<Script>>) {
        let mut play = lock(&self.play);
        if let Some(script) = script {
            play.script = script;
        }
        play.progress = Progress::new(&play.script);
        self.gates.reset(gate_names(&play.script));
        *lock(&self.holds) = Holds::default();
        self.journal.restart();
    }

    /// How far the script has been played.
    #[must_use]
    pub fn progress(&self) -> Vec<EntryProgress> {
        let play = lock(&self.play);
        let left_over = play.progress.left_over(&play.script);
        let counts = play.progress.counts.iter().enumerate();
        counts
            .map(|(index, count)| EntryProgress {
                entry: EntryRef::new(&play.script, index),
                answered: count.answered,
                left_over: left_over.contains(&index),
                fault_left_over: play.script.entries[index].has_fault_behind(count.answered),
            })
            .collect()
    }

    /// Its gates.
    #[must_use]
    pub fn gates(&self) -> &Gates {
        &self.gates
    }

    /// Holds later calls by these rules, which replace the earlier ones. A call that waits already keeps waiting, except that
    /// rules which do not hold every call any more let all calls through that the earlier ones held.
    pub fn hold(&self, holds: Holds) {
        let releases = !holds.every;
        let before = std::mem::replace(&mut *lock(&self.holds), holds);
        if before.every && releases {
            // Also of a call that has its gate and does not wait there yet.
            for call in self.journal.records(0).iter().filter(|call| call.ending == Ending::InFlight) {
                self.gates.open(&format!("call-{}", call.id));
            }
        }
    }

    /// The gate at which a call waits: that of a hold, or the script's own.
    pub(crate) fn gate_of(&self, call: u64, last_message: &str, scripted: Option<Gate>) -> Option<Gate> {
        let holds = lock(&self.holds);
        if scripted.is_some() && !holds.names(call) { scripted } else { holds.gate(call, last_message).or(scripted) }
    }

    /// The calls after the one with id `since`, oldest first; 0 for all that are remembered.
    #[must_use]
    pub fn journal(&self, since: u64) -> Vec<Record> {
        self.journal.records(since)
    }

    /// Forgets all calls; ids count on.
    pub fn clear_journal(&self) {
        self.journal.clear();
    }

    /// How every entry saw a call; `None` if the journal does not remember it.
    #[must_use]
    pub fn explain(&self, id: u64) -> Option<Vec<EntryExplanation>> {
        self.journal.explain(id)
    }

    /// Returns as soon as there is a call after the one with id `since`. Set a time limit outside.
    pub async fn wait_for_call(&self, since: u64) {
        self.journal.wait_for_call(since).await;
    }

    /// Returns as soon as there is a call that the script has not foreseen. Set a time limit outside.
    pub async fn wait_for_miss(&self) {
        self.journal.wait_for_miss().await;
    }

    /// Returns as soon as no call is in flight. Set a time limit outside.
    pub async fn wait_idle(&self) {
        self.journal.wait_idle().await;
    }

    /// How many calls are in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.journal.in_flight()
    }

    pub(crate) fn script(&self) -> Arc<Script> {
        Arc::clone(&lock(&self.play).script)
    }

    /// Takes a call in: chooses its answer and opens its record. One call at a time, so that ids, counts and choices
    /// agree.
    pub(crate) fn take(&self, call: ModelCall, stopping: CancellationToken) -> Decision {
        let call = Arc::new(call);
        let mut play = lock(&self.play);
        let script = Arc::clone(&play.script);
        let before = play.progress.clone();
        let choice = play.progress.choose(&script, &call);
        let choice = choice.ok_or_else(|| miss(&script, &before, &call));
        let ticket = self.journal.open(Arc::clone(&call), Arc::clone(&script), before, stopping);
        Decision { ticket, call, script, choice }
    }

    /// Opens the record of a call that is refused before any script is asked.
    pub(crate) fn refuse(&self, call: ModelCall, stopping: CancellationToken) -> Ticket {
        let play = lock(&self.play);
        self.journal.open(Arc::new(call), Arc::clone(&play.script), play.progress.clone(), stopping)
    }
}

fn gate_names(script: &Script) -> Vec<String> {
    let replies = script.entries.iter().flat_map(|entry| &entry.replies);
    replies.filter_map(|reply| reply.gate.as_ref()).map(|gate| gate.name.clone()).collect()
}
