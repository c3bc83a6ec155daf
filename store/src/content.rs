//! Games by reference: what all games that begin alike have in common is kept once, and each game keeps what it has changed.
//!
//! A **version of content** is the state with which a game of some scenario, player character and narrator begins, without what the player has
//! chosen. It is known by the hash of its text and never changes, so a changed content file makes another version, and running games keep
//! theirs. A stored document names its version and holds a merge patch (RFC 7396) from there to its state; or it holds the whole state, where it has
//! no version, or where that is shorter. Reading gives the same document either way.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use protocol::BranchedFrom;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use story::GameState;

use super::GameDocument;

/// How a stored document begins that names a version of content. The stores look for it without reading JSON, so that it is the first field.
const BY_REFERENCE: &str = r#"{"content":""#;

/// How many hexadecimal digits an id has.
const DIGITS: usize = 32;

/// The id of a version of content: the beginning of the SHA-256 of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ContentId(u128);

impl ContentId {
    fn of(text: &str) -> Self {
        let mut first = [0; 16];
        first.iter_mut().zip(digest(&SHA256, text.as_bytes()).as_ref()).for_each(|(to, from)| *to = *from);
        Self(u128::from_be_bytes(first))
    }

    /// The version of content that a stored document names.
    pub(super) fn named_by(document: &str) -> Option<Self> {
        document.strip_prefix(BY_REFERENCE)?.get(..DIGITS)?.parse().ok()
    }
}

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The text is no id of a version of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not an id of a version of content: those have 32 hexadecimal digits")]
pub(super) struct NotAContentId;

impl FromStr for ContentId {
    type Err = NotAContentId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hex = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex { u128::from_str_radix(text, 16).map(Self).map_err(|_| NotAContentId) } else { Err(NotAContentId) }
    }
}

/// A version of content.
#[derive(Debug)]
pub(super) struct ContentVersion {
    pub(super) id: ContentId,
    /// The state with which games begin, as JSON.
    pub(super) text: String,
    state: Value,
}

impl ContentVersion {
    /// The version with which a game begins in this state.
    fn begun_with(state: &GameState) -> Result<Self, serde_json::Error> {
        let usual = GameState::default();
        // What players choose for themselves would make a version for each game.
        let common = GameState {
            seed: usual.seed,
            rules: usual.rules,
            temperature: usual.temperature,
            language: usual.language,
            ..state.clone()
        };
        Self::read(serde_json::to_string(&common)?)
    }

    /// The version of this text.
    pub(super) fn read(text: String) -> Result<Self, serde_json::Error> {
        let state = serde_json::from_str(&text)?;
        Ok(Self { id: ContentId::of(&text), text, state })
    }

    /// Whether a game in this state may well have begun with this version: it tells the same story, of the same people.
    pub(super) fn resembles(&self, state: &GameState) -> bool {
        let name = |of: &str| self.state[of]["name"].as_str();
        self.state["scenario"] == state.scenario
            && name("pc") == state.pc.as_ref().map(|pc| pc.name.as_str())
            && name("narrator") == state.narrator.as_ref().map(|narrator| narrator.name.as_str())
    }
}

/// The version of content that a game began with, as far as it is known. It says how a game is stored and nothing of what the game is, so all
/// origins are equal, and documents are compared by what they say.
#[derive(Debug, Clone, Default)]
pub struct Origin(Option<Arc<ContentVersion>>);

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Origin {
    /// The origin of a game that begins in this state, which comes of content alone.
    #[must_use]
    pub(super) fn of_new_game(state: &GameState) -> Self {
        // A state that could not be written would not be stored either, and that is where it is reported.
        Self(ContentVersion::begun_with(state).ok().map(Arc::new))
    }

    /// This version.
    pub(super) fn at(version: Arc<ContentVersion>) -> Self {
        Self(Some(version))
    }

    /// The version, if there is one.
    pub(super) fn version(&self) -> Option<&Arc<ContentVersion>> {
        self.0.as_ref()
    }
}

/// A document as it is stored.
#[derive(Debug)]
pub(super) struct Packed {
    pub(super) text: String,
    /// The version that it names.
    pub(super) content: Option<Arc<ContentVersion>>,
}

/// A document that names a version of content.
#[derive(Serialize, Deserialize)]
struct ByReference<'a> {
    content: Cow<'a, str>,
    provider: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    turns: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    branched_from: Option<BranchedFrom>,
    /// The merge patch from the version to the state.
    changes: Map<String, Value>,
}

/// A document with the whole state.
pub(super) fn pack_whole(document: &GameDocument) -> Result<Packed, serde_json::Error> {
    Ok(Packed { text: serde_json::to_string(document)?, content: None })
}

/// A document as what differs from its origin, or with the whole state where it has none or where that is shorter.
pub(super) fn pack(document: &GameDocument) -> Result<Packed, serde_json::Error> {
    let GameDocument { provider, state, turns, branched_from, origin } = document;
    let Some(version) = origin.version() else { return pack_whole(document) };
    let (Value::Object(from), Value::Object(to)) = (&version.state, serde_json::to_value(state)?) else {
        return pack_whole(document);
    };
    let Some(changes) = difference(from, to) else { return pack_whole(document) };
    let text = serde_json::to_string(&ByReference {
        content: version.id.to_string().into(),
        provider: provider.into(),
        turns: *turns,
        branched_from: *branched_from,
        changes,
    })?;
    // Most games change little; only where this one has changed much is the whole written to compare.
    if text.len() > version.text.len() / 4 {
        let whole = pack_whole(document)?;
        if whole.text.len() <= text.len() {
            return Ok(whole);
        }
    }
    Ok(Packed { text, content: Some(Arc::clone(version)) })
}

