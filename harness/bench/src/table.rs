//! Numbers side by side, for people: one column for each that was measured, one line for each number.

use std::fmt::Write as _;

use super::Summary;

/// A table that is still being filled.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
}

impl Table {
    /// An empty table with these columns.
    pub(super) fn new(columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a line. A column that has nothing to say says `-`, and so do those that are left out at the end.
    pub(super) fn row(&mut self, name: impl Into<String>, values: impl IntoIterator<Item = Option<String>>) {
        let values = values.into_iter().chain(std::iter::repeat(None)).take(self.columns.len());
        self.rows.push((name.into(), values.map(|value| value.unwrap_or_else(|| "-".to_owned())).collect()));
    }

    /// Adds the lines of a latency in each column.
    pub(super) fn latencies<'a>(&mut self, name: &str, columns: impl Fn() -> Vec<Option<&'a Summary>>) {
        for (machine, part) in PARTS.iter().enumerate() {
            let values =
                columns().into_iter().map(|summary| summary.filter(|s| s.count > 0).map(|s| parts(s)[machine].clone()));
            self.row(format!("{name} {part}"), values);
        }
    }

    /// The table as text.
    pub(super) fn render(&self) -> String {
        let first = self.rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        let width = |column: usize| {
            let values = self.rows.iter().filter_map(|(_, values)| values.get(column));
            values.chain(self.columns.get(column)).map(|text| text.chars().count()).max().unwrap_or_default()
        };
        let mut text = String::new();
        let heading = (String::new(), self.columns.clone());
        for (name, values) in std::iter::once(&heading).chain(&self.rows) {
            // Writing to a String cannot fail.
            let _ = write!(text, "{name:<first$}");
            for (column, value) in values.iter().enumerate() {
                let width = width(column);
                // A column without a heading holds words.
                let _ = match self.columns[column].as_str() {
                    "" => write!(text, "  {value}"),
                    _ => write!(text, "  {value:>width$}"),
                };
            }
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        text
    }
}

/// The columns of a latency.
pub(super) const PARTS: [&str; 5] = ["p50", "p90", "p99", "p99.9", "max"];

/// A latency in these parts.
pub(super) fn parts(s: &Summary) -> [String; 5] {
    [s.p50_ms, s.p90_ms, s.p99_ms, s.p999_ms, s.max_ms].map(ms)
}

/// Milliseconds as a person reads them.
pub(super) fn ms(milliseconds: f64) -> String {
    match milliseconds {
        ms if ms < 1.0 => format!("{:.0} µs", ms * 1000.0),
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 1000.0 => format!("{ms:.1} ms"),
        ms => format!("{:.2} s", ms / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let mut table = Table::new(["ours", "the other one"]);
        table.row("turns", [Some("12".to_owned()), None]);
        table.row("a longer name", [Some("1234567".to_owned()), Some("x".to_owned())]);
        let lines = [
            "                  ours  the other one",
            "turns               12              -",
            "a longer name  1234567              x",
            "",
        ];
        assert_eq!(table.render(), lines.join("\n"));
    }

    #[test]
    fn times_are_printed_in_the_unit_that_fits() {
        assert_eq!([0.0123, 1.234, 12.34, 1234.5].map(ms), ["12 µs", "1.23 ms", "12.3 ms", "1.23 s"]);
    }
}
