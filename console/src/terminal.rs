//! The terminal while the console has it, and its way back to the shell: on return, on an error, on a panic.

use std::io::{self, Stdout, stdout};
use std::panic;

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::backend::CrosstermBackend;

/// The terminal in raw mode on its alternate screen, given back when dropped.
pub(crate) struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<Stdout>>,
}

impl Terminal {
    /// Takes the terminal over. A panic from here on gives it back before it says what happened.
    pub(crate) fn take() -> io::Result<Self> {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            report(info);
        }));
        enable_raw_mode()?;
        // From here on the drop of what was made undoes what was done.
        let backend = CrosstermBackend::new(stdout());
        let mut terminal = Self { inner: ratatui::Terminal::new(backend)? };
        execute!(stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)?;
        terminal.inner.clear()?;
        Ok(terminal)
    }

    pub(crate) fn draw<T>(&mut self, render: impl FnOnce(&mut ratatui::Frame<'_>) -> T) -> io::Result<Option<T>> {
        let mut answer = None;
        self.inner.draw(|frame| answer = Some(render(frame)))?;
        Ok(answer)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// A failure is ignored: the terminal to report it on is gone.
fn give_back() {
    drop(execute!(stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, crossterm::cursor::Show));
    drop(disable_raw_mode());
}
