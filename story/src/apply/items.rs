//! Items change hands. A model can only take an item from where it is, or make one that a rule of the author makes; a conditional takes
//! an item from wherever it is, or creates it.
//!
//! The player may have been in two places in a turn: where it began and where it ends. An item is taken from where the turn began if it is
//! there, else from where it ends. What is dropped without a place lies where the turn began.

use super::change::{Author, Change, Holder};
use super::luck::Luck;
use super::reason::Reason;
use super::turn::Turn;
use crate::content::Dice;
use crate::delta::{HolderKind, HolderRef, ItemAction, ItemEvent};
use crate::state::Rules;
use crate::suggest::nearest;
use crate::world::{container_named, exists, matching, meant, npc_meant};

impl Turn<'_> {
    pub(super) fn item_event(&mut self, author: &Author, event: &ItemEvent, luck: &Luck) -> Result<(), Reason> {
        let remedy = self.remedy(event);
        let uses_nothing_up = event.action == ItemAction::Use && !event.consumed && remedy.is_none();
        if event.item.trim().is_empty() || uses_nothing_up {
            return Ok(());
        }
        if matches!(event.action, ItemAction::Open | ItemAction::Close | ItemAction::Lock) {
            return self.open_or_close(author, event.action, &event.item);
        }
        let (item, from) = match author {
            Author::Model => self.source_for_model(event)?,
            Author::Conditional(_) => self.source_for_conditional(event)?,
        };
        let to = self.destination(author, event)?;
        if let Some(to) = &to {
            self.may_be_put_into(author, &item, to)?;
        }
        self.transfer(item.clone(), from, to);
        if let Some(dice) = remedy {
            self.heal(&item, dice, luck);
        }
        Ok(())
    }

    /// What the event heals: a remedy is used up by using it, also where a model forgets to say so, or it would heal for ever.
    fn remedy(&self, event: &ItemEvent) -> Option<Dice> {
        let heals = self.state.conflict.is_some() && event.action == ItemAction::Use;
        self.scenario.item(&event.item).and_then(|item| item.heals).filter(|_| heals)
    }

    /// Where a model's item really is: with the holder that it names or, if it names none, within the player's reach.
    fn source_for_model(&self, event: &ItemEvent) -> Result<(String, Option<Holder>), Reason> {
        let wanted = event.item.as_str();
        if event.action == ItemAction::Acquire
            && let Some(item) = matching(&self.state.user_inventory, wanted)
        {
            return Err(Reason::AlreadyHeld { item: item.clone() });
        }
        let named = event.from.as_ref().map(|from| self.holder(from, wanted)).transpose()?;
        let candidates = match (&event.from, &named) {
            (Some(HolderRef { kind: HolderKind::Location, name: None }), _) => self.places_around(),
            (_, Some(holder @ Holder::Item(_))) => {
                self.outermost(holder)?;
                vec![holder.clone()]
            }
            (_, Some(holder)) => vec![holder.clone()],
            (_, None) => self.usual_sources(event.action),
        };
        if let Some((item, holder)) = self.find(wanted, &candidates)? {
            if !self.is_within_reach(&holder) {
                return Err(Reason::OutOfReach { holder: describe(&holder) });
            }
            if let Some(reason) = self.in_the_dark(&item, &holder) {
                return Err(reason);
            }
            let is_fixed = self.scenario.item(&item).is_some_and(|item| item.fixed);
            return if is_fixed && event.action != ItemAction::Use {
                Err(Reason::Fixed { item })
            } else {
                Ok((item, Some(holder)))
            };
        }
        if self.may_be_introduced(event, named.as_ref()) {
            return Ok((wanted.trim().to_owned(), None));
        }
        if event.action == ItemAction::Acquire
            && let Some(item) = self.makeable(wanted)
        {
            return Ok((item, None));
        }
        Err(match named {
            Some(holder) => Reason::NotThere { item: wanted.to_owned(), holder: describe(&holder) },
            None if matches!(event.action, ItemAction::Give | ItemAction::Drop) => {
                Reason::NotThere { item: wanted.to_owned(), holder: describe(&Holder::Player) }
            }
            None => Reason::NotHere { item: wanted.to_owned() },
        })
    }

    /// Where the item of a conditional is: where it says, or wherever it is, or nowhere yet.
    fn source_for_conditional(&self, event: &ItemEvent) -> Result<(String, Option<Holder>), Reason> {
        let wanted = event.item.as_str();
        let mut candidates: Vec<_> = event.from.iter().filter_map(|from| self.holder(from, wanted).ok()).collect();
        if event.action == ItemAction::Use {
            if event.from.is_none() {
                candidates.push(Holder::Player);
            }
            let found = self.find(wanted, &candidates)?;
            let (item, holder) = found.ok_or_else(|| Reason::NotHere { item: wanted.to_owned() })?;
            return Ok((item, Some(holder)));
        }
        candidates.extend(self.all_holders());
        // An author's item is named in full: a part of a name would take `crated moon` for a new `moon`.
        let found = self.find_whole(wanted, &candidates);
        Ok(found.map_or_else(|| (wanted.trim().to_owned(), None), |(item, holder)| (item, Some(holder))))
    }

    /// Everybody and everything that can have an item, the player first, containers last.
    pub(super) fn all_holders(&self) -> Vec<Holder> {
        let people = self.state.npcs.keys().cloned().map(Holder::Npc);
        let places = self.state.locations.keys().cloned().map(Holder::Location);
        let containers = self.state.containers.keys().cloned().map(Holder::Item);
        std::iter::once(Holder::Player).chain(people).chain(places).chain(containers).collect()
    }

    /// The player, and who and what is within their reach.
    pub(super) fn holders_around(&self) -> Vec<Holder> {
        self.usual_sources(ItemAction::Use)
    }

    /// The possible holders of an item when the event names none, likeliest first, and the containers that stand open with them.
    fn usual_sources(&self, action: ItemAction) -> Vec<Holder> {
        let player = || [Holder::Player].into_iter();
        let around = || {
            let people = self.state.npcs.keys().cloned().map(Holder::Npc).filter(|npc| self.is_within_reach(npc));
            self.places_around().into_iter().chain(people)
        };
        let holders = match action {
            // What is in a bag that the player carries is taken out of it.
            ItemAction::Acquire => {
                let held = self.with_open_containers(vec![Holder::Player]).into_iter().skip(1);
                return self.with_open_containers(around().collect()).into_iter().chain(held).collect();
            }
            ItemAction::Give | ItemAction::Drop => player().collect(),
            ItemAction::Use | ItemAction::Open | ItemAction::Close | ItemAction::Lock => {
                player().chain(around()).collect()
            }
            ItemAction::Move => around().chain(player()).collect(),
        };
        self.with_open_containers(holders)
    }

    /// In relaxed mode a player may pick up a thing that the author did not list, where they are; never a second copy of one that exists.
    fn may_be_introduced(&self, event: &ItemEvent, named: Option<&Holder>) -> bool {
        let is_here = match named {
            None => true,
            Some(Holder::Location(key)) => self.places_in_reach().contains(&key.as_str()),
            Some(_) => false,
        };
        self.rules == Rules::Relaxed
            && event.action == ItemAction::Acquire
            && is_here
            && !exists(&self.state, &event.item)
    }

    fn destination(&self, author: &Author, event: &ItemEvent) -> Result<Option<Holder>, Reason> {
        let named = event.to.as_ref().map(|to| self.holder(to, &event.item)).transpose();
        match (event.action, author) {
            (ItemAction::Acquire, _) => Ok(Some(Holder::Player)),
            (ItemAction::Use | ItemAction::Open | ItemAction::Close | ItemAction::Lock, _) => Ok(None),
            // A conditional that drops or gives an item without a recipient removes it; a model only left out the obvious.
            (_, Author::Conditional(_)) => named,
            (ItemAction::Drop, Author::Model) => {
                Ok(named?.or_else(|| Some(Holder::Location(self.origin().to_owned()))))
            }
            (ItemAction::Give | ItemAction::Move, Author::Model) => {
                named?.map(Some).ok_or_else(|| Reason::NoRecipient { item: event.item.clone() })
            }
        }
    }

    /// An item, as it is spelled where it is, on its way. Without `from` it is created, without `to` it is used up.
    pub(super) fn transfer(&mut self, item: String, from: Option<Holder>, to: Option<Holder>) {
        if from == to {
            return;
        }
        if let Some(items) = from.as_ref().and_then(|holder| self.items_of_mut(holder)) {
            items.retain(|held| *held != item);
        }
        if let (Some(from), None) = (&from, &to) {
            self.empty_out(&item, from);
        }
        if let Some(items) = to.as_ref().and_then(|holder| self.items_of_mut(holder))
            && !items.contains(&item)
        {
            items.push(item.clone());
        }
        self.changes.push(Change::ItemMoved { item, from, to });
    }

    /// The first of `candidates` that has `wanted`, and how it is spelled there. A part of a name will do if it fits one item only.
    pub(super) fn find(&self, wanted: &str, candidates: &[Holder]) -> Result<Option<(String, Holder)>, Reason> {
        if let Some(found) = self.find_whole(wanted, candidates) {
            return Ok(Some(found));
        }
        let items = candidates.iter().filter_map(|holder| self.items_of(holder)).flatten();
        match meant(wanted, items.map(|item| (item.as_str(), item.as_str()))) {
            Ok(None) => Ok(None),
            Ok(Some(item)) => Ok(self.find_whole(item, candidates)),
            Err(several) => Err(Reason::Ambiguous {
                name: wanted.trim().to_owned(),
                candidates: several.into_iter().map(str::to_owned).collect(),
            }),
        }
    }

    fn find_whole(&self, wanted: &str, candidates: &[Holder]) -> Option<(String, Holder)> {
        candidates.iter().find_map(|holder| Some((matching(self.items_of(holder)?, wanted)?.clone(), holder.clone())))
    }

    /// The holder that is meant by `named`. A location without a name is the one where the player's words were said.
    fn holder(&self, named: &HolderRef, item: &str) -> Result<Holder, Reason> {
        let name = named.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        match (named.kind, name) {
            (HolderKind::Player, _) => Ok(Holder::Player),
            (HolderKind::Location, None) => Ok(Holder::Location(self.origin().to_owned())),
            (HolderKind::Location, Some(name)) => self.known_location(name).map(Holder::Location),
            (HolderKind::Npc, None) => Err(Reason::UnnamedNpc { item: item.to_owned() }),
            (HolderKind::Npc, Some(name)) => self.known_npc(name).map(Holder::Npc),
            (HolderKind::Item, None) => Err(Reason::UnnamedContainer { item: item.to_owned() }),
            (HolderKind::Item, Some(name)) => self.known_container(name).map(Holder::Item),
        }
    }

    fn known_container(&self, name: &str) -> Result<String, Reason> {
        let found = container_named(&self.state, name).map(|(key, _)| key.clone());
        found.ok_or_else(|| {
            let names = self.state.containers.keys().map(String::as_str);
            Reason::NoContainer { name: name.to_owned(), suggestion: nearest(name, names).map(str::to_owned) }
        })
    }

    /// The key of any NPC of the world, also by a part of its name that fits no other.
    pub(super) fn known_npc(&self, name: &str) -> Result<String, Reason> {
        let npcs = &self.state.npcs;
        npc_meant(npcs, name).map(str::to_owned).ok_or_else(|| {
            let names = npcs.iter().flat_map(|(key, npc)| [key.as_str(), &npc.name]);
            Reason::UnknownNpc { name: name.trim().to_owned(), suggestion: nearest(name, names).map(str::to_owned) }
        })
    }

    /// The key of the location where the turn began; where the player is, if the scene took that location away or a conditional acts.
    fn origin(&self) -> &str {
        let began = &self.before.user_location;
        if self.is_cascading || !self.state.locations.contains_key(began) { &self.state.user_location } else { began }
    }

    /// Where the player has been in this turn: first where it began.
    pub(super) fn places_in_reach(&self) -> [&str; 2] {
        [&self.before.user_location, &self.state.user_location]
    }

    fn places_around(&self) -> Vec<Holder> {
        let mut places = self.places_in_reach().to_vec();
        places.dedup();
        places.into_iter().map(|key| Holder::Location(key.to_owned())).collect()
    }

    /// In strict mode the player can only take from where they are, or were when the turn began.
    pub(super) fn is_within_reach(&self, holder: &Holder) -> bool {
        let places = self.places_in_reach();
        let Ok(holder) = self.outermost(holder) else { return false };
        self.rules == Rules::Relaxed
            || match &holder {
                Holder::Player => true,
                Holder::Location(key) => places.contains(&key.as_str()),
                Holder::Npc(key) => [&self.before.npcs, &self.state.npcs]
                    .into_iter()
                    .filter_map(|npcs| npcs.get(key))
                    .any(|npc| places.contains(&npc.location.as_str())),
                Holder::Item(_) => false,
            }
    }

    pub(super) fn items_of(&self, holder: &Holder) -> Option<&[String]> {
        match holder {
            Holder::Player => Some(&self.state.user_inventory),
            Holder::Npc(key) => self.state.npcs.get(key).map(|npc| npc.items.as_slice()),
            Holder::Location(key) => self.state.locations.get(key).map(|location| location.items.as_slice()),
            Holder::Item(name) => self.state.containers.get(name).map(|container| container.contains.as_slice()),
        }
    }

    fn items_of_mut(&mut self, holder: &Holder) -> Option<&mut Vec<String>> {
        match holder {
            Holder::Player => Some(&mut self.state.user_inventory),
            Holder::Npc(key) => self.state.npcs.get_mut(key).map(|npc| &mut npc.items),
            Holder::Location(key) => self.state.locations.get_mut(key).map(|location| &mut location.items),
            Holder::Item(name) => self.state.containers.get_mut(name).map(|container| &mut container.contains),
        }
    }
}

pub(super) fn describe(holder: &Holder) -> String {
    match holder {
        Holder::Player => "the player".to_owned(),
        Holder::Npc(key) => format!("the NPC `{key}`"),
        Holder::Location(key) => format!("the location `{key}`"),
        Holder::Item(name) => format!("`{name}`"),
    }
}
