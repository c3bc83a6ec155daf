//! Questions whether something can be done, and what would come of it. The answer says what stands for it or against it, and does nothing.

use crate::reading::clause::Clause;
use crate::reading::sentence::clauses;
use crate::reading::verbs::Verb;
use crate::reading::vocabulary::direction;
use crate::talk::planning;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming;
use crate::world::naming::{from_here, is_abstract, is_or_are, the};
use crate::world::texts;
use crate::world::texts::capital;

/// How such a question begins.
const OPENINGS: &[&str] = &[
    "can i ",
    "could i ",
    "may i ",
    "might i ",
    "should i ",
    "shall i ",
    "must i ",
    "can we ",
    "could we ",
    "should we ",
    "shall we ",
    "do i have to ",
    "do i need to ",
    "do i really have to ",
    "am i allowed to ",
    "am i able to ",
    "is it possible to ",
    "is it ok to ",
    "is it okay to ",
    "is it safe to ",
    "is it wise to ",
    "is it dangerous to ",
    "is it all right to ",
    "is it alright to ",
    "is it allowed to ",
    "is it ok if i ",
    "is it okay if i ",
    "is it all right if i ",
    "is it alright if i ",
    "is it fine if i ",
    "do you mind if i ",
    "would you mind if i ",
    "mind if i ",
    "may we ",
    "will i be able to ",
    "would it be possible to ",
    "what happens when i ",
    "does anything happen if i ",
    "is it a good idea to ",
    "is there a way to ",
    "is there any way to ",
    "is there some way to ",
    "is there another way to ",
    "is there no other way to ",
    "would it help to ",
    "would it be ok to ",
    "what if i ",
    "what if we ",
    "what happens if we ",
    "what would happen if we ",
    "suppose i ",
    "and if i ",
    "what happens if i ",
    "what would happen if i ",
    "what will happen if i ",
    "why can't i ",
    "why shouldn't i ",
];

/// How a question for the way to do something begins.
const HOW: &[&str] = &[
    "how do i ",
    "how can i ",
    "how could i ",
    "how would i ",
    "how should i ",
    "how am i supposed to ",
    "how do we ",
    "how can we ",
    "how do you ",
    "how does one ",
    "how to ",
];

/// The longest deed, in words behind its verb, that is offered as it was asked for.
const LONGEST_OFFER: usize = 6;

