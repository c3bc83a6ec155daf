//! How things are distinguished: by colour, or where `NO_COLOR` asks for none, by weight alone.

use ratatui::style::{Color, Modifier, Style};

/// The styles of the console.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Theme {
    has_color: bool,
}

impl Theme {
    pub(crate) const fn new(has_color: bool) -> Self {
        Self { has_color }
    }

    /// What the player said.
    pub(crate) fn player(self) -> Style {
        self.color(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// The name before a line of dialogue.
    pub(crate) fn speaker(self) -> Style {
        self.color(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// A line of dialogue.
    pub(crate) fn speech(self) -> Style {
        self.color(Color::LightYellow)
    }

    /// Headings.
    pub(crate) fn title(self) -> Style {
        self.color(Color::Green).add_modifier(Modifier::BOLD)
    }

    /// What is not the story itself.
    #[expect(clippy::unused_self, reason = "a theme is asked for its styles, with colour or without")]
    pub(crate) fn aside(self) -> Style {
        // Terminals draw their darkest grey in anything down to the background's colour.
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What is not as it should be.
    pub(crate) fn trouble(self) -> Style {
        self.color(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// The chosen line of a list.
    #[expect(clippy::unused_self, reason = "a theme is asked for its styles, with colour or without")]
    pub(crate) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    fn color(self, color: Color) -> Style {
        if self.has_color { Style::new().fg(color) } else { Style::new() }
    }
}
