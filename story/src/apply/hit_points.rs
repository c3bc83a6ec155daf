//! Hit points: what blows, remedies and conditionals change, and what becomes of those who have none left.

use super::change::{Change, Holder};
use super::luck::Luck;
use super::reason::Reason;
use super::turn::Turn;
use crate::content::{Dice, source};
use crate::world::{Fighter, fighter_of_key, hp_of};

impl Turn<'_> {
    /// Gives the one of this key so many hit points, or so many more.
    pub(super) fn change_hp(&mut self, key: &str, amount: i64, is_added: bool) -> Result<(), Reason> {
        if self.state.conflict.is_none() {
            return Err(Reason::NoConflict);
        }
        let key = key.trim();
        let fighter = fighter_of_key(&self.state, key).filter(|_| hp_of(&self.state, key).is_some());
        let fighter = fighter.ok_or_else(|| Reason::NoFighter { who: key.to_owned() })?;
        let hp = hp_of(&self.state, key).unwrap_or_default();
        self.put_hp(&fighter, if is_added { hp.saturating_add(amount) } else { amount });
        Ok(())
    }

    /// Changes hit points within what the fighter can have. Who comes to none is defeated, and a person who gets some again stands up.
    pub(super) fn put_hp(&mut self, fighter: &Fighter, hp: i64) {
        let max_hp = self.max_hp(fighter);
        let Some(own) = fighter.hp_mut(&mut self.state) else { return };
        let (from, to) = (*own, hp.clamp(0, max_hp.max(0)));
        *own = to;
        if from == to {
            return;
        }
        let who = fighter.key().to_owned();
        self.changes.push(Change::HitPoints { who: who.clone(), from, to });
        if to > 0 {
            self.state.defeated.remove(&who);
        } else {
            self.defeat(fighter, who);
        }
    }

    fn max_hp(&self, fighter: &Fighter) -> i64 {
        match fighter {
            // A person without `damage` does not fight, and can still be hurt by an author.
            Fighter::Npc(key) => self.state.npcs.get(key).map_or(0, |npc| npc.max_hp),
            _ => fighter.sheet(&self.state).map_or(0, |sheet| sheet.max_hp),
        }
    }

    /// A monster is gone, a person stays, whomever they follow; what they carried lies where they were. What becomes of the player, the
    /// author's conditionals say.
    fn defeat(&mut self, fighter: &Fighter, who: String) {
        self.changes.push(Change::Defeated { who: who.clone() });
        self.fallen.push((who.clone(), fighter.name(&self.state)));
        match fighter {
            Fighter::Player => {}
            Fighter::Npc(key) => {
                self.state.defeated.insert(who);
                let Some(npc) = self.state.npcs.get(key) else { return };
                let (place, items) = (npc.location.clone(), npc.items.clone());
                // In a place that is gone they would be lost.
                let has_place = self.state.locations.contains_key(&place);
                for item in items.into_iter().filter(|_| has_place) {
                    let (from, to) = (Holder::Npc(key.clone()), Holder::Location(place.clone()));
                    self.transfer(item, Some(from), Some(to));
                }
            }
            Fighter::Monster(place, id) => {
                self.state.defeated.insert(who);
                let gone = self.state.locations.get_mut(place).and_then(|place| place.monsters.remove(id));
                self.changes.push(Change::MonsterDespawned { monster: id.clone(), location: place.clone() });
                for item in gone.into_iter().flat_map(|monster| monster.items) {
                    self.leave_behind(place, item);
                }
            }
        }
    }

    /// What the player gets back who uses up `item`.
    pub(super) fn heal(&mut self, item: &str, dice: Dice, luck: &Luck) {
        let amount = match luck {
            Luck::Seed => dice.thrown(&mut source("heals", item, &self.state)),
            // A search takes the best, which makes one outcome of many.
            Luck::Listed(_) => dice.range().1,
        };
        let hp = self.state.pc.as_ref().map_or(0, |pc| pc.hp);
        self.put_hp(&Fighter::Player, hp.saturating_add(i64::from(amount.max(1))));
    }

    /// A player who is left without hit points, because no conditional speaks of it, has lost: nothing that they could do would be allowed.
    pub(super) fn end_if_fallen(&mut self) {
        let has_fallen =
            self.state.conflict.is_some() && hp_of(&self.state, crate::world::PLAYER).is_some_and(|hp| hp <= 0);
        if has_fallen && !self.state.is_ended {
            self.state.is_ended = true;
            self.changes.push(Change::GameEnded { ending: None });
        }
    }
}
