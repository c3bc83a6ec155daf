//! What a turn takes of the budgets of its request: reserved before the first call of a model, settled by the commit.

use metrics::counter;
use protocol::{Problem, ProblemType, PromptPurpose, RequestType};
use store::{Claim, Completion, Reserved, Spending, Spent, UsedUp};
use story::{ChatMessage, GameState, Input, Library, PromptError};

use super::Worker;
use super::error::TurnError;
use super::leases::HeldLease;
use super::persist::persist;
use super::summarize;
use crate::fitted::narration_prompt;
use crate::llm::Provider;

/// Reserves the most that a turn may use.
///
/// A turn waits while others have reserved what is left: most of that comes back. If it is used up, a message fails, and its player may send it again
/// when there is room. A story event waits for that: nobody can send it again, and it may be the story's end.
pub(super) async fn reserve(
    worker: &Worker,
    claim: &Claim,
    held: &HeldLease,
    narrator: &Provider,
    backend: &Provider,
) -> Result<(), TurnError> {
    let budgets = &claim.request.budgets;
    if budgets.is_empty() {
        return Ok(());
    }
    let (state, input): (_, Input) = (&claim.game.document.state, claim.request.input(&claim.companions));
    let most =
        most(&worker.library, state, &claim.history, &input, narrator, backend).map_err(TurnError::unplayable)?;
    let most = most + summarize::most(worker, claim, narrator, backend);
    match persist(held, || worker.store.reserve(&claim.lease, budgets, most)).await? {
        Reserved::Done => Ok(()),
        Reserved::Wait => Err(TurnError::Postponed(worker.settings.budget_delay)),
        Reserved::UsedUp(used_up) if claim.request.kind == RequestType::StoryEvent => {
            Err(TurnError::Postponed(used_up.retry_after.min(worker.settings.budget_delay_max)))
        }
        Reserved::UsedUp(used_up) => {
            counter!("story_engine_requests_refused_total", "reason" => ProblemType::BudgetUsedUp.slug()).increment(1);
            Err(TurnError::BudgetUsedUp(problem(used_up)))
        }
    }
}

/// The most that a turn may use: the narrator's prompt and the longest answer; for the delta its own prompt, which has the whole state and that answer, and
/// the longest delta. It is an estimate, because nobody here knows the model's tokenizer.
fn most(
    library: &Library,
    state: &GameState,
    history: &[ChatMessage],
    input: &Input,
    narrator: &Provider,
    backend: &Provider,
) -> Result<Spending, PromptError> {
    let narration = narration_prompt(library, state, history, input, narrator)?;
    let extraction = story::extraction_prompt(library, state, input, "")?;
    let narrated = narrator.longest_answer(PromptPurpose::Narrate);
    Ok(narrator.most(PromptPurpose::Narrate, &narration, 0)
        + backend.most(PromptPurpose::Extract, &extraction, narrated))
}

/// An attempt has failed before a model has written anything: nothing is paid for that.
pub(super) async fn give_back(worker: &Worker, claim: &Claim, held: &HeldLease) -> Result<(), TurnError> {
    let budgets = &claim.request.budgets;
    if budgets.is_empty() {
        return Ok(());
    }
    persist(held, || worker.store.reserve(&claim.lease, budgets, Spending::default())).await?;
    Ok(())
}

/// What a turn has used; nothing where a server has not counted its tokens: then what was reserved counts.
pub(super) fn used(
    narrator: &Provider,
    backend: &Provider,
    narrated: &Completion,
    extracted: &Completion,
) -> Option<Spending> {
    let is_counted = |answer: &Completion| answer.text.is_empty() || answer.usage.prompt_tokens > 0;
    (is_counted(narrated) && is_counted(extracted)).then(|| {
        narrator.spending(PromptPurpose::Narrate, narrated.usage)
            + backend.spending(PromptPurpose::Extract, extracted.usage)
    })
}

fn problem(used_up: UsedUp) -> Problem {
    let detail = match used_up.what {
        Spent::Tokens => "what may be narrated in a day is used up",
        Spent::Cost => "what may be narrated in a month is used up",
    };
    Problem::new(ProblemType::BudgetUsedUp, format!("{detail}: there is room again in {}", used_up.wait_in_words()))
}

#[cfg(test)]
mod tests {
    use story::{NewGame, new_game};

    use super::*;
    use crate::config::Config;
    use crate::llm::Models;

    #[tokio::test]
    async fn what_only_the_prompt_for_the_delta_shows_is_reserved() {
        let models = Models::start(&Config::default()).await.unwrap();
        let provider = models.get(models.default_name()).unwrap();
        let library = crate::content::load(None).unwrap();
        let new = NewGame { scenario: "ferry_crossing".to_owned(), ..NewGame::default() };
        let (mut state, history) = new_game(&library, &new).unwrap();
        let input = Input::Player { message: "I look.".to_owned(), actor: None };
        let tokens = |state: &GameState| most(&library, state, &history, &input, provider, provider).unwrap().tokens;
        let begun = tokens(&state);
        // The narrator is not told of variables.
        state.vars.insert("notes".to_owned(), "y ".repeat(50_000));
        let shown = provider.tokens_of(PromptPurpose::Extract, 100_000);
        assert!(tokens(&state) - begun >= shown.into(), "{begun}, then {}; {shown} more", tokens(&state));
    }
}
