//! What players write who see a story for the first time, place by place, with what may come of it. The lists were written before the
//! parser was read, and hold what must and must not happen, not prose: how a sentence is answered is a writer's choice, what it does is not.
//!
//! `@ {…}` begins a place: what differs from a new game. Then one sentence a line and, behind a tab, all that the player does with it: `=`
//! nothing, `> place` goes there, `+ item` takes it, `- item` parts with it, `! variable` sets it; `;` joins deeds, `|` separates what
//! may also be. A second tab begins what the answer must speak of: one of the parts between `|`, in small letters or capitals.

use std::collections::BTreeSet;

use crate::tests::{Game, shipped};
use crate::world::texts::sentences;

pub(super) const STORIES: [&str; 3] = ["one_chair_too_many", "drowned_parish", "pawned_moon"];

/// Further lists, by folder. Each was written before the parser was repaired with it.
const LISTS: [&str; 9] = [
    "varied",
    "first_time/1",
    "first_time/2",
    "first_time/3",
    "first_time/4",
    "first_time/5",
    "first_time/6",
    "first_time/7",
    "first_time/8",
];

/// Of these lists, those that have sentences for the sample too.
const WITH_SAMPLE: [&str; 4] = ["first_time/5", "first_time/6", "first_time/7", "first_time/8"];

/// Lists that also say of what an answer must speak.
pub(super) const STRICT: [&str; 7] =
    ["strict/1", "strict/2", "strict/3", "strict/4", "strict/5", "strict/6", "strict/7"];

/// The strict lists: each with its story and its name below `sentences`.
pub(super) fn strict_lists() -> Vec<(&'static str, String)> {
    let stories = || STORIES.into_iter().chain(["ferry_crossing"]);
    STRICT
        .into_iter()
        .flat_map(|list| stories().map(move |scenario| (scenario, format!("{list}/{scenario}"))))
        .collect()
}

/// The further lists: each with its story and its name below `sentences`.
pub(super) fn further_lists() -> Vec<(&'static str, String)> {
    let of_adventures = LISTS.into_iter().flat_map(|list| STORIES.map(|scenario| (scenario, list)));
    let of_sample = WITH_SAMPLE.into_iter().map(|list| ("ferry_crossing", list));
    of_adventures.chain(of_sample).map(|(scenario, list)| (scenario, format!("{list}/{scenario}"))).collect()
}

pub(super) type Deeds = BTreeSet<String>;

/// A place of a list, and its sentences.
pub(super) struct Visit {
    pub(super) seed: serde_json::Value,
    pub(super) sentences: Vec<Sentence>,
}

pub(super) struct Sentence {
    pub(super) text: String,
    /// What it may do.
    pub(super) deeds: Vec<Deeds>,
    /// Of what its answer must speak; anything will do if this is empty.
    pub(super) says: Vec<String>,
}

impl Sentence {
    pub(super) fn is_answered_by(&self, reply: &str) -> bool {
        let reply = reply.to_lowercase();
        self.says.is_empty() || self.says.iter().any(|part| reply.contains(part))
    }
}

/// The list that lies in `sentences` under this name.
pub(super) fn visits_of(scenario: &str) -> Vec<Visit> {
    let path = format!("{}/tests/sentences/{scenario}.txt", env!("CARGO_MANIFEST_DIR"));
    let list = std::fs::read_to_string(path).unwrap();
    let mut visits: Vec<Visit> = Vec::new();
    for line in list.lines() {
        if let Some(seed) = line.strip_prefix("@ ") {
            visits.push(Visit { seed: serde_json::from_str(seed).unwrap(), sentences: Vec::new() });
        } else if let Some((text, expected)) = line.split_once('\t') {
            let (expected, says) = expected.split_once('\t').unwrap_or((expected, ""));
            let deeds =
                |one: &str| one.split(';').map(str::trim).filter(|deed| *deed != "=").map(str::to_owned).collect();
            let says = says.split('|').map(|part| part.trim().to_lowercase()).filter(|part| !part.is_empty());
            visits.last_mut().unwrap().sentences.push(Sentence {
                text: text.to_owned(),
                deeds: expected.split('|').map(deeds).collect(),
                says: says.collect(),
            });
        }
    }
    visits
}

#[test]
fn a_first_sentence_does_what_it_says_and_looking_and_asking_do_nothing() {
    let mut wrong = Vec::new();
    for scenario in STORIES {
        for visit in visits_of(scenario) {
            for Sentence { text: sentence, deeds: expected, .. } in &visit.sentences {
                let mut game = Game::seeded(scenario, visit.seed.clone());
                let reply = game.say(sentence);
                if !expected.contains(&game.deeds) {
                    wrong.push(format!(
                        "{scenario} {}: {sentence}: expected {expected:?}, was {:?}: {reply}",
                        visit.seed["user_location"], game.deeds
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn whoever_only_looks_and_asks_reads_no_stock_line_twice_within_five_turns() {
    const MEMORY: usize = 5;
    let (library, scripts) = shipped();
    let mut wrong = Vec::new();
    for scenario in STORIES {
        // What an author wrote may be read again: the bell looks as it looked.
        let own = format!("{:?}{:?}", library.scenario(scenario), scripts.get(scenario));
        for visit in visits_of(scenario) {
            let mut game = Game::seeded(scenario, visit.seed.clone());
            let mut stock_lines: Vec<Vec<String>> = Vec::new();
            for Sentence { text: sentence, deeds: expected, .. } in &visit.sentences {
                if expected.iter().any(|deeds| !deeds.is_empty()) {
                    continue;
                }
                let answer = game.say(sentence);
                // What the player carries is the same as long as it is the same.
                let is_stock = |line: &&str| !own.contains(*line) && !line.starts_with("You are carrying");
                let stock: Vec<String> =
                    sentences(&answer.replace('\n', " ")).into_iter().filter(is_stock).map(str::to_owned).collect();
                let again =
                    |line: &&String| stock_lines.iter().rev().take(MEMORY).any(|earlier| earlier.contains(line));
                wrong.extend(stock.iter().filter(again).map(|line| format!("{scenario}: {sentence}: {line}")));
                stock_lines.push(stock);
            }
        }
    }
    assert!(wrong.is_empty(), "{} repeated:\n{}", wrong.len(), wrong.join("\n"));
}

/// For reading: every sentence with its answer, or, with `LIST=first_time/5`, those of one list.
/// `cargo nextest run -p story --run-ignored all -E 'test(answers_to_be_read)' --no-capture`
#[test]
#[ignore = "prints what a person should judge"]
fn answers_to_be_read() {
    let wanted = std::env::var("LIST").unwrap_or_default();
    let first = STORIES.map(|scenario| (scenario, scenario.to_owned()));
    for (scenario, list) in
        first.into_iter().chain(further_lists()).chain(strict_lists()).filter(|(_, list)| list.starts_with(&wanted))
    {
        for visit in visits_of(&list) {
            println!("\n## {scenario} {}", visit.seed);
            for sentence in &visit.sentences {
                let mut game = Game::seeded(scenario, visit.seed.clone());
                let reply = game.say(&sentence.text);
                let mark = match (sentence.deeds.contains(&game.deeds), sentence.is_answered_by(&reply)) {
                    (false, _) => 'X',
                    (true, false) => '?',
                    (true, true) => ' ',
                };
                println!("{mark} {}\n      {:?} {}", sentence.text, game.deeds, reply.replace('\n', " / "));
            }
        }
    }
}
