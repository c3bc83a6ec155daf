//! Taking, putting down, giving, showing, throwing, trading.

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::entries::Being;
use crate::world::found::Found;
use crate::world::naming::{a, clean, is_or_are, it_or_them, the, without_article};
use crate::world::texts;
use crate::world::texts::{capital, joined};

/// What a narration of these begins with; the extraction reads the names behind it.
pub(crate) const TAKEN: &str = "You take ";
pub(crate) const DROPPED: &str = "You set down ";
pub(crate) const GIVEN: &str = "You hand ";

impl Telling<'_> {
    pub(crate) fn handle(&self, clause: &Clause, verb: Verb) -> String {
        match verb {
            Verb::Take => self.take(clause),
            Verb::Drop => self.drop(clause),
            Verb::Keep => self.keep(clause),
            _ => self.offer(clause, verb),
        }
    }

    fn take(&self, clause: &Clause) -> String {
        if let Some(lifted) = self.lifted(clause) {
            return lifted;
        }
        let is_all = |noun: &String| {
            let is_some_of_all = ["everything ", "all the things", "anything "].iter().any(|all| noun.starts_with(all));
            is_some_of_all
                || matches!(
                    clean(noun).as_str(),
                    "all" | "everything" | "both" | "it all" | "them all" | "all of it" | "them both" | "things"
                )
        };
        if clause.objects.is_empty() {
            return format!("Take what? {}", self.could_try());
        }
        if clause.objects.iter().any(is_all) {
            let loose = self.view.items.iter().filter(|item| !self.view.is_fixed(item));
            let items: Vec<&str> = loose.map(String::as_str).collect();
            if items.is_empty() {
                return format!("There is nothing here to take. {}", self.could_try());
            }
            return self.taken(&items);
        }
        if let Some(text) = self.taken_unnamed(clause) {
            return text;
        }
        let found: Vec<_> = clause.objects.iter().map(|noun| (noun, self.view.find(noun))).collect();
        // `borrow the shoes` asks for them.
        if let (true, [(noun, Found::Carried(being, _))]) = (clause.written == "borrow", found.as_slice()) {
            return self.talk_to(being, noun, Verb::Ask);
        }
        let mut here: Vec<&str> = Vec::new();
        for (_, found) in &found {
            // Two nouns may mean one thing.
            if let Found::Here(item) = found
                && !self.view.is_fixed(item)
                && !here.contains(item)
            {
                here.push(item);
            }
        }
        let mut sentences = Vec::new();
        if !here.is_empty() {
            sentences.push(self.taken(&here));
        }
        sentences.extend(
            found
                .iter()
                .filter(|(_, found)| !matches!(found, Found::Here(item) if !self.view.is_fixed(item)))
                .map(|(noun, found)| self.not_taken(noun, found)),
        );
        sentences.join(" ")
    }

    /// The answer to `pick it up`, where nothing was named that lies here: what is held is not picked up once more.
    fn taken_unnamed(&self, clause: &Clause) -> Option<String> {
        let [noun] = clause.objects.as_slice() else { return None };
        let is_unnamed = ["it", "that", "this", "them"].contains(&noun.as_str());
        let Found::Held(held) = self.view.find(noun) else { return None };
        let has_said = self.view.said.iter().rev().take(2).any(|said| texts::mentions(said, held));
        let was_taken = self.view.heard.last().is_some_and(|heard| heard.starts_with(TAKEN));
        if !is_unnamed || has_said || was_taken {
            return None;
        }
        let loose: Vec<&str> =
            self.view.items.iter().filter(|item| !self.view.is_fixed(item)).map(String::as_str).collect();
        Some(match loose.as_slice() {
            [only] => self.taken(&[only]),
            [] => format!("There is nothing here that you could pick up. {}", self.could_try()),
            several => {
                let names: Vec<String> = several.iter().map(|item| the(item)).collect();
                format!("You could mean {}. Which one?", joined(&names, "or"))
            }
        })
    }

    fn taken(&self, items: &[&str]) -> String {
        let names: Vec<String> = items.iter().map(|item| the(item)).collect();
        let lines = [
            "It fits your hand as though it had been waiting to be asked.",
            "It is heavier than it looks, as most things are.",
            "Nobody objects.",
            "You feel better equipped, and very slightly responsible.",
            "It may come in useful.",
            "It goes where you can find it again.",
        ];
        let end = if items.len() == 1 { self.view.fresh(&lines) } else { "It makes a good handful." };
        format!("{TAKEN}{}. {end}", joined(&names, "and"))
    }

    fn drop(&self, clause: &Clause) -> String {
        if clause.objects.is_empty() {
            return format!("Put down what? {}", self.inventory());
        }
        if clause.objects.iter().any(|noun| matches!(clean(noun).as_str(), "all" | "everything")) {
            let items: Vec<&str> = self.view.held.iter().map(String::as_str).collect();
            return if items.is_empty() { self.inventory() } else { self.dropped(&items) };
        }
        let found: Vec<_> = clause.objects.iter().map(|noun| self.view.find(noun)).collect();
        let held: Vec<&str> =
            found.iter().filter_map(|found| if let Found::Held(item) = found { Some(*item) } else { None }).collect();
        if held.is_empty() {
            if let Some(Found::Here(item)) = found.first() {
                return format!(
                    "You are not carrying {}. You would have to pick {} up first.",
                    the(item),
                    it_or_them(item)
                );
            }
            let named = found
                .first()
                .filter(|found| **found != Found::Nothing)
                .map_or_else(|| a(without_article(&clean(&clause.objects[0]))), Found::call);
            return format!("You are not carrying {named}. {}", self.inventory());
        }
        self.dropped(&held)
    }

    fn dropped(&self, items: &[&str]) -> String {
        let names: Vec<String> = items.iter().map(|item| the(item)).collect();
        let end = self.view.fresh(&[
            "It looks smaller there.",
            "It will be here if you want it.",
            "You step back, and leave it.",
            "Your hands are freer for it.",
        ]);
        format!("{DROPPED}{}. {end}", joined(&names, "and"))
    }

    fn keep(&self, clause: &Clause) -> String {
        match clause.objects.first().map(|noun| self.view.find(noun)) {
            Some(found @ Found::Held(_)) => {
                format!("You keep {}, and will go on keeping it until you say otherwise.", found.call())
            }
            Some(Found::Here(_)) => self.take(clause),
            Some(found) => format!("{} is not yours to keep. {}", capital(&found.call()), self.could_try()),
            None => self.inventory(),
        }
    }

    /// The answer to what the player wants to be given.
    fn asked_to_be_given(&self, clause: &Clause) -> Option<String> {
        // `give me your shoes` asks for them.
        if clause.rest.starts_with("me ") {
            let listener = self.view.speaker();
            let wish = clause.rest.trim_start_matches("me ");
            // `give me the key`, where nobody is and the key lies
            if listener.is_none() && matches!(self.view.find(wish), Found::Here(item) if !self.view.is_fixed(item)) {
                return Some(self.take(&Clause {
                    objects: vec![wish.to_owned()],
                    written: "take".to_owned(),
                    ..clause.clone()
                }));
            }
            return Some(
                listener.map_or_else(|| self.nobody(), |listener| self.talk_to(listener, &clause.rest, Verb::Ask)),
            );
        }
        // `give them to me`
        if let (true, Some(listener)) = (clause.preposition == "to" && clause.second == "me", self.view.speaker()) {
            let wish = clause.objects.first().map(|noun| self.view.find(noun));
            // Who is meant by `them` may be who has them.
            let item = match wish {
                Some(Found::Being(being)) => being.carries.first().cloned(),
                Some(found) => Some(found.call()),
                None => None,
            };
            return Some(self.talk_to(listener, item.as_deref().unwrap_or(&clause.rest), Verb::Ask));
        }
        None
    }

    /// Giving, showing, throwing and trading: a thing, and whom it is for.
    fn offer(&self, clause: &Clause, verb: Verb) -> String {
        if let Some(answer) = self.asked_to_be_given(clause) {
            return answer;
        }
        // `throw the old man overboard`
        let thrown = clause.objects.first().map(|noun| self.view.find(noun)).filter(|_| verb == Verb::Throw);
        if let Some(Found::Being(being)) = thrown {
            return format!("You look {} up and down, and leave it at that. {}", being.call(), self.could_try());
        }
        // `buy everyone a round` is a matter for whoever sells it.
        let is_for_all = clause
            .objects
            .first()
            .is_some_and(|object| ["everyone", "everybody"].iter().any(|all| object.starts_with(all)));
        if let (true, Some(listener)) = (is_for_all, self.view.speaker()) {
            return self.talk_to(listener, &clause.rest, Verb::Ask);
        }
        let (thing, person) = self.thing_and_person(clause);
        let being = match person.as_deref().map(|noun| (noun, self.view.find(noun))) {
            Some((_, Found::Being(being))) => Some(being),
            Some((noun, Found::Nothing)) => return self.not_here(noun),
            Some((_, Found::Elsewhere(name))) if self.is_person(&name) => return self.absent(&name),
            Some((_, Found::Elsewhere(name))) => {
                return format!("{} is not here. {}", capital(&name), self.could_try());
            }
            _ => match self.view.beings.as_slice() {
                [only] if person.is_none() => Some(only),
                _ => None,
            },
        };
        let money = || {
            self.view
                .held
                .iter()
                .find(|item| ["token", "coin", "money", "purse", "gold"].iter().any(|money| item.contains(money)))
        };
        // `here you go`, to whom takes money
        let hands_over = clause.written.starts_with("here") && clause.rest.is_empty();
        let thing = thing.or_else(|| money().filter(|_| verb == Verb::Trade || hands_over).cloned());
        let Some(thing) = thing else {
            return being.map_or_else(
                || self.at_a_loss("You would have to say what, and to whom."),
                |being| self.talk_to(being, "", Verb::Trade),
            );
        };
        match (self.view.find(&thing), being) {
            (Found::Held(item), Some(being)) => self.offered(item, being, verb, &clause.written),
            (found @ Found::Held(_), None) if verb == Verb::Throw => {
                let lines = [
                    format!("You weigh {} in your hand, and keep it. You may need it yet.", found.call()),
                    format!("You draw back your arm, and think better of it: {} stays with you.", found.call()),
                ];
                self.view.fresh(&lines).to_owned()
            }
            (found @ Found::Held(_), None) => {
                let lines = [
                    "There is nobody here to take an interest.",
                    "Nobody is here to see it.",
                    "You put it away again.",
                ];
                format!("You hold out {}. {} {}", found.call(), self.view.fresh(&lines), self.could_try())
            }
            // What is ordered of somebody need not lie about.
            (Found::Nothing | Found::Elsewhere(_), Some(being)) if verb == Verb::Trade && !being.is_monster => {
                self.talk_to(being, &thing, Verb::Ask)
            }
            (Found::Nothing, _) => self.not_here(&thing),
            (Found::Elsewhere(name), _) => {
                format!(
                    "{} {} not here. {}",
                    capital(&self.name_with_article(&name)),
                    is_or_are(&name),
                    self.could_try()
                )
            }
            (Found::Being(_), Some(being)) => {
                format!("You would have to say what, for {}. {}", being.call(), self.inventory())
            }
            (found @ (Found::Carried(..) | Found::Scenery(_)), Some(being)) if verb == Verb::Trade => {
                let call = found.call();
                let lines = [
                    format!("{} considers the matter of {call}, and makes no offer.", capital(&being.call())),
                    format!("{} does not trade in that.", capital(&being.call())),
                    format!("You would need something that {} wants.", being.call()),
                ];
                format!("{} {}", self.view.fresh(&lines), self.inventory())
            }
            (found @ Found::Scenery(_), None) if verb == Verb::Trade => {
                format!("There is no one here who would sell you {}. {}", found.call(), self.could_try())
            }
            (Found::Here(item), _) if verb == Verb::Trade => {
                format!("{} is there for the taking.", capital(&the(item)))
            }
            (Found::Here(item), _) => format!("You would have to pick up {} first.", the(item)),
            (Found::Inside(vessel, item), _) => {
                format!("You would have to take {} out of {} first.", the(item), the(vessel))
            }
            (found @ (Found::Scenery(_) | Found::Being(_)), _) if verb == Verb::Feed => {
                format!("You have nothing that {} would eat. {}", found.call(), self.inventory())
            }
            (found, _) if verb == Verb::Throw => self.not_taken(&thing, &found),
            (found, _) => format!("{} is not yours to give. {}", capital(&found.call()), self.inventory()),
        }
    }

    fn offered(&self, item: &str, being: &Being, verb: Verb, written: &str) -> String {
        let (who, item_call) = (capital(&being.call()), the(item));
        if being.is_monster {
            return format!("You hold out {item_call}. {who} takes no notice of it. {}", self.could_try());
        }
        match verb {
            Verb::Show => {
                let lines = [
                    "looks at it with polite interest, and hands it back with a look",
                    "glances at it, and then at you",
                    "has seen one before, and says so",
                    "nods, as if that settled something",
                ];
                format!("You show {item_call} to {}. {who} {}.", being.call(), self.view.fresh(&lines))
            }
            Verb::Trade if !["pay", "pay for", "bribe", "tip"].contains(&written) => {
                let lines = [
                    format!("{who} looks at {item_call}, and makes no offer."),
                    format!("{who} has nothing to give you for {item_call}."),
                    format!("'Keep it,' says {who} of {item_call}. 'It is worth more to you.'"),
                ];
                format!("{} {}", self.view.fresh(&lines), self.could_try())
            }
            Verb::Give | Verb::Feed | Verb::Trade if !self.is_needed(item) => {
                let lines = [
                    "It is accepted with a nod.",
                    "It disappears into a pocket.",
                    if being.is_speechless() {
                        "It is looked at, and not for long."
                    } else {
                        "There is a word of thanks."
                    },
                    "It is turned over once, and kept.",
                ];
                format!("{GIVEN}{item_call} to {}. {}", being.call(), self.view.fresh(&lines))
            }
            Verb::Throw => {
                format!("You weigh {item_call} in your hand, look at {}, and think better of it.", being.call())
            }
            _ => {
                let lines = [
                    "You have a feeling that you will be asked for it elsewhere.",
                    "There are things that one does not give away in the middle of a night like this.",
                    "On second thoughts you put it back.",
                    "You may need it yet.",
                ];
                format!("You hold out {item_call} to {}, and hesitate. {}", being.call(), self.view.fresh(&lines))
            }
        }
    }

    /// People have no article.
    pub(crate) fn name_with_article(&self, name: &str) -> String {
        if self.view.person_elsewhere(name).as_deref() == Some(name) { name.to_owned() } else { the(name) }
    }

    /// Whether the story asks for the item later: a condition, a beat or a rule names it.
    fn is_needed(&self, item: &str) -> bool {
        let in_script =
            self.script.beats.iter().any(|beat| {
                beat.when.holding.iter().chain(&beat.uses_up).any(|needed| story::fit(needed, item).is_some())
            });
        let in_rules = self.view.scenario.is_some_and(|(_, scenario)| {
            scenario.conditionals().any(|conditional| conditional.when.inventory.iter().any(|needed| needed == item))
        });
        in_script || in_rules
    }

    /// `give the token to Odile` and `give Odile the token`.
    fn thing_and_person(&self, clause: &Clause) -> (Option<String>, Option<String>) {
        let object = clause.objects.first().cloned();
        let second = Some(clause.second.clone()).filter(|second| !second.is_empty());
        let is_being = |noun: &str| matches!(self.view.find(noun), Found::Being(_));
        match (object, second) {
            (Some(object), None) => {
                let words: Vec<&str> = object.split(' ').collect();
                let article = (1..words.len()).find(|at| ["the", "a", "my", "an", "some"].contains(&words[*at]));
                let split = (1..words.len()).find(|at| {
                    is_being(&words[..*at].join(" ")) && self.view.find(&words[*at..].join(" ")) != Found::Nothing
                });
                match split {
                    Some(at) => (Some(words[at..].join(" ")), Some(words[..at].join(" "))),
                    None if is_being(&object) => (None, Some(object)),
                    None if article.is_some() => {
                        let at = article.unwrap_or_default();
                        (Some(words[at..].join(" ")), Some(words[..at].join(" ")))
                    }
                    None => (Some(object), None),
                }
            }
            // `trade the concertina for the echo` and `pay the keeper with a token`.
            (Some(object), Some(second)) if is_being(&object) => (Some(second), Some(object)),
            (Some(object), Some(_)) if matches!(clause.preposition.as_str(), "for" | "with" | "in" | "into" | "on") => {
                (Some(object), None)
            }
            (object, second) => (object, second),
        }
    }
}
