//! Which deed of the player an author's rule or a beat of a script speaks of. So a story's own rules work without a script.

use story::rule::Rule;
use story::script::Beat;
use story::{Scenario, fit, words};

use super::naming::is_abstract;
use super::view::View;
use crate::reading::clause::Clause;
use crate::reading::sentence::clauses;
use crate::reading::verbs::{Verb, verbs_of_form};
use crate::reading::vocabulary::{PREPOSITIONS, direction};

/// Whether `clause` is the deed of a rule, here and now.
pub(crate) fn is_done_by(rule: &Rule<'_>, clause: &Clause, view: &View<'_>) -> bool {
    let Some(verb) = clause.verb.filter(|verb| !verb.is_perception()) else { return false };
    // The place that a rule names is where it is done, and not what it is done to.
    let deed = if view.here.is_empty() { words(rule.deed) } else { words(&rule.deed.replace(view.here.as_str(), " ")) };
    let verbs = verbs_of(rule.deed);
    let speaks = verbs.iter().any(|verb| verb.is_speech());
    let is_set_going = verbs.contains(&Verb::Start) && !goes_somewhere(clause);
    let alike = are_alike(verb, &verbs) && (is_set_going || !verbs.contains(&Verb::Start));
    let same_verb = verbs.contains(&verb) || (speaks && verb.is_speech()) || alike;
    if clause.is_question || !same_verb {
        return false;
    }
    let named: Vec<String> = clause.objects.iter().chain([&clause.second]).flat_map(|object| words(object)).collect();
    let names_it = named.iter().any(|word| deed.contains(word) && !is_small(word));
    // Who talks to somebody has not asked them about what the rule speaks of.
    let topic = topic(rule.deed).filter(|_| speaks && verb.is_speech());
    let asks_for_it = topic.is_none_or(|topic| words(&clause.rest).iter().any(|word| topic.contains(word)));
    names_it && asks_for_it && is_possible(rule, view)
}

/// The verbs of a deed: those before what it is done to, or, where none stands there, any.
fn verbs_of(deed: &str) -> Vec<Verb> {
    let words = || deed.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let is_noun = |word: &&str| {
        ["the", "a", "an", "his", "her", "their", "its"].contains(word)
            || word.starts_with(char::is_uppercase)
            || PREPOSITIONS.contains(word)
    };
    let leading: Vec<Verb> = words()
        .take_while(|word| *word == "to" || !is_noun(word))
        .flat_map(|word| verbs_of_form(&word.to_lowercase()))
        .copied()
        .collect();
    if leading.is_empty() {
        words().flat_map(|word| verbs_of_form(&word.to_lowercase())).copied().collect()
    } else {
        leading
    }
}

/// Whether a word names nothing.
fn is_small(word: &str) -> bool {
    PREPOSITIONS.contains(&word)
        || ["and", "or", "out", "up", "down", "off", "it", "her", "him", "them"].contains(&word)
}

/// What a rule of talking is about: `amos`, `bell` of `asks Maud Tolliver about Amos or the bell in the Cottage`.
fn topic(deed: &str) -> Option<Vec<String>> {
    let behind = [" about ", " for "].iter().find_map(|word| Some(deed.split_once(word)?.1))?;
    let topic = [" in ", " on ", " at "].iter().fold(behind, |topic, place| topic.split(place).next().unwrap_or(topic));
    Some(words(topic).into_iter().filter(|word| word != "or" && word != "and").collect())
}

/// Whether what the rule names is at hand: its place is here, its people are here, its items are held or lie here.
fn is_possible(rule: &Rule<'_>, view: &View<'_>) -> bool {
    let Some((_, scenario)) = view.scenario else { return true };
    let scenes = || scenario.scenes.values();
    let says = |name: &str| names_whole(rule.deed, name);
    let mut places = scenario.locations.values().chain(scenes().flat_map(|scene| scene.locations.values()));
    let elsewhere = |name: &str| says(name) && fit(name, &view.here).is_none();
    if places.any(|place| elsewhere(&place.name)) && !says(&view.here) {
        return false;
    }
    let mut people = scenario.npcs.values().chain(scenes().flat_map(|scene| scene.npcs.values()));
    if people.any(|npc| !npc.name.is_empty() && says(&npc.name) && !view.has_being(&npc.name)) {
        return false;
    }
    let lying = scenario
        .locations
        .values()
        .chain(scenes().flat_map(|scene| scene.locations.values()))
        .flat_map(|place| &place.items);
    let mut items = lying.chain(&scenario.opening_inventory).chain(people_items(scenario));
    !items.any(|item| says(item) && !view.holds(item) && !view.has_at_hand(item))
}

