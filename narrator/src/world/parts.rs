//! Parts of things that no text names: the flame of a lantern, the keyhole of a door. They are there because the whole is, and are no items.

use story::words;

use super::found::Found;
use super::view::View;

/// Parts, and what has them.
const PARTS: &[(&[&str], &[&str])] = &[
    (&["flame", "wick"], &["lantern", "lamp", "candle", "stove"]),
    (
        &["keyhole", "doorknob", "knob", "doorhandle", "hinge", "latch", "threshold", "doorway", "doorstep", "doormat"],
        &["door"],
    ),
    (&["handle"], &["door", "pump", "lantern", "lamp", "box", "mug", "cup"]),
    (&["lid"], &["box", "chest", "piano", "trunk"]),
    (&["page", "cover", "spine"], &["ledger", "book", "novel", "register", "newspaper"]),
    (&["keyboard", "pedal", "string"], &["piano"]),
    (&["pendulum"], &["metronome", "clock"]),
    (&["dial", "face", "clockwork", "pendulum"], &["clock"]),
    (&["button", "strap", "bellow"], &["concertina", "coat"]),
    (&["knot"], &["rope", "line", "net"]),
    (&["link"], &["chain"]),
    (&["rung"], &["ladder"]),
    (&["banister", "railing"], &["stair", "step"]),
    (&["seat", "cushion", "armrest", "backrest"], &["chair", "stool", "bench"]),
    (&["pocket", "sleeve", "collar"], &["coat"]),
    (&["mast", "hull", "oar", "deck", "plank"], &["ferry", "boat", "barge"]),
    (&["glass", "pane", "sill", "curtain"], &["window"]),
    (&["frame"], &["portrait", "window", "door"]),
    (&["mane", "saddle"], &["horse"]),
];

impl View<'_> {
    /// What is called by another word, or is a part of what is here.
    pub(crate) fn by_another_word_or_part(&self, noun: &str) -> Found<'_> {
        match self.by_another_word(noun) {
            Found::Nothing => self.whole_of(noun).map_or(Found::Nothing, |_| Found::Scenery(noun.to_owned())),
            found => found,
        }
    }

    /// What is here and has `noun` as a part of it that nothing else speaks of.
    pub(crate) fn whole_of(&self, noun: &str) -> Option<&'static str> {
        let said = words(noun);
        let last = said.last().filter(|_| said.len() == 1)?;
        let wholes = PARTS.iter().filter(|(parts, _)| parts.contains(&last.as_str())).flat_map(|(_, wholes)| *wholes);
        let is_here = |whole: &&&str| matches!(self.named(whole), Found::Held(_) | Found::Here(_) | Found::Scenery(_));
        wholes.copied().find(|whole| is_here(&whole))
    }
}
