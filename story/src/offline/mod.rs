//! The offline narrator: it tells any story without a language model. A small parser reads what the player writes, the world of the
//! prompt says what is here, the author's rules say what comes of a deed, and a story's [`Script`] adds prose.
//!
//! It is called like a model, with the texts of a prompt, and answers like one: a narration, or the delta of a narration. The delta is
//! read off the narration, so that what is told and what happens agree. Looking and asking never change anything.

#[cfg(test)]
mod answers_tests;
mod asking;
mod certain;
mod closed;
mod deed_lines;
mod entries;
mod exclaiming;
mod extract;
mod fighting;
#[cfg(test)]
mod fighting_tests;
#[cfg(test)]
mod first_time_tests;
mod found;
mod going;
mod handling;
mod idle;
mod lines;
mod naming;
mod opening;
#[cfg(test)]
mod opening_tests;
mod phrasing;
pub(crate) mod rules;
mod saying;
mod script;
mod seeing;
mod sentence;
mod spelling;
mod stowing;
mod suggesting;
mod synonyms;
mod talking;
#[cfg(test)]
mod tests;
mod time;
#[cfg(test)]
mod transcript_tests;
mod turn;
#[cfg(test)]
mod turn_tests;
#[cfg(test)]
mod unseen_tests;
#[cfg(test)]
mod varied_tests;
mod verbs;
mod vessels;
mod view;
mod vocabulary;
mod ways;

#[cfg(test)]
pub(crate) use self::tests::shipped;

use std::collections::BTreeMap;

pub use self::script::{Arrival, Beat, Hint, Lore, Moment, Script, Talk, Thing};
use self::sentence::Clause;
use self::verbs::Verb;
use self::view::{View, block};
use crate::content::Library;
use crate::delta::Delta;
use crate::message::ChatMessage;
use crate::world::fit;

/// The beginning of the system text that asks for a summary.
const SUMMARY_OPENING: &str = "You keep the memory of an interactive story";

/// What a prompt has when the game is over.
const IS_OVER: &str = "The story is over.";

/// Whether the offline narrator knows the verb that `does` begins with.
pub(crate) fn knows_deed(does: &str) -> bool {
    sentence::clauses(does).first().is_some_and(|clause| clause.verb.is_some())
}

/// Tells stories without a model.
#[derive(Debug, Clone, Default)]
pub struct OfflineNarrator {
    library: Library,
    scripts: BTreeMap<String, Script>,
}

impl OfflineNarrator {
    /// A narrator of the stories in `library`. `scripts` are found by scenario id.
    #[must_use]
    pub fn new(library: Library, scripts: BTreeMap<String, Script>) -> Self {
        Self { library, scripts }
    }

    /// The answer to a prompt for a narration or a summary.
    #[must_use]
    pub fn narrate(&self, system: &str, messages: &[ChatMessage]) -> String {
        let last = messages.last().map_or("", |message| message.content.as_str());
        if system.starts_with(SUMMARY_OPENING) {
            return summary(last);
        }
        let mut view = View::of_prompt(&self.library, system, messages);
        let default = Script::default();
        let script = view.scenario.and_then(|(id, _)| self.scripts.get(id)).unwrap_or(&default);
        let described = script.things.iter().filter(|thing| thing.when.at.is_some() && thing.when.fits(&view));
        view.described = described.flat_map(|thing| &thing.names).map(String::as_str).collect();
        view.learn_names(script);
        let told = if let Some(event) = block(last, "story_event") {
            let more = script.endings.iter().find(|(part, _)| event.contains(part.as_str()));
            more.map_or_else(|| event.to_owned(), |(_, more)| format!("{event}\n\n{more}"))
        } else {
            let said = block(last, "player").unwrap_or_default();
            Telling::new(&view, script).tell(without_speaker(said))
        };
        let decided = block(last, "decided").map(fighting::decided).filter(|decided| !decided.is_empty());
        let told = decided.map_or(told.clone(), |decided| format!("{decided}\n\n{told}"));
        if last.contains(IS_OVER) { format!("{told}\n\nTHE END") } else { told }
    }

    /// The answer to a prompt for a delta, as JSON of the form that [`delta_schema`](crate::delta_schema) asks for.
    #[must_use]
    pub fn answer_for_delta(&self, system: &str, messages: &[ChatMessage]) -> String {
        in_schema_form(&self.extract(system, messages)).to_string()
    }