fn people_items(scenario: &Scenario) -> impl Iterator<Item = &String> {
    let of_scenes = scenario.scenes.values().flat_map(|scene| scene.npcs.values());
    scenario.npcs.values().chain(of_scenes).flat_map(|npc| &npc.items)
}

fn names_whole(text: &str, name: &str) -> bool {
    let (text, name) = (words(text), words(name));
    !name.is_empty() && text.windows(name.len()).any(|window| window == name)
}

/// Verbs that players use for each other.
fn are_alike(verb: Verb, of: &[Verb]) -> bool {
    const ALIKE: [&[Verb]; 8] = [
        &[Verb::Close, Verb::Lock],
        &[Verb::Give, Verb::Feed, Verb::Show, Verb::Throw],
        &[Verb::Light, Verb::Use, Verb::Show],
        &[Verb::Ring, Verb::Move, Verb::Use],
        &[Verb::Start, Verb::Move, Verb::Set, Verb::Use],
        &[Verb::Repair, Verb::Play, Verb::Ring, Verb::Use],
        &[Verb::Hang, Verb::Use, Verb::Tie],
        &[Verb::Join, Verb::Use],
    ];
    // Who gives or shows a thing has not sold it; who sells it has given it.
    (verb == Verb::Trade && of.contains(&Verb::Give))
        || ALIKE.iter().any(|group| group.contains(&verb) && of.iter().any(|other| group.contains(other)))
}

/// Prepositions after which comes where something is, and not what is meant.
const BESIDE: &[&str] = &["behind", "beside", "near", "under", "by", "around", "between", "over", "across"];

/// Whether `clause` is one of the ways to do `beat`.
pub(crate) fn is_beat(beat: &Beat, clause: &Clause, also: &[String]) -> bool {
    // `the door behind the piano` is no piano.
    let is_beside = !clause.objects.is_empty() && BESIDE.contains(&clause.preposition.as_str());
    let said = if is_beside { words(&clause.objects.join(" ")) } else { words(&clause.rest) };
    let means_nothing = |noun: &String| noun.is_empty() || noun == "it" || is_abstract(noun);
    let is_bare = clause.objects.iter().chain([&clause.second]).all(means_nothing);
    let steals = ["steal", "swipe", "pocket"].contains(&clause.written.as_str());
    beat.does.iter().flat_map(|does| clauses(does)).any(|way| {
        let nouns = words(&way.rest);
        // A way without a noun is meant alone: `sit`, and not `sit on the roof`.
        !clause.is_question
            && (is_bare || !nouns.is_empty())
            && way.verb == clause.verb
            && clause.verb.is_some()
            && (!is_put(clause) || words(&clause.second).iter().any(|noun| nouns.contains(noun)))
            && (clause.verb != Some(Verb::Wear) || way.written.ends_with("off") == clause.written.ends_with("off"))
            && (!nouns.is_empty() || way.verb != Some(Verb::Go) || heading(&way) == heading(clause))
            // Who steals the bell does not take its rope and ring.
            && nouns.iter().all(|noun| said.contains(noun) || (also.contains(noun) && !steals))
    })
}

/// The direction that a clause names: `w` is no way to do what `descend` does.
fn heading(clause: &Clause) -> Option<&'static str> {
    clause.whole.split(' ').find_map(|word| match word {
        "descend" => Some("down"),
        "ascend" => Some("up"),
        word => direction(word),
    })
}

