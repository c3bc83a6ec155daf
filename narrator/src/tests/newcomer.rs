//! Sentences of players who know neither the story nor the parser, by the kind of answer that they need. Several turns are separated by `|`;
//! the last one is judged.

use crate::tests::Game;

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
pub(super) fn wrong(table: &[(&str, &str, &str, &str, &str)]) -> Vec<String> {
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

pub(super) const MOON: &str = "pawned_moon";
pub(super) const FERRY: &str = "ferry_crossing";
pub(super) const CHAIR: &str = "one_chair_too_many";
pub(super) const PARISH: &str = "drowned_parish";

#[test]
fn what_is_said_to_somebody_present_is_answered_by_them() {
    let wrong = wrong(&[
        (MOON, "pickled_gull", "ask Nan about the moon | what does Nan think about the council?", "", "Nan"),
        (MOON, "mayors_parlour", "hello | ask the mayor who pawned the moon", "", "Mayor Bunt"),
        (MOON, "three_plums", "ask the boy where the moon is", "", "ceiling ! 'Boy"),
        (MOON, "three_plums", "where is the moon? | tell Linus I'll pay for the moon", "", "Linus"),
        (MOON, "mayors_parlour", "be kind to the mayor", "", "Mayor Bunt ! cleaning"),
        (MOON, "mayors_parlour", "tell him I only want to help", "", "Mayor Bunt ! 'Help' | cleaning"),
        (MOON, "mayors_parlour", "ask the mayor to write an apology", "", "Mayor Bunt ! cleaning"),
        (MOON, "three_plums", "could you please tell me about the glass eye", "", "eye ! not for me"),
        (FERRY, "ferry", "Tell her that I am in a hurry", "", "Odile ! 'Hurry"),
        (FERRY, "ferry", "I'm in a hurry", "", "Odile ! 'Hurry"),
        (FERRY, "ferry", "ask Odile about herself", "", "coat ! 'Herself | ferrykeeper. The ferrykeeper"),
        (CHAIR, "long_hall", "tell the lady that I am cold", "", "Mrs Vane ! 'Cold"),
        (CHAIR, "long_hall", "ask her to dance", "", "Mrs Vane ! metronome"),
        (CHAIR, "long_hall", "where is Mrs Vane?", "", "right here"),
        (PARISH, "barge", "ask the man where the lane goes", "", "Ketch ! 'Man"),
        (PARISH, "cottage", "be nice to the old woman", "", "Maud"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_answer_names_the_deed_that_was_wanted() {
    let wrong = wrong(&[
        (FERRY, "landing", "climb the post", "", "climb"),
        (FERRY, "landing", "swim to the other side", "", "swim"),
        (FERRY, "landing", "swim across the river", "", "swim"),
        (FERRY, "landing", "cross the river", "> ferry", ""),
        (FERRY, "landing", "go across the river", "> ferry", ""),
        (FERRY, "ferry", "jump overboard", "", "water | aboard ! thud"),
        (FERRY, "ferry", "jump into the river", "", "water | river ! thud"),
        (FERRY, "ferry", "pay the fare", "- ferry token", "token"),
        (FERRY, "ferry", "pay the ferrywoman", "- ferry token", "token"),
        (FERRY, "ferry", "take me to the far bank", "> far_bank", ""),
        (FERRY, "ferry", "lift the token and look into the water", "", "You lift the ferry token ! already"),
        (MOON, "tide_office", "kick Crake awake", "", "elbow"),
        (MOON, "mayors_parlour", "please write an apology for pawning the moon", "", "write ! cannot see any"),
        (MOON, "mayors_parlour", "climb the portrait", "", "climb"),
        (MOON, "bell_stairs", "take me to the mayor", "> mayors_parlour", ""),
        (CHAIR, "porch", "climb the pillar", "", "climb"),
        (CHAIR, "porch", "write a letter", "", "write"),
        (CHAIR, "long_hall", "take a good look at the chairs", "", "twelve ! good look"),
        (CHAIR, "long_hall", "look arround", "", "tiles"),
        (CHAIR, "long_hall", "play the piano", "", "piano"),
        (PARISH, "barge", "climb the pump", "", "climb"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_question_is_answered_and_not_with_a_look() {
    let fed = r#"{ "user_location": "quay", "vars": { "cat_fed": "true" } }"#;
    let wrong = wrong(&[
        (MOON, "mayors_parlour", "where can I find Hesper?", "", "Net Loft"),
        (MOON, "harbour_square", "what do you know about Madam Grebe?", "", "lends on anything"),
        (MOON, "harbour_square", "who is Madam Grebe?", "", "lends on anything"),
        (MOON, fed, "ask Bosun about the moon | where does he want to go?", "", "Bosun ! Net Loft"),
        (MOON, "tide_office", "look at Crake | what did he stamp?", "", "wake | woken"),
        (MOON, "mayors_parlour", "look at the mayor | what is he hiding?", "", "attic ! well-brushed"),
        (MOON, "tide_office", "whats this story about?", "", "Nine nights ago"),
        (FERRY, "landing", "what is this game about?", "", "traveller"),
        (CHAIR, "long_hall", "why does she count them?", "", "Mrs Vane ! You look at"),
        (PARISH, "cottage", "what does she want me to do about him?", "", "Maud ! You look at"),
        (PARISH, "shingle", "where can I find Ketch?", "", "Barge"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_thing_the_place_and_the_way_that_were_named_are_meant() {
    let market = r#"{ "user_location": "whalebone_gate", "scene_name": "low_market" }"#;
    let wrong = wrong(&[
        (MOON, "mayors_parlour", "exit the house", "> bell_stairs", ""),
        (MOON, "chandlers_lane", "try the rope shop door", "", "shut ! You look east"),
        (MOON, "quay", "look for the captain of one of the boats", "", "captain ! asleep on a train"),
        (MOON, "mayors_attic", "catch the moth", "", "Moth ! reach for the ticket"),
        (MOON, market, "go east | go back to the bay", "> whalebone_gate", ""),
        (CHAIR, "long_hall", "leave the house", "> porch", ""),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

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

#[test]
fn what_depends_on_a_deed_is_kept_for_the_next_turn() {
    let seed = r#"{ "user_location": "net_loft", "user_inventory": ["pawn ticket"] }"#;
    let wrong = wrong(&[(
        MOON,
        seed,
        "show her the ticket and ask for the mud shoes",
        "! ticket_shown",
        "ask for the mud shoes ! Show it to me",
    )]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn looking_at_a_thing_describes_it() {
    let bay = r#"{ "user_location": "bare_bay", "scene_name": "low_market" }"#;
    let wrong = wrong(&[
        (MOON, bay, "look at the whelk", "", "! to your ear"),
        (MOON, bay, "listen to the whelk", "", "ear to the whelk"),
    ]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