    /// The same as a delta.
    #[must_use]
    pub fn extract(&self, system: &str, messages: &[ChatMessage]) -> Delta {
        let last = messages.last().map_or("", |message| message.content.as_str());
        let view = View::of_extraction(&self.library, system, last);
        let (Some(_), Some(narration)) = (block(last, "player"), block(last, "narrator")) else {
            return Delta::default();
        };
        let default = Script::default();
        let script = view.scenario.and_then(|(id, _)| self.scripts.get(id)).unwrap_or(&default);
        extract::delta(&view, script, narration)
    }
}

/// A delta in the form that the extracting model is asked for: every field is there, and variables are a list.
fn in_schema_form(delta: &Delta) -> serde_json::Value {
    let events = delta.item_events.iter().map(|event| {
        let holder = |holder: &Option<crate::HolderRef>| {
            holder.as_ref().map(|holder| serde_json::json!({ "type": holder.kind, "name": holder.name }))
        };
        serde_json::json!({
            "item": event.item, "action": event.action, "from": holder(&event.from), "to": holder(&event.to),
            "consumed": event.consumed
        })
    });
    let vars = delta.set_vars.iter().map(|(name, value)| serde_json::json!({ "name": name, "value": value }));
    let mut answer = serde_json::json!({
        "user_location": delta.user_location, "scene_change": null, "item_events": events.collect::<Vec<_>>(), "npc_events": [],
        "set_vars": vars.collect::<Vec<_>>(), "game_ended": false
    });
    if !delta.attacks.is_empty() {
        answer["attacks"] = serde_json::json!(delta.attacks);
    }
    answer
}

/// What one tries to open by trying it.
const OPENS: &[&str] = &["door", "gate", "lock", "handle", "hatch", "lid", "drawer", "window", "latch", "knob"];

/// The clause as one of playing anything at all.
fn play_something(clause: &Clause) -> Clause {
    Clause {
        verb: Some(Verb::Play),
        objects: vec!["something".to_owned()],
        preposition: String::new(),
        second: String::new(),
        rest: "something".to_owned(),
        ..clause.clone()
    }
}

/// `an apology` of `like an apology`.
fn wished(rest: &str) -> &str {
    ["like ", "want ", "need ", "wish ", "demand ", "to have ", "have "]
        .iter()
        .fold(rest, |rest, word| rest.strip_prefix(word).unwrap_or(rest))
}

fn is_pronoun(noun: &str) -> bool {
    ["him", "her", "it", "them"].contains(&noun)
}

fn last_word(noun: &str) -> String {
    crate::world::words(noun).pop().unwrap_or_default()
}

/// What may follow a direction in a clause without a verb: `up the stairs`, `north to the lane`.
fn named_way(words: &[&str]) -> bool {
    words.first().is_some_and(|word| {
        ["the", "to", "into", "through", "along"].contains(word) || sentence::direction(word).is_some()
    })
}

/// Who is helped: `her` of `her pull the chain`.
fn helped(rest: &str) -> &str {
    let first = rest.split(' ').next().unwrap_or_default();
    if ["her", "him", "them"].contains(&first) { first } else { rest }
}

/// `I ring` of `Ada Finch: I ring`.
fn without_speaker(said: &str) -> &str {
    said.split_once(": ").filter(|(speaker, _)| speaker.len() < 50).map_or(said, |(_, said)| said).trim()
}

/// What the player did, as a list.
fn summary(text: &str) -> String {
    let deeds = text.lines().filter_map(|line| line.strip_prefix("[Player] ")).map(without_speaker);
    let deeds: Vec<_> = deeds.map(|deed| deed.chars().take(80).collect::<String>()).collect();
    format!(
        "What the player did, in order: {}",
        if deeds.is_empty() { "nothing yet.".to_owned() } else { deeds.join("; ") }
    )
}

/// One turn's answer in the making.
struct Telling<'a> {
    view: &'a View<'a>,
    script: &'a Script,
}

impl<'a> Telling<'a> {
    fn new(view: &'a View<'a>, script: &'a Script) -> Self {
        Self { view, script }
    }

