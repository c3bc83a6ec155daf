//! Deeds that the story makes nothing of. Each is answered for what it is: done without consequence, or declined with what is here.

use story::Fit;

use super::deed_lines::{to_nothing, to_senses, to_somebody, to_something};
use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming;
use crate::world::naming::{from_here, is_abstract, is_or_are};
use crate::world::texts::{capital, sentences};

impl Telling<'_> {
    pub(crate) fn idle(&self, clause: &Clause, verb: Verb) -> String {
        let noun =
            clause.objects.first().cloned().or_else(|| Some(clause.second.clone())).filter(|noun| !noun.is_empty());
        let noun = noun.map(|noun| naming::clean(&noun));
        // `count them` counts what was named.
        let noun = noun.map(|noun| match (noun.as_str(), self.view.find(&noun)) {
            ("it" | "them", Found::Scenery(word)) => word,
            _ => noun,
        });
        // `smell that` smells what there is.
        let noun = noun
            .filter(|noun| !(matches!(verb, Verb::Listen | Verb::Smell) && ["that", "this"].contains(&noun.as_str())));
        let found = noun.as_deref().map(|noun| (noun, self.view.find(noun)));
        if verb == Verb::Follow {
            return self.follow(found);
        }
        let (noun, named) = (noun.as_deref(), found.as_ref());
        let special = self
            .about_the_game(clause, verb)
            .or_else(|| self.goes_on_all_the_same(verb, noun))
            .or_else(|| self.lacking(clause, verb, noun))
            .or_else(|| noun.filter(|_| verb == Verb::Stamp).and_then(|noun| self.own_stamped(noun)))
            .or_else(|| self.time_passed(clause, verb, noun))
            .or_else(|| self.worn_or_hidden(clause, verb, named))
            .or_else(|| self.seated(clause, verb, named))
            .or_else(|| {
                noun.filter(|_| clause.written == "jump on" || clause.written == "jump onto")
                    .and_then(|noun| self.stepped_up(noun))
            })
            .or_else(|| self.jumped_down(clause, verb, named))
            .or_else(|| self.not_jumped_in(clause, noun).filter(|_| verb == Verb::Jump))
            .or_else(|| self.not_written(clause, verb, noun))
            .or_else(|| self.done_to_a_place(verb, named))
            .or_else(|| self.done_from_afar(verb, named))
            .or_else(|| self.tuned_from_afar(clause))
            .or_else(|| self.turned_over(clause))
            .or_else(|| self.opened_or_shut(verb, named));
        special.unwrap_or_else(|| self.done_to(clause, verb, found))
    }

    /// What belongs to the playing of the story: to leave it, to take a turn back, a score, the time.
    fn about_the_game(&self, clause: &Clause, verb: Verb) -> Option<String> {
        match verb {
            Verb::Quit if clause.rest.starts_with("my ") => {
                Some(format!("This is no night for giving notice. {}", self.could_try()))
            }
            Verb::Undo => Some(
                "What is done is done, as far as the story goes. Taking turns back, saving and leaving belong to the \
                 program that you play with."
                    .to_owned(),
            ),
            Verb::Quit => Some(
                "The story waits where it is; you can close it and come back. Taking turns back and leaving belong to \
                 the program that you play with."
                    .to_owned(),
            ),
            Verb::Score => Some(format!("Nobody keeps a score here. {}", self.inventory())),
            Verb::Time => Some(self.clock()),
            _ => None,
        }
    }

    /// `stop looking at me`, to who has no words for it.
    fn goes_on_all_the_same(&self, verb: Verb, noun: Option<&str>) -> Option<String> {
        let is_doing =
            noun.and_then(|noun| noun.split(' ').next()).is_some_and(|doing| doing.len() > 4 && doing.ends_with("ing"));
        let being = self.view.beings.first().filter(|_| verb == Verb::Stop && is_doing)?;
        Some(format!("{} {}", self.unmoved(&capital(&being.call())), self.could_try()))
    }

    /// A deed that lacks what it needs.
    fn lacking(&self, clause: &Clause, verb: Verb, noun: Option<&str>) -> Option<String> {
        match verb {
            Verb::Fly => Some(format!("You have no means to {} here. {}", clause.written, self.could_try())),
            Verb::Use | Verb::Set | Verb::Join if noun.is_none() => Some(self.at_a_loss("You would have to say what.")),
            Verb::Stand if noun.is_none() => Some("You are on your feet already.".to_owned()),
            Verb::Eat | Verb::Drink if noun.is_none_or(is_abstract) => {
                Some(format!("You find nothing to {} here. {}", clause.written, self.could_try()))
            }
            _ => None,
        }
    }

    /// Letting time go by.
    fn time_passed(&self, clause: &Clause, verb: Verb, noun: Option<&str>) -> Option<String> {
        let passes = matches!(verb, Verb::Wait | Verb::Sleep | Verb::Think) && !noun.is_some_and(is_own_body);
        passes.then(|| self.alone(verb, &clause.written))
    }

    /// Sitting or standing on what is held, and sitting with somebody.
    fn seated(&self, clause: &Clause, verb: Verb, named: Option<&(&str, Found<'_>)>) -> Option<String> {
        const BESIDE: &[&str] = &["with", "by", "beside", "near", "across", "opposite", "before"];
        match (verb, named) {
            (Verb::Sit | Verb::Stand | Verb::Ride, Some((_, Found::Held(item)))) => {
                Some(format!("You would only flatten {}, and be no better seated.", naming::the(item)))
            }
            (Verb::Sit, Some((_, Found::Being(being))))
                if BESIDE.iter().any(|by| {
                    clause.preposition == *by || clause.rest.starts_with(by) || clause.written.ends_with(by)
                }) =>
            {
                let ends = [
                    "Neither of you says anything.",
                    "It is not a bad silence.",
                    "The time goes by more easily for it.",
                ];
                Some(format!("You sit with {} for a while. {}", being.call(), self.view.fresh(&ends)))
            }
            // `sit down uninvited`
            (Verb::Sit, Some((noun, Found::Nothing))) if !noun.contains(' ') && clause.rest == *noun => {
                Some(self.alone(Verb::Sit, &clause.written))
            }
            // `sit down in a corner`
            (Verb::Sit, Some((noun, Found::Nothing)))
                if ["corner", "floor", "ground", "grass", "dark", "shade", "edge"]
                    .iter()
                    .any(|spot| noun.ends_with(spot)) =>
            {
                Some(self.alone(Verb::Sit, &clause.written))
            }
            (Verb::Sit, Some((_, found @ (Found::Scenery(_) | Found::Here(_)))))
                if clause.written.starts_with("lean") =>
            {
                let lines = [
                    format!("You lean on {} for a while, and nothing hurries you.", found.call()),
                    format!("{} takes your weight, and you have a moment to look about you.", capital(&found.call())),
                ];
                Some(self.view.fresh(&lines).to_owned())
            }
            (Verb::Sit, _) if BESIDE.contains(&clause.preposition.as_str()) => {
                Some(self.alone(Verb::Wait, &clause.written))
            }
            _ => None,
        }
    }

    /// Jumping where there is a way down that is blocked: why it is.
    fn jumped_down(&self, clause: &Clause, verb: Verb, named: Option<&(&str, Found<'_>)>) -> Option<String> {
        let jumps =
            clause.rest.is_empty() || named.is_none_or(|(_, found)| matches!(found, Found::Scenery(_) | Found::Way(_)));
        let is_down = clause.written.starts_with("dive")
            || !clause.rest.is_empty()
            || clause.written.ends_with("in")
            || clause.whole.ends_with("down");
        if verb != Verb::Jump || !jumps || !is_down {
            return None;
        }
        let down = self.view.ways.iter().find(|way| way.direction == "down" && way.blocked.is_some())?;
        Some(self.take_way(down).0)
    }

    /// What is done to a house that is not here: it is done there.
    fn done_to_a_place(&self, verb: Verb, named: Option<&(&str, Found<'_>)>) -> Option<String> {
        let Some((noun, Found::Way(way))) = named else { return None };
        let is_place = !way.place.is_empty() && story::fit(&way.place, &way.direction).is_none();
        let is_done_there = match verb {
            Verb::Knock | Verb::Attack | Verb::Touch | Verb::Burn | Verb::Use | Verb::Move => true,
            Verb::Open | Verb::Close => story::fit(noun, &way.place).is_some(),
            _ => false,
        };
        (is_place && is_done_there).then(|| {
            if verb == Verb::Knock && way.blocked.is_none() {
                return self.knocked_next_door(way);
            }
            let there = capital(&naming::the(&way.place));
            let direction = from_here(&way.direction);
            format!("{there} is {direction}; you would have to go there first. {}", self.could_try())
        })
    }

    /// A deed done to one's own body, to what is here, or to what is not.
    fn done_to(&self, clause: &Clause, verb: Verb, found: Option<(&str, Found<'_>)>) -> String {
        match found {
            Some((noun, Found::Nothing)) if is_own_body(&clause.second) => {
                format!(
                    "You {} {noun} {} {}. It makes a small difference.",
                    clause.written,
                    clause.preposition,
                    clause.second.replacen("my ", "your ", 1)
                )
            }
            Some((_, Found::Nothing)) if verb == Verb::Count && clause.rest.starts_with("my ") => {
                self.alone(verb, &clause.written)
            }
            Some((noun, Found::Nothing | Found::Scenery(_))) if is_own_body(noun) => {
                let ends = [
                    "That is a little better.",
                    "Nobody remarks on it.",
                    "It makes a small difference.",
                    "It had to be done at some time.",
                ];
                let noun = noun.trim_start_matches("my ");
                let second = naming::clean(&clause.second);
                let at = if matches!(self.view.find(&second), Found::Nothing | Found::Elsewhere(_)) {
                    String::new()
                } else {
                    format!(" {} {}", clause.preposition, self.view.find(&second).call())
                };
                format!("You {} your {noun}{at}. {}", clause.written, self.view.fresh(&ends))
            }
            Some((_, Found::Nothing)) if matches!(verb, Verb::Listen | Verb::Smell) => {
                self.sensed(verb, &clause.written)
            }
            None if matches!(verb, Verb::Listen | Verb::Smell) => self.sensed(verb, &clause.written),
            // `sing a hymn` sings, whatever hangs on the wall.
            Some(_) if verb == Verb::Sing && ["a ", "an ", "some "].iter().any(|a| clause.rest.starts_with(a)) => {
                let heard = self.view.speaker().map(|being| self.seen_by(being, true)).unwrap_or_default();
                format!("{} {heard}", self.alone(verb, &clause.written)).trim_end().to_owned()
            }
            // `dance naked`
            Some((_, Found::Nothing)) if matches!(verb, Verb::Dance | Verb::Sing) => self.alone(verb, &clause.written),
            Some((noun, Found::Nothing)) if needs_noun(verb) && !is_abstract(noun) => self.not_here(noun),
            Some((_, Found::Elsewhere(name))) if needs_noun(verb) => {
                format!(
                    "{} {} not here. {}",
                    capital(&self.name_with_article(&name)),
                    is_or_are(&name),
                    self.could_try()
                )
            }
            Some((noun, found)) if !matches!(found, Found::Nothing | Found::Elsewhere(_)) => {
                self.with_noun(verb, &clause.written, noun, &found)
            }
            _ => self.alone(verb, &clause.written),
        }
    }

    fn follow(&self, found: Option<(&str, Found<'_>)>) -> String {
        match found {
            Some((_, Found::Being(being))) => format!(
                "{} is not going anywhere just now, so you are as close as you can get.",
                capital(&being.call())
            ),
            Some((noun, Found::Nothing)) if is_of_senses(noun) => {
                format!("{} {}", self.sensed(Verb::Listen, "listen"), self.ways_out())
            }
            Some((noun, Found::Nothing)) => self.not_here(noun),
            Some((_, Found::Elsewhere(name))) => {
                format!(
                    "{} {} not here. {}",
                    capital(&self.name_with_article(&name)),
                    is_or_are(&name),
                    self.could_try()
                )
            }
            Some((noun, Found::Scenery(_))) => format!("{} {}", self.describe(noun), self.ways_out()),
            Some((_, found)) => {
                format!("{} leads nowhere that you could follow. {}", capital(&found.call()), self.ways_out())
            }
            None => format!("There is nobody to follow. {}", self.ways_out()),
        }
    }

    /// A deed done to something that is here.
    fn with_noun(&self, verb: Verb, written: &str, noun: &str, found: &Found<'_>) -> String {
        let it = found.call();
        let is_being = matches!(found, Found::Being(_));
        if let Found::Carried(being, item) = found {
            return format!("{} has {}, and you would have to ask.", capital(&being.call()), naming::the(item));
        }
        let noun_as_written = naming::without_article(noun);
        let is_many =
            matches!(found, Found::Scenery(_)) && naming::is_plural(noun_as_written) && !noun_as_written.contains(' ');
        let it = if is_many { naming::the(noun_as_written) } else { it };
        if verb == Verb::Count
            && self.script.things.iter().any(|thing| self.view.fits(&thing.when) && thing.is_called(noun))
        {
            return self.describe(noun);
        }
        if matches!(verb, Verb::Smell | Verb::Listen | Verb::Count) {
            return self.view.fresh(&to_senses(verb, &it)).to_owned();
        }
        if let Found::Being(being) = found
            && being.is_asleep()
        {
            return format!("{} {}", self.slept_through(&capital(&it)), self.could_try());
        }
        // What lies about is taken up before it is used.
        if let Found::Here(item) = found
            && matches!(verb, Verb::Play | Verb::Use | Verb::Light | Verb::Write | Verb::Stamp)
            && !self.view.is_fixed(item)
        {
            return format!("You would have to pick up {it} first.");
        }
        let lines = to_somebody(verb, written, &it, is_being).unwrap_or_else(|| to_something(verb, written, &it));
        let line = self.view.fresh(&lines).to_owned();
        // What is seen of it may say why.
        let is_called = |name: &String| {
            story::fit(noun, name) == Some(Fit::Whole) || story::fit(&found.call(), name) == Some(Fit::Whole)
        };
        let own =
            self.script.things.iter().find(|thing| self.view.fits(&thing.when) && thing.names.iter().any(is_called));
        let own = own.map(|thing| self.view.next(&thing.text)).filter(|text| !self.view.is_stale(text));
        let wants_more = matches!(
            verb,
            Verb::Use
                | Verb::Join
                | Verb::Hang
                | Verb::Tie
                | Verb::Repair
                | Verb::Move
                | Verb::Start
                | Verb::Attack
                | Verb::Burn
        );
        match own {
            Some(own) => format!("{line} {own}"),
            None if wants_more => format!("{line} {}", self.could_try()),
            None => line,
        }
    }

    /// What the description says that is to be heard or smelled here.
    pub(crate) fn sensed(&self, verb: Verb, written: &str) -> String {
        let heard: &[&str] = &[
            "sound", "tick", "hear", "noise", "creak", "ring", "chew", "beat", "chewing", "sing", "slap", "drip",
            "quiet", "silence", "gull", "voice", "snore",
        ];
        let smelled: &[&str] = &["smell", "scent", "stink", "reek", "smoke", "vinegar", "tar", "perfume"];
        let senses = if verb == Verb::Smell { smelled } else { heard };
        let texts = std::iter::once(self.view.description.as_str()).chain(self.view.told.iter().copied());
        // The Pickled Gull is no gull that is heard.
        let names: Vec<String> = self
            .view
            .ways
            .iter()
            .map(|way| &way.place)
            .chain([&self.view.here])
            .flat_map(|name| story::words(name))
            .collect();
        let is_sensed = |word: &String| senses.contains(&word.as_str()) && !names.contains(word);
        let said = texts.flat_map(sentences).filter(|sentence| story::words(sentence).iter().any(is_sensed));
        let said = said.collect::<Vec<_>>().join(" ");
        if said.is_empty() { self.alone(verb, written) } else { said }
    }

    /// A deed that needs nothing.
    fn alone(&self, verb: Verb, written: &str) -> String {
        if let Some(lines) = to_nothing(verb) {
            return self.view.fresh(lines).to_owned();
        }
        self.at_a_loss(&format!("You would have to say what to {}.", written.split(' ').next().unwrap_or("do")))
    }
}

/// Whether it is heard or smelled, and not seen.
fn is_of_senses(noun: &str) -> bool {
    let last = story::words(noun).pop().unwrap_or_default();
    ["sound", "noise", "smell", "music", "voice", "scent", "tune"].contains(&last.as_str())
}

/// Whether a deed makes no sense without what it is done to.
const fn needs_noun(verb: Verb) -> bool {
    !matches!(verb, Verb::Wait | Verb::Sleep | Verb::Think)
}

/// A part of the player's body or dress: `my boots`.
fn is_own_body(noun: &str) -> bool {
    let parts = [
        "feet", "foot", "hand", "hands", "face", "head", "eyes", "hair", "nose", "ears", "boots", "shoes", "coat",
        "clothes", "hat", "arms", "legs", "back", "fingers", "sleeves",
    ];
    noun.strip_prefix("my ").is_some_and(|noun| noun.split(' ').next_back().is_some_and(|last| parts.contains(&last)))
}
