//! Changes to the text of a file at given places: members leave objects with their commas, and come into others in the
//! style of those that are there.

use std::fmt::Write as _;

use crate::json::{Member, Node, Span};
use crate::{Mend, OldName};

/// Changes to a text, which do not overlap.
pub(super) struct Edits<'a> {
    text: &'a str,
    newline: &'static str,
    list: Vec<(Span, String)>,
}

impl<'a> Edits<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, newline: if text.contains("\r\n") { "\r\n" } else { "\n" }, list: Vec::new() }
    }

    pub(super) fn replace(&mut self, span: Span, with: String) {
        self.list.push((span, with));
    }

    /// The text with all changes in it.
    pub(super) fn apply(mut self) -> String {
        self.list.sort_by_key(|(span, _)| (span.start, span.end));
        let (mut text, mut at) = (String::with_capacity(self.text.len()), 0);
        for (span, with) in self.list {
            text.push_str(&self.text[at..span.start]);
            text.push_str(&with);
            at = span.end;
        }
        text + &self.text[at..]
    }

    /// Takes members out of an object, and puts those of a step that are meant to into its `expect`.
    pub(super) fn empty_out(&mut self, object: &Node, old: &[OldName]) {
        let members = object.members();
        let mend = |member: &Member| {
            old.iter().map(|name| &name.mend).find(|mend| match mend {
                Mend::Rename { .. } => false,
                Mend::Remove { key, .. } | Mend::IntoExpect { key, .. } => *key == member.key_span,
            })
        };
        let mut moving: Vec<(&Member, &str)> = Vec::new();
        for member in members {
            if let Some(Mend::IntoExpect { to, .. }) = mend(member) {
                moving.push((member, to));
            }
        }
        let expect = object.get("expect");
        // Without an `expect` the first that moves becomes it, where it stands.
        let becomes = moving.first().filter(|_| expect.is_none()).map(|(member, _)| *member);
        match (expect, moving.as_slice()) {
            (_, []) => {}
            (Some(expect), moving) => self.append(expect, moving),
            (None, [(first, to), rest @ ..]) => {
                self.replace(first.key_span.clone(), format!("\"expect\": {{ \"{to}\""));
                let rest = rest
                    .iter()
                    .map(|(member, to)| format!(", \"{to}\": {}", self.of(&member.value)))
                    .collect::<Vec<_>>()
                    .concat();
                self.replace(first.value.span.end..first.value.span.end, rest + " }");
            }
        }
        let leaves = |member: &Member| mend(member).is_some() && Some(member) != becomes;
        for (index, member) in members.iter().enumerate().filter(|(_, member)| leaves(member)) {
            let stays_after = members[index + 1..].iter().any(|member| !leaves(member));
            let comma = if stays_after {
                members.get(index + 1).and_then(|next| self.comma(member.value.span.end, next.key_span.start))
            } else {
                index.checked_sub(1).and_then(|n| self.comma(members[n].value.span.end, member.key_span.start))
            };
            self.remove(member.key_span.start..member.value.span.end, comma);
        }
    }

    fn of(&self, node: &Node) -> &str {
        &self.text[node.span.clone()]
    }

    /// Adds members at the end of an object, written as its others are.
    fn append(&mut self, object: &Node, moving: &[(&Member, &str)]) {
        let end = object.span.end - 1;
        let Some(last) = object.members().last() else {
            let texts: Vec<String> =
                moving.iter().map(|(member, to)| format!("\"{to}\": {}", self.of(&member.value))).collect();
            return self.replace(object.span.start + 1..end, format!(" {} ", texts.join(", ")));
        };
        let after = last.value.span.end;
        if !self.text[after..end].contains('\n') {
            let texts = moving.iter().map(|(member, to)| format!(", \"{to}\": {}", self.of(&member.value)));
            return self.replace(after..after, texts.collect::<Vec<_>>().concat());
        }
        let indent = self.indent(last.key_span.start).to_owned();
        let mut lines = String::new();
        for (n, (member, to)) in moving.iter().enumerate() {
            let old_indent = format!("\n{}", self.indent(member.key_span.start));
            let value = self.of(&member.value).replace(&old_indent, &format!("\n{indent}"));
            let comma = if n == 0 { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = write!(lines, "{comma}{}{indent}\"{to}\": {value}", self.newline);
        }
        // Behind a comment that belongs to what was last so far.
        let line_end = after + self.text[after..end].trim_end().len();
        self.replace(after..after, ",".to_owned());
        self.replace(line_end..line_end, lines);
    }

    /// The white space before what stands first in the line.
    fn indent(&self, at: usize) -> &str {
        let line = &self.text[self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)..at];
        &line[..line.len() - line.trim_start().len()]
    }

    /// The comma between two members, which comments may stand around.
    fn comma(&self, from: usize, to: usize) -> Option<usize> {
        let plain = blank_comments(&self.text[from..to]);
        plain.find(',').map(|offset| from + offset)
    }

    /// Removes a member and a comma; whole lines, if nothing else is on them.
    fn remove(&mut self, member: Span, comma: Option<usize>) {
        let mut span = member;
        match comma {
            Some(at) if at >= span.end && self.text[span.end..at].trim().is_empty() => span.end = at + 1,
            Some(at) if at < span.start && self.text[at + 1..span.start].trim_matches([' ', '\t']).is_empty() => {
                span.start = at;
            }
            Some(at) => self.replace(at..at + 1, String::new()),
            None => {}
        }
        let before = self.text[..span.start].trim_end_matches([' ', '\t']).len();
        let after = self.text.len() - self.text[span.end..].trim_start_matches([' ', '\t']).len();
        let starts_line = before == 0 || self.text[..before].ends_with('\n');
        let rest = &self.text[after..];
        if starts_line && (rest.starts_with('\n') || rest.starts_with("\r\n")) {
            let newline = if rest.starts_with('\n') { 1 } else { 2 };
            self.replace(before..after + newline, String::new());
        } else if comma.is_some_and(|at| at < span.end && at > span.start) {
            // Others follow on the line: the space before them goes too.
            self.replace(span.start..after, String::new());
        } else {
            self.replace(span, String::new());
        }
    }
}

/// The same text with its comments turned into spaces. What is handed in stands between two members, so no `/` of it is
/// inside a string.
fn blank_comments(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some(start) = rest.find('/') {
        let comment = &rest[start..];
        let end = match comment.as_bytes().get(1) {
            Some(b'*') => comment.find("*/").map(|end| end + 2),
            _ => comment.find('\n'),
        };
        let end = end.unwrap_or(comment.len());
        plain.push_str(&rest[..start]);
        plain.extend(std::iter::repeat_n(' ', end));
        rest = &comment[end..];
    }
    plain + rest
}
