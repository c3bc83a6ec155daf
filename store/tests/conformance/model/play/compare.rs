//! The store compared with the reference: queue, lanes, requests and logs must be the same.

use protocol::{EventId, QueueView, RequestStatus};
use store::LogRead;

use super::super::GAMES;
use super::super::reference::{Head, provider};
use super::{Difference, Play, same, sender, text};
use crate::fixture::parse;

impl Play {
    pub(in crate::model) async fn compare(&mut self) -> Result<(), Difference> {
        for game in 0..GAMES {
            self.compare_game(game).await?;
        }
        for number in 0..self.requests.len() {
            if self.settled.contains(&number) {
                continue;
            }
            self.compare_request(number).await?;
            if self.reference.requests[number].status.is_terminal() {
                self.settled.insert(number);
            }
        }
        let senders: Vec<_> = (0..GAMES).map(sender).collect();
        let used = self.store.used(&senders).await.map_err(text)?;
        let used: Vec<u64> = used.into_iter().map(|used| used.tokens).collect();
        same("the tokens that are used", used, (0..GAMES).map(|game| self.reference.used[provider(game)]).collect())?;
        let paused = (0..GAMES)
            .filter(|game| !self.reference.games[*game].lane.is_empty() && self.reference.is_paused(*game))
            .count() as u64;
        let heads = |wanted: fn(&Head) -> bool| {
            let games = self.reference.games.iter().filter(|game| !game.lane.is_empty() && wanted(&game.head));
            games.count() as u64
        };
        let queued = || self.reference.requests.iter().filter(|request| request.status == RequestStatus::Queued);
        let expected = QueueView {
            depth: queued().count() as u64,
            story_events: queued().filter(|request| request.is_story_event).count() as u64,
            ready: heads(|head| matches!(head, Head::Free)) - paused,
            paused,
            delayed: heads(|head| matches!(head, Head::Delayed | Head::DelayOver)),
            active: heads(|head| matches!(head, Head::Leased(_) | Head::Abandoned)),
            dead_letters: self.reference.letters.len() as u64,
            oldest_age_ms: 0,
            workers: 0,
        };
        let mut queue = self.store.queue().await.map_err(text)?;
        if self.reference.halts_tenants() && queue.ready + queue.paused == expected.ready + expected.paused {
            (queue.ready, queue.paused) = (expected.ready, expected.paused);
        }
        same("the queue", QueueView { oldest_age_ms: 0, workers: 0, ..queue }, expected)
    }

    async fn compare_game(&mut self, number: usize) -> Result<(), Difference> {
        let (model, id) = (&self.reference.games[number], self.games[number]);
        let what = |part: &str| format!("{part} of game {number}");
        let lane = self.store.lane(id).await.map_err(text)?;
        let expected = model.lane.iter().copied().map(Some).collect();
        same(&what("the lane"), self.numbers(lane.requests), expected)?;
        same(&what("the lease"), lane.lease.is_some(), matches!(model.head, Head::Leased(_)))?;

        let read = self.store.game_with_history(id, 10_000).await.map_err(text)?;
        let (game, history) = read.ok_or_else(|| what("nothing is left"))?;
        same(&what("the version"), game.version, model.version)?;
        same(&what("the turn counter"), game.document.state.turn_counter, model.turns)?;
        same(&what("the cursor"), game.cursor.offset, model.log.len() as u64)?;
        let contents: Vec<&str> = history.iter().map(|message| message.content.as_str()).collect();
        same(&what("the history"), contents, model.history.iter().map(String::as_str).collect())?;

        let LogRead::Events(events) = self.store.read_log(id, self.read[number], 10_000).await.map_err(text)? else {
            return Err(what("a reset of the log"));
        };
        let seen = self.read[number].map_or(0, |id| id.offset);
        // An event that joins chunks counts for each of them.
        let appended = events.iter().flat_map(|event| {
            let first = parse(event).first_id(event.id).offset;
            (first..=event.id.offset).map(|offset| (offset, event.name.as_str(), event.request))
        });
        let appended: Vec<_> = appended.collect();
        let expected = (seen + 1..).zip(model.log.iter().skip(usize::try_from(seen).unwrap_or(usize::MAX)));
        let expected: Vec<_> =
            expected.map(|(offset, (name, request))| (offset, *name, request.map(|of| self.requests[of].id))).collect();
        same(&what("the new events"), appended, expected)?;
        self.read[number] = events.last().map(|event| event.id).or(self.read[number]);
        self.compare_what_is_gone(number, game.cursor).await
    }

    /// Who has seen the last event that is gone misses nothing; whoever has not is told so.
    async fn compare_what_is_gone(&self, number: usize, cursor: EventId) -> Result<(), Difference> {
        let (gone, id) = (self.reference.games[number].gone as u64, self.games[number]);
        let Some(before) = gone.checked_sub(1) else { return Ok(()) };
        let mut answers = Vec::new();
        for offset in [before, gone] {
            let read = self.store.read_log(id, Some(EventId { offset, ..cursor }), 1).await.map_err(text)?;
            answers.push(matches!(read, LogRead::Reset { .. }));
        }
        same("whether readers before and at the end of what is gone are reset", answers, vec![true, false])
    }

    async fn compare_request(&self, number: usize) -> Result<(), Difference> {
        let model = &self.reference.requests[number];
        let what = |part: &str| format!("{part} of request {number}");
        let found = self.store.request(self.requests[number].id).await.map_err(text)?;
        let found = found.ok_or_else(|| what("nothing is left"))?;
        same(&what("the status"), (found.status, found.attempt.0), (model.status, model.attempt))?;
        let kept = (found.checkpoints.narration.is_some(), found.checkpoints.delta.is_some(), found.error.is_some());
        same(&what("narration, delta and error"), kept, (model.narration, model.delta, model.error))?;
        same(&what("the result"), found.result.is_some(), model.status == RequestStatus::Completed)?;
        let waits = model.status == RequestStatus::Queued;
        let lane = &self.reference.games[model.game].lane;
        let position = lane.iter().position(|request| *request == number).filter(|_| waits);
        same(&what("the position"), found.position, position.map(|position| position as u64))
    }
}