impl Telling<'_> {
    /// The answer to `can I take the key?`, `should I knock first?` and `is there a way to open the chest?`; `None` where nothing that is
    /// here is asked about.
    pub(crate) fn possible(&self, text: &str) -> Option<String> {
        if let Some(active) = planning::in_the_active(text) {
            return self.possible(&active);
        }
        let wish = OPENINGS.iter().find_map(|opening| text.strip_prefix(opening))?;
        let wish = wish.strip_suffix(" now").unwrap_or(wish);
        let wish = wish.strip_prefix("just ").or_else(|| wish.strip_prefix("simply ")).unwrap_or(wish);
        let wish = &if text.contains(" if ") { planning::in_the_present(wish) } else { wish.to_owned() };
        let wish = wish.as_str();
        let clause = clauses(wish).into_iter().next().filter(|clause| !clause.is_question)?;
        let verb = clause.verb?;
        if matches!(verb, Verb::Go | Verb::Out | Verb::In | Verb::Back) {
            return Some(self.possible_way(&clause));
        }
        // `can I talk to the person in the cottage?`: whom one does not see, one goes to.
        if verb.is_speech()
            && let Some(way) = wish.rsplit_once(' ').and_then(|(_, last)| self.way_by_name(last))
        {
            return Some(self.look_toward(&way.direction));
        }
        // Who asks whether to jump asks for the way down.
        let down = self.way_by_direction("down").filter(|way| verb == Verb::Jump && way.blocked.is_some());
        if let Some(reason) = down.and_then(|way| way.blocked.as_deref()) {
            return Some(format!("Not that way: {reason} {}", self.ways_out()));
        }
        let noun = clause.objects.first().or(Some(&clause.second)).filter(|noun| !noun.is_empty());
        let found = noun.map_or(Found::Nothing, |noun| self.view.find(noun));
        // Who has it is asked for it, and what is theirs is for them to give.
        let asks_for_a_way = text.starts_with("is there");
        let theirs = matches!(found, Found::Carried(being, _) if !being.is_speechless());
        let says_you = wish.split(' ').any(|word| ["you", "your"].contains(&word));
        if (theirs || says_you) && self.view.speaker().is_some() {
            return asks_for_a_way.then(|| self.hint());
        }
        if verb == Verb::Take
            && let Some(answer) = self.possible_taking(&found)
        {
            return Some(answer);
        }
        // `may I help?`
        if let Some(listener) = self.view.speaker().filter(|_| verb == Verb::Help && clause.written == "help")
            && let Some(taken) = self.remark_taken("let me help", listener)
        {
            return Some(format!("{taken} {}", self.can_be_asked(listener)));
        }
        let is_here = !matches!(found, Found::Nothing | Found::Elsewhere(_));
        // `can I pay later?`
        if let Some(listener) = self.view.speaker().filter(|_| verb == Verb::Trade && !is_here) {
            return Some(self.talk_to(listener, text, Verb::Ask));
        }
        if matches!(verb, Verb::Wait | Verb::Sleep | Verb::Think | Verb::Sing | Verb::Dance) {
            return Some(self.to_be_tried(&clause));
        }
        let is_place = |noun: &str| ["place", "room", "house"].contains(&naming::without_article(noun));
        if matches!(verb, Verb::Look | Verb::Examine) && noun.is_none_or(|noun| is_place(noun)) {
            return Some(self.look());
        }
        // `can I see upstairs?`
        if let Some(toward) =
            noun.and_then(|noun| direction(noun.trim_end_matches(" first"))).filter(|_| verb.is_perception())
        {
            return Some(self.look_toward(toward));
        }
        if verb.is_perception() {
            let is_sought = |noun: &&String| {
                !is_abstract(noun) && matches!(verb, Verb::Look | Verb::Examine) && self.view.speaker().is_none()
            };
            let noun = noun?;
            return is_here
                .then(|| self.describe(noun))
                .or_else(|| Some(noun).filter(is_sought).map(|noun| self.not_here(noun)));
        }
        if let (true, Found::Being(being)) = (verb.is_speech(), &found) {
            return Some(format!("{} is here, and can be spoken to.", capital(&being.call())));
        }
        // What others have to give, they are asked for.
        if self.view.speaker().is_some() && !is_here && noun.is_some() {
            return None;
        }
        let is_thing =
            noun.is_some_and(|noun| !is_abstract(noun) && !noun.starts_with("my ") && direction(noun).is_none());
        if let (false, true, Some(noun)) = (is_here, is_thing && !asks_for_a_way && self.deed(&clause).is_none(), noun)
        {
            return Some(self.not_here(noun));
        }
        let opening = self.to_be_tried(&clause);
        match noun.filter(|_| is_here) {
            Some(noun) => Some(format!("{} {opening}", self.describe(noun))),
            None if asks_for_a_way => Some(self.hint()),
            None => Some(opening),
        }
    }

    /// That the player has only asked, and what they would write to do it.
    fn to_be_tried(&self, clause: &Clause) -> String {
        // What would not be understood is not offered.
        let is_plain = |word: &str| !["you", "your", "where", "that", "instead", "me", "us", ","].contains(&word);
        if !clause.rest.split(' ').all(is_plain) || clause.rest.split(' ').count() > LONGEST_OFFER {
            let lines = [
                "You have only wondered about it so far.",
                "That would have to be seen.",
                "It has not been tried yet.",
                "You think about it, and have not made up your mind.",
                "Perhaps; you have not gone about it yet.",
            ];
            return format!("{} {}", self.view.fresh(&lines), self.could_try());
        }
        let deed = clause.in_words();
        let lines = [
            ("You can try it:", format!("You can try it: write `{deed}`.")),
            ("Nothing has been done yet;", format!("Nothing has been done yet; to try it, write `{deed}`.")),
            ("Nothing speaks against trying:", format!("Nothing speaks against trying: write `{deed}`.")),
            ("That is up to you.", format!("That is up to you. If you mean it, write `{deed}`.")),
            ("Asking changes nothing;", format!("Asking changes nothing; for the deed itself, write `{deed}`.")),
            ("You have only asked.", format!("You have only asked. To go through with it, write `{deed}`.")),
        ];
        self.view.fresh_by_stem(&lines).to_owned()
    }

    /// The answer to `how do I start the metronome?`: what keeps a way closed, or help, and the deed itself where it can be done.
    pub(crate) fn how_to(&self, text: &str) -> Option<String> {
        let wish = HOW.iter().find_map(|opening| text.strip_prefix(opening))?;
        let clause = clauses(wish).into_iter().next().filter(|clause| !clause.is_question)?;
        let verb = clause.verb?;
        if matches!(verb, Verb::Quit | Verb::Undo) {
            return Some(self.idle(&clause, verb));
        }
        if let Some(reason) = self.what_keeps_closed(&clause) {
            return Some(format!("{reason} {}", self.hint()));
        }
        let listener = clause.objects.first().filter(|_| verb.is_speech()).map(|noun| self.view.find(noun));
        if let Some(Found::Being(being)) = listener {
            return Some(format!("You need only begin: write `talk to {}`.", being.name));
        }
        if verb.is_motion() || verb.is_perception() {
            return None;
        }
        if self.deed(&clause).is_some() {
            return Some(format!("{} {}", self.hint(), self.to_be_tried(&clause)));
        }
        let is_at_hand = clause.objects.first().is_some_and(|noun| {
            matches!(self.view.find(noun), Found::Held(_) | Found::Here(_) | Found::Carried(..) | Found::Inside(..))
        });
        is_at_hand.then(|| self.possible(&format!("can i {wish}"))).flatten()
    }

    fn possible_way(&self, clause: &Clause) -> String {
        let place = clause.rest.as_str();
        if place.starts_with("home") && self.way_to_the_end().is_none() {
            return self.no_way("Home is a long way from here, and not by the next door.");
        }
        let by_direction =
            || place.split(' ').find_map(direction).and_then(|direction| self.way_by_direction(direction));
        let way = self.way_by_name(place).or_else(by_direction).or_else(|| self.way_meant(clause, clause.verb?, ""));
        let goal = clause.verb.map(|verb| self.destination(clause, verb)).filter(|goal| !goal.is_empty());
        let is_known = |goal: &str| {
            self.way_by_name(goal).is_some()
                || self.view.find(goal) != Found::Nothing
                || goal == self.view.here.to_lowercase()
        };
        if let Some(goal) = goal.filter(|goal| !is_known(goal) && place.split(' ').find_map(direction).is_none()) {
            return self.first_step_to(&goal).unwrap_or_else(|| self.not_here(&goal));
        }
        // `can I climb through the window?`: what is no way is looked at.
        let climbs = clause.written.starts_with("climb");
        let climbed = self.destination(clause, Verb::Go);
        if climbs
            && matches!(self.view.find(&climbed), Found::Scenery(_))
            && self.way_by_description(&climbed).is_none()
            && place.split(' ').find_map(direction).is_none()
        {
            return format!("{} {}", self.describe(&climbed), self.ways_out());
        }
        // `may I come in?`, inside
        if clause.verb == Some(Verb::In)
            && place.is_empty()
            && self.way_indoors().is_none()
            && let Some(listener) = self.view.speaker()
        {
            let who = capital(&listener.call());
            let lines = [
                ("sends you out again", format!("You are in already, and {who} is not one who sends you out again.")),
                ("raises no hand against it", format!("{who} raises no hand against it: you are in.")),
            ];
            return format!("{} {}", self.view.fresh_by_stem(&lines), self.can_be_asked(listener));
        }
        // `can I walk across the causeway?`, where the reason of a closed way speaks of it
        let last = place.rsplit(' ').next().unwrap_or_default();
        let mut closed = self.view.ways.iter().filter_map(|way| way.blocked.as_deref());
        if let Some(reason) = closed.find(|reason| last.len() > 3 && texts::mentions(reason, last)) {
            return format!("Not that way: {reason} {}", self.ways_out());
        }
        let Some(way) = way else {
            let reasons = self.view.ways.iter().filter_map(|way| way.blocked.as_deref());
            let ways_out = self.ways_out();
            return reasons.chain([ways_out.as_str()]).collect::<Vec<_>>().join(" ");
        };
        match &way.blocked {
            Some(reason) => format!("Not that way: {reason} {}", self.ways_out()),
            None if let Some(refused) = self.not_by_this_manner(clause, way) => refused,
            None => format!("You can: {} {} {}.", the(&way.place), is_or_are(&way.place), from_here(&way.direction)),
        }
    }

    pub(crate) fn possible_taking(&self, found: &Found<'_>) -> Option<String> {
        Some(match found {
            Found::Held(item) => format!("You have {} with you already.", the(item)),
            Found::Here(item) if self.view.is_fixed(item) => {
                format!("{} is part of the place, and not to be carried.", capital(&the(item)))
            }
            Found::Here(item) => {
                let lines = [
                    format!("You can: {} {} here to be taken.", the(item), is_or_are(item)),
                    format!("Nobody keeps you from it: {} {} within your reach.", the(item), is_or_are(item)),
                    format!("You could take {}. It has not been done yet.", the(item)),
                ];
                self.view.fresh(&lines).to_owned()
            }
            Found::Inside(vessel, item) => format!("You can: {} {} in {}.", the(item), is_or_are(item), the(vessel)),
            Found::Carried(being, item) => {
                format!("{} has {}, and you would have to ask.", capital(&being.call()), the(item))
            }
            Found::Scenery(word) => {
                format!("{} {} nothing that you could carry away.", capital(&the(word)), is_or_are(word))
            }
            Found::Being(being) => format!("{} is not to be carried off.", capital(&being.call())),
            _ => return None,
        })
    }
}
