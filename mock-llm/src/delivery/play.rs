//! Playing a plan: the body of a response, frame by frame, with its waits and its end.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use thiserror::Error;
use tokio::{
    task::yield_now,
    time::{Instant, sleep_until},
};

use super::plan::{End, Plan};
use crate::{
    namespace::{Ending, Namespace, Ticket},
    script::{Cut, Gate},
    serve::Peer,
};

/// Ends a body before its time; the caller sees a broken connection.
#[derive(Debug, Error)]
#[error("the answer breaks off here")]
pub(crate) struct BreakOff;

/// A delivery that is being played.
pub(crate) struct Play {
    plan: Plan,
    /// Deadlines count from here.
    start: Instant,
    next: usize,
    pieces_sent: usize,
    /// When the last comment or frame was sent.
    commented: Option<Instant>,
    namespace: Arc<Namespace>,
    peer: Peer,
    ticket: Ticket,
}

impl Play {
    pub(crate) fn new(plan: Plan, namespace: Arc<Namespace>, peer: Peer, ticket: Ticket) -> Self {
        Self { start: ticket.started(), plan, next: 0, pieces_sent: 0, commented: None, namespace, peer, ticket }
    }

    pub(crate) fn into_body(self) -> Body {
        if let Some(whole) = self.at_once() {
            return Body::from(whole);
        }
        Body::from_stream(stream::unfold(Some(Box::new(self)), |play| async {
            let mut play = play?;
            match play.step().await {
                Step::Frame(bytes) => Some((Ok(bytes), Some(play))),
                Step::BreakOff => Some((Err(BreakOff), None)),
                Step::End => None,
            }
        }))
    }

    /// The whole body, if it is one frame and there is nothing to wait for: then it needs no stream.
    fn at_once(&self) -> Option<Bytes> {
        let Plan { frames, end, gate, timing, length, comment_every: _ } = &self.plan;
        let ending = match end {
            End::Finish => Ending::Finished,
            End::Spoiled => Ending::Fault,
            End::Cut(_) | End::Stall => return None,
        };
        let [frame] = frames.as_slice() else { return None };
        if length.is_none() || gate.is_some() || timing.due(self.start, frame.pieces.saturating_sub(1)).is_some() {
            return None;
        }
        self.ticket.sent(frame.pieces, frame.tokens);
        self.ticket.end(ending);
        Some(frame.bytes.clone())
    }

    async fn step(&mut self) -> Step {
        if self.waits_for_next().await {
            return Step::Frame(Bytes::from_static(b": PROCESSING\n\n"));
        }
        let Some(frame) = self.plan.frames.get_mut(self.next).map(std::mem::take) else { return self.end().await };
        if frame.continues {
            // Being asked again after a pause means that the part before has been written.
            yield_now().await;
        }
        // A gate behind the last piece holds back the vendor's closing frames.
        let is_reached = |gate: &Gate| {
            !frame.continues && (gate.after_chunks < self.pieces_sent + frame.pieces || frame.pieces == 0)
        };
        if let Some(gate) = self.plan.gate.take_if(|gate| is_reached(gate)) {
            match wait_at_gate(&self.ticket, &self.namespace, &gate).await {
                Ok(waited) => self.start += waited,
                Err(Stopped) => return self.stop(),
            }
        }
        let index = (self.pieces_sent + frame.pieces).saturating_sub(1);
        if wait_until(&self.ticket, self.plan.timing.due(self.start, index)).await == Err(Stopped) {
            return self.stop();
        }
        self.next += 1;
        self.commented = Some(Instant::now());
        if frame.pieces > 0 {
            self.pieces_sent += frame.pieces;
            self.ticket.sent(frame.pieces, frame.tokens);
        }
        // Who sends the length may not be asked again after the last byte, so the end is noted with the last frame.
        if self.next == self.plan.frames.len() {
            match self.plan.end {
                End::Finish => self.ticket.end(Ending::Finished),
                End::Spoiled => self.ticket.end(Ending::Fault),
                End::Cut(_) | End::Stall => {}
            }
        }
        Step::Frame(frame.bytes)
    }

    /// Waits until a comment is due; false if the next frame is due before.
    async fn waits_for_next(&mut self) -> bool {
        let Some((every, frame)) = self.plan.comment_every.zip(self.plan.frames.get(self.next)) else { return false };
        let index = (self.pieces_sent + frame.pieces).saturating_sub(1);
        let comment = self.commented.unwrap_or(self.start) + every;
        if self.plan.timing.due(self.start, index).is_none_or(|due| due <= comment) {
            return false;
        }
        self.commented = Some(comment);
        // A shutdown is seen by the frame that follows.
        wait_until(&self.ticket, Some(comment)).await.is_ok()
    }

    async fn end(&self) -> Step {
        match self.plan.end {
            End::Finish => self.ticket.end(Ending::Finished),
            End::Spoiled | End::Cut(Cut::End) => self.ticket.end(Ending::Fault),
            End::Cut(cut) => {
                // Being asked again after a pause means that everything before has been written.
                yield_now().await;
                break_off(&self.peer, cut);
                self.ticket.end(Ending::Fault);
                return Step::BreakOff;
            }
            End::Stall => {
                self.ticket.stopped().await;
                return self.stop();
            }
        }
        Step::End
    }

    fn stop(&self) -> Step {
        self.peer.close();
        Step::BreakOff
    }
}

enum Step {
    Frame(Bytes),
    BreakOff,
    End,
}

/// Decides how the connection ends.
pub(crate) fn break_off(peer: &Peer, cut: Cut) {
    match cut {
        Cut::Reset => peer.reset(),
        Cut::Fin => peer.close(),
        Cut::End => {}
    }
}

/// The mock is being shut down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopped;

/// Waits at a gate, and returns for how long.
pub(crate) async fn wait_at_gate(ticket: &Ticket, namespace: &Namespace, gate: &Gate) -> Result<Duration, Stopped> {
    let arrived = Instant::now();
    tokio::select! {
        () = namespace.gates().pass(&gate.name) => Ok(arrived.elapsed()),
        () = ticket.stopped() => Err(Stopped),
    }
}

/// Waits for a deadline, if there is one.
pub(crate) async fn wait_until(ticket: &Ticket, due: Option<Instant>) -> Result<(), Stopped> {
    let Some(due) = due else { return Ok(()) };
    tokio::select! {
        () = sleep_until(due) => Ok(()),
        () = ticket.stopped() => Err(Stopped),
    }
}