    /// The answer to one clause, and whether the turn is over with it.
    fn answer(&self, clause: &Clause) -> (String, bool) {
        if clause.is_question {
            return (self.question(clause), false);
        }
        if clause.is_refusal() {
            return (self.not_done(), false);
        }
        if let Some(text) = self.deed(clause) {
            return (text, self.is_more_than_told(clause));
        }
        if let Some(other) = self.meant_by_it(clause) {
            return self.answer(&other);
        }
        if let Some(text) = self.at_contents(clause) {
            return (text, false);
        }
        if let Some(other) = self.put_otherwise(clause) {
            return self.answer(&other);
        }
        if let Some(text) = self.fight(clause).or_else(|| self.remedy(clause)) {
            return (text, true);
        }
        let tried =
            || self.in_the_dark(clause).or_else(|| self.at_container(clause)).or_else(|| self.at_closed_way(clause));
        if let Some(text) = tried() {
            return (text, false);
        }
        let Some(verb) = clause.verb else { return self.without_verb(clause) };
        if let Some(text) = self.out_of_hand(clause) {
            return (text, false);
        }
        if clause.written == "do" && clause.rest.starts_with("what ") {
            return (self.hint(), false);
        }
        let left = [" on ", " in ", " here", " behind", " ,", " with ", " for "]
            .iter()
            .fold(clause.rest.as_str(), |left, word| left.split(word).next().unwrap_or(left));
        // `leave Crake a note`
        let to_somebody = |words: usize| {
            let first = clause.rest.split(' ').take(words).collect::<Vec<_>>().join(" ");
            clause.rest.split(' ').count() > words && matches!(self.view.find(&first), found::Found::Being(_))
        };
        if clause.written == "leave" && (1..=2).any(to_somebody) {
            let give = Clause { verb: Some(Verb::Give), objects: vec![clause.rest.clone()], ..clause.clone() };
            return (self.handle(&give, Verb::Give), false);
        }
        if clause.written == "leave" && matches!(self.view.find(left), found::Found::Held(_)) {
            let drop = Clause { verb: Some(Verb::Drop), objects: vec![left.to_owned()], ..clause.clone() };
            if let Some(text) = self.deed(&drop) {
                return (text, true);
            }
            return (self.handle(&drop, Verb::Drop), false);
        }
        match verb {
            Verb::Go | Verb::Back | Verb::Out | Verb::In => self.go(clause, verb),
            Verb::Look
                if matches!(clause.rest.as_str(), "" | "me" | "here" | "there" | "again")
                    || ["feel", "grope"].iter().any(|feel| clause.written.starts_with(feel)) =>
            {
                (self.look(), false)
            }
            Verb::Look | Verb::Examine => match self.way_to_explore(clause) {
                Some(way) => self.take_way(way),
                None => (self.examine(clause), false),
            },
            Verb::Follow => match self.way_by_description(&clause.rest) {
                Some(way) if matches!(self.view.find(&clause.rest), found::Found::Scenery(_)) => self.take_way(way),
                _ => (self.idle(clause, verb), false),
            },
            Verb::Take | Verb::Drop | Verb::Give | Verb::Feed | Verb::Show | Verb::Throw | Verb::Trade | Verb::Keep => {
                (self.handle(clause, verb), false)
            }
            Verb::Talk | Verb::Ask | Verb::Greet | Verb::Say | Verb::Apologise | Verb::Wake => {
                (self.speak(clause, verb), false)
            }
            Verb::Inventory => (self.inventory(), false),
            // Who listens to somebody lets them talk.
            Verb::Listen
                if let Some(found::Found::Being(being)) = clause.objects.first().map(|noun| self.view.find(noun))
                    && !being.is_speechless() =>
            {
                (self.talk_to(being, "", Verb::Talk), false)
            }
            Verb::Swear => (self.sworn(), false),
            Verb::Conjure => (self.conjured(), false),
            Verb::Manual => (self.manual(), false),
            Verb::Help => match self.view.find(helped(&clause.rest)) {
                found::Found::Being(being) if clause.written.starts_with("help") => {
                    (self.talk_to(being, &clause.rest, Verb::Greet), false)
                }
                _ => (self.hint(), false),
            },
            _ => (self.idle(clause, verb), false),
        }
    }

