//! What is spoken of here and stands elsewhere: what is heard from above, a note of a piano that is not in the room, where a trail leads.

use story::words;

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::reading::vocabulary::direction;
use crate::telling::Telling;
use crate::world::entries::Way;
use crate::world::found::Found;
use crate::world::naming::{is_or_are, the, without_article};
use crate::world::texts::{capital, sentences, sentences_about};
use crate::world::view::View;

/// Nouns that are also what one does with them.
const NOUNS_AND_DEEDS: &[&str] = &["pump", "winch", "crank", "hammer", "saw", "drill", "brush", "whistle"];

/// What is followed to where it leads.
const TRAILS: &[&str] = &["footprint", "print", "track", "trail", "mark", "footstep", "path"];

impl View<'_> {
    /// Whether a place of the story that is not here has something of this name, as far as its description goes.
    pub(crate) fn is_part_of_another_place(&self, word: &str) -> bool {
        let Some((_, scenario)) = self.scenario else { return false };
        let scene = self.scene.and_then(|scene| scenario.scenes.get(scene));
        let of_scene = scene.into_iter().flat_map(|scene| &scene.locations);
        let is_changed = |key: &str| scene.is_some_and(|scene| scene.locations.contains_key(key));
        let others = scenario.locations.iter().filter(|(key, _)| !is_changed(key));
        of_scene.chain(others).filter(|(_, place)| place.name != self.here).any(|(key, place)| {
            words(&self.certain(&place.description, key, &place.name)).iter().any(|own| own == word)
        })
    }
}

impl Telling<'_> {
    /// The deed of a single word that is the name of what is here and also what is done with it: `pump`.
    pub(crate) fn done_by_its_name(&self, word: &str) -> Option<(String, bool)> {
        if !NOUNS_AND_DEEDS.contains(&word) || !matches!(self.view.find(word), Found::Scenery(_) | Found::Here(_)) {
            return None;
        }
        let does = Clause {
            verb: Some(Verb::Use),
            written: "use".to_owned(),
            objects: vec![word.to_owned()],
            rest: word.to_owned(),
            ..Clause::default()
        };
        self.deed(&does).map(|text| (text, self.is_more_than_told(&does)))
    }

    /// The way of `follow the footprints`: the only one of which what is seen or told of them speaks.
    pub(crate) fn way_of_a_trail(&self, noun: &str) -> Option<&Way> {
        let (noun, toward) = match noun.rsplit_once(' ') {
            Some((noun, last)) if direction(last).is_some() => (noun, direction(last)),
            _ => (noun, None),
        };
        let is_trail = words(noun).last().is_some_and(|last| TRAILS.contains(&last.as_str()));
        let Found::Scenery(word) = self.view.find(noun) else { return None };
        if !is_trail {
            return None;
        }
        if let Some(toward) = toward {
            return self.way_by_direction(toward);
        }
        let things = self.script.things.iter().filter(|thing| thing.when.at.is_some() && self.view.fits(&thing.when));
        let said = things.filter(|thing| thing.is_called(&word)).flat_map(|thing| &thing.text).cloned();
        let told = self.view.told.iter().map(|text| sentences_about(text, &word));
        let said = words(&said.chain(told).collect::<Vec<_>>().join(" "));
        let is_said = |way: &&Way| words(&way.place).last().is_some_and(|last| said.contains(last));
        let mut ways = self.view.open_ways().filter(is_said);
        ways.next().filter(|_| ways.next().is_none())
    }

    /// A deed done to what is only heard or seen from here, above or below: where it is.
    pub(crate) fn done_from_afar(&self, verb: Verb, named: Option<&(&str, Found<'_>)>) -> Option<String> {
        let Some((_, Found::Scenery(word))) = named else { return None };
        let is_handled = matches!(
            verb,
            Verb::Stop | Verb::Move | Verb::Touch | Verb::Start | Verb::Use | Verb::Attack | Verb::Open | Verb::Close
        );
        let about = sentences_about(&self.view.description, word).to_lowercase();
        let toward = [("from above", "up"), ("overhead", "up"), ("from below", "down")]
            .into_iter()
            .find_map(|(said, toward)| about.contains(said).then_some(toward))?;
        let way = self.way_by_direction(toward).filter(|way| is_handled && way.blocked.is_none())?;
        let (key, place) = self.view.place_named(&way.place)?;
        let is_there = words(&self.view.certain(&place.description, key, &place.name)).contains(word);
        let where_it_is = if toward == "up" { "overhead" } else { "below you" };
        is_there.then(|| {
            format!(
                "{} {} {where_it_is}, in {}. You would have to go {toward} first.",
                capital(&the(word)),
                is_or_are(word),
                the(&way.place)
            )
        })
    }

    /// `tune the low A`, where there is no piano: where it is.
    pub(crate) fn tuned_from_afar(&self, clause: &Clause) -> Option<String> {
        let tunes = ["tune", "retune"].contains(&clause.written.as_str());
        if !tunes || self.view.find("piano") != Found::Nothing {
            return None;
        }
        let way = self.next_door("piano").or_else(|| self.first_step_to("piano"))?;
        Some(format!("That is a matter for the piano, and the piano is not here. {way}"))
    }

    /// `turn the card over`: the back of a paper of which the story says nothing.
    pub(crate) fn turned_over(&self, clause: &Clause) -> Option<String> {
        const PAPERS: &[&str] = &["card", "ticket", "letter", "receipt", "slip", "note", "writ", "apology"];
        let noun = clause.objects.first()?;
        let (Found::Held(item) | Found::Here(item)) = self.view.find(noun) else { return None };
        let is_turned = ["turn", "flip"].iter().any(|turn| clause.written.starts_with(turn))
            && (clause.written.ends_with(" over") || clause.rest.ends_with(" over"));
        let is_paper = words(item).last().is_some_and(|last| PAPERS.contains(&last.as_str()));
        (is_turned && is_paper).then(|| {
            let name = without_article(item);
            let lines = [
                format!("You turn the {name} over. The back has nothing on it, and you turn it round again."),
                format!("The back of the {name} is as blank as when it was made. All that it has to say is in front."),
            ];
            self.view.fresh(&lines).to_owned()
        })
    }

    /// Why a place is dark or cold, of which nobody is asked: what there is to see of it.
    pub(crate) fn why_it_is_so_here(&self, text: &str) -> Option<String> {
        let asks = ["why is it ", "why's it ", "why has it ", "why is everything "];
        if !asks.iter().any(|asks| text.starts_with(asks)) {
            return None;
        }
        let seen = sentences(&self.view.description);
        let seen = seen.iter().take(2).copied().collect::<Vec<_>>().join(" ");
        let lines = [
            "Nobody is here to say why. You see what there is to be seen:",
            "It is so, and gives no reason. What you have before you is this:",
            "You look about you for the cause of it.",
        ];
        Some(format!("{} {seen}", self.view.fresh(&lines)))
    }

    /// Who `these people` are, where the story describes them.
    pub(crate) fn crowd(&self) -> Option<String> {
        const CROWDS: &[&str] = &["audience"];
        let things =
            || self.script.things.iter().filter(|thing| thing.when.at.is_some() && self.view.fits(&thing.when));
        let (crowd, thing) =
            CROWDS.iter().find_map(|crowd| Some((crowd, things().find(|thing| thing.is_called(crowd))?)))?;
        let about = sentences_about(&self.view.description, crowd);
        Some(format!("{about} {} {}", self.view.next(&thing.text), self.company()).trim_start().to_owned())
    }
}
