//! The story so far: turns in the order in which they happen, changed by events.

use client::Role;
use protocol::{Event, PlayerView, Problem, RequestId, RequestStatus, RequestType, RequestView};

use super::stage::Stage;

/// What the player said and what is narrated in answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Turn {
    pub(crate) request: Option<RequestId>,
    /// Our own number for a message until the engine's id for it is known.
    pub(crate) local: Option<u64>,
    /// The player's words; none for an opening or a story event.
    pub(crate) message: Option<String>,
    pub(crate) narration: String,
    /// Whether the beginning of the narration was missed, because the game was joined in the middle of it.
    pub(crate) is_partial: bool,
    /// Whether the player has taken it back before it has happened: it goes when the engine has cancelled it.
    is_taken_back: bool,
    pub(crate) stage: Stage,
}

/// All turns, the opening first.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    turns: Vec<Turn>,
    /// What the player character is called, to leave it out before the player's own words.
    player: String,
}

impl Transcript {
    pub(crate) fn turns(&self) -> &[Turn] {
        &self.turns
    }

    pub(crate) fn is_running(&self) -> bool {
        self.turns.iter().any(|turn| turn.stage.is_running())
    }

    /// Reads the story again. Messages that are on their way stay at its end.
    pub(crate) fn read(&mut self, game: &PlayerView, unfinished: &[RequestView]) {
        self.player = game.sight.pc.clone().unwrap_or_default();
        let unsent: Vec<Turn> =
            self.turns.drain(..).filter(|turn| turn.request.is_none() && turn.local.is_some()).collect();
        for message in &game.chat_history {
            match message.role {
                Role::User => {
                    let message = (!message.is_story_event).then(|| self.own_words(&message.content));
                    self.push(None, message, Stage::Done);
                }
                Role::Assistant => match self.turns.last_mut() {
                    Some(turn) if turn.narration.is_empty() => turn.narration.clone_from(&message.content),
                    _ => self.push(None, None, Stage::Done).narration.clone_from(&message.content),
                },
                Role::System => {}
            }
        }
        for request in unfinished {
            let is_processing = request.status == RequestStatus::Processing;
            let stage = if is_processing { Stage::Thinking } else { Stage::Queued };
            let message = (request.kind == RequestType::Chat).then(|| self.own_words(&request.message));
            self.push(Some(request.request_id), message, stage).is_partial = is_processing;
        }
        self.turns.extend(unsent);
    }

    /// The player has said something.
    pub(crate) fn say(&mut self, local: u64, message: &str) {
        self.push(None, Some(message.to_owned()), Stage::Sending).local = Some(local);
    }

    /// The console answers a command.
    pub(crate) fn answer(&mut self, command: &str, text: String) {
        self.push(None, Some(command.to_owned()), Stage::Answer).narration = text;
    }

    /// The request that is being narrated, or else the first one that waits.
    pub(crate) fn running(&self) -> Option<RequestId> {
        let running = self.turns.iter().find(|turn| turn.stage.is_running() && turn.request.is_some());
        running.or_else(|| self.turns.iter().find(|turn| turn.stage == Stage::Queued)).and_then(|turn| turn.request)
    }

    /// The last request that waits.
    pub(crate) fn last_waiting(&self) -> Option<RequestId> {
        self.turns.iter().rfind(|turn| turn.stage == Stage::Queued).and_then(|turn| turn.request)
    }

    /// The player's last message, whatever has become of it.
    pub(crate) fn newest(&self) -> Option<&Turn> {
        self.newest_at().map(|at| &self.turns[at])
    }

    fn newest_at(&self) -> Option<usize> {
        self.turns.iter().rposition(|turn| turn.stage != Stage::Answer && turn.message.is_some())
    }

    /// Removes the player's last message, which has failed. Returns its words.
    pub(crate) fn remove_newest(&mut self) -> String {
        let removed = self.newest_at().map(|at| self.turns.remove(at));
        removed.and_then(|turn| turn.message).unwrap_or_default()
    }

    /// The player takes back the message of a request, which is being cancelled. Returns its words.
    pub(crate) fn take_back(&mut self, request: RequestId) -> String {
        let turn = self.turns.iter_mut().find(|turn| turn.request == Some(request));
        turn.and_then(|turn| {
            turn.is_taken_back = true;
            turn.message.clone()
        })
        .unwrap_or_default()
    }

