//! Small cards of our own, imported and checked as a story would be.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Becomes, CardImport, Imports, import_card};

/// A card of version 2 with a lorebook.
fn card() -> Value {
    json!({
        "spec": "chara_card_v2",
        "spec_version": "2.0",
        "data": {
            "name": "Mirelle Vane", "description": "{{char}} mends clocks and owes {{user}} a favour.",
            "personality": "dry, exact", "scenario": "A shop full of clocks that disagree.",
            "first_mes": "{{char}} looks up. \"You are late, {{user}}.\"",
            "mes_example": "<START>\n{{user}}: Is it broken?\n{{char}}: It is offended.",
            "creator_notes": "Best at night.", "system_prompt": "Write in French.", "post_history_instructions": "",
            "alternate_greetings": ["Another greeting."], "tags": ["clocks"], "creator": "us", "character_version": "1",
            "extensions": {},
            "character_book": {
                "token_budget": 300, "extensions": {},
                "entries": [
                    { "keys": ["tower clock"], "content": "The tower clock runs backwards.", "enabled": true,
                      "insertion_order": 5, "extensions": {} },
                    { "keys": ["x"], "content": "Off.", "enabled": false, "insertion_order": 1, "extensions": {} },
                    { "keys": [], "content": "It always rains on the hour.", "enabled": true, "constant": true,
                      "insertion_order": 1, "extensions": {} },
                    { "keys": ["/cl(o|u)ck/i"], "content": "By a pattern.", "enabled": true, "insertion_order": 1,
                      "extensions": {} }
                ]
            }
        }
    })
}

/// A picture of one pixel with a text chunk.
fn picture(keyword: &str, text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.add_text_chunk(keyword.to_owned(), text.to_owned()).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0]).unwrap();
    writer.finish().unwrap();
    bytes
}

fn import(directory: &Path, name: &str, bytes: &[u8], change: impl FnOnce(&mut CardImport)) -> miette::Result<Imports> {
    let file = directory.join(name);
    fs::write(&file, bytes).unwrap();
    let mut import = CardImport { file, into: directory.join("content"), becomes: Becomes::Npc, scenario: None };
    change(&mut import);
    import_card(&import)
}

fn read(directory: &TempDir, path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(directory.path().join("content").join(path)).unwrap()).unwrap()
}

fn findings(directory: &TempDir) -> Vec<String> {
    let sources = crate::content::sources(Some(&directory.path().join("content"))).unwrap();
    let library = story::Library::load(sources.clone()).unwrap();
    let mut findings = story::check_sources(&sources);
    findings.extend(story::explore::check(&library, &sources, 1_000));
    findings.iter().map(|finding| format!("{} {}: {}", finding.path, finding.pointer, finding.message)).collect()
}

#[test]
fn a_card_becomes_somebody_to_meet_in_a_story_that_is_valid() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = serde_json::to_vec(&card()).unwrap();
    let imports = import(directory.path(), "card.json", &bytes, |_| {}).unwrap();
    let content = directory.path().join("content");
    let files = ["npcs/mirelle_vane.json", "scenarios/mirelle_vane.json"].map(|file| content.join(file));
    assert_eq!(imports.files, files);

    let npc = read(&directory, "npcs/mirelle_vane.json");
    assert_eq!(npc["description"], "Mirelle Vane mends clocks and owes the player a favour.");
    assert_eq!(npc["disposition"], "dry, exact");
    let hint = npc["contingency_prompts"][0].as_str().unwrap();
    assert!(hint.ends_with("the player: Is it broken?\nMirelle Vane: It is offended."), "{hint}");
    let scenario = read(&directory, "scenarios/mirelle_vane.json");
    assert_eq!(scenario["opening_prompt"], "Mirelle Vane looks up. \"You are late, the player.\"");
    assert_eq!(
        (&scenario["story"], &scenario["lore_budget"]),
        (&json!("A shop full of clocks that disagree."), &json!(300))
    );
    assert_eq!(
        scenario["lore"],
        json!([{ "keys": ["tower clock"], "text": "The tower clock runs backwards.", "priority": 5 }])
    );
    assert_eq!(scenario["contingency_prompts"], json!(["It always rains on the hour."]));
    assert_eq!(findings(&directory), Vec::<String>::new());

    let unused = imports.unused.join("\n");
    for sentence in [
        "`system_prompt` is not used",
        "`alternate_greetings` is not used",
        "`creator_notes` is not used",
        "entry 2 is left out: it is switched off",
        "entry 4 is left out: its keys are regular expressions",
    ] {
        assert!(unused.contains(sentence), "{sentence} is missing in\n{unused}");
    }
    assert!(!unused.contains("post_history_instructions"), "an empty field is nothing: {unused}");
}

#[test]
fn an_imported_story_is_played_offline_to_its_end() {
    let directory = tempfile::tempdir().unwrap();
    import(directory.path(), "card.json", &serde_json::to_vec(&card()).unwrap(), |_| {}).unwrap();
    let library = crate::content::load(Some(&directory.path().join("content"))).unwrap();
    let narrator = narrator::OfflineNarrator::new(library.clone(), std::collections::BTreeMap::default());
    let mut game = narrator::Rehearsal::new(library, narrator, "mirelle_vane").unwrap();
    game.set("took_leave", "true").unwrap();
    game.say("wait").unwrap();
    assert_eq!(game.state().ending.as_ref().map(|ending| ending.id.as_str()), Some("farewell"));
}

