//! From a request to a response: reads the call, has the script decide, and starts the delivery.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::rejection::BytesRejection,
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::listen::Peer;
use crate::{
    answer::{Answer, compose, echo, say},
    call::{Api, ModelCall, Vendor},
    delivery::{Plan, Play, Stopped, Timing, break_off, wait_at_gate, wait_until},
    namespace::{Decision, Ending, EntryRef, Namespace, Ticket},
    profile::Profile,
    quirk::Raw,
    responder::Responder,
    script::{After, Cut, Fault, Pace, Reply, Scope, framing},
    wire::{self, WireError},
};

/// Where a call came in.
pub(crate) struct Arrival {
    pub(crate) namespace: Arc<Namespace>,
    pub(crate) peer: Peer,
    /// What answers in place of the script.
    pub(crate) responder: Option<Arc<dyn Responder>>,
    pub(crate) profile: Arc<Profile>,
    /// Where it was sent.
    pub(crate) uri: Uri,
    pub(crate) stopping: CancellationToken,
}

/// Answers one model call.
pub(crate) async fn respond(api: Api, arrival: Arrival, headers: HeaderMap, body: Bytes) -> Response {
    let Arrival { namespace, peer, responder, profile, uri, stopping } = arrival;
    let call = match wire::parse(api, uri.path(), headers, body) {
        Ok(call) => call,
        Err(refused) => {
            let (call, error) = *refused;
            let error = profile.refusals.in_its_form(error, &call);
            return turn_away(call, error, &namespace, &profile, Ending::Finished, stopping);
        }
    };
    if let Some(error) = profile.refusals.refuse(&call, uri.query().unwrap_or_default()) {
        return turn_away(call, error, &namespace, &profile, Ending::Fault, stopping);
    }
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
            return refuse(api.vendor(), &ticket, error, &profile, Ending::Finished);
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
        Ok(answer) => profile.shape.apply(&call, answer),
        Err(mismatch) => {
            let error = WireError::new(422, mismatch.to_string()).with_code("reply_breaks_schema");
            return refuse(api.vendor(), &ticket, error, &profile, Ending::Finished);
        }
    };
    let timing = Timing { pace: reply.pace, speed: script.speed };
    deliver(&call, &answer, reply, timing, Delivery { namespace, peer, ticket, profile }).await
}

/// Answers a call whose body could not be read: it is too long, or broke off.
pub(crate) fn unreadable(api: Api, arrival: Arrival, headers: HeaderMap, rejection: &BytesRejection) -> Response {
    let call = ModelCall::bare(api, headers, Bytes::new());
    let error = WireError::new(rejection.status().as_u16(), rejection.body_text());
    turn_away(call, error, &arrival.namespace, &arrival.profile, Ending::Finished, arrival.stopping)
}

/// Answers a call that no script is asked about.
fn turn_away(
    call: ModelCall,
    error: WireError,
    namespace: &Namespace,
    profile: &Profile,
    ending: Ending,
    stopping: CancellationToken,
) -> Response {
    let vendor = call.vendor();
    let ticket = namespace.refuse(call, stopping);
    if ending == Ending::Fault {
        ticket.note(|answer| answer.fault = Some(format!("{}: {}", profile.name(), error.message)));
    }
    refuse(vendor, &ticket, error, profile, ending)
}

struct Delivery {
    namespace: Arc<Namespace>,
    peer: Peer,
    ticket: Ticket,
    profile: Arc<Profile>,
}

async fn deliver(call: &ModelCall, answer: &Answer, reply: &Reply, timing: Timing, delivery: Delivery) -> Response {
    let Delivery { namespace, peer, ticket, profile } = delivery;
    let framing = framing(&reply.framing, &profile.framing);
    let stream = call.stream && !framing.whole;
    ticket.note(|record| {
        record.text = answer.blocks.iter().map(|block| block.pieces().whole()).collect();
        record.fault = reply.fault.as_ref().map(Fault::name);
    });
    let scripted_error = |message: Option<&str>, body: Option<&Raw>| {
        let error = WireError::new(500, message.unwrap_or("the script asks for this error"));
        profile.refusals.in_its_form(WireError { raw: body.cloned(), ..error }, call)
    };
    let mut plan = if stream {
        let error = match &reply.fault {
            Some(Fault::Error { message, body, .. }) => {
                wire::error_frame(call.api, &scripted_error(message.as_deref(), body.as_ref()), ticket.id())
            }
            _ => Bytes::new(),
        };
        Plan::stream(call, answer, reply, &framing, timing, error)
    } else {
        Plan::body(call, answer, reply, timing)
    };
    plan.gate =
        namespace.gate_of(ticket.id(), call.messages.last().map_or("", |message| &message.text), plan.gate.take());
    if !stream || precedes_headers(reply.fault.as_ref()) {
        // A body in one piece is there when its last piece is; its headers come with it.
        let pieces = if stream { 1 } else { answer.pieces() };
        if hold(&ticket, &namespace, &mut plan, pieces).await == Err(Stopped) {
            return stopped(call.vendor(), &ticket, &profile);
        }
    }
    match &reply.fault {
        Some(Fault::Status { status, retry_after_s, retry_after_form, message, body, headers }) => {
            let message = message.as_deref().unwrap_or("the script asks for this error");
            let error =
                WireError { retry_after_s: *retry_after_s, raw: body.clone(), ..WireError::new(*status, message) };
            let error = WireError { retry_form: *retry_after_form, headers: headers.clone(), ..error };
            let error = profile.refusals.in_its_form(error, call);
            return refuse(call.vendor(), &ticket, error, &profile, Ending::Fault);
        }
        Some(Fault::Error { message, body, .. }) if !stream => {
            let error = scripted_error(message.as_deref(), body.as_ref());
            return refuse(call.vendor(), &ticket, error, &profile, Ending::Fault);
        }
        Some(Fault::Cut { cut: cut @ (Cut::Reset | Cut::Fin), after: After::Frames(0) }) => {
            break_off(&peer, *cut);
            ticket.end(Ending::Fault);
            // Nothing of this reaches the caller: the connection writes no more.
            return ().into_response();
        }
        Some(Fault::Stall { after_frames: 0 }) => {
            ticket.stopped().await;
            return stopped(call.vendor(), &ticket, &profile);
        }
        _ => {}
    }
    let mut headers = wire::headers(call.vendor(), stream, 200, ticket.id());
    if let Some(content_type) = &framing.content_type {
        headers.insert(header::CONTENT_TYPE, content_type.clone());
    }
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

fn refuse(vendor: Vendor, ticket: &Ticket, error: WireError, profile: &Profile, ending: Ending) -> Response {
    let id = ticket.id();
    ticket.note(|record| {
        record.status = Some(error.status);
        if ending == Ending::Finished {
            record.miss = Some(error.message.clone());
        }
    });
    ticket.end(ending);
    let mut headers = wire::headers(vendor, false, error.status, id);
    let form = error.retry_form.unwrap_or(profile.retry);
    let error = wire::add_retry_after(&mut headers, error, form);
    if let Some(raw) = &error.raw {
        headers.insert(header::CONTENT_TYPE, raw.content_type());
    }
    for (name, value) in &error.headers {
        headers.insert(name, value.clone());
    }
    (wire::status(error.status), headers, Body::from(wire::error_body(vendor, &error, id))).into_response()
}

fn stopped(vendor: Vendor, ticket: &Ticket, profile: &Profile) -> Response {
    let error = WireError::new(503, "the mock is being shut down");
    refuse(vendor, ticket, error, profile, Ending::Stopped)
}
