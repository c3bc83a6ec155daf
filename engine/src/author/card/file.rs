//! The file of a card: JSON, or a PNG with the JSON in a text chunk.

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use serde_json::Value;

use super::parts::{self, Imported};

/// The largest file, and the largest JSON in it, in bytes. Cards of the usual size have a picture of 1 MB and some 20 kB of text.
const FILE_MAX: u64 = 32 * 1024 * 1024;
const JSON_MAX: usize = 8 * 1024 * 1024;

/// What a PNG begins with, and a zip.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const ZIP: &[u8] = b"PK\x03\x04";

/// The text chunks that hold a card, the one that is preferred first: version 3, then version 2 or 1.
const CHUNKS: [&str; 2] = ["ccv3", "chara"];

/// Reads a card or a lorebook.
pub(super) fn read(path: &Path) -> miette::Result<Imported> {
    let name = path.display();
    let mut bytes = Vec::new();
    let file = File::open(path).into_diagnostic().wrap_err_with(|| format!("cannot read {name}"))?;
    file.take(FILE_MAX + 1)
        .read_to_end(&mut bytes)
        .into_diagnostic()
        .wrap_err_with(|| format!("cannot read {name}"))?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(miette!("{name} is larger than {} MB, which no card needs", FILE_MAX / 1024 / 1024));
    }
    parsed(&bytes).wrap_err_with(|| format!("{name} is no card that can be imported"))
}

fn parsed(bytes: &[u8]) -> miette::Result<Imported> {
    if bytes.starts_with(ZIP) {
        return Err(miette!(
            help = "unpack it (a .charx is a zip) and import its card.json",
            "it is an archive, and only JSON and PNG are read"
        ));
    }
    let json = if bytes.starts_with(PNG) { from_png(bytes)? } else { bytes.to_vec() };
    if json.len() > JSON_MAX {
        return Err(miette!("its JSON is larger than {} MB", JSON_MAX / 1024 / 1024));
    }
    let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&json);
    let value: Value = serde_json::from_slice(json)
        .map_err(|error| miette!(help = "a card is JSON, or a PNG with JSON in it", "it is not JSON: {error}"))?;
    parts::parse(&value)
}

/// The JSON that is embedded in a picture.
fn from_png(bytes: &[u8]) -> miette::Result<Vec<u8>> {
    let limits = png::Limits { bytes: JSON_MAX * 4 };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().into_diagnostic().wrap_err("the picture cannot be read")?;
    // Chunks may come after the picture. One that breaks off there has its card mostly in front.
    let broken = reader.finish().err();
    let info = reader.info();
    let plain = info.uncompressed_latin1_text.iter().map(|chunk| (chunk.keyword.as_str(), Some(chunk.text.clone())));
    let packed = info.compressed_latin1_text.iter().map(|chunk| (chunk.keyword.as_str(), chunk.get_text().ok()));
    let unicode = info.utf8_text.iter().map(|chunk| (chunk.keyword.as_str(), chunk.get_text().ok()));
    let texts: Vec<_> = plain.chain(packed).chain(unicode).collect();
    let wanted = CHUNKS.iter().find_map(|wanted| {
        let found = texts.iter().find(|(keyword, _)| keyword.eq_ignore_ascii_case(wanted))?;
        found.1.as_deref()
    });
    let Some(text) = wanted else {
        return Err(match broken {
            Some(error) => miette!("the picture breaks off before a card in it: {error}"),
            None => miette!(
                help = "pictures lose it when a site or a chat converts them: get the original file",
                "the picture has no card in it: there is no text chunk `ccv3` or `chara`"
            ),
        });
    };
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(text).map_err(|error| miette!("the card in the picture is not base64: {error}"))
}
