//! Containers as the offline narrator knows them: read off a prompt, and kept up with what happens in the course of a turn.

use story::{HolderKind, ItemAction, ItemEvent, fit, meant};

use super::entries::{Lid, Vessel};
use super::naming::clean;
use super::view::View;

impl View<'_> {
    /// The container of exactly this name.
    pub(crate) fn vessel(&self, name: &str) -> Option<&Vessel> {
        self.vessels.iter().find(|vessel| vessel.name == name)
    }

    /// The container here or with the player that `noun` means.
    pub(crate) fn vessel_meant(&self, noun: &str) -> Option<&Vessel> {
        let names = self.vessels.iter().map(|vessel| (vessel, vessel.name.as_str()));
        meant(&clean(noun), names).ok().flatten()
    }

    /// What can be seen in open containers, each with the container.
    pub(crate) fn inside(&self) -> impl Iterator<Item = (&str, &String)> {
        self.vessels.iter().flat_map(|vessel| vessel.seen().iter().map(|item| (vessel.name.as_str(), item)))
    }

    /// Whether `item` is here to be used: it lies here or in something open.
    pub(crate) fn has_at_hand(&self, item: &str) -> bool {
        self.items.iter().any(|here| here == item) || self.inside().any(|(_, inside)| inside == item)
    }

    /// Opens, closes and locks what `event` opens, closes and locks, and moves what it puts in or takes out. Whether that is all of it.
    pub(crate) fn keep_up(&mut self, event: &ItemEvent) -> bool {
        let lid = match event.action {
            ItemAction::Open => Some(Lid::Open),
            ItemAction::Close => Some(Lid::Closed),
            ItemAction::Lock => Some(Lid::Locked),
            _ => None,
        };
        if let Some(lid) = lid {
            self.vessels.iter_mut().filter(|vessel| vessel.name == event.item).for_each(|vessel| vessel.state = lid);
            return true;
        }
        for inside in self.vessels.iter_mut().filter_map(|vessel| vessel.inside.as_mut()) {
            inside.retain(|item| *item != event.item);
        }
        let into = event.to.as_ref().filter(|to| to.kind == HolderKind::Item).and_then(|to| to.name.as_deref());
        let Some(into) = into else { return false };
        self.held.retain(|item| *item != event.item);
        self.items.retain(|item| *item != event.item);
        let vessel = self.vessels.iter_mut().find(|vessel| fit(into, &vessel.name) == fit(&vessel.name, &vessel.name));
        if let Some(vessel) = vessel {
            vessel.inside.get_or_insert_default().push(event.item.clone());
        }
        true
    }
}
