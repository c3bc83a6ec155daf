//! Opening the database file: one process at a time, and a new epoch when something may have been lost.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::staged;
use super::wal::LONGEST;

/// The database's name in its directory.
pub(super) const NAME: &str = "story-engine.db";
/// The layout that this version reads and writes.
const SCHEMA_VERSION: u32 = 6;

/// What leads from each earlier layout to the next one.
const MIGRATIONS: [(u32, &str); 4] = [
    (2, include_str!("migrate_2_to_3.sql")),
    (3, include_str!("migrate_3_to_4.sql")),
    (4, include_str!("migrate_4_to_5.sql")),
    (5, include_str!("migrate_5_to_6.sql")),
];

/// What a commit waits for: SQLite's `synchronous` setting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Synchronous {
    /// The write-ahead log is written to the file system: commits survive the death of the process.
    #[default]
    Normal,
    /// The write-ahead log is synced to the disk: commits survive power loss.
    Full,
}

impl Synchronous {
    /// The name in the configuration and in the file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Full => "full",
        }
    }
}

impl FromStr for Synchronous {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "normal" => Ok(Self::Normal),
            "full" => Ok(Self::Full),
            other => Err(format!("`{other}` is neither `normal` nor `full`")),
        }
    }
}

/// The store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the data directory {} is in use by another engine (process {owner})", .directory.display())]
    InUse {
        /// The directory.
        directory: PathBuf,
        /// The other process's id, from its lock file.
        owner: String,
    },
    /// The directory or a file in it cannot be used.
    #[error("the data directory {} cannot be used: {source}", .directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The database was written by another version.
    #[error("the database in the data directory has layout {found}; this engine reads layout {SCHEMA_VERSION}")]
    Layout {
        /// The layout that it has.
        found: u32,
    },
    /// SQLite refuses.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] rusqlite::Error),
}

/// Opens the database in `directory` and takes its lock, which lasts as long as the returned file is open.
pub(super) fn open(directory: &Path, synchronous: Synchronous) -> Result<(Connection, File), OpenError> {
    let failed = |source| OpenError::Directory { directory: directory.to_owned(), source };
    std::fs::create_dir_all(directory).map_err(failed)?;
    let lock = lock(directory)?;
    let connection = Connection::open(directory.join(NAME))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", LONGEST)?;
    connection.pragma_update(
        None,
        "synchronous",
        match synchronous {
            Synchronous::Normal => "NORMAL",
            Synchronous::Full => "FULL",
        },
    )?;
    keep_copy(&connection, directory)?;
    prepare(&connection)?;
    renew_epoch(&connection, synchronous)?;
    Ok((connection, lock))
}

/// Copies a database of an earlier layout before it is migrated: the release that wrote it reads the copy, and not what comes after.
fn keep_copy(connection: &Connection, directory: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Directory { directory: directory.to_owned(), source };
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let copy = directory.join(format!("story-engine-layout-{found}.db"));
    if !MIGRATIONS.iter().any(|(from, _)| *from == found) || copy.exists() {
        return Ok(());
    }
    // Under another name until it is whole, and without what an earlier try may have left.
    let draft = directory.join("copying.db");
    File::create(&draft).map_err(failed)?;
    connection.execute("VACUUM INTO ?1", [draft.to_string_lossy()])?;
    File::open(&draft).and_then(|whole| whole.sync_all()).map_err(failed)?;
    std::fs::rename(&draft, &copy).map_err(failed)
}

/// Opens a database that ends with the connection.
pub(super) fn open_in_memory() -> Result<Connection, OpenError> {
    let connection = Connection::open_in_memory()?;
    prepare(&connection)?;
    renew_epoch(&connection, Synchronous::Normal)?;
    Ok(connection)
}

/// Whether this version reads a layout.
pub(super) const fn reads(layout: u32) -> bool {
    matches!(layout, 2..=SCHEMA_VERSION)
}

pub(super) fn lock(directory: &Path) -> Result<File, OpenError> {
    let failed = |source| OpenError::Directory { directory: directory.to_owned(), source };
    let path = directory.join("lock");
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).map_err(failed)?;
            file.rewind().map_err(failed)?;
            write!(file, "{}", std::process::id()).map_err(failed)?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            // The id only serves the message.
            let _ = file.read_to_string(&mut owner);
            Err(OpenError::InUse { directory: directory.to_owned(), owner })
        }
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

pub(super) fn prepare(connection: &Connection) -> Result<(), OpenError> {
    // Or else SQLite prepares a statement again whenever a value is bound that decides whether a partial index can serve: five statements of
    // each claim, also of one that finds nothing. No index here is chosen by what is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let first = match found {
        0 | SCHEMA_VERSION => MIGRATIONS.len(),
        found => MIGRATIONS.iter().position(|(from, _)| *from == found).ok_or(OpenError::Layout { found })?,
    };
    // All or nothing: a database is never between two layouts.
    let transaction = connection.unchecked_transaction()?;
    for (_, migration) in &MIGRATIONS[first..] {
        transaction.execute_batch(migration)?;
    }
    transaction.execute_batch(include_str!("schema.sql"))?;
    transaction.execute("INSERT OR IGNORE INTO providers (name) SELECT DISTINCT provider FROM games", [])?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
    connection.set_prepared_statement_cache_capacity(128);
    // The statement journal stays in memory: SQLite would create a file for it with every second statement.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // The lock proves that there is no other process, so nobody goes on with these, and these leases have expired.
    staged::clear(connection)?;
    connection.execute("UPDATE games SET lane_key = 0 WHERE lane_state = 'active'", [])?;
    // Nor are there other workers, and those of this process get other names.
    connection.execute("DELETE FROM pauses WHERE scope > 'worker:' AND scope < 'worker;'", [])?;
    Ok(())
}

/// Begins a new epoch when the machine may have restarted since the last commit and the log may have lost its tail: offsets may
/// then be assigned again, and the epoch distinguishes them. It depends on how the earlier commits were synced, not on
/// the present setting.
fn renew_epoch(connection: &Connection, synchronous: Synchronous) -> Result<(), OpenError> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let meta = |name: &str| -> Result<Option<String>, rusqlite::Error> {
        connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0)).optional()
    };
    let before: Option<u64> = meta("epoch")?.and_then(|epoch| epoch.parse().ok());
    let same_boot = !boot.is_empty() && meta("boot")?.as_deref() == Some(boot.as_str());
    let lossless = same_boot || meta("sync")?.as_deref() == Some(Synchronous::Full.as_str());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let epoch = match before {
        Some(epoch) if lossless => epoch,
        Some(epoch) => u64::try_from(now).unwrap_or(u64::MAX).max(epoch + 1),
        None => u64::try_from(now).unwrap_or(u64::MAX),
    };
    let mut set = connection.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?;
    set.execute(["epoch", &epoch.to_string()])?;
    set.execute(["boot", &boot])?;
    set.execute(["sync", synchronous.as_str()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_not_prepared_again_for_another_value() {
        let connection = Connection::open_in_memory().unwrap();
        prepare(&connection).unwrap();
        let mut due = connection.prepare("SELECT id FROM games WHERE lane_state = ?1 AND lane_key <= ?2").unwrap();
        for state in ["active", "delayed", "active"] {
            due.query((state, 1)).unwrap().next().unwrap();
        }
        assert_eq!(due.get_status(StatementStatus::RePrepare), 0);
    }
}
