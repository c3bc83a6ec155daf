//! The transcripts to the endings of the shipped stories, which are cases of the harness, played here without one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::OfflineNarrator;
use crate::Rehearsal;
use crate::tests::shipped;

#[test]
fn every_ending_has_a_transcript_that_comes_to_it() {
    let (library, scripts) = shipped();
    let narrator = OfflineNarrator::new(library.clone(), scripts);
    let mut reached: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases/stories");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // A run of these cases leaves a directory with its history.
    for path in paths.filter(|path| path.is_file()) {
        let case: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let scenario = case["scenario"].as_str().unwrap();
        let mut game = Rehearsal::new(library.clone(), narrator.clone(), scenario).unwrap();
        let mut ending = Value::Null;
        for step in case["steps"].as_array().unwrap() {
            let said = step["user_prompt"].as_str().unwrap();
            if said != "WAIT_FOR_STORY_EVENT" {
                game.say(said).unwrap();
                ending = step["expect"]["state"]["/ending/id"].clone();
                assert_eq!(step["expect"]["location"], game.state().user_location, "{}: {said}", path.display());
            }
        }
        let is = game.state().ending.as_ref().map(|ending| ending.id.clone()).unwrap_or_default();
        assert_eq!(ending, is, "{}", path.display());
        reached.entry(scenario.to_owned()).or_default().insert(is);
    }
    for (id, scenario) in library.scenarios() {
        let endings: BTreeSet<String> = scenario.endings.keys().cloned().collect();
        assert_eq!(reached.remove(id).unwrap_or_default(), endings, "{id}");
    }
}