/// How many nouns of `beat` are what `clause` does something to, and not only what it is done with or for.
pub(crate) fn nearness(beat: &Beat, clause: &Clause) -> usize {
    let objects = words(&clause.objects.join(" "));
    let ways = beat.does.iter().flat_map(|does| clauses(does)).filter(|way| way.verb == clause.verb);
    ways.map(|way| words(&way.rest).iter().filter(|noun| objects.contains(noun)).count()).max().unwrap_or_default()
}

/// Whether a thing is put somewhere: where it goes is part of that deed, and it is no other use of the thing.
fn is_put(clause: &Clause) -> bool {
    let puts = ["put", "place", "lay", "set", "stand"].contains(&clause.written.as_str());
    // A key is put in a lock to be used there.
    let lies_there = ["on", "onto", "beside", "under", "by", "near"].contains(&clause.preposition.as_str());
    puts && lies_there && matches!(clause.verb, Some(Verb::Use | Verb::Set)) && !clause.second.is_empty()
}

/// Whether a thing is moved, or put somewhere: then it is not set going.
fn goes_somewhere(clause: &Clause) -> bool {
    !clause.second.is_empty() || clause.verb == Some(Verb::Move)
}

/// Whether `clause` does to a thing of `beat` what players also say for it: `release the pendulum` for pushing it.
pub(crate) fn is_nearly_beat(beat: &Beat, clause: &Clause) -> bool {
    const ALIKE: [&[Verb]; 2] = [&[Verb::Start, Verb::Move, Verb::Set], &[Verb::Repair, Verb::Tie, Verb::Hang]];
    let Some(verb) = clause.verb.filter(|_| !clause.is_question) else { return false };
    let said = words(&clause.objects.join(" "));
    let is_alike = |other: Verb| {
        !(goes_somewhere(clause) && other == Verb::Start)
            && ALIKE.iter().any(|group| group.contains(&verb) && group.contains(&other))
    };
    let is_way = |way: &Clause| {
        let nouns = words(&way.objects.join(" "));
        way.verb.is_some_and(is_alike) && !nouns.is_empty() && nouns.iter().all(|noun| said.contains(noun))
    };
    !beat.set.is_empty() && beat.does.iter().flat_map(|does| clauses(does)).any(|way| is_way(&way))
}

#[cfg(test)]
mod tests {
    use story::rule::read;

    use super::*;

    #[test]
    fn a_deed_is_recognized_by_verb_and_noun_and_asking_is_no_deed() {
        let rule = read("When the player rings the bell on the landing, set bell_rung to true.").unwrap();
        let done = |message: &str| clauses(message).iter().any(|clause| is_done_by(&rule, clause, &View::default()));
        for message in ["ring the bell", "I ring the bell again", "I strike the bell", "pull the bell"] {
            assert!(done(message), "{message}");
        }
        for message in
            ["look at the bell", "what does the bell do?", "can I ring the bell?", "ring for tea", "take the bell"]
        {
            assert!(!done(message), "{message}");
        }
    }

    #[test]
    fn a_thing_that_is_given_or_shown_is_not_sold() {
        let rule = read("When the player clearly decides to keep or sell the moon, set moon_kept to true.").unwrap();
        let done = |message: &str| clauses(message).iter().any(|clause| is_done_by(&rule, clause, &View::default()));
        for message in ["sell the moon", "keep the moon", "I sell the moon to Sorrel"] {
            assert!(done(message), "{message}");
        }
        for message in ["show the moon to Sorrel", "give the moon to Sorrel", "show moon", "throw the moon"] {
            assert!(!done(message), "{message}");
        }
    }

    #[test]
    fn another_direction_is_not_the_way_down() {
        let does = ["descend", "go down", "go ladder"].map(str::to_owned).to_vec();
        let beat = Beat { does, ..Beat::default() };
        let is_done = |message: &str| clauses(message).iter().any(|clause| is_beat(&beat, clause, &[]));
        for message in ["descend", "go down", "go down the ladder"] {
            assert!(is_done(message), "{message}");
        }
        for message in ["go west", "go w", "go north", "go up"] {
            assert!(!is_done(message), "{message}");
        }
    }
}
