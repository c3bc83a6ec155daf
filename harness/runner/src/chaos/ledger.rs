//! Every call of the model: its journal keeps only the latest, so it is read all the time.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use mock_llm::{Ending, Kind, Record};
use tokio::sync::watch;

use super::subject::Subject;
use crate::model::{self, Model};

/// How often the journal is read. At a thousand calls that it keeps, thousands a second would be needed to miss one.
const READ_EVERY: Duration = Duration::from_millis(250);

/// One call of the model, as far as a checker needs it.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) at: Timestamp,
    pub(super) kind: Kind,
    /// What it was about.
    pub(super) subject: Option<Subject>,
    /// What the model wrote, or would have.
    pub(super) text: String,
    /// Why no entry of the script answered.
    pub(super) miss: Option<String>,
    /// The call in one line.
    pub(super) summary: String,
}

impl From<&Record> for Call {
    fn from(record: &Record) -> Self {
        Self {
            at: record.at,
            kind: record.kind,
            subject: Subject::of_call(record),
            text: record.answer.text.clone(),
            miss: model::unmatched(record).map(str::to_owned),
            summary: model::summary(record),
        }
    }
}

/// All calls, and what is not known of them.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) calls: BTreeMap<u64, Call>,
    /// Why it may be incomplete.
    pub(super) gaps: Vec<String>,
    /// All calls up to this one have ended.
    settled: u64,
}

impl Ledger {
    /// Reads the journal until all is over, and once more then.
    pub(super) async fn follow(model: &Model, mut over: watch::Receiver<bool>) -> Self {
        let mut ledger = Self::default();
        loop {
            let last = tokio::select! {
                _ = over.wait_for(|over| *over) => true,
                () = tokio::time::sleep(READ_EVERY) => false,
            };
            match model.calls_after(ledger.settled).await {
                Ok(records) => ledger.take(&records),
                Err(error) => ledger.gaps.push(error.to_string()),
            }
            if last {
                return ledger;
            }
        }
    }

    fn take(&mut self, records: &[Record]) {
        if let Some(first) = records.first().filter(|first| first.id > self.settled + 1) {
            self.gaps.push(format!("the model's journal has forgotten calls {} to {}", self.settled + 1, first.id - 1));
            self.settled = first.id - 1;
        }
        self.calls.extend(records.iter().map(|record| (record.id, Call::from(record))));
        let ended = records.iter().take_while(|record| record.ending != Ending::InFlight);
        self.settled = ended.last().map_or(self.settled, |record| record.id);
    }
}
