//! One finding per rule, found in the lighthouse with one thing wrong.

use serde_json::{Value, json};

use super::*;
use crate::content::Source;
use crate::testing::sources;

/// The findings in the lighthouse after `change`.
pub(super) fn findings(change: impl FnOnce(&mut Value)) -> Vec<Finding> {
    let mut sources = sources();
    let mut scenario: Value = serde_json::from_str(&sources[0].text).unwrap();
    change(&mut scenario);
    sources[0].text = scenario.to_string();
    check(&Library::load(sources.clone()).unwrap(), &sources)
}

/// Asserts that `change` brings exactly one finding more, and gives it.
pub(super) fn one_more(change: impl FnOnce(&mut Value)) -> Finding {
    let known = findings(|_| {});
    let mut more: Vec<_> = findings(change).into_iter().filter(|finding| !known.contains(finding)).collect();
    assert_eq!(more.len(), 1, "{more:#?}");
    more.remove(0)
}

pub(super) fn set(pointer: &str, key: &str, value: Value) -> impl FnOnce(&mut Value) {
    let (pointer, key) = (pointer.to_owned(), key.to_owned());
    move |scenario| {
        scenario.pointer_mut(&pointer).unwrap()[key] = value;
    }
}

pub(super) fn assert_finding(finding: &Finding, pointer: &str, message: &str, help: &str) {
    assert_eq!(finding.pointer, pointer);
    assert!(finding.message.contains(message), "{finding:?}");
    assert!(finding.help.as_deref().unwrap_or_default().contains(help), "{finding:?}");
}

#[test]
fn the_lighthouse_has_only_the_flaws_that_it_is_meant_to_have() {
    insta::assert_json_snapshot!(findings(|_| {}));
}

#[test]
fn an_unknown_field_is_found_at_any_depth() {
    let finding = one_more(set("/locations/jetty", "discription", json!("x")));
    assert_finding(&finding, "/locations/jetty/discription", "unknown field", "`description`");
    let finding = one_more(set("/scenes/storm/conditionals/answer/then", "set_var", json!({})));
    assert_finding(&finding, "/scenes/storm/conditionals/answer/then/set_var", "unknown field", "`set_vars`");
    let finding = one_more(set("/contingency_prompts/1/when", "location_type", json!("pier")));
    assert_finding(&finding, "/contingency_prompts/1/when/location_type", "unknown field", "");
    assert_eq!(finding.severity, Severity::Error);
}

#[test]
fn a_schema_for_the_editor_is_no_unknown_field() {
    assert_eq!(findings(set("", "$schema", json!("./scenario.schema.json"))), findings(|_| {}));
}

#[test]
fn what_the_opening_names_must_exist() {
    for (field, value, near) in [
        ("opening_location", "jety", "`jetty`"),
        ("opening_scene", "strom", "`storm`"),
        ("narrator_id", "dryy", "`dry`"),
        ("default_pc", "keper", "`keeper`"),
    ] {
        let change = set("", field, json!(value));
        let known = findings(|_| {});
        let found = findings(change)
            .into_iter()
            .find(|finding| !known.contains(finding) && finding.pointer == format!("/{field}"));
        assert_finding(&found.unwrap(), &format!("/{field}"), value, near);
    }
    assert_finding(&one_more(set("", "rating", json!("PG13"))), "/rating", "`PG13` is not a rating", "PG-13");
}

#[test]
fn exits_must_lead_somewhere() {
    let finding = one_more(set("/locations/gallery/exits", "ladder", json!("rof")));
    assert_finding(&finding, "/locations/gallery/exits/ladder", "no scene has a location `rof`", "");
}

