//! What spans say. Names are those of OpenTelemetry's semantic conventions for HTTP and generative AI, and otherwise begin with
//! `story_engine.`. No span holds what a player or a model has written, nor a vendor's words.

use std::time::Duration;

use axum::http::StatusCode;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId,
    TraceState, Tracer as _,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::{SdkTracer, Span as Recorded};
use protocol::Usage;
use store::Claim;
use store::trace_parent::TraceParent;

use super::TRACER;
use crate::telemetry::turns::millis;

/// A span that is under way, until it is dropped; nothing without traces.
#[derive(Debug, Default)]
pub(crate) struct Span(Option<Recorded>);

/// A message arrives.
pub(crate) fn http(method: &'static str, route: &'static str, parent: Option<TraceParent>, call_id: &str) -> Span {
    let Some(tracer) = TRACER.get() else { return Span::default() };
    let attributes = vec![
        KeyValue::new("http.request.method", method),
        KeyValue::new("http.route", route),
        KeyValue::new("url.path", route),
        KeyValue::new("url.scheme", "http"),
        KeyValue::new("story_engine.call.id", call_id.to_owned()),
    ];
    begin(tracer, format!("{method} {route}"), SpanKind::Server, attributes, parent)
}

/// A worker has claimed a request.
pub(crate) fn turn(claim: &Claim) -> Span {
    let Some(tracer) = TRACER.get() else { return Span::default() };
    let Claim { lease, request, provider, .. } = claim;
    let attributes = vec![
        KeyValue::new("story_engine.game.id", lease.game.to_string()),
        KeyValue::new("story_engine.request.id", lease.request.to_string()),
        KeyValue::new("story_engine.request.type", request.kind.as_str()),
        KeyValue::new("story_engine.attempt", i64::from(lease.attempt.0)),
        KeyValue::new("story_engine.queue.wait_ms", number(millis(request.waited))),
        KeyValue::new("story_engine.provider", provider.name.clone()),
    ];
    begin(tracer, "turn", SpanKind::Consumer, attributes, request.trace)
}

/// A worker calls a model.
pub(crate) fn model_call(
    turn: Option<TraceParent>,
    provider: &str,
    vendor: &str,
    model: &str,
    kind: &'static str,
) -> Span {
    let Some(tracer) = TRACER.get() else { return Span::default() };
    let attributes = vec![
        KeyValue::new("gen_ai.operation.name", "chat"),
        KeyValue::new("gen_ai.provider.name", known_vendor(vendor).to_owned()),
        KeyValue::new("gen_ai.request.model", model.to_owned()),
        KeyValue::new("story_engine.call", kind),
        KeyValue::new("story_engine.provider", provider.to_owned()),
    ];
    begin(tracer, format!("chat {model}"), SpanKind::Client, attributes, turn)
}

/// A worker commits.
pub(crate) fn commit(turn: Option<TraceParent>) -> Span {
    let Some(tracer) = TRACER.get() else { return Span::default() };
    begin(tracer, "commit", SpanKind::Internal, Vec::new(), turn)
}

impl Span {
    /// What a span of another process or step names as its parent.
    pub(crate) fn context(&self) -> Option<TraceParent> {
        let context = self.0.as_ref()?.span_context();
        Some(TraceParent {
            trace: u128::from_be_bytes(context.trace_id().to_bytes()),
            span: u64::from_be_bytes(context.span_id().to_bytes()),
            is_sampled: context.is_sampled(),
        })
    }

    /// The message is answered.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.set("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            self.failed(status.as_str().to_owned());
        }
    }

    /// The attempt has ended, and perhaps failed for a reason of this class.
    pub(crate) fn outcome(&mut self, outcome: &'static str, class: Option<&'static str>) {
        self.set("story_engine.outcome", outcome);
        if let Some(class) = class {
            self.failed(class);
        }
    }

    /// The first text of a narration has come.
    pub(crate) fn first_token(&mut self, waited: Duration) {
        if let Some(span) = &mut self.0 {
            let waited = KeyValue::new("story_engine.time_to_first_token_ms", number(millis(waited)));
            span.add_event("first_token", vec![waited]);
        }
    }

    /// The call has used tokens.
    pub(crate) fn used(&mut self, usage: Usage) {
        self.set("gen_ai.usage.input_tokens", number(usage.prompt_tokens));
        self.set("gen_ai.usage.output_tokens", number(usage.completion_tokens));
    }

    /// What it describes has failed, for a reason of this class.
    pub(crate) fn failed(&mut self, class: impl Into<std::borrow::Cow<'static, str>>) {
        if let Some(span) = &mut self.0 {
            let class = class.into();
            span.set_attribute(KeyValue::new("error.type", class.clone()));
            span.set_status(Status::error(class));
        }
    }

    fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new(name, value));
        }
    }
}

fn begin(
    tracer: &SdkTracer,
    name: impl Into<std::borrow::Cow<'static, str>>,
    kind: SpanKind,
    attributes: Vec<KeyValue>,
    parent: Option<TraceParent>,
) -> Span {
    let builder = SpanBuilder::from_name(name).with_kind(kind).with_attributes(attributes);
    let context = parent.map_or_else(Context::new, |parent| {
        let TraceParent { trace, span, is_sampled } = parent;
        let flags = if is_sampled { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
        let (trace, span) = (TraceId::from_bytes(trace.to_be_bytes()), SpanId::from_bytes(span.to_be_bytes()));
        Context::new().with_remote_span_context(SpanContext::new(trace, span, flags, true, TraceState::NONE))
    });
    Span(Some(tracer.build_with_context(builder, &context)))
}

/// The conventions have names of their own for some vendors.
fn known_vendor(adapter: &str) -> &str {
    match adapter {
        "gemini" => "gcp.gemini",
        "mistral" => "mistral_ai",
        "xai" => "x_ai",
        other => other,
    }
}

/// Values of OTLP have a sign.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
