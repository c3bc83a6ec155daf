//! Compiles the answering half of an entry: templates, pace, pieces, gates and faults.

use std::{collections::BTreeMap, time::Duration};

use axum::http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::Checked;
use crate::{
    quirk::Raw,
    script::{
        error::Problem,
        format::{ChunkForm, FaultForm, FaultName, FramingForm, PaceForm, ReplyForm, ToolForm, UsageForm},
        reply::{After, Chunk, ContentFault, Cut, Fault, Framing, Gate, Pace, Reply, ToolCall},
        template::{JsonTemplate, Template, TemplateError},
    },
};

/// What a script says for all replies that do not say otherwise.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    pace: Pace,
    chunk: Chunk,
}

impl Defaults {
    pub(super) fn new(pace_form: Option<PaceForm>, chunk_form: Option<ChunkForm>) -> Checked<Self> {
        if let Some(ChunkForm::Pieces(_)) = chunk_form {
            return Err(Problem::new("/chunk", "a list of pieces belongs to one reply"));
        }
        let chunk = chunk_form.map(|form| chunk(form, &[], "/chunk")).transpose()?.unwrap_or_default();
        Ok(Self { pace: pace(pace_form.unwrap_or_default()), chunk })
    }
}

pub(super) fn reply(form: ReplyForm, defaults: &Defaults, names: &[String], pointer: &str) -> Checked<Reply> {
    let form = form.0;
    let chunk = form.chunk.map(|form| chunk(form, names, &format!("{pointer}/chunk"))).transpose()?;
    let in_pieces = matches!(chunk, Some(Chunk::Pieces(_)));
    let forms = [form.text.is_some(), form.json.is_some(), in_pieces];
    if forms.iter().filter(|given| **given).count() > 1 {
        let text = "the answer is `text`, `json` or a list of pieces in `chunk`: only one of them";
        return Err(Problem::new(pointer, text));
    }
    let says = forms.contains(&true) || !form.tools.is_empty() || form.reasoning.is_some() || form.refusal.is_some();
    if !says && form.fault.is_none() {
        return Err(Problem::new(pointer, "the reply has no `text`, `json`, `tools` or `fault`"));
    }
    let text = form.text.map(|text| template(&text, names, &format!("{pointer}/text"))).transpose();
    let UsageForm { input_tokens, output_tokens } =
        form.usage.unwrap_or(UsageForm { input_tokens: None, output_tokens: None });
    let optional = |text: Option<String>, key: &str| {
        text.map(|text| template(&text, names, &format!("{pointer}/{key}"))).transpose()
    };
    Ok(Reply {
        reasoning: optional(form.reasoning, "reasoning")?,
        refusal: optional(form.refusal, "refusal")?,
        text: text.map_err(|problem| short_text(problem, pointer))?,
        json: form.json.map(|value| json(&value, names, &format!("{pointer}/json"))).transpose()?,
        tools: tools(form.tools, names, pointer)?,
        pace: form.pace.map_or(defaults.pace, pace),
        chunk: chunk.unwrap_or_else(|| defaults.chunk.clone()),
        framing: form.framing.unwrap_or_default(),
        gate: form.gate.map(|gate| Gate { name: gate.0.name, after_chunks: gate.0.after_chunks }),
        fault: form.fault.map(|form| fault(form, &format!("{pointer}/fault"))).transpose()?,
        finish: form.finish.unwrap_or_default(),
        input_tokens,
        output_tokens,
    })
}

/// A short reply has no key `text`: point at the reply itself, which `locate` finds in either case.
fn short_text(problem: Problem, pointer: &str) -> Problem {
    Problem { pointer: pointer.to_owned(), ..problem }
}

fn pace(form: PaceForm) -> Pace {
    Pace { first: Duration::from_millis(form.first_token_ms), between: Duration::from_millis(form.between_ms) }
}

/// How a stream is laid out; what a reply does not say is taken from `under`, the profile.
pub(crate) fn framing(form: &FramingForm, under: &FramingForm) -> Framing {
    let content_type = form.content_type.as_ref().or(under.content_type.as_ref());
    let comment_every = form.comment_every_ms.or(under.comment_every_ms);
    Framing {
        segment_bytes: form.segment_bytes.or(under.segment_bytes),
        frames_per_segment: form.frames_per_segment.or(under.frames_per_segment),
        crlf: form.crlf || under.crlf,
        comments: form.comments || under.comments,
        byte_order_mark: form.byte_order_mark || under.byte_order_mark,
        whole: form.whole.or(under.whole).unwrap_or(false),
        end: form.end.or(under.end).unwrap_or_default(),
        comment_every: comment_every.map(|every| Duration::from_millis(every.get())),
        preamble: form.preamble.clone().or_else(|| under.preamble.clone()),
        content_type: content_type.and_then(|text| HeaderValue::from_str(text).ok()),
    }
}

fn chunk(form: ChunkForm, names: &[String], pointer: &str) -> Checked<Chunk> {
    Ok(match form {
        ChunkForm::Word => Chunk::Word,
        ChunkForm::Char => Chunk::Char,
        ChunkForm::Token => Chunk::Token,
        ChunkForm::Pieces(pieces) => {
            let pieces = pieces.iter().enumerate();
            let parse = |(index, piece): (usize, &String)| template(piece, names, &format!("{pointer}/{index}"));
            Chunk::Pieces(pieces.map(parse).collect::<Checked<_>>()?)
        }
    })
}

