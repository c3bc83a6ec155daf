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
    ("edit", "WORDS", "say this instead; without words, change what you said"),
    ("branch", "", "a new story from here on; this one stays"),
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
    Edit(String),
    Branch,
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
        "edit" => Slash::Edit(rest.trim().to_owned()),
        "branch" => Slash::Branch,
        "stop" => Slash::Stop,
        "cancel" => Slash::Cancel,
        "games" => Slash::Games,
        "new" => Slash::New,
        "load" => Slash::Load(rest.trim().to_owned()),
        "save" => Slash::Save(rest.trim().to_owned()),
        "export" => Slash::Export(rest.trim().to_owned()),
        "explain" => match rest.trim() {
            "" => Slash::Explain(None),
            turn => match turn.parse() {
                Ok(turn) => Slash::Explain(Some(turn)),
                Err(_) => return Input::Unknown(format!("/explain takes the number of a turn, not `{turn}`.")),
            },
        },
        "model" => Slash::Model,
        "quit" => Slash::Quit,
        _ => Slash::Help,
    })
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
        format!("{usage:<14}{does}")
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
        for line in ["/undo all", "/undo 0", "/undo -1", "/explain all"] {
            assert!(matches!(read(line), Input::Unknown(_)), "{line}");
        }
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
