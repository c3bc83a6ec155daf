//! Scenarios, player characters, scenes, places and people, as far as a case can name them before it runs.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use story::{ContentKind, Library, Scenario, Source};

use super::{fixed_text, unknown};
use crate::json::{JsonError, Kind, Member, Node, Span};
use crate::{DEFAULT_GAME, Game};

/// The content of directories: read once, however many cases are played with it.
#[derive(Debug, Default)]
pub(crate) struct Libraries {
    directories: Mutex<HashMap<PathBuf, Option<Arc<Library>>>>,
    shipped: OnceLock<Option<Arc<Library>>>,
}

impl Libraries {
    /// The content of a directory. None if it cannot be read or has no scenario: the engine says what is wrong with it.
    pub(crate) fn of(&self, dir: &Path) -> Option<Arc<Library>> {
        let mut known = self.directories.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(dir.to_owned()).or_insert_with(|| library(read(dir).ok()?)).clone()
    }

    /// The content that is in the engine.
    pub(crate) fn shipped(&self) -> Option<Arc<Library>> {
        self.shipped.get_or_init(|| library(fixtures::sources().collect())).clone()
    }
}

fn library(sources: Vec<Source>) -> Option<Arc<Library>> {
    Library::load(sources).ok().filter(|library| library.scenarios().next().is_some()).map(Arc::new)
}

fn source(kind: ContentKind, path: &Path, text: String) -> Source {
    let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Source { kind, id, path: path.display().to_string(), text }
}

/// The files of a directory with content.
pub(crate) fn read(dir: &Path) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for kind in ContentKind::ALL.iter().copied() {
        let files = json_files(&dir.join(kind.dir()))?;
        sources.extend(files.into_iter().map(|(path, text)| source(kind, &path, text)));
    }
    Ok(sources)
}

/// The JSON files of a folder, with their texts; none if it is not there.
pub(crate) fn json_files(folder: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    paths.into_iter().map(|path| std::fs::read_to_string(&path).map(|text| (path, text))).collect()
}

/// Everything that the case names and the content does not have.
pub(crate) fn check(case: &Node, steps: &[Node], games: &[Game], library: &Library) -> Vec<JsonError> {
    let mut found = Vec::new();
    let declared = case.get("games").map_or(&[][..], Node::members).iter().map(|game| &game.value);
    for written in std::iter::once(case).chain(declared) {
        if let Some((id, span)) = fixed_text(written, "scenario").filter(|(id, _)| library.scenario(id).is_none()) {
            found.push(unknown(span, "scenario", id, library.ids(ContentKind::Scenario)));
        }
        if let Some((id, span)) = fixed_text(written, "pc").filter(|(id, _)| library.pc(id).is_none()) {
            found.push(unknown(span, "player character", id, library.ids(ContentKind::Pc)));
        }
    }
    // What a case brings into the world by itself, with a seed or a patch, is there too.
    let mut own = BTreeSet::new();
    std::iter::once(case).chain(steps).for_each(|node| own_places(node, &mut own));
    for step in steps {
        check_step(step, DEFAULT_GAME, games, library, &own, &mut found);
    }
    for (written, game) in seeds(case, games) {
        let Some(scenario) = library.scenario(&game.scenario) else { continue };
        // A seed may call a place or a scene by its name, too, which the engine looks up.
        if let Some((name, span)) = fixed_text(written, "scene_name")
            && !name.is_empty()
            && !scenario.scenes.keys().any(|key| key.eq_ignore_ascii_case(name.trim()))
        {
            found.push(unknown(span, "scene", name, scenario.scenes.keys().map(String::as_str)));
        }
        if let Some((name, span)) = fixed_text(written, "user_location") {
            let named = |place: &story::Location| place.name.trim().eq_ignore_ascii_case(name.trim());
            let known = places(scenario).any(|(key, place)| key.eq_ignore_ascii_case(name.trim()) || named(place));
            if !known && !own.contains(name) {
                found.push(unknown(span, "location", name, places(scenario).map(|(key, _)| key)));
            }
        }
    }
    found
}

/// The seeds as they are written, with their games.
fn seeds<'a>(case: &'a Node, games: &'a [Game]) -> impl Iterator<Item = (&'a Node, &'a Game)> {
    games.iter().filter_map(move |game| {
        let written = if game.label == DEFAULT_GAME { Some(case) } else { case.get("games")?.get(&game.label) };
        Some((written?.get("seed_game_state")?, game))
    })
}

/// Every place of a scenario, with those that only some of its scenes have.
fn places(scenario: &Scenario) -> impl Iterator<Item = (&str, &story::Location)> {
    let scenes = scenario.scenes.values().flat_map(|scene| &scene.locations);
    scenario.locations.iter().chain(scenes).map(|(key, place)| (key.as_str(), place))
}

