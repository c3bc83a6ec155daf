//! From a reply and a call to an answer: templates are filled in, faults of content applied, and the result checked
//! against the schema that the caller sent, so that a script cannot make the model say what the real one could not.

use serde_json::{Value, json};
use thiserror::Error;

use super::{
    Answer, Block, Finish, Usage,
    chunk::{Pieces, tokens},
    draw::{self, Draws},
    schema,
};
use crate::{
    call::{Kind, ModelCall, Source, Wanted},
    quirk::ReasoningForm,
    script::{Chunk, ContentFault, Fault, Reply, Scope, Script},
};

/// A reply that the caller's schema does not allow.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "the reply breaks the schema that the caller sent: {problem}; to do this on purpose, add \"fault\": \"wrong_schema\""
)]
pub(crate) struct Mismatch {
    problem: String,
}

/// The answer that `reply` gives to the call in `scope`, which has the number `ordinal` in its namespace.
pub(crate) fn compose(script: &Script, reply: &Reply, scope: &Scope<'_>, ordinal: u64) -> Result<Answer, Mismatch> {
    let call = scope.call;
    let draws = &mut Draws::new(script.seed, &call.text(Source::User));
    let fault = match reply.fault {
        Some(Fault::Content(fault)) => Some(fault),
        _ => None,
    };
    let pieces = content(reply, scope, draws).map(|pieces| spoil(pieces, fault, &reply.chunk));
    let tools: Vec<(String, Value)> =
        reply.tools.iter().map(|tool| (tool.name.clone(), tool.arguments.render(scope, draws))).collect();

    if script.strict && fault.is_none() && reply.finish == Finish::Stop {
        check(&call.wanted, pieces.as_ref().map(Pieces::whole), &tools)?;
    }
    let mut blocks = Vec::new();
    if let Some(thought) = &reply.reasoning {
        let pieces = Pieces::cut(thought.render(scope, draws), &reply.chunk);
        blocks.push(Block::Thought { pieces, form: ReasoningForm::default() });
    }
    match (&call.wanted, pieces) {
        (_, None) => {}
        (Wanted::Tool { name, .. }, Some(pieces)) if tools.is_empty() && fault != Some(ContentFault::Empty) => {
            blocks.push(Block::Tool { name: name.clone(), pieces });
        }
        (_, Some(pieces)) => blocks.push(Block::Text(pieces)),
    }
    let forced = matches!(call.wanted, Wanted::Tool { .. });
    blocks.extend(
        tools
            .into_iter()
            .map(|(name, arguments)| Block::Tool { name, pieces: Pieces::cut(arguments.to_string(), &reply.chunk) }),
    );
    let refusal = reply.refusal.as_ref().map(|refusal| refusal.render(scope, draws));
    Ok(Answer { refusal, ..answer(script, call, ordinal, blocks, forced, reply) })
}

/// What a script that is not strict says to a call that no entry fits.
pub(crate) fn echo(script: &Script, call: &ModelCall, ordinal: u64) -> Answer {
    let user = call.text(Source::User);
    let block = match &call.wanted {
        Wanted::Text => Block::Text(Pieces::cut(user.into_owned(), &Chunk::Word)),
        Wanted::Json { schema } => {
            Block::Text(Pieces::cut(schema::smallest(schema.as_ref()).to_string(), &Chunk::Word))
        }
        Wanted::Tool { name, schema } => {
            let arguments = schema::smallest(schema.as_ref()).to_string();
            Block::Tool { name: name.clone(), pieces: Pieces::cut(arguments, &Chunk::Word) }
        }
    };
    let forced = matches!(call.wanted, Wanted::Tool { .. });
    answer(script, call, ordinal, vec![block], forced, &Reply::default())
}

/// `text`, said to a call of any kind.
pub(crate) fn say(script: &Script, call: &ModelCall, ordinal: u64, text: String) -> Answer {
    let pieces = Pieces::cut(text, &Chunk::Word);
    let (block, forced) = match &call.wanted {
        Wanted::Tool { name, .. } => (Block::Tool { name: name.clone(), pieces }, true),
        Wanted::Text | Wanted::Json { .. } => (Block::Text(pieces), false),
    };
    answer(script, call, ordinal, vec![block], forced, &Reply::default())
}