#[test]
fn a_condition_that_can_never_hold_is_found() {
    let when = "/scenes/storm/conditionals/answer/when";
    let conditional = "/scenes/storm/conditionals/answer";
    assert_finding(&one_more(set(conditional, "when", json!({}))), when, "an empty `when` never holds", "");
    let finding = one_more(set(conditional, "when", json!({ "not": {} })));
    assert_finding(&finding, &format!("{when}/not"), "an empty `when` never holds", "");
    let finding = one_more(set(conditional, "when", json!({ "min_turns": 5, "turn_counter": 3 })));
    assert_finding(&finding, when, "contradict", "");
    let finding = one_more(set(conditional, "when", json!({ "turn_counter": 0 })));
    assert_finding(&finding, &format!("{when}/turn_counter"), "never 0", "use 1");
    let finding = one_more(set(conditional, "when", json!({ "vars": { "oil": "none" } })));
    assert_finding(&finding, &format!("{when}/vars/oil"), "nothing ever sets `oil` to `none`", "set_vars");
}

#[test]
fn what_a_condition_asks_for_must_exist() {
    let conditional = "/scenes/storm/conditionals/answer";
    for (when, pointer, near) in [
        (json!({ "vars": { "lamp_litt": "true" } }), "vars/lamp_litt", "`lamp_lit`"),
        (json!({ "vars_compare": { "oill": "> 1" } }), "vars_compare/oill", "`oil`"),
        (json!({ "location": "Jetty" }), "location", "`jetty`"),
        (json!({ "any": [{ "npc_locations": { "gul": "jetty" } }] }), "any/0/npc_locations/gul", "`gull`"),
    ] {
        assert_finding(&one_more(set(conditional, "when", when)), &format!("{conditional}/when/{pointer}"), "", near);
    }
}

#[test]
fn a_variable_that_is_named_but_not_declared_is_only_a_warning() {
    let change = |scenario: &mut Value| {
        let scene = &mut scenario["scenes"]["storm"];
        scene["contingency_rules"] = json!(["When the player greets the miller, set met_miller to true."]);
        scene["conditionals"]["answer"]["when"] = json!({ "vars": { "met_miller": "true" } });
    };
    let finding = one_more(change);
    assert_finding(
        &finding,
        "/scenes/storm/conditionals/answer/when/vars/met_miller",
        "no `vars`",
        "to the scenario's",
    );
    assert_eq!(finding.severity, Severity::Warning);
}

#[test]
fn a_text_that_looks_like_an_amount_is_found() {
    let finding = one_more(set(
        "/scenes/rescue/conditionals/saved",
        "then",
        json!({ "set_vars": { "oil": "+1" }, "game_ended": true }),
    ));
    assert_finding(&finding, "/scenes/rescue/conditionals/saved/then/set_vars/oil", "the text `+1`", "`add_vars`");
}

#[test]
fn what_an_effect_refers_to_must_exist() {
    let conditional = "/scenes/rescue/conditionals/arrive";
    for (then, pointer, near) in [
        (json!({}), "", "effect"),
        (json!({ "prompt": " " }), "/prompt", ""),
        (json!({ "set_vars": { "ship_sen": "1" } }), "/set_vars/ship_sen", "`ship_seen`"),
        (json!({ "scene_change": { "to": "strm" } }), "/scene_change/to", "`storm`"),
        (json!({ "scene_change": { "to": "rescue" } }), "/scene_change/to", ""),
        (json!({ "user_location": "lamproom" }), "/user_location", "`lamp_room`"),
        (json!({ "npc_events": [{ "npc_id": "gul" }] }), "/npc_events/0/npc_id", "`gull`"),
        (
            json!({ "npc_events": [{ "npc_id": "mara voss", "set_following": "gul" }] }),
            "/npc_events/0/set_following",
            "`gull`",
        ),
        (
            json!({ "item_events": [{ "item": "x", "action": "give", "to": { "type": "npc" } }] }),
            "/item_events/0/to/name",
            "",
        ),
        (
            json!({ "monster_events": [{ "action": "spawn", "instance_id": "x", "template": "eal", "location": "jetty" }] }),
            "/monster_events/0/template",
            "`eel`",
        ),
        (
            json!({ "monster_events": [{ "action": "despawn", "instance_id": "kraken" }] }),
            "/monster_events/0/instance_id",
            "",
        ),
    ] {
        assert_finding(&one_more(set(conditional, "then", then)), &format!("{conditional}/then{pointer}"), "", near);
    }
}

