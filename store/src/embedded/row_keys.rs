//! The keys of rows that belong to a game and have an order there: events, messages, turn records.
//!
//! Such a key is one integer: the game's number, then the row's number in its game. So the rows of a game lie side by side and in order, and when
//! they go, whole pages are free.
//!
//! Rejected: a table without rowids under the id of the game. It keeps at most a quarter of a page of a row in place and gives the rest a page of its
//! own, so two thirds of the pages of events were empty. And a table with rowids in the order of writing and an index: each page has rows of many
//! games, so that none is free before the last of them has gone, and a row takes 90 bytes more.

use super::StoreError;
use super::values::{corrupt, signed, unsigned};

/// How many bits of a key are the row's number in its game: a game has room for 10^9 rows of a kind, a store for 8 × 10^9 games.
const BITS: u32 = 30;
const LAST: i64 = (1 << BITS) - 1;

/// The keys of a game's rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowKeys {
    game: i64,
}

impl RowKeys {
    /// Of the game with a number. No game has the number 0.
    pub(super) fn of_game(number: i64) -> Result<Self, StoreError> {
        if (0..=i64::MAX >> BITS).contains(&number) {
            return Ok(Self { game: number });
        }
        Err(corrupt("a game's number", format_args!("{number} is beyond all keys")))
    }

    /// The key of a row. A number beyond all keys counts as the last one: a second row there is refused by the table.
    pub(super) fn key(self, number: u64) -> i64 {
        self.game << BITS | signed(number).min(LAST)
    }

    /// The first and the last key that a row of the game can have.
    pub(super) const fn range(self) -> (i64, i64) {
        (self.game << BITS, self.game << BITS | LAST)
    }

    /// The last key that a row of the game can have.
    pub(super) const fn last(self) -> i64 {
        self.range().1
    }
}

/// The number that a row has in its game.
pub(super) fn number_of(key: i64) -> u64 {
    unsigned(key & LAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_game_lie_between_those_of_its_neighbours_and_in_order() {
        let [before, game, behind] = [1, 2, 3].map(|number| RowKeys::of_game(number).unwrap());
        let keys = [before.last(), game.range().0, game.key(1), game.key(2), game.last(), behind.range().0];
        assert!(keys.is_sorted_by(|one, other| one < other), "{keys:?}");
        assert_eq!((number_of(game.key(7)), game.key(u64::MAX)), (7, game.last()));
    }

    #[test]
    fn a_game_whose_keys_would_be_those_of_another_is_refused() {
        assert!(RowKeys::of_game(i64::MAX >> BITS).is_ok());
        assert!(RowKeys::of_game((i64::MAX >> BITS) + 1).is_err() && RowKeys::of_game(-1).is_err());
    }
}
