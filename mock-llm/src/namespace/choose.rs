//! Which entry answers a call, and the counts that this depends on.

use crate::{
    call::ModelCall,
    script::{Captured, Entry, Order, Script},
};

/// How far a script has been played.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    pub(crate) counts: Vec<Count>,
    /// Ordered scripts: the entry whose turn it is.
    pub(crate) next: usize,
}

/// What an entry has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Calls that it answered.
    pub(crate) answered: u32,
    /// Calls that its conditions fitted; kept for entries that ask for the n-th call only.
    pub(crate) fitted: u32,
}

/// The entry that answers.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) entry: usize,
    pub(crate) reply: usize,
    /// Which answer of this entry it is, from 1.
    pub(crate) nth: u32,
    pub(crate) captured: Captured,
}

impl Progress {
    pub(crate) fn new(script: &Script) -> Self {
        Self { counts: vec![Count::default(); script.entries.len()], next: 0 }
    }

    /// Chooses and counts. `None` if no entry fits.
    pub(crate) fn choose(&mut self, script: &Script, call: &ModelCall) -> Option<Choice> {
        let (entry, captured) = match script.order {
            Order::Unordered => self.first_fitting(script, call),
            Order::Ordered => self.next_in_turn(script, call),
        }?;
        let count = &mut self.counts[entry];
        count.answered += 1;
        let last = script.entries[entry].replies.len() - 1;
        let reply = usize::try_from(count.answered - 1).map_or(last, |answered| answered.min(last));
        Some(Choice { entry, reply, nth: count.answered, captured })
    }

    fn first_fitting(&mut self, script: &Script, call: &ModelCall) -> Option<(usize, Captured)> {
        let mut chosen = None;
        for (index, entry) in script.entries.iter().enumerate() {
            // Entries that wait for their n-th call count on, also behind the one that answers.
            if chosen.is_some() && entry.call.is_none() {
                continue;
            }
            if let Some(captured) = self.fit(index, entry, call)
                && chosen.is_none()
                && !self.counts[index].is_used_up(entry)
            {
                chosen = Some((index, captured));
            }
        }
        chosen
    }

    fn next_in_turn(&mut self, script: &Script, call: &ModelCall) -> Option<(usize, Captured)> {
        for (index, entry) in script.entries.iter().enumerate().skip(self.next) {
            if self.counts[index].is_used_up(entry) {
                continue;
            }
            if let Some(captured) = self.fit(index, entry, call) {
                self.next = index;
                return Some((index, captured));
            }
            if !entry.optional {
                return None;
            }
        }
        None
    }

    fn fit(&mut self, index: usize, entry: &Entry, call: &ModelCall) -> Option<Captured> {
        if !entry.conditions.iter().all(|condition| condition.holds(call)) {
            return None;
        }
        let mut captured = Captured::new();
        if !entry.captures.iter().all(|capture| capture.find(call, &mut captured)) {
            return None;
        }
        let count = &mut self.counts[index];
        count.fitted += 1;
        entry.call.is_none_or(|nth| nth == count.fitted).then_some(captured)
    }

    /// Entries that have a limit, are not optional and have not reached it.
    pub(crate) fn left_over(&self, script: &Script) -> Vec<usize> {
        let entries = script.entries.iter().zip(&self.counts).enumerate();
        entries
            .filter(|(_, (entry, count))| entry.times.is_some() && !entry.optional && !count.is_used_up(entry))
            .map(|(index, _)| index)
            .collect()
    }
}

impl Count {
    pub(crate) fn is_used_up(self, entry: &Entry) -> bool {
        entry.times.is_some_and(|times| self.answered >= times)
    }
}