#[test]
fn people_must_have_a_name_a_place_and_a_template_that_exists() {
    let finding = one_more(set("/npcs", "ghost", json!({ "location": "jetty" })));
    assert_finding(&finding, "/npcs/ghost/name", "neither a name nor a `template_id`", "");
    let finding = one_more(set("/npcs/gull", "location", json!("jety")));
    assert_finding(&finding, "/npcs/gull/location", "", "`jetty`");
    let finding = one_more(set("/scenes/rescue/npcs/pilot", "template_id", json!("pilott")));
    assert_finding(&finding, "/scenes/rescue/npcs/pilot/template_id", "", "`pilot`");
    let finding = one_more(set("/locations/cave/monsters/eel_1", "template_id", json!("eal")));
    assert_finding(&finding, "/locations/cave/monsters/eel_1/template_id", "", "`eel`");
}

#[test]
fn an_item_in_two_places_is_found() {
    let finding = one_more(set("/locations/gallery", "items", json!(["net"])));
    assert_finding(&finding, "/locations/gallery/items", "`net` is also with the NPC `gull`", "one place");
}

#[test]
fn a_direction_that_is_open_and_blocked_is_found() {
    let known = findings(|_| {});
    assert!(
        known
            .iter()
            .any(|finding| finding.pointer == "/locations/jetty/exits/north" && finding.message.contains("closed"))
    );
}

#[test]
fn a_scene_and_a_room_that_nothing_leads_to_are_found() {
    let finding = one_more(set(
        "/scenes",
        "epilogue",
        json!({ "story": "Dawn.", "locations": { "reef": { "name": "Reef", "exits": { "boat": "jetty" } } } }),
    ));
    assert_finding(&finding, "/scenes/epilogue", "nothing ever begins", "scene_change");
    let finding = one_more(set("/locations", "cellar", json!({ "name": "Cellar", "exits": { "up": "jetty" } })));
    assert_finding(&finding, "/locations/cellar", "can never reach", "open exit");
}

#[test]
fn a_name_that_is_not_snake_case_is_found() {
    let finding = one_more(set("/vars", "tideOut", json!("false")));
    assert_finding(&finding, "/vars/tideOut", "not in snake case", "");
}

#[test]
fn a_file_that_is_not_json_is_a_finding_too() {
    let source =
        Source { kind: ContentKind::Pc, id: "Ada Finch".into(), path: "pcs/Ada Finch.json".into(), text: "{".into() };
    let findings = check(&Library::default(), &[source]);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings.iter().any(|finding| finding.message.starts_with("not JSON")));
    assert!(findings.iter().any(|finding| finding.help.as_deref() == Some("rename it to `ada_finch.json`")));
}

#[test]
fn an_error_of_loading_becomes_a_finding() {
    let source = Source { kind: ContentKind::Pc, id: "p".into(), path: "pcs/p.json".into(), text: "3".into() };
    let errors = Library::load([source]).unwrap_err();
    let finding = Finding::from(&errors.0[0]);
    assert_eq!(finding.path, "pcs/p.json");
    assert!(finding.message.starts_with("not a PC"), "{finding:?}");
}

#[test]
fn a_story_that_nothing_ends_is_found() {
    let finding = one_more(set("/scenes/rescue/conditionals/saved", "then", json!({ "prompt": "She lands." })));
    assert_finding(&finding, "/scenes", "nothing ends the story", "game_ended");
}

#[test]
fn an_item_that_exists_nowhere_is_found() {
    let when = json!({ "inventory": ["bouy"], "location": "lamp_room" });
    let finding = one_more(set("/scenes/rescue/conditionals/saved", "when", when));
    assert_finding(&finding, "/scenes/rescue/conditionals/saved/when/inventory/0", "exists nowhere", "`buoy`");
}

#[test]
fn an_id_of_a_story_event_that_two_scenes_use_is_found() {
    let event = json!({ "when": { "min_scene_turns": 3 }, "then": { "prompt": "Again." } });
    let finding = one_more(set("/scenes/rescue/conditionals", "answer", event));
    assert_finding(&finding, "/scenes/storm/conditionals/answer", "never fires", "no other scene");
    assert_eq!(finding.severity, Severity::Error);
}

