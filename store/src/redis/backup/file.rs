//! The file of a backup: records one behind the other, compressed, with a checksum of all at its end.
//!
//! ```text
//! gzip of: "story-engine backup 1\n" record…
//! record:  kind (1 byte)  number of parts (u32, little-endian)  part…
//! part:    length in bytes (u32)  bytes
//! ```
//!
//! The last record is [`Kind::End`]: the number of records before it, and the SHA-256 of everything before it. A file without it was cut off.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::super::deployment::Layout;
use super::{Bytes, CopyError};

/// How a file begins; the number is that of its format.
const MAGIC: &[u8] = b"story-engine backup 1\n";
/// What every version of the format begins with.
const ANY_MAGIC: &[u8] = b"story-engine backup ";
/// How many bytes a part of a record may have, which is what Redis takes in one value.
const LARGEST: u32 = 512 * 1024 * 1024;

/// What a record holds; its parts are named in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// The backup: its id, the layout of the stores, the names of their tiers.
    Head = b'H',
    /// A shard of the store of a tier begins: the name of the tier, the epoch.
    Shard = b'S',
    /// Records of requests that have ended: the arguments of `restore_requests.lua`.
    Requests = b'R',
    /// A version of content that games of the shard hold: its id and its text. It comes before the first of them.
    Content = b'C',
    /// A game: the arguments of `restore_game.lua`.
    Game = b'G',
    /// The latest arrival of the shard.
    Arrivals = b'A',
    /// Totals of the shard: name and number in turn.
    Totals = b'T',
    /// What operators have paused: scope, and since when and by whom, in turn.
    Pauses = b'P',
    /// A key of the store as it is: its name, its value (DUMP).
    Whole = b'W',
    /// The end.
    End = b'E',
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        use Kind::{Arrivals, Content, End, Game, Head, Pauses, Requests, Shard, Totals, Whole};
        [Head, Shard, Requests, Content, Game, Arrivals, Totals, Pauses, Whole, End]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// How much a backup holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Games.
    pub games: u64,
    /// Unfinished requests.
    pub requests: u64,
    /// Dead letters.
    pub dead_letters: u64,
}

/// Writes a file that is not there yet, and that only its owner may read: it holds what players have written.
pub(super) struct Writer {
    path: PathBuf,
    to: GzEncoder<BufWriter<File>>,
    digest: Context,
    records: u64,
}

impl Writer {
    pub(super) fn create(path: &Path) -> Result<Self, CopyError> {
        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let file = created.map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => CopyError::Exists { path: path.to_owned() },
            _ => CopyError::File { path: path.to_owned(), source },
        })?;
        let to = GzEncoder::new(BufWriter::new(file), Compression::fast());
        let mut writer = Self { path: path.to_owned(), to, digest: Context::new(&SHA256), records: 0 };
        writer.put(MAGIC)?;
        Ok(writer)
    }

    pub(super) fn record(&mut self, kind: Kind, parts: &[impl AsRef<[u8]>]) -> Result<(), CopyError> {
        self.put(&[kind as u8])?;
        self.put_length(parts.len())?;
        for part in parts {
            self.put_length(part.as_ref().len())?;
            self.put(part.as_ref())?;
        }
        self.records += 1;
        Ok(())
    }

    /// Ends the file; it is durable then.
    pub(super) fn finish(mut self) -> Result<(), CopyError> {
        let (records, digest) = (self.records.to_string(), self.digest.clone().finish());
        self.record(Kind::End, &[records.as_bytes(), digest.as_ref()])?;
        let Self { path, to, .. } = self;
        let written = to.finish().and_then(|buffer| buffer.into_inner().map_err(std::io::IntoInnerError::into_error));
        written.and_then(|file| file.sync_all()).map_err(|source| CopyError::File { path, source })
    }

    fn put_length(&mut self, length: usize) -> Result<(), CopyError> {
        let length = u32::try_from(length).ok().filter(|length| *length <= LARGEST);
        let length = length.ok_or_else(|| CopyError::File {
            path: self.path.clone(),
            source: std::io::Error::new(ErrorKind::InvalidData, "a value of the store is larger than Redis takes"),
        })?;
        self.put(&length.to_le_bytes())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), CopyError> {
        self.digest.update(bytes);
        self.to.write_all(bytes).map_err(|source| CopyError::File { path: self.path.clone(), source })
    }
}

/// Reads the records of a file.
pub(super) struct Reader {
    path: PathBuf,
    from: GzDecoder<BufReader<File>>,
    digest: Context,
    records: u64,
}

impl Reader {
    fn open(path: &Path) -> Result<Self, CopyError> {
        let file = File::open(path).map_err(|source| CopyError::File { path: path.to_owned(), source })?;
        let from = GzDecoder::new(BufReader::new(file));
        let mut reader = Self { path: path.to_owned(), from, digest: Context::new(&SHA256), records: 0 };
        let begins = reader.take(MAGIC.len()).ok().filter(|begins| begins.starts_with(ANY_MAGIC));
        match begins.as_deref() {
            Some(MAGIC) => Ok(reader),
            Some(_) => Err(reader.damaged("it has a format that this engine does not read")),
            None => Err(reader.damaged(
                "it begins as something else (`engine backup` of the embedded store is restored without a Redis)",
            )),
        }
    }

