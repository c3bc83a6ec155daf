//! The first screen: stories to begin, saves to go on with, and the character to begin one with.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use protocol::{CatalogueEntry, GameSummary, PcEntry, ProviderInfo, ScenarioEntry};

use super::settings::{Setting, Settings};
use super::{Command, Next};

/// What there is to choose from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Menu {
    pub(crate) games: Vec<GameSummary>,
    pub(crate) scenarios: Vec<ScenarioEntry>,
    pub(crate) pcs: Vec<PcEntry>,
    pub(crate) narrators: Vec<CatalogueEntry>,
    pub(crate) providers: Vec<ProviderInfo>,
    /// The provider that narrates unless another one is chosen.
    pub(crate) default_provider: String,
}

impl Menu {
    /// The name to show for a game: its own, or its scenario's.
    pub(crate) fn game_name(&self, game: &GameSummary) -> String {
        game.name.clone().unwrap_or_else(|| self.scenario_name(&game.scenario))
    }

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
    /// Scenarios, then games, in one list.
    Stories,
    /// Characters for the scenario at this index, and how it is narrated.
    Characters(usize),
}

/// The parts of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Stories,
    Saves,
}

/// The first screen's state.
#[derive(Debug)]
pub(crate) struct Start {
    /// None until it is loaded.
    pub(crate) menu: Option<Menu>,
    pub(crate) page: Page,
    pub(crate) selected: usize,
    /// Words that the listed stories and saves have.
    pub(crate) search: String,
    /// What is selected when the list comes.
    part: Part,
    /// Why the list or a game could not be loaded.
    pub(crate) error: Option<String>,
    /// Whether a game is being opened.
    pub(crate) is_opening: bool,
    settings: Settings,
    /// Whether the player was asked whether they want to quit, and has pressed no other key.
    is_quitting: bool,
}

impl Start {
    /// The screen with this part of its list selected, once that is loaded, and these words looked for.
    pub(crate) const fn at(part: Part, search: String) -> Self {
        Self {
            menu: None,
            page: Page::Stories,
            selected: 0,
            search,
            part,
            error: None,
            is_opening: false,
            settings: Settings::NONE,
            is_quitting: false,
        }
    }

    /// The scenarios that have the words that are looked for, each with its index in the menu.
    pub(crate) fn scenarios(&self) -> Vec<(usize, &ScenarioEntry)> {
        let all = self.menu.iter().flat_map(|menu| menu.scenarios.iter().enumerate());
        all.filter(|(_, scenario)| self.is_wanted(&[&scenario.name])).collect()
    }

    /// The games that have the words that are looked for: in its name, the story's, the character's, the scene's or the id.
    pub(crate) fn games(&self) -> Vec<&GameSummary> {
        let Some(menu) = &self.menu else { return Vec::new() };
        let is_wanted = |game: &&GameSummary| {
            let (id, scene) = (game.id.to_string(), super::spelled_out(&game.scene_name));
            let pc = game.pc.as_deref().unwrap_or_default();
            self.is_wanted(&[&menu.game_name(game), &menu.scenario_name(&game.scenario), pc, &scene, &id])
        };
        menu.games.iter().filter(is_wanted).collect()
    }

    fn is_wanted(&self, texts: &[&str]) -> bool {
        let text = texts.join(" ").to_lowercase();
        self.search.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }

    /// How many lines the shown list has.
    pub(crate) fn len(&self) -> usize {
        match (self.page, &self.menu) {
            (_, None) => 0,
            (Page::Stories, Some(_)) => self.scenarios().len() + self.games().len(),
            (Page::Characters(_), Some(menu)) => characters(menu) + self.settings().len(),
        }
    }

    /// What can be chosen besides the character, with what is chosen.
    pub(crate) fn settings(&self) -> Vec<(Setting, String)> {
        self.menu.as_ref().map(|menu| self.settings.shown(menu)).unwrap_or_default()
    }

    /// The setting at this line of the characters' page.
    fn setting_at(&self, line: usize) -> Option<Setting> {
        let first = self.menu.as_ref().map_or(0, characters);
        Some(self.settings().get(line.checked_sub(first)?)?.0)
    }

