//! What this process' model calls have come to, by provider, for the operators' page. The metrics have the same and more; a page
//! cannot read histograms of other processes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use parking_lot::Mutex;
use protocol::ModelFigures;
use tokio::time::Instant;

use super::turns::millis;

/// How many of the latest first tokens their median is made of.
const LATEST: usize = 50;

static CALLS: Mutex<BTreeMap<String, Calls>> = Mutex::new(BTreeMap::new());

#[derive(Debug, Default)]
struct Calls {
    figures: ModelFigures,
    first_tokens: VecDeque<u64>,
    /// When each call that is under way has brought text last, or began, by its number.
    open: BTreeMap<u64, LastText>,
    begun: u64,
}

/// When a call has brought text last, in ms since the process made its first call. Each piece of each narration is noted, so it takes no lock.
#[derive(Debug, Clone)]
struct LastText(Arc<AtomicU64>);

impl LastText {
    fn now() -> u64 {
        static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
        millis(FIRST.elapsed())
    }
}

/// A call that is under way, until this is dropped.
#[derive(Debug)]
pub(super) struct OpenCall {
    provider: String,
    number: u64,
    last: LastText,
}

impl OpenCall {
    /// A call of this provider begins.
    pub(super) fn begin(provider: &str) -> Self {
        let last = LastText(Arc::new(AtomicU64::new(LastText::now())));
        let mut number = 0;
        with(provider, |calls| {
            calls.begun += 1;
            number = calls.begun;
            calls.open.insert(number, last.clone());
        });
        Self { provider: provider.to_owned(), number, last }
    }

    /// It has brought text.
    pub(super) fn text(&self) {
        self.last.0.store(LastText::now(), Ordering::Relaxed);
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        with(&self.provider, |calls| {
            calls.open.remove(&self.number);
        });
    }
}

/// How long a call of each provider that was called has brought no text by now, at most.
pub(super) fn longest_silences() -> Vec<(String, Duration)> {
    let (now, calls) = (LastText::now(), CALLS.lock());
    let longest = |calls: &Calls| {
        let silences = calls.open.values().map(|last| now.saturating_sub(last.0.load(Ordering::Relaxed)));
        Duration::from_millis(silences.max().unwrap_or_default())
    };
    calls.iter().map(|(provider, calls)| (provider.clone(), longest(calls))).collect()
}

fn with(provider: &str, change: impl FnOnce(&mut Calls)) {
    let mut calls = CALLS.lock();
    // A provider's name is copied once.
    if let Some(known) = calls.get_mut(provider) {
        return change(known);
    }
    let new = calls.entry(provider.to_owned()).or_default();
    provider.clone_into(&mut new.figures.provider);
    change(new);
}

/// A call has ended, and not because somebody gave it up.
pub(super) fn ended(provider: &str, succeeded: bool) {
    with(provider, |calls| *(if succeeded { &mut calls.figures.succeeded } else { &mut calls.figures.failed }) += 1);
}

/// The first text of a narration has come.
pub(super) fn first_token(provider: &str, waited: Duration) {
    with(provider, |calls| {
        if calls.first_tokens.len() == LATEST {
            calls.first_tokens.pop_front();
        }
        calls.first_tokens.push_back(millis(waited));
    });
}

/// A call has used tokens.
pub(crate) fn used(provider: &str, prompt: u64, completion: u64, cost_millionths: u64) {
    with(provider, |calls| {
        calls.figures.prompt_tokens = calls.figures.prompt_tokens.saturating_add(prompt);
        calls.figures.completion_tokens = calls.figures.completion_tokens.saturating_add(completion);
        calls.figures.cost_millionths = calls.figures.cost_millionths.saturating_add(cost_millionths);
    });
}

/// Every provider that was called.
pub(crate) fn figures() -> Vec<ModelFigures> {
    let median = |calls: &Calls| {
        let mut sorted: Vec<u64> = calls.first_tokens.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    };
    let calls = CALLS.lock();
    calls.values().map(|calls| ModelFigures { first_token_ms: median(calls), ..calls.figures.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[test]
    fn calls_are_added_up_and_the_latest_first_tokens_count() {
        for n in 0..60 {
            first_token("added up", Duration::from_millis(if n < 10 { 9000 } else { n }));
            ended("added up", n % 2 == 0);
        }
        used("added up", 100, 10, 5);
        used("added up", 1, 1, 1);
        let all = figures();
        let found = all.iter().find(|figures| figures.provider == "added up").unwrap();
        assert_eq!((found.succeeded, found.failed, found.first_token_ms), (30, 30, Some(35)));
        assert_eq!((found.prompt_tokens, found.completion_tokens, found.cost_millionths), (101, 11, 6));
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_silence_is_that_of_the_call_that_has_brought_no_text_for_longest() {
        let silence = || longest_silences().into_iter().find(|(name, _)| name == "silent").unwrap().1.as_secs();
        let first = OpenCall::begin("silent");
        advance(Duration::from_secs(5)).await;
        let second = OpenCall::begin("silent");
        advance(Duration::from_secs(2)).await;
        assert_eq!(silence(), 7);
        first.text();
        assert_eq!(silence(), 2);
        drop(second);
        assert_eq!(silence(), 0);
    }
}
