//! Sentences of players who know neither the story nor the parser, by the kind of answer that they need. Several turns are separated by `|`;
//! the last one is judged.

use super::tests::Game;

/// Plays the turns of `sentences` at `place`; the last answer, with what its turn did.
fn played(scenario: &str, seed: &str, sentences: &str) -> (String, Vec<String>) {
    let seed = if seed.starts_with('{') {
        serde_json::from_str(seed).unwrap()
    } else {
        serde_json::json!({ "user_location": seed })
    };
    let mut game = Game::seeded(scenario, seed);
    let answer = sentences.split('|').map(|sentence| game.say(sentence.trim())).last().unwrap_or_default();
    (answer, game.deeds.into_iter().collect())
}

/// What is wrong with the answers: each must have one of the parts before `!`, if there are any, and none of those behind it.
fn wrong(table: &[(&str, &str, &str, &str, &str)]) -> Vec<String> {
    let parts =
        |list: &str| list.split('|').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let judge = |(scenario, seed, sentences, deeds, says): &(&str, &str, &str, &str, &str)| {
        let (answer, done) = played(scenario, seed, sentences);
        let (must, never) = says.split_once('!').unwrap_or((says, ""));
        let (must, never): (Vec<String>, Vec<String>) = (parts(must), parts(never));
        let is_right = done == parts(deeds) as Vec<String>
            && (must.is_empty() || must.iter().any(|part| answer.contains(part)))
            && !never.iter().any(|part| answer.contains(part));
        (!is_right).then(|| format!("{scenario}: {sentences}: {done:?} {answer}"))
    };
    table.iter().filter_map(judge).collect()
}

const MOON: &str = "pawned_moon";
const FERRY: &str = "ferry_crossing";
const CHAIR: &str = "one_chair_too_many";
const PARISH: &str = "drowned_parish";

#[test]
fn a_pronoun_means_what_was_named_last_by_either_side() {
    let plums = "three_plums";
    let wrong = wrong(&[
        (
            MOON,
            "quay",
            "go back to the pub and get the kipper | go east | take it",
            "",
            "kipper ! Bosun is | Bosun would",
        ),
        (MOON, plums, "how much for the concertina? | take it", "+ unclaimed concertina", ""),
        (
            MOON,
            plums,
            "how much for the concertina? | take it and play a tune",
            "+ unclaimed concertina",
            "chord | tune",
        ),
        (MOON, plums, "hello | take it", "", "! Linus Grebe goes | Linus Grebe would"),
        (MOON, "chandlers_lane", "ask the keeper why the light is out | give her the lamp", "", "not here"),
        (MOON, "harbour_square", "where is the cat? | ask the cat to come with me", "", "Bosun is not here"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