/// A stored document that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnpackError {
    /// It is not what this engine writes.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The version of content that it names is not there.
    #[error("the version {0} of its content is gone: restore that from a backup")]
    ContentIsGone(ContentId),
}

/// Reads a stored document. `version` is what it names, if that was found.
pub(super) fn unpack(text: &str, version: Option<Arc<ContentVersion>>) -> Result<GameDocument, UnpackError> {
    let Some(id) = ContentId::named_by(text) else { return Ok(serde_json::from_str(text)?) };
    let version = version.filter(|version| version.id == id).ok_or(UnpackError::ContentIsGone(id))?;
    let ByReference { provider, turns, branched_from, changes, .. } = serde_json::from_str(text)?;
    let mut state = version.state.clone();
    json_patch::merge(&mut state, &Value::Object(changes));
    Ok(GameDocument {
        provider: provider.into_owned(),
        state: serde_json::from_value(state)?,
        turns,
        branched_from,
        origin: Origin::at(version),
    })
}

/// The merge patch from one object to another. There is none where the other one has a `null` in an object that is new: in a patch, that
/// removes the field.
fn difference(from: &Map<String, Value>, to: Map<String, Value>) -> Option<Map<String, Value>> {
    let mut changes: Map<String, Value> =
        from.keys().filter(|key| !to.contains_key(*key)).map(|key| (key.clone(), Value::Null)).collect();
    for (key, new) in to {
        match (from.get(&key), new) {
            (Some(old), new) if *old == new => {}
            (Some(Value::Object(old)), Value::Object(new)) => {
                changes.insert(key, Value::Object(difference(old, new)?));
            }
            (_, new) if has_null(&new) => return None,
            (_, new) => {
                changes.insert(key, new);
            }
        }
    }
    Some(changes)
}

/// Whether a merge would lose a `null` of this value. It takes arrays as they are.
fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.values().any(has_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn new_game(scenario: &str, seed: u32) -> GameDocument {
        let library = story::Library::load(fixtures::sources()).unwrap();
        let new = story::NewGame { scenario: scenario.to_owned(), seed: Some(seed), ..story::NewGame::default() };
        let (state, _) = story::new_game(&library, &new).unwrap();
        GameDocument::begun("offline".to_owned(), state)
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            "[a-c\"{]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_merge_of_the_difference_gives_the_other_value(from in values(), to in values()) {
            let (Value::Object(from), Value::Object(to)) = (json!({ "a": from, "b": 1 }), json!({ "a": to, "c": 2 })) else {
                unreachable!()
            };
            if let Some(changes) = difference(&from, to.clone()) {
                let mut merged = Value::Object(from);
                json_patch::merge(&mut merged, &Value::Object(changes));
                prop_assert_eq!(merged, Value::Object(to));
            }
        }
    }

    #[test]
    fn a_new_game_of_each_shipped_scenario_takes_less_than_200_bytes_and_is_read_as_it_was() {
        for scenario in ["drowned_parish", "ferry_crossing", "one_chair_too_many", "pawned_moon"] {
            let game = new_game(scenario, 7);
            let packed = pack(&game).unwrap();
            assert!(packed.text.len() < 200, "{}", packed.text);
            let read = unpack(&packed.text, packed.content.clone()).unwrap();
            assert_eq!(read, game);
            assert_eq!(read.origin.version().unwrap().id, packed.content.unwrap().id);
        }
    }

    #[test]
    fn games_that_begin_alike_have_one_version_whatever_their_players_have_chosen() {
        let (one, mut other) = (new_game("ferry_crossing", 1), new_game("ferry_crossing", 2));
        (other.state.temperature, other.state.rules) = (0.1, story::Rules::Relaxed);
        let other = GameDocument::begun("mock".to_owned(), other.state);
        let ids = [&one, &other].map(|game| game.origin.version().unwrap().id);
        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[0], new_game("pawned_moon", 1).origin.version().unwrap().id);
        let packed = pack(&other).unwrap();
        assert_eq!(unpack(&packed.text, packed.content).unwrap(), other);
    }

    #[test]
    fn a_game_that_has_changed_is_read_as_it_is() {
        let mut game = new_game("pawned_moon", 7);
        game.turns = Some(3);
        game.state.npcs.remove("crake");
        game.state.locations.values_mut().next().unwrap().items.push("a lamp".to_owned());
        game.state.user_inventory.clear();
        game.state.vars.insert("extra".to_owned(), "true".to_owned());
        let packed = pack(&game).unwrap();
        assert!(packed.content.is_some() && packed.text.len() < 1000, "{}", packed.text);
        assert_eq!(unpack(&packed.text, packed.content).unwrap(), game);
    }

    #[test]
    fn a_game_that_has_little_in_common_with_its_origin_is_written_whole() {
        let mut game = new_game("ferry_crossing", 7);
        let other = new_game("pawned_moon", 7);
        game.origin = other.origin.clone();
        let packed = pack(&game).unwrap();
        assert!(packed.content.is_none() && packed.text.starts_with(r#"{"provider":"#), "{}", packed.text);
        assert_eq!(unpack(&packed.text, None).unwrap(), game);
    }

    #[test]
    fn a_document_without_its_version_of_content_is_not_read() {
        let packed = pack(&new_game("ferry_crossing", 7)).unwrap();
        let other = new_game("pawned_moon", 7);
        for version in [None, other.origin.version().cloned()] {
            assert!(matches!(unpack(&packed.text, version), Err(UnpackError::ContentIsGone(_))));
        }
        assert!(unpack(r#"{"content":"no id","provider":"","changes":{}}"#, None).is_err());
    }
}
