//! The story as lines: the player's words, the narration with its dialogue, and how far each turn has come.

use ratatui::style::Style;
use ratatui::text::Line;

use super::emphasis;
use super::theme::Theme;
use super::wrap::{wrap, wrap_behind};
use crate::app::{Ending, Stage, Turn};

/// Longest name that is taken for a speaker's, in characters and in words.
const SPEAKER_CHARS: usize = 24;
const SPEAKER_WORDS: usize = 3;

/// What the player can do about a message that has failed.
const FAILED: &str = ". /retry sends it again, /edit changes it, /undo takes it back";

/// All turns as lines of at most `width` columns.
pub(crate) fn lines(turns: &[Turn], width: usize, ticks: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for turn in turns {
        let before = lines.len();
        if let Some(said) = &turn.message {
            let style =
                if matches!(turn.stage, Stage::Queued | Stage::Answer) { theme.aside() } else { theme.player() };
            lines.extend(wrap(&[("> ", style), (said, style)], width));
        }
        if turn.is_partial && !turn.narration.is_empty() {
            lines.extend(wrap(&[("[…]", theme.aside())], width));
        }
        if turn.stage == Stage::Answer {
            lines.extend(turn.narration.lines().flat_map(|line| answered(line, width)));
            lines.push(Line::default());
            continue;
        }
        // An empty line of the narration is one; several are still one.
        for paragraph in turn.narration.lines().map(str::trim_end).filter(|paragraph| !paragraph.is_empty()) {
            if lines.len() > before {
                lines.push(Line::default());
            }
            lines.extend(narrated(paragraph, width, theme));
        }
        if let Some((note, style)) = note(turn, ticks, theme) {
            lines.extend(wrap(&[(note.as_str(), style)], width));
        }
        if lines.len() > before {
            lines.push(Line::default());
        }
    }
    lines.pop();
    lines
}

/// A line of the console's answer to a command. What does not fit goes on below its own beginning.
fn answered(line: &str, width: usize) -> Vec<Line<'static>> {
    let (before, rest) = line.split_at(hang(line));
    if before.is_empty() || before.len() * 2 > width {
        return wrap(&[(line, Style::default())], width);
    }
    wrap_behind((before, Style::default()), (rest, Style::default()), width)
}

/// Where the text of a line begins: behind its indentation and its mark, or in its second column.
fn hang(line: &str) -> usize {
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    if text.starts_with("+ ") || text.starts_with("- ") {
        return indent + 2;
    }
    match text.find("  ") {
        Some(at) if indent == 0 => at + text[at..].len() - text[at..].trim_start().len(),
        _ => indent,
    }
}

/// How the story ended: the ending's name, and what it remembers.
pub(crate) fn ending(ending: &Ending, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    lines.extend(wrap(&[(&format!("*** {} ***", ending.name), theme.title())], width));
    lines.extend(ending.score.iter().flat_map(|line| wrap(&[(line, Style::default())], width)));
    lines
}

fn narrated(paragraph: &str, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let Some((name, speech)) = speaker(paragraph) else {
        return wrap(&emphasis::pieces(paragraph, Style::default()), width);
    };
    let mut pieces = vec![(name, theme.speaker())];
    pieces.extend(emphasis::pieces(speech, theme.speech()));
    wrap(&pieces, width)
}

/// Splits `Name: what is said` behind the colon.
fn speaker(paragraph: &str) -> Option<(&str, &str)> {
    let at = paragraph.find(": ")?;
    let name = &paragraph[..at];
    let is_name = name.chars().count() <= SPEAKER_CHARS
        && name.split(' ').count() <= SPEAKER_WORDS
        && name.chars().next().is_some_and(char::is_uppercase)
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '’' | '.'));
    is_name.then(|| paragraph.split_at(at + 1))
}

/// A note on the state of a turn that is not simply done.
fn note(turn: &Turn, ticks: usize, theme: Theme) -> Option<(String, Style)> {
    let moving = &"..."[..ticks % 4];
    let aside = |text: String| Some((text, theme.aside()));
    match &turn.stage {
        Stage::Done | Stage::Narrating | Stage::Answer => None,
        Stage::Sending => aside("sending…".to_owned()),
        Stage::Queued => aside("queued".to_owned()),
        Stage::Thinking => aside(format!("thinking{moving}")),
        Stage::Settling => aside(format!("the world takes note{moving}")),
        Stage::Retrying(reason) => aside(format!("{reason}; trying again{moving}")),
        Stage::Cancelled => aside("stopped: this has not happened".to_owned()),
        Stage::NotSent(reason) => Some((format!("not sent: {reason}"), theme.trouble())),
        Stage::Failed(reason) => {
            let remedy = if turn.message.is_some() { FAILED } else { "" };
            Some((format!("this turn was given up: {reason}{remedy}"), theme.trouble()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_goes_on_below_its_own_beginning() {
        let shown = |line: &str| {
            answered(line, 20).iter().map(|line| line.to_string().trim_end().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(shown("/save X   gives a name"), ["/save X   gives a", "          name"]);
        assert_eq!(shown("  - the player is here"), ["  - the player is", "    here"]);
        assert_eq!(shown("  north: not seen yet, ever"), ["  north: not seen", "  yet, ever"]);
        assert_eq!(shown("Planks over black water."), ["Planks over black", "water."]);
    }

    #[test]
    fn a_short_name_before_a_colon_speaks() {
        assert_eq!(speaker("Odile: Not yet."), Some(("Odile:", " Not yet.")));
        assert_eq!(speaker("Captain O'Hara: Aye."), Some(("Captain O'Hara:", " Aye.")));
    }

    #[test]
    fn a_sentence_with_a_colon_does_not_speak() {
        for text in
            ["There are three ways on: north, south and down.", "at 12:30 he came", "you see: a lamp", "(Odile: no)"]
        {
            assert_eq!(speaker(text), None, "{text}");
        }
    }
}
