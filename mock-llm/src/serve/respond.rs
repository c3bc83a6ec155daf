//! From a request to a response: reads the call, has the script decide, and starts the delivery.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::rejection::BytesRejection,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::listen::Peer;
use crate::{
    answer::{Answer, compose, echo, say},
    call::{Api, ModelCall, Vendor},
    delivery::{Plan, Play, Stopped, Timing, break_off, scripted_error, wait_at_gate, wait_until},
    namespace::{Decision, Ending, EntryRef, Namespace, Ticket},
    responder::Responder,
    script::{After, Cut, Fault, Pace, Reply, Scope},
    wire::{self, WireError},
};

/// Where a call came in.
pub(crate) struct Arrival {
    pub(crate) namespace: Arc<Namespace>,
    pub(crate) peer: Peer,
    /// What answers in place of the script.
    pub(crate) responder: Option<Arc<dyn Responder>>,
    pub(crate) stopping: CancellationToken,
}

/// Answers one model call.
pub(crate) async fn respond(api: Api, arrival: Arrival, headers: HeaderMap, body: Bytes) -> Response {
    let Arrival { namespace, peer, responder, stopping } = arrival;
    let call = match wire::parse(api, headers, body) {
        Ok(call) => call,
        Err(refused) => {
            let (call, error) = *refused;
            return turn_away(call, &error, &namespace, stopping);
        }
    };
    let Decision { ticket, call, script, choice } = namespace.take(call, stopping);
    let spoken = responder.as_ref().map(|responder| {
        let speed = responder.pace();
        let pace = Pace { first: speed.first_word, between: speed.between_words };
        let text = responder.respond(call.kind(), &call.messages);
        (Reply { pace, ..Reply::default() }, say(&script, &call, ticket.id(), text))
    });
    let (reply, answer) = match &choice {
        _ if let Some((reply, answer)) = &spoken => (reply, Ok(answer.clone())),
        Err(_) if !script.strict => (&Reply::default(), Ok(echo(&script, &call, ticket.id()))),
        Err(miss) => {
            let error = WireError::new(404, miss).with_code("no_entry_fits");
            return refuse(api.vendor(), &ticket, &error, Ending::Finished);
        }
        Ok(choice) => {
            ticket.note(|answer| answer.entry = Some(EntryRef::new(&script, choice.entry)));
            let reply = &script.entries[choice.entry].replies[choice.reply];
            let scope = Scope { captured: &choice.captured, call: &call, nth: choice.nth };
            let composed = compose(&script, reply, &scope, ticket.id());
            // A response that sends nothing need not be one that the caller would take.
            let unsent = precedes_headers(reply.fault.as_ref());
            (reply, composed.or_else(|error| if unsent { Ok(echo(&script, &call, ticket.id())) } else { Err(error) }))
        }
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(mismatch) => {
            let error = WireError::new(422, mismatch.to_string()).with_code("reply_breaks_schema");
            return refuse(api.vendor(), &ticket, &error, Ending::Finished);
        }
    };
    let timing = Timing { pace: reply.pace, speed: script.speed };
    deliver(&call, &answer, reply, timing, Delivery { namespace, peer, ticket }).await
}

/// Answers a call whose body could not be read: it is too long, or broke off.
pub(crate) fn unreadable(api: Api, arrival: Arrival, headers: HeaderMap, rejection: &BytesRejection) -> Response {
    let call = ModelCall::bare(api, headers, Bytes::new());
    let error = WireError::new(rejection.status().as_u16(), rejection.body_text());
    turn_away(call, &error, &arrival.namespace, arrival.stopping)
}

/// Answers a call that no script is asked about.
fn turn_away(call: ModelCall, error: &WireError, namespace: &Namespace, stopping: CancellationToken) -> Response {
    let vendor = call.vendor();
    let ticket = namespace.refuse(call, stopping);
    refuse(vendor, &ticket, error, Ending::Finished)
}

struct Delivery {
    namespace: Arc<Namespace>,
    peer: Peer,
    ticket: Ticket,
}

