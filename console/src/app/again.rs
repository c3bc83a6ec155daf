//! Commands that take back, repeat or change what the player said. What has not happened is the console's own affair; what has
//! happened is changed by the engine.

use super::play::{Next, Play};
use super::{Command, Rewrite};

/// Why a command leaves the story as it is.
const BUSY: &str = "The narrator is still at work. /stop ends the narration, /undo takes your last message back.";
const ON_ITS_WAY: &str =
    "Your last message is still on its way to the engine. Wait until it is there; Esc twice leaves it behind.";

/// What became of the player's last message.
enum Newest {
    /// It is part of the story, or there is none.
    Happened,
    Unfinished,
    Failed,
}

impl Play {
    fn newest(&self) -> Newest {
        match self.transcript.newest() {
            Some(turn) if turn.stage.has_failed() => Newest::Failed,
            Some(turn) if turn.stage.is_unfinished() => Newest::Unfinished,
            _ => Newest::Happened,
        }
    }

    /// `/undo`: the last message alone while it is unfinished or has failed, and otherwise so many messages that have happened.
    pub(super) fn undo(&mut self, line: &str, count: usize) -> Next {
        match self.newest() {
            Newest::Happened => self.rewrite(line, Rewrite::Undo(count)),
            Newest::Failed => {
                let words = self.transcript.remove_newest();
                self.taken_back(&words);
                if count > 1 { self.rewrite(line, Rewrite::Undo(count - 1)) } else { Next::Stay(Vec::new()) }
            }
            Newest::Unfinished if count > 1 => self.refuse(BUSY),
            Newest::Unfinished => match self.transcript.newest().and_then(|turn| turn.request) {
                Some(request) => {
                    let words = self.transcript.take_back(request);
                    self.taken_back(&words);
                    Next::Stay(vec![Command::Cancel(request)])
                }
                None => self.refuse(ON_ITS_WAY),
            },
        }
    }

    /// `/retry`: another narration, or the message that has failed once more.
    pub(super) fn retry(&mut self, line: &str) -> Next {
        match self.newest() {
            Newest::Happened => self.rewrite(line, Rewrite::Retry),
            Newest::Failed => self.say_instead(None),
            Newest::Unfinished => self.refuse(BUSY),
        }
    }

    /// `/other`: another of the narrations that are kept.
    pub(super) fn other(&mut self, line: &str) -> Next {
        match self.newest() {
            Newest::Unfinished => self.refuse(BUSY),
            _ => self.rewrite(line, Rewrite::Other),
        }
    }

    /// `/edit`: says something else in a turn, or in place of the last message. Without words, fills in what was said.
    pub(super) fn edit(&mut self, line: &str, turn: Option<u64>, words: String) -> Next {
        match (self.newest(), turn) {
            (_, Some(turn)) if words.is_empty() => self.ask(line, Command::Recall { game: self.game, turn }),
            (_, None) if words.is_empty() => {
                match self.transcript.newest().and_then(|turn| turn.message.clone()) {
                    Some(said) => self.editor.set(&format!("/edit {said}")),
                    None => self.transcript.answer(line.trim(), "You have said nothing yet.".to_owned()),
                }
                Next::Stay(Vec::new())
            }
            (Newest::Unfinished, _) => self.refuse(BUSY),
            (Newest::Failed, None) => self.say_instead(Some(words)),
            (_, turn) => self.rewrite(line, Rewrite::Edit { turn, message: words }),
        }
    }

    /// What the player said in a turn that they want to change.
    pub(crate) fn recalled(&mut self, turn: u64, words: &str) {
        self.answered_silently();
        self.editor.set(&format!("/edit #{turn} {words}"));
        self.notice = Some(format!("Turn {turn}: {words}\n/edit #{turn} and other words changes it."));
    }

    /// Says what has failed once more, or these words instead.
    fn say_instead(&mut self, words: Option<String>) -> Next {
        let failed = self.transcript.remove_newest();
        let words = words.unwrap_or(failed);
        // Should it be refused, it is still there.
        self.editor.set(&words);
        Next::Stay(self.say(words))
    }

    fn taken_back(&mut self, words: &str) {
        self.editor.set(words);
        self.notice = Some(format!("Taken back: {words}"));
    }

    fn refuse(&mut self, why: &str) -> Next {
        self.notice = Some(why.to_owned());
        Next::Stay(Vec::new())
    }
}
