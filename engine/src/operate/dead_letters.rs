//! `engine dead-letters`: requests that failed for good are listed, counted by cause, retried and deleted, one or many at a time.

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use protocol::{DeadLetter, DeadLetterCause, DeadLetters, GameId, ProblemType, RequestId, Tenant, path};

use super::source::{OperateError, Source};
use super::{duration, print, show};
use crate::causes::Causes;
use crate::config::Config;
use crate::{out, outln};

/// What can be done with dead letters.
#[derive(Debug, Clone, Subcommand)]
pub enum DeadLetterCommand {
    /// List them, the latest first
    List {
        /// Which of them
        #[command(flatten)]
        only: Only,
        /// One JSON object a line, whole
        #[arg(long)]
        json: bool,
    },
    /// Count them by cause, the most frequent first
    Causes {
        /// Which of them
        #[command(flatten)]
        only: Only,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        /// Look again every 2 s, until stopped
        #[arg(long)]
        watch: bool,
    },
    /// Show one with its attempts
    Show {
        /// The request
        id: RequestId,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Queue requests again, behind what waits in their games by now; those first that failed first
    Retry(Chosen),
    /// Forget them
    Delete(Chosen),
}

/// Which dead letters: all conditions hold.
#[derive(Debug, Clone, Default, Args)]
pub struct Only {
    /// Only those that failed no longer ago than this: `90m`, `2h 30m`
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    since: Option<SignedDuration>,
    /// Only those with this type of problem, such as `model-failed`
    #[arg(long, value_name = "TYPE", value_parser = problem_type)]
    cause: Option<ProblemType>,
    /// Only those of this game
    #[arg(long, value_name = "ID")]
    game: Option<GameId>,
    /// Only those of games of this provider
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Only those of games of this tenant
    #[arg(long, value_name = "NAME")]
    tenant: Option<Tenant>,
}

/// The options that choose many.
const MANY: [&str; 6] = ["all", "since", "cause", "game", "provider", "tenant"];

/// One dead letter, or all that conditions hold for.
#[derive(Debug, Clone, Args)]
pub struct Chosen {
    /// The request
    #[arg(required_unless_present_any = MANY, conflicts_with_all = MANY)]
    id: Option<RequestId>,
    /// All of them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    only: Only,
    /// Only say which
    #[arg(long)]
    dry_run: bool,
}

fn problem_type(text: &str) -> Result<ProblemType, String> {
    let slug = text.strip_prefix("/problems/").unwrap_or(text);
    ProblemType::ALL.iter().copied().find(|kind| kind.slug() == slug).ok_or_else(|| {
        let common = [ProblemType::ModelFailed, ProblemType::AttemptsExhausted, ProblemType::ContentMismatch];
        format!("there is no problem `{slug}`; requests fail with {}", common.map(ProblemType::slug).join(", "))
    })
}

impl Only {
    fn holds(&self, letter: &DeadLetter, now: Timestamp) -> bool {
        self.since.is_none_or(|since| now.duration_since(letter.failed_at) <= since)
            && self.cause.is_none_or(|cause| letter.error.problem_type() == Some(cause))
            && self.game.is_none_or(|game| letter.game_id == game)
            && self.provider.as_ref().is_none_or(|name| letter.provider.as_ref() == Some(name))
            && self.tenant.as_ref().is_none_or(|tenant| letter.tenant.as_ref() == Some(tenant))
    }
}

/// Lists, counts, shows, retries or deletes dead letters.
pub async fn dead_letters(config: &Config, command: DeadLetterCommand) -> Result<(), OperateError> {
    let source = Source::open(config).await?;
    match command {
        DeadLetterCommand::List { only, json } => {
            each(&source, &only, |letter| {
                out!("{}", if json { print::json(&letter) } else { print::dead_letters(&[letter]) });
            })
            .await
        }
        DeadLetterCommand::Causes { only, json, watch } => {
            let text = |cause: &DeadLetterCause| if json { print::json(cause) } else { print::cause(cause) };
            show(watch, json, async || Ok(causes(&source, &only).await?.iter().map(text).collect())).await
        }
        DeadLetterCommand::Show { id, json } => {
            let letter = source.get(&path::with_id(path::DEAD_LETTER, id)).await?;
            out!("{}", if json { print::json(&letter) } else { print::dead_letter(&letter) });
            Ok(())
        }
        DeadLetterCommand::Retry(chosen) => {
            let dry = |letter: &DeadLetter| format!("would be queued again{}", note(letter));
            with_each(&source, &chosen, dry, retry).await
        }
        DeadLetterCommand::Delete(chosen) => {
            with_each(&source, &chosen, |_| "would be forgotten".to_owned(), delete).await
        }
    }
}

/// Every dead letter for which the conditions hold, the latest first, a page at a time.
async fn each(source: &Source, only: &Only, mut take: impl FnMut(DeadLetter)) -> Result<(), OperateError> {
    let (now, mut after) = (Timestamp::now(), String::new());
    loop {
        let page: DeadLetters = source.get(&format!("{}?limit=200{after}", path::DEAD_LETTERS)).await?;
        page.dead_letters.into_iter().filter(|letter| only.holds(letter, now)).for_each(&mut take);
        let Some(next) = page.next else { return Ok(()) };
        after = format!("&after={next}");
    }
}

/// The causes, the most frequent first.
async fn causes(source: &Source, only: &Only) -> Result<Vec<DeadLetterCause>, OperateError> {
    let mut causes = Causes::default();
    each(source, only, |letter| causes.count(&letter)).await?;
    Ok(causes.into_vec())
}

/// Does something with one dead letter, or with all that are chosen; what is refused does not stop the others.
async fn with_each(
    source: &Source,
    chosen: &Chosen,
    dry: impl Fn(&DeadLetter) -> String,
    act: impl AsyncFn(&Source, &DeadLetter) -> Result<(), OperateError>,
) -> Result<(), OperateError> {
    let mut letters = Vec::new();
    if let Some(id) = chosen.id {
        letters.push(source.get(&path::with_id(path::DEAD_LETTER, id)).await?);
    } else {
        // All are read first: those that fail again meanwhile are not tried a third time.
        each(source, &chosen.only, |letter| letters.push(letter)).await?;
    }
    let mut last_refusal = None;
    for letter in letters.iter().rev() {
        let id = letter.request_id;
        if chosen.dry_run {
            outln!("{id} {}", dry(letter));
            continue;
        }
        match act(source, letter).await {
            Err(OperateError::Refused(problem)) if chosen.id.is_none() => {
                outln!("{id} stays: {}", problem.detail);
                last_refusal = Some(problem);
            }
            done => done?,
        }
    }
    last_refusal.map_or(Ok(()), |problem| Err(OperateError::Refused(problem)))
}

async fn retry(source: &Source, letter: &DeadLetter) -> Result<(), OperateError> {
    let id = letter.request_id;
    let accepted: protocol::ChatAccepted = source.post(&path::with_id(path::RETRY_DEAD_LETTER, id)).await?;
    outln!("{id} is {} again, behind {} others of its game{}", accepted.status, accepted.position, note(letter));
    Ok(())
}

/// What else there is to say of a retry.
fn note(letter: &DeadLetter) -> String {
    print::played_on(letter).map(|note| format!("; {note}")).unwrap_or_default()
}

async fn delete(source: &Source, letter: &DeadLetter) -> Result<(), OperateError> {
    let id = letter.request_id;
    source.delete(&path::with_id(path::DEAD_LETTER, id)).await?;
    outln!("{id} is forgotten");
    Ok(())
}