    /// What else the clause may say: `put the card in my pocket` takes it, `put the key in the lock` uses it, `try the door` opens it,
    /// `shake the box` moves it, `lift the lid` opens it.
    fn put_otherwise(&self, clause: &Clause) -> Option<Clause> {
        let verb = clause.verb?;
        // `play for them`: it is played, whoever listens.
        if verb == Verb::Play && clause.objects.is_empty() && ["for", "to"].contains(&clause.preposition.as_str()) {
            return Some(play_something(clause));
        }
        let object = clause.objects.first()?;
        let with = |verb: Verb| Some(Clause { verb: Some(verb), ..clause.clone() });
        let found = self.view.find(object);
        let last = crate::world::words(object).pop().unwrap_or_default();
        match verb {
            // `take the path to the church`
            Verb::Take
                if clause.preposition == "to"
                    && ["path", "road", "lane", "way", "stair", "plank"].contains(&last.as_str()) =>
            {
                Some(Clause { rest: clause.second.clone(), objects: Vec::new(), ..with(Verb::Go)? })
            }
            // `push the paper into his hands`
            Verb::Move | Verb::Drop
                if matches!(found, found::Found::Held(_)) && last_word(&clause.second) == "hand" =>
            {
                let owner = clause.second.split(' ').next().unwrap_or_default();
                let person = if owner == "his" { "him" } else { owner.trim_end_matches("'s") };
                Some(Clause {
                    preposition: "to".to_owned(),
                    second: person.to_owned(),
                    rest: format!("{object} to {person}"),
                    ..with(Verb::Give)?
                })
            }
            // `undo the bolt` takes back no turn, `unhook the line` takes it down.
            Verb::Undo if !matches!(found, found::Found::Nothing | found::Found::Elsewhere(_)) => with(Verb::Tie),
            Verb::Tie if clause.written.starts_with("un") && matches!(found, found::Found::Here(_)) => with(Verb::Take),
            // `hold the whelk to my ear` listens to it.
            Verb::Take | Verb::Drop if clause.preposition == "to" && last_word(&clause.second) == "ear" => {
                Some(Clause { preposition: String::new(), second: String::new(), ..with(Verb::Listen)? })
            }
            // A door that a rule speaks of is locked as it is closed.
            Verb::Lock if self.view.vessel_meant(object).is_none() => with(Verb::Close),
            Verb::Drop if ["through", "against", "at"].contains(&clause.preposition.as_str()) => {
                with(Verb::Use).filter(|used| self.deed(used).is_some()).or_else(|| with(Verb::Throw))
            }
            Verb::Drop if ["in", "into", "inside", "on", "onto"].contains(&clause.preposition.as_str()) => {
                let place = crate::world::words(&clause.second).pop().unwrap_or_default();
                let is_own =
                    ["pocket", "bag", "coat", "pack", "satchel", "backpack", "inventory"].contains(&place.as_str());
                if is_own && matches!(found, found::Found::Held(_)) {
                    return with(Verb::Keep);
                }
                if is_own {
                    return Some(Clause { preposition: String::new(), second: String::new(), ..with(Verb::Take)? });
                }
                with(Verb::Use).filter(|used| self.deed(used).is_some())
            }
            Verb::Use if clause.written.starts_with("try") && OPENS.contains(&last.as_str()) => with(Verb::Open),
            // `try the church` goes there.
            Verb::Use
                if clause.written.starts_with("try")
                    && matches!(found, found::Found::Scenery(_) | found::Found::Way(_))
                    && self.way_by_name(object).is_some() =>
            {
                with(Verb::Go)
            }
            // `hear some music`
            Verb::Listen if idle::is_abstract(object) && self.deed(&play_something(clause)).is_some() => {
                Some(play_something(clause))
            }
            // `play middle c`, `play for them`: what is played, and for whom, makes no difference.
            Verb::Play | Verb::Sing
                if clause.written != "play with" && found == found::Found::Nothing && !idle::is_abstract(object) =>
            {
                Some(play_something(clause))
            }
            // `stop ringing`: somebody is told to.
            Verb::Stop if found == found::Found::Nothing && self.view.speaker().is_some() => with(Verb::Talk)
                .map(|told| Clause { objects: Vec::new(), preposition: String::new(), second: String::new(), ..told }),
            // `get Crake to sign something`
            Verb::Take if matches!(found, found::Found::Being(_)) && clause.preposition == "to" => with(Verb::Ask),
            Verb::Wake if !matches!(found, found::Found::Being(_)) => with(Verb::Move),
            Verb::Take if clause.written.starts_with("lift") && matches!(found, found::Found::Scenery(_)) => {
                with(Verb::Open).filter(|opened| self.deed(opened).is_some())
            }
            _ => None,
        }
    }

