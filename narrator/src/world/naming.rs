//! How the narrator puts a name into a sentence: its article, its number, and what it calls the thing itself.

use story::words;

use crate::reading::vocabulary::direction;

pub(crate) const ARTICLES: &[&str] = &["the", "a", "an", "my", "your", "his", "her", "its", "their"];

/// Words before a noun that say where, and not what.
pub(crate) const LEADERS: &[&str] = &[
    "in", "on", "at", "to", "into", "onto", "out", "of", "from", "through", "under", "behind", "up", "down", "all",
    "every", "each", "both", "some",
];

/// Whether a name is a plural: `mud shoes`, `the moths`.
pub(crate) fn is_plural(name: &str) -> bool {
    let last = name.split_whitespace().next_back().unwrap_or_default();
    if ["men", "women", "people", "children"].contains(&last) || (last.len() > 6 && last.ends_with("men")) {
        return true;
    }
    last.len() > 3
        && last.starts_with(char::is_lowercase)
        && last.ends_with('s')
        && !["ss", "us", "is"].iter().any(|ending| last.ends_with(ending))
        && !last.ends_with("'s")
}

/// `is` or `are`, as the name wants it.
pub(crate) fn is_or_are(name: &str) -> &'static str {
    if is_plural(name) { "are" } else { "is" }
}

/// What a name calls the thing itself: `chain` of `chain of office`, `key` of `music box key`.
pub(crate) fn head(name: &str) -> Option<String> {
    words(name.split(" of ").next().unwrap_or(name)).pop()
}

/// `it` or `them`, as the name wants it.
pub(crate) fn it_or_them(name: &str) -> &'static str {
    if is_plural(name) { "them" } else { "it" }
}

/// A name with `a` or `an`, or, for several, without.
pub(crate) fn a(name: &str) -> String {
    if is_plural(name) {
        name.to_owned()
    } else if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        format!("an {name}")
    } else {
        format!("a {name}")
    }
}

/// A noun without its article.
pub(crate) fn without_article(noun: &str) -> &str {
    noun.split_once(' ').filter(|(first, _)| ARTICLES.contains(first)).map_or(noun, |(_, rest)| rest)
}

/// A name with its article; proper names have none, and neither have those that begin with a preposition.
pub(crate) fn the(name: &str) -> String {
    let first = name.split(' ').next().unwrap_or_default();
    if first.starts_with(char::is_uppercase) && LEADERS.contains(&first.to_lowercase().as_str()) {
        return name.to_owned();
    }
    let has_article = name.to_lowercase().starts_with("the ");
    let is_proper = name.contains('\'') && name.starts_with(char::is_uppercase);
    if has_article || is_proper { name.to_owned() } else { format!("the {name}") }
}

/// Words at the end of a noun that do not belong to it.
pub(crate) const TRAILERS: &[&str] = &[
    "again",
    "please",
    "carefully",
    "here",
    "now",
    "first",
    "there",
    "too",
    "slowly",
    "quickly",
    "gently",
    "quietly",
    "away",
    "up",
    "down",
    "closely",
    "myself",
    "today",
    "tonight",
    "instead",
    "home",
    "along",
    "back",
    "something",
    "together",
    "round",
    "awake",
    "upstairs",
    "downstairs",
    "high",
    "open",
    "shut",
    "aside",
    "aloud",
    "loudly",
    "inside",
    "around",
    "over",
    "off",
    "twice",
    "once",
    "hard",
    "softly",
    "for",
    "about",
    "like",
    "out",
    "on",
];

/// A noun without the words that say nothing.
pub(crate) fn clean(noun: &str) -> String {
    let mut words: Vec<&str> = noun.split_whitespace().collect();
    while words.len() > 1
        && words.last().is_some_and(|last| TRAILERS.contains(last))
        && !ARTICLES.contains(&words[words.len() - 2])
    {
        words.pop();
    }
    while words.len() > 1 && LEADERS.contains(&words[0]) {
        words.remove(0);
    }
    words.join(" ")
}

/// `north of here`, `up from here`, `by the hatch`.
pub(crate) fn from_here(way: &str) -> String {
    match direction(way) {
        Some(vertical @ ("up" | "down")) => format!("{vertical} from here"),
        Some(direction) => format!("{direction} of here"),
        None if ["in", "out", "aboard", "ashore", "inside", "outside"].contains(&way) => way.to_owned(),
        None => format!("by the {way}"),
    }
}

/// What is done and not handled: a song, a dance.
pub(crate) fn is_abstract(noun: &str) -> bool {
    let words = story::words(noun);
    let abstract_nouns = [
        "song",
        "tune",
        "music",
        "something",
        "dance",
        "jig",
        "waltz",
        "joy",
        "game",
        "anything",
        "melody",
        "joke",
        "story",
        "riddle",
        "poem",
        "secret",
        "nothing",
        "other",
        "everyone",
        "everybody",
        "while",
        "moment",
    ];
    words.last().is_some_and(|word| abstract_nouns.contains(&word.as_str()))
}
