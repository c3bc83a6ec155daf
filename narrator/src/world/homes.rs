//! Where people are at home, as far as the story says.

use story::{Npc, fit, make_npc, words};

use super::view::View;

impl View<'_> {
    /// The place next door of the only person there whom `noun` describes: `the old lady`.
    pub(crate) fn home_near(&self, noun: &str) -> Option<String> {
        const WOMEN: &[&str] = &["woman", "lady", "widow", "girl"];
        const MEN: &[&str] = &["man", "guy", "fellow", "boy", "lad"];
        let last = words(noun).pop()?;
        let alike = [WOMEN, MEN].into_iter().find(|alike| alike.contains(&last.as_str()))?;
        let here = self.here_key().unwrap_or_default();
        let is_such = |npc: &&Npc| {
            let about = self.certain(&npc.description, here, &self.here);
            words(&about).iter().chain(&words(&npc.kind)).any(|word| alike.contains(&word.as_str()))
        };
        let people = self.people();
        let homes = people.iter().filter(is_such).filter_map(|npc| self.home_of_person(&npc.name));
        let homes: std::collections::BTreeSet<String> =
            homes.filter(|home| self.open_ways().any(|way| way.place == *home)).collect();
        let mut homes = homes.into_iter();
        homes.next().filter(|_| homes.next().is_none())
    }

    /// The name of the place where the scene, or else the story, puts this person.
    pub(crate) fn home_of_person(&self, name: &str) -> Option<String> {
        let (_, scenario) = self.scenario?;
        let scene = self.scene.and_then(|scene| scenario.scenes.get(scene));
        let library = self.library?;
        let mut people = scene.into_iter().flat_map(|scene| &scene.npcs).chain(&scenario.npcs);
        let npc = people.find_map(|(_, npc)| Some(make_npc(library, npc)).filter(|npc| npc.name == name))?;
        let mut places = scene.into_iter().flat_map(|scene| &scene.locations).chain(&scenario.locations);
        places.find(|(key, _)| **key == npc.location).map(|(_, place)| place.name.clone())
    }

    /// The name of the place where the person is whom `noun` means or begins with: `the mayor`, `the mayor's house`.
    pub(crate) fn home_of(&self, noun: &str) -> Option<String> {
        let (_, scenario) = self.scenario?;
        let scene = self.scene.and_then(|scene| scenario.scenes.get(scene));
        let first = words(noun).into_iter().next()?;
        let is_house = words(noun).len() == 1
            || words(noun).last().is_some_and(|last| ["house", "home", "room"].contains(&last.as_str()));
        let people = scene.into_iter().flat_map(|scene| &scene.npcs).chain(&scenario.npcs);
        let library = self.library?;
        let npc = people
            .map(|(_, npc)| make_npc(library, npc))
            .find(|npc| is_house && fit(&first, &npc.name).is_some() && !self.has_being(&npc.name))?;
        let locations = scene.into_iter().flat_map(|scene| &scene.locations).chain(&scenario.locations);
        locations.into_iter().find(|(key, _)| **key == npc.location).map(|(_, location)| location.name.clone())
    }
}
