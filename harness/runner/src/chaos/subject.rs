//! What a request, a message or a model call is about, read from its words: they are chosen so that every text names it.

use mock_llm::{Kind, Record, Role};

/// The one thing that a request is about. Everything that belongs to it names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// A player's message: the nth of a game.
    Turn {
        /// The game's number.
        game: usize,
        /// The message's number in its game, from 1.
        turn: usize,
    },
    /// A story event: an answer to a bell that a turn has rung.
    Bell {
        /// The game's number.
        game: usize,
        /// The answer's number in its game, from 1; that of the bell, where each has one answer.
        bell: usize,
    },
}

/// What is before the number of a story event.
const BELL: &str = "Bell ";

impl Subject {
    /// What a message of a game's history or events is about.
    pub(super) fn of_message(game: usize, text: &str) -> Option<Self> {
        if let Some(bell) = first_number(text, BELL) {
            return Some(Self::Bell { game, bell });
        }
        Some(Self::Turn { turn: first_number(text, "turn ")?, game: first_number(text, "of game ")? })
    }

    /// Everything that a message of a game's history is about: the turn of a story event may tell others as well.
    pub(super) fn all_of_message(game: usize, text: &str) -> Vec<Self> {
        let bells = text.match_indices(BELL).filter_map(|(at, _)| leading_number(&text[at + BELL.len()..]));
        let bells: Vec<Self> = bells.map(|bell| Self::Bell { game, bell }).collect();
        if bells.is_empty() { Self::of_message(game, text).into_iter().collect() } else { bells }
    }

    /// What a call of the model is about. One that tells several story events is about the first of them, whose attempt it is.
    pub(super) fn of_call(call: &Record) -> Option<Self> {
        let asked = call.messages.iter().rev().find(|message| message.role == Role::User)?;
        // A story event does not name its game; the history before it does.
        let text = match call.kind {
            Kind::Json => last_number(&asked.text, "game "),
            Kind::Text => call.messages.iter().rev().find_map(|message| last_number(&message.text, "game ")),
        };
        Self::of_message(text?, &asked.text)
    }
}

/// What a player says. No colon, for what is before one is taken for the speaker's name.
pub(super) fn turn_text(game: usize, turn: usize, bell: Option<usize>) -> String {
    match bell {
        Some(bell) => format!("I take turn {turn} of game {game} and ring bell {bell}."),
        None => format!("I take turn {turn} of game {game}."),
    }
}

/// What the narrator is asked to tell once a bell was rung.
pub(super) fn bell_text(bell: usize) -> String {
    format!("{BELL}{bell} answers from the other side.")
}

fn first_number(text: &str, before: &str) -> Option<usize> {
    text.match_indices(before).find_map(|(at, _)| leading_number(&text[at + before.len()..]))
}

fn last_number(text: &str, before: &str) -> Option<usize> {
    text.rmatch_indices(before).find_map(|(at, _)| leading_number(&text[at + before.len()..]))
}

fn leading_number(text: &str) -> Option<usize> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_it_is_about() {
        let plain = format!("Ada: {}", turn_text(7, 12, None));
        assert_eq!(Subject::of_message(7, &plain), Some(Subject::Turn { game: 7, turn: 12 }));
        let ringing = turn_text(7, 13, Some(2));
        assert_eq!(Subject::of_message(7, &ringing), Some(Subject::Turn { game: 7, turn: 13 }));
        assert_eq!(Subject::of_message(7, &bell_text(2)), Some(Subject::Bell { game: 7, bell: 2 }));
        assert_eq!(Subject::of_message(7, "You wake."), None);
    }

    #[test]
    fn a_message_that_tells_several_story_events_is_about_each() {
        let bell = |bell| Subject::Bell { game: 7, bell };
        let both = format!("{}\n\n{}", bell_text(2), bell_text(3));
        assert_eq!(Subject::all_of_message(7, &both), [bell(2), bell(3)]);
        assert_eq!(Subject::all_of_message(7, &turn_text(7, 1, Some(2))), [Subject::Turn { game: 7, turn: 1 }]);
    }

    #[test]
    fn words_without_a_number_are_passed_over() {
        assert_eq!(first_number("the game of game 41", "game "), Some(41));
        assert_eq!(last_number("game 1, game 2, game over", "game "), Some(2));
    }
}
