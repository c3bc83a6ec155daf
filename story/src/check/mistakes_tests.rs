//! Thirty-six mistakes that authors make, each in a copy of a shipped story: it is found, at its place, with what to do about it.

use serde_json::{Value, json};

use super::*;
use crate::testing::{content, shipped_sources as sources};

const STORY: &str = "drowned_parish";

/// Stands for the narrator, which knows verbs.
fn is_deed(does: &str) -> bool {
    !does.starts_with("frobnicate")
}

/// What is found in the story after its text was changed, and in the story as it is shipped not.
fn found_after(change: impl FnOnce(String) -> String) -> Vec<Finding> {
    let mut sources = sources();
    let story = sources.iter().position(|source| source.id == STORY && source.kind == ContentKind::Scenario).unwrap();
    let known = check_sources(&sources);
    assert!(known.is_empty(), "what is shipped has no mistakes: {known:#?}");
    sources[story].text = change(std::mem::take(&mut sources[story].text));
    check_sources(&sources)
}

/// What is found in the story's script after its text was changed.
fn found_in_script_after(change: impl FnOnce(String) -> String) -> Vec<Finding> {
    let library = Library::load(sources()).unwrap();
    let text = std::fs::read_to_string(content().join(format!("offline/{STORY}.json"))).unwrap();
    assert_eq!(check_script(&library, STORY, "offline/drowned_parish.json", &text, is_deed), []);
    check_script(&library, STORY, "offline/drowned_parish.json", &change(text), is_deed)
}

/// Sets the field `key` of what `pointer` points to; `null` takes it away.
fn with(pointer: &'static str, key: &'static str, value: Value) -> impl FnOnce(String) -> String {
    move |text| {
        let mut story: Value = serde_json::from_str(&text).unwrap();
        let parent = story.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}"));
        if let (Some(list), Ok(index)) = (parent.as_array_mut(), key.parse::<usize>()) {
            list[index] = value;
        } else if value.is_null() {
            parent.as_object_mut().unwrap().remove(key);
        } else {
            parent[key] = value;
        }
        story.to_string()
    }
}

fn replaced(from: &'static str, to: &'static str) -> impl FnOnce(String) -> String {
    move |text| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    }
}

