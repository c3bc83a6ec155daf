//! A turn in progress: the state so far, the changes, the rejections. The effects of a delta are applied here in one fixed order;
//! each kind of effect has its own file.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Author, Change, Rejection, StoryEvent};
use super::luck::Luck;
use super::reason::Reason;
use crate::content::{Library, Scenario, ScoreLine};
use crate::delta::Delta;
use crate::state::{GameState, Reached, Rules};
use crate::suggest::nearest;
use crate::world::{begin_scene, follow, keep_one_place, scene_key};

pub(super) struct Turn<'a> {
    pub(super) library: &'a Library,
    pub(super) scenario: &'a Scenario,
    /// The game before the turn.
    pub(super) before: &'a GameState,
    /// How closely this turn keeps to the map.
    pub(super) rules: Rules,
    pub(super) state: GameState,
    pub(super) changes: Vec<Change>,
    pub(super) rejections: Vec<Rejection>,
    /// The reason of each rejection, in the same order.
    pub(super) reasons: Vec<Reason>,
    pub(super) story_events: Vec<StoryEvent>,
    /// Whether the scene's conditionals act now, and no longer the model.
    pub(super) is_cascading: bool,
    /// How many attacks the dice have decided.
    pub(super) attacks: usize,
    /// Who has struck in this turn by the model's word.
    pub(super) have_struck: BTreeSet<String>,
    /// Who came to no hit points in this turn, by key and name: they take no more part in it, also if they get some again.
    pub(super) fallen: Vec<(String, String)>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(library: &'a Library, scenario: &'a Scenario, before: &'a GameState, rules: Rules) -> Self {
        Self {
            library,
            scenario,
            before,
            rules,
            state: before.clone(),
            changes: Vec::new(),
            rejections: Vec::new(),
            reasons: Vec::new(),
            story_events: Vec::new(),
            is_cascading: false,
            attacks: 0,
            have_struck: BTreeSet::new(),
            fallen: Vec::new(),
        }
    }

    /// Applies `delta`, each effect once, in this order: variables, scene, the player's move, items, hit points, attacks, NPCs, monsters,
    /// the end.
    pub(super) fn apply_delta(&mut self, author: &Author, delta: &Delta, luck: &mut Luck) {
        for (name, value) in &delta.set_vars {
            let outcome = self.set_var(author, name, value);
            self.record(author, || format!("/set_vars/{}", pointer_token(name)), outcome);
        }
        for (name, amount) in &delta.add_vars {
            let outcome = self.add_to_var(author, name, *amount);
            self.record(author, || format!("/add_vars/{}", pointer_token(name)), outcome);
        }
        if let Some(change) = &delta.scene_change {
            let outcome = self.change_scene(&change.to);
            self.record(author, || "/scene_change".into(), outcome);
        }
        if let Some(location) = &delta.user_location {
            let outcome = self.move_player(author, location);
            self.record(author, || "/user_location".into(), outcome);
        }
        for (index, outcome) in self.item_events(author, &delta.item_events, luck).into_iter().enumerate() {
            self.record(author, || format!("/item_events/{index}"), outcome);
        }
        self.apply_hit_points(author, delta);
        for (index, attack) in delta.attacks.iter().enumerate() {
            let outcome = self.attack(author, attack, luck);
            self.record(author, || format!("/attacks/{index}"), outcome);
        }
        for (index, event) in delta.npc_events.iter().enumerate() {
            let outcome = self.move_npc(author, event);
            self.record(author, || format!("/npc_events/{index}/set_location"), outcome);
            let outcome = self.set_following(author, event);
            self.record(author, || format!("/npc_events/{index}/set_following"), outcome);
        }
        for (index, event) in delta.monster_events.iter().enumerate() {
            let outcome = self.monster_event(author, event);
            self.record(author, || format!("/monster_events/{index}"), outcome);
        }
        self.settle();
        self.end(author, delta);
    }

    /// An author's word only: a model says who strikes, and not what comes of it.
    fn apply_hit_points(&mut self, author: &Author, delta: &Delta) {
        let changes = amounts("set_hp", &delta.set_hp).map(|change| (change, false));
        for ((effect, who, amount), is_added) in
            changes.chain(amounts("add_hp", &delta.add_hp).map(|change| (change, true)))
        {
            let outcome = match author {
                Author::Model => Err(Reason::ConditionalsOnly(if is_added { "add_hp" } else { "set_hp" })),
                Author::Conditional(_) => self.change_hp(who, amount, is_added),
            };
            self.record(author, || effect.clone(), outcome);
        }
    }

    /// Ends the game, last of all, so that an ending remembers what its own turn did. A model cannot choose an ending.
    fn end(&mut self, author: &Author, delta: &Delta) {
        let named = delta.ending.as_deref().filter(|_| *author != Author::Model);
        if self.state.is_ended || !(delta.game_ended || named.is_some()) {
            return;
        }
        let found = named.and_then(|name| self.scenario.endings.get_key_value(name));
        self.state.is_ended = true;
        self.state.ending = found.map(|(key, ending)| {
            let holds = |line: &&ScoreLine| line.when.as_ref().is_none_or(|when| when.holds(&self.state));
            let score = ending.score.iter().filter(holds).map(|line| line.text.clone()).collect();
            Reached { id: key.clone(), name: ending.name.clone(), score }
        });
        self.changes.push(Change::GameEnded { ending: found.map(|(key, _)| key.clone()) });
        if let (Some(name), None) = (named, found) {
            let endings = self.scenario.endings.keys().map(String::as_str);
            let reason =
                Reason::UnknownEnding { name: name.to_owned(), suggestion: nearest(name, endings).map(str::to_owned) };
            self.record(author, || "/ending".into(), Err(reason));
        }
    }

    /// What must hold after every step: items are in one place, followers are with their leader.
    fn settle(&mut self) {
        keep_one_place(&mut self.state);
        let moves = follow(&mut self.state);
        self.changes.extend(moves.into_iter().map(|(npc, from, to)| Change::NpcMoved { npc, from, to }));
    }

    fn record(&mut self, author: &Author, effect: impl Fn() -> String, outcome: Result<(), Reason>) {
        if let Err(refusal) = outcome {
            self.rejections.push(Rejection { author: author.clone(), effect: effect(), reason: refusal.to_string() });
            self.reasons.push(refusal);
        }
    }

    fn change_scene(&mut self, name: &str) -> Result<(), Reason> {
        if name.trim().is_empty() {
            return Ok(());
        }
        let scenes = &self.scenario.scenes;
        let found = scene_key(scenes, name).and_then(|key| scenes.get_key_value(key));
        let (key, scene) = found.ok_or_else(|| Reason::UnknownScene {
            name: name.to_owned(),
            suggestion: nearest(name, scenes.keys().map(String::as_str)).map(str::to_owned),
        })?;
        if *key != self.state.scene_name {
            self.changes.push(Change::SceneChanged { from: self.state.scene_name.clone(), to: key.clone() });
            begin_scene(self.library, self.scenario, key, scene, &mut self.state);
        }
        Ok(())
    }
}

/// A name as a token of a JSON pointer.
fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The amounts of a delta with their JSON pointers.
fn amounts<'d>(field: &'d str, amounts: &'d BTreeMap<String, i64>) -> impl Iterator<Item = (String, &'d str, i64)> {
    amounts.iter().map(move |(who, amount)| (format!("/{field}/{who}"), who.as_str(), *amount))
}