    /// What the story makes of the deed, if it makes something of it.
    fn deed(&self, clause: &Clause) -> Option<String> {
        let verb = clause.verb?;
        let also = self.other_names(clause);
        let here = || self.script.beats.iter().filter(|beat| beat.when.fits(self.view));
        // Of several, the one that is about what is acted on; of equal ones the first.
        let told = || {
            let fitting = here().filter(|beat| rules::is_beat(beat, clause, &also)).rev();
            fitting.max_by_key(|beat| rules::nearness(beat, clause))
        };
        if let Some(beat) = told().or_else(|| here().find(|beat| rules::is_nearly_beat(beat, clause))) {
            let text = self.view.next(&beat.text);
            // A beat without effect is not told twice in a row; what else is known of the deed is.
            return Some(text.to_owned()).filter(|_| !beat.set.is_empty() || !self.view.is_stale(text));
        }
        if verb.is_perception() {
            return None;
        }
        let rules = self.view.rules();
        let done = rules
            .iter()
            .filter_map(|rule| rules::read(rule))
            .find(|rule| rules::is_done_by(rule, clause, self.view))?;
        // A rule that the script tells, but not at this moment, is not told here either.
        let is_scripted = |beat: &Beat| done.effect.set.iter().any(|(name, value)| beat.set.get(name) == Some(value));
        if self.script.beats.iter().any(is_scripted) {
            let told = self.script.beats.iter().find(|beat| is_scripted(beat) && beat.when.fits(self.view))?;
            return Some(self.view.fresh(&told.text).to_owned());
        }
        let rest = if clause.rest.is_empty() { String::new() } else { format!(" {}", clause.rest) };
        Some(format!("You {}{rest}.", clause.written))
    }

    /// A clause without a verb that is known: a direction, a noun, or nothing that can be understood.
    fn without_verb(&self, clause: &Clause) -> (String, bool) {
        let words: Vec<&str> = clause.rest.split_whitespace().collect();
        let is_direction = words
            .first()
            .is_some_and(|word| sentence::direction(word).is_some() && (words.len() == 1 || named_way(&words[1..])));
        let is_way = self.view.ways.iter().any(|way| way.direction.eq_ignore_ascii_case(&clause.rest));
        if !words.is_empty() && (is_direction || is_way) {
            let go = Clause { verb: Some(Verb::Go), written: "go".to_owned(), ..clause.clone() };
            return self.deed(&go).map_or_else(|| self.go(&go, Verb::Go), |text| (text, true));
        }
        if matches!(words.as_slice(), ["left" | "right" | "ahead" | "straight" | "forward" | "forwards", ..]) {
            return (self.no_way("You would have to say which way, as a compass would."), false);
        }
        // `I want to be paid` is said to everybody present.
        if let Some(listener) = self.view.speaker().filter(|_| clause.wants) {
            if let Some(text) = self.polite_request(&format!("can i have {}", wished(&clause.rest))) {
                return (text, true);
            }
            return (self.talk_to(listener, &clause.rest, Verb::Ask), false);
        }
        if clause.is_statement() {
            return (self.stated(clause), false);
        }
        let named = self.view.find(&clause.rest);
        // The name of a place next door is a wish to go there.
        if let found::Found::Way(way) = &named
            && fit(&way.place, &clause.rest).is_some()
        {
            return self.take_way(way);
        }
        if words.len() <= 4 && fit(&clause.rest, &named.call()).is_some() && named != found::Found::Nothing {
            let look = Clause { verb: Some(Verb::Examine), objects: vec![clause.rest.clone()], ..clause.clone() };
            return (self.examine(&look), false);
        }
        // An unknown verb with a noun that is here.
        if let [verb, noun @ ..] = words.as_slice()
            && !noun.is_empty()
        {
            let found = self.view.find(&noun.join(" "));
            if let found::Found::Elsewhere(name) = &found {
                let call = going::capital(&self.name_with_article(name));
                return (format!("{call} {} not here. {}", naming::is_or_are(name), self.could_try()), false);
            }
            if let found::Found::Being(being) = &found
                && !being.is_speechless()
            {
                return (self.talk_to(being, &clause.rest, Verb::Talk), false);
            }
            if found != found::Found::Nothing {
                let call = found.call();
                let lines = [
                    format!("You would like to {verb} {call}, and find no way to begin."),
                    format!("There is not much to {verb} about {call}."),
                    format!("Nothing would come of trying to {verb} {call}."),
                ];
                return (format!("{} {}", self.view.fresh(&lines), self.could_try()), false);
            }
        }
        // `a pint, please` is said to whoever can bring one.
        if let (Some(listener), ["a" | "an" | "some" | "another" | "two", ..]) = (self.view.speaker(), words.as_slice())
        {
            return (self.talk_to(listener, &clause.rest, Verb::Ask), false);
        }
        (self.at_a_loss("You turn the idea over, and do not see how to begin."), false)
    }

