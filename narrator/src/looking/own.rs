//! What the player wears and is made of, where the story has no word for it: `check my boots`, `are my feet wet?`, `stamp my hand`.

use story::words;

use crate::reading::clause::Clause;
use crate::reading::verbs;
use crate::reading::vocabulary::PARTS_OF_THE_BODY;
use crate::telling::Telling;
use crate::world::found::Found;
use crate::world::naming::{is_plural, the};

impl Telling<'_> {
    /// The part of the player's own body or dress that `noun` means, if it is nothing else here.
    fn own_part<'n>(&self, noun: &'n str) -> Option<&'n str> {
        let part = noun.strip_prefix("my ")?;
        let last = part.rsplit(' ').next()?;
        let is_thing = |noun: &str| {
            matches!(self.view.find(noun), Found::Held(_) | Found::Here(_) | Found::Carried(..) | Found::Inside(..))
        };
        (PARTS_OF_THE_BODY.contains(&last) && last != "pockets" && !is_thing(noun) && !is_thing(part)).then_some(part)
    }

    /// The answer to looking at one's own boots.
    pub(crate) fn own_looked_at(&self, clause: &Clause) -> Option<String> {
        let [object] = clause.objects.as_slice() else { return None };
        self.own_part(object).map(|part| self.own_seen(part))
    }

    fn own_seen(&self, part: &str) -> String {
        let (them, are) = if is_plural(part) { ("them", "are") } else { ("it", "is") };
        let lines = [
            (
                "no better and no worse",
                format!("You look at your {part}: no better and no worse than when you set out."),
            ),
            ("as the night has left", format!("Your {part} {are} as the night has left {them}, and will do.")),
            (
                "nothing that you did not know",
                format!("You look your {part} over, and find nothing that you did not know."),
            ),
            (
                "come this far with you",
                format!("You look at your {part}, which came this far with you and will go farther."),
            ),
        ];
        self.view.fresh_by_stem(&lines).to_owned()
    }

    /// The answer to `are my feet wet?`
    pub(crate) fn own_asked_about(&self, text: &str) -> Option<String> {
        let asks = ["is my ", "are my ", "how is my ", "how are my ", "what about my ", "do my ", "does my "];
        let rest = asks.iter().find_map(|asks| text.strip_prefix(asks))?;
        let part = rest.split(' ').find(|word| PARTS_OF_THE_BODY.contains(word))?;
        self.own_part(&format!("my {part}")).map(|part| self.own_seen(part))
    }

    /// `stamp my hand`: with the stamp that is held, or not yet.
    pub(crate) fn own_stamped(&self, noun: &str) -> Option<String> {
        let part = self.own_part(noun)?;
        let is_stamp = |item: &&String| words(item).last().is_some_and(|last| last == "stamp");
        if let Some(stamp) = self.view.held.iter().find(is_stamp) {
            return Some(format!("You stamp your {part} with {}. It can be read, and will wash off.", the(stamp)));
        }
        Some(match self.view.items.iter().find(is_stamp) {
            Some(stamp) => format!("You would have to pick up {} first.", the(stamp)),
            None => format!("You have nothing to stamp your {part} with. {}", self.could_try()),
        })
    }
}

impl Clause {
    /// `are they wet` of `check my boots, are they wet`: asked of what is one's own.
    pub(crate) fn asks_on_of_own(&self, before: Option<&Self>) -> bool {
        let of_own = before.is_some_and(|before| {
            before.verb.is_some_and(verbs::Verb::is_perception)
                && matches!(before.objects.as_slice(), [only] if only.starts_with("my ") && PARTS_OF_THE_BODY.iter().any(|part| only.ends_with(part)))
        });
        let asks = ["are they ", "is it ", "are those ", "do they ", "does it "];
        of_own && self.is_question && asks.iter().any(|asks| self.rest.starts_with(asks))
    }
}
