//! What the player sees: a pure picture of the [`App`].

mod emphasis;
mod input;
mod play;
mod start;
mod story;
mod theme;
mod wrap;

#[cfg(test)]
mod tests;

use ratatui::Frame;

use crate::app::{App, Extent, Screen};

pub(crate) use theme::Theme;

/// Draws the console, and answers how much story there is and how much of it fits.
pub(crate) fn draw(frame: &mut Frame<'_>, app: &App, theme: Theme) -> Extent {
    match &app.screen {
        Screen::Start(start) => {
            start::draw(frame, start, app.ticks, theme);
            Extent::default()
        }
        Screen::Play(play) => play::draw(frame, play, app.ticks, theme),
    }
}