    /// The words of what the nouns of `clause` mean where they are called by another name: `music box` for `the box`.
    fn other_names(&self, clause: &Clause) -> Vec<String> {
        let nouns = clause.objects.iter().chain([&clause.second]).filter(|noun| !noun.is_empty());
        let of_noun = |noun: &String| match self.view.find(noun) {
            found::Found::Scenery(_) => {
                let plain = found::clean(noun);
                let is_meant = |thing: &&Thing| {
                    thing.when.fits(self.view)
                        && thing.names.iter().any(|name| fit(&plain, name) == Some(crate::world::Fit::Whole))
                };
                self.script.things.iter().find(is_meant).map(|thing| thing.names.join(" ")).unwrap_or_default()
            }
            // `feed him`
            found::Found::Being(being) if is_pronoun(noun) => format!("{} {}", being.name, being.kind),
            found @ (found::Found::Held(_) | found::Found::Here(_)) if fit(noun, &found.call()).is_none() => {
                found.call()
            }
            _ => String::new(),
        };
        nouns.flat_map(|noun| crate::world::words(&of_noun(noun))).collect()
    }

    /// Whether a deed does more than tell something: after it, the turn has room for trifles only.
    fn is_more_than_told(&self, clause: &Clause) -> bool {
        let fitting = self
            .script
            .beats
            .iter()
            .find(|beat| beat.when.fits(self.view) && rules::is_beat(beat, clause, &self.other_names(clause)));
        fitting.is_none_or(|beat| !beat.set.is_empty() || !beat.uses_up.is_empty())
    }

    /// The deed that `it` can only mean where nothing was named before: `wind it up` next to a music box that can be wound.
    fn meant_by_it(&self, clause: &Clause) -> Option<Clause> {
        // What ends something is not guessed at.
        let is_guessed = |verb: &Verb| {
            !verb.is_perception() && !verb.is_speech() && !matches!(verb, Verb::Stop | Verb::Attack | Verb::Burn)
        };
        let verb = clause.verb.filter(is_guessed)?;
        let object = clause.objects.first()?;
        let is_it =
            matches!(found::clean(object).as_str(), "it" | "that" | "this" | "the thing" | "that thing" | "this thing");
        if !is_it || self.view.find(object) != found::Found::Nothing {
            return None;
        }
        let beats = self.script.beats.iter().filter(|beat| !beat.set.is_empty() && beat.when.fits(self.view));
        let ways = beats.map(|beat| {
            beat.does
                .iter()
                .flat_map(|does| sentence::clauses(does))
                .find(|way| way.verb == Some(verb) && !way.rest.is_empty())
        });
        let mut ways = ways.flatten();
        let way = ways.next().filter(|_| ways.next().is_none())?;
        Some(Clause { rest: way.rest.clone(), objects: way.objects.clone(), ..clause.clone() })
    }

    /// The answer to using what lies here and is not held yet with something else.
    fn out_of_hand(&self, clause: &Clause) -> Option<String> {
        let verb = clause.verb?;
        let is_with = !clause.second.is_empty() && matches!(verb, Verb::Use | Verb::Drop | Verb::Open | Verb::Start);
        let noun = if matches!(verb, Verb::Use | Verb::Drop) { clause.objects.first()? } else { &clause.second };
        match self.view.find(noun) {
            found::Found::Here(item) if is_with && !self.view.is_fixed(item) => {
                Some(format!("You would have to pick up {} first.", naming::the(item)))
            }
            found::Found::Inside(vessel, item) if is_with => {
                Some(format!("You would have to take {} out of {} first.", naming::the(item), naming::the(vessel)))
            }
            _ => None,
        }
    }
}
