//! How a server writes what its model says: thoughts of every answer, and the dress of structured output.

use serde::Deserialize;

use crate::{
    answer::{Answer, Block, Pieces},
    call::{Kind, ModelCall, Wanted},
    quirk::ReasoningForm,
    script::Chunk,
};

/// How answers are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    /// How thoughts are written.
    pub(super) reasoning: ReasoningForm,
    /// What the model thinks before every answer that has no thoughts of its own.
    pub(super) thinks: Option<String>,
    pub(super) json: JsonForm,
}

/// How structured output is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum JsonForm {
    #[default]
    Plain,
    /// In a Markdown fence.
    Fenced,
    /// As the arguments of a tool that nobody offered.
    ToolCall,
}

impl Shape {
    /// Writes an answer as this server does.
    pub(crate) fn apply(&self, call: &ModelCall, mut answer: Answer) -> Answer {
        let Self { reasoning, thinks, json } = self;
        let has_thought = matches!(answer.blocks.first(), Some(Block::Thought { .. }));
        if let Some(thought) = thinks.as_ref().filter(|_| !has_thought) {
            let pieces = Pieces::cut(thought.clone(), &Chunk::Word);
            answer.blocks.insert(0, Block::Thought { pieces, form: ReasoningForm::Vendor });
        }
        if call.kind() == Kind::Json && !matches!(call.wanted, Wanted::Tool { .. }) {
            for block in &mut answer.blocks {
                let Block::Text(pieces) = block else { continue };
                match json {
                    JsonForm::Plain => {}
                    JsonForm::Fenced => {
                        pieces.insert(0, "```json\n");
                        pieces.insert(pieces.len(), "\n```");
                    }
                    JsonForm::ToolCall => {
                        *block = Block::Tool { name: "answer".to_owned(), pieces: std::mem::take(pieces) };
                    }
                }
            }
        }
        if let Some(Block::Thought { pieces, form }) = answer.blocks.first_mut() {
            *form = *reasoning;
            let (before, after) = match reasoning {
                ReasoningForm::Vendor | ReasoningForm::Reasoning => return answer,
                ReasoningForm::ThinkTags => ("<think>\n", "\n</think>\n\n"),
                ReasoningForm::ClosingTag => ("", "\n</think>\n\n"),
                ReasoningForm::Channel => {
                    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>")
                }
            };
            pieces.insert(0, before);
            pieces.insert(pieces.len(), after);
            let thought: Vec<String> = pieces.iter().map(str::to_owned).collect();
            answer.blocks.remove(0);
            if let Some(Block::Text(pieces)) = answer.blocks.first_mut() {
                let said = pieces.iter().map(str::to_owned);
                *pieces = thought.into_iter().chain(said).collect();
            } else {
                answer.blocks.insert(0, Block::Text(thought.into_iter().collect()));
            }
        }
        answer
    }
}
