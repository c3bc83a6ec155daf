//! What must hold of any service, as far as its profile declares it: streams without faults, one end for each request, and the
//! text that is kept is the text that was shown.

use harness_case::profile::{End, Profile};
use serde_json::Value;

use crate::watch::Journal;

/// What is wrong with the events of a game.
pub(crate) fn stream(journal: &Journal) -> Vec<String> {
    journal.faults().to_vec()
}

/// What is wrong with a request, which the service shows as `view`.
pub(crate) fn request(profile: &Profile, journal: &Journal, id: &str, view: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let ends: Vec<&str> =
        journal.of(id).map(|seen| seen.name.as_str()).filter(|name| profile.events.end(name).is_some()).collect();
    if ends.len() > 1 {
        wrong.push(format!("request {id} has more than one last event: {}", ends.join(", ")));
    }
    let kept = profile.request.as_ref().and_then(|request| view.pointer(request.text.as_deref()?)?.as_str());
    let completed = matches!(journal.end(id), Some((End::Completed, _)));
    if let (Some(kept), true, true) = (kept, completed, profile.events.text.is_some()) {
        let shown = journal.narration(id);
        // Spaces between the last piece and nothing are no text.
        if shown.trim() != kept.trim() {
            wrong.push(format!("request {id} is kept as \"{kept}\", but has shown \"{shown}\""));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::watch::Coverage;

    fn wrong(events: &[(&str, &str)], view: &Value) -> Vec<String> {
        let mut profile = (*Profile::story_engine()).clone();
        profile.name = "other".to_owned();
        profile.events.contiguous = None;
        let profile = Arc::new(profile);
        let mut journal = Journal::new(Arc::clone(&profile), Coverage::Whole);
        for (name, text) in events {
            let data = json!({"request_id": "q1", "content": text, "attempt": 1}).to_string();
            journal.take(Duration::ZERO, name, &data, None);
        }
        request(&profile, &journal, "q1", view)
    }

    #[test]
    fn a_piece_of_text_that_was_lost_or_doubled_is_noticed() {
        let kept = json!({"result": {"message": "Ask again."}});
        let done = ("request.completed", "");
        assert!(wrong(&[("chat.chunk", "Ask "), ("chat.chunk", "again. "), done], &kept).is_empty());
        for pieces in [&["Ask "][..], &["Ask ", "again. ", "again. "]] {
            let mut events: Vec<(&str, &str)> = pieces.iter().map(|piece| ("chat.chunk", *piece)).collect();
            events.push(done);
            let wrong = wrong(&events, &kept);
            assert!(wrong.len() == 1 && wrong[0].contains("kept as \"Ask again.\""), "{wrong:?}");
        }
    }

    #[test]
    fn a_request_ends_once() {
        let wrong = wrong(&[("request.failed", ""), ("request.completed", "")], &json!({}));
        assert!(wrong.len() == 1 && wrong[0].contains("request.failed, request.completed"), "{wrong:?}");
    }
}