async fn deliver(call: &ModelCall, answer: &Answer, reply: &Reply, timing: Timing, delivery: Delivery) -> Response {
    let Delivery { namespace, peer, ticket } = delivery;
    ticket.note(|record| {
        record.text = answer.blocks.iter().map(|block| block.pieces().whole()).collect();
        record.fault = reply.fault.as_ref().map(Fault::name);
    });
    let mut plan = if call.stream {
        Plan::stream(call, answer, reply, timing, ticket.id())
    } else {
        Plan::body(call, answer, reply, timing)
    };
    plan.gate =
        namespace.gate_of(ticket.id(), call.messages.last().map_or("", |message| &message.text), plan.gate.take());
    if !call.stream || precedes_headers(reply.fault.as_ref()) {
        // A body in one piece is there when its last piece is; its headers come with it.
        let pieces = if call.stream { 1 } else { answer.pieces() };
        if hold(&ticket, &namespace, &mut plan, pieces).await == Err(Stopped) {
            return stopped(call.vendor(), &ticket);
        }
    }
    match &reply.fault {
        Some(Fault::Status { status, retry_after_s, message, body }) => {
            let message = message.as_deref().unwrap_or("the script asks for this error");
            let error = WireError::new(*status, message);
            let error = WireError { retry_after_s: *retry_after_s, raw: body.clone(), ..error };
            return refuse(call.vendor(), &ticket, &error, Ending::Fault);
        }
        Some(Fault::Error { message, .. }) if !call.stream => {
            return refuse(call.vendor(), &ticket, &scripted_error(message.as_deref()), Ending::Fault);
        }
        Some(Fault::Cut { cut: cut @ (Cut::Reset | Cut::Fin), after: After::Frames(0) }) => {
            break_off(&peer, *cut);
            ticket.end(Ending::Fault);
            // Nothing of this reaches the caller: the connection writes no more.
            return ().into_response();
        }
        Some(Fault::Stall { after_frames: 0 }) => {
            ticket.stopped().await;
            return stopped(call.vendor(), &ticket);
        }
        _ => {}
    }
    let mut headers = wire::headers(call.vendor(), call.stream, 200, ticket.id());
    if let Some(length) = plan.length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    ticket.note(|record| (record.status, record.frames_planned) = (Some(200), plan.pieces()));
    let body = Play::new(plan, namespace, peer, ticket).into_body();
    (headers, body).into_response()
}

/// Whether a fault shows before the first header does.
fn precedes_headers(fault: Option<&Fault>) -> bool {
    matches!(
        fault,
        Some(
            Fault::Status { .. }
                | Fault::Cut { cut: Cut::Reset | Cut::Fin, after: After::Frames(0) }
                | Fault::Stall { after_frames: 0 }
        )
    )
}

/// Waits at the gate and until the last of `pieces` is due, and takes both out of the plan.
async fn hold(ticket: &Ticket, namespace: &Namespace, plan: &mut Plan, pieces: usize) -> Result<(), Stopped> {
    let mut start = ticket.started();
    if let Some(gate) = plan.gate.take() {
        start += wait_at_gate(ticket, namespace, &gate).await?;
    }
    let due = plan.timing.due(start, pieces.saturating_sub(1));
    plan.timing.speed = 0.0;
    wait_until(ticket, due).await
}

fn refuse(vendor: Vendor, ticket: &Ticket, error: &WireError, ending: Ending) -> Response {
    let id = ticket.id();
    ticket.note(|record| {
        record.status = Some(error.status);
        if ending == Ending::Finished {
            record.miss = Some(error.message.clone());
        }
    });
    ticket.end(ending);
    let mut headers = wire::headers(vendor, false, error.status, id);
    if error.raw.is_some() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    }
    if let Some(seconds) = error.retry_after_s {
        wire::add_retry_after(&mut headers, seconds);
    }
    (wire::status(error.status), headers, Body::from(wire::error_body(vendor, error, id))).into_response()
}

fn stopped(vendor: Vendor, ticket: &Ticket) -> Response {
    let error = WireError::new(503, "the mock is being shut down");
    refuse(vendor, ticket, &error, Ending::Stopped)
}