    /// The next record.
    pub(super) fn next(&mut self) -> Result<(Kind, Vec<Bytes>), CopyError> {
        let before = self.digest.clone();
        let kind = self.take(1)?.first().copied().and_then(Kind::of);
        let kind = kind.ok_or_else(|| self.damaged("it holds something unknown"))?;
        let count = self.length()?;
        let mut parts = Vec::new();
        for _ in 0..count {
            let length = self.length()?;
            if length > LARGEST {
                return Err(self.damaged("a value is too large"));
            }
            parts.push(self.take(length as usize)?);
        }
        if kind == Kind::End {
            let expected = [self.records.to_string().into_bytes(), before.finish().as_ref().to_vec()];
            if parts != expected {
                return Err(self.damaged("its checksum is another one"));
            }
            // What stands behind the end is checked as well: the checksum of the compression.
            let mut rest = [0];
            if !matches!(self.from.read(&mut rest), Ok(0)) {
                return Err(self.damaged("it does not end where it should"));
            }
        }
        self.records += 1;
        Ok((kind, parts))
    }

    pub(super) fn damaged(&self, reason: &str) -> CopyError {
        CopyError::Damaged { path: self.path.clone(), reason: reason.to_owned() }
    }

    fn length(&mut self) -> Result<u32, CopyError> {
        let bytes = self.take(4)?;
        <[u8; 4]>::try_from(bytes.as_slice()).map(u32::from_le_bytes).map_err(|_| self.damaged("it is cut off"))
    }

    /// Reads as much as there is, before it believes a length.
    fn take(&mut self, length: usize) -> Result<Bytes, CopyError> {
        let mut bytes = Vec::new();
        let wanted = u64::try_from(length).unwrap_or(u64::MAX);
        let read = self.from.by_ref().take(wanted).read_to_end(&mut bytes);
        read.map_err(|error| self.damaged(&format!("it cannot be read ({error})")))?;
        if bytes.len() < length {
            return Err(self.damaged("it is cut off"));
        }
        self.digest.update(&bytes);
        Ok(bytes)
    }
}

/// A backup whose checksum is right.
#[derive(Debug)]
pub struct BackupFile {
    pub(super) path: PathBuf,
    /// Its id: no two backups have the same.
    pub(super) id: String,
    /// The tiers whose stores it has.
    pub tiers: Vec<String>,
}

impl BackupFile {
    /// Reads a file to its end, and finds out whether all of it is as it was written.
    pub fn check(path: &Path) -> Result<Self, CopyError> {
        let mut reader = Reader::open(path)?;
        let file = head(&mut reader)?;
        while reader.next()?.0 != Kind::End {}
        Ok(file)
    }

    pub(super) fn damaged(&self, reason: &str) -> CopyError {
        CopyError::Damaged { path: self.path.clone(), reason: reason.to_owned() }
    }

    /// Its records, behind the head.
    pub(super) fn records(&self) -> Result<Reader, CopyError> {
        let mut reader = Reader::open(&self.path)?;
        head(&mut reader)?;
        Ok(reader)
    }
}

fn head(reader: &mut Reader) -> Result<BackupFile, CopyError> {
    let (kind, parts) = reader.next()?;
    let mut texts = parts.into_iter().map(|part| String::from_utf8_lossy(&part).into_owned());
    let (Kind::Head, Some(id), Some(layout)) = (kind, texts.next(), texts.next()) else {
        return Err(reader.damaged("it has no head"));
    };
    let found = layout.parse().map_err(|_| reader.damaged("its layout is no number"))?;
    if Layout::of(found).is_none() {
        let reads = Layout::LATEST.number();
        return Err(CopyError::Layout { path: reader.path.clone(), found, reads });
    }
    Ok(BackupFile { path: reader.path.clone(), id, tiers: texts.collect() })
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn written(directory: &TempDir) -> PathBuf {
        let path = directory.path().join("copy");
        let mut writer = Writer::create(&path).unwrap();
        writer
            .record(Kind::Head, &["an id".to_owned(), Layout::LATEST.number().to_string(), "default".to_owned()])
            .unwrap();
        writer.record(Kind::Game, &[b"\0\xff\n".to_vec(), Vec::new(), vec![7; 100_000]]).unwrap();
        writer.finish().unwrap();
        path
    }

    fn unpacked(bytes: &[u8]) -> Vec<u8> {
        let mut plain = Vec::new();
        GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
        plain
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let directory = TempDir::new().unwrap();
        let copy = BackupFile::check(&written(&directory)).unwrap();
        assert_eq!((copy.id.as_str(), copy.tiers.as_slice()), ("an id", ["default".to_owned()].as_slice()));
        let (kind, parts) = copy.records().unwrap().next().unwrap();
        assert_eq!((kind, parts), (Kind::Game, vec![b"\0\xff\n".to_vec(), Vec::new(), vec![7; 100_000]]));
    }

    #[test]
    fn a_file_that_is_cut_off_or_changed_at_any_place_is_refused() {
        let directory = TempDir::new().unwrap();
        let whole = std::fs::read(written(&directory)).unwrap();
        let path = directory.path().join("other");
        for end in 0..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            assert!(matches!(BackupFile::check(&path), Err(CopyError::Damaged { .. })), "cut off at {end}");
        }
        // Behind the head of the compression, which holds a time and the name of a system.
        for place in 10..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 0x10;
            std::fs::write(&path, &changed).unwrap();
            // The compression fills its last byte up with bits that mean nothing.
            assert!(BackupFile::check(&path).is_err() || unpacked(&changed) == unpacked(&whole), "changed at {place}");
        }
    }

    #[test]
    fn a_file_is_not_overwritten() {
        let directory = TempDir::new().unwrap();
        let path = written(&directory);
        assert!(matches!(Writer::create(&path), Err(CopyError::Exists { .. })));
    }
}
