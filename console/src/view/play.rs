//! The screen on which a story is played: the story, the line to type, and the sidebar.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Padding, Paragraph};

use super::input::Field;
use super::story;
use super::theme::Theme;
use super::wrap::{wrap, wrap_behind};
use crate::app::{Extent, Link, Play, Scroll, candidates};

/// Columns of the sidebar, and of the smallest screen that has room for it.
const SIDEBAR: u16 = 30;
const WITH_SIDEBAR: u16 = 80;

/// The most columns that the story takes: longer lines are hard to read, however wide the window is.
const STORY: u16 = 76;

/// The most rows that the player's words take, and the columns of their frame.
const INPUT: u16 = 6;
const INPUT_FRAME: u16 = 4;

/// The sidebar's help: keys and what they do.
const KEYS: &[(&str, &str)] = &[
    ("Enter", "say or do it"),
    ("/help", "commands"),
    ("↑ ↓", "earlier lines"),
    ("PgUp PgDn", "read back"),
    ("Esc", "other stories"),
    ("Ctrl+C", "stop, then quit"),
];

pub(crate) fn draw(frame: &mut Frame<'_>, play: &Play, ticks: usize, theme: Theme) -> Extent {
    let has_sidebar = frame.area().width >= WITH_SIDEBAR;
    let sidebar = if has_sidebar { SIDEBAR } else { 0 };
    let width = frame.area().width.min(STORY + sidebar);
    let [_, area, _] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(width), Constraint::Fill(1)]).areas(frame.area());
    let [main, side] = Layout::horizontal([Constraint::Min(20), Constraint::Length(sidebar)]).areas(area);
    let header = if has_sidebar { Vec::new() } else { header(play, theme, main.width.into()) };
    let notes = notes(play, theme, main.width.saturating_sub(2).into());
    let few = |lines: &[Line<'_>]| u16::try_from(lines.len()).unwrap_or(u16::MAX).min(main.height / 3);
    let (header_rows, note_rows) = (few(&header), few(&notes));
    let editor = &play.editor;
    // The column behind the last one is for the cursor.
    let room = usize::from(main.width.saturating_sub(INPUT_FRAME + 1));
    let field = Field::of(editor.text(), editor.before_cursor().len(), room);
    let rows = u16::try_from(field.rows.len()).unwrap_or(u16::MAX).min(INPUT).min((main.height / 3).max(1));
    let [status, story, above, input] = Layout::vertical([
        Constraint::Length(header_rows),
        Constraint::Min(1),
        Constraint::Length(note_rows),
        Constraint::Length(rows + 2),
    ])
    .areas(main);
    if has_sidebar {
        draw_sidebar(frame, side, play, theme);
    }
    frame.render_widget(Paragraph::new(header), status);
    frame.render_widget(Paragraph::new(notes).block(Block::new().padding(Padding::horizontal(1))), above);
    draw_input(frame, input, play, &field, has_sidebar, theme);
    draw_story(frame, story, play, ticks, theme)
}

/// Where the player is, for a screen without a sidebar. It takes as many lines as it needs: at 40 columns it is longer than one.
fn header(play: &Play, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let panel = &play.panel;
    let (link, style) = link(&play.link, theme);
    let points = panel.hit_points.as_ref().map(|points| format!(" · HP\u{a0}{points}")).unwrap_or_default();
    let place = format!("{} · {} · turn\u{a0}{}{points}", panel.scenario, panel.location, panel.turn);
    wrap(&[(link, style), (" · ", Style::default()), (&place, theme.title())], width)
}

/// What the player has to know, above the line in which they write. The frame's title would cut it at the window's edge.
fn notes(play: &Play, theme: Theme, width: usize) -> Vec<Line<'static>> {
    let commands = candidates(play.editor.text());
    let (text, style) = match (&play.notice, &play.link, play.panel.is_ended) {
        (Some(notice), ..) => (notice.clone(), theme.trouble()),
        _ if !commands.is_empty() => (format!("/{}", commands.join(" /")), theme.aside()),
        (None, Link::Lost(error), _) => (error.clone(), theme.trouble()),
        (None, _, true) => ("The story has ended: /undo, /new or /games.".to_owned(), theme.title()),
        (None, _, false) => return Vec::new(),
    };
    text.lines().flat_map(|line| wrap(&[(line, style)], width)).collect()
}

