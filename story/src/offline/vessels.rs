//! Containers as the offline narrator knows them: read off a prompt, and kept up with what happens in the course of a turn.

use serde::Deserialize;

use super::view::View;
use crate::delta::{HolderKind, ItemAction, ItemEvent};
use crate::prompt::{CLOSED, EMPTY, HIDDEN, HIDDEN_EMPTY, IN_IT, LOCKED};
use crate::world::{fit, meant};

/// A container that is here or with the player.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Vessel {
    pub(super) name: String,
    pub(super) state: Lid,
    /// What is in it, where that is known to whoever tells the story.
    pub(super) inside: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Lid {
    #[default]
    Open,
    Closed,
    Locked,
}

impl Vessel {
    /// The container that a line about an item is about; `None` if it is about another item.
    pub(super) fn of_line(name: &str, about: &str) -> Option<Self> {
        let behind = |mark: &str| {
            about.rsplit_once(mark).map(|(_, list)| super::entries::list(list.trim().trim_end_matches('.')))
        };
        let vessel = |state, inside| Some(Self { name: name.to_owned(), state, inside });
        let hidden = || if about.ends_with(HIDDEN_EMPTY) { Some(Vec::new()) } else { behind(HIDDEN) };
        if about.contains(LOCKED) {
            vessel(Lid::Locked, hidden())
        } else if about.contains(CLOSED) {
            vessel(Lid::Closed, hidden())
        } else if about.ends_with(EMPTY) {
            vessel(Lid::Open, Some(Vec::new()))
        } else {
            behind(IN_IT).and_then(|inside| vessel(Lid::Open, Some(inside)))
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == Lid::Open
    }

    /// What can be seen in it.
    pub(super) fn seen(&self) -> &[String] {
        self.inside.as_deref().filter(|_| self.is_open()).unwrap_or_default()
    }
}

impl View<'_> {
    /// The container of exactly this name.
    pub(super) fn vessel(&self, name: &str) -> Option<&Vessel> {
        self.vessels.iter().find(|vessel| vessel.name == name)
    }

    /// The container here or with the player that `noun` means.
    pub(super) fn vessel_meant(&self, noun: &str) -> Option<&Vessel> {
        let names = self.vessels.iter().map(|vessel| (vessel, vessel.name.as_str()));
        meant(&super::found::clean(noun), names).ok().flatten()
    }

    /// What can be seen in open containers, each with the container.
    pub(super) fn inside(&self) -> impl Iterator<Item = (&str, &String)> {
        self.vessels.iter().flat_map(|vessel| vessel.seen().iter().map(|item| (vessel.name.as_str(), item)))
    }

    /// Whether `item` is here to be used: it lies here or in something open.
    pub(super) fn has_at_hand(&self, item: &str) -> bool {
        self.items.iter().any(|here| here == item) || self.inside().any(|(_, inside)| inside == item)
    }

    /// Opens, closes and locks what `event` opens, closes and locks, and moves what it puts in or takes out. Whether that is all of it.
    pub(super) fn keep_up(&mut self, event: &ItemEvent) -> bool {
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