#[test]
fn a_picture_holds_a_card_and_version_three_is_preferred() {
    let mut newer = card();
    newer["spec"] = json!("chara_card_v3");
    newer["data"]["nickname"] = json!("Miri");
    let text = |card: &Value| STANDARD.encode(card.to_string());
    for (name, keyword, card, called) in
        [("v2.png", "chara", card(), "Mirelle Vane"), ("v3.png", "ccv3", newer, "Miri")]
    {
        let directory = tempfile::tempdir().unwrap();
        import(directory.path(), name, &picture(keyword, &text(&card)), |_| {}).unwrap();
        let id = called.to_lowercase().replace(' ', "_");
        let npc = read(&directory, &format!("npcs/{id}.json"));
        assert_eq!(npc["name"], "Mirelle Vane");
        assert!(npc["description"].as_str().unwrap().starts_with(called));
    }
}

#[test]
fn a_character_to_play_keeps_what_a_player_has() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = serde_json::to_vec(&card()).unwrap();
    let imports = import(directory.path(), "card.json", &bytes, |import| import.becomes = Becomes::Pc).unwrap();
    assert_eq!(imports.files, [directory.path().join("content/pcs/mirelle_vane.json")]);
    let pc = read(&directory, "pcs/mirelle_vane.json");
    assert_eq!((&pc["name"], &pc["background"]), (&json!("Mirelle Vane"), &json!("dry, exact")));
    assert!(imports.unused.iter().any(|unused| unused.contains("its lore (2 entries) is left out")), "{imports:?}");
}

#[test]
fn a_lorebook_goes_into_a_scenario_and_the_rest_of_that_stays() {
    let directory = tempfile::tempdir().unwrap();
    let content = directory.path().join("content");
    crate::author::create("market", &content).unwrap();
    let before = read(&directory, "scenarios/market.json");
    let book = json!({ "entries": {
        "0": { "uid": 0, "key": ["fish", "eel"], "keysecondary": ["night"], "selective": true, "comment": "Fish",
               "content": "@@depth 4\nFish is sold by the hour.", "order": 100, "disable": false, "useProbability": true,
               "probability": 100 }
    } });
    let bytes = serde_json::to_vec(&book).unwrap();
    let imports =
        import(directory.path(), "book.json", &bytes, |import| import.scenario = Some("market".to_owned())).unwrap();
    let mut after = read(&directory, "scenarios/market.json");
    assert_eq!(
        after["lore"],
        json!([{ "keys": ["fish", "eel"], "text": "Fish is sold by the hour.", "priority": 100 }])
    );
    after.as_object_mut().unwrap().remove("lore");
    assert_eq!(after, before);
    assert_eq!(findings(&directory), Vec::<String>::new());
    let unused = imports.unused.join("\n");
    assert!(unused.contains("entry 1 (Fish): its first keys are enough to bring it up, without night"), "{unused}");
    assert!(unused.contains("`@@depth 4` is not used") && !unused.contains("useProbability"), "{unused}");

    let alone = import(directory.path(), "book.json", &bytes, |_| {}).unwrap_err();
    assert_eq!(alone.to_string(), "a lorebook is a part of a scenario, and none is named");
}

#[test]
fn nothing_is_written_over_a_file_that_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let bytes = serde_json::to_vec(&card()).unwrap();
    let scenarios = directory.path().join("content/scenarios");
    fs::create_dir_all(&scenarios).unwrap();
    fs::write(scenarios.join("mirelle_vane.json"), "mine").unwrap();
    let error = import(directory.path(), "card.json", &bytes, |_| {}).unwrap_err().to_string();
    assert!(error.ends_with("mirelle_vane.json is there already"), "{error}");
    assert!(!directory.path().join("content/npcs/mirelle_vane.json").exists());
    assert_eq!(fs::read_to_string(scenarios.join("mirelle_vane.json")).unwrap(), "mine");
}

#[test]
fn what_is_no_card_is_refused_with_the_reason() {
    let directory = tempfile::tempdir().unwrap();
    let mut broken = picture("chara", &STANDARD.encode(card().to_string()));
    broken.truncate(40);
    for (bytes, reason) in [
        (b"PK\x03\x04".to_vec(), "it is an archive"),
        (b"hello".to_vec(), "it is not JSON"),
        (b"[]".to_vec(), "it is JSON, but no object"),
        (br#"{"title": "x"}"#.to_vec(), "neither a card nor a lorebook"),
        (br#"{"spec": "chara_card_v2", "data": {"name": " "}}"#.to_vec(), "the character has no name"),
        (picture("comment", "x"), "the picture has no card in it"),
        (picture("chara", "?"), "is not base64"),
        (broken, "the picture"),
    ] {
        let error = import(directory.path(), "card", &bytes, |_| {}).unwrap_err();
        let text = format!("{error:?}").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(reason), "{text}");
    }
    assert!(!directory.path().join("content").exists());
}

#[test]
fn a_card_may_say_things_in_odd_types_and_old_ways() {
    let directory = tempfile::tempdir().unwrap();
    let old = json!({ "name": "Bo", "description": null, "personality": 7, "scenario": "", "first_mes": "Hi." });
    import(directory.path(), "bo.json", &serde_json::to_vec(&old).unwrap(), |_| {}).unwrap();
    assert_eq!(read(&directory, "npcs/bo.json"), json!({ "name": "Bo", "disposition": "7" }));
    assert_eq!(findings(&directory), Vec::<String>::new());

    let foreign = json!({ "name": "ミレル", "first_mes": "…" });
    let imports = import(directory.path(), "mirelle.json", &serde_json::to_vec(&foreign).unwrap(), |_| {}).unwrap();
    assert!(imports.files[0].ends_with("npcs/mirelle.json"), "{:?}", imports.files);
    assert_eq!(
        import(directory.path(), "…", "{\"name\": \"…\"}".as_bytes(), |_| {}).unwrap_err().to_string(),
        "the character has no name that can name a file"
    );
}
