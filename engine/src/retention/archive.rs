//! The archive: each game one compressed file, in a directory or a bucket.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::iter;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use futures::TryStreamExt as _;
use jiff::Timestamp;
use metrics::counter;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use protocol::{GameAccess, GameExport, GameId, RequestId};
use serde::{Deserialize, Serialize};
use store::secret::SecretHash;
use store::{
    Before, Created, GameContents, GameDocument, GameWrite, IdleGame, LogRead, NewCapability, Owner, Remembered,
    SharedStore, StoreError, StoredTurn, turns_up_to,
};
use story::ChatMessage;

use crate::exported;

/// The layout of a file.
const VERSION: u32 = 1;
/// The largest game that is read back, in bytes: a file that somebody has tampered with must not fill the memory.
const LARGEST: u64 = 1 << 30;
/// The folder of notes of games that are on their way to another store.
const UNDER_WAY: &str = "under-way";
/// How many events of a log are read at a time.
const EVENTS_AT_ONCE: usize = 200;
/// How many files are read at once when all of them are searched.
const READ_AT_ONCE: usize = 8;

/// A file in the directory of an archive: without it, the directory is not the archive, but the empty place where it is to be mounted.
const MARK: &str = "story-engine-archive";

/// Where games are that have left the store.
#[derive(Debug, Clone)]
pub struct Archive {
    files: Arc<dyn ObjectStore>,
    /// The file by which its directory is known; none for a bucket, and for a directory in which none could be made.
    mark: Option<PathBuf>,
    /// Before the name of every file.
    prefix: Path,
}

/// A game could not be archived or brought back.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The archive did not do its part.
    #[error("the archive: {0}")]
    Files(#[from] object_store::Error),
    /// The directory is not the one that it was.
    #[error("the archive: {} is gone: is the directory mounted?", .0.display())]
    Gone(PathBuf),
    /// A file cannot be read.
    #[error("the archived game {0} cannot be read: {1}")]
    Unreadable(GameId, String),
    /// The setting is not a location that can be used.
    #[error("`{0}` is neither a directory nor `s3://bucket/prefix`: {1}")]
    Location(String, String),
}

/// A game with everything that it needs to go on.
#[derive(Debug, Serialize, Deserialize)]
struct ArchivedGame {
    layout: u32,
    id: GameId,
    archived_at: Timestamp,
    name: Option<String>,
    owner: Option<Owner>,
    before: Before,
    document: GameDocument,
    history: Vec<ChatMessage>,
    turns: Vec<StoredTurn>,
    capabilities: Vec<ArchivedCapability>,
    /// An engine of an earlier release archived games without it.
    #[serde(default)]
    remembered: Remembered,
}

/// The outcome of [`Archive::take`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The game is in the archive, and no longer in the store.
    Gone,
    /// It is played, or has left the store by itself.
    Stays,
}

/// An archived game, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedOwner {
    /// The game.
    pub id: GameId,
    /// Whose it is.
    pub owner: Owner,
}

#[derive(Debug, Serialize, Deserialize)]
struct ArchivedCapability {
    hash: SecretHash,
    access: GameAccess,
    expires_at: Option<Timestamp>,
}

impl Archive {
    /// Opens the archive that a setting names. Credentials of a bucket come from the environment (`AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, …), never from the configuration.
    pub fn open(location: &str) -> Result<Self, ArchiveError> {
        let wrong = |reason: &dyn fmt::Display| ArchiveError::Location(location.to_owned(), reason.to_string());
        let Some(bucket) = location.strip_prefix("s3://") else {
            if location.contains("://") {
                return Err(wrong(&"only `s3://` is known"));
            }
            std::fs::create_dir_all(FilePath::new(location)).map_err(|error| wrong(&error))?;
            let files = LocalFileSystem::new_with_prefix(location).map_err(|error| wrong(&error))?.with_fsync(true);
            return Ok(Self { files: Arc::new(files), mark: marked(FilePath::new(location)), prefix: Path::default() });
        };
        let (bucket, prefix) = bucket.split_once('/').unwrap_or((bucket, ""));
        let files = AmazonS3Builder::from_env().with_bucket_name(bucket).build().map_err(|error| wrong(&error))?;
        Ok(Self { files: Arc::new(files), mark: None, prefix: Path::from(prefix) })
    }

    /// Moves a game from the store to the archive, unless it is not any more as it was found. It is never in neither: the store's is deleted
    /// once the file has been read back.
    pub async fn take(&self, store: &SharedStore, found: &IdleGame) -> Result<Taken, ArchiveError> {
        self.put(store, found.id).await?;
        match store.delete_game(found.id, Some(found)).await? {
            GameWrite::Done => Ok(Taken::Gone),
            // It is played: what the archive has is old. A file that stays is overwritten when the game is archived again.
            GameWrite::Busy | GameWrite::Changed => {
                if let Err(error) = self.forget(found.id).await {
                    tracing::warn!(game = %found.id, %error, "an old file of a game stays in the archive");
                }
                Ok(Taken::Stays)
            }
            // Another worker was faster: the file that is there is the game.
            GameWrite::Unknown => Ok(Taken::Stays),
        }
    }

