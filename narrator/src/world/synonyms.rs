//! Other words for things. A word means its neighbour here only where nothing of its own name is.

use story::words;

const GROUPS: &[&[&str]] = &[
    &["rope", "line", "cord", "cable"],
    &["wire", "string", "cord"],
    &["string", "twine", "thread"],
    &["paper", "note", "document", "form", "letter", "sheet", "page"],
    &["paper", "newspaper", "gazette"],
    &["headline", "newspaper", "gazette"],
    &["boat", "barge", "ferry"],
    &["lamp", "lantern", "light", "torch"],
    &["book", "novel", "ledger", "volume", "register"],
    &["concertina", "squeezebox", "accordion"],
    &["mug", "cup", "tankard", "beaker"],
    &["fish", "kipper", "herring"],
    &["cat", "kitty", "puss", "kitten"],
    &["bird", "birdie", "gull", "seagull"],
    &["moth", "insect", "bug", "butterfly"],
    &["chest", "trunk", "coffer"],
    &["box", "case", "carton", "crate"],
    &["wrench", "spanner", "tool"],
    &["tool", "lever"],
    &["stool", "chair", "seat"],
    &["pulley", "block"],
    &["stove", "oven", "fire"],
    &["bottle", "flask"],
    &["picture", "portrait", "painting"],
    &["card", "ticket", "slip"],
    &["shoe", "boot"],
    &["writing", "print", "rule", "regulation", "notice", "board", "sign"],
    &["stair", "step", "stairway", "staircase"],
    &["shell", "whelk", "conch"],
    &["brick", "stone", "pebble"],
    &["bell", "gong"],
    &["rug", "carpet", "mat"],
    &["coin", "token", "penny", "money", "cash"],
    &["towel", "cloth", "rag"],
    &["key", "latchkey"],
    &["coat", "jacket"],
    &["crab", "crustacean"],
    &["wax", "candle"],
    &["pen", "pencil"],
];

/// `noun` with its last word put in each other way.
pub(crate) fn other_words(noun: &str) -> Vec<String> {
    let mut said = words(noun);
    let Some(last) = said.pop() else { return Vec::new() };
    let groups = GROUPS.iter().filter(|group| group.contains(&last.as_str()));
    groups.flat_map(|group| group.iter()).filter(|word| **word != last).map(|word| (*word).to_owned()).collect()
}
