//! What somebody adds to dice: an ability score or a skill.

use std::collections::BTreeMap;

use super::actor::Pc;

/// The six scores, by the names that files use.
pub(crate) const SCORES: [&str; 6] = ["strength", "dexterity", "constitution", "intelligence", "wisdom", "charisma"];

/// The most that a character adds or takes away, as for the modifier of dice.
pub(crate) const MOST: i64 = 1000;

impl Pc {
    /// What the character adds to dice by `name`, in any case: of one of the six scores, (score - 10) / 2 rounded down; of a skill in
    /// `attributes`, its value, because a skill is a bonus already: halved like a score, a skill of 7 would be worse than none. Without
    /// the skill, or with a score of 0, which a file that gives none has, nothing.
    pub(crate) fn adds(&self, name: &str) -> Option<i32> {
        let stats = &self.stats;
        let scores =
            [stats.strength, stats.dexterity, stats.constitution, stats.intelligence, stats.wisdom, stats.charisma];
        let score = SCORES.iter().zip(scores).find(|(known, _)| is_named(name, known));
        adds(score.map(|(_, score)| score), name, &self.attributes)
    }
}

/// The same for people and monsters, whose scores are among their `attributes`.
pub(crate) fn adds_of(attributes: &BTreeMap<String, i64>, name: &str) -> Option<i32> {
    let is_score = SCORES.iter().any(|known| is_named(name, known));
    let score = attributes.iter().find(|(known, _)| is_score && is_named(name, known)).map(|(_, score)| *score);
    adds(score, name, attributes)
}

fn is_named(name: &str, known: &str) -> bool {
    known.eq_ignore_ascii_case(name.trim())
}

fn adds(score: Option<i64>, name: &str, skills: &BTreeMap<String, i64>) -> Option<i32> {
    let adds = match score {
        Some(0) => None,
        Some(score) => Some(score.saturating_sub(10).div_euclid(2)),
        None => skills.iter().find(|(known, _)| is_named(name, known)).map(|(_, skill)| *skill),
    };
    adds.and_then(|adds| i32::try_from(adds.clamp(-MOST, MOST)).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_adds_half_of_what_it_is_above_ten_and_a_skill_adds_itself() {
        let pc = |strength: i64| -> Pc {
            let stats = serde_json::json!({ "strength": strength });
            serde_json::from_value(serde_json::json!({ "stats": stats, "attributes": { "diving": 7 } })).unwrap()
        };
        let added = [1, 8, 9, 10, 11, 12, 20].map(|strength| pc(strength).adds("strength").unwrap());
        assert_eq!(added, [-5, -1, -1, 0, 0, 1, 5]);
        assert_eq!(pc(i64::MIN).adds("Strength"), Some(-1000));
        assert_eq!((pc(9).adds("Diving"), pc(9).adds("wisdom"), pc(9).adds("knots")), (Some(7), None, None));
    }
}
