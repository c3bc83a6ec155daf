//! Fights and remedies: the player strikes and is struck at; whether a blow hits is decided by the rules, and told with the next answer.

use story::{Attack, Delta, PLAYER, fit};

use crate::reading::clause::Clause;
use crate::reading::verbs::Verb;
use crate::telling::Telling;
use crate::world::entries::Being;
use crate::world::found::Found;
use crate::world::naming::{clean, the};
use crate::world::texts::{capital, joined};
use crate::world::view::View;

/// What a narration of an attack begins with, what it says of the answer to it, and what the use of a remedy begins with.
const ATTACK: &str = "You attack ";
const STRIKES_BACK: &str = " strikes back";
pub(crate) const REMEDY: &str = "You use up ";

/// Verbs of attack that hurt nobody: who chases a moth away has not fought it.
const MILD: &[&str] =
    &["shoo", "scare", "frighten", "chase", "trip", "rob", "arrest", "break", "cut", "tear", "rip", "destroy", "stamp"];

/// What stands for an opponent that is not named.
const UNNAMED: &[&str] = &["", "back", "on", "again", "hard", "now"];

impl Telling<'_> {
    /// The answer to an attack; `None` if the clause is none, or is aimed at something that cannot be fought.
    pub(crate) fn fight(&self, clause: &Clause) -> Option<String> {
        let verb = clause.written.split(' ').next().unwrap_or_default();
        let is_blow = clause.verb == Some(Verb::Attack) && !MILD.contains(&verb);
        if !is_blow && verb != "strike" {
            return None;
        }
        let opponents: Vec<&Being> = self.view.beings.iter().filter(|being| being.is_opponent()).collect();
        let noun = clause.objects.first().map(|noun| clean(noun)).filter(|noun| !UNNAMED.contains(&noun.as_str()));
        let target = match (noun, opponents.as_slice()) {
            (None, []) if UNNAMED.contains(&clause.rest.as_str()) && is_blow => {
                return Some(format!("There is nobody here to {verb}, and that is as well. {}", self.could_try()));
            }
            (_, []) => return self.fallen(clause),
            (None, [only]) => *only,
            (None, several) => {
                let names: Vec<String> = several.iter().map(|being| being.call()).collect();
                return Some(format!("You would have to say whom: {}.", joined(&names, "or")));
            }
            (Some(noun), opponents) => {
                let named = opponents.iter().find(|being| fit(&noun, &being.name).is_some());
                match (named, self.view.find(&noun)) {
                    (Some(named), _) => named,
                    (None, Found::Being(being)) if being.is_opponent() => being,
                    _ => return self.fallen(clause),
                }
            }
        };
        Some(match self.weapon(clause) {
            Ok(weapon) => {
                let with = weapon.map(|item| format!(" with {}", the(item))).unwrap_or_default();
                let who = target.call();
                format!("{ATTACK}{who}{with}. {}{STRIKES_BACK}.", capital(&who))
            }
            Err(without) => without,
        })
    }

    /// The answer to an attack on somebody who is defeated.
    fn fallen(&self, clause: &Clause) -> Option<String> {
        match self.view.find(clause.objects.first()?) {
            Found::Being(being) if being.is_defeated() => {
                Some(format!("{} is beaten already, and you lower your hand.", capital(&being.call())))
            }
            _ => None,
        }
    }

    /// What the player names to strike with; without a name, the first weapon that they hold, or their hands.
    fn weapon(&self, clause: &Clause) -> Result<Option<&str>, String> {
        if !["with", "using"].contains(&clause.preposition.as_str()) || clause.second.is_empty() {
            let is_weapon = |item: &&String| self.view.item(item).is_some_and(|item| item.damage.is_some());
            return Ok(self.view.held.iter().find(is_weapon).map(String::as_str));
        }
        match self.view.find(&clause.second) {
            Found::Held(item) => Ok(Some(item)),
            Found::Here(item) => Err(format!("You would have to pick up {} first.", the(item))),
            Found::Nothing if is_own_hand(&clause.second) => Ok(None),
            Found::Nothing => Err(self.not_here(&clause.second)),
            found => Err(format!("{} is not yours to strike with. {}", capital(&found.call()), self.inventory())),
        }
    }

    /// The answer to the use of a remedy; `None` for anything else.
    pub(crate) fn remedy(&self, clause: &Clause) -> Option<String> {
        if !matches!(clause.verb?, Verb::Use | Verb::Drink | Verb::Eat) {
            return None;
        }
        let Found::Held(item) = self.view.find(clause.objects.first()?) else { return None };
        self.view.item(item).filter(|item| item.heals.is_some())?;
        Some(format!("{REMEDY}{}. It does you good.", the(item)))
    }
}

/// What the player strikes with who has nothing.
fn is_own_hand(noun: &str) -> bool {
    let parts = ["hand", "fist", "foot", "feet", "knee", "elbow", "head", "teeth"];
    story::words(noun).last().is_some_and(|last| parts.contains(&last.as_str()))
}

/// What the rules decided of the last turn's attacks, as the player reads it.
pub(crate) fn decided(block: &str) -> String {
    let lines = block.lines().filter_map(|line| line.strip_prefix("- "));
    let to_player = lines.map(|line| line.replace("The player", "You").replace("the player", "you"));
    to_player.collect::<Vec<_>>().join(" ")
}

/// The attacks that a narration tells of.
pub(crate) fn attacks(view: &View<'_>, part: &str, delta: &mut Delta) -> bool {
    let Some(fight) = part.strip_prefix(ATTACK) else { return false };
    let target = view.beings.iter().filter(|being| being.is_opponent() && fight.starts_with(&being.call()));
    let Some(target) = target.max_by_key(|being| being.call().len()) else { return false };
    let with = fight[target.call().len()..].strip_prefix(" with ");
    let weapon = with.and_then(|with| view.held.iter().find(|item| with.starts_with(&format!("{}.", the(item)))));
    let attack = |attacker: &str, target: &str, item: Option<&String>| Attack {
        attacker: attacker.to_owned(),
        target: target.to_owned(),
        item: item.cloned(),
    };
    delta.attacks.push(attack(PLAYER, &target.key, weapon));
    if fight.contains(STRIKES_BACK) {
        delta.attacks.push(attack(&target.key, PLAYER, None));
    }
    true
}
