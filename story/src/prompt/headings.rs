//! What parts of a prompt begin with. The prompt writes these and nothing else, and the filter of narrations looks for all of them: so an
//! echo of a new part cannot be forgotten.

/// Declares the tags with their names.
macro_rules! tags {
    ($($tag:ident = $name:literal,)*) => {
        /// A tag of the prompt.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Tag { $($tag,)* }

        impl Tag {
            /// Every tag.
            pub(crate) const ALL: &[Self] = &[$(Self::$tag,)*];

            /// What it begins with.
            pub(crate) const fn open(self) -> &'static str {
                match self { $(Self::$tag => concat!("<", $name, ">"),)* }
            }

            /// What it ends with.
            pub(crate) const fn close(self) -> &'static str {
                match self { $(Self::$tag => concat!("</", $name, ">"),)* }
            }
        }
    };
}

tags! {
    WorldState = "world_state",
    JustEntered = "just_entered",
    CurrentLocation = "current_location",
    AdjacentPreviews = "adjacent_previews",
    NpcsElsewhere = "npcs_elsewhere",
    AboutItems = "about_items",
    UserInventory = "user_inventory",
    PlayerHealth = "player_health",
    StorySoFar = "story_so_far",
    SinceThen = "since_then",
    DidNotHappen = "did_not_happen",
    Decided = "decided",
    Lore = "lore",
    Rules = "rules",
    Player = "player",
    StoryEvent = "story_event",
    Before = "before",
    Narrator = "narrator",
}

/// `content` between a pair of tags, each on a line of its own.
pub(super) fn block(tag: Tag, content: &str) -> String {
    format!("{}\n{content}\n{}", tag.open(), tag.close())
}

pub(super) const STYLE: &str = "Your style:";
pub(super) const STORY: &str = "The story:";
pub(super) const SO_FAR: &str = "What has happened so far:";
pub(super) const BEAR_IN_MIND: &str = "Bear in mind now:";
pub(super) const RATING: &str = "Content Rating:";
pub(super) const ITEMS_HERE: &str = "Items here:";
pub(super) const NPCS_HERE: &str = "NPCs here:";
pub(super) const MONSTERS_HERE: &str = "Monsters here:";
pub(super) const ONLY_EXITS: &str = "Exits (there are no others):";
pub(super) const USUAL_EXITS: &str = "Exits (the usual ways):";
/// The lines that begin parts of the longer texts.
const CRAFT: &str = "How to tell the story:";
const ASKED: &str = "How you are asked:";
const CONDUCT: &str = "How the world answers the player:";

/// Lines that begin a part of the prompt. No story has them.
pub(crate) const LINES: [&str; 11] = [
    SO_FAR,
    BEAR_IN_MIND,
    RATING,
    ITEMS_HERE,
    NPCS_HERE,
    MONSTERS_HERE,
    ONLY_EXITS,
    USUAL_EXITS,
    CRAFT,
    ASKED,
    CONDUCT,
];

/// Lines that begin a part of the prompt where nothing follows on the line: a story may have `The story: …`.
pub(crate) const WHOLE_LINES: [&str; 2] = [STYLE, STORY];

/// Stands before what happened by itself, in the history.
pub(crate) const EVENT: &str = "[Event]";
