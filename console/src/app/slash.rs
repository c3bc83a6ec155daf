//! Lines that begin with `/`: commands to the console, which cost no turn. `//` says a line that begins with `/`.

/// Each command, what may follow it, and what it does.
pub(crate) const COMMANDS: &[(&str, &str, &str)] = &[
    ("help", "", "show these commands"),
    ("look", "", "what is around you"),
    ("inventory", "", "what you carry"),
    ("map", "", "the places where you have been, and their ways out"),
    ("undo", "N", "take back your last message, or the last N"),
    ("retry", "", "narrate your last message again"),
    ("other", "", "the next of the tellings of your last message"),
    ("edit", "#N WORDS", "say this instead in turn N, or at last; without words, change what you said"),
    ("branch", "N", "a new story from here on, or from turn N; this one stays"),
    ("stop", "", "stop the narrator; the text so far stays"),
    ("cancel", "", "take back what waits, or else the running turn"),
    ("games", "", "go to all stories and saves"),
    ("new", "", "begin another story"),
    ("load", "WORDS", "find a save by its story, character or id"),
    ("save", "NAME", "give this story a name, by which /load finds it"),
    ("export", "FILE", "write the story to a file: .md, .html or .json"),
    ("explain", "N", "for authors: why the last turn, or turn N, went so"),
    ("model", "", "who narrates"),
    ("quit", "", "leave; the story is kept"),
];

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Slash {
    Help,
    Look,
    Inventory,
    Map,
    /// So many messages.
    Undo(usize),
    Retry,
    Other,
    Edit {
        /// The turn; the last message when none is named.
        turn: Option<u64>,
        words: String,
    },
    /// From a turn, or from here.
    Branch(Option<u64>),
    Stop,
    Cancel,
    Games,
    New,
    Load(String),
    Save(String),
    Export(String),
    Explain(Option<u64>),
    Model,
    Quit,
}

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    Say(String),
    Command(Slash),
    /// It begins with `/` and is no command; with what the player is shown.
    Unknown(String),
}

/// Reads a line. A command may be shortened as long as it is the only one that begins so.
pub(crate) fn read(line: &str) -> Input {
    let line = line.trim();
    let Some(command) = line.strip_prefix('/') else { return Input::Say(line.to_owned()) };
    if command.starts_with('/') {
        return Input::Say(command.to_owned());
    }
    let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let candidates = matching(name);
    let name = match candidates.as_slice() {
        _ if COMMANDS.iter().any(|(known, ..)| *known == name) => name,
        [only] if !name.is_empty() => only,
        [] => return Input::Unknown(format!("There is no command /{name}. /help shows them all.")),
        several => return Input::Unknown(format!("Which one: /{}?", several.join(", /"))),
    };
    Input::Command(match name {
        "look" => Slash::Look,
        "inventory" => Slash::Inventory,
        "map" => Slash::Map,
        "undo" => match rest.trim() {
            "" => Slash::Undo(1),
            count => match count.parse() {
                Ok(count) if count > 0 => Slash::Undo(count),
                _ => return Input::Unknown(format!("/undo takes a number of messages, not `{count}`.")),
            },
        },
        "retry" => Slash::Retry,
        "other" => Slash::Other,
        "edit" => match edit(rest.trim()) {
            Ok(edit) => edit,
            Err(reason) => return Input::Unknown(reason),
        },
        "branch" => match turn_of("branch", rest.trim()) {
            Ok(turn) => Slash::Branch(turn),
            Err(reason) => return Input::Unknown(reason),
        },
        "stop" => Slash::Stop,
        "cancel" => Slash::Cancel,
        "games" => Slash::Games,
        "new" => Slash::New,
        "load" => Slash::Load(rest.trim().to_owned()),
        "save" => Slash::Save(rest.trim().to_owned()),
        "export" => Slash::Export(rest.trim().to_owned()),
        "explain" => match turn_of("explain", rest.trim()) {
            Ok(turn) => Slash::Explain(turn),
            Err(reason) => return Input::Unknown(reason),
        },
        "model" => Slash::Model,
        "quit" => Slash::Quit,
        _ => Slash::Help,
    })
}

/// The turn that a command names, if it names one.
fn turn_of(command: &str, turn: &str) -> Result<Option<u64>, String> {
    if turn.is_empty() {
        return Ok(None);
    }
    turn.parse().map(Some).map_err(|_| format!("/{command} takes the number of a turn, not `{turn}`."))
}