fn tools(forms: Vec<ToolForm>, names: &[String], pointer: &str) -> Checked<Vec<ToolCall>> {
    let tool = |(index, form): (usize, ToolForm)| {
        let pointer = format!("{pointer}/tools/{index}/arguments");
        Ok(ToolCall { name: form.name, arguments: json(&form.arguments.into(), names, &pointer)? })
    };
    forms.into_iter().enumerate().map(tool).collect()
}

fn template(text: &str, names: &[String], pointer: &str) -> Checked<Template> {
    Template::parse(text)
        .and_then(|template| template.check_names(names).map(|()| template))
        .map_err(|error| at(pointer, error))
}

fn json(value: &serde_json::Value, names: &[String], pointer: &str) -> Checked<JsonTemplate> {
    let json = JsonTemplate::parse(value, pointer).map_err(|(pointer, error)| at(&pointer, error))?;
    let mut wrong = None;
    json.each(pointer, &mut |pointer, template| {
        if let Err(error) = template.check_names(names)
            && wrong.is_none()
        {
            wrong = Some(at(pointer, error));
        }
    });
    wrong.map_or(Ok(json), Err)
}

fn at(pointer: &str, (text, help): TemplateError) -> Problem {
    Problem::new(pointer, text).with_help(help)
}

fn fault(form: FaultForm, pointer: &str) -> Checked<Fault> {
    let form = match form {
        FaultForm::Named(name) => return Ok(Fault::Content(named(name))),
        FaultForm::Full(form) => form,
    };
    let cut = |cut, after| Fault::Cut { cut, after };
    let has_message = form.message.is_some();
    let message = || form.message.clone();
    let body = || {
        form.body.as_ref().map(|body| match body {
            Value::String(page) => Raw::Page(page.clone()),
            json => Raw::Json(json.to_string()),
        })
    };
    let headers = headers(&form.headers, pointer)?;
    let faults = [
        form.status.map(|status| Fault::Status {
            status,
            retry_after_s: form.retry_after_s,
            retry_after_form: form.retry_after_form,
            message: message(),
            body: body(),
            headers,
        }),
        form.reset_after_frames.map(|count| cut(Cut::Reset, After::Frames(count))),
        form.reset_after_bytes.map(|count| cut(Cut::Reset, After::Bytes(count))),
        form.fin_after_frames.map(|count| cut(Cut::Fin, After::Frames(count))),
        form.fin_after_bytes.map(|count| cut(Cut::Fin, After::Bytes(count))),
        form.end_after_frames.map(|count| cut(Cut::End, After::Frames(count))),
        form.error_after_frames.map(|after_frames| Fault::Error { after_frames, message: message(), body: body() }),
        form.stall_after_frames.map(|after_frames| Fault::Stall { after_frames }),
    ];
    let mut faults = faults.into_iter().flatten();
    let (Some(fault), None) = (faults.next(), faults.next()) else {
        return Err(Problem::new(pointer, "a fault has exactly one of `status`, `…_after_frames`, `…_after_bytes`"));
    };
    let is_status = matches!(fault, Fault::Status { .. });
    let speaks = is_status || matches!(fault, Fault::Error { .. });
    let misplaced = [
        ("body", form.body.is_some() && !speaks, "only a fault with `status` or `error_after_frames` has it"),
        ("message", has_message && !speaks, "only a fault with `status` or `error_after_frames` has it"),
        ("headers", !form.headers.is_empty() && !is_status, "only a fault with `status` has it"),
        ("retry_after_s", form.retry_after_s.is_some() && !is_status, "only a fault with `status` has it"),
        (
            "retry_after_form",
            form.retry_after_form.is_some() && form.retry_after_s.is_none(),
            "it needs `retry_after_s`",
        ),
    ];
    if let Some((key, _, text)) = misplaced.into_iter().find(|(_, is_misplaced, _)| *is_misplaced) {
        return Err(Problem::new(format!("{pointer}/{key}"), text));
    }
    if let Fault::Status { status, retry_after_s, body, headers, .. } = &fault {
        let is_error = (400..600).contains(status);
        if !is_error && !((200..400).contains(status) && (body.is_some() || !headers.is_empty())) {
            let text =
                format!("status {status} is no error, expected 400 to 599 (from 200 with a `body` or `headers`)");
            return Err(Problem::new(format!("{pointer}/status"), text));
        }
        if retry_after_s.is_some_and(|seconds| !seconds.is_finite() || seconds < 0.0) {
            return Err(Problem::new(format!("{pointer}/retry_after_s"), "expected 0 seconds or more"));
        }
    }
    Ok(fault)
}

fn headers(form: &BTreeMap<String, String>, pointer: &str) -> Checked<Vec<(HeaderName, HeaderValue)>> {
    let header = |(name, value): (&String, &String)| {
        let parsed = HeaderName::try_from(name).ok().zip(HeaderValue::try_from(value).ok());
        parsed.ok_or_else(|| Problem::new(format!("{pointer}/headers"), format!("`{name}: {value}` is no header")))
    };
    form.iter().map(header).collect()
}

fn named(name: FaultName) -> ContentFault {
    match name {
        FaultName::MalformedBody => ContentFault::MalformedBody,
        FaultName::MalformedJson => ContentFault::MalformedJson,
        FaultName::WrongSchema => ContentFault::WrongSchema,
        FaultName::Empty => ContentFault::Empty,
        FaultName::CutUtf8 => ContentFault::CutUtf8,
    }
}
