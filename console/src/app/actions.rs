//! What each slash command does: some answer from what the console knows, the others ask the engine or leave the story.

use std::path::{Path, PathBuf};

use protocol::ExportFormat;

use super::play::{Next, Play};
use super::slash::{self, Slash};
use super::start::Part;
use super::{Command, Rewrite};

impl Play {
    pub(super) fn carry_out(&mut self, line: &str, command: Slash) -> Next {
        let text = match command {
            Slash::Help => slash::help(),
            Slash::Look => self.panel.look(),
            Slash::Inventory => self.panel.carried(),
            Slash::Map => self.panel.map(),
            Slash::Model => self.panel.model(),
            Slash::Save(name) if name.is_empty() => {
                format!("Every turn is kept as soon as it ends. Come back with /load, or with --game {}", self.game)
            }
            Slash::Save(name) => return self.rewrite(line, Rewrite::Name(name)),
            Slash::Undo(count) => return self.undo(line, count),
            Slash::Retry => return self.retry(line),
            Slash::Other => return self.other(line),
            Slash::Edit { turn, words } => return self.edit(line, turn, words),
            Slash::Branch(turn) => return self.ask(line, Command::Branch { game: self.game, turn }),
            Slash::Export(file) => match export_to(&file, &self.panel.title, self.panel.turn) {
                Some((file, format)) => return self.ask(line, Command::Export { game: self.game, format, file }),
                None => format!(
                    "{file} does not say in which form: name a file that ends in .md or .html, to be read, or in .json, to be imported again."
                ),
            },
            Slash::Explain(turn) => return self.ask(line, Command::Explain { game: self.game, turn }),
            Slash::Stop => match self.transcript.running() {
                Some(request) => return Next::Stay(vec![Command::Stop(request)]),
                None => "Nothing is being narrated.".to_owned(),
            },
            Slash::Cancel => match self.transcript.last_waiting().or_else(|| self.transcript.running()) {
                Some(request) => return Next::Stay(vec![Command::Cancel(request)]),
                None => "No message waits, and nothing is being narrated.".to_owned(),
            },
            Slash::Games => return self.leave_for(Part::Saves, String::new()),
            Slash::New => return self.leave_for(Part::Stories, String::new()),
            Slash::Load(search) => return self.leave_for(Part::Saves, search),
            Slash::Quit => return Next::Quit,
        };
        self.transcript.answer(line.trim(), text);
        Next::Stay(Vec::new())
    }
}

/// Where a story is written, and as what: by the ending of the file's name. Without a name, to be read, under the story's own.
fn export_to(file: &str, title: &str, turn: u64) -> Option<(PathBuf, ExportFormat)> {
    if file.is_empty() {
        let name: String = title.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        let words: Vec<&str> = name.split('-').filter(|word| !word.is_empty()).collect();
        return Some((PathBuf::from(format!("{}-turn-{turn}.md", words.join("-"))), ExportFormat::Markdown));
    }
    let format = match Path::new(file).extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "md" | "markdown" => ExportFormat::Markdown,
        "html" | "htm" => ExportFormat::Html,
        "json" => ExportFormat::Json,
        _ => return None,
    };
    Some((PathBuf::from(file), format))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_is_written_as_the_ending_of_the_name_says() {
        let to = |file: &str| export_to(file, "The Night Ferry!", 7);
        assert_eq!(to("a/b.JSON"), Some(("a/b.JSON".into(), ExportFormat::Json)));
        assert_eq!(to("ferry.htm"), Some(("ferry.htm".into(), ExportFormat::Html)));
        assert_eq!(to(""), Some(("The-Night-Ferry-turn-7.md".into(), ExportFormat::Markdown)));
        assert_eq!((to("ferry"), to("ferry.pdf")), (None, None));
    }
}
