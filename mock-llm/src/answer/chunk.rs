//! Cutting an answer into the pieces that a stream sends. Nothing is lost: the pieces always join to the whole.

use crate::script::Chunk;

/// Roughly how many letters make a token.
const TOKEN: usize = 4;

/// Cuts `text` by a rule. A list of pieces is cut already and not handled here: its text counts as one word list.
pub(crate) fn cut(text: &str, chunk: &Chunk) -> Vec<String> {
    match chunk {
        Chunk::Word | Chunk::Pieces(_) => words(text).map(str::to_owned).collect(),
        Chunk::Char => text.chars().map(String::from).collect(),
        Chunk::Token => words(text).flat_map(cut_word).collect(),
    }
}

/// An estimate of the number of tokens: four letters each, at least one for each word.
pub(crate) fn tokens(text: &str) -> usize {
    words(text).map(|word| word.chars().count().div_ceil(TOKEN)).sum()
}

/// Words, each with the space that follows it; JSON without spaces is cut after commas and colons too.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ':'))
}

fn cut_word(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(TOKEN).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_join_to_the_whole() {
        let text = "Ein  Satz, mit Übermut:\n{\"a\":[1,2]} 🜁";
        for chunk in [Chunk::Word, Chunk::Char, Chunk::Token] {
            assert_eq!(cut(text, &chunk).concat(), text);
        }
    }

    #[test]
    fn each_rule_cuts_its_way() {
        assert_eq!(cut("You walk on.", &Chunk::Word), ["You ", "walk ", "on."]);
        assert_eq!(cut("Yes", &Chunk::Char), ["Y", "e", "s"]);
        assert_eq!(cut("walking on", &Chunk::Token), ["walk", "ing ", "on"]);
        assert_eq!(tokens("walking on"), 3);
        assert!(cut("", &Chunk::Word).is_empty());
    }
}
