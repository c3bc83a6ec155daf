//! The stacks of a profile, with the names of their functions.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::ptr;

use pprof::UnresolvedReport;

use super::maps::Mappings;

/// A function that was running, or waited for one that it had called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    /// Where it is written, if the program knows.
    pub(super) file: String,
    pub(super) line: u32,
}

/// A place in the code: the function there, behind those that the compiler has put into it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) address: u64,
    /// The place of the mapping among [`Stacks::mappings`].
    pub(super) mapping: Option<usize>,
    /// The innermost first. None where the program is stripped.
    pub(super) functions: Vec<Function>,
}

/// A stack, and how often it was seen.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) thread: String,
    /// Places among [`Stacks::places`], the innermost first.
    pub(super) places: Vec<usize>,
    pub(super) count: u64,
}

/// All stacks of a profile.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    pub(super) mappings: Mappings,
    pub(super) places: Vec<Place>,
    pub(super) seen: Vec<Stack>,
}

impl Stacks {
    /// Looks up what was written down.
    pub(super) fn of(report: &UnresolvedReport, mappings: Mappings) -> Self {
        let mut all = Self { mappings, ..Self::default() };
        let mut known: HashMap<usize, usize> = HashMap::new();
        for (seen, count) in &report.data {
            let thread = seen.thread_name.get(..seen.thread_name_length).unwrap_or_default();
            let places = seen.frames.iter().enumerate().map(|(depth, frame)| {
                // What a function returns to may be the first instruction of another one: its call is before that.
                let address = if depth == 0 { frame.ip } else { frame.ip.saturating_sub(1) };
                *known.entry(address).or_insert_with(|| all.add(address))
            });
            let places = places.collect();
            let thread = String::from_utf8_lossy(thread).into_owned();
            all.seen.push(Stack { thread, places, count: u64::try_from(*count).unwrap_or_default() });
        }
        all
    }

    fn add(&mut self, address: usize) -> usize {
        let mut functions = Vec::new();
        backtrace::resolve(ptr::without_provenance_mut(address), |symbol| {
            // `{:#}` leaves the hash out that the compiler appends.
            let Some(name) = symbol.name().map(|name| format!("{name:#}")) else { return };
            let file = symbol.filename().map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
            functions.push(Function { name, file, line: symbol.lineno().unwrap_or_default() });
        });
        let address = address as u64;
        self.places.push(Place { address, mapping: self.mappings.find(address), functions });
        self.places.len() - 1
    }

    /// A line for each stack, those that were seen most first.
    pub(super) fn folded(&self) -> String {
        let mut lines: BTreeMap<String, u64> = BTreeMap::new();
        for stack in &self.seen {
            let mut line = plain(&stack.thread);
            for place in stack.places.iter().rev().filter_map(|place| self.places.get(*place)) {
                if place.functions.is_empty() {
                    line = line + ";" + &plain(&self.mappings.in_file(place.address));
                }
                for function in place.functions.iter().rev() {
                    line = line + ";" + &plain(&function.name);
                }
            }
            *lines.entry(line).or_default() += stack.count;
        }
        let mut lines: Vec<(String, u64)> = lines.into_iter().collect();
        lines.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        lines.iter().fold(String::new(), |mut text, (line, count)| {
            // A text takes everything.
            let _ = writeln!(text, "{line} {count}");
            text
        })
    }
}

/// A name in which nothing ends it: `[u8; 4]` is part of one.
fn plain(name: &str) -> String {
    name.replace("; ", ", ").replace([';', '\n'], ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_stack_from_outside_and_a_stripped_function_its_address() {
        let named = |address, names: &[&str]| Place {
            address,
            mapping: None,
            functions: names
                .iter()
                .map(|name| Function { name: (*name).to_owned(), file: String::new(), line: 0 })
                .collect(),
        };
        let stack = |places: &[usize], count| Stack { thread: "main".to_owned(), places: places.to_vec(), count };
        let stacks = Stacks {
            mappings: Mappings::default(),
            places: vec![named(1, &["put_in", "fill::<[u8; 4]>"]), named(0xabc, &[])],
            seen: vec![stack(&[1], 2), stack(&[0, 1], 3), stack(&[0, 1], 4)],
        };
        assert_eq!(stacks.folded(), "main;0xabc;fill::<[u8, 4]>;put_in 7\nmain;0xabc 2\n");
    }
}