    /// Whether anything of the story is still to come.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.turns.iter().any(|turn| turn.stage.is_unfinished())
    }

    /// The engine has taken a message, under this id.
    pub(crate) fn accepted(&mut self, local: u64, request: RequestId) {
        let Some(at) = self.turns.iter().position(|turn| turn.local == Some(local)) else { return };
        let known = self.turns.iter().any(|turn| turn.request == Some(request));
        match self.turns[at].request {
            // Its events were here before the answer, in a turn of their own.
            None if known => drop(self.turns.remove(at)),
            None => {
                self.turns[at].request = Some(request);
                self.turns[at].stage = Stage::Queued;
            }
            // Another player's message with the same words was taken for this one.
            Some(other) if other != request && !known => {
                let message = self.turns[at].message.clone();
                self.push(Some(request), message, Stage::Queued);
            }
            Some(_) => {}
        }
    }

    /// Whether the events of a message of ours have come.
    pub(crate) fn has_arrived(&self, local: u64) -> bool {
        self.turns.iter().any(|turn| turn.local == Some(local) && turn.request.is_some())
    }

    /// A message did not get to the engine. Its words are handed back.
    pub(crate) fn not_sent(&mut self, local: u64, reason: &str) -> Option<&str> {
        let turn = self.turns.iter_mut().find(|turn| turn.local == Some(local) && turn.request.is_none())?;
        turn.stage = Stage::NotSent(reason.to_owned());
        turn.message.as_deref()
    }

    /// Takes an event in.
    pub(crate) fn apply(&mut self, event: &Event) {
        let is_end = event.is_terminal() || matches!(event, Event::RequestQueued(_));
        if !is_end && self.has_ended(event.request_id()) {
            // The end was found out by asking, while a proxy held its events back.
            return;
        }
        match event {
            Event::RequestQueued(queued) => {
                let turn = self.turn_of(queued.request_id, queued.kind, Some(&queued.user_message));
                if turn.stage.is_waiting() || matches!(turn.stage, Stage::NotSent(_) | Stage::Failed(_)) {
                    turn.stage = Stage::Queued;
                }
            }
            Event::RequestProcessing(processing) => {
                let turn = self.turn_of(processing.request_id, processing.kind, Some(&processing.user_message));
                if turn.narration.is_empty() {
                    // It begins behind this event.
                    turn.is_partial = false;
                }
                // A narration that was finished in an earlier attempt stays.
                turn.stage = if turn.narration.is_empty() { Stage::Thinking } else { Stage::Settling };
                self.move_before_waiting(processing.request_id);
            }
            Event::ChatChunk(chunk) => {
                let turn = self.turn_of(chunk.request_id, RequestType::StoryEvent, None);
                turn.narration.push_str(&chunk.content);
                turn.stage = if chunk.done { Stage::Settling } else { Stage::Narrating };
            }
            Event::AttemptSuperseded(superseded) => {
                let turn = self.turn_of(superseded.request_id, RequestType::StoryEvent, None);
                turn.narration.clear();
                turn.is_partial = false;
                turn.stage = Stage::Thinking;
            }
            Event::RequestRetrying(retrying) => {
                let turn = self.turn_of(retrying.request_id, RequestType::StoryEvent, None);
                turn.stage = Stage::Retrying(brief(&retrying.error));
            }
            Event::RequestWaiting(waiting) => {
                let turn = self.turn_of(waiting.request_id, RequestType::StoryEvent, None);
                turn.stage = Stage::Retrying("the storyteller is not ready, the message waits".to_owned());
            }
            Event::RequestCompleted(completed) if completed.result.told_with.is_some() => {
                // Its words stand in the turn of another story event.
                self.turns.retain(|turn| turn.request != Some(completed.request_id));
            }
            Event::RequestCompleted(completed) => {
                let turn = self.turn_of(completed.request_id, completed.kind, None);
                turn.narration.clone_from(&completed.result.message);
                turn.is_partial = false;
                turn.stage = Stage::Done;
            }
            Event::RequestFailed(failed) => {
                let turn = self.turn_of(failed.request_id, failed.kind, None);
                turn.stage = Stage::Failed(brief(&failed.error));
                // What was narrated has not happened.
                turn.narration.clear();
            }
            Event::RequestCancelled(cancelled) => {
                let turn = self.turn_of(cancelled.request_id, RequestType::StoryEvent, None);
                turn.stage = Stage::Cancelled;
                turn.narration.clear();
                self.turns.retain(|turn| !turn.is_taken_back || turn.stage != Stage::Cancelled);
            }
            // Other kinds are not about a turn. A newer engine may send kinds that are not known here.
            _ => {}
        }
    }

    fn has_ended(&self, request: Option<RequestId>) -> bool {
        request.is_some() && self.turns.iter().any(|turn| turn.request == request && turn.stage.has_ended())
    }

    /// The turn of a request: known, or ours and on its way, or new to us because another player or the story asked.
    fn turn_of(&mut self, request: RequestId, kind: RequestType, words: Option<&str>) -> &mut Turn {
        let message = words.filter(|_| kind == RequestType::Chat).map(|words| self.own_words(words));
        let known = self.turns.iter().position(|turn| turn.request == Some(request)).or_else(|| {
            let is_ours = |turn: &Turn| turn.request.is_none() && turn.local.is_some() && turn.message == message;
            message.as_ref().and_then(|_| self.turns.iter().position(is_ours))
        });
        match known {
            Some(at) => {
                let turn = &mut self.turns[at];
                turn.request = Some(request);
                turn.message = turn.message.take().or(message);
                turn
            }
            None => self.push(Some(request), message, Stage::Queued),
        }
    }

    /// What happens first is shown first, even if it was asked later.
    fn move_before_waiting(&mut self, request: RequestId) {
        let Some(at) = self.turns.iter().position(|turn| turn.request == Some(request)) else { return };
        if let Some(waiting) = self.turns[..at].iter().position(|turn| turn.stage.is_waiting()) {
            self.turns[waiting..=at].rotate_right(1);
        }
    }

    fn push(&mut self, request: Option<RequestId>, message: Option<String>, stage: Stage) -> &mut Turn {
        self.turns.push(Turn {
            request,
            local: None,
            message,
            narration: String::new(),
            is_partial: false,
            is_taken_back: false,
            stage,
        });
        let last = self.turns.len() - 1;
        &mut self.turns[last]
    }

    fn own_words(&self, message: &str) -> String {
        let own = message.strip_prefix(self.player.as_str()).and_then(|rest| rest.strip_prefix(": "));
        own.filter(|_| !self.player.is_empty()).unwrap_or(message).to_owned()
    }
}

/// A problem in the player's words: the details are the operator's.
fn brief(problem: &Problem) -> String {
    problem.title.to_lowercase()
}
