//! What a case has learned so far, and the values of its placeholders: labels, captured parts of answers, streams.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{MutexGuard, PoisonError};

use harness_case::placeholder::substitute;
use harness_case::{EventList, Expect, Step};
use serde_json::{Map, Value};

use super::{GameRun, RequestRun, World};
use crate::watch::Watch;

/// What the case has learned so far.
#[derive(Debug, Default)]
pub(super) struct Known {
    labels: BTreeMap<String, RequestRun>,
    made: Vec<RequestRun>,
    /// Requests that no client has sent and that a step has followed.
    followed: BTreeSet<String>,
    captures: BTreeMap<String, Value>,
    pub(super) listeners: BTreeMap<String, Watch>,
}

impl World {
    /// Remembers a request, under a label if it has one.
    pub(in crate::run) fn remember(&self, request: &RequestRun, label: Option<&str>) {
        let mut known = self.known();
        if !known.made.contains(request) {
            known.made.push(request.clone());
        }
        if let Some(label) = label {
            self.log.name(request.id.clone(), format!("[{label}]"));
            known.labels.insert(label.to_owned(), request.clone());
        }
    }

    /// The request under a label.
    pub(in crate::run) fn labelled(&self, label: &str) -> Option<RequestRun> {
        self.known().labels.get(label).cloned()
    }

    /// All labels with the ids of their requests.
    pub(in crate::run) fn labels(&self) -> BTreeMap<String, String> {
        self.known().labels.iter().map(|(label, request)| (label.clone(), request.id.clone())).collect()
    }

    /// Every request that a step has made.
    pub(in crate::run) fn requests_made(&self) -> Vec<RequestRun> {
        self.known().made.clone()
    }

    /// Takes the next request of a game that no client has sent and no step has followed yet.
    pub(in crate::run) fn next_unasked(&self, game: &GameRun) -> Option<RequestRun> {
        let journal = game.watch.as_ref()?.journal();
        let mut known = self.known();
        let id = journal.unasked().map(|(id, _)| id).find(|id| !known.followed.contains(*id))?.to_owned();
        known.followed.insert(id.clone());
        Some(RequestRun { id, game: game.id.clone() })
    }

    /// Remembers a part of an answer.
    pub(in crate::run) fn capture(&self, name: &str, value: Value) {
        self.known().captures.insert(name.to_owned(), value);
    }

    /// The value of `{name}` in a path, header or body: a captured text, the id of a game or of a labelled request;
    /// with `.last` behind a request's or a game's label, the id of its latest event.
    pub(in crate::run) fn value_of(&self, name: &str) -> Option<String> {
        if name == "prefix" {
            return Some(self.prefix.clone());
        }
        if let Some(label) = name.strip_suffix(".last") {
            if let Some(request) = self.labelled(label) {
                let journal = self.game_of(&request).watch.as_ref()?.journal();
                return journal.of(&request.id).last().and_then(|seen| seen.id.clone());
            }
            let game = self.games.iter().find(|run| run.game.label == label)?;
            return game.watch.as_ref()?.journal().last_id().map(str::to_owned);
        }
        let captured = self.known().captures.get(name).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let game = || self.games.iter().find(|run| run.game.label == name).map(|run| run.id.clone());
        captured.or_else(game).or_else(|| self.labelled(name).map(|request| request.id))
    }

    /// A text with its placeholders filled.
    pub(in crate::run) fn filled(&self, text: &str) -> String {
        substitute(text, &|name: &str| self.value_of(name))
    }

    /// A document with its placeholders filled. A text that is nothing but a captured name becomes what was captured, be it
    /// a number.
    pub(in crate::run) fn fill(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                let name = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
                let captured = name.and_then(|name| self.known().captures.get(name).cloned());
                *value = captured.unwrap_or_else(|| self.filled(text).into());
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.fill(member)),
            _ => {}
        }
    }

    /// The same expectations with their placeholders filled, as far as they have a value by now.
    pub(in crate::run) fn filled_expect(&self, expect: &Expect) -> Expect {
        let mut expect = expect.clone();
        let named = [&mut expect.location, &mut expect.scene_name, &mut expect.story_event_exact].into_iter().flatten();
        let listed = expect.inventory.iter_mut().flatten();
        let values = expect.npc_locations.values_mut();
        let texts = [
            &mut expect.response_contains,
            &mut expect.response_not_contains,
            &mut expect.story_event_contains,
            &mut expect.story_event_not_contains,
        ];
        let prompts =
            expect.prompts.iter_mut().flat_map(|prompt| prompt.contains.iter_mut().chain(&mut prompt.not_contains));
        let texts = texts.into_iter().flatten().chain(prompts);
        for text in named.chain(listed).chain(values).chain(texts) {
            *text = self.filled(text);
        }
        self.fill_places(&mut expect.state);
        self.fill_places(&mut expect.vars);
        let lists = expect.events.iter_mut().flat_map(EventList::patterns_mut);
        lists.for_each(|pattern| self.fill_places(&mut pattern.matching));
        expect
    }

    /// Fills the placeholders in the values of places.
    pub(in crate::run) fn fill_places(&self, places: &mut Map<String, Value>) {
        places.values_mut().for_each(|value| self.fill(value));
    }

    /// Looks at the stream of `listen` under a label.
    pub(in crate::run) fn with_listener<T>(&self, label: &str, look: impl FnOnce(&Watch) -> T) -> Option<T> {
        self.known().listeners.get(label).map(look)
    }

    /// What was wrong with the streams of `listen`, apart from what they have said themselves.
    pub(in crate::run) fn faults_of_listeners(&self) -> Vec<String> {
        let known = self.known();
        let mut refused = Vec::new();
        for (label, watch) in &known.listeners {
            let status = watch.status().status;
            // Only who speaks of the answer expects a refusal: of a stream that was refused, all absence would hold.
            let speaks = |step: &Step| {
                let answer = step.expect.stream.as_ref().filter(|_| step.expect.listener.as_deref() == Some(label));
                answer.is_some_and(|answer| answer.status.is_some() || answer.open.is_some())
            };
            let is_expected = self.case.all_steps().any(speaks);
            if status >= 400 && !is_expected {
                refused.push(format!("the stream `{label}` was answered with {status}, and no step expects that"));
            }
        }
        let faults = known.listeners.iter().flat_map(|(label, watch)| {
            let journal = watch.journal();
            journal.hidden_faults().map(|fault| format!("the stream `{label}`: {fault}")).collect::<Vec<_>>()
        });
        refused.into_iter().chain(faults).collect()
    }

    /// Keeps a stream under a label.
    pub(in crate::run) fn keep_listener(&self, label: &str, watch: Watch) {
        self.known().listeners.insert(label.to_owned(), watch);
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
