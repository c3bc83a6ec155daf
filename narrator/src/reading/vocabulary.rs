//! Small words of sentences, and what they are for. Verbs have a table of their own.

/// Words that may come before the verb and mean nothing.
pub(crate) const OPENERS: &[&str] = &[
    "i",
    "we",
    "i'll",
    "i'd",
    "let's",
    "lets",
    "please",
    "then",
    "now",
    "just",
    "carefully",
    "slowly",
    "quickly",
    "quietly",
    "gently",
    "softly",
    "also",
    "ok",
    "okay",
    "so",
    "well",
    "and",
    "oh",
    "um",
    "try",
    "to",
    "will",
    "would",
    "like",
    "want",
    "am",
    "going",
    "attempt",
    "decide",
    "gonna",
    "must",
    "should",
    "need",
    "let",
    "us",
    "go ahead",
    "politely",
    "loudly",
    "again",
    "first",
    "next",
    "finally",
    "very",
    "simply",
    "calmly",
    "kindly",
    "immediately",
    "me",
    "myself",
    "maybe",
    "perhaps",
    "suddenly",
    "keep",
    "start",
    "rather",
    "better",
    "shall",
];

/// Openers that are verbs themselves if no other verb follows.
pub(crate) const ALSO_VERBS: &[&str] =
    &["try", "keep", "start", "go ahead", "decide", "like", "want", "let", "will", "need"];

/// Words that begin the second part of a clause.
pub(crate) const PREPOSITIONS: &[&str] = &[
    "to", "with", "at", "on", "onto", "in", "into", "inside", "from", "for", "about", "under", "behind", "beside",
    "against", "over", "through", "off", "using", "toward", "towards", "near", "around", "between", "by", "across",
    "upon", "who", "what", "where", "why", "when", "how", "whether", "if",
];

/// Words that a question begins with.
pub(crate) const QUESTION_WORDS: &[&str] = &[
    "who", "what", "where", "when", "why", "how", "which", "whose", "is", "are", "was", "were", "does", "do", "did",
    "can", "could", "may", "might", "has", "have", "isn't", "who's", "what's", "where's", "how's", "shall", "should",
    "would", "am",
];

/// Words behind a noun that belong to the verb: `on` of `turn the lamp on`.
pub(crate) const PARTICLES: &[&str] =
    &["on", "off", "up", "down", "out", "over", "back", "away", "open", "shut", "along"];

/// The direction that a word means, in full.
pub(crate) fn direction(word: &str) -> Option<&'static str> {
    Some(match word {
        "n" | "north" | "northward" | "northwards" => "north",
        "s" | "south" | "southward" | "southwards" => "south",
        "e" | "east" | "eastward" | "eastwards" => "east",
        "w" | "west" | "westward" | "westwards" => "west",
        "u" | "up" | "upstairs" | "upward" | "upwards" | "uphill" => "up",
        "d" | "down" | "downstairs" | "downward" | "downwards" | "downhill" => "down",
        "ne" | "northeast" => "northeast",
        "nw" | "northwest" => "northwest",
        "se" | "southeast" => "southeast",
        "sw" | "southwest" => "southwest",
        _ => return None,
    })
}

/// Verbs that are likelier nouns behind `and`: `the lamp and stamp`.
pub(crate) fn is_noun_after_all(word: &str) -> bool {
    matches!(
        word,
        "stamp"
            | "light"
            | "lamp"
            | "hook"
            | "watch"
            | "time"
            | "block"
            | "sound"
            | "note"
            | "play"
            | "i"
            | "about"
            | "in"
            | "cover"
            | "sign"
    )
}

/// What is one's own and makes a gesture.
pub(crate) const PARTS_OF_THE_BODY: &[&str] = &[
    "eyes",
    "eye",
    "hand",
    "hands",
    "fist",
    "fists",
    "finger",
    "fingers",
    "thumb",
    "thumbs",
    "arm",
    "arms",
    "shoulder",
    "shoulders",
    "head",
    "face",
    "brow",
    "eyebrow",
    "eyebrows",
    "forehead",
    "chin",
    "lip",
    "lips",
    "tongue",
    "teeth",
    "nose",
    "ear",
    "ears",
    "hair",
    "neck",
    "back",
    "knee",
    "knees",
    "foot",
    "feet",
    "heel",
    "heels",
    "collar",
    "cap",
    "hat",
    "coat",
    "cloak",
    "scarf",
    "sleeve",
    "sleeves",
    "glove",
    "gloves",
    "skirt",
    "skirts",
    "umbrella",
    "hood",
    "shoes",
    "boots",
    "clothes",
    "dress",
    "courage",
    "breath",
    "thoughts",
    "strength",
    "nerve",
    "nerves",
    "temper",
    "voice",
    "smile",
    "patience",
    "heart",
    "throat",
    "wits",
    "balance",
    "cheek",
    "cheeks",
    "palm",
    "palms",
    "elbow",
    "elbows",
    "belly",
    "stomach",
    "beard",
    "moustache",
    "glasses",
    "pockets",
];