    /// Notes that a game is on its way through the archive to another store, or that it has arrived.
    pub(crate) async fn set_under_way(&self, id: GameId, is_under_way: bool) -> Result<(), ArchiveError> {
        let note = self.prefix.clone().join(UNDER_WAY).join(id.to_string());
        if is_under_way {
            self.files.put(&note, Vec::new().into()).await?;
            return Ok(());
        }
        match self.files.delete(&note).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The games that were on their way when a process died.
    pub(crate) async fn under_way(&self) -> Result<Vec<GameId>, ArchiveError> {
        self.check_mark().await?;
        let notes = self.files.list(Some(&self.prefix.clone().join(UNDER_WAY)));
        let ids = notes.map_ok(|note| note.location.filename().and_then(|name| name.parse().ok()));
        Ok(ids.try_collect::<Vec<Option<GameId>>>().await?.into_iter().flatten().collect())
    }

    /// Writes a game as it is now. The file is complete and durable before this returns.
    async fn put(&self, store: &SharedStore, id: GameId) -> Result<(), ArchiveError> {
        let Some((game, history)) = store.game_with_history(id, usize::MAX).await? else { return Ok(()) };
        let last = game.document.last_turn();
        let capability = |kept: store::StoredCapability| ArchivedCapability {
            hash: kept.hash,
            access: kept.grants,
            expires_at: kept.expires_at,
        };
        let turns = turns_up_to(&**store, id, last).await?;
        let requests = requests_of(store, id, &turns).await?;
        let archived = ArchivedGame {
            layout: VERSION,
            id,
            archived_at: Timestamp::now(),
            name: game.name,
            owner: game.owner,
            before: Before { version: game.version, offset: game.cursor.offset, created_at: Some(game.created_at) },
            document: game.document,
            history,
            turns,
            remembered: store.remembered(id, &requests).await?,
            capabilities: store.capabilities(id).await?.into_iter().map(capability).collect(),
        };
        let bytes = compressed(&archived).map_err(|error| ArchiveError::Unreadable(id, error.to_string()))?;
        self.files.put(&self.file(id), bytes.clone().into()).await?;
        // Soon it is the only copy.
        if self.files.get(&self.file(id)).await?.bytes().await? != bytes {
            return Err(unreadable(id, &"what is read back is not what was written"));
        }
        Ok(())
    }

    /// Brings a game back to the store; answers whether the archive had it. It goes on where it was: with the next version and
    /// the next event id. Clients that follow it get a `stream.reset`, because its earlier events are not archived.
    pub async fn restore(&self, store: &SharedStore, id: GameId) -> Result<bool, ArchiveError> {
        let Some(text) = self.text(id).await? else { return Ok(false) };
        let game = read(&text).map_err(|reason| ArchiveError::Unreadable(id, reason))?;
        let contents = GameContents {
            turns: game.turns,
            name: game.name,
            owner: game.owner,
            before: Some(game.before),
            remembered: game.remembered,
            ..GameContents::new(game.document, game.history)
        };
        // Without charges, nothing limits it; and if another process was faster, the game is there already.
        let (Created::Done | Created::Limited(_)) = store.create_game(id, &contents).await?;
        let now = Timestamp::now();
        for kept in game.capabilities {
            let expires_in = match kept.expires_at.map(|end| Duration::try_from(end.duration_since(now))) {
                None => None,
                Some(Ok(left)) if !left.is_zero() => Some(left),
                Some(_) => continue,
            };
            store.add_capability(id, &NewCapability { hash: kept.hash, access: kept.access, expires_in }).await?;
        }
        self.forget(id).await?;
        counter!("story_engine_games_restored_total").increment(1);
        tracing::info!(game = %id, "a game came back from the archive");
        Ok(true)
    }

    /// The games in the archive whose owners are wanted. It reads every file, a few at a time: their names say nothing of owners, so that
    /// a game is found by its id alone.
    pub async fn owned_by(&self, is_wanted: impl Fn(&Owner) -> bool) -> Result<Vec<ArchivedOwner>, ArchiveError> {
        self.check_mark().await?;
        let prefix = Some(&self.prefix).filter(|prefix| **prefix != Path::default());
        let files = self.files.list(prefix).try_filter_map(async |file| Ok(game_of(&file.location)));
        let heads = files.map_err(ArchiveError::from).map_ok(|id| self.head(id)).try_buffer_unordered(READ_AT_ONCE);
        let owned = heads.try_filter_map(async |head| Ok(head.filter(|head| is_wanted(&head.owner))));
        owned.try_collect().await
    }

    /// The owner of an archived game; none if it has none, or has left the archive meanwhile.
    async fn head(&self, id: GameId) -> Result<Option<ArchivedOwner>, ArchiveError> {
        /// The members of an [`ArchivedGame`] that are needed.
        #[derive(Deserialize)]
        struct Head {
            owner: Option<Owner>,
        }
        let Some(text) = self.text(id).await? else { return Ok(None) };
        let head: Head = serde_json::from_slice(&text).map_err(|error| unreadable(id, &error))?;
        Ok(head.owner.map(|owner| ArchivedOwner { id, owner }))
    }

    /// An archived game as the document that is exported; it stays in the archive.
    pub async fn export(&self, id: GameId) -> Result<Option<GameExport>, ArchiveError> {
        let Some(text) = self.text(id).await? else { return Ok(None) };
        let game = read(&text).map_err(|reason| ArchiveError::Unreadable(id, reason))?;
        let export = exported::game(id, game.name, game.document, game.history, game.turns);
        export.map(Some).map_err(|error| unreadable(id, &error))
    }

    /// The text of a file.
    async fn text(&self, id: GameId) -> Result<Option<Vec<u8>>, ArchiveError> {
        match self.files.get(&self.file(id)).await {
            Ok(found) => unpacked(&found.bytes().await?).map(Some).map_err(|error| unreadable(id, &error)),
            Err(object_store::Error::NotFound { .. }) => self.check_mark().await.map(|()| None),
            Err(error) => Err(error.into()),
        }
    }

    /// Fails if the directory is not the archive any more: a game that is not found there need not be gone.
    async fn check_mark(&self) -> Result<(), ArchiveError> {
        match &self.mark {
            Some(mark) if !tokio::fs::try_exists(mark).await.unwrap_or(false) => Err(ArchiveError::Gone(mark.clone())),
            _ => Ok(()),
        }
    }

    /// Deletes the file of a game, if there is one.
    pub async fn forget(&self, id: GameId) -> Result<(), ArchiveError> {
        match self.files.delete(&self.file(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Files are spread over folders by the end of their id, which is random.
    fn file(&self, id: GameId) -> Path {
        let id = id.to_string();
        let folder = id[id.len() - 2..].to_owned();
        self.prefix.clone().join(folder).join(format!("{id}.json.gz"))
    }
}

/// The requests that the records of a game name: those of its turns, and those in its log, which were perhaps undone or cancelled. So a
/// store needs no list of them for each game, which would cost every message.
async fn requests_of(store: &SharedStore, id: GameId, turns: &[StoredTurn]) -> Result<Vec<RequestId>, StoreError> {
    let told = turns.iter().flat_map(|turn| iter::once(turn.record.request_id).chain(turn.record.also_told.clone()));
    let mut requests: BTreeSet<RequestId> = told.collect();
    let mut after = None;
    while let LogRead::Events(events) = store.read_log(id, after, EVENTS_AT_ONCE).await? {
        let Some(last) = events.last() else { break };
        after = Some(last.id);
        requests.extend(events.iter().filter_map(|event| event.request));
    }
    Ok(requests.into_iter().collect())
}

/// The mark of the directory, which is made if there is none.
fn marked(directory: &FilePath) -> Option<PathBuf> {
    let mark = directory.join(MARK);
    if mark.exists() {
        return Some(mark);
    }
    match File::create_new(&mark) {
        Ok(_) => {
            tracing::warn!(archive = %directory.display(), "an archive begins in this directory: there was none before");
            Some(mark)
        }
        // Two processes start at once.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Some(mark),
        // What is there can be read, and what is to be written says what is wrong.
        Err(_) => None,
    }
}

fn compressed(game: &ArchivedGame) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&serde_json::to_vec(game)?)?;
    encoder.finish()
}

fn unpacked(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    GzDecoder::new(bytes).take(LARGEST).read_to_end(&mut text)?;
    Ok(text)
}

/// The game that a file is of; none for a file that is no game's.
fn game_of(file: &Path) -> Option<GameId> {
    file.filename()?.strip_suffix(".json.gz")?.parse().ok()
}

fn unreadable(id: GameId, reason: &dyn fmt::Display) -> ArchiveError {
    ArchiveError::Unreadable(id, reason.to_string())
}

fn read(text: &[u8]) -> Result<ArchivedGame, String> {
    let game: ArchivedGame = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if game.layout == VERSION {
        Ok(game)
    } else {
        Err(format!("its layout is {}, and this engine reads {VERSION}", game.layout))
    }
}
