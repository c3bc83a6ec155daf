//! Attacks: the model says who strikes at whom, the rules throw the dice. One die of 20 and what the attacker adds, against the target's
//! armour class; then the damage. The dice come from the game's seed, as those of conditionals do.

use super::blow::{Blow, Struck};
use super::change::{Author, Change, Holder};
use super::luck::Luck;
use super::reason::Reason;
use super::turn::Turn;
use crate::content::{Dice, MOST};
use crate::delta::Attack;
use crate::state::Rules;
use crate::suggest::nearest;
use crate::world::{Fighter, Fit, Health, PLAYER, fighter_meant, fit, matching, opponents};

/// The armour class of somebody who has none.
const UNARMOURED: i64 = 10;

/// Who strikes without a weapon finds this name among their bonuses.
const UNARMED: &str = "unarmed";

impl Turn<'_> {
    pub(super) fn attack(&mut self, author: &Author, attack: &Attack, luck: &mut Luck) -> Result<(), Reason> {
        if self.state.conflict.is_none() {
            return Err(Reason::NoConflict);
        }
        let Some((attacker, target)) = self.both(author, attack)? else { return Ok(()) };
        self.expect_together(&attacker, &target)?;
        let weapon = self.weapon(author, &attacker, attack.item.as_deref())?;
        // Or a player would win by writing that they strike ten times. Conditionals are an author's, and fire once each.
        let who = attacker.key().to_owned();
        if *author == Author::Model && !self.have_struck.insert(who.clone()) {
            return Err(Reason::StruckAlready { who });
        }
        let blow = self.blow(&attacker, target, weapon.as_deref())?;
        let struck = luck.strikes(&blow, &self.state);
        self.attacks += 1;
        let decided = self.told(&blow, weapon.as_deref(), struck);
        self.state.decided.push(decided);
        let target = blow.target.key().to_owned();
        self.changes.push(Change::Attacked { attacker: who, target, item: weapon, hit: struck.hits });
        if struck.hits {
            self.put_hp(&blow.target, struck.left);
        }
        Ok(())
    }

    /// Both sides of an attack; none if it came to nothing because of what happened earlier in the turn. A narration tells of the answer to
    /// a blow before the dice say that nobody was left to give it, and a conditional cannot know what others have done: neither is a mistake.
    fn both(&self, author: &Author, attack: &Attack) -> Result<Option<(Fighter, Fighter)>, Reason> {
        match (self.fighter(&attack.attacker), self.fighter(&attack.target)) {
            (Ok(attacker), Ok(target)) if attacker == target => {
                Err(Reason::OwnTarget { who: attacker.key().to_owned() })
            }
            (Ok(attacker), Ok(target)) => Ok(Some((attacker, target))),
            (attacker, target) => {
                let fell = |fighter: &Result<_, _>, name: &str| fighter.is_ok() || self.has_fallen(name);
                let fell_now = fell(&attacker, &attack.attacker) && fell(&target, &attack.target);
                let is_excused = |reason: &Reason| {
                    fell_now || (*author != Author::Model && matches!(reason, Reason::Defeated { .. }))
                };
                attacker.err().or(target.err()).filter(|reason| !is_excused(reason)).map_or(Ok(None), Err)
            }
        }
    }

    /// What came of a blow, for the next prompt.
    fn told(&self, blow: &Blow, weapon: Option<&str>, struck: Struck) -> String {
        let Blow { attacker_name: by, target_name: name, armour, .. } = blow;
        let with = weapon.map(|item| format!(" with the {item}")).unwrap_or_default();
        let max_hp = blow.target.sheet(&self.state).map_or(0, |sheet| sheet.max_hp);
        let came_of_it = match (struck.hits, Health::of(struck.left, max_hp)) {
            (false, _) => "missed".to_owned(),
            (true, Health::Defeated) if blow.target == Fighter::Player => "hit; the player fell".to_owned(),
            (true, Health::Defeated) => format!("hit; that defeated {name}"),
            (true, health) => format!("hit; it left {name} {}", health.words()),
        };
        let wants_numbers = self.state.conflict.is_some_and(|conflict| conflict.numbers);
        let numbers = match struck.shown.filter(|_| wants_numbers) {
            Some(shown) if struck.hits => {
                let (cost, left) = (blow.hp - struck.left, struck.left);
                format!(" ({shown} against {armour}; {cost} of damage, {left} of {max_hp} hit points left)")
            }
            Some(shown) => format!(" ({shown} against {armour})"),
            None => String::new(),
        };
        capital(&format!("{by} attacked {name}{with} and {came_of_it}{numbers}."))
    }

    /// Somebody who can fight now.
    fn fighter(&self, name: &str) -> Result<Fighter, Reason> {
        let unknown = || {
            let known: Vec<String> = opponents(&self.state).map(|fighter| fighter.key().to_owned()).collect();
            let known = known.iter().map(String::as_str).chain([PLAYER]);
            Reason::UnknownFighter { name: name.trim().to_owned(), suggestion: nearest(name, known).map(str::to_owned) }
        };
        if self.state.defeated.contains(name.trim()) {
            return Err(Reason::Defeated { who: name.trim().to_owned() });
        }
        let fighter = fighter_meant(&self.state, name, &self.places_in_reach()).ok_or_else(unknown)?;
        let who = fighter.key().to_owned();
        let sheet = fighter.sheet(&self.state).ok_or(Reason::NoFighter { who: who.clone() })?;
        if sheet.hp <= 0 || self.fallen.iter().any(|(key, _)| *key == who) {
            return Err(Reason::Defeated { who });
        }
        Ok(fighter)
    }

    /// Whether the one of this name came to no hit points in this turn.
    fn has_fallen(&self, name: &str) -> bool {
        let is_player = fighter_meant(&self.state, name, &[]) == Some(Fighter::Player);
        self.fallen
            .iter()
            .any(|(key, own)| key == name.trim() || fit(name, own) == Some(Fit::Whole) || (is_player && key == PLAYER))
    }

    /// Both must be where the player is, or was when the turn began; the player is in both.
    fn expect_together(&self, attacker: &Fighter, target: &Fighter) -> Result<(), Reason> {
        let reach = self.places_in_reach();
        let others: Vec<&str> = [attacker, target]
            .into_iter()
            .filter(|fighter| **fighter != Fighter::Player)
            .map(|fighter| fighter.place(&self.state))
            .collect();
        if others.iter().all(|place| reach.contains(place)) && others.windows(2).all(|pair| pair[0] == pair[1]) {
            return Ok(());
        }
        Err(Reason::Apart { attacker: attacker.key().to_owned(), target: target.key().to_owned() })
    }

    /// What the attacker strikes with, as it is spelled where they have it. What people and monsters strike with, such as a tail, need not be
    /// an item; the player has what they carry, and in a relaxed game what they say.
    fn weapon(&self, author: &Author, attacker: &Fighter, item: Option<&str>) -> Result<Option<String>, Reason> {
        let Some(item) = item.map(str::trim).filter(|item| !item.is_empty()) else { return Ok(None) };
        let sheet = attacker.sheet(&self.state);
        let own = sheet.as_ref().and_then(|sheet| matching(sheet.items, item)).cloned();
        let own = match (own, attacker) {
            (None, Fighter::Player) => self.find(item, &[Holder::Player])?.map(|(item, _)| item),
            (own, _) => own,
        };
        let may_lack = *attacker != Fighter::Player || self.rules == Rules::Relaxed || *author != Author::Model;
        match own {
            None if may_lack => Ok(sheet.and_then(|sheet| {
                sheet.modifiers.keys().find(|known| fit(item, known).is_some()).map(|_| item.to_owned())
            })),
            None => Err(Reason::NotThere { item: item.to_owned(), holder: "the player".to_owned() }),
            own => Ok(own),
        }
    }

    fn blow(&self, attacker: &Fighter, target: Fighter, weapon: Option<&str>) -> Result<Blow, Reason> {
        let no_fighter = |fighter: &Fighter| Reason::NoFighter { who: fighter.key().to_owned() };
        let own = attacker.sheet(&self.state).ok_or_else(|| no_fighter(attacker))?;
        let other = target.sheet(&self.state).ok_or_else(|| no_fighter(&target))?;
        let known = weapon.and_then(|weapon| self.scenario.item(weapon));
        let score = known.and_then(|item| item.add.as_deref()).unwrap_or("strength");
        let named = |name: &str| own.modifiers.iter().find(|(known, _)| fit(known, name).is_some());
        let of_weapon = named(weapon.unwrap_or(UNARMED)).map(|(_, bonus)| *bonus);
        // People and monsters have their bonuses for what they strike with, whatever the model calls it.
        let best = own.modifiers.values().max().copied().filter(|_| *attacker != Fighter::Player);
        let of_score = || {
            let own_score = named(score).map_or_else(|| own.adds(score), |(_, bonus)| *bonus);
            own_score.saturating_add(named("proficiency").map_or(0, |(_, bonus)| *bonus))
        };
        let bonus = of_weapon.or(best).unwrap_or_else(of_score).clamp(-MOST, MOST);
        Ok(Blow {
            id: format!("{}:{}:{}", self.attacks, attacker.key(), target.key()),
            attacker_name: attacker.name(&self.state),
            target_name: target.name(&self.state),
            bonus,
            armour: if other.ac == 0 { UNARMOURED } else { other.ac },
            damage: known.and_then(|item| item.damage).or(own.damage).unwrap_or(Dice::UNARMED),
            hp: other.hp,
            target,
        })
    }
}

/// With a capital letter first.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
