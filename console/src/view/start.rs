//! The first screen: what there is to play, and what it is about.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, Padding, Paragraph};

use super::theme::Theme;
use super::wrap::wrap;
use crate::app::{Menu, Page, Start, spelled_out};

pub(crate) fn draw(frame: &mut Frame<'_>, start: &Start, ticks: usize, theme: Theme) {
    let [title, list, about, status, keys] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(3),
        Constraint::Length(6),
        Constraint::Length(2),
        Constraint::Length(1),
    ])
    .horizontal_margin(1)
    .areas(frame.area());

    frame.render_widget(Line::styled("story-engine", theme.title()), title);
    if let Some(menu) = &start.menu {
        draw_list(frame, list, start, menu, theme);
        let lines =
            wrap(&[(about_selected(start, menu).as_str(), Style::default())], about.width.saturating_sub(2).into());
        frame.render_widget(Paragraph::new(lines).block(Block::bordered().border_style(theme.aside())), about);
    }
    let (text, style) = match (&start.error, start.is_opening || start.menu.is_none()) {
        (Some(error), _) => (error.clone(), theme.trouble()),
        (None, true) => (format!("loading{}", &"..."[..ticks % 4]), theme.aside()),
        (None, false) => (String::new(), theme.aside()),
    };
    frame.render_widget(Paragraph::new(wrap(&[(text.as_str(), style)], status.width.into())), status);
    let help = match start.page {
        _ if start.is_opening => "Esc back · Ctrl+Q quit",
        Page::Stories => "↑ ↓ choose · Enter play · r reload · Ctrl+Q quit",
        Page::Characters(_) => "↑ ↓ choose · Enter begin · Esc back · Ctrl+Q quit",
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
            if !menu.games.is_empty() {
                heading(&mut lines, "Go on with".to_owned());
            }
            for (at, game) in menu.games.iter().enumerate() {
                let name = menu.scenario_name(&game.scenario);
                let pc = game.pc.as_deref().map(|pc| format!(" · {pc}")).unwrap_or_default();
                let end = if game.is_ended { " · ended" } else { "" };
                entry(&mut lines, at, format!("{name}{pc} · turn {}{end}", game.turn));
            }
            let begin = if menu.scenarios.is_empty() { "This engine has no scenarios" } else { "Begin" };
            heading(&mut lines, begin.to_owned());
            for (at, scenario) in menu.scenarios.iter().enumerate() {
                let rating = scenario.rating.as_deref().filter(|rating| !rating.is_empty());
                let rating = rating.map(|rating| format!(" ({rating})")).unwrap_or_default();
                entry(&mut lines, menu.games.len() + at, format!("{}{rating}", scenario.name));
            }
        }
        Page::Characters(scenario) => {
            let name = menu.scenarios.get(scenario).map(|scenario| scenario.name.as_str()).unwrap_or_default();
            heading(&mut lines, format!("{name}: as whom?"));
            for (at, pc) in menu.pcs.iter().enumerate() {
                entry(&mut lines, at, pc.name.clone());
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
        return menu.pcs.get(start.selected).and_then(|pc| pc.description.clone()).unwrap_or_default();
    }
    if let Some(game) = menu.games.get(start.selected) {
        let when: String = game.updated_at.to_string().chars().take(16).collect();
        let place = [spelled_out(&game.scene_name), spelled_out(&game.location)];
        let place: Vec<String> = place.into_iter().filter(|name| !name.is_empty()).collect();
        return format!("{}. Last played {} UTC.", place.join(", "), when.replace('T', " "));
    }
    let scenario = start.selected.checked_sub(menu.games.len()).and_then(|at| menu.scenarios.get(at));
    scenario.and_then(|scenario| scenario.description.clone()).unwrap_or_default()
}
