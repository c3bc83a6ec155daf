//! The first screen: games to go on with, scenarios to begin, and the character to begin one with.

use client::{CatalogueEntry, ScenarioEntry};
use crossterm::event::{KeyCode, KeyEvent};
use protocol::GameSummary;

use super::Command;

/// What there is to choose from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Menu {
    pub(crate) games: Vec<GameSummary>,
    pub(crate) scenarios: Vec<ScenarioEntry>,
    pub(crate) pcs: Vec<CatalogueEntry>,
}

impl Menu {
    /// The name to show for a scenario, which a game's state knows by its file.
    pub(crate) fn scenario_name(&self, id: &str) -> String {
        let id = id.trim_end_matches(".json");
        let known = self.scenarios.iter().find(|scenario| scenario.id.trim_end_matches(".json") == id);
        known.map_or_else(|| super::spelled_out(id), |scenario| scenario.name.clone())
    }
}

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// Games, then scenarios, in one list.
    Stories,
    /// Characters for the scenario at this index.
    Characters(usize),
}

/// The first screen's state.
#[derive(Debug)]
pub(crate) struct Start {
    /// None until it is loaded.
    pub(crate) menu: Option<Menu>,
    pub(crate) page: Page,
    pub(crate) selected: usize,
    /// Why the list or a game could not be loaded.
    pub(crate) error: Option<String>,
    /// Whether a game is being opened.
    pub(crate) is_opening: bool,
}

impl Start {
    pub(crate) const fn new() -> Self {
        Self { menu: None, page: Page::Stories, selected: 0, error: None, is_opening: false }
    }

    /// How many lines the shown list has.
    pub(crate) fn len(&self) -> usize {
        self.menu.as_ref().map_or(0, |menu| match self.page {
            Page::Stories => menu.games.len() + menu.scenarios.len(),
            Page::Characters(_) => menu.pcs.len(),
        })
    }

    pub(crate) fn loaded(&mut self, menu: Result<Menu, String>) {
        match menu {
            Ok(menu) => self.menu = Some(menu),
            Err(error) => self.error = Some(error),
        }
        self.selected = self.selected.min(self.len().saturating_sub(1));
    }

    pub(crate) fn not_opened(&mut self, error: String) {
        self.is_opening = false;
        self.error = Some(error);
    }

    pub(crate) fn move_by(&mut self, lines: isize) {
        let last = self.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(lines).min(last);
    }

    pub(crate) fn key(&mut self, key: KeyEvent) -> Vec<Command> {
        if self.is_opening {
            return match key.code {
                KeyCode::Esc => {
                    self.is_opening = false;
                    vec![Command::Leave]
                }
                _ => Vec::new(),
            };
        }
        match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.move_by(-1),
            KeyCode::Down | KeyCode::Char('j') => self.move_by(1),
            KeyCode::PageUp => self.move_by(-10),
            KeyCode::PageDown => self.move_by(10),
            KeyCode::Home => self.selected = 0,
            KeyCode::End => self.selected = self.len().saturating_sub(1),
            KeyCode::Char('r') => {
                self.error = None;
                return vec![Command::LoadMenu];
            }
            KeyCode::Esc => {
                if let (Page::Characters(scenario), Some(menu)) = (self.page, &self.menu) {
                    self.selected = menu.games.len() + scenario;
                    self.page = Page::Stories;
                }
            }
            KeyCode::Enter => return self.choose(),
            _ => {}
        }
        Vec::new()
    }

    fn choose(&mut self) -> Vec<Command> {
        let Some(menu) = &self.menu else { return Vec::new() };
        self.error = None;
        match self.page {
            Page::Stories => {
                if let Some(game) = menu.games.get(self.selected) {
                    self.is_opening = true;
                    return vec![Command::Open { game: game.id, patient: false }];
                }
                let chosen = self.selected - menu.games.len();
                let Some(scenario) = menu.scenarios.get(chosen) else { return Vec::new() };
                if menu.pcs.is_empty() {
                    self.is_opening = true;
                    return vec![Command::Create { scenario: scenario.id.clone(), pc: None }];
                }
                let default = scenario.default_pc.as_deref().unwrap_or_default();
                self.selected = menu.pcs.iter().position(|pc| pc.id == default).unwrap_or(0);
                self.page = Page::Characters(chosen);
                Vec::new()
            }
            Page::Characters(scenario) => {
                let (Some(scenario), Some(pc)) = (menu.scenarios.get(scenario), menu.pcs.get(self.selected)) else {
                    return Vec::new();
                };
                self.is_opening = true;
                vec![Command::Create { scenario: scenario.id.clone(), pc: Some(pc.id.clone()) }]
            }
        }
    }
}