fn text(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn own_places(node: &Node, own: &mut BTreeSet<String>) {
    // What is expected brings nothing into the world.
    for member in node.members().iter().filter(|member| member.key != "expect") {
        if matches!(member.key.as_str(), "locations" | "npcs" | "vars") {
            own.extend(member.value.members().iter().map(|place| place.key.clone()));
        }
        // A name that the model tries is no slip where the case expects that nothing came of it.
        match member.key.as_str() {
            "npc_id" => own.extend(text(&member.value)),
            "set_vars" => own.extend(member.value.items().iter().filter_map(|var| text(var.get("name")?))),
            _ => {}
        }
        own_places(&member.value, own);
    }
    node.items().iter().for_each(|item| own_places(item, own));
}

fn check_step(
    step: &Node,
    game: &str,
    games: &[Game],
    library: &Library,
    own: &BTreeSet<String>,
    found: &mut Vec<JsonError>,
) {
    let label = fixed_text(step, "game").map_or(game, |(label, _)| label);
    let children = step.get("parallel").into_iter().flat_map(Node::items);
    let actors = step.get("actors").into_iter().flat_map(Node::members).flat_map(|actor| actor.value.items());
    for child in children.chain(actors) {
        check_step(child, label, games, library, own, found);
    }
    let scenario = games.iter().find(|game| game.label == label).and_then(|game| library.scenario(&game.scenario));
    let Some(scenario) = scenario else { return };
    let expect = step.get("expect");
    // The step's own game is meant only if no label names a request of another one.
    if expect.is_some_and(|expect| expect.get("request").is_some()) {
        return;
    }
    let world = World { scenario, own };
    for member in expect.map_or(&[][..], Node::members) {
        found.extend(world.check_expectation(member));
    }
    for capture in step.get("capture").map_or(&[][..], Node::members) {
        if let Some(Node { span, kind: Kind::String(pointer) }) = capture.value.get("state") {
            found.extend(world.check_pointer(pointer, span).err());
        }
    }
}

/// What a game has: that of its scenario, and what the case brings into it.
struct World<'a> {
    scenario: &'a Scenario,
    own: &'a BTreeSet<String>,
}

