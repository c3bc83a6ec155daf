//! One turn's answer in the making: each clause goes to whoever answers it.

use story::script::Script;

use crate::reading::clause::Clause;
use crate::reading::phrasing::felt;
use crate::reading::verbs::Verb;
use crate::world::found::Found;
use crate::world::naming::the;
use crate::world::view::View;

/// One turn's answer in the making.
pub(crate) struct Telling<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) script: &'a Script,
}

impl<'a> Telling<'a> {
    pub(crate) fn new(view: &'a View<'a>, script: &'a Script) -> Self {
        Self { view, script }
    }

    /// The answer to one clause, and whether the turn is over with it.
    pub(crate) fn answer(&self, clause: &Clause) -> (String, bool) {
        if clause.is_question {
            return (self.remarked(clause).unwrap_or_else(|| self.question(clause)), false);
        }
        if let Some(answer) = self.remarked(clause) {
            return (answer, false);
        }
        if clause.is_refusal() {
            let listener = self.view.speaker().filter(|listener| self.has_words_for(listener, &clause.whole));
            return (
                listener.map_or_else(|| self.not_done(), |listener| self.talk_to(listener, &clause.whole, Verb::Talk)),
                false,
            );
        }
        // `I feel nervous` touches nothing.
        if clause.verb.is_some() && felt(&clause.whole).is_some_and(|state| self.view.find(&state) == Found::Nothing) {
            return (self.stated(clause), false);
        }
        if let Some(text) = self.gestured(clause).or_else(|| self.behaved(clause)) {
            return (text, false);
        }
        // `take the lantern and the bell`: what of them can be taken is taken.
        let lies_here = |noun: &String| matches!(self.view.find(noun), Found::Here(item) if !self.view.is_fixed(item));
        if clause.verb == Some(Verb::Take) && clause.objects.len() > 1 && clause.objects.iter().any(lies_here) {
            return (self.handle(clause, Verb::Take), false);
        }
        if let Some(text) = self.deed(clause) {
            return (text, self.is_more_than_told(clause));
        }
        // `sign it`, where there is one thing to sign
        if clause.written == "sign" && ["it", "with"].contains(&clause.rest.split(' ').next().unwrap_or_default()) {
            let signs = Clause {
                objects: Vec::new(),
                rest: String::new(),
                preposition: String::new(),
                second: String::new(),
                ..clause.clone()
            };
            if let Some(text) = self.deed(&signs) {
                return (text, self.is_more_than_told(&signs));
            }
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
        self.left_behind(clause).unwrap_or_else(|| self.by_verb(clause, verb))
    }

    /// The answer to leaving something that is held, with somebody or where the player is.
    fn left_behind(&self, clause: &Clause) -> Option<(String, bool)> {
        if clause.written != "leave" {
            return None;
        }
        // `leave Crake a note`
        let to_somebody = |words: usize| {
            let first = clause.rest.split(' ').take(words).collect::<Vec<_>>().join(" ");
            clause.rest.split(' ').count() > words && matches!(self.view.find(&first), Found::Being(_))
        };
        if (1..=2).any(to_somebody) {
            let give = Clause { verb: Some(Verb::Give), objects: vec![clause.rest.clone()], ..clause.clone() };
            return Some((self.handle(&give, Verb::Give), false));
        }
        let left = [" on ", " in ", " here", " behind", " ,", " with ", " for "]
            .iter()
            .fold(clause.rest.as_str(), |left, word| left.split(word).next().unwrap_or(left));
        // `leave a note for the boss`
        let is_for = [" for ", " with ", " on "].iter().any(|word| clause.rest.contains(word));
        if !matches!(self.view.find(left), Found::Held(_))
            && is_for
            && ["a ", "an ", "some "].iter().any(|a| left.starts_with(a))
        {
            let write = Clause {
                verb: Some(Verb::Write),
                written: "write".to_owned(),
                objects: vec![left.to_owned()],
                preposition: String::new(),
                second: String::new(),
                rest: left.to_owned(),
                ..clause.clone()
            };
            return Some((self.idle(&write, Verb::Write), false));
        }
        if !matches!(self.view.find(left), Found::Held(_)) {
            return None;
        }
        let drop = Clause { verb: Some(Verb::Drop), objects: vec![left.to_owned()], ..clause.clone() };
        let deed = self.deed(&drop).map(|text| (text, true));
        Some(deed.unwrap_or_else(|| (self.handle(&drop, Verb::Drop), false)))
    }

    /// The answer to a clause by its verb, where nothing of the story and nothing that is here has answered it.
    fn by_verb(&self, clause: &Clause, verb: Verb) -> (String, bool) {
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
                Some(way) if matches!(self.view.find(&clause.rest), Found::Scenery(_)) && !flies(&clause.rest) => {
                    self.take_way(way)
                }
                _ if let Some(way) = self.way_of_a_trail(&clause.rest) => self.take_way(way),
                _ => (self.idle(clause, verb), false),
            },
            Verb::Take | Verb::Drop | Verb::Give | Verb::Feed | Verb::Show | Verb::Throw | Verb::Trade | Verb::Keep => {
                (self.handle(clause, verb), false)
            }
            Verb::Talk | Verb::Ask | Verb::Greet | Verb::Say | Verb::Apologise | Verb::Wake => {
                (self.speak(clause, verb), false)
            }
            Verb::Inventory => (self.inventory(), false),
            Verb::Listen if let Some(text) = self.overheard(clause) => (text, false),
            // Who listens to somebody lets them talk.
            Verb::Listen
                if let Some(Found::Being(being)) = clause.objects.first().map(|noun| self.view.find(noun))
                    && !being.is_speechless() =>
            {
                (self.talk_to(being, "", Verb::Talk), false)
            }
            Verb::Swear => (self.sworn(), false),
            Verb::Conjure => (self.conjured(), false),
            Verb::Manual => (self.manual(), false),
            Verb::Help => match self.view.find(helped(&clause.rest)) {
                Found::Being(being) if clause.written.starts_with("help") => {
                    (self.talk_to(being, &clause.rest, Verb::Greet), false)
                }
                _ => (self.hint(), false),
            },
            _ => (self.idle(clause, verb), false),
        }
    }

    /// The answer to using what lies here and is not held yet with something else.
    fn out_of_hand(&self, clause: &Clause) -> Option<String> {
        let verb = clause.verb?;
        let is_with = !clause.second.is_empty() && matches!(verb, Verb::Use | Verb::Drop | Verb::Open | Verb::Start);
        let noun = if matches!(verb, Verb::Use | Verb::Drop) { clause.objects.first()? } else { &clause.second };
        match self.view.find(noun) {
            Found::Here(item) if is_with && !self.view.is_fixed(item) => {
                Some(format!("You would have to pick up {} first.", the(item)))
            }
            Found::Inside(vessel, item) if is_with => {
                Some(format!("You would have to take {} out of {} first.", the(item), the(vessel)))
            }
            _ => None,
        }
    }
}

/// Whether it is an animal, which is no way that leads anywhere: `follow the gull`, next to the Pickled Gull.
fn flies(noun: &str) -> bool {
    ["gull", "bird", "crow", "owl", "moth", "rat", "mouse", "dog"].iter().any(|animal| noun.ends_with(animal))
}

/// Who is helped: `her` of `her pull the chain`.
fn helped(rest: &str) -> &str {
    let first = rest.split(' ').next().unwrap_or_default();
    // `help the old lady with the nets`
    let person = rest.split(" with ").next().unwrap_or(rest);
    if ["her", "him", "them"].contains(&first) { first } else { person }
}
