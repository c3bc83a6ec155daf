//! Compiles the answering half of an entry: templates, pace, pieces, gates and faults.

use std::time::Duration;

use super::Checked;
use crate::script::{
    error::Problem,
    format::{ChunkForm, FaultForm, FaultName, FramingForm, PaceForm, ReplyForm, ToolForm, UsageForm},
    reply::{After, Chunk, ContentFault, Cut, Fault, Framing, Gate, Pace, Reply, ToolCall},
    template::{JsonTemplate, Template, TemplateError},
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
    if !forms.contains(&true) && form.tools.is_empty() && form.fault.is_none() {
        return Err(Problem::new(pointer, "the reply has no `text`, `json`, `tools` or `fault`"));
    }
    let text = form.text.map(|text| template(&text, names, &format!("{pointer}/text"))).transpose();
    let UsageForm { input_tokens, output_tokens } =
        form.usage.unwrap_or(UsageForm { input_tokens: None, output_tokens: None });
    Ok(Reply {
        text: text.map_err(|problem| short_text(problem, pointer))?,
        json: form.json.map(|value| json(&value, names, &format!("{pointer}/json"))).transpose()?,
        tools: tools(form.tools, names, pointer)?,
        pace: form.pace.map_or(defaults.pace, pace),
        chunk: chunk.unwrap_or_else(|| defaults.chunk.clone()),
        framing: form.framing.map(framing).unwrap_or_default(),
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

fn framing(form: FramingForm) -> Framing {
    let FramingForm { segment_bytes, frames_per_segment, crlf, comments, byte_order_mark } = form;
    Framing { segment_bytes, frames_per_segment, crlf, comments, byte_order_mark }
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
    let faults = [
        form.status.map(|status| Fault::Status {
            status,
            retry_after_s: form.retry_after_s,
            message: message(),
            body: form.body.clone(),
        }),
        form.reset_after_frames.map(|count| cut(Cut::Reset, After::Frames(count))),
        form.reset_after_bytes.map(|count| cut(Cut::Reset, After::Bytes(count))),
        form.fin_after_frames.map(|count| cut(Cut::Fin, After::Frames(count))),
        form.fin_after_bytes.map(|count| cut(Cut::Fin, After::Bytes(count))),
        form.end_after_frames.map(|count| cut(Cut::End, After::Frames(count))),
        form.error_after_frames.map(|after_frames| Fault::Error { after_frames, message: message() }),
        form.stall_after_frames.map(|after_frames| Fault::Stall { after_frames }),
    ];
    let mut faults = faults.into_iter().flatten();
    let (Some(fault), None) = (faults.next(), faults.next()) else {
        return Err(Problem::new(pointer, "a fault has exactly one of `status`, `…_after_frames`, `…_after_bytes`"));
    };
    match &fault {
        Fault::Status { status, retry_after_s, .. } => {
            if !(400..600).contains(status) {
                let text = format!("status {status} is no error, expected 400 to 599");
                return Err(Problem::new(format!("{pointer}/status"), text));
            }
            if retry_after_s.is_some_and(|seconds| !seconds.is_finite() || seconds < 0.0) {
                return Err(Problem::new(format!("{pointer}/retry_after_s"), "expected 0 seconds or more"));
            }
        }
        _ if form.body.is_some() => {
            return Err(Problem::new(format!("{pointer}/body"), "only a fault with `status` has it"));
        }
        _ if form.retry_after_s.is_some() => {
            return Err(Problem::new(format!("{pointer}/retry_after_s"), "only a fault with `status` has it"));
        }
        Fault::Error { .. } => {}
        _ if has_message => {
            let text = "only a fault with `status` or `error_after_frames` has it";
            return Err(Problem::new(format!("{pointer}/message"), text));
        }
        _ => {}
    }
    Ok(fault)
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
