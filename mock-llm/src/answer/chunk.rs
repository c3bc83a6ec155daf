//! Cutting an answer into the pieces that a stream sends. Nothing is lost: the pieces always join to the whole.

use crate::script::Chunk;

/// Roughly how many letters make a token.
const TOKEN: usize = 4;

/// A text, and where it is cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pieces {
    text: String,
    /// Where each piece ends, in bytes.
    ends: Vec<usize>,
}

impl Pieces {
    /// Cuts `text` by a rule. A list of pieces is cut already and not handled here: its text counts as one word list.
    pub(crate) fn cut(text: String, rule: &Chunk) -> Self {
        let mut ends = Vec::with_capacity(text.len() / TOKEN);
        match rule {
            Chunk::Word | Chunk::Pieces(_) => each_end(words(&text).map(str::len), &mut ends),
            Chunk::Char => each_end(text.chars().map(char::len_utf8), &mut ends),
            Chunk::Token => each_end(words(&text).flat_map(tokens_of_word), &mut ends),
        }
        Self { text, ends }
    }

    /// The text that they join to.
    pub(crate) fn whole(&self) -> &str {
        &self.text
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| &self.text[std::mem::replace(&mut start, *end)..*end])
    }

    /// Puts a piece in before the one at `index`.
    pub(crate) fn insert(&mut self, index: usize, piece: &str) {
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.text.insert_str(start, piece);
        self.ends[index..].iter_mut().for_each(|end| *end += piece.len());
        self.ends.insert(index, start + piece.len());
    }
}

impl FromIterator<String> for Pieces {
    fn from_iter<I: IntoIterator<Item = String>>(pieces: I) -> Self {
        let mut all = Self::default();
        for piece in pieces {
            all.text.push_str(&piece);
            all.ends.push(all.text.len());
        }
        all
    }
}

/// Turns the parts' lengths into ends.
fn each_end(lengths: impl Iterator<Item = usize>, ends: &mut Vec<usize>) {
    let mut end = 0;
    ends.extend(lengths.map(|length| {
        end += length;
        end
    }));
}

/// An estimate of the number of tokens: four letters each, at least one for each word.
pub(crate) fn tokens(text: &str) -> usize {
    words(text).map(|word| word.chars().count().div_ceil(TOKEN)).sum()
}

/// Words, each with the space that follows it; JSON without spaces is cut after commas and colons too.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ':'))
}

/// The lengths in bytes of a word's tokens.
fn tokens_of_word(word: &str) -> impl Iterator<Item = usize> {
    let mut letters = word.chars();
    std::iter::from_fn(move || {
        let length: usize = letters.by_ref().take(TOKEN).map(char::len_utf8).sum();
        (length > 0).then_some(length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, rule: &Chunk) -> Vec<String> {
        Pieces::cut(text.to_owned(), rule).iter().map(str::to_owned).collect()
    }

    #[test]
    fn the_pieces_join_to_the_whole() {
        let text = "Ein  Satz, mit Übermut:\n{\"a\":[1,2]} 🜁";
        for rule in [Chunk::Word, Chunk::Char, Chunk::Token] {
            assert_eq!(cut(text, &rule).concat(), text);
        }
    }

    #[test]
    fn each_rule_cuts_its_way() {
        assert_eq!(cut("You walk on.", &Chunk::Word), ["You ", "walk ", "on."]);
        assert_eq!(cut("Yes", &Chunk::Char), ["Y", "e", "s"]);
        assert_eq!(cut("walking on", &Chunk::Token), ["walk", "ing ", "on"]);
        assert_eq!(cut("Übermut", &Chunk::Token), ["Über", "mut"]);
        assert_eq!(tokens("walking on"), 3);
        assert!(cut("", &Chunk::Word).is_empty());
    }

    #[test]
    fn a_piece_can_be_put_in() {
        let mut pieces: Pieces = ["ab", "c"].map(str::to_owned).into_iter().collect();
        pieces.insert(1, "é");
        assert_eq!(pieces.iter().collect::<Vec<_>>(), ["ab", "é", "c"]);
        let mut none = Pieces::default();
        none.insert(0, "é");
        assert_eq!((none.len(), none.whole()), (1, "é"));
    }
}
