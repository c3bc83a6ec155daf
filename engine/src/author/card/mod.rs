//! `engine import-card`: a character card or a lorebook, as other programs write them, in our own content formats.
//!
//! Cards are JSON of the versions 1 to 3, bare or inside a PNG (`file.rs`). What the formats have in common is read (`parts.rs`,
//! `book.rs`), turned into content (`convert.rs`) and written to files that are not there yet (`write.rs`). Whatever has no place in
//! our formats is reported, so that an author knows what is left to do by hand.

mod book;
mod convert;
mod field;
mod file;
mod parts;
mod words;
mod write;

use std::path::PathBuf;

use clap::ValueEnum;
use miette::miette;

use self::convert::Content;
use self::parts::Imported;

/// What is imported, and as what.
#[derive(Debug, Clone, clap::Args)]
pub struct CardImport {
    /// The card, PNG or JSON, or a lorebook, JSON
    pub file: PathBuf,
    /// The content directory that it goes into
    #[arg(long, value_name = "DIR", default_value = "content")]
    pub into: PathBuf,
    /// What the character becomes
    #[arg(long = "as", value_enum, default_value_t = Becomes::Npc)]
    pub becomes: Becomes,
    /// Put its lore into this scenario of the directory, instead of a new one
    #[arg(long, value_name = "ID")]
    pub scenario: Option<String>,
}

/// What a character becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Becomes {
    /// Somebody whom the player meets
    Npc,
    /// Somebody whom the player plays
    Pc,
}

/// What has been done, for the person who asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imports {
    /// The files that were written, or changed.
    pub files: Vec<PathBuf>,
    /// What could not be used, one sentence each.
    pub unused: Vec<String>,
}

/// Imports a card or a lorebook.
pub fn import_card(import: &CardImport) -> miette::Result<Imports> {
    let (content, name) = match file::read(&import.file)? {
        Imported::Card(card) => {
            let stem = import.file.file_stem().unwrap_or_default().to_string_lossy();
            let id = convert::id(&[&card.called, &card.name, &stem]).ok_or_else(|| {
                miette!(
                    help = "rename the file, with letters from a to z",
                    "the character has no name that can name a file"
                )
            })?;
            (convert::card(*card, &id, import.becomes, import.scenario.is_none()), id)
        }
        Imported::Book(book) => {
            if import.scenario.is_none() {
                return Err(miette!(
                    help = "name the scenario that it belongs to with --scenario",
                    "a lorebook is a part of a scenario, and none is named"
                ));
            }
            (Content { lore: book, ..Content::default() }, String::new())
        }
    };
    write::write(content, &name, import)
}

#[cfg(test)]
mod tests;
