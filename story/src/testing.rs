//! The small world that the tests play in, and the stories that are shipped.

use std::path::{Path, PathBuf};

use crate::content::{ContentKind, Library, Source};
use crate::new_game::{NewGame, new_game};
use crate::patch::{StatePatch, patch};
use crate::state::GameState;

pub(crate) fn sources() -> Vec<Source> {
    let source = |kind: ContentKind, id: &str, text: &str| Source {
        kind,
        id: id.to_owned(),
        path: format!("{}/{id}.json", kind.dir()),
        text: text.to_owned(),
    };
    vec![
        source(ContentKind::Scenario, "lighthouse", include_str!("../tests/world/lighthouse.json")),
        source(ContentKind::Pc, "keeper", include_str!("../tests/world/keeper.json")),
        source(ContentKind::Narrator, "dry", include_str!("../tests/world/dry.json")),
        source(ContentKind::Monster, "eel", include_str!("../tests/world/eel.json")),
        source(ContentKind::Npc, "pilot", include_str!("../tests/world/pilot.json")),
    ]
}

/// The story with a fight that `docs/writing-stories.md` shows, the scenario first.
pub(crate) fn weir_sources() -> Vec<Source> {
    let section = include_str!("../../docs/writing-stories.md").split("\n## Fights\n").nth(1).unwrap();
    let blocks: Vec<&str> =
        section.split("```json\n").skip(1).map(|block| block.split("\n```").next().unwrap()).take(2).collect();
    let source = |kind: ContentKind, id: &str, text: &str| Source {
        kind,
        id: id.to_owned(),
        path: format!("{}/{id}.json", kind.dir()),
        text: text.to_owned(),
    };
    vec![source(ContentKind::Scenario, "eel_weir", blocks[0]), source(ContentKind::Pc, "warden", blocks[1])]
}

/// The folder of the shipped content.
pub(crate) fn content() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/content")
}

/// The shipped stories with all that belongs to them.
pub(crate) fn shipped_sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for kind in ContentKind::ALL {
        for entry in std::fs::read_dir(content().join(kind.dir())).unwrap() {
            let path = entry.unwrap().path();
            let id = path.file_stem().unwrap().to_string_lossy().into_owned();
            let file = format!("{}/{id}.json", kind.dir());
            sources.push(Source { kind, id, path: file, text: std::fs::read_to_string(&path).unwrap() });
        }
    }
    sources
}

pub(crate) fn library() -> Library {
    Library::load(sources()).unwrap()
}

/// A new game of the lighthouse, in its first scene, with the player on the jetty.
pub(crate) fn new_state() -> GameState {
    new_game(&library(), &NewGame { scenario: "lighthouse".into(), ..NewGame::default() }).unwrap().0
}

/// A game of the lighthouse set up in `scene`.
pub(crate) fn state_in_scene(scene: &str) -> GameState {
    patched(&StatePatch { scene_name: Some(scene.into()), ..StatePatch::default() })
}

/// A new game of the lighthouse with `changes` made to it.
pub(crate) fn patched(changes: &StatePatch) -> GameState {
    patch(&library(), &new_state(), changes).unwrap()
}

#[test]
fn the_world_of_the_case_with_a_fight_is_the_one_that_the_guide_shows() {
    let world = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/worlds/eel_weir").join(file);
        std::fs::read_to_string(path).unwrap()
    };
    for source in weir_sources() {
        assert_eq!(world(&source.path).trim(), source.text.trim(), "{}", source.path);
    }
}