fn draw_story(frame: &mut Frame<'_>, area: Rect, play: &Play, ticks: usize, theme: Theme) -> Extent {
    let block = Block::new().padding(Padding::horizontal(1));
    let inner = block.inner(area);
    let mut lines = story::lines(play.transcript.turns(), inner.width.into(), ticks, theme);
    if let Some(ending) = &play.panel.ending {
        lines.extend(story::ending(ending, inner.width.into(), theme));
    }
    let extent = Extent { lines: lines.len(), rows: inner.height.into() };
    let top = match play.scroll {
        Scroll::Follow => extent.last_top(),
        Scroll::At(top) => top.min(extent.last_top()),
    };
    let shown: Vec<Line<'_>> = lines.into_iter().skip(top).take(extent.rows).collect();
    frame.render_widget(Paragraph::new(shown).block(block), area);
    if top < extent.last_top() && area.height > 0 {
        let more = Line::styled(" ↓ more below ", theme.selected()).right_aligned();
        frame.render_widget(more, Rect { y: area.bottom() - 1, height: 1, ..area });
    }
    extent
}

fn draw_input(frame: &mut Frame<'_>, area: Rect, play: &Play, field: &Field<'_>, has_sidebar: bool, theme: Theme) {
    let title = if play.panel.is_ended { " The end " } else { " What do you do? " };
    let mut block = Block::bordered()
        .border_style(theme.aside())
        .title(Span::styled(title, theme.aside()))
        .padding(Padding::horizontal(1));
    if !has_sidebar {
        block = block.title_bottom(Span::styled(" PgUp back · /help · Esc stories ", theme.aside()));
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if inner.is_empty() {
        return;
    }
    let (rows, row) = field.window(inner.height.into());
    let lines: Vec<Line<'_>> = rows.iter().map(|row| Line::raw(*row)).collect();
    frame.render_widget(Paragraph::new(lines), inner);
    let place = |at: usize, last: u16| u16::try_from(at).unwrap_or(last).min(last);
    let (x, y) = (place(field.cursor.1, inner.width - 1), place(row, inner.height - 1));
    frame.set_cursor_position(Position { x: inner.x + x, y: inner.y + y });
}

fn draw_sidebar(frame: &mut Frame<'_>, area: Rect, play: &Play, theme: Theme) {
    let block = Block::new().borders(Borders::LEFT).border_style(theme.aside()).padding(Padding::horizontal(1));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inner.width);
    let panel = &play.panel;

    let mut lines = wrap(&[(panel.scenario.as_str(), theme.title())], width);
    lines.push(Line::default());
    let list = |entries: &[String]| entries.join(", ");
    let facts = [
        ("You", panel.player.clone()),
        ("Scene", panel.scene.clone()),
        ("Place", panel.location.clone()),
        ("Turn", panel.turn.to_string()),
        ("HP", panel.hit_points.clone().unwrap_or_default()),
        ("", String::new()),
        ("Exits", list(&panel.exits)),
        ("Closed", list(&panel.blocked)),
        ("People", list(&panel.people)),
        ("Things", list(&panel.things)),
        ("Carry", list(&panel.inventory)),
    ];
    for (name, value) in &facts {
        match (*name, value.as_str()) {
            ("", _) => lines.push(Line::default()),
            (_, "") => {}
            (name, value) => {
                let name = format!("{name:<7}");
                lines.extend(wrap_behind((&name, theme.aside()), (value, Style::default()), width));
            }
        }
    }

    let (link, style) = link(&play.link, theme);
    let mut foot = vec![Line::styled(link, style), Line::default()];
    foot.extend(KEYS.iter().map(|(key, does)| {
        Line::from(vec![Span::raw(format!("{key:<10}")), Span::styled((*does).to_owned(), theme.aside())])
    }));
    // What is in sight is worth more than the help.
    if lines.len() + 1 + foot.len() > usize::from(inner.height) {
        foot.truncate(1);
    }
    let foot_rows = u16::try_from(foot.len()).unwrap_or(0);
    let [head, bottom] = Layout::vertical([Constraint::Min(0), Constraint::Length(foot_rows)]).areas(inner);
    frame.render_widget(Paragraph::new(lines), head);
    frame.render_widget(Paragraph::new(foot), bottom);
}

fn link(link: &Link, theme: Theme) -> (&'static str, Style) {
    match link {
        Link::Live => ("● connected", theme.title()),
        Link::Connecting => ("○ connecting", theme.aside()),
        Link::Polling => ("◐ no live text: asking", theme.trouble()),
        Link::Reconnecting(_) => ("○ reconnecting", theme.trouble()),
        Link::Lost(_) => ("✗ not connected", theme.trouble()),
    }
}
