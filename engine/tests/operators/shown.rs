//! What the commands print of texts that would act on a terminal.

use std::path::Path;

use protocol::{DeadLetter, GameId, GameSummary, Problem, ProblemType, RequestId, RequestType};
use store::embedded::{EmbeddedStore, Synchronous};
use store::{GameContents, GameDocument, Games, NewRequest, Queue, StoreOptions, Terms, WorkerId};
use tempfile::TempDir;

use crate::fixture::{complaint, printed};

/// Clears the screen, in two ways, sets the title of the window, erases, turns the order of letters round, and begins another line.
const ACTS: &str = "a\u{1b}[2J\u{9b}2J\u{1b}]0;mine\u{7}\u{7f}\u{202e}b\u{2066}c\u{2028}d\re";
/// The same as it is shown.
const SHOWN: &str = r"a\u001b[2J\u009b2J\u001b]0;mine\u0007\u007f\u202eb\u2066c";

fn acts(c: char) -> bool {
    c != '\n' && (c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c))
}

/// A store as an earlier release, or somebody who can write to it, may have left it: every text in it acts.
async fn stored() -> (TempDir, GameId, RequestId) {
    let directory = TempDir::new().unwrap();
    let store = EmbeddedStore::open(directory.path(), Synchronous::Normal, StoreOptions::default()).unwrap();
    let game = GameId::new();
    let document = GameDocument { provider: ACTS.to_owned(), ..GameDocument::default() };
    let contents = GameContents { name: Some(ACTS.to_owned()), ..GameContents::new(document, Vec::new()) };
    store.create_game(game, &contents).await.unwrap();
    let request = NewRequest {
        id: RequestId::in_game(game),
        game,
        kind: RequestType::Chat,
        message: ACTS.to_owned(),
        actor: None,
        user_message: ACTS.to_owned(),
        priority: protocol::Priority::default(),
        caused_by: None,
        alternatives: Vec::new(),
        trace: None,
        budgets: Vec::new(),
    };
    store.enqueue(&request, &Terms::default()).await.unwrap();
    let claim = store.claim(&WorkerId::fixed("ada"), 1, 1).await.unwrap().claims.remove(0);
    let problem = Problem::new(ProblemType::ModelFailed, ACTS).because([ACTS.to_owned()]);
    store.fail(&claim.lease, &problem.into()).await.unwrap();
    (directory, game, request.id)
}

fn harmless(directory: &Path, words: &[&str]) -> String {
    let text = printed(directory, words);
    assert!(!text.contains(acts), "{words:?}: {text:?}");
    text
}

#[tokio::test]
async fn texts_of_the_store_are_shown_and_do_nothing_to_the_terminal() {
    let (directory, _, dead) = stored().await;
    let (directory, dead) = (directory.path(), dead.to_string());
    for (words, times) in [
        (&["games", "list"][..], 1),
        (&["dead-letters", "list"], 2),
        (&["dead-letters", "causes"], 1),
        (&["dead-letters", "show", &dead], 4),
    ] {
        let text = harmless(directory, words);
        assert_eq!(text.matches(SHOWN).count(), times, "{words:?}: {text}");
    }
}

#[tokio::test]
async fn lines_of_json_hold_the_same_texts_and_do_nothing_to_the_terminal_either() {
    let (directory, game, dead) = stored().await;
    let listed: GameSummary = serde_json::from_str(&harmless(directory.path(), &["games", "list", "--json"])).unwrap();
    assert_eq!((listed.id, listed.name.as_deref()), (game, Some(ACTS)));
    let letter: DeadLetter =
        serde_json::from_str(&harmless(directory.path(), &["dead-letters", "list", "--json"])).unwrap();
    assert_eq!((letter.request_id, letter.message.as_str(), letter.error.detail.as_str()), (dead, ACTS, ACTS));
}

#[tokio::test]
async fn what_a_command_complains_of_does_nothing_to_the_terminal() {
    let (directory, ..) = stored().await;
    let text = complaint(directory.path(), &["queue", "pause", "--provider", "offline"]);
    assert!(!text.contains(acts) && text.contains(r"\u001b"), "{text:?}");
}