/// A change, the place of the mistake, and parts of what is said of it and of its remedy.
type Mistake = (Box<dyn FnOnce(String) -> String>, &'static str, &'static str, &'static str);

fn mistake(
    change: impl FnOnce(String) -> String + 'static,
    pointer: &'static str,
    message: &'static str,
    help: &'static str,
) -> Mistake {
    (Box::new(change), pointer, message, help)
}

fn assert_found(mistakes: Vec<Mistake>, find: impl Fn(Box<dyn FnOnce(String) -> String>) -> Vec<Finding>) {
    let mut missed = Vec::new();
    for (change, pointer, message, help) in mistakes {
        let findings = find(change);
        let is_it = |finding: &Finding| {
            finding.pointer == pointer
                && finding.message.contains(message)
                && finding.help.as_deref().is_some_and(|said| said.contains(help))
        };
        if !findings.iter().any(is_it) {
            missed.push(format!("{pointer}: {message} ({help}), but: {findings:#?}"));
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn a_name_that_is_written_wrong_is_found_where_it_stands_with_the_right_one() {
    let above = "/scenes/above/conditionals";
    assert_found(
        vec![
            mistake(
                with("/locations/shingle/exits", "east", json!("bareg")),
                "/locations/shingle/exits/east",
                "no scene has a location `bareg`",
                "`barge`",
            ),
            mistake(
                with("/npcs/maud", "location", json!("cotage")),
                "/npcs/maud/location",
                "no scene has a location",
                "`cottage`",
            ),
            mistake(with("", "narrator_id", json!("hushed")), "/narrator_id", "there is no narrator", "`hush`"),
            mistake(
                with("", "default_pc", json!("hard_hat_driver")),
                "/default_pc",
                "there is no PC",
                "`hard_hat_diver`",
            ),
            mistake(with("", "opening_scene", json!("abov")), "/opening_scene", "no scene `abov`", "`above`"),
            mistake(
                with("/npcs/ketch", "template_id", json!("harbor_cat")),
                "/npcs/ketch/template_id",
                "no NPC template",
                "`harbour_cat`",
            ),
            mistake(
                with("/scenes/below/conditionals/let_in_by_key/then/scene_change", "to", json!("insied")),
                "/scenes/below/conditionals/let_in_by_key/then/scene_change/to",
                "no scene `insied`",
                "`inside`",
            ),
            mistake(
                with("/scenes/told/conditionals/the_parish_is_rung_out/then", "ending", json!("rungout")),
                "/scenes/told/conditionals/the_parish_is_rung_out/then/ending",
                "no ending `rungout`",
                "`rung_out`",
            ),
            mistake(
                with("/scenes/above/conditionals/helmet_on/when", "inventory", json!(["led boots"])),
                "/scenes/above/conditionals/helmet_on/when/inventory/0",
                "exists nowhere",
                "`lead boots`",
            ),
            mistake(
                replaced("set the variable \\\"church_open\\\"", "set the variable \\\"church_opened\\\""),
                "/scenes/below/contingency_rules/0",
                "`church_opened`",
                "`church_open`",
            ),
            mistake(
                with("/scenes/above/conditionals/boots_handed_over/then/item_events/0/from", "name", json!("kech")),
                "/scenes/above/conditionals/boots_handed_over/then/item_events/0/from/name",
                "no scene has an NPC",
                "`ketch`",
            ),
            mistake(
                with("/scenes/above/conditionals/boots_handed_over/then/item_events/0", "action", json!("acquired")),
                "/scenes/above/conditionals/boots_handed_over/then/item_events/0/action",
                "is none of acquire",
                "`acquire`",
            ),
            mistake(
                with("/locations/cottage", "descripton", json!("One room.")),
                "/locations/cottage/descripton",
                "unknown field",
                "`description`",
            ),
            mistake(
                with(
                    above,
                    "helmet_on",
                    json!({ "when": { "locaton": "barge" }, "then": { "scene_change": { "to": "below" } } }),
                ),
                "/scenes/above/conditionals/helmet_on/when/locaton",
                "unknown field",
                "`location`",
            ),
        ],
        found_after,
    );
}

#[test]
fn what_has_the_wrong_form_is_found_with_the_right_one() {
    let diver = "/scenes/told/conditionals/the_diver_goes_up";
    assert_found(
        vec![
            mistake(
                with("/locations/barge", "exits", json!(["west"])),
                "/locations/barge/exits",
                "expected object",
                "braces",
            ),
            mistake(with("/vars", "paper_signed", json!(0)), "/vars/paper_signed", "expected string", "`\"0\"`"),
            mistake(
                with("/locations/barge", "items", json!("winch line")),
                "/locations/barge/items",
                "expected array",
                "brackets",
            ),
            mistake(
                with(diver, "when", json!({ "vars_compare": { "paper_signed": "about 5" } })),
                "/scenes/told/conditionals/the_diver_goes_up/when/vars_compare/paper_signed",
                "not a comparison",
                ">= 5",
            ),
            mistake(
                with("/scenes/above/conditionals/boots_handed_over", "chance", json!(30)),
                "/scenes/above/conditionals/boots_handed_over/chance",
                "from 0 to 1",
                "0.3",
            ),
            mistake(replaced("\"rating\": \"PG\",", "\"rating\": \"PG\""), "", "line 5", "comma"),
            mistake(
                replaced("\"vars\": {", "\"vars\": { \"paper_signed\": \"true\","),
                "/vars/paper_signed",
                "stands twice",
                "take one of them out",
            ),
            mistake(
                with("", "$schema", json!("../../schemas/scenaro.json")),
                "/$schema",
                "no schema of such a file",
                "scenario.schema.json",
            ),
            mistake(
                with("", "includes", json!(["drowned_parish"])),
                "/includes",
                "unknown field",
                "what is known here",
            ),
        ],
        found_after,
    );
}

#[test]
fn what_can_never_be_seen_or_had_or_happen_is_found() {
    let chest = |key: Value| json!({ "contains": ["rusty key", "photograph"], "locked": true, "key": key });
    let with_chest = |key: Value| {
        move |text: String| {
            let text = with("/items", "sea chest", chest(key))(text);
            with("/locations/cottage", "items", json!(["old newspaper", "sea chest"]))(text)
        }
    };
    assert_found(
        vec![
            mistake(
                with("", "opening_prompt", json!("It is half past eight.")),
                "/opening_prompt",
                "no `%s`",
                "put `%s`",
            ),
            mistake(
                with(
                    "/locations",
                    "loft",
                    json!({ "name": "Loft", "description": "Dust.", "exits": { "down": "cottage" } }),
                ),
                "/locations/loft",
                "never reach",
                "an open exit",
            ),
            mistake(
                with("/locations/cottage", "exits", json!({})),
                "/locations/cottage/exits",
                "no way out",
                "give it an exit",
            ),
            mistake(
                with("/npcs/maud", "location", Value::Null),
                "/npcs/maud/location",
                "is nowhere",
                "the key of a location",
            ),
            mistake(
                with("/scenes/told/conditionals", "the_parish_is_rung_out", Value::Null),
                "/endings/rung_out",
                "no conditional comes to",
                "\"ending\": \"rung_out\"",
            ),
            mistake(
                with("/scenes/inside/conditionals/it_is_read", "when", json!({ "vars": { "amos_told": "letter" } })),
                "/scenes/inside/conditionals/it_is_read/when/vars/amos_told",
                "nothing ever sets",
                "contingency rule",
            ),
            mistake(
                with(
                    "/scenes/above/conditionals/boots_handed_over/when/any",
                    "0",
                    json!({ "vars": { "paper_signed": "True" } }),
                ),
                "/scenes/above/conditionals/boots_handed_over/when/any/0/vars/paper_signed",
                "to `True`",
                "contingency rule",
            ),
            mistake(with_chest(json!("rusty key")), "/items/sea chest/key", "in `sea chest` itself", "somewhere else"),
            mistake(with_chest(json!("rusty kee")), "/items/sea chest/key", "exists nowhere", "`rusty key`"),
            mistake(
                with("/locations/cottage", "items", json!(["old newspaper", "winch line"])),
                "/locations/cottage/items",
                "also lies in `barge`",
                "one place",
            ),
            mistake(
                with("", "lore", json!([{ "keys": [], "text": "The valley was valued by the acre." }])),
                "/lore/0/keys",
                "without a key",
                "what it is about",
            ),
            mistake(
                with(
                    "/scenes/below/conditionals",
                    "helmet_on",
                    json!({ "when": { "min_scene_turns": 3 }, "then": { "prompt": "The pump misses a beat." } }),
                ),
                "/scenes/below/conditionals/helmet_on",
                "fires once in a game",
                "no other scene uses",
            ),
            mistake(
                with("/scenes/above/conditionals/helmet_on/then", "prompt", json!("Ketch: down you go.")),
                "/scenes/above/conditionals/helmet_on/then/prompt",
                "a colon",
                "without the colon",
            ),
        ],
        found_after,
    );
}

#[test]
fn what_a_script_of_the_offline_narrator_can_never_say_is_found() {
    assert_found(
        vec![
            mistake(with("/talk/0", "to", json!("Ketsch")), "/talk/0/to", "nobody of the story", "`Ketch`"),
            mistake(with("/talk/0/when", "scene", json!("abov")), "/talk/0/when/scene", "no scene `abov`", "`above`"),
            mistake(
                with("/beats/0/when", "at", json!("barg")),
                "/beats/0/when/at",
                "no scene has a location",
                "`barge`",
            ),
            mistake(
                with("/beats/0", "set", json!({ "paper_singed": "true" })),
                "/beats/0/set/paper_singed",
                "not declared",
                "`paper_signed`",
            ),
            mistake(with("/beats/0", "does", json!(["frobnicate paper"])), "/beats/0/does/0", "no verb", "ring bell"),
            mistake(with("/lore/0", "about", json!([])), "/lore/0/about", "without a topic", "at least one"),
            mistake(with("/talk/0", "abuot", json!(["boots"])), "/talk/0/abuot", "unknown field", "`about`"),
        ],
        found_in_script_after,
    );
    let library = Library::load(sources()).unwrap();
    let script =
        |second: Value| json!({ "talk": [{ "to": "Ketch", "text": ["'Half past eight.'"] }, second] }).to_string();
    let unsaid = check_script(
        &library,
        STORY,
        "s.json",
        &script(json!({ "to": "Ketch", "when": { "at": "barge" }, "text": ["'Nine.'"] })),
        is_deed,
    );
    assert!(
        unsaid.iter().any(|finding| finding.pointer == "/talk/1" && finding.message.contains("never said")),
        "{unsaid:#?}"
    );
    let on_topic = json!({ "to": "Ketch", "about": ["boots"], "text": ["'Sign first.'"] });
    assert_eq!(check_script(&library, STORY, "s.json", &script(on_topic), is_deed), [], "a topic is looked for first");
    let lost = check_script(&library, "drowned_parrish", "s.json", "{}", is_deed);
    assert_eq!(lost[0].help.as_deref(), Some("did you mean `drowned_parish`?"));
}
