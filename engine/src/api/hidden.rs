//! What players do not see of what the API answers: variables, conditionals, what the model proposed, the prompts of story events.
//! [`super::caller::Caller::sees_hidden`] says who does.

use protocol::{Event, EventName, RequestType, RequestView, TurnRecord, TurnResult, Unfinished};
use story::{Author, Change, Rejection};

/// A turn record as a player sees it.
pub(super) fn record(record: TurnRecord) -> TurnRecord {
    let mut record = TurnRecord { proposed: None, ..record };
    record.changes.retain(is_seen);
    record.rejections.retain(is_shown);
    if record.kind == RequestType::StoryEvent {
        record.message.clear();
        record.user_message.clear();
    }
    record
}

/// A request as a player sees it.
pub(super) fn request(mut view: RequestView) -> RequestView {
    if view.kind == RequestType::StoryEvent {
        view.message.clear();
    }
    if let Some(result) = &mut view.result {
        strip(result);
    }
    view
}

/// An event as a player sees it; none if it hides nothing.
pub(super) fn event(event: &Event) -> Option<Event> {
    let mut seen = match event {
        Event::StateUpdated(_) | Event::RequestCompleted(_) | Event::StreamSnapshot(_) | Event::StreamReset(_) => {
            event.clone()
        }
        Event::RequestQueued(queued) if queued.kind == RequestType::StoryEvent => event.clone(),
        Event::RequestProcessing(processing) if processing.kind == RequestType::StoryEvent => event.clone(),
        _ => return None,
    };
    match &mut seen {
        Event::StateUpdated(updated) => updated.changes.retain(is_seen),
        Event::RequestCompleted(completed) => strip(&mut completed.result),
        Event::StreamSnapshot(snapshot) => unfinished(&mut snapshot.unfinished),
        Event::StreamReset(reset) => unfinished(&mut reset.unfinished),
        Event::RequestQueued(queued) => queued.user_message.clear(),
        Event::RequestProcessing(processing) => processing.user_message.clear(),
        _ => {}
    }
    Some(seen)
}

/// The same for an event of the log.
pub(super) fn logged(name: &str, data: &str) -> Option<Event> {
    let hides =
        [EventName::StateUpdated, EventName::RequestCompleted, EventName::RequestQueued, EventName::RequestProcessing];
    let name_of = name.parse::<EventName>().ok().filter(|name| hides.contains(name))?;
    event(&Event::parse(name_of.as_str(), data).ok()?)
}

fn unfinished(requests: &mut [Unfinished]) {
    for request in requests.iter_mut().filter(|request| request.kind == RequestType::StoryEvent) {
        request.user_message.clear();
    }
}

fn strip(result: &mut TurnResult) {
    result.rejections.retain(is_shown);
}

/// Of others' hit points a player sees no more than how they look.
fn is_seen(change: &Change) -> bool {
    match change {
        Change::VarSet { .. } | Change::ConditionalFired { .. } => false,
        Change::HitPoints { who, .. } => who == "player",
        _ => true,
    }
}

/// Whether a player has read of what was refused: the author's own effects and variables are not narrated.
fn is_shown(rejection: &Rejection) -> bool {
    let is_of_variable = ["/set_vars", "/add_vars"].iter().any(|field| rejection.effect.starts_with(field));
    rejection.author == Author::Model && !is_of_variable
}

#[cfg(test)]
mod tests {
    use protocol::{GameId, RequestId, RequestQueued, RequestStatus, StateUpdated};
    use serde_json::json;

    use super::*;

    fn changes() -> Vec<Change> {
        vec![
            Change::VarSet { name: "murderer".into(), from: None, to: "odile".into() },
            Change::ConditionalFired { scene: "s".into(), id: "odile_did_it".into() },
            Change::PlayerMoved { from: "a".into(), to: "b".into() },
            Change::HitPoints { who: "odile".into(), from: 9, to: 2 },
        ]
    }

    fn holds_nothing_hidden(text: &str) {
        assert!(!text.contains("odile") && !text.contains("murderer"), "{text}");
    }

    #[test]
    fn a_player_sees_of_a_turn_what_was_narrated_and_nothing_that_is_hidden() {
        let rejection =
            |author, effect: &str| Rejection { author, effect: effect.to_owned(), reason: "why".to_owned() };
        let seen = record(TurnRecord {
            kind: RequestType::StoryEvent,
            message: "Say that odile did it.".to_owned(),
            user_message: "Say that odile did it.".to_owned(),
            narration: "A bell.".to_owned(),
            proposed: Some(json!({ "set_vars": { "murderer": "odile" } })),
            changes: changes(),
            rejections: vec![
                rejection(Author::Model, "/set_vars/murderer"),
                rejection(Author::Conditional("odile_did_it".into()), "/user_location"),
                rejection(Author::Model, "/user_location"),
            ],
            ..TurnRecord::default()
        });
        assert_eq!((seen.changes.len(), seen.rejections.len(), seen.narration.as_str()), (1, 1, "A bell."));
        holds_nothing_hidden(&serde_json::to_string(&seen).unwrap());
    }

    #[test]
    fn events_show_players_no_variables_and_no_prompts() {
        let game_id = GameId::new();
        let updated = Event::from(StateUpdated {
            request_id: None,
            game_id,
            version: 2,
            turn: 1,
            location: "b".to_owned(),
            scene: "s".to_owned(),
            is_ended: false,
            changes: changes(),
        });
        let queued = |kind| {
            Event::from(RequestQueued {
                request_id: RequestId::in_game(game_id),
                game_id,
                kind,
                status: RequestStatus::Queued,
                user_message: "Say that odile did it.".to_owned(),
                caused_by: None,
            })
        };
        for hiding in [updated, queued(RequestType::StoryEvent)] {
            let seen = logged(hiding.name().as_str(), &hiding.data()).unwrap();
            assert_eq!(seen.name(), hiding.name());
            holds_nothing_hidden(&seen.data());
        }
        let said = queued(RequestType::Chat);
        assert!(event(&said).is_none(), "players read their own words");
        assert!(logged("of.a.later.version", "{}").is_none());
    }
}
