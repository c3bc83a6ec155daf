//! The audit log: what operators have changed, in its order, bounded.

use store::{NewAuditEntry, SharedStore, StoreOptions};

use crate::bench::Bench;
use crate::fixture::{nonce, options};

fn entry(subject: &str) -> NewAuditEntry {
    NewAuditEntry {
        nonce: nonce(),
        by: "key 1 (operator)".to_owned(),
        action: "pauseQueue".to_owned(),
        subject: subject.to_owned(),
        outcome: "done".to_owned(),
    }
}

async fn subjects(store: &SharedStore, page: usize) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let found = store.audit(after, page).await.unwrap();
        all.extend(found.entries.into_iter().map(|entry| entry.subject));
        let Some(next) = found.next else { return all };
        after = Some(next.parse().unwrap());
    }
}

pub(crate) async fn what_operators_do_is_listed_with_the_latest_first(bench: Bench) {
    let store = bench.store().await;
    for subject in ["one", "two", "three"] {
        store.record_audit(&entry(subject)).await.unwrap();
    }
    for page in [1, 2, 3, 9] {
        assert_eq!(subjects(&store, page).await, ["three", "two", "one"]);
    }
    let latest = store.audit(None, 1).await.unwrap().entries.remove(0);
    assert_eq!(
        (latest.by.as_str(), latest.action.as_str(), latest.outcome.as_str()),
        ("key 1 (operator)", "pauseQueue", "done")
    );
    assert!(latest.at.duration_until(jiff::Timestamp::now()).as_secs() < 60);
}

pub(crate) async fn an_entry_that_is_written_again_is_written_once(bench: Bench) {
    let store = bench.store().await;
    let one = entry("one");
    store.record_audit(&one).await.unwrap();
    let before = bench.dump().await;
    store.record_audit(&one).await.unwrap();
    let after = bench.dump().await;
    // The mark by which a repeat is known runs out.
    let kept = |mut dump: crate::bench::Dump| {
        dump.retain(|name, _| !name.contains("audit:entry"));
        dump
    };
    assert!(kept(before) == kept(after));
    assert_eq!(subjects(&store, 9).await, ["one"]);
}

pub(crate) async fn the_oldest_entries_go_when_there_are_too_many(bench: Bench) {
    let store = bench.store_with(StoreOptions { audit_kept: 10, ..options() }).await;
    for n in 0..300 {
        store.record_audit(&entry(&n.to_string())).await.unwrap();
    }
    let kept = subjects(&store, 500).await;
    assert!(kept.len() >= 10 && kept.len() < 250, "{}", kept.len());
    assert_eq!(kept[0], "299");
}