impl World<'_> {
    /// What an expectation names and the game does not have.
    fn check_expectation(&self, expectation: &Member) -> Vec<JsonError> {
        let Member { key, value, .. } = expectation;
        let inner = value.members().iter();
        let found: Vec<Result<(), JsonError>> = match (key.as_str(), &value.kind) {
            ("location", Kind::String(name)) => vec![self.check_place(name, &value.span)],
            ("scene_name", Kind::String(name)) => vec![self.check_scene(name, &value.span)],
            ("vars", _) => inner.map(|var| self.check_var(&var.key, &var.key_span)).collect(),
            ("state", _) => inner.map(|place| self.check_pointer(&place.key, &place.key_span)).collect(),
            ("npc_locations", _) => inner
                .flat_map(|npc| {
                    let place = match &npc.value.kind {
                        Kind::String(name) if !name.is_empty() => self.check_place(name, &npc.value.span),
                        _ => Ok(()),
                    };
                    [self.check_npc(&npc.key, &npc.key_span), place]
                })
                .collect(),
            _ => Vec::new(),
        };
        found.into_iter().filter_map(Result::err).collect()
    }

    /// The name in a pointer such as `/vars/bell_rung`. One that is not there makes null and `none` hold whatever happens.
    fn check_pointer(&self, pointer: &str, span: &Span) -> Result<(), JsonError> {
        let mut tokens = pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~"));
        let (Some(of), Some(name)) = (tokens.next(), tokens.next()) else { return Ok(()) };
        match of.as_str() {
            _ if name == "*" => Ok(()),
            "vars" => self.check_var(&name, span),
            "npcs" => self.check_npc(&name, span),
            "locations" => self.check_place(&name, span),
            _ => Ok(()),
        }
    }

    fn check_place(&self, key: &str, span: &Span) -> Result<(), JsonError> {
        let is_there = self.has(key) || self.scenario.definitions_of_location(key).next().is_some();
        if is_there {
            Ok(())
        } else {
            Err(unknown(span.clone(), "location", key, places(self.scenario).map(|(key, _)| key)))
        }
    }

    fn check_scene(&self, key: &str, span: &Span) -> Result<(), JsonError> {
        let scenes = &self.scenario.scenes;
        let is_there = key.is_empty() || key.contains('{') || scenes.contains_key(key);
        if is_there { Ok(()) } else { Err(unknown(span.clone(), "scene", key, scenes.keys().map(String::as_str))) }
    }

    fn check_var(&self, name: &str, span: &Span) -> Result<(), JsonError> {
        let is_there = self.has(name) || self.scenario.knows_var(name);
        if is_there { Ok(()) } else { Err(unknown(span.clone(), "variable", name, self.scenario.declared_vars())) }
    }

    fn check_npc(&self, key: &str, span: &Span) -> Result<(), JsonError> {
        let Scenario { npcs, scenes, .. } = self.scenario;
        let mut people = npcs.keys().chain(scenes.values().flat_map(|scene| scene.npcs.keys())).map(String::as_str);
        let is_there = self.has(key) || people.clone().any(|known| known == key);
        if is_there { Ok(()) } else { Err(unknown(span.clone(), "NPC", key, &mut people)) }
    }

    /// Whether the case itself brings it into the world, or a run fills the name.
    fn has(&self, name: &str) -> bool {
        name.contains('{') || self.own.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Content;
    use crate::parse::{Reading, Shared, parse_with};
    use crate::profile::Profile;

    /// What is found in a case, by the text that it points at.
    fn found(text: &str) -> Vec<String> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/content");
        let profile = Profile::story_engine();
        let reading = Reading { content: Content::Directory(dir), ..Reading::of(&profile) };
        let errors = parse_with(text, Path::new("cases/x.json"), &reading, &Shared::default());
        errors.err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_the_content_does_not_have_is_found_where_it_is_named() {
        let errors = found(
            r#"{"name": "x", "scenario": "ferry_crossing", "pc": "clasic", "games": {"b": {"scenario": "pawned_mon"}},
                "seed_game_state": {"user_location": "landng", "scene_name": "crosing"},
                "steps": [
                  {"user_prompt": "a", "expect": {"location": "fery", "scene_name": "crossin",
                                                  "vars": {"bell_rang": null},
                                                  "npc_locations": {"odille": "ferry", "odile": "lnding"}}},
                  {"expect": {"state": {"/vars/bell_rang": {"$ne": "true"}, "/npcs/odille/location": null,
                                        "/npcs/*/location": "x", "/locations/fery/name": null}},
                   "capture": {"a": {"state": "/vars/bell_rang"}}},
                  {"parallel": [{"user_prompt": "a", "expect": {"location": "quay"}}]}]}"#,
        );
        let parts = [
            (1, "there is no player character `clasic`"),
            (1, "there is no scenario `pawned_mon`"),
            (2, "there is no location `landng`"),
            (2, "there is no scene `crosing`"),
            (4, "there is no location `fery`"),
            (4, "there is no scene `crossin`"),
            (5, "there is no variable `bell_rang`"),
            (6, "there is no NPC `odille`"),
            (6, "there is no location `lnding`"),
            (7, "there is no variable `bell_rang`"),
            (7, "there is no NPC `odille`"),
            (8, "there is no location `fery`"),
            (9, "there is no variable `bell_rang`"),
            (10, "there is no location `quay`"),
        ];
        assert_eq!(errors.len(), parts.len(), "{errors:#?}");
        for (error, (line, part)) in errors.iter().zip(parts) {
            assert!(error.starts_with(&format!("cases/x.json:{line}:")) && error.ends_with(part), "{error}\n{part}");
        }
    }

    #[test]
    fn names_that_are_right_or_not_known_yet_are_left_alone() {
        for text in [
            r#"{"name": "x", "scenario": "ferry_crossing", "seed_game_state": {"vars": {"mine": "1"}},
                "steps": [{"user_prompt": "a", "expect": {"vars": {"bell_rung": null, "mine": {"$ne": "2"}}}}]}"#,
            r#"{"name": "x", "scenario": "Ferry Crossing.json", "seed_game_state": {"user_location": "Chain Ferry"},
                "steps": [{"user_prompt": "a", "expect": {"location": "{where}", "npc_locations": {"odile": ""}}}]}"#,
            r#"{"name": "x", "scenario": "ferry_crossing",
                "seed_game_state": {"user_location": "raft", "locations": {"raft": {"name": "Raft"}}},
                "steps": [{"user_prompt": "a", "expect": {"location": "raft"}}]}"#,
            r#"{"name": "x", "scenario": "ferry_crossing",
                "model": {"entries": [{"reply": {"json": {"npc_events": [{"npc_id": "godot"}], "set_vars": [{"name": "wrung", "value": "1"}]}}}]},
                "steps": [{"user_prompt": "a", "expect": {"state": {"/npcs/godot": null, "/vars/wrung": null}}}]}"#,
            r#"{"name": "x", "scenario": "ferry_crossing", "games": {"b": {"scenario": "pawned_moon"}},
                "steps": [{"game": "b", "user_prompt": "a", "expect": {"location": "quay"}}]}"#,
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_case_of_the_go_engine_is_left_to_its_engine() {
        let go = r#"{"name": "x", "scenario": "pirat.json", "seed_game_state": {}, "steps": [{"user_prompt": "a"}]}"#;
        assert_eq!(found(go), Vec::<String>::new());
    }
}
