//! The first screen: what there is to play, and what it is about.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Padding, Paragraph};

use super::theme::Theme;
use super::wrap::wrap;
use crate::app::{Menu, Page, Start, characters, spelled_out};

/// The most columns that the lists take, and the fewest for all of the help.
const WIDTH: u16 = 100;
const FULL_HELP: u16 = 58;

pub(crate) fn draw(frame: &mut Frame<'_>, start: &Start, ticks: usize, theme: Theme) {
    let width = frame.area().width.min(WIDTH);
    let [_, area, _] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(width), Constraint::Fill(1)]).areas(frame.area());
    let [title, list, about, status, keys] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(3),
        Constraint::Length(6),
        Constraint::Length(2),
        Constraint::Length(1),
    ])
    .horizontal_margin(1)
    .areas(area);

    let mut heading = Line::styled("story-engine", theme.title());
    if !start.search.is_empty() {
        heading.push_span(Span::styled(format!("   looking for: {}", start.search), theme.player()));
    }
    frame.render_widget(heading, title);
    if let Some(menu) = &start.menu {
        draw_list(frame, list, start, menu, theme);
        let lines =
            wrap(&[(about_selected(start, menu).as_str(), Style::default())], about.width.saturating_sub(2).into());
        frame.render_widget(Paragraph::new(lines).block(Block::bordered().border_style(theme.aside())), about);
    }
    let (text, style) = match (start.question(), &start.error, start.is_opening || start.menu.is_none()) {
        (Some(question), ..) => (question.to_owned(), theme.trouble()),
        (None, Some(error), _) => (error.clone(), theme.trouble()),
        (None, None, true) => (format!("loading{}", &"..."[..ticks % 4]), theme.aside()),
        (None, None, false) => (String::new(), theme.aside()),
    };
    frame.render_widget(Paragraph::new(wrap(&[(text.as_str(), style)], status.width.into())), status);
    let help = match start.page {
        _ if start.is_opening => "Esc back · Ctrl+C quit",
        Page::Stories if width < FULL_HELP => "Enter play · type to search",
        Page::Stories => "↑ ↓ choose · Enter play · type to search · Ctrl+C quit",
        Page::Characters(_) if width < FULL_HELP => "Enter begin · ← → change · Esc back",
        Page::Characters(_) => "↑ ↓ choose · ← → change · Enter begin · Esc back",
    };
    frame.render_widget(Line::styled(help, theme.aside()), keys);
}

fn draw_list(frame: &mut Frame<'_>, area: Rect, start: &Start, menu: &Menu, theme: Theme) {
    let block = Block::new().padding(Padding::bottom(1));
    let inner = block.inner(area);
    let mut lines = Vec::new();
    let mut selected = 0;
    let mut entry = |lines: &mut Vec<Line<'static>>, at: usize, text: String| {
        let is_selected = at == start.selected;
        if is_selected {
            selected = lines.len();
        }
        let style = if is_selected { theme.selected() } else { Style::default() };
        lines.push(Line::styled(format!("{} {text} ", if is_selected { "›" } else { " " }), style));
    };
    let heading = |lines: &mut Vec<Line<'static>>, text: String| {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(text, theme.title()));
    };
    match start.page {
        Page::Stories => {
            let (scenarios, games) = (start.scenarios(), start.games());
            if menu.scenarios.is_empty() {
                heading(&mut lines, "This engine has no scenarios".to_owned());
            } else if !scenarios.is_empty() {
                heading(&mut lines, "Begin".to_owned());
            }
            for (at, (_, scenario)) in scenarios.iter().enumerate() {
                let rating = match scenario.rating.as_str() {
                    "" => String::new(),
                    rating => format!(" ({rating})"),
                };
                entry(&mut lines, at, format!("{}{rating}", scenario.name));
            }
            if !games.is_empty() {
                heading(&mut lines, "Go on with".to_owned());
            }
            for (at, game) in games.iter().enumerate() {
                let name = menu.game_name(game);
                let pc = game.pc.as_deref().map(|pc| format!(" · {pc}")).unwrap_or_default();
                let end = if game.is_ended { " · ended" } else { "" };
                entry(&mut lines, scenarios.len() + at, format!("{name}{pc} · turn {}{end}", game.turn));
            }
            if scenarios.is_empty() && games.is_empty() && !start.search.is_empty() {
                heading(&mut lines, "Nothing has these words. Esc shows all.".to_owned());
            }
        }
        Page::Characters(scenario) => {
            let name = menu.scenarios.get(scenario).map(|scenario| scenario.name.as_str()).unwrap_or_default();
            heading(&mut lines, format!("{name}: as whom?"));
            if menu.pcs.is_empty() {
                entry(&mut lines, 0, "Begin".to_owned());
            }
            for (at, pc) in menu.pcs.iter().enumerate() {
                entry(&mut lines, at, pc.name.clone());
            }
            heading(&mut lines, "Told how?".to_owned());
            for (at, (setting, chosen)) in start.settings().into_iter().enumerate() {
                entry(&mut lines, characters(menu) + at, format!("{:<9}‹ {chosen} ›", setting.name()));
            }
        }
    }
    let room = usize::from(inner.height);
    let top = (selected + 2).saturating_sub(room).min(lines.len().saturating_sub(room));
    let shown: Vec<Line<'_>> = lines.into_iter().skip(top).take(room).collect();
    frame.render_widget(Paragraph::new(shown).block(block), area);
}

fn about_selected(start: &Start, menu: &Menu) -> String {
    if let Page::Characters(_) = start.page {
        let pc = menu.pcs.get(start.selected).map(|pc| pc.description.clone());
        let setting = || {
            let at = start.selected.checked_sub(characters(menu))?;
            start.settings().get(at).map(|(setting, _)| setting.about().to_owned())
        };
        return pc.or_else(setting).unwrap_or_default();
    }
    let scenarios = start.scenarios();
    if let Some((_, scenario)) = scenarios.get(start.selected) {
        return scenario.story.clone();
    }
    let Some(&game) = start.games().get(start.selected.saturating_sub(scenarios.len())) else { return String::new() };
    let when: String = game.updated_at.to_string().chars().take(16).collect();
    let place = [spelled_out(&game.scene_name), spelled_out(&game.location)];
    let place: Vec<String> = place.into_iter().filter(|name| !name.is_empty()).collect();
    format!("{}. Last played {} UTC.", place.join(", "), when.replace('T', " "))
}