#[test]
fn an_opening_that_leaves_the_character_out_is_found() {
    let finding = one_more(set("", "opening_prompt", json!("The horn has stopped.")));
    assert_finding(&finding, "/opening_prompt", "left out", "`%s`");
}

#[test]
fn a_colon_that_reads_as_a_speaker_is_found() {
    let then = json!({ "prompt": "Far out: three flashes.", "set_vars": { "beacon_answered": "true" } });
    let finding = one_more(set("/scenes/storm/conditionals/answer", "then", then));
    assert_finding(&finding, "/scenes/storm/conditionals/answer/then/prompt", "reads as somebody speaking", "colon");
}

#[test]
fn a_rule_that_sets_a_variable_of_another_name_is_found() {
    let rules = json!([
        "When the lamp is lit, set the variable \"lamp_litt\" to \"true\".",
        "When it is lit, set lamp_lit to true."
    ]);
    let finding = one_more(set("", "contingency_rules", rules));
    assert_finding(&finding, "/contingency_rules/0", "`lamp_litt`", "`lamp_lit`");
}

#[test]
fn a_value_that_no_rule_sets_is_found() {
    let when = json!({ "vars": { "lamp_lit": "True" }, "location": "lamp_room" });
    let finding = one_more(set("/scenes/storm/conditionals/answer", "when", when));
    assert_finding(
        &finding,
        "/scenes/storm/conditionals/answer/when/vars/lamp_lit",
        "nothing ever sets `lamp_lit` to `True`",
        "",
    );
}

#[test]
fn a_room_without_a_way_out_and_an_item_in_two_rooms_are_found() {
    let finding = one_more(set("/locations/gallery", "exits", json!({})));
    assert_finding(&finding, "/locations/gallery/exits", "no way out", "exit");
    let finding = one_more(set("/locations/gallery", "items", json!(["matches"])));
    assert_finding(&finding, "/locations/lamp_room/items", "also lies in `gallery`", "one place");
}

#[test]
fn a_redefined_room_that_loses_what_a_condition_asks_for_is_found() {
    let finding = one_more(|scenario| {
        scenario["scenes"]["rescue"]["locations"]["jetty"]["items"] = json!([]);
        scenario["scenes"]["rescue"]["conditionals"]["saved"]["when"]["inventory"] = json!(["oar"]);
    });
    assert_finding(&finding, "/scenes/rescue/locations/jetty/items", "gone then", "list it again");
}

#[test]
fn every_wrong_form_of_a_file_is_found_at_once_and_the_other_files_too() {
    let mut sources = sources();
    let mut scenario: Value = serde_json::from_str(&sources[0].text).unwrap();
    scenario["locations"]["jetty"]["items"] = json!("oar");
    scenario["vars"]["oil"] = json!(3);
    scenario["rating"] = json!(["PG"]);
    sources[0].text = scenario.to_string();
    sources[3].text = "{".into();
    let found = check_sources(&sources);
    for (pointer, message) in [
        ("/locations/jetty/items", "expected array, found string"),
        ("/vars/oil", "expected string, found integer"),
        ("/rating", "expected string, found array"),
    ] {
        assert!(found.iter().any(|finding| finding.pointer == pointer && finding.message == message), "{found:#?}");
    }
    assert!(found.iter().any(|finding| finding.path == "monsters/eel.json" && finding.message.starts_with("not JSON")));
}

#[test]
fn a_text_that_varies_is_checked_in_all_its_parts() {
    let part = |part: Value| set("/locations/jetty", "description", json!(["A jetty.", part]));
    assert_eq!(
        findings(part(json!({ "once": true, "text": "New.", "else": [{ "shuffle": ["a", "b"] }] }))),
        findings(|_| {})
    );
    let finding = one_more(part(json!({ "text": "Wet.", "else": "Dry." })));
    assert_finding(&finding, "/locations/jetty/description/1/else", "never read", "");
    let finding = one_more(part(json!({ "when": { "location": "jety" }, "text": "Wet." })));
    assert_finding(&finding, "/locations/jetty/description/1/when/location", "`jety`", "`jetty`");
    let finding = one_more(part(json!({ "shuffle": ["a", " "] })));
    assert_finding(&finding, "/locations/jetty/description/1/shuffle", "blank", "");
}