/// `/edit`, `/edit WORDS`, `/edit #N WORDS`, and `/edit N` for `/edit #N`. Words may begin with a number, so a turn with words behind
/// it needs the mark.
fn edit(rest: &str) -> Result<Slash, String> {
    if rest.parse::<u64>().is_ok() {
        return Ok(Slash::Edit { turn: turn_of("edit", rest)?, words: String::new() });
    }
    let Some(named) = rest.strip_prefix('#') else {
        return Ok(Slash::Edit { turn: None, words: rest.to_owned() });
    };
    let (turn, words) = named.split_once(char::is_whitespace).unwrap_or((named, ""));
    let turn = turn.parse().map_err(|_| format!("/edit takes the number of a turn behind #, not `{turn}`."))?;
    Ok(Slash::Edit { turn: Some(turn), words: words.trim().to_owned() })
}

/// The commands that begin as the line does; none for a line that is no command, or that has its command already.
pub(crate) fn candidates(line: &str) -> Vec<&'static str> {
    match line.strip_prefix('/') {
        Some(name) if !name.contains(|c: char| c == '/' || c.is_whitespace()) => matching(name),
        _ => Vec::new(),
    }
}

/// The line with its command completed as far as that is certain.
pub(crate) fn complete(line: &str) -> Option<String> {
    let candidates = candidates(line);
    let first = candidates.first()?;
    let common = (0..=first.len()).rev().find(|end| candidates.iter().all(|name| name.starts_with(&first[..*end])))?;
    let space = if candidates.len() == 1 { " " } else { "" };
    Some(format!("/{}{space}", &first[..common]))
}

/// `/help`'s text.
pub(crate) fn help() -> String {
    let lines = COMMANDS.iter().map(|(name, argument, does)| {
        let usage = format!("/{name} {argument}");
        format!("{usage:<16}{does}")
    });
    let rest = "Anything else is said or done in the story. Tab completes a command. A line that begins with // is said with one /. \
                Alt+Enter begins another line.";
    format!("{}\n\n{rest}", lines.collect::<Vec<_>>().join("\n"))
}

fn matching(start: &str) -> Vec<&'static str> {
    COMMANDS.iter().map(|(name, ..)| *name).filter(|name| name.starts_with(start)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_begins_with_a_slash_is_never_said() {
        for line in ["/help", "/", "/x", "/undo all", "  /look", "/look\nand listen"] {
            assert!(!matches!(read(line), Input::Say(_)), "{line}");
        }
        assert_eq!(read("//me waves"), Input::Say("/me waves".to_owned()));
        assert_eq!(read(" and/or "), Input::Say("and/or".to_owned()));
    }

    #[test]
    fn every_command_is_known_by_its_name() {
        for (name, ..) in COMMANDS {
            assert!(matches!(read(&format!("/{name}")), Input::Command(_)), "{name}");
        }
        assert_eq!(read("/load the moon "), Input::Command(Slash::Load("the moon".to_owned())));
    }

    #[test]
    fn a_command_may_be_shortened_while_it_is_the_only_one() {
        assert_eq!(read("/inv"), Input::Command(Slash::Inventory));
        assert_eq!(read("/lo"), Input::Unknown("Which one: /look, /load?".to_owned()));
        assert_eq!(read("/xyzzy"), Input::Unknown("There is no command /xyzzy. /help shows them all.".to_owned()));
    }

    #[test]
    fn undo_takes_back_one_message_or_as_many_as_are_asked_for() {
        assert_eq!(read("/undo"), Input::Command(Slash::Undo(1)));
        assert_eq!(read("/undo 3"), Input::Command(Slash::Undo(3)));
        assert_eq!(read("/explain 3"), Input::Command(Slash::Explain(Some(3))));
        assert_eq!(read("/branch 3"), Input::Command(Slash::Branch(Some(3))));
        for line in ["/branch all", "/edit #x wait", "/undo all", "/undo 0", "/undo -1", "/explain all"] {
            assert!(matches!(read(line), Input::Unknown(_)), "{line}");
        }
    }

    #[test]
    fn edit_names_a_turn_by_its_number_and_never_takes_it_for_words() {
        let edit = |turn, words: &str| Input::Command(Slash::Edit { turn, words: words.to_owned() });
        assert_eq!(read("/edit"), edit(None, ""));
        assert_eq!(read("/edit 3"), edit(Some(3), ""));
        assert_eq!(read("/edit #3"), edit(Some(3), ""));
        assert_eq!(read("/edit #3 I wait."), edit(Some(3), "I wait."));
        assert_eq!(read("/edit 3 coins, please"), edit(None, "3 coins, please"));
    }

    #[test]
    fn a_command_is_completed_as_far_as_it_is_certain() {
        assert_eq!(complete("/in").as_deref(), Some("/inventory "));
        assert_eq!(complete("/ex").as_deref(), Some("/exp"));
        assert_eq!(complete("/l").as_deref(), Some("/lo"));
        assert_eq!(complete("/load "), None);
        assert_eq!(complete("/xyz"), None);
        assert_eq!(complete("look"), None);
    }
}
