//! What is chosen for a new game besides its character: who narrates, with which model, and how strictly the map is kept to.

use client::Rules;
use protocol::CreateGame;

use super::Menu;

/// One thing to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    Narrator,
    Model,
    Rules,
}

impl Setting {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Narrator => "Narrator",
            Self::Model => "Model",
            Self::Rules => "Rules",
        }
    }

    pub(crate) const fn about(self) -> &'static str {
        match self {
            Self::Narrator => "Whose voice tells the story. ← and → change it.",
            Self::Model => "The language model that the narrator speaks by. ← and → change it.",
            Self::Rules => {
                "Strict: only what the world holds exists, and you go one way at a time. Relaxed: you may bring things in, and \
                 go to any place that you know. ← and → change it."
            }
        }
    }
}

/// What is chosen, as the index of each choice; 0 is the story's or the engine's own.
#[derive(Debug)]
pub(super) struct Settings {
    narrator: usize,
    model: usize,
    is_relaxed: bool,
}

impl Settings {
    pub(super) const NONE: Self = Self { narrator: 0, model: 0, is_relaxed: false };

    /// The things that there is a choice of, with what is chosen.
    pub(super) fn shown(&self, menu: &Menu) -> Vec<(Setting, String)> {
        let narrator = self.narrator.checked_sub(1).and_then(|at| menu.narrators.get(at));
        let narrator = narrator.map_or_else(|| "the story's own".to_owned(), |narrator| narrator.name.clone());
        let model = self.model.checked_sub(1).and_then(|at| menu.providers.get(at));
        let model = model.map_or_else(
            || format!("the usual one ({})", menu.default_provider),
            |provider| {
                let name = if provider.display_name.is_empty() { &provider.name } else { &provider.display_name };
                format!("{name} ({})", provider.model)
            },
        );
        let rules = if self.is_relaxed { "relaxed" } else { "strict" };
        let all = [
            (Setting::Narrator, narrator, !menu.narrators.is_empty()),
            (Setting::Model, model, menu.providers.len() > 1),
            (Setting::Rules, rules.to_owned(), true),
        ];
        all.into_iter().filter(|(.., has_choice)| *has_choice).map(|(setting, chosen, _)| (setting, chosen)).collect()
    }

    pub(super) fn change(&mut self, setting: Setting, by: isize, menu: &Menu) {
        let step = |at: usize, others: usize| {
            let count = others.saturating_add(1).cast_signed();
            at.cast_signed().saturating_add(by).rem_euclid(count).cast_unsigned()
        };
        match setting {
            Setting::Narrator => self.narrator = step(self.narrator, menu.narrators.len()),
            Setting::Model => self.model = step(self.model, menu.providers.len()),
            Setting::Rules => self.is_relaxed = !self.is_relaxed,
        }
    }

    /// The game that is begun with them.
    pub(super) fn game(&self, menu: &Menu, scenario: String, pc: Option<String>) -> CreateGame {
        let narrator = self.narrator.checked_sub(1).and_then(|at| menu.narrators.get(at));
        let provider = self.model.checked_sub(1).and_then(|at| menu.providers.get(at));
        CreateGame {
            scenario,
            pc,
            narrator: narrator.map(|narrator| narrator.id.clone()),
            provider: provider.map(|provider| provider.name.clone()),
            rules: self.is_relaxed.then_some(Rules::Relaxed),
            ..CreateGame::default()
        }
    }
}