    fn change_setting(&mut self, by: isize) {
        let setting = self.setting_at(self.selected).filter(|_| matches!(self.page, Page::Characters(_)));
        if let (Some(setting), Some(menu)) = (setting, &self.menu) {
            self.settings.change(setting, by, menu);
        }
    }

    pub(crate) fn loaded(&mut self, menu: Result<Menu, String>) {
        let is_first = self.menu.is_none();
        match menu {
            Ok(menu) => self.menu = Some(menu),
            Err(error) => self.error = Some(error),
        }
        if is_first && self.part == Part::Saves {
            self.selected = self.scenarios().len();
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

    /// Ctrl-C: asks once, then quits.
    pub(crate) const fn interrupt(&mut self) -> Next {
        if std::mem::replace(&mut self.is_quitting, true) { Next::Quit } else { Next::Stay(Vec::new()) }
    }

    /// What the player is asked.
    pub(crate) fn question(&self) -> Option<&'static str> {
        self.is_quitting.then_some("Ctrl+C again quits.")
    }

    pub(crate) fn key(&mut self, key: KeyEvent) -> Vec<Command> {
        self.is_quitting = false;
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
            KeyCode::Up => self.move_by(-1),
            KeyCode::Down => self.move_by(1),
            KeyCode::PageUp => self.move_by(-10),
            KeyCode::PageDown => self.move_by(10),
            KeyCode::Home => self.selected = 0,
            KeyCode::End => self.selected = self.len().saturating_sub(1),
            KeyCode::Char('r') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                self.error = None;
                return vec![Command::LoadMenu];
            }
            KeyCode::Esc => match self.page {
                Page::Characters(chosen) => {
                    let shown = self.scenarios();
                    self.selected = shown.iter().position(|(at, _)| *at == chosen).unwrap_or(0);
                    self.page = Page::Stories;
                }
                Page::Stories => self.look_for(String::new()),
            },
            KeyCode::Left => self.change_setting(-1),
            KeyCode::Right => self.change_setting(1),
            KeyCode::Enter => return self.choose(),
            KeyCode::Backspace if self.page == Page::Stories => {
                let mut search = std::mem::take(&mut self.search);
                search.pop();
                self.look_for(search);
            }
            KeyCode::Char(c) if self.page == Page::Stories && !key.modifiers.contains(KeyModifiers::CONTROL) => {
                let search = format!("{}{c}", self.search);
                self.look_for(search);
            }
            _ => {}
        }
        Vec::new()
    }

    /// Chooses the line at this index of the list.
    pub(crate) fn choose_at(&mut self, at: usize) -> Vec<Command> {
        let before = std::mem::replace(&mut self.selected, at);
        let is_setting = matches!(self.page, Page::Characters(_)) && self.setting_at(at).is_some();
        let commands = self.choose();
        if is_setting {
            // The proposed character stays the one that is proposed.
            self.selected = before;
        }
        commands
    }

    fn look_for(&mut self, search: String) {
        self.search = search;
        self.selected = 0;
    }

    fn choose(&mut self) -> Vec<Command> {
        let Some(menu) = &self.menu else { return Vec::new() };
        self.error = None;
        match self.page {
            Page::Stories => {
                let scenarios = self.scenarios();
                let Some(&(chosen, scenario)) = scenarios.get(self.selected) else {
                    let game = self.games().get(self.selected - scenarios.len()).map(|game| game.id);
                    self.is_opening = game.is_some();
                    return game.map(|game| Command::Open { game, keep_trying: false }).into_iter().collect();
                };
                let default = scenario.default_pc.as_str();
                self.selected = menu.pcs.iter().position(|pc| pc.id == default).unwrap_or(0);
                self.page = Page::Characters(chosen);
                Vec::new()
            }
            Page::Characters(_) if self.setting_at(self.selected).is_some() => {
                self.change_setting(1);
                Vec::new()
            }
            Page::Characters(scenario) => {
                let Some(scenario) = menu.scenarios.get(scenario) else { return Vec::new() };
                let pc = menu.pcs.get(self.selected).map(|pc| pc.id.clone());
                let create = self.settings.game(menu, scenario.id.clone(), pc);
                self.is_opening = true;
                vec![Command::Create(create)]
            }
        }
    }
}

/// How many lines the characters take: an engine without any has one line to begin with.
pub(crate) fn characters(menu: &Menu) -> usize {
    menu.pcs.len().max(1)
}