fn answer(script: &Script, call: &ModelCall, ordinal: u64, blocks: Vec<Block>, forced: bool, reply: &Reply) -> Answer {
    let spoken: usize = blocks.iter().map(|block| tokens(block.pieces().whole())).sum();
    let input: usize = call.messages.iter().map(|message| tokens(&message.text)).sum();
    Answer {
        token: draw::mix(draw::hash(script.seed, call.text(Source::User).as_bytes()) ^ ordinal),
        ordinal,
        model: call.model.clone(),
        blocks,
        finish: reply.finish,
        usage: Usage {
            input_tokens: reply.input_tokens.unwrap_or_else(|| u64::try_from(input).unwrap_or(u64::MAX)),
            output_tokens: reply.output_tokens.unwrap_or_else(|| u64::try_from(spoken).unwrap_or(u64::MAX)),
        },
        forced,
        refusal: None,
    }
}

/// The pieces of the reply's own content; `None` if it only calls tools.
fn content(reply: &Reply, scope: &Scope<'_>, draws: &mut Draws) -> Option<Pieces> {
    if let Chunk::Pieces(pieces) = &reply.chunk {
        return Some(pieces.iter().map(|piece| piece.render(scope, draws)).collect());
    }
    let text = match (&reply.text, &reply.json) {
        (Some(text), _) => text.render(scope, draws),
        (None, Some(json)) => json.render(scope, draws).to_string(),
        (None, None) if !reply.tools.is_empty() || reply.reasoning.is_some() || reply.refusal.is_some() => {
            return None;
        }
        (None, None) if reply.fault == Some(Fault::Content(ContentFault::WrongSchema)) => {
            json!({ "unexpected": "shape" }).to_string()
        }
        // A fault that needs something to go wrong in gets an answer that could have gone well.
        (None, None) if scope.call.kind() == Kind::Json => schema::smallest(scope.call.wanted.schema()).to_string(),
        (None, None) => "The story goes on.".to_owned(),
    };
    Some(Pieces::cut(text, &reply.chunk))
}

/// Applies the faults that change what is said.
fn spoil(pieces: Pieces, fault: Option<ContentFault>, rule: &Chunk) -> Pieces {
    match fault {
        Some(ContentFault::Empty) => Pieces::default(),
        Some(ContentFault::MalformedJson) => {
            let text = pieces.whole();
            let keep = text.chars().count().saturating_sub(1).div_ceil(2);
            let cut: String = if keep == 0 { "{\"".to_owned() } else { text.chars().take(keep).collect() };
            Pieces::cut(cut, rule)
        }
        // The encoder takes a byte away from it.
        Some(ContentFault::CutUtf8) if pieces.whole().is_ascii() => {
            let mut pieces = pieces;
            let middle = pieces.len() / 2;
            pieces.insert(middle, "é");
            pieces
        }
        _ => pieces,
    }
}

/// Whether `text` is what the caller wants.
pub(crate) fn fits(wanted: &Wanted, text: &str) -> bool {
    check(wanted, Some(text), &[]).is_ok()
}

fn check(wanted: &Wanted, text: Option<&str>, tools: &[(String, Value)]) -> Result<(), Mismatch> {
    let forced = match wanted {
        Wanted::Text => return Ok(()),
        Wanted::Json { .. } => None,
        Wanted::Tool { name, .. } => {
            tools.iter().find(|(called, _)| called == name).map(|(_, arguments)| arguments.clone())
        }
    };
    let value = match (forced, text) {
        (Some(arguments), _) => arguments,
        (None, Some(text)) => {
            serde_json::from_str(text).map_err(|error| Mismatch { problem: format!("it is not JSON ({error})") })?
        }
        // Other tools may be called first, whatever the last answer must look like.
        (None, None) => return Ok(()),
    };
    schema::check(wanted.schema(), &value).map_err(|problem| Mismatch { problem })
}