#[test]
fn what_is_said_of_an_item_belongs_to_one_that_can_be_what_is_asked() {
    let about = |name: &str, item: Value| set("", "items", json!({ name: item }));
    assert_eq!(findings(about("The Oar", json!({ "description": "Split." }))), findings(|_| {}));
    let finding = one_more(about("lantrn", json!({ "description": "Split." })));
    assert_finding(&finding, "/items/lantrn", "no place and nobody has an item `lantrn`", "`lantern`");
    let finding = one_more(about("oar", json!({ "description": [{ "shuffle": ["a", ""] }] })));
    assert_finding(&finding, "/items/oar/description/0/shuffle", "blank", "");
    let fixed = |scenario: &mut Value| {
        scenario["items"] = json!({ "oar": { "fixed": true } });
        scenario["scenes"]["storm"]["conditionals"]["rows"] =
            json!({ "when": { "inventory": ["oar"] }, "then": { "prompt": "Row." } });
    };
    assert_finding(&one_more(fixed), "/items/oar/fixed", "nobody can take it", "hand the item over");
}

#[test]
fn a_container_has_a_key_that_exists_outside_it_and_is_not_in_itself() {
    let with = |items: Value| {
        one_more(move |scenario: &mut Value| {
            scenario["locations"]["jetty"]["items"].as_array_mut().unwrap().extend([json!("chest"), json!("sack")]);
            scenario["items"] = items;
        })
    };
    let chest = |chest: Value| with(json!({ "chest": chest }));
    let locked = json!({ "contains": ["coin"], "locked": true, "key": "iron kee" });
    assert_finding(&chest(locked), "/items/chest/key", "exists nowhere", "");
    let own = json!({ "contains": ["iron key"], "locked": true, "key": "iron key" });
    assert_finding(&chest(own), "/items/chest/key", "is in `chest` itself", "somewhere else");
    let open = json!({ "contains": ["coin"], "key": "oar" });
    assert_finding(&chest(open), "/items/chest/key", "needs no key", "say `locked`");
    let itself = json!({ "contains": ["chest"], "closed": true });
    assert_finding(&chest(itself), "/items/chest/contains/0", "`chest` contains itself", "");
    let each_others = findings(|scenario: &mut Value| {
        scenario["locations"]["jetty"]["items"].as_array_mut().unwrap().extend([json!("chest"), json!("sack")]);
        scenario["items"] = json!({
            "chest": { "contains": ["tin key", "coin"], "locked": true, "key": "iron key" },
            "sack": { "contains": ["iron key"], "locked": true, "key": "tin key" }
        });
    });
    let chain = "`iron key` opens `chest` and is in `sack`, `tin key` opens `sack` and is in `chest`";
    let found = each_others.iter().find(|finding| finding.pointer == "/items/chest/key");
    assert!(found.is_some_and(|finding| finding.message.contains(chain)), "{each_others:#?}");
    let keyless = json!({ "contains": ["coin"], "locked": true });
    assert_finding(&chest(keyless), "/items/chest/locked", "stays locked", "name its `key`");
    let round = findings(|scenario: &mut Value| {
        scenario["locations"]["jetty"]["items"].as_array_mut().unwrap().push(json!("chest"));
        scenario["items"] = json!({ "chest": { "contains": ["sack"] }, "sack": { "contains": ["chest"] } });
    });
    assert!(
        round.iter().any(|finding| finding.message.contains("`chest` is in itself, by way of `sack`")),
        "{round:#?}"
    );
    let twice = json!({ "contains": ["oar"], "closed": true });
    assert_finding(&chest(twice), "/items/chest/contains/0", "also at the location", "one place");
}

#[test]
fn a_dark_place_wants_something_that_gives_light() {
    let dark = |scenario: &mut Value| scenario["locations"]["jetty"]["dark"] = json!(true);
    assert_finding(&one_more(dark), "/locations/jetty/dark", "gives light", "\"lit\": true");
}
