//! Where games and requests were found, as many of the latest as fit.
//!
//! Two halves: what is found goes into the young one, and when that is full it becomes the old one, whose own entries go. So the last
//! [`HALF`] places are always known, at a cost that does not depend on how many there are.

use std::collections::HashMap;
use std::hash::Hash;

use parking_lot::Mutex;
use protocol::{GameId, RequestId};

use crate::Subject;

/// How many places a half holds: 2 MB in all at most.
const HALF: usize = 16_384;

/// The places of games and of requests.
#[derive(Debug, Default)]
pub(super) struct Places {
    games: Mutex<Halves<GameId>>,
    requests: Mutex<Halves<RequestId>>,
}

#[derive(Debug)]
struct Halves<K> {
    young: HashMap<K, usize>,
    old: HashMap<K, usize>,
}

impl<K> Default for Halves<K> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<K: Copy + Eq + Hash> Halves<K> {
    fn find(&mut self, key: K) -> Option<usize> {
        if let Some(at) = self.young.get(&key) {
            return Some(*at);
        }
        let at = self.old.remove(&key)?;
        self.remember(key, at);
        Some(at)
    }

    fn remember(&mut self, key: K, at: usize) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, at);
    }

    fn forget(&mut self, key: K) {
        self.young.remove(&key);
        self.old.remove(&key);
    }
}

impl Places {
    pub(super) fn find(&self, subject: Subject) -> Option<usize> {
        match subject {
            Subject::Game(game) => self.games.lock().find(game),
            Subject::Request(request) => self.requests.lock().find(request),
        }
    }

    pub(super) fn remember(&self, subject: Subject, at: usize) {
        match subject {
            Subject::Game(game) => self.games.lock().remember(game, at),
            Subject::Request(request) => self.requests.lock().remember(request, at),
        }
    }

    pub(super) fn forget(&self, subject: Subject) {
        match subject {
            Subject::Game(game) => self.games.lock().forget(game),
            Subject::Request(request) => self.requests.lock().forget(request),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_places_are_known_and_the_others_make_room() {
        let places = Places::default();
        let games: Vec<GameId> = (0..3 * HALF).map(|_| GameId::new()).collect();
        for game in &games {
            places.remember(Subject::Game(*game), 1);
            assert_eq!(places.find(Subject::Game(games[0])), Some(1), "what is asked for again and again stays");
        }
        assert_eq!(places.find(Subject::Game(games[1])), None);
        assert_eq!(places.find(Subject::Game(games[games.len() - HALF / 2])), Some(1));
        let held = places.games.lock();
        assert!(held.young.len() + held.old.len() <= 2 * HALF);
    }
}
